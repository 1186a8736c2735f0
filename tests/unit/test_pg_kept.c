#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "source/pg/relation.h"

/* What is kept of a relation beside the position, and what is made of what a catalog said. */

static struct pg_said column(const char *name, uint32_t type, const char *number)
{
    return (struct pg_said){ .name = name,
                             .type = type,
                             .fact = { [PG_BASE] = "23",
                                       [PG_KIND] = "b",
                                       [PG_NAME] = "int4",
                                       [PG_FORMAT] = "integer",
                                       [PG_TYPMOD] = "-1",
                                       [PG_SEND] = "t",
                                       [PG_ELEM] = "0",
                                       [PG_NOTNULL] = "f",
                                       [PG_DEFAULT] = number } };
}

static bool add(json_t *history, uint64_t lsn, uint64_t done, const char *number)
{
    static const char *const key[] = { "id" };
    struct pg_said cols[] = { column("id", 23, NULL), column("n", 23, number) };
    return pg_kept_add(history, lsn, done, &(struct pg_known){ cols, 2, 1, key, true });
}

static const char *default_at(const json_t *history, uint64_t lsn)
{
    struct pg_said got;
    return pg_kept_column(pg_kept_at(history, lsn), "n", 23, &got) ? got.fact[PG_DEFAULT]
                                                                   : "no column";
}

static void test_history(void **state)
{
    (void)state;
    json_t *h = json_array();
    struct pg_said got;
    assert_string_equal(default_at(h, 5), "no column");
    assert_true(add(h, 100, 0, "1"));
    assert_false(add(h, 150, 0, "1"));
    assert_true(add(h, 200, 0, "2"));
    assert_string_equal(default_at(h, 100), "1");
    assert_string_equal(default_at(h, 199), "1");
    assert_string_equal(default_at(h, 200), "2");
    assert_string_equal(default_at(h, 50), "1");    /* nothing older is known */
    assert_false(pg_kept_column(pg_kept_at(h, 200), "n", 25, &got));
    assert_false(pg_kept_column(pg_kept_at(h, 200), "m", 23, &got));
    /* What held before a durable place only is forgotten, what may be needed after a restart there
     * is not. */
    assert_true(add(h, 300, 199, "3"));
    assert_int_equal(json_array_size(h), 3);
    assert_true(add(h, 400, 200, "4"));
    assert_int_equal(json_array_size(h), 3);
    assert_string_equal(default_at(h, 200), "2");
    /* Rows that are read again say it anew. */
    assert_true(add(h, 300, 200, "5"));
    assert_string_equal(default_at(h, 400), "5");
    json_decref(h);
}

static bool in_place(const json_t *version, const char *a, const char *b, const char *c)
{
    const char *names[] = { a, b, c };
    return pg_kept_in_place(version, names, (uint16_t)(c ? 3 : b ? 2 : 1));
}

static void test_places(void **state)
{
    (void)state;
    json_t *h = json_array();
    assert_true(add(h, 100, 0, "1"));       /* id, n */
    const json_t *v = pg_kept_at(h, 100);
    assert_true(in_place(v, "id", "n", NULL));
    assert_true(in_place(v, "id", NULL, NULL));
    assert_true(in_place(v, "n", "x", NULL));
    assert_true(in_place(v, "id", "n", "x"));
    assert_true(in_place(v, "id", "x", "y"));
    assert_true(in_place(NULL, "id", "x", NULL));
    assert_false(in_place(v, "n", "id", NULL));     /* names that were swapped, or id made anew */
    assert_false(in_place(v, "x", "n", NULL));
    assert_false(in_place(v, "id", "x", "n"));
    json_decref(h);
}

static void test_text(void **state)
{
    (void)state;
    json_t *h = json_array(), *back;
    struct buf text = { 0 };
    struct err err;
    uint32_t oid;
    bool marked;
    add(h, 100, 0, "'a\"b'::text");
    pg_kept_write(4000000000u, "public", "t", h, &text);
    assert_int_equal(pg_kept_read(buf_slice(&text), &oid, &back, &err), 0);
    assert_int_equal(oid, 4000000000u);
    assert_true(json_equal(h, back));
    assert_string_equal(default_at(back, 100), "'a\"b'::text");
    assert_string_equal(
        json_string_value(json_array_get(pg_kept_key(pg_kept_at(back, 100), &marked), 0)), "id");
    assert_true(marked);
    json_decref(back);
    for (size_t n = 0; n < text.n; n++)
        assert_int_equal(pg_kept_read(slice_of(text.p, n), &oid, &back, &err), -1);
    json_decref(h);
    buf_done(&text);
}

static struct column meaning(const struct pg_said *said, struct arena *a)
{
    struct column c = { 0 };
    pg_said_column(said, true, &c, a);
    return c;
}

static void test_types_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *extension, *guessed;
        enum col_type type;
        bool array;
    } cases[] = {
        { "int4", NULL, NULL, COL_I32, false },
        { "_timestamptz", NULL, NULL, COL_TIMESTAMPTZ, true },
        { "mood", NULL, "t", COL_TEXT, false },
        { "_mood", NULL, "t", COL_TEXT, true },
        { "vector", NULL, NULL, COL_UNKNOWN, false },
    };
    struct arena a;
    arena_init(&a, 1024);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pg_said said = {
            .name = "c",
            .fact = { [PG_NAME] = cases[i].name, [PG_GUESSED] = cases[i].guessed, [PG_SEND] = "t" }
        };
        struct column c = meaning(&said, &a);
        assert_int_equal(c.type, cases[i].type);
        assert_int_equal(c.is_array, cases[i].array);
        assert_true(c.nullable && c.form == FORM_PG_BINARY);
    }
    struct pg_said said = { .name = "c",
                            .fact = { [PG_BASE] = "16500",
                                      [PG_KIND] = "b",
                                      [PG_NAME] = "vector",
                                      [PG_EXTENSION] = "vector" } };
    assert_int_equal(meaning(&said, &a).type, COL_VECTOR);
    said.fact[PG_EXTENSION] = NULL;
    assert_int_equal(meaning(&said, &a).type, COL_UNKNOWN);
    said.fact[PG_EXTENSION] = "orafce";
    assert_int_equal(meaning(&said, &a).type, COL_UNKNOWN);
    arena_done(&a);
}

static int said(struct pg_relations *r, const char *value)
{
    int n = 0;
    for (struct pg_state *s; (s = pg_relations_state(r)); n++) {
        assert_string_equal(s->name, "relation 16400");
        assert_string_equal(s->value, value);
        free(s->value);
        free(s);
    }
    return n;
}

/* A transaction that was aborted took what was kept with it, but this process still knows it. */
static void test_what_was_not_stored_is_said_again(void **state)
{
    (void)state;
    static const char older[] = "{\"oid\":16400,\"history\":[]}",
                      newer[] = "{\"oid\":16400,\"history\":[1]}";
    static const struct pg_options opt = { 0 };
    struct pg_relations r;
    struct err err;
    struct table table = { 0 };
    pg_relations_init(&r, &opt, "db");
    assert_int_equal(pg_relations_recall(&r, slice_str(older), &err), 0);
    pg_relations_say_unstored(&r);
    assert_int_equal(said(&r, older), 0);
    struct pg_rel_entry *e = pg_relations_find(&r, 16400);
    e->table = &table;          /* described, and then kept: */
    free(e->history);
    e->history = strdup(newer);
    assert_int_equal(pg_relations_recall(&r, slice_str(older), &err), 0);
    assert_string_equal(e->history, newer);
    pg_relations_say_unstored(&r);
    assert_int_equal(said(&r, newer), 1);
    assert_int_equal(pg_relations_recall(&r, slice_str(older), &err), 0);
    /* the newest comes last */
    assert_int_equal(pg_relations_recall(&r, slice_str(newer), &err), 0);
    pg_relations_say_unstored(&r);
    assert_int_equal(said(&r, newer), 0);
    pg_relations_say_unstored(&r);      /* nothing was recalled at all */
    assert_int_equal(said(&r, newer), 1);
    pg_relations_done(&r);
}

/* A restart reads rows again that are not durable, and needs what was kept of their table. */
static void test_what_is_gone_is_forgotten_once_its_rows_are_durable(void **state)
{
    (void)state;
    static const struct pg_options opt = { 0 };
    struct pg_relations r;
    struct err err;
    pg_relations_init(&r, &opt, "db");
    assert_int_equal(pg_relations_recall(&r, slice_str("{\"oid\":16400,\"history\":[]}"), &err), 0);
    assert_int_equal(pg_relations_recall(&r, slice_str("{\"oid\":16401,\"history\":[]}"), &err), 0);
    assert_true(r.look);        /* the first sweep asks whether they are there */
    r.look = false;
    pg_relations_find(&r, 16400)->gone = r.first_gone = 100;
    pg_relations_find(&r, 16401)->gone = 200;
    r.done = 99;
    assert_int_equal(pg_relations_sweep(&r, NULL, &err), 0);
    assert_null(pg_relations_state(&r));
    r.done = 100;
    assert_int_equal(pg_relations_sweep(&r, NULL, &err), 0);
    struct pg_state *s = pg_relations_state(&r);
    assert_non_null(s);
    assert_string_equal(s->name, "relation 16400");
    assert_null(s->value);
    free(s);
    assert_null(pg_relations_state(&r));
    assert_null(pg_relations_find(&r, 16400));
    assert_int_equal(r.first_gone, 200);
    pg_relations_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history), cmocka_unit_test(test_places),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_types_by_name),
        cmocka_unit_test(test_what_is_gone_is_forgotten_once_its_rows_are_durable),
        cmocka_unit_test(test_what_was_not_stored_is_said_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
