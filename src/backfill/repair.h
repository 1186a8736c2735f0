#ifndef TAILRACE_BACKFILL_REPAIR_H
#define TAILRACE_BACKFILL_REPAIR_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * The keys of a repair, as the topic has them, and what became of each. The whole table is read:
 * a row whose key is among them is written. A key that no row had, and that no change of the
 * stream touched meanwhile, is of no row: its delete is written behind the last row, if the key
 * came as one that the topic has too much.
 */
struct repair;

struct repair *repair_new(void);
void repair_free(struct repair *r);
/*
 * Copies them. rows_only: no delete is written of them. ERR_CONFIG: more than BACKFILL_KEYS, or
 * than BACKFILL_KEY_BYTES in all; those that fit are taken.
 */
int repair_add(struct repair *r, const struct slice *keys, size_t n, bool rows_only,
               struct err *err) must_check;
/* It has ended for good: the keys are given up, the counts stay. */
void repair_end(struct repair *r);
/* The table is read from its beginning, and nothing was said yet. */
void repair_reset(struct repair *r);

/* A row was read. True: its key is one of them, and the row is to be written. */
bool repair_takes(struct repair *r, struct slice key);
/* The stream told of this key. */
void repair_touch(struct repair *r, struct slice key);
/* The next key whose delete is to be written; the repair's own. False: there is none. */
bool repair_gone(struct repair *r, struct slice *ret_key);

struct repair_counts { uint64_t keys, rows, deletes; };     /* rows, deletes: handed out */
struct repair_counts repair_counts(const struct repair *r);
#endif
