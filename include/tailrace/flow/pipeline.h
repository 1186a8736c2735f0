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

/* Answers requests to the service while the feed runs (serve/). Called on the feed's thread. */
struct flow_attendant {
    void *arg;
    /* writes up to max descriptors to wait on; returns how many */
    int (*fds)(void *arg, int *ret, int max);
    /* serves the requests that are there; never blocks */
    void (*attend)(void *arg, struct backfill *backfill);
};
/* What to do with a table whose new schema does not follow the registered one. */
enum on_schema_change { ON_SCHEMA_CHANGE_CONTINUE, ON_SCHEMA_CHANGE_PAUSE, ON_SCHEMA_CHANGE_STOP };
/* What to do when another instance of the feed reads the source (flow/owner.h): wait for proof
 * that it lives, fail without that proof, or take over from it. */
enum claim { CLAIM_WAIT, CLAIM_LOOK, CLAIM_TAKE_OVER };
enum schema_changes { SCHEMA_CHANGES_AUTO, SCHEMA_CHANGES_ALWAYS, SCHEMA_CHANGES_NEVER };

/* What all feeds of a process may hold together (flow/memory.h). All zero at first, except most. */
struct memory {
    int64_t most;               /* bytes */
    _Atomic uint64_t used;
    atomic_uint holders;        /* feeds that hold any of it */
};

/* Limits and settings of one feed. Borrowed. */
struct flow_options {
    bool routed;                /* topics.route is set: records may be in topics of any name */
    const char *feed;               /* its name, for positions, logs and errors */
    /* path of this process's control socket, told to other instances; NULL: it has none */
    const char *socket;
    enum claim claim;
    uint32_t batch_rows;            /* seal a batch at this many records, */
    uint32_t batch_bytes;           /* or at this many bytes, */
    int batch_ms;                   /* or when the batch is this old */
    uint32_t batches;               /* stop reading at this many full batches not drained */
    struct memory *memory;          /* the process's; NULL: each feed has its own limit only */
    int commit_ms;                  /* at-least-once: least time between two stored positions */
    int stop_timeout_ms;            /* SIGTERM: drain for at most this long, then stop */
    int retry_max_ms;               /* longest pause between reconnections */
    int retry_limit_s;              /* give up after failing for this long; 0: never */
    const struct topic_manner *topics;  /* how its topics are made; NULL: as the sink says */
    bool tombstones, headers;       /* format.tombstones, format.headers */
    const char *skipped;            /* letters of operations that make no records: c u d t; NULL */
    /* format.transactions: BEGIN and END records, and the block in every value */
    bool transactions;
    struct backfill_options backfill;
    const struct backfill_request *request;     /* read this, then end; NULL: stream for ever */
    const struct flow_attendant *attendant;     /* NULL: none */
    int schema_changes;             /* enum schema_changes */
    int on_schema_change;           /* enum on_schema_change */
    int heartbeat_ms;               /* a record to the heartbeat topic this often; 0: never */
    atomic_int *stop;    /* not 0: the feed is to end; the signal handler sets it. NULL: never */
    atomic_int *pause;  /* not 0: an order holds the feed, no session runs. NULL: never */
    atomic_int *hangup;  /* SIGHUP sets it; the feed logs a warning and clears it. NULL: never */
};

/*
 * Runs one feed until *stop, the source's end, or an error that is not ERR_RETRY.
 * registry may be NULL: records then have no frame. The caller owns all arguments. The options, the
 * registry and the statistics outlive the lane. stats count on from their values. 0: drained and
 * stopped; -1: err says why, and the position of everything durable is kept.
 */
struct lane;
int pipeline_run(struct source *src, struct lane *lane, struct registry *registry,
                 const struct encode_options *enc, const struct flow_options *opt,
                 struct flow_stats *stats, struct err *err) must_check;

/*
 * Stores another position for a feed that does not stream, as a session of the feed would: it
 * claims the source first, then the sink (with exactly-once it fences other writers). ERR_CONFIG:
 * another instance reads the source, or the stored position is no longer `expected`; nothing is
 * stored. expected and token are whole positions: the source's line and the backfills' line.
 */
int pipeline_place(struct source *src, struct lane *lane, const struct flow_options *opt,
                   struct slice expected, struct slice token, struct err *err) must_check;

/* Starts a thread that owns a sink (flow/lane.h). It owns the sink from here on, also when this
 * fails (NULL). opt is borrowed. */
struct lane *lane_new(struct sink *sink, const struct flow_options *opt, struct err *err);

/* Call it when all feeds of the lane have ended: completes the sink, frees the sink and the lane.
 * -1: something that a stored position covers is gone. */
int lane_end(struct lane *l, struct err *err) must_check;
#endif
