/* A configuration, as whoever may write the file or --set it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "config/config.h"
#include "fuzz.h"

static const char *const files[] = {
    "name: shop\nsource:\n  conninfo: \"host=a dbname=shop user=t\"\n  slot: tailrace\nregistry: { "
    "url: \"http://r:8081\" }\n"
    "kafka: { bootstrap.servers: \"k:9092\", acks: all }\ntables: { include: ['public[.].*'], "
    "exclude: [a.b] }\n",
    "name: shop\nsource:\n  kind: mysql\n  mysql: { host: h, port: 3306, user: u, password: "
    "\"${HOME}\", tls: verify-full }\n"
    "sink: { kind: avro-file, directory: /tmp/x, rotate-seconds: 60 }\nformat: { envelope: flat, "
    "flat-fields: \"op, lsn:x\" }\n",
    "name: shop\nsource: { conninfo: \"host=a\" }\nsink: { kind: \"null\" }\ncolumns:\n  mask: { "
    "\"a.b.c\": 10 }\n  hash: { \"a[.].*\": \"SHA-256:s\" }\n"
    "  key: { \"a[.]b\": \"x, y\" }\ntopics: { route: { \"(.*)[.]t\": \"$1.u\" }, partitions: 3 "
    "}\nlimits: { batch-rows: 100, retry-limit-s: 0 }\n",
    ("name: &n shop\nsource: { conninfo: *n, tables: [a.b, c.d] }\nsink: { kind: stdout }\n# "
    "comment\nformat: { placeholder: \"hex:00ff\" }\n"),
};
static const struct setting settings[] = {
    { "source.slot", "x" }, { "limits.batch-rows", "-1" }, { "tables.include", "[a, b" },
    { "nope", "" },         { "kafka.acks", "0" },         { "columns.mask", "a: 1" },
    { "name", "a\nb" },     { "format.types", "avro" }
};

void feed_options(void)
{
    char path[64];
    struct config c;
    struct err err;
    struct slice in = make_input(slice_str(files[rnd(sizeof files / sizeof *files)]));
    int fd = memfd_create("config", MFD_CLOEXEC);
    if (fd < 0 || write(fd, in.p, in.n) != (ssize_t)in.n)
        die("no file for a configuration");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct setting some[3];
    int n = (int)rnd(4);
    for (int i = 0; i < n; i++)
        some[i] = settings[rnd(sizeof settings / sizeof *settings)];
    if (config_load(&c, path, some, n, &err) && !err.msg[0])
        die("an error without words");
    config_done(&c);
    close(fd);
    free_input(in);
}
