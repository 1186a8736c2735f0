/*
 * Reads the events that begin a transaction: MySQL's GTID, ANONYMOUS_GTID and GTID_TAGGED,
 * MariaDB's GTID (binlog.h).
 */
#include "base/cursor_le.h"
#include "source/mysql/binlog/codec.h"

enum { LOGICAL_CLOCK = 2, MAY_HOLD_STATEMENTS = 1 };
#define ORIGINAL_FOLLOWS (UINT64_C(1) << 55)

/*
 * GTID: u8 flags, 16 bytes uuid, i64 number. From 5.7 on: u8 2, i64 last committed, i64 sequence
 * number. From 8.0 on: 7 bytes commit time in microseconds. If its highest bit is set, 7 bytes of
 * the original commit time follow. Then lenenc length of the transaction, and the servers'
 * versions.
 */
static int gtid_plain(const struct binlog_event *e, struct binlog_gtid *ret, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    ret->statements = cursor_u8(&c) & MAY_HOLD_STATEMENTS;
    struct slice uuid = cursor_take(&c, sizeof ret->uuid);
    ret->number = (int64_t)cursor_le64(&c);
    if (binlog_short(&c, "GTID", err))
        return -1;
    memcpy(ret->uuid, uuid.p, uuid.n);
    if (e->type == BINLOG_ANONYMOUS_GTID)
        ret->number = 0;
    if (c.p == c.end || cursor_u8(&c) != LOGICAL_CLOCK)
        return 0;
    cursor_take(&c, 16);
    if (c.p == c.end)
        return binlog_short(&c, "GTID", err);
    uint64_t us = cursor_le(&c, 7);
    ret->commit_us = (int64_t)(us & ~ORIGINAL_FOLLOWS);
    ret->original_commit_us = us & ORIGINAL_FOLLOWS ? (int64_t)cursor_le(&c, 7) : ret->commit_us;
    if (c.p != c.end)
        ret->length = cursor_lenenc(&c);
    return binlog_short(&c, "GTID", err);
}

/*
 * An integer of mysql::serialization. The first byte's trailing one bits count the bytes that
 * follow; the value is above the zero bit.
 */
static uint64_t varlen(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    unsigned more = first == 0xff ? 8 : (unsigned)__builtin_ctz(~(unsigned)first);
    struct slice rest = cursor_take(c, more);
    uint64_t high = load_le(rest.p, rest.n);
    return more >= 7 ? high : high << (7 - more) | first >> (more + 1);
}

static int64_t varlen_signed(struct cursor *c)
{
    uint64_t v = varlen(c);
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

enum {
    FIELD_FLAGS,
    FIELD_UUID,
    FIELD_NUMBER,
    FIELD_TAG,
    FIELD_LAST_COMMITTED,
    FIELD_SEQUENCE,
    FIELD_COMMIT,
    FIELD_ORIGINAL_COMMIT,
    FIELD_LENGTH,
    FIELD_VERSION,
    FIELD_ORIGINAL_VERSION,
    FIELD_TICKET,
    FIELDS
};

/*
 * MySQL: a small letter or underscore, then small letters, digits and underscores
 * (libs/mysql/gtid/tag.h).
 */
static bool is_tag(struct slice tag)
{
    for (size_t i = 0; i < tag.n; i++) {
        uint8_t b = tag.p[i];
        if (!((b >= 'a' && b <= 'z') || b == '_' || (i && b >= '0' && b <= '9')))
            return false;
    }
    return true;
}

static void tagged_field(struct cursor *c, uint64_t field, struct binlog_gtid *ret)
{
    struct slice tag;
    switch (field) {
    case FIELD_UUID:
        for (size_t i = 0; i < sizeof ret->uuid; i++)
            ret->uuid[i] = (uint8_t)varlen(c);
        break;
    case FIELD_NUMBER:
        ret->number = varlen_signed(c);
        break;
    case FIELD_TAG:
        tag = cursor_take(c, varlen(c));
        if (tag.n < sizeof ret->tag && is_tag(tag))
            memcpy(ret->tag, tag.p, tag.n);
        else
            c->bad = true;
        break;
    case FIELD_COMMIT:
        ret->commit_us = (int64_t)varlen(c);
        break;
    case FIELD_ORIGINAL_COMMIT:
        ret->original_commit_us = (int64_t)varlen(c);
        break;
    case FIELD_LENGTH:
        ret->length = varlen(c);
        break;
    case FIELD_FLAGS:
        ret->statements = cursor_u8(c) & MAY_HOLD_STATEMENTS;
        break;
    default:
        varlen(c);
        break;
    }
}

/*
 * GTID_TAGGED: version, size, the last field that may not be ignored; then (field, value)* in the
 * order of the fields.
 */
static int gtid_tagged(const struct binlog_event *e, struct binlog_gtid *ret, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    uint64_t version = varlen(&c);
    varlen(&c);
    uint64_t needed = varlen(&c);
    while (c.p != c.end) {
        uint64_t field = varlen(&c);
        if (field >= FIELDS && field > needed)
            break;
        if (version != 1 || field >= FIELDS)
            return err_set(err, ERR_FATAL,
                           "a GTID event of version %llu has a field %llu, which is not known",
                           (unsigned long long)version, (unsigned long long)field);
        tagged_field(&c, field, ret);
    }
    if (!ret->original_commit_us)
        ret->original_commit_us = ret->commit_us;
    return binlog_short(&c, "GTID_TAGGED", err);
}

int binlog_gtid_read(const struct binlog_event *e, struct binlog_gtid *ret, struct err *err)
{
    *ret = (struct binlog_gtid){ 0 };
    if (e->type == BINLOG_GTID_TAGGED ? gtid_tagged(e, ret, err) : gtid_plain(e, ret, err))
        return -1;
    return ret->number >= 0 && ret->number < INT64_MAX
               ? 0
               : err_set(err, ERR_FATAL, "malformed binlog event GTID: number %lld",
                         (long long)ret->number);
}

/*
 * u64 number, u32 domain, u8 flags. With GROUP_COMMIT: u64 commit id. With an XA flag: i32 format,
 * u8 and u8 lengths, gtrid, bqual. From 10.8 on: u8 more flags; with MULTI_ENGINE u8 engines, at
 * the end of an ALTER u64 the number of its start, with THREAD u32. Zero bytes fill the rest.
 */
enum { GROUP_COMMIT = 2, MORE_MULTI_ENGINE = 1, MORE_ALTER_ENDS = 4 | 8, MORE_THREAD = 0x10 };

int binlog_maria_gtid_read(const struct binlog_event *e, struct binlog_maria_gtid *ret,
                           struct err *err)
{
    struct cursor c = cursor_over(e->body);
    *ret = (struct binlog_maria_gtid){ 0 };
    ret->number = cursor_le64(&c);
    ret->domain = cursor_le32(&c);
    ret->flags = cursor_u8(&c);
    if (ret->flags & GROUP_COMMIT)
        cursor_le64(&c);
    if (ret->flags & (MARIA_XA_PREPARED | MARIA_XA_COMPLETED)) {
        ret->xid.format = (int32_t)cursor_le32(&c);
        uint8_t gtrid = cursor_u8(&c), bqual = cursor_u8(&c);
        ret->xid.gtrid = cursor_take(&c, gtrid);
        ret->xid.bqual = cursor_take(&c, bqual);
    }
    if (c.p != c.end) {
        uint8_t more = cursor_u8(&c);
        if (more & MORE_MULTI_ENGINE)
            cursor_u8(&c);
        if (more & MORE_ALTER_ENDS)
            cursor_le64(&c);
        if (more & MORE_THREAD)
            ret->thread = cursor_le32(&c);
    }
    return binlog_short(&c, "GTID", err);
}
