/*
 * fuzz SEED COUNT [TARGET]: feeds COUNT random or mutated inputs to everything that reads bytes
 * from outside, or to one target of it. Meant for a build with sanitizers. At its end it prints the
 * executions of each target. The same seed makes the same inputs. Run it in the repository's root.
 */
#include <stdio.h>
#include <stdlib.h>
#include "../unit/cases.h"
#include "../unit/mysql_cases.h"
#include "base/charset.h"
#include "fuzz.h"
#include "base/log.h"
#include "sink/avro_json.h"
#include "backfill/jobs.h"
#include "source/pg/position.h"
#include "source/pg/proto.h"

enum {
    OPTIONS = 6,
    PER_CASE = 2 * OPTIONS,
    PG_PLANS = VALUE_CASES * PER_CASE,
    PLANS = PG_PLANS + MYSQL_CASES * PER_CASE,
    INPUT_MAX = 2400
};

static uint64_t random_state, seed, step;

uint64_t rnd(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % below;
}

void die(const char *what)
{
    fprintf(stderr, "fuzz: %s (seed %llu, step %llu)\n", what, (unsigned long long)seed,
            (unsigned long long)step);
    abort();
}

/* ---- inputs ---- */

static const char *const words[] = { "-",
                                     "infinity",
                                     "NaN",
                                     "NULL",
                                     "{",
                                     "}",
                                     "\"",
                                     "\\",
                                     ",",
                                     ":",
                                     ".",
                                     "e",
                                     " BC",
                                     "+",
                                     "0",
                                     "99999999999999999999",
                                     "-9223372036854775808",
                                     "2147483648",
                                     "24:00:00" };

static size_t put_number(uint8_t *to, size_t room)
{
    static const uint64_t edges[] = { 0,
                                      1,
                                      0x7f,
                                      0x80,
                                      0xff,
                                      0x7fff,
                                      0x8000,
                                      0xffff,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      0xffffffffffffffff };
    uint64_t v = edges[rnd(sizeof edges / sizeof *edges)];
    size_t n = (size_t)1 << rnd(4);
    if (n > room)
        return 0;
    for (size_t i = 0; i < n; i++)
        to[n - 1 - i] = (uint8_t)(v >> (8 * i));
    return n;
}

static size_t put_word(uint8_t *to, size_t room)
{
    const char *w = words[rnd(sizeof words / sizeof *words)];
    size_t n = strlen(w);
    if (n > room)
        return 0;
    memcpy(to, w, n);
    return n;
}

static size_t mutate_once(uint8_t *p, size_t n, size_t room)
{
    size_t at = n ? rnd(n) : 0, cut;
    switch (rnd(7)) {
    case 0:
        if (n)
            p[at] ^= (uint8_t)(1u << rnd(8));
        return n;
    case 1:
        if (n)
            p[at] = (uint8_t)rnd(256);
        return n;
    case 2:
        put_number(p + at, n - at);
        return n;
    case 3:
        put_word(p + at, n - at);
        return n;
    case 4:                                 /* leave a piece out */
        cut = n ? 1 + rnd(n - at) : 0;
        memmove(p + at, p + at + cut, n - at - cut);
        return n - cut;
    case 5:                                 /* say a piece twice */
        cut = n ? 1 + rnd(n - at) : 0;
        if (n + cut > room)
            return n;
        memmove(p + at + cut, p + at, n - at);
        return n + cut;
    default:
        return n + put_word(p + n, room - n);
    }
}

/* An input in memory of exactly its size; the caller frees. */
struct slice make_input(struct slice from)
{
    uint8_t work[INPUT_MAX];
    size_t n = from.n < sizeof work / 2 ? from.n : sizeof work / 2;
    if (rnd(8) == 0) {
        n = rnd(64);
        for (size_t i = 0; i < n; i++)
            work[i] = (uint8_t)rnd(256);
    } else {
        if (n)
            memcpy(work, from.p, n);
        for (uint64_t times = rnd(5); times > 0; times--)
            n = mutate_once(work, n, sizeof work);
    }
    uint8_t *p = malloc(n ? n : 1);
    if (!p)
        abort();
    if (n)
        memcpy(p, work, n);
    return slice_of(p, n);
}

void free_input(struct slice s)
{
    free((void *)(uintptr_t)s.p);
}

/* ---- pgoutput ---- */

static void check_inside(struct slice whole, const uint8_t *p, size_t n)
{
    if (n && (p < whole.p || p + n > whole.p + whole.n))
        die("a piece lies outside its message");
}

static void feed_tuple(struct slice m, struct slice tuple)
{
    static struct cell cells[PG_MAX_COLUMNS];
    static char forms[PG_MAX_COLUMNS];
    struct err err;
    uint16_t n = tuple.n >= 2 && rnd(4) ? load_be16(tuple.p) : (uint16_t)rnd(5);
    if (n > PG_MAX_COLUMNS || pg_proto_tuple(tuple, n, cells, forms, &err))
        return;
    for (uint16_t i = 0; i < n; i++)
        if (cells[i].kind == CELL_VALUE)
            check_inside(m, cells[i].p, cells[i].n);
}

static void feed_change(char kind, struct slice m)
{
    struct pg_change c;
    struct err err;
    if (pg_proto_change(kind, m, &c, &err))
        return;
    if (c.old_kind)
        feed_tuple(m, c.old_tuple);
    if (c.has_new)
        feed_tuple(m, c.new_tuple);
}

static void feed_relation(struct slice m)
{
    struct pg_relation r;
    struct err err;
    if (pg_proto_relation(m, &r, &err))
        return;
    for (uint16_t i = 0; i < r.ncols; i++) {
        struct pg_rel_column c = pg_proto_rel_column(&r.columns);
        check_inside(m, (const uint8_t *)c.name, strlen(c.name) + 1);
    }
}

static void feed_truncate(struct slice m)
{
    struct pg_truncate t;
    struct err err;
    if (pg_proto_truncate(m, &t, &err))
        return;
    for (uint32_t i = 0; i < t.n; i++)
        cursor_be32(&t.oids);
    if (t.oids.bad)
        die("a truncate has fewer tables than it says");
}

static void feed_message(struct slice m)
{
    struct pg_message r;
    struct err err;
    if (!pg_proto_message(m, &r, &err))
        check_inside(m, r.content.p, r.content.n);
}

#define BYTES(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static const struct { char kind; struct slice body;
} wire_seeds[] = {
    { 'B', BYTES("\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\1\0\0\3\1") },
    { 'C', BYTES("\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1") },
    { 'R',
      BYTES("\0\0\x40\0public\0t\0d\0\2\1id\0\0\0\0\x17\xff\xff\xff\xff\0n\0\0\0\6\xa4\0\5\0\6") },
    { 'I', BYTES("\0\0\x40\0N\0\3t\0\0\0\2"
                 "42nu") },
    { 'U', BYTES("\0\0\x40\0O\0\2t\0\0\0\1"
                 "1nN\0\2b\0\0\0\4\0\0\0\1u") },
    { 'U', BYTES("\0\0\x40\0K\0\1t\0\0\0\1"
                 "1N\0\1t\0\0\0\1"
                 "2") },
    { 'D', BYTES("\0\0\x40\0K\0\1t\0\0\0\1"
                 "1") },
    { 'T', BYTES("\0\0\0\2\1\0\0\x40\0\0\0\x40\1") },
    { 'M', BYTES("\1\0\0\0\0\0\0\0\7audit\0\0\0\0\3a\0b") },
};

static void feed_pgoutput(void)
{
    size_t at = rnd(sizeof wire_seeds / sizeof *wire_seeds);
    struct slice m = make_input(wire_seeds[at].body);
    struct pg_begin begin;
    struct pg_commit commit;
    struct err err;
    switch (wire_seeds[at].kind) {
    case 'B': (void)!pg_proto_begin(m, &begin, &err); break;
    case 'C': (void)!pg_proto_commit(m, &commit, &err); break;
    case 'R': feed_relation(m); break;
    case 'T': feed_truncate(m); break;
    case 'M': feed_message(m); break;
    default:  feed_change(wire_seeds[at].kind, m); break;
    }
    free_input(m);
}

/* ---- cells through every op ---- */

static struct encode_options options[OPTIONS] = {
    { .prefix = "p",
      .version = "0",
      .envelope = ENVELOPE_FLAT,
      .types = TYPES_CONNECT,
      .placeholder = "unavailable" },
    { .prefix = "p",
      .version = "0",
      .envelope = ENVELOPE_FLAT,
      .types = TYPES_AVRO,
      .placeholder = "unavailable" },
    { .prefix = "p",
      .version = "0",
      .envelope = ENVELOPE_FLAT,
      .placeholder = "unavailable",
      .decimal = DECIMAL_STRING,
      .time = TIME_ISOSTRING,
      .binary = BINARY_HEX,
      .interval = INTERVAL_STRING },
    { .prefix = "p",
      .version = "0",
      .envelope = ENVELOPE_FLAT,
      .placeholder = "unavailable",
      .decimal = DECIMAL_DOUBLE,
      .time = TIME_CONNECT,
      .binary = BINARY_BASE64 },
    { .prefix = "p",
      .version = "0",
      .envelope = ENVELOPE_FLAT,
      .placeholder = "unavailable",
      .time = TIME_MICROSECONDS,
      .binary = BINARY_BASE64_URL },
    { .prefix = "p",
      .version = "0",
      .envelope = ENVELOPE_FLAT,
      .placeholder = "unavailable",
      .time = TIME_NANOSECONDS,
      .hstore = HSTORE_MAP,
      .names = NAMES_AVRO_UNICODE,
      .bigint_unsigned = BIGINT_UNSIGNED_PRECISE },
};

static struct encoder {
    const char *name;
    struct column col;
    struct table table;
    struct plan *plan;
    struct avro_json *reader;
    uint8_t wire[256];
    struct slice seed;
} encoders[PLANS];

static void make_encoder(struct encoder *e, const struct column *col, enum cell_form form,
                         const struct encode_options *opt)
{
    static const uint16_t first[] = { 0 };
    struct err err;
    e->col = *col;
    e->col.name = "v";
    e->col.type_name = "the type";
    e->col.form = form;
    e->col.nullable = rnd(2);
    e->table = (struct table){ .database = "d",
                               .schema = "s",
                               .name = "t",
                               .cols = &e->col,
                               .ncols = 1,
                               .key = first,
                               .nkey = 1 };
    e->plan = plan_compile(&e->table, opt, &err);
    e->reader = e->plan ? avro_json_new(plan_schema(e->plan, PLAN_VALUE), &err) : NULL;
    if (!e->reader)
        die(err.msg);
}

static void make_pg_encoder(struct encoder *e, const struct value_case *k, enum cell_form form,
                            const struct encode_options *opt)
{
    make_encoder(e, &k->col, form, opt);
    e->name = k->name;
    e->seed = form == FORM_PG_TEXT ? slice_str(k->text) : slice_of(e->wire, unhex(k->hex, e->wire));
}

static void make_mysql_encoder(struct encoder *e, const struct mysql_case *k, enum cell_form form,
                               const struct encode_options *opt)
{
    struct column col = k->col;
    if (k->set && charset_find(k->set, &col.charset))
        die(k->set);
    make_encoder(e, &col, form, opt);
    e->name = k->name;
    e->seed = form == FORM_MYSQL_TEXT && k->text ? slice_str(k->text)
                                                 : slice_of(e->wire, unhex(k->hex, e->wire));
}

static void make_encoders(void)
{
    for (int i = 0; i < PG_PLANS; i++)
        make_pg_encoder(&encoders[i], &value_cases[i / PER_CASE],
                        i % 2 ? FORM_PG_BINARY : FORM_PG_TEXT, &options[i % PER_CASE / 2]);
    for (int i = PG_PLANS; i < PLANS; i++)
        make_mysql_encoder(&encoders[i], &mysql_cases[(i - PG_PLANS) / PER_CASE],
                           i % 2 ? FORM_BINLOG : FORM_MYSQL_TEXT, &options[i % PER_CASE / 2]);
}

/* What was encoded must be readable with the schema that goes with it. */
static void feed_cell(void)
{
    struct encoder *e = &encoders[rnd(PLANS)];
    struct slice in = make_input(e->seed);
    struct cell cell = { in.p, (uint32_t)in.n, CELL_VALUE };
    struct event ev = { .kind = EV_INSERT, .table = &e->table, .after = { &cell } };
    struct buf body = { 0 }, text = { 0 };
    struct err err;
    if (!plan_encode_value(e->plan, 'c', &ev, &body, &err) &&
        avro_json_print(e->reader, buf_slice(&body), &text, &err)) {
        fprintf(stderr, "fuzz: %s, encoder %td, input ", e->name, e - encoders);
        for (size_t i = 0; i < in.n; i++)
            fprintf(stderr, "%02x", in.p[i]);
        fprintf(stderr, "\n");
        die("an encoded value does not fit its schema");
    }
    body.n = 0;
    (void)!plan_encode_key(e->plan, ev.after, &body, &err);
    buf_done(&body);
    buf_done(&text);
    free_input(in);
}

/* ---- Avro bodies ---- */

static const char *const schemas[] = {
    "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":[\"null\",\"long\",\"string\"]}}",
    "{\"type\":\"map\",\"values\":{\"type\":\"map\",\"values\":\"bytes\"}}",
    ("{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":{\"type\":\"enum\","
     "\"name\":\"E\","
     "\"symbols\":[\"A\",\"B\"]}},{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}"),
    "[{\"type\":\"fixed\",\"name\":\"F\",\"size\":5},\"float\",\"double\",\"boolean\",\"int\"]",
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":20,\"scale\":9}",
};

static const struct slice body_seeds[] = {
    BYTES("\4\4\0\2\5\0\2\4\2x\0\0"),
    BYTES("\2\2k\3\x0c\2x\2"
          "1\0\0"),
    BYTES("\0\2\2\2\0\0"),
    BYTES("\2\0\0\x80\x3f"),
    BYTES("\x16\x0a\x36\x4c\x98\x22\x7e\xaa\x6a\xdc\xba\xc0"),
};

enum { SCHEMAS = sizeof schemas / sizeof *schemas };
static struct avro_json *readers[SCHEMAS];

static void make_readers(void)
{
    struct err err;
    for (int i = 0; i < SCHEMAS; i++)
        if (!(readers[i] = avro_json_new(schemas[i], &err)))
            die(err.msg);
}

static void feed_body(void)
{
    size_t at = rnd(SCHEMAS);
    struct slice in = make_input(body_seeds[at]);
    struct buf text = { 0 };
    struct err err;
    (void)!avro_json_print(rnd(2) ? readers[at] : encoders[rnd(PLANS)].reader, in, &text, &err);
    buf_done(&text);
    free_input(in);
}

/* ---- positions ---- */

static void feed_position(void)
{
    static const char token[] = "{\"system_id\":\"7301234567890123456\",\"timeline\":1,\"slot\":"
                                "\"tailrace\",\"lsn\":\"16/B374D848\","
                                "\"tx_lsn\":\"16/B374D900\",\"ordinal\":3}";
    static const char line[] = "{\"backfill\":[{\"id\":1,\"state\":\"running\",\"initial\":true,"
                               "\"tables\":[\"a.b\"],\"columns\":[\"c\"],\"where\":\"x\","
                               "\"schema\":\"a\",\"table\":\"b\",\"from\":\"key "
                               "[\\\"1\\\"]\",\"rows\":1,\"bytes\":2,\"done\":0,\"any\":true}]}";
    struct slice in = make_input(slice_str(token));
    struct pg_position p;
    struct err err;
    struct buf out = { 0 };
    if (!pg_position_read(in, &p, &err)) {
        pg_position_write(&p, &out);
    }
    free_input(in);
    in = make_input(slice_str(line));
    struct jobs jobs = { 0 };
    if (!jobs_read(&jobs, in, &err))
        jobs_write(&jobs, &out);
    jobs_done(&jobs);
    buf_done(&out);
    free_input(in);
}

/* ---- targets ---- */

static struct target {
    const char *name;
    void (*feed)(void);
    unsigned weight;            /* how often it is fed, beside the others */
    unsigned long long ran;
} targets[] = {
    { "pgoutput", feed_pgoutput, 2, 0 },
    { "cell", feed_cell, 6, 0 },
    { "avro-body", feed_body, 2, 0 },
    { "pg-position", feed_position, 2, 0 },
    { "mysql-position", feed_mysql_position, 2, 0 },
    { "binlog", feed_binlog, 4, 0 },
    { "mysql-json", feed_mysql_json, 2, 0 },
    { "charset", feed_charset, 2, 0 },
    { "ddl-plan", feed_statements, 2, 0 },
    { "ddl-writes", feed_changes, 2, 0 },
    { "avro-schema", feed_avro, 2, 0 },
    { "avro-row", feed_shape, 2, 0 },
    { "registry-id", feed_registry, 1, 0 },
    { "registry", feed_registry_answers, 1, 0 },
    { "saved", feed_saved, 2, 0 },
    { "diff", feed_diff, 2, 0 },
    { "past", feed_past, 1, 0 },
    { "pg-kept", feed_pg_kept, 2, 0 },
    { "mysql-kept", feed_mysql_kept, 2, 0 },
    { "pg-log", feed_pg_log, 1, 0 },
    { "options", feed_options, 2, 0 },
    { "configs", feed_configs, 2, 0 },
};
enum { TARGETS = sizeof targets / sizeof *targets };

static struct target *any_target(void)
{
    uint64_t all = 0, at;
    for (int i = 0; i < TARGETS; i++)
        all += targets[i].weight;
    at = rnd(all);
    for (int i = 0;; i++) {
        if (at < targets[i].weight)
            return &targets[i];
        at -= targets[i].weight;
    }
}

/* False: there is none of that name. */
static bool only(const char *name)
{
    bool found = false;
    for (int i = 0; i < TARGETS; i++) {
        bool here = strcmp(targets[i].name, name) == 0;
        targets[i].weight = here;
        found |= here;
    }
    return found;
}

static void unload(void)
{
    for (int i = 0; i < PLANS; i++) {
        avro_json_free(encoders[i].reader);
        plan_free(encoders[i].plan);
    }
    for (int i = 0; i < SCHEMAS; i++)
        avro_json_free(readers[i]);
    unload_mysql();
    unload_registry();
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4 || (argc == 4 && !only(argv[3]))) {
        fprintf(stderr, "usage: fuzz SEED COUNT [TARGET]; targets:");
        for (int i = 0; i < TARGETS; i++)
            fprintf(stderr, " %s", targets[i].name);
        fprintf(stderr, "\n");
        return 2;
    }
    seed = strtoull(argv[1], NULL, 10);
    random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    if (!random_state)
        random_state = 1;
    log_set_level(LOG_ERROR);
    make_encoders();
    make_readers();
    load_mysql();
    for (uint64_t count = strtoull(argv[2], NULL, 10); step < count; step++) {
        struct target *t = any_target();
        t->feed();
        t->ran++;
    }
    for (int i = 0; i < TARGETS; i++)
        if (targets[i].ran)
            printf("%-14s %llu executions\n", targets[i].name, targets[i].ran);
    unload();
    return 0;
}
