/* `check`: the stored position against server and slot, decided by what decides for `run` (start.c). */
#include <stdio.h>
#include "source/pg/publish.h"
#include "source/pg/start.h"

static void say_start(const struct pg_start *start, const struct pg_position *p, const struct err *why, finding_fn *say,
                      void *arg)
{
    char what[128];
    if (start->kind != PG_START_GO) {
        say(arg, start->kind == PG_START_WAIT ? FINDING_WARN : FINDING_FAIL, why->msg, NULL);
        return;
    }
    snprintf(what, sizeof what, "the stored position " PG_LSN_FMT " on timeline %u can be gone on from", PG_LSN_ARG(p->lsn),
             p->timeline);
    say(arg, FINDING_OK, what, NULL);
}

static int say_publication(const struct pg_options *opt, PGconn *sql, const struct pg_position *p, finding_fn *say, void *arg,
                           struct err *err)
{
    struct buf what = { 0 };
    int rc = pg_publication_compare(sql, p->publication, opt->publication, &what, err);
    if (!rc)
        say(arg, FINDING_WARN, buf_cstr(&what), PG_BACKFILL_THEM);
    buf_done(&what);
    return rc;
}

static int decide(const struct pg_options *opt, PGconn *sql, PGconn *repl, struct slice position, finding_fn *say, void *arg,
                  struct err *err)
{
    struct pg_place place = { 0 };
    struct pg_position p;
    struct pg_slot slot;
    struct pg_start start;
    struct err why = { 0 };
    int rc = pg_place_read(repl, sql, &place, err) || pg_slot_read(sql, opt->slot, &slot, err) ||
             pg_position_read(position, &p, err) || pg_start_ask(opt, &p, &place, &slot, &start, &why) ? -1 : 0;
    if (!rc)
        say_start(&start, &p, &why, say, arg);
    if (!rc && start.kind == PG_START_GO && pg_start_publication_changed(opt, &p))
        rc = say_publication(opt, sql, &p, say, arg, err);
    else if (why.class)
        *err = why;
    pg_history_done(&place.history);
    return rc;
}

int pg_check_position(const struct pg_options *opt, struct slice position, finding_fn *say, void *arg, struct err *err)
{
    const uint8_t *end = position.n ? memchr(position.p, '\n', position.n) : NULL;
    struct slice line = slice_of(position.p, end ? (size_t)(end - position.p) : position.n);
    if (opt->snapshot == SNAPSHOT_WHEN_NEEDED)
        say(arg, FINDING_WARN, "snapshot.mode is when-needed: when changes are lost, the tables are read again, and rows that "
            "were deleted meanwhile stay in the topics", "docs/positions.md says how readers can find them");
    if (!line.n)
        return 0;
    PGconn *sql = pg_connect(opt, PG_CATALOG, err), *repl = sql ? pg_connect(opt, PG_STREAM, err) : NULL;
    int rc = repl ? decide(opt, sql, repl, line, say, arg, err) : -1;
    if (rc)
        say(arg, FINDING_FAIL, err->msg, NULL);
    PQfinish(repl);
    PQfinish(sql);
    return rc;
}
