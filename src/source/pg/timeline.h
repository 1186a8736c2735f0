#ifndef TAILRACE_SOURCE_PG_TIMELINE_H
#define TAILRACE_SOURCE_PG_TIMELINE_H
#include <stddef.h>
#include "source/pg/conn.h"

/*
 * A promotion begins a new timeline at an LSN: the log before it is shared with the timeline that
 * it left, the log after it is not. So two servers hold the same log up to where their histories
 * part.
 */
struct pg_timeline {
    uint32_t id;
    /* its log lies behind begin, up to end. end UINT64_MAX: it goes on */
    uint64_t begin, end;
};

/* The timelines that lead to where a server is, oldest first. Owns list. */
struct pg_history {
    struct pg_timeline *list;
    size_t n;
};

/*
 * The text of a history file: a line a timeline that was left ("id <tab> LSN <tab> reason"), then
 * the current one. Source: PostgreSQL's documentation, "Timelines", and the protocol's
 * TIMELINE_HISTORY.
 */
int pg_history_parse(struct slice text, uint32_t current, struct pg_history *ret,
                     struct err *err) must_check;

/* NULL: this history has no such timeline. */
const struct pg_timeline *pg_history_find(const struct pg_history *h, uint32_t id);

/* The timeline of the byte before lsn: of a record that ends there. Never NULL. */
const struct pg_timeline *pg_history_at(const struct pg_history *h, uint64_t lsn);

void pg_history_done(struct pg_history *h);

/* What was asked of a server about its log, all of it true at one moment. Owns history. */
struct pg_place {
    struct pg_server server;
    struct pg_history history;
    /* it has come so far: replayed on a standby, written on a primary */
    uint64_t end;
};

/* Renews all of *ret, which is empty or was filled before. */
int pg_place_read(PGconn *repl, PGconn *sql, struct pg_place *ret, struct err *err) must_check;
#endif
