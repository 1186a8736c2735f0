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
    bool urgent;                /* that position is to be stored at the next quiet moment */
    bool in_tx;                 /* between a source BEGIN and its COMMIT */
    bool sent_inside;           /* the newest sealed batch ends inside a source transaction */
    /* the source has lost what the stored position needs: it begins without a position */
    bool anew;
    /* an event was read, or failed to be read, and made no records: position() may be past it */
    bool half_taken;
    struct buf durable;         /* the newest durable position */
    /* the first position is stored at once, to say where reading began and who reads now */
    bool announcing, announced;
    int64_t stored_us;          /* when a position last became durable, other than that first one */
    int64_t stop_us;            /* when the wish to stop was first seen; 0: not yet */
    int64_t last_heartbeat_us;
    uint32_t since_look;        /* events since the last look at the lane */
    int64_t looked_us;          /* when that look was */
    bool idle;                  /* the source had nothing more when it was asked last */
    int64_t commit_us;          /* of the newest change handed out; 0: none yet */
};

bool stream_stopping(const struct stream *p);
bool stream_held(const struct stream *p);       /* an order pauses it, and it is not to stop */
bool stream_ends(const struct stream *p);       /* the session is to end: it stops or is held */

/* Before a session: drops the batch that an earlier session left open. */
void stream_clear(struct stream *p);

/* Runs until the source ends, stream_ends(), all that was asked for is read, or an error. */
int stream_loop(struct stream *p, struct err *err) must_check;

/* Seals the open batch and waits until all is durable, at most stop_timeout_ms. */
int stream_finish(struct stream *p, struct err *err) must_check;

/* After an error: delivers what was read before it, as far as the lane takes it. */
void stream_save(struct stream *p);

/* Lets the attendant serve what it was asked. */
void stream_attend(struct stream *p);
/* Marks the position as urgent if somebody changed the backfills, or the source is in a hurry. */
void stream_note_changes(struct stream *p);
#endif
