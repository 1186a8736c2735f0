/*
 * What a publication holds and could hold (publish.h): one query over the catalog, made into units.
 */
#include "source/pg/publish.h"
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/sql_name.h"
#include "source/pg/relation.h"
#include "source/pg/slot.h"

/*
 * The keys that a record could have, best first, in catalog.c's order; and the tables whose best
 * key is not published as a whole. If no column of the primary key is published, the stream does
 * not mention that key, and another key is taken. But then a DELETE carries no key either.
 */
static const char hidden_keys_sql[] =
    ", keys AS (SELECT j.oid, k.sent, k.hidden, j.relreplident = 'd' AND x.indisprimary AND "
    "x.indimmediate AS silent,"
    "   row_number() OVER (PARTITION BY j.oid ORDER BY (j.relreplident = 'i' AND x.indisreplident) "
    "DESC,"
    "     x.indisprimary DESC, x.indexrelid) AS ord"
    "   FROM judged j JOIN pg_index x ON x.indrelid = j.oid AND x.indisunique AND x.indisvalid"
    "     AND x.indpred IS NULL AND x.indexprs IS NULL AND (x.indimmediate OR j.relreplident <> "
    "'f'),"
    "   LATERAL (SELECT bool_and(a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint n WHERE "
    "n.contype = 'n'"
    "       AND n.conrelid = a.attrelid AND n.conkey = ARRAY[a.attnum] AND NOT n.convalidated)) AS "
    "is_key,"
    "     bool_or(p.sent) AS sent, bool_or(NOT p.sent) AS hidden FROM pg_attribute a,"
    "     LATERAL (SELECT CASE WHEN j.listed THEN a.attname = ANY (j.list)"
    "       ELSE a.attgenerated = '' OR (a.attgenerated = 's' AND j.gencols = 's') END AS sent) p"
    "     WHERE a.attrelid = j.oid AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])) k"
    "   WHERE k.is_key),"
    " hidden AS (SELECT k.oid, k.silent AND NOT k.sent AND EXISTS (SELECT FROM keys o WHERE o.oid "
    "= k.oid AND o.ord = 2"
    "   AND NOT o.hidden) AS another FROM keys k WHERE k.ord = 1 AND k.hidden)";

/*
 * One row for each table that can hold rows, with its root (the table itself, or the topmost
 * partitioned table), and one row for each root. A published table is judged as it is published,
 * any other as if the publication took all of it. prqual is a node tree: a column is a VAR with its
 * number in the published table.
 */
static const char publishing_sql[] =
    "WITH pub AS MATERIALIZED (SELECT p.oid, p.puballtables, p.pubviaroot, p.pubupdate OR "
    "p.pubdelete AS changes,"
    "   coalesce(to_jsonb(p)->>'pubgencols', 'n') AS gencols FROM pg_publication p WHERE p.pubname "
    "= %s),"
    " seen AS MATERIALIZED (SELECT c.oid, c.relkind FROM pg_publication_tables t JOIN pg_namespace "
    "n ON n.nspname = t.schemaname"
    "   JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename WHERE t.pubname = "
    "%s),"
    " published AS MATERIALIZED (SELECT oid AS shown, oid AS leaf FROM seen WHERE relkind <> 'p' "
    "UNION ALL"
    "   SELECT s.oid, t.relid::oid FROM seen s, LATERAL pg_partition_tree(s.oid) t WHERE s.relkind "
    "= 'p' AND t.isleaf),"
    " every AS (SELECT c.oid, c.relkind, c.relhassubclass, c.relreplident, n.nspname, c.relname, "
    "coalesce(pg_partition_root(c.oid)::oid, c.oid) AS root"
    "   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    "   WHERE (c.relkind = 'r' OR (c.relkind = 'p' AND NOT c.relispartition)) AND c.relpersistence "
    "= 'p' AND n.nspname !~ '^pg_'"
    "   AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d WHERE "
    "d.classid = 'pg_class'::regclass::oid"
    "     AND d.objid = c.oid AND d.deptype = 'e')),"
    " judged AS (SELECT e.*, p.shown, i.cols AS identity, r.prattrs IS NOT NULL AS listed, "
    "r.prqual IS NOT NULL AS filtered,"
    "   pub.changes, coalesce(pub.gencols, 'n') AS gencols,"
    "   ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = p.shown AND a.attnum = ANY "
    "(r.prattrs::int2[])) AS list,"
    "   ARRAY(SELECT a.attname FROM regexp_matches(r.prqual::text, ':varattno ([0-9]+)', 'g') v "
    "JOIN pg_attribute a"
    "     ON a.attrelid = p.shown AND a.attnum = v[1]::int2) AS filter"
    "   FROM every e LEFT JOIN published p ON p.leaf = e.oid LEFT JOIN pub ON p.shown IS NOT NULL"
    "   LEFT JOIN pg_publication_rel r ON r.prrelid = p.shown AND r.prpubid = pub.oid"
    "   LEFT JOIN LATERAL (SELECT ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = "
    "e.oid"
    "       AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])) AS cols FROM pg_index x"
    "     WHERE x.indrelid = e.oid AND x.indislive AND x.indisvalid AND x.indisunique AND "
    "x.indimmediate AND x.indpred IS NULL"
    "     AND CASE e.relreplident WHEN 'd' THEN x.indisprimary WHEN 'i' THEN x.indisreplident ELSE "
    "false END LIMIT 1) i ON true)%s"
    " SELECT j.nspname, j.relname, j.relkind, rn.nspname, rc.relname, CASE WHEN j.relkind = 'p' "
    "THEN EXISTS (SELECT FROM pub WHERE pub.puballtables"
    "     OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = pub.oid AND r.prrelid = "
    "j.oid)"
    "     OR EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = pub.oid AND "
    "s.pnnspid = rc.relnamespace))"
    "   ELSE j.shown IS NOT NULL END,"
    "  CASE WHEN NOT coalesce(j.changes, true) THEN (SELECT 'hidden' FROM hidden h WHERE h.oid = "
    "j.oid AND NOT h.another)"
    "   WHEN j.relkind = 'p' THEN CASE WHEN EXISTS (SELECT FROM pg_index x WHERE x.indrelid = "
    "j.oid AND x.indisprimary AND x.indimmediate)"
    "     THEN '' ELSE 'partitions' END"
    "   WHEN j.filtered AND j.relreplident <> 'f' AND NOT j.filter <@ coalesce(j.identity, '{}') "
    "THEN 'filter'"
    "   WHEN j.listed AND (j.relreplident = 'f' OR NOT coalesce(j.identity, '{}') <@ j.list) THEN "
    "'columns'"
    "   WHEN current_setting('server_version_num')::int >= 180000 AND (NOT j.listed OR "
    "j.relreplident = 'f') AND EXISTS (SELECT FROM pg_attribute a"
    "     WHERE a.attrelid = j.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> "
    "'' AND NOT (a.attgenerated = 's' AND j.gencols = 's')"
    "     AND (j.relreplident = 'f' OR a.attname = ANY (j.identity))) THEN 'generated'"
    "   WHEN j.identity IS NOT NULL OR j.relreplident = 'f' THEN"
    "     (SELECT CASE WHEN h.another THEN 'deletes' ELSE 'hidden' END FROM hidden h WHERE h.oid = "
    "j.oid)"
    "   WHEN j.relreplident = 'd' AND EXISTS (SELECT FROM pg_index x WHERE x.indrelid = j.oid AND "
    "x.indisprimary) THEN 'deferrable'"
    "   ELSE j.relreplident::text END, CASE WHEN j.relkind = 'r' AND j.relhassubclass THEN 'ONLY ' "
    "ELSE '' END"
    " FROM judged j JOIN pg_class rc ON rc.oid = j.root JOIN pg_namespace rn ON rn.oid = "
    "rc.relnamespace"
    " ORDER BY rn.nspname COLLATE \"C\", rc.relname COLLATE \"C\", j.relkind, j.nspname COLLATE "
    "\"C\", j.relname COLLATE \"C\"";

enum { P_SCHEMA, P_NAME, P_KIND, P_ROOT_SCHEMA, P_ROOT, P_PUBLISHED, P_FLAW, P_ONLY };

static const struct { const char *code, *text, *mend;
} flaws[] = {
    [FLAW_NONE] = { "", "", "" },
    [FLAW_NO_KEY] = { "d", "it has no replica identity, as it has no primary key",
                      "give it a primary key, or ALTER TABLE ... REPLICA IDENTITY FULL" },
    [FLAW_DEFERRABLE] = { "deferrable",
                          "it has no replica identity, as its primary key is DEFERRABLE",
                          "ALTER TABLE ... REPLICA IDENTITY FULL, or USING INDEX of a key that is "
                          "not deferrable" },
    [FLAW_NOTHING] = { "n", "its replica identity is NOTHING",
                       "ALTER TABLE ... REPLICA IDENTITY DEFAULT, or FULL" },
    [FLAW_INDEX_GONE] = { "i", "the index of its replica identity is gone or not valid",
                          "ALTER TABLE ... REPLICA IDENTITY DEFAULT, or FULL" },
    [FLAW_FILTER] = { "filter",
                      "the publication's row filter has columns that its replica identity has not",
                      "ALTER TABLE ... REPLICA IDENTITY FULL, or filter by columns of its key" },
    [FLAW_COLUMNS] = { "columns",
                       "the publication's column list lacks columns of its replica identity",
                       "publish the columns of its key, or (REPLICA IDENTITY FULL) no column "
                       "list" },
    [FLAW_GENERATED] = { "generated",
                         "its replica identity has generated columns that are not published",
                         "ALTER TABLE ... REPLICA IDENTITY USING INDEX, or, for stored ones, ALTER "
                         "PUBLICATION ... SET "
                         "(publish_generated_columns = stored)" },
    [FLAW_KEY_HIDDEN] = { "hidden",
                          "its key has columns that are not published (generated ones), so that "
                          "its records would have none",
                          "name another key with columns.key, or, on PostgreSQL 18 or later, "
                          "publish stored generated columns "
                          "(publish_generated_columns = stored)" },
    [FLAW_DELETES] = { "deletes",
                       "its primary key is not published (generated columns), and its other key is "
                       "not its replica identity",
                       "ALTER TABLE ... REPLICA IDENTITY USING INDEX of the other key" },
    [FLAW_PARTITIONS] = { "partitions",
                          "partitions to come would have no replica identity, as it has no primary "
                          "key",
                          "give it a primary key, or publish its partitions one by one" },
};

const char *pg_flaw_text(enum pg_flaw f)
{
    return flaws[f].text;
}

const char *pg_flaw_mend(enum pg_flaw f)
{
    return flaws[f].mend;
}

static enum pg_flaw flaw_of(const char *code)
{
    int at = FLAW_PARTITIONS;
    while (at > FLAW_NONE && strcmp(flaws[at].code, code) != 0)
        at--;
    return (enum pg_flaw)at;
}

/* written: SCHEMA.TABLE as SQL writes it; without a schema it means public. */
bool pg_unit_is(const char *schema, const char *table, const char *written)
{
    struct buf s = { 0 }, t = { 0 };
    bool two = sql_name_split(written, &s, &t);
    bool is = strcmp(two ? buf_cstr(&s) : "public", schema) == 0 &&
              strcmp(two ? buf_cstr(&t) : written, table) == 0;
    buf_done(&s);
    buf_done(&t);
    return is;
}

static bool names(const char *const *list, const char *schema, const char *table)
{
    for (; list && *list; list++)
        if (pg_unit_is(schema, table, *list))
            return true;
    return false;
}

static bool explicit_tables(const struct pg_options *opt)
{
    return opt->tables && opt->tables[0];
}

/* Rows from `row` up to `end` have one root. A table's own row is a leaf. */
struct group {
    const struct pg_options *opt;
    PGresult *q;
    int row, end;
    bool via_root;
    int rc;             /* -1: it is not known whether a table is wanted, err says why */
    struct err *err;
};

static bool takes(struct group *g, const char *schema, const char *table)
{
    int wanted = explicit_tables(g->opt) ? names(g->opt->tables, schema, table)
                                         : pg_wanted(&g->opt->wanted, schema, table, g->err);
    g->rc = wanted < 0 ? -1 : g->rc;
    return wanted > 0;
}

static const char *value(const struct group *g, int row, int field)
{
    return pg_cell(g->q, row, field);
}

static bool is_leaf(const struct group *g, int row)
{
    return value(g, row, P_KIND)[0] == 'r';
}

/* Later partitions would break. What is published already is left to whoever published it. */
static bool grows_badly(const struct group *g)
{
    return value(g, g->row, P_PUBLISHED)[0] != 't' &&
           flaw_of(value(g, g->row, P_FLAW)) == FLAW_PARTITIONS;
}

/*
 * A partitioned table is one unit if the configuration wants it by its own name, or wants every
 * partition: then later partitions are published as well. Else each partition is a unit.
 */
static bool as_a_whole(struct group *g)
{
    const char *schema = value(g, g->row, P_ROOT_SCHEMA), *root = value(g, g->row, P_ROOT);
    if (explicit_tables(g->opt) || g->via_root)
        return takes(g, schema, root) || g->via_root;
    int leaves = 0, wanted = 0;
    for (int i = g->row; i < g->end; i++) {
        leaves += is_leaf(g, i);
        wanted += is_leaf(g, i) && takes(g, value(g, i, P_SCHEMA), value(g, i, P_NAME));
    }
    return leaves ? wanted == leaves && !grows_badly(g) : takes(g, schema, root);
}

/* True if columns.key names a key for this table. */
static bool key_is_named(const struct group *g, const char *schema, const char *name)
{
    const struct table t = { .schema = schema, .name = name };
    return g->opt->names_key && g->opt->names_key(g->opt->needs, &t);
}

static void add(struct pg_publishing *ret, struct arena *a, struct group *g, int name_row,
                int schema_field, int name_field, int from, int to)
{
    struct pg_unit u = { .schema = arena_strdup(a, value(g, name_row, schema_field)),
                         .name = arena_strdup(a, value(g, name_row, name_field)),
                         .only = arena_strdup(a, value(g, name_row, P_ONLY)) };
    int leaves = 0, published = 0;
    bool root = false, keyed = key_is_named(g, u.schema, u.name);
    for (int i = from; i < to; i++) {
        bool is = value(g, i, P_PUBLISHED)[0] == 't';
        leaves += is_leaf(g, i);
        published += is_leaf(g, i) && is;
        root |= !is_leaf(g, i) && is;
        enum pg_flaw flaw = flaw_of(value(g, i, P_FLAW));
        /* a partition's own flaw is worse */
        bool of_root = flaw == FLAW_PARTITIONS && (is || u.flaw != FLAW_NONE);
        bool known = u.flaw != FLAW_NONE && u.flaw != FLAW_PARTITIONS && (u.flaw_is_live || !is);
        bool mended = !pg_flaw_stops_writes(flaw) &&
                      (keyed || key_is_named(g, value(g, i, P_SCHEMA), value(g, i, P_NAME)));
        if (flaw == FLAW_NONE || of_root || known || mended)
            continue;
        u.flaw = flaw;
        u.flaw_is_live = is;
        u.flawed = arena_printf(a, "%s.%s", value(g, i, P_SCHEMA), value(g, i, P_NAME));
    }
    u.published = root || (leaves && published == leaves);
    u.wanted =
        takes(g, u.schema, u.name) || (to - from > 1 && !g->via_root && !explicit_tables(g->opt));
    ret->units[ret->n++] = u;
}

static void add_group(struct pg_publishing *ret, struct arena *a, struct group *g)
{
    if (as_a_whole(g)) {
        add(ret, a, g, g->row, P_ROOT_SCHEMA, P_ROOT, g->row, g->end);
        return;
    }
    for (int i = g->row; i < g->end; i++)
        if (is_leaf(g, i))
            add(ret, a, g, i, P_SCHEMA, P_NAME, i, i + 1);
}

static bool same_root(PGresult *q, int a, int b)
{
    return strcmp(pg_cell(q, a, P_ROOT_SCHEMA), pg_cell(q, b, P_ROOT_SCHEMA)) == 0 &&
           strcmp(pg_cell(q, a, P_ROOT), pg_cell(q, b, P_ROOT)) == 0;
}

static int read_publication(PGconn *sql, const char *name, const struct pg_options *opt,
                            struct pg_publishing *ret, struct err *err)
{
    PGresult *q = pg_query(
        sql, err, "SELECT puballtables, pubviaroot FROM pg_publication WHERE pubname = %s", name);
    if (!q)
        return -1;
    ret->exists = PQntuples(q) > 0;
    ret->all_tables = ret->exists && pg_cell(q, 0, 0)[0] == 't';
    ret->via_root = ret->exists ? pg_cell(q, 0, 1)[0] == 't' : opt->partition_root;
    PQclear(q);
    return 0;
}

int pg_publishing_read(PGconn *sql, const struct pg_options *opt, struct arena *a,
                       struct pg_publishing *ret, struct err *err)
{
    struct buf pub = { 0 };
    pg_literal(&pub, opt->publication);
    *ret = (struct pg_publishing){ .named = explicit_tables(opt) || opt->wanted.include };
    int rc = read_publication(sql, buf_cstr(&pub), opt, ret, err);
    PGresult *q =
        rc ? NULL
           : pg_query(sql, err, publishing_sql, buf_cstr(&pub), buf_cstr(&pub), hidden_keys_sql);
    buf_done(&pub);
    if (!q)
        return -1;
    int n = PQntuples(q);
    ret->units = arena_alloc(a, ((size_t)n + 1) * sizeof *ret->units);
    for (struct group g = { opt, q, 0, 0, ret->via_root, 0, err }; !rc && g.row < n;
         g.row = g.end) {
        for (g.end = g.row + 1; g.end < n && same_root(q, g.row, g.end); g.end++)
            ;
        add_group(ret, a, &g);
        rc = g.rc;
    }
    PQclear(q);
    return rc;
}

int pg_fed_tables(PGconn *sql, const struct pg_options *opt, read_table_fn *each, void *arg,
                  struct err *err)
{
    struct buf pub = { 0 };
    pg_literal(&pub, opt->publication);
    PGresult *q = pg_query(sql, err,
                           "SELECT schemaname, tablename FROM pg_publication_tables"
                           " WHERE pubname = %s ORDER BY schemaname, tablename",
                           buf_cstr(&pub));
    buf_done(&pub);
    if (!q)
        return -1;
    int wanted = 0;
    for (int i = 0; wanted >= 0 && i < PQntuples(q); i++) {
        wanted = pg_wanted(&opt->wanted, pg_cell(q, i, 0), pg_cell(q, i, 1), err);
        if (wanted > 0)
            each(arg, pg_cell(q, i, 0), pg_cell(q, i, 1));
    }
    PQclear(q);
    return wanted < 0 ? -1 : 0;
}

int pg_publication_usable(PGconn *sql, const struct pg_options *opt, struct err *err)
{
    bool there;
    if (pg_publication_exists(sql, opt->publication, &there, err))
        return -1;
    return there ? 0 : err_set(err, ERR_CONFIG, "there is no publication \"%s\" in database \"%s\" "
                               "-> tailrace setup makes it", opt->publication, PQdb(sql));
}

size_t pg_publishing_lacks(const struct pg_publishing *p, struct buf *out)
{
    enum { SHOWN = 10 };
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct pg_unit *u = &p->units[i];
        if (!pg_unit_lacks(u) || n++ >= SHOWN)
            continue;
        buf_printf(out, "%s%s.%s", n > 1 ? ", " : "", u->schema, u->name);
        if (u->flaw != FLAW_NONE)
            buf_printf(out, " (%s)", pg_flaw_text(u->flaw));
    }
    if (n > SHOWN)
        buf_printf(out, " and %zu more", n - SHOWN);
    return n;
}

int pg_publishing_unsent(PGconn *sql, const struct pg_options *opt, struct buf *ret,
                         struct err *err)
{
    enum { SHOWN = 10 };
    struct buf pub = { 0 }, names = { 0 };
    int n = 0, wanted = 0;
    if (!opt->truncates)
        return 0;
    pg_literal(&pub, opt->publication);
    PGresult *q = pg_query(sql, err,
                           "SELECT t.schemaname, t.tablename FROM pg_publication p JOIN "
                           "pg_publication_tables t ON t.pubname ="
                           " p.pubname JOIN pg_namespace n ON n.nspname = t.schemaname JOIN "
                           "pg_class c ON c.relnamespace = n.oid AND"
                           " c.relname = t.tablename WHERE p.pubname = %s AND p.pubviaroot AND "
                           "p.pubtruncate AND c.relkind = 'p'"
                           " ORDER BY 1, 2",
                           buf_cstr(&pub));
    buf_done(&pub);
    for (int i = 0; q && wanted >= 0 && i < PQntuples(q); i++) {
        wanted = pg_wanted(&opt->wanted, pg_cell(q, i, 0), pg_cell(q, i, 1), err);
        if (wanted > 0 && n++ < SHOWN)
            buf_printf(&names, "%s%s.%s", n > 1 ? ", " : "", pg_cell(q, i, 0), pg_cell(q, i, 1));
    }
    if (n)
        buf_printf(ret,
                   "the server sends no TRUNCATE of a single partition of a table that is "
                   "published under its root's name: rows that "
                   "one removes stay in the topics of %s%s",
                   buf_cstr(&names), n > SHOWN ? " and others" : "");
    buf_done(&names);
    PQclear(q);
    return q && wanted >= 0 ? 0 : -1;
}

static void say_unsent(PGconn *sql, const struct pg_options *opt)
{
    struct buf what = { 0 };
    struct err e = { 0 };
    if (pg_publishing_unsent(sql, opt, &what, &e))
        log_warn("it is not known which TRUNCATEs the server does not send: %s", e.msg);
    else if (what.n)
        log_warn("%s -> " PG_UNSENT_TODO, buf_cstr(&what));
    buf_done(&what);
}

/*
 * A table that the configuration names and nobody published is a mistake. If the configuration
 * names none, the publication is the choice.
 */
void pg_publishing_say(PGconn *sql, const struct pg_options *opt)
{
    struct err e = { 0 };
    struct arena a;
    struct pg_publishing p;
    struct buf names = { 0 };
    arena_init(&a, 65536);
    size_t n = pg_publishing_read(sql, opt, &a, &p, &e) ? 0 : pg_publishing_lacks(&p, &names);
    if (e.class != ERR_NONE)
        log_warn("it is not known which tables the publication lacks: %s", e.msg);
    else if (n && p.named)
        log_warn("tables that the configuration names are not published, and not fed: `tailrace "
                 "setup` adds them tables=%zu names=\"%s\"",
                 n, buf_cstr(&names));
    else if (n)
        log_info("tables are not in the publication, and not fed tables=%zu names=\"%s\"", n,
                 buf_cstr(&names));
    say_unsent(sql, opt);
    buf_done(&names);
    arena_done(&a);
}

int pg_publication_compare(PGconn *sql, const char *before, const char *now, struct buf *ret,
                           struct err *err)
{
    static const char query[] =
        "WITH a AS (SELECT concat(schemaname, '.', tablename) AS t FROM pg_publication_tables "
        "WHERE pubname = %s),"
        " b AS (SELECT concat(schemaname, '.', tablename) AS t FROM pg_publication_tables WHERE "
        "pubname = %s)"
        " SELECT (SELECT string_agg(t, ', ' ORDER BY t) FROM (SELECT t FROM b EXCEPT SELECT t FROM "
        "a) x),"
        " (SELECT string_agg(t, ', ' ORDER BY t) FROM (SELECT t FROM a EXCEPT SELECT t FROM b) x), "
        "EXISTS (SELECT FROM pg_publication WHERE pubname = %s)";
    struct buf a = { 0 }, b = { 0 };
    pg_literal(&a, before);
    pg_literal(&b, now);
    PGresult *r = pg_query(sql, err, query, buf_cstr(&a), buf_cstr(&b), buf_cstr(&a));
    buf_done(&a);
    buf_done(&b);
    if (!r)
        return -1;
    const char *comes = PQgetisnull(r, 0, 0) ? "none" : pg_cell(r, 0, 0),
               *goes = PQgetisnull(r, 0, 1) ? "none" : pg_cell(r, 0, 1);
    bool there = *pg_cell(r, 0, 2) == 't';
    buf_printf(ret, "source.publication was %s when the position was stored, and is %s: ", before,
               now);
    if (there)
        buf_printf(ret, "tables that come: %s; tables that go: %s", comes, goes);
    else
        buf_printf(ret, "which tables come and go is not known, as %s is not there any more",
                   before);
    buf_str(ret, ". Rows of tables that come, written before the position, are in no topic; "
                 "changes of tables that go, written after it, are not fed");
    PQclear(r);
    return 0;
}
