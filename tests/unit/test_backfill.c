#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "backfill/jobs.h"
#include "backfill/window.h"
#include "source/pg/chunk.h"

/* ---- windows ---- */

static const struct column columns[] = { { .name = "id" }, { .name = "n" }, { .name = "far" } };
static const uint16_t first_column[] = { 0 };
static const struct table table = {
    .schema = "s", .name = "t", .cols = columns, .ncols = 3, .key = first_column, .nkey = 1
};
static const struct table keyless = { .schema = "s", .name = "k", .cols = columns, .ncols = 3 };

static struct cell cell(const char *s)
{
    if (!s)
        return (struct cell){ .kind = CELL_NULL };
    if (strcmp(s, "?") == 0)
        return (struct cell){ .kind = CELL_UNCHANGED };
    return (struct cell){ (const uint8_t *)s, (uint32_t)strlen(s), CELL_VALUE };
}

static void touch(struct window *w, enum event_kind kind, const char *old_id, const char *id,
                  const char *n, const char *far)
{
    struct cell before[] = { cell(old_id), { .kind = CELL_ABSENT }, { .kind = CELL_ABSENT } },
                after[] = { cell(id), cell(n), cell(far) };
    struct event ev = { .kind = kind, .table = &table };
    if (old_id)
        ev.before.cells = before;
    if (id)
        ev.after.cells = after;
    window_touch(w, &ev);
}

/* What becomes of the row (id, "n", "far"): NULL is left out. */
static const char *becomes(const struct window *w, const char *id)
{
    static char text[64];
    struct cell cells[] = { cell(id), cell("n"), cell("far") };
    if (window_row(w, &table, cells) == ROW_LEFT_OUT)
        return NULL;
    snprintf(text, sizeof text, "%.*s %.*s %.*s", (int)cells[0].n, (const char *)cells[0].p,
             (int)cells[1].n, (const char *)cells[1].p, (int)cells[2].n, (const char *)cells[2].p);
    return text;
}

static void test_window(void **state)
{
    (void)state;
    struct window w;
    window_init(&w);
    assert_string_equal(becomes(&w, "1"), "1 n far");
    touch(&w, EV_INSERT, NULL, "1", "x", "y");
    touch(&w, EV_UPDATE, NULL, "2", "x", "y");
    touch(&w, EV_DELETE, "3", NULL, NULL, NULL);
    touch(&w, EV_UPDATE, "4", "5", "x", "y");
    for (const char *const *id = (const char *const[]){ "1", "2", "3", "4", "5", NULL }; *id; id++)
        assert_null(becomes(&w, *id));
    assert_string_equal(becomes(&w, "6"), "6 n far");
    /* A value that was not sent is the chunk's; what was sent before stays sent. */
    touch(&w, EV_UPDATE, NULL, "6", "x", "?");
    assert_string_equal(becomes(&w, "6"), "6 x far");
    touch(&w, EV_UPDATE, NULL, "6", "z", "?");
    assert_string_equal(becomes(&w, "6"), "6 z far");
    touch(&w, EV_UPDATE, NULL, "6", "z", "new");
    assert_null(becomes(&w, "6"));
    touch(&w, EV_UPDATE, NULL, "6", "a", "?");
    assert_null(becomes(&w, "6"));
    touch(&w, EV_UPDATE, NULL, "7", "x", "?");
    touch(&w, EV_DELETE, "7", NULL, NULL, NULL);
    assert_null(becomes(&w, "7"));
    /* The whole old row, as REPLICA IDENTITY FULL sends it, is not another key. */
    touch(&w, EV_UPDATE, "8", "8", "x", "?");
    assert_string_equal(becomes(&w, "8"), "8 x far");
    for (int i = 100; i < 5000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        touch(&w, EV_DELETE, id, NULL, NULL, NULL);
    }
    assert_null(becomes(&w, "4999"));
    assert_string_equal(becomes(&w, "5000"), "5000 n far");
    assert_false(w.spoiled || w.keyless || w.all);
    touch(&w, EV_TRUNCATE, NULL, NULL, NULL, NULL);
    assert_null(becomes(&w, "5000"));
    window_done(&w);
}

static void test_windows_that_cannot_tell(void **state)
{
    (void)state;
    struct window w;
    struct cell cells[] = { cell("?"), cell("n"), cell("far") };
    struct event ev = { .kind = EV_UPDATE, .table = &table, .after = { cells } };
    struct table altered = table;
    window_init(&w);
    window_touch(&w, &ev);          /* a key that was not sent */
    assert_true(w.spoiled);
    window_done(&w);
    window_init(&w);
    touch(&w, EV_INSERT, NULL, "1", "x", "y");
    cells[0] = cell("1");
    ev.table = &altered;
    window_touch(&w, &ev);
    assert_true(w.spoiled);
    window_done(&w);
    window_init(&w);
    ev.table = &keyless;
    window_touch(&w, &ev);
    assert_true(w.keyless && !w.spoiled);
    window_done(&w);
    window_init(&w);
    ev.table = &table;
    static uint8_t large[2000];
    for (uint32_t i = 0; i < 40000 && !w.spoiled; i++) {
        memcpy(large, &i, sizeof i);
        cells[0] = (struct cell){ large, sizeof large, CELL_VALUE };
        window_touch(&w, &ev);
    }
    assert_true(w.spoiled);         /* it does not grow for ever */
    window_done(&w);
}

/* ---- chunks ---- */

static void test_chunk_rows(void **state)
{
    (void)state;
    struct chunk c = { 0 };
    struct cell cells[3];
    size_t at = 0;
    chunk_clear(&c);
    c.ncols = 3;
    for (int i = 0; i < 2; i++) {
        size_t begun = chunk_begin_row(&c);
        chunk_put_cell(&c, false, slice_str("abc"));
        chunk_put_cell(&c, true, slice_str(""));
        chunk_put_cell(&c, false, slice_str(""));
        chunk_end_row(&c, begun);
    }
    assert_int_equal(c.nrows, 2);
    for (int i = 0; i < 2; i++) {
        chunk_read_row(&c, &at, cells);
        assert_true(slice_eq(slice_of(cells[0].p, cells[0].n), slice_str("abc")) &&
                    cells[0].kind == CELL_VALUE);
        assert_int_equal(cells[1].kind, CELL_NULL);
        assert_true(cells[2].kind == CELL_VALUE && cells[2].n == 0);
    }
    assert_int_equal(at, c.rows.n);
    chunk_done(&c);
}

/* ---- jobs ---- */

static void write_jobs(const struct jobs *l, struct buf *out)
{
    out->n = 0;
    jobs_write(l, out);
}

static void test_jobs_are_stored(void **state)
{
    (void)state;
    struct jobs l = { 0 }, back = { 0 };
    struct buf line = { 0 }, again = { 0 };
    struct err err = { 0 };
    write_jobs(&l, &line);
    assert_int_equal(line.n, 0);
    struct job *first = jobs_add(&l, &(struct backfill_request){ 0 }, true);
    struct job *second = jobs_add(
        &l,
        &(struct backfill_request){ .tables = (const char *const[]){ "s.\"t", "s.u", NULL },
                                    .where = "x = '\n'",
                                    .columns = (const char *const[]){ "a", NULL },
                                    .topic = "side" },
        false);
    assert_int_equal(first->id, 1);
    assert_int_equal(second->id, 2);
    buf_str(&first->schema, "s");
    buf_str(&first->table, "t");
    buf_str(&first->from, "key [\"1\",\"\\\"\"]");
    first->rows = 7;
    first->any_row = true;
    second->state = JOB_PAUSED;
    write_jobs(&l, &line);
    assert_null(memchr(line.p, '\n', line.n));
    if (jobs_read(&back, buf_slice(&line), &err))
        fail_msg("%s", err.msg);
    write_jobs(&back, &again);
    assert_true(slice_eq(buf_slice(&line), buf_slice(&again)));
    assert_string_equal(jobs_find(&back, 2)->where, "x = '\n'");
    assert_int_equal(jobs_find(&back, 2)->state, JOB_PAUSED);
    /* Ended ones are not stored; ids go on. */
    first->state = JOB_DONE;
    second->state = JOB_CANCELLED;
    write_jobs(&l, &line);
    assert_true(slice_eq(buf_slice(&line), slice_str("{\"next\":3,\"backfill\":[]}")));
    assert_int_equal(jobs_add(&back, &(struct backfill_request){ 0 }, false)->id, 3);
    jobs_done(&back);
    assert_int_equal(jobs_read(&back, buf_slice(&line), &err), 0);
    assert_int_equal(jobs_add(&back, &(struct backfill_request){ 0 }, false)->id, 3);
    jobs_done(&l);
    jobs_done(&back);
    for (const char *const *bad =
             (const char *const[]){ "{", "{}", "[]", "{\"backfill\":[1]}",
                                    "{\"backfill\":[{\"id\":0,\"state\":\"x\"}]}", NULL };
         *bad; bad++) {
        assert_int_equal(jobs_read(&l, slice_str(*bad), &err), -1);
        assert_int_equal(err.class, ERR_FATAL);
        jobs_done(&l);
    }
    buf_done(&line);
    buf_done(&again);
}

static void test_jobs_resume_at_what_was_stored(void **state)
{
    (void)state;
    struct jobs l = { 0 }, stored = { 0 };
    struct err err = { 0 };
    struct job *far = jobs_add(&l, &(struct backfill_request){ 0 }, true),
               *fresh = jobs_add(&l, &(struct backfill_request){ 0 }, false),
               *over = jobs_add(&l, &(struct backfill_request){ 0 }, false);
    buf_str(&far->from, "far");
    far->state = JOB_DONE;          /* its end was not stored */
    buf_str(&fresh->from, "far");
    fresh->rows = 9;
    over->state = JOB_FAILED;
    assert_int_equal(jobs_read(&stored,
                               slice_str("{\"backfill\":[{\"id\":1,\"state\":\"running\","
                                         "\"initial\":true,\"from\":\"near\",\"rows\":3},"
                                         "{\"id\":8,\"state\":\"running\"}]}"),
                               &err),
                     0);
    jobs_resume(&l, &stored);
    assert_true(far->state == JOB_RUNNING && far->rows == 3 &&
                slice_eq(buf_slice(&far->from), slice_str("near")));
    assert_true(fresh->from.n == 0 && fresh->rows == 0 && fresh->state == JOB_RUNNING);
    assert_int_equal(over->state, JOB_FAILED);
    assert_non_null(jobs_find(&l, 8));
    assert_int_equal(jobs_add(&l, &(struct backfill_request){ 0 }, false)->id, 9);
    jobs_done(&l);
}

/* Done in this process. Only where its end was stored is it over. */
static void test_an_end_that_was_not_stored(void **state)
{
    (void)state;
    static const struct { const char *line; enum job_state state; } cases[] = {
        { "", JOB_RUNNING },                                    /* neither the job nor its end */
        { "{\"next\":1,\"backfill\":[]}", JOB_RUNNING },
        { "{\"next\":2,\"backfill\":[{\"id\":1,\"state\":\"running\",\"rows\":3}]}", JOB_RUNNING },
        { "{\"next\":2,\"backfill\":[]}", JOB_DONE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct jobs l = { 0 }, stored = { 0 };
        struct err err = { 0 };
        struct job *j = jobs_add(&l, &(struct backfill_request){ 0 }, true);
        j->state = JOB_DONE;
        j->rows = 9;
        j->ended_us = 5;
        assert_int_equal(jobs_read(&stored, slice_str(cases[i].line), &err), 0);
        jobs_resume(&l, &stored);
        assert_int_equal(j->state, cases[i].state);
        assert_int_equal(j->rows, j->state == JOB_DONE ? 9 : i == 2 ? 3 : 0);
        assert_int_equal(j->ended_us, j->state == JOB_DONE ? 5 : 0);
        assert_int_equal(jobs_add(&l, &(struct backfill_request){ 0 }, false)->id, 2);
        jobs_done(&l);
    }
}

/* ---- PostgreSQL's marks and places ---- */

static void test_marks(void **state)
{
    (void)state;
    static struct pg_recent recent;
    struct buf mark = { 0 };
    uint32_t unseen = 0;
    recent.xids[recent.n++] = 100;
    recent.xids[recent.n++] = 0xfffffff0u;
    pg_mark_write(0x1234, &recent, &mark);
    assert_int_equal(pg_mark_lsn(buf_slice(&mark)), 0x1234);
    /* the next epoch: 100 < 104 */
    assert_true(pg_mark_visible(buf_slice(&mark), "4294967400:4294967400:", &unseen));
    /* 100 runs still */
    assert_false(pg_mark_visible(buf_slice(&mark), "4294967396:4294967400:4294967396", &unseen));
    assert_int_equal(unseen, 100);
    assert_true(
        pg_mark_visible(buf_slice(&mark), "4294967390:4294967400:4294967390,4294967398", &unseen));
    /* and here it has not begun */
    assert_false(pg_mark_visible(buf_slice(&mark), "90:100:", &unseen));
    mark.n = 0;
    pg_mark_write(5, NULL, &mark);
    assert_true(pg_mark_visible(buf_slice(&mark), "1:1:", &unseen));
    buf_done(&mark);
}

static void test_block_places(void **state)
{
    (void)state;
    struct pg_block_place p;
    assert_true(pg_block_place_read(slice_str("blocks 16400 16399 46 2804"), &p));
    assert_true(strcmp(p.files, "16400") == 0 && p.leaf == 16399 && p.block == 46 && p.end == 2804);
    assert_true(
        pg_block_place_read(slice_str("blocks 0123456789abcdef0123456789abcdef 1 0 -1"), &p) &&
        p.end == -1);
    for (const char *const *bad = (const char *const[]){ "", "blocks", "blocks a 1 2",
                                                         "blocks a 1 2 3 4", "key [\"1\"]", NULL };
         *bad; bad++)
        assert_false(pg_block_place_read(slice_str(*bad), &p));
}

/* ---- fences ---- */

static void test_fences(void **state)
{
    (void)state;
    struct pg_fences *f = pg_fences_new();
    assert_int_equal(pg_fence(f, 1, "p:1:700", 800), 800);
    assert_int_equal(pg_fence(f, 1, "p:1:700", 900), 800);             /* first seen then */
    assert_int_equal(pg_fence(f, 1, "p:1:700 t:2:850", 900), 900);     /* another membership */
    /* and what is said again is new */
    assert_int_equal(pg_fence(f, 1, "p:1:700", 1000), 1000);
    for (uint32_t oid = 2; oid < 100; oid++)
        assert_int_equal(pg_fence(f, oid, "p:1:700", 1000 + oid), 1000 + oid);
    assert_int_equal(pg_fence(f, 50, "p:1:700", 2000), 1050);
    pg_fences_free(f);
    assert_int_equal(pg_full_xid(700, 702), 702);
    assert_int_equal(pg_full_xid((7ull << 32) + 700, 700), (7ull << 32) + 700);
    assert_int_equal(pg_full_xid((7ull << 32) + 0xfffffffe, 5), (8ull << 32) + 5);
}

/* ---- repairs ---- */

static struct slice key(uint32_t *n)
{
    return slice_of((const uint8_t *)n, sizeof *n);
}

/* What became of each key: a row, a change of the stream, or nothing. */
static void test_keys_of_a_repair(void **state)
{
    (void)state;
    enum { N = 1000 };
    struct err err = { 0 };
    struct repair *r = repair_new();
    struct slice gone;
    for (uint32_t i = 0, twice = 0; i < N; i++, twice++) {
        assert_int_equal(repair_add(r, &(struct slice){ key(&i).p, 4 }, 1, false, &err), 0);
        assert_int_equal(repair_add(r, &(struct slice){ key(&twice).p, 4 }, 1, false, &err), 0);
    }
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 2 * N; i++)
            if (i % 4 == 0)
                assert_int_equal(repair_takes(r, key(&i)), i < N);
            else if (i % 4 == 1)
                repair_touch(r, key(&i));
        for (uint32_t i = 2; i < N; i += i % 4 == 2 ? 1 : 3) {
            assert_true(repair_gone(r, &gone));
            assert_true(slice_eq(gone, key(&i)));
        }
        assert_false(repair_gone(r, &gone));
        struct repair_counts n = repair_counts(r);
        assert_int_equal(n.keys, N);
        assert_int_equal(n.rows, N / 4);
        assert_int_equal(n.deletes, N / 2);
        repair_reset(r);
        assert_int_equal(repair_counts(r).rows + repair_counts(r).deletes, 0);
    }
    uint32_t one = 1, two = 2;
    repair_touch(r, key(&one));     /* and a row of it that was read all the same */
    assert_true(repair_takes(r, key(&one)));
    assert_true(repair_takes(r, key(&two)));
    repair_touch(r, key(&two));
    assert_int_equal(repair_counts(r).rows, 2);
    repair_free(r);
    repair_free(NULL);
}

/* No delete is written of a key that came for its row; ended, only the counts are left. */
static void test_keys_of_rows_only(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct repair *r = repair_new();
    struct slice gone;
    uint32_t one = 1, two = 2, three = 3;
    assert_int_equal(repair_add(r, (struct slice[]){ key(&one), key(&two) }, 2, true, &err), 0);
    assert_int_equal(repair_add(r, (struct slice[]){ key(&three) }, 1, false, &err), 0);
    assert_true(repair_takes(r, key(&two)));
    assert_true(repair_gone(r, &gone));
    assert_true(slice_eq(gone, key(&three)));
    assert_false(repair_gone(r, &gone));
    repair_end(r);
    repair_reset(r);
    repair_touch(r, key(&one));
    assert_false(repair_takes(r, key(&two)));
    assert_int_equal(repair_counts(r).keys, 3);
    repair_free(r);
}

static void test_keys_with_too_many_bytes(void **state)
{
    (void)state;
    enum { LONG = 32768 };
    static uint8_t bytes[LONG];
    struct err err = { 0 };
    struct repair *r = repair_new();
    int rc = 0;
    for (uint32_t i = 0; !rc && i <= BACKFILL_KEY_BYTES / LONG; i++) {
        memcpy(bytes, &i, sizeof i);
        rc = repair_add(r, &(struct slice){ bytes, LONG }, 1, false, &err);
    }
    assert_int_equal(rc, -1);
    assert_int_equal(repair_counts(r).keys, BACKFILL_KEY_BYTES / LONG);
    repair_free(r);
}

static void test_a_repair_of_too_many_keys(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct repair *r = repair_new();
    uint32_t i = 0;
    for (; i < BACKFILL_KEYS; i++)
        assert_int_equal(repair_add(r, &(struct slice){ key(&i).p, 4 }, 1, false, &err), 0);
    assert_int_equal(repair_add(r, &(struct slice){ key(&i).p, 4 }, 1, false, &err), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    i--;
    /* one it has */
    assert_int_equal(repair_add(r, &(struct slice){ key(&i).p, 4 }, 1, false, &err), 0);
    repair_free(r);
}

/* Its keys are not stored: in this process it begins again, in another it is dropped. */
static void test_repairs_are_not_stored(void **state)
{
    (void)state;
    static const char *const tables[] = { "s.t", NULL };
    const struct backfill_request request = { .tables = tables, .repair = true };
    struct jobs l = { 0 }, stored = { 0 };
    struct buf line = { 0 };
    struct err err = { 0 };
    uint32_t one = 1;
    struct job *j = jobs_add(&l, &request, false);
    j->repair = repair_new();
    assert_int_equal(repair_add(j->repair, &(struct slice){ key(&one).p, 4 }, 1, false, &err), 0);
    assert_true(repair_takes(j->repair, key(&one)));
    buf_str(&j->schema, "s");
    buf_str(&j->table, "t");
    buf_str(&j->from, "far");
    j->rows = 7;
    jobs_write(&l, &line);
    assert_non_null(strstr(buf_cstr(&line), "\"repair\":true"));
    assert_null(strstr(buf_cstr(&line), "far"));
    assert_int_equal(jobs_read(&stored, buf_slice(&line), &err), 0);
    assert_true(stored.first->is_repair && !stored.first->repair);
    jobs_resume(&l, &stored);
    assert_true(l.first == j && !j->next);
    assert_true(!j->from.n && !j->rows && j->state == JOB_RUNNING);
    assert_int_equal(repair_counts(j->repair).rows, 0);
    jobs_done(&l);
    assert_int_equal(jobs_read(&stored, buf_slice(&line), &err), 0);
    jobs_resume(&l, &stored);
    assert_null(l.first);
    assert_int_equal(jobs_add(&l, &request, false)->id, 2);
    jobs_done(&l);
    buf_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fences), cmocka_unit_test(test_window),
        cmocka_unit_test(test_windows_that_cannot_tell),
        cmocka_unit_test(test_chunk_rows),
        cmocka_unit_test(test_jobs_are_stored),
        cmocka_unit_test(test_jobs_resume_at_what_was_stored),
        cmocka_unit_test(test_keys_of_a_repair), cmocka_unit_test(test_keys_of_rows_only),
        cmocka_unit_test(test_keys_with_too_many_bytes),
        cmocka_unit_test(test_a_repair_of_too_many_keys),
        cmocka_unit_test(test_repairs_are_not_stored),
        cmocka_unit_test(test_an_end_that_was_not_stored),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_block_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
