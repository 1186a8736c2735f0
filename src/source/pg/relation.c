#include "source/pg/relation.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "source/pg/catalog.h"

void pg_relations_init(struct pg_relations *r, const struct pg_options *opt, const char *database)
{
    *r = (struct pg_relations){ .binary = opt->binary, .wanted = &opt->wanted };
    arena_init(&r->arena, 65536);
    r->database = arena_strdup(&r->arena, database);
}

void pg_relations_done(struct pg_relations *r)
{
    arena_done(&r->arena);
    free(r->slots);
    *r = (struct pg_relations){ 0 };
}

static struct pg_rel_entry **slot_of(struct pg_rel_entry **slots, uint32_t cap, uint32_t oid)
{
    uint32_t at = oid * 2654435761u & (cap - 1);
    while (slots[at] && slots[at]->oid != oid)
        at = (at + 1) & (cap - 1);
    return &slots[at];
}

struct pg_rel_entry *pg_relations_find(const struct pg_relations *r, uint32_t oid)
{
    return r->cap ? *slot_of(r->slots, r->cap, oid) : NULL;
}

static void grow(struct pg_relations *r)
{
    uint32_t cap = r->cap ? r->cap * 2 : 64;
    struct pg_rel_entry **slots = calloc(cap, sizeof *slots);
    if (!slots)
        abort();
    for (uint32_t i = 0; i < r->cap; i++)
        if (r->slots[i])
            *slot_of(slots, cap, r->slots[i]->oid) = r->slots[i];
    free(r->slots);
    r->slots = slots;
    r->cap = cap;
}

static struct pg_rel_entry *entry_of(struct pg_relations *r, uint32_t oid)
{
    if (2 * (r->n + 1) > r->cap)
        grow(r);
    struct pg_rel_entry **at = slot_of(r->slots, r->cap, oid);
    if (!*at) {
        *at = memset(arena_alloc(&r->arena, sizeof **at), 0, sizeof **at);
        (*at)->oid = oid;
        r->n++;
    }
    return *at;
}

static struct column *columns_of(struct pg_relations *r, struct pg_relation *m, bool *in_identity)
{
    struct column *cols = arena_alloc(&r->arena, (m->ncols + 1u) * sizeof *cols);
    for (uint16_t i = 0; i < m->ncols; i++) {
        struct pg_rel_column c = pg_proto_rel_column(&m->columns);
        cols[i] = (struct column){ .name = arena_strdup(&r->arena, c.name), .nullable = true };
        in_identity[i] = c.identity;
    }
    return cols;
}

bool pg_wanted(const struct filter *f, const char *schema, const char *table)
{
    char name[160];     /* two names of at most 63 bytes */
    if (strcmp(table, "spatial_ref_sys") == 0)
        return false;   /* PostGIS's own table, which came with the extension: the connector never reads it either */
    snprintf(name, sizeof name, "%s.%s", schema, table);
    return filter_takes(f, name);
}

/* A new version of the table, with buffers of its width. */
static int shape(struct pg_relations *r, struct pg_rel_entry *e, PGconn *sql, struct slice message, struct err *err)
{
    struct pg_relation m;
    if (pg_proto_relation(message, &m, err))
        return -1;
    struct arena *a = &r->arena;
    e->unwanted = !pg_wanted(r->wanted, *m.schema ? m.schema : "pg_catalog", m.name);
    if (e->unwanted) {
        r->any_unwanted = true;
        if (!r->quiet)
            log_info("table is left out table=%s.%s", m.schema, m.name);
        e->table = NULL;
        e->raw = arena_dup(a, message);
        return 0;
    }
    struct cursor columns = m.columns;
    uint32_t version = e->table ? e->table->version + 1 : 1;
    struct table *t = memset(arena_alloc(a, sizeof *t), 0, sizeof *t);
    bool *in_identity = arena_alloc(a, m.ncols + 1u);
    struct column *cols = columns_of(r, &m, in_identity);
    uint16_t *key = arena_alloc(a, (m.ncols + 1u) * sizeof *key);
    *t = (struct table){
        .id = m.oid, .version = version, .database = r->database, .cols = cols, .ncols = m.ncols, .key = key,
        .identity = memchr(in_identity, true, m.ncols) ? in_identity : NULL,   /* without one there are no deletes */
        .schema = arena_strdup(a, *m.schema ? m.schema : "pg_catalog"), .name = arena_strdup(a, m.name),
    };
    if (pg_catalog_columns(sql, &m, columns, r->binary, cols, a, err) ||
        pg_catalog_key(sql, &m, cols, key, &t->nkey, err))
        return err_wrap(err, "table %s.%s", t->schema, t->name);
    e->table = t;
    e->identity = m.identity;
    e->in_identity = in_identity;
    e->raw = arena_dup(a, message);
    e->old_cells = arena_alloc(a, (m.ncols + 1u) * sizeof *e->old_cells);
    e->new_cells = arena_alloc(a, (m.ncols + 1u) * sizeof *e->new_cells);
    e->kinds = arena_alloc(a, m.ncols + 1u);
    if (!r->quiet)
        log_info("table version table=%s.%s version=%u columns=%u key_columns=%u", t->schema, t->name, version, t->ncols,
                 t->nkey);
    return 0;
}

int pg_relations_take(struct pg_relations *r, PGconn *sql, struct slice message, struct err *err)
{
    struct pg_relation m;
    if (pg_proto_relation(message, &m, err))
        return -1;
    struct pg_rel_entry *e = entry_of(r, m.oid);
    return (e->table || e->unwanted) && slice_eq(e->raw, message) ? 0 : shape(r, e, sql, message, err);
}

int pg_relations_describe(struct pg_relations *r, PGconn *sql, uint32_t oid, const char *publication, struct err *err)
{
    struct buf m = { 0 };
    int rc = pg_catalog_relation(sql, oid, publication, &m, err);
    if (!rc)
        rc = pg_relations_take(r, sql, buf_slice(&m), err);
    buf_done(&m);
    return rc;
}
