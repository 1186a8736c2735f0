/* The topic's side: reads its records, by their schemas, into the index. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "verify/table.h"

enum { COMMIT_US = 1000000, STEP_MS = 200, SAY_US = 10000000 };

static bool framed(struct slice s)
{
    return s.n >= AVRO_FRAME && s.p[0] == 0;
}

static struct slice body(struct slice s)
{
    return framed(s) ? slice_of(s.p + AVRO_FRAME, s.n - AVRO_FRAME) : s;
}

int shape_of(struct run *r, int32_t id, const struct shape **ret, struct err *err)
{
    const char *schema;
    struct shape *s = r->shapes;
    while (s && s->id != id)
        s = s->next;
    if (!s) {
        if (registry_schema(r->o->registry, id, &schema, err)) {
            if (err->class == ERR_RETRY)
                return -1;
        } else {
            s = shape_new(id, schema, r->o->enc, err);
        }
        if (!s) {               /* noted as a schema of no rows */
            s = xcalloc(1, sizeof *s);
            s->id = id;
            arena_init(&s->arena, 16);
        }
        *err = (struct err){ 0 };
        s->next = r->shapes;
        r->shapes = s;
    }
    *ret = s->value ? s : NULL;
    return 0;
}

/* ---- keys that the source has ---- */

void seen_set(struct look *l, int64_t id)
{
    size_t at = (size_t)id / 8;
    if (at >= l->seen_bytes) {
        size_t n = at * 2 + 4096;
        l->seen = xrealloc(l->seen, n, 1);
        memset(l->seen + l->seen_bytes, 0, n - l->seen_bytes);
        l->seen_bytes = n;
    }
    l->seen[at] |= (uint8_t)(1 << id % 8);
}

bool seen_has(const struct look *l, int64_t id)
{
    return (size_t)id / 8 < l->seen_bytes && (l->seen[(size_t)id / 8] >> id % 8 & 1);
}

int row_equals(struct look *l, struct slice source_row, const struct kept *k, bool *ret,
               unsigned *ret_unsaid, struct err *err)
{
    const struct shape *topic;
    struct compared c;
    *ret_unsaid = 0;
    *ret = k->is && k->schema == l->value_id && k->schema && slice_eq(source_row, k->row);
    if (*ret || !k->is || k->schema == INDEX_UNREADABLE)
        return 0;
    if (shape_of(l->run, k->schema, &topic, err))
        return -1;
    if (!topic || rows_compare(&l->run->comparer, l->source, l->placeholder, source_row, topic,
                               k->row, NULL, NULL, &c, err)) {
        *err = (struct err){ 0 };       /* the record does not fit its schema: not equal */
        return 0;
    }
    *ret = !c.differ;
    *ret_unsaid = c.unsaid;
    return 0;
}

/* ---- a record ---- */

static bool names(struct slice said, const char *ours)
{
    return !said.p || slice_eq(said, slice_str(ours));
}

/*
 * Another table's record under this key in the same topic (topics.route) means that this table's
 * key is gone. A source block without a schema comes from a server that has databases in place of
 * schemas.
 */
static bool of_this_table(const struct look *l, const struct said *s)
{
    return names(s->table, l->result.table) &&
           names(s->schema.p ? s->schema : s->db, l->result.schema);
}

static int read_value(struct look *l, struct slice value, struct kept *k, struct said *s,
                      struct err *err)
{
    const struct shape *shape = NULL;
    struct err why = { 0 };
    *s = (struct said){ .what = ROW_DELETED };
    if (!value.p)
        return 0;
    k->schema = framed(value) ? (int32_t)load_be32(value.p + 1) : 0;
    if (framed(value) && shape_of(l->run, k->schema, &shape, err))
        return -1;
    if (!shape || shape_read(shape, body(value), s, &why) || s->what == ROW_NONE) {
        k->schema = INDEX_UNREADABLE;
        *s = (struct said){ .what = ROW_IS, .row = slice_of("", 0) };
    }
    k->lsn = s->lsn;
    k->is = s->what == ROW_IS && of_this_table(l, s);
    k->row = s->row;
    return 0;
}

/*
 * In its own partition a TRUNCATE's place is exact. In other partitions its LSN tells what is
 * older.
 */
static int take_truncate(struct look *l, const struct said *s, const struct follow_record *r,
                         struct err *err)
{
    if (!of_this_table(l, s))
        return 0;
    if (index_empty(l->index, r->partition, err))
        return -1;
    if (l->partitions == 1)
        return 0;
    return s->lsn ? index_truncate(l->index, s->lsn, r->time_ms, err)
                  : index_unordered(l->index, err);
}

/* "0/16B3748, transaction 765", "binlog.000003:1547, transaction 3E11FA47-...:23" */
static struct slice place_of(struct look *l, const struct said *s)
{
    struct buf *to = &l->place;
    to->n = 0;
    if (s->lsn)
        buf_printf(to, "%X/%X", (unsigned)((uint64_t)s->lsn >> 32), (unsigned)s->lsn);
    else if (s->file.n)
        buf_printf(to, "%.*s:%" PRId64, (int)s->file.n, (const char *)s->file.p, s->pos);
    if (to->n && s->txid)
        buf_printf(to, ", transaction %" PRId64, s->txid);
    if (to->n && s->gtid.n)
        buf_printf(to, ", transaction %.*s", (int)s->gtid.n, (const char *)s->gtid.p);
    return to->n ? buf_slice(to) : (struct slice){ NULL, 0 };
}

/* A record that equals a waiting row settles that row. The topic has its key now. */
static int meet_candidate(struct look *l, struct slice key, const struct kept *k, struct err *err)
{
    struct slice row;
    struct kept now;
    bool same;
    unsigned unsaid;
    int rc = index_waiting(l->index) ? index_waits(l->index, key, &row, err) : 0;
    if (rc <= 0)
        return rc;
    if (row_equals(l, row, k, &same, &unsaid, err) || index_get(l->index, key, &now, err) < 0)
        return -1;
    seen_set(l, now.id);
    l->result.unsaid += unsaid;
    return same ? index_wait_no_more(l->index, key, err) : 0;
}

static int take(void *arg, const struct follow_record *r, struct err *err)
{
    struct look *l = arg;
    struct kept k = { .partition = r->partition, .offset = r->offset, .time_ms = r->time_ms };
    struct said s;
    l->result.records++;
    l->dirty = true;
    if (read_value(l, r->value, &k, &s, err))
        return -1;
    if (s.what == ROW_TRUNCATED)
        return take_truncate(l, &s, r, err);
    k.place = place_of(l, &s);
    if (!r->key.p) {
        l->result.strange++;
        return 0;
    }
    return index_put(l->index, body(r->key), &k, err) || meet_candidate(l, body(r->key), &k, err)
               ? -1
               : 0;
}

int records_commit(struct look *l, struct err *err)
{
    const int64_t *next = follow_next(l->run->follow);
    for (int32_t p = 0; p < l->partitions; p++)
        if (index_set_next(l->index, p, next[p], err))
            return -1;
    l->dirty = false;
    l->committed_us = clock_mono_us();
    return index_commit(l->index, err);
}

int records_take(struct look *l, int wait_ms, struct err *err)
{
    if (run_stopped(l->run))
        return run_stop(err);
    if (follow_poll(l->run->follow, wait_ms, take, l, err))
        return -1;
    return l->dirty && clock_mono_us() - l->committed_us > COMMIT_US ? records_commit(l, err) : 0;
}

/* ---- the beginning ---- */

/*
 * If the topic has lost what was not read yet, the index begins anew, from the topic's beginning.
 */
static int find_start(struct look *l, const struct follow_topic *t, int64_t *from, struct err *err)
{
    bool anew = false;
    for (int32_t p = 0; p < t->partitions; p++) {
        if (index_next(l->index, p, &from[p], err))
            return -1;
        anew |= from[p] && (from[p] < t->low[p] || from[p] > t->high[p]);
    }
    if (anew && index_begin_anew(l->index, err))
        return -1;
    for (int32_t p = 0; p < t->partitions; p++) {
        from[p] = anew ? 0 : from[p];
        l->result.forgotten |= t->low[p] > from[p];
        from[p] = from[p] < t->low[p] ? t->low[p] : from[p];
    }
    return 0;
}

static void say(struct look *l)
{
    int64_t now = clock_mono_us();
    if (now - l->said_us < SAY_US)
        return;
    l->said_us = now;
    log_info("verify reads the topic topic=%s records=%" PRIu64, l->topic, l->result.records);
}

static int read_to_end(struct look *l, struct err *err)
{
    int64_t begun_ms = clock_wall_ns() / 1000000;
    if (patient_aim(l, err))
        return -1;
    while (!follow_reached(l->run->follow)) {
        if (records_take(l, STEP_MS, err) || patient_wait(l, err))
            return -1;
        say(l);
    }
    return index_was_read(l->index, begun_ms, err) || records_commit(l, err) ? -1 : 0;
}

static void put_made_of(const struct look *l, const struct follow_topic *t, struct buf *out)
{
    const struct encode_options *enc = l->run->o->enc;
    buf_printf(out, "topic %s of table %s.%s, id %s, envelope %d", l->topic, l->result.schema,
               l->result.table, t->id, enc->envelope);
    for (const struct flat_field *f = enc->flat_fields; f && f->name; f++)
        buf_printf(out, " %s", f->name);
}

/* Names the index's file: one for each topic and table. */
static void put_name(const struct look *l, struct buf *out)
{
    struct buf whole = { 0 };
    buf_printf(&whole, "%s %s.%s", l->topic, l->result.schema, l->result.table);
    buf_printf(out, "%.200s-%08x", l->topic, hash_murmur2(buf_slice(&whole)));
    buf_done(&whole);
}

int records_open(struct look *l, struct err *err)
{
    struct follow_topic t;
    struct buf name = { 0 }, made_of = { 0 };
    if (patient_look(l, &t, err))
        return -1;
    put_made_of(l, &t, &made_of);
    put_name(l, &name);
    l->partitions = t.partitions;
    snprintf(l->topic_id, sizeof l->topic_id, "%s", t.id);
    l->start = xcalloc((size_t)t.partitions + 1, sizeof *l->start);
    /* If the topic has no id, nobody can tell whether it was made anew: keep no index of it. */
    const char *folder = *t.id ? l->run->o->folder : NULL;
    l->index = index_open(folder, buf_cstr(&name), buf_cstr(&made_of), err);
    int rc = !l->index || find_start(l, &t, l->start, err) ||
             follow_begin(l->run->follow, l->topic, t.partitions, l->start, err) ||
             read_to_end(l, err) ? -1 : 0;
    buf_done(&name);
    buf_done(&made_of);
    follow_topic_done(&t);
    return rc;
}

int records_stale(struct look *l, struct err *err)
{
    struct follow_topic t;
    if (patient_look(l, &t, err))
        return -1;
    int stale = t.partitions != l->partitions || strcmp(t.id, l->topic_id) != 0;
    follow_topic_done(&t);
    return stale;
}
