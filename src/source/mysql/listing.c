/*
 * Lists the tables that a feed reads, as the catalog has them now, for `check` and `schema-diff`.
 */
#include <stdio.h>
#include <string.h>
#include "source/mysql.h"
#include "source/mysql/types.h"

struct listing {
    const struct mysql_collations *collations;
    bool mariadb;
    struct arena *a;
    struct table *tables;
    size_t n;
    struct err *err;
    int rc;
};

static void count(void *arg, const struct mysql_table_def *t)
{
    (void)t;
    ++*(size_t *)arg;
}

/* Copies the definition, because the store is freed before the list. */
static void add(void *arg, const struct mysql_table_def *t)
{
    struct listing *l = arg;
    struct mysql_table_def *kept = arena_alloc(l->a, sizeof *kept);
    struct binlog_column *layout = arena_alloc(l->a, (t->ncols + 1u) * sizeof *layout);
    if (l->rc)
        return;
    *kept = mysql_table_def_copy(t, l->a);
    l->rc =
        mysql_types_table(kept, l->collations, l->mariadb, l->a, layout, &l->tables[l->n], l->err);
    l->n += !l->rc;
}

static int read_tables(struct mysql_conn *sql, const struct mysql_options *opt, struct arena *a,
                       struct table_list *ret, struct err *err)
{
    struct mysql_server server;
    struct mysql_collations collations = { 0 };
    struct mysql_schema *schema = mysql_schema_new();
    int rc = mysql_server_read(sql, &server, err) ||
                     mysql_collations_read(sql, &server, &collations, err) ||
                     mysql_catalog_all(sql, &server, &opt->wanted, schema, err)
                 ? -1
                 : 0;
    struct listing l = { &collations, server.mariadb, a, NULL, 0, err, rc };
    size_t n = 0;
    mysql_schema_each(schema, count, &n);
    l.tables = arena_alloc(a, (n + 1) * sizeof *l.tables);
    if (!rc)
        mysql_schema_each(schema, add, &l);
    *ret = (struct table_list){ .tables = l.tables,
                                .n = l.n,
                                .database = opt->socket ? opt->socket : opt->host,
                                .server =
                                    arena_printf(a, "%s %s", server.mariadb ? "MariaDB" : "MySQL",
                                                 server.version_text) };
    mysql_schema_free(schema);
    mysql_collations_done(&collations);
    return l.rc;
}

int mysql_tables_read(const struct mysql_options *opt, struct arena *a, struct table_list *ret,
                      struct err *err)
{
    struct mysql_conn *sql = mysql_conn_open(opt, MYSQL_CATALOG, err);
    int rc = sql ? read_tables(sql, opt, a, ret, err) : -1;
    mysql_conn_close(sql);
    return rc;
}
