#ifndef TAILRACE_VERIFY_INDEX_H
#define TAILRACE_VERIFY_INDEX_H
#include "base/buf.h"
#include "base/err.h"

/*
 * What a topic says of each key, on disk: the last record of a key, and how far the topic was read.
 * Kept in an SQLite file between runs, so that a later run reads only what is new; rows and offsets
 * are committed together. Beside that, for this run alone: rows of the source that wait to be
 * settled (candidates), and differences. Memory: SQLite's cache, 64 MiB.
 */
struct index;

/* The last record of a key. */
struct kept {
    int64_t id;                 /* small numbers, one a key */
    int32_t partition;
    int64_t offset, time_ms;
    int64_t lsn;                /* 0: not known */
    int32_t schema; /* its value's; INDEX_UNREADABLE: the value does not fit its schema */
    bool is;                    /* false: the key was deleted */
    /* Borrowed until the next call. place: where in the source's log the record says it is from. */
    struct slice row, place;
};
enum { INDEX_UNREADABLE = -1 };

enum diff_kind { DIFF_MISSING, DIFF_EXTRA, DIFF_DIFFERENT };
struct diff {
    enum diff_kind kind;
    struct slice key, row;      /* row: the source's; p == NULL: it has none */
    struct slice place;         /* where it was read; p == NULL: not known */
};

/*
 * folder NULL: a file of its own that nobody finds, gone with the run. made_of: what the rows in it
 * depend on (the topic's id, the envelope); an index made of something else is begun anew.
 * ERR_CONFIG: the file cannot be used, or another run has it.
 */
struct index *index_open(const char *folder, const char *name, const char *made_of,
                         struct err *err) must_check;
void index_close(struct index *x);
int index_begin_anew(struct index *x, struct err *err) must_check;

/*
 * All that the topic held at this time (wall clock) was read. An index that was not read to the end
 * for 20 hours is begun anew when it is opened: a topic that compacts forgets a deletion a day
 * after the key's other records (delete.retention.ms), and the index would keep the key for ever.
 */
int index_was_read(struct index *x, int64_t at_ms, struct err *err) must_check;

/* Where a partition is to be read on from; 0: from its beginning. */
int index_next(struct index *x, int32_t partition, int64_t *ret, struct err *err) must_check;
int index_set_next(struct index *x, int32_t partition, int64_t next, struct err *err) must_check;
int index_commit(struct index *x, struct err *err) must_check;

/* A record came. Of one key in two partitions the younger record counts. k->id is not read. */
int index_put(struct index *x, struct slice key, const struct kept *k, struct err *err) must_check;
/*
 * All keys whose record has a lesser LSN and no younger time are deleted; such records that are
 * read later, too. The time: a server that was made anew counts its LSNs anew.
 */
int index_truncate(struct index *x, int64_t lsn, int64_t time_ms, struct err *err) must_check;
/* All that the partition held by now is deleted. */
int index_empty(struct index *x, int32_t partition, struct err *err) must_check;
/* A TRUNCATE came of which nobody knows what is older. So it is until the index begins anew. */
int index_unordered(struct index *x, struct err *err) must_check;
bool index_is_unordered(const struct index *x);
/* 1: found; 0: the topic never had this key. */
int index_get(struct index *x, struct slice key, struct kept *ret, struct err *err) must_check;
/* Keys that are not deleted. */
int index_count(struct index *x, int64_t *ret, struct err *err) must_check;

/* Each key that is there: each() returns -1 (err) to end. */
typedef int index_fn(void *arg, struct slice key, const struct kept *k, struct err *err);
int index_each(struct index *x, index_fn *each, void *arg, struct err *err) must_check;

/* ---- candidates ---- */

/* A row of the source that the topic did not have, and where it was read. Of one key the newest. */
int index_wait(struct index *x, struct slice key, struct slice row, int64_t chunk, int64_t range,
               struct err *err) must_check;
/* Where in the source's log a chunk was read. */
int index_chunk(struct index *x, int64_t chunk, struct slice place, struct err *err) must_check;
int64_t index_waiting(const struct index *x);
/* 1: the key waits; its row is borrowed until the next call. */
int index_waits(struct index *x, struct slice key, struct slice *ret_row,
                struct err *err) must_check;
int index_wait_no_more(struct index *x, struct slice key, struct err *err) must_check;

/*
 * Those of chunks up to `chunk` become differences. look: which look at the table this is, from 1.
 * suspect(): the range of each.
 */
typedef void index_range_fn(void *arg, int64_t range);
int index_settle(struct index *x, int64_t chunk, int look, index_range_fn *suspect, void *arg,
                 struct err *err) must_check;
/* Forgets candidates, and with all differences, too. */
int index_forget(struct index *x, bool all, struct err *err) must_check;

/* ---- differences ---- */

int index_differ(struct index *x, const struct diff *d, int look, struct err *err) must_check;
/* Differences that were seen first at look `first` and last at look `last`. */
int index_differences(struct index *x, int first, int last, int64_t *ret,
                      struct err *err) must_check;
/* How many are extra. */
int index_extras(struct index *x, int64_t *ret, struct err *err) must_check;
/* Those of look 1 that look `last` saw again, in the order of their keys. */
typedef int index_diff_fn(void *arg, const struct diff *d, struct err *err);
int index_each_difference(struct index *x, int last, index_diff_fn *each, void *arg,
                          struct err *err) must_check;
#endif
