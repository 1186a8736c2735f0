/* Tables as strangers may describe them, through everything that is made of a table. */
#include <jansson.h>
#include <stdio.h>
#include "encode/avro_schema.h"
#include "fuzz.h"
#include "report/diff.h"
#include "report/past.h"
#include "sink/avro_json.h"
#include "source/mysql.h"
#include "source/mysql/types.h"
#include "source/pg.h"
#include "source/pg/kept.h"
#include "source/pg/timeline.h"
#include "source/pg/witness.h"

static struct encode_options some_options(void)
{
    return (struct encode_options){ .prefix = "p",
                                    .version = "0",
                                    .placeholder = "x",
                                    .connector = (enum connector)rnd(3),
                                    .envelope = (enum envelope)rnd(2),
                                    .types = (enum type_style)rnd(2),
                                    .decimal = (enum decimal_style)rnd(3),
                                    .time = (enum time_style)rnd(5),
                                    .binary = (enum binary_style)rnd(4),
                                    .bigint_unsigned = (enum bigint_unsigned_style)rnd(2),
                                    .interval = (enum interval_style)rnd(2),
                                    .unknown = (enum unknown_types)rnd(3),
                                    .hstore = (enum hstore_style)rnd(2),
                                    .names = (enum name_style)rnd(2) };
}

/* ---- a plan, its schemas, a row ---- */

static void check_schema(const struct plan *p, enum plan_part part, struct arena *a)
{
    struct err err;
    const struct avro_schema *s;
    const char *text = plan_schema(p, part);
    if (!text || !avro_schema_parse(text, a, &s, &err))
        return;
    fprintf(stderr, "fuzz: %s\n%s\n", err.msg, text);
    die("a plan's schema is no Avro schema");
}

static void try_row(const struct plan *p, const struct table *t, struct arena *a)
{
    static const char *const texts[] = { "42",    "1.5", "abc",     "2020-01-01",
                                         "{1,2}", "t",   "\\x00ff", "2020-02-29 24:00:00.5+02" };
    struct cell *cells = arena_alloc(a, (t->ncols + 1u) * sizeof *cells);
    struct slice inputs[8];
    struct buf body = { 0 }, text = { 0 };
    struct err err;
    for (size_t i = 0; i < 8; i++)
        inputs[i] = make_input(slice_str(texts[i]));
    for (uint16_t i = 0; i < t->ncols; i++) {
        struct slice in = inputs[rnd(8)];
        cells[i] = t->cols[i].nullable && rnd(2)
                       ? (struct cell){ .kind = CELL_NULL }
                       : (struct cell){ in.p, (uint32_t)in.n, CELL_VALUE };
    }
    static const struct binlog_place place = {
        .file = "b.1", .pos = 4, .gtid = "0-1-1", .thread = -1
    };
    struct event ev = { .kind = EV_INSERT, .table = t, .after = { cells }, .place = &place };
    struct avro_json *reader = avro_json_new(plan_schema(p, PLAN_VALUE), &err);
    if (!reader)
        die(err.msg);
    if (!plan_encode_value(p, 'c', &ev, &body, &err) &&
        avro_json_print(reader, buf_slice(&body), &text, &err))
        die("a row does not fit its table's schema");
    body.n = 0;
    if (plan_schema(p, PLAN_KEY))
        (void)!plan_encode_key(p, ev.after, &body, &err);
    avro_json_free(reader);
    buf_done(&body);
    buf_done(&text);
    for (size_t i = 0; i < 8; i++)
        free_input(inputs[i]);
}

void try_table(const struct table *t, bool mysql, struct arena *a)
{
    struct encode_options opt = some_options();
    struct err err;
    opt.connector = !mysql ? CONNECTOR_POSTGRESQL : rnd(2) ? CONNECTOR_MYSQL : CONNECTOR_MARIADB;
    struct plan *p = plan_compile(t, &opt, &err);
    if (!p)
        return;
    check_schema(p, PLAN_KEY, a);
    check_schema(p, PLAN_VALUE, a);
    (void)plan_topic(p);
    try_row(p, t, a);
    plan_free(p);
}

/* ---- definitions that are kept beside a position ---- */

static const char kept_pg[] =
    "{\"oid\":16400,\"schema\":\"public\",\"table\":\"t\",\"history\":[{\"since\":\"4611686018\","
    "\"key\":[\"id\"],\"marked\":true,"
    "\"columns\":[{\"name\":\"id\",\"type\":23,\"base\":\"23\",\"kind\":\"b\",\"type_name\":"
    "\"int4\",\"format\":\"integer\",\"typmod\":\"-1\","
    "\"send\":\"t\",\"notnull\":\"t\",\"default\":\"nextval('s')\"},{\"name\":\"id\",\"type\":1700,"
    "\"base\":\"1700\",\"kind\":\"b\","
    "\"type_name\":\"numeric\",\"format\":\"numeric(10,2)\",\"typmod\":\"655366\",\"send\":\"t\","
    "\"default\":\"1.5\"},{\"name\":\"id\","
    "\"type\":16500,\"kind\":\"e\",\"labels\":\"a\\u0001b\",\"type_name\":\"mood\",\"format\":"
    "\"mood\",\"default\":\"'a'::mood\"}]}]}";

static void kept_column(const json_t *version, uint32_t type, struct column *cols, uint16_t *n,
                        struct arena *a)
{
    struct pg_said said;
    if (!pg_kept_column(version, "id", type, &said))
        return;
    pg_said_column(&said, rnd(2), &cols[*n], a);
    cols[*n].name = arena_printf(a, "c%u", *n);
    ++*n;
}

void feed_pg_kept(void)
{
    static const uint32_t types[] = { 23, 1700, 16500, 1114, 3802 };
    struct slice in = make_json(kept_pg);
    struct column cols[5] = { 0 };
    struct table t = {
        .version = 1, .database = "d", .schema = "public", .name = "t", .cols = cols
    };
    struct arena a;
    struct err err;
    json_t *history;
    uint32_t oid;
    bool marked;
    arena_init(&a, 4096);
    if (!pg_kept_read(in, &oid, &history, &err)) {
        const json_t *version = pg_kept_at(history, rnd(2) ? 0 : 4611686018u);
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            kept_column(version, types[i], cols, &t.ncols, &a);
        (void)pg_kept_key(version, &marked);
        try_table(&t, false, &a);
        json_decref(history);
    }
    arena_done(&a);
    free_input(in);
}

static const char kept_mysql[] =
    "{\"database\":\"d\",\"name\":\"t\",\"charset\":\"utf8mb4\",\"collation\":\"utf8mb4_bin\","
    "\"comment\":\"c\",\"columns\":["
    "{\"name\":\"id\",\"type\":\"int(10) "
    "unsigned\",\"default\":\"0\",\"auto_increment\":true},{\"name\":\"e\",\"type\":\"enum('a','it'"
    "'s')\","
    "\"charset\":\"utf8mb4\",\"collation\":\"utf8mb4_bin\",\"default\":\"a\",\"nullable\":true},{"
    "\"name\":\"b\",\"type\":\"bit(5)\",\"default\":\"b'101'\"},"
    "{\"name\":\"d\",\"type\":\"decimal(10,2)\",\"default\":\"1.5\"},{\"name\":\"v\",\"type\":"
    "\"varbinary(4)\",\"default\":\"0x6162\"},"
    "{\"name\":\"s\",\"type\":\"set('x','y')\",\"charset\":\"latin1\",\"collation\":\"latin1_bin\"}"
    ",{\"name\":\"at\",\"type\":\"datetime(6)\",\"on_update\":\"now\"}],"
    "\"indexes\":[{\"name\":\"PRIMARY\",\"unique\":true,\"columns\":[0]},{\"name\":\"k\","
    "\"columns\":[1,2],\"prefix\":true}]}";

void feed_mysql_kept(void)
{
    const struct mysql_collations none = { 0 };
    struct slice in = make_json(kept_mysql);
    struct mysql_table_def def;
    struct table t;
    struct arena a;
    struct err err;
    arena_init(&a, 4096);
    if (!mysql_table_def_read(in, &a, &def, &err)) {
        struct binlog_column *layout = arena_alloc(&a, (def.ncols + 1u) * sizeof *layout);
        if (!mysql_types_table(&def, &none, rnd(2), &a, layout, &t, &err))
            try_table(&t, true, &a);
    }
    arena_done(&a);
    free_input(in);
}

/* ---- records of the schema-change topic ---- */

static const char record[] =
    "{\"databaseName\":\"d\",\"schemaName\":\"s\",\"ddl\":\"DROP TABLE a.b; ALTER TABLE t RENAME "
    "u\",\"tableChanges\":[{\"type\":\"CREATE\","
    "\"id\":\"\\\"s\\\".\\\"t\\\"\",\"table\":{\"defaultCharsetName\":\"utf8mb4\","
    "\"primaryKeyColumnNames\":[\"id\"],\"comment\":\"c\",\"columns\":["
    "{\"name\":\"id\",\"jdbcType\":4,\"nativeType\":23,\"typeName\":\"INT "
    "UNSIGNED\",\"typeExpression\":\"INT UNSIGNED\",\"length\":10,\"scale\":2,"
    "\"optional\":false,\"autoIncremented\":true,\"generated\":false},{\"name\":\"e\","
    "\"nativeType\":1700,\"typeName\":\"ENUM\",\"typeExpression\":\"ENUM\","
    "\"charsetName\":\"latin1\",\"length\":1,\"optional\":true,\"defaultValueExpression\":\"'a'\","
    "\"enumValues\":[\"'a'\",\"'it''s'\"]},"
    "{\"name\":\"b\",\"typeName\":\"BIT\",\"typeExpression\":\"BIT\",\"length\":5,"
    "\"defaultValueExpression\":\"b'101'\",\"optional\":true}]}}]}";

static void drawn(const struct diff *d)
{
    struct render_options opt = { .colour = rnd(2), .ddl = rnd(2), .made = "now" };
    struct buf out = { 0 };
    diff_text(d, &opt, &out);
    diff_json(d, &out);
    diff_markdown(d, &out);
    diff_html(d, &opt, &out);
    diff_metrics(d, 0, &out);
    buf_done(&out);
}

static void compare(struct side *old, struct side *new, struct arena *a)
{
    struct encode_options enc = some_options();
    struct diff_options opt = { .enc = &enc,
                                .level = rnd(2) ? NULL : "FULL_TRANSITIVE",
                                .registry_url = rnd(2) ? "http://r" : NULL };
    struct err err;
    struct diff *d = diff_compare(a, old, new, &opt);
    if (!diff_judge(a, d, &opt, &err))
        drawn(d);
}

static struct side *past_side(enum connector from, struct arena *a)
{
    struct past p = { .a = a,
                      .meaning = from == CONNECTOR_POSTGRESQL ? pg_column_meaning
                                 : from == CONNECTOR_MYSQL    ? mysql_column_meaning
                                                              : mariadb_column_meaning };
    struct err err;
    p.gone = from == CONNECTOR_POSTGRESQL ? NULL : mysql_statement_gone;
    for (int i = 0; i < 2; i++) {
        struct slice in = make_json(record);
        (void)!past_take(&p, in, &err);
        free_input(in);
    }
    struct table_list *list = arena_alloc(a, sizeof *list);
    *list = (struct table_list){ .tables = p.tables, .n = p.n };
    struct side *s = side_of_tables(a, list, dialect_of_connector(from), "past");
    s->recorded = from != CONNECTOR_POSTGRESQL;
    return s;
}

void feed_past(void)
{
    struct arena a;
    arena_init(&a, 4096);
    enum connector from = (enum connector)rnd(3);
    struct side *old = past_side(from, &a), *new = past_side(from, &a);
    compare(old, new, &a);
    arena_done(&a);
}

/* ---- two saved sides beside each other ---- */

static struct side *saved_side(struct arena *a)
{
    struct buf text = { 0 };
    struct err err;
    struct side *s = NULL;
    put_side(&text);
    if (side_load(a, buf_slice(&text), "saved", &s, &err))
        s = NULL;
    buf_done(&text);
    return s;
}

/* Two Avro sides, of a topic, with a key or without. */
static struct side *avro_side(struct arena *a)
{
    struct buf value = { 0 }, key = { 0 };
    struct err err;
    struct side *s = NULL;
    put_record(&value);
    put_record(&key);
    struct avro_subject one = { rnd(4) ? "p.s.t" : "q.s.t",
                                rnd(2) ? arena_strdup(a, buf_cstr(&key)) : NULL,
                                arena_strdup(a, buf_cstr(&value)) };
    if (side_of_subjects(a, &one, 1, "avro", &s, &err))
        s = NULL;
    buf_done(&value);
    buf_done(&key);
    return s;
}

void feed_diff(void)
{
    struct arena a;
    arena_init(&a, 4096);
    struct side *old = rnd(2) ? saved_side(&a) : avro_side(&a),
                *new = rnd(2) ? saved_side(&a) : avro_side(&a);
    if (old && new)
        compare(old, new, &a);
    arena_done(&a);
}

/* ---- what a server says of its log ---- */

void feed_pg_log(void)
{
    static const char history[] =
        "1\t0/3000148\tno recovery target specified\n2\t0/5000148\tno recovery target specified\n";
    static const uint8_t page[64] = { 0x16, 0xd1, 0x05, 0, 1, 0, 0,    0, 0, 0,    0, 3,    0,
                                      0,    0,    0,    0, 0, 0, 0,    0, 0, 0,    0, 0x22, 0,
                                      0,    0,    7,    0, 0, 0, 0x40, 0, 0, 3,    0, 0,    0,
                                      0,    0,    1,    0, 0, 0, 0,    0, 0, 0xff, 8 };
    struct pg_position p = { .commit_lsn = 0x3000000 + rnd(3) * 24,
                             .commit_us = 1,
                             .commit_xid = 7 };
    struct pg_history h = { 0 };
    struct err err;
    struct slice in = make_input(slice_str(history)), wal = make_input(slice_of(page, sizeof page));
    if (!pg_history_parse(in, (uint32_t)rnd(4), &h, &err)) {
        (void)pg_history_find(&h, (uint32_t)rnd(4));
        (void)pg_history_at(&h, rnd(2) ? 0x3000148 : UINT64_MAX);
    }
    pg_history_done(&h);
    (void)pg_witness_read(wal, 8192, &p);
    free_input(in);
    free_input(wal);
}
