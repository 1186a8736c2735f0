#ifndef TAILRACE_SOURCE_PG_KEPT_H
#define TAILRACE_SOURCE_PG_KEPT_H
#include <jansson.h>
#include "base/buf.h"
#include "base/err.h"
#include "source/pg/said.h"

/*
 * What was known of a relation, kept beside the position. pgoutput sends names, types and the
 * identity of rows long past; the catalog says only what holds now. Kept as a history, the newest
 * first; each version has the LSN since which it holds.
 */
struct pg_known {
    const struct pg_said *cols;
    uint16_t ncols, nkey;
    const char *const *key;     /* in key order; nkey 0: there is none */
    bool marked;                /* the Relation message marked the key's columns */
};

/*
 * The version that held at lsn: the newest that began at or before lsn, else the oldest. NULL:
 * nothing was kept. Borrowed from the history.
 */
const json_t *pg_kept_at(const json_t *history, uint64_t lsn);

/*
 * Adds what holds since lsn; false: it is known already. Forgets versions that ended before `done`:
 * nothing goes back behind it.
 */
bool pg_kept_add(json_t *history, uint64_t lsn, uint64_t done, const struct pg_known *k);

/* The column of that name and type; false: none. Strings are borrowed from version (NULL: none). */
bool pg_kept_column(const json_t *version, const char *name, uint32_t type, struct pg_said *ret);
/*
 * Can the named columns be the kept ones? Columns leave a table, and new ones come at its end. So a
 * kept name that stands in another order, or behind a new one, was renamed or made anew.
 */
bool pg_kept_in_place(const json_t *version, const char *const *names, uint16_t n);
/* Array of names; NULL: version is NULL. */
const json_t *pg_kept_key(const json_t *version, bool *ret_marked);

/*
 * {"oid":16400,"schema":"public","table":"t","history":[
 *   {"since":"4611686018","key":["id"],"marked":true,
 *    "columns":[{"name":"id","type":23,..},..]},..]}
 */
void pg_kept_write(uint32_t oid, const char *schema, const char *table, json_t *history,
                   struct buf *ret);
int pg_kept_read(struct slice text, uint32_t *ret_oid, json_t **ret_history,
                 struct err *err) must_check;
#endif
