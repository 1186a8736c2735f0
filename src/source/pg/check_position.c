/*
 * `check`: holds the stored position against server and slot. start.c decides, as it does for
 * `run`.
 */
#include <stdio.h>
#include "source/pg/publish.h"
#include "source/pg/start.h"

/* With snapshot.mode when-needed `run` mends a loss. */
static enum finding_level level_of(const struct pg_options *opt, enum pg_start_kind kind)
{
    bool mends = kind == PG_START_GONE && opt->snapshot == SNAPSHOT_WHEN_NEEDED;
    return kind == PG_START_WAIT || mends ? FINDING_WARN : FINDING_FAIL;
}

static void say_start(const struct pg_options *opt, const struct pg_start *start,
                      const struct pg_position *p, const struct err *why, finding_fn *say,
                      void *arg)
{
    char what[128];
    if (start->kind != PG_START_GO) {
        say(arg, level_of(opt, start->kind), why->msg, NULL);
        return;
    }
    snprintf(what, sizeof what,
             "the stored position " PG_LSN_FMT " on timeline %u can be gone on from",
             PG_LSN_ARG(p->lsn), p->timeline);
    say(arg, FINDING_OK, what, NULL);
}

static int say_publication(const struct pg_options *opt, PGconn *sql, const struct pg_position *p,
                           finding_fn *say, void *arg, struct err *err)
{
    struct buf what = { 0 };
    int rc = pg_publication_compare(sql, p->publication, opt->publication, &what, err);
    if (!rc)
        say(arg, FINDING_WARN, buf_cstr(&what), PG_BACKFILL_THEM);
    buf_done(&what);
    return rc;
}

static int decide(const struct pg_options *opt, PGconn *sql, PGconn *repl, struct slice position,
                  finding_fn *say, void *arg, struct err *err)
{
    struct pg_position p;
    struct pg_start start;
    struct err why;
    if (pg_start_look(opt, sql, repl, position, &p, &start, &why, err))
        return -1;
    say_start(opt, &start, &p, &why, say, arg);
    if (start.kind == PG_START_GO && pg_start_publication_changed(opt, &p))
        return say_publication(opt, sql, &p, say, arg, err);
    return 0;
}

/*
 * A new feed needs a slot. A feed that lost its slot needs the way out: a new slot alone would hide
 * the loss.
 */
static int say_missing(const struct pg_options *opt, PGconn *sql, bool known, finding_fn *say,
                       void *arg, struct err *err)
{
    struct pg_slot slot;
    char what[400];
    if (pg_slot_read(sql, opt->slot, &slot, err) || slot.exists)
        return slot.exists ? 0 : -1;
    snprintf(what, sizeof what,
             known ? "there is no slot \"%s\" on this server"
                   : "there is no slot \"%s\" on this server, and whether a "
                     "position of this feed is stored is not known",
             opt->slot);
    if (known && opt->snapshot == SNAPSHOT_WHEN_NEEDED)
        say(arg, FINDING_WARN, what,
            "nothing: `tailrace run` makes it, as snapshot.mode is when-needed");
    else
        say(arg, FINDING_FAIL, what,
            known ? "tailrace setup"
                  : "mend what is said of the sink, then `tailrace check` again");
    return 0;
}

int pg_check_position(const struct pg_options *opt, const struct slice *position, finding_fn *say,
                      void *arg, struct err *err)
{
    if (opt->snapshot == SNAPSHOT_WHEN_NEEDED)
        say(arg, FINDING_WARN,
            "snapshot.mode is when-needed: when changes are lost, the tables are read again, and "
            "rows that "
            "were deleted meanwhile stay in the topics",
            "docs/positions.md says how readers can find them");
    bool stored = position && position->n;
    PGconn *sql = pg_connect(opt, PG_CATALOG, err),
           *repl = sql && stored ? pg_connect(opt, PG_STREAM, err) : NULL;
    int rc = !sql || (stored && !repl) ? -1
             : stored                  ? decide(opt, sql, repl, *position, say, arg, err)
                                       : say_missing(opt, sql, position != NULL, say, arg, err);
    if (rc)
        say(arg, FINDING_FAIL, err->msg, NULL);
    PQfinish(repl);
    PQfinish(sql);
    return rc;
}
