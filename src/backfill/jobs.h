#ifndef TAILRACE_BACKFILL_JOBS_H
#define TAILRACE_BACKFILL_JOBS_H
#include "backfill/backfill.h"
#include "backfill/repair.h"
#include "backfill/workers.h"

/*
 * A job is one backfill: the feed's first read, a backfill somebody asked for, or
 * a repair. The jobs are the second line of the stored position. A job reads tables
 * in the order of their names, and ranges in the order of the table. So its place is
 * one table and the end of one range.
 */
struct job {
    uint32_t id;
    enum job_state state;
    bool initial;
    struct arena arena;         /* the request */
    const char *const *tables, *const *columns;     /* NULL: all */
    const char *where, *topic;
    bool is_repair;
    struct repair *repair;      /* a repair's keys, which are not stored; NULL: no repair */
    bool collecting;            /* more keys are to come */
    /* how far rows were handed out; stored, but for a repair's place */
    struct buf schema, table;   /* the table it has come to; empty: none yet */
    struct buf from;            /* end of the last range handed out; empty: the table's beginning */
    struct buf member;          /* chunk.member when the table was read; empty: not known */
    bool any_row, table_row;    /* a row went out; one of this table did (for enum snapshot_mark) */
    uint64_t rows, bytes;
    uint32_t tables_done;
    /* of this process, not stored */
    char why[1024];
    int64_t begun_us, ended_us;
    bool durable;               /* it is done, and a stored position says so */
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
/* True if the job had ended when the position with these jobs was written. */
bool jobs_ended_in(const struct jobs *stored, uint32_t id);
void job_restart(struct job *j);                /* back to its beginning: nothing was handed out */
void jobs_done(struct jobs *l);

/* Appends the line: the jobs that have not ended, and the next id. Appends nothing before the first
 * job. */
void jobs_write(const struct jobs *l, struct buf *out);
/* Reads such a line into an empty list. -1: ERR_FATAL. */
int jobs_read(struct jobs *l, struct slice line, struct err *err) must_check;

/*
 * A session begins at a stored position, which is never ahead of this process. So each job goes on
 * at its stored place. A job that was not stored yet begins again, even if it is done. A job whose
 * end was stored stays, to be listed. A repair always begins again: which keys the stream touches
 * is known only while the repair is read. A repair of an earlier process has lost its keys: it is
 * dropped with a warning. stored is emptied.
 */
void jobs_resume(struct jobs *l, struct jobs *stored);
#endif
