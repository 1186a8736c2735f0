#ifndef TAILRACE_VERIFY_TABLE_H
#define TAILRACE_VERIFY_TABLE_H
#include "sink/follow.h"
#include "verify/compare.h"
#include "verify/index.h"
#include "verify/verify.h"

/* What all tables of a run share. */
struct run {
    const struct verify_options *o;
    struct reader *reader;      /* NULL: not connected */
    struct follow *follow;
    struct shape *shapes;       /* of records' schemas */
    struct comparer comparer;
    int64_t away_us;            /* since when Kafka is waited for; 0: it is not, */
    int64_t away_said_us;       /* and when that was said last */
};

/* A range of the source, to be read again where something in it differed. */
struct part { char *from, *to; bool last, suspect; };

/* A chunk that was read, and the server's place just after its snapshot. */
struct chunk_place { int64_t chunk; struct buf high; };

/* One table. */
struct look {
    struct run *run;
    struct verify_table result;
    char why[1100];             /* result.why */
    struct index *index;

    /* the source's side */
    const struct table *table;  /* of plan; the reader's */
    uint32_t version;
    struct plan *plan;
    struct shape *source;       /* of the plan's values */
    int32_t value_id;           /* of the plan's schema in the registry; 0: it is not there */
    struct buf placeholder_text;
    struct slice *placeholder;  /* NULL: none */
    struct buf key, value, place;       /* of the row, or the record, in hand */
    struct cell *cells;
    struct chunk in_hand;

    /* the topic's side */
    char *topic;
    int32_t partitions;         /* 0: there is no such topic */
    char topic_id[40];
    int64_t committed_us;
    bool dirty;

    /* a look at the whole table, or at its suspects */
    int number;                 /* from 1 */
    int64_t *start;             /* where each partition stood when it began */
    uint8_t *seen;              /* a bit a key (struct kept's id): the source has it */
    size_t seen_bytes;
    struct part *parts;
    size_t nparts, parts_cap;
    int64_t chunk;              /* how many were read, of all looks */
    struct chunk_place *places; /* those that are not settled */
    size_t nplaces, places_cap;
    int64_t aimed_us;           /* when the topic's end was asked for */
    int64_t aimed;              /* the chunk up to which the aim settles; 0: there is no aim */
    int64_t settled;            /* and up to which all is settled */
    uint64_t rows;
    int64_t paced_us;           /* the rate's: when the next chunk may be read */
    struct buf last_position;
    int64_t moved_us;           /* when the position was seen to move */
    int64_t said_us;            /* the last line of progress */
    uint64_t expected;
    struct buf position_from;
};

/* The feed's own part of a stored position: its first line. */
struct slice position_of(const struct run *r);

/* patience.c: what Kafka is asked, with patience: ERR_RETRY once it has been away for wait_s */

int patient_look(struct look *l, struct follow_topic *ret, struct err *err) must_check;
int patient_aim(struct look *l, struct err *err) must_check;
/* An aim is waited for. */
int patient_wait(struct look *l, struct err *err) must_check;
/* The mark of a chunk that is to be read. */
int patient_mark(struct look *l, struct buf *ret_mark, struct err *err) must_check;

/* records.c */

/* The schema of a record. *ret NULL: it is none of rows. */
int shape_of(struct run *r, int32_t id, const struct shape **ret, struct err *err) must_check;
/* Opens the topic's index and reads the topic to its end. */
int records_open(struct look *l, struct err *err) must_check;
/* 1: the topic is another one now, or has other partitions: what was read does not count. */
int records_stale(struct look *l, struct err *err) must_check;
/* Takes what has come of the topic, waiting so long for the first record. */
int records_take(struct look *l, int wait_ms, struct err *err) must_check;
int records_commit(struct look *l, struct err *err) must_check;
/* Is a row of the source what the topic says? *ret_unsaid: columns that it says nothing of. */
int row_equals(struct look *l, struct slice source_row, const struct kept *k, bool *ret,
               unsigned *ret_unsaid, struct err *err) must_check;
void seen_set(struct look *l, int64_t id);
bool seen_has(const struct look *l, int64_t id);

/* places.c: when a chunk's rows can be settled */

/* The chunk in hand was read. */
int places_add(struct look *l, struct err *err) must_check;
/* Settles what can be settled now. */
int places_settle(struct look *l, struct err *err) must_check;
/*
 * Waits until all chunks are settled. 1: they are; 0: the feed stands still.
 */
int places_wait(struct look *l, struct err *err) must_check;
void places_done(struct look *l);

/* table.c: all of one table. *ret is what is said of it. */
int table_verify(struct run *r, const char *schema, const char *name, struct verify_totals *totals,
                 struct err *err) must_check;

/* differences.c: says what the last look confirmed, and counts it. */
int differences_say(struct look *l, struct err *err) must_check;

bool run_stopped(const struct run *r);
int run_stop(struct err *err);
#endif
