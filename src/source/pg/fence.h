#ifndef TAILRACE_SOURCE_PG_FENCE_H
#define TAILRACE_SOURCE_PG_FENCE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * A table's rows may be read only when no open transaction wrote to the table before the
 * publication took it in (ADD TABLE, a schema, a wider row filter or column list, ...). The server
 * decodes a change under the publication as it was at the change, so the stream never sends such
 * rows. A read has them only if its snapshot holds them. ALTER PUBLICATION waits for no writer.
 *
 * Two proofs that there is no such transaction:
 * - The change of the publication is older than the slot's catalog_xmin. That is the least xmin of
 *   all catalog snapshots with which the slot will still decode: each of them sees the change.
 * - The reading snapshot's xmin is not below the fence: the next transaction id that was free when
 *   the change was first seen. Every transaction that wrote before has a smaller id, and has ended.
 *
 * ALTER TABLE (SET SCHEMA, ATTACH PARTITION, SET LOGGED) locks writers out, and needs no fence.
 */
struct pg_fences;

struct pg_fences *pg_fences_new(void);
void pg_fences_free(struct pg_fences *f);

/*
 * The fence of a table for this membership, a text that changes with what the publication says of
 * the table. next: the next free transaction id now, a full one (64 bits). Any thread.
 */
uint64_t pg_fence(struct pg_fences *f, uint32_t oid, const char *membership, uint64_t next);

/* The full id of a transaction id that is not below xmax, of the same epoch or the next. */
static inline uint64_t pg_full_xid(uint64_t xmax, uint32_t xid)
{
    return xmax + (uint32_t)(xid - (uint32_t)xmax);
}
#endif
