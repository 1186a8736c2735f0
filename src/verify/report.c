/* Writes what a run finds: a line for each difference and each table, as text or as JSON. */
#include <inttypes.h>
#include <time.h>
#include "base/json_out.h"
#include "base/readable.h"
#include "verify/verify.h"

const char *verify_kind_name(enum verify_kind k)
{
    static const char *const names[] = { "missing", "extra", "different", "wrong_key" };
    return names[k];
}

const char *verify_state_name(enum verify_state s)
{
    static const char *const names[] = { "equal", "different", "unsettled", "not compared" };
    return names[s];
}

static void end_line(const struct verify_report *r, struct buf *line)
{
    buf_str(line, "\n");
    fwrite(line->p, 1, line->n, r->out);
    buf_done(line);
    fflush(r->out);
}

static void put_raw(const struct json_out *j, const char *name, struct slice json)
{
    json_out_name(j, name);
    if (json.p)
        buf_put(j->to, json.p, json.n);
    else
        buf_str(j->to, "null");
}

static void put_text(const struct json_out *j, const char *name, struct slice text)
{
    if (text.p)
        json_out_slice(j, name, text);
}

/* ---- a difference ---- */

static void difference_json(const struct verify_report *r, const struct verify_difference *d)
{
    struct buf line = { 0 };
    const struct json_out j = { .to = &line };
    json_out_open(&j, NULL, '{');
    buf_str(&line, "\"table\":");
    struct buf name = { 0 };
    buf_printf(&name, "%s.%s", d->schema, d->table);
    buf_json_str(&line, buf_slice(&name));
    buf_done(&name);
    json_out_text(&j, "topic", d->topic);
    json_out_text(&j, "difference", verify_kind_name(d->kind));
    put_raw(&j, "key", d->key);
    json_out_open(&j, "columns", '[');
    for (size_t i = 0; i < d->ncolumns; i++) {
        json_out_open(&j, NULL, '{');
        json_out_text(&j, "name", d->columns[i].name);
        if (d->kind != VERIFY_WRONG_KEY)
            put_raw(&j, "source", d->columns[i].source);
        put_raw(&j, "topic", d->columns[i].topic);
        json_out_close(&j, '}');
    }
    json_out_close(&j, ']');
    if (d->offset >= 0) {
        json_out_number(&j, "partition", d->partition);
        json_out_number(&j, "offset", d->offset);
        json_out_number(&j, "time_ms", d->time_ms);
        put_text(&j, "place", d->place);
    }
    put_text(&j, "read_at", d->read_at);
    json_out_close(&j, '}');
    end_line(r, &line);
}

static void put_value(struct buf *out, struct slice v)
{
    if (v.p)
        buf_put(out, v.p, v.n);
    else
        buf_str(out, "nothing");
}

static void put_columns(struct buf *out, const struct verify_difference *d)
{
    for (size_t i = 0; i < d->ncolumns; i++) {
        buf_printf(out, "%s %s: ", i ? "," : "", d->columns[i].name);
        put_value(out, d->columns[i].source);
        buf_str(out, " in the source, ");
        put_value(out, d->columns[i].topic);
        buf_str(out, " in the topic");
    }
    if (!d->ncolumns)
        buf_str(out, " the topic's record cannot be read");
}

static void put_record(struct buf *out, const struct verify_difference *d)
{
    char when[32] = "";
    time_t s = (time_t)(d->time_ms / 1000);
    struct tm tm;
    if (d->offset < 0)
        return;
    if (d->time_ms > 0 && gmtime_r(&s, &tm))
        strftime(when, sizeof when, ", %Y-%m-%dT%H:%M:%SZ", &tm);
    buf_printf(out, " (partition %d, offset %" PRId64 "%s%s%.*s)", d->partition, d->offset, when,
               d->place.n ? ", from " : "", (int)d->place.n, (const char *)d->place.p);
}

static void difference_text(const struct verify_report *r, const struct verify_difference *d)
{
    struct buf line = { 0 };
    buf_printf(&line, "  %-9s ",
               d->kind == VERIFY_WRONG_KEY ? "wrong key" : verify_kind_name(d->kind));
    buf_put(&line, d->key.p, d->key.n);
    if (d->kind == VERIFY_DIFFERENT)
        put_columns(&line, d);
    for (size_t i = 0; d->kind == VERIFY_WRONG_KEY && i < d->ncolumns; i++) {
        buf_printf(&line, "%s %s: ", i ? "," : "", d->columns[i].name);
        put_value(&line, d->columns[i].topic);
        buf_str(&line, " in the row");
    }
    put_record(&line, d);
    if (d->read_at.n)
        buf_printf(&line, " (read at %.*s)", (int)d->read_at.n, (const char *)d->read_at.p);
    end_line(r, &line);
}

void verify_say_difference(void *report, const struct verify_difference *d)
{
    struct verify_report *r = report;
    if (r->listed++ >= r->list)
        return;
    if (r->json)
        difference_json(r, d);
    else
        difference_text(r, d);
}

/* ---- a table ---- */

static void table_json(const struct verify_report *r, const struct verify_table *t)
{
    struct buf line = { 0 }, name = { 0 };
    const struct json_out j = { .to = &line };
    buf_printf(&name, "%s.%s", t->schema, t->table);
    json_out_open(&j, NULL, '{');
    json_out_slice(&j, "table", buf_slice(&name));
    json_out_text(&j, "topic", t->topic);
    json_out_text(&j, "state", verify_state_name(t->state));
    json_out_text(&j, "why", *t->why ? t->why : NULL);
    json_out_count(&j, "rows", t->rows);
    json_out_count(&j, "keys", t->keys);
    json_out_count(&j, "records", t->records);
    for (int k = 0; k < VERIFY_KINDS; k++)
        json_out_count(&j, verify_kind_name((enum verify_kind)k), t->found[k]);
    json_out_count(&j, "unsettled", t->unsettled);
    json_out_count(&j, "meanwhile", t->meanwhile);
    json_out_count(&j, "unsaid", t->unsaid);
    json_out_count(&j, "without_key", t->strange);
    json_out_flag(&j, "extras_looked_for", !t->no_extras);
    json_out_flag(&j, "retention_deleted", t->forgotten);
    if (t->from.n) {
        put_raw(&j, "position_from", t->from);
        put_raw(&j, "position_to", t->to);
    }
    json_out_number(&j, "looks", t->looks);
    json_out_count(&j, "bytes", t->bytes);
    json_out_name(&j, "reading_seconds");
    buf_printf(&line, "%.3f", t->reading_s);
    json_out_name(&j, "seconds");
    buf_printf(&line, "%.3f", t->seconds);
    json_out_close(&j, '}');
    buf_done(&name);
    end_line(r, &line);
}

static void put_count(struct buf *out, uint64_t n, const char *what)
{
    if (!n)
        return;
    buf_str(out, ", ");
    readable_count(n, ",", out);
    buf_printf(out, " %s", what);
}

static void put_notes(struct buf *out, const struct verify_report *r, const struct verify_table *t)
{
    put_count(out, t->unsettled, "not settled: the feed has not come so far");
    put_count(out, t->meanwhile, "came or moved meanwhile: the next run compares them");
    put_count(out, t->unsaid, "values not compared: their record does not say them");
    put_count(out, t->strange, "records without a key");
    if (t->no_extras)
        buf_str(out, "; extra rows were not looked for: the feed writes no deletes");
    if (t->forgotten)
        buf_str(out, "; the topic's retention has deleted its first records");
    if (r->listed > r->list) {
        buf_str(out, "; ");
        readable_count(r->listed - r->list, ",", out);
        buf_str(out, " differences are not listed (--limit)");
    }
}

static void table_text(const struct verify_report *r, const struct verify_table *t)
{
    static const char *const kinds[] = { "missing in the topic", "extra there", "different",
                                         "under a wrong key" };
    struct buf line = { 0 };
    buf_printf(&line, "%s.%s: %s", t->schema, t->table, verify_state_name(t->state));
    if (t->state == VERIFY_NOT_COMPARED) {
        buf_printf(&line, ": %s", t->why);
        end_line(r, &line);
        return;
    }
    for (int k = 0; k < VERIFY_KINDS; k++)
        put_count(&line, t->found[k], kinds[k]);
    put_notes(&line, r, t);
    buf_str(&line, " (");
    readable_count(t->rows, ",", &line);
    buf_str(&line, " rows, ");
    readable_count(t->keys, ",", &line);
    buf_printf(&line, " keys in topic %s; ", t->topic);
    readable_bytes(t->bytes, &line);
    buf_printf(&line, " read in %.1f s, all in %.1f s)", t->reading_s, t->seconds);
    end_line(r, &line);
}

void verify_say_table(void *report, const struct verify_table *t)
{
    struct verify_report *r = report;
    if (r->json)
        table_json(r, t);
    else
        table_text(r, t);
    r->listed = 0;
}
