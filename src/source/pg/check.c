/*
 * `check`: asks the server about its settings, the role, the slot, the publication and its tables.
 * Tells the caller each finding, with what to do.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/pg/chunk.h"
#include "source/pg/publish.h"
#include "source/pg/slot.h"
#include "source/pg/sqlstate.h"
#include "source/pg/tls.h"

struct check {
    const struct pg_options *opt;
    finding_fn *tell;
    void *arg;
    PGconn *repl, *sql;
    struct pg_server server;
};

static void say(struct check *c, enum finding_level level, const char *todo, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void say(struct check *c, enum finding_level level, const char *todo, const char *fmt, ...)
{
    char what[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    c->tell(c->arg, level, what, todo);
}

/* With snapshot.mode when-needed `run` mends a lost slot. */
static enum finding_level when_lost(const struct check *c)
{
    return c->opt->snapshot == SNAPSHOT_WHEN_NEEDED ? FINDING_WARN : FINDING_FAIL;
}

static void check_server(struct check *c)
{
    struct err e = { 0 };
    char feedback[16];
    if (pg_may_read(&c->server, c->opt, &e))
        say(c, FINDING_FAIL, NULL, "%s", e.msg);
    else
        say(c, FINDING_OK, NULL, "server %s:%s is a %s of PostgreSQL %d, system %s, timeline %u",
            PQhost(c->sql), PQport(c->sql), c->server.standby ? "standby" : "primary",
            c->server.version / 10000, c->server.system_id, c->server.timeline);
    if (pg_encoding_usable(c->sql, &e))
        say(c, FINDING_FAIL, "recreate the database with a real encoding", "%s", e.msg);
    if (pg_value(c->sql, feedback, sizeof feedback, &e, "SHOW hot_standby_feedback"))
        say(c, FINDING_FAIL, NULL, "settings cannot be read: %s", e.msg);
    else if (c->server.standby && strcmp(feedback, "on"))
        say(c, FINDING_WARN,
            "ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf() on the standby",
            "hot_standby_feedback is %s: vacuum on the primary can invalidate the slot", feedback);
}

/*
 * From PostgreSQL 19 on effective_wal_level says what is written; a logical slot on a primary
 * raises it to logical. An older standby reports its own setting, and loses its slots if the
 * primary's is less.
 */
static int wal_level_of(PGconn *sql, char ret[32], struct err *err)
{
    return pg_value(sql, ret, 32, err,
                    "SELECT coalesce(current_setting('effective_wal_level', true), "
                    "current_setting('wal_level'))");
}

static void check_primary_wal_level(struct check *c)
{
    struct err e = { 0 };
    char wal[32];
    PGconn *primary = pg_connect(c->opt, PG_PRIMARY, &e);
    if (primary)
        pg_tls_check(primary, "the primary", c->tell, c->arg);
    if (!primary || wal_level_of(primary, wal, &e))
        say(c, FINDING_WARN, "source.setup-conninfo",
            "the primary cannot be asked for its wal_level: %s", e.msg);
    else if (strcmp(wal, "logical"))
        say(c, FINDING_FAIL,
            "on the primary, ALTER SYSTEM SET wal_level = 'logical', then restart it",
            "the primary's wal_level is %s: a standby loses its slots as it replays that", wal);
    else
        say(c, FINDING_OK, NULL, "wal_level is logical, on the primary too");
    PQfinish(primary);
}

static void check_wal_level(struct check *c)
{
    struct err e = { 0 };
    char wal[32];
    const char *setup = c->opt->setup_conninfo;
    /* the slot itself raises it */
    bool by_slot = c->server.version >= 190000 && !c->server.standby;
    if (wal_level_of(c->sql, wal, &e))
        say(c, FINDING_FAIL, NULL, "wal_level cannot be read: %s", e.msg);
    else if (strcmp(wal, "logical") && !by_slot)
        say(c, FINDING_FAIL,
            c->server.version >= 190000
                ? "on the primary, ALTER SYSTEM SET wal_level = 'logical', then restart it"
                : "ALTER SYSTEM SET wal_level = 'logical' on the primary and the standby, then "
                  "restart",
            "wal_level is %s", wal);
    else if (c->server.standby && setup && *setup)
        check_primary_wal_level(c);
    else
        say(c, FINDING_OK, NULL,
            c->server.standby && c->server.version < 190000
                ? "wal_level is logical on the standby; the primary was not "
                  "asked (source.setup-conninfo is not set)"
                : "wal_level is %s",
            wal);
}

/* A standby decodes for a slot only what it has replayed. */
static void check_replay(struct check *c)
{
    struct err e = { 0 };
    char paused[8];
    if (c->server.standby && !pg_value(c->sql, paused, sizeof paused, &e,
                                       "SELECT pg_is_wal_replay_paused()") && *paused == 't')
        say(c, FINDING_WARN, "SELECT pg_wal_replay_resume() there, once whoever paused it is done",
            "the standby's replay is paused: no change comes until it goes on");
}

static void check_slot(struct check *c)
{
    struct pg_slot slot;
    struct err e = { 0 };
    int rc = pg_slot_read(c->sql, c->opt->slot, &slot, &e);
    if (!rc && !slot.exists)
        return;     /* pg_check_position() says it: what to do depends on the position */
    if (!rc && !pg_slot_usable(&slot, c->opt, &c->server, &e)) {
        say(c, FINDING_OK, NULL, "slot \"%s\" is there, and has confirmed " PG_LSN_FMT,
            c->opt->slot, PG_LSN_ARG(slot.confirmed_flush));
        return;
    }
    say(c,
        e.class == ERR_RETRY   ? FINDING_WARN
        : e.class == ERR_FATAL ? when_lost(c)
                               : FINDING_FAIL,
        NULL, "%s", e.msg);
}

/* Comes before the stream's connection, which needs the right. */
static bool check_role(struct check *c)
{
    struct err e = { 0 };
    char may[8] = "", todo[200], role[ROLE_SIZE] = "";
    bool asked = !pg_role(c->sql, role, sizeof role, &e);
    snprintf(todo, sizeof todo, "on the primary, ALTER ROLE \"%s\" REPLICATION", role);
    if (!asked || pg_value(c->sql, may, sizeof may, &e, "SELECT rolreplication OR rolsuper FROM "
                           "pg_roles WHERE rolname = current_user"))
        say(c, FINDING_FAIL, NULL, "privileges cannot be read: %s", e.msg);
    else if (may[0] != 't')
        say(c, FINDING_FAIL, todo, "role %s may not replicate", role);
    else
        say(c, FINDING_OK, NULL, "role %s may replicate", role);
    return may[0] == 't';
}

/* ---- tables ---- */

/* Looks as a reader does: the check may read no more than the reader. */
static void check_table(struct check *c, struct pg_reader *r, const char *schema, const char *name)
{
    struct err e = { 0 };
    char role[ROLE_SIZE];
    struct read_order o = { .schema = schema, .table = name };
    enum read_result got = pg_target_look(r, &o, &e);
    if (got == READ_ERROR)
        say(c, FINDING_FAIL, NULL, "table %s.%s cannot be described: %s", schema, name, e.msg);
    if (got != READ_DONE)
        return;
    if (c->opt->snapshot == SNAPSHOT_NEVER)
        return;
    if (pg_target_may_read(r, &o, &e))
        say(c, FINDING_FAIL, NULL, "%s", e.msg);
    else if (!r->target->places && !r->target->entry->table->nkey &&
             !pg_role(c->sql, role, sizeof role, &e))
        say(c, FINDING_WARN, "GRANT SELECT on the whole table",
            "table %s.%s has no key, and role %s may read some of its columns only: it is "
            "read in one piece, in memory",
            schema, name, role);
}

static int read_tables(struct check *c, struct pg_reader *r, int *ret_published, int *ret_read,
                       struct err *err)
{
    struct buf pub = { 0 };
    pg_literal(&pub, c->opt->publication);
    PGresult *q = pg_query(
        c->sql, err,
        "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = %s ORDER BY 1, 2",
        buf_cstr(&pub));
    buf_done(&pub);
    if (!q)
        return -1;
    *ret_published = PQntuples(q);
    int wanted = 0;
    for (int i = 0; wanted >= 0 && i < PQntuples(q); i++) {
        wanted = pg_wanted(&c->opt->wanted, pg_cell(q, i, 0), pg_cell(q, i, 1), err);
        if (wanted <= 0)
            continue;
        check_table(c, r, pg_cell(q, i, 0), pg_cell(q, i, 1));
        ++*ret_read;
    }
    PQclear(q);
    return wanted < 0 ? -1 : 0;
}

static void check_tables(struct check *c)
{
    struct err e = { 0 };
    int published = 0, read = 0;
    struct pg_fences *fences = pg_fences_new();
    struct reader *r = pg_reader_new(c->opt, fences, &e);
    if (!r || read_tables(c, (struct pg_reader *)r, &published, &read, &e))
        say(c, FINDING_FAIL, NULL, "published tables cannot be listed: %s", e.msg);
    else
        say(c, read ? FINDING_OK : FINDING_WARN, NULL,
            "publication \"%s\" holds %d tables, of which %d are read", c->opt->publication,
            published, read);
    if (r)
        r->ops->free(r);
    pg_fences_free(fences);
}

/*
 * Says a flaw that hurts now. A table without a published key is refused elsewhere (plan.c). A
 * table that is not read ends no feed.
 */
static void say_live_flaw(struct check *c, const struct pg_unit *u)
{
    bool ends = u->flaw == FLAW_DELETES && u->wanted;
    if (u->flaw_is_live && (ends || pg_flaw_stops_writes(u->flaw)))
        say(c, FINDING_WARN, pg_flaw_mend(u->flaw), "table %s is published, and %s: %s", u->flawed,
            ends ? "its first DELETE ends the feed" : "the primary refuses its UPDATE and DELETE",
            pg_flaw_text(u->flaw));
}

/*
 * Says for which tables the publication stops the application's writes, and which tables it lacks.
 */
static void check_publishing(struct check *c)
{
    struct err e = { 0 };
    struct arena a;
    struct pg_publishing p;
    struct buf names = { 0 };
    arena_init(&a, 65536);
    if (pg_publishing_read(c->sql, c->opt, &a, &p, &e)) {
        say(c, FINDING_FAIL, NULL, "what can be published cannot be listed: %s", e.msg);
        p.n = 0;
    }
    for (size_t i = 0; i < p.n; i++)
        say_live_flaw(c, &p.units[i]);
    size_t lacking = p.n ? pg_publishing_lacks(&p, &names) : 0;
    if (lacking)
        say(c, p.named ? FINDING_WARN : FINDING_OK,
            p.named ? "`tailrace setup` adds them, `tailrace backfill` reads their older rows"
                    : NULL,
            "%zu table%s %s %s not published, and not fed: %s", lacking, lacking == 1 ? "" : "s",
            p.named ? "that the configuration names" : "of the database",
            lacking == 1 ? "is" : "are", buf_cstr(&names));
    buf_done(&names);
    arena_done(&a);
}

static void check_unsent(struct check *c)
{
    struct err e = { 0 };
    struct buf what = { 0 };
    if (pg_publishing_unsent(c->sql, c->opt, &what, &e))
        say(c, FINDING_FAIL, NULL, "partitioned tables cannot be listed: %s", e.msg);
    else if (what.n)
        say(c, FINDING_WARN, PG_UNSENT_TODO, "%s", buf_cstr(&what));
    buf_done(&what);
}

static void check_publication(struct check *c)
{
    struct err e = { 0 };
    if (pg_publication_usable(c->sql, c->opt, &e)) {
        say(c, FINDING_FAIL, e.class == ERR_CONFIG ? "tailrace setup" : NULL, "%s", e.msg);
    } else {
        check_tables(c);
        check_unsent(c);
    }
    check_publishing(c);
}

/* ---- the slot against the publication ---- */

static void peek_notice(void *arg, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (state && strcmp(state, "55000") == 0)
        *(bool *)arg = true;
}

/*
 * A slot older than the publication decodes changes from before the publication was there. The
 * server then sends an error, from PostgreSQL 18 on a warning. So ask it for one change if the
 * publication may be younger than the slot.
 */
static void check_slot_age(struct check *c)
{
    struct err e = { 0 };
    struct buf slot = { 0 }, pub = { 0 }, name = { 0 };
    char confirmed[32], seen[16];
    bool skipped = false;
    uint64_t lsn = 0;
    pg_literal(&slot, c->opt->slot);
    pg_literal(&pub, c->opt->publication);
    pg_ident(&name, c->opt->publication);
    struct buf names = { 0 };
    pg_literal(&names, buf_cstr(&name));
    int rc = pg_value(
        c->sql, confirmed, sizeof confirmed, &e,
        "SELECT s.confirmed_flush_lsn FROM pg_publication p, pg_replication_slots s WHERE "
        "p.pubname = %s AND"
        " s.slot_name = %s AND NOT s.active AND age(p.xmin) BETWEEN 0 AND age(s.catalog_xmin)",
        buf_cstr(&pub), buf_cstr(&slot));
    if (!rc && confirmed[0] && !pg_lsn_read(confirmed, &lsn, &e)) {
        PQsetNoticeReceiver(c->sql, peek_notice, &skipped);
        rc = pg_value(c->sql, seen, sizeof seen, &e,
                      "SET statement_timeout = 3000; SELECT count(*) FROM "
                      "pg_logical_slot_peek_binary_changes("
                      "%s, NULL, 1, 'proto_version', '1', 'publication_names', %s)",
                      buf_cstr(&slot), buf_cstr(&names));
        skipped |= rc && strcmp(e.state, PG_UNDEFINED_OBJECT) == 0;
    }
    if (skipped && pg_slot_too_old(c->opt, lsn, &e))
        say(c, when_lost(c), NULL, "%s", e.msg);
    buf_done(&slot);
    buf_done(&pub);
    buf_done(&name);
    buf_done(&names);
}

int pg_check(const struct pg_options *opt, finding_fn *tell, void *arg, struct err *err)
{
    struct check c = { .opt = opt, .tell = tell, .arg = arg };
    c.sql = pg_connect(opt, PG_CATALOG, err);
    int rc = c.sql ? 0 : -1;
    if (rc)
        say(&c, FINDING_FAIL, NULL, "%s", err->msg);
    else
        pg_tls_check(c.sql, "the server", tell, arg);
    if (!rc && check_role(&c)) {
        c.repl = pg_connect(opt, PG_STREAM, err);
        rc = c.repl ? pg_identify(c.repl, c.sql, &c.server, err) : -1;
        if (rc)
            say(&c, FINDING_FAIL, NULL, "%s", err->msg);
    }
    if (c.repl && !rc) {
        check_server(&c);
        check_wal_level(&c);
        check_replay(&c);
        check_slot(&c);
    }
    if (!rc)
        check_publication(&c);
    if (c.repl && !rc)
        check_slot_age(&c);
    PQfinish(c.repl);
    PQfinish(c.sql);
    return rc;
}
