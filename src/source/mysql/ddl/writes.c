/*
 * Reads a statement that changes rows, to find the tables that it writes to (writes.h). If a word
 * has two readings, the tables of both count: one too many ends a feed, one too few loses rows.
 */
#include <string.h>
#include <strings.h>
#include "source/mysql/ddl/parse.h"
#include "source/mysql/ddl/writes.h"

/* A table of a join, or the only table: its name and its alias. */
struct ref {
    const char *database, *table, *alias;
};
struct refs {
    struct ref *list;
    size_t n, cap;
};

/* A long text repeats a few names, so only this many are compared. */
enum { LOOKED_AT = 64 };

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

void ddl_add_write(struct arena *a, struct ddl_writes *to, const char *database, const char *table,
                   unsigned ways)
{
    to->said++;
    for (size_t i = 0; i < to->ntables && i < LOOKED_AT; i++)
        if (to->tables[i].ways == ways && !to->tables[i].by &&
            same(to->tables[i].database, database) && same(to->tables[i].table, table))
            return;
    to->tables = arena_grown(a, to->tables, to->ntables, &to->cap_tables, sizeof *to->tables);
    to->tables[to->ntables++] = (struct ddl_write){ database, table, ways, NULL };
}

void ddl_add_call(struct arena *a, struct ddl_writes *to, const char *database, const char *name)
{
    for (size_t i = 0; i < to->ncalls && i < LOOKED_AT; i++)
        if (same(to->calls[i].database, database) && same(to->calls[i].name, name))
            return;
    to->calls = arena_grown(a, to->calls, to->ncalls, &to->cap_calls, sizeof *to->calls);
    to->calls[to->ncalls++] = (struct ddl_call){ database, name };
}

static bool is_name(const struct ddl_token *t)
{
    return t->kind == TOK_WORD || t->kind == TOK_NAME;
}

static bool is_char(const struct ddl_token *t, char c)
{
    return t->kind == TOK_OTHER && t->raw.p[0] == (uint8_t)c;
}

static bool take_any(struct ddl_parser *p, const char *const *words)
{
    for (; *words; words++)
        if (ddl_take(p, *words))
            return true;
    return false;
}

static bool at_any(const struct ddl_parser *p, const char *const *words)
{
    for (; *words; words++)
        if (ddl_at(p, *words))
            return true;
    return false;
}

/*
 * Skips the modifiers of INSERT, REPLACE and UPDATE. Both servers reserve these words, so none is a
 * table's name.
 */
static void take_modifiers(struct ddl_parser *p)
{
    static const char *const words[] = { "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE",
                                         NULL };
    while (take_any(p, words))
        ;
}

static const struct ddl_token *token_before(const struct ddl_parser *p)
{
    return p->at ? &p->tokens[p->at - 1] : NULL;
}

static bool is_after(const struct ddl_token *before, const char *word)
{
    return before && ddl_token_is(before, word);
}

/* After '.' or '@' any word is a name: a.order, @order. */
static bool is_named(const struct ddl_token *before)
{
    return before && (is_char(before, '.') || is_char(before, '@'));
}

/* ---- the tables of a join ---- */

/* False for a name, and in USE INDEX FOR JOIN (i), FOR ORDER BY (i). */
static bool is_plain_word(const struct ddl_parser *p)
{
    return !is_named(token_before(p)) && !is_after(token_before(p), "FOR");
}

/* Does a join come? LEFT(..) and RIGHT(..) are functions. */
static bool at_join(const struct ddl_parser *p)
{
    static const char *const joins[] = { "STRAIGHT_JOIN", "JOIN",  "INNER",   "CROSS", "LEFT",
                                         "RIGHT",         "OUTER", "NATURAL", NULL };
    bool function =
        (ddl_at(p, "LEFT") || ddl_at(p, "RIGHT")) && is_char(ddl_peek(p, 1), '(');
    return !function && at_any(p, joins) && is_plain_word(p);
}

/*
 * Do the clauses after the tables begin? MySQL does not reserve RETURNING, so it may be a table
 * there.
 */
static bool at_rest(const struct ddl_parser *p)
{
    static const char *const words[] = { "SET", "WHERE", "ORDER", "LIMIT", NULL };
    bool returning = p->ctx->server->mariadb && ddl_at(p, "RETURNING");
    return (returning || at_any(p, words)) && is_plain_word(p);
}

/* Reads the alias after a table's name. NULL: there is none. */
static const char *read_alias(struct ddl_parser *p)
{
    static const char *const others[] = { "ON",     "USING", "PARTITION", "USE", "FORCE",
                                          "IGNORE", "FOR",   "FROM",      NULL };
    if (ddl_take(p, "PARTITION") && ddl_at_char(p, '(') && ddl_parens(p, NULL))
        return NULL;
    bool said = ddl_take(p, "AS");
    const struct ddl_token *t = ddl_peek(p, 0);
    if (!is_name(t) || (!said && (at_join(p) || at_rest(p) || at_any(p, others))))
        return NULL;
    return ddl_name(p);
}

static void add_ref(struct ddl_parser *p, struct refs *to, struct ref r)
{
    to->list = arena_grown(p->a, to->list, to->n, &to->cap, sizeof *to->list);
    to->list[to->n++] = r;
}

/* Reads a table, or JSON_TABLE(..), which no statement writes to. */
static int read_ref(struct ddl_parser *p, struct refs *to)
{
    struct ref r = { 0 };
    if (is_char(ddl_peek(p, 1), '(')) {
        ddl_next(p);
        if (ddl_parens(p, NULL))
            return -1;
        read_alias(p);
        return 0;
    }
    if (ddl_table_name(p, &r.database, &r.table))
        return -1;
    r.alias = read_alias(p);
    if (!r.alias)
        r.alias = r.table;
    add_ref(p, to, r);
    return 0;
}

/* Skips what stands between two tables: ON a = b, USING (a), FOR PORTION OF .., USE INDEX (i). */
static void skip_between(struct ddl_parser *p)
{
    for (size_t depth = 0; !ddl_at_end(p); ddl_next(p)) {
        if (!depth && (ddl_at_char(p, ',') || ddl_at_char(p, ')') || at_join(p) || at_rest(p)))
            return;
        depth += ddl_at_char(p, '(');
        depth -= depth && ddl_at_char(p, ')');
    }
}

static bool at_derived(const struct ddl_parser *p)
{
    static const char *const begins[] = { "SELECT", "WITH", "VALUES", "TABLE", NULL };
    struct ddl_parser inside = *p;
    if (!ddl_take_char(&inside, '('))
        return false;
    while (ddl_take_char(&inside, '('))
        ;
    return at_any(&inside, begins);
}

/* Reads the tables of a join, up to SET, WHERE or the end. */
static int read_refs(struct ddl_parser *p, struct refs *to)
{
    while (!ddl_at_end(p) && !at_rest(p)) {
        if (ddl_take_char(p, ',') || ddl_take_char(p, ')'))
            continue;
        if (at_join(p) || (ddl_at(p, "LATERAL") && is_char(ddl_peek(p, 1), '('))) {
            ddl_next(p);
            continue;
        }
        if (at_derived(p)) {
            if (ddl_parens(p, NULL))
                return -1;
            read_alias(p);
            if (ddl_at_char(p, '(') && ddl_parens(p, NULL)) /* its columns' names */
                return -1;
        } else if (ddl_take_char(p, '(')) {
            continue;
        } else if (!is_name(ddl_peek(p, 0)) && !ddl_at_char(p, '.')) {
            return ddl_fail(p, "a table");
        } else if (read_ref(p, to)) {
            return -1;
        }
        skip_between(p);
    }
    return 0;
}

/* Reads a dotted name: d.t.c, t.c, c; t, d.t, t.*. A star is no part of it. */
static int read_dotted(struct ddl_parser *p, const char **parts, size_t *ret_n)
{
    *ret_n = 0;
    ddl_take_char(p, '.');
    do {
        if (*ret_n && ddl_take_char(p, '*'))
            return 0;
        if (*ret_n == 3)
            return ddl_fail(p, "a shorter name");
        if (!(parts[*ret_n] = ddl_name(p)))
            return -1;
        ++*ret_n;
    } while (ddl_take_char(p, '.'));
    return 0;
}

/*
 * Adds the tables that a name means: by name, or by alias if no database is said. name NULL: all
 * tables.
 */
static void write_refs(struct ddl_parser *p, const struct refs *refs, const char *database,
                       const char *name, unsigned ways, struct ddl_writes *to)
{
    for (size_t i = 0; i < refs->n; i++) {
        const struct ref *r = &refs->list[i];
        bool named = name && (ddl_same(r->table, name) || (!database && ddl_same(r->alias, name)));
        if (!name || (named && (!database || ddl_same(database, r->database))))
            ddl_add_write(p->a, to, r->database, r->table, ways);
    }
}

/* ---- statements, after their verb ---- */

static int read_insert(struct ddl_parser *p, unsigned ways, struct ddl_writes *to)
{
    const char *database, *table;
    take_modifiers(p);
    ddl_take(p, "INTO");
    ddl_take(p, "TABLE");
    if (ddl_table_name(p, &database, &table))
        return -1;
    while (!ddl_at_end(p) && !ddl_at(p, "ON DUPLICATE KEY"))
        ddl_next(p);
    ddl_add_write(p->a, to, database, table, ways | (ddl_at_end(p) ? 0 : DDL_UPDATES));
    return 0;
}

static int read_load(struct ddl_parser *p, struct ddl_writes *to)
{
    bool replaces = false;
    while (!ddl_at_end(p) && !ddl_at(p, "INTO TABLE")) {
        replaces = replaces || ddl_at(p, "REPLACE");
        ddl_next(p);
    }
    if (ddl_at_end(p))
        return ddl_fail(p, "INTO TABLE");
    return read_insert(p, DDL_INSERTS | (replaces ? DDL_DELETES : 0), to);
}

/* Adds the table of each assignment: SET a.x = .., y = .. */
static int read_update(struct ddl_parser *p, struct ddl_writes *to)
{
    struct refs refs = { 0 };
    take_modifiers(p);
    if (read_refs(p, &refs))
        return -1;
    if (!ddl_take(p, "SET"))
        return ddl_fail(p, "SET");
    do {
        const char *parts[3];
        size_t n;
        if (read_dotted(p, parts, &n))
            return -1;
        size_t before = to->said;
        if (refs.n > 1 && n > 1)
            write_refs(p, &refs, n == 3 ? parts[0] : NULL, parts[n - 2], DDL_UPDATES, to);
        if (to->said == before)
            write_refs(p, &refs, NULL, NULL, DDL_UPDATES, to);
        for (size_t depth = 0;
             !ddl_at_end(p) && (depth || !(ddl_at_char(p, ',') || at_rest(p))); ddl_next(p)) {
            depth += ddl_at_char(p, '(');
            depth -= depth && ddl_at_char(p, ')');
        }
    } while (ddl_take_char(p, ','));
    return refs.n ? 0 : ddl_fail(p, "a table that is updated");
}

/*
 * QUICK and MariaDB's HISTORY are not reserved words. The word before FROM may be an option, or the
 * table of DELETE t FROM refs. It is returned; NULL: there is none.
 */
static const char *take_delete_options(struct ddl_parser *p)
{
    const char *either = NULL;
    for (;;) {
        const struct ddl_token *next = ddl_peek(p, 1);
        bool from = ddl_token_is(next, "FROM"), listed = is_char(next, ',') || is_char(next, '.');
        if (ddl_take(p, "LOW_PRIORITY") || ddl_take(p, "IGNORE"))
            continue;
        if (!(ddl_at(p, "QUICK") && !listed) &&
            !(p->ctx->server->mariadb && ddl_at(p, "HISTORY") && from))
            return either;
        either = from ? ddl_token_text(ddl_peek(p, 0), p->ctx, p->a) : NULL;
        ddl_next(p);
    }
}

/* p is after FROM. Adds nothing if no join follows. */
static void add_if_joined(struct ddl_parser p, const char *name, struct ddl_writes *to)
{
    struct refs refs = { 0 };
    struct err why = { 0 };
    p.err = &why;
    if (!read_refs(&p, &refs))
        write_refs(&p, &refs, NULL, name, DDL_DELETES, to);
}

/* Adds a table to delete from. If no name of the join means it, any table of the join may be it. */
static void write_deleted(struct ddl_parser *p, const struct refs *refs, const struct ref *r,
                          struct ddl_writes *to)
{
    size_t before = to->said;
    write_refs(p, refs, r->database, r->table, DDL_DELETES, to);
    if (to->said != before)
        return;
    write_refs(p, refs, NULL, NULL, DDL_DELETES, to);
    ddl_add_write(p->a, to, ddl_folded(p, r->database ? r->database : p->ctx->database),
                  ddl_folded(p, r->table), DDL_DELETES);
}

/* DELETE FROM t ..; DELETE FROM a, b USING refs; DELETE a, b.* FROM refs */
static int read_delete(struct ddl_parser *p, struct ddl_writes *to)
{
    struct refs named = { 0 }, refs = { 0 };
    const char *either = take_delete_options(p);
    bool from = ddl_take(p, "FROM");
    if (either)
        add_if_joined(*p, either, to);
    do {
        const char *parts[3];
        size_t n;
        if (read_dotted(p, parts, &n))
            return -1;
        if (n > 2)
            return ddl_fail(p, "a table");
        add_ref(p, &named, (struct ref){ n == 2 ? parts[0] : NULL, parts[n - 1], NULL });
    } while (ddl_take_char(p, ','));
    if ((ddl_take(p, "USING") || (!from && ddl_take(p, "FROM"))) && read_refs(p, &refs))
        return -1;
    for (size_t i = 0; i < named.n; i++)
        write_deleted(p, &refs, &named.list[i], to);
    return 0;
}

/* ---- any text ---- */

/*
 * Is UPDATE the lock of SELECT .. FOR UPDATE? MariaDB's SET STATEMENT .. FOR UPDATE t is an update,
 * and the words after a lock may be the name of t.
 */
static bool locks(const struct ddl_parser *p, const struct ddl_token *before)
{
    static const char *const after[] = { "INTO",  "UNION", "EXCEPT",    "INTERSECT", "LOCK",
                                         "LIMIT", "ON",    "RETURNING", NULL };
    struct ddl_parser next = *p;
    if (!is_after(before, "FOR") || !p->ctx->server->mariadb)
        return is_after(before, "FOR");
    ddl_next(&next);
    if (ddl_at(&next, "WAIT") && ddl_peek(&next, 1)->kind == TOK_NUMBER)
        next.at += 2;
    else if (!ddl_take(&next, "NOWAIT"))
        ddl_take(&next, "SKIP LOCKED");
    return ddl_at_end(&next) || ddl_at_char(&next, ')') || at_any(&next, after);
}

/*
 * p is where a statement that writes may begin. INSERT(..) and REPLACE(..) are functions; UPDATE (a
 * JOIN b) SET is a statement.
 */
static int read_verb(struct ddl_parser *p, const struct ddl_token *before, struct ddl_writes *to)
{
    bool function = is_char(ddl_peek(p, 1), '(');
    if (is_named(before) || is_after(before, "ON") || is_after(before, "KEY"))
        return 0;
    if (!function && ddl_take(p, "INSERT"))
        return read_insert(p, DDL_INSERTS, to);
    if (!function && !is_after(before, "OR") && ddl_take(p, "REPLACE"))
        return read_insert(p, DDL_INSERTS | DDL_DELETES, to);
    if (ddl_take(p, "LOAD"))
        return read_load(p, to);
    if (ddl_at(p, "UPDATE") && !locks(p, before)) {
        ddl_next(p);
        return read_update(p, to);
    }
    return ddl_take(p, "DELETE") ? read_delete(p, to) : 0;
}

/* The name before '.' and p; NULL: there is none. */
static const char *qualifier(const struct ddl_parser *p)
{
    bool is = p->at >= 2 && is_char(&p->tokens[p->at - 1], '.') && is_name(&p->tokens[p->at - 2]);
    return is ? ddl_token_text(&p->tokens[p->at - 2], p->ctx, p->a) : NULL;
}

/*
 * Words before a bracket that are not a routine's name: without a database a server's own function
 * comes first.
 */
static bool is_own(const char *name)
{
    static const char *const own[] = { "ABS",          "AND",
                                       "ANY",          "AS",
                                       "AVG",          "BINARY",
                                       "BY",           "CAST",
                                       "CEIL",         "CEILING",
                                       "CHAR",         "CHAR_LENGTH",
                                       "COALESCE",     "CONCAT",
                                       "CONCAT_WS",    "CONNECTION_ID",
                                       "CONVERT",      "COUNT",
                                       "CURDATE",      "CURRENT_DATE",
                                       "CURRENT_TIME", "CURRENT_TIMESTAMP",
                                       "CURRENT_USER", "DATE",
                                       "DATE_ADD",     "DATE_FORMAT",
                                       "DATE_SUB",     "DATEDIFF",
                                       "DAY",          "DECIMAL",
                                       "DEFAULT",      "DISTINCT",
                                       "DIV",          "ELSE",
                                       "EXISTS",       "FLOOR",
                                       "FROM",         "FROM_UNIXTIME",
                                       "GREATEST",     "GROUP_CONCAT",
                                       "HEX",          "HOUR",
                                       "IF",           "IFNULL",
                                       "IN",           "INSERT",
                                       "INTERVAL",     "INTO",
                                       "JOIN",         "LAST_INSERT_ID",
                                       "LEAST",        "LEFT",
                                       "LENGTH",       "LIKE",
                                       "LOWER",        "LPAD",
                                       "MAX",          "MD5",
                                       "MIN",          "MINUTE",
                                       "MOD",          "MONTH",
                                       "NOT",          "NOW",
                                       "NULLIF",       "ON",
                                       "OR",           "OVER",
                                       "PARTITION",    "RAND",
                                       "REPEAT",       "REPLACE",
                                       "RIGHT",        "ROUND",
                                       "ROW_COUNT",    "RPAD",
                                       "SECOND",       "SELECT",
                                       "SHA1",         "SIGN",
                                       "SUBSTR",       "SUBSTRING",
                                       "SUM",          "SYSDATE",
                                       "THEN",         "TRIM",
                                       "TRUNCATE",     "UNHEX",
                                       "UNION",        "UNIX_TIMESTAMP",
                                       "UPPER",        "USER",
                                       "USING",        "UTC_TIMESTAMP",
                                       "UUID",         "VALUE",
                                       "VALUES",       "VARCHAR",
                                       "WHEN",         "WHERE",
                                       "YEAR",         NULL };
    for (const char *const *o = own; *o; o++)
        if (strcasecmp(*o, name) == 0)
            return true;
    return false;
}

/*
 * The same with a blank before the bracket: then these names mean a routine, if IGNORE_SPACE is
 * off.
 */
static bool is_own_spaced(const char *name)
{
    static const char *const other[] = { "CAST", "COUNT",    "CURDATE", "DATE_ADD", "DATE_SUB",
                                         "MAX",  "MIN",      "NOW",     "SUBSTR",   "SUBSTRING",
                                         "SUM",  "SYSDATE",  "TRIM",    "GROUP_CONCAT", NULL };
    for (const char *const *o = other; *o; o++)
        if (strcasecmp(*o, name) == 0)
            return false;
    return is_own(name);
}

/*
 * Adds a call: a name before a bracket or after CALL. In a.b(..) and d.a.b(..) a may be a package.
 */
static void read_call(struct ddl_parser *p, const struct ddl_token *before, struct ddl_writes *to)
{
    const struct ddl_token *t = ddl_peek(p, 0), *after = ddl_peek(p, 1);
    bool called = is_char(after, '(') || is_after(before, "CALL") ||
                  (p->at >= 3 && is_char(before, '.') && is_after(&p->tokens[p->at - 3], "CALL"));
    if (!is_name(t) || !called)
        return;
    const char *database = qualifier(p), *name = ddl_token_text(t, p->ctx, p->a);
    bool spaced = after->raw.p != t->raw.p + t->raw.n;
    if (!database && t->kind == TOK_WORD && !is_after(before, "CALL") &&
        (spaced ? is_own_spaced(name) : is_own(name)))
        return;
    ddl_add_call(p->a, to, database ? database : p->ctx->database, name);
    if (!database)
        return;
    bool three =
        p->at >= 4 && is_char(&p->tokens[p->at - 3], '.') && is_name(&p->tokens[p->at - 4]);
    const char *above =
        three ? ddl_token_text(&p->tokens[p->at - 4], p->ctx, p->a) : p->ctx->database;
    ddl_add_call(p->a, to, above, database);
}

static int read_statement(struct ddl_parser *p, struct ddl_writes *to)
{
    for (; !ddl_at_end(p); ddl_next(p)) {
        const struct ddl_token *before = token_before(p);
        /* read with a copy: p also looks for calls in the same text */
        struct ddl_parser ahead = *p;
        read_call(p, before, to);
        if (read_verb(&ahead, before, to))
            return -1;
    }
    return 0;
}

/* Must the statement write to a table that it names? */
static bool must_write(struct ddl_parser p)
{
    static const char *const verbs[] = { "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", NULL };
    if (ddl_take(&p, "ANALYZE") && ddl_take(&p, "FORMAT")) {
        ddl_take_char(&p, '=');
        ddl_next(&p);
    }
    return at_any(&p, verbs);
}

static int read_name(struct ddl_parser *p, unsigned ways, struct ddl_writes *to)
{
    const char *database, *table;
    if (ddl_table_name(p, &database, &table))
        return -1;
    ddl_add_write(p->a, to, database, table, ways);
    return 0;
}

/* Adds every name, and what may be the table of d.t.c and t.c. Stars and numbers are not names. */
static int read_names(struct ddl_parser *p, unsigned ways, struct ddl_writes *to)
{
    for (; !ddl_at_end(p); ddl_next(p)) {
        struct ddl_parser ahead = *p;
        bool more =
            is_name(ddl_peek(p, 0)) && is_char(ddl_peek(p, 1), '.') && is_name(ddl_peek(p, 2));
        if (!is_name(ddl_peek(p, 0)))
            continue;
        if (more && read_name(&ahead, ways, to))
            return -1;
        ddl_add_write(p->a, to, ddl_folded(p, p->ctx->database),
                      ddl_folded(p, ddl_token_text(ddl_peek(p, 0), p->ctx, p->a)), ways);
    }
    return 0;
}

/* Reads a body's statements one by one, because a parser ends at a semicolon. */
static int each_statement(struct slice sql, const struct ddl_context *ctx, struct arena *a,
                          const unsigned *ways, struct ddl_writes *to, struct err *err)
{
    struct ddl_parser p;
    for (size_t at = 0; at < sql.n; at++) {
        struct slice rest = slice_of(sql.p + at, sql.n - at);
        size_t before = to->said;
        if (ddl_parser(&p, rest, ctx, a, err))
            return -1;
        at += (size_t)(p.tokens[p.n - 1].raw.p - rest.p);
        bool writes = !ways && must_write(p);
        if (ways ? read_names(&p, *ways, to) : read_statement(&p, to))
            return -1;
        if (writes && to->said == before)
            return err_set(err, ERR_DATA, "no table that is written to was found");
    }
    return 0;
}

int ddl_writes(struct slice sql, const struct ddl_context *ctx, struct arena *a,
               struct ddl_writes *to, struct err *err)
{
    return each_statement(sql, ctx, a, NULL, to, err);
}

int ddl_names(struct slice sql, const struct ddl_context *ctx, unsigned ways, struct arena *a,
              struct ddl_writes *to, struct err *err)
{
    return each_statement(sql, ctx, a, &ways, to, err);
}
