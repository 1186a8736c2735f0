#ifndef TAILRACE_SOURCE_PG_PROTO_H
#define TAILRACE_SOURCE_PG_PROTO_H
#include "base/cursor.h"
#include "base/err.h"
#include "model/event.h"

/*
 * pgoutput, protocol version 1: a pure codec, one message in, one struct out.
 * Source of every layout: PostgreSQL manual, "Logical Replication Message
 * Formats". Integers are big-endian, strings end in NUL. All pointers borrow
 * the message.
 */
enum pg_msg_kind {
    PG_MSG_BEGIN = 'B',
    PG_MSG_COMMIT = 'C',
    PG_MSG_ORIGIN = 'O',
    PG_MSG_RELATION = 'R',
    PG_MSG_TYPE = 'Y',
    PG_MSG_INSERT = 'I',
    PG_MSG_UPDATE = 'U',
    PG_MSG_DELETE = 'D',
    PG_MSG_TRUNCATE = 'T',
    PG_MSG_MESSAGE = 'M'
};

enum { PG_MAX_COLUMNS = 1600 };     /* MaxHeapAttributeNumber */

struct pg_begin {
    uint64_t final_lsn;     /* of the commit record */
    int64_t commit_us;      /* since the Unix epoch */
    uint32_t xid;
};

struct pg_commit {
    uint64_t commit_lsn, end_lsn;
    int64_t commit_us;
};

struct pg_rel_column {
    bool identity;          /* part of the replica identity */
    const char *name;
    uint32_t type_oid;
    int32_t typmod;
};

/* columns: read with pg_proto_rel_column(), ncols times. */
struct pg_relation {
    uint32_t oid;
    const char *schema, *name;
    char identity;          /* d n f i, as pg_class.relreplident */
    uint16_t ncols;
    struct cursor columns;
};

/* A type of a column in the next Relation message. schema and name name its base type. */
struct pg_type {
    uint32_t oid;
    const char *schema, *name;      /* "": pg_catalog */
};

struct pg_origin {
    uint64_t lsn;           /* of the commit on the origin */
    const char *name;
};

/* Tuples still in wire form: read with pg_proto_tuple(). */
struct pg_change {
    uint32_t oid;
    char old_kind;          /* 0: none, 'K': key columns only, 'O': the whole old row */
    bool has_new;
    struct slice old_tuple, new_tuple;
};

/* oids: read with cursor_be32(), n times. */
struct pg_truncate {
    uint32_t n;
    uint8_t options;        /* 1 cascade, 2 restart identity */
    struct cursor oids;
};

struct pg_message {
    bool transactional;
    uint64_t lsn;
    const char *prefix;
    struct slice content;
};

/* Each reads the message after its kind byte. -1: malformed, ERR_FATAL says which message. */
int pg_proto_begin(struct slice m, struct pg_begin *ret, struct err *err) must_check;
int pg_proto_commit(struct slice m, struct pg_commit *ret, struct err *err) must_check;
int pg_proto_relation(struct slice m, struct pg_relation *ret, struct err *err) must_check;
struct pg_rel_column pg_proto_rel_column(struct cursor *c);
int pg_proto_type(struct slice m, struct pg_type *ret, struct err *err) must_check;
int pg_proto_origin(struct slice m, struct pg_origin *ret, struct err *err) must_check;
int pg_proto_change(char kind, struct slice m, struct pg_change *ret, struct err *err) must_check;
int pg_proto_truncate(struct slice m, struct pg_truncate *ret, struct err *err) must_check;
int pg_proto_message(struct slice m, struct pg_message *ret, struct err *err) must_check;

/*
 * Finds the ncols cells of a tuple. forms[i] receives 't' or 'b' for a value.
 * The tuple must have exactly ncols columns.
 */
int pg_proto_tuple(struct slice tuple, uint16_t ncols, struct cell *cells, char *forms,
                   struct err *err) must_check;

/* PostgreSQL counts microseconds from 2000-01-01. */
#define PG_EPOCH_US INT64_C(946684800000000)
#endif
