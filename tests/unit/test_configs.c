#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "config/config.h"

/* Many feeds: layers of options, names, and what is refused. */

static char dir[] = "/tmp/tailrace-configs-XXXXXX";
static struct configs all;
static struct err err;

/* One file of the folder; the folders above it are made. */
static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/conf.d", dir);
    if (strncmp(name, "conf.d/", 7) == 0)
        mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void clear(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s/*  %s/.[a-z]*", dir, dir);
    assert_int_equal(system(command), 0);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    clear();
    return rmdir(dir);
}

static int load(const char *name, const struct setting *settings, int n)
{
    static char path[256];
    snprintf(path, sizeof path, "%s%s%s", dir, *name ? "/" : "", name);
    err = (struct err){ 0 };
    return configs_load(&all, path, settings, n, &err);
}

static void take(const char *name)
{
    if (load(name, NULL, 0))
        fail_msg("%s", err.msg);
}

static void done(void)
{
    configs_done(&all);
    clear();
}

/* Refused; the message has all of these texts. */
static void refuse_set(const char *name, const struct setting *settings, int n,
                       const char *const *texts)
{
    if (load(name, settings, n) != -1)
        fail_msg("taken, and not: %s", texts[0]);
    assert_int_equal(err.class, ERR_CONFIG);
    for (; *texts; texts++)
        if (!strstr(err.msg, *texts))
            fail_msg("\"%s\" does not say \"%s\"", err.msg, *texts);
    done();
}

#define REFUSE(name, ...) refuse_set(name, NULL, 0, (const char *const []){ __VA_ARGS__, NULL })

#define TOP "name: p\nregistry.url: http://r\nkafka: { bootstrap.servers: k }\n"
#define A "  - name: a\n    source: { conninfo: host=a }\n"
#define B "  - name: b\n    source: { conninfo: host=b }\n"

static const char *prop(const struct kv *list, const char *key)
{
    for (; list && list->key; list++)
        if (strcmp(list->key, key) == 0)
            return list->value;
    return NULL;
}

static void test_one_feed_as_ever(void **state)
{
    (void)state;
    put("one.yaml", "name: shop\nsource: { conninfo: host=x }\nregistry.url: http://r\n");
    take("one.yaml");
    assert_false(all.many);
    assert_int_equal(all.n, 1);
    assert_ptr_equal(all.process, all.feeds[0]);
    assert_string_equal(all.feeds[0]->pg.slot, "tailrace");
    assert_string_equal(all.feeds[0]->enc.prefix, "shop");
    assert_non_null(strstr(all.feeds[0]->control_socket, "/shop.sock"));
    configs_done(&all);
    put("tailrace.yaml", "name: shop\nsource: { conninfo: host=x }\nregistry.url: http://r\n");
    take("");       /* the folder: no conf.d, no sources */
    assert_false(all.many);
    assert_string_equal(all.feeds[0]->name, "shop");
    done();
}

/* The service goes on with what it has read: a file that is refused says where it can be asked. */
static void test_where_a_service_is_asked(void **state)
{
    (void)state;
    static const struct { const char *text, *socket; } cases[] = {
        { "registri.url: http://r\nname: shop\n", "/shop.sock" },
        { "name: shop\nregistri.url: x\ncontrol.socket: /tmp/a.sock\n", "/tmp/a.sock" },
        { "log.level: loud\nname: shop\ncontrol: { socket: /tmp/b.sock }\n", "/tmp/b.sock" },
        { "name: [a]\nsource: { conninfo: host=x }\n", NULL },
        { "name: a/b\nsource: { conninfo: host=x }\n", NULL },
        { "- name\n", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put("broken.yaml", cases[i].text);
        assert_int_equal(load("broken.yaml", NULL, 0), -1);
        const char *socket = all.process->control_socket, *want = cases[i].socket;
        if (!want != !socket || (want && !strstr(socket, want)))
            fail_msg("%zu: %s", i, socket);
        configs_done(&all);
    }
    const struct setting set[] = { { "control.socket", "/tmp/c.sock" }, { "name", "other" } };
    put("broken.yaml", cases[2].text);
    assert_int_equal(load("broken.yaml", set, 2), -1);
    assert_string_equal(all.process->control_socket, "/tmp/c.sock");
    done();
}

static void test_layers(void **state)
{
    (void)state;
    put("m.yaml", TOP
        "source: { slot: s0, conninfo: host=top }\nsnapshot.workers: 3\ntables.exclude: [x, y]\n"
        "topics: { config: { a: top, b: top }, partitions: 5 }\nlimits.batch-rows: 17\n"
        "sources:\n" A "    tables.exclude: [z]\n    topics.config: { b: own, c: own }\n    "
                       "snapshot: { workers: 4 }\n"
        "  - name: b\n    source.slot: s1\n");
    take("m.yaml");
    assert_true(all.many);
    assert_int_equal(all.n, 2);
    const struct config *a = all.feeds[0], *b = all.feeds[1];
    assert_string_equal(all.process->name, "p");
    assert_string_equal(a->pg.conninfo, "host=a");
    assert_string_equal(b->pg.conninfo, "host=top");
    assert_string_equal(a->pg.slot, "s0");
    assert_string_equal(b->pg.slot, "s1");
    assert_int_equal(a->flow.backfill.workers, 4);
    assert_int_equal(b->flow.backfill.workers, 3);
    assert_string_equal(a->tables_exclude[0], "z");
    assert_null(a->tables_exclude[1]);
    assert_string_equal(b->tables_exclude[1], "y");
    assert_string_equal(prop(a->kafka.topics.config, "a"), "top");
    assert_string_equal(prop(a->kafka.topics.config, "b"), "own");
    assert_string_equal(a->kafka.topics.config[0].key, "b");     /* a feed's own come first */
    assert_string_equal(prop(b->kafka.topics.config, "b"), "top");
    assert_null(prop(b->kafka.topics.config, "c"));
    assert_int_equal(a->flow.batch_rows, 17);
    assert_string_equal(prop(a->kafka.props, "bootstrap.servers"), "k");
    assert_string_equal(a->enc.prefix, "a");
    assert_string_equal(a->kafka.dead_letter_topic, "a.dead-letters");
    assert_non_null(strstr(all.process->control_socket, "/p.sock"));
    assert_non_null(strstr(a->control_socket, "/a.sock"));
    done();
}

static void test_a_folder(void **state)
{
    (void)state;
    put("tailrace.yaml", TOP "source.primary: allow\n");
    put("conf.d/20-b.yaml", "name: b\nsource: { conninfo: host=b }\n");
    put("conf.d/10-a.yaml", "name: a\nsource: { conninfo: host=a }\n");
    put("conf.d/30-group.yaml", "source: { conninfo: host=g }\ncluster: g\nvariables: { n: '7' }\n"
                                "sources:\n  - { name: '{cluster}-{n}', source.slot: 's-{n}' }\n  "
                                "- { name: d, source.slot: d, topics.prefix: 'x.{name}' }\n");
    put("conf.d/.hidden.yaml", "no: yaml: at all");
    put("conf.d/10-a.yaml~", "no: yaml: at all");
    put("conf.d/README", "text");
    take("");
    assert_int_equal(all.n, 4);
    assert_string_equal(all.feeds[0]->name, "a");
    assert_string_equal(all.feeds[1]->name, "b");
    assert_string_equal(all.feeds[2]->name, "g-7");
    assert_true(strncmp(all.feeds[2]->pg.slot, "s-7_", 4) != 0);     /* no slot takes a minus */
    assert_true(strncmp(all.feeds[2]->pg.slot, "s_7_", 4) == 0);
    assert_string_equal(all.feeds[3]->enc.prefix, "x.d");
    assert_true(all.feeds[0]->pg.allow_primary);
    assert_int_equal(all.npassed_over, 3);
    assert_non_null(strstr(all.passed_over[0], "/conf.d/.hidden.yaml"));
    done();
}

static void test_what_a_folder_lacks(void **state)
{
    (void)state;
    put("conf.d/a.yaml", "name: a\nsource: { conninfo: host=a }\n");
    REFUSE("", "/tailrace.yaml: No such file");
    put("tailrace.yaml", TOP);
    put("conf.d/x.txt", "");
    REFUSE("", "/tailrace.yaml: there is no feed", "/conf.d");
    char path[256];
    put("tailrace.yaml", TOP);
    put("conf.d/a.yaml", "name: a\nsource: { conninfo: host=a }\n");
    snprintf(path, sizeof path, "%s/conf.d/gone.yaml", dir);
    assert_int_equal(symlink("/nonexistent", path), 0);
    REFUSE("", "/conf.d/gone.yaml: No such file");
    put("tailrace.yaml", TOP);
    put("conf.d/a.yaml", "name: a\nsource: { conninfo: host=a }\n---\nname: b\n");
    REFUSE("", "/conf.d/a.yaml: a second document");
    put("tailrace.yaml", TOP);
    put("conf.d/a.yaml", "- name: a\n");
    REFUSE("", "/conf.d/a.yaml:1: ", "a mapping is wanted");
}

static void test_what_is_the_processs(void **state)
{
    (void)state;
    const char *const keys[] = { "registry.url: x",          "kafka: { a: b }",
                                 "sink: { kind: \"null\" }", "limits.batch-rows: 5",
                                 "control.socket: x",        "log: { level: debug }",
                                 "topics.position: x" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char yaml[600], key[64];
        snprintf(key, sizeof key, "%.*s: ", (int)strcspn(keys[i], ":{"), keys[i]);
        key[strcspn(key, ":")] = 0;
        snprintf(yaml, sizeof yaml, TOP "sources:\n" A "    %s\n", keys[i]);
        put("m.yaml", yaml);
        REFUSE("m.yaml", "/m.yaml:7: ", key, "belongs to the top level");
    }
    put("tailrace.yaml", TOP);
    put("conf.d/g.yaml", "log.level: debug\nsources:\n" A);
    REFUSE("", "/conf.d/g.yaml:1: log.level: belongs to the top level");
    put("m.yaml", TOP "sources:\n" A "    sources: []\n");
    REFUSE("m.yaml", "/m.yaml:7: sources: ");
    put("m.yaml", "registry.url: http://r\nsources:\n" A);
    REFUSE("m.yaml", "/m.yaml: name is needed");
    put("m.yaml", "name: p\nsources:\n" A);
    REFUSE("m.yaml", "/m.yaml: registry.url is needed");
}

/* Sections whose options are the process's; a new one must be put to one side or the other here. */
static void test_scopes(void **state)
{
    (void)state;
    static const char *const process[] = { "registry", "sink", "kafka",   "limits", "control",
                                           "log",      "http", "sources", NULL };
    for (const struct option *o = options; o->key; o++) {
        bool wanted = strcmp(o->key, "topics.position") == 0;
        for (const char *const *p = process; *p; p++)
            wanted |= strncmp(o->key, *p, strlen(*p)) == 0 &&
                      (!o->key[strlen(*p)] || o->key[strlen(*p)] == '.');
        if (strcmp(o->key, "sink.on-schema-change") == 0)
            wanted = false;
        if (wanted != (o->scope == SCOPE_PROCESS))
            fail_msg("%s: whose is it?", o->key);
    }
}

static void test_errors_of_entries(void **state)
{
    (void)state;
    put("m.yaml", TOP "sources:\n" A "    slto: x\n");
    REFUSE("m.yaml", "/m.yaml:7: slto: no such option; the nearest is ");
    put("m.yaml", TOP "sources:\n" A "    name: c\n");
    REFUSE("m.yaml", "/m.yaml:7: name: given twice: here and in line 5");
    put("m.yaml", TOP "sources:\n" A "    source.conninfo: c\n");
    REFUSE("m.yaml", "/m.yaml:7: source.conninfo: given twice: here and in line 6");
    put("m.yaml", TOP "sources:\n  - source: { conninfo: x }\n");
    REFUSE("m.yaml", "/m.yaml:5: name is needed");
    put("m.yaml", TOP "sources:\n" A "  - name: b\n");
    REFUSE("m.yaml", "/m.yaml:7: source.conninfo is needed");
    put("m.yaml", TOP "sources:\n" A "  - b\n");
    REFUSE("m.yaml", "/m.yaml:7: sources: a feed is a mapping");
    put("m.yaml", TOP "sources: a\n");
    REFUSE("m.yaml", "/m.yaml:4: sources: a list of feeds is wanted");
    put("m.yaml", TOP "sources: []\n");
    REFUSE("m.yaml", "/m.yaml: there is no feed");
    put("m.yaml", TOP "soruces:\n" A);
    REFUSE("m.yaml", "/m.yaml:4: soruces: no such option; the nearest is source");
    put("m.yaml", TOP "tables.include: [\"a(\"]\nsources:\n" A);
    REFUSE("m.yaml", "/m.yaml:4: tables.include: ");     /* the line that has it, not the feed's */
    put("m.yaml", TOP "sources:\n" A "    topics.prefix: '{nmae}'\n");
    REFUSE("m.yaml", "/m.yaml:7: topics.prefix: {nmae}: nothing of this name");
    put("m.yaml", TOP "sources:\n  - name: '{name}'\n    source.conninfo: host=a\n");
    REFUSE("m.yaml", "/m.yaml:5: name: {name}: ");
    put("m.yaml", TOP "sources:\n  - name: 'x{name'\n    source.conninfo: host=a\n");
    REFUSE("m.yaml", "/m.yaml:5: name: ");
}

static void test_conflicts(void **state)
{
    (void)state;
    put("tailrace.yaml", TOP);
    put("conf.d/a.yaml", "name: a\nsource: { conninfo: host=a }\n");
    put("conf.d/b.yaml", "\nname: a\nsource: { conninfo: host=b }\n");
    REFUSE("", "/conf.d/b.yaml:2: name: ", "/conf.d/a.yaml:1)");
    put("tailrace.yaml", TOP);
    put("conf.d/a.yaml", "name: a\nsource:\n  conninfo: postgresql://u@h/one\n  slot: s\n");
    put("conf.d/b.yaml",
        "name: b\nsource:\n  conninfo: host=h port=5432 dbname=two user=v\n  slot: s\n");
    REFUSE("", "/conf.d/b.yaml:4: source.slot: ", "/conf.d/a.yaml:4)", "host=h port=5432");
    put("m.yaml", TOP "source.conninfo: host=h\nsources:\n  - name: a\n  - name: b\n");
    REFUSE("m.yaml", "/m.yaml:7: source.slot: feed b has \"tailrace\"", "feed a", "/m.yaml:6)");
    put("m.yaml", TOP "sources:\n" A B "    topics.prefix: a\n");
    REFUSE("m.yaml", "/m.yaml:9: topics.prefix: ", "/m.yaml:5)");
    put("m.yaml", TOP "sources:\n  - { name: a.x, source.conninfo: host=a }\n  - { name: a_x, "
                      "source.conninfo: host=b }\n");
    REFUSE("m.yaml", "/m.yaml:6: name: ", "/m.yaml:5)");
    put("m.yaml", TOP "source: { kind: mysql, mysql: { user: u, host: h } }\nsources:\n  - { name: "
                      "a, source.mysql.server-id: 7 }\n"
                      "  - { name: b, source.mysql.server-id: 7 }\n");
    REFUSE("m.yaml", "/m.yaml:7: source.mysql.server-id: feed b has \"7\"", "/m.yaml:6)");
    put("m.yaml", TOP "source: { kind: mysql, mysql: { user: u, host: h } }\nsources:\n  - name: "
                      "a\n  - name: b\n");
    take("m.yaml");     /* ids are made of the names */
    done();
    put("m.yaml", TOP "sources:\n" A B);
    take("m.yaml");     /* one slot's name on two servers */
    done();
}

static void test_settings(void **state)
{
    (void)state;
    const struct setting set[] = { { "source.slot", "all" },     { "b/source.slot", "b's" },
                                   { "kafka.acks", "all" },      { "name", "q" },
                                   { "b/topics.config.x", "y" }, { "a/snapshot.workers", "9" },
                                   { "log.level", "warn" } };
    put("m.yaml", TOP "sources:\n  - { name: a, source: { conninfo: host=a, slot: own } }\n" B);
    if (load("m.yaml", set, 7))
        fail_msg("%s", err.msg);
    assert_string_equal(all.process->name, "q");
    assert_string_equal(all.feeds[0]->pg.slot, "all");
    assert_string_equal(all.feeds[1]->pg.slot, "b's");
    assert_string_equal(prop(all.feeds[0]->kafka.props, "acks"), "all");
    assert_string_equal(prop(all.feeds[1]->kafka.topics.config, "x"), "y");
    assert_null(all.feeds[0]->kafka.topics.config);
    assert_int_equal(all.feeds[0]->flow.backfill.workers, 9);
    assert_int_equal(all.feeds[1]->flow.backfill.workers, 2);
    assert_int_equal(all.feeds[1]->log_level, LOG_WARN);
    done();
}

static void test_settings_refused(void **state)
{
    (void)state;
    static const struct { struct setting set; const char *says;
    } cases[] = {
        { { "c/source.slot", "x" }, "--set c/source.slot: there is no feed c" },
        { { "a/kafka.acks", "x" }, "--set a/kafka.acks: it is one for all feeds" },
        { { "a/limits.batch-rows", "1" }, "--set a/limits.batch-rows: it is one for all feeds" },
        { { "a/name", "x" }, "--set a/name: a feed is not renamed" },
        { { "a/source.slit", "x" },
          "--set a/source.slit: no such option; the nearest is source.slot" },
        { { "a/snapshot.workers", "x" }, "--set a/snapshot.workers: \"x\" is not a number" },
        { { "source.slit", "x" }, "--set source.slit: no such option" },
        { { "sources", "x" }, "--set sources: a list of feeds" },
        { { "source.slot", "one" }, "" },
    };
    for (size_t i = 0; i + 1 < sizeof cases / sizeof *cases; i++) {
        put("m.yaml", TOP "sources:\n" A B);
        refuse_set("m.yaml", &cases[i].set, 1, (const char *const []){ cases[i].says, NULL });
    }
    put("one.yaml", "name: a\nsource: { conninfo: host=x }\nregistry.url: http://r\n");
    refuse_set("one.yaml", &cases[0].set, 1, (const char *const []){ cases[0].says, NULL });
    put("one.yaml", "name: a\nsource: { conninfo: host=x }\nregistry.url: http://r\n");
    const struct setting own = { "a/source.slot", "mine" };
    if (load("one.yaml", &own, 1))
        fail_msg("%s", err.msg);
    assert_string_equal(all.feeds[0]->pg.slot, "mine");
    done();
}

static void test_databases(void **state)
{
    (void)state;
    put("m.yaml", TOP "sources:\n  - cluster: c1\n    databases: [\"*\", \"!template.*\", "
                      "\"!a.c\"]\n    source.conninfo: host=a\n");
    take("m.yaml");
    assert_int_equal(all.n, 0);
    assert_int_equal(all.nservers, 1);
    const struct filter *f = &all.servers[0]->wanted;
    assert_true(filter_takes(f, "shop", &err) && filter_takes(f, "A", &err) &&
                !filter_takes(f, "Template1", &err) && !filter_takes(f, "abc", &err));
    done();
#define DB                                                                                         \
    "sources:\n  - databases: [\"*\"]\n    source.conninfo: host=a\n    name: \"x-{database}\"\n"
    put("m.yaml",
        TOP "sources:\n  - databases: [\"*\"]\n    source.conninfo: host=a\n    name: x\n");
    REFUSE("m.yaml", "/m.yaml:7: name: ", "{database} is wanted");
    put("m.yaml", TOP DB "    source.slot: s\n");
    REFUSE("m.yaml", "/m.yaml:8: source.slot: ", "{database} is wanted");
    put("m.yaml", TOP "source.slot: s\n" DB);
    REFUSE("m.yaml", "/m.yaml:4: source.slot: ", "{database} is wanted");
    put("m.yaml", TOP DB "    topics.prefix: s\n");
    REFUSE("m.yaml", "/m.yaml:8: topics.prefix: ", "{database} is wanted");
    put("m.yaml", TOP "sources:\n  - databases: [\"*\"]\n    source.conninfo: host=a\n");
    REFUSE("m.yaml", "/m.yaml:5: name is needed");
    put("m.yaml", TOP DB "    tables.include: [\"a(\"]\n");
    REFUSE("m.yaml", "/m.yaml:8: tables.include: ");
    put("m.yaml", TOP "sources:\n  - databases: [\"a(\"]\n    source.conninfo: host=a\n    name: "
                      "\"{database}\"\n");
    REFUSE("m.yaml", "/m.yaml:5: databases: \"a(\" is not a regular expression");
    put("m.yaml", TOP "sources:\n  - databases: [\"*\"]\n    source: { kind: mysql, mysql: { user: "
                      "u, host: h } }\n    name: \"{database}\"\n");
    REFUSE("m.yaml", "/m.yaml:5: databases: ", "tables.include");
    put("m.yaml", "name: a\nregistry.url: http://r\nsource.conninfo: host=a\ndatabases: [\"*\"]\n");
    REFUSE("m.yaml", "/m.yaml:4: databases: is for an entry of `sources`");
    put("m.yaml",
        "name: a\nregistry.url: http://r\nsource.conninfo: host=a\nvariables: { a: b }\n");
    REFUSE("m.yaml", "/m.yaml:4: variables: is for an entry");
}

static void test_choosing(void **state)
{
    (void)state;
    struct config **chosen;
    size_t n;
    put("m.yaml", TOP
        "sources:\n" A B
        "  - { name: a.b, source.conninfo: host=c }\n  - { name: acb, source.conninfo: host=d }\n");
    take("m.yaml");
    assert_int_equal(configs_choose(&all, NULL, 0, &chosen, &n, &err), 0);
    assert_int_equal(n, 4);
    const char *exact[] = { "a.b" }, *pattern[] = { "A.+", "b" }, *none[] = { "a", "nobody" },
               *bad[] = { "a(" };
    assert_int_equal(configs_choose(&all, exact, 1, &chosen, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(chosen[0]->name, "a.b");
    assert_int_equal(configs_choose(&all, pattern, 2, &chosen, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_int_equal(configs_choose(&all, none, 2, &chosen, &n, &err), -1);
    assert_string_equal(err.msg, "--feed nobody: there is no such feed; there are a, b, a.b, acb");
    assert_int_equal(configs_choose(&all, bad, 1, &chosen, &n, &err), -1);
    done();
}

/* What a variable stands for is looked up by nobody twice: the top level's is read once for all. */
static void test_references(void **state)
{
    (void)state;
    setenv("TAILRACE_TEST_PASSWORD", "hunter22", 1);
    unsetenv("TAILRACE_TEST_UNSET");
    put("m.yaml",
        "name: p\nregistry: { url: \"http://u:${TAILRACE_TEST_PASSWORD}@r\" }\nsources:\n" A B);
    take("m.yaml");
    assert_string_equal(all.feeds[0]->registry.password, "hunter22");
    assert_string_equal(all.feeds[1]->registry.url, "http://r/");
    assert_ptr_equal(all.feeds[0]->registry.password, all.feeds[1]->registry.password);
    done();
    put("m.yaml", TOP "sources:\n" A "    source.slot: ${TAILRACE_TEST_UNSET}\n");
    REFUSE("m.yaml", "/m.yaml:7: source.slot: environment variable TAILRACE_TEST_UNSET is not set");
}

/* Runs in the top folder. */
static void test_example(void **state)
{
    (void)state;
    err = (struct err){ 0 };
    if (configs_load(&all, "deploy/tailrace.d.example", NULL, 0, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(all.n, 3);
    assert_int_equal(all.nservers, 1);
    assert_string_equal(all.feeds[2]->name, "web-us");
    assert_string_equal(all.feeds[2]->mysql.user, "tailrace");
    assert_int_equal(all.feeds[0]->kafka.topics.partitions, 6);
    assert_int_equal(all.npassed_over, 0);
    configs_done(&all);
}

/* ---- files with secrets that everybody may open ---- */

static struct buf exposed;

static void note_exposed(void *arg, const char *path, unsigned mode)
{
    (void)arg;
    buf_printf(&exposed, "%s %04o\n", strrchr(path, '/') + 1, mode);
}

static void mode_of(const char *name, mode_t mode)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(chmod(path, mode), 0);
}

/* What is said of the file FILE, in which % stands for the folder. */
static const char *exposed_of(const char *yaml)
{
    struct buf text = { 0 };
    for (const char *p = yaml; *p; p++)
        if (*p == '%')
            buf_str(&text, dir);
        else
            buf_u8(&text, (uint8_t)*p);
    put("feed.yaml", buf_cstr(&text));
    mode_of("feed.yaml", 0644);
    buf_done(&text);
    take("feed.yaml");
    exposed.n = 0;
    configs_exposed(&all, note_exposed, NULL);
    configs_done(&all);
    return buf_cstr(&exposed);
}

#define PG "name: a\nsink: { kind: 'null' }\nsource: { conninfo: \"host=x "
#define MY "name: a\nsink: { kind: 'null' }\nsource: { kind: mysql, mysql: { host: h, user: u, "

static void test_exposed(void **state)
{
    (void)state;
    assert_int_equal(chmod(dir, 0755), 0);
    setenv("WORD_OF_TEST", "of the environment", 1);
    put("word", "secret of a file");
    mode_of("word", 0644);
    /* the file that the value is read from, whatever stands around it */
    assert_string_equal(exposed_of(MY "password: '${file:%/word}' } }"), "word 0644\n");
    assert_string_equal(exposed_of(PG "password='${file:%/word}'\" }"), "word 0644\n");
    assert_string_equal(exposed_of(PG "\" }\nregistry: { url: 'http://u:${file:%/word}@h' }"),
                        "word 0644\n");
    assert_string_equal(exposed_of(PG "\" }\nkafka: { sasl.password: '${file:%/word}', "
                                   "ssl.key.password: '${file:%/word}' }"), "word 0644\n");
    /* the configuration itself */
    assert_string_equal(exposed_of(MY "password: in.the.file } }"), "feed.yaml 0644\n");
    assert_string_equal(exposed_of(PG "password=in.the.file\" }"), "feed.yaml 0644\n");
    assert_string_equal(exposed_of(PG "\" }\nregistry: { url: 'http://u:in.the.file@h' }"),
                        "feed.yaml 0644\n");
    assert_string_equal(exposed_of(PG "\" }\nkafka: { sasl.password: in.the.file }"),
                        "feed.yaml 0644\n");
    /* files that a library reads */
    assert_string_equal(exposed_of(PG "passfile=%/word sslkey=%/word\" }"), "word 0644\n");
    assert_string_equal(exposed_of(MY "tls-key: %/word } }"), "word 0644\n");
    assert_string_equal(exposed_of(PG "\" }\nhttp: { tls-key: %/word }"), "word 0644\n");
    assert_string_equal(exposed_of(PG "\" }\nregistry: { key-file: %/word }"), "word 0644\n");
    assert_string_equal(exposed_of(PG "\" }\nkafka: { ssl.key.location: %/word }"), "word 0644\n");
    /* no secret is in them */
    assert_string_equal(exposed_of(MY "password: '${WORD_OF_TEST}' } }"), "");
    assert_string_equal(exposed_of(PG "user='${file:%/word}'\" }"), "");
    assert_string_equal(exposed_of(PG "sslrootcert=%/word\" }"), "");
    assert_string_equal(exposed_of(PG "\" }\nregistry: { url: 'http://u@h:8081' }"), "");
    /* nobody else may open it */
    mode_of("word", 0640);
    assert_string_equal(exposed_of(MY "password: '${file:%/word}' } }"), "");
    mode_of("word", 0642);
    assert_string_equal(exposed_of(MY "password: '${file:%/word}' } }"), "word 0642\n");
    assert_int_equal(chmod(dir, 0750), 0);
    assert_string_equal(exposed_of(MY "password: '${file:%/word}' } }"), "");
    unsetenv("WORD_OF_TEST");
    buf_done(&exposed);
    clear();
}

/* Each file once, of the process and of all feeds. */
static void test_exposed_of_many(void **state)
{
    (void)state;
    char text[600];
    assert_int_equal(chmod(dir, 0755), 0);
    put("word", "secret of a file");
    mode_of("word", 0604);
    snprintf(text, sizeof text, "name: p\nsink: { kind: 'null' }\nkafka: { sasl.password: "
             "'${file:%s/word}' }\n", dir);
    put("tailrace.yaml", text);
    put("conf.d/a.yaml", "name: a\nsource: { conninfo: 'host=x password=in.the.file' }\n");
    put("conf.d/b.yaml", "name: b\nsource: { conninfo: 'host=y', slot: b }\n");
    mode_of("conf.d/a.yaml", 0644);
    mode_of("conf.d/b.yaml", 0644);
    take("");
    exposed.n = 0;
    configs_exposed(&all, note_exposed, NULL);
    assert_string_equal(buf_cstr(&exposed), "word 0604\na.yaml 0644\n");
    buf_done(&exposed);
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_feed_as_ever),
        cmocka_unit_test(test_where_a_service_is_asked),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_a_folder),
        cmocka_unit_test(test_what_a_folder_lacks),
        cmocka_unit_test(test_what_is_the_processs),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_errors_of_entries),
        cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_settings_refused),
        cmocka_unit_test(test_databases),
        cmocka_unit_test(test_choosing),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_exposed),
        cmocka_unit_test(test_exposed_of_many),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
