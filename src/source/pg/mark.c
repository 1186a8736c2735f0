/*
 * Marks: how far the stream was when a chunk was ordered. Writes a mark, and tells whether a
 * snapshot holds it.
 */
#include <stdlib.h>
#include "base/xalloc.h"
#include "source/pg/chunk.h"
#include "source/pg/position.h"

/*
 * On a standby an LSN is enough: the standby shows a transaction to new snapshots before it decodes
 * it. A primary sends a transaction when its commit is on disk, and shows it to others a little
 * later. With a synchronous standby, that is after the standby has answered: much later. So a
 * primary's mark names the transactions themselves.
 */
void pg_mark_write(uint64_t lsn, const struct pg_recent *recent, struct buf *out)
{
    buf_put(out, &lsn, sizeof lsn);
    if (recent)
        buf_put(out, recent->xids,
                (recent->n < PG_RECENT ? recent->n : PG_RECENT) * sizeof *recent->xids);
}

uint64_t pg_mark_lsn(struct slice mark)
{
    uint64_t lsn = 0;
    if (mark.n >= sizeof lsn)
        memcpy(&lsn, mark.p, sizeof lsn);
    return lsn;
}

/*
 * True if the transaction was under way at the snapshot, or had not begun. Compares the low 32
 * bits, on the circle.
 */
static bool unseen(uint32_t xid, uint32_t xmax, const uint32_t *running, size_t n)
{
    if ((int32_t)(xid - xmax) >= 0)
        return true;
    for (size_t i = 0; i < n; i++)
        if (running[i] == xid)
            return true;
    return false;
}

/* snapshot: "xmin:xmax:xid,xid,...", 64-bit numbers. */
bool pg_mark_visible(struct slice mark, const char *snapshot, uint32_t *ret_unseen)
{
    size_t head = sizeof(uint64_t), n = 0, cap = strlen(snapshot) / 2 + 1;
    uint32_t *running = xmalloc(cap * sizeof *running);
    char *p = NULL;
    strtoull(snapshot, &p, 10);
    uint32_t xmax = *p == ':' ? (uint32_t)strtoull(p + 1, &p, 10) : 0;
    while (*p && p[1] && n < cap)
        running[n++] = (uint32_t)strtoull(p + 1, &p, 10);
    bool all = true;
    for (size_t at = head; at + sizeof(uint32_t) <= mark.n && all; at += sizeof(uint32_t)) {
        uint32_t xid;
        memcpy(&xid, mark.p + at, sizeof xid);
        all = !unseen(xid, xmax, running, n);
        if (!all)
            *ret_unseen = xid;
    }
    free(running);
    return all;
}

int pg_stored_mark(const struct source *s, struct slice position, struct buf *ret_mark,
                   struct err *err)
{
    (void)s;
    struct pg_position p;
    if (pg_position_read(position, &p, err))
        return -1;
    pg_mark_write(p.lsn, NULL, ret_mark);
    return 0;
}

/* Commits come in order: everything before the end of the last whole transaction was handed out. */
int pg_stored_passed(const struct source *s, struct slice position, struct slice high, bool *ret,
                     struct err *err)
{
    (void)s;
    struct pg_position p;
    if (pg_position_read(position, &p, err))
        return -1;
    *ret = p.lsn >= pg_mark_lsn(high);
    return 0;
}

void pg_high_text(const struct source *s, struct slice high, struct buf *out)
{
    (void)s;
    buf_printf(out, PG_LSN_FMT, PG_LSN_ARG(pg_mark_lsn(high)));
}
