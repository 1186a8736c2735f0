#ifndef TAILRACE_FLOW_COMMIT_H
#define TAILRACE_FLOW_COMMIT_H
#include "flow/ledger.h"
#include "flow/pipeline.h"

/*
 * The way back: which position is durable, and telling the source so. A
 * position is stored only when everything before it is (ledger), and the
 * source forgets only what is stored (sink->forgets: never).
 */
struct commits {
    struct sink *sink;
    struct source *src;
    const struct flow_options *opt;
    const struct flow_stats *stats;
    struct ledger ledger;
    struct buf drained;         /* newest position whose records are all delivered */
    struct buf storing;         /* handed to sink->commit(), not yet durable */
    struct buf durable;         /* newest position known durable */
    bool have_drained;
    bool busy;                  /* storing is under way */
    bool announcing, announced; /* the first position is stored at once, to say who reads now: that is no progress */
    uint64_t stored;            /* positions that became durable and are */
    int64_t last_us;            /* when the last commit ended */
    int64_t took_us;            /* how long it took */
    struct progress {           /* progress.c */
        int64_t last_us, said_us;       /* last count of rows; last line */
        uint64_t last_rows;
        int64_t pending_us;             /* since when something is not delivered; 0: nothing is */
    } progress;
};

void commits_done(struct commits *c);

/* Non-transactional sinks: serve reports, move the ledger, store a position when one is due (or now). */
int commits_settle(struct commits *c, bool now, struct err *err) must_check;

/* Serve reports and give back the memory of what is delivered; nothing is stored. */
int commits_advance(struct commits *c, struct err *err) must_check;

/* Transactional sinks: end the transaction with this position, keeping the source alive meanwhile. */
int commits_transaction(struct commits *c, struct slice position, struct err *err) must_check;

/* Everything sealed becomes durable, or timeout_ms passes. 0 also when it passed: durable says how far it came. */
int commits_drain(struct commits *c, int timeout_ms, struct err *err) must_check;
#endif
