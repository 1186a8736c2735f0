#ifndef TAILRACE_SOURCE_MYSQL_DUMP_H
#define TAILRACE_SOURCE_MYSQL_DUMP_H
#include "source/mysql/conn.h"
#include "source/mysql/server.h"

/*
 * The binlog stream: a thread of its own reads events as fast as the server sends them into one of
 * two buffers, while the loop takes from the other. The library's read blocks, and it reads ahead,
 * so its socket could not be polled.
 */
struct mysql_dump;

/* Begins after `gtid` where it is not empty, else at file:pos. Takes over nothing. */
struct mysql_dump *mysql_dump_start(const struct mysql_options *opt,
                                    const struct mysql_server *server, const struct gtid_set *gtid,
                                    const char *file, uint64_t pos, struct err *err) must_check;

/* 1: an event with header and checksum, borrowed until the next call; 0: nothing now; -1: err (all
 * events before the fault were handed out). */
int mysql_dump_next(struct mysql_dump *d, struct slice *ret, struct err *err) must_check;

/* The error says that the server has not got the place any more, or never had it. */
bool mysql_dump_lost(const struct mysql_dump *d);

/* Readable when there is something after a 0. */
int mysql_dump_fd(const struct mysql_dump *d);
void mysql_dump_stop(struct mysql_dump *d);     /* accepts NULL */
#endif
