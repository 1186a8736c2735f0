#ifndef TAILRACE_FLOW_PIPELINE_H
#define TAILRACE_FLOW_PIPELINE_H
#include <signal.h>
#include <stdatomic.h>
#include "backfill/backfill.h"
#include "encode/plan.h"
#include "encode/registry.h"
#include "flow/stats.h"
#include "sink/sink.h"
#include "source/source.h"

/* Whoever answers for the service while it runs (serve/). Called on the loop's thread. */
struct flow_attendant {
    void *arg;
    /* descriptors to wait on; how many */
    int (*fds)(void *arg, int *ret, int max);
    /* serve what is there; never blocks */
    void (*attend)(void *arg, struct backfill *backfill);
};
/* What becomes of a table whose new schema does not follow the registered one. */
enum on_schema_change { ON_SCHEMA_CHANGE_CONTINUE, ON_SCHEMA_CHANGE_PAUSE, ON_SCHEMA_CHANGE_STOP };
/* What becomes of another instance of the feed that reads the source (flow/owner.h). LOOK: it is
 * not waited for. */
enum claim { CLAIM_WAIT, CLAIM_LOOK, CLAIM_TAKE_OVER };
enum schema_changes { SCHEMA_CHANGES_AUTO, SCHEMA_CHANGES_ALWAYS, SCHEMA_CHANGES_NEVER };

/* What all feeds of a process may hold together (flow/memory.h). All zero but for most. */
struct memory {
    int64_t most;               /* bytes */
    _Atomic uint64_t used;
    atomic_uint holders;        /* feeds that hold any of it */
};

/* Limits and manners of the loop. Borrowed. */
struct flow_options {
    bool routed;                /* topics.route is set: records may be in topics of any name */
    const char *feed;               /* name, for headers and logs */
    /* where this process takes orders, for whoever asks who it is; NULL: nowhere */
    const char *socket;
    enum claim claim;
    uint32_t batch_rows;            /* seal a batch at so many records */
    uint32_t batch_bytes;           /* or so many bytes */
    int batch_ms;                   /* or when its first record is so old */
    uint32_t batches;               /* at most so many unacknowledged batches: then reading stops */
    struct memory *memory;          /* the process's; NULL: each feed has its own limit only */
    int commit_ms;                  /* store the position at least this far apart (at-least-once) */
    int stop_timeout_ms;            /* SIGTERM: drain for so long, then stop */
    int retry_max_ms;               /* longest pause between reconnections */
    int retry_limit_s;              /* give up after failing for so long; 0: never */
    const struct topic_manner *topics;  /* how its topics are made; NULL: as the sink says */
    bool tombstones, headers;       /* format.tombstones, format.headers */
    const char *skipped;            /* letters of the operations that make no records: c u d t */
    /* format.transactions: BEGIN and END records, and the block in every value */
    bool transactions;
    struct backfill_options backfill;
    const struct backfill_request *request;     /* read this, then end; NULL: go on for ever */
    const struct flow_attendant *attendant;     /* NULL: none */
    int schema_changes;             /* enum schema_changes */
    int on_schema_change;           /* enum on_schema_change */
    int heartbeat_ms;               /* a record to the heartbeat topic this often; 0: never */
    atomic_int *stop;    /* set by the signal handler */
    atomic_int *pause;  /* an order: no session while it is not 0. NULL: not looked at */
    atomic_int *hangup;  /* likewise by SIGHUP; said once, and cleared. NULL: not looked at */
};

/*
 * Runs one feed until *stop, the source's end, or an error that is not ERR_RETRY.
 * registry may be NULL (no frame is written then). All are the caller's, and the
 * options, the registry and the statistics outlive the lane. 0: drained and stopped; -1: err says
 * why, the position of everything durable is kept. stats go on from where they are.
 */
struct lane;
int pipeline_run(struct source *src, struct lane *lane, struct registry *registry,
                 const struct encode_options *enc, const struct flow_options *opt,
                 struct flow_stats *stats, struct err *err) must_check;

/*
 * Stores another position for a feed that does not stream, as a session of the feed would: the
 * source is claimed first, then the sink (with exactly-once other writers are fenced).
 * ERR_CONFIG, and nothing is stored: another instance reads the source, or the stored position is
 * not `expected` any more. Both are whole: the source's line and what follows.
 */
int pipeline_place(struct source *src, struct lane *lane, const struct flow_options *opt,
                   struct slice expected, struct slice token, struct err *err) must_check;

/* A thread that owns a sink (flow/lane.h). It takes the sink over, also when this fails (NULL). opt
 * is borrowed. */
struct lane *lane_new(struct sink *sink, const struct flow_options *opt, struct err *err);

/* When all its feeds have ended: completes the sink and frees both. -1: something that a stored
 * position covers is gone. */
int lane_end(struct lane *l, struct err *err) must_check;
#endif
