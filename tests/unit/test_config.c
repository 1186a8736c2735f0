#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "config/config.h"

static char dir[] = "/tmp/tailrace-config-XXXXXX";
static char path[64], secret[64];
static struct config config;
static struct err err;

static void write_file(const char *to, const char *text)
{
    FILE *f = fopen(to, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/feed.yaml", dir);
    snprintf(secret, sizeof secret, "%s/secret", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(path);
    unlink(secret);
    return rmdir(dir);
}

static int load(const char *yaml, const struct setting *settings, int n)
{
    write_file(path, yaml);
    err = (struct err){ 0 };
    return config_load(&config, path, settings, n, &err);
}

#define BASE "name: shop\nsource:\n  conninfo: host=x\n"
#define FILE_SINK "sink:\n  kind: avro-file\n"

static void take(const char *yaml)
{
    if (load(yaml, NULL, 0))
        fail_msg("%s", err.msg);
}

/* Refused, in file:line of the message, which says `what` too. line 0: no line. */
static void refuse(const char *yaml, int line, const char *what)
{
    char where[128];
    if (load(yaml, NULL, 0) != -1)
        fail_msg("taken: %s", yaml);
    config_done(&config);
    assert_int_equal(err.class, ERR_CONFIG);
    snprintf(where, sizeof where, line ? "%s:%d: " : "%s: ", path, line);
    if (strncmp(err.msg, where, strlen(where)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", err.msg, where);
    if (!strstr(err.msg, what))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, what);
}

static void test_good_file(void **state)
{
    (void)state;
    take("# a comment\n"
         "name: shop\n"
         "source:\n"
         "  conninfo: \"host=standby dbname=shop\"\n"
         "  primary: allow\n"
         "  binary: false\n"
         "  slot: s1\n"
         "snapshot: { mode: never }\n"
         "registry.url: http://registry:8081\n"
         "sink:\n"
         "  kind: kafka\n"
         "  rotate-bytes: 1099511627776\n"
         "limits:\n"
         "  batch-rows: 17\n"
         "log:\n"
         "  level: warn\n");
    assert_string_equal(config.name, "shop");
    assert_string_equal(config.pg.conninfo, "host=standby dbname=shop");
    assert_true(config.pg.allow_primary);
    assert_false(config.pg.binary);
    assert_string_equal(config.pg.slot, "s1");
    assert_string_equal(config.pg.publication, "tailrace");
    assert_string_equal(config.registry.url, "http://registry:8081");
    assert_int_equal(config.sink_kind, SINK_KAFKA);
    assert_true(config.file.rotate_bytes == INT64_C(1099511627776));
    assert_int_equal(config.flow.batch_rows, 17);
    assert_int_equal(config.flow.batches, 4);
    assert_int_equal(config.log_level, LOG_WARN);
    assert_true(config.kafka.exactly_once);
    assert_string_equal(config.enc.prefix, "shop");
    assert_string_equal(config.kafka.dead_letter_topic, "shop.dead-letters");
    assert_string_equal(config.file.feed, "shop");
    config_done(&config);
}

static void test_unknown_keys(void **state)
{
    (void)state;
    refuse(BASE FILE_SINK "  directry: /x\n", 6,
           "sink.directry: no such option; the nearest is sink.directory");
    refuse(BASE "  slto: x\n" FILE_SINK, 4, "the nearest is source.slot");
    refuse("nmae: x\n", 1, "nmae: no such option; the nearest is name");
    refuse("name: a\n\n\nregistry.ulr: x\n", 4, "the nearest is registry.url");
}

static void test_bad_values(void **state)
{
    (void)state;
    refuse(BASE FILE_SINK "limits:\n  batch-rows: 1x\n", 7,
           "limits.batch-rows: \"1x\" is not a number from 1 to");
    refuse(BASE FILE_SINK "limits:\n  batch-rows: 0\n", 7, "\"0\" is not a number");
    refuse(BASE FILE_SINK "limits:\n  batch-rows: 99999999999999999999\n", 7, "is not a number");
    refuse(BASE FILE_SINK "limits:\n  batch-rows: \"\"\n", 7, "is not a number");
    refuse(BASE "sink:\n  kind: kafak\n", 5, "\"kafak\" is not one of kafka|avro-file|stdout|null");
    refuse(BASE "sink:\n  kind: kafk\n", 5, "is not one of");
    refuse(BASE "  binary: yes\n" FILE_SINK, 4, "source.binary: true or false is wanted");
    refuse(BASE "  slot: [a]\n" FILE_SINK, 4, "a single value is wanted");
    refuse(BASE FILE_SINK "kafka: x\n", 6, "kafka: a mapping is wanted");
    refuse(BASE FILE_SINK "snapshot: [x]\n", 6, "snapshot: a mapping of options is wanted");
    refuse(BASE FILE_SINK "source.mysql: x\n", 6, "source.mysql: a mapping of options is wanted");
    refuse(BASE FILE_SINK "kafka: { a: [b] }\n", 6, "names to single values");
    refuse("- a\n- b\n", 1, "a mapping is wanted");
    refuse(BASE "\tx: y\n", 4, "a tab: YAML is indented by spaces");
    refuse(BASE FILE_SINK "tables:\n  include: []\n", 7, "tables.include: an empty list");
    refuse(BASE FILE_SINK "tables:\n  include: [\"a(\"]\n", 7, "tables.include: ");
    refuse(BASE FILE_SINK "tables:\n  include: [a]\n  exclude: [\"a(\"]\n", 8, "tables.exclude: ");
}

static void test_given_twice(void **state)
{
    (void)state;
    refuse(BASE "  slot: a\n  slot: b\n" FILE_SINK, 5,
           "source.slot: given twice: here and in line 4");
    refuse(BASE FILE_SINK "source: { slot: x }\n", 6, "source: given twice: here and in line 2");
    refuse(BASE "  slot: a\n" FILE_SINK "source.slot: b\n", 7,
           "source.slot: given twice: here and in line 4");
    refuse("name: x\nname: y\n" FILE_SINK, 2, "name: given twice: here and in line 1");
    refuse(BASE FILE_SINK "kafka:\n  client.id: a\n  client.id: b\n", 8,
           "kafka.client.id: given twice: here and in line 7");
}

static void test_names(void **state)
{
    (void)state;
    refuse("name: \"\"\nsource: { conninfo: x }\n" FILE_SINK, 1,
           "cannot begin the name of a topic");
    refuse("name: my feed/1\nsource: { conninfo: x }\n" FILE_SINK, 1,
           "\"my feed/1\" cannot begin the name of a topic");
    refuse("name: ..\nsource: { conninfo: x }\n" FILE_SINK, 1, "cannot begin");
    refuse(BASE FILE_SINK "topics:\n  prefix: a b\n", 7, "topics.prefix: \"a b\"");
}

/* What libpq says of such a text holds a part of it. */
static void test_a_bad_connection_string_is_not_shown(void **state)
{
    (void)state;
    static const char *const texts[] = { "host=x password=hun ter2",
                                         "postgresql://u:hunter2@[127.0.0.1/shop",
                                         "host=x password='hunter2",
                                         "postgresql://u:hun%zzter2@host/db" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char yaml[200];
        snprintf(yaml, sizeof yaml, "name: x\nsource: { conninfo: \"%s\" }\n" FILE_SINK, texts[i]);
        assert_int_equal(load(yaml, NULL, 0), -1);
        assert_non_null(
            strstr(err.msg, "feed.yaml:2: source.conninfo: the connection string cannot be read"));
        assert_null(strstr(err.msg, "ter2"));
        assert_null(strstr(err.msg, "misspelt"));
        config_done(&config);
    }
    refuse("name: x\nsource: { conninfo: \"host=x pasfile=/x password=hunter2\" }\n" FILE_SINK, 2,
           " -> is passfile misspelt in it?");
}

static void test_an_account_in_a_url(void **state)
{
    (void)state;
    take(BASE "registry: { url: \"http://al%40ice:s3cr%2Fet@reg:81/x?y=1\" }\n" FILE_SINK);
    assert_string_equal(config.registry.url, "http://reg:81/x?y=1");
    assert_string_equal(config.registry.user, "al@ice");
    assert_string_equal(config.registry.password, "s3cr/et");
    config_done(&config);
    refuse(BASE "registry:\n  url: \"http://a:b@reg\"\n  user: c\n" FILE_SINK, 5,
           "one of them is wanted");
}

static void check_list(const char *const *list, const char *one, const char *two)
{
    assert_string_equal(list[0], one);
    if (two)
        assert_string_equal(list[1], two);
    assert_null(list[two ? 2 : 1]);
}

/* One text, as the command line and variables have it. */
static void test_lists_in_one_text(void **state)
{
    (void)state;
    take(BASE "  tables: public.t\n" FILE_SINK);
    check_list(config.pg.tables, "public.t", NULL);
    config_done(&config);
    setenv("TAILRACE_TEST_LIST", " a[.]x{1,2} , (b,c)[.][,]\\, ,", 1);
    take(BASE FILE_SINK "tables: { include: \"${TAILRACE_TEST_LIST}\" }\n");
    check_list(config.tables_include, "a[.]x{1,2}", "(b,c)[.][,]\\,");
    config_done(&config);
    const struct setting set = { "tables.include", "a[.].*,b[.].*" };
    if (load(BASE FILE_SINK, &set, 1))
        fail_msg("%s", err.msg);
    check_list(config.tables_include, "a[.].*", "b[.].*");
    config_done(&config);
}

static void test_missing(void **state)
{
    (void)state;
    refuse("source:\n  conninfo: x\n" FILE_SINK, 0, "name is needed");
    refuse("name: x\n" FILE_SINK, 0, "source.conninfo is needed");
    refuse(BASE "sink:\n  kind: kafka\n", 0, "registry.url is needed for sink.kind: kafka");
    refuse("", 0, "is needed");
    refuse(BASE FILE_SINK "soruce:\n  slot: x\n", 6,
           "soruce: no such option; the nearest is source");
    refuse(BASE FILE_SINK "kafka:\n  sasl.password: \"${file:/nonexistent}\"\n", 7,
           "kafka.sasl.password: /nonexistent");
    refuse(BASE "  slot: \"${}\"\n" FILE_SINK, 4, "${} names nothing");
    err = (struct err){ 0 };
    assert_int_equal(config_load(&config, dir, NULL, 0, &err), -1);
    assert_non_null(strstr(err.msg, "Is a directory"));
    config_done(&config);
    err = (struct err){ 0 };
    assert_int_equal(config_load(&config, "/nonexistent/feed.yaml", NULL, 0, &err), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "/nonexistent/feed.yaml"));
    config_done(&config);
}

static void test_references(void **state)
{
    (void)state;
    char yaml[400];
    setenv("TAILRACE_TEST_HOST", "standby", 1);
    unsetenv("TAILRACE_TEST_UNSET");
    write_file(secret, "s3cret$\r\n\n");
    snprintf(yaml, sizeof yaml,
             "name: shop\nsource:\n  conninfo: host=${TAILRACE_TEST_HOST} port=$${x}$5\n" FILE_SINK
             "registry:\n  password: \"<${file:%s}>\"\n",
             secret);
    take(yaml);
    assert_string_equal(config.pg.conninfo, "host=standby port=${x}$5");
    assert_string_equal(config.registry.password, "<s3cret$>");
    config_done(&config);
    refuse(BASE "  slot: ${TAILRACE_TEST_UNSET}\n" FILE_SINK, 4,
           "environment variable TAILRACE_TEST_UNSET is not set");
    refuse(BASE "  slot: ${file:/nonexistent/x}\n" FILE_SINK, 4, "/nonexistent/x");
    refuse(BASE "  slot: ${file:/dev/null}\n" FILE_SINK, 4, "/dev/null: it is empty");
    refuse(BASE "  slot: ${TAILRACE_TEST_HOST\n" FILE_SINK, 4, "${ without }");
    refuse(BASE FILE_SINK "kafka:\n  client.id: a\n  sasl.password: ${TAILRACE_TEST_UNSET}\n", 8,
           "TAILRACE_TEST_UNSET");
}

static const char *prop(const struct kv *list, const char *key)
{
    for (; list && list->key; list++)
        if (strcmp(list->key, key) == 0)
            return list->value;
    return NULL;
}

static void test_maps_and_lists(void **state)
{
    (void)state;
    setenv("TAILRACE_TEST_HOST", "standby", 1);
    take(BASE "  tables: [public.a, \"public.${TAILRACE_TEST_HOST}\"]\n" FILE_SINK
         "kafka:\n  bootstrap.servers: b:9092\n  client.id: \"${TAILRACE_TEST_HOST}\"\n"
         "topics:\n  config: { cleanup.policy: compact }\n");
    assert_string_equal(config.pg.tables[0], "public.a");
    assert_string_equal(config.pg.tables[1], "public.standby");
    assert_null(config.pg.tables[2]);
    assert_string_equal(prop(config.kafka.props, "bootstrap.servers"), "b:9092");
    assert_string_equal(prop(config.kafka.props, "client.id"), "standby");
    assert_null(config.kafka.props[2].key);
    assert_string_equal(prop(config.kafka.topics.config, "cleanup.policy"), "compact");
    config_done(&config);
}

static void test_settings(void **state)
{
    (void)state;
    const struct setting over[] = {
        { "source.slot", "s2" },
        { "limits.batch-rows", "5" },
        { "kafka.client.id", "c" },
        { "kafka.acks", "all" },
        { "topics.config.cleanup.policy", "delete" },
        { "source.slot", "s3" },
    };
    if (load(BASE "  slot: s1\n" FILE_SINK "kafka:\n  client.id: file\n", over, 6))
        fail_msg("%s", err.msg);
    assert_string_equal(config.pg.slot, "s3");
    assert_int_equal(config.flow.batch_rows, 5);
    assert_string_equal(prop(config.kafka.props, "client.id"), "c");
    assert_string_equal(prop(config.kafka.props, "acks"), "all");
    assert_string_equal(prop(config.kafka.topics.config, "cleanup.policy"), "delete");
    config_done(&config);

    const struct setting typo = { "source.slit", "x" }, bad = { "limits.batch-rows", "many" };
    assert_int_equal(load(BASE FILE_SINK, &typo, 1), -1);
    assert_string_equal(err.msg, "--set source.slit: no such option; the nearest is source.slot");
    config_done(&config);
    assert_int_equal(load(BASE FILE_SINK, &bad, 1), -1);
    assert_non_null(strstr(err.msg, "--set limits.batch-rows: \"many\" is not a number"));
    config_done(&config);
}

/* Runs in the top folder. */
static void test_example(void **state)
{
    (void)state;
    err = (struct err){ 0 };
    if (config_load(&config, "deploy/tailrace.example.yaml", NULL, 0, &err))
        fail_msg("%s", err.msg);
    config_done(&config);
}

/* What the option table itself promises: each fallback is a value that its own option takes. */
static void test_option_table(void **state)
{
    (void)state;
    for (const struct option *o = options; o->key; o++) {
        assert_non_null(o->help);
        for (const struct option *other = options; other < o; other++)
            assert_string_not_equal(o->key, other->key);
        if (!o->fallback || o->type == OPT_MAP || o->type == OPT_LIST)
            continue;
        const struct setting s[] = { { o->key, o->fallback }, { "sink.kind", "null" } };
        if (load(BASE FILE_SINK, s, 2))
            fail_msg("%s", err.msg);
        config_done(&config);
    }
}

/* Another value than o has in c. */
static void another(const struct option *o, const struct config *c, char *ret, size_t size)
{
    const void *at = (const char *)c + o->at;
    const char *second = o->choices ? strchr(o->choices, '|') : NULL;
    if (o->type == OPT_BOOL)
        snprintf(ret, size, "%s", *(const bool *)at ? "false" : "true");
    else if (o->type == OPT_CHOICE && !*(const int *)at && second)
        snprintf(ret, size, "%.*s", (int)strcspn(second + 1, "|"), second + 1);
    else if (o->type == OPT_CHOICE)
        snprintf(ret, size, "%.*s", (int)strcspn(o->choices, "|"), o->choices);
    else if (o->type == OPT_INT)
        snprintf(ret, size, "%lld", *(const int *)at == o->min ? o->min + 1 : o->min);
    else if (o->type == OPT_INT64)
        snprintf(ret, size, "%lld", *(const int64_t *)at == o->min ? o->min + 1 : o->min);
    else
        snprintf(ret, size, "%s", o->type == OPT_LIST ? "[zz, yy]" : "zz");
}

static void test_every_option_is_compared(void **state)
{
    (void)state;
    struct config was;
    int compared = 0, count = 0;
    take(BASE FILE_SINK);
    was = config;
    take(BASE FILE_SINK);
    for (const struct option *o = options; o->key; o++, count++)
        assert_true(config_same(o, &was, &config));
    config_done(&config);
    for (const struct option *o = options; o->key; o++) {
        char key[80], value[40];
        another(o, &was, value, sizeof value);
        snprintf(key, sizeof key, "%s%s", o->key, o->type == OPT_MAP ? ".zz" : "");
        const struct setting s = { key, value };
        if (!load(BASE FILE_SINK, &s, 1)) {
            if (o->type != OPT_FEEDS && config_same(o, &was, &config))
                fail_msg("%s=%s is no change", key, value);
            compared++;
        }
        config_done(&config);
    }
    print_message("%d of %d options\n", compared, count);
    assert_true(compared > count * 3 / 4);      /* others go with none of their neighbours */
    config_done(&was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_file),
        cmocka_unit_test(test_every_option_is_compared),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_given_twice),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_bad_connection_string_is_not_shown),
        cmocka_unit_test(test_an_account_in_a_url),
        cmocka_unit_test(test_lists_in_one_text),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_maps_and_lists),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_option_table),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
