/*
 * Reads table definitions from information_schema and SHOW statements (catalog.h), for the first
 * catalog read, for readers, and where a statement was not understood.
 */
#include "source/mysql/catalog.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "base/charset.h"

enum { MOST_PARTS = 8192 };

static const char own_databases[] = "('mysql', 'sys', 'information_schema', 'performance_schema')";

static bool is(const struct cell *c, const char *s)
{
    return c->kind == CELL_VALUE && c->n == strlen(s) &&
           strncasecmp((const char *)c->p, s, c->n) == 0;
}

static bool holds(const struct cell *c, const char *s)
{
    return c->kind == CELL_VALUE && memmem(c->p, c->n, s, strlen(s));
}

int mysql_catalog_wants(const struct filter *f, const char *database, const char *table,
                        struct err *err)
{
    char full[600];
    snprintf(full, sizeof full, "'%s'", database);
    if (strstr(own_databases, full))
        return 0;
    snprintf(full, sizeof full, "%s.%s", database, table);
    return filter_takes(f, full, err);
}

/*
 * Writes " WHERE TABLE_SCHEMA = ... AND TABLE_NAME = ..."; database NULL: all but the server's own.
 */
static void put_where(struct buf *q, const char *database, const char *table)
{
    if (!database) {
        buf_printf(q, " WHERE TABLE_SCHEMA NOT IN %s", own_databases);
        return;
    }
    buf_str(q, " WHERE TABLE_SCHEMA = ");
    mysql_put_literal(q, slice_str(database));
    buf_str(q, " AND TABLE_NAME = ");
    mysql_put_literal(q, slice_str(table));
}

/* ---- the definitions being read: found by name ---- */

struct reading {
    const struct mysql_server *server;
    const struct filter *wanted;        /* NULL: all */
    struct arena *a;
    struct mysql_table_def **tables;
    size_t n, cap;
    struct mysql_table_def *last;       /* rows of one table come together */
    struct mysql_table_def **periods;   /* MariaDB: tables that may have a period */
    size_t nperiods, periods_cap;
    int rc;                             /* -1: a row could not be taken, err says why */
    struct err *err;
};

static struct mysql_table_def *table_of(struct reading *r, const struct cell *database,
                                        const struct cell *name)
{
    struct mysql_table_def *t = r->last;
    if (t && is(database, t->database) && is(name, t->name) && strlen(t->name) == name->n &&
        !memcmp(t->name, name->p, name->n))
        return t;
    for (size_t i = 0; i < r->n; i++) {
        t = r->tables[i];
        if (slice_eq(slice_str(t->database), slice_of(database->p, database->n)) &&
            slice_eq(slice_str(t->name), slice_of(name->p, name->n)))
            return r->last = t;
    }
    return NULL;
}

static int read_all(struct mysql_conn *c, struct buf *q, const char *shape,
                    void (*take)(struct reading *, const struct cell *), struct reading *r,
                    struct err *err)
{
    const struct cell *v;
    int got;
    struct mysql_rows *rows = mysql_conn_query(c, buf_cstr(q), false, shape, err);
    buf_done(q);
    if (!rows)
        return -1;
    r->err = err;
    while ((got = mysql_rows_next(rows, &v, err)) == 1 && !r->rc)
        take(r, v);
    mysql_rows_free(rows);
    return r->rc ? r->rc : got;
}

/* ---- tables ---- */

static void take_table(struct reading *r, const struct cell *v)
{
    const char *database = mysql_cell_text(r->a, &v[0]), *name = mysql_cell_text(r->a, &v[1]);
    int wanted = r->wanted ? mysql_catalog_wants(r->wanted, database, name, r->err) : 1;
    r->rc = wanted < 0 ? -1 : 0;
    if (wanted <= 0)
        return;
    if (r->n == r->cap) {
        struct mysql_table_def **more =
            arena_alloc(r->a, (r->cap = r->cap ? 2 * r->cap : 16) * sizeof *more);
        if (r->n)
            memcpy(more, r->tables, r->n * sizeof *more);
        r->tables = more;
    }
    struct mysql_table_def *t = arena_alloc(r->a, sizeof *t);
    *t = (struct mysql_table_def){ .database = database,
                                   .name = name,
                                   .collation = mysql_cell_text(r->a, &v[2]),
                                   .comment = mysql_cell_text(r->a, &v[3]) };
    t->comment = t->comment ? t->comment : "";
    if (t->collation)       /* a collation's name begins with its character set's name */
        t->charset = arena_printf(r->a, "%.*s", (int)strcspn(t->collation, "_"), t->collation);
    r->tables[r->n++] = t;
}

static int read_tables(struct mysql_conn *c, const char *database, const char *table,
                       struct reading *r, struct err *err)
{
    struct buf q = { 0 };
    buf_str(&q, "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION, TABLE_COMMENT FROM "
                "information_schema.TABLES");
    put_where(&q, database, table);
    buf_str(&q, " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') ORDER BY 1, 2");
    return read_all(c, &q, "vvnn", take_table, r, err);
}

/* ---- columns ---- */

/*
 * MariaDB keeps a literal default of a TEXT as it was written: X'41', 0x41, _latin1'x',
 * DATE'2020-01-02'.
 */
static bool is_literal(const char *s)
{
    static const char *const words[] = { "X", "DATE", "TIME", "TIMESTAMP" };
    size_t word = strspn(s, "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    bool known = strncmp(s, "0x", 2) == 0 || (*s == '_' && s[word] == '\'');
    for (size_t i = 0; i < sizeof words / sizeof *words && !known; i++)
        known = strlen(words[i]) == word && strncasecmp(s, words[i], word) == 0 && s[word] == '\'';
    return known;
}

/*
 * MariaDB shows a default as SQL would write it: 'it''s', 42, NULL, current_timestamp(); since 11
 * x'4142' for a binary column. Returns the text; NULL: no default.
 */
static const char *maria_default(struct arena *a, const char *s, bool bytes, bool *ret_expression)
{
    struct buf plain = { 0 };
    size_t n = strlen(s);
    if (strcasecmp(s, "NULL") == 0)
        return NULL;
    if (*s == '\'')
        buf_sql_literal(&plain, slice_of(s, n));
    else if (n < 3 || strncmp(s, "x'", 2) != 0 || !buf_unhex(&plain, slice_of(s + 2, n - 3))) {
        bool number = strspn(s, "-+.0123456789eE") == n, bits = strncmp(s, "b'", 2) == 0;
        *ret_expression = !number && !bits && !is_literal(s);
        buf_done(&plain);
        return s;
    }
    /*
     * A definition cannot hold text with a NUL: then it has no default. read_defaults() asks for
     * bytes again.
     */
    bool cut = !bytes && *s == '\'' && memchr(plain.p, 0, plain.n);
    const char *out = cut ? NULL : arena_strdup(a, buf_cstr(&plain));
    buf_done(&plain);
    return out;
}

/* Turns b'101' into 5, as a SELECT of col + 0 would show it. */
static const char *bits_default(struct arena *a, const char *s)
{
    return s && strncmp(s, "b'", 2) == 0 ? arena_printf(a, "%llu", strtoull(s + 2, NULL, 2)) : s;
}

/* The default of a YEAR(2) shows two digits; its rows have four. */
static const char *year_default(struct arena *a, const char *s)
{
    long year = strtol(s, NULL, 10);
    return arena_printf(a, "%ld", year > 99 ? year : year < 70 ? 2000 + year : 1900 + year);
}

/*
 * MySQL shows the default of an ENUM or SET of bytes in hex, up to a NUL: 0x62. Bytes that are not
 * text give no default.
 */
static const char *labels_default(struct arena *a, const struct mysql_column_def *d)
{
    const char *s = d->default_text;
    bool labels = strncmp(d->type, "enum(", 5) == 0 || strncmp(d->type, "set(", 4) == 0;
    bool hex = labels && !d->charset && strncmp(s, "0x", 2) == 0;
    struct buf plain = { 0 };
    if (hex && buf_unhex(&plain, slice_of(s + 2, strlen(s + 2))))
        s = utf8_is(buf_slice(&plain)) ? arena_strdup(a, buf_cstr(&plain)) : NULL;
    buf_done(&plain);
    return s;
}

static void settle_default(const struct reading *r, struct mysql_column_def *d,
                           const struct cell *extra)
{
    if (!d->default_text)
        return;
    if (r->server->mariadb) {
        d->default_text =
            maria_default(r->a, d->default_text, !d->charset, &d->default_is_expression);
    } else {
        d->default_text = labels_default(r->a, d);
        d->default_is_expression = holds(extra, "DEFAULT_GENERATED") ||
            (d->default_text && strncasecmp(d->default_text, "CURRENT_TIMESTAMP", 17) == 0);
    }
    if (!d->default_is_expression)
        d->default_text = bits_default(r->a, d->default_text);
    if (d->default_text && strcmp(d->type, "year(2)") == 0)
        d->default_text = year_default(r->a, d->default_text);
}

/* Servers allow 4,096 columns and 128 indexes. More than MOST_PARTS: it is not MySQL or MariaDB. */
static bool too_many(struct reading *r, const struct mysql_table_def *t, const char *what,
                     unsigned n)
{
    if (n >= MOST_PARTS)
        r->rc = err_set(r->err, ERR_CONFIG, "the server's catalog has more than %d %s of table "
                        "%s.%s: is source.mysql.host MySQL or MariaDB itself?", MOST_PARTS, what,
                        t->database, t->name);
    return n >= MOST_PARTS;
}

static void add_column(struct reading *r, struct mysql_table_def *t,
                       const struct mysql_column_def *d)
{
    if (too_many(r, t, "columns", t->ncols))
        return;
    if ((t->ncols & (t->ncols - 1)) == 0) {     /* doubles the room */
        struct mysql_column_def *more =
            arena_alloc(r->a, (t->ncols ? 2u * t->ncols : 1u) * sizeof *more);
        if (t->ncols)
            memcpy(more, t->cols, t->ncols * sizeof *more);
        t->cols = more;
    }
    t->cols[t->ncols++] = *d;
}

static void take_column(struct reading *r, const struct cell *v)
{
    struct mysql_table_def *t = table_of(r, &v[0], &v[1]);
    if (!t)
        return;
    const struct cell *extra = &v[8];
    struct mysql_column_def d = {
        .name = mysql_cell_text(r->a, &v[2]),
        .type = mysql_cell_text(r->a, &v[3]),
        .charset = mysql_cell_text(r->a, &v[4]),
        .collation = mysql_cell_text(r->a, &v[5]),
        .default_text = mysql_cell_text(r->a, &v[6]),
        .nullable = is(&v[7], "YES"),
        .comment = mysql_cell_text(r->a, &v[9]),
        .auto_increment = holds(extra, "auto_increment"),
        .invisible = holds(extra, "INVISIBLE"),
        .generated = v[10].kind == CELL_VALUE && v[10].n > 0,
        .row_end = is(&v[10], "ROW END"),
        .is_virtual = !r->server->mariadb && holds(extra, "VIRTUAL GENERATED"),
    };
    d.comment = d.comment ? d.comment : "";
    const char *update =
        extra->kind == CELL_VALUE ? memmem(extra->p, extra->n, "on update ", 10) : NULL;
    if (update)
        d.on_update = arena_printf(r->a, "%.*s",
                                   (int)(extra->n - (size_t)(update + 10 - (const char *)extra->p)),
                                   update + 10);
    if (update)     /* ", INVISIBLE" may follow */
        d.on_update = arena_printf(r->a, "%.*s", (int)strcspn(d.on_update, ", "), d.on_update);
    if (d.charset && d.default_text && memchr(v[6].p, 0, v[6].n))
        d.default_text = NULL;
    settle_default(r, &d, extra);
    add_column(r, t, &d);
}

/*
 * A table WITH SYSTEM VERSIONING that declares no columns for it: the binlog has two more (struct
 * mysql_column_def, hidden).
 */
static void take_versioned(struct reading *r, const struct cell *v)
{
    static const char *const names[] = { "row_start", "row_end" };
    struct mysql_table_def *t = table_of(r, &v[0], &v[1]);
    for (int i = 0; i < 2 && t; i++) {
        struct mysql_column_def d = { .name = names[i],
                                      .type = "timestamp(6)",
                                      .comment = "",
                                      .generated = true,
                                      .invisible = true,
                                      .hidden = true };
        add_column(r, t, &d);
    }
}

static int read_versioned(struct mysql_conn *c, const char *database, const char *table,
                          struct reading *r, struct err *err)
{
    struct buf q = { 0 };
    if (!r->server->mariadb)
        return 0;
    buf_str(&q, "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES");
    put_where(&q, database, table);
    buf_str(&q, " AND TABLE_TYPE = 'SYSTEM VERSIONED' AND (TABLE_SCHEMA, TABLE_NAME) NOT IN "
                "(SELECT TABLE_SCHEMA, TABLE_NAME FROM "
                "information_schema.COLUMNS WHERE GENERATION_EXPRESSION = 'ROW START')");
    return read_all(c, &q, "vv", take_versioned, r, err);
}

static int read_columns(struct mysql_conn *c, const char *database, const char *table,
                        struct reading *r, struct err *err)
{
    struct buf q = { 0 };
    buf_str(&q, "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, "
                "COLLATION_NAME, COLUMN_DEFAULT, IS_NULLABLE, "
                "EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION FROM information_schema.COLUMNS");
    put_where(&q, database, table);
    buf_str(&q, " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION");
    return read_all(c, &q, "vvvvnnnnnnn", take_column, r, err);
}

/* ---- indexes ---- */

static uint16_t place_of(const struct mysql_table_def *t, const struct cell *name)
{
    uint16_t i = 0;
    while (i < t->ncols && !is(name, t->cols[i].name))
        i++;
    return i;
}

/* Rows come in the order of the index's columns. */
static void take_index(struct reading *r, const struct cell *v)
{
    struct mysql_table_def *t = table_of(r, &v[0], &v[1]);
    if (!t)
        return;
    struct mysql_index_def *x = t->nindexes ? &t->indexes[t->nindexes - 1] : NULL;
    if (!x || !slice_eq(slice_str(x->name), slice_of(v[2].p, v[2].n))) {
        if (too_many(r, t, "indexes", t->nindexes))
            return;
        struct mysql_index_def *more = arena_alloc(r->a, (t->nindexes + 1u) * sizeof *more);
        if (t->nindexes)
            memcpy(more, t->indexes, t->nindexes * sizeof *more);
        t->indexes = more;
        x = &t->indexes[t->nindexes++];
        *x = (struct mysql_index_def){ .name = mysql_cell_text(r->a, &v[2]),
                                       .unique = is(&v[3], "0"),
                                       .cols =
                                           arena_alloc(r->a, (t->ncols + 1u) * sizeof *x->cols) };
    }
    x->fulltext = is(&v[5], "FULLTEXT");
    x->hash = is(&v[5], "HASH");
    x->prefix = x->prefix || (v[6].kind == CELL_VALUE && !x->fulltext);
    uint16_t at = v[4].kind == CELL_VALUE ? place_of(t, &v[4]) : t->ncols;
    if (at == t->ncols)
        x->unique = false;      /* a functional part: it cannot be our key */
    else if (x->ncols < t->ncols)
        x->cols[x->ncols++] = at;
}

static int read_indexes(struct mysql_conn *c, const char *database, const char *table,
                        struct reading *r, struct err *err)
{
    struct buf q = { 0 };
    buf_str(&q, "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, INDEX_TYPE, "
                "SUB_PART FROM information_schema.STATISTICS");
    put_where(&q, database, table);
    buf_str(
        &q,
        " ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX");
    return read_all(c, &q, "vvvnnnn", take_index, r, err);
}

static bool order_matters(const struct mysql_table_def *t)
{
    uint16_t unique = 0;
    for (uint16_t i = 0; i < t->nindexes; i++) {
        if (strcmp(t->indexes[i].name, "PRIMARY") == 0)
            return false;
        unique += t->indexes[i].unique;
    }
    return unique > 1;
}

/*
 * Without a primary key, the server's own order of indexes tells which unique index is the key.
 * Only SHOW INDEX has that order.
 */
static int order_indexes(struct mysql_conn *c, struct mysql_table_def *t, struct err *err)
{
    const struct cell *v;
    uint16_t done = 0;
    int got;
    struct buf q = { 0 };
    buf_str(&q, "SHOW INDEX FROM ");
    mysql_put_name(&q, t->database);
    buf_u8(&q, '.');
    mysql_put_name(&q, t->name);
    struct mysql_rows *rows = mysql_conn_query(c, buf_cstr(&q), false, "nnv", err);
    buf_done(&q);
    if (!rows)
        return -1;
    while ((got = mysql_rows_next(rows, &v, err)) == 1)
        for (uint16_t i = done; i < t->nindexes; i++)
            if (slice_eq(slice_str(t->indexes[i].name), slice_of(v[2].p, v[2].n))) {
                struct mysql_index_def x = t->indexes[i];
                memmove(&t->indexes[done + 1], &t->indexes[done], (size_t)(i - done) * sizeof x);
                t->indexes[done++] = x;
            }
    mysql_rows_free(rows);
    return got;
}

static void note_period(struct reading *r, struct mysql_table_def *t)
{
    r->periods = arena_grown(r->a, r->periods, r->nperiods, &r->periods_cap, sizeof *r->periods);
    r->periods[r->nperiods++] = t;
}

/*
 * MariaDB's JSON is a longtext with the check json_valid(`name`). A period is a check, too: `start`
 * < `end`.
 */
static void take_check(struct reading *r, const struct cell *v)
{
    struct mysql_table_def *t = table_of(r, &v[0], &v[1]);
    if (t && v[2].n && v[2].p[0] == '`')
        note_period(r, t);
    for (uint16_t i = 0; t && i < t->ncols; i++) {
        char clause[300];
        snprintf(clause, sizeof clause, "json_valid(`%s`)", t->cols[i].name);
        if (is(&v[2], clause))
            t->cols[i].json_check = true;
    }
}

static int read_checks(struct mysql_conn *c, const char *database, const char *table,
                       struct reading *r, struct err *err)
{
    struct buf q = { 0 };
    if (!r->server->mariadb)
        return 0;
    buf_str(&q, "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CHECK_CLAUSE FROM (SELECT *, "
                "CONSTRAINT_SCHEMA AS TABLE_SCHEMA FROM "
                "information_schema.CHECK_CONSTRAINTS WHERE CHECK_CLAUSE LIKE 'json_valid(%' "
                "OR CHECK_CLAUSE LIKE '`%` < `%`') k");
    put_where(&q, database, table);
    return read_all(c, &q, "vvn", take_check, r, err);
}

/*
 * MariaDB's DROP CONSTRAINT x may mean a foreign key. KEY_COLUMN_USAGE shows them to an account
 * that may only SELECT; TABLE_CONSTRAINTS does not.
 */
static void take_foreign_key(struct reading *r, const struct cell *v)
{
    struct mysql_table_def *t = table_of(r, &v[0], &v[1]);
    if (!t || too_many(r, t, "foreign keys", t->nforeign_keys))
        return;
    const char **more = arena_alloc(r->a, (t->nforeign_keys + 1u) * sizeof *more);
    if (t->nforeign_keys)
        memcpy(more, t->foreign_keys, t->nforeign_keys * sizeof *more);
    t->foreign_keys = more;
    t->foreign_keys[t->nforeign_keys++] = mysql_cell_text(r->a, &v[2]);
}

static int read_foreign_keys(struct mysql_conn *c, const char *database, const char *table,
                             struct reading *r, struct err *err)
{
    struct buf q = { 0 };
    if (!r->server->mariadb)
        return 0;
    buf_str(&q, "SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME FROM "
            "information_schema.KEY_COLUMN_USAGE");
    put_where(&q, database, table);
    buf_str(&q, " AND REFERENCED_TABLE_NAME IS NOT NULL");
    return read_all(c, &q, "vvv", take_foreign_key, r, err);
}

/* ---- defaults that the catalogs do not show exactly ---- */

/*
 * What the catalogs change: bytes end at their first NUL or are taken for text; text beyond the BMP
 * becomes "?"; a TEXT's default stays as it was written; a FLOAT has six digits.
 */
enum shown { SHOWN_WHOLE, SHOWN_BYTES, SHOWN_TEXT, SHOWN_DIGITS };

static enum shown how_shown(const struct mysql_column_def *c)
{
    if (!c->default_text || c->default_is_expression || c->generated)
        return SHOWN_WHOLE;
    if (strncmp(c->type, "binary", 6) == 0 || strncmp(c->type, "varbinary", 9) == 0 ||
        strstr(c->type, "blob"))
        return SHOWN_BYTES;
    bool chars = strncmp(c->type, "char", 4) == 0 || strncmp(c->type, "varchar", 7) == 0;
    if (strstr(c->type, "text") || (chars && strchr(c->default_text, '?')))
        return SHOWN_TEXT;
    return strcmp(c->type, "float") == 0 && strlen(c->default_text) >= 6 ? SHOWN_DIGITS
                                                                         : SHOWN_WHOLE;
}

static void put_default(struct buf *q, const struct mysql_column_def *c, enum shown how)
{
    static const char *const around[][2] = {
        { "", "" }, { "", "" }, { "CONVERT(", " USING utf8mb4)" }, { "CAST(", " + 0e0 AS CHAR)" }
    };
    buf_str(q, q->n ? ", HEX(" : "SELECT HEX(");
    buf_str(q, around[how][0]);
    buf_str(q, "DEFAULT(");
    mysql_put_name(q, c->name);
    buf_printf(q, ")%s)", around[how][1]);
}

/* A definition cannot hold text with a NUL: then it has no default. */
static void take_default(struct reading *r, struct mysql_column_def *c, enum shown how,
                         const struct cell *hex)
{
    struct buf text = { 0 };
    if (hex->kind != CELL_VALUE) {
        c->default_text = NULL;
        return;
    }
    if (how == SHOWN_BYTES)
        c->default_text = arena_printf(r->a, "0x%.*s", (int)hex->n, (const char *)hex->p);
    else if (buf_unhex(&text, slice_of(hex->p, hex->n)))
        c->default_text = memchr(text.p, 0, text.n) ? NULL : arena_strdup(r->a, buf_cstr(&text));
    buf_done(&text);
}

/* A LEFT JOIN that joins no row of the table still gives its columns' defaults. */
static int read_defaults(struct mysql_conn *c, struct mysql_table_def *t, struct reading *r,
                         struct err *err)
{
    struct buf q = { 0 }, shape = { 0 };
    const struct cell *v;
    struct err ignored = { 0 };
    for (uint16_t i = 0; i < t->ncols; i++)
        if (how_shown(&t->cols[i])) {
            put_default(&q, &t->cols[i], how_shown(&t->cols[i]));
            buf_u8(&shape, 'n');
        }
    if (!q.n)
        return 0;
    buf_str(&q, " FROM (SELECT 1) one LEFT JOIN ");
    mysql_put_name(&q, t->database);
    buf_u8(&q, '.');
    mysql_put_name(&q, t->name);
    buf_str(&q, " ON FALSE");
    struct mysql_rows *rows = mysql_conn_query(c, buf_cstr(&q), false, buf_cstr(&shape), &ignored);
    buf_done(&q);
    buf_done(&shape);
    /* a table that cannot be read keeps the catalog's defaults */
    int got = rows ? mysql_rows_next(rows, &v, err) : 0;
    uint32_t at = 0;
    for (uint16_t i = 0; i < t->ncols && got == 1; i++) {
        enum shown how = how_shown(&t->cols[i]);
        if (how)
            take_default(r, &t->cols[i], how, &v[at++]);
    }
    mysql_rows_free(rows);
    return got < 0 ? -1 : 0;
}

static int read_table(struct mysql_conn *c, const char *database, const char *table,
                      struct reading *r, struct err *err)
{
    if (read_tables(c, database, table, r, err) || read_columns(c, database, table, r, err) ||
        read_versioned(c, database, table, r, err) || read_indexes(c, database, table, r, err) ||
        read_checks(c, database, table, r, err) || read_foreign_keys(c, database, table, r, err))
        return -1;
    for (size_t i = 0; i < r->nperiods; i++)
        if (mysql_catalog_period(c, r->periods[i], r->a, err))
            return -1;
    for (size_t i = 0; i < r->n; i++) {
        if (read_defaults(c, r->tables[i], r, err))
            return -1;
        if (order_matters(r->tables[i]) && order_indexes(c, r->tables[i], err))
            return -1;
    }
    return 0;
}

int mysql_catalog_table(struct mysql_conn *c, const struct mysql_server *s, const char *database,
                        const char *table, struct arena *a, struct mysql_table_def **ret,
                        struct err *err)
{
    struct reading r = { .server = s, .a = a };
    *ret = NULL;
    if (read_table(c, database, table, &r, err))
        return -1;
    if (r.n)
        *ret = r.tables[0];
    return 0;
}

int mysql_catalog_all(struct mysql_conn *c, const struct mysql_server *s,
                      const struct filter *wanted, struct mysql_schema *ret, struct err *err)
{
    struct arena a;
    arena_init(&a, 65536);
    struct reading r = { .server = s, .wanted = wanted, .a = &a };
    int rc = read_table(c, NULL, NULL, &r, err) || mysql_catalog_databases(c, ret, err) ? -1 : 0;
    for (size_t i = 0; !rc && i < r.n; i++)
        mysql_schema_put(ret, r.tables[i]);
    arena_done(&a);
    return rc;
}

int mysql_catalog_names(struct mysql_conn *c, const struct filter *f,
                        void (*each)(void *arg, const char *database, const char *table), void *arg,
                        struct err *err)
{
    struct reading r = { .wanted = f };
    struct buf q = { 0 };
    struct arena a;
    arena_init(&a, 16384);
    r.a = &a;
    buf_str(&q, "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION, TABLE_COMMENT FROM "
                "information_schema.TABLES");
    put_where(&q, NULL, NULL);
    buf_str(&q, " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY "
                "TABLE_SCHEMA, BINARY TABLE_NAME");
    int rc = read_all(c, &q, "vvnn", take_table, &r, err);
    for (size_t i = 0; !rc && i < r.n; i++)
        each(arg, r.tables[i]->database, r.tables[i]->name);
    arena_done(&a);
    return rc;
}

int mysql_catalog_databases(struct mysql_conn *c, struct mysql_schema *ret, struct err *err)
{
    const struct cell *v;
    struct arena a;
    int got;
    struct mysql_rows *rows = mysql_conn_query(
        c,
        "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM "
        "information_schema.SCHEMATA",
        false, "vvv", err);
    if (!rows)
        return -1;
    arena_init(&a, 4096);
    while ((got = mysql_rows_next(rows, &v, err)) == 1)
        if (!mysql_schema_database(ret, mysql_cell_text(&a, &v[0])).charset)
            mysql_schema_set_database(ret, mysql_cell_text(&a, &v[0]), mysql_cell_text(&a, &v[1]),
                                      mysql_cell_text(&a, &v[2]));
    arena_done(&a);
    mysql_rows_free(rows);
    return got;
}
