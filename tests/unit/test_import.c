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
#include <jansson.h>
#include "cmd/config.h"

static char dir[] = "/tmp/tailrace-import-XXXXXX";
static char json[64], yaml[64], told[64], said[20000], summary[20000];
static struct config config;

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(json, sizeof json, "%s/connector.json", dir);
    snprintf(yaml, sizeof yaml, "%s/feed.yaml", dir);
    snprintf(told, sizeof told, "%s/told", dir);
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
    unlink(told);
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

/* Runs the command with its outputs in files. wishes: options, with a NULL at the end. */
static int import_as(char *path, const char *const *wishes)
{
    char *argv[16] = { (char[]){ "import" } };
    int saved[2] = { dup(1), dup(2) }, argc = 1;
    for (; *wishes; wishes++)
        argv[argc++] = (char *)(uintptr_t)*wishes;
    argv[argc++] = path;
    fflush(stdout);
    assert_non_null(freopen(yaml, "w", stdout));
    assert_non_null(freopen(told, "w", stderr));
    int rc = cmd_import(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(saved[0], 1);
    dup2(saved[1], 2);
    close(saved[0]);
    close(saved[1]);
    read_into(yaml, said, sizeof said);
    read_into(told, summary, sizeof summary);
    return rc;
}

static int import_from(char *path)
{
    return import_as(path, (const char *[]){ NULL });
}

static void write_json(const char *text)
{
    FILE *f = fopen(json, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int import(const char *text)
{
    write_json(text);
    return import_from(json);
}

#define POSTGRES "\"connector.class\": \"io.debezium.connector.postgresql.PostgresConnector\""

/* rc: 3 where something is refused; what is written can be loaded all the same. */
static void take_as(int rc, const char *text)
{
    struct err err = { 0 };
    assert_int_equal(import(text), rc);
    if (config_load(&config, yaml, NULL, 0, &err))
        fail_msg("%s\n%s", err.msg, said);
}

static void take(const char *text)
{
    take_as(0, text);
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
         "\"topic.prefix\": \"p\", \"database.hostname\": \"h\", \"database.port\": \"5433\", "
         "\"database.dbname\": \"it's\","
         "\"database.user\": \"u\", \"database.password\": \"s3cret\", \"database.sslmode\": "
         "\"verify-full\", \"database.sslpassword\": \"x\","
         "\"slot.name\": \"s\", \"publication.name\": \"pub\", \"publish.via.partition.root\": "
         "\"true\","
         "\"column.include.list\": \"a\\\\.b\\\\.c,d\\\\.e\\\\.f{1\\\\,2}\", "
         "\"column.exclude.list\": \"x\", \"skipped.operations\": \"c,t\","
         "\"snapshot.mode\": \"no_data\", \"decimal.handling.mode\": \"double\", "
         "\"time.precision.mode\": \"isostring\","
         "\"binary.handling.mode\": \"base64-url-safe\", \"hstore.handling.mode\": \"map\", "
         "\"interval.handling.mode\": \"string\","
         "\"include.unknown.datatypes\": \"false\", \"tombstones.on.delete\": \"false\", "
         "\"unavailable.value.placeholder\": \"$x\","
         "\"extended.headers.enabled\": \"false\", \"provide.transaction.metadata\": \"true\", "
         "\"heartbeat.interval.ms\": \"500\","
         "\"status.update.interval.ms\": \"700\", \"topic.creation.default.partitions\": \"3\","
         "\"topic.creation.default.replication.factor\": \"2\", "
         "\"topic.creation.default.cleanup.policy\": \"compact\","
         "\"topic.creation.enable\": \"false\", \"schema.name.adjustment.mode\": \"avro_unicode\","
         "\"column.mask.with.7.chars\": \"m\", \"column.truncate.to.9.chars\": \"t1,t2\","
         "\"column.mask.hash.SHA-256.with.salt.pepper\": \"h1\", "
         "\"column.mask.hash.v2.MD5.with.salt.pepper\": \"h2$\","
         "\"message.key.columns\": \"a.b:c,d;(.*)e:f\","
         "\"value.converter\": \"io.confluent.connect.avro.AvroConverter\","
         "\"value.converter.ignore.default.for.nullables\": \"true\","
         "\"value.converter.schema.registry.url\": \"http://r:8081\", "
         "\"value.converter.auto.register.schemas\": \"false\","
         "\"value.converter.basic.auth.user.info\": \"me:hidden\", "
         "\"producer.override.linger.ms\": \"5\","
         "\"transforms\": \"u,r\", \"transforms.u.type\": "
         "\"io.debezium.transforms.ExtractNewRecordState\","
         "\"transforms.u.add.fields\": \"op,source.ts_ms\", "
         "\"transforms.u.delete.tombstone.handling.mode\": \"rewrite\","
         "\"transforms.r.type\": \"org.apache.kafka.connect.transforms.RegexRouter\", "
         "\"transforms.r.regex\": \"p.(.*)\","
         "\"transforms.r.replacement\": \"q.$1\"}}");
    if (strstr(said, "\n#   ") || *summary)
        fail_msg("%s%s", said, summary);
    assert_null(strstr(said, "s3cret"));
    assert_null(strstr(said, "hidden"));
    assert_null(strstr(said, "pepper"));
    assert_string_equal(config.name, "c");
    assert_string_equal(config.enc.prefix, "p");
    assert_string_equal(config.pg.conninfo,
                        "host=h port=5433 dbname='it\\'s' user=u password='from the environment' "
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
    assert_int_equal(config.kafka.topics.partitions, 3);
    assert_int_equal(config.kafka.topics.replication, 2);
    assert_false(config.kafka.topics.create);
    assert_string_equal(pair(config.kafka.topics.config, "cleanup.policy"), "compact");
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
    struct err err = { 0 };
    (void)state;
    take("{" POSTGRES ", \"schema.include.list\": \"a,b\", \"table.include.list\": \"a\\\\.t.*, "
                      "c\\\\.t\", \"schema.exclude.list\": \"z\","
         "\"table.exclude.list\": \"a\\\\.t9\"}");
    assert_true(filter_takes(&config.pg.wanted, "a.t1", &err));
    assert_true(filter_takes(&config.pg.wanted, "A.T1", &err));
    assert_false(filter_takes(&config.pg.wanted, "a.t9", &err));
    assert_false(filter_takes(&config.pg.wanted, "c.t", &err));
    assert_false(filter_takes(&config.pg.wanted, "b.x", &err));
    config_done(&config);
    take("{" POSTGRES ", \"schema.include.list\": \"a\", \"schema.exclude.list\": \"z\"}");
    assert_true(filter_takes(&config.pg.wanted, "a.anything", &err));
    assert_false(filter_takes(&config.pg.wanted, "aa.anything", &err));
    config_done(&config);
}

/* Connectors as people write them: what is said of each is beside it, and is a configuration that
 * can be loaded. */
static void test_connectors(void **state)
{
    (void)state;
    static const char *const names[] = { "PGHOST",  "SLOT",    "USERNAME",          "DBNAME",
                                         "SR_USER", "SR_PASS", "COLUMN_HASH_SALT_2" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        setenv(names[i], "x", 1);
    glob_t all;
    assert_int_equal(glob("tests/import/*.json", 0, NULL, &all), 0);
    assert_true(all.gl_pathc >= 17);
    for (size_t i = 0; i < all.gl_pathc; i++) {
        struct err err = { 0 };
        char wanted[sizeof said], path[200];
        int rc = import_from(all.gl_pathv[i]);
        assert_int_equal(rc, strstr(said, "\n# Refused: ") ? 3 : 0);
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

/* Nothing is dropped: what has no counterpart is a comment, with its value unless that is a
 * secret. */
static void test_comments(void **state)
{
    (void)state;
    take_as(3, "{" POSTGRES ", \"some.thing\": \"new\", \"plugin.name\": \"decoderbufs\", "
                            "\"snapshot.mode\": \"custom\", \"tasks.max\": \"1\","
               "\"snapshot.delay.ms\": \"4\", \"time.precision.mode\": "
               "\"adaptive_time_microseconds\", \"signal.kafka.topic\": \"t\","
               "\"transforms\": \"f\", \"transforms.f.type\": "
               "\"org.apache.kafka.connect.transforms.Filter\", \"transforms.f.x\": \"y\","
               "\"producer.override.sasl.jaas.config\": \"p=hidden\", \"value.converter\": "
               "\"org.apache.kafka.connect.json.JsonConverter\","
               "\"database.query.timeout.ms\": \"1\", "
               "\"key.converter.schema.registry.ssl.key.password\": \"hidden\", \"number\": 5,"
               "\"transforms.unlisted.type\": \"x\", "
               "\"value.converter.apicurio.registry.as-confluent\": \"false\","
               "\"schema.name.adjustment.mode\": \"none\"}");
    config_done(&config);
    assert_null(strstr(said, "hidden"));
    says("transforms.unlisted.type = \"x\": not a transform of the list");
    says("as-confluent = \"false\": ");
    says("schema.name.adjustment.mode = \"none\": ");
    says("some.thing = \"new\": not known here");
    says("plugin.name = \"decoderbufs\": ");
    says("snapshot.mode = \"custom\": ");
    says("snapshot.delay.ms = \"4\": ");
    says("time.precision.mode = \"adaptive_time_microseconds\": ");
    says("signal.kafka.topic = \"t\": ");
    says("transforms.f.type = \"org.apache.kafka.connect.transforms.Filter\": no such transform");
    says("transforms.f.x = \"y\": goes with the transform");
    says("sasl.jaas.config = \"(not shown)\": ");
    says("value.converter = \"org.apache.kafka.connect.json.JsonConverter\": keys and values are "
         "Avro");
    says("database.query.timeout.ms = \"1\": ");
    says("number = \"5\": not known here");
}

/* The properties that Debezium's connectors name themselves (Connect's
 * /connector-plugins/CLASS/config), less connector.class: each says something. */
static void name_every(const char *connector, const char *class)
{
    static char bare[2 * sizeof said], both[2 * sizeof said];
    char path[64], name[200], text[600];
    size_t names = 0;
    snprintf(path, sizeof path, "tests/import/%s.properties.txt", connector);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    snprintf(text, sizeof text, "{\"connector.class\": \"%s\"}", class);
    assert_int_equal(import(text), 0);
    snprintf(bare, sizeof bare, "%s%s", said, summary);
    while (fgets(name, sizeof name, f)) {
        name[strcspn(name, "\n")] = 0;
        snprintf(text, sizeof text, "{\"connector.class\": \"%s\", \"%s\": \"7 of 9\"}", class,
                 name);
        snprintf(both, sizeof both, "%s%s", (import(text), said), summary);
        if (strcmp(both, bare) == 0 || strstr(said, "not known here"))
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

/* Connector with one property, or a few, and the options; "" as options: none. */
static int verdict(const char *properties, const char *const *wishes)
{
    static char text[4000];
    snprintf(text, sizeof text,
             "{" POSTGRES ", \"value.converter\": \"io.confluent.connect.avro.AvroConverter\","
             "\"value.converter.ignore.default.for.nullables\": \"true\", %s}",
             properties);
    write_json(text);
    return import_as(json, wishes);
}

#define WISHES(...) (const char *[]){ __VA_ARGS__, NULL }
static const char *const none[] = { NULL };
#define UNWRAP "\"transforms.u.type\": \"io.debezium.transforms.ExtractNewRecordState\""
#define MASK(alias, fields, more)                                                                  \
    "\"transforms." alias ".type\": \"org.apache.kafka.connect.transforms.MaskField$Value\","      \
    "\"transforms." alias ".fields\": \"" fields "\"" more

/* What protects data or shapes records, and is not done, is refused: exit code 3 and its name on
 * standard error. */
static void test_what_is_refused(void **state)
{
    (void)state;
    static const char *const refused[][2] = {
        { "\"transforms\": \"m\", " MASK("m", "email", ""), "transforms.m.type" },
        { "\"transforms\": \"u,m\", " UNWRAP ", " MASK("m", "__op", ""), "transforms.m.type" },
        { "\"transforms\": \"f\", \"transforms.f.type\": \"io.debezium.transforms.Filter\", "
          "\"transforms.f.condition\": \"x\"",
          "transforms.f.type" },
        { "\"transforms\": \"o\", \"transforms.o.type\": "
          "\"io.debezium.transforms.outbox.EventRouter\"",
          "transforms.o.type" },
        { "\"transforms\": \"r\", \"transforms.r.type\": "
          "\"io.debezium.transforms.ByLogicalTableRouter\", \"transforms.r.topic.regex\": \"a\","
          "\"transforms.r.topic.replacement\": \"b\"",
          "transforms.r.type" },
        { "\"transforms\": \"u\", \"transforms.u.drop.fields.headers\": \"x\", " UNWRAP,
          "transforms.u.drop.fields.headers" },
        { "\"transforms\": \"gone\"", "transforms" },
        { "\"key.converter\": \"org.apache.kafka.connect.json.JsonConverter\"", "key.converter" },
        { "\"key.converter\": \"org.apache.kafka.connect.storage.StringConverter\"",
          "key.converter" },
        { "\"header.converter\": \"org.apache.kafka.connect.json.JsonConverter\"",
          "header.converter" },
        { "\"value.converter.value.subject.name.strategy\": "
          "\"io.confluent.kafka.serializers.subject.TopicRecordNameStrategy\"",
          "value.converter.value.subject.name.strategy" },
        { "\"value.converter.enhanced.avro.schema.support\": \"true\"",
          "value.converter.enhanced.avro.schema.support" },
        { "\"value.converter.apicurio.registry.headers.enabled\": \"true\"",
          "value.converter.apicurio.registry.headers.enabled" },
        { "\"time.precision.mode\": \"adaptive_time_microseconds\"", "time.precision.mode" },
        { "\"unavailable.value.placeholder\": \"hex:00ff10\"", "unavailable.value.placeholder" },
        { "\"converters\": \"c\", \"c.type\": \"x\"", "converters" },
        { "\"post.processors\": \"p\", \"p.type\": \"x\"", "post.processors" },
        { "\"topic.delimiter\": \"_\"", "topic.delimiter" },
        { "\"snapshot.mode\": \"custom\"", "snapshot.mode" },
        { "\"snapshot.select.statement.overrides\": \"a.b\"",
          "snapshot.select.statement.overrides" },
        { "\"message.prefix.exclude.list\": \"a\"", "message.prefix.exclude.list" },
        { "\"column.mask.somehow\": \"a.b.c\"", "column.mask.somehow" },
        { "\"some.thing\": \"new\"", "some.thing" },
        { "\"producer.override.interceptor.classes\": \"x\"",
          "producer.override.interceptor.classes" }
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char line[200];
        snprintf(line, sizeof line, "  refused: %s", refused[i][1]);
        if (verdict(refused[i][0], none) != 3 || !strstr(summary, line) ||
            !strstr(summary, "1 property is refused, 0 differ:"))
            fail_msg("%s: %s", refused[i][0], summary);
        assert_non_null(strstr(said, "\n# Refused: "));
        assert_int_equal(verdict(refused[i][0], WISHES("--allow", "another", "--strict")), 3);
        assert_int_equal(verdict(refused[i][0], WISHES("--allow", refused[i][1], "--strict")), 0);
        assert_int_equal(verdict(refused[i][0], WISHES("--force")), 0);
    }
    assert_int_equal(verdict(refused[0][0], WISHES("--allow", "transforms.m")), 0);
    assert_int_equal(verdict(refused[0][0], WISHES("--allow", "transforms.mm")), 3);
    assert_int_equal(verdict(refused[0][0], WISHES("--allow")), 2);
}

/* Differences count with --strict alone; what is as it was, never. */
static void test_what_differs(void **state)
{
    (void)state;
    static const char *const different[] = {
        "\"skip.messages.without.change\": \"true\"",
        "\"plugin.name\": \"decoderbufs\"",
        "\"column.propagate.source.type\": \".*\"",
        "\"errors.tolerance\": \"all\"",
        "\"schema.name.adjustment.mode\": \"none\"",
        "\"transforms\": \"u,m\", " UNWRAP
        ", " MASK("m", "e-mail,id", ", \"transforms.m.replacement\": \"***-é\""),
        "\"key.converter.schema.registry.url\": \"http://a,http://b\""
    };
    static const char *const same[] = {
        "\"skip.messages.without.change\": \"false\"",
        "\"tasks.max\": 1",
        "\"topic.delimiter\": \".\"",
        "\"unavailable.value.placeholder\": \"hex:dead\"",
        "\"time.precision.mode\": \"adaptive\"",
        "\"topic.cache.size\": 1",
        ("\"sourceinfo.struct.maker\": "
         "\"io.debezium.connector.postgresql.PostgresSourceInfoStructMaker\""),
    };
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        if (verdict(different[i], none) != 0 ||
            !strstr(summary, "0 properties are refused, 1 differs:"))
            fail_msg("%s: %s", different[i], summary);
        assert_int_equal(verdict(different[i], WISHES("--strict")), 3);
        assert_int_equal(verdict(different[i], WISHES("--strict", "--force")), 3);
    }
    assert_int_equal(verdict(different[5], none), 0);
    says("mask: { \".*\\\\.e\\\\-mail\": 5, \".*\\\\.id\": 5 }");
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (verdict(same[i], WISHES("--strict")) || *summary)
            fail_msg("%s: %s", same[i], summary);
}

/* A transform of fields becomes columns.* where columns.* do the same. */
static void test_fields(void **state)
{
    (void)state;
    assert_int_equal(verdict("\"transforms\": \"u,m\", " UNWRAP ", " MASK("m", "email", ""), none),
                     3);
    says("mask: { \".*\\\\.email\": 0 }");
    says("columns.mask masks characters only");
    assert_int_equal(verdict("\"transforms\": \"u,m\", " UNWRAP
                             ", " MASK("m", "pay", ", \"transforms.m.replacement\": \"0\""),
                             none),
                     3);
    assert_int_equal(
        verdict(
            "\"transforms\": \"u,d\", " UNWRAP
            ", \"transforms.d.type\": \"org.apache.kafka.connect.transforms.ReplaceField$Value\","
            "\"transforms.d.exclude\": \"a,b\"",
            WISHES("--strict")),
        0);
    says("exclude: [\".*\\\\.a\", \".*\\\\.b\"]");
    assert_int_equal(
        verdict(
            "\"transforms\": \"u,d\", " UNWRAP
            ", \"transforms.d.type\": \"org.apache.kafka.connect.transforms.ReplaceField$Value\","
            "\"transforms.d.exclude\": \"a\", \"transforms.d.renames\": \"x:y\"",
            none),
        3);
}

/* Names and values with line ends make no lines of the file. */
static void test_lines_of_strangers(void **state)
{
    (void)state;
    verdict("\"x\\nplanted: 1\": \"y\\nplanted: 2\", \"snapshot.max.threads\": \"2\\nplanted: 3\", "
            "\"slot.name\": \"s\\nplanted: 4\","
            "\"table.include.list\": \"a\\nplanted: 5\", \"producer.override.x\\nplanted: 6\": "
            "\"y\\nplanted: 7\"",
            WISHES("--force"));
    assert_non_null(strstr(said, "planted"));
    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line + strspn(line, " "), "planted", 7) == 0)
            fail_msg("a line of its own: %s", line);
}

/* A line of JSON a property, whatever its text is. */
static void test_json(void **state)
{
    (void)state;
    assert_int_equal(verdict("\"some\\nthing\": \"ne\\\"w\", \"slot.name\": \"s\", "
                             "\"errors.tolerance\": \"all\", \"converters\": \"c\", \"c.x\": \"1\","
                             "\"column.mask.hash.SHA-256.with.salt.pepper\": \"a\", "
                             "\"database.password\": \"hidden\"",
                             WISHES("--json", "--allow", "converters")),
                     3);
    size_t n = 0, classes[3] = { 0 };
    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"), n++) {
        json_t *j = json_loads(line, 0, NULL);
        const char *property = json_string_value(json_object_get(j, "property")),
                   *class = json_string_value(json_object_get(j, "class"));
        if (!property || !class)
            fail_msg("%s", line);
        classes[strcmp(class, "refused") == 0 ? 0 : strcmp(class, "different") == 0 ? 1 : 2]++;
        assert_int_equal(json_is_true(json_object_get(j, "allowed")),
                         strcmp(property, "converters") == 0 || strcmp(property, "c.x") == 0);
        assert_null(strstr(line, "pepper"));
        assert_null(strstr(line, "hidden"));
        if (strcmp(property, "c.x") == 0)
            assert_string_equal(json_string_value(json_object_get(j, "of")), "converters");
        json_decref(j);
    }
    assert_int_equal(n, 10);        /* and connector.class and the value's converter */
    assert_int_equal(classes[0], 3);
    assert_int_equal(classes[1], 1);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(
        import("{\"connector.class\": \"io.debezium.connector.oracle.OracleConnector\"}"), 2);
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
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_what_differs),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_lines_of_strangers), cmocka_unit_test(test_json),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
