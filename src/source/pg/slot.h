#ifndef TAILRACE_SOURCE_PG_SLOT_H
#define TAILRACE_SOURCE_PG_SLOT_H
#include "source/pg/conn.h"
#include "source/pg/position.h"

/*
 * Every message about a gap ends with these words. They work whatever made the gap
 * (docs/positions.md).
 */
#define PG_WAY_OUT                                                                                 \
    "The way out: `tailrace run --set snapshot.mode=when-needed` begins anew and reads every "     \
    "table "                                                                                       \
    "again; rows that were deleted meanwhile stay in the topics"

/* What pg_replication_slots says of our slot. */
struct pg_slot {
    bool exists, logical, temporary;
    bool synced;                /* a standby's copy of a failover slot of its primary */
    char plugin[64], database[64];
    int active_pid;             /* 0: nobody reads it */
    uint64_t confirmed_flush;
    char lost[64];              /* why it can no longer be read; "" when it can */
};

int pg_slot_read(PGconn *sql, const char *name, struct pg_slot *ret, struct err *err) must_check;

/*
 * May this feed read the slot? ERR_CONFIG: missing, or made for something else; ERR_FATAL: lost;
 * ERR_RETRY: in use.
 */
int pg_slot_usable(const struct pg_slot *s, const struct pg_options *opt,
                   const struct pg_server *server, struct err *err) must_check;

/*
 * The slot will decode changes after this LSN from before the publication was there. Always -1,
 * ERR_FATAL.
 */
int pg_slot_too_old(const struct pg_options *opt, uint64_t after, struct err *err);

/* The end of the server's log: replayed on a standby, written on a primary. */
int pg_server_end(PGconn *sql, uint64_t *ret, struct err *err) must_check;

int pg_publication_exists(PGconn *sql, const char *name, bool *ret, struct err *err) must_check;
#endif
