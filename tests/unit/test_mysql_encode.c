#include <stdio.h>
#include "encode/plan.h"
#include "reading.h"

static const uint16_t first_column[] = { 0 };

static struct encode_options base_options = {
    .prefix = "p", .version = "0", .connector = CONNECTOR_MYSQL, .placeholder = "unavailable",
};

static struct table table_of(const struct column *cols, uint16_t ncols, uint16_t nkey)
{
    return (struct table){ .id = 1, .database = "shop", .schema = "shop", .name = "t", .cols = cols, .ncols = ncols, .key = first_column,
                           .nkey = nkey };
}

static struct plan *compile(const struct table *t, const struct encode_options *opt)
{
    struct err err = { 0 };
    struct plan *p = plan_compile(t, opt, &err);
    if (!p)
        fail_msg("%s", err.msg);
    return p;
}

/* ---- the source block ---- */

static const struct column id = { .name = "id", .type_name = "int", .type = COL_I32, .form = FORM_PG_BINARY, .precision = -1 };
static const struct cell seven = { (const uint8_t *)"\0\0\0\7", 4, CELL_VALUE };
static const struct binlog_place place = { .file = "binlog.000003", .pos = 1234, .row = 2, .server_id = 223344,
                                           .gtid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:23", .thread = 11 };

static const char source_schema[] =
    "{\"name\":\"source\",\"type\":{\"type\":\"record\",\"name\":\"Source\",\"namespace\":\"io.debezium.connector.mysql\",\"fields\":["
    "{\"name\":\"version\",\"type\":\"string\"},{\"name\":\"connector\",\"type\":\"string\"},{\"name\":\"name\",\"type\":\"string\"},"
    "{\"name\":\"ts_ms\",\"type\":\"long\"},"
    "{\"name\":\"snapshot\",\"type\":[{\"type\":\"string\",\"connect.version\":1,"
    "\"connect.parameters\":{\"allowed\":\"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental\"},"
    "\"connect.default\":\"false\",\"connect.name\":\"io.debezium.data.Enum\"},\"null\"],\"default\":\"false\"},"
    "{\"name\":\"db\",\"type\":\"string\"},{\"name\":\"sequence\",\"type\":[\"null\",\"string\"],\"default\":null},"
    "{\"name\":\"ts_us\",\"type\":[\"null\",\"long\"],\"default\":null},{\"name\":\"ts_ns\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"table\",\"type\":[\"null\",\"string\"],\"default\":null},{\"name\":\"server_id\",\"type\":\"long\"},"
    "{\"name\":\"gtid\",\"type\":[\"null\",\"string\"],\"default\":null},{\"name\":\"file\",\"type\":\"string\"},"
    "{\"name\":\"pos\",\"type\":\"long\"},{\"name\":\"row\",\"type\":\"int\"},"
    "{\"name\":\"thread\",\"type\":[\"null\",\"long\"],\"default\":null},{\"name\":\"query\",\"type\":[\"null\",\"string\"],\"default\":null}],"
    "\"connect.version\":1,\"connect.name\":\"io.debezium.connector.mysql.Source\"}}";

static void check_source(enum connector connector, const struct event *like, const char *source, const char *transaction)
{
    struct encode_options opt = base_options;
    struct table t = table_of(&id, 1, 1);
    struct event ev = *like;
    struct buf body = { 0 };
    struct err err;
    struct reading r;
    opt.connector = connector;
    ev.table = &t;
    struct plan *p = compile(&t, &opt);
    assert_string_equal(plan_topic(p), "p.shop.t");
    if (connector == CONNECTOR_MYSQL)
        assert_non_null(strstr(plan_schema(p, PLAN_VALUE), source_schema));
    assert_int_equal(plan_encode_value(p, 'c', &ev, &body, &err), 0);
    read_schema(plan_schema(p, PLAN_VALUE), &r);
    assert_int_equal(read_bytes(&r, body.p, body.n), 0);
    check_field(&r, "source", source, "source");
    check_field(&r, "transaction", transaction, "transaction");
    read_done(&r);
    buf_done(&body);
    plan_free(p);
}

static void test_source_block(void **state)
{
    (void)state;
    struct event ev = { .kind = EV_INSERT, .after = { &seven }, .commit_us = 1700000000123456, .place = &place, .tx_order = 5,
                        .tx_table_order = 3 };
    check_source(CONNECTOR_MYSQL, &ev,
                 "{\"0\",\"mysql\",\"p\",1700000000123,\"false\",\"shop\",null,1700000000123456,1700000000123456000,\"t\",223344,"
                 "\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\",\"binlog.000003\",1234,2,11,null}",
                 "{\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\",5,3}");
    struct binlog_place other = place;
    other.gtid = NULL;
    other.thread = -1;
    other.query = slice_str("INSERT INTO t VALUES (7)");
    ev.place = &other;
    check_source(CONNECTOR_MARIADB, &ev,
                 "{\"0\",\"mariadb\",\"p\",1700000000123,\"false\",\"shop\",null,1700000000123456,1700000000123456000,\"t\",223344,"
                 "null,\"binlog.000003\",1234,2,null,\"INSERT INTO t VALUES (7)\"}", "{\"file=binlog.000003,pos=1234\",5,3}");
    ev.tx_begin = slice_str("file=binlog.000003,pos=1000");
    check_source(CONNECTOR_MARIADB, &ev,
                 "{\"0\",\"mariadb\",\"p\",1700000000123,\"false\",\"shop\",null,1700000000123456,1700000000123456000,\"t\",223344,"
                 "null,\"binlog.000003\",1234,2,null,\"INSERT INTO t VALUES (7)\"}", "{\"file=binlog.000003,pos=1000\",5,3}");
}

/* No transaction wrote it, and its time is known to the second. */
static void test_source_of_a_snapshot(void **state)
{
    (void)state;
    struct event ev = { .kind = EV_READ, .after = { &seven }, .commit_us = 1700000000123456, .place = &place,
                        .snapshot = SNAP_LAST_IN_TABLE };
    check_source(CONNECTOR_MYSQL, &ev,
                 "{\"0\",\"mysql\",\"p\",1700000000000,\"last_in_data_collection\",\"shop\",null,1700000000000000,1700000000000000000,\"t\",0,"
                 "null,\"binlog.000003\",1234,0,null,null}", "null");
}

static void test_flat_fields(void **state)
{
    (void)state;
    static const struct { const char *field, *expected; } cases[] = {
        { "__op", "\"c\"" }, { "__server_id", "223344" }, { "__gtid", "\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\"" },
        { "__file", "\"binlog.000003\"" }, { "__pos", "1234" }, { "__row", "2" }, { "__thread", "11" }, { "__query", "null" },
        { "__source_ts_us", "1700000000123456" }, { "__connector", "\"mysql\"" }, { "__sequence", "null" },
    };
    struct encode_options opt = base_options;
    struct table t = table_of(&id, 1, 1);
    struct event ev = { .kind = EV_INSERT, .table = &t, .after = { &seven }, .commit_us = 1700000000123456, .place = &place };
    struct buf body = { 0 };
    struct arena a;
    struct err err;
    struct reading r;
    arena_init(&a, 4096);
    opt.envelope = ENVELOPE_FLAT;
    assert_int_equal(flat_fields_new(&a, CONNECTOR_MYSQL, "op server_id gtid file pos row thread query source.ts_us connector sequence",
                                     &opt.flat_fields, &err), 0);
    struct plan *p = compile(&t, &opt);
    assert_int_equal(plan_encode_value(p, 'c', &ev, &body, &err), 0);
    read_schema(plan_schema(p, PLAN_VALUE), &r);
    assert_int_equal(read_bytes(&r, body.p, body.n), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_field(&r, cases[i].field, cases[i].expected, cases[i].field);
    read_done(&r);
    plan_free(p);
    buf_done(&body);
    assert_int_equal(flat_fields_new(&a, CONNECTOR_MYSQL, NULL, &opt.flat_fields, &err), 0);
    assert_string_equal(opt.flat_fields[5].name, "__tx");
    assert_int_equal(flat_fields_new(&a, CONNECTOR_MYSQL, "lsn", &opt.flat_fields, &err), -1);
    assert_int_equal(flat_fields_new(&a, CONNECTOR_POSTGRESQL, "gtid", &opt.flat_fields, &err), -1);
    arena_done(&a);
}

/* What a row's error says of its place. */
static void test_error_names_the_place(void **state)
{
    (void)state;
    struct table t = table_of(&id, 1, 1);
    struct cell bad = { (const uint8_t *)"\1", 1, CELL_VALUE };
    struct event ev = { .kind = EV_INSERT, .table = &t, .after = { &bad }, .place = &place };
    struct buf body = { 0 };
    struct err err = { 0 };
    struct plan *p = compile(&t, &base_options);
    assert_int_equal(plan_encode_value(p, 'c', &ev, &body, &err), -1);
    assert_non_null(strstr(err.msg, "shop.t at binlog.000003:1234: column id"));
    plan_free(p);
    buf_done(&body);
}

static void test_transaction_records(void **state)
{
    (void)state;
    struct tx_part part = { "shop", "t", 3 };
    struct service_record r = { .end = true, .id = slice_str(place.gtid), .ts_ms = 1700000000123, .records = 3, .parts = &part, .nparts = 1 };
    struct plan *p = plan_compile_service(SERVICE_TRANSACTION, &base_options);
    struct reading value;
    struct buf body = { 0 };
    plan_encode_service(p, PLAN_VALUE, &r, &body);
    read_schema(plan_schema(p, PLAN_VALUE), &value);
    read_exactly(&value, &body, "END");
    check_field(&value, "status", "\"END\"", "status");
    check_field(&value, "id", "\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\"", "id");
    check_field(&value, "data_collections", "[{\"shop.t\",3}]", "data_collections");
    read_done(&value);
    buf_done(&body);
    plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_block),
        cmocka_unit_test(test_source_of_a_snapshot),
        cmocka_unit_test(test_flat_fields),
        cmocka_unit_test(test_error_names_the_place),
        cmocka_unit_test(test_transaction_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
