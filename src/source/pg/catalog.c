/*
 * What the catalog says of relations now: columns, keys, and the Relation message that the server
 * would send. describe.c, relation.c and tables.c ask; answers live in the caller's arena or
 * buffer.
 */
#include "source/pg/catalog.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The query for columns want(rel, ord, name, typ, typmod). It follows domains to their base type,
 * and knows an array by its element. LATER marks a catalog row (by its xmin) whose transaction
 * began after the row's own, tx(age). A negative age is a row frozen long ago.
 */
#define LATER(xmin) "CASE WHEN age(" xmin ") BETWEEN 0 AND tx.age - 1 THEN " xmin " END"

/* PostgreSQL 18: attnotnull counts a NOT NULL that is NOT VALID, but older rows may hold NULL. */
#define NOT_NULL_OF "n.contype = 'n' AND n.conrelid = a.attrelid AND n.conkey = ARRAY[a.attnum]"

/* A column that the table had when the row was written. Columns added since come behind it. */
#define THERE_THEN "b.attrelid = a.attrelid AND b.attnum > 0 AND" \
    " (NOT b.attisdropped OR age(b.xmin) BETWEEN 0 AND tx.age)"

static const char columns_sql[] =
    ", chain(rel, ord, oid, typmod, must) AS ("
    "  SELECT rel, ord, typ, typmod, false FROM want"
    "  UNION ALL SELECT c.rel, c.ord, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod "
    "ELSE c.typmod END, c.must OR t.typnotnull"
    "  FROM chain c JOIN pg_type t ON t.oid = c.oid WHERE t.typtype = 'd')"
    " SELECT w.rel, w.ord, w.name, w.typ, a.attnum IS NOT NULL, coalesce(" LATER(
        "a.xmin") ", " LATER("n.xmin") "),"
                                       "   " LATER(
                                           "coalesce(d.xmin, a.xmin)") ", l.later, l.before,"
                                                                       "   b.oid, b.typtype, "
                                                                       "b.typname, (SELECT "
                                                                       "x.extname FROM pg_depend p "
                                                                       "JOIN pg_extension x ON "
                                                                       "x.oid = p.refobjid"
                                                                       "     WHERE p.classid = "
                                                                       "'pg_type'::regclass::oid "
                                                                       "AND p.refclassid = "
                                                                       "'pg_extension'::regclass::"
                                                                       "oid AND p.objid = "
                                                                       "coalesce(e.oid, b.oid) AND "
                                                                       "p.deptype = 'e'),"
                                                                       "   c.typmod, w_t.typsend "
                                                                       "<> 0, CASE WHEN "
                                                                       "b.typcategory = 'A' THEN "
                                                                       "b.typelem ELSE 0 END, "
                                                                       "e.typtype, e.typname, "
                                                                       "l.list,"
                                                                       "   format_type(w.typ, "
                                                                       "w.typmod), w_t.typtype = "
                                                                       "'d', c.must, NULL,"
                                                                       "   CASE WHEN NOT "
                                                                       "a.attnotnull THEN 'f' WHEN "
                                                                       "NOT n.convalidated THEN "
                                                                       "'n' WHEN a.attnotnull THEN "
                                                                       "'t' END, CASE WHEN "
                                                                       "a.attidentity = '' AND "
                                                                       "a.attgenerated = '' THEN "
                                                                       "pg_get_expr(d.adbin, "
                                                                       "d.adrelid) END,"
                                                                       "   a.attidentity <> '' OR "
                                                                       "pg_get_expr(d.adbin, "
                                                                       "d.adrelid) LIKE "
                                                                       "'nextval(%',"
                                                                       "   a.attgenerated <> '', "
                                                                       "pg_get_expr(d.adbin, "
                                                                       "d.adrelid), "
                                                                       "said.description, a.attnum"
                                                                       " FROM tx, want w JOIN "
                                                                       "pg_type w_t ON w_t.oid = "
                                                                       "w.typ"
                                                                       " JOIN chain c ON c.rel = "
                                                                       "w.rel AND c.ord = w.ord "
                                                                       "JOIN pg_type b ON b.oid = "
                                                                       "c.oid AND b.typtype <> 'd'"
                                                                       " LEFT JOIN pg_type e ON "
                                                                       "e.oid = b.typelem AND "
                                                                       "b.typcategory = 'A'"
                                                                       " LEFT JOIN pg_attribute a "
                                                                       "ON a.attrelid = w.rel AND "
                                                                       "a.attname = w.name AND "
                                                                       "a.atttypid = w.typ AND NOT "
                                                                       "a.attisdropped"
                                                                       " LEFT JOIN pg_constraint n "
                                                                       "ON " NOT_NULL_OF
                                                                       " LEFT JOIN pg_attrdef d ON "
                                                                       "d.adrelid = a.attrelid AND "
                                                                       "d.adnum = a.attnum"
                                                                       " LEFT JOIN pg_description "
                                                                       "said ON said.objoid = "
                                                                       "a.attrelid AND "
                                                                       "said.classoid = "
                                                                       "'pg_class'::regclass::oid "
                                                                       "AND said.objsubid = "
                                                                       "a.attnum"
                                                                       " CROSS JOIN LATERAL "
                                                                       "(SELECT "
                                                                       "string_agg(enumlabel, "
                                                                       "chr(1) ORDER BY "
                                                                       "enumsortorder) AS list,"
                                                                       "   string_agg(enumlabel, "
                                                                       "chr(1) ORDER BY "
                                                                       "enumsortorder) FILTER "
                                                                       "(WHERE age(x.xmin) NOT "
                                                                       "BETWEEN 0 AND tx.age - 1) "
                                                                       "AS before,"
                                                                       "   (array_agg(x.xmin ORDER "
                                                                       "BY age(x.xmin) DESC) "
                                                                       "FILTER (WHERE age(x.xmin) "
                                                                       "BETWEEN 0 AND tx.age - "
                                                                       "1))[1] AS later"
                                                                       "   FROM pg_enum x WHERE "
                                                                       "x.enumtypid = CASE WHEN "
                                                                       "b.typtype = 'e' THEN b.oid "
                                                                       "ELSE e.oid END) l"
                                                                       " ORDER BY w.rel, w.ord";

enum {
    C_REL,
    C_ORD,
    C_COLUMN,
    C_TYPE,
    C_THERE,
    C_LATER,
    C_DEFAULT_LATER,
    C_LABELS_LATER,
    C_LABELS_BEFORE,
    C_FACTS
};

/* xid 0 means no transaction: then nothing is later. */
static void put_tx(struct buf *q, uint32_t xid)
{
    buf_printf(q, xid ? "age('%u'::xid)" : "%u", xid);
}

static void want_list(struct buf *q, const struct pg_relation *m, struct cursor columns,
                      uint32_t xid)
{
    buf_str(q, "WITH RECURSIVE tx(age) AS (SELECT ");
    put_tx(q, xid);
    buf_str(q, "), want(rel, ord, name, typ, typmod) AS (VALUES ");
    for (uint16_t i = 0; i < m->ncols; i++) {
        struct pg_rel_column c = pg_proto_rel_column(&columns);
        buf_printf(q, "%s(%u::oid, %u, ", i ? ", " : "", m->oid, i);
        pg_literal(q, c.name);
        buf_printf(q, "::name, %u::oid, %d)", c.type_oid, c.typmod);
    }
    buf_str(q, ")");
}

static const char *text_or_null(PGresult *r, int row, int field, struct arena *a)
{
    return PQgetisnull(r, row, field) ? NULL : arena_strdup(a, pg_cell(r, row, field));
}

static uint32_t oid_at(PGresult *r, int row, int field)
{
    return (uint32_t)strtoul(pg_cell(r, row, field), NULL, 10);
}

static void read_now(PGresult *r, int row, struct pg_now *now, struct arena *a)
{
    now->type = true;
    now->column = pg_cell(r, row, C_THERE)[0] == 't';
    now->later = oid_at(r, row, C_LATER);
    now->default_later = oid_at(r, row, C_DEFAULT_LATER);
    now->labels_later = oid_at(r, row, C_LABELS_LATER);
    now->labels_before = text_or_null(r, row, C_LABELS_BEFORE, a);
    now->said.name = arena_strdup(a, pg_cell(r, row, C_COLUMN));
    now->said.type = oid_at(r, row, C_TYPE);
    for (int f = 0; f < PG_FACTS; f++)
        now->said.fact[f] = text_or_null(r, row, C_FACTS + f, a);
}

int pg_catalog_columns(PGconn *sql, const struct pg_relation *m, uint32_t xid, struct pg_now *now,
                       struct arena *a, struct err *err)
{
    struct cursor columns = m->columns;
    for (uint16_t i = 0; i < m->ncols; i++) {
        struct pg_rel_column c = pg_proto_rel_column(&columns);
        now[i] = (struct pg_now){ .said = { .name = arena_strdup(a, c.name), .type = c.type_oid } };
    }
    if (!m->ncols)
        return 0;
    struct buf q = { 0 };
    want_list(&q, m, m->columns, xid);
    buf_str(&q, columns_sql);
    PGresult *r = pg_exec(sql, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    int rc = r ? 0 : -1;
    for (int row = 0; r && !rc && row < PQntuples(r); row++) {
        uint32_t ord = PQgetisnull(r, row, C_ORD) ? m->ncols : oid_at(r, row, C_ORD);
        if (ord < m->ncols)
            read_now(r, row, &now[ord], a);
        else
            rc = err_set(err, ERR_FATAL, "the catalog's answer about %s.%s has a column that was "
                         "not asked for: is source.conninfo PostgreSQL itself?", m->schema,
                         m->name);
    }
    PQclear(r);
    return rc;
}

PGresult *pg_catalog_all_columns(PGconn *sql, const char *want, struct err *err)
{
    struct buf q = { 0 };
    buf_printf(&q,
               "WITH RECURSIVE tx(age) AS (SELECT 0), want(rel, ord, name, typ, typmod) AS "
               "MATERIALIZED (%s)",
               want);
    buf_str(&q, columns_sql);
    PGresult *r = pg_exec(sql, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    return r;
}

uint32_t pg_catalog_row_relation(PGresult *r, int row)
{
    return oid_at(r, row, C_REL);
}

void pg_catalog_row_column(PGresult *r, int row, struct column *col, struct arena *a)
{
    struct pg_now now;
    read_now(r, row, &now, a);
    pg_said_column(&now.said, false, col, a);
}

/*
 * Rows (relation, key column), in key order, of the relations that the condition takes. Then what
 * pg_catalog_key() needs too: the column's index among the columns that the table had when xid
 * wrote, and their number; the column's type; the transaction that wrote the index, if later than
 * xid. The last field is true if xid or a later transaction wrote the column: its name may have
 * been another.
 */
static PGresult *query_keys(PGconn *sql, const char *relations, const char *identity_first,
                            uint32_t xid, struct err *err)
{
    struct buf q = { 0 };
    buf_str(&q, "WITH tx(age) AS (SELECT ");
    put_tx(&q, xid);
    buf_printf(
        &q,
        "), i AS (SELECT DISTINCT ON (indrelid) i.*, i.xmin AS written FROM pg_index i JOIN "
        "pg_class c ON c.oid = i.indrelid WHERE %s"
        "  AND indisunique AND indisvalid AND indpred IS NULL"
        "  AND indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = "
        "i.indrelid"
        "    AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AND (NOT a.attnotnull"
        "      OR EXISTS (SELECT FROM pg_constraint n WHERE " NOT_NULL_OF
        " AND NOT n.convalidated)))"
        "  ORDER BY indrelid, %s indisprimary DESC, indexrelid)"
        " SELECT i.indrelid, a.attname, (SELECT count(*) FROM pg_attribute b WHERE b.attnum < "
        "a.attnum AND " THERE_THEN "),"
        "  (SELECT count(*) FROM pg_attribute b WHERE " THERE_THEN "), a.atttypid, " LATER(
            "i.written") ","
                         "  age(a.xmin) BETWEEN 0 AND tx.age"
                         " FROM tx, i CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts "
                         "- 1]) WITH ORDINALITY k(num, ord)"
                         " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num "
                         "ORDER BY i.indrelid, k.ord",
        relations, identity_first);
    PGresult *r = pg_exec(sql, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    return r;
}

static PGresult *all_keys(PGconn *sql, const char *relations, bool unmarked, uint32_t xid,
                          struct err *err)
{
    struct buf which = { 0 };
    buf_printf(&which, "indrelid IN (%s) AND (indimmediate OR c.relreplident <> 'f')%s", relations,
               unmarked ? " AND NOT (c.relreplident = 'd' AND indisprimary AND indimmediate)" : "");
    PGresult *r = query_keys(sql, buf_cstr(&which),
                             "(c.relreplident = 'i' AND indisreplident) DESC,", xid, err);
    buf_done(&which);
    return r;
}

PGresult *pg_catalog_all_keys(PGconn *sql, const char *relations, bool unmarked, struct err *err)
{
    return all_keys(sql, relations, unmarked, 0, err);
}

/* Before PostgreSQL 18 the server publishes no generated column, whatever attnames says. */
int pg_catalog_hidden_key(PGconn *sql, const struct pg_relation *m, uint32_t xid,
                          const char *publication, struct pg_hidden_key *ret, struct arena *a,
                          struct err *err)
{
    char oid[16];
    *ret = (struct pg_hidden_key){ 0 };
    snprintf(oid, sizeof oid, "%u", m->oid);
    PGresult *keys = all_keys(sql, oid, false, xid, err);
    if (!keys || !PQntuples(keys) || oid_at(keys, 0, 5)) {
        PQclear(keys);
        return keys ? 0 : -1;
    }
    struct buf pub = { 0 }, key = { 0 };
    ret->there = true;
    pg_literal(&pub, publication);
    for (int i = 0; i < PQntuples(keys); i++) {
        buf_str(&key, i ? ", " : "");
        pg_literal(&key, pg_cell(keys, i, 1));
    }
    PQclear(keys);
    PGresult *r =
        pg_query(sql, err,
                 "SELECT k.name FROM unnest(ARRAY[%s]::name[]) WITH ORDINALITY k(name, ord) JOIN "
                 "pg_attribute a ON"
                 " a.attrelid = %u AND a.attname = k.name, pg_class c JOIN pg_namespace n ON n.oid "
                 "= c.relnamespace JOIN"
                 " pg_publication_tables p ON p.schemaname = n.nspname AND p.tablename = c.relname "
                 "WHERE p.pubname = %s AND"
                 " c.oid = %u AND NOT (k.name = ANY (p.attnames) AND (a.attgenerated = '' OR"
                 " current_setting('server_version_num')::int >= 180000)) ORDER BY k.ord LIMIT 1",
                 buf_cstr(&key), m->oid, buf_cstr(&pub), m->oid);
    buf_done(&pub);
    buf_done(&key);
    if (r && PQntuples(r))
        ret->column = arena_strdup(a, pg_cell(r, 0, 0));
    PQclear(r);
    return r ? 0 : -1;
}

/*
 * If the message marks no column, today's primary key was not there when the row was written: the
 * message would have marked its columns. A DEFERRABLE key lets two rows share a key until the
 * commit: after a swap, the delete of one row would hide the other. Only REPLICA IDENTITY FULL has
 * such changes; else the primary refuses them.
 */
int pg_catalog_key(PGconn *sql, const struct pg_relation *m, bool marked, uint32_t xid,
                   struct pg_now_key *ret, struct arena *a, struct err *err)
{
    char which[96];
    const char *but = m->identity == 'f'              ? " AND indimmediate"
                      : m->identity == 'd' && !marked ? " AND NOT (indisprimary AND indimmediate)"
                                                      : "";
    snprintf(which, sizeof which, "indrelid = %u%s", m->oid, but);
    PGresult *r =
        query_keys(sql, which, m->identity == 'i' ? "indisreplident DESC," : "", xid, err);
    if (!r)
        return -1;
    int n = PQntuples(r);
    *ret = (struct pg_now_key){ .n = (uint16_t)n,
                                .columns = arena_alloc(a, ((size_t)n + 1) * sizeof *ret->columns) };
    for (int i = 0; i < n; i++) {
        ret->columns[i] = (struct pg_key_column){
            arena_strdup(a, pg_cell(r, i, 1)), (uint16_t)oid_at(r, i, 2), oid_at(r, i, 4),
            xid && pg_cell(r, i, 6)[0] == 't',
        };
        ret->of = (uint16_t)oid_at(r, i, 3);
        ret->later = oid_at(r, i, 5);
    }
    PQclear(r);
    return 0;
}

static void put_be(struct buf *out, uint32_t v, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        buf_u8(out, (uint8_t)(v >> shift));
}

static void put_cstr(struct buf *out, const char *s)
{
    buf_put(out, s, strlen(s) + 1);
}

int pg_catalog_relation(PGconn *sql, uint32_t oid, const char *publication, struct buf *ret_message,
                        struct err *err)
{
    struct buf pub = { 0 };
    pg_literal(&pub, publication);
    PGresult *r = pg_query(
        sql, err,
        "SELECT n.nspname, c.relname, c.relreplident, a.attname, a.atttypid, a.atttypmod,"
        "  c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid"
        "    AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident "
        "ELSE false END"
        "    AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_publication_tables p ON p.pubname = %s AND p.schemaname = n.nspname AND "
        "p.tablename = c.relname"
        " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        "  AND (a.attgenerated = '' OR current_setting('server_version_num')::int >= 180000) AND "
        "a.attname = ANY (p.attnames) WHERE c.oid = %u ORDER BY a.attnum",
        buf_cstr(&pub), oid);
    buf_done(&pub);
    if (!r)
        return -1;
    int n = PQntuples(r);
    if (!n) {
        PQclear(r);
        return err_set(err, ERR_RETRY, "table with oid %u is no longer published", oid);
    }
    put_be(ret_message, oid, 4);
    put_cstr(ret_message, strcmp(pg_cell(r, 0, 0), "pg_catalog") ? pg_cell(r, 0, 0) : "");
    put_cstr(ret_message, pg_cell(r, 0, 1));
    buf_u8(ret_message, (uint8_t)pg_cell(r, 0, 2)[0]);
    /* a table without columns gives one row, without a column */
    n = PQgetisnull(r, 0, 3) ? 0 : n;
    put_be(ret_message, (uint32_t)n, 2);
    for (int i = 0; i < n; i++) {
        buf_u8(ret_message, pg_cell(r, i, 6)[0] == 't');
        put_cstr(ret_message, pg_cell(r, i, 3));
        put_be(ret_message, (uint32_t)strtoul(pg_cell(r, i, 4), NULL, 10), 4);
        put_be(ret_message, (uint32_t)strtol(pg_cell(r, i, 5), NULL, 10), 4);
    }
    PQclear(r);
    return 0;
}
