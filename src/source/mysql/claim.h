#ifndef TAILRACE_SOURCE_MYSQL_CLAIM_H
#define TAILRACE_SOURCE_MYSQL_CLAIM_H
#include "source/mysql/server.h"

/*
 * One feed reads under a server id; who it is is settled before the sink fences anybody. (A second
 * reader with our id would also end the first one's binlog stream.) A named lock tells. A
 * connection of its own holds it, and a thread speaks on it every few seconds. The server ends a
 * connection that was silent for CLAIM_SILENCE_S, and its lock with it: so when a feed's host is
 * gone, too.
 */
enum { CLAIM_SILENCE_S = 60 };
struct mysql_claim;

/*
 * 0: held, *ret is it, NULL where this server has no such locks, which is said; 1: another session
 * has it; -1: err. *own: the connection that this process held it with last, 0 at first: what is
 * left over of that one is ended. It becomes the new one.
 */
int mysql_claim_take(const struct mysql_options *opt, bool take_over, unsigned long long *own,
                     struct mysql_claim **ret, struct source_holder *ret_holder, struct err *err)
    must_check;

/* Another session has the lock since. c may be NULL: never lost. */
bool mysql_claim_lost(struct mysql_claim *c);
/* ERR_RETRY, and lost, where the server that a connection leads to does not know the lock as
 * ours. */
int mysql_claim_check(struct mysql_claim *c, struct mysql_conn *reading,
                      struct err *err) must_check;
void mysql_claim_free(struct mysql_claim *c);
#endif
