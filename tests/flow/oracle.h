#ifndef TAILRACE_TESTS_FLOW_ORACLE_H
#define TAILRACE_TESTS_FLOW_ORACLE_H
#include "scripted_sink.h"
#include "scripted_source.h"

/*
 * What the brokers must hold of an upstream's log, and when. Read from the log's words, not from
 * flow. Exactly once: each record once, in
 * the order of its key, and no position without all records before it nor any behind it. At least
 * once: each record, in
 * the order of its key; what comes again begins at an earlier event of that key and goes on from
 * there.
 */
enum { ROWS_MAX = 48 };
struct oracle {
    struct world *w;
    const struct upstream *u;
    bool exact, tombstones;
    struct key_log {
        char topic[64], key[KEY_MAX];
        struct wanted { size_t event; bool tombstone; } *wanted;
        /* come: of wanted, ever; last: 1 + the one that came last, 0: none */
        size_t n, come, last;
    } keys[ROWS_MAX];
    size_t nkeys, all, seen;        /* records wanted; records that came */
    size_t stored;                  /* the newest position */
};

void oracle_init(struct oracle *o, const struct upstream *u, bool exact, bool tombstones);
void oracle_done(struct oracle *o);
void oracle_record(struct oracle *o, const struct stored *r);
void oracle_position(struct oracle *o, size_t events);
void oracle_ack(struct oracle *o, size_t events);
void oracle_end(struct oracle *o);      /* the log is fed: nothing may be missing */
/* c, u, d, r, t of an envelope; '0': a tombstone; '?': neither */
char record_op(const struct stored *r);
#endif
