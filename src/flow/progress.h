#ifndef TAILRACE_FLOW_PROGRESS_H
#define TAILRACE_FLOW_PROGRESS_H
#include "encode/registry.h"
#include "flow/lane.h"
#include "backfill/merge.h"

/* What was said last. All zero at first, but registry. */
struct progress {
    /* a feed that delivers nothing asks it each minute, or the next row would; NULL: none */
    struct registry *registry;
    int64_t last_us, said_us;       /* last count of rows; last line */
    uint64_t last_rows;
    struct port_counts sent;        /* as of the last look */
    /* when the statistics were told last, and the source was asked */
    int64_t told_us, asked_us;
    int64_t pending_us;             /* since when something is not delivered; 0: nothing is */
};

/* How the feed stands, as its loop knows it. */
struct progress_now {
    struct port_counts sent;
    bool pending;               /* something is not delivered */
    int64_t stored_us;          /* when a position became durable last */
    bool idle;                  /* the source had nothing more */
    int64_t commit_us;          /* of the newest change handed out; 0: none in this session */
    struct backfill *backfill;
    struct slice durable;       /* the stored position; empty: none in this session */
};

/*
 * Sets the feed's state and how fresh what it delivered is. Says how the feed stands: rows a second
 * every 10 s while there are rows, and else once a minute that there is nothing to deliver, or that
 * what was read is not delivered and since when, with what the source knows of itself. Call it
 * often.
 */
void progress_look(struct progress *p, struct flow_stats *stats, struct source *src,
                   const struct progress_now *s);

/* A session has ended: nothing is read any more, and so much is still on its way. */
void progress_rest(struct progress *p, struct flow_stats *stats, struct source *src,
                   const struct port_counts *sent);
#endif
