/* Shows how far a backfill is: as a bar, as lines or as JSON, from job_status. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/readable.h"
#include "cmd/config.h"
#include "serve/control.h"

enum { BAR = 20, TERMINAL_US = 200000, JSON_US = 1000000, LINE_US = 60000000, SMOOTH_S = 3 };

void progress_begin(struct progress *p, bool json)
{
    *p = (struct progress){ .json = json, .terminal = !json && isatty(STDERR_FILENO) };
    if (!json && !p->terminal)
        p->shown_us = clock_mono_us();      /* the first line comes after the first minute */
}

static void put_duration(struct buf *out, double seconds)
{
    uint64_t s = (uint64_t)seconds;
    if (s >= 3600)
        buf_printf(out, "%" PRIu64 ":", s / 3600);
    buf_printf(out, s >= 3600 ? "%02" PRIu64 ":%02" PRIu64 : "%" PRIu64 ":%02" PRIu64,
               s % 3600 / 60, s % 60);
}

/* How much is read, by the estimate. It reaches 1 only at the end. */
static double share(const struct job_status *s)
{
    if (s->state == JOB_DONE)
        return 1;
    double part = s->rows_expected ? (double)s->rows / (double)s->rows_expected : 0;
    return part > 0.99 ? 0.99 : part;
}

static void put_bar(struct progress *p, const struct job_status *s)
{
    buf_u8(&p->line, '[');
    for (int i = 0; i < BAR; i++)
        buf_u8(&p->line, share(s) * BAR > i ? '#' : '.');
    buf_str(&p->line, "] ");
}

static void put_text(struct progress *p, const struct job_status *s)
{
    static const char *const states[] = { "", "paused ", "done ", "cancelled ", "failed " };
    struct buf *out = &p->line;
    buf_printf(out, "%3.0f %%  %s%s  ", share(s) * 100, states[s->state],
               *s->table ? s->table : s->tables);
    readable_count(s->rows, ",", out);
    buf_str(out, " rows  ");
    readable_bytes(s->bytes, out);
    buf_str(out, "  ");
    readable_count((uint64_t)p->rate, ",", out);
    buf_str(out, " rows/s");
    if (s->state == JOB_RUNNING && p->rate > 1 && s->rows_expected > s->rows) {
        buf_str(out, "  ETA ");
        put_duration(out, (double)(s->rows_expected - s->rows) / p->rate);
    }
    if (s->tables_all > 1)
        buf_printf(out, "  table %u of %u",
                   s->tables_done < s->tables_all ? s->tables_done + 1 : s->tables_all,
                   s->tables_all);
    if (*s->why)
        buf_printf(out, "  %s", s->why);
}

/* The rate over the last seconds, because rows come in chunks; at the end, over the whole time. */
static void measure(struct progress *p, const struct job_status *s, bool last)
{
    double since = last ? 0 : p->seconds;
    uint64_t rows = last ? 0 : p->rows;
    if (s->seconds > since && s->rows >= rows) {
        double took = s->seconds - since, rate = (double)(s->rows - rows) / took;
        p->rate =
            last || p->rate <= 0 ? rate : p->rate + (rate - p->rate) * took / (took + SMOOTH_S);
    }
    p->seconds = s->seconds;
    p->rows = s->rows;
}

void progress_show(struct progress *p, const struct job_status *s, bool last)
{
    int64_t now = clock_mono_us(), every = p->json ? JSON_US : p->terminal ? TERMINAL_US : LINE_US;
    if (!last && p->shown_us && now - p->shown_us < every)
        return;
    p->shown_us = now;
    measure(p, s, last);
    p->line.n = 0;
    if (p->json) {
        control_put_job(s, &p->line);
        printf("%s\n", buf_cstr(&p->line));
        fflush(stdout);
        return;
    }
    if (p->terminal)
        put_bar(p, s);
    put_text(p, s);
    fprintf(stderr, p->terminal ? "\r%s\033[K%s" : "%s%s", buf_cstr(&p->line),
            last || !p->terminal ? "\n" : "");
}

void progress_end(struct progress *p)
{
    buf_done(&p->line);
}
