#ifndef TAILRACE_SOURCE_MYSQL_BINLOG_H
#define TAILRACE_SOURCE_MYSQL_BINLOG_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/event.h"

/*
 * Binlog events of MySQL (5.7 to 9.x) and MariaDB (10.5 to 11.x). A pure codec: one event in, one
 * struct out. Integers are little-endian. Every result borrows the event's bytes unless its comment
 * says otherwise. Layouts: MySQL source, libs/mysql/binlog/event; MariaDB knowledge base, "2-Binlog
 * Event Header" and after.
 */
enum binlog_type {
    BINLOG_QUERY = 2,
    BINLOG_STOP = 3,
    BINLOG_ROTATE = 4,
    BINLOG_INTVAR = 5,
    BINLOG_APPEND_BLOCK = 9,
    BINLOG_DELETE_FILE = 11,
    BINLOG_RAND = 13,
    BINLOG_USER_VAR = 14,
    BINLOG_FORMAT = 15,
    BINLOG_XID = 16,
    BINLOG_BEGIN_LOAD_QUERY = 17,
    BINLOG_EXECUTE_LOAD_QUERY = 18,
    BINLOG_TABLE_MAP = 19,
    BINLOG_PRE_GA_WRITE = 20,
    BINLOG_PRE_GA_UPDATE = 21,
    BINLOG_PRE_GA_DELETE = 22,
    BINLOG_WRITE_V1 = 23,
    BINLOG_UPDATE_V1 = 24,
    BINLOG_DELETE_V1 = 25,
    BINLOG_INCIDENT = 26,
    BINLOG_HEARTBEAT = 27,
    BINLOG_IGNORABLE = 28,
    BINLOG_ROWS_QUERY = 29,
    BINLOG_WRITE_V2 = 30,
    BINLOG_UPDATE_V2 = 31,
    BINLOG_DELETE_V2 = 32,
    BINLOG_GTID = 33,
    BINLOG_ANONYMOUS_GTID = 34,
    BINLOG_PREVIOUS_GTIDS = 35,
    BINLOG_TRANSACTION_CONTEXT = 36,
    BINLOG_VIEW_CHANGE = 37,
    BINLOG_XA_PREPARE = 38,
    BINLOG_PARTIAL_UPDATE = 39,
    BINLOG_PAYLOAD = 40,
    BINLOG_HEARTBEAT_V2 = 41,
    BINLOG_GTID_TAGGED = 42,
    BINLOG_MARIA_ANNOTATE = 160,
    BINLOG_MARIA_CHECKPOINT = 161,
    BINLOG_MARIA_GTID = 162,
    BINLOG_MARIA_GTID_LIST = 163,
    BINLOG_MARIA_START_ENCRYPTION = 164,
    BINLOG_MARIA_QUERY_COMPRESSED = 165,
    BINLOG_MARIA_WRITE_COMPRESSED_V1 = 166,
    BINLOG_MARIA_UPDATE_COMPRESSED_V1 = 167,
    BINLOG_MARIA_DELETE_COMPRESSED_V1 = 168,
    BINLOG_MARIA_WRITE_COMPRESSED = 169,
    BINLOG_MARIA_UPDATE_COMPRESSED = 170,
    BINLOG_MARIA_DELETE_COMPRESSED = 171
};

/* header flags */
enum { BINLOG_OF_SESSION = 0x4, BINLOG_ARTIFICIAL = 0x20, BINLOG_MAY_IGNORE = 0x80 };
enum { BINLOG_MAX_COLUMNS = 4096, BINLOG_FILE_NAME = 256 };    /* the file name with its NUL */

/*
 * What a FORMAT_DESCRIPTION event says about the events after it. All zero: before the first one
 * (then `checksum` is what we asked for).
 */
struct binlog_format {
    char server_version[51];
    bool mariadb;               /* server_version says so */
    uint8_t checksum;           /* 0: none; 1: each event ends in a CRC-32 of 4 bytes */
    uint8_t table_id_bytes;     /* 4 or 6 */
};

/* One event. */
struct binlog_event {
    uint32_t timestamp;         /* seconds since the epoch; 0: artificial */
    uint8_t type;
    uint32_t server_id, length;
    uint32_t next_pos;          /* where the next event begins, modulo 2^32; 0: not said */
    uint16_t flags;
    struct slice body;          /* without header and checksum */
};

/*
 * inside: the event came out of a transaction payload, where events have no checksum. -1:
 * malformed, or its checksum is wrong (ERR_FATAL).
 */
int binlog_event_read(const struct binlog_format *f, struct slice raw, bool inside,
                      struct binlog_event *ret, struct err *err) must_check;
int binlog_format_read(const struct binlog_event *e, struct binlog_format *ret,
                       struct err *err) must_check;

/* The full position whose low 32 bits are `low`: the one nearest to `before`, where reading was. */
uint64_t binlog_position_near(uint64_t before, uint32_t low);

/*
 * Is the name safe? It must be UTF-8 without control characters and shorter than BINLOG_FILE_NAME:
 * it goes into records and into the stored position.
 */
bool binlog_file_name_ok(struct slice name);

struct binlog_rotate { uint64_t pos; struct slice file; };
int binlog_rotate_read(const struct binlog_event *e, struct binlog_rotate *ret,
                       struct err *err) must_check;

/* GTID, ANONYMOUS_GTID and GTID_TAGGED. */
struct binlog_gtid {
    uint8_t uuid[16];
    char tag[33];               /* "": none */
    int64_t number;             /* 0: anonymous */
    int64_t commit_us;          /* on the server that we read; 0: not said */
    int64_t original_commit_us; /* on the server where it was first written; 0: not said */
    uint64_t length;            /* of the whole transaction in bytes; 0: not said */
    bool statements;            /* it may contain changes that were written as statements */
};
int binlog_gtid_read(const struct binlog_event *e, struct binlog_gtid *ret,
                     struct err *err) must_check;

struct binlog_xid { int32_t format; struct slice gtrid, bqual; };      /* of an XA transaction */
enum {
    MARIA_STANDALONE = 1,
    MARIA_TRANSACTIONAL = 4,
    MARIA_DDL = 0x20,
    MARIA_XA_PREPARED = 0x40,
    MARIA_XA_COMPLETED = 0x80
};
struct binlog_maria_gtid {      /* its server_id is in the event's header */
    uint64_t number;
    uint32_t domain;
    uint8_t flags;
    struct binlog_xid xid;      /* MARIA_XA_* */
    uint32_t thread;            /* 0: not said (before 11.7) */
};
int binlog_maria_gtid_read(const struct binlog_event *e, struct binlog_maria_gtid *ret,
                           struct err *err) must_check;

struct binlog_xa_prepare { bool one_phase; struct binlog_xid xid; };
int binlog_xa_prepare_read(const struct binlog_event *e, struct binlog_xa_prepare *ret,
                           struct err *err) must_check;

/* QUERY and EXECUTE_LOAD_QUERY, and MariaDB's compressed QUERY, whose text lies in scratch. */
struct binlog_query {
    uint32_t thread;
    uint16_t error;
    struct slice database;
    struct slice sql;           /* in the character set of collation `charset` */
    uint16_t charset;           /* character_set_client's collation id; 0: not said */
    uint16_t connection;        /* collation_connection's id; 0: not said */
    uint16_t server_collation;  /* collation_server's id in the session; 0: not said */
    uint16_t utf8mb4_collation; /* default_collation_for_utf8mb4's id; 0: not said */
    /* explicit_defaults_for_timestamp of the session */
    enum { TIMESTAMP_NOT_SAID, TIMESTAMP_IMPLICIT, TIMESTAMP_EXPLICIT } timestamp;
    /* MariaDB: an ALTER in two phases begins or is undone; its effect stands at its COMMIT */
    bool without_effect;
    uint64_t sql_mode;          /* 0: not said */
    uint32_t microseconds;      /* of the statement's start; 0: not said */
    /* the session's time zone, if the statement depends on it; empty: not said */
    struct slice time_zone;
    /*
     * MariaDB: pairs of u16: a collation of a character set, and the collation that is its default
     * now
     */
    struct slice charset_collations;
};
int binlog_query_read(const struct binlog_format *f, const struct binlog_event *e,
                      struct buf *scratch, struct binlog_query *ret, struct err *err) must_check;

/* The statement's text, from ROWS_QUERY or MariaDB's ANNOTATE_ROWS. */
int binlog_rows_query_read(const struct binlog_event *e, struct slice *ret,
                           struct err *err) must_check;

/* HEARTBEAT and HEARTBEAT_V2: where the server is in its log. */
int binlog_heartbeat_read(const struct binlog_event *e, struct binlog_rotate *ret,
                          struct err *err) must_check;

/* ---- tables ---- */

/* The type codes in a TABLE_MAP (MySQL: field_types.h). */
enum binlog_column_type {
    MYSQL_T_DECIMAL = 0,
    MYSQL_T_TINY = 1,
    MYSQL_T_SHORT = 2,
    MYSQL_T_LONG = 3,
    MYSQL_T_FLOAT = 4,
    MYSQL_T_DOUBLE = 5,
    MYSQL_T_NULL = 6,
    MYSQL_T_TIMESTAMP = 7,
    MYSQL_T_LONGLONG = 8,
    MYSQL_T_INT24 = 9,
    MYSQL_T_DATE = 10,
    MYSQL_T_TIME = 11,
    MYSQL_T_DATETIME = 12,
    MYSQL_T_YEAR = 13,
    MYSQL_T_NEWDATE = 14,
    MYSQL_T_VARCHAR = 15,
    MYSQL_T_BIT = 16,
    MYSQL_T_TIMESTAMP2 = 17,
    MYSQL_T_DATETIME2 = 18,
    MYSQL_T_TIME2 = 19,
    MYSQL_T_MARIA_BLOB_COMPRESSED = 140,
    MYSQL_T_MARIA_VARCHAR_COMPRESSED = 141,
    MYSQL_T_VECTOR = 242,
    MYSQL_T_JSON = 245,
    MYSQL_T_NEWDECIMAL = 246,
    MYSQL_T_ENUM = 247,
    MYSQL_T_SET = 248,
    MYSQL_T_BLOB = 252,
    MYSQL_T_VAR_STRING = 253,
    MYSQL_T_STRING = 254,
    MYSQL_T_GEOMETRY = 255
};

/*
 * The fixed part of a TABLE_MAP, and the optional metadata, not parsed. If `raw` is another than
 * before, this table_id's description changed.
 */
struct binlog_table_map {
    uint64_t table_id;
    struct slice database, table;
    uint16_t ncols;
    struct slice raw;           /* from the database's name to the end */
    struct slice types, meta, nullable, optional;
};
int binlog_table_map_read(const struct binlog_format *f, const struct binlog_event *e,
                          struct binlog_table_map *ret, struct err *err) must_check;

struct binlog_column {
    uint8_t type;               /* the real type: ENUM or SET, not the STRING in the TABLE_MAP */
    /*
     * depends on the type. Strings: length in bytes; temporals: fraction digits; NEWDECIMAL:
     * precision << 8 | scale; BIT: bits; ENUM, SET: bytes of the number; BLOB: bytes of the length
     */
    uint16_t meta;
    bool nullable;
    bool sign_known, is_unsigned;       /* not known with MariaDB's NO_LOG, and before MySQL 8.0 */
    uint32_t collation;         /* collation id of text; 63: binary; 0: not said */
    struct slice name;          /* p == NULL: not said (binlog_row_metadata is not FULL) */
    /* ENUM, SET: nlabels labels, raw, in the character set of `collation`; NULL: not said */
    struct slice *labels;
    uint16_t nlabels;
    bool invisible;
    uint8_t geometry;           /* OGC code: 1 point ...; 0: any, or not said */
    uint32_t dimensions;        /* VECTOR */
};

/*
 * Reads every column into cols (room for m->ncols). Labels live in a. key (room for m->ncols): the
 * primary key's columns in its order; *ret_nkey 0: none. *ret_key_known: the metadata is FULL, so 0
 * means that the table has no primary key. A key part with a prefix counts as its column.
 */
int binlog_table_map_columns(const struct binlog_table_map *m, bool mariadb, struct arena *a,
                             struct binlog_column *cols, uint16_t *key, uint16_t *ret_nkey,
                             bool *ret_key_known, struct err *err) must_check;

/* ---- rows ---- */

/*
 * One rows event. The caller compares ncols with the TABLE_MAP's before it calls
 * binlog_rows_next().
 */
struct binlog_rows {
    uint64_t table_id;
    enum event_kind kind;       /* EV_INSERT, EV_UPDATE, EV_DELETE */
    bool partial;               /* PARTIAL_UPDATE_ROWS */
    bool statement_end;
    uint16_t ncols;
    /* bitmaps: the columns in each image (INSERT has no before, DELETE no after) */
    const uint8_t *in_before, *in_after;
    uint16_t nbefore, nafter;   /* numbers of columns in the images */
    struct cursor rest;         /* row images not read yet */
};

/*
 * Reads V1, V2, PARTIAL_UPDATE and MariaDB's compressed rows events; unpacked bytes lie in scratch.
 */
int binlog_rows_read(const struct binlog_format *f, const struct binlog_event *e,
                     struct buf *scratch, struct binlog_rows *ret, struct err *err) must_check;

/* Only the table id, to find the table first; UINT64_MAX: malformed. */
uint64_t binlog_rows_table(const struct binlog_format *f, const struct binlog_event *e);

/*
 * The next row: fills before and after, if the kind has them. CELL_ABSENT: the column is not in the
 * image. Cells borrow the event, or live in a if they were converted (older temporals, MariaDB's
 * compressed columns, merged partial JSON). CELL_UNCHANGED: a partial update left the JSON as it
 * was, and the row before lacks it.
 *
 * 1: a row; 0: no more; -1: err (ERR_FATAL), naming the column.
 */
int binlog_rows_next(struct binlog_rows *r, const struct binlog_column *cols, struct arena *a,
                     struct cell *before, struct cell *after, struct err *err) must_check;

/* ---- payload: a transaction's events, compressed ---- */

/* decompresses step by step: never the whole transaction in memory */
struct binlog_payload;
struct binlog_payload *binlog_payload_new(void);
/* e's bytes stay borrowed until the payload ends */
int binlog_payload_begin(struct binlog_payload *p, const struct binlog_event *e,
                         struct err *err) must_check;
/*
 * 1: *ret_raw is the next event with its header, borrowed until the next call; 0: the end; -1: err.
 */
int binlog_payload_next(struct binlog_payload *p, struct slice *ret_raw,
                        struct err *err) must_check;
void binlog_payload_free(struct binlog_payload *p);
#endif
