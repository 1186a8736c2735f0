#ifndef TAILRACE_SOURCE_PG_START_H
#define TAILRACE_SOURCE_PG_START_H
#include "source/pg/slot.h"
#include "source/pg/timeline.h"
#include "source/pg/witness.h"

/*
 * May a feed go on at its stored position on this server? A server silently skips what it has
 * forgotten or never had, so this is decided before streaming. `run` and `check` ask the same
 * function.
 *
 * A slot made anew under the same name is as good as the first one: it promises to hold all that
 * commits after its confirmed position. So the slot must not begin after the position, and the log
 * must be the log that was read. Three things of the log are compared:
 * - the system identifier;
 * - the position's timeline: it must be in the server's history, begin where the position says, and
 *   be left no earlier than the position;
 * - the last transaction (witness.h), because timelines of one number can hold different logs.
 *
 * A standby may follow a promotion while it is read, and nothing in the stream says so. Then the
 * position names the old timeline past that timeline's end. Two things tell this from a log that
 * forked earlier: the witness, and the slot, as only this feed's own acknowledgement sets the slot
 * to exactly a stored position.
 */
enum pg_start_kind {
    PG_START_GO,                /* begin at `from` */
    PG_START_WAIT,              /* the server is behind and can still come; ERR_RETRY */
    /* what follows the position is lost, or was never on this server; ERR_FATAL */
    PG_START_GONE,
    /* the position is of another cluster or slot: ERR_FATAL; of other settings: ERR_CONFIG */
    PG_START_REFUSED,
};

struct pg_start {
    enum pg_start_kind kind;
    uint64_t from;              /* GO */
    /* GONE: the server's log and ours are the same up to here; 0: not known */
    uint64_t shared;
};

/*
 * Pure. Sets err unless the answer is GO. slot: its name in the configuration; s: what the server
 * says of it.
 */
struct pg_start pg_start_decide(const struct pg_position *p, const struct pg_place *place,
                                const char *slot, const struct pg_slot *s, enum pg_witness witness,
                                struct err *err);

/*
 * Asks for the witness if it matters, then decides. -1: the witness could not be asked (ERR_RETRY).
 */
int pg_start_ask(const struct pg_options *opt, const struct pg_position *p,
                 const struct pg_place *place, const struct pg_slot *s, struct pg_start *ret,
                 struct err *err) must_check;

/*
 * As pg_start_ask(), on the caller's connections, for a position as it is stored. Sets *ret_why
 * unless the answer is GO. -1: the server could not be asked, or the position not read; err says
 * why.
 */
int pg_start_look(const struct pg_options *opt, PGconn *sql, PGconn *repl, struct slice stored,
                  struct pg_position *ret_position, struct pg_start *ret, struct err *ret_why,
                  struct err *err) must_check;

/* The position was stored while another publication was read. */
bool pg_start_publication_changed(const struct pg_options *opt, const struct pg_position *p);

/* Notes in a position which timeline it is on, and how far that is certain. */
void pg_start_label(struct pg_position *p, const struct pg_place *place);
#endif
