/*
 * The status page: all feeds, those that need somebody first, or one feed. Plain HTML without
 * script, made anew for each request. Names that come from outside are escaped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/charset.h"
#include "base/readable.h"
#include "serve/view.h"

static const char style[] =
    ":root{color-scheme:light dark;--line:#8884;--dim:#888;--bad:#c62828;--warn:#b26a00;"
    "--good:#2e7d32}"
    "@media(prefers-color-scheme:dark){:root{--bad:#ff6b6b;--warn:#ffb74d;--good:#81c784}}"
    "body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem}"
    "h1{font-size:1.3rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.4rem 0 .4rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .5rem;border-bottom:1px solid var(--line);"
    "vertical-align:top;overflow-wrap:anywhere}"
    "th{font-weight:600;white-space:nowrap}.n{text-align:right;font-variant-numeric:tabular-nums;"
    "white-space:nowrap;overflow-wrap:normal}"
    ".u2{color:var(--bad);font-weight:600}.u1{color:var(--warn);font-weight:600}"
    ".u0{color:var(--good)}.dim{color:var(--dim)}a{color:inherit}"
    "nav{margin:.6rem 0}nav a{margin-right:.8rem}progress{width:100%;max-width:20rem}"
    "svg{width:100%;height:4rem;display:block}rect{fill:currentColor;opacity:.55}"
    ".f{min-width:15rem}.s{white-space:nowrap}"
    "@media(max-width:40rem){.f{min-width:0}.s{white-space:normal}"
    ".w{display:none}body{padding:.6rem;font-size:14px}"
    "th,td{padding:.25rem .3rem}}";

/* ---- pieces ---- */

static void put_text(struct buf *out, const char *text)
{
    struct buf whole = { 0 };
    utf8_put_readable(slice_str(text), &whole);
    for (size_t i = 0; i < whole.n; i++) {
        uint8_t c = whole.p[i];
        if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
            buf_printf(out, "&#%d;", c);
        else
            buf_u8(out, c < 0x20 && c != '\n' ? ' ' : c);
    }
    buf_done(&whole);
}

/* A value in a link's query. */
static void put_query(struct buf *out, const char *text)
{
    for (const uint8_t *p = (const uint8_t *)text; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '-' || *p == '_' || *p == '.';
        buf_printf(out, plain ? "%c" : "%%%02X", *p);
    }
}

static void put_bytes(struct buf *out, int64_t n)
{
    if (n < 0)
        buf_str(out, "&ndash;");
    else
        readable_bytes((uint64_t)n, out);
}

static void put_span(struct buf *out, double s)
{
    if (s < 0)
        buf_str(out, "&ndash;");
    else
        readable_span(s, out);
}

static void put_count(struct buf *out, uint64_t n)
{
    readable_count(n, "&thinsp;", out);
}

static void put_state(struct buf *out, const struct feed_view *f)
{
    buf_printf(out, "<span class=u%d>%s", view_urgency(f), state_name(f->state));
    if (f->reason)
        buf_printf(out, ", %s", state_reason_name(f->reason));
    buf_str(out, "</span>");
}

static void begin_page(const struct view *v, const char *title, struct buf *out)
{
    buf_str(out, "<!doctype html><html lang=en><meta charset=utf-8>"
            "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
            "<meta http-equiv=refresh content=10><title>");
    put_text(out, title);
    buf_printf(out, " - Tailrace</title><style>%s</style>", style);
    char at[32];
    time_t s = (time_t)(v->now_ms / 1000);
    struct tm tm;
    strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&s, &tm));
    buf_str(out, "<h1>");
    put_text(out, title);
    buf_printf(out, "</h1><div class=dim>Tailrace %s, %s</div>", v->about.version, at);
}

/* ---- all feeds ---- */

enum { BY_NEED, BY_NAME, BY_LAG, BY_ROWS, BY_KEPT, SORTS };
static const struct { const char *key, *says; } sorts[SORTS] = {
    { "need", "needs somebody" }, { "name", "name" }, { "lag", "lag" }, { "rows", "rows/s" },
    { "kept", "log kept" },
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct feed_view *)a)->name, ((const struct feed_view *)b)->name);
}

/* The larger one first, then by name. */
static int larger(double a, double b, const void *x, const void *y)
{
    return a < b ? 1 : a > b ? -1 : by_name(x, y);
}

static int by_lag(const void *a, const void *b)
{
    const struct feed_view *x = a, *y = b;
    return larger(x->lag_s, y->lag_s, a, b);
}

static int by_need(const void *a, const void *b)
{
    int x = view_urgency(a), y = view_urgency(b);
    return x != y ? y - x : by_lag(a, b);
}

static int by_rows(const void *a, const void *b)
{
    const struct feed_view *x = a, *y = b;
    return larger((double)x->rows_per_s, (double)y->rows_per_s, a, b);
}

static int by_kept(const void *a, const void *b)
{
    const struct feed_view *x = a, *y = b;
    return larger((double)x->stand.retained_bytes, (double)y->stand.retained_bytes, a, b);
}

static int sort_of(const char *key)
{
    int s = 0;
    while (key && s < SORTS && strcmp(sorts[s].key, key) != 0)
        s++;
    return key && s < SORTS ? s : BY_NEED;
}

static bool shown(const struct feed_view *f, const char *state)
{
    return !state || !*state || strcmp(state_name(f->state), state) == 0;
}

/* Counts the feeds in each state, as links that show only these. */
static void put_filter(const struct view *v, int sort, struct buf *out)
{
    buf_printf(out, "<nav><a href=\"/?sort=%s\">all %zu</a>", sorts[sort].key, v->n);
    for (int s = 0; s < FEED_STATES; s++) {
        size_t n = 0;
        for (size_t i = 0; i < v->n; i++)
            n += v->feeds[i].state == (enum feed_state)s;
        if (n)
            buf_printf(out, "<a href=\"/?sort=%s&amp;state=%s\">%s %zu</a>", sorts[sort].key,
                       state_name(s), state_name(s), n);
    }
    buf_str(out, "</nav><nav class=dim>sorted by ");
    for (int s = 0; s < SORTS; s++)
        if (s == sort)
            buf_printf(out, "<b>%s</b> ", sorts[s].says);
        else
            buf_printf(out, "<a href=\"/?sort=%s\">%s</a> ", sorts[s].key, sorts[s].says);
    buf_str(out, "</nav>");
}

static void put_row(const struct feed_view *f, struct buf *out)
{
    enum err_class last = view_last_error(f);
    const struct stats_error *e = last ? &f->errors[last] : NULL;
    buf_str(out, "<tr><td class=f><a href=\"/feed?name=");
    put_query(out, f->name);
    buf_str(out, "\">");
    put_text(out, f->name);
    buf_str(out, "</a><td class=s>");
    put_state(out, f);
    buf_str(out, "<td class=n>");
    put_span(out, f->lag_s);
    buf_str(out, "<td class=n>");
    put_count(out, f->rows_per_s);
    buf_str(out, "<td class=\"n w\">");
    put_count(out, f->rows);
    buf_str(out, "<td class=\"n w\">");
    put_bytes(out, f->stand.retained_bytes);
    buf_str(out, "<td class=w>");
    if (e && view_urgency(f))
        put_text(out, e->text);
}

static void put_all(const struct view *v, const struct page_query *q, struct buf *out)
{
    static int (*const orders[SORTS])(const void *, const void *) = { by_need, by_name, by_lag,
                                                                      by_rows, by_kept };
    int sort = sort_of(q->sort);
    if (v->n)
        qsort(v->feeds, v->n, sizeof *v->feeds, orders[sort]);
    begin_page(v, v->about.process, out);
    put_filter(v, sort, out);
    buf_str(out, "<table><tr><th>feed<th>state<th class=n>lag<th class=n>rows/s"
            "<th class=\"n w\">rows<th class=\"n w\">log kept<th class=w>last error");
    for (size_t i = 0; i < v->n; i++)
        if (shown(&v->feeds[i], q->state))
            put_row(&v->feeds[i], out);
    buf_str(out, "</table>");
}

/* ---- one feed ---- */

static void fact(struct buf *out, const char *name)
{
    buf_printf(out, "<tr><th>%s<td>", name);
}

static void put_facts(const struct view *v, const struct feed_view *f, struct buf *out)
{
    buf_str(out, "<table>");
    fact(out, "state");
    put_state(out, f);
    if (f->since_ms && f->since_ms <= v->now_ms) {
        buf_str(out, " <span class=dim>for ");
        put_span(out, (double)(v->now_ms - f->since_ms) / 1000);
        buf_str(out, "</span>");
    }
    fact(out, "lag");
    put_span(out, f->lag_s);
    if (f->stand.behind_bytes >= 0) {
        buf_str(out, ", ");
        put_bytes(out, f->stand.behind_bytes);
        buf_str(out, " of the server's log not read");
    }
    fact(out, "rows");
    put_count(out, f->rows);
    buf_str(out, ", ");
    put_count(out, f->rows_per_s);
    buf_str(out, " a second");
    fact(out, "records");
    put_count(out, f->records);
    buf_str(out, ", ");
    put_bytes(out, (int64_t)f->bytes);
    fact(out, "on their way");
    buf_printf(out, "%" PRIu64 " batches, ", f->batches);
    put_bytes(out, (int64_t)f->queue_bytes);
    fact(out, "commits");
    put_count(out, f->commits);
    if (f->commits)
        buf_printf(out, ", %.1f ms each", (double)f->commit_us / 1e3 / (double)f->commits);
    fact(out, "sessions");
    put_count(out, f->sessions);
    if (f->stand.status[0]) {
        fact(out, "slot");
        put_bytes(out, f->stand.retained_bytes);
        buf_str(out, " of WAL kept, wal_status ");
        put_text(out, f->stand.status);
    }
    buf_str(out, "</table>");
}

/* Draws the rows of each minute of the last hour as bars. */
static void put_hour(const struct feed_view *f, struct buf *out)
{
    uint64_t most = 1;
    for (int i = 0; i < STATS_MINUTES; i++)
        most = f->minutes[i] > most ? f->minutes[i] : most;
    buf_printf(out, "<h2>The last hour</h2><div class=dim>rows a minute, at most ");
    put_count(out, most);
    buf_str(out, "</div><svg viewBox=\"0 0 60 20\" preserveAspectRatio=none role=img>");
    for (int i = 0; i < STATS_MINUTES; i++) {
        double h = 20 * (double)f->minutes[i] / (double)most;
        if (f->minutes[i])
            buf_printf(out, "<rect x=%d y=%.2f width=.8 height=%.2f />", i, 20 - h, h);
    }
    buf_str(out, "</svg>");
}

static void put_job(const struct job_status *j, struct buf *out)
{
    bool done = j->state == JOB_DONE;
    double expected = j->rows_expected ? (double)j->rows_expected : 0;
    double part = done ? 1 : expected > 0 ? (double)j->rows / expected : 0;
    buf_printf(out, "<tr><td>%s %u<td>%s<td>", j->initial ? "snapshot" : "backfill", j->id,
               job_state_name(j->state));
    put_text(out, *j->table ? j->table : j->tables);
    buf_printf(out, "<br><progress max=1 value=%.3f></progress><td class=n>",
               part > 0.99 && !done ? 0.99 : part);
    put_count(out, j->rows);
    buf_printf(out, " rows<br>%u of %u tables<td>", j->tables_done, j->tables_all);
    put_text(out, j->why);
}

static void put_jobs(const struct feed_view *f, struct buf *out)
{
    if (!f->njobs)
        return;
    buf_str(out, "<h2>Tables that are read</h2><table>");
    for (size_t i = 0; i < f->njobs; i++)
        put_job(&f->jobs[i], out);
    buf_str(out, "</table>");
}

static void put_errors(const struct view *v, const struct feed_view *f, struct buf *out)
{
    if (!view_last_error(f))
        return;
    buf_str(out, "<h2>Last errors</h2><table>");
    for (int c = STATS_CLASSES - 1; c >= ERR_RETRY; c--) {
        const struct stats_error *e = &f->errors[c];
        if (!e->count)
            continue;
        buf_printf(out, "<tr><td class=u%d>%s<td class=n>%" PRIu64 " time%s<br><span class=dim>",
                   c == ERR_RETRY ? 1 : 2, view_class_names[c], e->count, e->count > 1 ? "s" : "");
        put_span(out, (double)(v->now_ms - e->at_ms) / 1000);
        buf_str(out, " ago</span><td>");
        put_text(out, e->text);
        if (view_todo(f, c) == view_class_todo[c])
            buf_printf(out, "<div class=dim>%s</div>", view_class_todo[c]);
    }
    buf_str(out, "</table>");
}

static int busier(const void *a, const void *b)
{
    const struct table_view *x = a, *y = b;
    if (x->all != y->all)
        return x->all < y->all ? 1 : -1;
    int c = strcmp(x->schema, y->schema);
    return c ? c : strcmp(x->name, y->name);
}

enum { MOST_ROWS = 500 };       /* the page shows the busiest tables; /status has all */

static void put_tables(const struct feed_view *f, struct buf *out)
{
    if (f->ntables)
        qsort(f->tables, f->ntables, sizeof *f->tables, busier);
    buf_printf(out, "<h2>Tables: %zu with rows</h2><table><tr><th>table", f->ntables);
    for (int op = 0; op < STATS_OPS; op++)
        buf_printf(out, "<th class=\"n%s\">%s", op == STATS_TRUNCATE ? " w" : "",
                   stats_op_names[op]);
    for (size_t i = 0; i < f->ntables && i < MOST_ROWS; i++) {
        const struct table_view *t = &f->tables[i];
        buf_str(out, "<tr><td>");
        put_text(out, t->schema);
        buf_str(out, ".");
        put_text(out, t->name);
        if (t->held)
            buf_printf(out, " <span class=u1>paused, %" PRIu64 " rows not written</span>", t->held);
        for (int op = 0; op < STATS_OPS; op++) {
            buf_printf(out, "<td class=\"n%s\">", op == STATS_TRUNCATE ? " w" : "");
            put_count(out, t->rows[op]);
        }
    }
    buf_str(out, "</table>");
    if (f->ntables > MOST_ROWS)
        buf_printf(out, "<p class=dim>and %zu more: /status has all of them",
                   f->ntables - MOST_ROWS);
}

static void put_one(const struct view *v, const struct feed_view *f, struct buf *out)
{
    begin_page(v, f->name, out);
    buf_str(out, "<nav><a href=\"/\">all feeds</a></nav>");
    put_facts(v, f, out);
    put_errors(v, f, out);
    put_jobs(f, out);
    put_hour(f, out);
    put_tables(f, out);
}

bool put_page(const struct view *v, const struct page_query *q, struct buf *out)
{
    if (!q->feed) {
        put_all(v, q, out);
        return true;
    }
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->feeds[i].name, q->feed) == 0) {
            put_one(v, &v->feeds[i], out);
            return true;
        }
    return false;
}
