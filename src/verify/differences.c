/*
 * Reports what both looks found, for people: keys and values as JSON, and where the topic's record
 * is.
 */
#include <stdlib.h>
#include "base/xalloc.h"
#include "verify/table.h"

struct saying {
    struct look *look;
    struct shape *key;          /* NULL: the key's schema cannot be read */
    struct slice *key_values;
    struct buf key_text, row_text, key_json;
    struct slice *row_values;
    size_t row_room;
    struct verify_column *columns;
    size_t ncolumns, cap;
};

static void add_column(void *arg, const char *name, struct slice source, struct slice topic)
{
    struct saying *s = arg;
    if (s->ncolumns == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 32;
        s->columns = xrealloc(s->columns, s->cap, sizeof *s->columns);
    }
    s->columns[s->ncolumns++] = (struct verify_column){ name, source, topic };
}

static bool read_key(struct saying *s, struct slice key)
{
    struct err no = { 0 };
    s->key_json.n = 0;
    if (s->key && !shape_values(s->key, key, &s->key_text, s->key_values, &no)) {
        buf_set(&s->key_json, buf_slice(&s->key_text));
        return true;
    }
    buf_str(&s->key_json, "\"0x");
    buf_hex(&s->key_json, key);
    buf_str(&s->key_json, "\"");
    return false;
}

/* For a row under a key that is not its own: adds the key's columns as the row has them. */
static int find_wrong_key(struct saying *s, const struct kept *k, struct err *err)
{
    const struct shape *shape = NULL;
    struct err no = { 0 };
    if (k->schema == INDEX_UNREADABLE || shape_of(s->look->run, k->schema, &shape, err))
        return k->schema == INDEX_UNREADABLE ? 0 : -1;
    if (shape && shape->nrow > s->row_room) {
        s->row_room = shape->nrow;
        s->row_values = xrealloc(s->row_values, s->row_room, sizeof *s->row_values);
    }
    if (!shape || shape_values(shape, k->row, &s->row_text, s->row_values, &no))
        return 0;
    for (size_t i = 0; i < s->key->nrow; i++) {
        const struct avro_field *f = shape_field(shape, s->key->row->fields[i].name);
        struct slice there = f ? s->row_values[f - shape->row->fields] : s->key_values[i];
        if (!slice_eq(there, s->key_values[i]))
            add_column(s, s->key->row->fields[i].name, (struct slice){ NULL, 0 }, there);
    }
    return 0;
}

static int find_columns(struct saying *s, const struct diff *d, const struct kept *k,
                        struct err *err)
{
    const struct look *l = s->look;
    const struct shape *shape = NULL;
    struct compared c;
    struct err no = { 0 };
    if (k->schema == INDEX_UNREADABLE || shape_of(l->run, k->schema, &shape, err))
        return k->schema == INDEX_UNREADABLE ? 0 : -1;
    if (shape && rows_compare(&l->run->comparer, l->source, l->placeholder, d->row, shape, k->row,
                              add_column, s, &c, &no))
        s->ncolumns = 0;
    return 0;
}

static int say(void *arg, const struct diff *d, struct err *err)
{
    struct saying *s = arg;
    struct look *l = s->look;
    struct kept k = { .partition = -1, .offset = -1 };
    struct slice key = d->key;
    bool readable = read_key(s, key);
    enum verify_kind kind = d->kind == DIFF_MISSING ? VERIFY_MISSING
                          : d->kind == DIFF_EXTRA ? VERIFY_EXTRA : VERIFY_DIFFERENT;
    int found = kind == VERIFY_MISSING ? 0 : index_get(l->index, key, &k, err);
    s->ncolumns = 0;
    if (found < 0 || (kind == VERIFY_DIFFERENT && find_columns(s, d, &k, err)) ||
        (kind == VERIFY_EXTRA && readable && find_wrong_key(s, &k, err)))
        return -1;
    kind = kind == VERIFY_EXTRA && s->ncolumns ? VERIFY_WRONG_KEY : kind;
    l->result.found[kind]++;
    l->run->o->difference(l->run->o->arg, &(struct verify_difference){
        .kind = kind, .schema = l->result.schema, .table = l->result.table, .topic = l->topic,
        .key = buf_slice(&s->key_json), .key_bytes = key, .key_fits = readable,
        .columns = s->columns, .ncolumns = s->ncolumns,
        .partition = k.partition, .offset = k.offset, .time_ms = k.time_ms,
        .place = k.place, .read_at = d->place });
    return 0;
}

int differences_say(struct look *l, struct err *err)
{
    static const struct encode_options flat = { .envelope = ENVELOPE_FLAT };
    struct saying s = { .look = l };
    struct err no = { 0 };
    s.key = shape_new(0, plan_schema(l->plan, PLAN_KEY), &flat, &no);
    s.key_values = xcalloc(s.key ? s.key->nrow + 1 : 1, sizeof *s.key_values);
    int rc = index_each_difference(l->index, l->number, say, &s, err);
    shape_free(s.key);
    free(s.key_values);
    free(s.row_values);
    free(s.columns);
    buf_done(&s.key_text);
    buf_done(&s.row_text);
    buf_done(&s.key_json);
    return rc;
}
