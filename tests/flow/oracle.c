/* Holds what becomes visible against the log of the upstream. */
#include "oracle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct key_log *key_log(struct oracle *o, const char *topic, const char *key)
{
    for (size_t i = 0; i < o->nkeys; i++)
        if (strcmp(o->keys[i].topic, topic) == 0 && strcmp(o->keys[i].key, key) == 0)
            return &o->keys[i];
    if (o->nkeys == ROWS_MAX)
        abort();
    struct key_log *k = &o->keys[o->nkeys++];
    snprintf(k->topic, sizeof k->topic, "%s", topic);
    snprintf(k->key, sizeof k->key, "%s", key);
    k->wanted = calloc(2 * o->u->n + 1, sizeof *k->wanted);
    return k;
}

static void want(struct oracle *o, const char *topic, const char *key, size_t event, bool tombstone)
{
    struct key_log *k = key_log(o, topic, key);
    k->wanted[k->n++] = (struct wanted){ event, tombstone };
    o->all++;
}

static void want_change(struct oracle *o, size_t i)
{
    const struct change *c = &o->u->changes[i];
    const char *topic = c->table ? "p.s.t2" : "p.s.t1";
    switch (c->kind) {
    case EV_INSERT:
        want(o, topic, c->key, i, false);
        break;
    case EV_UPDATE:
        if (c->was[0])
            want(o, topic, c->was, i, false);
        if (c->was[0] && o->tombstones)
            want(o, topic, c->was, i, true);
        want(o, topic, c->key, i, false);
        break;
    case EV_DELETE:
        want(o, topic, c->key, i, false);
        if (o->tombstones)
            want(o, topic, c->key, i, true);
        break;
    case EV_TRUNCATE:
        want(o, topic, "", i, false);
        break;
    case EV_MESSAGE:
        want(o, "p.message", "prefix", i, false);
        break;
    default:
        break;
    }
}

void oracle_init(struct oracle *o, const struct upstream *u, bool exact, bool tombstones)
{
    *o = (struct oracle){ .w = u->w, .u = u, .exact = exact, .tombstones = tombstones };
    for (size_t i = 0; i < u->n; i++)
        want_change(o, i);
}

void oracle_done(struct oracle *o)
{
    for (size_t i = 0; i < o->nkeys; i++)
        free(o->keys[i].wanted);
}

/*
 * The key's last string: its length, its bytes, nothing behind. A frame or a union's branch may
 * stand before it.
 */
static void read_key(const struct stored *r, char key[KEY_MAX])
{
    size_t i = 0, n = r->key.n;
    while (i < n && r->key.p[i] != 2 * (n - i - 1))
        i++;
    snprintf(key, KEY_MAX, "%.*s", i < n ? (int)(n - i - 1) : 0, i < n
             ? (const char *)r->key.p + i + 1 : "");
}

/* The last string of one letter: rows and the source block stand before it. */
char record_op(const struct stored *r)
{
    for (size_t i = r->value.n; i-- > 1;)
        if (r->value.p[i - 1] == 2 && r->value.p[i] && strchr("cudrt", r->value.p[i]))
            return (char)r->value.p[i];
    return r->tombstone ? '0' : '?';
}

/* The event whose number the value names. -1: none. */
static long event_of(const struct stored *r)
{
    for (size_t i = 0; i + 2 < r->value.n; i++)
        if (r->value.p[i] == '<' && r->value.p[i + 1] >= '0' && r->value.p[i + 1] <= '9')
            return strtol((const char *)r->value.p + i + 1, NULL, 10);
    return record_op(r) == 't' ? -2 : -1;      /* a truncate has no row */
}

static bool is_of(const struct oracle *o, const struct wanted *w, const struct stored *r,
                  long event)
{
    if (r->tombstone || w->tombstone)
        return r->tombstone && w->tombstone;
    if (event == -2)
        return o->u->changes[w->event].kind == EV_TRUNCATE;
    return (long)w->event == event;
}

/* Of the ones that may come now: the next one, or an earlier one again, but no tombstone alone. */
static size_t find(const struct oracle *o, const struct key_log *k, const struct stored *r,
                   long event)
{
    size_t most = k->last + 1 < k->n ? k->last + 1 : k->n;
    for (size_t i = most; i-- > 0;)
        if (is_of(o, &k->wanted[i], r, event) && (!r->tombstone || i == k->last))
            return i + 1;
    return 0;
}

void oracle_record(struct oracle *o, const struct stored *r)
{
    char key[KEY_MAX];
    const char *topic = strncmp(r->topic, "dead:", 5) == 0 ? r->topic + 5 : r->topic;
    if (strstr(topic, "transaction") || strstr(topic, "heartbeat") || strstr(topic,
                                                                             "schema-changes"))
        return;
    read_key(r, key);
    struct key_log *k = key_log(o, topic, key);
    long event = event_of(r);
    size_t at = find(o, k, r, event);
    o->seen++;
    if (!at)
        world_wrong(o->w, "%s, key \"%s\": event %ld%s came after record %zu of %zu", topic, key,
                    event, r->tombstone ? " (tombstone)" : "",
                    k->last, k->n);
    else if (o->exact && at != k->last + 1)
        world_wrong(o->w, "%s, key \"%s\": event %ld came twice", topic, key, event);
    else if (at <= k->last && at > 1 && k->wanted[at - 2].event == k->wanted[at - 1].event)
        world_wrong(o->w, "%s, key \"%s\": what comes again begins inside event %ld", topic, key,
                    event);
    k->last = at;
    k->come = k->come > at ? k->come : at;
}

/* Records that were to come of the events before. */
static size_t due(const struct key_log *k, size_t events)
{
    size_t n = 0;
    while (n < k->n && k->wanted[n].event < events)
        n++;
    return n;
}

static void all_came(struct oracle *o, size_t events, const char *what)
{
    for (size_t i = 0; i < o->nkeys; i++) {
        const struct key_log *k = &o->keys[i];
        size_t n = due(k, events);
        if (k->come < n)
            world_wrong(o->w,
                        "%s @%zu, and of %s, key \"%s\", only %zu of %zu records are durable",
                            what, events, k->topic, k->key, k->come,
                        n);
        else if (o->exact && k->come > n)
            world_wrong(o->w, "%s @%zu, and of %s, key \"%s\", record %zu behind it is visible",
                        what, events, k->topic, k->key, k->come);
    }
}

void oracle_position(struct oracle *o, size_t events)
{
    if (o->exact && events < o->stored)
        world_wrong(o->w, "the position goes back from @%zu to @%zu", o->stored, events);
    o->stored = events;
    all_came(o, events, "the position is");
}

void oracle_ack(struct oracle *o, size_t events)
{
    bool exact = o->exact;
    o->exact = false;       /* another writer may have gone further */
    all_came(o, events, "acknowledged is");
    o->exact = exact;
    if (events > o->stored)
        world_wrong(o->w, "acknowledged is @%zu, and the position stored is @%zu", events,
                    o->stored);
}

void oracle_end(struct oracle *o)
{
    all_came(o, o->u->n, "the log ended");
    for (size_t i = 0; i < o->nkeys; i++)
        if (o->keys[i].last != o->keys[i].n)
            world_wrong(o->w, "%s, key \"%s\": the last record is number %zu of %zu",
                        o->keys[i].topic, o->keys[i].key, o->keys[i].last,
                        o->keys[i].n);
    if (o->exact && o->seen != o->all)
        world_wrong(o->w, "%zu records are there, not %zu", o->seen, o->all);
}
