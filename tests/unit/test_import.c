#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glob.h>
#include <cmocka.h>
#include "bytes.h"
#include "cmd/config.h"

static char dir[] = "/tmp/tailrace-import-XXXXXX";
static char json[64], yaml[64], said[20000];
static struct config config;

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(json, sizeof json, "%s/connector.json", dir);
    snprintf(yaml, sizeof yaml, "%s/feed.yaml", dir);
    setenv("DATABASE_PASSWORD", "from the environment", 1);
    setenv("DATABASE_KEY_PASSWORD", "k", 1);
    setenv("REGISTRY_PASSWORD", "r", 1);
    setenv("COLUMN_HASH_SALT", "s:a:l:t", 1);
    setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092", 1);
    setenv("SCHEMA_REGISTRY_URL", "http://registry", 1);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(json);
    unlink(yaml);
    return rmdir(dir);
}

static void read_into(const char *path, char *to, size_t size)
{
    struct slice s = file_bytes(path);
    assert_true(s.p && s.n < size);
    memcpy(to, s.p, s.n);
    to[s.n] = 0;
    free_bytes(s);
}

/* Runs the command with its output in the file. */
static int import_from(char *path)
{
    fflush(stdout);
    int saved = dup(1);
    assert_non_null(freopen(yaml, "w", stdout));
    char *argv[] = { "import", path, NULL };
    int rc = cmd_import(2, argv);
    fflush(stdout);
    dup2(saved, 1);
    close(saved);
    read_into(yaml, said, sizeof said);
    return rc;
}

static int import(const char *text)
{
    FILE *f = fopen(json, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return import_from(json);
}

#define POSTGRES "\"connector.class\": \"io.debezium.connector.postgresql.PostgresConnector\""

static void take(const char *text)
{
    struct err err = { 0 };
    assert_int_equal(import(text), 0);
    if (config_load(&config, yaml, NULL, 0, &err))
        fail_msg("%s\n%s", err.msg, said);
}

static void says(const char *text)
{
    if (!strstr(said, text))
        fail_msg("\"%s\" is not in\n%s", text, said);
}

static const char *pair(const struct kv *list, const char *key)
{
    for (; list && list->key; list++)
        if (strcmp(list->key, key) == 0)
            return list->value;
    return NULL;
}

/* Each property that becomes an option. */
static void test_options(void **state)
{
    (void)state;
    take("{\"name\": \"c\", \"config\": {" POSTGRES ","
         "\"topic.prefix\": \"p\", \"database.hostname\": \"h\", \"database.port\": \"5433\", \"database.dbname\": \"it's\","
         "\"database.user\": \"u\", \"database.password\": \"s3cret\", \"database.sslmode\": \"verify-full\", \"database.sslpassword\": \"x\","
         "\"slot.name\": \"s\", \"publication.name\": \"pub\", \"publish.via.partition.root\": \"true\","
         "\"column.include.list\": \"a\\\\.b\\\\.c,d\\\\.e\\\\.f{1\\\\,2}\", \"column.exclude.list\": \"x\", \"skipped.operations\": \"c,t\","
         "\"snapshot.mode\": \"no_data\", \"decimal.handling.mode\": \"double\", \"time.precision.mode\": \"isostring\","
         "\"binary.handling.mode\": \"base64-url-safe\", \"hstore.handling.mode\": \"map\", \"interval.handling.mode\": \"string\","
         "\"include.unknown.datatypes\": \"false\", \"tombstones.on.delete\": \"false\", \"unavailable.value.placeholder\": \"$x\","
         "\"extended.headers.enabled\": \"false\", \"provide.transaction.metadata\": \"true\", \"heartbeat.interval.ms\": \"500\","
         "\"status.update.interval.ms\": \"700\", \"topic.creation.default.partitions\": \"3\","
         "\"topic.creation.default.replication.factor\": \"2\", \"topic.creation.default.cleanup.policy\": \"compact\","
         "\"topic.creation.enable\": \"false\", \"schema.name.adjustment.mode\": \"avro_unicode\","
         "\"column.mask.with.7.chars\": \"m\", \"column.truncate.to.9.chars\": \"t1,t2\","
         "\"column.mask.hash.SHA-256.with.salt.pepper\": \"h1\", \"column.mask.hash.v2.MD5.with.salt.pepper\": \"h2$\","
         "\"message.key.columns\": \"a.b:c,d;(.*)e:f\","
         "\"value.converter\": \"io.confluent.connect.avro.AvroConverter\","
         "\"value.converter.schema.registry.url\": \"http://r:8081\", \"value.converter.auto.register.schemas\": \"false\","
         "\"value.converter.basic.auth.user.info\": \"me:hidden\", \"producer.override.linger.ms\": \"5\","
         "\"transforms\": \"u,r\", \"transforms.u.type\": \"io.debezium.transforms.ExtractNewRecordState\","
         "\"transforms.u.add.fields\": \"op,source.ts_ms\", \"transforms.u.delete.tombstone.handling.mode\": \"rewrite\","
         "\"transforms.r.type\": \"org.apache.kafka.connect.transforms.RegexRouter\", \"transforms.r.regex\": \"p.(.*)\","
         "\"transforms.r.replacement\": \"q.$1\"}}");
    if (strstr(said, "properties:"))
        fail_msg("%s", strstr(said, "properties:"));
    assert_null(strstr(said, "s3cret"));
    assert_null(strstr(said, "hidden"));
    assert_null(strstr(said, "pepper"));
    assert_string_equal(config.name, "c");
    assert_string_equal(config.enc.prefix, "p");
    assert_string_equal(config.pg.conninfo, "host=h port=5433 dbname='it\\'s' user=u password='from the environment' "
                        "sslmode=verify-full sslpassword='k'");
    assert_string_equal(config.pg.slot, "s");
    assert_string_equal(config.pg.publication, "pub");
    assert_true(config.pg.partition_root);
    assert_int_equal(config.pg.snapshot, SNAPSHOT_NEVER);
    assert_string_equal(config.choose.include[0], "a\\.b\\.c");
    assert_string_equal(config.choose.include[1], "d\\.e\\.f{1,2}");
    assert_string_equal(config.choose.exclude[0], "x");
    assert_string_equal(config.flow.skipped, "c,t");
    assert_int_equal(config.enc.decimal, DECIMAL_DOUBLE);
    assert_int_equal(config.enc.time, TIME_ISOSTRING);
    assert_int_equal(config.enc.binary, BINARY_BASE64_URL);
    assert_int_equal(config.enc.hstore, HSTORE_MAP);
    assert_int_equal(config.enc.interval, INTERVAL_STRING);
    assert_int_equal(config.enc.unknown, UNKNOWN_SKIP);
    assert_int_equal(config.enc.names, NAMES_AVRO_UNICODE);
    assert_int_equal(config.enc.envelope, ENVELOPE_FLAT);
    assert_int_equal(config.enc.flat_deletes, FLAT_DELETES_REWRITE);
    assert_string_equal(config.enc.flat_fields[0].name, "__op");
    assert_string_equal(config.enc.flat_fields[1].name, "__source_ts_ms");
    assert_null(config.enc.flat_fields[2].name);
    assert_false(config.flow.tombstones);
    assert_false(config.flow.headers);
    assert_true(config.flow.transactions);
    assert_int_equal(config.flow.heartbeat_ms, 500);
    assert_int_equal(config.pg.status_interval_ms, 700);
    assert_string_equal(config.enc.placeholder, "$x");
    assert_int_equal(config.kafka.partitions, 3);
    assert_int_equal(config.kafka.replication, 2);
    assert_false(config.kafka.create_topics);
    assert_string_equal(pair(config.kafka.topic_config, "cleanup.policy"), "compact");
    assert_string_equal(pair(config.choose.mask, "m"), "7");
    assert_string_equal(pair(config.choose.truncate, "t2"), "9");
    assert_string_equal(pair(config.choose.hash, "h1"), "v1:SHA-256:s:a:l:t");
    assert_string_equal(pair(config.choose.hash, "h2$"), "MD5:s:a:l:t");
    assert_string_equal(pair(config.choose.key, "a.b"), "c,d");
    assert_string_equal(pair(config.choose.key, "(.*)e"), "f");
    assert_string_equal(pair(config.choose.route, "p.(.*)"), "q.$1");
    assert_string_equal(config.registry.url, "http://r:8081");
    assert_string_equal(config.registry.user, "me");
    assert_string_equal(config.registry.password, "r");
    assert_false(config.registry.auto_register);
    assert_string_equal(pair(config.kafka.props, "linger.ms"), "5");
    assert_string_equal(pair(config.kafka.props, "bootstrap.servers"), "kafka:9092");
    config_done(&config);
}

/* A table passes the schema filter and its own. */
static void test_tables(void **state)
{
    (void)state;
    take("{" POSTGRES ", \"schema.include.list\": \"a,b\", \"table.include.list\": \"a\\\\.t.*, c\\\\.t\", \"schema.exclude.list\": \"z\","
         "\"table.exclude.list\": \"a\\\\.t9\"}");
    assert_true(filter_takes(&config.pg.wanted, "a.t1"));
    assert_true(filter_takes(&config.pg.wanted, "A.T1"));
    assert_false(filter_takes(&config.pg.wanted, "a.t9"));
    assert_false(filter_takes(&config.pg.wanted, "c.t"));
    assert_false(filter_takes(&config.pg.wanted, "b.x"));
    config_done(&config);
    take("{" POSTGRES ", \"schema.include.list\": \"a\", \"schema.exclude.list\": \"z\"}");
    assert_true(filter_takes(&config.pg.wanted, "a.anything"));
    assert_false(filter_takes(&config.pg.wanted, "aa.anything"));
    config_done(&config);
}

/* Connectors as people write them: what is said of each is beside it, and is a configuration that can be loaded. */
static void test_connectors(void **state)
{
    (void)state;
    static const char *const names[] = { "PGHOST", "SLOT", "USERNAME", "DBNAME", "SR_USER", "SR_PASS", "COLUMN_HASH_SALT_2" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        setenv(names[i], "x", 1);
    glob_t all;
    assert_int_equal(glob("tests/import/*.json", 0, NULL, &all), 0);
    assert_true(all.gl_pathc >= 17);
    for (size_t i = 0; i < all.gl_pathc; i++) {
        struct err err = { 0 };
        char wanted[sizeof said], path[200];
        assert_int_equal(import_from(all.gl_pathv[i]), 0);
        if (config_load(&config, yaml, NULL, 0, &err))
            fail_msg("%s: %s\n%s", all.gl_pathv[i], err.msg, said);
        config_done(&config);
        snprintf(path, sizeof path, "%.*s.yaml", (int)strlen(all.gl_pathv[i]) - 5, all.gl_pathv[i]);
        read_into(path, wanted, sizeof wanted);
        if (strcmp(said, wanted))
            fail_msg("%s: is now\n%s", path, said);
    }
    globfree(&all);
}

/* Nothing is dropped: what has no counterpart is a comment, with its value unless that is a secret. */
static void test_comments(void **state)
{
    (void)state;
    take("{" POSTGRES ", \"some.thing\": \"new\", \"plugin.name\": \"decoderbufs\", \"snapshot.mode\": \"custom\", \"tasks.max\": \"1\","
         "\"snapshot.delay.ms\": \"4\", \"time.precision.mode\": \"adaptive_time_microseconds\", \"signal.kafka.topic\": \"t\","
         "\"transforms\": \"f\", \"transforms.f.type\": \"org.apache.kafka.connect.transforms.Filter\", \"transforms.f.x\": \"y\","
         "\"producer.override.sasl.jaas.config\": \"p=hidden\", \"value.converter\": \"org.apache.kafka.connect.json.JsonConverter\","
         "\"database.query.timeout.ms\": \"1\", \"key.converter.schema.registry.ssl.key.password\": \"hidden\", \"number\": 5,"
         "\"transforms.unlisted.type\": \"x\", \"value.converter.apicurio.registry.as-confluent\": \"false\","
         "\"schema.name.adjustment.mode\": \"none\"}");
    config_done(&config);
    assert_null(strstr(said, "hidden"));
    says("transforms.unlisted.type = \"x\": not a transform of the list");
    says("as-confluent = \"false\": ");
    says("schema.name.adjustment.mode = \"none\": ");
    says("some.thing = \"new\": no counterpart known");
    says("plugin.name = \"decoderbufs\": ");
    says("snapshot.mode = \"custom\": ");
    says("snapshot.delay.ms = \"4\": ");
    says("time.precision.mode = \"adaptive_time_microseconds\": ");
    says("signal.kafka.topic = \"t\": ");
    says("transforms.f.type = \"org.apache.kafka.connect.transforms.Filter\": no such transform");
    says("transforms.f.x = \"y\": no such transform");
    says("sasl.jaas.config = \"(not shown)\": ");
    says("value.converter = \"org.apache.kafka.connect.json.JsonConverter\": keys and values are Avro");
    says("database.query.timeout.ms = \"1\": ");
    says("number = \"5\": no counterpart known");
}

/* The properties that Debezium's connectors name themselves (Connect's /connector-plugins/CLASS/config), less connector.class: each says something. */
static void name_every(const char *connector, const char *class)
{
    static char bare[sizeof said];
    char path[64], name[200], text[600];
    size_t names = 0;
    snprintf(path, sizeof path, "tests/import/%s.properties.txt", connector);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    snprintf(text, sizeof text, "{\"connector.class\": \"%s\"}", class);
    assert_int_equal(import(text), 0);
    memcpy(bare, said, sizeof said);
    while (fgets(name, sizeof name, f)) {
        name[strcspn(name, "\n")] = 0;
        snprintf(text, sizeof text, "{\"connector.class\": \"%s\", \"%s\": \"7 of 9\"}", class, name);
        assert_int_equal(import(text), 0);
        if (strcmp(said, bare) == 0 || strstr(said, "no counterpart known"))
            fail_msg("%s of %s is not known:\n%s", name, class, said);
        names++;
    }
    fclose(f);
    assert_true(names > 130);
}

static void test_every_property(void **state)
{
    (void)state;
    name_every("postgresql", "io.debezium.connector.postgresql.PostgresConnector");
    name_every("mysql", "io.debezium.connector.mysql.MySqlConnector");
    name_every("mariadb", "io.debezium.connector.mariadb.MariaDbConnector");
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(import("{\"connector.class\": \"io.debezium.connector.oracle.OracleConnector\"}"), 2);
    assert_int_equal(import("{}"), 2);
    assert_int_equal(import("[1]"), 2);
    assert_int_equal(import("{\"a\": "), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_connectors),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_every_property),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
