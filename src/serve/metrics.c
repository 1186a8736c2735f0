/*
 * Writes the statistics as OpenMetrics (docs/metrics.md). Names are a contract: they do not change.
 */
#include <inttypes.h>
#include <math.h>
#include "base/charset.h"
#include "serve/view.h"

/*
 * Writes a label: escapes backslash, quote and line end, and makes bytes that are no UTF-8
 * readable.
 */
static void put_label(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s=\"", name);
    struct buf text = { 0 };
    utf8_put_readable(slice_str(value), &text);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '\\' || c == '"' || c == '\n')
            buf_u8(out, '\\');
        buf_u8(out, c == '\n' ? 'n' : c);
    }
    buf_done(&text);
    buf_u8(out, '"');
}

static void head(struct buf *out, const char *name, const char *type, const char *unit,
                 const char *help)
{
    buf_printf(out, "# TYPE %s %s\n", name, type);
    if (unit)
        buf_printf(out, "# UNIT %s %s\n", name, unit);
    buf_printf(out, "# HELP %s %s\n", name, help);
}

static void sample(struct buf *out, const char *name, const char *suffix, const char *feed,
                   double value)
{
    buf_printf(out, "%s%s{", name, suffix);
    put_label(out, "feed", feed);
    buf_printf(out, value == floor(value) && fabs(value) < 1e15 ? "} %.0f\n" : "} %.6f\n", value);
}

/* The numbers that each feed has once. NAN: not known. */
static double rows(const struct feed_view *f) { return (double)f->rows; }
static double records(const struct feed_view *f) { return (double)f->records; }
static double bytes(const struct feed_view *f) { return (double)f->bytes; }
static double transactions(const struct feed_view *f) { return (double)f->transactions; }
static double messages(const struct feed_view *f) { return (double)f->messages; }
static double sessions(const struct feed_view *f) { return (double)f->sessions; }
static double batches(const struct feed_view *f) { return (double)f->batches; }
static double queue(const struct feed_view *f) { return (double)f->queue_bytes; }
static double lag(const struct feed_view *f) { return f->lag_s < 0 ? NAN : f->lag_s; }
static double known(int64_t n) { return n < 0 ? NAN : (double)n; }
static double behind(const struct feed_view *f) { return known(f->stand.behind_bytes); }
static double retained(const struct feed_view *f) { return known(f->stand.retained_bytes); }

static const struct metric {
    const char *name, *type, *unit, *help;
    double (*of)(const struct feed_view *f);
} metrics[] = {
    { "tailrace_lag_seconds", "gauge", "seconds",
      "Age of the oldest change that is not delivered; 0 where there is none.", lag },
    { "tailrace_lag_bytes", "gauge", "bytes",
      "Log that the server has and that was not read (PostgreSQL).", behind },
    { "tailrace_slot_retained_bytes", "gauge", "bytes",
      "Log that the server keeps for the slot (PostgreSQL).", retained },
    { "tailrace_read_rows", "counter", NULL,
      "Rows and messages taken from the source; those that are read again count again.", rows },
    { "tailrace_records", "counter", NULL, "Records made of them.", records },
    { "tailrace_records_bytes", "counter", "bytes", "Keys and values of these records.", bytes },
    { "tailrace_transactions", "counter", NULL, "Source transactions read to their end.",
      transactions },
    { "tailrace_messages", "counter", NULL, "Logical messages read.", messages },
    { "tailrace_sessions", "counter", NULL, "Sessions begun: more than one, it has reconnected.",
      sessions },
    { "tailrace_queue_batches", "gauge", NULL, "Batches sent and not yet durable.", batches },
    { "tailrace_queue_bytes", "gauge", "bytes", "Bytes of these batches.", queue },
};

static void put_numbers(const struct view *v, struct buf *out)
{
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++) {
        const struct metric *k = &metrics[m];
        head(out, k->name, k->type, k->unit, k->help);
        for (size_t i = 0; i < v->n; i++) {
            double value = k->of(&v->feeds[i]);
            if (!isnan(value))
                sample(out, k->name, *k->type == 'c' ? "_total" : "", v->feeds[i].name, value);
        }
    }
}

static void put_states(const struct view *v, struct buf *out)
{
    head(out, "tailrace_state", "stateset", NULL, "How the feed stands (docs/states.md).");
    for (size_t i = 0; i < v->n; i++)
        for (int s = 0; s < FEED_STATES; s++) {
            buf_str(out, "tailrace_state{");
            put_label(out, "feed", v->feeds[i].name);
            buf_printf(out, ",tailrace_state=\"%s\"} %d\n", state_name(s),
                       (int)v->feeds[i].state == s);
        }
}

static void put_slots(const struct view *v, struct buf *out)
{
    head(out, "tailrace_slot", "info", NULL, "The slot's wal_status (PostgreSQL).");
    for (size_t i = 0; i < v->n; i++) {
        if (!v->feeds[i].stand.status[0])
            continue;
        buf_str(out, "tailrace_slot_info{");
        put_label(out, "feed", v->feeds[i].name);
        buf_u8(out, ',');
        put_label(out, "wal_status", v->feeds[i].stand.status);
        buf_str(out, "} 1\n");
    }
}

static void put_commits(const struct view *v, struct buf *out)
{
    head(out, "tailrace_commit_seconds", "summary", "seconds",
         "Positions that became durable, and how long each commit took.");
    for (size_t i = 0; i < v->n; i++) {
        const struct feed_view *f = &v->feeds[i];
        sample(out, "tailrace_commit_seconds", "_count", f->name, (double)f->commits);
        sample(out, "tailrace_commit_seconds", "_sum", f->name, (double)f->commit_us / 1e6);
    }
}

static void put_errors(const struct view *v, struct buf *out)
{
    head(out, "tailrace_errors", "counter", NULL, "Sessions that failed, by class of error.");
    for (size_t i = 0; i < v->n; i++)
        for (int c = ERR_RETRY; c < STATS_CLASSES; c++) {
            buf_str(out, "tailrace_errors_total{");
            put_label(out, "feed", v->feeds[i].name);
            buf_printf(out, ",class=\"%s\"} %" PRIu64 "\n", view_class_names[c],
                       v->feeds[i].errors[c].count);
        }
}

static void put_table(const struct feed_view *f, const struct table_view *t, const char *op,
                      uint64_t n, struct buf *out)
{
    buf_str(out, "tailrace_table_rows_total{");
    put_label(out, "feed", f->name);
    buf_u8(out, ',');
    put_label(out, "schema", t->schema);
    buf_u8(out, ',');
    put_label(out, "table", t->name);
    buf_printf(out, ",op=\"%s\"} %" PRIu64 "\n", op, n);
}

static void put_tables(const struct view *v, struct buf *out)
{
    head(out, "tailrace_table_rows", "counter", NULL,
         "Rows of a table taken from the source, by operation; held: not written.");
    for (size_t i = 0; i < v->n; i++)
        for (size_t k = 0; k < v->feeds[i].ntables; k++) {
            const struct table_view *t = &v->feeds[i].tables[k];
            for (int op = 0; op < STATS_OPS; op++)
                if (t->rows[op])
                    put_table(&v->feeds[i], t, stats_op_names[op], t->rows[op], out);
            if (t->held)
                put_table(&v->feeds[i], t, "held", t->held, out);
        }
}

static void put_job(const struct feed_view *f, const struct job_status *j, const char *what,
                    uint64_t n, struct buf *out)
{
    buf_printf(out, "%s{", what);
    put_label(out, "feed", f->name);
    buf_printf(out, ",id=\"%u\",kind=\"%s\"} %" PRIu64 "\n", j->id,
               j->initial ? "snapshot" : "backfill", n);
}

static void put_jobs(const struct view *v, struct buf *out)
{
    static const char *const names[] = {
        "tailrace_backfill_rows", "tailrace_backfill_expected_rows", "tailrace_backfill_running",
    };
    static const char *const helps[] = { "Rows read by a running snapshot or backfill.",
                                         "Rows that it is estimated to read; 0: not known yet.",
                                         "Whether it reads: 1, or 0 when paused." };
    for (int k = 0; k < 3; k++) {
        head(out, names[k], "gauge", NULL, helps[k]);
        for (size_t i = 0; i < v->n; i++)
            for (size_t n = 0; n < v->feeds[i].njobs; n++) {
                const struct job_status *j = &v->feeds[i].jobs[n];
                const uint64_t numbers[] = { j->rows, j->rows_expected, j->state == JOB_RUNNING };
                if (j->state == JOB_RUNNING || j->state == JOB_PAUSED)
                    put_job(&v->feeds[i], j, names[k], numbers[k], out);
            }
    }
}

void put_metrics(const struct view *v, bool tables, struct buf *out)
{
    head(out, "tailrace_build", "info", NULL, "What runs.");
    buf_str(out, "tailrace_build_info{");
    put_label(out, "version", v->about.version);
    buf_u8(out, ',');
    put_label(out, "librdkafka", v->about.librdkafka);
    buf_u8(out, ',');
    put_label(out, "process", v->about.process);
    buf_str(out, "} 1\n");
    put_states(v, out);
    put_numbers(v, out);
    put_commits(v, out);
    put_slots(v, out);
    put_errors(v, out);
    put_jobs(v, out);
    if (tables)
        put_tables(v, out);
    buf_str(out, "# EOF\n");
}
