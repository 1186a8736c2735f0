#ifndef TAILRACE_SOURCE_PG_TIMELINE_H
#define TAILRACE_SOURCE_PG_TIMELINE_H
#include <stddef.h>
#include "source/pg/conn.h"

/*
 * A promotion begins a new timeline at an LSN. The new timeline shares the log before that LSN with
 * the timeline that it left, and not the log after it. So two servers hold the same log up to where
 * their histories part.
 */
struct pg_timeline {
    uint32_t id;
    /* its log lies behind begin, up to end. end UINT64_MAX: it goes on */
    uint64_t begin, end;
};

/* The timelines that lead to where a server is, the oldest first. Owns list. */
struct pg_history {
    struct pg_timeline *list;
    size_t n;
};

/*
 * Reads a history file: one line for each timeline that was left ("id <tab> LSN <tab> reason").
 * Adds the current one. Source: PostgreSQL's documentation, "Timelines", and the protocol's
 * TIMELINE_HISTORY.
 */
int pg_history_parse(struct slice text, uint32_t current, struct pg_history *ret,
                     struct err *err) must_check;

/* NULL: the history has no such timeline. */
const struct pg_timeline *pg_history_find(const struct pg_history *h, uint32_t id);

/* The timeline of the byte before lsn, so of a record that ends at lsn. Never NULL. */
const struct pg_timeline *pg_history_at(const struct pg_history *h, uint64_t lsn);

void pg_history_done(struct pg_history *h);

/* A server's answers about its log, all true at one moment. Owns history. */
struct pg_place {
    struct pg_server server;
    struct pg_history history;
    /* the server's log has come this far: replayed on a standby, written on a primary */
    uint64_t end;
};

/* Renews all of *ret, which is empty or was filled before. The caller frees its history. */
int pg_place_read(PGconn *repl, PGconn *sql, struct pg_place *ret, struct err *err) must_check;
#endif
