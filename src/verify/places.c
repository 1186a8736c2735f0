/*
 * Decides when a row that the topic did not have is a difference: the feed has stored a position
 * past the chunk's place, and the topic was read to where it ended after that.
 */
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "verify/table.h"

enum { STEP_MS = 100, SAY_US = 10000000 };

struct slice position_of(const struct run *r)
{
    struct slice p = follow_position(r->follow);
    const uint8_t *end = p.n ? memchr(p.p, '\n', p.n) : NULL;
    return end ? slice_of(p.p, (size_t)(end - p.p)) : p;
}

/* Notes where the chunk was read, for people, if rows wait. */
static int note_place(struct look *l, struct err *err)
{
    const struct source *s = l->run->o->source;
    if (!index_waiting(l->index))
        return 0;
    l->place.n = 0;
    s->ops->high_text(s, buf_slice(&l->in_hand.high), &l->place);
    return index_chunk(l->index, l->chunk, buf_slice(&l->place), err);
}

int places_add(struct look *l, struct err *err)
{
    if (l->nplaces == l->places_cap) {
        size_t cap = l->places_cap ? 2 * l->places_cap : 64;
        l->places = xrealloc(l->places, cap, sizeof *l->places);
        memset(l->places + l->places_cap, 0, (cap - l->places_cap) * sizeof *l->places);
        l->places_cap = cap;
    }
    struct chunk_place *p = &l->places[l->nplaces++];
    p->chunk = l->chunk;
    buf_set(&p->high, buf_slice(&l->in_hand.high));
    return note_place(l, err);
}

void places_done(struct look *l)
{
    for (size_t i = 0; i < l->places_cap; i++)
        buf_done(&l->places[i].high);
    free(l->places);
    l->places = NULL;
    l->nplaces = l->places_cap = 0;
}

/* Drops the first n places, which are settled. Their memory goes to the end. */
static void drop(struct look *l, size_t n)
{
    for (size_t i = n; i < l->nplaces; i++) {
        struct chunk_place kept = l->places[i - n];
        l->places[i - n] = l->places[i];
        l->places[i] = kept;
    }
    l->nplaces -= n;
}

/*
 * How many of the chunks' places the stored position has passed. The places are in the log's order.
 */
static int passed(const struct look *l, size_t *ret, struct err *err)
{
    const struct source *s = l->run->o->source;
    bool yes = true;
    for (*ret = 0; *ret < l->nplaces && yes; *ret += yes)
        if (s->ops->stored_passed(s, position_of(l->run), buf_slice(&l->places[*ret].high), &yes,
                                  err))
            return -1;
    return 0;
}

static void suspect(void *arg, int64_t range)
{
    struct look *l = arg;
    if ((size_t)range < l->nparts)
        l->parts[range].suspect = true;
}

int places_settle(struct look *l, struct err *err)
{
    size_t n = 0;
    if (!l->aimed) {
        if (!l->nplaces)
            return 0;
        if (passed(l, &n, err))
            return -1;
        if (!n)
            return 0;
        if (patient_aim(l, err))
            return -1;
        l->aimed = l->places[n - 1].chunk;
    }
    if (!follow_reached(l->run->follow))
        return 0;
    if (index_settle(l->index, l->aimed, l->number, suspect, l, err))
        return -1;
    for (n = 0; n < l->nplaces && l->places[n].chunk <= l->aimed;)
        n++;
    drop(l, n);
    l->settled = l->aimed;
    l->aimed = 0;
    return 0;
}

/* Logs, once in a while, what the run waits for. True: the feed has stood still for too long. */
static bool stands_still(struct look *l, int64_t begun_us)
{
    int64_t now = clock_mono_us();
    if (!slice_eq(buf_slice(&l->last_position), position_of(l->run))) {
        buf_set(&l->last_position, position_of(l->run));
        l->moved_us = now;
    }
    if (now - l->said_us > SAY_US && now - begun_us > SAY_US) {
        l->said_us = now;
        log_info(
            "verify waits for the feed to store a position past what was read"
            " table=%s.%s rows=%lld seconds=%lld",
            l->result.schema, l->result.table, (long long)index_waiting(l->index),
            (long long)(now - begun_us) / 1000000);
    }
    int64_t since = l->moved_us > begun_us ? l->moved_us : begun_us;
    return !l->aimed && now - since > (int64_t)l->run->o->wait_s * 1000000;
}

int places_wait(struct look *l, struct err *err)
{
    int64_t begun_us = clock_mono_us();
    while (l->settled < l->chunk) {
        if (records_take(l, STEP_MS, err) || places_settle(l, err) ||
            (l->aimed && patient_wait(l, err)))
            return -1;
        if (l->settled < l->chunk && stands_still(l, begun_us))
            return 0;
    }
    return 1;
}
