/* Renders a comparison as metrics for Prometheus; d NULL: the comparison could not be made. */
#include "report/diff.h"

static void put_gauge(struct buf *out, const char *name, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void diff_metrics(const struct diff *d, int64_t now_s, struct buf *out)
{
    put_gauge(out, "tailrace_schema_diff_up", "1: the last comparison could be made");
    buf_printf(out, "tailrace_schema_diff_up %d\n", d != NULL);
    put_gauge(out, "tailrace_schema_diff_timestamp_seconds", "When the last comparison was tried.");
    buf_printf(out, "tailrace_schema_diff_timestamp_seconds %lld\n", (long long)now_s);
    if (!d)
        return;
    put_gauge(out, "tailrace_schema_diff_tables",
              "Tables by what their difference does to readers.");
    buf_printf(out,
               "tailrace_schema_diff_tables{impact=\"none\"} "
               "%zu\ntailrace_schema_diff_tables{impact=\"compatible\"} %zu\n"
               "tailrace_schema_diff_tables{impact=\"breaking\"} %zu\n",
               d->same, d->impacts[IMPACT_COMPATIBLE], d->impacts[IMPACT_BREAKING]);
}
