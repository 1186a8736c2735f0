#ifndef TAILRACE_SOURCE_SOURCE_H
#define TAILRACE_SOURCE_SOURCE_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "model/event.h"
#include "source/reader.h"

/*
 * Where changes come from. A source knows a database and nothing of Avro or
 * Kafka. Single-threaded: all calls come from the loop that owns it.
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

/* Another session that reads what a source would read. Times are by the holder's or the server's
 * clock: compare them with each other only. */
struct source_holder {
    char who[400];      /* what the server says of it, for people */
    int64_t heard_ms;   /* when it last gave a sign of life; 0: the server does not say */
};

/* How a source stands, for whoever looks. Below 0: not known. */
struct source_stand {
    int64_t behind_bytes;       /* of its log: the server has them, and they were not handed out */
    int64_t retained_bytes;     /* of its log: the server keeps them for this feed */
    char status[16];            /* PostgreSQL: the slot's wal_status; "": not known */
};
#define SOURCE_STAND_UNKNOWN (struct source_stand){ .behind_bytes = -1, .retained_bytes = -1 }

struct source_ops {
    const char *name;

    /*
     * Connects, and takes what one feed alone may read from: PostgreSQL's slot, the server id under
     * which a binlog is read. Called before each open(), and before the sink fences other
     * instances. 0: taken until close(), or for longer;
     * 1: another session has it, *ret_holder says who, and nothing is taken: ask again. take_over:
     * ends that session first. NULL: any number may read.
     */
    int (*claim)(struct source *s, bool take_over, struct source_holder *ret_holder,
                 struct err *err);

    /* One thing that an EV_STATE of an earlier run said, newest of its name; each once before the
     * first open(). NULL: it keeps none. */
    int (*recall)(struct source *s, struct slice name, struct slice value, struct err *err);

    /*
     * Connect, verify and begin after `from`, a token that position() once
     * wrote; an empty token means where the source's own settings say. May block
     * for connection set-up. Called again after close() to reconnect. When it
     * fails because the log that `from` needs is no longer there, it sets s->gone.
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
     * line, without control characters. Nothing while a first start has not yet
     * said all that a later one must know: then it would begin anew. Not to be asked
     * for after an error of next(): what failed may be counted.
     */
    void (*position)(struct source *s, struct buf *ret_token);

    /* Everything up to `done` is durable downstream: the source may forget it. */
    int (*ack)(struct source *s, struct slice done, struct err *err);

    /* Keeps the connection alive while the loop is held up elsewhere. Cheap; call it often. */
    int (*tend)(struct source *s, struct err *err);

    /*
     * Appends " key=value" pairs that say how far the source is and what it waits for: a line of
     * the log once a minute when no rows come. May ask the server. NULL: the source has nothing to
     * say.
     */
    void (*state)(struct source *s, struct buf *ret);

    /*
     * What of *ret it knows, which holds what it said last. ask: it may ask the server, as it may
     * once a minute.
     * NULL: nothing.
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

    /* Appends the mark of where the stream is now. */
    void (*mark)(struct source *s, struct buf *ret_mark);

    /*
     * Has every transaction that committed up to high been handed out, and none begun since? False
     * inside a transaction. Asked again and again: it may ask an idle server how far it is.
     */
    bool (*passed)(struct source *s, struct slice high);

    /*
     * mark() and passed() of a feed that runs elsewhere, from the position that it stored: for
     * whoever reads tables beside it. Nothing is asked of the server. NULL: this source cannot say.
     */
    int (*stored_mark)(const struct source *s, struct slice position, struct buf *ret_mark,
                       struct err *err);
    int (*stored_passed)(const struct source *s, struct slice position, struct slice high,
                         bool *ret, struct err *err);
    /* A chunk's high, for people: "0/16B3748", "binlog.000003:1547". Beside those two. */
    void (*high_text)(const struct source *s, struct slice high, struct buf *out);

    /*
     * The stream's own struct table for a chunk's rows, once the stream has passed the chunk. 1:
     * there; 0: the stream knows a newer shape, the chunk is to be read again; -1: err.
     */
    int (*chunk_table)(struct source *s, const struct chunk *c, const struct table **ret,
                       struct err *err);

    void (*close)(struct source *s);    /* accepts a half-opened source; keeps it reusable */
    void (*free)(struct source *s);
};

/* Each source embeds this as its first member. */
struct source {
    const struct source_ops *ops;
    bool stay;      /* the flow's: do not end yet (SOURCE_END), tables are being read */
    /* the source's: the server waits for an ack, store the position as soon as it moves */
    bool hurry;
    /* the flow's: no position is stored, and yet the sink holds records of this feed */
    bool delivered;
    bool unkept;    /* the flow's: the sink forgets, and nothing will be acknowledged */
    /* without a position it begins where it is proved that nothing was left out: a slot, a place
     * that was set */
    bool keeps;
    bool gone;      /* set by open() and next(): what it was to begin after is lost */
    bool leaves_out;        /* updates may lack values that they did not touch (CELL_UNCHANGED) */
    bool sends_early;       /* changes may come before new snapshots show them, on a replica too */
    /* hands out EV_SCHEMA itself; else the flow says a table's shape before its first row */
    bool tells_schema;
};
#endif
