/* Writes the statistics as JSON, and says whether the process is ready. */
#include "base/json_out.h"
#include "base/log.h"
#include "serve/control.h"
#include "serve/view.h"

static void put_seconds(const struct json_out *j, const char *name, double s)
{
    json_out_name(j, name);
    if (s < 0)
        buf_str(j->to, "null");
    else
        buf_printf(j->to, "%.3f", s);
}

static void put_known(const struct json_out *j, const char *name, int64_t n)
{
    json_out_name(j, name);
    if (n < 0)
        buf_str(j->to, "null");
    else
        buf_printf(j->to, "%lld", (long long)n);
}

static void put_errors(const struct json_out *j, const struct feed_view *f)
{
    json_out_open(j, "errors", '[');
    for (int c = ERR_RETRY; c < STATS_CLASSES; c++) {
        const struct stats_error *e = &f->errors[c];
        if (!e->count)
            continue;
        json_out_open(j, NULL, '{');
        json_out_text(j, "class", view_class_names[c]);
        json_out_count(j, "count", e->count);
        json_out_number(j, "at_ms", e->at_ms);
        json_out_text(j, "text", e->text);
        json_out_close(j, '}');
    }
    json_out_close(j, ']');
}

static void put_tables(const struct json_out *j, const struct feed_view *f)
{
    json_out_open(j, "tables", '[');
    for (size_t i = 0; i < f->ntables; i++) {
        const struct table_view *t = &f->tables[i];
        json_out_open(j, NULL, '{');
        json_out_text(j, "schema", t->schema);
        json_out_text(j, "table", t->name);
        for (int op = 0; op < STATS_OPS; op++)
            json_out_count(j, stats_op_names[op], t->rows[op]);
        json_out_count(j, "held", t->held);
        json_out_close(j, '}');
    }
    json_out_close(j, ']');
}

static void put_jobs(const struct json_out *j, const struct feed_view *f)
{
    json_out_open(j, "backfills", '[');
    for (size_t i = 0; i < f->njobs; i++)
        control_put_job(&f->jobs[i], j->to);
    json_out_close(j, ']');
}

static void put_last_error(const struct json_out *j, const struct feed_view *f)
{
    enum err_class c = view_last_error(f);
    if (!c)
        return;
    json_out_open(j, "last_error", '{');
    json_out_text(j, "class", view_class_names[c]);
    json_out_number(j, "at_ms", f->errors[c].at_ms);
    json_out_slice(j, "text", slice_of(f->errors[c].text, view_error_length(f, c)));
    json_out_text(j, "todo", view_todo(f, c));
    json_out_close(j, '}');
}

static void put_feed(const struct json_out *j, const struct feed_view *f, bool whole)
{
    json_out_open(j, NULL, '{');
    json_out_text(j, "name", f->name);
    json_out_text(j, "state", state_name(f->state));
    json_out_text(j, "reason", f->reason ? state_reason_name(f->reason) : NULL);
    json_out_number(j, "since_ms", f->since_ms);
    json_out_number(j, "urgency", view_urgency(f));
    json_out_text(j, "log_level", log_level_names[log_level_of(f->name)]);
    put_seconds(j, "lag_s", f->lag_s);
    put_known(j, "lag_bytes", f->stand.behind_bytes);
    json_out_text(j, "position", *f->position ? f->position : NULL);
    put_known(j, "slot_retained_bytes", f->stand.retained_bytes);
    json_out_text(j, "wal_status", f->stand.status[0] ? f->stand.status : NULL);
    json_out_count(j, "rows", f->rows);
    json_out_count(j, "rows_per_s", f->rows_per_s);
    json_out_count(j, "records", f->records);
    json_out_count(j, "bytes", f->bytes);
    json_out_count(j, "transactions", f->transactions);
    json_out_count(j, "sessions", f->sessions);
    json_out_count(j, "queue_batches", f->batches);
    json_out_count(j, "queue_bytes", f->queue_bytes);
    json_out_count(j, "commits", f->commits);
    put_seconds(j, "commit_s", (double)f->commit_us / 1e6);
    put_last_error(j, f);
    if (whole) {
        put_errors(j, f);
        put_jobs(j, f);
        put_tables(j, f);
    }
    json_out_close(j, '}');
}

void put_members(const struct view *v, bool whole, struct buf *out)
{
    const struct json_out j = { out, true };
    json_out_text(&j, "process", v->about.process);
    json_out_text(&j, "version", v->about.version);
    json_out_number(&j, "now_ms", v->now_ms);
    json_out_open(&j, "feeds", '[');
    for (size_t i = 0; i < v->n; i++)
        put_feed(&j, &v->feeds[i], whole);
    json_out_close(&j, ']');
}

void put_status(const struct view *v, struct buf *out)
{
    buf_u8(out, '{');
    put_members(v, true, out);
    buf_str(out, "}\n");
}

/* The process is not ready while a feed is still starting its first session. */
bool put_ready(const struct view *v, struct buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += v->feeds[i].state == FEED_STARTING && v->feeds[i].sessions < 2;
    buf_printf(out, n ? "%zu of %zu feeds are starting\n" : "ready\n", n, v->n);
    return !n;
}
