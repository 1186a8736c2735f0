/*
 * What the catalog says of a table to be read: its files, signature, row filter and fence, and what
 * this role may read of it. chunk.c and range.c plan with it.
 */
#include <stdlib.h>
#include "base/xalloc.h"
#include "source/pg/catalog.h"
#include "source/pg/chunk.h"

/*
 * A table, the partitioned tables above it, and its own partitions: the publication may name any of
 * them.
 */
#define RELATIVES                                                                                  \
    "SELECT c.oid UNION SELECT relid::oid FROM pg_partition_ancestors(c.oid) UNION SELECT "        \
    "relid::oid FROM pg_partition_tree(c.oid)"

/*
 * The signature is of catalog rows' xmin: it changes with what they say. pg_class's own xmin is
 * left out, as creating an index rewrites that row. pg_relation_filenode() knows the file of now,
 * whatever the transaction's snapshot.
 *
 * membership: the catalog rows by which the publication has the table. young: how many transactions
 * ago the newest of them was written. A frozen row keeps its xmin, which after 2^31 transactions
 * looks like one to come: that row is old. age() counts from the next free id, on a standby too; a
 * snapshot's xmax may be less. The partition that was attached last (a) belongs to the membership,
 * too: it brought rows that the stream never sent. A partition that was created as one came empty.
 * ATTACH locks writers out, so an attached partition does not count as young.
 */
static const char look_sql[] =
    "SELECT c.oid, c.relkind, coalesce(CASE WHEN c.relkind = 'p' THEN (SELECT "
    "md5(string_agg(pg_relation_filenode(t.relid)::text, ',' ORDER BY"
    "   t.relid)) FROM pg_partition_tree(c.oid) t WHERE t.isleaf) ELSE "
    "pg_relation_filenode(c.oid)::text END, 'none'),"
    " concat_ws(' ', c.relreplident, (SELECT md5(string_agg(a.xmin::text || a.attname, ',' ORDER "
    "BY a.attnum)) FROM pg_attribute a"
    "   WHERE a.attrelid = c.oid AND a.attnum > 0),"
    "  (SELECT string_agg(i.xmin::text, ',' ORDER BY i.indexrelid) FROM pg_index i WHERE "
    "i.indrelid = c.oid AND i.indisunique),"
    "  (SELECT string_agg(r.xmin::text, ',' ORDER BY r.oid) FROM pg_publication_rel r WHERE "
    "r.prrelid = c.oid AND r.prpubid = p.oid),"
    "  (SELECT string_agg(s.xmin::text, ',' ORDER BY s.oid) FROM pg_publication_namespace s WHERE "
    "s.pnpubid = p.oid), p.xmin),"
    " CASE WHEN c.relkind = 'p' THEN EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class "
    "l ON l.oid = t.relid::oid"
    "   WHERE t.isleaf AND l.reltoastrelid <> 0 AND pg_relation_size(l.reltoastrelid) > 0)"
    "  ELSE c.reltoastrelid <> 0 AND pg_relation_size(c.reltoastrelid) > 0 END,"
    " CASE WHEN c.relkind = 'r' AND c.reltuples > 0 THEN pg_table_size(c.oid) / c.reltuples ELSE 0 "
    "END,"
    " m.membership, m.young, (SELECT age(s.catalog_xmin) FROM pg_replication_slots s WHERE "
    "s.slot_name = %s),"
    " pg_snapshot_xmax(pg_current_snapshot()), age('3'::xid), h.secured, h.places, p.pubupdate,"
    " p.pubdelete"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_publication p ON "
    "p.pubname = %s,"
    " LATERAL (SELECT string_agg(concat_ws(':', x.of, x.id, x.xmin), ' ' ORDER BY x.of, x.id) AS "
    "membership,"
    "   min(age(x.xmin)) FILTER (WHERE age(x.xmin) >= 0 AND x.of <> 'a') AS young FROM ("
    "   SELECT 'p' AS of, p.oid AS id, p.xmin UNION ALL SELECT 't', r.oid, r.xmin FROM "
    "pg_publication_rel r"
    "    WHERE r.prpubid = p.oid AND r.prrelid IN (" RELATIVES ") UNION ALL"
    "   SELECT 'n', s.oid, s.xmin FROM pg_publication_namespace s WHERE s.pnpubid = p.oid AND "
    "s.pnnspid IN"
    "    (SELECT l.relnamespace FROM pg_class l WHERE l.oid IN (" RELATIVES ")) UNION ALL"
    "   (SELECT 'a', i.inhrelid, i.xmin FROM pg_partition_tree(c.oid) l JOIN pg_inherits i"
    "    ON i.inhrelid = l.relid::oid JOIN pg_class k ON k.oid = l.relid::oid JOIN pg_type y"
    "    ON y.oid = k.reltype WHERE l.level > 0 AND y.xmin <> i.xmin"
    "    ORDER BY age(i.xmin), i.inhrelid DESC LIMIT 1)) x) m,"
    " LATERAL (SELECT string_agg(t.oid::regclass::text, ', ' ORDER BY t.oid) FILTER (WHERE "
    "row_security_active(t.oid)) AS secured,"
    "   bool_and(l.relkind = 'p' OR has_table_privilege(t.oid, 'SELECT')) AS places"
    "   FROM (SELECT c.oid UNION SELECT relid::oid FROM pg_partition_tree(c.oid)) t JOIN pg_class "
    "l ON l.oid = t.oid) h"
    " WHERE n.nspname = %s AND c.relname = %s";

enum {
    L_OID,
    L_KIND,
    L_FILES,
    L_SIGNATURE,
    L_OUT_OF_LINE,
    L_WIDTH,
    L_MEMBERSHIP,
    L_YOUNG,
    L_SLOT,
    L_XMAX,
    L_NEXT,
    L_SECURED,
    L_PLACES,
    L_UPDATES,
    L_DELETES
};

void pg_target_free(struct pg_target *t)
{
    if (!t)
        return;
    free(t->files);
    free(t->signature);
    free(t->membership);
    free(t->filter);
    free(t->secured);
    free(t);
}

/*
 * Reads columns, key and row filter as published. That costs much if there are many tables, so it
 * is done once per signature.
 */
static enum read_result describe(struct pg_reader *r, struct pg_target *t,
                                 const struct read_order *o, struct err *err)
{
    struct buf pub = { 0 }, schema = { 0 }, table = { 0 };
    pg_literal(&pub, r->opt->publication);
    pg_literal(&schema, o->schema);
    pg_literal(&table, o->table);
    PGresult *q = pg_query(
        r->sql, err,
        "SELECT rowfilter FROM pg_publication_tables WHERE pubname = %s AND schemaname = %s AND"
        " tablename = %s",
        buf_cstr(&pub), buf_cstr(&schema), buf_cstr(&table));
    buf_done(&pub);
    buf_done(&schema);
    buf_done(&table);
    if (!q)
        return READ_ERROR;
    bool published = PQntuples(q) > 0;
    if (published && !PQgetisnull(q, 0, 0))
        t->filter = xstrdup(pg_cell(q, 0, 0));
    PQclear(q);
    if (!published)
        return READ_GONE;
    struct pg_sql sql = { .conn = r->sql };
    if (pg_relations_describe(&r->relations, &sql, t->oid, r->opt->publication, err))
        return READ_ERROR;
    t->entry = pg_relations_find(&r->relations, t->oid);
    return t->entry->table ? READ_DONE : READ_GONE;
}

static int64_t number(PGresult *q, int field)
{
    return strtoll(pg_cell(q, 0, field), NULL, 10);
}

/*
 * 0: no fence, as every transaction that the slot will still decode sees the newest of the
 * publication's rows.
 */
static uint64_t read_fence(PGresult *q, uint32_t oid, struct pg_fences *fences)
{
    if (PQgetisnull(q, 0, L_YOUNG) ||
        (!PQgetisnull(q, 0, L_SLOT) && number(q, L_YOUNG) > number(q, L_SLOT)))
        return 0;
    uint32_t next = 3 + (uint32_t)number(q, L_NEXT);
    return pg_fence(fences, oid, pg_cell(q, 0, L_MEMBERSHIP),
                    pg_full_xid((uint64_t)number(q, L_XMAX), next));
}

static struct pg_target *read_target(PGresult *q, struct pg_fences *fences)
{
    struct pg_target *t = xcalloc(1, sizeof *t);
    t->oid = (uint32_t)strtoul(pg_cell(q, 0, L_OID), NULL, 10);
    t->kind = pg_cell(q, 0, L_KIND)[0];
    t->files = xstrdup(pg_cell(q, 0, L_FILES));
    t->signature = xstrdup(pg_cell(q, 0, L_SIGNATURE));
    t->membership = xstrdup(pg_cell(q, 0, L_MEMBERSHIP));
    t->out_of_line = pg_cell(q, 0, L_OUT_OF_LINE)[0] == 't';
    t->width = strtod(pg_cell(q, 0, L_WIDTH), NULL);
    t->secured = PQgetisnull(q, 0, L_SECURED) ? NULL : xstrdup(pg_cell(q, 0, L_SECURED));
    t->places = pg_cell(q, 0, L_PLACES)[0] == 't';
    t->updates = pg_cell(q, 0, L_UPDATES)[0] == 't';
    t->deletes = pg_cell(q, 0, L_DELETES)[0] == 't';
    t->fence = read_fence(q, t->oid, fences);
    return t;
}

static PGresult *look(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    struct buf slot = { 0 }, pub = { 0 }, schema = { 0 }, table = { 0 };
    pg_literal(&slot, r->opt->slot);
    pg_literal(&pub, r->opt->publication);
    pg_literal(&schema, o->schema);
    pg_literal(&table, o->table);
    PGresult *q = pg_query(r->sql, err, look_sql, buf_cstr(&slot), buf_cstr(&pub),
                           buf_cstr(&schema), buf_cstr(&table));
    buf_done(&slot);
    buf_done(&pub);
    buf_done(&schema);
    buf_done(&table);
    return q;
}

enum read_result pg_target_look(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    PGresult *q = look(r, o, err);
    if (!q)
        return READ_ERROR;
    struct pg_target *old = r->target, *t = PQntuples(q) ? read_target(q, r->fences) : NULL;
    PQclear(q);
    r->target = t;
    enum read_result rc = READ_GONE;
    int wanted = 0;
    if (t && old && old->oid == t->oid && strcmp(old->signature, t->signature) == 0) {
        t->filter = old->filter;
        t->entry = old->entry;
        old->filter = NULL;
        rc = READ_DONE;
    } else if (t && (wanted = pg_wanted(&r->opt->wanted, o->schema, o->table, err))) {
        rc = wanted < 0 ? READ_ERROR : describe(r, t, o, err);
    }
    pg_target_free(old);
    if (rc != READ_DONE)
        pg_target_forget(r);
    return rc;
}

void pg_target_forget(struct pg_reader *r)
{
    pg_target_free(r->target);
    r->target = NULL;
}

enum read_result pg_target_have(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    const struct table *t = r->target ? r->target->entry->table : NULL;
    return t && strcmp(t->schema, o->schema) == 0 && strcmp(t->name, o->table) == 0
               ? READ_DONE
               : pg_target_look(r, o, err);
}

/* ---- what this role may read of it ---- */

bool pg_target_needs(const struct pg_reader *r, uint16_t column)
{
    const struct pg_options *o = r->opt;
    return !o->needs_column || o->needs_column(o->needs, r->target->entry->table, column);
}

/* A value without a binary form travels as the text of its output function, as in the stream. */
void pg_target_columns(const struct pg_reader *r, struct buf *out)
{
    const struct table *t = r->target->entry->table;
    for (uint16_t i = 0; i < t->ncols; i++) {
        struct buf name = { 0 };
        pg_ident(&name, t->cols[i].name);
        const char *c = buf_cstr(&name), *comma = i ? ", " : "";
        if (!pg_target_needs(r, i))
            buf_printf(out, "%sNULL", comma);
        else if (t->cols[i].form == FORM_PG_BINARY)
            buf_printf(out, "%s%s", comma, c);
        else
            buf_printf(out, "%sCASE WHEN num_nonnulls(%s) > 0 THEN format('%%s', %s) END", comma, c,
                       c);
        buf_done(&name);
    }
}

/* The needed columns on which the role lacks SELECT, as SQL names them; "": none. */
static int denied_columns(struct pg_reader *r, char *ret, size_t size, struct err *err)
{
    const struct table *t = r->target->entry->table;
    struct buf names = { 0 };
    buf_str(&names, "ARRAY[NULL");
    for (uint16_t i = 0; i < t->ncols; i++)
        if (pg_target_needs(r, i)) {
            buf_str(&names, ", ");
            pg_literal(&names, t->cols[i].name);
        }
    int rc = pg_value(
        r->sql, ret, size, err,
        "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a"
        " WHERE a.attrelid = %u AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY "
        "(%s]::name[])"
        " AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT')",
        r->target->oid, buf_cstr(&names));
    buf_done(&names);
    return rc;
}

/*
 * True if the role may read no column and all are needed. Then a grant on the table is the short
 * answer, and the table can be read by blocks.
 */
static bool lacks_all(struct pg_reader *r)
{
    char any[8];
    struct err unsaid = { 0 };
    for (uint16_t i = 0; i < r->target->entry->table->ncols; i++)
        if (!pg_target_needs(r, i))
            return false;
    return !pg_value(r->sql, any, sizeof any, &unsaid,
                     "SELECT has_any_column_privilege(%u::oid, 'SELECT')", r->target->oid) &&
           any[0] == 'f';
}

/* Replaces the server's words in err with what the role lacks, if that is known. */
static int name_what_is_missing(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    char usage[8], columns[400];
    struct err unsaid = { 0 };
    char role[ROLE_SIZE];
    if (pg_role(r->sql, role, sizeof role, &unsaid) ||
        pg_value(r->sql, usage, sizeof usage, &unsaid,
                 "SELECT has_schema_privilege(relnamespace, 'USAGE') FROM pg_class WHERE oid = %u",
                 r->target->oid) ||
        denied_columns(r, columns, sizeof columns, &unsaid))
        return -1;
    if (usage[0] != 't')
        return err_set(err, ERR_CONFIG, "table %s.%s may not be read by role \"%s\" -> on the "
                       "primary, GRANT USAGE ON SCHEMA \"%s\" TO \"%s\"", o->schema, o->table, role,
                       o->schema, role);
    if (columns[0] && lacks_all(r))
        return err_set(err, ERR_CONFIG, "table %s.%s may not be read by role \"%s\" -> on the "
                       "primary, GRANT SELECT ON \"%s\".\"%s\" TO \"%s\", or leave it out "
                       "(tables.exclude, or the publication)", o->schema, o->table, role,
                       o->schema, o->table, role);
    if (columns[0])
        return err_set(
            err, ERR_CONFIG,
            "columns %s of table %s.%s may not be read by role \"%s\" -> "
            "on the primary, GRANT SELECT (%s) ON \"%s\".\"%s\" TO \"%s\", or leave them "
            "out (columns.exclude, or the publication's column list)",
            columns, o->schema, o->table, role, columns, o->schema, o->table, role);
    return err_wrap(err, "table %s.%s", o->schema, o->table);
}

static int say_secured(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    char role[ROLE_SIZE];
    if (pg_role(r->sql, role, sizeof role, err))
        return -1;
    return err_set(err, ERR_CONFIG,
                   "table %s.%s: row level security of %s hides rows from role \"%s\", which the "
                   "stream shows: ALTER "
                   "ROLE \"%s\" BYPASSRLS on the primary, or leave the table out",
                   o->schema, o->table, r->target->secured, role, role);
}

int pg_target_may_read(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    const struct pg_target *t = r->target;
    if (t->secured)
        return say_secured(r, o, err);
    struct buf q = { 0 };
    buf_str(&q, "EXPLAIN SELECT ");
    pg_target_columns(r, &q);
    buf_str(&q, t->kind == 'p' ? " FROM " : " FROM ONLY ");
    pg_qualified(&q, o->schema, o->table);
    buf_printf(&q, " WHERE (%s) AND (%s)", t->filter ? t->filter : "true",
               o->where ? o->where : "true");
    PGresult *res = pg_exec(r->sql, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    PQclear(res);
    return res ? 0 : err->class == ERR_CONFIG ? name_what_is_missing(r, o, err) : -1;
}
