#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/buf.h"
#include "source/pg/proto.h"

/* A message as the server would write it, after the kind byte. Each reader gets memory of exactly
 * its size. */
static struct buf wire;

static void start(void)
{
    wire.n = 0;
}

static void put_be(uint64_t v, int bytes)
{
    while (bytes-- > 0)
        buf_u8(&wire, (uint8_t)(v >> (8 * bytes)));
}

static void put_cstr(const char *s)
{
    buf_put(&wire, s, strlen(s) + 1);
}

static void put_cell(char kind, const char *s)
{
    buf_u8(&wire, (uint8_t)kind);
    if (s) {
        put_be(strlen(s), 4);
        buf_put(&wire, s, strlen(s));
    }
}

typedef int read_fn(struct slice m, struct err *err);

static int on_copy(read_fn *read, size_t n, struct err *err)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (n)
        memcpy(copy, wire.p, n);
    int rc = read(slice_of(copy, n), err);
    free(copy);
    return rc;
}

/* Whole: 0. Any shorter, or a byte too long: -1, ERR_FATAL. */
static void check_lengths(read_fn *read)
{
    struct err err = { 0 };
    if (on_copy(read, wire.n, &err))
        fail_msg("%s", err.msg);
    for (size_t n = 0; n < wire.n; n++) {
        err = (struct err){ 0 };
        if (on_copy(read, n, &err) != -1)
            fail_msg("%zu of %zu bytes were enough", n, wire.n);
        assert_int_equal(err.class, ERR_FATAL);
    }
    buf_u8(&wire, 0);
    assert_int_equal(on_copy(read, wire.n, &err), -1);
    wire.n--;
}

static int read_begin(struct slice m, struct err *err)
{
    struct pg_begin r;
    return pg_proto_begin(m, &r, err);
}

static int read_commit(struct slice m, struct err *err)
{
    struct pg_commit r;
    return pg_proto_commit(m, &r, err);
}

static int read_relation(struct slice m, struct err *err)
{
    struct pg_relation r;
    return pg_proto_relation(m, &r, err);
}

static int read_truncate(struct slice m, struct err *err)
{
    struct pg_truncate r;
    return pg_proto_truncate(m, &r, err);
}

static int read_message(struct slice m, struct err *err)
{
    struct pg_message r;
    return pg_proto_message(m, &r, err);
}

static int read_type(struct slice m, struct err *err)
{
    struct pg_type r;
    return pg_proto_type(m, &r, err);
}

static int read_origin(struct slice m, struct err *err)
{
    struct pg_origin r;
    return pg_proto_origin(m, &r, err);
}

static char change_kind;

static int read_change(struct slice m, struct err *err)
{
    struct pg_change r;
    return pg_proto_change(change_kind, m, &r, err);
}

static int read_tuple_of_2(struct slice m, struct err *err)
{
    struct cell cells[2];
    char forms[2];
    return pg_proto_tuple(m, 2, cells, forms, err);
}

static void test_begin(void **state)
{
    (void)state;
    struct pg_begin r;
    struct err err;
    start();
    put_be(0x16b374d848, 8);
    put_be(1, 8);
    put_be(4000000000, 4);
    check_lengths(read_begin);
    assert_int_equal(pg_proto_begin(buf_slice(&wire), &r, &err), 0);
    assert_int_equal(r.final_lsn, 0x16b374d848);
    assert_int_equal(r.commit_us, INT64_C(946684800000001));
    assert_int_equal(r.xid, 4000000000);
}

static void test_commit(void **state)
{
    (void)state;
    struct pg_commit r;
    struct err err;
    start();
    put_be(0, 1);
    put_be(0x100, 8);
    put_be(0x130, 8);
    put_be((uint64_t)-1, 8);
    check_lengths(read_commit);
    assert_int_equal(pg_proto_commit(buf_slice(&wire), &r, &err), 0);
    assert_int_equal(r.commit_lsn, 0x100);
    assert_int_equal(r.end_lsn, 0x130);
    assert_int_equal(r.commit_us, INT64_C(946684799999999));
}

static void put_relation(uint16_t ncols)
{
    start();
    put_be(16384, 4);
    put_cstr("public");
    put_cstr("t");
    put_be('d', 1);
    put_be(ncols, 2);
}

static void test_relation(void **state)
{
    (void)state;
    struct pg_relation r;
    struct err err;
    put_relation(2);
    put_be(1, 1);
    put_cstr("id");
    put_be(23, 4);
    put_be((uint64_t)-1, 4);
    put_be(0, 1);
    put_cstr("amount");
    put_be(1700, 4);
    put_be(327686, 4);
    check_lengths(read_relation);
    assert_int_equal(pg_proto_relation(buf_slice(&wire), &r, &err), 0);
    assert_int_equal(r.oid, 16384);
    assert_string_equal(r.schema, "public");
    assert_string_equal(r.name, "t");
    assert_int_equal(r.identity, 'd');
    assert_int_equal(r.ncols, 2);
    struct pg_rel_column c = pg_proto_rel_column(&r.columns);
    assert_true(c.identity);
    assert_string_equal(c.name, "id");
    assert_int_equal(c.type_oid, 23);
    assert_int_equal(c.typmod, -1);
    c = pg_proto_rel_column(&r.columns);
    assert_false(c.identity);
    assert_string_equal(c.name, "amount");
    assert_int_equal(c.typmod, 327686);
    assert_false(r.columns.bad);
}

static void test_relation_too_wide(void **state)
{
    (void)state;
    struct pg_relation r;
    struct err err = { 0 };
    put_relation(PG_MAX_COLUMNS + 1);
    for (int i = 0; i <= PG_MAX_COLUMNS; i++) {
        put_be(0, 1);
        put_cstr("");
        put_be(23, 4);
        put_be(0, 4);
    }
    assert_int_equal(pg_proto_relation(buf_slice(&wire), &r, &err), -1);
    assert_non_null(strstr(err.msg, "1601 columns"));
}

/* The tuple of a change: 3 columns, text, null and unchanged. */
static void put_tuple(const char *first)
{
    put_be(3, 2);
    put_cell('t', first);
    put_cell('n', NULL);
    put_cell('u', NULL);
}

static void check_tuple(struct slice tuple, const char *first)
{
    struct cell cells[3];
    char forms[3];
    struct err err;
    assert_int_equal(pg_proto_tuple(tuple, 3, cells, forms, &err), 0);
    assert_int_equal(cells[0].kind, CELL_VALUE);
    assert_int_equal(cells[0].n, strlen(first));
    assert_memory_equal(cells[0].p, first, strlen(first));
    assert_int_equal(forms[0], 't');
    assert_int_equal(cells[1].kind, CELL_NULL);
    assert_int_equal(cells[2].kind, CELL_UNCHANGED);
}

static void test_insert(void **state)
{
    (void)state;
    struct pg_change r;
    struct err err;
    start();
    put_be(7, 4);
    put_be('N', 1);
    put_tuple("new");
    change_kind = PG_MSG_INSERT;
    check_lengths(read_change);
    assert_int_equal(pg_proto_change(PG_MSG_INSERT, buf_slice(&wire), &r, &err), 0);
    assert_int_equal(r.oid, 7);
    assert_int_equal(r.old_kind, 0);
    assert_true(r.has_new);
    check_tuple(r.new_tuple, "new");
    assert_int_equal(pg_proto_change(PG_MSG_DELETE, buf_slice(&wire), &r, &err), -1);
}

static void check_update(char old_kind)
{
    struct pg_change r;
    struct err err;
    start();
    put_be(7, 4);
    if (old_kind) {
        put_be((uint64_t)old_kind, 1);
        put_tuple("old one");
    }
    put_be('N', 1);
    put_tuple("");
    change_kind = PG_MSG_UPDATE;
    check_lengths(read_change);
    assert_int_equal(pg_proto_change(PG_MSG_UPDATE, buf_slice(&wire), &r, &err), 0);
    assert_int_equal(r.old_kind, old_kind);
    if (old_kind)
        check_tuple(r.old_tuple, "old one");
    check_tuple(r.new_tuple, "");
    assert_int_equal(pg_proto_change(PG_MSG_INSERT, buf_slice(&wire), &r, &err), old_kind ? -1 : 0);
}

static void test_update(void **state)
{
    (void)state;
    check_update(0);
    check_update('K');
    check_update('O');
}

static void test_delete(void **state)
{
    (void)state;
    struct pg_change r;
    struct err err;
    for (int i = 0; i < 2; i++) {
        start();
        put_be(7, 4);
        put_be(i ? 'O' : 'K', 1);
        put_tuple("old");
        change_kind = PG_MSG_DELETE;
        check_lengths(read_change);
        assert_int_equal(pg_proto_change(PG_MSG_DELETE, buf_slice(&wire), &r, &err), 0);
        assert_int_equal(r.old_kind, i ? 'O' : 'K');
        assert_false(r.has_new);
        check_tuple(r.old_tuple, "old");
        assert_int_equal(pg_proto_change(PG_MSG_UPDATE, buf_slice(&wire), &r, &err), -1);
    }
}

static void test_bad_changes(void **state)
{
    (void)state;
    struct pg_change r;
    struct err err;
    start();
    put_be(7, 4);
    put_be('X', 1);
    assert_int_equal(pg_proto_change(PG_MSG_INSERT, buf_slice(&wire), &r, &err), -1);
    start();
    put_be(7, 4);
    put_be('N', 1);
    put_be(1, 2);
    put_cell('z', NULL);        /* no such cell kind */
    assert_int_equal(pg_proto_change(PG_MSG_INSERT, buf_slice(&wire), &r, &err), -1);
    wire.n--;
    put_be('t', 1);
    put_be(0xffffffff, 4);      /* a length that would wrap around */
    assert_int_equal(pg_proto_change(PG_MSG_INSERT, buf_slice(&wire), &r, &err), -1);
}

static void test_tuple(void **state)
{
    (void)state;
    struct cell cells[3];
    char forms[3];
    struct err err;
    start();
    put_be(2, 2);
    put_cell('b', "\1\2");
    put_cell('t', "");
    check_lengths(read_tuple_of_2);
    assert_int_equal(pg_proto_tuple(buf_slice(&wire), 2, cells, forms, &err), 0);
    assert_int_equal(forms[0], 'b');
    assert_int_equal(forms[1], 't');
    assert_int_equal(cells[0].n, 2);
    assert_int_equal(cells[1].kind, CELL_VALUE);
    assert_int_equal(cells[1].n, 0);
    assert_int_equal(pg_proto_tuple(buf_slice(&wire), 1, cells, forms, &err), -1);
    assert_int_equal(pg_proto_tuple(buf_slice(&wire), 3, cells, forms, &err), -1);
}

static void test_truncate(void **state)
{
    (void)state;
    struct pg_truncate r;
    struct err err;
    start();
    put_be(2, 4);
    put_be(3, 1);
    put_be(11, 4);
    put_be(12, 4);
    check_lengths(read_truncate);
    assert_int_equal(pg_proto_truncate(buf_slice(&wire), &r, &err), 0);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.options, 3);
    assert_int_equal(cursor_be32(&r.oids), 11);
    assert_int_equal(cursor_be32(&r.oids), 12);
}

static void test_message(void **state)
{
    (void)state;
    struct pg_message r;
    struct err err;
    start();
    put_be(1, 1);
    put_be(0x2a, 8);
    put_cstr("audit");
    put_be(3, 4);
    buf_put(&wire, "\0xy", 3);
    check_lengths(read_message);
    assert_int_equal(pg_proto_message(buf_slice(&wire), &r, &err), 0);
    assert_true(r.transactional);
    assert_int_equal(r.lsn, 0x2a);
    assert_string_equal(r.prefix, "audit");
    assert_true(slice_eq(r.content, slice_of("\0xy", 3)));
}

static int done(void **state)
{
    (void)state;
    buf_done(&wire);
    return 0;
}

static void test_type_and_origin(void **state)
{
    (void)state;
    struct pg_type t;
    struct pg_origin o;
    struct err err;
    start();
    put_be(16399, 4);
    put_cstr("public");
    put_cstr("_mood");
    assert_int_equal(pg_proto_type(buf_slice(&wire), &t, &err), 0);
    assert_int_equal(t.oid, 16399);
    assert_string_equal(t.schema, "public");
    assert_string_equal(t.name, "_mood");
    check_lengths(read_type);
    start();
    put_be(0xaffe, 8);
    put_cstr("o1");
    assert_int_equal(pg_proto_origin(buf_slice(&wire), &o, &err), 0);
    assert_int_equal(o.lsn, 0xaffe);
    assert_string_equal(o.name, "o1");
    check_lengths(read_origin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin),
        cmocka_unit_test(test_commit),
        cmocka_unit_test(test_relation),
        cmocka_unit_test(test_relation_too_wide),
        cmocka_unit_test(test_insert),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_bad_changes),
        cmocka_unit_test(test_tuple),
        cmocka_unit_test(test_truncate),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_type_and_origin),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
