#ifndef TAILRACE_TESTS_BINLOG_PRINT_H
#define TAILRACE_TESTS_BINLOG_PRINT_H
#include <inttypes.h>
#include <stdlib.h>
#include "base/cursor_le.h"
#include "base/mysql_json.h"
#include "source/mysql/binlog/binlog.h"

/* A whole binlog file as text, an event a line, a row a line: what the golden files beside the
 * fixtures hold. */
struct printing {
    struct buf *out;
    struct binlog_format format;
    struct binlog_table_map map;
    struct arena columns, row;
    struct binlog_column cols[BINLOG_MAX_COLUMNS];
    uint16_t key[BINLOG_MAX_COLUMNS], nkey;
    bool key_known;
    struct buf scratch, map_bytes;
    struct binlog_payload *payload;
    struct cell before[BINLOG_MAX_COLUMNS], after[BINLOG_MAX_COLUMNS];
};

static inline void print_hex(struct buf *out, struct slice s)
{
    buf_u8(out, 'x');
    for (size_t i = 0; i < s.n; i++)
        buf_printf(out, "%02x", s.p[i]);
}

/* ASCII as it is; anything else in hex. Long ones cut. */
static inline void print_bytes(struct buf *out, struct slice s)
{
    size_t plain = 0;
    struct slice shown = { s.p, s.n > 120 ? 60 : s.n };
    while (plain < shown.n && shown.p[plain] >= ' ' && shown.p[plain] < 0x7f)
        plain++;
    if (plain == shown.n)
        buf_printf(out, "'%.*s'", (int)shown.n, shown.n ? (const char *)shown.p : "");
    else
        print_hex(out, shown);
    if (shown.n != s.n)
        buf_printf(out, "...(%zu)", s.n);
}

static inline void print_json(struct buf *out, struct slice s)
{
    struct buf text = { 0 };
    struct err err;
    if (s.n && s.p[0] == 0xff)
        buf_put(&text, s.p + 1, s.n - 1);
    else if (mysql_json_print(s, &text, &err))
        buf_str(&text, err.msg);
    if (s.n && s.p[0] == 0xff)
        buf_str(out, "merged ");
    if (text.n > 300)
        buf_printf(out, "%.60s...(%zu)", buf_cstr(&text), text.n);
    else
        buf_put(out, text.p, text.n);
    buf_done(&text);
}

static inline void print_value(struct buf *out, const struct binlog_column *c, struct slice s)
{
    uint64_t v = load_le(s.p, s.n <= 8 ? s.n : 0);
    float f;
    double d;
    switch (c->type) {
    case MYSQL_T_TINY:
    case MYSQL_T_SHORT:
    case MYSQL_T_INT24:
    case MYSQL_T_LONG:
    case MYSQL_T_LONGLONG:
        if (c->is_unsigned)
            buf_printf(out, "%" PRIu64, v);
        else
            buf_printf(out, "%" PRId64, (int64_t)(v << (64 - 8 * s.n)) >> (64 - 8 * s.n));
        break;
    case MYSQL_T_YEAR: case MYSQL_T_ENUM: case MYSQL_T_SET:
        buf_printf(out, "%" PRIu64, v);
        break;
    case MYSQL_T_FLOAT:
        memcpy(&f, s.p, sizeof f);
        buf_printf(out, "%.9g", (double)f);
        break;
    case MYSQL_T_DOUBLE:
        memcpy(&d, s.p, sizeof d);
        buf_printf(out, "%.17g", d);
        break;
    case MYSQL_T_JSON:
        print_json(out, s);
        break;
    case MYSQL_T_VARCHAR: case MYSQL_T_VAR_STRING: case MYSQL_T_STRING: case MYSQL_T_BLOB:
    case MYSQL_T_MARIA_BLOB_COMPRESSED: case MYSQL_T_MARIA_VARCHAR_COMPRESSED:
        print_bytes(out, s);
        break;
    default:
        print_hex(out, s);
        break;
    }
}

static inline void print_image(struct printing *p, const struct cell *cells, uint16_t ncols)
{
    buf_str(p->out, " {");
    for (uint16_t i = 0, n = 0; i < ncols; i++) {
        if (cells[i].kind == CELL_ABSENT)
            continue;
        buf_str(p->out, n++ ? ", " : "");
        if (p->cols[i].name.p)
            buf_printf(p->out, "%.*s: ", (int)p->cols[i].name.n, p->cols[i].name.p);
        if (cells[i].kind == CELL_VALUE)
            print_value(p->out, &p->cols[i], slice_of(cells[i].p, cells[i].n));
        else
            buf_str(p->out, cells[i].kind == CELL_NULL ? "null" : "unchanged");
    }
    buf_str(p->out, "}");
}

static inline int print_rows(struct printing *p, const struct binlog_event *e, struct err *err)
{
    struct binlog_rows r;
    int rc = binlog_rows_read(&p->format, e, &p->scratch, &r, err);
    if (rc)
        return rc;
    buf_printf(p->out, "rows of %" PRIu64 "%s%s\n", r.table_id, r.partial ? ", partial" : "",
               r.statement_end ? ", end" : "");
    if (r.table_id != p->map.table_id || r.ncols != p->map.ncols ||
        binlog_rows_table(&p->format, e) != r.table_id)
        return err_set(err, ERR_FATAL, "rows without their table");
    while ((rc = binlog_rows_next(&r, p->cols, &p->row, p->before, p->after, err)) == 1) {
        buf_printf(p->out, "    %c", "BCIUDTRMP"[r.kind]);
        if (r.in_before)
            print_image(p, p->before, r.ncols);
        if (r.in_after)
            print_image(p, p->after, r.ncols);
        buf_str(p->out, "\n");
        arena_reset(&p->row);
    }
    return rc;
}

static inline void print_column(struct printing *p, const struct binlog_column *c)
{
    buf_printf(p->out, "    %.*s type %u meta %u%s", (int)c->name.n, c->name.p, c->type, c->meta,
               c->nullable ? "" : " not null");
    if (c->sign_known)
        buf_str(p->out, c->is_unsigned ? " unsigned" : " signed");
    if (c->collation)
        buf_printf(p->out, " collation %u", c->collation);
    if (c->geometry)
        buf_printf(p->out, " geometry %u", c->geometry);
    if (c->dimensions)
        buf_printf(p->out, " dimensions %u", c->dimensions);
    if (c->invisible)
        buf_str(p->out, " invisible");
    for (uint16_t i = 0; i < c->nlabels; i++) {
        buf_str(p->out, i ? "," : " labels ");
        print_bytes(p->out, c->labels[i]);
    }
    buf_str(p->out, "\n");
}

static inline int print_table_map(struct printing *p, const struct binlog_event *e, struct err *err)
{
    struct binlog_table_map m;
    if (binlog_table_map_read(&p->format, e, &m, err))
        return -1;
    bool known = p->map.table_id == m.table_id && slice_eq(buf_slice(&p->map_bytes), m.raw);
    buf_printf(p->out, "table %" PRIu64 " %.*s.%.*s%s", m.table_id, (int)m.database.n, m.database.p,
               (int)m.table.n, m.table.p, known ? ", as before\n" : "");
    if (known)
        return 0;
    p->map_bytes.n = 0;
    buf_put(&p->map_bytes, m.raw.p, m.raw.n);
    arena_reset(&p->columns);
    p->map = m;
    struct slice kept = arena_dup(&p->columns, e->body);
    struct binlog_event copy = *e;
    copy.body = kept;
    if (binlog_table_map_read(&p->format, &copy, &p->map, err) ||
        binlog_table_map_columns(&p->map, p->format.mariadb, &p->columns, p->cols, p->key, &p->nkey,
                                 &p->key_known, err)) {
        /* its columns are read in part: no rows are of it */
        p->map = (struct binlog_table_map){ 0 };
        p->map_bytes.n = 0;
        return -1;
    }
    buf_str(p->out, p->key_known ? ", key" : ", key unknown");
    for (uint16_t i = 0; i < p->nkey; i++)
        buf_printf(p->out, " %u", p->key[i]);
    buf_str(p->out, "\n");
    for (uint16_t i = 0; i < p->map.ncols; i++)
        print_column(p, &p->cols[i]);
    return 0;
}

static inline void print_xid(struct buf *out, const struct binlog_xid *x)
{
    buf_printf(out, " xid %d ", x->format);
    print_bytes(out, x->gtrid);
    buf_u8(out, ' ');
    print_bytes(out, x->bqual);
}

static inline int print_gtid(struct printing *p, const struct binlog_event *e, struct err *err)
{
    struct binlog_gtid g;
    if (binlog_gtid_read(e, &g, err))
        return -1;
    buf_str(p->out, "gtid ");
    print_hex(p->out, slice_of(g.uuid, 16));
    buf_printf(p->out, " %s:%" PRId64 " at %" PRId64 " first %" PRId64 " length %" PRIu64 "\n",
               g.tag, g.number, g.commit_us, g.original_commit_us, g.length);
    return 0;
}

static inline int print_maria_gtid(struct printing *p, const struct binlog_event *e,
                                   struct err *err)
{
    struct binlog_maria_gtid g;
    if (binlog_maria_gtid_read(e, &g, err))
        return -1;
    buf_printf(p->out, "gtid %u-%u-%" PRIu64 " flags %02x thread %u", g.domain, e->server_id,
               g.number, g.flags, g.thread);
    if (g.flags & (MARIA_XA_PREPARED | MARIA_XA_COMPLETED))
        print_xid(p->out, &g.xid);
    buf_str(p->out, "\n");
    return 0;
}

static inline int print_query(struct printing *p, const struct binlog_event *e, struct err *err)
{
    struct binlog_query q;
    if (binlog_query_read(&p->format, e, &p->scratch, &q, err))
        return -1;
    buf_printf(p->out, "query thread %u error %u charset %u mode %" PRIx64 " us %u [%.*s] ",
               q.thread, q.error, q.charset, q.sql_mode, q.microseconds, (int)q.database.n,
               q.database.p);
    print_bytes(p->out, q.sql);
    buf_str(p->out, "\n");
    return 0;
}

static inline int print_xa_prepare(struct printing *p, const struct binlog_event *e,
                                   struct err *err)
{
    struct binlog_xa_prepare x;
    if (binlog_xa_prepare_read(e, &x, err))
        return -1;
    buf_printf(p->out, "xa prepare%s", x.one_phase ? " one phase" : "");
    print_xid(p->out, &x.xid);
    buf_str(p->out, "\n");
    return 0;
}

static inline int print_place(struct printing *p, const struct binlog_event *e, struct err *err)
{
    struct binlog_rotate r;
    if (e->type == BINLOG_ROTATE ? binlog_rotate_read(e, &r, err)
                                 : binlog_heartbeat_read(e, &r, err))
        return -1;
    buf_printf(p->out, "%s %.*s:%" PRIu64 "\n", e->type == BINLOG_ROTATE ? "rotate" : "heartbeat",
               (int)r.file.n, r.file.p, r.pos);
    return 0;
}

static inline int print_text(struct printing *p, const struct binlog_event *e, struct err *err)
{
    struct slice text;
    if (binlog_rows_query_read(e, &text, err))
        return -1;
    buf_str(p->out, "statement ");
    print_bytes(p->out, text);
    buf_str(p->out, "\n");
    return 0;
}

static inline int print_format(struct printing *p, const struct binlog_event *e, struct err *err)
{
    if (binlog_format_read(e, &p->format, err))
        return -1;
    buf_printf(p->out, "format %s mariadb %d checksum %d table ids of %d\n",
               p->format.server_version, p->format.mariadb, p->format.checksum,
               p->format.table_id_bytes);
    return 0;
}

static inline int print_event(struct printing *p, struct slice raw, bool inside, struct err *err);

static inline int print_payload(struct printing *p, const struct binlog_event *e, struct err *err)
{
    struct slice raw;
    if (binlog_payload_begin(p->payload, e, err))
        return -1;
    buf_str(p->out, "payload\n");
    int rc;
    while ((rc = binlog_payload_next(p->payload, &raw, err)) == 1)
        if (print_event(p, raw, true, err))
            return -1;
    return rc;
}

static inline int print_body(struct printing *p, const struct binlog_event *e, struct err *err)
{
    switch (e->type) {
    case BINLOG_FORMAT: return print_format(p, e, err);
    case BINLOG_ROTATE:
    case BINLOG_HEARTBEAT:
    case BINLOG_HEARTBEAT_V2:
        return print_place(p, e, err);
    case BINLOG_GTID:
    case BINLOG_ANONYMOUS_GTID:
    case BINLOG_GTID_TAGGED:
        return print_gtid(p, e, err);
    case BINLOG_MARIA_GTID: return print_maria_gtid(p, e, err);
    case BINLOG_QUERY: case BINLOG_MARIA_QUERY_COMPRESSED: return print_query(p, e, err);
    case BINLOG_XA_PREPARE: return print_xa_prepare(p, e, err);
    case BINLOG_ROWS_QUERY: case BINLOG_MARIA_ANNOTATE: return print_text(p, e, err);
    case BINLOG_TABLE_MAP: return print_table_map(p, e, err);
    case BINLOG_PAYLOAD: return print_payload(p, e, err);
    case BINLOG_WRITE_V1: case BINLOG_UPDATE_V1: case BINLOG_DELETE_V1:
    case BINLOG_WRITE_V2: case BINLOG_UPDATE_V2: case BINLOG_DELETE_V2: case BINLOG_PARTIAL_UPDATE:
    case BINLOG_MARIA_WRITE_COMPRESSED_V1:
    case BINLOG_MARIA_UPDATE_COMPRESSED_V1:
    case BINLOG_MARIA_DELETE_COMPRESSED_V1:
    case BINLOG_MARIA_WRITE_COMPRESSED:
    case BINLOG_MARIA_UPDATE_COMPRESSED:
    case BINLOG_MARIA_DELETE_COMPRESSED:
        return print_rows(p, e, err);
    default:
        buf_printf(p->out, "%zu bytes\n", e->body.n);
        return 0;
    }
}

static inline int print_event(struct printing *p, struct slice raw, bool inside, struct err *err)
{
    struct binlog_event e;
    if (binlog_event_read(&p->format, raw, inside, &e, err))
        return -1;
    buf_printf(p->out, "%s[%u] %u server %u next %u flags %x ", inside ? "  " : "", e.type,
               e.timestamp, e.server_id, e.next_pos, e.flags);
    return print_body(p, &e, err);
}

static inline struct printing *printing_new(const struct binlog_format *f)
{
    struct printing *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    if (f)
        p->format = *f;
    p->payload = binlog_payload_new();
    arena_init(&p->columns, 4096);
    arena_init(&p->row, 4096);
    return p;
}

static inline void printing_free(struct printing *p)
{
    binlog_payload_free(p->payload);
    arena_done(&p->columns);
    arena_done(&p->row);
    buf_done(&p->scratch);
    buf_done(&p->map_bytes);
    free(p);
}

/* Errors of an event become a line; only a file that cannot be taken apart ends early. */
static inline void print_binlog(struct slice file, struct buf *out)
{
    struct printing *p = printing_new(NULL);
    struct cursor c = cursor_over(file);
    struct err err;
    p->out = out;
    cursor_take(&c, 4);
    while (cursor_left(&c) >= 19) {
        struct slice raw = cursor_take(&c, load_le32(c.p + 9));
        if (print_event(p, raw, false, &err))
            buf_printf(out, "! %s\n", err.msg);
    }
    if (c.bad || c.p != c.end)
        buf_str(out, "! the file ends within an event\n");
    printing_free(p);
}
#endif
