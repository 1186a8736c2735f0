/* The keys of a repair: a hash set that keeps the order in which the keys were given. Requests fill
 * it; handout.c and the stream's changes (backfill.c) mark the keys. */
#include "backfill/repair.h"
#include <inttypes.h>
#include <stdlib.h>
#include "backfill/backfill.h"
#include "base/hash.h"
#include "base/xalloc.h"

enum { BLOCK_BYTES = 65536, LEAST_SLOTS = 64 };

/* State of a key. OPEN: nothing came yet; TOUCHED: the stream sent a change; SAID: its row or its
 * delete was handed out. */
enum state { OPEN, TOUCHED, SAID };

struct entry { struct slice key; uint32_t hash; uint8_t state; bool rows_only; };

struct repair {
    struct arena arena;
    struct entry *entries;
    uint32_t n, room;
    uint32_t *slots;            /* open addressing: 1 + index in entries; 0: none */
    uint32_t nslots;
    size_t bytes;               /* of the keys */
    uint32_t next;              /* first entry that repair_gone() has not looked at */
    uint64_t rows, deletes;
};

struct repair *repair_new(void)
{
    struct repair *r = xcalloc(1, sizeof *r);
    arena_init(&r->arena, BLOCK_BYTES);
    r->nslots = LEAST_SLOTS;
    r->slots = xcalloc(r->nslots, sizeof *r->slots);
    return r;
}

void repair_free(struct repair *r)
{
    if (!r)
        return;
    arena_done(&r->arena);
    free(r->entries);
    free(r->slots);
    free(r);
}

static uint32_t *slot_of(const struct repair *r, struct slice key, uint32_t hash)
{
    uint32_t at = hash & (r->nslots - 1);
    for (; r->slots[at]; at = (at + 1) & (r->nslots - 1)) {
        const struct entry *e = &r->entries[r->slots[at] - 1];
        if (e->hash == hash && slice_eq(e->key, key))
            break;
    }
    return &r->slots[at];
}

static void grow(struct repair *r)
{
    if (r->n == r->room) {
        r->room = r->room ? 2 * r->room : LEAST_SLOTS;
        r->entries = xrealloc(r->entries, r->room, sizeof *r->entries);
    }
    if (2 * (r->n + 1) <= r->nslots)
        return;
    free(r->slots);
    r->nslots *= 2;
    r->slots = xcalloc(r->nslots, sizeof *r->slots);
    for (uint32_t i = 0; i < r->n; i++)
        *slot_of(r, r->entries[i].key, r->entries[i].hash) = i + 1;
}

int repair_add(struct repair *r, const struct slice *keys, size_t n, bool rows_only,
               struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t hash = hash_murmur2(keys[i]);
        if (*slot_of(r, keys[i], hash))
            continue;
        if (r->n == BACKFILL_KEYS)
            return err_set(err, ERR_CONFIG, "a repair is of at most %d keys", BACKFILL_KEYS);
        if (r->bytes + keys[i].n > BACKFILL_KEY_BYTES)
            return err_set(err, ERR_CONFIG, "the keys of a repair have at most %d bytes",
                           BACKFILL_KEY_BYTES);
        r->bytes += keys[i].n;
        grow(r);
        r->entries[r->n] = (struct entry){ arena_dup(&r->arena, keys[i]), hash, OPEN,
                                                 rows_only };
        *slot_of(r, keys[i], hash) = ++r->n;
    }
    return 0;
}

void repair_reset(struct repair *r)
{
    for (uint32_t i = 0; r->entries && i < r->n; i++)
        r->entries[i].state = OPEN;
    r->next = 0;
    r->rows = r->deletes = 0;
}

void repair_end(struct repair *r)
{
    arena_done(&r->arena);
    free(r->entries);
    free(r->slots);
    r->entries = NULL;
    r->slots = NULL;
}

static struct entry *entry_of(struct repair *r, struct slice key)
{
    uint32_t at = r->slots ? *slot_of(r, key, hash_murmur2(key)) : 0;
    return at ? &r->entries[at - 1] : NULL;
}

bool repair_takes(struct repair *r, struct slice key)
{
    struct entry *e = entry_of(r, key);
    if (!e)
        return false;
    e->state = SAID;
    r->rows++;
    return true;
}

void repair_touch(struct repair *r, struct slice key)
{
    struct entry *e = entry_of(r, key);
    if (e && e->state == OPEN)
        e->state = TOUCHED;
}

bool repair_gone(struct repair *r, struct slice *ret_key)
{
    while (r->next < r->n && (r->entries[r->next].state != OPEN || r->entries[r->next].rows_only))
        r->next++;
    if (r->next == r->n)
        return false;
    r->entries[r->next].state = SAID;
    *ret_key = r->entries[r->next++].key;
    r->deletes++;
    return true;
}

struct repair_counts repair_counts(const struct repair *r)
{
    return (struct repair_counts){ r->n, r->rows, r->deletes };
}
