#ifndef TAILRACE_SOURCE_MYSQL_MARK_H
#define TAILRACE_SOURCE_MYSQL_MARK_H
#include "source/mysql/source.h"

/*
 * A chunk's high: the end of the binlog just after the chunk's snapshot was taken, on this server.
 * It also has all GTIDs that the snapshot holds, and maybe more. MySQL shows a transaction to
 * others a little before it adds the GTID to gtid_executed. So the reader asks for the GTIDs after
 * it has read the rows.
 */
struct mysql_high {
    uint64_t pos;
    char file[256], server[40];
    struct slice gtid;          /* text, borrowed */
};
void mysql_high_write(const struct mysql_place *high, const char *server, struct buf *out);
struct mysql_high mysql_high_read(struct slice high);

/* source_ops.stored_mark, stored_passed, high_text. */
int mysql_stored_mark(const struct source *s, struct slice position, struct buf *ret_mark,
                      struct err *err) must_check;
int mysql_stored_passed(const struct source *s, struct slice position, struct slice high, bool *ret,
                        struct err *err) must_check;
void mysql_high_text(const struct source *s, struct slice high, struct buf *out);
#endif
