#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "source/pg/relation.h"
#include "source/pg/slot.h"

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

static void check_server(struct check *c)
{
    struct err e = { 0 };
    char wal[32], feedback[16], encoding[32];
    if (pg_may_read(&c->server, c->opt, &e))
        say(c, FINDING_FAIL, NULL, "%s", e.msg);
    else
        say(c, FINDING_OK, NULL, "server %s:%s is a %s of PostgreSQL %d, system %s, timeline %u", PQhost(c->sql),
            PQport(c->sql), c->server.standby ? "standby" : "primary", c->server.version / 10000, c->server.system_id,
            c->server.timeline);
    if (pg_value(c->sql, wal, sizeof wal, &e, "SHOW wal_level") ||
        pg_value(c->sql, feedback, sizeof feedback, &e, "SHOW hot_standby_feedback") ||
        pg_value(c->sql, encoding, sizeof encoding, &e, "SHOW server_encoding")) {
        say(c, FINDING_FAIL, NULL, "settings cannot be read: %s", e.msg);
        return;
    }
    if (strcmp(wal, "logical"))
        say(c, FINDING_FAIL, "ALTER SYSTEM SET wal_level = 'logical' on the primary and the standby, then restart",
            "wal_level is %s", wal);
    else
        say(c, FINDING_OK, NULL, "wal_level is logical");
    if (strcmp(encoding, "SQL_ASCII") == 0)
        say(c, FINDING_FAIL, "recreate the database with a real encoding", "the database's encoding is SQL_ASCII");
    if (c->server.standby && strcmp(feedback, "on"))
        say(c, FINDING_WARN, "ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf() on the standby",
            "hot_standby_feedback is %s: vacuum on the primary can invalidate the slot", feedback);
}

static void check_slot(struct check *c)
{
    struct pg_slot slot;
    struct err e = { 0 };
    if (!pg_slot_read(c->sql, c->opt->slot, &slot, &e) && !pg_slot_usable(&slot, c->opt, &c->server, &e)) {
        say(c, FINDING_OK, NULL, "slot \"%s\" is there, and has confirmed " PG_LSN_FMT, c->opt->slot,
            PG_LSN_ARG(slot.confirmed_flush));
        return;
    }
    say(c, e.class == ERR_RETRY ? FINDING_WARN : FINDING_FAIL, slot.exists ? NULL : "tailrace setup", "%s", e.msg);
}

static void check_privileges(struct check *c)
{
    struct err e = { 0 };
    char may[8];
    if (pg_value(c->sql, may, sizeof may, &e, "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user"))
        say(c, FINDING_FAIL, NULL, "privileges cannot be read: %s", e.msg);
    else if (may[0] != 't')
        say(c, FINDING_FAIL, "ALTER ROLE ... REPLICATION", "role %s may not replicate", PQuser(c->sql));
    else
        say(c, FINDING_OK, NULL, "role %s may replicate", PQuser(c->sql));
}

static void check_types(struct check *c, struct pg_relations *rels, uint32_t oid, const char *name)
{
    struct err e = { 0 };
    if (pg_relations_describe(rels, c->sql, oid, c->opt->publication, &e)) {
        say(c, FINDING_FAIL, NULL, "table %s cannot be described: %s", name, e.msg);
        return;
    }
    const struct table *t = pg_relations_find(rels, oid)->table;
    for (uint16_t i = 0; i < t->ncols; i++)
        if (t->cols[i].type == COL_UNKNOWN)
            say(c, FINDING_WARN, "set types.unknown to text or skip-column, or leave the column out of the publication",
                "%s.%s has type %s, which has no Avro form here", name, t->cols[i].name, t->cols[i].type_name);
}

static void check_table(struct check *c, PGresult *r, int i, struct pg_relations *rels)
{
    const char *name = PQgetvalue(r, i, 1), *identity = PQgetvalue(r, i, 2);
    if (PQgetvalue(r, i, 4)[0] != 't' && c->opt->snapshot != SNAPSHOT_NEVER)
        say(c, FINDING_FAIL, "GRANT SELECT ON ... TO the role that reads", "table %s may not be read by %s", name,
            PQuser(c->sql));
    if (identity[0] == 'n' || (identity[0] == 'd' && PQgetvalue(r, i, 3)[0] != 't'))
        say(c, FINDING_WARN, "ALTER TABLE ... REPLICA IDENTITY USING INDEX or FULL on the primary",
            "table %s has no replica identity: once published, its UPDATE and DELETE fail on the primary", name);
    check_types(c, rels, (uint32_t)strtoul(PQgetvalue(r, i, 0), NULL, 10), name);
}

static void check_tables(struct check *c)
{
    struct err e = { 0 };
    struct buf pub = { 0 };
    pg_literal(&pub, c->opt->publication);
    PGresult *r = pg_query(c->sql, &e,
        "SELECT c.oid, format('%%s.%%s', p.schemaname, p.tablename), c.relreplident,"
        "  EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), has_table_privilege(c.oid, 'SELECT'),"
        "  p.schemaname, p.tablename FROM pg_publication_tables p JOIN pg_namespace n ON n.nspname = p.schemaname"
        " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE p.pubname = %s ORDER BY 2",
        buf_cstr(&pub));
    buf_done(&pub);
    if (!r) {
        say(c, FINDING_FAIL, NULL, "published tables cannot be listed: %s", e.msg);
        return;
    }
    struct pg_relations rels;
    pg_relations_init(&rels, c->opt, c->server.database);
    int read = 0;
    for (int i = 0; i < PQntuples(r); i++)
        if (pg_wanted(&c->opt->wanted, PQgetvalue(r, i, 5), PQgetvalue(r, i, 6))) {
            check_table(c, r, i, &rels);
            read++;
        }
    say(c, read ? FINDING_OK : FINDING_WARN, NULL, "publication \"%s\" holds %d tables, of which %d are read", c->opt->publication,
        PQntuples(r), read);
    pg_relations_done(&rels);
    PQclear(r);
}

static void check_publication(struct check *c)
{
    struct err e = { 0 };
    bool there;
    if (pg_publication_exists(c->sql, c->opt->publication, &there, &e))
        say(c, FINDING_FAIL, NULL, "publications cannot be read: %s", e.msg);
    else if (!there)
        say(c, FINDING_FAIL, "tailrace setup", "there is no publication \"%s\"", c->opt->publication);
    else
        check_tables(c);
}

int pg_check(const struct pg_options *opt, finding_fn *tell, void *arg, struct err *err)
{
    struct check c = { .opt = opt, .tell = tell, .arg = arg };
    c.sql = pg_connect(opt, PG_CATALOG, err);
    c.repl = c.sql ? pg_connect(opt, PG_STREAM, err) : NULL;
    int rc = c.repl ? pg_identify(c.repl, c.sql, &c.server, err) : -1;
    if (rc) {
        say(&c, FINDING_FAIL, "source.conninfo", "%s", err->msg);
    } else {
        check_server(&c);
        check_privileges(&c);
        check_slot(&c);
        check_publication(&c);
    }
    PQfinish(c.repl);
    PQfinish(c.sql);
    return rc;
}
