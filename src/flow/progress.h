#ifndef TAILRACE_FLOW_PROGRESS_H
#define TAILRACE_FLOW_PROGRESS_H
#include "encode/registry.h"
#include "flow/lane.h"
#include "backfill/merge.h"

/* What was counted and logged last. All zero at first, except registry. */
struct progress {
    /* asked each minute while the feed delivers nothing, so that a fault shows before the next
     * row needs it; NULL: none */
    struct registry *registry;
    int64_t last_us, said_us;       /* when rows were last counted; when a line was last logged */
    uint64_t last_rows;
    struct port_counts sent;        /* as of the last look */
    /* when the statistics were last filled; when the source was last asked */
    int64_t told_us, asked_us;
    int64_t pending_us;             /* since when something is not delivered; 0: nothing is */
};

/* How the feed stands, as its loop knows it. */
struct progress_now {
    struct port_counts sent;
    bool pending;               /* something is not delivered */
    int64_t stored_us;          /* when a position last became durable */
    bool idle;                  /* the source had nothing more */
    int64_t commit_us;          /* of the newest change handed out; 0: none in this session */
    struct backfill *backfill;
    struct slice durable;       /* the stored position; empty: none in this session */
};

/*
 * Sets the feed's state and how fresh its delivered changes are. Logs the rows per second every
 * 10 s while there are rows. Otherwise logs once a minute that there is nothing to deliver, or
 * since when something is not delivered, with what the source knows of itself. Call it often.
 */
void progress_look(struct progress *p, struct flow_stats *stats, struct source *src,
                   const struct progress_now *s);

/* A session has ended: nothing is read any more, and sent is still on its way. */
void progress_rest(struct progress *p, struct flow_stats *stats, struct source *src,
                   const struct port_counts *sent);
#endif
