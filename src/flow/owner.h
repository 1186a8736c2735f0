#ifndef TAILRACE_FLOW_OWNER_H
#define TAILRACE_FLOW_OWNER_H
#include "flow/lane.h"

/*
 * One instance of a feed reads, wherever it runs: nobody who lives is fenced unasked.
 *
 * The source has the proof that another instance lives: its session (PostgreSQL's slot in use,
 * MySQL's lock) gave signs of life while we looked. The sink has its name, beside the position.
 * That names a process which may be dead, and is no proof of life; on our own machine the process
 * can be looked for. A session that is left over gives no sign of life, and the server drops it: we
 * wait. Where the server shows us no signs of life, a session that it has not dropped by then
 * lives.
 */
struct owner {
    const struct flow_options *opt;
    struct buf self;            /* who we are: JSON */
    struct source_holder holder;
    int64_t since_us;           /* another session has had the source since; 0: none has */
    int64_t said_us, read_us;   /* it was said; last look at who stored the position */
    int64_t heard_ms, heard_us; /* the last sign of life that was counted, and when */
    int signs;
    char unseen[400];           /* who gives no signs that we may see; "": nobody */
    int64_t unseen_us;          /* since when */
    int64_t looked_us;          /* when we looked last */
    char writer[300];           /* who stored the position last, for people; "": not known */
    bool other;                 /* and that was not us */
    bool lives;                 /* on this machine */
    bool taken;                 /* the source was ours once */
};

void owner_init(struct owner *o, const struct flow_options *opt);
void owner_done(struct owner *o);

/*
 * Before each session, before the sink is opened. announced: this process has stored a position.
 * 0: the source is ours to read; 1: not yet, ask again in half a second; -1: ERR_CONFIG, another
 * instance lives; ERR_FATAL, it has taken over from us.
 */
int owner_claim(struct owner *o, struct source *src, struct port *port, bool announced,
                struct err *err) must_check;

/* The sink was fenced: err gets to know by whom, as soon as the position says so. */
void owner_name_taker(struct owner *o, struct port *port, struct err *err);
#endif
