#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "bytes.h"
#include "source/mysql/source.h"

/* Transactions written by hand, as they come out of the binlog: what the source hands out, and
 * where it stands then. No server is asked. */

#define UUID "0a000000000000000000000000000001"
#define MAP                                                                                        \
    "010000000000"                                                                                 \
    "0100"                                                                                         \
    "0164000174000103"                                                                             \
    "0000"                                                                                         \
    "010100"                                                                                       \
    "040302"                                                                                       \
    "6964"                                                                                         \
    "080100" /* d.t: id int NOT NULL, the key; with its name */
#define ROW                                                                                        \
    "010000000000"                                                                                 \
    "0100"                                                                                         \
    "01" /* of one column; then the columns in the image, and rows: null bits, value */

static struct mysql_options options;
static struct mysql_source *source;
static struct event ev;
static struct err err;

static void make(bool mariadb)
{
    options = (struct mysql_options){ .mariadb = mariadb, .feed = "f" };
    struct err why = { 0 };
    source = (struct mysql_source *)mysql_source_new(&options, &why);
    source->server = (struct mysql_server){
        .mariadb = mariadb, .gtid = true, .version = mariadb ? 101119 : 90704, .metadata = "FULL"
    };
    source->dialect =
        (struct mysql_dialect){ .mariadb = mariadb, .version = (uint32_t)source->server.version };
    mysql_tables_init(&source->tables, &options, &source->server);
    source->stream.format = (struct binlog_format){ .mariadb = mariadb, .table_id_bytes = 6 };
    snprintf(source->stream.file, sizeof source->stream.file, "b.000001");
    snprintf(source->pos.done.file, sizeof source->pos.done.file, "b.000001");
    snprintf(source->pos.server, sizeof source->pos.server, "s");
    struct mysql_column_def id = { .name = "id", .type = "int", .comment = "" };
    struct mysql_index_def primary = {
        .name = "PRIMARY", .unique = true, .cols = (uint16_t[]){ 0 }, .ncols = 1
    };
    mysql_schema_put(source->tables.schema, &(struct mysql_table_def){ .database = "d",
                                                                       .name = "t",
                                                                       .comment = "",
                                                                       .cols = &id,
                                                                       .ncols = 1,
                                                                       .indexes = &primary,
                                                                       .nindexes = 1 });
}

static void drop(void)
{
    source->base.ops->free(&source->base);
}

/* As after a restart: from a stored position, at the place where it says that reading begins. */
static void restart(const char *token)
{
    bool mariadb = options.mariadb;
    char *kept = strdup(token);
    drop();
    make(mariadb);
    assert_int_equal(mysql_position_read(slice_str(kept), mariadb, &source->pos, &err), 0);
    if (*source->pos.from.file) {
        gtid_copy(&source->behind, &source->pos.done.gtid);
        gtid_drop_equal_maria(&source->behind, &source->pos.from.gtid);
    }
    free(kept);
}

/* An event of 100 bytes. 1: handed out; 0: nothing; -1: err. */
static int give(uint8_t type, uint32_t server, const char *hex)
{
    static uint8_t raw[4096];
    size_t n = unhex(hex, raw + 19);
    memset(raw, 0, 19);
    raw[4] = type;
    raw[5] = (uint8_t)server;
    struct binlog_event e = { .type = type,
                              .server_id = server,
                              .timestamp = 1,
                              .length = (uint32_t)n + 19,
                              .body = slice_of(raw + 19, n) };
    source->stream.start = source->stream.end;
    source->stream.end += 100;
    err = (struct err){ 0 };
    return mysql_take(source, &e, slice_of(raw, 19 + n), &ev, &err);
}

/* All that an event leads to, by the source's own loop: letters, B begin, C commit, P position, +,
 * ~, - rows, T truncate, D schema change. */
static const char *all(int got)
{
    static char out[4096];
    static const char letters[] = { [EV_BEGIN] = 'B',    [EV_COMMIT] = 'C', [EV_POSITION] = 'P',
                                    [EV_INSERT] = '+',   [EV_UPDATE] = '~', [EV_DELETE] = '-',
                                    [EV_TRUNCATE] = 'T', [EV_SCHEMA] = 'D', [EV_STATE] = 0 };
    size_t n = 0;
    for (; got == 1 || (!got && mysql_waits(source)); got = mysql_next_waiting(source, &ev, &err))
        if (got && letters[ev.kind])
            out[n++] = letters[ev.kind];
    out[n] = 0;
    return got < 0 ? err.msg : out;
}

static const char *le(uint64_t v, int bytes)
{
    static char hex[4][40];
    static int at;
    char *to = hex[at = (at + 1) % 4];
    for (int i = 0; i < bytes; i++)
        snprintf(to + 2 * i, 3, "%02x", (unsigned)(v >> 8 * i & 0xff));
    return to;
}

static const char *text_hex(const char *prefix, const char *text)
{
    static char hex[1000];
    size_t n = (size_t)snprintf(hex, sizeof hex, "%s", prefix);
    for (; *text; text++)
        n += (size_t)snprintf(hex + n, sizeof hex - n, "%02x", (unsigned char)*text);
    return hex;
}

static int query(const char *sql)
{
    return give(BINLOG_QUERY, 1, text_hex("0000000000000000" "01" "0000" "0000" "6400", sql));
}

static int mysql_gtid(uint64_t number)
{
    char hex[100];
    snprintf(hex, sizeof hex, "00" UUID "%s", le(number, 8));
    return give(BINLOG_GTID, 1, hex);
}

/* more: flags, and what they bring. */
static int maria_gtid(uint32_t server, uint64_t number, const char *more)
{
    char hex[200];
    snprintf(hex, sizeof hex, "%s%s%s", le(number, 8), le(0, 4), more);
    return give(BINLOG_MARIA_GTID, server, hex);
}

static int rows(const char *values)
{
    char hex[200];
    int got = give(BINLOG_TABLE_MAP, 1, MAP);
    snprintf(hex, sizeof hex, "%s", values);
    return got ? got : give(BINLOG_WRITE_V1, 1, hex);
}

static const char *maria(uint32_t server, uint64_t number)
{
    static char out[4096];
    snprintf(out, sizeof out, "%s", all(maria_gtid(server, number, "00")));
    strcat(out, all(rows(ROW "ff" "0005000000")));
    return strcat(out, all(give(BINLOG_XID, server, "0000000000000000")));
}

static const char *token(void)
{
    static struct buf b;
    b.n = 0;
    source->base.ops->position(&source->base, &b);
    return buf_cstr(&b);
}

static const char *mark(void)
{
    static struct buf b;
    b.n = 0;
    source->base.ops->mark(&source->base, &b);
    return buf_cstr(&b);
}

/* ---- MariaDB ---- */

static const char *prepare(uint32_t server, uint64_t number)
{
    static char out[4096];
    snprintf(out, sizeof out, "%s",
             all(maria_gtid(server, number,
                            "40"
                            "01000000"
                            "01"
                            "00"
                            "61")));
    strcat(out, all(rows(ROW "ff" "0007000000")));
    return strcat(out, all(give(BINLOG_XA_PREPARE, server,
                                "00"
                                "01000000"
                                "01000000"
                                "00000000"
                                "61")));
}

static void test_a_prepared_transaction_outlives_restarts(void **state)
{
    (void)state;
    make(true);
    assert_string_equal(maria(1, 1), "B+C");
    assert_string_equal(prepare(1, 2), "P");
    assert_string_equal(maria(1, 3), "B+C");
    assert_non_null(strstr(token(), "\"gtid\":\"0-1-3\""));
    assert_non_null(strstr(token(), "\"from\":{\"gtid\":\"0-1-1\""));
    for (uint64_t round = 0; round < 3; round++) {
        restart(token());
        assert_string_equal(prepare(1, 2), "");
        for (uint64_t known = 3; known < 4 + round; known++)
            assert_string_equal(maria(1, known), "");
        assert_string_equal(maria(1, 4 + round), "B+C");
        assert_non_null(strstr(token(), "\"from\":{\"gtid\":\"0-1-1\""));
    }
    assert_string_equal(all(maria_gtid(1, 7, "81" "01000000" "01" "00" "61")), "");
    assert_string_equal(all(query("XA COMMIT X'61',X'',1")), "B+C");
    assert_null(strstr(token(), "\"from\""));
    drop();
}

/* gtid_strict_mode is off by default: a domain's numbers may go down. */
static void test_numbers_out_of_order_are_handed_out(void **state)
{
    (void)state;
    make(true);
    assert_string_equal(maria(1, 100), "B+C");
    assert_string_equal(maria(2, 50), "B+C");
    assert_string_equal(prepare(1, 101), "P");
    assert_string_equal(maria(2, 51), "B+C");
    restart(token());
    assert_string_equal(prepare(1, 101), "");
    assert_string_equal(maria(2, 51), "");
    assert_string_equal(maria(2, 49), "B+C");
    drop();
}

static void test_an_alter_in_two_phases_counts_once(void **state)
{
    (void)state;
    make(true);
    assert_int_equal(maria_gtid(1, 1, "29" "02"), 0);
    assert_string_equal(all(give(BINLOG_QUERY, 1,
                                 text_hex("0000000000000000"
                                          "01"
                                          "0000"
                                          "0200"
                                          "8202"
                                          "6400",
                                          "ALTER TABLE t ADD v int"))),
                        "P");
    assert_int_equal(mysql_schema_find(source->tables.schema, "d", "t")->ncols, 1);
    assert_int_equal(maria_gtid(1, 2, "29" "04" "0100000000000000"), 0);
    assert_string_equal(all(give(BINLOG_QUERY, 1,
                                 text_hex("0000000000000000"
                                          "01"
                                          "0000"
                                          "0a00"
                                          "8204"
                                          "0100000000000000"
                                          "6400",
                                          "ALTER TABLE t ADD v int"))),
                        "DP");
    assert_int_equal(mysql_schema_find(source->tables.schema, "d", "t")->ncols, 2);
    drop();
}

/* ---- MySQL ---- */

static void test_a_restart_inside_a_transaction(void **state)
{
    (void)state;
    make(false);
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(query("BEGIN")), "B");
    assert_int_equal(rows(ROW "ff" "0001000000" "0002000000" "0003000000"), 0);
    assert_int_equal(mysql_next_row(source, &ev, &err), 1);
    assert_int_equal(mysql_next_row(source, &ev, &err), 1);
    assert_non_null(
        strstr(token(), "\"ordinal\":2,\"in\":\"0a000000-0000-0000-0000-000000000001:1\""));
    /* its rows were handed out: it must be in a snapshot */
    assert_non_null(strstr(mark(), "\"gtid\":\"0a000000-0000-0000-0000-000000000001:1\""));
    assert_null(strstr(mark(), "ordinal"));
    restart(token());
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(query("BEGIN")), "B");
    assert_string_equal(all(rows(ROW "ff" "0001000000" "0002000000" "0003000000")), "+");
    assert_string_equal(all(give(BINLOG_XID, 1, "0000000000000000")), "C");
    drop();
}

static void test_another_transaction_first_is_refused(void **state)
{
    (void)state;
    make(false);
    restart("{\"server\":\"s\",\"gtid\":\"\",\"file\":\"b.000001\",\"pos\":4,\"ordinal\":2,\"in\":"
            "\"0a000000-0000-0000-0000-000000000001:1\"}");
    assert_int_equal(mysql_gtid(2), -1);
    assert_int_equal(err.class, ERR_FATAL);
    assert_non_null(strstr(err.msg, "different orders"));
    drop();
}

static void test_a_transaction_without_an_end(void **state)
{
    (void)state;
    make(false);
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(query("BEGIN")), "B");
    assert_int_equal(mysql_gtid(2), 0);         /* nothing of it was handed out */
    assert_string_equal(all(query("BEGIN")), "B");
    assert_string_equal(all(rows(ROW "ff" "0001000000")), "+");
    assert_int_equal(mysql_gtid(3), -1);
    assert_non_null(strstr(err.msg, "no end"));
    drop();
}

static void test_rows_without_all_columns_are_refused(void **state)
{
    (void)state;
    make(false);
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(query("BEGIN")), "B");
    /* the bits beyond the one column mean nothing */
    assert_int_equal(rows(ROW "fe" "00"), -1);
    assert_non_null(strstr(err.msg, "binlog_row_image"));
    drop();
}

/* A table that does not fit what is known of it: refused every time, not read by the shape that it
 * had before. */
static void test_a_refused_version_stays_refused(void **state)
{
    static const char *const known = "010000000000" "0100" "0164000174000103" "00" "00" "010100";
    static const char *const other = "020000000000" "0100" "016400017400020303" "00" "00" "010100";
    (void)state;
    make(false);
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(query("BEGIN")), "B");
    assert_int_equal(give(BINLOG_TABLE_MAP, 1, known), 0);
    assert_string_equal(all(give(BINLOG_WRITE_V1, 1, ROW "ff" "0001000000")), "+");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(give(BINLOG_TABLE_MAP, 1, other), -1);
        assert_non_null(strstr(err.msg, "known with 1 columns, the binlog has 2"));
    }
    assert_int_equal(give(BINLOG_TABLE_MAP, 1, known), 0);
    assert_string_equal(all(give(BINLOG_WRITE_V1, 1, ROW "ff" "0002000000")), "+");
    drop();
}

static void test_a_truncate_is_handed_out_once(void **state)
{
    (void)state;
    make(false);
    assert_int_equal(mysql_gtid(1), 0);
    assert_int_equal(query("TRUNCATE TABLE t"), 0);
    assert_int_equal(mysql_next_waiting(source, &ev, &err), 1);
    assert_int_equal(ev.kind, EV_TRUNCATE);
    assert_non_null(strstr(token(), "\"ordinal\":1"));
    restart(token());
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(query("TRUNCATE TABLE t")), "P");
    assert_null(strstr(token(), "ordinal"));
    drop();
}

static void stops(uint8_t type, const char *hex, const char *word)
{
    assert_int_equal(give(type, 1, hex), -1);
    assert_int_equal(err.class, ERR_FATAL);
    assert_non_null(strstr(err.msg, word));
}

static void test_what_stops_the_feed(void **state)
{
    (void)state;
    make(false);
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(query("BEGIN")), "B");
    stops(BINLOG_INCIDENT, "010000", "INCIDENT");
    assert_int_equal(give(BINLOG_BEGIN_LOAD_QUERY, 1, "0000000061"), 0);
    stops(BINLOG_EXECUTE_LOAD_QUERY,
          text_hex("0000000000000000" "01" "0000" "0000" "000000000000000000000000" "00" "6400",
                   "LOAD DATA INFILE 'x' INTO TABLE t"), "LOAD DATA");
    stops(BINLOG_PRE_GA_UPDATE, "00", "5.1");
    stops(99, "00", "unknown type 99");
    stops(BINLOG_QUERY,
          text_hex("0000000000000000"
                   "01"
                   "0000"
                   "0000"
                   "6400",
                   "INSERT INTO t VALUES (1)"),
          "INSERT INTO t");
    assert_string_equal(all(rows(ROW "ff" "0001000000")), "+");
    stops(BINLOG_QUERY,
          text_hex("0000000000000000"
                   "01"
                   "0000"
                   "0000"
                   "6400",
                   "ROLLBACK"),
          "rolled back");
    stops(BINLOG_WRITE_V2,
          "020000000000"
          "0100"
          "0200"
          "01"
          "ff"
          "0001000000",
          "before the description");
    drop();
}

/* What a session said of itself decides what its statement means. */
static void test_a_statement_in_its_session(void **state)
{
    (void)state;
    make(false);
    source->tables.collations =
        (struct mysql_collations){ .list = malloc(sizeof(struct mysql_collation)), .n = 1 };
    source->tables.collations.list[0] = (struct mysql_collation){ 47, "latin1_bin", "latin1", 1 };
    assert_int_equal(mysql_gtid(1), 0);
    assert_string_equal(all(give(BINLOG_QUERY, 1,
                                 text_hex("0000000000000000"
                                          "01"
                                          "0000"
                                          "0900"
                                          "04"
                                          "2100"
                                          "2100"
                                          "2f00"
                                          "1000"
                                          "6400",
                                          "CREATE TABLE u (a timestamp, b text)"))),
                        "DP");
    const struct mysql_table_def *u = mysql_schema_find(source->tables.schema, "d", "u");
    assert_string_equal(u->cols[1].collation, "latin1_bin");
    assert_false(u->cols[0].nullable);              /* explicit_defaults_for_timestamp was off */
    assert_int_equal(mysql_gtid(2), 0);
    assert_string_equal(all(give(BINLOG_QUERY, 1,
                                 text_hex("0000000000000000"
                                          "01"
                                          "0000"
                                          "0200"
                                          "1001"
                                          "6400",
                                          "CREATE TABLE v (a timestamp)"))),
                        "DP");
    assert_true(mysql_schema_find(source->tables.schema, "d", "v")->cols[0].nullable);
    drop();
}

/* Of a busy server a feed may want nothing for a long time. */
static void test_what_is_not_wanted_takes_no_memory(void **state)
{
    (void)state;
    make(false);
    for (uint64_t i = 1; i <= 1000; i++) {
        assert_int_equal(mysql_gtid(i), 0);
        assert_string_equal(all(query("BEGIN")), "B");
        assert_int_equal(query("SAVEPOINT `x`"), 0);
        assert_string_equal(all(give(BINLOG_XID, 1, "0000000000000000")), "C");
        assert_string_equal(ev.place ? "" : "no place", "");
        assert_int_equal(mysql_gtid(1000 + i), 0);
        assert_string_equal(all(query("GRANT ALL ON *.* TO x")), "P");
    }
    assert_true(source->row_arena.used < 1000);
    assert_true(source->pending_arena.used < 5000);
    drop();
}

/* ---- definitions ---- */

static struct mysql_place place_of(const char *gtids)
{
    struct mysql_place p = { 0 };
    assert_int_equal(gtid_read(gtids, true, &p.gtid, &err), 0);
    return p;
}

static const char *comment_at(struct mysql_kept *k, const char *gtids)
{
    struct mysql_place p = place_of(gtids);
    json_t *d = mysql_kept_at(k->history, &p);
    mysql_place_done(&p);
    return d ? json_string_value(json_object_get(d, "comment")) : "none";
}

static void test_definitions_of_every_place_that_may_come_back(void **state)
{
    (void)state;
    struct mysql_kept *list = NULL, *k = mysql_kept_of(&list, "d", "t");
    struct mysql_table_def a = { .database = "d", .name = "t", .comment = "a" }, b = a, c = a;
    b.comment = "b";
    c.comment = "c";
    mysql_kept_add(k, "0-1-5", "b.1", 500, &a, &b);
    mysql_kept_add(k, "0-1-6", "b.1", 600, &b, &c);
    mysql_kept_add(k, "0-1-7", "b.1", 700, &c, NULL);
    assert_ptr_equal(mysql_kept_of(&list, "d", "t"), k);
    /* two statements and more since the position that is stored */
    assert_string_equal(comment_at(k, "0-1-4"), "a");
    assert_string_equal(comment_at(k, "0-1-5"), "b");
    assert_string_equal(comment_at(k, "0-1-6"), "c");
    assert_string_equal(comment_at(k, "0-1-9"), "none");
    struct mysql_place stored = place_of("0-1-5");
    mysql_kept_forget(k, &stored);
    assert_string_equal(comment_at(k, "0-1-4"), "none");
    assert_int_equal(json_array_size(k->history), 3);
    mysql_kept_go_back(k, &stored);
    assert_int_equal(json_array_size(k->history), 1);
    assert_string_equal(comment_at(k, "0-1-9"), "b");
    mysql_place_done(&stored);
    mysql_kept_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_prepared_transaction_outlives_restarts),
        cmocka_unit_test(test_numbers_out_of_order_are_handed_out),
        cmocka_unit_test(test_an_alter_in_two_phases_counts_once),
        cmocka_unit_test(test_a_restart_inside_a_transaction),
        cmocka_unit_test(test_a_refused_version_stays_refused),
        cmocka_unit_test(test_another_transaction_first_is_refused),
        cmocka_unit_test(test_a_transaction_without_an_end),
        cmocka_unit_test(test_rows_without_all_columns_are_refused),
        cmocka_unit_test(test_a_truncate_is_handed_out_once),
        cmocka_unit_test(test_what_is_not_wanted_takes_no_memory),
        cmocka_unit_test(test_what_stops_the_feed),
        cmocka_unit_test(test_a_statement_in_its_session),
        cmocka_unit_test(test_definitions_of_every_place_that_may_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
