/*
 * `tailrace check` for MySQL and MariaDB: connects, looks at the server's settings, the account's
 * rights and the tables, and says what it finds.
 */
#include "source/mysql.h"
#include <stdio.h>
#include <strings.h>
#include "source/mysql/rights.h"
#include "source/mysql/tables.h"
#include "source/mysql/tls.h"

struct check {
    const struct mysql_options *opt;
    struct mysql_server server;
    struct mysql_conn *sql;
    finding_fn *say;
    void *arg;
};

static void tell(const struct check *c, bool ok, enum finding_level otherwise, const char *what,
                 const char *todo)
{
    c->say(c->arg, ok ? FINDING_OK : otherwise, what, ok ? NULL : todo);
}

static void connection(const struct check *c)
{
    char what[300];
    snprintf(what, sizeof what, "%s answers", c->server.version_text);
    c->say(c->arg, FINDING_OK, what, NULL);
    mysql_tls_check(c->sql, c->opt, c->say, c->arg);
}

static void role(const struct check *c)
{
    struct err err = { 0 };
    if (mysql_server_usable(&c->server, c->opt, &err))
        c->say(c->arg, FINDING_FAIL, err.msg, NULL);
    else
        c->say(c->arg, FINDING_OK, c->server.replica
               ? "a replica, which writes what it replicates into its own binlog"
               : "a primary, allowed by source.primary", NULL);
    char todo[100];
    snprintf(todo, sizeof todo, "GRANT %s ON *.* TO the account", mysql_server_monitor(&c->server));
    if (c->server.guessed)
        c->say(c->arg, FINDING_WARN,
               "the account may not see whether the server is a replica, nor how far "
               "it lags: read_only is all that tells",
               todo);
}

static void binlog(const struct check *c)
{
    const struct mysql_server *s = &c->server;
    char what[200];
    snprintf(what, sizeof what, "binlog_format is %s", s->format);
    tell(c, strcasecmp(s->format, "ROW") == 0, FINDING_FAIL, what,
         "STOP REPLICA; SET GLOBAL binlog_format = "
         "'ROW'; START REPLICA there, and on every server that it replicates from: changes that "
         "were "
         "written as statements stop the feed");
    bool full = strcasecmp(s->image, "FULL") == 0;      /* if it is another value, role() said it */
    if (full || !*s->image)
        tell(c, full, FINDING_FAIL, full ? "binlog_row_image is FULL"
             : "binlog_row_image is not there", NULL);
    snprintf(what, sizeof what, "binlog_row_metadata is %s",
             *s->metadata ? s->metadata : "not there");
    tell(c, strcasecmp(s->metadata, "FULL") == 0, FINDING_WARN, what,
         "SET GLOBAL binlog_row_metadata = 'FULL' there: column names then come with the rows; "
         "without it "
         "they follow the statements in the log");
    tell(c, s->gtid, FINDING_WARN, s->gtid
         ? "transactions have GTIDs: another replica can be read after a failover"
         : "transactions have no GTIDs: only this server can be read on", "set gtid_mode=ON");
}

/* ---- rights ---- */

static void reads_binlog(const struct check *c)
{
    struct err err = { 0 };
    enum mysql_extent where;
    if (mysql_right_extent(c->sql, "REPLICATION SLAVE", &where, &err))
        c->say(c->arg, FINDING_WARN, err.msg, NULL);
    else
        tell(c, where == MYSQL_EVERYWHERE, FINDING_FAIL, where == MYSQL_EVERYWHERE
             ? "the binlog may be read" : "the account may not read the binlog",
             "GRANT REPLICATION SLAVE ON *.* TO the account (`tailrace setup` prints all of it)");
}

/*
 * The catalog hides tables that the account may not read. With SELECT on whole databases, this is
 * what the operator wants.
 */
static void reads_tables(const struct check *c)
{
    struct err err = { 0 };
    enum mysql_extent where;
    if (!mysql_right_extent(c->sql, "SELECT", &where, &err) && where == MYSQL_TABLES)
        c->say(c->arg, FINDING_WARN,
               "the account may SELECT single tables or columns only: others that "
               "tables.include takes are not seen, and the rows that they have are not read",
               "GRANT SELECT on their databases (or *.*), or name the tables in tables.include");
}

/* Finds what the account may not do by doing it. */
static void reads_end(const struct check *c)
{
    struct err err = { 0 };
    struct mysql_place end = { 0 };
    /* before err.msg is read */
    bool may = !mysql_server_end(c->sql, &c->server, &end, &err);
    char *arrow = strstr(err.msg, " -> ");      /* cut the error's own advice: ours is more exact */
    if (arrow)
        *arrow = 0;
    tell(c, may, FINDING_FAIL, may ? "the end of the binlog may be asked for" : err.msg,
         c->server.mariadb ? "GRANT BINLOG MONITOR ON *.* TO the account"
                           : "GRANT REPLICATION CLIENT ON *.* TO the account");
    mysql_place_done(&end);
}

static void sees_prepared(const struct check *c)
{
    struct err err = { 0 };
    struct mysql_rows *r = mysql_conn_query(c->sql, "XA RECOVER", false, "", &err);
    mysql_rows_free(r);
    if (!r)
        c->say(c->arg, FINDING_WARN,
               "the account may not see prepared XA transactions: one that is open "
               "where the feed begins would be missed",
               "GRANT XA_RECOVER_ADMIN ON *.* TO the account");
}

/*
 * The right TRIGGER also lets an account make triggers. So most accounts do without it, which is
 * fine if no session writes statements.
 */
static void sees_writes(const struct check *c)
{
    struct err err = { 0 };
    struct arena a;
    const char *lacks = NULL;
    arena_init(&a, 1024);
    if (mysql_rights_to_see(c->sql, &a, &lacks, &err))
        c->say(c->arg, FINDING_WARN, err.msg, NULL);
    else
        c->say(
            c->arg, FINDING_OK,
            lacks
                ? arena_printf(&a,
                               "a change that a session writes as a statement "
                               "(binlog_format=STATEMENT, MIXED) ends "
                               "the feed, also of a table that is not read: what triggers, foreign "
                               "keys and views "
                               "add to it is not shown without %s ON *.*",
                               lacks)
                : "a change that a session writes as a statement is passed over where it can touch "
                  "nothing that is read",
            NULL);
    arena_done(&a);
}

/* MariaDB marks columns of the older format in its catalog; MySQL 5.7 may (show_old_temporals). */
static void old_temporals(const struct check *c, const struct mysql_table_def *t)
{
    char what[600];
    for (uint16_t i = 0; i < t->ncols; i++) {
        const char *type = t->cols[i].type, *mark = strstr(type, " /*");
        bool fraction = strchr(type, '(');
        if (!mark)
            continue;
        snprintf(
            what, sizeof what,
            "%s.%s.%s is a %.*s in the older format (mysql56_temporal_format=OFF)%s", t->database,
            t->name, t->cols[i].name, (int)(mark - type), type,
            fraction
                ? ", with a fraction, which the binlog tells nothing of: its rows cannot be read"
                : ": it is read");
        c->say(c->arg, fraction ? FINDING_FAIL : FINDING_OK, what,
               fraction ? "SET GLOBAL mysql56_temporal_format = ON and ALTER TABLE ... FORCE, or "
                          "leave the table out (tables.exclude)"
                        : NULL);
    }
}

struct tally {
    const struct check *c;
    struct mysql_tables *tables;
    unsigned n, keyless, unreadable;
};

static void look_at(void *arg, const struct mysql_table_def *t)
{
    struct tally *y = arg;
    char what[600];
    struct err err = { 0 };
    const struct table *table;
    y->n++;
    old_temporals(y->c, t);
    if (!mysql_table_key(t) && y->keyless++ < 10) {
        snprintf(what, sizeof what,
                 "%s.%s has no primary key and no unique index over NOT NULL columns: its records "
                 "have no key",
                 t->database, t->name);
        y->c->say(y->c->arg, FINDING_WARN, what, "give it one, or set columns.key");
    }
    if (mysql_tables_as_read(y->tables, t, &table, &err) < 0) {
        y->unreadable++;
        y->c->say(y->c->arg, FINDING_FAIL, err.msg, "leave the table out (tables.exclude)");
        return;
    }
    for (uint16_t i = 0; i < table->ncols; i++)
        if (y->c->server.mariadb && y->c->server.version >= 110000 && t->cols[i].generated &&
            !t->cols[i].hidden) {
            snprintf(what, sizeof what,
                     "%s.%s.%s is generated: MariaDB 11 leaves it out of the rows of updates and "
                     "deletes, which stops the feed",
                     t->database, t->name, table->cols[i].name);
            y->c->say(y->c->arg, FINDING_WARN, what, "leave the column out (columns.exclude)");
        }
}

static int tables(const struct check *c, struct err *err)
{
    struct mysql_tables t;
    struct mysql_schema *schema = mysql_schema_new();
    mysql_tables_init(&t, c->opt, &c->server);
    int rc = mysql_collations_read(c->sql, &c->server, &t.collations, err) ||
                     mysql_catalog_all(c->sql, &c->server, &c->opt->wanted, schema, err)
                 ? -1
                 : 0;
    if (!rc) {
        struct tally y = { .c = c, .tables = &t };
        char what[100];
        mysql_schema_each(schema, look_at, &y);
        snprintf(what, sizeof what, "%u tables are read, %u of them without a key", y.n, y.keyless);
        tell(c, y.n > 0, FINDING_WARN, what,
             "tables.include and tables.exclude leave nothing, or the account may SELECT nothing");
    }
    mysql_schema_free(schema);
    mysql_tables_done(&t);
    return rc;
}

int mysql_check(const struct mysql_options *opt, finding_fn *say, void *arg, struct err *err)
{
    struct check c = { .opt = opt, .say = say, .arg = arg };
    c.sql = mysql_conn_open(opt, MYSQL_CATALOG, err);
    if (!c.sql || mysql_server_read(c.sql, &c.server, err)) {
        say(arg, FINDING_FAIL, err->msg, "look at source.mysql.*");
        mysql_conn_close(c.sql);
        return -1;
    }
    connection(&c);
    role(&c);
    binlog(&c);
    if (c.server.log_bin)
        reads_end(&c);
    reads_binlog(&c);
    reads_tables(&c);
    sees_prepared(&c);
    sees_writes(&c);
    int rc = tables(&c, err);
    if (rc)
        say(arg, FINDING_FAIL, err->msg, NULL);
    mysql_conn_close(c.sql);
    return rc;
}
