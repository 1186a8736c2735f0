#ifndef TAILRACE_VERIFY_VERIFY_H
#define TAILRACE_VERIFY_VERIFY_H
#include <stdio.h>
#include "backfill/backfill.h"
#include "base/pattern.h"
#include "encode/plan.h"
#include "encode/registry.h"
#include "sink/sink.h"
#include "source/source.h"

/*
 * Holds a feed's topics against its source, row for row, beside the running feed. docs/verify.md
 * says why a change on its way is no difference. Writes nothing but the index.
 */

enum verify_kind { VERIFY_MISSING, VERIFY_EXTRA, VERIFY_DIFFERENT, VERIFY_WRONG_KEY, VERIFY_KINDS };
/* "missing", "extra", "different", "wrong_key" */
const char *verify_kind_name(enum verify_kind k);

/* Values are JSON, as the feed writes them (masked if it masks). p == NULL: there is none. */
struct verify_column { const char *name; struct slice source, topic; };

/* One difference. Borrowed for the call. */
struct verify_difference {
    enum verify_kind kind;
    const char *schema, *table, *topic;
    struct slice key;           /* JSON; hexadecimal if it is no key of this table */
    struct slice key_bytes;     /* the key as the topic has it, without its frame */
    bool key_fits;              /* the bytes are a key of this table */
    const struct verify_column *columns;
    size_t ncolumns;
    /* The record that is extra or differs; offset -1: there is none. */
    int32_t partition;
    int64_t offset, time_ms;
    struct slice place;         /* where in the source's log the record says it is from */
    /* where the source's row was read; p == NULL: not known, or no row */
    struct slice read_at;
};

enum verify_state { VERIFY_EQUAL, VERIFY_DIFFERS, VERIFY_UNSETTLED, VERIFY_NOT_COMPARED };
/* "equal", "different", "unsettled", "not compared" */
const char *verify_state_name(enum verify_state s);

/* How a table ended. Borrowed for the call. */
struct verify_table {
    enum verify_state state;
    const char *schema, *table;
    const char *topic;          /* NULL: not known */
    const char *why;            /* VERIFY_NOT_COMPARED: the reason; else "" */
    uint64_t rows;              /* of the source, at the first look */
    uint64_t keys;              /* keys that the topic holds */
    uint64_t records;           /* records of the topic, read in this run */
    uint64_t found[VERIFY_KINDS];
    uint64_t unsettled;         /* keys that nobody can judge yet: the feed has not come so far */
    uint64_t meanwhile;         /* keys that came, or whose rows moved, during the reading */
    uint64_t unsaid;            /* values that their record does not hold (TOAST, a later column) */
    uint64_t strange;           /* records without a key */
    bool no_extras;             /* extra rows are not looked for: the feed writes no deletes */
    bool forgotten;             /* the topic's retention deleted its first records */
    /* the feed's stored positions when the table began and ended: JSON */
    struct slice from, to;
    int looks;
    uint64_t bytes;             /* bytes of rows read from the source, by all looks */
    double reading_s, seconds;  /* reading_s: time to read them; seconds: the whole table */
};

/* Strings and options are borrowed and outlive the run. */
struct verify_options {
    const char *feed;
    struct source *source;      /* not opened: it makes the reader, and reads positions */
    const struct kafka_options *kafka;
    struct registry *registry;  /* one that registers nothing */
    const struct encode_options *enc;
    const struct backfill_options *read;    /* its limits: chunks, rates, lag */
    const char *skipped;        /* operations that make no records */
    bool routed;                /* topics.route is set */
    /*
     * Tables of the feed to verify: those that its include takes by "schema.table". Each pattern
     * must fit a table.
     */
    const struct filter *tables;
    const char *folder;         /* where indexes are kept; NULL: none is kept */
    /*
     * after the feed stands still this long, what waits stays unsettled; Kafka too gets this long
     */
    int wait_s;
    const atomic_int *stop;
    void *arg;
    void (*difference)(void *arg, const struct verify_difference *d);
    void (*table)(void *arg, const struct verify_table *t);
};

struct verify_totals {
    uint64_t tables, differences, unsettled;    /* differences and unsettled count rows */
    uint64_t not_compared;      /* tables */
};

/*
 * Verifies each table and reports it through o->difference and o->table. ERR_RETRY: stopped, or a
 * server did not answer for long. ret counts what was reported by then.
 */
int verify_run(const struct verify_options *o, struct verify_totals *ret,
               struct err *err) must_check;

/*
 * Writes what a run reports, each as a line of text or of JSON. list: at most this many differences
 * of each table.
 */
struct verify_report {
    FILE *out;
    bool json;
    uint64_t list, listed;
};
void verify_say_difference(void *report, const struct verify_difference *d);
void verify_say_table(void *report, const struct verify_table *t);
#endif
