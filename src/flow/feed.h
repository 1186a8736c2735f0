#ifndef TAILRACE_FLOW_FEED_H
#define TAILRACE_FLOW_FEED_H
#include "flow/lane.h"
#include "flow/namesakes.h"

/*
 * One table version's way out: its plan, its schema ids, its topic. Made at
 * the first change of that version, so a table that never changes costs nothing.
 */
struct feed {
    struct plan *plan;
    struct sink_topic *topic;
    struct table_stats *stats;  /* of the table; NULL: there is none */
    /* sink.on-schema-change: its records are not written; there is no plan */
    bool paused;
    uint64_t held;              /* records that were not */
    bool shown;                 /* its shape was told before its first row */
    int32_t key_id, value_id;
    const struct table *table;  /* NULL: logical messages, transactions, heartbeats */
    /* table is a job's own view of one: gone with the job, looked at for the job's rows only */
    bool of_job;
    size_t tx_part;             /* its place among the parts of transaction tx_serial */
    uint64_t tx_serial;
    struct feed *next;
};

/* format.transactions: what the source's transaction has made so far. */
struct tx_count {
    struct buf begin_id;        /* its transaction_id() at BEGIN */
    uint64_t serial;            /* counts transactions of this process */
    int64_t commit_us;
    bool said;                  /* BEGIN has gone out */
    uint64_t records;
    struct tx_part *parts;
    size_t nparts, cap;
};

/* What turning events into records needs, and where the records of one event are gathered. */
struct feeder {
    struct port *port;
    struct source *src;
    bool source_tells;                  /* schema changes come as events of the source */
    struct registry *registry;          /* NULL: records are not framed */
    const struct encode_options *enc;
    const struct flow_options *opt;
    struct flow_stats *stats;
    struct feed *all;
    struct feed *messages, *service[2], *schema_changes;    /* enum service */
    struct tx_count tx;
    struct namesakes namesakes;
    struct buf key, value, json;  /* scratch, reused from row to row */
    struct header context[4];           /* the connector's own headers */
    char run_id[37];
};

void feeder_init(struct feeder *f);
void feeder_done(struct feeder *f);

/* The source parts with this table version: what hangs on it is freed. */
void feeder_part(struct feeder *f, const struct table *t);

/* The name of the topic, if it is a job's own; else NULL. */
const char *feeder_job_topic(const struct feeder *f, const struct sink_topic *topic);

/* A heartbeat's record, into batch. */
int feeder_heartbeat(struct feeder *f, struct batch *batch, struct err *err) must_check;

/* A backfill_key_fn: a row's key as its records have it, without the frame. arg: the feeder. */
int feeder_key(void *arg, const struct table *t, struct row r, struct buf *out, struct err *err)
    must_check;

/* Whether this kind of event makes records at all. */
bool feeder_wants(const struct feeder *f, const struct event *ev);

/*
 * Encodes ev and adds its records to batch: none, or one to three (an update
 * that changes the key is a delete, a tombstone and a create), and what says
 * the transaction's or the table's beginning before them. -1: none is added.
 */
int feeder_emit(struct feeder *f, const struct event *ev, struct batch *batch,
                struct err *err) must_check;
#endif
