#ifndef TAILRACE_SOURCE_PG_CLAIM_H
#define TAILRACE_SOURCE_PG_CLAIM_H
#include "source/pg/conn.h"

/*
 * One feed reads a slot. Which feed that is, is settled before the sink fences anybody. The
 * stream's own session takes an advisory lock under the slot's name and keeps it while it streams.
 * So lock and slot end together, by wal_sender_timeout at the latest. 0: taken. 1: another session
 * has the lock or the slot, and nothing is taken.
 */
int pg_claim(PGconn *sql, PGconn *stream, const char *slot, bool take_over,
             struct source_holder *ret_holder, struct err *err) must_check;
#endif
