#ifndef TAILRACE_SOURCE_MYSQL_DUMP_H
#define TAILRACE_SOURCE_MYSQL_DUMP_H
#include "source/mysql/conn.h"
#include "source/mysql/server.h"

/*
 * The binlog stream. A thread of its own reads events, as fast as the server sends them, into one
 * of two buffers; the loop takes events from the other. A thread is needed because the library's
 * read blocks. It also reads ahead, so polling its socket would not help.
 */
struct mysql_dump;

/* Begins after `gtid` if it is not empty, else at file:pos. Takes ownership of nothing. */
struct mysql_dump *mysql_dump_start(const struct mysql_options *opt,
                                    const struct mysql_server *server, const struct gtid_set *gtid,
                                    const char *file, uint64_t pos, struct err *err) must_check;

/*
 * 1: an event with header and checksum, borrowed until the next call; 0: nothing now; -1: err,
 * after all events before the fault were handed out.
 */
int mysql_dump_next(struct mysql_dump *d, struct slice *ret, struct err *err) must_check;

/* Does the error say that the server no longer has the place, or never had it? */
bool mysql_dump_lost(const struct mysql_dump *d);

/* Becomes readable when there is something after mysql_dump_next() returned 0. */
int mysql_dump_fd(const struct mysql_dump *d);
void mysql_dump_stop(struct mysql_dump *d);     /* accepts NULL */
#endif
