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
 * A feed's topics held against its source, row for row, beside the feed that runs (docs/verify.md
 * says why no change that is on its way counts as a difference). Nothing is written but the index.
 */

enum verify_kind { VERIFY_MISSING, VERIFY_EXTRA, VERIFY_DIFFERENT, VERIFY_WRONG_KEY, VERIFY_KINDS };
/* "missing", "extra", "different", "wrong_key" */
const char *verify_kind_name(enum verify_kind k);

/* Values are JSON, as the feed writes them: masked where it masks. p == NULL: not there. */
struct verify_column { const char *name; struct slice source, topic; };

/* One difference. Borrowed for the call. */
struct verify_difference {
    enum verify_kind kind;
    const char *schema, *table, *topic;
    struct slice key;           /* JSON; in hexadecimal where it is no key of this table */
    struct slice key_bytes;     /* the same as the topic has it, without its frame */
    bool key_fits;              /* it is a key of this table */
    const struct verify_column *columns;
    size_t ncolumns;
    /* The record that is extra or differs; offset -1: there is none. */
    int32_t partition;
    int64_t offset, time_ms;
    struct slice place;         /* where in the source's log that record says it is from, */
    struct slice read_at;       /* where the source's row was read; p == NULL: not known, no row */
};

enum verify_state { VERIFY_EQUAL, VERIFY_DIFFERS, VERIFY_UNSETTLED, VERIFY_NOT_COMPARED };
/* "equal", "different", "unsettled", "not compared" */
const char *verify_state_name(enum verify_state s);

/* How a table ended. Borrowed for the call. */
struct verify_table {
    enum verify_state state;
    const char *schema, *table;
    const char *topic;          /* NULL: not known */
    const char *why;            /* NOT_COMPARED: the reason; else "" */
    uint64_t rows;              /* of the source, at the first look */
    uint64_t keys;              /* that the topic holds */
    uint64_t records;           /* of the topic, read in this run */
    uint64_t found[VERIFY_KINDS];
    uint64_t unsettled;         /* keys of which it is not known: the feed has not come so far */
    uint64_t meanwhile;         /* keys that came, or whose rows moved, while it was read */
    uint64_t unsaid;            /* values that their record does not say (TOAST, a later column) */
    uint64_t strange;           /* records without a key */
    bool no_extras;             /* the feed writes no deletes: what is too much is not looked for */
    bool forgotten;             /* the topic's first records were deleted by its retention */
    struct slice from, to;      /* the feed's stored positions when it began and ended: JSON */
    int looks;
    uint64_t bytes;             /* read from the source, by all looks, */
    double reading_s, seconds;  /* in so much time; seconds: the whole */
};

/* Strings and options are borrowed and outlive the run. */
struct verify_options {
    const char *feed;
    struct source *source;      /* not opened: it makes the reader, and knows positions */
    const struct kafka_options *kafka;
    struct registry *registry;  /* which registers nothing */
    const struct encode_options *enc;
    const struct backfill_options *read;    /* its limits: chunks, rates, lag */
    const char *skipped;        /* operations that make no records */
    bool routed;                /* topics.route is set */
    /* Its include: by "schema.table", of those that the feed reads. Each must fit one. */
    const struct filter *tables;
    const char *folder;         /* where indexes are kept; NULL: they are not */
    int wait_s;                 /* the feed stands still for so long: what waits stays unsettled */
    const atomic_int *stop;
    void *arg;
    void (*difference)(void *arg, const struct verify_difference *d);
    void (*table)(void *arg, const struct verify_table *t);
};

struct verify_totals {
    uint64_t tables, differences, unsettled;    /* rows, but for tables */
    uint64_t not_compared;      /* tables */
};

/* ERR_RETRY: stopped, or a server did not answer for long. ret counts what was said by then. */
int verify_run(const struct verify_options *o, struct verify_totals *ret,
               struct err *err) must_check;

/* What a run says, as text or as a line of JSON each. list: so many differences of a table. */
struct verify_report {
    FILE *out;
    bool json;
    uint64_t list, listed;
};
void verify_say_difference(void *report, const struct verify_difference *d);
void verify_say_table(void *report, const struct verify_table *t);
#endif
