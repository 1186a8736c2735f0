/*
 * Reads all tables of a feed from the catalog, for commands that need them without a stream (pg.h).
 */
#include <stdlib.h>
#include <string.h>
#include "source/pg/catalog.h"
#include "source/pg/relation.h"
#include "source/pg/slot.h"

/*
 * Three queries for all tables, whatever their number. Tables are as the stream would describe
 * them, or (no publication) every ordinary table and partitioned root, with generated columns.
 */
enum { R_OID, R_SCHEMA, R_NAME, R_COMMENT };

static void put_relations(const struct pg_options *opt, bool published, struct buf *q)
{
    if (published) {
        buf_str(q, "SELECT c.oid, n.nspname, c.relname, p.attnames FROM pg_publication_tables p "
                   "JOIN pg_namespace n ON n.nspname = p.schemaname"
                   " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE "
                   "p.pubname = ");
        pg_literal(q, opt->publication);
    } else {
        buf_str(q, "SELECT c.oid, n.nspname, c.relname, NULL::name[] AS attnames FROM pg_class c "
                   "JOIN pg_namespace n ON n.oid = c.relnamespace"
                   " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ "
                   "'^pg_' AND n.nspname <> 'information_schema'"
                   " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = "
                   "'pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype = 'e')");
    }
}

/* The tables while they are being read. */
struct tables { struct table *list; size_t n; };

static int read_relations(PGconn *sql, const struct pg_options *opt, const char *relations,
                          const char *database, struct tables *ret, struct arena *a,
                          struct err *err)
{
    PGresult *r =
        pg_query(sql, err,
                 "SELECT oid, nspname, relname, description FROM (%s) r LEFT JOIN pg_description "
                 "ON objoid = oid"
                 " AND classoid = 'pg_class'::regclass::oid AND objsubid = 0 ORDER BY oid",
                 relations);
    if (!r)
        return -1;
    int n = PQntuples(r);
    struct table *t = arena_alloc(a, ((size_t)n + 1) * sizeof *t);
    int wanted = 0;
    for (int i = 0; wanted >= 0 && i < n; i++) {
        wanted = pg_wanted(&opt->wanted, pg_cell(r, i, R_SCHEMA), pg_cell(r, i, R_NAME), err);
        if (wanted <= 0)
            continue;
        t[ret->n++] = (struct table){
            .id = strtoul(pg_cell(r, i, R_OID), NULL, 10),
            .version = 1,
            .database = database,
            .schema = arena_strdup(a, pg_cell(r, i, R_SCHEMA)),
            .name = arena_strdup(a, pg_cell(r, i, R_NAME)),
            .comment =
                PQgetisnull(r, i, R_COMMENT) ? NULL : arena_strdup(a, pg_cell(r, i, R_COMMENT)),
        };
    }
    PQclear(r);
    ret->list = t;
    return wanted < 0 ? -1 : 0;
}

static int read_columns(PGconn *sql, const char *relations, bool published, struct tables *ret,
                        struct arena *a, struct err *err)
{
    struct buf want = { 0 };
    buf_printf(&want,
               "SELECT r.oid, (row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum) - 1)::int, "
               "a.attname, a.atttypid, a.atttypmod"
               " FROM (%s) r JOIN pg_attribute a ON a.attrelid = r.oid WHERE a.attnum > 0 AND NOT "
               "a.attisdropped%s",
               relations,
               published
                   ? " AND (a.attgenerated = '' OR current_setting('server_version_num')::int >= "
                     "180000) AND a.attname = ANY (r.attnames)"
                   : "");
    PGresult *r = pg_catalog_all_columns(sql, buf_cstr(&want), err);
    buf_done(&want);
    if (!r)
        return -1;
    struct table *t = ret->list, *end = t + ret->n;
    for (int row = 0, n = PQntuples(r), last; row < n; row = last) {
        uint32_t oid = pg_catalog_row_relation(r, row);
        for (last = row; last < n && pg_catalog_row_relation(r, last) == oid; last++)
            ;
        while (t < end && t->id < oid)
            t++;
        if (t == end || t->id != oid)
            continue;
        struct column *cols = memset(arena_alloc(a, (size_t)(last - row) * sizeof *cols), 0,
                                     (size_t)(last - row) * sizeof *cols);
        for (int i = row; i < last; i++)
            pg_catalog_row_column(r, i, &cols[i - row], a);
        t->cols = cols;
        t->ncols = (uint16_t)(last - row);
    }
    PQclear(r);
    return 0;
}

static int column_named(const struct table *t, const char *name)
{
    for (uint16_t i = 0; i < t->ncols; i++)
        if (strcmp(t->cols[i].name, name) == 0)
            return i;
    return -1;
}

/*
 * A key with an unpublished column is no key. Appends the oids of tables that publish no column of
 * their key.
 */
static void take_keys(PGresult *r, struct tables *ret, struct buf *ret_none, struct arena *a)
{
    struct table *t = ret->list, *end = t + ret->n;
    for (int row = 0, n = PQntuples(r); row < n;) {
        uint32_t oid = (uint32_t)strtoul(pg_cell(r, row, 0), NULL, 10);
        int last = row, missing = 0;
        while (last < n && strtoul(pg_cell(r, last, 0), NULL, 10) == oid)
            last++;
        while (t < end && t->id < oid)
            t++;
        uint16_t *key = arena_alloc(a, (size_t)(last - row) * sizeof *key);
        for (int i = row; t < end && t->id == oid && i < last; i++) {
            int at = column_named(t, pg_cell(r, i, 1));
            if (at < 0 && !missing++ && !t->key_hidden)
                t->key_hidden = arena_strdup(a, pg_cell(r, i, 1));
            key[i - row] = (uint16_t)at;
        }
        if (t < end && t->id == oid && !missing) {
            t->key = key;
            t->nkey = (uint16_t)(last - row);
            t->key_hidden = NULL;
        }
        if (missing == last - row)
            buf_printf(ret_none, "%s%u", ret_none->n ? ", " : "", oid);
        row = last;
    }
}

/*
 * Finds keys as the stream does: if no column of the primary key is published, another key may
 * serve.
 */
static int read_keys(PGconn *sql, const char *relations, struct tables *ret, struct arena *a,
                     struct err *err)
{
    struct buf oids = { 0 }, none = { 0 }, ignored = { 0 };
    buf_printf(&oids, "SELECT oid FROM (%s) r", relations);
    PGresult *all = pg_catalog_all_keys(sql, buf_cstr(&oids), false, err), *others = NULL;
    if (all)
        take_keys(all, ret, &none, a);
    if (all && none.n)
        others = pg_catalog_all_keys(sql, buf_cstr(&none), true, err);
    if (others)
        take_keys(others, ret, &ignored, a);
    int rc = all && (others || !none.n) ? 0 : -1;
    PQclear(all);
    PQclear(others);
    buf_done(&oids);
    buf_done(&none);
    buf_done(&ignored);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const struct table *x = a, *y = b;
    int order = strcmp(x->schema, y->schema);
    return order ? order : strcmp(x->name, y->name);
}

static int read_all(PGconn *sql, const struct pg_options *opt, bool published, struct arena *a,
                    struct table_list *ret, struct err *err)
{
    char database[64], identity[64];
    struct buf relations = { 0 };
    if (pg_value(sql, database, sizeof database, err, "SELECT current_database()") ||
        pg_value(sql, identity, sizeof identity, err,
                 "SELECT system_identifier || '/' || d.oid FROM pg_control_system(), pg_database d"
                 " WHERE d.datname = current_database()"))
        return -1;
    *ret = (struct table_list){ .database = arena_strdup(a, database),
                                .identity = arena_strdup(a, identity),
                                .server = arena_printf(a, "PostgreSQL %s",
                                                       PQparameterStatus(sql, "server_version")) };
    put_relations(opt, published, &relations);
    const char *rels = buf_cstr(&relations);
    struct tables made = { 0 };
    int rc = read_relations(sql, opt, rels, ret->database, &made, a, err) ||
                     read_columns(sql, rels, published, &made, a, err) ||
                     read_keys(sql, rels, &made, a, err)
                 ? -1
                 : 0;
    buf_done(&relations);
    if (!rc)
        qsort(made.list, made.n, sizeof *made.list, by_name);
    ret->tables = made.list;
    ret->n = made.n;
    return rc;
}

int pg_tables_read(const struct pg_options *opt, struct arena *a, struct table_list *ret,
                   struct err *err)
{
    PGconn *sql = pg_connect(opt, PG_CATALOG, err);
    bool published = false;
    int rc = sql ? 0 : -1;
    if (!rc && opt->publication)
        rc = pg_publication_exists(sql, opt->publication, &published, err);
    if (!rc)
        rc = read_all(sql, opt, published, a, ret, err);
    PQfinish(sql);
    return rc;
}
