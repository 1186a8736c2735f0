/*
 * `setup`: makes the publication on the primary and the slot on the server that the feed reads.
 * Prints each statement before it runs it; a dry run only prints.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "source/pg/publish.h"
#include "source/pg/sqlstate.h"
#include "source/pg/start.h"
#include "source/pg/wait.h"

struct setup {
    const struct pg_options *opt;
    const struct pg_setup_options *how;
    FILE *out;
    PGconn *repl, *reader;      /* to the server that the feed reads */
    PGconn *primary;            /* NULL: reader is the primary */
    struct pg_server server;
};

static void slot_sql(const struct pg_options *opt, struct buf *q)
{
    buf_str(q, "SELECT slot_name, lsn FROM pg_create_logical_replication_slot(");
    pg_literal(q, opt->slot);
    buf_str(q, ", 'pgoutput')");
}

static int connect_all(struct setup *s, struct err *err)
{
    const char *setup = s->opt->setup_conninfo;
    s->reader = pg_connect(s->opt, PG_CATALOG, err);
    s->repl = s->reader ? pg_connect(s->opt, PG_STREAM, err) : NULL;
    if (!s->repl)
        return err_wrap(err, "source.conninfo");
    if (pg_identify(s->repl, s->reader, &s->server, err) || pg_may_read(&s->server, s->opt, err))
        return -1;
    if (!s->server.standby || !setup || !*setup)
        return 0;
    s->primary = pg_connect(s->opt, PG_PRIMARY, err);
    return s->primary ? 0 : err_wrap(err, "source.setup-conninfo");
}

/* A publication made on the primary arrives here by replication. */
static int wait_for_publication(struct setup *s, struct err *err)
{
    int64_t until = clock_mono_us() + (int64_t)s->opt->setup_timeout_s * 1000000;
    for (bool there = false;;) {
        if (pg_publication_exists(s->reader, s->opt->publication, &there, err))
            return -1;
        if (there)
            return 0;
        if (clock_mono_us() > until)
            return err_set(err, ERR_RETRY,
                           "publication \"%s\" was created but has not reached the standby in %d s",
                           s->opt->publication, s->opt->setup_timeout_s);
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    }
}

/* ---- the publication ---- */

/* True if the unit is not published yet, and will be. */
static bool joins(const struct setup *s, const struct pg_publishing *p, const struct pg_unit *u)
{
    return pg_unit_lacks(u) && (u->flaw == FLAW_NONE || s->how->allow_no_identity || p->named);
}

/*
 * True if publishing the unit would break something. `run` does not care about a table that is
 * published and not wanted.
 */
static bool breaks(const struct setup *s, const struct pg_unit *u)
{
    return u->flaw != FLAW_NONE && !s->how->allow_no_identity && !u->published &&
           (u->wanted || (s->how->all_tables && pg_flaw_stops_writes(u->flaw)));
}

static void say_flaw(const struct setup *s, const struct pg_unit *u, const char *what)
{
    fprintf(s->out, "-- table %s %s: %s\n--   -> %s\n", u->flawed, what, pg_flaw_text(u->flaw),
            pg_flaw_mend(u->flaw));
}

static const char *what_would_be(enum pg_flaw f)
{
    return pg_flaw_stops_writes(f)
               ? "would take no UPDATE and DELETE any more on the primary, once published"
           : f == FLAW_DELETES ? "would end the feed with its first DELETE, once published"
                               : "would be refused by `tailrace run`, once published";
}

static const char *what_is(enum pg_flaw f)
{
    return pg_flaw_stops_writes(f) ? "is published, and takes no UPDATE and DELETE on the primary"
           : f == FLAW_DELETES ? "is published, and its first DELETE ends the feed"
                               : "is published, and `tailrace run` refuses it";
}

/* Refuses to stop an application's writes unasked, and to publish what `run` then refuses. */
static int refuse_flaws(const struct setup *s, const struct pg_publishing *p, struct err *err)
{
    size_t n = 0;
    const struct pg_unit *first = NULL;
    struct buf what = { 0 };
    for (size_t i = 0; i < p->n; i++)
        if (breaks(s, &p->units[i])) {
            const struct pg_unit *u = &p->units[i];
            bool refused = p->named || s->how->all_tables;
            what.n = 0;
            buf_printf(&what, "%s%s", refused ? "" : "is left out, as it ", what_would_be(u->flaw));
            say_flaw(s, u, buf_cstr(&what));
            first = first && pg_flaw_stops_writes(first->flaw) >= pg_flaw_stops_writes(u->flaw)
                        ? first
                        : u;
            n += refused;
        }
    fflush(s->out);
    buf_done(&what);
    const char *them = n > 1 ? "them" : "it";
    return !n ? 0
              : err_set(err, ERR_CONFIG,
                        "%zu table%s, among them %s, %s: mend %s as told above, leave %s out "
                        "(tables.exclude), or publish %s "
                        "all the same with `tailrace setup --allow-no-identity`",
                        n, n > 1 ? "s" : "", first->flawed, what_would_be(first->flaw), them, them,
                        them);
}

/* Each table of source.tables must be there. */
static int all_are_there(const struct setup *s, const struct pg_publishing *p, struct err *err)
{
    for (const char *const *t = s->opt->tables; t && *t; t++) {
        bool there = false;
        for (size_t i = 0; i < p->n && !there; i++)
            there = pg_unit_is(p->units[i].schema, p->units[i].name, *t);
        if (!there)
            return err_set(err, ERR_CONFIG,
                           "table %s of source.tables is not there, or cannot be published (a "
                           "view, an unlogged, temporary or "
                           "foreign table)",
                           *t);
    }
    return 0;
}

static size_t put_tables(const struct setup *s, const struct pg_publishing *p, struct buf *q)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (joins(s, p, &p->units[i])) {
            buf_printf(q, "%s%s", n++ ? ", " : "TABLE ", p->units[i].only);
            pg_qualified(q, p->units[i].schema, p->units[i].name);
        }
    return n;
}

/* "": there is nothing to do. */
static void publication_sql(const struct setup *s, const struct pg_publishing *p, struct buf *q)
{
    struct buf tables = { 0 };
    size_t n = p->exists && (!p->named || p->all_tables) ? 0 : put_tables(s, p, &tables);
    if (p->exists && n) {
        buf_str(q, "ALTER PUBLICATION ");
        pg_ident(q, s->opt->publication);
        buf_printf(q, " ADD %s", buf_cstr(&tables));
    } else if (!p->exists) {
        buf_str(q, "CREATE PUBLICATION ");
        pg_ident(q, s->opt->publication);
        if (s->how->all_tables || n)
            buf_printf(q, " FOR %s", s->how->all_tables ? "ALL TABLES" : buf_cstr(&tables));
        if (s->opt->partition_root)
            buf_str(q, " WITH (publish_via_partition_root = true)");
        buf_str(q, ";\nCOMMENT ON PUBLICATION ");
        pg_ident(q, s->opt->publication);
        buf_str(q, " IS '" PG_MADE_BY_SETUP "'");
    }
    buf_done(&tables);
}

static void say_what_is_there(const struct setup *s, const struct pg_publishing *p)
{
    size_t lacking = 0;
    if (p->exists)
        fprintf(s->out, "-- publication \"%s\" is there already\n", s->opt->publication);
    for (size_t i = 0; i < p->n; i++) {
        lacking += pg_unit_lacks(&p->units[i]);
        if (p->units[i].flaw_is_live &&
            (p->units[i].wanted || pg_flaw_stops_writes(p->units[i].flaw)))
            say_flaw(s, &p->units[i], what_is(p->units[i].flaw));
    }
    if (p->exists && lacking && !p->named)
        fprintf(s->out, "-- %zu table%s not in it: name what is to be added in tables.include\n",
                lacking, lacking == 1 ? " is" : "s are");
    if (!p->exists && !p->n && !s->how->all_tables)
        fputs("-- no table is there yet: run `tailrace setup` again when they are, or now with "
              "--all-tables\n",
              s->out);
}

/*
 * The statement is on standard output already. The error needs the server's reason, and room for
 * what to do.
 */
static void say_privilege(PGconn *c, struct err *err)
{
    char reason[400], role[ROLE_SIZE];
    struct err unsaid = { 0 };
    if (pg_role(c, role, sizeof role, &unsaid))
        snprintf(role, sizeof role, "%s", PQuser(c));
    const char *last = strrchr(err->msg, '"'), *colon = last ? strstr(last, ": ") : NULL;
    snprintf(reason, sizeof reason, "%.390s", colon ? colon + 2 : err->msg);
    err_set(err, ERR_CONFIG,
            "the publication cannot be changed by role \"%s\": %s -> on the primary, GRANT CREATE "
            "ON DATABASE \"%s\" TO \"%s\", and "
            "have the role own the tables (and the publication, where it is there); or run the "
            "statement above as who may",
            role, reason, PQdb(c), role);
}

static int change_publication(struct setup *s, const char *sql, struct err *err)
{
    fprintf(s->out, "-- on the primary\n%s;\n", sql);
    fflush(s->out);
    if (s->how->dry_run)
        return 0;
    if (s->server.standby && !s->primary)
        return err_set(
            err, ERR_CONFIG,
            "a publication can be changed on the primary only: set source.setup-conninfo, or run "
            "the statement above there");
    PGconn *c = s->primary ? s->primary : s->reader;
    PGresult *r = pg_exec(c, sql, PGRES_COMMAND_OK, err);
    PQclear(r);
    if (!r && strcmp(err->state, PG_NO_PRIVILEGE) == 0)
        say_privilege(c, err);
    return r ? 0 : -1;
}

static int make_publication(struct setup *s, struct arena *a, struct err *err)
{
    struct pg_publishing p;
    struct buf q = { 0 };
    if (pg_publishing_read(s->primary ? s->primary : s->reader, s->opt, a, &p, err) ||
        all_are_there(s, &p, err))
        return -1;
    if (p.exists && !p.all_tables && s->how->all_tables)
        return err_set(err, ERR_CONFIG,
                       "publication \"%s\" is there and is not FOR ALL TABLES: drop it on the "
                       "primary first, or name tables "
                       "in tables.include",
                       s->opt->publication);
    say_what_is_there(s, &p);
    publication_sql(s, &p, &q);
    int rc = 0;
    if (q.n)
        rc = refuse_flaws(s, &p, err) || change_publication(s, buf_cstr(&q), err) ? -1 : 0;
    buf_done(&q);
    return rc || s->how->dry_run ? rc : wait_for_publication(s, err);
}

/* ---- the slot ---- */

static int make_slot(struct setup *s, struct err *err)
{
    struct pg_slot slot;
    if (pg_slot_read(s->reader, s->opt->slot, &slot, err))
        return -1;
    if (slot.exists) {
        fprintf(s->out, "-- slot \"%s\" is there already\n", s->opt->slot);
        slot.active_pid = 0;        /* a slot in use is no fault here */
        return pg_slot_usable(&slot, s->opt, &s->server, err);
    }
    struct buf q = { 0 };
    slot_sql(s->opt, &q);
    fprintf(s->out, "-- on the %s we read from (%s:%s)\n%s;\n",
            s->server.standby ? "standby" : "primary", PQhost(s->reader), PQport(s->reader),
            buf_cstr(&q));
    fflush(s->out);
    int rc = 0;
    if (!s->how->dry_run) {
        PGresult *r = pg_wait_slot(s->reader, buf_cstr(&q), s->opt, s->server.standby, err);
        rc = r ? 0 : -1;
        if (r)
            fprintf(s->out, "-- slot \"%s\" begins at %s\n", pg_cell(r, 0, 0), pg_cell(r, 0, 1));
        PQclear(r);
    } else if (s->server.standby) {
        fputs("-- and meanwhile, on the primary, so that the standby finds a consistent point at "
              "once:\n"
              "SELECT pg_log_standby_snapshot();\n",
              s->out);
    }
    buf_done(&q);
    return rc;
}

/*
 * Warns if `run` would refuse to go on here: a slot made anew begins after what the feed has read.
 * Setup makes the slot all the same. The feed may still read another server, and come here when it
 * is past that LSN.
 */
static void say_position(const struct setup *s)
{
    struct buf stored = { 0 };
    struct pg_position p;
    struct pg_start start = { .kind = PG_START_GO };
    struct err e = { 0 }, why = { 0 };
    if (s->opt->snapshot == SNAPSHOT_WHEN_NEEDED)
        return;
    if (s->how->position(s->how->arg, &stored, &e) ||
        (stored.n &&
         pg_start_look(s->opt, s->reader, s->repl, buf_slice(&stored), &p, &start, &why, &e)))
        log_warn("whether the feed can go on at a stored position is not known: `tailrace check` "
                 "tells reason=\"%s\"",
                 e.msg);
    else if (start.kind == PG_START_GONE || start.kind == PG_START_REFUSED)
        log_warn("`tailrace run` would refuse to go on here: %s", why.msg);
    buf_done(&stored);
}

int pg_setup(const struct pg_options *opt, const struct pg_setup_options *how, FILE *out,
             struct err *err)
{
    struct setup s = { .opt = opt, .how = how, .out = out };
    struct arena a;
    arena_init(&a, 65536);
    int rc = connect_all(&s, err);
    if (!rc)
        rc = make_publication(&s, &a, err) || make_slot(&s, err) ? -1 : 0;
    if (!rc)
        say_position(&s);
    PQfinish(s.primary);
    PQfinish(s.repl);
    PQfinish(s.reader);
    arena_done(&a);
    return rc;
}
