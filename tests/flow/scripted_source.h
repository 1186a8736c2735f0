#ifndef TAILRACE_TESTS_FLOW_SCRIPTED_SOURCE_H
#define TAILRACE_TESTS_FLOW_SCRIPTED_SOURCE_H
#include "answers.h"
#include "source/source.h"

/*
 * A database with a log, and a source that reads it. The database outlives each source. What it was
 * told to forget it has forgotten: a source that opens before that is a broken promise.
 *
 * The log is written as words:
 *   ( )     a transaction's begin and end
 *   +a =a -a  insert, update and delete of the row with key a
 *   ~a      an update that leaves the column "far" out, as an unchanged TOAST value is
 *   a>b     an update that changes the key
 *   !       truncate
 *   m M     a logical message, in the transaction or outside of one
 *   s x     EV_STATE: the name "s" gets this word's number as its value, or is forgotten
 *   d       EV_SCHEMA of the table
 *   v       the table gets a new shape: EV_GONE of the old one
 *   p       EV_POSITION
 * A 2 in front: of table t2, not t1. Each word is one event, its number from 0 in the row's column
 * "v" as
 * "<N>". A position is "@N": N events have been handed out.
 */
enum { KEY_MAX = 16, TABLES = 2 };
struct change {
    enum event_kind kind;
    bool part, away, forget;    /* v; M; x */
    bool unsaid;                /* ~ */
    int table;                  /* 0 or 1 */
    char key[KEY_MAX], was[KEY_MAX];    /* was: "" unless the key changes */
    int64_t begun;              /* the number of its transaction's BEGIN; -1: in none */
};

struct upstream {
    struct change *changes;
    size_t n;
    /* keys that were there before the log: "a b c"; NULL: no such table */
    const char *rows[TABLES];
    /* manners */
    bool ends;                  /* SOURCE_END at the end of the log; else idle for ever */
    bool hand_known, tells_schema, keeps, has_fd, binlog, keyless, no_reader, no_state;
    bool alone;                 /* one session at a time may read: it is claimed */
    int64_t held_until;         /* another session has it until then, by the clock; */
    bool other_lives;           /* and gives signs of life, */
    bool other_unseen;          /* which this account may not see */
    bool no_before;             /* updates and deletes have no old image */
    bool unknown_type;          /* of the column "far" */
    const char *names[TABLES];  /* of the tables; NULL: t1, t2 */
    size_t silent;              /* position() says nothing before so many events */
    size_t range_rows;          /* rows a range; 0: 2 */
    /* the snapshot of a chunk is up to so many events behind its mark */
    size_t ahead;
    uint64_t seed;              /* for that */
    int lag_ms;
    int64_t behind_us;          /* its changes were committed so much earlier */
    /* what happened */
    size_t acked;               /* events that it may forget */
    size_t handed;              /* events handed out, ever */
    uint32_t asked;             /* how the server stands */
    uint32_t opens, recalls, idles, taken_over;
    char recalled[64];          /* the newest value of "s" that was recalled */
    void (*on_ack)(void *arg, size_t events);
    void (*on_idle)(void *arg);
    void *arg;
    struct world *w;
};

void upstream_init(struct upstream *u, struct world *w, const char *words);
void upstream_done(struct upstream *u);
int64_t upstream_time(const struct upstream *u, size_t number);  /* when that event was committed */
bool upstream_inside(const struct upstream *u, size_t at);      /* in a transaction */

struct source *scripted_source_new(struct life *l, struct upstream *u);
size_t scripted_source_at(const struct source *s);
size_t place_of(struct slice token);        /* "@N" is N */
const struct table *scripted_source_table(const struct source *s, int table);

/* scripted_reader.c */
struct reader *scripted_reader_new(struct life *l, const struct upstream *u, struct err *err);
/* which of its shapes it has there */
int upstream_shape(const struct upstream *u, int table, size_t at);
/* The rows of a table as they are after so many events, "key=v/far" each, sorted, joined by ' '. */
void upstream_rows(const struct upstream *u, int table, size_t at, struct buf *out);
extern _Atomic int readers_open, readers_busy;
#endif
