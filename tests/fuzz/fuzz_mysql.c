#include <stdio.h>
#include "../unit/binlog_print.h"
#include "base/charset.h"
#include "fuzz.h"
#include "source/mysql/position.h"

/* ---- binlogs: an event mutated, after the TABLE_MAP that it needs, mutated or not ---- */

enum { MAX_EVENTS = 2000, SEED_BYTES = 300 };

struct seed_event {
    uint8_t type;
    bool mariadb;
    struct slice body;
    int map;                    /* -1: none before it */
};

static struct seed_event events[MAX_EVENTS];
static int nevents;
static struct slice files[8], json_lines;
static int nfiles;

static struct slice read_whole(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die(path);
    struct buf b = { 0 };
    size_t n;
    do {
        buf_reserve(&b, 65536);
        b.n += n = fread(b.p + b.n, 1, 65536, f);
    } while (n);
    fclose(f);
    return buf_slice(&b);
}

static void load_binlog(struct slice file)
{
    struct binlog_format format = { 0 };
    struct cursor c = cursor_over(file);
    struct binlog_event e;
    struct err err;
    int map = -1;
    cursor_take(&c, 4);
    while (c.p != c.end && nevents < MAX_EVENTS) {
        if (binlog_event_read(&format, cursor_take(&c, load_le32(c.p + 9)), false, &e, &err) ||
            (e.type == BINLOG_FORMAT && binlog_format_read(&e, &format, &err)))
            die(err.msg);
        if (e.body.n > SEED_BYTES)
            continue;
        if (e.type == BINLOG_TABLE_MAP)
            map = nevents;
        events[nevents++] = (struct seed_event){ e.type, format.mariadb, e.body, map };
    }
}

void load_mysql(void)
{
    static const char *const names[] = { "mysql97-types2", "mysql97-partialjson", "mysql97-more",
                                         "mariadb118-types", "mariadb1011-more" };
    for (; nfiles < (int)(sizeof names / sizeof *names); nfiles++) {
        char path[100];
        snprintf(path, sizeof path, "tests/unit/binlog/%s.binlog", names[nfiles]);
        files[nfiles] = read_whole(path);
        load_binlog(files[nfiles]);
    }
    json_lines = read_whole("tests/unit/mysql_json.txt");
}

void unload_mysql(void)
{
    while (nfiles > 0)
        free_input(files[--nfiles]);
    free_input(json_lines);
}

static void feed_event(struct printing *p, const struct seed_event *from, bool mutated)
{
    struct err err;
    struct binlog_event e = { .type = from->type,
                              .body = mutated ? make_input(from->body) : from->body };
    (void)!print_body(p, &e, &err);
    if (mutated)
        free_input(e.body);
}

void feed_binlog(void)
{
    const struct seed_event *e = &events[rnd((uint64_t)nevents)];
    struct binlog_format f = { .mariadb = e->mariadb, .table_id_bytes = 6 };
    struct buf out = { 0 };
    struct printing *p = printing_new(&f);
    p->out = &out;
    if (e->map >= 0)
        feed_event(p, &events[e->map], rnd(4) == 0);
    feed_event(p, e, true);
    printing_free(p);
    buf_done(&out);
}

/* ---- JSON: the recorded documents and partial updates ---- */

static struct slice next_hex(struct cursor *c)
{
    struct buf b = { 0 };
    for (; cursor_left(c) >= 2 && *c->p > ' ' && c->p[1] > ' '; c->p += 2) {
        unsigned high = c->p[0] <= '9' ? c->p[0] - '0' : c->p[0] - 'a' + 10,
                 low = c->p[1] <= '9' ? c->p[1] - '0' : c->p[1] - 'a' + 10;
        buf_u8(&b, (uint8_t)(high << 4 | low));
    }
    return buf_slice(&b);
}

/* A line that begins somewhere after a random place. */
static struct cursor random_line(void)
{
    struct cursor c = { json_lines.p + rnd(json_lines.n), json_lines.p + json_lines.n, false };
    while (c.p != c.end && *c.p != '\n')
        c.p++;
    if (cursor_left(&c) < 2)
        c.p = json_lines.p;
    else
        c.p++;
    return c;
}

void feed_mysql_json(void)
{
    struct cursor c = random_line();
    struct slice document = next_hex(&c);
    cursor_u8(&c);
    struct slice diffs = next_hex(&c);
    struct slice before = rnd(2) ? make_input(document) : document, changed = make_input(diffs);
    struct buf out = { 0 }, again = { 0 };
    struct err err;
    if (!mysql_json_print(before, &out, &err) && memchr(out.p, 0, out.n))
        die("JSON with a zero byte");
    out.n = 0;
    if (!mysql_json_patch(before, changed, &out, &err))
        (void)!mysql_json_patch(buf_slice(&out), changed, &again, &err);
    if (before.p != document.p)
        free_input(before);
    free_input(document);
    free_input(diffs);
    free_input(changed);
    buf_done(&out);
    buf_done(&again);
}

/* ---- character sets ---- */

void feed_charset(void)
{
    static const char *const names[] = { "latin1", "gbk",     "gb18030", "sjis",  "eucjpms", "big5",
                                         "utf16",  "utf16le", "ucs2",    "utf32", "swe7" };
    static const char text[] = "abc \xd6\xd0\x81\x30\x81\x30\x8f\xb0\xa1\xd8\x3d\xde\x00";
    const struct charset *cs;
    struct slice in = make_input(slice_of(text, sizeof text - 1));
    struct buf out = { 0 };
    if (charset_find(names[rnd(sizeof names / sizeof *names)], &cs))
        die("a character set is missing");
    if (charset_put(cs, in, &out) && out.n)
        die("half a text was written");
    buf_done(&out);
    free_input(in);
}

/* ---- positions ---- */

/* What is read can be written and read again, and what it is put into (SQL, records) is as it was
 * meant. */
void feed_mysql_position(void)
{
    static const char *const tokens[] = {
        "{\"server\":\"0a000000-0000-0000-0000-000000000001\",\"gtid\":\"0a000000-0000-0000-0000-"
        "000000000001:1-5:7:tag:9223372036854775806\","
        "\"file\":\"binlog.000003\",\"pos\":4294967296,\"born\":1764400000,\"last\":\"0a000000-"
        "0000-0000-0000-000000000001:7\",\"us\":1764400000000000}",
        "{\"server\":\"101:3306\",\"gtid\":\"0-101-42,5-7-18446744073709551606\",\"file\":\"b.1\","
        "\"pos\":4,\"ordinal\":7,\"in\":\"0-101-43\","
        "\"outside\":\"8-1-1\",\"from\":{\"gtid\":\"0-101-41\",\"file\":\"b.0\",\"pos\":9}}",
    };
    bool mariadb = rnd(2);
    struct slice in = make_input(slice_str(tokens[mariadb ^ (rnd(8) == 0)]));
    struct mysql_position p, again;
    struct buf out = { 0 }, twice = { 0 };
    struct err err;
    if (!mysql_position_read(in, mariadb, &p, &err)) {
        if (strpbrk(p.server, "'\"\\") || strpbrk(p.in, "'\"\\") || strpbrk(p.last, "'\"\\"))
            die("a position that leaves its quotes");
        mysql_position_write(&p, &out);
        if (mysql_position_read(buf_slice(&out), mariadb, &again, &err))
            die("a position that cannot be read again");
        mysql_position_write(&again, &twice);
        if (!slice_eq(buf_slice(&out), buf_slice(&twice)))
            die("a position that changes");
        mysql_position_done(&again);
    }
    mysql_position_done(&p);
    buf_done(&out);
    buf_done(&twice);
    free_input(in);
}
