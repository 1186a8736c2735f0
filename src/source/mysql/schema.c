/*
 * The known table definitions: parses a declared type, finds a table's key, and stores definitions
 * by database and name (schema.h).
 */
#include "source/mysql/schema.h"
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

/* ---- the declared type ---- */

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " ");
}

/*
 * Reads a label: 'it''s' is it's, and the server escapes \\, \n, \r, \0. Returns the place after
 * the closing quote; NULL: there is none.
 */
static const char *read_label(const char *p, struct arena *a, struct slice *ret)
{
    char *to = arena_alloc(a, strlen(p) + 1);
    size_t n = 0;
    for (p++; *p; p++) {
        if (*p == '\'' && *++p != '\'') {
            *ret = slice_of(to, n);
            return p;
        }
        if (*p == '\\' && p[1])
            to[n++] = *++p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == '0' ? 0 : *p;
        else
            to[n++] = *p;
    }
    return NULL;
}

/* MySQL shows bytes that are not text as x'ff'. */
static const char *read_bytes(const char *p, struct arena *a, struct slice *ret)
{
    struct buf bytes = { 0 };
    size_t n = strcspn(p + 2, "'");
    bool good = p[2 + n] == '\'' && buf_unhex(&bytes, slice_of(p + 2, n));
    *ret = arena_dup(a, buf_slice(&bytes));
    buf_done(&bytes);
    return good ? p + n + 3 : NULL;
}

static bool at_bytes(const char *p)
{
    return p[0] == 'x' && p[1] == '\'';
}

static const char *read_labels(const char *p, struct arena *a, struct mysql_type *ret)
{
    size_t most = 1;
    for (const char *q = p; *q; q++)
        most += *q == ',';
    ret->labels = arena_alloc(a, most * sizeof *ret->labels);
    while ((*p == '\'' || at_bytes(p)) && ret->nlabels < UINT16_MAX) {
        struct slice *label = &ret->labels[ret->nlabels++];
        p = at_bytes(p) ? read_bytes(p, a, label) : read_label(p, a, label);
        if (!p)
            return NULL;
        p = skip_blanks(p);
        if (*p != ',')
            break;
        p = skip_blanks(p + 1);
    }
    return p;
}

static const char *read_numbers(const char *p, struct mysql_type *ret)
{
    char *end;
    ret->length = strtoll(p, &end, 10);
    p = skip_blanks(end);
    if (*p == ',') {
        ret->scale = (int)strtol(p + 1, &end, 10);
        p = skip_blanks(end);
    }
    return p;
}

int mysql_type_read(const char *type, struct arena *a, struct mysql_type *ret, struct err *err)
{
    *ret = (struct mysql_type){ .length = -1, .scale = -1 };
    const char *p = type;
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (!n || n >= sizeof ret->name)
        return err_set(err, ERR_DATA, "not a type: \"%s\"", type);
    memcpy(ret->name, p, n);
    p = skip_blanks(p + n);
    if (*p == '(') {
        p = skip_blanks(p + 1);
        p = *p == '\'' || at_bytes(p) ? read_labels(p, a, ret) : read_numbers(p, ret);
        if (!p || *p != ')')
            return err_set(err, ERR_DATA, "not a type: \"%s\"", type);
        p++;
    }
    ret->is_unsigned = strstr(p, "unsigned") != NULL;
    ret->zerofill = strstr(p, "zerofill") != NULL;
    return 0;
}

/* ---- the key ---- */

static bool makes_key(const struct mysql_table_def *t, const struct mysql_index_def *x)
{
    if (!x->unique || !x->ncols)
        return false;
    for (uint16_t i = 0; i < x->ncols; i++)
        if (t->cols[x->cols[i]].nullable)
            return false;
    return true;
}

const struct mysql_index_def *mysql_table_key(const struct mysql_table_def *t)
{
    const struct mysql_index_def *first = NULL;
    for (uint16_t i = 0; i < t->nindexes; i++) {
        const struct mysql_index_def *x = &t->indexes[i];
        if (strcmp(x->name, "PRIMARY") == 0 && x->ncols)
            return x;
        if (!first && makes_key(t, x))
            first = x;
    }
    return first;
}

uint16_t mysql_table_key_columns(const struct mysql_table_def *t, struct arena *a,
                                 const uint16_t **ret)
{
    const struct mysql_index_def *x = mysql_table_key(t);
    uint16_t n = x ? x->ncols : 0, *cols = arena_alloc(a, (n + 1u) * sizeof *cols);
    for (uint16_t i = 0; i < n; i++)
        cols[i] = x->cols[i];
    if (n && t->cols[t->ncols - 1].hidden)
        cols[n++] = (uint16_t)(t->ncols - 1);
    *ret = cols;
    return n;
}

/* ---- the store: an array sorted by database and name ---- */

struct known {
    struct arena arena;         /* holds all of def */
    struct mysql_table_def def;
};

struct database {
    char *name;
    char *charset, *collation;
};

struct mysql_schema {
    struct known **tables;
    size_t ntables, cap;
    struct database *databases;
    size_t ndatabases;
};

struct mysql_schema *mysql_schema_new(void)
{
    return xcalloc(1, sizeof(struct mysql_schema));
}

static void known_free(struct known *k)
{
    if (!k)
        return;
    arena_done(&k->arena);
    free(k);
}

static void database_done(struct database *d)
{
    free(d->name);
    free(d->charset);
    free(d->collation);
}

void mysql_schema_free(struct mysql_schema *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->ntables; i++)
        known_free(s->tables[i]);
    for (size_t i = 0; i < s->ndatabases; i++)
        database_done(&s->databases[i]);
    free(s->tables);
    free(s->databases);
    free(s);
}

static int compare(const struct known *k, const char *database, const char *table)
{
    int c = strcmp(k->def.database, database);
    return c ? c : strcmp(k->def.name, table);
}

/* The index of the table, or where it would be. */
static size_t place_of(const struct mysql_schema *s, const char *database, const char *table,
                       bool *ret_there)
{
    size_t from = 0, to = s->ntables;
    *ret_there = false;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int c = compare(s->tables[mid], database, table);
        if (c == 0) {
            *ret_there = true;
            return mid;
        }
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

const struct mysql_table_def *mysql_schema_find(const struct mysql_schema *s, const char *database,
                                                const char *table)
{
    bool there;
    size_t at = place_of(s, database, table, &there);
    return there ? &s->tables[at]->def : NULL;
}

static struct mysql_column_def copy_column(struct arena *a, const struct mysql_column_def *c)
{
    struct mysql_column_def n = *c;
    n.name = arena_strdup(a, c->name);
    n.type = arena_strdup(a, c->type);
    n.charset = arena_strdup(a, c->charset);
    n.collation = arena_strdup(a, c->collation);
    n.default_text = arena_strdup(a, c->default_text);
    n.comment = arena_strdup(a, c->comment);
    n.on_update = arena_strdup(a, c->on_update);
    return n;
}

struct mysql_table_def mysql_table_def_copy(const struct mysql_table_def *t, struct arena *a)
{
    struct mysql_table_def n = *t;
    n.database = arena_strdup(a, t->database);
    n.name = arena_strdup(a, t->name);
    n.charset = arena_strdup(a, t->charset);
    n.collation = arena_strdup(a, t->collation);
    n.comment = arena_strdup(a, t->comment);
    n.cols = arena_alloc(a, t->ncols * sizeof *t->cols);
    for (uint16_t i = 0; i < t->ncols; i++)
        n.cols[i] = copy_column(a, &t->cols[i]);
    n.indexes = arena_alloc(a, t->nindexes * sizeof *t->indexes);
    for (uint16_t i = 0; i < t->nindexes; i++) {
        struct mysql_index_def *x = &n.indexes[i];
        *x = t->indexes[i];
        x->name = arena_strdup(a, x->name);
        x->cols = arena_alloc(a, x->ncols * sizeof *x->cols);
        for (uint16_t c = 0; c < x->ncols; c++)
            x->cols[c] = t->indexes[i].cols[c];
    }
    n.foreign_keys = arena_alloc(a, t->nforeign_keys * sizeof *t->foreign_keys);
    for (uint16_t i = 0; i < t->nforeign_keys; i++)
        n.foreign_keys[i] = arena_strdup(a, t->foreign_keys[i]);
    return n;
}

static struct known *known_new(const struct mysql_table_def *t, const char *database,
                               const char *name)
{
    struct known *k = xmalloc(sizeof *k);
    arena_init(&k->arena, 1024);
    k->def = mysql_table_def_copy(t, &k->arena);
    k->def.database = arena_strdup(&k->arena, database);
    k->def.name = arena_strdup(&k->arena, name);
    return k;
}

static void put(struct mysql_schema *s, struct known *k)
{
    bool there;
    size_t at = place_of(s, k->def.database, k->def.name, &there);
    if (there) {
        known_free(s->tables[at]);
        s->tables[at] = k;
        return;
    }
    if (s->ntables == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 16;
        s->tables = xrealloc(s->tables, s->cap, sizeof(struct known *));
    }
    memmove(s->tables + at + 1, s->tables + at, (s->ntables - at) * sizeof *s->tables);
    s->tables[at] = k;
    s->ntables++;
}

void mysql_schema_put(struct mysql_schema *s, const struct mysql_table_def *t)
{
    put(s, known_new(t, t->database, t->name));
}

/* Removes a table without freeing it; the caller owns it. NULL: it is not there. */
static struct known *take(struct mysql_schema *s, const char *database, const char *table)
{
    bool there;
    size_t at = place_of(s, database, table, &there);
    if (!there)
        return NULL;
    struct known *k = s->tables[at];
    s->ntables--;
    memmove(s->tables + at, s->tables + at + 1, (s->ntables - at) * sizeof *s->tables);
    return k;
}

void mysql_schema_remove(struct mysql_schema *s, const char *database, const char *table)
{
    known_free(take(s, database, table));
}

void mysql_schema_rename(struct mysql_schema *s, const char *database, const char *table,
                         const char *to_database, const char *to_table)
{
    struct known *k = take(s, database, table);
    if (k)
        put(s, known_new(&k->def, to_database, to_table));
    else
        mysql_schema_remove(s, to_database, to_table);
    known_free(k);
}

void mysql_schema_each(const struct mysql_schema *s,
                       void (*each)(void *arg, const struct mysql_table_def *t), void *arg)
{
    for (size_t i = 0; i < s->ntables; i++)
        each(arg, &s->tables[i]->def);
}

/* ---- databases: few, in no order ---- */

static struct database *find_database(const struct mysql_schema *s, const char *database)
{
    for (size_t i = 0; i < s->ndatabases; i++)
        if (strcmp(s->databases[i].name, database) == 0)
            return &s->databases[i];
    return NULL;
}

void mysql_schema_set_database(struct mysql_schema *s, const char *database, const char *charset,
                               const char *collation)
{
    struct database new = { xstrdup(database), xstrdup(charset), xstrdup(collation) };
    struct database *d = find_database(s, database);
    if (d) {
        database_done(d);
    } else {
        s->databases = xrealloc(s->databases, s->ndatabases + 1, sizeof *s->databases);
        d = &s->databases[s->ndatabases++];
    }
    *d = new;
}

struct mysql_text mysql_schema_database(const struct mysql_schema *s, const char *database)
{
    const struct database *d = find_database(s, database);
    return d ? (struct mysql_text){ d->charset, d->collation } : (struct mysql_text){ NULL, NULL };
}

void mysql_schema_remove_database(struct mysql_schema *s, const char *database)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->ntables; i++) {
        if (strcmp(s->tables[i]->def.database, database) == 0)
            known_free(s->tables[i]);
        else
            s->tables[kept++] = s->tables[i];
    }
    s->ntables = kept;
    struct database *d = find_database(s, database);
    if (d) {
        database_done(d);
        *d = s->databases[--s->ndatabases];
    }
}
