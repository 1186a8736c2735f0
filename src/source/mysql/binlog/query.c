/* Reads QUERY events: the statement's text and the session that it ran in (binlog.h). */
#include "base/cursor_le.h"
#include "source/mysql/binlog/codec.h"

/*
 * Status variables: u8 code, and a value whose length the code determines. Newer variables come
 * after older ones, so reading ends at the first unknown code.
 */
enum {
    STATUS_FLAGS2 = 0,
    STATUS_SQL_MODE = 1,
    STATUS_AUTO_INCREMENT = 3,
    STATUS_CHARSET = 4,
    STATUS_TIME_ZONE = 5,
    STATUS_CATALOG = 6,
    STATUS_TIME_NAMES = 7,
    STATUS_DATABASE_CHARSET = 8,
    STATUS_TABLE_MAP_FOR_UPDATE = 9,
    STATUS_WRITTEN = 10,
    STATUS_INVOKER = 11,
    STATUS_UPDATED_DATABASES = 12,
    STATUS_MICROSECONDS = 13,
    STATUS_EXPLICIT_DEFAULTS = 16,
    STATUS_DDL_XID = 17,
    STATUS_UTF8MB4_COLLATION = 18,
    STATUS_REQUIRE_KEY = 19,
    STATUS_TABLE_ENCRYPTION = 20,
    STATUS_MARIA_MICROSECONDS = 128,
    STATUS_MARIA_XID = 129,
    STATUS_MARIA_ALTER = 130,
    STATUS_MARIA_COLLATIONS = 131,
    STATUS_TOO_MANY_DATABASES = 254
};

/* MariaDB 10.10: OPTION_EXPLICIT_DEF_TIMESTAMP in FLAGS2 */
enum { FLAG_EXPLICIT_TIMESTAMP = 1 << 24 };
enum { ALTER_START = 2, ALTER_COMMIT = 4, ALTER_ROLLBACK = 8 };

static void skip_databases(struct cursor *c)
{
    uint8_t n = cursor_u8(c);
    if (n != STATUS_TOO_MANY_DATABASES)
        while (n-- > 0)
            cursor_cstr(c);
}

/* false: the code is not known. */
static bool status_variable(struct cursor *c, uint8_t code, struct binlog_query *ret,
                            uint32_t *flags)
{
    uint8_t alter;
    switch (code) {
    case STATUS_SQL_MODE:
        ret->sql_mode = cursor_le64(c);
        return true;
    case STATUS_CHARSET:
        ret->charset = cursor_le16(c);
        ret->connection = cursor_le16(c);
        ret->server_collation = cursor_le16(c);
        return true;
    case STATUS_EXPLICIT_DEFAULTS:
        ret->timestamp = cursor_u8(c) ? TIMESTAMP_EXPLICIT : TIMESTAMP_IMPLICIT;
        return true;
    case STATUS_UTF8MB4_COLLATION:
        ret->utf8mb4_collation = cursor_le16(c);
        return true;
    case STATUS_FLAGS2:
        *flags = cursor_le32(c);
        return true;
    case STATUS_MICROSECONDS: case STATUS_MARIA_MICROSECONDS:
        ret->microseconds = (uint32_t)cursor_le(c, 3);
        return true;
    case STATUS_INVOKER:
        cursor_take(c, cursor_u8(c));
        cursor_take(c, cursor_u8(c));
        return true;
    case STATUS_UPDATED_DATABASES:
        skip_databases(c);
        return true;
    /* u8 flags; at the end of an ALTER in two phases also u64, the number of its start */
    case STATUS_MARIA_ALTER:
        alter = cursor_u8(c);
        cursor_take(c, alter & (ALTER_COMMIT | ALTER_ROLLBACK) ? 8 : 0);
        ret->without_effect = alter & (ALTER_START | ALTER_ROLLBACK);
        return true;
    /* u8 count, (u16 character set, u16 its default collation)* */
    case STATUS_MARIA_COLLATIONS:
        ret->charset_collations = cursor_take(c, cursor_u8(c) * 4u);
        return true;
    case STATUS_TIME_ZONE:
        ret->time_zone = cursor_take(c, cursor_u8(c));
        return true;
    case STATUS_CATALOG:
        cursor_take(c, cursor_u8(c));
        return true;
    case STATUS_REQUIRE_KEY: case STATUS_TABLE_ENCRYPTION:
        cursor_take(c, 1);
        return true;
    case STATUS_TIME_NAMES: case STATUS_DATABASE_CHARSET:
        cursor_take(c, 2);
        return true;
    case STATUS_AUTO_INCREMENT: case STATUS_WRITTEN:
        cursor_take(c, 4);
        return true;
    case STATUS_TABLE_MAP_FOR_UPDATE: case STATUS_DDL_XID: case STATUS_MARIA_XID:
        cursor_take(c, 8);
        return true;
    default:
        return false;
    }
}

/*
 * u32 thread, u32 seconds, u8 length of the database's name, u16 error, u16 length of the status
 * variables; the status variables, the name, 0, SQL.
 */
int binlog_query_read(const struct binlog_format *f, const struct binlog_event *e,
                      struct buf *scratch, struct binlog_query *ret, struct err *err)
{
    uint32_t flags = 0;
    struct cursor c = cursor_over(e->body);
    *ret = (struct binlog_query){ .thread = cursor_le32(&c) };
    cursor_le32(&c);
    uint8_t database = cursor_u8(&c);
    ret->error = cursor_le16(&c);
    uint16_t status_length = cursor_le16(&c);
    if (e->type ==
        BINLOG_EXECUTE_LOAD_QUERY) /* u32 file, u32 and u32 its name's place in the text, u8 */
        cursor_take(&c, 13);
    struct cursor status = cursor_over(cursor_take(&c, status_length));
    ret->database = cursor_take(&c, database);
    cursor_u8(&c);
    ret->sql = cursor_rest(&c);
    while (status.p != status.end && status_variable(&status, cursor_u8(&status), ret, &flags))
        ;
    if (f->mariadb)
        ret->timestamp = flags & FLAG_EXPLICIT_TIMESTAMP ? TIMESTAMP_EXPLICIT : TIMESTAMP_IMPLICIT;
    c.bad |= status.bad;
    if (binlog_short(&c, "QUERY", err) || e->type != BINLOG_MARIA_QUERY_COMPRESSED)
        return c.bad ? -1 : 0;
    scratch->n = 0;
    if (maria_event_inflate(ret->sql, scratch))
        return err_set(err, ERR_FATAL,
                       "malformed binlog event QUERY_COMPRESSED: its text cannot be unpacked");
    ret->sql = buf_slice(scratch);
    return 0;
}
