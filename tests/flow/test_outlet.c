/*
 * What the way out makes of each kind of event, under each option; what a registry's answers make
 * of a table.
 */
#include "cmocka_flow.h"
#include "scripted_registry.h"

/* The records of a run, one word each: its operation's letter (t: tombstone) and key. */
static const char *letters(const struct rig *r, char out[400])
{
    out[0] = 0;
    for (size_t i = 0; i < r->broker.n; i++) {
        const struct stored *s = &r->broker.log[i];
        const char *name = strrchr(s->topic, '.');
        char op = record_op(s), key = s->key.n ? (char)s->key.p[s->key.n - 1] : '_';
        bool row = name && name[1] == 't' && name[2] && !name[3];
        sprintf(out + strlen(out), "%s%s", i ? " " : "", row ? (char[]){ op, key, 0 } : name
                ? name + 1 : s->topic);
    }
    return out;
}

static void check(struct rig *r, const char *wanted)
{
    char out[400];
    r->watched = false;
    if (rig_planned(r, NULL))
        fail_msg("%s", r->err.msg);
    assert_string_equal(letters(r, out), wanted);
    assert_string_equal(r->w.wrong, "");
    rig_done(r);
}

static void test_operations(void **state)
{
    (void)state;
    static const struct { const char *words, *skipped, *records; bool tombstones,
                          headers; } cases[] = {
        { "( +a =a -a )", "", "ca ua da 0a", true, false },
        { "( +a =a -a )", NULL, "ca ua da", false, true },
        { "( +a =a -a ! )", "c", "ua da 0a t_", true, false },
        { "( +a =a -a ! )", "u", "ca da 0a t_", true, false },
        { "( +a =a -a ! )", "d", "ca ua t_", true, false },
        { "( +a =a -a ! )", "t", "ca ua da 0a", true, false },
        { "( +a =a -a ! )", "cudt", "", true, false },
        { "( +a a>b )", "", "ca da 0a cb", true, true },
        { "( +a a>b )", "d", "ca cb", true, false },
        { "( +a a>b )", "c", "da 0a", true, false },
        { "( +a a>b )", "cd", "", true, false },
        { "( +a m ) M", "", "ca message message", true, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_init(&r, cases[i].words, true);
        r.flow.skipped = cases[i].skipped;
        r.flow.tombstones = cases[i].tombstones;
        r.flow.headers = cases[i].headers;
        check(&r, cases[i].records);
    }
}

static void test_flat_records(void **state)
{
    (void)state;
    static const struct { enum flat_deletes deletes; size_t records,
                          tombstones; bool wants; } cases[] = {
        { FLAT_DELETES_REWRITE, 3, 0, false }, { FLAT_DELETES_REWRITE, 4, 1, true },
            { FLAT_DELETES_TOMBSTONE, 3, 1, false },
        { FLAT_DELETES_DROP, 2, 0, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        size_t tombstones = 0;
        rig_init(&r, "( +a =a -a ! )", true);
        r.watched = false;
        r.enc.envelope = ENVELOPE_FLAT;
        r.enc.flat_deletes = cases[i].deletes;
        r.flow.tombstones = cases[i].wants;
        assert_int_equal(rig_planned(&r, NULL), 0);
        for (size_t k = 0; k < r.broker.n; k++)
            tombstones += r.broker.log[k].tombstone;
        assert_int_equal(r.broker.n, cases[i].records);
        assert_int_equal(tombstones, cases[i].tombstones);
        rig_done(&r);
    }
}

static const char *headers_of(const struct rig *r, size_t i)
{
    return r->broker.log[i].headers.n
        ? buf_cstr((struct buf *)(uintptr_t)&r->broker.log[i].headers) : "";
}

static void test_headers(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "( +a a>b ) m", true);
    r.flow.headers = true;
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_non_null(strstr(headers_of(&r, 0), "__debezium.context.connectorLogicalName=p;"));
    assert_non_null(strstr(headers_of(&r, 0), "__debezium.context.runId="));
    assert_null(strstr(headers_of(&r, 0), "key="));
    assert_non_null(strstr(headers_of(&r, 1), "__debezium.newkey={\"id\":\"b\"};"));
    assert_non_null(strstr(headers_of(&r, 2), "__debezium.newkey={\"id\":\"b\"};"));
    assert_non_null(strstr(headers_of(&r, 3), "__debezium.oldkey={\"id\":\"a\"};"));
    assert_string_equal(headers_of(&r, 4), "");
    rig_done(&r);
}

/*
 * BEGIN goes with the first record, END with what was counted; one without records has both. Keyed
 * counts of two tables and messages.
 */
static void test_transactions(void **state)
{
    (void)state;
    static const struct { const char *words, *records; bool binlog; } cases[] = {
        { "( +a 2+b m ) ( ) p ( =a )", "transaction ca cb message transaction transaction"
          " transaction transaction ua transaction", false },
        { "( +a ) !", "transaction ca transaction transaction t_ transaction", true },
        { "M ( +a )", "message transaction ca transaction", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_init(&r, cases[i].words, true);
        r.flow.transactions = true;
        r.up.binlog = cases[i].binlog;
        r.enc.connector = cases[i].binlog ? CONNECTOR_MYSQL : CONNECTOR_POSTGRESQL;
        check(&r, cases[i].records);
    }
}

/*
 * One transaction of more tables than the list of them has room for at first: shapes do not count,
 * names do.
 */
static void test_shapes_of_one_table_are_one_part(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "( +a v =a v =a v =a )", true);
    r.flow.transactions = true;
    check(&r, "transaction ca ua ua ua transaction");
}

static void test_schema_changes(void **state)
{
    (void)state;
    static const struct { int policy; bool tells; const char *records; } cases[] = {
        { SCHEMA_CHANGES_NEVER, true, "ca ua" },
        { SCHEMA_CHANGES_AUTO, false, "ca ua" },
        { SCHEMA_CHANGES_AUTO, true, "ca schema-changes ua" },
        { SCHEMA_CHANGES_ALWAYS, false, "schema-changes ca schema-changes schema-changes ua" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_init(&r, "( +a d v =a )", true);
        r.flow.schema_changes = cases[i].policy;
        r.up.tells_schema = cases[i].tells;
        check(&r, cases[i].records);
    }
}

/*
 * What cannot be written stops the feed before it, with the table's name; a start after it was
 * mended goes on.
 */
static void test_what_cannot_be_written(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct rig r;
        rig_init(&r, "( +a +b ) ( =a -b )", i == 1);
        r.up.no_before = i < 2;
        r.up.unknown_type = i == 2;
        assert_int_equal(rig_planned(&r, NULL), -1);
        assert_int_equal(r.err.class, ERR_DATA);
        assert_non_null(strstr(r.err.msg, "s.t1"));
        r.up.no_before = r.up.unknown_type = false;
        assert_int_equal(rig_run_on(&r), 0);
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

static void test_rows_without_a_key(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "( +a =a -a )", true);
    r.up.keyless = true;
    log_forget();
    check(&r, "c_ u_ d_ 0_");
    assert_true(log_has("records of a table have no key"));
}

static void test_two_tables_of_one_topic(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "( +a 2+b )", false);
    r.watched = false;
    r.up.names[0] = "t$1";
    r.up.names[1] = "t#1";
    assert_int_equal(rig_planned(&r, NULL), -1);
    assert_int_equal(r.err.class, ERR_CONFIG);
    assert_non_null(strstr(r.err.msg, "both become topic p.s.t_1"));
    rig_done(&r);
    static const struct kv route[] = { { "p\\.s\\.t.", "p.s.tt" }, { NULL, NULL } };
    struct arena a;
    struct err err = { 0 };
    arena_init(&a, 1024);
    rig_init(&r, "( +a 2+b )", false);
    r.watched = false;
    if (choices_new(&a, &(struct choice_options){ .route = route }, &r.enc.choices, &err))
        fail_msg("%s", err.msg);
    log_forget();
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_true(log_has("two tables share a topic"));
    rig_done(&r);
    arena_done(&a);
}

/* ---- the registry ---- */

#define KEY_OF(type) "{\"type\":\"record\",\"name\":\"Key\",\"namespace\":\"p.s.t1\"," \
                     "\"fields\":[{\"name\":\"id\",\"type\":\"" type "\"}]}"
#define KEY KEY_OF("string")
#define LONG KEY_OF("long")

static void test_frames(void **state)
{
    (void)state;
    struct registry registry = { .level = "BACKWARD" };
    struct rig r;
    rig_init(&r, "( +a )", true);
    r.registry = &registry;
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_int_equal(r.broker.n, 1);
    assert_memory_equal(r.broker.log[0].key.p, "\0\1\2\3\1", 5);
    assert_memory_equal(r.broker.log[0].value.p, "\0\1\2\3\2", 5);
    assert_true(rig_whole(&r));
    rig_done(&r);
}

struct verdict {
    const char *subject, *latest, *level, *refuses, *fails;
    int policy;
    enum err_class class, ends;     /* the registry's; the feed's: ERR_NONE when it goes on */
    bool paused;
};

/* What is registered already, what the registry says, and what becomes of the table. */
static void test_schemas_that_do_not_follow(void **state)
{
    (void)state;
    enum { GO_ON = ON_SCHEMA_CHANGE_CONTINUE, PAUSE = ON_SCHEMA_CHANGE_PAUSE,
           STOP = ON_SCHEMA_CHANGE_STOP };
    static const struct verdict verdicts[] = {
        { "p.s.t1-key", KEY, "BACKWARD", NULL, NULL, STOP, 0, ERR_NONE, false },
        { "p.s.t1-key", LONG, "BACKWARD", NULL, NULL, GO_ON, 0, ERR_NONE, false },
        { "p.s.t1-key", LONG, "BACKWARD", NULL, NULL, STOP, 0, ERR_DATA, false },
        { "p.s.t1-key", LONG, "BACKWARD", NULL, NULL, PAUSE, 0, ERR_NONE, true },
        { "p.s.t1-key", LONG, "FORWARD_TRANSITIVE", NULL, NULL, PAUSE, 0, ERR_NONE, true },
        { "p.s.t1-key", LONG, "FULL", NULL, NULL, STOP, 0, ERR_DATA, false },
        { "p.s.t1-key", LONG, "NONE", NULL, NULL, STOP, 0, ERR_DATA, false },
        { "p.s.t1-key", "{\"type\":", "BACKWARD", NULL, NULL, STOP, 0, ERR_DATA, false },
        { "p.s.t1-key", LONG, "FULL", NULL, "level", STOP, ERR_CONFIG, ERR_CONFIG, false },
        { NULL, NULL, "FULL", NULL, "p.s.t1-key", PAUSE, ERR_CONFIG, ERR_CONFIG, false },
        { NULL, NULL, "FULL", "p.s.t1-value", NULL, PAUSE, ERR_DATA, ERR_NONE, true },
        { NULL, NULL, "FULL", "p.s.t1-value", NULL, STOP, ERR_DATA, ERR_DATA, false },
        { NULL, NULL, "FULL", "p.s.t1-key", NULL, GO_ON, ERR_DATA, ERR_DATA, false },
    };
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const struct verdict *v = &verdicts[i];
        struct registry registry = { v->subject, v->latest, v->level, v->refuses, v->fails,
                                     v->class, 0 };
        struct rig r;
        rig_init(&r, "( +a 2+b =a =a =a )", false);
        r.watched = false;
        r.registry = &registry;
        r.flow.on_schema_change = v->policy;
        log_forget();
        int rc = rig_planned(&r, NULL);
        if ((rc != 0) != (v->ends != ERR_NONE) || (rc && r.err.class != v->ends))
            fail_msg("verdict %zu: %d, class %d: %s", i, rc, (int)r.err.class, r.err.msg);
        if (log_has("table is paused") != v->paused)
            fail_msg("verdict %zu: the table is %s", i, v->paused ? "not paused" : "paused");
        if (v->paused) {
            assert_int_equal(r.broker.n, 1);    /* the other table's */
            assert_true(log_has("a paused table's changes are not written table=s.t1 changes=4"));
        }
        rig_done(&r);
    }
}

/* Of a table without rows nobody asks for a row's key: the delete is what cannot be written. */
static void test_a_repair_of_a_paused_table(void **state)
{
    (void)state;
    static const char *const tables[] = { "s.t1", NULL }, *const rows[] = { "a b c", "" };
    static const struct slice key = { (const uint8_t *)"x", 1 };
    static const struct backfill_request request = { .tables = tables, .repair = true,
                                                     .keys = &key, .nkeys = 1 };
    for (int i = 0; i < 2; i++) {
        struct registry registry = { .subject = "p.s.t1-key", .latest = LONG, .level = "FULL" };
        struct rig r;
        rig_init(&r, "p", true);
        r.watched = false;
        r.registry = &registry;
        r.w.most = 1000000;
        r.up.rows[0] = rows[i];
        r.up.range_rows = 2;
        r.up.ends = false;
        r.flow.on_schema_change = ON_SCHEMA_CHANGE_PAUSE;
        r.flow.backfill.mode = SNAPSHOT_NEVER;
        r.flow.request = &request;
        log_forget();
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_true(log_has("repair failed"));
        assert_true(log_has("table s.t1 is paused: its records are not written"));
        assert_int_equal(r.broker.n, 0);
        rig_done(&r);
    }
}

static void test_a_key_that_was_lost(void **state)
{
    (void)state;
    struct registry registry = { .subject = "p.s.t1-key", .latest = KEY, .level = "FULL" };
    struct rig r;
    rig_init(&r, "( +a )", false);
    r.watched = false;
    r.registry = &registry;
    r.up.keyless = true;
    r.flow.on_schema_change = ON_SCHEMA_CHANGE_STOP;
    assert_int_equal(rig_planned(&r, NULL), -1);
    assert_non_null(strstr(r.err.msg, "has no key any more"));
    rig_done(&r);
}

/* The feed's own topics are refused as tables are. */
static void test_own_topics_that_are_refused(void **state)
{
    (void)state;
    static const char *const subjects[] = { "p.transaction-value", "__debezium-heartbeat.p-value",
                                            "p.schema-changes-value", "p.message-value" };
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        struct registry registry = { .refuses = subjects[i], .class = ERR_DATA };
        struct rig r;
        rig_init(&r, "( +a m )", false);
        r.watched = false;
        r.registry = &registry;
        r.flow.transactions = i == 0;
        r.flow.heartbeat_ms = i == 1;
        r.flow.schema_changes = i == 2 ? SCHEMA_CHANGES_ALWAYS : SCHEMA_CHANGES_NEVER;
        int rc = rig_planned(&r, NULL);
        if (!rc || r.err.class != ERR_DATA)
            fail_msg("%s: %d %s", subjects[i], rc, r.err.msg);
        rig_done(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations), cmocka_unit_test(test_flat_records),
            cmocka_unit_test(test_headers),
        cmocka_unit_test(test_transactions),
            cmocka_unit_test(test_shapes_of_one_table_are_one_part),
        cmocka_unit_test(test_schema_changes), cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_rows_without_a_key), cmocka_unit_test(test_two_tables_of_one_topic),
            cmocka_unit_test(test_frames),
        cmocka_unit_test(test_schemas_that_do_not_follow),
            cmocka_unit_test(test_a_repair_of_a_paused_table),
        cmocka_unit_test(test_a_key_that_was_lost),
        cmocka_unit_test(test_own_topics_that_are_refused),
    };
    return run_flow(tests);
}
