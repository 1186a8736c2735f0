/* Writes a log line as text, logfmt or JSON. For that it takes apart the pairs that log_format.c
 * made. */
#include "base/log_line.h"
#include <ctype.h>
#include <string.h>
#include "base/json_out.h"

struct pair {
    struct slice key, value;
    bool quoted;
};

static bool in_key(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The length of the key that begins at p and is followed by =; 0: there is none. */
static size_t key_at(const char *p, const char *end)
{
    size_t n = 0;
    while (p + n < end && in_key(p[n]))
        n++;
    return n && isalpha((unsigned char)*p) && p + n < end && p[n] == '=' ? n : 0;
}

/* True at a backslash that log_format.c put before a character that would end a value. */
static bool at_escape(const char *p, const char *end)
{
    return *p == '\\' && p + 1 < end && strchr("\"\\ ", p[1]) && p[1];
}

/* The next " KEY=" at p or after; end: there is none. */
static const char *pairs_of(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == ' ' && key_at(p + 1, end))
            return p;
        p += at_escape(p, end);
    }
    return end;
}

const char *log_line_pairs(const char *fmt)
{
    return pairs_of(fmt, fmt + strlen(fmt));
}

/* The quote that ends a value: the pairs end after it, or another pair begins. NULL: none. */
static const char *quote_end(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '"' && (p + 1 == end || (p[1] == ' ' && key_at(p + 2, end))))
            return p;
        p += at_escape(p, end);
    }
    return NULL;
}

/* Takes the pair at *at, which is at a " KEY=", and moves *at to the next one. */
static struct pair take_pair(const char **at, const char *end)
{
    const char *key = *at + 1, *eq = memchr(key, '=', (size_t)(end - key)), *value = eq + 1;
    const char *quote = value < end && *value == '"' ? quote_end(value + 1, end) : NULL;
    *at = quote ? quote + 1 : pairs_of(value, end);
    return (struct pair){
        slice_of(key, (size_t)(eq - key)),
        quote ? slice_of(value + 1, (size_t)(quote - value - 1))
              : slice_of(value, (size_t)(*at - value)),
        quote != NULL,
    };
}

/* Appends the value without the backslashes that log_line_format() put. */
static void put_plain(const struct pair *one, struct buf *out)
{
    const char *p = (const char *)one->value.p, *end = p + one->value.n;
    for (; p < end; p++) {
        p += at_escape(p, end);
        buf_u8(out, (uint8_t)*p);
    }
}

/* ---- forms ---- */

/* Appends the value: plain if it is one word, else quoted. */
static void put_value(struct slice value, struct buf *out)
{
    bool plain = value.n > 0;
    for (size_t i = 0; i < value.n; i++)
        plain &= value.p[i] > ' ' && value.p[i] != '"' && value.p[i] != '=' && value.p[i] != '\\';
    if (plain)
        buf_put(out, value.p, value.n);
    else
        buf_json_str(out, value);
}

static void put_member(enum log_format format, struct slice key, struct slice value,
                       struct buf *out)
{
    const struct json_out j = { out, true };
    static const char *const ours[] = { "time", "level", "message", "feed" };
    char name[64];
    size_t n = key.n < sizeof name - 2 ? key.n : sizeof name - 2;
    memcpy(name, key.p, n);
    name[n] = 0;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(name, ours[i]) == 0)
            strcpy(name + n, "_");
    if (format == LOG_JSON) {
        json_out_slice(&j, name, value);
        return;
    }
    buf_printf(out, " %s=", name);
    put_value(value, out);
}

static void put_head(enum log_format format, const struct log_line *l, struct slice message,
                     struct buf *out)
{
    const struct json_out j = { out, true };
    if (format == LOG_JSON) {
        json_out_open(&j, NULL, '{');
        json_out_text(&j, "time", l->time);
        json_out_text(&j, "level", log_level_names[l->level]);
        json_out_text(&j, "feed", l->feed);
        json_out_slice(&j, "message", message);
        return;
    }
    buf_printf(out, "time=%s level=%s", l->time, log_level_names[l->level]);
    if (l->feed)
        buf_printf(out, " feed=%s", l->feed);
    buf_str(out, " message=");
    buf_json_str(out, message);
}

/* The line for people, as it was logged. */
static void put_text(const struct log_line *l, struct buf *out)
{
    const char *at = (const char *)l->pairs.p, *end = at + l->pairs.n;
    buf_printf(out, "%s %s ", l->time, log_level_names[l->level]);
    buf_put(out, l->message.p, l->message.n);
    while (at < end) {
        struct pair one = take_pair(&at, end);
        buf_printf(out, " %.*s=%s", (int)one.key.n, (const char *)one.key.p,
                   one.quoted ? "\"" : "");
        put_plain(&one, out);
        buf_str(out, one.quoted ? "\"" : "");
    }
    if (l->feed)
        buf_printf(out, " feed=%s", l->feed);
}

/* A line of a thread without a feed may name one in its pairs: finds it. */
static void find_feed(const char *at, const char *end, struct buf *feed)
{
    while (at < end && !feed->n) {
        struct pair one = take_pair(&at, end);
        if (slice_eq(one.key, slice_str("feed")))
            put_plain(&one, feed);
    }
}

static void put_members(enum log_format format, const char *at, const char *end, struct buf *out)
{
    struct buf value = { 0 };
    while (at < end) {
        struct pair one = take_pair(&at, end);
        value.n = 0;
        put_plain(&one, &value);
        if (!slice_eq(one.key, slice_str("feed")))
            put_member(format, one.key, buf_slice(&value), out);
    }
    buf_done(&value);
}

void log_line_put(enum log_format format, const struct log_line *l, struct buf *out)
{
    if (format == LOG_TEXT) {
        put_text(l, out);
        return;
    }
    const char *at = (const char *)l->pairs.p, *end = at + l->pairs.n;
    struct log_line whole = *l;
    struct buf feed = { 0 };
    if (!l->feed)
        find_feed(at, end, &feed);
    if (feed.n)
        whole.feed = buf_cstr(&feed);
    put_head(format, &whole, l->message, out);
    put_members(format, at, end, out);
    if (format == LOG_JSON)
        buf_u8(out, '}');
    buf_done(&feed);
}
