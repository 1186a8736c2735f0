#include <stdlib.h>
#include "source/pg/catalog.h"
#include "source/pg/chunk.h"

/*
 * Row versions of the catalog (xmin) change with what they say. Not pg_class's own: creating an index rewrites it.
 * pg_relation_filenode() knows the file of now, whatever the transaction's snapshot.
 */
static const char look_sql[] =
    "SELECT c.oid, c.relkind, coalesce(CASE WHEN c.relkind = 'p' THEN (SELECT md5(string_agg(pg_relation_filenode(t.relid)::text, ',' ORDER BY"
    "   t.relid)) FROM pg_partition_tree(c.oid) t WHERE t.isleaf) ELSE pg_relation_filenode(c.oid)::text END, 'none'),"
    " concat_ws(' ', c.relreplident, (SELECT md5(string_agg(a.xmin::text || a.attname, ',' ORDER BY a.attnum)) FROM pg_attribute a"
    "   WHERE a.attrelid = c.oid AND a.attnum > 0),"
    "  (SELECT string_agg(i.xmin::text, ',' ORDER BY i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique),"
    "  (SELECT string_agg(r.xmin::text, ',' ORDER BY r.oid) FROM pg_publication_rel r WHERE r.prrelid = c.oid AND r.prpubid = p.oid),"
    "  (SELECT string_agg(s.xmin::text, ',' ORDER BY s.oid) FROM pg_publication_namespace s WHERE s.pnpubid = p.oid), p.xmin),"
    " CASE WHEN c.relkind = 'p' THEN EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid"
    "   WHERE t.isleaf AND l.reltoastrelid <> 0 AND pg_relation_size(l.reltoastrelid) > 0)"
    "  ELSE c.reltoastrelid <> 0 AND pg_relation_size(c.reltoastrelid) > 0 END,"
    " CASE WHEN c.relkind = 'r' AND c.reltuples > 0 THEN pg_table_size(c.oid) / c.reltuples ELSE 0 END"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_publication p ON p.pubname = ";

void pg_target_free(struct pg_target *t)
{
    if (!t)
        return;
    free(t->files);
    free(t->signature);
    free(t->filter);
    free(t);
}

/* Columns, key and row filter as published: costly where many tables are, so done once a signature. */
static enum read_result describe(struct pg_reader *r, struct pg_target *t, const struct read_order *o, struct err *err)
{
    struct buf pub = { 0 }, schema = { 0 }, table = { 0 };
    pg_literal(&pub, r->opt->publication);
    pg_literal(&schema, o->schema);
    pg_literal(&table, o->table);
    PGresult *q = pg_query(r->sql, err, "SELECT rowfilter FROM pg_publication_tables WHERE pubname = %s AND schemaname = %s AND"
                           " tablename = %s", buf_cstr(&pub), buf_cstr(&schema), buf_cstr(&table));
    buf_done(&pub);
    buf_done(&schema);
    buf_done(&table);
    if (!q)
        return READ_ERROR;
    bool published = PQntuples(q) > 0;
    if (published && !PQgetisnull(q, 0, 0))
        t->filter = strdup(PQgetvalue(q, 0, 0));
    PQclear(q);
    if (!published)
        return READ_GONE;
    if (pg_relations_describe(&r->relations, r->sql, t->oid, r->opt->publication, err))
        return READ_ERROR;
    t->entry = pg_relations_find(&r->relations, t->oid);
    return t->entry->table ? READ_DONE : READ_GONE;
}

static struct pg_target *read_target(PGresult *q)
{
    struct pg_target *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    t->oid = (uint32_t)strtoul(PQgetvalue(q, 0, 0), NULL, 10);
    t->kind = PQgetvalue(q, 0, 1)[0];
    t->files = strdup(PQgetvalue(q, 0, 2));
    t->signature = strdup(PQgetvalue(q, 0, 3));
    t->out_of_line = PQgetvalue(q, 0, 4)[0] == 't';
    t->width = strtod(PQgetvalue(q, 0, 5), NULL);
    return t;
}

enum read_result pg_target_look(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    struct buf s = { 0 };
    buf_str(&s, look_sql);
    pg_literal(&s, r->opt->publication);
    buf_str(&s, " WHERE n.nspname = ");
    pg_literal(&s, o->schema);
    buf_str(&s, " AND c.relname = ");
    pg_literal(&s, o->table);
    PGresult *q = pg_exec(r->sql, buf_cstr(&s), PGRES_TUPLES_OK, err);
    buf_done(&s);
    if (!q)
        return READ_ERROR;
    struct pg_target *old = r->target, *t = PQntuples(q) ? read_target(q) : NULL;
    PQclear(q);
    r->target = t;
    enum read_result rc = READ_GONE;
    if (t && old && old->oid == t->oid && strcmp(old->signature, t->signature) == 0) {
        t->filter = old->filter;
        t->entry = old->entry;
        old->filter = NULL;
        rc = READ_DONE;
    } else if (t && pg_wanted(&r->opt->wanted, o->schema, o->table)) {
        rc = describe(r, t, o, err);
    }
    pg_target_free(old);
    if (rc != READ_DONE) {
        pg_target_free(r->target);
        r->target = NULL;
    }
    return rc;
}

enum read_result pg_target_have(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    const struct table *t = r->target ? r->target->entry->table : NULL;
    return t && strcmp(t->schema, o->schema) == 0 && strcmp(t->name, o->table) == 0 ? READ_DONE : pg_target_look(r, o, err);
}
