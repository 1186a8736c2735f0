/* Configurations of many feeds, as a hand in a hurry may write them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "config/config.h"
#include "fuzz.h"

static const char *const top[] = {
    "sink.kind: \"null\"\n", "kafka: { a: b }\n", "topics: { config: { a: b } }\n",
    "tables.include: [\"a[.].*\", b]\n", "cluster: c\n", "variables: { v: w }\n",
    "limits: { batch-rows: 3 }\n", "snapshot: { workers: 3 }\n",
};
static const char *const good[] = {
    "    topics.prefix: \"x.{name}\"\n", "    columns.mask: { \"a[.]b\": 3 }\n",
    "    topics.config: { a: c }\n", "    snapshot: { workers: 2 }\n", "    cluster: \"\\u00e4\"\n",
};
static const char *const doubtful[] = {
    "    source: *s\n", "    snapshot: *s\n", "    topics.partitions: \"{v}\"\n",
        "    kafka: { a: b }\n",
    "    databases: [\"*\", \"!x\"]\n", "    variables: { v: \"{v}\", database: x }\n",
    "    source: { kind: mariadb, mysql: { user: u, host: h, server-id: 7 } }\n",
    "    snapshot: [1]\n", "    name: b\n", "    source.publication: \"{cluster}{\"\n", "---\n",
};

static void put_some(struct buf *b, const char *const *list, size_t n, uint64_t likely)
{
    for (size_t i = 0; i < n; i++)
        if (!rnd(likely))
            buf_str(b, list[i]);
}

static void put_entries(struct buf *b)
{
    static const char *const names[] = { "a", "b", "a.b", "a_b", "\"{cluster}\"", "\"{v}{v}\"",
                                         "\"x-{database}\"" };
    buf_str(b, "sources:\n");
    for (uint64_t i = 1 + rnd(4); i; i--) {
        buf_printf(b, "  - name: %s\n", names[rnd(sizeof names / sizeof *names)]);
        if (rnd(8))
            buf_printf(b, "    source: { conninfo: host=%c%s }\n", (int)('a' + rnd(4)), rnd(2) ? ""
                       : ", slot: y");
        put_some(b, good, sizeof good / sizeof *good, 4);
        put_some(b, doubtful, sizeof doubtful / sizeof *doubtful, 40);
    }
}

/* Of feeds that are taken, no two have what only one may have. */
static void check(const struct configs *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct config *c = all->feeds[i];
        if (!c->name || !*c->name || strpbrk(c->name, "{} /") || !c->enc.prefix || !c->pg.slot)
            die("a feed was taken that lacks a name, a prefix or a slot");
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->name, all->feeds[k]->name) == 0 ||
                strcmp(c->enc.prefix, all->feeds[k]->enc.prefix) == 0)
                die("two feeds of one name or prefix");
    }
    if (!all->process)
        die("no process");
}

static void load(struct slice text)
{
    static const struct setting settings[] = { { "a/source.slot", "x" },
                                               { "topics.config.q", "r" } };
    char path[64];
    struct configs all;
    struct err err = { 0 };
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
        die("no memory file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!configs_load(&all, path, settings, rnd(8) ? 0 : 2, &err))
        check(&all);
    else if (err.class != ERR_CONFIG)
        die("a configuration's error of another class");
    configs_done(&all);
    close(fd);
}

void feed_configs(void)
{
    struct buf b = { 0 };
    buf_str(&b, rnd(20) ? "name: p\n" : "");
    buf_str(&b, rnd(20) ? "registry.url: http://r\n" : "");
    buf_str(&b, rnd(9) ? "source: &s { conninfo: host=h }\n" : "source.kind: mysql\n");
    put_some(&b, top, sizeof top / sizeof *top, 3);
    if (rnd(6))
        put_entries(&b);
    if (rnd(3)) {
        load(buf_slice(&b));
    } else {
        struct slice in = make_input(buf_slice(&b));
        load(in);
        free_input(in);
    }
    buf_done(&b);
}
