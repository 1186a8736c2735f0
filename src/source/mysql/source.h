#ifndef TAILRACE_SOURCE_MYSQL_SOURCE_H
#define TAILRACE_SOURCE_MYSQL_SOURCE_H
#include "source/mysql/claim.h"
#include "source/mysql/ddl/ddl.h"
#include "source/mysql/kept.h"
#include "source/mysql/doubt.h"
#include "source/mysql/reach.h"
#include "source/mysql/reader.h"
#include "source/mysql/stream.h"
#include "source/mysql/xa.h"

/* The transaction being read: MySQL's GTID event, then BEGIN, rows, XID or COMMIT; or a GTID event
 * and one statement. */
struct mysql_group {
    bool open;                  /* its first event was read, its end not yet */
    bool known;                 /* handed out whole by an earlier run */
    bool begun;                 /* EV_BEGIN went out, or would have */
    /* parts of it may be rolled back in it: it is held back until its end */
    bool may_undo;
    uint32_t begun_at_s;        /* held back: its first event's time and place */
    uint64_t begun_at;
    bool single;                /* MariaDB: one statement, no end follows */
    /* its events are held back until its end; XA: until its COMMIT, owned by the source's list once
     * it is prepared */
    struct mysql_xa *xa;
    uint8_t uuid[16];
    char tag[33];
    int64_t number;             /* MySQL; 0: no GTID */
    uint32_t domain, server;
    uint64_t maria_number;      /* MariaDB; 0: no GTID */
    struct buf gtid;            /* as text; empty: none */
    int64_t original_us;        /* MySQL: when its origin committed it; 0: not said */
    int64_t commit_us;          /* 0: each event says its own second */
    int64_t thread;
    /* character_set_client's collation id, which its BEGIN says (MySQL); 0: not said */
    uint16_t charset;
    uint64_t changes;           /* rows, tables emptied and schema changes so far */
    uint64_t skip;              /* the first so many were handed out before */
};

struct mysql_source {
    struct source base;
    const struct mysql_options *opt;
    struct mysql_server server;
    struct mysql_dialect dialect;   /* the same, for its statements */
    struct mysql_conn *sql;
    struct mysql_claim *claim;      /* NULL: none, or the server has no such locks */
    bool unclaimed;                 /* and that was said */
    unsigned long long claimed_by;  /* the server's number of our lock's last connection */
    struct mysql_stream stream;
    struct mysql_tables tables;
    struct mysql_position pos;      /* just after the last event handed out */
    /* MariaDB, begun before pos.done: the domains whose place in it was not reached yet */
    struct gtid_set behind;
    /* since when the server has lacked what was handed out; 0: it does not */
    int64_t lacks_since_us;
    /* MariaDB: reading began by GTID, at a server that says nothing of where its domains begin */
    bool domains_from_start;
    struct mysql_place end;         /* until_current: stop here */
    bool end_known;
    struct mysql_group group;
    struct mysql_xa *held;          /* prepared XA transactions, oldest first */
    struct mysql_xa *replay;        /* the one whose COMMIT came: its events are being handed out */
    struct buf replay_event;

    struct binlog_rows rows;        /* a rows event being read; entry NULL: none */
    struct mysql_entry *entry;
    uint32_t row;                   /* within it, the next one */
    struct buf inflated;            /* of a compressed event */
    struct arena row_arena;         /* converted cells, until the next row */
    struct binlog_place place;      /* of the event handed out */
    int64_t event_us;
    struct buf query;               /* text of the statement whose rows come */

    /* What a statement or a first look made, still to be handed out. */
    struct event *pending;
    uint32_t npending, cap_pending, next_pending;
    struct arena pending_arena;
    bool end_after_pending;         /* then the statement's group ends */
    bool beginning;                 /* what a first look made is still pending */
    /* definitions from an earlier run, until open() knows the position */
    struct mysql_recalled *recalled;
    bool recalled_all;
    /* definitions that statements made in this run, and those before them */
    struct mysql_kept *kept;
    struct buf acked;               /* the newest position that is stored */
    struct mysql_reach *reach;      /* what hangs on tables; NULL: not read, or not any more */
    struct buf fresh;               /* "\ndatabase\ttable\n": made since, nothing hangs on it */
};

/*
 * s->sql and s->server are there: may reading go on from a stored position, which s->pos becomes?
 * At the server that it was taken at (*ret_same), or, with GTIDs, at another one that has the same
 * transactions.
 * ERR_RETRY: not yet.
 */
int mysql_may_go_on(struct mysql_source *s, struct slice from, bool *ret_same, struct err *err)
    must_check;

/* Without GTIDs: is the file still there where reading begins? ERR_FATAL: it is purged. */
int mysql_has_file(struct mysql_source *s, struct err *err) must_check;

/* The columns of a table can be told at a place of which nothing is kept. */
bool mysql_columns_are_told(const struct mysql_source *s);

/* Counts a change of the transaction being read, and moves the position behind it; false: it was
 * handed out before. */
bool mysql_count_change(struct mysql_source *s);

/* What is handed out before another event is taken from the stream: what is pending, rows, an XA
 * transaction. 1: ev; 0: not yet; -1: err. */
bool mysql_waits(const struct mysql_source *s);
int mysql_next_waiting(struct mysql_source *s, struct event *ev, struct err *err) must_check;

/* transaction.c: takes one event of the stream. 1: ev is filled; 0: nothing to hand out; -1:
 * err. */
int mysql_take(struct mysql_source *s, const struct binlog_event *e, struct slice raw,
               struct event *ev, struct err *err) must_check;
/* The next row of the event being read; as above. */
int mysql_next_row(struct mysql_source *s, struct event *ev, struct err *err) must_check;
/* The next event of the XA transaction being handed out; as above. */
int mysql_next_of_replay(struct mysql_source *s, struct event *ev, struct err *err) must_check;
void mysql_end_statement(struct mysql_source *s, struct event *ev);
void mysql_group_reset(struct mysql_group *g);

/*
 * statement.c: a statement about tables or databases took effect: the definitions follow it, and
 * what that means for the feed is pending (EV_TRUNCATE, EV_STATE).
 */
int mysql_statement(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                    const struct ddl *d, struct err *err) must_check;
/* The same of a statement that ddl_read() could not read, because of why. */
/* A session that writes statements logs those about its temporary tables, and CREATE and DROP alone
 * say TEMPORARY. CONNECTION_ID() has the flag too. */
bool mysql_statement_is_temporary(const struct binlog_event *e, struct slice sql,
                                  enum ddl_kind kind);
int mysql_statement_unread(struct mysql_source *s, struct slice sql, const struct ddl *d,
                           const struct err *why, struct err *err) must_check;
void mysql_pending_clear(struct mysql_source *s);

/*
 * definitions.c: the definitions of the tables that the feed must know, kept as EV_STATEs beside
 * the position, with their history (kept.h): after a restart, and when the stream goes back to the
 * position, those of that place are right.
 */
int mysql_definition_kept(const struct mysql_source *s, const char *database, const char *table,
                          struct err *err) must_check;
int mysql_definition_pend(struct mysql_source *s, const char *database, const char *table,
                          const struct mysql_table_def *before, struct err *err) must_check;
int mysql_definitions_recall(struct mysql_source *s, struct slice name, struct slice value,
                             struct err *err) must_check;
/* Those of the position, which is known now. */
int mysql_definitions_settle(struct mysql_source *s, struct err *err) must_check;
void mysql_definitions_forget(struct mysql_source *s);
/* The first time: all of the catalog, as it is at a place that *ret gets; all become pending. */
int mysql_definitions_first(struct mysql_source *s, struct mysql_place *ret,
                            struct err *err) must_check;
/* Or none: the feed begins at a place of which nothing is known. */
int mysql_definitions_none(struct mysql_source *s, struct err *err) must_check;

/*
 * written.c: a change written as a statement, in ctx's session. 0: it can touch nothing that is
 * read, and is passed over; -1: err.
 */
int mysql_written(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                  const struct ddl_context *ctx, struct err *err) must_check;
/* The same of the SELECT of a CREATE TABLE: routines that it calls may write. */
int mysql_written_select(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                         const struct ddl_context *ctx, struct err *err) must_check;
/* -1: err says that sql may have changed what is read; what: more of that. */
int mysql_not_rows(const struct mysql_source *s, struct slice sql, const char *what,
                   struct err *err);
/* A statement of another kind comes: what hangs on tables may be another thing from here on. -1:
 * what it takes away may have led from a statement that was passed over to what is read. unread: d
 * is not known but for its kind. */
int mysql_written_meets(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                        const struct ddl *d, bool unread, struct err *err) must_check;
/* A statement about a temporary table: -1: what is written to that may go to one that is read. */
int mysql_written_merges(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                         struct err *err) must_check;
/* A group ends: is the doubt behind us? */
void mysql_written_settle(struct mysql_source *s);
void mysql_reach_forget(struct mysql_source *s);

/* changes.c: what a statement made of the tables (before: by place in d->tables), and what there is
 * at first, become EV_SCHEMAs. */
int mysql_changes_pend(struct mysql_source *s, struct slice sql, const struct ddl *d,
                       const struct mysql_table_def *const *before, struct err *err) must_check;
int mysql_changes_first(struct mysql_source *s, const struct mysql_table_def *def,
                        struct err *err) must_check;

/* pending.c: the place of now, in the pending arena: it outlives the event. */
const struct binlog_place *mysql_kept_place(struct mysql_source *s);
struct event *mysql_pend(struct mysql_source *s, enum event_kind kind);
#endif
