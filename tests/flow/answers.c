/* Chooses what the doubles answer: as planned, as a schedule says, at random. Counts states. */
#include "answers.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_names[OPS] = {
    "claim", "recall", "source open", "next",    "ack",   "tend", "chunk_table", "sink open",
    "load",  "owner",  "holds",       "topic",   "keep",  "put",  "poll",        "commit",
    "close", "reader", "list",        "measure", "split", "read", "lag",
};
static const char *const answer_names[ANSWERS] = {
    "ok", "not yet", "one", "retry", "late", "data", "config", "fatal", "gone", "anew", "hang",
        "die", "die late",
};

/*
 * The answers that a model tries, ended by OK. What a neighbour really does: a FULL put, a commit
 * whose answer is lost.
 */
static const uint8_t tried[OPS][8] = {
    [OP_CLAIM] = { NOT_YET, RETRY, DIE },
    [OP_SOURCE_OPEN] = { RETRY, DIE },
    [OP_NEXT] = { NOT_YET, RETRY, DIE, DIE_LATE },
    [OP_ACK] = { RETRY, LATE, DIE },
    [OP_TEND] = { RETRY, DIE },
    [OP_SINK_OPEN] = { RETRY, LATE, DIE },
    [OP_LOAD] = { RETRY, DIE },
    [OP_TOPIC] = { RETRY, DIE },
    [OP_KEEP] = { NOT_YET, RETRY, LATE, DIE_LATE },
    [OP_PUT] = { NOT_YET, RETRY, LATE, DIE, DIE_LATE },
    [OP_POLL] = { NOT_YET, ONE, RETRY, LATE, DIE, DIE_LATE },
    [OP_COMMIT] = { NOT_YET, RETRY, LATE, DIE, DIE_LATE },
    [OP_RECALL] = { DIE },
};

const char *op_name(enum op op)
{
    return op_names[op];
}

const char *answer_name(enum answer a)
{
    return answer_names[a];
}

/* ---- states ---- */

struct states {
    uint64_t *at;
    size_t n, cap;
};

struct states *states_new(void)
{
    struct states *s = calloc(1, sizeof *s);
    s->cap = 1 << 16;
    s->at = calloc(s->cap, sizeof *s->at);
    return s;
}

void states_free(struct states *s)
{
    free(s->at);
    free(s);
}

size_t states_count(const struct states *s)
{
    return s->n;
}

static void put_state(uint64_t *at, size_t cap, uint64_t state, size_t *n)
{
    size_t i = state & (cap - 1);
    while (at[i] && at[i] != state)
        i = (i + 1) & (cap - 1);
    *n += !at[i];
    at[i] = state;
}

static void states_add(struct states *s, uint64_t state)
{
    if (2 * s->n > s->cap) {
        uint64_t *more = calloc(2 * s->cap, sizeof *more);
        size_t n = 0;
        for (size_t i = 0; i < s->cap; i++)
            if (s->at[i])
                put_state(more, 2 * s->cap, s->at[i], &n);
        free(s->at);
        s->at = more;
        s->cap *= 2;
    }
    put_state(s->at, s->cap, state ? state : 1, &s->n);
}

/* ---- the world ---- */

void world_done(struct world *w)
{
    free(w->turns);
    w->turns = NULL;
    w->nturns = w->turns_cap = 0;
}

void world_wrong(struct world *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!w->wrong[0])
        vsnprintf(w->wrong, sizeof w->wrong, fmt, ap);
    va_end(ap);
}

static uint64_t random_next(struct world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    return w->random ^= w->random << 17;
}

static struct turn *turn_new(struct world *w, unsigned of)
{
    if (w->nturns == w->turns_cap) {
        w->turns_cap = w->turns_cap ? 2 * w->turns_cap : 256;
        w->turns = realloc(w->turns, w->turns_cap * sizeof *w->turns);
    }
    struct turn *t = &w->turns[w->nturns++];
    *t = (struct turn){ .of = (uint8_t)of, .op = OPS };
    return t;
}

static unsigned choose(struct world *w, struct turn *t)
{
    size_t at = (size_t)(t - w->turns);
    if (at < w->nfollow) {
        t->took = w->follow[at] < t->of ? w->follow[at] : 0;
    } else if (w->random && w->spare && random_next(w) % w->one_in == 0) {
        t->took = (uint8_t)(random_next(w) % t->of);
        w->spare -= t->took > 0;
    }
    return t->took;
}

unsigned world_choose(struct world *w, unsigned of)
{
    return w->explore ? choose(w, turn_new(w, of)) : 0;
}

void world_tell(const struct world *w)
{
    fprintf(stderr, "  wrong: %s\n  after %u calls; answers other than ok:\n", w->wrong, w->steps);
    for (size_t i = 0; i < w->nturns; i++)
        if (w->turns[i].took && w->turns[i].op < OPS)
            fprintf(stderr, "    choice %zu: %s -> %s\n", i, op_name(w->turns[i].op),
                    answer_name(w->turns[i].answer));
}

/* ---- a process ---- */

static void kill_process(struct life *l, bool late)
{
    l->dead = true;
    if (l->died)
        l->died(l->died_arg, late);
}

static enum answer planned_answer(struct life *l, enum op op)
{
    uint32_t nth = ++l->count[op];
    for (const struct planned *p = l->plan; p && p->answer != OK; p++)
        if (p->op == op && (!p->nth || p->nth == nth))
            return p->answer;
    return OK;
}

static enum answer explored_answer(struct world *w, enum op op)
{
    unsigned n = 0;
    while (n < 8 && tried[op][n])
        n++;
    if (!w->explore || !n)
        return OK;
    struct turn *t = turn_new(w, n + 1);
    unsigned took = choose(w, t);
    t->op = op;
    return t->answer = took ? (enum answer)tried[op][took - 1] : OK;
}

static bool without_end(struct world *w)
{
    if (++w->steps < w->most || !w->most)
        return false;
    world_wrong(w, "no end after %u calls", w->steps);
    return true;
}

enum answer life_answer(struct life *l, enum op op)
{
    if (l->turn && !l->dead)
        l->turn(l->turn_arg, op);
    if (l->dead)
        return DIE;
    if (l->w->seen && l->w->state)
        states_add(l->w->seen, l->w->state(l->w->state_arg) * 31 + op);
    enum answer a = planned_answer(l, op);
    if (a == OK)
        a = explored_answer(l->w, op);
    if (++l->calls == l->die_at)
        a = l->die_how;
    if (without_end(l->w))
        a = DIE;
    if (a == DIE || a == DIE_LATE)
        kill_process(l, a == DIE_LATE);
    return a == DIE_LATE ? DIE : a;
}

enum answer life_reader_answer(struct life *l, enum op op)
{
    return planned_answer(l, op);
}

int answer_err(enum answer a, enum op op, struct err *err)
{
    static const enum err_class classes[ANSWERS] = {
        [RETRY] = ERR_RETRY, [LATE] = ERR_RETRY, [DATA] = ERR_DATA, [CONFIG] = ERR_CONFIG,
            [FATAL] = ERR_FATAL,
        [GONE] = ERR_CONFIG, [DIE] = ERR_FATAL, [HANG] = ERR_RETRY, [NOT_YET] = ERR_RETRY,
    };
    return classes[a] ? err_set(err, classes[a], "%s: %s", op_name(op), answer_name(a)) : 0;
}
