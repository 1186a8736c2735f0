/*
 * The tables as the stream describes them (tables.h): matches each TABLE_MAP with a definition, and
 * makes a table version for the flow.
 */
#include "source/mysql/tables.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/xalloc.h"

enum { IDS = 1024 };     /* at first; a power of two */

void mysql_tables_init(struct mysql_tables *t, const struct mysql_options *opt,
                       const struct mysql_server *server)
{
    *t = (struct mysql_tables){ .opt = opt,
                                .server = server,
                                .by_id = xcalloc(IDS, sizeof *t->by_id),
                                .cap = IDS,
                                .schema = mysql_schema_new() };
    arena_init(&t->arena, 16384);
}

void mysql_tables_done(struct mysql_tables *t)
{
    if (!t->by_id)
        return;
    free(t->by_id);
    mysql_schema_free(t->schema);
    mysql_collations_done(&t->collations);
    arena_done(&t->arena);
    *t = (struct mysql_tables){ 0 };
}

int mysql_tables_wanted(const struct mysql_tables *t, const char *database, const char *name,
                        struct err *err)
{
    return mysql_catalog_wants(&t->opt->wanted, database, name, err);
}

struct mysql_entry *mysql_tables_by_name(struct mysql_tables *t, const char *database,
                                         const char *name)
{
    struct mysql_entry *e = t->all;
    while (e && (strcmp(e->name, name) || strcmp(e->database, database)))
        e = e->next;
    return e;
}

struct mysql_entry *mysql_tables_entry(struct mysql_tables *t, const char *database,
                                       const char *name, struct err *err)
{
    struct mysql_entry *e = mysql_tables_by_name(t, database, name);
    if (e)
        return e;
    int wanted = mysql_tables_wanted(t, database, name, err);
    if (wanted < 0)
        return NULL;
    e = arena_alloc(&t->arena, sizeof *e);
    *e = (struct mysql_entry){ .database = arena_strdup(&t->arena, database),
                               .name = arena_strdup(&t->arena, name),
                               .next = t->all,
                               .unwanted = !wanted };
    t->all = e;
    return e;
}

/* The id's slot, or the free slot where it belongs. */
static struct mysql_map *slot_of(const struct mysql_tables *t, uint64_t id)
{
    uint32_t at = (uint32_t)id & (t->cap - 1);
    while (t->by_id[at].entry && t->by_id[at].id != id)
        at = (at + 1) & (t->cap - 1);
    return &t->by_id[at];
}

static void map_id(struct mysql_tables *t, uint64_t id, struct mysql_entry *e)
{
    struct mysql_map *slot = slot_of(t, id), *old = t->by_id;
    t->n += !slot->entry;
    *slot = (struct mysql_map){ id, e };
    if (2 * t->n < t->cap)
        return;
    uint32_t cap = t->cap;
    t->cap *= 2;
    t->by_id = xcalloc(t->cap, sizeof *t->by_id);
    for (uint32_t i = 0; i < cap; i++)
        if (old[i].entry)
            *slot_of(t, old[i].id) = old[i];
    free(old);
}

struct mysql_entry *mysql_tables_by_id(struct mysql_tables *t, uint64_t id)
{
    return slot_of(t, id)->entry;
}

void mysql_tables_changed(struct mysql_tables *t, const char *database, const char *name)
{
    struct mysql_entry *e = mysql_tables_by_name(t, database, name);
    if (e)
        e->stale = true;
}

void mysql_tables_all_changed(struct mysql_tables *t)
{
    for (struct mysql_entry *e = t->all; e; e = e->next)
        e->stale = true;
}

void mysql_tables_forget_ids(struct mysql_tables *t)
{
    memset(t->by_id, 0, t->cap * sizeof *t->by_id);
    t->n = 0;
}

/* ---- which definition goes with a TABLE_MAP ---- */

/*
 * Must MariaDB hash the index's columns, because they have too many bytes? (An InnoDB index takes
 * 3072, an Aria index 1000.)
 */
static bool is_long(const struct mysql_entry *e, const struct mysql_index_def *index)
{
    uint32_t bytes = 0;
    for (uint16_t i = 0; i < index->ncols; i++) {
        const struct binlog_column *c = &e->cols[index->cols[i]];
        bytes += c->type == MYSQL_T_BLOB || c->type == MYSQL_T_GEOMETRY ? UINT16_MAX
                 : c->type == MYSQL_T_VARCHAR                           ? c->meta
                                                                        : 8u;
    }
    return bytes > 1000;
}

/*
 * How many of the last logged columns are MariaDB's own. They stand behind the definition's
 * columns. With names, their names tell; without, there are at most as many as indexes that need
 * one.
 */
static uint16_t own_columns(const struct mysql_tables *t, const struct mysql_entry *e,
                            const struct mysql_table_def *def)
{
    static const char name[] = "DB_ROW_HASH_";
    uint16_t n = 0, most = 0;
    if (!t->server->mariadb)
        return 0;
    for (uint16_t i = 0; def && i < def->nindexes; i++)
        most += def->ncols < e->nlogged && def->indexes[i].unique && !def->indexes[i].prefix &&
                (def->indexes[i].hash || is_long(e, &def->indexes[i]));
    while (n < e->nlogged && !(def && def->ncols == e->nlogged - n)) {
        const struct binlog_column *c = &e->cols[e->nlogged - n - 1];
        bool ours = e->full
                        ? c->name.n >= sizeof name && memcmp(c->name.p, name, sizeof name - 1) == 0
                        : n < most;
        if (c->type != MYSQL_T_LONGLONG || !ours)
            break;
        n++;
    }
    return n;
}

/*
 * Finds the definition's column for each column of the TABLE_MAP, by place, and checks its name (if
 * the map has names) and its type. NULL: all fit; else the words that say what does not fit.
 */
static const char *fit(struct mysql_tables *t, const struct mysql_entry *e,
                       const struct mysql_table_def *def, const struct mysql_column_def **ret)
{
    const char *why = NULL;
    uint16_t ncols = e->nlogged - own_columns(t, e, def);
    if (def->ncols != ncols)
        return arena_printf(&t->arena, "it is known with %u columns, the binlog has %u", def->ncols,
                            ncols);
    for (uint16_t i = 0; i < ncols && !why; i++) {
        ret[i] = &def->cols[i];
        struct slice name = e->cols[i].name;
        if (name.p && !slice_eq(name, slice_str(def->cols[i].name)))
            why = arena_printf(&t->arena, "column %u is known as %s, the binlog has %.*s", i + 1,
                               def->cols[i].name, (int)name.n, (const char *)name.p);
        else
            why = mysql_types_mismatch(&e->cols[i], ret[i], &t->collations, &t->arena);
    }
    return why;
}

/*
 * With FULL metadata and a definition from another time: uses the definition's columns that have
 * the same name and form.
 */
static void fit_by_name(struct mysql_tables *t, const struct mysql_entry *e,
                        const struct mysql_table_def *def, const struct mysql_column_def **ret)
{
    for (uint16_t i = 0; i < e->ncols; i++) {
        ret[i] = NULL;
        for (uint16_t k = 0; def && k < def->ncols && !ret[i]; k++)
            if (slice_eq(e->cols[i].name, slice_str(def->cols[k].name)) &&
                !mysql_types_mismatch(&e->cols[i], &def->cols[k], &t->collations, &t->arena))
                ret[i] = &def->cols[k];
    }
}

/*
 * Looks the table up in the catalog, and keeps the definition if it fits. Returns NULL: it fits;
 * "": err; else the words that say what does not fit.
 */
static const char *look_up(struct mysql_tables *t, const struct mysql_entry *e,
                           const struct mysql_column_def **ret,
                           const struct mysql_table_def **ret_def, struct err *err)
{
    struct mysql_table_def *now;
    if (mysql_catalog_table(t->sql, t->server, e->database, e->name, &t->arena, &now, err))
        return "";
    const char *why = now ? fit(t, e, now, ret) : "it does not exist any more";
    if (why)
        return why;
    mysql_schema_put(t->schema, now);
    *ret_def = mysql_schema_find(t->schema, e->database, e->name);
    return fit(t, e, *ret_def, ret);
}

/*
 * Finds the definition. With names in the binlog, a stale one only costs declared types and
 * defaults. Without names, a definition that does not fit is an error (ERR_DATA), unless the
 * operator lets the feed believe a catalog whose columns fit.
 */
static int define(struct mysql_tables *t, const struct mysql_entry *e,
                  const struct mysql_column_def **ret, const struct mysql_table_def **ret_def,
                  struct err *err)
{
    const struct mysql_table_def *def = mysql_schema_find(t->schema, e->database, e->name);
    const char *why = def ? fit(t, e, def, ret) : "no definition of it is known";
    *ret_def = def;
    if (!why)
        return 0;
    if (!e->full && t->opt->doubt == MYSQL_DOUBT_STOP)
        return err_set(
            err, ERR_DATA,
            "%s.%s: %s, and the binlog does not name its columns (binlog_row_metadata is %s): its "
            "rows cannot be "
            "read for sure. If the table as it is now is how they were written, start once with "
            "--set "
            "source.mysql.schema-doubt=catalog; better, set binlog_row_metadata=FULL on the server",
            e->database, e->name, why, *t->server->metadata ? t->server->metadata : "not there");
    const char *now = look_up(t, e, ret, ret_def, err);
    if (now && !*now)
        return -1;
    if (!now)
        return 0;
    if (!e->full)
        return err_set(err, ERR_DATA,
                       "%s.%s: %s; as it is now, %s. Its rows cannot be read: take a new snapshot, "
                       "or leave the table out "
                       "(tables.exclude)",
                       e->database, e->name, why, now);
    if (def)
        log_debug("the catalog is of another time than the binlog table=%s.%s reason=\"%s\"",
                  e->database, e->name, now);
    else
        log_warn("the catalog does not show a table: the account may not SELECT it, or it was "
                 "dropped; rows from before are not read, and its columns are as the binlog tells "
                 "table=%s.%s todo=\"GRANT SELECT, restart the feed, and tailrace backfill --table "
                 "%s.%s\"",
                 e->database, e->name, e->database, e->name);
    fit_by_name(t, e, def, ret);
    *ret_def = def;
    return 0;
}

/* ---- versions ---- */

static uint16_t column_named(const struct table *table, const char *name)
{
    uint16_t i = 0;
    while (i < table->ncols && strcmp(table->cols[i].name, name))
        i++;
    return i;
}

/* The key: the definition's if it fits, else the binlog's, else the definition's anyway. */
static void set_key(struct mysql_tables *t, struct table *table, const uint16_t *key, uint16_t nkey,
                    const struct mysql_table_def *def, bool fits)
{
    const uint16_t *known = NULL;
    uint16_t nknown = def && (fits || !nkey) ? mysql_table_key_columns(def, &t->arena, &known) : 0;
    nkey = nknown ? 0 : nkey;
    uint16_t *to = arena_alloc(&t->arena, (table->ncols + 1u) * sizeof *to);
    table->nkey = nkey ? nkey : nknown;
    for (uint16_t i = 0; i < table->nkey; i++) {
        to[i] = nkey ? key[i] : column_named(table, def->cols[known[i]].name);
        if (to[i] == table->ncols)      /* the definition is from another time */
            table->nkey = 0;
    }
    table->key = to;
}

static int columns_of(struct mysql_tables *t, const struct mysql_entry *e,
                      const struct mysql_column_def **defs, struct table *table, struct err *err)
{
    struct column *cols = arena_alloc(&t->arena, (e->ncols + 1u) * sizeof *cols);
    for (uint16_t i = 0; i < e->ncols; i++)
        if (mysql_types_column(&e->cols[i], defs[i], &t->collations, t->opt->mariadb, &t->arena,
                               &cols[i], err))
            return err_wrap(err, "%s.%s", e->database, e->name);
    table->cols = cols;
    table->ncols = e->ncols;
    return 0;
}

static void make_room(struct mysql_tables *t, struct mysql_entry *e, uint16_t ncols)
{
    /* stale until the version is made: a version that fails half-way is made anew */
    e->stale = true;
    e->ncols = e->nlogged = ncols;
    e->cols = arena_alloc(&t->arena, (ncols + 1u) * sizeof *e->cols);
    e->before = arena_alloc(&t->arena, (ncols + 1u) * sizeof *e->before);
    e->after = arena_alloc(&t->arena, (ncols + 1u) * sizeof *e->after);
}

static struct mysql_table_def *copy_of(struct mysql_tables *t, const struct mysql_table_def *def)
{
    struct mysql_table_def *copy = arena_alloc(&t->arena, sizeof *copy);
    *copy = mysql_table_def_copy(def, &t->arena);
    return copy;
}

/*
 * Copies the definition: a version outlives the store's definition, which the next statement
 * replaces.
 */
static void keep_definition(struct mysql_tables *t, const struct mysql_column_def **cols,
                            uint16_t ncols, const struct mysql_table_def **def)
{
    const struct mysql_table_def *old = *def;
    if (!old)
        return;
    *def = copy_of(t, old);
    for (uint16_t i = 0; i < ncols; i++)
        cols[i] = cols[i] ? &(*def)->cols[cols[i] - old->cols] : NULL;
}

/*
 * Makes a version from a definition alone, with every column as a TABLE_MAP with names would
 * describe it.
 */
static int of_definition(struct mysql_tables *t, struct mysql_entry *e,
                         const struct mysql_table_def *def, struct err *err)
{
    struct table *table = arena_alloc(&t->arena, sizeof *table);
    struct mysql_table_def *kept = copy_of(t, def);
    make_room(t, e, def->ncols);
    if (mysql_types_table(kept, &t->collations, t->opt->mariadb, &t->arena, e->cols, table, err))
        return -1;
    table->version = e->table ? e->table->version + 1 : 1;
    table->database = table->schema = e->database;
    table->name = e->name;
    e->raw = (struct slice){ NULL, 0 };     /* so no TABLE_MAP equals it */
    e->table = table;
    e->stale = false;
    return 0;
}

int mysql_tables_known(struct mysql_tables *t, const char *database, const char *name,
                       const struct table **ret, struct err *err)
{
    struct mysql_entry *e = mysql_tables_entry(t, database, name, err);
    if (!e)
        return -1;
    const struct mysql_table_def *def = mysql_schema_find(t->schema, database, name);
    int rc = (!e->table || e->stale) && def ? of_definition(t, e, def, err) : 0;
    *ret = e->table;
    return rc;
}

static bool same_shape(const struct mysql_entry *e, const struct mysql_table_def *def,
                       struct mysql_tables *t)
{
    bool same = e->ncols == def->ncols;
    for (uint16_t i = 0; same && i < def->ncols; i++)
        same = strcmp(e->table->cols[i].name, def->cols[i].name) == 0 &&
               !mysql_types_mismatch(&e->cols[i], &def->cols[i], &t->collations, &t->arena);
    return same;
}

int mysql_tables_as_read(struct mysql_tables *t, const struct mysql_table_def *def,
                         const struct table **ret, struct err *err)
{
    struct mysql_entry *e = mysql_tables_entry(t, def->database, def->name, err);
    if (!e)
        return -1;
    if (e->table && !e->stale && !same_shape(e, def, t))
        return 0;
    int rc = e->table && !e->stale ? 0 : of_definition(t, e, def, err);
    *ret = e->table;
    return rc ? rc : 1;
}

static int make_version(struct mysql_tables *t, struct mysql_entry *e,
                        const struct binlog_table_map *m, struct err *err)
{
    bool key_known = false;
    uint16_t nkey = 0;
    uint16_t *key = arena_alloc(&t->arena, (m->ncols + 1u) * sizeof *key);
    const struct mysql_column_def **defs = arena_alloc(&t->arena, (m->ncols + 1u) * sizeof *defs);
    const struct mysql_table_def *def = NULL;
    e->raw = arena_dup(&t->arena, m->raw);
    make_room(t, e, m->ncols);
    struct binlog_table_map kept = *m;      /* names and labels must outlive the event */
    kept.optional = slice_of(e->raw.p + (m->optional.p - m->raw.p), m->optional.n);
    if (binlog_table_map_columns(&kept, t->server->mariadb, &t->arena, e->cols, key, &nkey,
                                 &key_known, err))
        return err_wrap(err, "%s.%s", e->database, e->name);
    e->full = e->ncols && e->cols[0].name.p;
    if (define(t, e, defs, &def, err))
        return -1;
    e->ncols -= own_columns(t, e, def);
    keep_definition(t, defs, e->ncols, &def);
    struct table *table = arena_alloc(&t->arena, sizeof *table);
    *table = (struct table){ .id = m->table_id,
                             .version = e->table ? e->table->version + 1 : 1,
                             .database = e->database,
                             .schema = e->database,
                             .name = e->name };
    if (columns_of(t, e, defs, table, err))
        return -1;
    bool fits = def;
    for (uint16_t i = 0; i < e->ncols; i++)
        fits &= defs[i] != NULL;
    set_key(t, table, key, nkey, def, fits);
    table->comment = def && *def->comment ? def->comment : NULL;
    table->charset = def ? def->charset : NULL;
    e->table = table;
    e->stale = false;
    log_info("table database=%s table=%s version=%u columns=%u key_columns=%u names=%s",
             e->database, e->name, table->version, e->ncols, table->nkey,
             e->full ? "binlog" : "definition");
    return 0;
}

int mysql_tables_take(struct mysql_tables *t, const struct binlog_table_map *m, struct err *err)
{
    struct mysql_entry *e = mysql_tables_by_id(t, m->table_id);
    if (e && !e->stale && (e->unwanted || slice_eq(e->raw, m->raw)))
        return 0;
    char database[256], name[256];
    snprintf(database, sizeof database, "%.*s", (int)m->database.n, (const char *)m->database.p);
    snprintf(name, sizeof name, "%.*s", (int)m->table.n, (const char *)m->table.p);
    if (!(e = mysql_tables_entry(t, database, name, err)))
        return -1;
    map_id(t, m->table_id, e);
    if (e->unwanted || (e->table && !e->stale && slice_eq(e->raw, m->raw)))
        return 0;
    return make_version(t, e, m, err);
}
