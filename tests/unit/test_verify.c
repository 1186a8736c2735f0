/* What `tailrace verify` keeps of a topic, how it takes values apart, and when two rows are one. */
#include "plans.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "verify/compare.h"
#include "verify/index.h"

/* ---- the index ---- */

static struct slice text(const char *s)
{
    return s ? slice_str(s) : (struct slice){ NULL, 0 };
}

static struct index *opened(const char *folder, const char *made_of)
{
    struct err err = { 0 };
    struct index *x = index_open(folder, "topic", made_of, &err);
    if (!x)
        fail_msg("%s", err.msg);
    return x;
}

static void put(struct index *x, const char *key, int32_t part, int64_t off, int64_t ms,
                int64_t lsn, const char *row)
{
    struct err err = { 0 };
    struct kept k = { .partition = part, .offset = off, .time_ms = ms, .lsn = lsn, .schema = 7,
                      .is = row != NULL, .row = text(row) };
    assert_int_equal(index_put(x, text(key), &k, &err), 0);
}

/* NULL: the key is not there, or deleted. */
static const char *row_of(struct index *x, const char *key)
{
    static char row[64];
    struct err err = { 0 };
    struct kept k;
    int found = index_get(x, text(key), &k, &err);
    assert_true(found >= 0);
    if (!found || !k.is)
        return NULL;
    snprintf(row, sizeof row, "%.*s", (int)k.row.n, (const char *)k.row.p);
    return row;
}

static void the_last_record_of_a_key_counts(void **state)
{
    (void)state;
    struct err err = { 0 };
    int64_t n;
    struct index *x = opened(NULL, "a");
    assert_null(row_of(x, "k"));
    put(x, "k", 0, 10, 1000, 0, "first");
    put(x, "k", 0, 11, 900, 0, "second");       /* clocks may go back: offsets do not */
    assert_string_equal(row_of(x, "k"), "second");
    put(x, "k", 0, 11, 1000, 0, "again");
    put(x, "k", 0, 9, 2000, 0, "old");
    assert_string_equal(row_of(x, "k"), "second");
    put(x, "k", 1, 3, 800, 0, "another partition's, older");
    assert_string_equal(row_of(x, "k"), "second");
    put(x, "k", 1, 4, 901, 0, "");
    assert_string_equal(row_of(x, "k"), "");
    put(x, "gone", 0, 12, 1, 0, NULL);
    assert_null(row_of(x, "gone"));
    assert_int_equal(index_count(x, &n, &err), 0);
    assert_int_equal(n, 1);
    index_close(x);
}

static void a_truncate_empties_what_is_older(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct index *x = opened(NULL, "a");
    put(x, "old", 0, 1, 1, 100, "row");
    put(x, "new", 0, 2, 1, 300, "row");
    put(x, "younger", 0, 4, 5, 150, "row");     /* of a server that was made anew */
    assert_int_equal(index_truncate(x, 200, 1, &err), 0);
    put(x, "younger still", 1, 3, 6, 150, "row");
    put(x, "late", 1, 1, 1, 150, "row");        /* of another partition, read after the TRUNCATE */
    put(x, "later", 1, 2, 1, 200, "row");
    assert_null(row_of(x, "old"));
    assert_null(row_of(x, "late"));
    assert_string_equal(row_of(x, "new"), "row");
    assert_string_equal(row_of(x, "later"), "row");
    assert_string_equal(row_of(x, "younger"), "row");
    assert_string_equal(row_of(x, "younger still"), "row");
    index_close(x);
}

static void a_truncate_empties_its_own_partition(void **state)
{
    (void)state;
    char folder[] = "/tmp/tailrace-verify-XXXXXX", path[64];
    struct err err = { 0 };
    assert_non_null(mkdtemp(folder));
    struct index *x = opened(folder, "a");
    put(x, "here", 0, 1, 1, 0, "row");
    put(x, "there", 1, 1, 1, 0, "row");
    assert_int_equal(index_empty(x, 0, &err), 0);
    put(x, "after", 0, 2, 1, 0, "row");
    assert_null(row_of(x, "here"));
    assert_string_equal(row_of(x, "there"), "row");
    assert_string_equal(row_of(x, "after"), "row");
    assert_false(index_is_unordered(x));
    assert_int_equal(index_unordered(x, &err), 0);
    assert_int_equal(index_truncate(x, 100, 100, &err), 0);
    assert_string_equal(row_of(x, "there"), "row");
    assert_int_equal(index_was_read(x, clock_wall_ns() / 1000000, &err), 0);
    assert_int_equal(index_commit(x, &err), 0);
    index_close(x);
    x = opened(folder, "a");            /* a later run knows it, too */
    assert_true(index_is_unordered(x));
    assert_int_equal(index_begin_anew(x, &err), 0);
    assert_false(index_is_unordered(x));
    index_close(x);
    snprintf(path, sizeof path, "%s/topic.sqlite", folder);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static int64_t next_of(struct index *x, int32_t partition)
{
    struct err err = { 0 };
    int64_t next;
    assert_int_equal(index_next(x, partition, &next, &err), 0);
    return next;
}

static void rows_and_offsets_are_kept_together(void **state)
{
    (void)state;
    char folder[] = "/tmp/tailrace-verify-XXXXXX", path[64];
    struct err err = { 0 };
    assert_non_null(mkdtemp(folder));
    struct index *x = opened(folder, "a");
    put(x, "k", 0, 1, 1, 1, "kept");
    assert_int_equal(index_set_next(x, 0, 2, &err), 0);
    assert_int_equal(index_commit(x, &err), 0);
    put(x, "k", 0, 2, 1, 1, "not committed");
    assert_int_equal(index_set_next(x, 0, 3, &err), 0);
    assert_null(index_open(folder, "topic", "a", &err));
    assert_int_equal(err.class, ERR_CONFIG);
    index_close(x);
    x = opened(folder, "a");
    assert_string_equal(row_of(x, "k"), "kept");
    assert_int_equal(next_of(x, 0), 2);
    assert_int_equal(next_of(x, 1), 0);
    index_close(x);
    x = opened(folder, "a");
    put(x, "k", 0, 2, 1, 1, "kept");
    assert_int_equal(index_was_read(x, 1, &err), 0);    /* long ago */
    assert_int_equal(index_commit(x, &err), 0);
    index_close(x);
    x = opened(folder, "a");
    assert_null(row_of(x, "k"));
    assert_int_equal(next_of(x, 0), 0);
    put(x, "k", 0, 1, 1, 1, "kept");
    assert_int_equal(index_commit(x, &err), 0);
    index_close(x);
    x = opened(folder, "another topic of that name");
    assert_null(row_of(x, "k"));
    assert_int_equal(next_of(x, 0), 0);
    index_close(x);
    snprintf(path, sizeof path, "%s/topic.sqlite", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("this is no database, and long enough to be read as one: "
          "0123456789012345678901234567890123456789012345678901234567890123456789", f);
    fclose(f);
    assert_null(index_open(folder, "topic", "a", &err));
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "delete it"));
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void note_range(void *arg, int64_t range)
{
    *(int64_t *)arg |= 1 << range;
}

static void wait(struct index *x, const char *key, int64_t chunk, int64_t range)
{
    struct err err = { 0 };
    assert_int_equal(index_wait(x, text(key), text("source"), chunk, range, &err), 0);
}

static int64_t settle(struct index *x, int64_t chunk, int look)
{
    struct err err = { 0 };
    int64_t ranges = 0;
    assert_int_equal(index_settle(x, chunk, look, note_range, &ranges, &err), 0);
    return ranges;
}

static int add_name(void *arg, const struct diff *d, struct err *err)
{
    (void)err;
    buf_printf(arg, "%d %.*s %s%.*s;", d->kind, (int)d->key.n, (const char *)d->key.p,
               d->row.p ? "row" : "none", (int)d->place.n, (const char *)d->place.p);
    return 0;
}

static void what_waits_becomes_a_difference_by_chunks(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct slice row;
    struct buf said = { 0 };
    int64_t n;
    const struct diff extra = { .kind = DIFF_EXTRA, .key = text("x") };
    struct index *x = opened(NULL, "a");
    put(x, "b", 0, 1, 1, 0, "topic");
    put(x, "x", 0, 2, 1, 0, "topic");
    wait(x, "a", 1, 0);
    wait(x, "b", 1, 1);
    wait(x, "c", 2, 2);
    wait(x, "c", 2, 2);
    assert_int_equal(index_waiting(x), 3);
    assert_int_equal(index_waits(x, text("c"), &row, &err), 1);
    assert_true(slice_eq(row, text("source")));
    assert_int_equal(index_waits(x, text("x"), &row, &err), 0);
    assert_int_equal(settle(x, 1, 1), 1 << 0 | 1 << 1);
    assert_int_equal(index_waiting(x), 1);
    assert_int_equal(index_wait_no_more(x, text("c"), &err), 0);
    assert_int_equal(index_waiting(x), 0);
    assert_int_equal(index_differ(x, &extra, 1, &err), 0);
    /* the second look finds b and x again, a not, and d for the first time */
    wait(x, "b", 3, 1);
    wait(x, "d", 3, 1);
    assert_int_equal(index_chunk(x, 3, text(" at 0/7"), &err), 0);
    settle(x, 3, 2);
    assert_int_equal(index_differ(x, &extra, 2, &err), 0);
    assert_int_equal(index_differences(x, 1, 2, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_int_equal(index_differences(x, 2, 2, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(index_extras(x, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(index_each_difference(x, 2, add_name, &said, &err), 0);
    char want[64];
    snprintf(want, sizeof want, "%d b row at 0/7;%d x none;", DIFF_DIFFERENT, DIFF_EXTRA);
    assert_string_equal(buf_cstr(&said), want);
    assert_int_equal(index_forget(x, true, &err), 0);
    assert_int_equal(index_differences(x, 1, 2, &n, &err), 0);
    assert_int_equal(n, 0);
    buf_done(&said);
    index_close(x);
}

/* ---- values ---- */

static const struct encode_options debezium = {
    .prefix = "p", .version = "0", .types = TYPES_CONNECT, .placeholder = "__unavailable",
}, flat = {
    .prefix = "p", .version = "0", .types = TYPES_CONNECT, .placeholder = "__unavailable",
    .envelope = ENVELOPE_FLAT, .flat_deletes = FLAT_DELETES_REWRITE,
};

#define TEXT_COLUMN(n, may)                                                                        \
    {                                                                                              \
        .name = n, .type_name = "text", .type = COL_TEXT, .form = FORM_PG_TEXT, .nullable = may,   \
        .precision = -1                                                                            \
    }
static const struct column columns[] = {
    { .name = "id",
      .type_name = "integer",
      .type = COL_I32,
      .form = FORM_PG_TEXT,
      .precision = -1 },
    TEXT_COLUMN("a", true),
    TEXT_COLUMN("b", true),
    { .name = "n",
      .type_name = "numeric",
      .type = COL_DECIMAL,
      .form = FORM_PG_TEXT,
      .nullable = true,
      .has_scale = true,
      .precision = 30,
      .scale = 2 },
    { .name = "d",
      .type_name = "integer",
      .type = COL_I32,
      .form = FORM_PG_TEXT,
      .nullable = true,
      .precision = -1,
      .default_kind = DEFAULT_LITERAL,
      .default_text = "5" },
};
enum { COLUMNS = sizeof columns / sizeof *columns };

struct side {
    struct table table;
    struct plan *plan;
    struct shape *shape;
    struct buf value;
    struct said said;
};

static void make_side(struct side *s, const struct encode_options *opt, uint16_t ncols)
{
    struct err err = { 0 };
    *s = (struct side){ .table = { .id = 1,
                                   .database = "d",
                                   .schema = "public",
                                   .name = "t",
                                   .cols = columns,
                                   .ncols = ncols,
                                   .key = first_column,
                                   .nkey = 1 } };
    s->plan = compile(&s->table, opt);
    s->shape = shape_new(ncols, plan_schema(s->plan, PLAN_VALUE), opt, &err);
    if (!s->shape)
        fail_msg("%s", err.msg);
}

static void free_side(struct side *s)
{
    shape_free(s->shape);
    plan_free(s->plan);
    buf_done(&s->value);
}

/* "?": an unchanged value; NULL: a NULL. */
static void write_row(struct side *s, char op, const char *const *values)
{
    struct cell cells[COLUMNS];
    struct err err = { 0 };
    for (uint16_t i = 0; i < s->table.ncols; i++)
        cells[i] = !values[i]                    ? (struct cell){ .kind = CELL_NULL }
                   : strcmp(values[i], "?") == 0 ? (struct cell){ .kind = CELL_UNCHANGED }
                                                 : text_cell(values[i]);
    struct event ev = { .kind = EV_INSERT, .table = &s->table, .lsn = 1234, .txid = 1 };
    *(op == 'd' ? &ev.before : &ev.after) = (struct row){ op == 't' ? NULL : cells };
    s->value.n = 0;
    if (plan_encode_value(s->plan, op, &ev, &s->value, &err))
        fail_msg("%s", err.msg);
    if (shape_read(s->shape, buf_slice(&s->value), &s->said, &err))
        fail_msg("%s", err.msg);
}

static const char *const row[] = { "1", "x,\"}{", NULL, "12345678901234567890123456.25", "5" };

static void values_are_taken_apart(void **state)
{
    (void)state;
    struct buf values = { 0 };
    struct slice v[COLUMNS];
    struct err err = { 0 };
    const struct encode_options *const all[] = { &debezium, &flat };
    for (size_t e = 0; e < 2; e++) {
        struct side s;
        make_side(&s, all[e], COLUMNS);
        assert_int_equal(s.shape->nrow, COLUMNS);
        write_row(&s, 'c', row);
        assert_int_equal(s.said.what, ROW_IS);
        assert_int_equal(shape_values(s.shape, s.said.row, &values, v, &err), 0);
        assert_true(slice_eq(v[0], text("1")) && slice_eq(v[1], text("\"x,\\\"}{\"")) &&
                    slice_eq(v[2], text("null")) && slice_eq(v[3], text(row[3])) &&
                    slice_eq(v[4], text("5")));
        write_row(&s, 'd', row);
        assert_int_equal(s.said.what, ROW_DELETED);
        if (e == 0) {
            assert_int_equal(s.said.lsn, 1234);
            assert_true(slice_eq(s.said.schema, text("public")) &&
                        slice_eq(s.said.table, text("t")));
            write_row(&s, 't', row);
            assert_int_equal(s.said.what, ROW_TRUNCATED);
        }
        free_side(&s);
    }
    buf_done(&values);
}

/* Whatever the bytes are: an answer, and no byte is read that is not there (ASan sees it). */
static void bytes_of_strangers_are_refused(void **state)
{
    (void)state;
    struct side s;
    struct said said;
    struct err err = { 0 };
    unsigned rnd = 1;
    int refused = 0;
    make_side(&s, &debezium, COLUMNS);
    write_row(&s, 'c', row);
    for (size_t n = 0; n < s.value.n; n++) {
        uint8_t *copy = malloc(n + 1);
        memcpy(copy, s.value.p, n);
        assert_int_equal(shape_read(s.shape, slice_of(copy, n), &said, &err), -1);
        assert_int_equal(err.class, ERR_DATA);
        free(copy);
    }
    for (int i = 0; i < 20000; i++) {
        uint8_t *copy = malloc(s.value.n);
        memcpy(copy, s.value.p, s.value.n);
        for (int k = 0; k < 3; k++, rnd = rnd * 1103515245 + 12345)
            copy[rnd / 65536 % s.value.n] = (uint8_t)(rnd >> 8);
        refused += shape_read(s.shape, slice_of(copy, s.value.n), &said, &err) != 0;
        free(copy);
    }
    assert_true(refused > 1000);
    free_side(&s);
    struct shape *none = shape_new(1, "\"string\"", &debezium, &err);
    assert_null(none);
    static const char endless[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"after\",\"type\":[\"null\","
        "{\"type\":\"record\",\"name\":\"V\",\"fields\":[{\"name\":\"a\",\"type\":"
        "{\"type\":\"array\",\"items\":\"null\"}}]}]},{\"name\":\"op\",\"type\":\"string\"}]}";
    struct shape *e = shape_new(1, endless, &debezium, &err);
    assert_non_null(e);
    struct buf many = { 0 };
    buf_u8(&many, 2);
    buf_put(&many, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1", 10);   /* 2^63 - 1 nulls of no byte */
    assert_int_equal(shape_read(e, buf_slice(&many), &said, &err), -1);
    buf_done(&many);
    shape_free(e);
}

/* ---- rows ---- */

static void add_column(void *arg, const char *name, struct slice source, struct slice topic)
{
    buf_printf(arg, "%s: %.*s, %.*s;", name, (int)source.n, (const char *)source.p, (int)topic.n,
               topic.p ? (const char *)topic.p : "");
}

struct pair {
    struct comparer comparer;
    struct side source, topic;
    struct buf placeholder_text, differences;
    struct slice placeholder[COLUMNS];
};

static struct compared compare(struct pair *p, const char *const *ours, const char *const *theirs)
{
    struct compared ret;
    struct err err = { 0 };
    write_row(&p->source, 'r', ours);
    write_row(&p->topic, 'c', theirs);
    p->differences.n = 0;
    if (rows_compare(&p->comparer, p->source.shape, p->placeholder, p->source.said.row,
                     p->topic.shape, p->topic.said.row, add_column, &p->differences, &ret, &err))
        fail_msg("%s", err.msg);
    return ret;
}

static void make_pair(struct pair *p, uint16_t theirs)
{
    static const char *const unchanged[] = { "?", "?", "?", "?", "?" };
    struct err err = { 0 };
    *p = (struct pair){ 0 };
    make_side(&p->source, &debezium, COLUMNS);
    make_side(&p->topic, &debezium, theirs);
    write_row(&p->source, 'r', unchanged);
    assert_int_equal(shape_values(p->source.shape, p->source.said.row, &p->placeholder_text,
                                  p->placeholder, &err),
                     0);
}

static void free_pair(struct pair *p)
{
    comparer_done(&p->comparer);
    free_side(&p->source);
    free_side(&p->topic);
    buf_done(&p->placeholder_text);
    buf_done(&p->differences);
}

static void rows_are_compared_by_columns(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, COLUMNS);
    struct compared c = compare(&p, row, row);
    assert_true(!c.differ && !c.unsaid);
    c = compare(&p, row,
                (const char *const[]){ "1", row[1], "", "12345678901234567890123456.26", "5" });
    assert_int_equal(c.differ, 2);
    assert_string_equal(
        buf_cstr(&p.differences),
        "b: null, \"\";n: 12345678901234567890123456.25, 12345678901234567890123456.26;");
    c = compare(&p, row, (const char *const[]){ "1", "?", NULL, row[3], "5" });
    assert_true(!c.differ && c.unsaid == 1);
    /* of a fixed width: zero is a value there, no placeholder */
    c = compare(&p, row, (const char *const[]){ "0", row[1], NULL, row[3], "0" });
    assert_int_equal(c.differ, 2);
    free_pair(&p);
}

static void a_float_that_became_a_double(void **state)
{
    (void)state;
    static const struct column narrow[] = {
        { .name = "id", .type_name = "integer", .type = COL_I32, .form = FORM_PG_TEXT,
          .precision = -1 },
        { .name = "x", .type_name = "real", .type = COL_F32, .form = FORM_PG_TEXT,
          .nullable = true, .precision = -1 },
    }, wide[] = {
        { .name = "id", .type_name = "integer", .type = COL_I32, .form = FORM_PG_TEXT,
          .precision = -1 },
        { .name = "x", .type_name = "double precision", .type = COL_F64, .form = FORM_PG_TEXT,
          .nullable = true, .precision = -1 },
    };
    static const struct { const char *source, *topic; int differ; } cases[] = {
        { "0.1", "0.1", 0 },      { "0.1", "0.2", 1 }, { NULL, "0", 1 },     { "NaN", "0", 1 },
        { "Infinity", "0", 1 },   { "0", NULL, 1 },    { NULL, "NaN", 1 },   { "NaN", "NaN", 0 },
        { "-Infinity", "Infinity", 1 }, { NULL, NULL, 0 },
    };
    struct pair p = { 0 };
    struct err err = { 0 };
    struct side *sides[] = { &p.source, &p.topic };
    for (int i = 0; i < 2; i++) {
        *sides[i] = (struct side){ .table = { .id = 1, .database = "d", .schema = "public",
                                              .name = "t", .cols = i ? narrow : wide, .ncols = 2,
                                              .key = first_column, .nkey = 1 } };
        sides[i]->plan = compile(&sides[i]->table, &debezium);
        sides[i]->shape = shape_new(2, plan_schema(sides[i]->plan, PLAN_VALUE), &debezium, &err);
        assert_non_null(sides[i]->shape);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct compared c = compare(&p, (const char *const[]){ "1", cases[i].source },
                                    (const char *const[]){ "1", cases[i].topic });
        if ((int)c.differ != cases[i].differ)
            fail_msg("case %zu: %s", i, buf_cstr(&p.differences));
    }
    free_pair(&p);
}

static void a_record_of_before_a_column_has_its_default(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, 2);
    struct compared c = compare(&p, (const char *const[]){ "1", "a", NULL, NULL, "5" },
                                (const char *const[]){ "1", "a" });
    assert_true(!c.differ && !c.unsaid);
    c = compare(&p, (const char *const[]){ "1", "a", "b", NULL, NULL },
                (const char *const[]){ "1", "a" });
    assert_string_equal(buf_cstr(&p.differences), "b: \"b\", ;d: null, ;");
    free_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_record_of_a_key_counts),
        cmocka_unit_test(a_truncate_empties_what_is_older),
        cmocka_unit_test(a_truncate_empties_its_own_partition),
        cmocka_unit_test(rows_and_offsets_are_kept_together),
        cmocka_unit_test(what_waits_becomes_a_difference_by_chunks),
        cmocka_unit_test(values_are_taken_apart),
        cmocka_unit_test(bytes_of_strangers_are_refused),
        cmocka_unit_test(rows_are_compared_by_columns),
        cmocka_unit_test(a_float_that_became_a_double),
        cmocka_unit_test(a_record_of_before_a_column_has_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
