/*
 * `ctl forget`: drops what a feed has on its servers, slot and publication. The opposite of
 * setup.c.
 */
#include <stdio.h>
#include "source/pg/publish.h"
#include "source/pg/slot.h"

struct forgetting {
    const struct pg_options *opt;
    bool dry_run;
    FILE *out;
};

static int say_and_do(const struct forgetting *f, PGconn *c, const char *where, const char *sql,
                      ExecStatusType want, struct err *err)
{
    fprintf(f->out, "-- on the %s (%s:%s)\n%s;\n", where, PQhost(c), PQport(c), sql);
    fflush(f->out);
    if (f->dry_run)
        return 0;
    PGresult *r = pg_exec(c, sql, want, err);
    PQclear(r);
    return r ? 0 : -1;
}

/* ---- the slot ---- */

static int may_drop(const struct pg_options *opt, const struct pg_slot *s, const char *database,
                    struct err *err)
{
    if (!s->logical || strcmp(s->plugin, "pgoutput") || strcmp(s->database, database))
        return err_set(err, ERR_CONFIG, "slot \"%s\" is no slot of this feed: it is %s, of "
                       "database \"%s\", and nothing is changed", opt->slot,
                       s->logical ? s->plugin : "physical", s->database);
    if (s->active_pid)
        return err_set(err, ERR_CONFIG, "slot \"%s\" is in use by the server's process %d, and "
                       "nothing is changed -> stop who reads it first", opt->slot, s->active_pid);
    return 0;
}

static int drop_slot(const struct forgetting *f, PGconn *sql, struct err *err)
{
    struct pg_slot slot;
    char role[16];
    struct buf q = { 0 };
    if (pg_slot_read(sql, f->opt->slot, &slot, err) ||
        pg_value(sql, role, sizeof role, err,
                 "SELECT CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END"))
        return -1;
    if (!slot.exists) {
        fprintf(f->out, "-- there is no slot \"%s\"\n", f->opt->slot);
        return 0;
    }
    if (may_drop(f->opt, &slot, PQdb(sql), err))
        return -1;
    buf_str(&q, "SELECT pg_drop_replication_slot(");
    pg_literal(&q, f->opt->slot);
    buf_str(&q, ")");
    int rc = say_and_do(f, sql, role, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    return rc;
}

/* ---- the publication ---- */

static int is_setup_s(PGconn *sql, const char *name, bool *ret_there, bool *ret_ours,
                      struct err *err)
{
    struct buf n = { 0 };
    char said[80];
    pg_literal(&n, name);
    int rc = pg_publication_exists(sql, name, ret_there, err) ||
             pg_value(sql, said, sizeof said, err, "SELECT obj_description(oid, 'pg_publication')"
                      " FROM pg_publication WHERE pubname = %s", buf_cstr(&n)) ? -1 : 0;
    *ret_ours = !rc && strcmp(said, PG_MADE_BY_SETUP) == 0;
    buf_done(&n);
    return rc;
}

static int drop_there(const struct forgetting *f, PGconn *primary, struct err *err)
{
    struct buf q = { 0 };
    buf_str(&q, "DROP PUBLICATION ");
    pg_ident(&q, f->opt->publication);
    int rc = say_and_do(f, primary, "primary", buf_cstr(&q), PGRES_COMMAND_OK, err);
    buf_done(&q);
    return rc;
}

/* Refuses if the database has another slot: it may be another feed's, with the same publication. */
static int read_by_nobody_else(const struct forgetting *f, PGconn *c, struct err *err)
{
    char slot[80];
    struct buf own = { 0 };
    pg_literal(&own, f->opt->slot);
    int rc = pg_value(c, slot, sizeof slot, err, "SELECT slot_name FROM pg_replication_slots"
                      " WHERE plugin = 'pgoutput' AND database = current_database()"
                      " AND slot_name <> %s ORDER BY 1 LIMIT 1", buf_cstr(&own));
    buf_done(&own);
    if (rc || !*slot)
        return rc;
    return err_set(err, ERR_CONFIG, "slot \"%s\" of %s:%s may be read with publication \"%s\", "
                   "too: nothing is changed -> forget the feed without --publication", slot,
                   PQhost(c), PQport(c), f->opt->publication);
}

static void say_it_stays(const struct forgetting *f, bool there, bool ours, bool asked)
{
    const char *why = asked ? ": `tailrace setup` did not make it"
                            : ours ? ": --publication drops it" : "";
    if (there)
        fprintf(f->out, "-- publication \"%s\" stays%s\n", f->opt->publication, why);
    else if (asked)
        fprintf(f->out, "-- there is no publication \"%s\"\n", f->opt->publication);
}

/* The connection to where publications are made; sql itself if that server is a primary. */
static int connect_primary(const struct forgetting *f, PGconn *sql, PGconn **ret, struct err *err)
{
    const char *setup = f->opt->setup_conninfo;
    *ret = setup && *setup ? pg_connect(f->opt, PG_PRIMARY, err) : sql;
    return *ret ? 0 : err_wrap(err, "source.setup-conninfo");
}

/* Drops nothing before it is known that both may be dropped. */
static int drop_both(const struct forgetting *f, PGconn *sql, struct err *err)
{
    PGconn *primary;
    if (read_by_nobody_else(f, sql, err) || connect_primary(f, sql, &primary, err))
        return -1;
    int rc = read_by_nobody_else(f, primary, err) || drop_slot(f, sql, err) ||
             drop_there(f, primary, err) ? -1 : 0;
    if (primary != sql)
        PQfinish(primary);
    return rc;
}

int pg_forget(const struct pg_options *opt, bool publication, bool dry_run, FILE *out,
              struct err *err)
{
    const struct forgetting f = { opt, dry_run, out };
    bool there = false, ours = false;
    PGconn *sql = pg_connect(opt, PG_CATALOG, err);
    int rc = !sql || is_setup_s(sql, opt->publication, &there, &ours, err) ? -1 : 0;
    bool drops = publication && there && ours;
    if (!rc)
        rc = drops ? drop_both(&f, sql, err) : drop_slot(&f, sql, err);
    if (!rc && !drops)
        say_it_stays(&f, there, ours, publication);
    PQfinish(sql);
    return rc;
}
