/*
 * Reads single binlog events: header and checksum, FORMAT_DESCRIPTION, ROTATE, HEARTBEAT,
 * XA_PREPARE, ROWS_QUERY (binlog.h). stream.c and transaction.c call it.
 */
#include "source/mysql/binlog/binlog.h"
#include <stdio.h>
#include <zlib.h>
#include "base/charset.h"
#include "base/cursor_le.h"
#include "source/mysql/binlog/codec.h"

enum { HEADER = 19, FLAGS_AT = 17, FLAG_IN_USE = 1, CRC = 4 };

int binlog_short(const struct cursor *c, const char *what, struct err *err)
{
    return c->bad ? err_set(err, ERR_FATAL, "malformed binlog event %s: it ends too early", what)
                  : 0;
}

/*
 * The checksum of all bytes before it. A FORMAT event gets the flag "this file is in use" after its
 * checksum was made.
 */
static uint32_t checksum(const struct binlog_event *e, struct slice raw)
{
    if (e->type != BINLOG_FORMAT)
        return (uint32_t)crc32_z(0, raw.p, raw.n - CRC);
    uint8_t low = raw.p[FLAGS_AT] & (uint8_t)~FLAG_IN_USE;
    uLong crc = crc32_z(crc32_z(0, raw.p, FLAGS_AT), &low, 1);
    return (uint32_t)crc32_z(crc, raw.p + FLAGS_AT + 1, raw.n - FLAGS_AT - 1 - CRC);
}

/*
 * Is it the FORMAT event of a file without checksums, sent to a reader that begins in its middle?
 * MariaDB changes its `created` and leaves the checksum as it was (sql/sql_repl.cc,
 * send_format_descriptor_event).
 */
static bool is_remade(const struct binlog_event *e)
{
    return e->type == BINLOG_FORMAT && e->body.n && !e->body.p[e->body.n - 1];
}

/*
 * Header: u32 timestamp, u8 type, u32 server id, u32 length of the whole event, u32 position of the
 * next event, u16 flags.
 */
int binlog_event_read(const struct binlog_format *f, struct slice raw, bool inside,
                      struct binlog_event *ret, struct err *err)
{
    struct cursor c = cursor_over(raw);
    ret->timestamp = cursor_le32(&c);
    ret->type = cursor_u8(&c);
    ret->server_id = cursor_le32(&c);
    ret->length = cursor_le32(&c);
    ret->next_pos = cursor_le32(&c);
    ret->flags = cursor_le16(&c);
    if (c.bad || ret->length != raw.n)
        return err_set(err, ERR_FATAL,
                       "malformed binlog event of type %u: %zu bytes, its header says %u",
                       ret->type, raw.n, ret->length);
    /* A FORMAT event has a checksum even if it says that the events after it have none. */
    size_t crc = !inside && (f->checksum || ret->type == BINLOG_FORMAT) ? CRC : 0;
    if (cursor_left(&c) < crc)
        return err_set(err, ERR_FATAL,
                       "malformed binlog event of type %u: no room for its checksum", ret->type);
    ret->body = slice_of(c.p, cursor_left(&c) - crc);
    if (crc && !is_remade(ret) && checksum(ret, raw) != load_le32(c.end - crc))
        return err_set(err, ERR_FATAL, "a binlog event of type %u, %zu bytes, has a wrong checksum",
                       ret->type, raw.n);
    return 0;
}

/*
 * u16 version of the format, 50 bytes server version, u32 created, u8 header length. Then the
 * post-header length of each event type from 1 on, and at the end u8 checksum algorithm. A
 * TABLE_MAP's post-header has 6 bytes if table ids have 4, otherwise 8.
 */
int binlog_format_read(const struct binlog_event *e, struct binlog_format *ret, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    uint16_t version = cursor_le16(&c);
    struct slice server = cursor_take(&c, 50);
    cursor_le32(&c);
    uint8_t header = cursor_u8(&c);
    struct slice lengths = cursor_take(&c, BINLOG_TABLE_MAP);
    cursor_u8(&c);
    if (binlog_short(&c, "FORMAT_DESCRIPTION", err))
        return -1;
    if (version != 4 || header != HEADER)
        return err_set(
            err, ERR_FATAL,
            "the binlog has format %u with headers of %u bytes: 4 and %d are what can be read",
            version, header, HEADER);
    *ret = (struct binlog_format){ .checksum = e->body.p[e->body.n - 1], .table_id_bytes = 6 };
    memcpy(ret->server_version, server.p, strnlen((const char *)server.p, server.n));
    ret->mariadb = strstr(ret->server_version, "MariaDB");
    if (lengths.p[BINLOG_TABLE_MAP - 1] == 6)
        ret->table_id_bytes = 4;
    if (ret->checksum > 1)
        return err_set(err, ERR_FATAL, "the binlog has checksums of kind %u, which is not known",
                       ret->checksum);
    return 0;
}

uint64_t binlog_position_near(uint64_t before, uint32_t low)
{
    const uint64_t round = UINT64_C(1) << 32;
    uint64_t pos = (before & ~(round - 1)) | low;
    if (pos + round / 2 < before)
        return pos + round;
    return pos > before + round / 2 && pos >= round ? pos - round : pos;
}

bool binlog_file_name_ok(struct slice name)
{
    bool plain = name.n && name.n < BINLOG_FILE_NAME && utf8_is(name);
    for (size_t i = 0; plain && i < name.n; i++)
        plain = name.p[i] >= ' ' && name.p[i] != 0x7f;
    return plain;
}

/* u64 position, file name. */
int binlog_rotate_read(const struct binlog_event *e, struct binlog_rotate *ret, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    ret->pos = cursor_le64(&c);
    ret->file = cursor_rest(&c);
    if (binlog_short(&c, "ROTATE", err))
        return -1;
    return binlog_file_name_ok(ret->file)
               ? 0
               : err_set(err, ERR_FATAL,
                         "malformed binlog event ROTATE: what it names cannot be a file");
}

/*
 * HEARTBEAT: the file's name; the position is in the header. HEARTBEAT_V2: (lenenc type, lenenc
 * length, value)*. Type 1: the file's name; 2: the position as lenenc; 0: the end, without a
 * length.
 */
int binlog_heartbeat_read(const struct binlog_event *e, struct binlog_rotate *ret, struct err *err)
{
    *ret = (struct binlog_rotate){ e->next_pos, e->body };
    if (e->type != BINLOG_HEARTBEAT_V2)
        return 0;
    ret->file.n = 0;
    struct cursor c = cursor_over(e->body);
    for (uint64_t type; c.p != c.end && (type = cursor_lenenc(&c));) {
        struct slice v = cursor_lenenc_str(&c);
        struct cursor in = cursor_over(v);
        if (type == 1)
            ret->file = v;
        else if (type == 2)
            ret->pos = cursor_lenenc(&in);
        c.bad |= in.bad;
    }
    return binlog_short(&c, "HEARTBEAT", err);
}

/* u8 one phase, i32 format, u32 length of gtrid, u32 length of bqual, gtrid, bqual. */
int binlog_xa_prepare_read(const struct binlog_event *e, struct binlog_xa_prepare *ret,
                           struct err *err)
{
    struct cursor c = cursor_over(e->body);
    ret->one_phase = cursor_u8(&c);
    ret->xid.format = (int32_t)cursor_le32(&c);
    uint32_t gtrid = cursor_le32(&c), bqual = cursor_le32(&c);
    ret->xid.gtrid = cursor_take(&c, gtrid);
    ret->xid.bqual = cursor_take(&c, bqual);
    return binlog_short(&c, "XA_PREPARE", err);
}

/*
 * ROWS_QUERY: u8 length, too small for long texts and not used, then the text. ANNOTATE_ROWS: the
 * text.
 */
int binlog_rows_query_read(const struct binlog_event *e, struct slice *ret, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    if (e->type == BINLOG_ROWS_QUERY)
        cursor_u8(&c);
    *ret = cursor_rest(&c);
    return binlog_short(&c, "ROWS_QUERY", err);
}
