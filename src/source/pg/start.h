#ifndef TAILRACE_SOURCE_PG_START_H
#define TAILRACE_SOURCE_PG_START_H
#include "source/pg/slot.h"
#include "source/pg/timeline.h"
#include "source/pg/witness.h"

/*
 * May a feed go on at its stored position on this server? A server skips silently what it has
 * forgotten or never had, so this is decided before streaming. `run` and `check` ask the same
 * function.
 *
 * A slot made anew under the same name is as good as the first one: what it promises is to hold all
 * that commits after its confirmed position. So the slot must not begin after the position, and the
 * log must be the log that was read. Of the log are compared: the system identifier; the timeline
 * of the position, which must be in the server's history, begin where it began, and be left no
 * earlier than the position; and the last transaction (witness.h), because timelines of one number
 * can hold different logs.
 *
 * While a standby is read it may follow a promotion, and nothing in the stream says so: then the
 * position names the old timeline past its end. It is told from a log that forked earlier by the
 * witness, or by the
 * slot: only this feed's own acknowledgement sets it to exactly a stored position.
 */
enum pg_start_kind {
    PG_START_GO,                /* begin at `from` */
    PG_START_WAIT,              /* the server is behind and can still come; ERR_RETRY */
    /* what follows the position is lost, or never was on this server; ERR_FATAL */
    PG_START_GONE,
    /* another cluster or slot than the position's, ERR_FATAL; other settings, ERR_CONFIG */
    PG_START_REFUSED,
};

struct pg_start {
    enum pg_start_kind kind;
    uint64_t from;              /* GO */
    uint64_t shared;            /* GONE: the log is shared up to here; 0: not known */
};

/* Pure. err is set unless it is GO. slot: its name in the configuration; s: what the server says of
 * it. */
struct pg_start pg_start_decide(const struct pg_position *p, const struct pg_place *place,
                                const char *slot, const struct pg_slot *s, enum pg_witness witness,
                                struct err *err);

/* Asks for the witness where it matters, then decides. -1: it could not be asked (ERR_RETRY). */
int pg_start_ask(const struct pg_options *opt, const struct pg_position *p,
                 const struct pg_place *place, const struct pg_slot *s, struct pg_start *ret,
                 struct err *err) must_check;

/*
 * As pg_start_ask(), on connections that are there, for a position as it is stored. *ret_why: set
 * unless it is GO. -1: it could not be asked.
 */
int pg_start_look(const struct pg_options *opt, PGconn *sql, PGconn *repl, struct slice stored,
                  struct pg_position *ret_position, struct pg_start *ret, struct err *ret_why,
                  struct err *err) must_check;

/* The position was stored while another publication was read. */
bool pg_start_publication_changed(const struct pg_options *opt, const struct pg_position *p);

/* Says in a position where it is: on which timeline, and how far that is certain. */
void pg_start_label(struct pg_position *p, const struct pg_place *place);
#endif
