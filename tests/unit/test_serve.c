/*
 * Statistics as whoever looks sees them: metrics, JSON, the page; and the server that hands them
 * out, with clients that mean no good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>
#include "base/clock.h"
#include "base/log.h"
#include "serve/orders.h"
#include "serve/view.h"

#define EVIL "<script>alert('\"x\\\n&')</script>"

static const struct web_about about = { "proc<b>", "1", "2" };

/* A feed with one table of the name, and an error of the same text. */
static void fill(struct flow_stats *s, const char *name)
{
    struct err err;
    *s = (struct flow_stats){ 0 };
    stats_init(s);
    struct table_stats *t = stats_table(s, "public", name);
    counter_add(&t->rows[STATS_INSERT], 3);
    counter_add(&t->rows[STATS_READ], 4);
    counter_add(&s->rows, 7);
    err_set(&err, ERR_DATA, "%s", name);
    stats_error(s, &err);
    state_set(&s->state, FEED_STREAMING);
}

static char *text_of(struct buf *b)
{
    return (char *)(uintptr_t)buf_cstr(b);
}

static bool has(struct buf *b, const char *text)
{
    return strstr(text_of(b), text) != NULL;
}

/* A session that begins behind one that failed is no health: brokers may be away for hours. */
static void test_who_needs_somebody(void **state)
{
    (void)state;
    static const struct { enum feed_state to; int urgency; } steps[] = {
        { FEED_STARTING, 0 }, { FEED_STREAMING, 0 }, { FEED_RETRYING, 1 }, { FEED_STARTING, 1 },
        { FEED_RETRYING, 1 }, { FEED_STARTING, 1 }, { FEED_STREAMING, 0 }, { FEED_PAUSED, 1 },
        { FEED_STARTING, 0 }, { FEED_LAGGING, 1 },
    };
    struct flow_stats s;
    memset(&s, 0, sizeof s);
    stats_init(&s);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct view v = { .n = 0 };
        state_set(&s.state, steps[i].to);
        view_take(&v, "shop", &s);
        if (view_urgency(v.feeds) != steps[i].urgency)
            fail_msg("step %zu: %d", i, view_urgency(v.feeds));
        view_done(&v);
    }
    stats_done(&s);
}

/* What an error says itself fits better than what is said of its class. */
static void test_one_thing_to_do(void **state)
{
    (void)state;
    static const struct { const char *text, *status; } cases[] = {
        { "it is away -> look there", "\"text\": \"it is away\", \"todo\": \"look there\"" },
        { "it is away", "\"text\": \"it is away\", \"todo\": \"Nothing, while it does not last" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flow_stats s;
        struct view v = { .n = 0 };
        struct buf out = { 0 };
        struct err err;
        memset(&s, 0, sizeof s);
        stats_init(&s);
        err_set(&err, ERR_RETRY, "%s", cases[i].text);
        stats_error(&s, &err);
        view_take(&v, "shop", &s);
        put_status(&v, &out);
        if (!has(&out, cases[i].status))
            fail_msg("%s", text_of(&out));
        view_done(&v);
        stats_done(&s);
        buf_done(&out);
    }
}

static void test_names_are_escaped(void **state)
{
    (void)state;
    struct flow_stats s;
    fill(&s, EVIL);
    struct view v = { .about = about, .now_ms = clock_wall_ns() / 1000000 };
    view_take(&v, "feed" EVIL, &s);
    struct buf metrics = { 0 }, status = { 0 }, all = { 0 }, one = { 0 };
    put_metrics(&v, true, &metrics);
    assert_true(has(&metrics, "table=\"<script>alert('\\\"x\\\\\\n&')</script>\","
                    "op=\"insert\"} 3\n"));
    assert_true(has(&metrics, "op=\"read\"} 4\n"));
    assert_true(has(&metrics, ",class=\"data\"} 1\n"));
    assert_true(has(&metrics, ",tailrace_state=\"streaming\"} 1\n"));
    assert_string_equal(text_of(&metrics) + metrics.n - 6, "# EOF\n");
    struct buf few = { 0 };
    put_metrics(&v, false, &few);
    assert_false(has(&few, "tailrace_table_rows"));
    put_status(&v, &status);
    json_t *j = json_loads(text_of(&status), 0, NULL);
    json_t *feed = json_array_get(json_object_get(j, "feeds"), 0);
    assert_string_equal(json_string_value(json_object_get(feed, "name")), "feed" EVIL);
    json_t *table = json_array_get(json_object_get(feed, "tables"), 0);
    assert_string_equal(json_string_value(json_object_get(table, "table")), EVIL);
    assert_int_equal(json_integer_value(json_object_get(table, "insert")), 3);
    json_decref(j);
    assert_true(put_page(&v, &(struct page_query){ 0 }, &all));
    assert_true(put_page(&v, &(struct page_query){ .feed = "feed" EVIL }, &one));
    assert_false(put_page(&v, &(struct page_query){ .feed = "other" }, &few));
    assert_false(has(&all, "<script") || has(&one, "<script") || has(&all, "proc<b>"));
    assert_true(has(&one, "&#60;script&#62;alert(&#39;&#34;x"));
    assert_true(has(&all, "/feed?name=feed%3Cscript%3E"));
    struct buf *bufs[] = { &metrics, &status, &all, &one, &few };
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        buf_done(bufs[i]);
    view_done(&v);
    stats_done(&s);
}

/* Those that need somebody stand first; each order and filter is a link. */
static void test_red_first(void **state)
{
    (void)state;
    enum { FEEDS = 4 };
    static const char *const names[FEEDS] = { "a-good", "b-paused", "c-late", "d-stopped" };
    struct flow_stats *s = calloc(FEEDS, sizeof *s);
    struct view v = { .about = about, .now_ms = clock_wall_ns() / 1000000 };
    for (int i = 0; i < FEEDS; i++)
        fill(&s[i], "t");
    state_set(&s[1].state, FEED_PAUSED);
    state_set(&s[2].state, FEED_LAGGING);
    stats_stand(&s[2], &(struct source_stand){ 5, 1 << 20, "extended" });
    counter_set(&s[2].fresh_us, (uint64_t)(v.now_ms - 90000) * 1000);
    state_stop(&s[3].state, &(struct err){ .class = ERR_FATAL });
    for (int i = 0; i < FEEDS; i++)
        view_take(&v, names[i], &s[i]);
    struct buf page = { 0 };
    put_page(&v, &(struct page_query){ 0 }, &page);
    static const int order[FEEDS] = { 3, 2, 1, 0 };
    for (int i = 0; i + 1 < FEEDS; i++)
        assert_true(strstr(text_of(&page), names[order[i]]) <
                    strstr(text_of(&page), names[order[i + 1]]));
    assert_true(has(&page, "stopped, broken-promise") && has(&page, ">90 s<"));
    page.n = 0;
    put_metrics(&v, true, &page);
    assert_true(has(&page, "tailrace_slot_info{feed=\"c-late\",wal_status=\"extended\"} 1\n"));
    assert_true(has(&page, "tailrace_slot_retained_bytes{feed=\"c-late\"} 1048576\n"));
    assert_false(has(&page, "tailrace_lag_bytes{feed=\"a-good\"}"));
    page.n = 0;
    put_page(&v, &(struct page_query){ .sort = "name", .state = "lagging" }, &page);
    assert_true(has(&page, "c-late") && !has(&page, "a-good"));
    assert_false(put_ready(&(struct view){ .feeds = &(struct feed_view){ 0 }, .n = 1 }, &page));
    assert_true(put_ready(&v, &page));
    buf_done(&page);
    view_done(&v);
    for (int i = 0; i < FEEDS; i++)
        stats_done(&s[i]);
    free(s);
}

static void test_a_table_keeps_its_numbers(void **state)
{
    (void)state;
    struct flow_stats s = { 0 };
    stats_init(&s);
    struct table_stats *t = stats_table(&s, "s", "t");
    assert_ptr_equal(stats_table(&s, "s", "t"), t);
    assert_ptr_not_equal(stats_table(&s, "s2", "t"), t);
    char name[32];
    for (int i = 0; i < 11000; i++) {
        snprintf(name, sizeof name, "t%d", i);
        stats_table(&s, "s", name);
    }
    assert_string_equal(stats_table(&s, "s", "t10999")->name, "(other tables)");
    assert_int_equal(s.ntables, 10001);
    stats_done(&s);
}

/* ---- the server ---- */

static char path[64];
static struct roster roster;

static int client(void)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    struct timeval patience = { .tv_sec = 60 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

/* All that the server answers; "": it hung up. */
static void ask(const char *request, struct buf *out)
{
    char part[65536];
    int fd = client();
    out->n = 0;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    for (ssize_t n; (n = recv(fd, part, sizeof part, 0)) > 0;)
        buf_put(out, part, (size_t)n);
    close(fd);
}

static void get(const char *what, struct buf *out)
{
    char request[200];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
             what);
    ask(request, out);
}

static bool answers(const char *what, const char *with)
{
    struct buf out = { 0 };
    get(what, &out);
    bool yes = has(&out, with);
    if (!yes)
        print_message("%s: %.300s\n", what, text_of(&out));
    buf_done(&out);
    return yes;
}

static struct web_options at;

static struct web *serving(void)
{
    struct err err = { 0 };
    snprintf(path, sizeof path, "/tmp/tailrace-web-%d", (int)getpid());
    roster_init(&roster);
    at.listen = path;
    struct web *w = web_new(&at, &about, &roster, &err);
    if (!w)
        fail_msg("%s", err.msg);
    return w;
}

static void test_paths(void **state)
{
    (void)state;
    struct flow_stats s;
    struct err err;
    fill(&s, "t");
    struct web *w = serving();
    assert_true(answers("/metrics", "\n# EOF\n"));
    roster_add(&roster, "shop", &s, NULL);
    assert_true(answers("/", ">shop</a>"));
    assert_true(answers("/feed?name=shop", "public.t"));
    assert_true(answers("/feed?name=none", "404 Not Found"));
    assert_true(answers("/nothing", "404 Not Found"));
    assert_true(answers("/metrics", "tailrace_read_rows_total{feed=\"shop\"} 7\n"));
    assert_true(answers("/status", "\"name\": \"shop\""));
    assert_true(answers("/healthz", "\r\n\r\nok\n"));
    assert_true(answers("/readyz", "200 OK"));
    struct buf out = { 0 };
    ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", &out);
    assert_true(has(&out, "405 Method Not Allowed") && has(&out, "Allow: GET, HEAD"));
    out.n = 0;
    ask("POST /feeds/shop/stop HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &out);
    assert_true(has(&out, "404 Not Found") && has(&out, "docs/control.md"));
    buf_done(&out);
    assert_null(web_new(&at, &about, &roster, &err));       /* somebody listens there */
    assert_true(strstr(err.msg, "is this service running already"));
    assert_null(web_new(&(struct web_options){ .listen = "127.0.0.1" }, &about, &roster, &err));
    assert_true(strstr(err.msg, "http.listen: 127.0.0.1: there is no port"));
    at.listen = "127.0.0.1:no-port";
    assert_null(web_new(&at, &about, &roster, &err));
    at = (struct web_options){ .listen = path, .token = "" };
    assert_null(web_new(&at, &about, &roster, &err));
    assert_true(strstr(err.msg, "http.token has fewer than 16 characters"));
    at = (struct web_options){ .listen = "0.0.0.0:1", .token = "0123456789abcdef" };
    assert_null(web_new(&at, &about, &roster, &err));
    assert_true(strstr(err.msg, "http.token: 0.0.0.0:1 is not on this machine alone"));
    at = (struct web_options){ .listen = path };
    roster_part(&roster, &s);
    assert_true(answers("/feed?name=shop", "404 Not Found"));
    web_free(w);
    roster_done(&roster);
    assert_int_equal(access(path, F_OK), -1);
    stats_done(&s);
}

/* Garbage, clients that never read or never end: the next one is answered all the same. */
static void test_hostile_clients(void **state)
{
    (void)state;
    enum { SILENT = 100, ROUNDS = 200, MANY = 200 };
    struct flow_stats *s = calloc(MANY, sizeof *s);
    struct web *w = serving();
    for (int i = 0; i < MANY; i++) {
        fill(&s[i], EVIL);
        roster_add(&roster, "a feed", &s[i], NULL);
    }
    int fds[SILENT];
    for (int i = 0; i < SILENT; i++) {
        static const char *const begins[] = { "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                                              "GET / HT", "" };
        fds[i] = client();
        (void)!send(fds[i], begins[i % 3], strlen(begins[i % 3]), MSG_NOSIGNAL);
    }
    unsigned seed = 7;
    struct buf out = { 0 };
    for (int i = 0; i < ROUNDS; i++) {
        char garbage[400];
        for (size_t k = 0; k + 1 < sizeof garbage; k++)
            garbage[k] = (char)(1 + (seed = seed * 1103515245u + 12345u) / 65536 % 255);
        garbage[sizeof garbage - 1] = 0;
        if (i % 3 == 0)
            memcpy(garbage, "GET /", 5);
        ask(garbage, &out);
    }
    assert_true(answers("/healthz", "\r\n\r\nok\n"));
    for (int i = 0; i < SILENT; i++)
        close(fds[i]);
    buf_done(&out);
    web_free(w);
    roster_done(&roster);
    for (int i = 0; i < MANY; i++)
        stats_done(&s[i]);
    free(s);
}

static void test_400_feeds(void **state)
{
    (void)state;
    enum { FEEDS = 400, TABLES = 50 };
    struct flow_stats *s = calloc(FEEDS, sizeof *s);
    struct web *w = serving();
    char name[32];
    for (int i = 0; i < FEEDS; i++) {
        fill(&s[i], "t");
        for (int k = 0; k < TABLES; k++) {
            snprintf(name, sizeof name, "table_%d", k);
            counter_add(&stats_table(&s[i], "public", name)->rows[STATS_INSERT], 1);
        }
        roster_add(&roster, "a feed", &s[i], NULL);
    }
    static const char *const paths[] = { "/", "/feed?name=a+feed", "/metrics", "/status" };
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
        struct buf out = { 0 };
        int64_t t0 = clock_mono_us();
        get(paths[p], &out);
        print_message("%s: %zu bytes in %lld us\n", paths[p], out.n,
                      (long long)(clock_mono_us() - t0));
        assert_true(has(&out, "200 OK"));
        assert_true(clock_mono_us() - t0 < 60000000);   /* on a busy machine, too */
        buf_done(&out);
    }
    web_free(w);
    roster_done(&roster);
    for (int i = 0; i < FEEDS; i++)
        stats_done(&s[i]);
    free(s);
}

/* ---- orders ---- */

static uint64_t busy_until;

static uint64_t hand_on(void *arg, enum order_kind kind, const struct wish *w)
{
    (void)arg, (void)kind;
    return w->feeds[0] && busy_until-- == 0 ? 7 : 0;
}

static void outcome(void *arg, uint64_t order, struct buf *out)
{
    (void)arg;
    buf_printf(out, "\"ok\": %s", order == 7 ? "true" : "false");
}

/* Quotes stand for JSON's, which are hard to read in C. */
static void quoted(const char *text, char *ret)
{
    for (; (*ret = *text == '\'' ? '"' : *text); ret++, text++)
        ;
}

static bool said(const struct steering *s, const char *request, const char *answer)
{
    struct buf out = { 0 };
    char ask[200], want[200];
    quoted(request, ask);
    quoted(answer, want);
    orders_answer(s, slice_str(ask), &out);
    bool yes = has(&out, want) && out.p[out.n - 1] == '\n';
    if (!yes)
        print_message("%s -> %s", request, text_of(&out));
    buf_done(&out);
    return yes;
}

static void test_orders(void **state)
{
    (void)state;
    enum { FEEDS = 3 };
    static const char *const names[FEEDS] = { "shop", "fra1-a", "fra1-b" };
    struct flow_stats *st = calloc(FEEDS, sizeof *st);
    struct engine_feed *f = calloc(FEEDS, sizeof *f);
    const struct steering s = { &roster, &about, NULL, hand_on, outcome };
    roster_init(&roster);
    assert_true(said(&s, "{'do': 'list'}", "'feeds': []}"));
    assert_true(said(&s, "{'do': 'pause', 'feeds': ['x']}", "x: this service has no feed"));
    for (int i = 0; i < FEEDS; i++) {
        fill(&st[i], "t");
        roster_add(&roster, names[i], &st[i], &f[i]);
    }
    stats_position(&st[1], slice_str("{lsn}\nread"));
    assert_true(said(&s, "{'do': 'list'}", "'position': '{lsn}'"));
    assert_true(said(&s, "{'do': 'list', 'feeds': ['fra1-.']}", "{'ok': true, 'process'"));
    assert_true(said(&s, "{'do': 'pause', 'feeds': ['FRA1-.*', 'fra1-a']}",
                     "{'ok': true, 'feeds': ['fra1-a', 'fra1-b']}"));
    assert_true(!f[0].pause && f[1].pause && f[2].pause);
    assert_true(said(&s, "{'do': 'resume', 'feeds': ['fra1-a', 'fra1-c']}",
                     "the nearest is fra1-a"));
    assert_true(f[1].pause);        /* all of them, or none */
    assert_true(said(&s, "{'do': 'resume', 'feeds': ['fra1-a']}", "['fra1-a']"));
    assert_true(!f[1].pause && f[2].pause);
    state_stop(&st[2].state, &(struct err){ .class = ERR_CONFIG });
    assert_true(said(&s, "{'do': 'resume', 'feeds': ['.*']}",
                     "fra1-b has stopped (configuration)"));
    assert_true(said(&s, "{'do': 'restart', 'feeds': ['fra1-b']}", "'order': 7}"));
    busy_until = 1;
    assert_true(said(&s, "{'do': 'restart', 'feeds': ['fra1-b']}", "another order is being done"));
    busy_until = 0;
    assert_true(said(&s, "{'do': 'reload', 'dry_run': true}", "another order is being done"));
    assert_true(said(&s, "{'do': 'outcome', 'order': 7}", "{'ok': true}"));
    assert_true(said(&s, "{'do': 'outcome', 'order': -7}", "{'ok': false}"));
    assert_true(said(&s, "{'do': 'log-level', 'level': 'default'}", "level is"));
    assert_true(said(&s, "{'do': 'log-level', 'level': 'error', 'feeds': ['shop']}", "true"));
    assert_int_equal(log_level_of("shop"), LOG_ERROR);
    assert_true(said(&s, "{'do': 'log-level', 'level': 'default', 'feeds': ['shop']}", "true"));
    assert_true(said(&s, "{'do': 'stop'}", "no such order; the orders are list, pause, resume"));
    static const char *const bad[] = { "", "x", "[]", "{}", "{'do': 5}", "{'do': 'pause'}",
        "{'do': 'pause', 'feeds': 5}", "{'do': 'pause', 'feeds': [5]}",
        "{'do': 'pause', 'feeds': ['((']}", "{'do': 'log-level', 'feeds': []}" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(said(&s, bad[i], "{'ok': false, 'error': '"));
    roster_done(&roster);
    for (int i = 0; i < FEEDS; i++)
        stats_done(&st[i]);
    free(st);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_needs_somebody), cmocka_unit_test(test_one_thing_to_do),
        cmocka_unit_test(test_names_are_escaped), cmocka_unit_test(test_red_first),
        cmocka_unit_test(test_a_table_keeps_its_numbers), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_hostile_clients), cmocka_unit_test(test_400_feeds),
        cmocka_unit_test(test_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
