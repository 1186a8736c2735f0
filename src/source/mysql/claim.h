#ifndef TAILRACE_SOURCE_MYSQL_CLAIM_H
#define TAILRACE_SOURCE_MYSQL_CLAIM_H
#include "source/mysql/server.h"

/*
 * Only one feed may read under a server id, and the claim decides which one before the sink fences
 * anybody. A second reader with our id would also end the first one's binlog stream.
 *
 * The claim is a named lock, held by a connection of its own. A thread speaks on that connection
 * every few seconds. The server ends a connection that was silent for CLAIM_SILENCE_S, and its lock
 * with it, also when a feed's host is gone.
 */
enum { CLAIM_SILENCE_S = 60 };
struct mysql_claim;

/*
 * 0: the lock is held, and *ret owns it. *ret is NULL where the server has no named locks; the log
 * says so. 1: another session has the lock; -1: err. *own: the connection with which this process
 * last held the lock, 0 at first. If that connection still holds it, it is ended. *own becomes the
 * new one.
 */
int mysql_claim_take(const struct mysql_options *opt, bool take_over, unsigned long long *own,
                     struct mysql_claim **ret, struct source_holder *ret_holder, struct err *err)
    must_check;

/* Has another session taken the lock? c may be NULL: never lost. */
bool mysql_claim_lost(struct mysql_claim *c);
/*
 * ERR_RETRY, and the claim is lost: the server behind `reading` does not know the lock as ours. c
 * may be NULL: 0.
 */
int mysql_claim_check(struct mysql_claim *c, struct mysql_conn *reading,
                      struct err *err) must_check;
void mysql_claim_free(struct mysql_claim *c);
#endif
