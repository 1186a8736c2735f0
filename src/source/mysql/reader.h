#ifndef TAILRACE_SOURCE_MYSQL_READER_H
#define TAILRACE_SOURCE_MYSQL_READER_H
#include "source/mysql/cells.h"
#include "source/mysql/position.h"
#include "source/mysql/tables.h"
#include "source/reader.h"

/*
 * The reader of MySQL and MariaDB. A chunk is a range of the table's key. The reader reads it by
 * the key's index, in a consistent snapshot of its own. A table without a key is one range.
 *
 * What the snapshot holds, MySQL: the server writes a transaction to the binlog, commits it in the
 * engine, then puts its GTID into gtid_executed. So the reader waits for the mark's GTIDs before
 * the snapshot: then the snapshot holds these transactions. The end of the binlog after the
 * snapshot covers everything in the snapshot.
 *
 * MariaDB says the snapshot's exact place (binlog_snapshot_file, binlog_snapshot_position). The
 * reader takes a snapshot that is before the mark again.
 */
struct mysql_reader {
    struct reader base;
    const struct mysql_options *opt;
    struct mysql_server server;
    struct mysql_conn *sql;
    struct mysql_collations collations;
    struct arena arena;                 /* of the table last looked at */
    struct mysql_table_def *def;        /* NULL: no table was looked at */
    struct buf shape;                   /* def as JSON */
    struct binlog_column *cols;
    const struct mysql_index_def *key;  /* the key to cut ranges by; NULL: no key serves */
    struct table table;                 /* what reader_ops.table returns; version 0: none */
    uint32_t tables;                    /* how many tables were made */
    struct arena table_arena;
    struct buf table_shape;             /* the shape that `table` was made of */
};

/* look.c: looks the table up anew. READ_GONE: it does not exist, or the filter leaves it out. */
enum read_result mysql_reader_look(struct mysql_reader *r, const struct read_order *o,
                                   struct err *err) must_check;

/*
 * range.c: a bound of a range is "key [...]", each part an SQL literal; "key" alone: the table's
 * end.
 */
enum read_result mysql_range_next(struct mysql_reader *r, const struct read_order *o,
                                  struct slice from, uint32_t goal, struct range *ret,
                                  struct err *err) must_check;
/* Writes " FROM table [FORCE INDEX] WHERE ...". READ_AGAIN: the range belongs to another key. */
enum read_result mysql_range_terms(const struct mysql_reader *r, const struct read_order *o,
                                   const struct range *range, struct buf *out);

/* May be called in any thread. NULL: err. */
struct reader *mysql_reader_new(const struct mysql_options *opt, struct err *err) must_check;
#endif
