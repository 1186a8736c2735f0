#ifndef TAILRACE_SOURCE_PG_SOURCE_H
#define TAILRACE_SOURCE_PG_SOURCE_H
#include "base/buf.h"
#include "source/pg/chunk.h"
#include "source/pg/claim.h"
#include "source/pg/position.h"
#include "source/pg/relation.h"
#include "source/pg/sql.h"
#include "source/pg/start.h"
#include "source/pg/stream.h"

/* A replication slot as a source: what source.c, open.c, changes.c and stand.c share. */

/* The transaction being read, and how much of it an earlier run has handed out. */
struct pg_tx {
    bool open;
    bool known;                 /* an earlier run has handed it out whole: nothing of it goes out */
    /* every table read will hold its rows: only its messages go out */
    bool in_tables;
    struct pg_begin begin;
    /* LSN of its commit on the server that it came from (source's origin) */
    uint64_t origin_lsn;
    bool has_origin;
    uint64_t changes;           /* read so far */
    uint64_t skip;              /* this many of the first changes were handed out before */
};

struct pg_source {
    struct source base;
    const struct pg_options *opt;
    struct pg_place place;      /* the server, as of open() */
    struct pg_sql sql;          /* open throughout claim() and open() */
    struct pg_stream stream;
    struct pg_relations relations;
    bool streaming;
    bool slot_lost;             /* as the last open() saw it */
    bool told_clear;            /* it was said that a password goes over the network in the clear */
    bool told_lacks;            /* the tables that the publication lacks were named */
    struct pg_position pos;     /* just after the last event handed out */
    struct pg_tx tx;
    uint64_t last_commit;       /* end of the last commit before this transaction */
    struct cursor truncated;    /* tables of a Truncate that are still to be handed out */
    uint32_t ntruncated;
    uint64_t truncated_lsn;
    int64_t last_position_us, last_ask_us;
    struct pg_fences *fences;   /* of tables that are read */
    int64_t last_session_us;    /* last look at the catalog's session */
    /* the server is shutting down: time of the last progress since then; 0: it is not */
    int64_t ending_us;
    uint64_t ending_acked;
    struct pg_recent *recent;   /* on a primary: the transactions last handed out (mark.c) */
    uint64_t end;               /* until_current: stop here; 0: not known yet */
    uint64_t told;              /* what the slot had confirmed when the stream was opened */
    /* every table that is going to be read holds the rows committed before this LSN; 0: none */
    uint64_t rows_from;
    /* the slot is older than the publication: no position on it can be read */
    bool renew;
    bool skipped_publication;   /* the server said that it leaves rows out */
    struct buf origin;          /* name of the transaction's replication origin */
    struct pg_state *said;      /* the state handed out last */
    struct pg_version *parted;  /* the version whose end was handed out last */
};

static inline struct pg_source *pg_self(struct source *s)
{
    return (struct pg_source *)s;
}

/* ---- open.c: from a connection to a stream; as source_ops has them ---- */
int pg_source_claim(struct source *base, bool take_over, struct source_holder *ret_holder,
                    struct err *err) must_check;
int pg_source_open(struct source *base, struct slice from, struct err *err) must_check;

/* ---- changes.c: the stream's messages as events ---- */

/* The transaction and LSN of what the stream describes now. */
struct pg_moment pg_source_moment(const struct pg_source *s);
/* 1: ev is filled; 0: this message hands out nothing; -1: err. lsn: the message's LSN. */
int pg_source_take(struct pg_source *s, struct slice m, uint64_t lsn, struct event *ev,
                   struct err *err) must_check;
/* The next table of a Truncate that named several. Returns as pg_source_take(). */
int pg_source_truncated(struct pg_source *s, struct event *ev, struct err *err) must_check;

/* ---- stand.c: the source talks to the server beside the stream; as source_ops has it ---- */
int pg_source_tend(struct source *base, struct err *err) must_check;
void pg_source_state(struct source *base, struct buf *ret);
void pg_source_stand(struct source *base, bool ask, struct source_stand *ret);
#endif
