#ifndef TAILRACE_SOURCE_SOURCE_H
#define TAILRACE_SOURCE_SOURCE_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "model/event.h"
#include "source/reader.h"

/*
 * A source hands out the changes of a database. It knows nothing of Avro or Kafka.
 * All calls come from the loop that owns it, on one thread, except reader().
 */
struct source;
enum snapshot_mode {
    SNAPSHOT_INITIAL,
    SNAPSHOT_NEVER,
    SNAPSHOT_ALWAYS,
    SNAPSHOT_WHEN_NEEDED,
    SNAPSHOT_ONLY
};
enum source_got { SOURCE_EVENT = 1, SOURCE_IDLE = 0, SOURCE_ERROR = -1, SOURCE_END = 2 };

/* Another session that reads what this source would read. Times are by the holder's or the server's
 * clock: compare them with each other only. */
struct source_holder {
    char who[400];      /* what the server says of that session, for people */
    int64_t heard_ms;   /* when it last gave a sign of life; 0: the server does not say */
};

/* State of a source, for metrics and the status page. Below 0: not known. */
struct source_stand {
    int64_t behind_bytes;       /* of the server's log that were not handed out yet */
    int64_t retained_bytes;     /* of the server's log that it keeps for this feed */
    char status[16];            /* PostgreSQL: the slot's wal_status; "": not known */
};
#define SOURCE_STAND_UNKNOWN (struct source_stand){ .behind_bytes = -1, .retained_bytes = -1 }

struct source_ops {
    const char *name;

    /*
     * Connects, and takes what only one feed may read from: PostgreSQL's slot, or the server id
     * under which a binlog is read. Called before each open(), and before the sink fences other
     * instances. 0: taken until close(), or for longer. 1: another session has it, *ret_holder says
     * who, and nothing is taken: ask again. take_over: ends that session first. NULL: any number of
     * feeds may read.
     */
    int (*claim)(struct source *s, bool take_over, struct source_holder *ret_holder,
                 struct err *err);

    /* Gives one value back that an EV_STATE of an earlier run asked to keep, the newest of its
     * name. Called once for each, before the first open(). NULL: the source keeps none. */
    int (*recall)(struct source *s, struct slice name, struct slice value, struct err *err);

    /*
     * Connects, verifies and begins after `from`, a token that position() once
     * wrote. Empty token: begins where the source's own settings say. May block
     * for connection set-up. Called again after close() to reconnect. Sets s->gone
     * if it fails because the log that `from` needs is no longer there.
     */
    int (*open)(struct source *s, struct slice from, struct err *err);

    /* Never blocks for long. Fills *ret_ev only when it returns SOURCE_EVENT. */
    enum source_got (*next)(struct source *s, struct event *ret_ev, struct err *err);

    /* Readable when next() has work after SOURCE_IDLE. -1: call next() again after a short
     * sleep. */
    int (*fd)(const struct source *s);

    /*
     * Appends the token of the point just after the last event that next()
     * returned: everything up to it has been handed out. Valid at any event, in
     * the middle of a transaction too (the token then carries the ordinal). One
     * line, without control characters. Appends nothing while a first start has not
     * yet handed out all that a later start must know: that start then begins anew.
     * Do not call it after an error of next(): the token may be past the event
     * that failed.
     */
    void (*position)(struct source *s, struct buf *ret_token);

    /* Everything up to `done` is durable downstream: the source may forget it. */
    int (*ack)(struct source *s, struct slice done, struct err *err);

    /* Keeps the connection alive while the loop waits elsewhere. Cheap; call it often. */
    int (*tend)(struct source *s, struct err *err);

    /*
     * Appends " key=value" pairs that say how far the source is and what it waits for. They go into
     * a log line once a minute while no rows come. May ask the server. NULL: it has nothing to say.
     */
    void (*state)(struct source *s, struct buf *ret);

    /*
     * Fills what it knows in *ret, which holds its last answer. ask: it may ask the server; set at
     * most once a minute. NULL: it knows nothing.
     */
    void (*stand)(struct source *s, bool ask, struct source_stand *ret);

    /*
     * The tables that it feeds, by the server's word of now, less those that the configuration
     * leaves out. Only between open() and close(). NULL: it cannot say.
     */
    int (*list)(struct source *s, read_table_fn *each, void *arg, struct err *err);

    /*
     * Reading tables (source/reader.h). reader: a connection of its own, asked for in any thread:
     * it uses nothing of the source but its options.
     */
    struct reader *(*reader)(const struct source *s, struct err *err);

    /* Appends the mark: where the stream is now. */
    void (*mark)(struct source *s, struct buf *ret_mark);

    /*
     * True if every transaction that committed up to high has been handed out and none has begun
     * since. False inside a transaction. The loop calls it often; it may ask an idle server how far
     * the server is.
     */
    bool (*passed)(struct source *s, struct slice high);

    /*
     * As mark() and passed(), for a feed that runs elsewhere, from the position that it stored: for
     * a program that reads tables beside that feed. Asks the server nothing. NULL: this source
     * cannot say.
     */
    int (*stored_mark)(const struct source *s, struct slice position, struct buf *ret_mark,
                       struct err *err);
    int (*stored_passed)(const struct source *s, struct slice position, struct slice high,
                         bool *ret, struct err *err);
    /* Appends a chunk's high, for people: "0/16B3748", "binlog.000003:1547". NULL if stored_mark
     * is. */
    void (*high_text)(const struct source *s, struct slice high, struct buf *out);

    /*
     * Gives the stream's own struct table for a chunk's rows. Call it once the stream has passed
     * the chunk's high. 1: *ret has it; 0: the stream knows a newer shape, read the chunk again;
     * -1: err.
     */
    int (*chunk_table)(struct source *s, const struct chunk *c, const struct table **ret,
                       struct err *err);

    void (*close)(struct source *s);    /* accepts a half-opened source; keeps it reusable */
    void (*free)(struct source *s);
};

/* Each source embeds this as its first member. */
struct source {
    const struct source_ops *ops;
    bool stay;      /* set by the flow: do not end yet (SOURCE_END), tables are being read */
    /* set by the source: the server waits for an ack, so store the position as soon as it moves */
    bool hurry;
    /* set by the flow: no position is stored, but the sink holds records of this feed */
    bool delivered;
    bool unkept;    /* set by the flow: the sink forgets, so ack() is never called */
    /* set by the source: without a position it begins where provably nothing is left out (a slot, a
     * configured start) */
    bool keeps;
    bool gone;      /* set by open() and next(): the log after the stored position is lost */
    bool leaves_out;        /* updates may lack values that they did not touch (CELL_UNCHANGED) */
    bool sends_early;       /* changes may come before new snapshots show them, on a replica too */
    /* the source hands out EV_SCHEMA itself; else the flow sends a table's shape before its first
     * row */
    bool tells_schema;
};
#endif
