/*
 * Holds a transaction's events back until its end, in memory or in a temporary file, and leaves out
 * what was rolled back (xa.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "base/xalloc.h"
#include "source/mysql/xa.h"

void mysql_xa_name(const struct binlog_xid *xid, struct buf *out)
{
    buf_hex(out, xid->gtrid);
    buf_u8(out, ',');
    buf_hex(out, xid->bqual);
    buf_printf(out, ",%d", xid->format);
}

/* Reads X'61', 0x61 or 'a'. Returns the place after it; NULL: it is none of them. */
static const uint8_t *read_part(const uint8_t *p, const uint8_t *end, struct buf *out)
{
    bool hex = p < end && (*p == 'X' || *p == 'x'),
         number = end - p > 1 && p[0] == '0' && p[1] == 'x';
    p += hex ? 1 : number ? 2 : 0;
    if (!number && (p == end || (*p != '\'' && *p != '"')))
        return NULL;
    uint8_t quote = number ? ',' : *p++;
    for (; p < end && *p != quote; p++) {
        if (hex || number)
            buf_u8(out, *p >= 'A' && *p <= 'F' ? (uint8_t)(*p + 32) : *p);
        else
            buf_hex(out, slice_of(p, 1));
    }
    return p + (!number && p < end);
}

static const uint8_t *skip(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == ','))
        p++;
    return p;
}

int mysql_xa_name_of_text(struct slice text, struct buf *out, struct err *err)
{
    const uint8_t *p = text.p, *end = p + text.n;
    long format = 1;
    p = read_part(skip(p, end), end, out);
    buf_u8(out, ',');
    if (p && (p = skip(p, end)) < end)
        p = read_part(p, end, out);
    if (p && (p = skip(p, end)) < end) {
        char number[16];
        snprintf(number, sizeof number, "%.*s", (int)(end - p), (const char *)p);
        format = strtol(number, NULL, 10);
    }
    buf_printf(out, ",%ld", format);
    return p ? 0
             : err_set(err, ERR_DATA, "an XA statement's id cannot be read: %.*s", (int)text.n,
                       (const char *)text.p);
}

struct mysql_xa *mysql_xa_new(struct slice name, const struct mysql_place *before,
                              uint32_t server_id)
{
    struct mysql_xa *x = xcalloc(1, sizeof *x);
    x->xid = xstrndup(name.p, name.n);
    x->server_id = server_id;
    if (before)
        mysql_place_copy(&x->before, before);
    return x;
}

void mysql_xa_free(struct mysql_xa *x)
{
    if (x->events)
        fclose(x->events);
    while (x->nsavepoints)
        free(x->savepoints[--x->nsavepoints].name);
    free(x->savepoints);
    free(x->undone);
    buf_done(&x->memory);
    mysql_place_done(&x->before);
    free(x->xid);
    free(x);
}

static int fail(const struct mysql_xa *x, struct err *err)
{
    return err_set(err, ERR_RETRY,
                   "the rows of XA transaction %s cannot be held in a temporary file: %s", x->xid,
                   strerror(errno));
}

bool mysql_xa_is_named(const struct mysql_xa *x)
{
    return *x->xid;
}

/* ---- what is rolled back ---- */

/* The index of a savepoint; nsavepoints: there is none of that name. */
static uint32_t find_savepoint(const struct mysql_xa *x, const char *name)
{
    uint32_t i = 0;
    while (i < x->nsavepoints && strcasecmp(x->savepoints[i].name, name))
        i++;
    return i;
}

static void drop_savepoint(struct mysql_xa *x, uint32_t i)
{
    free(x->savepoints[i].name);
    memmove(&x->savepoints[i], &x->savepoints[i + 1],
            (--x->nsavepoints - i) * sizeof *x->savepoints);
}

void mysql_xa_savepoint(struct mysql_xa *x, const char *name)
{
    uint32_t i = find_savepoint(x, name);
    if (i < x->nsavepoints)     /* the savepoint moves */
        drop_savepoint(x, i);
    x->savepoints = xrealloc(x->savepoints, x->nsavepoints + 1, sizeof *x->savepoints);
    x->savepoints[x->nsavepoints++] = (struct mysql_savepoint){ xstrdup(name), x->count };
}

/* A savepoint that is not known stands before the first event held. */
void mysql_xa_undo(struct mysql_xa *x, const char *name)
{
    uint32_t i = name ? find_savepoint(x, name) : x->nsavepoints;
    uint64_t from = i < x->nsavepoints ? x->savepoints[i].at : 0;
    while (name && i + 1 < x->nsavepoints)      /* the savepoints after it are gone */
        drop_savepoint(x, x->nsavepoints - 1);
    x->undone = xrealloc(x->undone, x->nundone + 1, sizeof *x->undone);
    x->undone[x->nundone++] = (struct mysql_undone){ from, x->count };
}

static bool is_undone(const struct mysql_xa *x, uint64_t event)
{
    uint32_t i = 0;
    while (i < x->nundone && !(x->undone[i].from <= event && event < x->undone[i].to))
        i++;
    return i < x->nundone;
}

/* ---- events ---- */

/*
 * The header's length, at byte 9, includes the checksum, which is gone. It becomes the length of
 * what is kept.
 */
int mysql_xa_put(struct mysql_xa *x, struct slice raw, uint64_t start, struct err *err)
{
    enum { LENGTH_AT = 9, LENGTH = 4, IN_MEMORY = 65536 };
    uint64_t head[2] = { start, raw.n };
    uint8_t length[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        length[i] = (uint8_t)(raw.n >> 8 * i);
    x->count++;
    if (!x->events && (!mysql_xa_is_named(x) || x->memory.n + raw.n <= IN_MEMORY)) {
        buf_put(&x->memory, head, sizeof head);
        buf_put(&x->memory, raw.p, LENGTH_AT);
        buf_put(&x->memory, length, LENGTH);
        buf_put(&x->memory, raw.p + LENGTH_AT + LENGTH, raw.n - LENGTH_AT - LENGTH);
        return 0;
    }
    if (!x->events && !(x->events = tmpfile()))
        return fail(x, err);
    bool put = fwrite(head, sizeof head, 1, x->events) == 1 &&
               fwrite(raw.p, LENGTH_AT, 1, x->events) == 1 &&
               fwrite(length, LENGTH, 1, x->events) == 1 &&
               fwrite(raw.p + LENGTH_AT + LENGTH, raw.n - LENGTH_AT - LENGTH, 1, x->events) == 1;
    return put ? 0 : fail(x, err);
}

int mysql_xa_rewind(struct mysql_xa *x, struct err *err)
{
    x->at = 0;
    x->next_event = 0;
    return x->events && (fflush(x->events) || fseek(x->events, 0, SEEK_SET)) ? fail(x, err) : 0;
}

static int next_in_memory(struct mysql_xa *x, struct slice *ret_raw, uint64_t *ret_start)
{
    uint64_t head[2];
    memcpy(head, x->memory.p + x->at, sizeof head);
    *ret_start = head[0];
    *ret_raw = slice_of(x->memory.p + x->at + sizeof head, head[1]);
    x->at += sizeof head + head[1];
    return 1;
}

static int next_in_file(struct mysql_xa *x, struct buf *scratch, struct slice *ret_raw,
                        uint64_t *ret_start, struct err *err)
{
    uint64_t head[2];
    if (!x->events || fread(head, sizeof head, 1, x->events) != 1)
        return x->events && ferror(x->events) ? fail(x, err) : 0;
    scratch->n = 0;
    buf_reserve(scratch, head[1]);
    if (fread(scratch->p, head[1], 1, x->events) != 1)
        return fail(x, err);
    scratch->n = head[1];
    *ret_start = head[0];
    *ret_raw = buf_slice(scratch);
    return 1;
}

int mysql_xa_next(struct mysql_xa *x, struct buf *scratch, struct slice *ret_raw,
                  uint64_t *ret_start, struct err *err)
{
    int got;
    do
        got = x->at < x->memory.n ? next_in_memory(x, ret_raw, ret_start)
                                  : next_in_file(x, scratch, ret_raw, ret_start, err);
    while (got == 1 && is_undone(x, x->next_event++));
    return got;
}
