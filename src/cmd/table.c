/* Formats how feeds stand as a table: `tailrace status` prints it once, `tailrace top`
 * repeatedly. */
#include "cmd/table.h"
#include <jansson.h>
#include <string.h>
#include "base/escape.h"
#include "base/readable.h"

enum { COLUMNS = 6, ROOM = 300 };

static const char *const heads[COLUMNS] = { "FEED", "STATE", "LATE", "BEHIND", "ROWS/S",
                                            "POSITION" };

struct row { char cells[COLUMNS][ROOM]; };

static const char *text_of(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s ? s : "";
}

static void set(char *cell, struct buf *text)
{
    snprintf(cell, ROOM, "%s", text->n ? buf_cstr(text) : "-");
    text->n = 0;
}

/* The position in the form that people use. The source's own text has more; --json shows all of
 * it. */
static void put_position(const char *position, struct buf *out)
{
    json_t *o = json_loads(position, 0, NULL);
    const char *lsn = text_of(o, "lsn"), *file = text_of(o, "file");
    if (*lsn)
        buf_str(out, lsn);
    else if (*file)
        buf_printf(out, "%s:%lld", file, (long long)json_integer_value(json_object_get(o, "pos")));
    else
        escape_line(slice_str(position), out);
    json_decref(o);
}

static void fill(const json_t *feed, struct row *ret)
{
    struct buf b = { 0 };
    const json_t *late = json_object_get(feed, "lag_s");
    const json_t *behind = json_object_get(feed, "lag_bytes");
    const char *reason = text_of(feed, "reason");
    escape_line(slice_str(text_of(feed, "name")), &b);
    set(ret->cells[0], &b);
    buf_printf(&b, "%s%s%s", text_of(feed, "state"), *reason ? ", " : "", reason);
    set(ret->cells[1], &b);
    if (json_is_number(late))
        readable_span(json_number_value(late), &b);
    set(ret->cells[2], &b);
    if (json_is_integer(behind))
        readable_bytes((uint64_t)json_integer_value(behind), &b);
    set(ret->cells[3], &b);
    readable_count((uint64_t)json_integer_value(json_object_get(feed, "rows_per_s")), ",", &b);
    set(ret->cells[4], &b);
    put_position(text_of(feed, "position"), &b);
    set(ret->cells[5], &b);
    buf_done(&b);
}

static void measure(const struct row *r, int *widths)
{
    for (int i = 0; i < COLUMNS; i++) {
        int n = (int)strlen(r->cells[i]);
        widths[i] = n > widths[i] ? n : widths[i];
    }
}

/* Numbers are aligned to the right. */
static void put_row(const struct row *r, const int *widths, size_t width, struct buf *out)
{
    struct buf line = { 0 };
    for (int i = 0; i < COLUMNS; i++) {
        bool number = i >= 2 && i <= 4;
        const char *end = i + 1 < COLUMNS ? "  " : "";
        buf_printf(&line, "%*s%s", number ? widths[i] : i + 1 < COLUMNS ? -widths[i] : 0,
                   r->cells[i], end);
    }
    buf_put(out, line.p, width && line.n > width ? width : line.n);
    buf_u8(out, '\n');
    buf_done(&line);
}

static int urgency_of(const json_t *feed)
{
    return (int)json_integer_value(json_object_get(feed, "urgency"));
}

static void put_error(const json_t *feed, double now_ms, struct buf *out)
{
    const json_t *e = json_object_get(feed, "last_error");
    if (!e || !urgency_of(feed))
        return;
    buf_u8(out, '\n');
    escape_line(slice_str(text_of(feed, "name")), out);
    buf_printf(out, ": %s, ", text_of(e, "class"));
    readable_span((now_ms - (double)json_integer_value(json_object_get(e, "at_ms"))) / 1000, out);
    buf_str(out, " ago: ");
    escape_line(slice_str(text_of(e, "text")), out);
    buf_printf(out, "\n  -> %s\n", text_of(e, "todo"));
}

void table_put(const json_t *answer, size_t width, struct buf *out)
{
    const json_t *feeds = json_object_get(answer, "feeds");
    double now_ms = json_number_value(json_object_get(answer, "now_ms"));
    int widths[COLUMNS] = { 0 };
    struct row r;
    json_t *feed;
    size_t i;
    for (int c = 0; c < COLUMNS; c++)
        widths[c] = (int)strlen(heads[c]);
    json_array_foreach(feeds, i, feed) {
        fill(feed, &r);
        measure(&r, widths);
    }
    for (int c = 0; c < COLUMNS; c++)
        snprintf(r.cells[c], ROOM, "%s", heads[c]);
    put_row(&r, widths, width, out);
    json_array_foreach(feeds, i, feed) {
        fill(feed, &r);
        put_row(&r, widths, width, out);
    }
    json_array_foreach(feeds, i, feed)
        put_error(feed, now_ms, out);
}

int table_urgency(const json_t *answer)
{
    int worst = 0;
    json_t *feed;
    size_t i;
    json_array_foreach(json_object_get(answer, "feeds"), i, feed)
        worst = urgency_of(feed) > worst ? urgency_of(feed) : worst;
    return worst;
}
