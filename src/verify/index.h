#ifndef TAILRACE_VERIFY_INDEX_H
#define TAILRACE_VERIFY_INDEX_H
#include "base/buf.h"
#include "base/err.h"

/*
 * What a topic holds of each key, on disk: the key's last record, and how far the topic was read.
 * Kept in an SQLite file between runs, so that a later run reads only what is new. Rows and offsets
 * are committed together. Beside that, for this run alone: rows of the source that wait to be
 * settled (candidates), and differences. Memory: SQLite's cache, 64 MiB.
 */
struct index;

/* The last record of a key. */
struct kept {
    int64_t id;                 /* a small number, one for each key */
    int32_t partition;
    int64_t offset, time_ms;
    int64_t lsn;                /* 0: not known */
    int32_t schema; /* of its value; INDEX_UNREADABLE: the value does not fit its schema */
    bool is;                    /* false: the key was deleted */
    /* Borrowed until the next call. place: where in the source's log the record says it is from. */
    struct slice row, place;
};
enum { INDEX_UNREADABLE = -1 };

enum diff_kind { DIFF_MISSING, DIFF_EXTRA, DIFF_DIFFERENT };
struct diff {
    enum diff_kind kind;
    struct slice key, row;      /* row: the source's; p == NULL: the source has none */
    struct slice place;         /* where the row was read; p == NULL: not known */
};

/*
 * folder NULL: a file that nobody else finds, gone with the run. made_of: what the rows depend on
 * (the topic's id, the envelope); an index made of something else begins anew. ERR_CONFIG: the file
 * cannot be used, or another run has it.
 */
struct index *index_open(const char *folder, const char *name, const char *made_of,
                         struct err *err) must_check;
void index_close(struct index *x);
int index_begin_anew(struct index *x, struct err *err) must_check;

/*
 * All that the topic held at this time (wall clock) was read. An index that was not read to the end
 * for 20 hours begins anew when it is opened. A topic that compacts forgets a deletion a day after
 * the key's other records (delete.retention.ms); the index would keep the key for ever.
 */
int index_was_read(struct index *x, int64_t at_ms, struct err *err) must_check;

/* The offset to read a partition on from; 0: from its beginning. */
int index_next(struct index *x, int32_t partition, int64_t *ret, struct err *err) must_check;
int index_set_next(struct index *x, int32_t partition, int64_t next, struct err *err) must_check;
int index_commit(struct index *x, struct err *err) must_check;

/*
 * A record came. If a key has records in two partitions, the younger record counts. k->id is not
 * read.
 */
int index_put(struct index *x, struct slice key, const struct kept *k, struct err *err) must_check;
/*
 * Deletes all keys whose record has a smaller LSN and no younger time; such a record that is read
 * later counts as deleted, too. The time is needed because a server made anew counts its LSNs anew.
 */
int index_truncate(struct index *x, int64_t lsn, int64_t time_ms, struct err *err) must_check;
/* Deletes all that the partition held by now. */
int index_empty(struct index *x, int32_t partition, struct err *err) must_check;
/*
 * A TRUNCATE came, and nothing says which records are older. This holds until the index begins
 * anew.
 */
int index_unordered(struct index *x, struct err *err) must_check;
bool index_is_unordered(const struct index *x);
/* 1: found; 0: the topic never had this key. */
int index_get(struct index *x, struct slice key, struct kept *ret, struct err *err) must_check;
/* Keys that are not deleted. */
int index_count(struct index *x, int64_t *ret, struct err *err) must_check;

/* Calls each() for each key that is not deleted. each() returns -1 (err) to end. */
typedef int index_fn(void *arg, struct slice key, const struct kept *k, struct err *err);
int index_each(struct index *x, index_fn *each, void *arg, struct err *err) must_check;

/* ---- candidates ---- */

/*
 * A row of the source that the topic did not have, and where it was read. Only the newest row of a
 * key waits.
 */
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
 * Makes candidates of chunks up to `chunk` differences. look: which look at the table this is, from
 * 1. suspect(): gets the range of each.
 */
typedef void index_range_fn(void *arg, int64_t range);
int index_settle(struct index *x, int64_t chunk, int look, index_range_fn *suspect, void *arg,
                 struct err *err) must_check;
/* Forgets all candidates; with `all`, all differences too. */
int index_forget(struct index *x, bool all, struct err *err) must_check;

/* ---- differences ---- */

int index_differ(struct index *x, const struct diff *d, int look, struct err *err) must_check;
/* Counts the differences that look `first` saw first and look `last` saw last. */
int index_differences(struct index *x, int first, int last, int64_t *ret,
                      struct err *err) must_check;
/* Counts the extra keys among the differences. */
int index_extras(struct index *x, int64_t *ret, struct err *err) must_check;
/* The differences that look `last` saw and an earlier look had seen, in the order of their keys. */
typedef int index_diff_fn(void *arg, const struct diff *d, struct err *err);
int index_each_difference(struct index *x, int last, index_diff_fn *each, void *arg,
                          struct err *err) must_check;
#endif
