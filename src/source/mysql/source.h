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

/*
 * The transaction being read. In MySQL: a GTID event, then BEGIN, rows, and XID or COMMIT; or a
 * GTID event and one statement.
 */
struct mysql_group {
    bool open;                  /* its first event was read, its end not yet */
    bool known;                 /* an earlier run handed it out whole */
    bool begun;                 /* EV_BEGIN went out, or would have */
    /* a part of it may be rolled back: the source holds it back until its end */
    bool may_undo;
    uint32_t begun_at_s;        /* of a transaction held back: time and place of its first event */
    uint64_t begun_at;
    bool single;                /* MariaDB: one statement, no end follows */
    /*
     * holds its events back until its end. XA: until its COMMIT; once it is prepared, the source's
     * list (held) owns it
     */
    struct mysql_xa *xa;
    uint8_t uuid[16];
    char tag[33];
    int64_t number;             /* MySQL; 0: no GTID */
    uint32_t domain, server;
    uint64_t maria_number;      /* MariaDB; 0: no GTID */
    struct buf gtid;            /* the GTID as text; empty: none */
    int64_t original_us;        /* MySQL: when the origin committed it; 0: not said */
    int64_t commit_us;          /* 0: each event has its own second */
    int64_t thread;
    /* MySQL: the collation id of character_set_client, from its BEGIN; 0: not said */
    uint16_t charset;
    uint64_t changes;           /* rows, tables emptied and schema changes so far */
    uint64_t skip;              /* this many first changes were handed out before */
};

struct mysql_source {
    struct source base;
    const struct mysql_options *opt;
    struct mysql_server server;
    struct mysql_dialect dialect;   /* the server's facts that its statements depend on */
    struct mysql_conn *sql;
    struct mysql_claim *claim;      /* NULL: none; or the server has no named locks */
    bool unclaimed;                 /* the server has no named locks, and the log said so */
    unsigned long long claimed_by;  /* the server's id of the connection that last held our lock */
    struct mysql_stream stream;
    struct mysql_tables tables;
    struct mysql_position pos;      /* just after the last event handed out */
    /*
     * MariaDB, when reading begins before pos.done: the domains that have not reached pos.done yet
     */
    struct gtid_set behind;
    /* since when the server has lacked transactions that were handed out; 0: it lacks none */
    int64_t lacks_since_us;
    /* MariaDB: reading began by GTID; the server does not say where its domains begin */
    bool domains_from_start;
    struct mysql_place end;         /* until_current: stop here */
    bool end_known;
    struct mysql_group group;
    struct mysql_xa *held;          /* prepared XA transactions, oldest first */
    /* the transaction whose end came: its events are being handed out */
    struct mysql_xa *replay;
    struct buf replay_event;

    struct binlog_rows rows;        /* the rows event being read; entry NULL: none */
    struct mysql_entry *entry;
    uint32_t row;                   /* the next row in that event */
    struct buf inflated;            /* the bytes of a compressed event, inflated */
    struct arena row_arena;         /* converted cells, until the next row */
    struct binlog_place place;      /* of the event handed out */
    int64_t event_us;
    struct buf query;               /* text of the statement that made the next rows */

    /* Events that a statement or the first catalog read made, still to be handed out. */
    struct event *pending;
    uint32_t npending, cap_pending, next_pending;
    struct arena pending_arena;
    bool end_after_pending;         /* after the pending events the statement's group ends */
    bool beginning;                 /* events of the first catalog read are still pending */
    /* definitions from an earlier run, until open() knows the position */
    struct mysql_recalled *recalled;
    bool recalled_all;
    /* definitions that statements made in this run, and the definitions before them */
    struct mysql_kept *kept;
    struct buf acked;               /* the newest position that the sink has stored */
    /* triggers, foreign keys, views ... of tables; NULL: not read, or outdated */
    struct mysql_reach *reach;
    /* "\ndatabase\ttable\n" per table made since then: nothing hangs on it */
    struct buf fresh;
};

/*
 * May reading go on from a stored position? The position goes into s->pos. The caller has set
 * s->sql and s->server. Reading may go on at the server where the position was taken (*ret_same).
 * With GTIDs it may also go on at another server that has the same transactions. ERR_RETRY: not
 * yet.
 */
int mysql_may_go_on(struct mysql_source *s, struct slice from, bool *ret_same, struct err *err)
    must_check;

/*
 * Without GTIDs: does the server still have the file where reading begins? ERR_FATAL: it is purged.
 */
int mysql_has_file(struct mysql_source *s, struct err *err) must_check;

/* Can the columns of a table be known at a place without kept definitions? */
bool mysql_columns_are_told(const struct mysql_source *s);

/*
 * Counts a change of the transaction being read, and moves the position behind it. false: an
 * earlier run handed it out.
 */
bool mysql_count_change(struct mysql_source *s);

/*
 * What goes out before the source takes another event from the stream: pending events, rows, an XA
 * transaction. 1: ev is filled; 0: nothing; -1: err.
 */
bool mysql_waits(const struct mysql_source *s);
int mysql_next_waiting(struct mysql_source *s, struct event *ev, struct err *err) must_check;

/*
 * transaction.c: takes one event of the stream. 1: ev is filled; 0: nothing to hand out; -1: err.
 */
int mysql_take(struct mysql_source *s, const struct binlog_event *e, struct slice raw,
               struct event *ev, struct err *err) must_check;
/* The next row of the event being read. Returns as mysql_take(). */
int mysql_next_row(struct mysql_source *s, struct event *ev, struct err *err) must_check;
/* The next event of the transaction in s->replay. Returns as mysql_take(). */
int mysql_next_of_replay(struct mysql_source *s, struct event *ev, struct err *err) must_check;
void mysql_end_statement(struct mysql_source *s, struct event *ev);
void mysql_group_reset(struct mysql_group *g);

/*
 * statement.c: a statement about tables or databases took effect. Brings the definitions up to date
 * and makes what the feed must hand out pending (EV_TRUNCATE, EV_SCHEMA, EV_STATE).
 */
int mysql_statement(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                    const struct ddl *d, struct err *err) must_check;
/*
 * Is the statement about a session's temporary table? A session with binlog_format=STATEMENT logs
 * such statements, and only CREATE and DROP say TEMPORARY. The event has a flag for it;
 * CONNECTION_ID() sets that flag too.
 */
bool mysql_statement_is_temporary(const struct binlog_event *e, struct slice sql,
                                  enum ddl_kind kind);
/* As mysql_statement(), for a statement that ddl_read() could not read; why: its error. */
int mysql_statement_unread(struct mysql_source *s, struct slice sql, const struct ddl *d,
                           const struct err *why, struct err *err) must_check;
void mysql_pending_clear(struct mysql_source *s);

/*
 * definitions.c: the definitions of the tables that the feed must know. The sink keeps them as
 * EV_STATEs beside the position, with their history (kept.h). So after a restart, and when the
 * stream goes back to the position, the feed has the definitions of that place.
 */
int mysql_definition_kept(const struct mysql_source *s, const char *database, const char *table,
                          struct err *err) must_check;
int mysql_definition_pend(struct mysql_source *s, const char *database, const char *table,
                          const struct mysql_table_def *before, struct err *err) must_check;
int mysql_definitions_recall(struct mysql_source *s, struct slice name, struct slice value,
                             struct err *err) must_check;
/* The position is known now: takes the definitions that hold there. */
int mysql_definitions_settle(struct mysql_source *s, struct err *err) must_check;
void mysql_definitions_forget(struct mysql_source *s);
/*
 * The first time: reads the whole catalog as it is at one place, which *ret gets, and makes all
 * definitions pending.
 */
int mysql_definitions_first(struct mysql_source *s, struct mysql_place *ret,
                            struct err *err) must_check;
/* Or the feed begins with no definitions, at a place of which none are known. */
int mysql_definitions_none(struct mysql_source *s, struct err *err) must_check;

/*
 * written.c: a change that was written as a statement, in ctx's session. 0: it can touch no table
 * that the feed reads, and is passed over; -1: err.
 */
int mysql_written(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                  const struct ddl_context *ctx, struct err *err) must_check;
/* The same for the SELECT of a CREATE TABLE: it may call routines that write. */
int mysql_written_select(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                         const struct ddl_context *ctx, struct err *err) must_check;
/* Always -1: err says that sql may have changed a table that is read. what: words to add. */
int mysql_not_rows(const struct mysql_source *s, struct slice sql, const char *what,
                   struct err *err);
/*
 * A statement of another kind: from here on, other triggers, keys or views may hang on tables. -1:
 * it takes away what may have led from a passed-over statement to a table that is read. unread:
 * only d's kind is known.
 */
int mysql_written_meets(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                        const struct ddl *d, bool unread, struct err *err) must_check;
/* A statement about a temporary table. -1: writes to that table may go to a table that is read. */
int mysql_written_merges(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                         struct err *err) must_check;
/* A group ends: drops the doubt (doubt.h) once the feed has passed its place. */
void mysql_written_settle(struct mysql_source *s);
void mysql_reach_forget(struct mysql_source *s);

/*
 * changes.c: makes EV_SCHEMAs of what a statement did to the tables (before: one for each of
 * d->tables), and of the tables that are there at first.
 */
int mysql_changes_pend(struct mysql_source *s, struct slice sql, const struct ddl *d,
                       const struct mysql_table_def *const *before, struct err *err) must_check;
int mysql_changes_first(struct mysql_source *s, const struct mysql_table_def *def,
                        struct err *err) must_check;

/* pending.c: a copy of the current place in the pending arena; it outlives the event. */
const struct binlog_place *mysql_kept_place(struct mysql_source *s);
struct event *mysql_pend(struct mysql_source *s, enum event_kind kind);
#endif
