#include <stdio.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/sql_name.h"
#include "source/pg/slot.h"
#include "source/pg/wait.h"

struct setup {
    const struct pg_options *opt;
    bool dry_run;
    FILE *out;
    PGconn *repl, *reader;      /* where we read */
    PGconn *primary;            /* NULL: reader is the primary */
    struct pg_server server;
};

static void publication_sql(const struct pg_options *opt, struct buf *q)
{
    buf_str(q, "CREATE PUBLICATION ");
    pg_ident(q, opt->publication);
    if (!opt->tables || !opt->tables[0])
        buf_str(q, " FOR ALL TABLES");
    for (int i = 0; opt->tables && opt->tables[i]; i++) {
        struct buf schema = { 0 }, table = { 0 };
        bool two = sql_name_split(opt->tables[i], &schema, &table);
        buf_str(q, i ? ", " : " FOR TABLE ");
        if (two) {
            pg_ident(q, buf_cstr(&schema));
            buf_u8(q, '.');
        }
        pg_ident(q, two ? buf_cstr(&table) : opt->tables[i]);
        buf_done(&schema);
        buf_done(&table);
    }
    if (opt->partition_root)
        buf_str(q, " WITH (publish_via_partition_root = true)");
}

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

/* A publication written on the primary arrives here by replication. */
static int wait_for_publication(struct setup *s, struct err *err)
{
    int64_t until = clock_mono_us() + (int64_t)s->opt->setup_timeout_s * 1000000;
    for (bool there = false;;) {
        if (pg_publication_exists(s->reader, s->opt->publication, &there, err))
            return -1;
        if (there)
            return 0;
        if (clock_mono_us() > until)
            return err_set(err, ERR_RETRY, "publication \"%s\" was created but has not reached the standby in %d s",
                           s->opt->publication, s->opt->setup_timeout_s);
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    }
}

static int make_publication(struct setup *s, struct err *err)
{
    bool there;
    PGconn *where = s->primary ? s->primary : s->reader;
    if (pg_publication_exists(where, s->opt->publication, &there, err))
        return -1;
    if (there) {
        fprintf(s->out, "-- publication \"%s\" is there already\n", s->opt->publication);
        return s->dry_run ? 0 : wait_for_publication(s, err);
    }
    struct buf q = { 0 };
    publication_sql(s->opt, &q);
    fprintf(s->out, "-- on the primary\n%s;\n", buf_cstr(&q));
    int rc = 0;
    if (!s->dry_run && s->server.standby && !s->primary) {
        rc = err_set(err, ERR_CONFIG, "a publication can be created on the primary only: set source.setup-conninfo, or run "
                     "the statement above there");
    } else if (!s->dry_run) {
        PGresult *r = pg_exec(where, buf_cstr(&q), PGRES_COMMAND_OK, err);
        rc = r ? 0 : -1;
        PQclear(r);
    }
    buf_done(&q);
    return rc || s->dry_run ? rc : wait_for_publication(s, err);
}

static int make_slot(struct setup *s, struct err *err)
{
    struct pg_slot slot;
    if (pg_slot_read(s->reader, s->opt->slot, &slot, err))
        return -1;
    if (slot.exists) {
        fprintf(s->out, "-- slot \"%s\" is there already\n", s->opt->slot);
        slot.active_pid = 0;        /* in use is no fault here */
        return pg_slot_usable(&slot, s->opt, &s->server, err);
    }
    struct buf q = { 0 };
    slot_sql(s->opt, &q);
    fprintf(s->out, "-- on the %s we read from (%s:%s)\n%s;\n", s->server.standby ? "standby" : "primary",
            PQhost(s->reader), PQport(s->reader), buf_cstr(&q));
    fflush(s->out);
    int rc = 0;
    if (!s->dry_run) {
        PGresult *r = pg_wait_slot(s->reader, buf_cstr(&q), s->opt, s->server.standby, err);
        rc = r ? 0 : -1;
        if (r)
            fprintf(s->out, "-- slot \"%s\" begins at %s\n", PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1));
        PQclear(r);
    } else if (s->server.standby) {
        fputs("-- and meanwhile, on the primary, so that the standby finds a consistent point at once:\n"
              "SELECT pg_log_standby_snapshot();\n", s->out);
    }
    buf_done(&q);
    return rc;
}

int pg_setup(const struct pg_options *opt, bool dry_run, FILE *out, struct err *err)
{
    struct setup s = { .opt = opt, .dry_run = dry_run, .out = out };
    int rc = connect_all(&s, err);
    if (!rc)
        rc = make_publication(&s, err) || make_slot(&s, err) ? -1 : 0;
    PQfinish(s.primary);
    PQfinish(s.repl);
    PQfinish(s.reader);
    return rc;
}
