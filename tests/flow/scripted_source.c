/* The log of a database, handed out event by event, with the answers that a life gives. */
#include "scripted_source.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "clockwork.h"

enum { COLUMNS = 3, SPARE = 4096 };

struct scripted_table {
    struct table t;
    struct scripted_table *next;
};

struct scripted {
    struct source base;
    struct life *life;
    struct upstream *u;
    bool open;
    size_t at;                  /* events handed out */
    int64_t begin_again;        /* a BEGIN to be handed out again; -1: none */
    size_t known, known_to;     /* changes to be handed out again, as known */
    struct scripted_table *tables[TABLES], *parted;
    uint32_t version;
    int fd;
    char *text;                 /* what the last event's pointers point to */
    struct cell *cells;
    struct schema_change schema;
    struct table_change change;
    struct binlog_place place;
};

/* ---- the log ---- */

static void read_word(struct change *c, const char *word, int64_t *begun)
{
    static const char signs[] = "()+=~-!mMsxdvp";
    static const enum event_kind kinds[] = {
        EV_BEGIN, EV_COMMIT, EV_INSERT, EV_UPDATE, EV_UPDATE, EV_DELETE, EV_TRUNCATE, EV_MESSAGE,
            EV_MESSAGE, EV_STATE, EV_STATE,
        EV_SCHEMA, EV_GONE, EV_POSITION,
    };
    *c = (struct change){ .begun = *begun };
    if (*word == '2') {
        c->table = 1;
        word++;
    }
    const char *arrow = strchr(word, '>'), *sign = arrow ? NULL : strchr(signs, *word);
    c->kind = sign ? kinds[sign - signs] : EV_UPDATE;
    c->unsaid = sign && *sign == '~';
    c->part = c->kind == EV_GONE;
    c->away = sign && *sign == 'M';
    c->forget = sign && *sign == 'x';
    if (arrow)
        snprintf(c->was, sizeof c->was, "%.*s", (int)(arrow - word), word);
    snprintf(c->key, sizeof c->key, "%s", arrow ? arrow + 1 : word + 1);
}

void upstream_init(struct upstream *u, struct world *w, const char *words)
{
    *u = (struct upstream){ .w = w, .ends = true, .rows = { "", "" } };
    char *copy = strdup(words), *save = NULL;
    int64_t begun = -1;
    u->changes = calloc(strlen(words) + 1, sizeof *u->changes);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (*word == '(')
            begun = (int64_t)u->n;
        read_word(&u->changes[u->n++], word, &begun);
        if (*word == ')')
            begun = -1;
    }
    free(copy);
}

void upstream_done(struct upstream *u)
{
    free(u->changes);
}

bool upstream_inside(const struct upstream *u, size_t at)
{
    return at > 0 && at <= u->n && u->changes[at - 1].begun >= 0 &&
        u->changes[at - 1].kind != EV_COMMIT;
}

size_t place_of(struct slice token)
{
    size_t at = 0;
    for (size_t i = 1; i < token.n && token.p[i] >= '0' && token.p[i] <= '9'; i++)
        at = 10 * at + (size_t)(token.p[i] - '0');
    return at;
}

/* ---- its tables ---- */

static const char *name_of(const struct upstream *u, int i)
{
    return u->names[i] ? u->names[i] : i ? "t2" : "t1";
}

static void make_table(struct scripted *s, int i)
{
    static const struct column columns[2 * COLUMNS] = {
        { .name = "id", .type_name = "text", .type = COL_TEXT, .form = FORM_PG_TEXT },
        { .name = "v", .type_name = "text", .type = COL_TEXT, .form = FORM_PG_TEXT,
          .nullable = true },
        { .name = "far", .type_name = "text", .type = COL_TEXT, .form = FORM_PG_TEXT,
          .nullable = true },
        { .name = "id", .type_name = "text", .type = COL_TEXT, .form = FORM_PG_TEXT },
        { .name = "v", .type_name = "text", .type = COL_TEXT, .form = FORM_PG_TEXT,
          .nullable = true },
        { .name = "far", .type_name = "odd", .type = COL_UNKNOWN, .form = FORM_PG_TEXT,
          .nullable = true },
    };
    static const uint16_t key[] = { 0 };
    struct scripted_table *t = calloc(1, sizeof *t);
    t->t = (struct table){
        .id = 100 + (uint64_t)i, .version = ++s->version, .database = "db", .schema = "s",
            .name = name_of(s->u, i),
        .cols = columns + (s->u->unknown_type ? COLUMNS : 0), .ncols = COLUMNS, .key = key,
            .nkey = s->u->keyless ? 0 : 1, .key_lost = s->u->keyless,
    };
    s->tables[i] = t;
}

const struct table *scripted_source_table(const struct source *base, int i)
{
    return &((const struct scripted *)base)->tables[i]->t;
}

/* ---- events ---- */

static struct scripted *self(struct source *s)
{
    return (struct scripted *)s;
}

/*
 * What the last event pointed to is no more: whoever kept it reads rubbish, or is caught by a
 * sanitizer.
 */
static void forget_last(struct scripted *s)
{
    if (s->text)
        memset(s->text, 0xdd, SPARE);
    free(s->text);
    free(s->cells);
    s->text = calloc(1, SPARE);
    s->cells = calloc(2 * COLUMNS, sizeof *s->cells);
    while (s->parted) {
        struct scripted_table *t = s->parted;
        s->parted = t->next;
        memset(&t->t, 0xdd, sizeof t->t);
        free(t);
    }
}

static struct cell cell_of(struct scripted *s, const char *prefix, const char *text, size_t number)
{
    size_t used = strlen(s->text) ? SPARE / 2 : 0;      /* two images at most */
    char *to = s->text + used;
    while (*to)
        to += strlen(to) + 1;
    int n = text ? sprintf(to, "%s", text) : sprintf(to, "%s<%zu>", prefix, number);
    return (struct cell){ (const uint8_t *)to, (uint32_t)n, CELL_VALUE };
}

static struct row image(struct scripted *s, int which, const char *key, const struct change *c,
                        size_t number, bool old)
{
    struct cell *cells = s->cells + which * COLUMNS;
    cells[0] = cell_of(s, "", key, 0);
    cells[1] = old ? cell_of(s, "", "old", 0) : cell_of(s, "", NULL, number);
    cells[2] = c->unsaid ? (struct cell){ .kind = CELL_UNCHANGED } : cell_of(s, "far", NULL,
                                                                             number);
    return (struct row){ cells };
}

static void fill_row(struct scripted *s, const struct change *c, size_t number, struct event *ev)
{
    bool deleted = c->kind == EV_DELETE;
    if ((c->kind == EV_UPDATE || deleted) && !s->u->no_before)
        ev->before = image(s, 0, c->was[0] ? c->was : c->key, c, number, !deleted);
    if (!deleted)
        ev->after = image(s, 1, c->key, c, number, false);
}

static void part_with(struct scripted *s, int i, struct event *ev)
{
    struct scripted_table *old = s->tables[i];
    ev->table = &old->t;
    old->next = s->parted;
    s->parted = old;
    make_table(s, i);
}

/* A millisecond apart, a few seconds before the day that stands still (clockwork.c). */
int64_t upstream_time(const struct upstream *u, size_t number)
{
    return 1699999995000000 + 1000 * (int64_t)number - u->behind_us;
}

static void fill_place(struct scripted *s, const struct change *c, size_t number, struct event *ev)
{
    ev->commit_us = upstream_time(s->u, number);
    ev->lsn = 100 + number;
    ev->txid = c->away ? -1 : 500 + c->begun;
    ev->seq = number + 1;
    if (!s->u->binlog)
        return;
    s->place = (struct binlog_place){ .file = "binlog.000001", .pos = 4 + number, .server_id = 1,
                                      .thread = -1 };
    ev->place = &s->place;
    ev->txid = 0;
}

static void fill(struct scripted *s, size_t number, struct event *ev)
{
    const struct change *c = &s->u->changes[number];
    *ev = (struct event){ .kind = c->kind, .table = &s->tables[c->table]->t };
    fill_place(s, c, number, ev);
    switch (c->kind) {
    case EV_INSERT: case EV_UPDATE: case EV_DELETE:
        fill_row(s, c, number, ev);
        break;
    case EV_MESSAGE:
        ev->table = NULL;
        ev->database = "db";
        ev->prefix = slice_str("prefix");
        ev->content = slice_of(s->text, (size_t)sprintf(s->text, "<%zu>", number));
        break;
    case EV_STATE:
        ev->table = NULL;
        ev->prefix = slice_str("s");
        ev->content = c->forget ? (struct slice){ NULL, 0 } : slice_of(s->text,
                                                                       (size_t)sprintf(s->text,
                                                                                       "%zu",
                                                                                           number));
        break;
    case EV_SCHEMA:
        s->change = (struct table_change){ TABLE_ALTERED, ev->table };
        s->schema = (struct schema_change){ .database = "db", .schema = "s", .tables = "t1",
                                            .changes = &s->change, .nchanges = 1 };
        ev->schema = &s->schema;
        break;
    case EV_GONE:
        part_with(s, c->table, ev);
        break;
    case EV_TRUNCATE:
        break;
    default:
        ev->table = NULL;
    }
}

/* ---- the calls ---- */

static int claim(struct source *base, bool take_over, struct source_holder *ret, struct err *err)
{
    struct scripted *s = self(base);
    struct upstream *u = s->u;
    enum answer a = life_answer(s->life, OP_CLAIM);
    int64_t now = clockwork_now();
    if (take_over && u->held_until > now) {
        u->held_until = 0;
        u->taken_over++;
    }
    bool held = u->held_until > now || a == NOT_YET;
    snprintf(ret->who, sizeof ret->who, "session 7");
    ret->heard_ms = u->other_unseen ? 0 : u->other_lives ? now / 1000 : 1;
    return a != OK && a != NOT_YET ? answer_err(a, OP_CLAIM, err) : held;
}

static int recall(struct source *base, struct slice name, struct slice value, struct err *err)
{
    struct scripted *s = self(base);
    enum answer a = life_answer(s->life, OP_RECALL);
    if (a != OK)
        return answer_err(a, OP_RECALL, err);
    if (s->open)
        world_wrong(s->u->w, "recall of an open source");
    s->u->recalls++;
    snprintf(s->u->recalled, sizeof s->u->recalled, "%.*s=%.*s", (int)name.n, (const char *)name.p,
             (int)value.n,
             (const char *)value.p);
    return 0;
}

static int open_source(struct source *base, struct slice from, struct err *err)
{
    struct scripted *s = self(base);
    enum answer a = life_answer(s->life, OP_SOURCE_OPEN);
    s->base.gone = a == GONE;
    if (a != OK)
        return answer_err(a, OP_SOURCE_OPEN, err);
    if (s->open)
        world_wrong(s->u->w, "an open source is opened");
    s->at = from.n ? place_of(from) : s->u->acked;
    if (s->at < s->u->acked)
        world_wrong(s->u->w, "opened at event %zu, and event %zu was acknowledged", s->at,
                    s->u->acked);
    s->open = true;
    s->u->opens++;
    s->begin_again = upstream_inside(s->u, s->at) ? s->u->changes[s->at - 1].begun : -1;
    s->known = (size_t)(s->begin_again + 1);
    s->known_to = s->begin_again >= 0 && s->u->hand_known ? s->at : 0;
    return 0;
}

/*
 * After a restart inside a transaction: its BEGIN, and what was handed out of it, for whoever
 * counts.
 */
static bool hand_again(struct scripted *s, struct event *ev)
{
    if (s->begin_again >= 0) {
        fill(s, (size_t)s->begin_again, ev);
        s->begin_again = -1;
        return true;
    }
    while (s->known < s->known_to && (s->u->changes[s->known].part ||
                                      s->u->changes[s->known].kind == EV_STATE))
        s->known++;
    if (s->known >= s->known_to)
        return false;
    fill(s, s->known++, ev);
    ev->known = true;
    return true;
}

static enum source_got next(struct source *base, struct event *ev, struct err *err)
{
    struct scripted *s = self(base);
    enum answer a = life_answer(s->life, OP_NEXT);
    forget_last(s);
    if (!s->open)
        world_wrong(s->u->w, "next of a closed source");
    s->base.gone = a == GONE;
    if (a == NOT_YET)
        return SOURCE_IDLE;
    if (a != OK)
        return answer_err(a, OP_NEXT, err), SOURCE_ERROR;
    if (hand_again(s, ev))
        return SOURCE_EVENT;
    if (s->at == s->u->n) {
        s->u->idles++;
        if (s->u->on_idle)
            s->u->on_idle(s->u->arg);
        return s->u->ends && !s->base.stay ? SOURCE_END : SOURCE_IDLE;
    }
    fill(s, s->at++, ev);
    if (s->u->handed < s->at)
        s->u->handed = s->at;
    return SOURCE_EVENT;
}

static int fd(const struct source *base)
{
    return ((const struct scripted *)base)->fd;
}

static void position(struct source *base, struct buf *ret)
{
    struct scripted *s = self(base);
    if (s->at >= s->u->silent)
        buf_printf(ret, "@%zu", s->at);
}

static int ack(struct source *base, struct slice done, struct err *err)
{
    struct scripted *s = self(base);
    enum answer a = life_answer(s->life, OP_ACK);
    size_t events = place_of(done);
    if (a == OK || a == LATE) {
        if (!s->open)
            world_wrong(s->u->w, "ack of a closed source");
        if (!done.n || memchr(done.p, '\n', done.n))
            world_wrong(s->u->w, "acknowledged is nothing, or more than the source's own line");
        if (s->u->on_ack)
            s->u->on_ack(s->u->arg, events);
        if (s->u->acked < events)
            s->u->acked = events;
    }
    return answer_err(a, OP_ACK, err);
}

static int tend(struct source *base, struct err *err)
{
    return answer_err(life_answer(self(base)->life, OP_TEND), OP_TEND, err);
}

static void state(struct source *base, struct buf *ret)
{
    buf_printf(ret, " at=%zu", self(base)->at);
}

/* An event is a byte of the log. */
static void stand(struct source *base, bool ask, struct source_stand *ret)
{
    const struct scripted *s = self(base);
    ret->behind_bytes = (int64_t)(s->u->n - s->at);
    s->u->asked += ask;
    if (ask)
        ret->retained_bytes = (int64_t)(s->u->n - s->u->acked);
}

static struct reader *reader(const struct source *base, struct err *err)
{
    const struct scripted *s = (const struct scripted *)base;
    return scripted_reader_new(s->life, s->u, err);
}

static bool passed(struct source *base, struct slice high)
{
    struct scripted *s = self(base);
    return s->begin_again < 0 && s->known >= s->known_to && s->at >= place_of(high) &&
        !upstream_inside(s->u, s->at);
}

static int chunk_table(struct source *base, const struct chunk *c, const struct table **ret,
                       struct err *err)
{
    struct scripted *s = self(base);
    enum answer a = life_answer(s->life, OP_CHUNK_TABLE);
    int table = c->shape.p[0] - '0';
    *ret = &s->tables[table]->t;
    if (a != OK)
        return answer_err(a, OP_CHUNK_TABLE, err);
    return c->shape.p[1] - '0' == upstream_shape(s->u, table, s->at);
}

static void close_source(struct source *base)
{
    self(base)->open = false;
}

static void free_source(struct source *base)
{
    struct scripted *s = self(base);
    forget_last(s);
    for (int i = 0; i < TABLES; i++)
        free(s->tables[i]);
    free(s->text);
    free(s->cells);
    if (s->fd >= 0)
        close(s->fd);
    free((void *)(uintptr_t)s->base.ops);
    free(s);
}

static const struct source_ops all_ops = {
    .name = "scripted",
    .claim = claim,
    .recall = recall,
    .open = open_source,
    .next = next,
    .fd = fd,
    .position = position,
    .ack = ack,
    .tend = tend,
    .state = state,
    .stand = stand,
    .reader = reader,
    .mark = position,
    .passed = passed,
    .chunk_table = chunk_table,
    .close = close_source,
    .free = free_source,
};

struct source *scripted_source_new(struct life *l, struct upstream *u)
{
    struct scripted *s = calloc(1, sizeof *s);
    struct source_ops *ops = malloc(sizeof *ops);
    *ops = all_ops;
    if (!u->alone)
        ops->claim = NULL;
    if (u->no_reader)
        ops->reader = NULL;
    if (u->no_state) {
        ops->state = NULL;
        ops->recall = NULL;
    }
    s->base = (struct source){ .ops = ops, .keeps = u->keeps, .tells_schema = u->tells_schema };
    s->life = l;
    s->u = u;
    s->fd = u->has_fd ? eventfd(0, EFD_CLOEXEC) : -1;
    s->begin_again = -1;
    for (int i = 0; i < TABLES; i++)
        make_table(s, i);
    return &s->base;
}

size_t scripted_source_at(const struct source *base)
{
    return ((const struct scripted *)base)->at;
}
