/*
 * The codec of pgoutput's messages (proto.h): bytes of the stream in, one struct out, for
 * changes.c, relation.c and describe.c.
 */
#include "source/pg/proto.h"

static int whole(const struct cursor *c, const char *what, struct err *err)
{
    if (c->bad)
        return err_set(err, ERR_FATAL, "malformed pgoutput message %s: it ends too early", what);
    if (c->p != c->end)
        return err_set(err, ERR_FATAL, "malformed pgoutput message %s: %zu bytes too many", what,
                       (size_t)(c->end - c->p));
    return 0;
}

/* Begin: Int64 final LSN, Int64 commit timestamp, Int32 xid. */
int pg_proto_begin(struct slice m, struct pg_begin *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    ret->final_lsn = cursor_be64(&c);
    ret->commit_us = (int64_t)(cursor_be64(&c) + (uint64_t)PG_EPOCH_US);
    ret->xid = cursor_be32(&c);
    return whole(&c, "Begin", err);
}

/* Commit: Int8 flags (0), Int64 commit LSN, Int64 end LSN, Int64 commit timestamp. */
int pg_proto_commit(struct slice m, struct pg_commit *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    cursor_u8(&c);
    ret->commit_lsn = cursor_be64(&c);
    ret->end_lsn = cursor_be64(&c);
    ret->commit_us = (int64_t)(cursor_be64(&c) + (uint64_t)PG_EPOCH_US);
    return whole(&c, "Commit", err);
}

/* A column of Relation: Int8 flags (1: in the replica identity), String name, Int32 type oid, Int32
 * typmod. */
struct pg_rel_column pg_proto_rel_column(struct cursor *c)
{
    struct pg_rel_column col;
    col.identity = cursor_u8(c) & 1;
    col.name = cursor_cstr(c);
    col.type_oid = cursor_be32(c);
    col.typmod = (int32_t)cursor_be32(c);
    return col;
}

/* Relation: Int32 oid, String schema ("" is pg_catalog), String name, Int8 replica identity, Int16
 * n, n columns. */
int pg_proto_relation(struct slice m, struct pg_relation *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    ret->oid = cursor_be32(&c);
    ret->schema = cursor_cstr(&c);
    ret->name = cursor_cstr(&c);
    ret->identity = (char)cursor_u8(&c);
    ret->ncols = cursor_be16(&c);
    ret->columns = c;
    for (uint16_t i = 0; i < ret->ncols && !c.bad; i++)
        pg_proto_rel_column(&c);
    if (!c.bad && ret->ncols > PG_MAX_COLUMNS)
        return err_set(err, ERR_FATAL, "malformed pgoutput message Relation: %u columns",
                       ret->ncols);
    return whole(&c, "Relation", err);
}

/* Type: Int32 oid, String schema, String name. logicalrep_write_typ() names the base type of a
 * domain. */
int pg_proto_type(struct slice m, struct pg_type *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    ret->oid = cursor_be32(&c);
    ret->schema = cursor_cstr(&c);
    ret->name = cursor_cstr(&c);
    return whole(&c, "Type", err);
}

/* Origin: Int64 LSN of the commit on the origin, String name. */
int pg_proto_origin(struct slice m, struct pg_origin *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    ret->lsn = cursor_be64(&c);
    ret->name = cursor_cstr(&c);
    return whole(&c, "Origin", err);
}

/*
 * TupleData: Int16 n, then n times a kind byte: 'n' null, 'u' unchanged TOAST
 * value, 't' or 'b' followed by Int32 length and that many bytes of text or of
 * the type's binary (send) form.
 */
static struct slice tuple_take(struct cursor *c)
{
    const uint8_t *from = c->p;
    uint16_t n = cursor_be16(c);
    for (uint16_t i = 0; i < n && !c->bad; i++) {
        uint8_t kind = cursor_u8(c);
        if (kind == 't' || kind == 'b')
            cursor_take(c, cursor_be32(c));
        else if (kind != 'n' && kind != 'u')
            c->bad = true;
    }
    return slice_of(from, (size_t)(c->p - from));
}

int pg_proto_tuple(struct slice tuple, uint16_t ncols, struct cell *cells, char *forms,
                   struct err *err)
{
    struct cursor c = cursor_over(tuple);
    uint16_t n = cursor_be16(&c);
    if (n != ncols)
        return err_set(err, ERR_FATAL,
                       "malformed pgoutput tuple: %u columns where its relation has %u", n, ncols);
    for (uint16_t i = 0; i < n; i++) {
        uint8_t kind = cursor_u8(&c);
        cells[i] = (struct cell){ .kind = kind == 'u' ? CELL_UNCHANGED : CELL_NULL };
        forms[i] = (char)kind;
        if (kind == 't' || kind == 'b') {
            struct slice v = cursor_take(&c, cursor_be32(&c));
            cells[i] = (struct cell){ v.p, (uint32_t)v.n, CELL_VALUE };
        }
    }
    return whole(&c, "TupleData", err);
}

/*
 * Insert: Int32 oid, 'N', new tuple.
 * Update: Int32 oid, optionally 'K' or 'O' and the old tuple, then 'N' and the new one.
 * Delete: Int32 oid, 'K' or 'O', old tuple.
 */
int pg_proto_change(char kind, struct slice m, struct pg_change *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    *ret = (struct pg_change){ .oid = cursor_be32(&c) };
    uint8_t part = cursor_u8(&c);
    if (kind != PG_MSG_INSERT && (part == 'K' || part == 'O')) {
        ret->old_kind = (char)part;
        ret->old_tuple = tuple_take(&c);
        part = kind == PG_MSG_UPDATE ? cursor_u8(&c) : 0;
    }
    if (kind != PG_MSG_DELETE && part == 'N') {
        ret->has_new = true;
        ret->new_tuple = tuple_take(&c);
    }
    if (!c.bad && (kind == PG_MSG_DELETE ? !ret->old_kind : !ret->has_new))
        return err_set(err, ERR_FATAL, "malformed pgoutput message %c: tuple kind 0x%02x", kind,
                       part);
    return whole(&c, "row change", err);
}

/* Truncate: Int32 n, Int8 options, n times Int32 oid. */
int pg_proto_truncate(struct slice m, struct pg_truncate *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    ret->n = cursor_be32(&c);
    ret->options = cursor_u8(&c);
    ret->oids = c;
    for (uint32_t i = 0; i < ret->n && !c.bad; i++)
        cursor_be32(&c);
    return whole(&c, "Truncate", err);
}

/* Message: Int8 flags (1: transactional), Int64 LSN, String prefix, Int32 length, bytes. */
int pg_proto_message(struct slice m, struct pg_message *ret, struct err *err)
{
    struct cursor c = cursor_over(m);
    ret->transactional = cursor_u8(&c) & 1;
    ret->lsn = cursor_be64(&c);
    ret->prefix = cursor_cstr(&c);
    ret->content = cursor_take(&c, cursor_be32(&c));
    return whole(&c, "Message", err);
}
