/* Tries a migration for `schema-diff plan`: makes a throwaway copy of the feed's schema on another
 * server, and reads it before and after. */
#include "sides/plan.h"
#include <stdlib.h>
#include "base/log.h"

/* ---- PostgreSQL ---- */

/* The password goes through the environment: other users can read a command line, but not that. */
static int run_pg_dump(const char *conninfo, struct buf *out, struct err *err)
{
    struct buf bare = { 0 }, password = { 0 };
    int rc = pg_conninfo_bare(conninfo, &bare, &password, err);
    const char *argv[] = {
        "pg_dump", "--schema-only", "--no-owner", "--no-privileges", "--no-subscriptions",
        "-d",      buf_cstr(&bare), NULL
    };
    if (!rc && password.n)
        setenv("PGPASSWORD", buf_cstr(&password), 1);
    if (!rc)
        rc = program_output(argv, out, err);
    if (password.n)
        unsetenv("PGPASSWORD");
    buf_done(&bare);
    buf_done(&password);
    return rc;
}

/* The schema of production: from pg_dump if it exists and fits the server, else from what the feed
 * knows. */
static int dump_schema(struct sides *s, struct buf *out, struct err *err)
{
    struct err why = { 0 };
    if (!run_pg_dump(s->c->pg.conninfo, out, &why))
        return 0;
    log_warn("pg_dump cannot be used, the copy has the tables' columns, types and keys only "
             "reason=\"%.300s\"",
             why.msg);
    struct table_list list = { 0 };
    out->n = 0;
    if (pg_tables_read(&s->c->pg, s->a, &list, err))
        return -1;
    pg_tables_ddl(&list, out);
    return 0;
}

static int read_copy(struct sides *s, const struct pg_scratch *scratch, const char *label,
                     struct side **ret, struct err *err)
{
    struct pg_options pg = { .conninfo = scratch->conninfo,
                             .publication = s->c->pg.publication,
                             .wanted = s->c->pg.wanted };
    struct table_list list = { 0 };
    if (pg_tables_read(&pg, s->a, &list, err))
        return -1;
    *ret = side_of_tables(s->a, &list, DIALECT_POSTGRESQL, label);
    return 0;
}

static int before_and_after(struct sides *s, const struct pg_scratch *scratch,
                            const char *migration, struct side **ret_old, struct side **ret_new,
                            struct err *err)
{
    struct buf schema = { 0 }, sql = { 0 };
    int rc = file_read(migration, &sql, err) || dump_schema(s, &schema, err) ||
                     pg_scratch_apply(scratch, buf_slice(&schema), "the schema's copy", err) ||
                     read_copy(s, scratch, "the schema as it is", ret_old, err) ||
                     pg_scratch_apply(scratch, buf_slice(&sql), migration, err) ||
                     read_copy(s, scratch, arena_printf(s->a, "the schema after %s", migration),
                               ret_new, err)
                 ? -1
                 : 0;
    buf_done(&schema);
    buf_done(&sql);
    return rc;
}

static int plan_pg(struct sides *s, const char *server, const char *migration,
                   struct side **ret_old, struct side **ret_new, struct err *err)
{
    struct pg_scratch scratch;
    struct err second = { 0 };
    if (pg_scratch_make(server, s->a, &scratch, err))
        return err_wrap(err, "a throwaway database cannot be made");
    int rc = before_and_after(s, &scratch, migration, ret_old, ret_new, err);
    if (pg_scratch_drop(&scratch, &second))
        log_warn("the throwaway database %s is left behind: %s", scratch.name, second.msg);
    return rc;
}

/* ---- MySQL and MariaDB ---- */

static int read_mysql_copy(struct sides *s, const struct mysql_scratch *scratch, const char *label,
                           struct side **ret, struct err *err)
{
    struct mysql_options opt = *scratch->server;
    struct table_list list = { 0 };
    opt.wanted = s->c->mysql.wanted;
    if (mysql_tables_read(&opt, s->a, &list, err))
        return -1;
    *ret = side_of_tables(s->a, &list, dialect_of_connector(s->c->enc.connector), label);
    return 0;
}

static int try_on_mysql(struct sides *s, const struct mysql_options *server, const char *migration,
                        struct side **ret_old, struct side **ret_new, struct err *err)
{
    struct mysql_copy copy;
    struct mysql_scratch scratch = { 0 };
    struct buf sql = { 0 };
    struct err second = { 0 };
    int rc =
        file_read(migration, &sql, err) || mysql_copy_read(&s->c->mysql, s->a, &copy, err) ? -1 : 0;
    if (!rc && mysql_scratch_make(server, &copy, s->a, &scratch, err))
        rc = err_wrap(err, "a throwaway copy cannot be made");
    if (!rc)
        rc = read_mysql_copy(s, &scratch, "the schema as it is", ret_old, err) ||
                     mysql_scratch_apply(&scratch, buf_slice(&sql), migration, err) ||
                     read_mysql_copy(s, &scratch,
                                     arena_printf(s->a, "the schema after %s", migration), ret_new,
                                     err)
                 ? -1
                 : 0;
    if (mysql_scratch_drop(&scratch, &second))
        log_warn("databases of the throwaway copy are left behind: %s", second.msg);
    buf_done(&sql);
    return rc;
}

static int plan_mysql(struct sides *s, const char *server, const char *migration,
                      struct side **ret_old, struct side **ret_new, struct err *err)
{
    struct config c = { 0 };
    int rc = config_load(&c, server, NULL, 0, err);
    if (rc)
        err_wrap(err, "--server is the file of a configuration, of which source.kind and "
                      "source.mysql.* count");
    else if (c.enc.connector != s->c->enc.connector)
        rc = err_set(err, ERR_CONFIG, "--server %s: its source.kind is %s, the feed's %s", server,
                     connector_name(c.enc.connector), connector_name(s->c->enc.connector));
    else
        rc = try_on_mysql(s, &c.mysql, migration, ret_old, ret_new, err);
    config_done(&c);
    return rc;
}

int schema_plan(struct sides *s, const char *server, const char *migration, struct side **ret_old,
                struct side **ret_new, struct err *err)
{
    if (!s->configured)
        return err_set(err, ERR_CONFIG,
                       "plan needs the feed's configuration, which names the database: -c");
    return (s->c->enc.connector == CONNECTOR_POSTGRESQL ? plan_pg : plan_mysql)(
        s, server, migration, ret_old, ret_new, err);
}
