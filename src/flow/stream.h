#ifndef TAILRACE_FLOW_STREAM_H
#define TAILRACE_FLOW_STREAM_H
#include "flow/feed.h"
#include "flow/lane.h"
#include "backfill/merge.h"
#include "flow/owner.h"
#include "flow/progress.h"

/* One feed's loop, on the feed's thread: events become records in a batch, batches go to the lane
 * (pipeline.c). */
struct stream {
    struct source *src;
    struct port *port;
    const struct flow_options *opt;
    struct flow_stats *stats;
    struct feeder feeder;
    struct backfill *backfill;
    struct progress progress;
    struct owner owner;
    bool asked;                 /* opt->request has been added */
    struct batch *open;         /* being filled; NULL: none */
    bool dirty;                 /* the source's position is newer than the last sealed one */
    bool urgent;                /* it is to be stored at the next quiet moment */
    bool in_tx;                 /* between a source BEGIN and its COMMIT */
    bool sent_inside;           /* the newest sealed batch ends there */
    /* what the source's position needs is lost: it begins without one */
    bool anew;
    /* an event was read, or failed to be, and made no records: position() may be past it */
    bool half_taken;
    struct buf durable;         /* the newest durable position */
    /* the first position is stored at once, to say who reads now: that is no progress */
    bool announcing, announced;
    int64_t stored_us;          /* when a position became durable last that is */
    int64_t stop_us;            /* when the wish to stop was first seen; 0: not yet */
    int64_t last_heartbeat_us;
    uint32_t since_look;        /* events, */
    int64_t looked_us;          /* and when that was */
    bool idle;                  /* the source had nothing more when it was asked last */
    int64_t commit_us;          /* of the newest change handed out; 0: none yet */
};

bool stream_stopping(const struct stream *p);
bool stream_held(const struct stream *p);       /* an order pauses it, and it is not to stop */
bool stream_ends(const struct stream *p);       /* the session is to end: one of the two */

/* A new session: what an earlier one left open is gone. */
void stream_clear(struct stream *p);

/* Until the source ends, the service is to stop, or an error. */
int stream_loop(struct stream *p, struct err *err) must_check;

/* Seals what is open and gets all of it durable within the time allowed. */
int stream_finish(struct stream *p, struct err *err) must_check;

/* What came before an error is good: as far as the lane takes it, it becomes durable. */
void stream_save(struct stream *p);

/* Whoever answers for the service is let in. */
void stream_attend(struct stream *p);
void stream_note_changes(struct stream *p);
#endif
