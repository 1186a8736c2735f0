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
    struct shape *shapes;       /* shapes of the records' schemas */
    struct comparer comparer;
    int64_t away_us;            /* waiting for Kafka since then; 0: not waiting */
    int64_t away_said_us;       /* when the wait was last logged */
};

/* A range of the source. suspect: something in it differed, and it is read again. */
struct part { char *from, *to; bool last, suspect; };

/* A chunk that was read, and the server's place just after its snapshot. */
struct chunk_place { int64_t chunk; struct buf high; };

/* One table, and how far the run is with it. */
struct look {
    struct run *run;
    struct verify_table result;
    char why[1100];             /* result.why */
    struct index *index;

    /* the source's side */
    const struct table *table;  /* the plan's table; the reader owns it */
    uint32_t version;
    struct plan *plan;
    struct shape *source;       /* of the plan's values */
    int32_t value_id;           /* registry id of the plan's value schema; 0: not registered */
    struct buf placeholder_text;
    struct slice *placeholder;  /* NULL: none */
    struct buf key, value, place;       /* of the row or record in hand */
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
    int64_t *start;             /* offset of each partition when the look began */
    uint8_t *seen;              /* one bit for each key (struct kept's id): the source has it */
    size_t seen_bytes;
    struct part *parts;
    size_t nparts, parts_cap;
    int64_t chunk;              /* number of chunks read, in all looks */
    struct chunk_place *places; /* places that are not settled */
    size_t nplaces, places_cap;
    int64_t aimed_us;           /* when the topic's end was asked for */
    int64_t aimed;              /* the chunk up to which the aim settles; 0: there is no aim */
    int64_t settled;            /* the chunk up to which all is settled */
    uint64_t rows;
    int64_t paced_us;           /* by the rate, when the next chunk may be read */
    struct buf last_position;
    int64_t moved_us;           /* when the position last moved */
    int64_t said_us;            /* when progress was last logged */
    uint64_t expected;
    struct buf position_from;
};

/* The feed's own part of a stored position: its first line. */
struct slice position_of(const struct run *r);

/* patience.c: asks Kafka, with patience. ERR_RETRY: Kafka was away for wait_s */

int patient_look(struct look *l, struct follow_topic *ret, struct err *err) must_check;
int patient_aim(struct look *l, struct err *err) must_check;
/* Call it while an aim is not reached. ERR_RETRY: nothing came for wait_s, or the run stops. */
int patient_wait(struct look *l, struct err *err) must_check;
/* The mark for a chunk that is going to be read. */
int patient_mark(struct look *l, struct buf *ret_mark, struct err *err) must_check;

/* records.c */

/* The shape of a record's schema. *ret NULL: the schema is of no rows. */
int shape_of(struct run *r, int32_t id, const struct shape **ret, struct err *err) must_check;
/* Opens the topic's index and reads the topic to its end. */
int records_open(struct look *l, struct err *err) must_check;
/* 1: the topic was made anew, or has other partitions: what was read does not count. */
int records_stale(struct look *l, struct err *err) must_check;
/* Takes what has come of the topic. Waits at most wait_ms for the first record. */
int records_take(struct look *l, int wait_ms, struct err *err) must_check;
int records_commit(struct look *l, struct err *err) must_check;
/*
 * Does the topic's record hold this row of the source? *ret_unsaid: columns that the record lacks.
 */
int row_equals(struct look *l, struct slice source_row, const struct kept *k, bool *ret,
               unsigned *ret_unsaid, struct err *err) must_check;
void seen_set(struct look *l, int64_t id);
bool seen_has(const struct look *l, int64_t id);

/* places.c: when a chunk's rows can be settled */

/* Adds the place of the chunk in hand, which was read. */
int places_add(struct look *l, struct err *err) must_check;
/* Settles what can be settled now. */
int places_settle(struct look *l, struct err *err) must_check;
/* Waits until all chunks are settled. 1: they are; 0: the feed stands still. */
int places_wait(struct look *l, struct err *err) must_check;
void places_done(struct look *l);

/* table.c: verifies one table, calls o->table() with the result, and adds it to totals. */
int table_verify(struct run *r, const char *schema, const char *name, struct verify_totals *totals,
                 struct err *err) must_check;

/* differences.c: reports the differences that the last look confirmed, and counts them. */
int differences_say(struct look *l, struct err *err) must_check;

bool run_stopped(const struct run *r);
int run_stop(struct err *err);
#endif
