#ifndef TAILRACE_BACKFILL_JOBS_H
#define TAILRACE_BACKFILL_JOBS_H
#include "backfill/backfill.h"
#include "backfill/repair.h"
#include "backfill/workers.h"

/*
 * What is to be read, and how far it has come: the flow's own line of the
 * stored position. Tables are read in the order of their names, ranges in the
 * order of the table, so a place is one table and one range's end.
 */
struct job {
    uint32_t id;
    enum job_state state;
    bool initial;
    struct arena arena;         /* the request */
    const char *const *tables, *const *columns;     /* NULL: all */
    const char *where, *topic;
    bool is_repair;
    struct repair *repair;      /* its keys; they are of this process and not stored: else NULL */
    bool collecting;            /* more keys are to come */
    /* what was handed out */
    struct buf schema, table;   /* the table it has come to; empty: none yet */
    struct buf from;            /* behind its last range handed out; empty: its beginning */
    struct buf member;          /* the chunk's, of what was read of the table; empty: not known */
    bool any_row, table_row;    /* a row was handed out, and one of this table: for the marks */
    uint64_t rows, bytes;
    uint32_t tables_done;
    /* of this process */
    char why[1024];
    int64_t begun_us, ended_us;
    bool durable;               /* done, and its end is stored */
    uint64_t rows_expected, bytes_expected;
    uint32_t tables_all;
    char *joined;               /* tables, for job_status */
    struct job *next;
};

struct jobs {
    struct job *first, *last;
    uint32_t next_id;           /* 0 is none */
};

struct job *jobs_add(struct jobs *l, const struct backfill_request *r, bool initial);
struct job *jobs_find(const struct jobs *l, uint32_t id);
bool job_ended(const struct job *j);
/* its end is part of a position that was stored */
bool jobs_ended_in(const struct jobs *stored, uint32_t id);
void job_restart(struct job *j);                /* nothing of it was handed out */
void jobs_done(struct jobs *l);

/* Appends the line: the jobs that have not ended, and the next number. Nothing before the first
 * job. jobs_read() takes it into an empty list. */
void jobs_write(const struct jobs *l, struct buf *out);
int jobs_read(struct jobs *l, struct slice line, struct err *err) must_check;

/*
 * A session begins anew at a stored position, which is never ahead of this process: its places win.
 * A job that was not stored yet begins again, also one that was done since; those whose end was
 * stored stay, to be listed. A repair always begins again: what the stream has touched since is
 * known only while it is read. One of an earlier process is dropped, with a warning: its keys went
 * with that process. stored is emptied.
 */
void jobs_resume(struct jobs *l, struct jobs *stored);
#endif
