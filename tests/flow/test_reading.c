/*
 * Tables read beside the stream, by real threads, from a scripted reader whose snapshots lie
 * anywhere ahead of the stream. Whatever
 * happens, what a consumer has at the end is what the tables hold; with exactly-once, no row that
 * was read is older than what was said of its key.
 */
#include <stdlib.h>
#include <unistd.h>
#include "cmocka_flow.h"
#include "scripted_registry.h"

static const char words[] = "( =a =c ) ( -b ) ( +x ~d ) ( c>y ) p ( =x ~a ) ( +b ) ( 2=k )"
                            " ( -d ) ( ~e =e ~e ) ( 2-l 2+m ) ( =h ~h ) m";
static const char first_rows[] = "a b c d e f g h", other_rows[] = "k l";

/* ---- what a consumer has ---- */

struct seen_row { char key[KEY_MAX], v[16], far[16]; long number; int reads; bool there; };
struct view { struct seen_row rows[64]; size_t n; };

static struct seen_row *seen_row(struct view *w, const char *key)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->rows[i].key, key) == 0)
            return &w->rows[i];
    struct seen_row *row = &w->rows[w->n++];
    *row = (struct seen_row){ .number = -2 };
    snprintf(row->key, sizeof row->key, "%s", key);
    return row;
}

/* The last "<...>" of the value that has, or has not, "far" in front. */
static void last_tag(const struct stored *r, bool far, char out[16])
{
    const char *p = (const char *)r->value.p;
    for (size_t i = 0; i < r->value.n; i++) {
        bool is_far = i >= 3 && memcmp(p + i - 3, "far", 3) == 0;
        if (p[i] == '<' && is_far == far)
            snprintf(out, 16, "%.*s", (int)strcspn(p + i, ">") + 1, p + i);
    }
}

/* A chunk whose table is altered while it is handed out comes again. */
static bool altered(const struct upstream *u)
{
    return upstream_shape(u, 0, u->n) + upstream_shape(u, 1, u->n) > 0;
}

static void look_at(struct rig *r, struct view *w, const struct stored *s)
{
    char key[KEY_MAX], op = record_op(s);
    if (s->tombstone || op == 't') {
        for (size_t i = 0; op == 't' && i < w->n; i++)
            w->rows[i].there = false;
        return;
    }
    snprintf(key, sizeof key, "%.*s", (int)s->key.n - 1, (const char *)s->key.p + 1);
    struct seen_row *row = seen_row(w, key);
    last_tag(s, false, row->v);
    long number = row->v[1] == 'f' ? -1 : strtol(row->v + 1, NULL, 10);
    if (number < row->number && r->broker.transactional)
        world_wrong(&r->w, "key %s: event %ld came as '%c' after event %ld", key, number, op,
                    row->number);
    row->reads += op == 'r';
    if (row->reads > 1 && r->broker.transactional && !altered(&r->up) && !r->flow.request)
        world_wrong(&r->w, "key %s was read twice", key);
    row->number = number > row->number ? number : row->number;
    row->there = op != 'd';
    if (!memmem(s->value.p, s->value.n, "__placeholder", 13))
        last_tag(s, true, row->far);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct seen_row *)a)->key, ((const struct seen_row *)b)->key);
}

static void view_of(struct rig *r, const char *topic, struct buf *out)
{
    struct view w = { .n = 0 };
    for (size_t i = 0; i < r->broker.n; i++)
        if (strcmp(r->broker.log[i].topic, topic) == 0)
            look_at(r, &w, &r->broker.log[i]);
    qsort(w.rows, w.n, sizeof *w.rows, by_key);
    for (size_t i = 0; i < w.n; i++)
        if (w.rows[i].there)
            buf_printf(out, "%s%s=%s/far%s", out->n ? " " : "", w.rows[i].key, w.rows[i].v,
                       w.rows[i].far);
}

static bool same_as_tables(struct rig *r)
{
    for (int i = 0; i < TABLES && !r->w.wrong[0]; i++) {
        struct buf want = { 0 }, have = { 0 };
        if (r->up.rows[i])
            upstream_rows(&r->up, i, r->up.n, &want);
        view_of(r, i ? "p.s.t2" : "p.s.t1", &have);
        if (!slice_eq(buf_slice(&want), buf_slice(&have)))
            world_wrong(&r->w, "the table has\n  %s\n  and a consumer\n  %s", buf_cstr(&want),
                        buf_cstr(&have));
        buf_done(&want);
        buf_done(&have);
    }
    if (r->w.wrong[0])
        world_tell(&r->w);
    return !r->w.wrong[0];
}

static void rig_reading(struct rig *r, const char *log, bool exact, uint64_t seed)
{
    rig_init(r, log, exact);
    r->watched = false;
    r->w.most = 1000000;
    r->up.rows[0] = first_rows;
    r->up.rows[1] = other_rows;
    r->up.ahead = seed % 9;
    r->up.seed = seed;
    r->up.range_rows = 1 + seed % 3;
    r->flow.backfill.mode = SNAPSHOT_INITIAL;
}

/* ---- the first read ---- */

static size_t count_value(const struct rig *r, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < r->broker.n; i++)
        n += r->broker.log[i].value.n && memmem(r->broker.log[i].value.p, r->broker.log[i].value.n,
                                                text, strlen(text));
    return n;
}

static void test_the_first_read(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct rig r;
        rig_reading(&r, words, seed & 1, seed / 2);
        assert_int_equal(rig_planned(&r, NULL), 0);
        if (!same_as_tables(&r))
            fail_msg("seed %llu", (unsigned long long)seed);
        /* "snapshot": one row is the first, */
        assert_int_equal(count_value(&r, "\x0a" "first"), 1);
        /* and one the last, unless the stream said it itself */
        assert_true(count_value(&r, "\x08" "last") <= 1);
        size_t records = r.broker.n;
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(r.broker.n, records);                      /* it is not read twice */
        rig_done(&r);
    }
}

/* The only range of the only table: its last row is the feed's last. */
static void test_the_last_row(void **state)
{
    (void)state;
    struct rig r;
    rig_reading(&r, "p", true, 0);
    r.up.rows[1] = NULL;
    r.up.range_rows = 100;
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_int_equal(count_value(&r, "\x08" "last"), 1);
    rig_done(&r);
}

/* Killed, stopped or cut off anywhere in it, it goes on where it was. */
static void test_reading_goes_on(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 240; seed++) {
        struct rig r;
        bool cut = seed % 3 == 0;
        struct planned plan[] = { { OP_NEXT, (uint32_t)(seed / 3) + 1, RETRY }, { OPS, 0, OK } };
        struct life l = { .plan = cut ? plan : NULL, .die_at = cut ? 0
                          : (uint32_t)(seed * 7 % 400) + 1, .die_how = DIE + seed % 2 };
        rig_reading(&r, words, seed & 1, seed);
        log_forget();
        (void)!rig_run(&r, &l);
        struct life again = { .die_at = (uint32_t)(seed * 31 % 300) + 1, .die_how = DIE };
        if (l.dead)
            (void)!rig_run(&r, &again);
        assert_int_equal(rig_run_on(&r), 0);
        if (!same_as_tables(&r))
            fail_msg("seed %llu", (unsigned long long)seed);
        /* Once said, it stays so. Nobody says it who is killed between the broker's answer and his
         * line. */
        if (log_count("snapshot complete") > 1)
            fail_msg("seed %llu: complete %d times", (unsigned long long)seed,
                     log_count("snapshot complete"));
        rig_done(&r);
    }
}

/* Random faults of the stream and the sink while tables are read. */
static void test_reading_among_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 120; seed++) {
        struct rig r;
        rig_reading(&r, words, seed & 1, seed);
        r.w.explore = true;
        r.w.random = seed * 0x9e3779b97f4a7c15u;
        r.w.one_in = 40;
        r.w.spare = 6;
        assert_int_equal(rig_run_on(&r), 0);
        if (!same_as_tables(&r))
            fail_msg("seed %llu", (unsigned long long)seed);
        rig_done(&r);
    }
}

struct stop_at { struct rig *r; uint32_t left; };

static void count_down(void *arg, enum op op)
{
    struct stop_at *s = arg;
    (void)op;
    if (s->left && !--s->left)
        s->r->stop = 1;
}

static void test_stop_while_reading(void **state)
{
    (void)state;
    for (uint32_t at = 1; at < 200; at += 3) {
        struct rig r;
        rig_reading(&r, words, at & 1, at);
        struct stop_at s = { &r, at };
        struct life l = { .turn = count_down, .turn_arg = &s };
        assert_int_equal(rig_run(&r, &l), 0);
        r.stop = 0;
        assert_int_equal(rig_run_on(&r), 0);
        if (!same_as_tables(&r))
            fail_msg("stopped at call %u", at);
        rig_done(&r);
    }
}

/* ---- what a reader may answer ---- */

/*
 * READ_DONE's others: passing trouble is mended, lasting trouble ends the process and a new one
 * goes on.
 */
static void test_every_answer_of_a_reader(void **state)
{
    (void)state;
    static const enum op ops[] = { OP_READER, OP_LIST, OP_MEASURE, OP_SPLIT, OP_READ };
    static const enum answer answers[] = { RETRY, DATA, FATAL, ANEW, NOT_YET };
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
        for (size_t a = 0; a < sizeof answers / sizeof *answers; a++)
            for (uint32_t nth = 1; nth < 4; nth++) {
                const struct planned plan[] = { { ops[o], nth, answers[a] }, { OPS, 0, OK } };
                struct rig r;
                struct life l = { .plan = plan };
                if (ops[o] < OP_SPLIT && answers[a] >= ANEW)
                    continue;
                rig_reading(&r, words, nth & 1, nth);
                r.flow.backfill.workers = 1;
                int rc = rig_run(&r, &l);
                bool lasting = l.count[ops[o]] >= nth && ops[o] != OP_MEASURE &&
                    (answers[a] == DATA || answers[a] == FATAL);
                if ((rc != 0) != lasting || (rc && r.err.class != (answers[a] == DATA ? ERR_DATA
                                                                   : ERR_FATAL)))
                    fail_msg("%s number %u: %s ends with %d %s", op_name(ops[o]), nth,
                             answer_name(answers[a]), rc, r.err.msg);
                assert_int_equal(rig_run_on(&r), 0);
                if (!same_as_tables(&r))
                    fail_msg("%s number %u: %s", op_name(ops[o]), nth, answer_name(answers[a]));
                rig_done(&r);
            }
}

static void test_a_table_that_goes_while_it_is_read(void **state)
{
    (void)state;
    for (uint32_t nth = 1; nth < 8; nth++) {
        const struct planned plan[] = { { nth & 1 ? OP_READ : OP_SPLIT, nth, GONE }, { OPS, 0,
                                                                                       OK } };
        struct rig r;
        rig_reading(&r, "p", true, nth);
        r.flow.backfill.workers = 1;
        struct life l = { .plan = plan };
        log_forget();
        assert_int_equal(rig_run(&r, &l), 0);
        assert_int_equal(log_count("a table is gone before it was read whole"),
                         l.count[plan[0].op] >= nth);
        assert_true(log_has("snapshot complete"));
        rig_done(&r);
    }
}

/* A reader that hangs is interrupted when the feed stops. */
static void test_hanging_readers(void **state)
{
    (void)state;
    static const enum op ops[] = { OP_LIST, OP_SPLIT, OP_MEASURE };
    for (size_t o = 0; o < 3; o++) {
        const struct planned plan[] = { { ops[o], 0, HANG }, { OPS, 0, OK } };
        struct rig r;
        struct stop_at s = { &r, 60 };
        struct life l = { .plan = plan, .turn = count_down, .turn_arg = &s };
        rig_reading(&r, words, true, o);
        assert_int_equal(rig_run(&r, &l), 0);
        r.stop = 0;
        assert_int_equal(rig_run_on(&r), 0);
        assert_true(same_as_tables(&r));
        rig_done(&r);
    }
}

static int no_fds(void *arg, int *ret, int max)
{
    (void)arg, (void)ret, (void)max;
    return 0;
}

struct reasons { const char *sought; int seen; };

static void seek_reason(void *arg, const struct job_status *s)
{
    struct reasons *r = arg;
    r->seen += s->why && strcmp(s->why, r->sought) == 0;
}

static void seek_reasons(void *arg, struct backfill *b)
{
    backfill_list(b, seek_reason, arg);
}

/* It may not be read yet: said, and asked again until it may. */
static void test_reading_later(void **state)
{
    (void)state;
    struct planned plan[12] = { { OPS, 0, OK } };
    for (uint32_t i = 0; i < 10; i++)
        plan[i] = (struct planned){ OP_READ, i + 1, NOT_YET };
    struct rig r;
    struct reasons later = { "read: not yet", 0 };
    struct flow_attendant a = { &later, no_fds, seek_reasons };
    rig_reading(&r, words, true, 3);
    r.flow.backfill.workers = 1;
    r.flow.attendant = &a;
    log_forget();
    assert_int_equal(rig_planned(&r, plan), 0);
    assert_true(later.seen > 0);
    assert_true(log_has("reading waits table=s.t1"));
    assert_true(log_has("reading goes on table=s.t1"));
    assert_true(same_as_tables(&r));
    rig_done(&r);
}

static void test_a_chunk_that_the_stream_cannot_place(void **state)
{
    (void)state;
    const struct planned plan[] = { { OP_CHUNK_TABLE, 2, DATA }, { OPS, 0, OK } };
    struct rig r;
    rig_reading(&r, words, true, 1);
    assert_int_equal(rig_planned(&r, plan), -1);
    assert_int_equal(r.err.class, ERR_DATA);
    assert_int_equal(rig_run_on(&r), 0);
    assert_true(same_as_tables(&r));
    rig_done(&r);
}

/* ---- tables that change ---- */

static void test_tables_that_change(void **state)
{
    (void)state;
    static const char *const logs[] = {
        "( =a ) ( v =b ) ( =c ) ( v =d ) ( =e ) ( =f )",
        "( =a ) ( ! ) ( +a +z ) ( =a ) ( 2! ) ( 2+n )",
        "( =a =b =c =d v =e =f v =g =h )",
        "( a>b1 b>a1 c>c1 ) ( a1>b b1>a ) ( ~a ~b ~c1 ) ( v ~a )",
    };
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct rig r;
        rig_reading(&r, logs[seed / 2 % 4], seed & 1, seed);
        assert_int_equal(rig_run_on(&r), 0);
        if (!same_as_tables(&r))
            fail_msg("seed %llu", (unsigned long long)seed);
        rig_done(&r);
    }
}

/*
 * Without a key, no row can be held against the stream: read again for a quiet moment, then handed
 * out.
 */
static void test_tables_without_a_key(void **state)
{
    (void)state;
    struct rig r;
    rig_reading(&r, "( =a ) ( =b ) ( =c ) ( =d ) ( =e ) ( =f ) ( =g ) ( =h )", true, 8);
    r.up.keyless = true;
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_true(count_value(&r, "<first>") >= 2);
    rig_done(&r);
}

/* ---- when it is read ---- */

static void test_modes(void **state)
{
    (void)state;
    static const struct { enum snapshot_mode mode; size_t first, second; } cases[] = {
        { SNAPSHOT_INITIAL, 10, 0 }, { SNAPSHOT_NEVER, 0, 0 }, { SNAPSHOT_ALWAYS, 10, 10 },
            { SNAPSHOT_WHEN_NEEDED, 10, 0 },
        { SNAPSHOT_ONLY, 10, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_reading(&r, "p", true, 1);
        r.flow.backfill.mode = cases[i].mode;
        r.up.ends = cases[i].mode != SNAPSHOT_ONLY;
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(r.broker.n, cases[i].first);
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(r.broker.n, cases[i].first + cases[i].second);
        rig_done(&r);
    }
}

static void test_no_tables(void **state)
{
    (void)state;
    struct rig r;
    rig_reading(&r, "p", true, 1);
    r.up.rows[0] = r.up.rows[1] = NULL;
    log_forget();
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_true(log_has("no table is there to be read"));
    rig_done(&r);
    rig_reading(&r, "p", true, 1);
    r.up.rows[0] = r.up.rows[1] = "";
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_int_equal(r.broker.n, 0);
    rig_done(&r);
    rig_reading(&r, "p", true, 1);
    r.up.no_reader = true;
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_true(log_has("this source cannot read tables"));
    rig_done(&r);
}

/* What the source has lost is read anew where that was asked for; else it is the end. */
static void test_a_log_that_is_lost(void **state)
{
    (void)state;
    static const enum op ops[] = { OP_SOURCE_OPEN, OP_NEXT };
    for (int i = 0; i < 8; i++) {
        const struct planned plan[] = { { ops[i & 1], 1, GONE }, { OPS, 0, OK } };
        struct rig r;
        bool needed = i & 2;
        rig_reading(&r, words, i & 4, 2);
        r.flow.backfill.mode = needed ? SNAPSHOT_WHEN_NEEDED : SNAPSHOT_INITIAL;
        assert_int_equal(rig_planned(&r, NULL), 0);
        size_t records = r.broker.n;
        log_forget();
        assert_int_equal(rig_planned(&r, plan), needed ? 0 : -1);
        assert_int_equal(log_has("the tables are read anew"), needed);
        assert_int_equal(log_has("stay in the topics: count unknown tables=\"s.t1,s.t2\""), needed);
        assert_int_equal(r.broker.n > records, needed);
        rig_done(&r);
    }
}

static void test_a_line_that_cannot_be_read(void **state)
{
    (void)state;
    struct rig r;
    rig_reading(&r, "p", true, 1);
    buf_str(broker_position(&r.broker, "f"), "@0\n{\"next\":");
    assert_int_equal(rig_planned(&r, NULL), -1);
    assert_int_equal(r.err.class, ERR_FATAL);
    rig_done(&r);
}

/* ---- orders ---- */

static void test_requests(void **state)
{
    (void)state;
    static const char *const one[] = { "s.t2", NULL }, *const quoted[] = { "\"s\".\"t2\"", NULL };
    static const char *const none[] = { NULL }, *const dotless[] = { "t2", NULL };
    static const char *const missing[] = { "s.t9", NULL };
    static const char *const v[] = { "v", NULL }, *const odd[] = { "odd", NULL };
    static const struct {
        struct backfill_request r;
        enum err_class class;
        bool no_reader;
        size_t records;
        const char *topic, *says;
    } cases[] = {
        { { .tables = one }, ERR_NONE, false, 2, "p.s.t2", "complete id=1 tables=1 rows=2" },
        { { .tables = quoted, .where = "v > 1" }, ERR_NONE, false, 2, "p.s.t2", "complete" },
        { { .tables = one, .columns = v, .topic = "own" }, ERR_NONE, false, 2, "own", "complete" },
        { { .tables = one, .topic = "own" }, ERR_NONE, false, 2, "own", "complete" },
        { { .tables = one, .columns = odd, .topic = "own" }, ERR_NONE, false, 0, NULL,
          "no column \"odd\"" },
        { { .tables = missing }, ERR_NONE, false, 0, NULL, "table s.t9 is not fed" },
        { { .tables = none }, ERR_CONFIG, false, 0, NULL, "" },
        { { .tables = NULL }, ERR_CONFIG, false, 0, NULL, "" },
        { { .tables = dotless }, ERR_CONFIG, false, 0, NULL, "" },
        { { .tables = one, .columns = v }, ERR_CONFIG, false, 0, NULL, "" },
        { { .tables = one }, ERR_CONFIG, true, 0, NULL, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_reading(&r, "p", true, 1);
        r.flow.backfill.mode = SNAPSHOT_NEVER;
        r.flow.request = &cases[i].r;
        r.up.no_reader = cases[i].no_reader;
        r.up.ends = false;      /* it ends because all is read */
        log_forget();
        int rc = rig_planned(&r, NULL);
        if ((rc != 0) != (cases[i].class != ERR_NONE) || (rc && r.err.class != cases[i].class))
            fail_msg("request %zu: %d %s", i, rc, r.err.msg);
        assert_true(!cases[i].says[0] || log_has(cases[i].says));
        assert_int_equal(r.broker.n, cases[i].records);
        for (size_t k = 0; k < r.broker.n; k++)
            assert_string_equal(r.broker.log[k].topic, cases[i].topic);
        rig_done(&r);
    }
}

struct orders {
    struct rig *r;
    int step, calls;
    uint32_t id, second;
    /* the orders come while a chunk is half handed out, as often as that is met */
    bool half;
    char states[200];
};

static void note(void *arg, const struct job_status *s)
{
    struct orders *o = arg;
    snprintf(o->states + strlen(o->states), sizeof o->states - strlen(o->states), " %u:%s", s->id,
             job_state_name(s->state));
}

static int ends_with(struct orders *o, struct backfill *b, const char *states)
{
    o->states[0] = 0;
    backfill_list(b, note, o);
    return strcmp(o->states, states) == 0;
}

/* ---- repairs ---- */

/* As strings of Avro. "u" and "n" are of no row, nor of a record. */
static const struct slice broken[] = {
    { (const uint8_t *)"\x02" "a", 2 }, { (const uint8_t *)"\x02" "g", 2 },
    { (const uint8_t *)"\x02" "h", 2 }, { (const uint8_t *)"\x02" "i", 2 },
    { (const uint8_t *)"\x02" "r", 2 }, { (const uint8_t *)"\x02" "s", 2 },
    { (const uint8_t *)"\x02" "t", 2 }, { (const uint8_t *)"\x02" "u", 2 },
    { (const uint8_t *)"\x02" "n", 2 },
};
static const char *const of_t1[] = { "s.t1", NULL };
static const struct backfill_request repair = {
    .tables = of_t1, .repair = true, .keys = broken, .nkeys = sizeof broken / sizeof *broken,
};

/*
 * What was read of t1 lacks a, g, h and i, and has r, s and t, which are not there. Then the log
 * goes on: r comes back, s comes and goes, t comes with another key, rows that lack are changed
 * and go.
 */
static const char missed[] = "b c d e f r s t", log_after[] =
    "p ( =b ~a ) ( +r ) ( =c -h ) ( +s =s ) ( d>t ) p ( -s ) ( ~g =b ) ( =r -i ) ( t>u ) ( +i ~c )"
    " ( u>t ) ( 2+m ) ( ~r -f ) p ( +f ) ( =f ) ( +n -n )";
static const char first_of_t1[] = "a b c d e f g h i";

static void rig_broken(struct rig *r, bool exact, uint64_t seed)
{
    rig_reading(r, "p", exact, seed);
    r->up.rows[0] = missed;
    assert_int_equal(rig_planned(r, NULL), 0);
    struct upstream was = r->up;
    upstream_done(&r->up);
    upstream_init(&r->up, &r->w, log_after);
    r->up.rows[0] = first_of_t1;
    r->up.rows[1] = was.rows[1];
    r->up.ahead = was.ahead;
    r->up.seed = was.seed;
    r->up.range_rows = was.range_rows;
    r->up.ends = was.ends;
    r->up.acked = was.acked;
    r->flow.request = &repair;
}

/* The repair as often as it takes, then the rest of the log. */
static void check_repaired(struct rig *r, uint64_t seed)
{
    assert_int_equal(rig_run_on(r), 0);
    if (!log_has("repair complete"))
        fail_msg("seed %llu: it was not complete", (unsigned long long)seed);
    const struct flow_options as_asked = r->flow;
    r->flow.request = NULL;
    assert_int_equal(rig_run_on(r), 0);
    r->flow.request = as_asked.request;
    if (!same_as_tables(r))
        fail_msg("seed %llu", (unsigned long long)seed);
    rig_done(r);
}

static void test_repairs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct rig r;
        log_forget();
        rig_broken(&r, seed & 1, seed / 2);
        check_repaired(&r, seed);
    }
}

/* Killed or cut off anywhere in it, what was written is right, and it is run again. */
static void test_repairs_go_on(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 240; seed++) {
        struct rig r;
        bool cut = seed % 3 == 0;
        uint32_t at = (uint32_t)(seed / 3) % 30 + 1;
        struct planned plan[] = { { OP_NEXT, at, RETRY }, { OPS, 0, OK } };
        struct life l = { .plan = cut ? plan : NULL, .die_at = cut ? 0
                          : (uint32_t)(seed * 7 % 200) + 1, .die_how = DIE + seed % 2 };
        rig_broken(&r, seed & 1, seed);
        log_forget();
        (void)!rig_run(&r, &l);
        check_repaired(&r, seed);
    }
}

static void test_repairs_among_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 120; seed++) {
        struct rig r;
        rig_broken(&r, seed & 1, seed);
        log_forget();
        r.w.explore = true;
        r.w.random = seed * 0x9e3779b97f4a7c15u;
        r.w.one_in = 40;
        r.w.spare = 6;
        check_repaired(&r, seed);
    }
}

/* What no repair can be of, and a key that is none: that repair ends, and the feed goes on. */
static void test_repairs_that_cannot_be(void **state)
{
    (void)state;
    static const char *const two[] = { "s.t1", "s.t2", NULL }, *const none[] = { "s.t9", NULL };
    static const char *const v[] = { "v", NULL };
    static const struct slice odd[] = { { (const uint8_t *)"\x08" "a", 2 } };
    static const struct {
        struct backfill_request r;
        bool keyless;
        enum err_class class;
        const char *says;
    } cases[] = {
        { { .tables = two, .repair = true }, false, ERR_CONFIG, NULL },
        { { .tables = of_t1, .repair = true, .where = "v > 1" }, false, ERR_CONFIG, NULL },
        { { .tables = of_t1, .repair = true, .columns = v, .topic = "own" }, false, ERR_CONFIG,
          NULL },
        { { .tables = none, .repair = true }, false, ERR_NONE, "table s.t9 is not fed" },
        { { .tables = of_t1, .repair = true, .keys = odd, .nkeys = 1 }, false, ERR_NONE,
          "bytes that are no key of s.t1" },
        { { .tables = of_t1, .repair = true, .keys = broken, .nkeys = 1 }, true, ERR_NONE,
          "has no key" },
        { { .tables = of_t1, .repair = true }, false, ERR_NONE, "repair complete" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_reading(&r, "p", true, 1);
        r.flow.backfill.mode = SNAPSHOT_NEVER;
        r.flow.request = &cases[i].r;
        r.up.keyless = cases[i].keyless;
        r.up.ends = false;
        log_forget();
        int rc = rig_planned(&r, NULL);
        if ((rc != 0) != (cases[i].class != ERR_NONE) || (rc && r.err.class != cases[i].class))
            fail_msg("repair %zu: %d %s", i, rc, r.err.msg);
        if (cases[i].says && !log_has(cases[i].says))
            fail_msg("repair %zu: \"%s\" is not said", i, cases[i].says);
        assert_int_equal(r.broker.n, 0);
        rig_done(&r);
    }
}

static int add_keys(struct backfill *b, uint32_t id, const struct slice *keys, size_t n, bool more,
                    struct err *err)
{
    struct backfill_request r = { .keys = keys, .nkeys = n, .more = more };
    return backfill_add_keys(b, id, &r, err);
}

/* Keys in several orders; paused and resumed, it begins again; another process drops it. */
static void give_keys(void *arg, struct backfill *b)
{
    struct orders *o = arg;
    struct err err = { 0 };
    struct backfill_request r = repair;
    r.nkeys = 3;
    r.more = true;
    switch (o->step) {
    case 0:
        if (backfill_add(b, &r, &o->id, &err))
            return;
        assert_int_equal(backfill_set(b, o->id, JOB_RUNNING, &err), -1);
        assert_int_equal(add_keys(b, 99, broken, 1, false, &err), -1);
        assert_int_equal(add_keys(b, o->id, broken + 3, 3, true, &err), 0);
        break;
    case 1:
        assert_true(ends_with(o, b, " 2:paused"));
        assert_int_equal(add_keys(b, o->id, broken + 5, 4, false, &err), 0);
        assert_int_equal(add_keys(b, o->id, broken, 1, false, &err), -1);
        break;
    case 2:
        if (++o->calls < 7)
            return;
        assert_int_equal(backfill_set(b, o->id, JOB_PAUSED, &err), 0);
        break;
    case 3:
        if (++o->calls < 20)
            return;
        assert_int_equal(backfill_set(b, o->id, JOB_RUNNING, &err), 0);
        break;
    default:
        if (o->half ? ++o->calls > 24 : ends_with(o, b, " 2:done"))
            o->r->stop = 1;
        return;
    }
    o->step++;
}

static void test_orders_of_repairs(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct rig r;
        struct orders o = { .r = &r, .half = i & 1 };
        struct flow_attendant a = { &o, no_fds, give_keys };
        rig_broken(&r, i & 2, (uint64_t)i);
        r.flow.request = NULL;
        r.up.ends = false;
        r.flow.backfill.rows_per_s = 100;
        r.flow.attendant = &a;
        log_forget();
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(o.step, 4);
        r.stop = 0;
        r.flow.attendant = NULL;
        r.flow.request = o.half ? &repair : NULL;
        r.up.ends = true;
        assert_int_equal(rig_planned(&r, NULL), 0);
        if (o.half)
            assert_true(log_has("a repair was not finished when the feed ended"));
        assert_int_equal(rig_run_on(&r), 0);
        r.flow.request = &repair;       /* rows may come twice */
        assert_true(same_as_tables(&r));
        rig_done(&r);
    }
}

/* A backfill's own topic that takes no such row ends the backfill, and the feed goes on. */
static void test_an_own_topic_that_is_refused(void **state)
{
    (void)state;
    static const char *const tables[] = { "s.t2", NULL };
    const struct backfill_request request = { .tables = tables, .topic = "own" };
    struct registry registry = { .refuses = "own-value", .class = ERR_DATA };
    struct rig r;
    rig_reading(&r, "( =a )", true, 1);
    r.flow.backfill.mode = SNAPSHOT_NEVER;
    r.flow.request = &request;
    r.registry = &registry;
    log_forget();
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_true(log_has("backfill failed id=1 reason=\"subject own-value is refused\""));
    rig_done(&r);
}

/* So does a record that the sink refuses. One of the feed's own topics ends the feed. */
static void test_a_row_that_its_topic_refuses(void **state)
{
    (void)state;
    static const char *const tables[] = { "s.t2", NULL };
    for (int i = 0; i < 8; i++) {
        const struct backfill_request request = { .tables = tables, .topic = "own" };
        struct rig r;
        bool own = i & 2;
        rig_reading(&r, "( =a ) ( =c )", i & 1, (uint64_t)i);
        r.flow.backfill.mode = SNAPSHOT_NEVER;
        r.flow.request = &request;
        r.up.rows[1] = "k l n o p q r s t u v w x y z ka kb kc kd ke kf kg kh ki";
        r.up.ends = !own;
        r.broker.refuses = own ? "own" : "p.s.t1";
        r.flow.backfill.rows_per_s = 20;       /* it is refused before all is read */
        log_forget();
        int rc = rig_planned(&r, NULL);
        if (rc != (own ? 0 : -1))
            fail_msg("%d: %s", rc, r.err.msg);
        assert_true(own || r.err.class == ERR_DATA);
        assert_int_equal(log_has("backfill failed id=1 reason=\"poll: data\""), own);
        assert_int_equal(log_has("the backfill has ended, and the feed goes on"), own);
        r.flow.request = NULL;
        r.broker.refuses = NULL;
        r.up.ends = true;
        assert_int_equal(rig_run_on(&r), 0);
        assert_int_equal(r.up.acked, r.up.n);
        rig_done(&r);
    }
}

/* Also where the sink says so when all is read, and the last batch is waited for. */
static void test_a_last_row_that_its_topic_refuses(void **state)
{
    (void)state;
    static const char *const tables[] = { "s.t2", NULL };
    for (int i = 0; i < 4; i++) {
        const struct backfill_request request = { .tables = tables, .topic = "own" };
        struct rig r;
        rig_reading(&r, "( =a ) ( =c )", i & 1, (uint64_t)i);
        r.flow.backfill.mode = SNAPSHOT_NEVER;
        r.flow.request = &request;
        r.up.ends = i & 2;      /* else it ends as all is read */
        r.broker.refuses = "own";
        log_forget();
        int rc = rig_planned(&r, NULL);
        if (rc)
            fail_msg("%d: %s", i, r.err.msg);
        assert_true(log_has("backfill failed id=1 reason=\"poll: data\""));
        assert_true(log_has("the backfill has ended, and the feed goes on"));
        r.flow.request = NULL;
        r.up.ends = true;
        assert_int_equal(rig_run_on(&r), 0);
        assert_int_equal(r.up.acked, r.up.n);
        rig_done(&r);
    }
}

static void give_orders(void *arg, struct backfill *b)
{
    static const char *const tables[] = { "s.t1", NULL }, *const others[] = { "s.t2", NULL };
    struct orders *o = arg;
    struct err err = { 0 };
    struct backfill_request one = { .tables = tables }, two = { .tables = others };
    switch (o->step) {
    case 0:
        if (backfill_add(b, &one, &o->id, &err) || backfill_add(b, &two, &o->second, &err))
            return;     /* the feed has not begun yet */
        assert_int_equal(backfill_set(b, 99, JOB_PAUSED, &err), -1);
        break;
    case 1:
        if (++o->calls < 7)
            return;
        assert_int_equal(backfill_set(b, o->id, JOB_PAUSED, &err), 0);
        break;
    case 2:
        if (!ends_with(o, b, " 1:paused 2:done"))
            return;
        assert_int_equal(backfill_set(b, o->second, JOB_PAUSED, &err), -1);
        assert_int_equal(backfill_set(b, o->id, JOB_RUNNING, &err), 0);
        o->calls = 0;
        break;
    case 3:
        if (++o->calls < 4)
            return;
        assert_int_equal(backfill_set(b, o->id, JOB_CANCELLED, &err), 0);
        break;
    default:
        assert_true(ends_with(o, b, " 1:cancelled 2:done"));
        o->r->stop = 1;
        return;
    }
    o->step++;
}

static void test_pause_resume_cancel(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct rig r;
        struct orders o = { .r = &r };
        struct flow_attendant a = { &o, no_fds, give_orders };
        rig_reading(&r, "p", i & 1, 1);
        r.up.range_rows = 1 + (size_t)i;
        r.up.ends = false;
        r.up.rows[0] = "a b c d e f g h i j k l m n o p q r s t u v w x y z aa ab ac ad ae af";
        r.flow.backfill.mode = SNAPSHOT_NEVER;
        r.flow.backfill.rows_per_s = 100;
        r.flow.attendant = &a;
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(o.step, 4);
        rig_done(&r);
    }
}

/* ---- manners ---- */

static void test_rates_and_lag(void **state)
{
    (void)state;
    static const char many[] = "a b c d e f g h i j k l m n o p q r s t u v w x y z aa ab ac ad ae"
                               " af ag ah ai aj ak al am an";
    for (int i = 0; i < 4; i++) {
        struct rig r;
        rig_reading(&r, words, i & 1, 1);
        r.up.rows[0] = many;
        r.up.range_rows = 50;
        r.flow.backfill.rows_per_s = i < 2 ? 20 : 0;
        r.flow.backfill.bytes_per_s = i < 2 ? 0 : 1000;
        r.flow.backfill.chunk_rows = i < 2 ? 0 : 3;
        int64_t before = clockwork_now();
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_true(clockwork_now() - before > 1000000);
        assert_true(same_as_tables(&r));
        rig_done(&r);
    }
    struct rig r;
    struct reasons lag = { "the replica is too far behind its primary (snapshot.max-lag-ms)", 0 };
    struct flow_attendant a = { &lag, no_fds, seek_reasons };
    rig_reading(&r, words, true, 1);
    r.up.lag_ms = 5000;
    r.flow.backfill.max_lag_ms = 100;
    r.flow.attendant = &a;
    log_forget();
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_true(lag.seen > 0);
    assert_true(log_has("reading waits: the replica is behind lag_ms=5000 limit_ms=100"));
    assert_true(log_has("reading goes on lag_ms=0"));
    assert_true(same_as_tables(&r));
    rig_done(&r);
}

/* A table's own condition, from the configuration; and a line a minute. */
static void test_conditions_and_progress(void **state)
{
    (void)state;
    static const struct kv select[] = { { "s.t2", "v > 1" }, { NULL, NULL } };
    struct rig r;
    rig_reading(&r, "p", true, 1);
    r.flow.backfill.select = select;
    r.flow.backfill.rows_per_s = 1;
    r.up.rows[0] =
        "a b c d e f g h i j k l m n o p q r s t u v w x y z aa ab ac ad ae af ag ah"
        " ai aj ak al am an ba bb bc bd be bf bg bh bi bj bk bl bm bn bo bp bq br bs bt bu"
        " bv bw bx by bz";
    log_forget();
    assert_int_equal(rig_planned(&r, NULL), 0);
    assert_true(log_has("snapshot progress id=1 rows="));
    rig_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_read),
        cmocka_unit_test(test_the_last_row),
        cmocka_unit_test(test_reading_goes_on),
        cmocka_unit_test(test_reading_among_faults),
        cmocka_unit_test(test_stop_while_reading),
        cmocka_unit_test(test_every_answer_of_a_reader),
        cmocka_unit_test(test_a_table_that_goes_while_it_is_read),
        cmocka_unit_test(test_hanging_readers),
        cmocka_unit_test(test_reading_later),
        cmocka_unit_test(test_a_chunk_that_the_stream_cannot_place),
        cmocka_unit_test(test_tables_that_change),
        cmocka_unit_test(test_tables_without_a_key),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_no_tables),
        cmocka_unit_test(test_a_log_that_is_lost),
        cmocka_unit_test(test_a_line_that_cannot_be_read),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_an_own_topic_that_is_refused),
        cmocka_unit_test(test_a_row_that_its_topic_refuses),
        cmocka_unit_test(test_a_last_row_that_its_topic_refuses),
        cmocka_unit_test(test_pause_resume_cancel),
        cmocka_unit_test(test_repairs),
        cmocka_unit_test(test_repairs_go_on),
        cmocka_unit_test(test_repairs_among_faults),
        cmocka_unit_test(test_repairs_that_cannot_be),
        cmocka_unit_test(test_orders_of_repairs),
        cmocka_unit_test(test_rates_and_lag),
        cmocka_unit_test(test_conditions_and_progress),
    };
    return run_flow(tests);
}
