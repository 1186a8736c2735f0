/*
 * Cuts a table into ranges of blocks or of keys, and writes a range as an SQL condition. chunk.c
 * reads the ranges; a place (the end of a range) is text that survives a restart.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/json_out.h"
#include "base/log.h"
#include "source/pg/chunk.h"

enum { BLOCK_BYTES = 8192 };
enum { KEY_TRIES = 3 };         /* the row that ends a range may be deleted while it is looked up */
/* for a table that was never analyzed: better a range too small than too large */
enum { ROWS_PER_BLOCK = 150 };

/* ---- blocks ---- */

bool pg_block_place_read(struct slice token, struct pg_block_place *ret)
{
    char text[160];
    int end = 0;
    snprintf(text, sizeof text, "%.*s", (int)token.n, (const char *)token.p);
    return token.n < sizeof text &&
           sscanf(text, "blocks %39s %" SCNu32 " %" SCNd64 " %" SCNd64 "%n", ret->files, &ret->leaf,
                  &ret->block, &ret->end, &end) == 4 &&
           !text[end];
}

static void write_place(struct buf *out, const char *files, uint32_t leaf, int64_t block,
                        int64_t end)
{
    out->n = 0;
    buf_printf(out, "blocks %s %" PRIu32 " %" PRId64 " %" PRId64, files, leaf, block, end);
}

/* A table that holds rows: the table itself, or a partition. oid 0: none. */
struct leaf {
    uint32_t oid;
    int64_t blocks;
    double density;             /* rows per block */
    char files[40];
};

/* A query for the oids of the tables that hold t's rows. */
static void leaves_of(const struct pg_target *t, char ret[160])
{
    snprintf(ret, 160,
             t->kind == 'p' ? "SELECT relid::oid AS oid FROM pg_partition_tree(%" PRIu32
                              ") WHERE isleaf"
                            : "SELECT %" PRIu32 "::oid AS oid",
             t->oid);
}

/* The leaf after `after`, in the order of their oids. */
static int next_leaf(struct pg_reader *r, uint32_t after, struct leaf *ret, struct err *err)
{
    const struct pg_target *t = r->target;
    char leaves[160];
    leaves_of(t, leaves);
    PGresult *q =
        pg_query(r->sql, err,
                 "SELECT c.oid, pg_relation_size(c.oid) / current_setting('block_size')::int, CASE "
                 "WHEN c.reltuples > 0 AND c.relpages > 0"
                 " THEN c.reltuples / c.relpages ELSE %d END, "
                 "coalesce(pg_relation_filenode(c.oid)::text, 'none')"
                 " FROM (%s) l JOIN pg_class c ON c.oid = l.oid WHERE c.relkind = 'r' AND"
                 " c.oid > %" PRIu32 " ORDER BY c.oid LIMIT 1",
                 ROWS_PER_BLOCK, leaves, after);
    if (!q)
        return -1;
    bool there = PQntuples(q) > 0;
    ret->oid = there ? (uint32_t)strtoul(pg_cell(q, 0, 0), NULL, 10) : 0;
    ret->blocks = there ? strtoll(pg_cell(q, 0, 1), NULL, 10) : 0;
    ret->density = there ? strtod(pg_cell(q, 0, 2), NULL) : 1;
    snprintf(ret->files, sizeof ret->files, "%s", there ? pg_cell(q, 0, 3) : "none");
    PQclear(q);
    return 0;
}

/*
 * An update may move a row into a part that was read: then no chunk holds the row, and no record
 * does.
 */
static bool may_miss_moved(const struct pg_reader *r, const struct read_order *o)
{
    return o->no_updates || !r->target->updates;
}

/*
 * A table without a key is read by blocks all the same: in one range if it is small, else with a
 * warning.
 */
static void say_may_miss(const struct read_order *o)
{
    log_warn(
        "a table without a key is read in parts, and updates do not reach its topic: rows that are "
        "updated meanwhile may be missing there table=%s.%s",
        o->schema, o->table);
}

static enum read_result next_blocks(struct pg_reader *r, const struct read_order *o,
                                    struct pg_block_place at, uint32_t goal, struct range *ret,
                                    struct err *err)
{
    struct leaf leaf, behind = { 0 };
    bool begins = !at.leaf, may_miss = may_miss_moved(r, o);
    uint32_t max_bytes = o->max_bytes;
    if (next_leaf(r, at.leaf ? at.leaf - 1 : 0, &leaf, err))
        return READ_ERROR;
    /* the leaf is gone, or was rewritten */
    if (at.leaf != leaf.oid || strcmp(at.files, leaf.files))
        at.block = 0, at.end = -1;
    if (at.end < 0)
        at.end = leaf.blocks;
    int64_t blocks = (int64_t)(goal / (leaf.density > 1 ? leaf.density : 1));
    if (max_bytes && blocks > max_bytes / BLOCK_BYTES)
        blocks = max_bytes / BLOCK_BYTES;
    if (may_miss && at.end <= max_bytes / BLOCK_BYTES)
        blocks = at.end;
    int64_t to = at.block + (blocks > 1 ? blocks : 1);
    if (r->target->kind == 'p' && leaf.oid && to >= at.end && next_leaf(r, leaf.oid, &behind, err))
        return READ_ERROR;
    write_place(&ret->from, leaf.files, leaf.oid, at.block, at.end);
    ret->last = to >= at.end && !behind.oid;
    if (begins && may_miss && !ret->last)
        say_may_miss(o);
    if (to >= at.end && behind.oid)
        write_place(&ret->to, behind.files, behind.oid, 0, -1);
    else
        write_place(&ret->to, leaf.files, leaf.oid, to < at.end ? to : at.end, at.end);
    return READ_DONE;
}

/* ---- keys: "key [...]", the text of each column; "key" alone: the end ---- */

static const char key_end[] = "key";

static bool is_key(struct slice token)
{
    return token.n > 4 && memcmp(token.p, "key ", 4) == 0;
}

static json_t *key_of(struct slice token)
{
    return is_key(token) ? json_loadb((const char *)token.p + 4, token.n - 4, 0, NULL) : NULL;
}

static void key_columns(const struct table *t, const char *suffix, struct buf *out)
{
    for (uint16_t i = 0; i < t->nkey; i++) {
        buf_str(out, i ? ", " : "");
        pg_ident(out, t->cols[t->key[i]].name);
        buf_str(out, suffix);
    }
}

/*
 * (a, b) > ('1', 'x'): the server compares, in the order of its index. False: the token is no key
 * of this table.
 */
static bool key_term(const struct table *t, struct slice token, const char *op, struct buf *out)
{
    json_t *key = key_of(token), *part;
    size_t i;
    bool fits = json_array_size(key) == t->nkey;
    if (fits) {
        buf_str(out, out->n ? " AND (" : "(");
        key_columns(t, "", out);
        buf_printf(out, ") %s (", op);
        json_array_foreach(key, i, part) {
            buf_str(out, i ? ", " : "");
            pg_literal(out, json_string_value(part) ? json_string_value(part) : "");
        }
        buf_str(out, ")");
    }
    json_decref(key);
    return fits;
}

static void from_table(const struct pg_reader *r, struct buf *q)
{
    const struct table *t = r->target->entry->table;
    buf_str(q, r->target->kind == 'p' ? " FROM " : " FROM ONLY ");
    pg_qualified(q, t->schema, t->name);
}

static void write_key(PGresult *q, uint16_t n, struct buf *out)
{
    buf_str(out, "key [");
    for (uint16_t i = 0; i < n; i++)
        json_out_text(&(struct json_out){ .to = out }, NULL, pg_cell(q, 0, i));
    buf_str(out, "]");
}

/* Finds the key that ends a range of about goal rows behind `from`. Two rows: more rows follow. */
static PGresult *find_end(struct pg_reader *r, const char *where, uint32_t goal, struct err *err)
{
    const struct table *t = r->target->entry->table;
    struct buf q = { 0 };
    buf_str(&q, "SELECT ");
    key_columns(t, "::text", &q);
    from_table(r, &q);
    buf_printf(&q, "%s%s ORDER BY ", *where ? " WHERE " : "", where);
    key_columns(t, "", &q);
    buf_printf(&q, " LIMIT 2 OFFSET %u", goal ? goal - 1 : 0);
    PGresult *res = pg_exec(r->sql, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    return res;
}

/*
 * A range holds the row that ends it, unless that row was just deleted. If a key's text did not
 * lead back to the key, the range behind it could be empty, and be asked for again for ever.
 */
static int holds_a_row(struct pg_reader *r, const char *where, struct slice to, bool *ret,
                       struct err *err)
{
    struct buf q = { 0 }, range = { 0 };
    char there[8];
    buf_str(&range, where);
    key_term(r->target->entry->table, to, "<=", &range);
    buf_str(&q, "SELECT 1");
    from_table(r, &q);
    buf_printf(&q, " WHERE %s LIMIT 1", buf_cstr(&range));
    int rc = pg_value(r->sql, there, sizeof there, err, "%s", buf_cstr(&q));
    *ret = there[0] == '1';
    buf_done(&q);
    buf_done(&range);
    return rc;
}

static int key_range(struct pg_reader *r, const char *where, uint32_t goal, struct range *ret,
                     struct err *err)
{
    bool moves = false;
    for (int tries = 0; tries < KEY_TRIES && !moves; tries++) {
        PGresult *res = find_end(r, where, goal, err);
        if (!res)
            return -1;
        ret->to.n = 0;
        ret->last = PQntuples(res) < 2;
        if (ret->last)
            buf_str(&ret->to, key_end);
        else
            write_key(res, r->target->entry->table->nkey, &ret->to);
        PQclear(res);
        moves = ret->last;
        if (!moves && holds_a_row(r, where, buf_slice(&ret->to), &moves, err))
            return -1;
    }
    return moves ? 0
                 : err_set(err, ERR_DATA,
                           "the rows behind %.*s cannot be read by key: the text of the key %.*s "
                           "does not lead back to "
                           "its row. Leave the table out (tables.exclude), or give it another key",
                           (int)ret->from.n, ret->from.n ? (const char *)ret->from.p : "",
                           (int)ret->to.n, (const char *)ret->to.p);
}

/* A nullable column makes no key for reading: a comparison with NULL takes no row. */
static bool has_key(const struct table *t)
{
    for (uint16_t i = 0; i < t->nkey; i++)
        if (t->cols[t->key[i]].nullable)
            return false;
    return t->nkey > 0;
}

static enum read_result next_keys(struct pg_reader *r, struct slice from, uint32_t goal,
                                  struct range *ret, struct err *err)
{
    const struct table *t = r->target->entry->table;
    struct buf where = { 0 };
    if (!has_key(t)) {      /* in one piece */
        buf_str(&ret->to, key_end);
        ret->last = true;
        return READ_DONE;
    }
    if (key_term(t, from, ">", &where))
        buf_put(&ret->from, from.p, from.n);
    int rc = key_range(r, buf_cstr(&where), goal, ret, err);
    buf_done(&where);
    return rc ? READ_ERROR : READ_DONE;
}

/* ---- both ---- */

/*
 * True if the role may read ctid, and a moved row reaches the topic or there is no key (chunk.h
 * says why).
 */
static bool may_read_blocks(const struct pg_reader *r, const struct read_order *o)
{
    return r->target->places && (!has_key(r->target->entry->table) || !may_miss_moved(r, o));
}

/* TID ranges came with PostgreSQL 14. A table with values out of line is read by key. */
static bool by_blocks(const struct pg_reader *r, const struct read_order *o)
{
    const struct pg_target *t = r->target;
    bool ranges = PQserverVersion(r->sql) >= 140000 && !t->out_of_line;
    return may_read_blocks(r, o) && (ranges || !has_key(t->entry->table));
}

enum read_result pg_range_next(struct pg_reader *r, const struct read_order *o, struct slice from,
                               uint32_t goal, struct range *ret, struct err *err)
{
    enum read_result got = pg_target_look(r, o, err);
    if (got != READ_DONE)
        return got;
    struct pg_block_place at;
    bool blocks = may_read_blocks(r, o) && pg_block_place_read(from, &at) &&
                  (r->target->kind == 'p' || strcmp(at.files, r->target->files) == 0);
    bool keys = !blocks && is_key(from) && has_key(r->target->entry->table);
    if (!blocks && !keys) {     /* the beginning, or a place that has lost its meaning */
        at = (struct pg_block_place){ .end = -1 };
        blocks = by_blocks(r, o);
    }
    uint32_t fits = r->target->width > 0 && o->max_bytes
                        ? (uint32_t)(o->max_bytes / r->target->width) + 1
                        : goal;
    goal = fits < goal ? fits : goal;
    return blocks ? next_blocks(r, o, at, goal, ret, err) : next_keys(r, from, goal, ret, err);
}

/* Is the leaf still in the files that the place names? */
static int in_its_files(struct pg_reader *r, const struct pg_block_place *at, bool *ret,
                        struct err *err)
{
    char files[40];
    if (pg_value(r->sql, files, sizeof files, err,
                 "SELECT coalesce((SELECT pg_relation_filenode(oid)::text"
                 " FROM pg_class WHERE oid = %" PRIu32 "), 'none')",
                 at->leaf))
        return -1;
    *ret = strcmp(at->files, files) == 0;
    return 0;
}

static enum read_result block_terms(struct pg_reader *r, const struct pg_block_place *from,
                                    const struct range *range, struct buf *ret_table,
                                    struct buf *ret_where, struct err *err)
{
    struct pg_block_place to;
    char name[300];
    bool same;
    if (in_its_files(r, from, &same, err))
        return READ_ERROR;
    if (!same || !pg_block_place_read(buf_slice(&range->to), &to))
        return READ_AGAIN;
    buf_str(ret_table, "ONLY ");
    /* 0: a root without partitions, so without rows of its own */
    if (from->leaf == r->target->oid || !from->leaf)
        pg_qualified(ret_table, r->target->entry->table->schema, r->target->entry->table->name);
    else if (pg_value(r->sql, name, sizeof name, err, "SELECT %" PRIu32 "::regclass", from->leaf))
        return READ_ERROR;
    else
        buf_str(ret_table, name);
    int64_t end = to.leaf == from->leaf ? to.block : from->end;
    buf_printf(ret_where, "ctid >= '(%" PRId64 ",0)' AND ctid < '(%" PRId64 ",0)'", from->block,
               end);
    return READ_DONE;
}

enum read_result pg_range_terms(struct pg_reader *r, const struct range *range,
                                struct buf *ret_table, struct buf *ret_where, bool *ret_by_key,
                                struct err *err)
{
    const struct table *t = r->target->entry->table;
    struct pg_block_place from;
    *ret_by_key = false;
    if (pg_block_place_read(buf_slice(&range->from), &from))
        return block_terms(r, &from, range, ret_table, ret_where, err);
    buf_str(ret_table, r->target->kind == 'p' ? "" : "ONLY ");
    pg_qualified(ret_table, t->schema, t->name);
    bool open = !range->to.n || slice_eq(buf_slice(&range->to), slice_str(key_end));
    *ret_by_key = range->from.n || !open;
    if ((range->from.n && !key_term(t, buf_slice(&range->from), ">", ret_where)) ||
        (!open && !key_term(t, buf_slice(&range->to), "<=", ret_where)))
        return READ_AGAIN;      /* the key has other columns now */
    return READ_DONE;
}

enum read_result pg_range_measure(struct pg_reader *r, const struct read_order *o,
                                  struct read_size *ret, struct err *err)
{
    enum read_result got = pg_target_look(r, o, err);
    if (got != READ_DONE)
        return got;
    const struct pg_target *t = r->target;
    char leaves[160];
    leaves_of(t, leaves);
    PGresult *q = pg_query(r->sql, err,
                           "SELECT coalesce(sum(CASE WHEN c.reltuples >= 0 AND c.relpages > 0 THEN "
                           "c.reltuples / c.relpages ELSE %d END *"
                           " (pg_relation_size(c.oid) / current_setting('block_size')::int)), "
                           "0)::bigint, coalesce(sum(pg_table_size(c.oid)), 0)::bigint"
                           " FROM (%s) l JOIN pg_class c ON c.oid = l.oid",
                           ROWS_PER_BLOCK, leaves);
    if (!q)
        return READ_ERROR;
    ret->rows = strtoull(pg_cell(q, 0, 0), NULL, 10);
    ret->bytes = strtoull(pg_cell(q, 0, 1), NULL, 10);
    snprintf(ret->how, sizeof ret->how, "%s",
             by_blocks(r, o) ? "blocks" : has_key(t->entry->table) ? "key" : "one piece");
    PQclear(q);
    return READ_DONE;
}
