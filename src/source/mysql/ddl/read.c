/*
 * What a statement is and which tables it names, by its first words (ddl.h). transaction.c asks
 * before it applies anything.
 */
#include <stdlib.h>
#include <string.h>
#include "base/charset.h"
#include "source/mysql/ddl/parse.h"

/* ---- who wrote it ---- */

static bool begins(struct slice s, const char *with)
{
    return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

bool ddl_of_server(struct slice sql, bool mariadb, bool inside)
{
    static const char transaction[] = ") START TRANSACTION";
    size_t n = sizeof transaction - 1;
    bool ansi = begins(sql, "CREATE TABLE \"") || begins(sql, "CREATE OR REPLACE TABLE \"");
    bool create =
        ansi || begins(sql, "CREATE TABLE `") || begins(sql, "CREATE OR REPLACE TABLE `");
    bool lines = create && memmem(sql.p, sql.n, ansi ? "\" (\n  " : "` (\n  ", 6) && utf8_is(sql);
    if (mariadb)
        return lines && inside;
    return lines && sql.n > n && memcmp(sql.p + sql.n - n, transaction, n) == 0;
}

/*
 * swe7 has letters in the place of the backslash and the backtick. Servers read these two bytes as
 * in any set. They are letters only inside quotes of another kind.
 */
static int put_swe7(const struct charset *cs, struct slice sql, struct buf *out)
{
    uint8_t quote = 0;
    bool escaped = false;
    for (size_t i = 0; i < sql.n; i++) {
        uint8_t c = sql.p[i];
        bool mark = (c == '`' && (!quote || quote == '`')) || (c == '\\' && quote != '`');
        if (mark)
            buf_u8(out, c);
        else if (charset_put(cs, slice_of(&c, 1), out))
            return -1;
        bool quotes = c == '\'' || c == '"' || c == '`';
        if (!escaped && quotes && (!quote || quote == c))
            quote = quote ? 0 : c;
        escaped = !escaped && c == '\\' && quote && quote != '`';
    }
    return 0;
}

int ddl_to_utf8(const char *charset, struct slice sql, struct buf *out)
{
    const struct charset *cs = NULL;
    size_t before = out->n;
    if (charset && charset_find(charset, &cs))
        cs = NULL;
    if (!cs || strcmp(charset, "swe7") != 0)
        return charset_put(cs, sql, out);
    int rc = put_swe7(cs, sql, out);
    out->n = rc ? before : out->n;
    return rc;
}

/* ---- what a statement is, by its first words ---- */

static const struct { const char *words; enum ddl_kind kind;
} beginnings[] = {
    { "BEGIN", DDL_BEGIN },
    { "START TRANSACTION", DDL_BEGIN },
    { "COMMIT", DDL_COMMIT },
    { "ROLLBACK TO", DDL_ROLLBACK_TO },
    { "ROLLBACK WORK TO", DDL_ROLLBACK_TO },
    { "ROLLBACK", DDL_ROLLBACK },
    { "SAVEPOINT", DDL_SAVEPOINT },
    { "XA START", DDL_XA_START },
    { "XA BEGIN", DDL_XA_START },
    { "XA END", DDL_XA_END },
    { "XA PREPARE", DDL_XA_PREPARE },
    { "XA COMMIT", DDL_XA_COMMIT },
    { "XA ROLLBACK", DDL_XA_ROLLBACK },
    { "INSERT", DDL_DML },
    { "UPDATE", DDL_DML },
    { "DELETE", DDL_DML },
    { "REPLACE", DDL_DML },
    { "LOAD", DDL_DML },
    { "CALL", DDL_DML },
    { "WITH", DDL_DML },
    { "SELECT", DDL_DML },
    /* MariaDB: ANALYZE [FORMAT = JSON] executes the statement after it. */
    { "ANALYZE FORMAT", DDL_DML },
    { "ANALYZE INSERT", DDL_DML },
    { "ANALYZE UPDATE", DDL_DML },
    { "ANALYZE DELETE", DDL_DML },
    { "ANALYZE REPLACE", DDL_DML },
    { "ANALYZE WITH", DDL_DML },
    { "ANALYZE SELECT", DDL_DML },
    { "TRUNCATE", DDL_TRUNCATE },
    { "RENAME TABLE", DDL_RENAME_TABLE },
    { "RENAME TABLES", DDL_RENAME_TABLE },
    { "DROP TABLE", DDL_DROP_TABLE },
    { "DROP TABLES", DDL_DROP_TABLE },
    { "DROP TEMPORARY TABLE", DDL_DROP_TABLE },
    { "DROP TEMPORARY TABLES", DDL_DROP_TABLE },
    { "DROP INDEX", DDL_DROP_INDEX },
    { "DROP DATABASE", DDL_DROP_DATABASE },
    { "DROP SCHEMA", DDL_DROP_DATABASE },
    { "ALTER DATABASE", DDL_ALTER_DATABASE },
    { "ALTER SCHEMA", DDL_ALTER_DATABASE },
    { "ALTER TABLE", DDL_ALTER_TABLE },
    { "ALTER ONLINE TABLE", DDL_ALTER_TABLE },
    { "ALTER IGNORE TABLE", DDL_ALTER_TABLE },
    { "ALTER ONLINE IGNORE TABLE", DDL_ALTER_TABLE },
    { "ALTER OFFLINE TABLE", DDL_ALTER_TABLE },
    { "CREATE TABLE", DDL_CREATE_TABLE },
    { "CREATE TEMPORARY TABLE", DDL_CREATE_TABLE },
    { "CREATE OR REPLACE TABLE", DDL_CREATE_TABLE },
    { "CREATE OR REPLACE TEMPORARY TABLE", DDL_CREATE_TABLE },
    { "CREATE SEQUENCE", DDL_CREATE_SEQUENCE },
    { "CREATE OR REPLACE SEQUENCE", DDL_CREATE_SEQUENCE },
    { "CREATE TEMPORARY SEQUENCE", DDL_CREATE_SEQUENCE },
    { "CREATE OR REPLACE TEMPORARY SEQUENCE", DDL_CREATE_SEQUENCE },
    { "ALTER SEQUENCE", DDL_CREATE_SEQUENCE },
    { "DROP SEQUENCE", DDL_DROP_TABLE },
    { "DROP TEMPORARY SEQUENCE", DDL_DROP_TABLE },
    { "CREATE DATABASE", DDL_CREATE_DATABASE },
    { "CREATE SCHEMA", DDL_CREATE_DATABASE },
    { "CREATE OR REPLACE DATABASE", DDL_CREATE_DATABASE },
    { "CREATE OR REPLACE SCHEMA", DDL_CREATE_DATABASE },
    { "CREATE INDEX", DDL_CREATE_INDEX },
    { "CREATE UNIQUE INDEX", DDL_CREATE_INDEX },
    { "CREATE FULLTEXT INDEX", DDL_CREATE_INDEX },
    { "CREATE SPATIAL INDEX", DDL_CREATE_INDEX },
    { "CREATE VECTOR INDEX", DDL_CREATE_INDEX },
    { "CREATE ONLINE INDEX", DDL_CREATE_INDEX },
    { "CREATE OFFLINE INDEX", DDL_CREATE_INDEX },
    { "CREATE OR REPLACE INDEX", DDL_CREATE_INDEX },
    { "CREATE OR REPLACE UNIQUE INDEX", DDL_CREATE_INDEX },
    { "CREATE OR REPLACE FULLTEXT INDEX", DDL_CREATE_INDEX },
    { "CREATE OR REPLACE SPATIAL INDEX", DDL_CREATE_INDEX },
};

/* Reads only the first words, not the body of a procedure, for example. */
static int read_beginning(struct slice sql, const struct ddl_context *ctx, struct arena *a,
                          struct ddl *ret, struct err *err)
{
    enum { WORDS = 6 };
    struct ddl_token first[WORDS + 1];
    struct ddl_lexer l = ddl_lexer(sql, ctx);
    struct ddl_parser p = { .sql = sql, .tokens = first, .ctx = ctx, .a = a, .err = err };
    if (ddl_skip_wrapper(&l, err))
        return -1;
    do {
        if (ddl_lex(&l, &first[p.n], err)) {
            if (!p.n)
                return -1;
            first[p.n].kind = TOK_END;
        }
    } while (first[p.n++].kind == TOK_WORD && p.n < WORDS);
    first[p.n - 1].kind = TOK_END;
    ret->kind = DDL_OTHER;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (ddl_at(&p, beginnings[i].words)) {
            ret->kind = beginnings[i].kind;
            break;
        }
    ret->replaces = ddl_at(&p, "CREATE OR REPLACE");
    ret->temporary = ddl_at(&p, "CREATE TEMPORARY") || ddl_at(&p, "CREATE OR REPLACE TEMPORARY") ||
                     ddl_at(&p, "DROP TEMPORARY");
    return 0;
}

/* ---- the tables it names ---- */

static struct ddl_table *add_table(struct ddl_parser *p, struct ddl *d)
{
    if (d->ntables % 8 == 0) {
        struct ddl_table *more = arena_alloc(p->a, (d->ntables + 8u) * sizeof *more);
        if (d->ntables)
            memcpy(more, d->tables, d->ntables * sizeof *more);
        d->tables = more;
    }
    struct ddl_table *t = &d->tables[d->ntables++];
    *t = (struct ddl_table){ 0 };
    return t;
}

static int read_table(struct ddl_parser *p, struct ddl *d)
{
    struct ddl_table *t = add_table(p, d);
    return ddl_table_name(p, &t->database, &t->table);
}

static int read_tables(struct ddl_parser *p, struct ddl *d)
{
    do {
        if (d->ntables == UINT16_MAX || read_table(p, d))
            return -1;
    } while (ddl_take_char(p, ','));
    return 0;
}

/* MariaDB: RENAME TABLE a [WAIT n | NOWAIT] TO b */
static void take_wait(struct ddl_parser *p)
{
    if (ddl_take(p, "WAIT"))
        ddl_next(p);
    else
        ddl_take(p, "NOWAIT");
}

static int read_renames(struct ddl_parser *p, struct ddl *d)
{
    ddl_take(p, "IF EXISTS");
    do {
        if (d->ntables == UINT16_MAX || read_table(p, d))
            return -1;
        struct ddl_table *t = &d->tables[d->ntables - 1];
        take_wait(p);
        if (!ddl_take(p, "TO"))
            return ddl_fail(p, "TO");
        if (ddl_table_name(p, &t->to_database, &t->to_table))
            return -1;
    } while (ddl_take_char(p, ','));
    return 0;
}

/* Does a clause of ALTER TABLE bring or take rows, with partitions or tablespaces? */
static bool moves_rows(const struct ddl_parser *p)
{
    static const char *const words[] = { "DROP PARTITION",     "TRUNCATE PARTITION",
                                         "EXCHANGE PARTITION", "CONVERT PARTITION",
                                         "CONVERT TABLE",      "DISCARD PARTITION",
                                         "IMPORT PARTITION",   "DISCARD TABLESPACE",
                                         "IMPORT TABLESPACE" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ddl_at(p, words[i]))
            return true;
    return false;
}

/* MariaDB: CONVERT PARTITION p TO TABLE u, CONVERT TABLE u TO PARTITION p .. */
static int read_converted(struct ddl_parser *p, struct ddl *d)
{
    bool out = ddl_take(p, "CONVERT PARTITION");
    if (out && (ddl_take(p, "IF EXISTS"), !ddl_name(p) || !ddl_take(p, "TO TABLE")))
        return ddl_fail(p, "TO TABLE");
    return out || ddl_take(p, "CONVERT TABLE") ? read_table(p, d) : 0;
}

/* ALTER TABLE t ..., RENAME [TO | AS | =] n */
static int read_alter(struct ddl_parser *p, struct ddl *d)
{
    ddl_take(p, "IF EXISTS");
    if (read_table(p, d))
        return -1;
    take_wait(p);
    do {
        struct ddl_table *t = &d->tables[0];
        d->moves_rows = d->moves_rows || moves_rows(p);
        if (read_converted(p, d))
            return -1;
        if (ddl_at(p, "RENAME") && !ddl_at(p, "RENAME COLUMN") && !ddl_at(p, "RENAME INDEX") &&
            !ddl_at(p, "RENAME KEY")) {
            ddl_next(p);
            if (!ddl_take(p, "TO") && !ddl_take(p, "AS"))
                ddl_take_char(p, '=');
            if (ddl_table_name(p, &t->to_database, &t->to_table))
                return -1;
        }
        ddl_skip_item(p);
    } while (ddl_take_char(p, ','));
    return 0;
}

/* Reads ... INDEX name ON table, of CREATE and DROP INDEX. */
static int read_index(struct ddl_parser *p, struct ddl *d)
{
    while (!ddl_at_end(p) && !ddl_take(p, "ON"))
        ddl_next(p);
    return read_table(p, d);
}

static int read_database(struct ddl_parser *p, struct ddl *d)
{
    if (!ddl_take(p, "IF NOT EXISTS"))
        ddl_take(p, "IF EXISTS");
    bool named = d->kind != DDL_ALTER_DATABASE ||
                 !(ddl_at_end(p) || ddl_at(p, "DEFAULT") || ddl_at(p, "CHARACTER SET") ||
                   ddl_at(p, "CHARSET") || ddl_at(p, "COLLATE") || ddl_at(p, "ENCRYPTION") ||
                   ddl_at(p, "COMMENT") || ddl_at(p, "READ ONLY"));
    const char *unused;
    if (!named) {
        d->database = p->ctx->database ? p->ctx->database : "";
        return 0;
    }
    return ddl_table_name(p, &unused, &d->database);    /* folded as tables' names are */
}

/* Reads X'..',X'..',N, up to the words that may follow: JOIN, ONE PHASE. */
static void read_xid(struct ddl_parser *p, struct ddl *d)
{
    const struct ddl_token *from = ddl_peek(p, 0), *last = from;
    while (!ddl_at_end(p) && ddl_peek(p, 0)->kind != TOK_WORD) {
        last = ddl_peek(p, 0);
        ddl_next(p);
    }
    d->xid = slice_of(from->raw.p, (size_t)(last->raw.p + last->raw.n - from->raw.p));
}

static void skip_beginning(struct ddl_parser *p, enum ddl_kind kind)
{
    bool index = kind == DDL_CREATE_INDEX || kind == DDL_DROP_INDEX;
    bool database =
        kind == DDL_CREATE_DATABASE || kind == DDL_ALTER_DATABASE || kind == DDL_DROP_DATABASE;
    while (!ddl_at_end(p)) {
        if (database ? ddl_take(p, "DATABASE") || ddl_take(p, "SCHEMA")
            : index  ? ddl_take(p, "INDEX")
                     : ddl_take(p, "TABLE") || ddl_take(p, "TABLES") || ddl_take(p, "SEQUENCE"))
            return;
        ddl_next(p);
    }
}

/*
 * After the table's name: does the statement make rows? An unquoted SELECT cannot be a column's
 * name. VALUES and TABLE count outside of parentheses: CREATE TABLE t VALUES (1), TABLE u.
 */
static bool selects(struct ddl_parser p)
{
    int depth = 0;
    for (; !ddl_at_end(&p); ddl_next(&p)) {
        if (ddl_at(&p, "SELECT") || (!depth && (ddl_at(&p, "VALUES") || ddl_at(&p, "TABLE"))))
            return true;
        depth += ddl_at_char(&p, '(') - ddl_at_char(&p, ')');
    }
    return false;
}

static int read_created(struct ddl_parser *p, struct ddl *d)
{
    d->guarded = ddl_take(p, "IF NOT EXISTS");
    if (!d->guarded)
        ddl_take(p, "IF EXISTS");
    if (read_table(p, d))
        return -1;
    d->selects = d->kind == DDL_CREATE_TABLE && selects(*p);
    return 0;
}

static int read_names(struct ddl_parser *p, struct ddl *d)
{
    /* a new index may drop rows that it does not take */
    d->moves_rows = ddl_at(p, "ALTER IGNORE") || ddl_at(p, "ALTER ONLINE IGNORE");
    switch (d->kind) {
    case DDL_XA_START:
    case DDL_XA_END:
    case DDL_XA_PREPARE:
    case DDL_XA_COMMIT:
    case DDL_XA_ROLLBACK:
        p->at = 2;
        read_xid(p, d);
        return 0;
    case DDL_SAVEPOINT: case DDL_ROLLBACK_TO:
        while (ddl_take(p, "ROLLBACK") || ddl_take(p, "WORK") || ddl_take(p, "TO") ||
               ddl_take(p, "SAVEPOINT"))
            ;
        d->savepoint = ddl_name(p);
        return d->savepoint ? 0 : -1;
    case DDL_TRUNCATE:
        p->at = 1;
        ddl_take(p, "TABLE");
        return read_table(p, d);
    default:
        skip_beginning(p, d->kind);
    }
    switch (d->kind) {
    case DDL_CREATE_TABLE: case DDL_CREATE_SEQUENCE:
        return read_created(p, d);
    case DDL_DROP_TABLE:
        d->if_exists = ddl_take(p, "IF EXISTS");
        return read_tables(p, d);
    case DDL_ALTER_TABLE:
        return read_alter(p, d);
    case DDL_RENAME_TABLE:
        return read_renames(p, d);
    case DDL_CREATE_INDEX: case DDL_DROP_INDEX:
        return read_index(p, d);
    default:
        return read_database(p, d);
    }
}

int ddl_read(struct slice sql, const struct ddl_context *ctx, struct arena *a, struct ddl *ret,
             struct err *err)
{
    struct ddl_parser p;
    *ret = (struct ddl){ 0 };
    if (read_beginning(sql, ctx, a, ret, err))
        return -1;
    bool names = ret->kind >= DDL_SAVEPOINT && ret->kind != DDL_DML;
    if (names && (ddl_parser(&p, sql, ctx, a, err) || read_names(&p, ret)))
        return err_wrap(err, "a statement is not understood");
    bool makes = ret->kind == DDL_CREATE_TABLE || ret->kind == DDL_CREATE_SEQUENCE;
    if (ctx->failed && ret->replaces && makes)
        /* the table that was there is gone although the statement failed */
        ret->kind = DDL_DROP_TABLE;
    return 0;
}
