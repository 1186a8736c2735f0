#ifndef TAILRACE_FLOW_FEED_H
#define TAILRACE_FLOW_FEED_H
#include "flow/lane.h"
#include "flow/namesakes.h"

/*
 * An outlet: one table version's plan, schema ids and topic. It is made at the first
 * change of that version, so a table that never changes costs nothing.
 */
struct feed {
    struct plan *plan;
    struct sink_topic *topic;
    struct table_stats *stats;  /* its table's; NULL: the outlet has no table */
    /* sink.on-schema-change holds the table: its changes are not written, and plan is NULL */
    bool paused;
    uint64_t held;              /* changes that were not written */
    bool shown;                 /* the table's shape went out before its first row, where it must */
    int32_t key_id, value_id;
    const struct table *table;  /* NULL: logical messages, transactions, heartbeats */
    /* table is a backfill's own view: it ends with the backfill and serves its rows only */
    bool of_job;
    size_t tx_part;             /* its index in tx_count.parts, in transaction tx_serial */
    uint64_t tx_serial;
    struct feed *next;
};

/* format.transactions: the records that the open source transaction has made so far. */
struct tx_count {
    struct buf begin_id;        /* its transaction_id() at BEGIN */
    uint64_t serial;            /* counts transactions of this process */
    int64_t commit_us;
    bool said;                  /* the BEGIN record has gone out */
    uint64_t records;
    struct tx_part *parts;
    size_t nparts, cap;
};

/* Turns a feed's events into records, and holds what that needs. */
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

/* The source drops this table version: frees its outlet. */
void feeder_part(struct feeder *f, const struct table *t);

/* The topic's name, borrowed, if the topic is a backfill's own; else NULL. */
const char *feeder_job_topic(const struct feeder *f, const struct sink_topic *topic);

/* Adds a heartbeat record to batch. */
int feeder_heartbeat(struct feeder *f, struct batch *batch, struct err *err) must_check;

/*
 * A backfill_key_fn: appends the row's key to out as the row's records carry it, without the frame.
 * arg is the feeder.
 */
int feeder_key(void *arg, const struct table *t, struct row r, struct buf *out, struct err *err)
    must_check;

/* True if this kind of event makes records. */
bool feeder_wants(const struct feeder *f, const struct event *ev);

/*
 * Encodes ev and adds its records to batch: none, or one to three. An update that changes the
 * key makes a delete, a tombstone and a create. A BEGIN record or the table's shape may go
 * before them. -1: no record is added.
 */
int feeder_emit(struct feeder *f, const struct event *ev, struct batch *batch,
                struct err *err) must_check;
#endif
