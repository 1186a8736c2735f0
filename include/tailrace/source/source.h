#ifndef TAILRACE_SOURCE_SOURCE_H
#define TAILRACE_SOURCE_SOURCE_H
#include "base/buf.h"
#include "base/err.h"
#include "model/event.h"

/*
 * Where changes come from. A source knows a database and nothing of Avro or
 * Kafka. Single-threaded: all calls come from the loop that owns it.
 */
struct source;
enum source_got { SOURCE_EVENT = 1, SOURCE_IDLE = 0, SOURCE_ERROR = -1, SOURCE_END = 2 };

struct source_ops {
    const char *name;

    /*
     * Connect, verify and begin after `from`, a token that position() once
     * wrote; an empty token means where the source's own settings say. May block
     * for connection set-up. Called again after close() to reconnect.
     */
    int (*open)(struct source *s, struct slice from, struct err *err);

    /* Never blocks for long. Fills *ret_ev only when it returns SOURCE_EVENT. */
    enum source_got (*next)(struct source *s, struct event *ret_ev, struct err *err);

    /* Readable when next() has work after SOURCE_IDLE. -1: call next() again after a short sleep. */
    int (*fd)(const struct source *s);

    /*
     * Appends the token of the point just after the last event that next()
     * returned: everything up to it has been handed out. Valid at any event, in
     * the middle of a transaction too (the token then carries the ordinal).
     */
    void (*position)(struct source *s, struct buf *ret_token);

    /* Everything up to `done` is durable downstream: the source may forget it. */
    int (*ack)(struct source *s, struct slice done, struct err *err);

    /* Keeps the connection alive while the loop is held up elsewhere. Cheap; call it often. */
    int (*tend)(struct source *s, struct err *err);

    void (*close)(struct source *s);    /* accepts a half-opened source; keeps it reusable */
    void (*free)(struct source *s);
};

/* Each source embeds this as its first member. */
struct source {
    const struct source_ops *ops;
};
#endif
