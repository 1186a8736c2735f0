#ifndef TAILRACE_BACKFILL_REPAIR_H
#define TAILRACE_BACKFILL_REPAIR_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * The keys of a repair, as the topic has them, and what became of each. The backfill reads the
 * whole table and writes each row whose key is among them. A key that neither a row had nor the
 * stream touched meanwhile has no row. Its delete is written after the last row, unless the key was
 * added with rows_only.
 */
struct repair;

struct repair *repair_new(void);
void repair_free(struct repair *r);
/*
 * Copies keys; one that is there already is not added again. rows_only: no delete is written for
 * them. ERR_CONFIG: more than BACKFILL_KEYS, or than BACKFILL_KEY_BYTES in all; keys that fit stay.
 */
int repair_add(struct repair *r, const struct slice *keys, size_t n, bool rows_only,
               struct err *err) must_check;
/* The repair has ended for good: frees the keys, keeps the counts. */
void repair_end(struct repair *r);
/* The table is read from its beginning again: forgets what became of each key. */
void repair_reset(struct repair *r);

/* A row with this key was read. True: the repair wants it, and the row is to be written. */
bool repair_takes(struct repair *r, struct slice key);
/* The stream handed out a change of this key. */
void repair_touch(struct repair *r, struct slice key);
/* Gives the next key whose delete is to be written; borrowed. False: there is none. */
bool repair_gone(struct repair *r, struct slice *ret_key);

struct repair_counts { uint64_t keys, rows, deletes; };     /* rows, deletes: handed out */
struct repair_counts repair_counts(const struct repair *r);
#endif
