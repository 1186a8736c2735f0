#ifndef TAILRACE_SOURCE_MYSQL_READER_H
#define TAILRACE_SOURCE_MYSQL_READER_H
#include "source/mysql/cells.h"
#include "source/mysql/position.h"
#include "source/mysql/tables.h"
#include "source/reader.h"

/*
 * The reader of MySQL and MariaDB. A chunk is a range of the table's key, read by its index in a
 * consistent snapshot of its own; a table without a key is one range.
 *
 * What the snapshot holds. MySQL puts a transaction's GTID into gtid_executed after the engine has
 * committed it, so waiting for the mark's GTIDs before the snapshot makes sure that they are in it;
 * and a transaction is in the binlog before the engine commits it, so the end of the binlog after
 * the snapshot was taken covers all that is in it. MariaDB says the snapshot's exact place
 * (binlog_snapshot_file, binlog_snapshot_position): one that is before the mark is taken again.
 */
struct mysql_reader {
    struct reader base;
    const struct mysql_options *opt;
    struct mysql_server server;
    struct mysql_conn *sql;
    struct mysql_collations collations;
    struct arena arena;                 /* the table last looked at */
    struct mysql_table_def *def;        /* NULL: none */
    struct buf shape;                   /* def as JSON */
    struct binlog_column *cols;
    const struct mysql_index_def *key;  /* to read in ranges by; NULL: none that serves */
    struct table table;                 /* reader_ops.table's; version 0: none */
    uint32_t tables;                    /* how many were made */
    struct arena table_arena;
    struct buf table_shape;             /* the shape that it was made of */
};

/* look.c: looks the table up anew; READ_GONE: not there, or left out. */
enum read_result mysql_reader_look(struct mysql_reader *r, const struct read_order *o,
                                   struct err *err) must_check;

/* range.c: ranges are "key [...]" with each part as a literal of SQL; "key" alone: the end. */
enum read_result mysql_range_next(struct mysql_reader *r, const struct read_order *o,
                                  struct slice from, uint32_t goal, struct range *ret,
                                  struct err *err) must_check;
/* " FROM table [FORCE INDEX] WHERE ...". READ_AGAIN: the range is of another key. */
enum read_result mysql_range_terms(const struct mysql_reader *r, const struct read_order *o,
                                   const struct range *range, struct buf *out);

/* Any thread. */
struct reader *mysql_reader_new(const struct mysql_options *opt, struct err *err) must_check;
#endif
