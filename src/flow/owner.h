#ifndef TAILRACE_FLOW_OWNER_H
#define TAILRACE_FLOW_OWNER_H
#include "flow/lane.h"

/*
 * Only one instance of a feed reads, wherever it runs. No living instance is fenced unasked.
 *
 * The source proves that another instance lives: that instance's session (which uses PostgreSQL's
 * slot, or holds MySQL's lock) gave signs of life while we looked. The sink stores the name of the
 * last instance beside the position. The name alone is no proof, because that process may be dead;
 * on our own machine we look for the process. A session that is left over gives no sign of life,
 * and the server drops it: we wait. If the server shows us no signs of life at all, a session that
 * it still keeps after UNSEEN_US lives.
 */
struct owner {
    const struct flow_options *opt;
    struct buf self;            /* who we are: JSON */
    struct source_holder holder;
    int64_t since_us;           /* another session has had the source since; 0: none has */
    int64_t said_us, read_us;   /* when that was logged; when we last read the position's writer */
    int64_t heard_ms, heard_us; /* the last sign of life that was counted, and when */
    int signs;
    char unseen[400];           /* the holder whose signs of life we may not see; "": none */
    int64_t unseen_us;          /* since when, later by any time in which we did not look */
    int64_t looked_us;          /* when we looked last */
    char writer[300];           /* who stored the position last, for people; "": not known */
    bool other;                 /* the writer was not us */
    bool lives;                 /* the writer runs on this machine, or holds the sink's lock */
    bool taken;                 /* the source was ours once */
};

void owner_init(struct owner *o, const struct flow_options *opt);
void owner_done(struct owner *o);

/*
 * Call it before each session, before the sink is opened. announced: this process has stored a
 * position. 0: the source is ours to read; 1: not yet, ask again in half a second; -1: another
 * instance lives (ERR_CONFIG), or it has taken over from us (ERR_FATAL), or the source failed.
 */
int owner_claim(struct owner *o, struct source *src, struct port *port, bool announced,
                struct err *err) must_check;

/* The sink was fenced: waits up to TAKER_MS until the stored position names who did it, and adds
 * that name to err. */
void owner_name_taker(struct owner *o, struct port *port, struct err *err);
#endif
