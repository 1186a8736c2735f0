/*
 * Strings whose character set is not the statement's: what a server stores for them in a column of
 * a given set (type.h).
 */
#include "source/mysql/ddl/type.h"
#include <string.h>
#include "base/charset.h"

static bool is_string(const struct ddl_token *t)
{
    return t->kind == TOK_STRING || t->kind == TOK_BYTES || t->kind == TOK_BITS;
}

static bool is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

static bool is_binary(const char *charset)
{
    return charset && strcmp(charset, "binary") == 0;
}

/* 'a' 'b' is one string, ab. */
static struct slice joined(struct ddl_parser *p)
{
    struct buf all = { 0 };
    do {
        struct slice one = ddl_token_bytes(ddl_peek(p, 0), p->ctx, p->a);
        buf_put(&all, one.p, one.n);
        ddl_next(p);
    } while (ddl_peek(p, 0)->kind == TOK_STRING);
    buf_u8(&all, 0);
    struct slice s = arena_dup(p->a, buf_slice(&all));
    buf_done(&all);
    return slice_of(s.p, s.n - 1);
}

/*
 * A server first converts a string without an introducer into the connection's set. A character
 * that this set lacks becomes a question mark, whatever the column's set.
 */
static struct slice connected(const struct ddl_parser *p, struct slice s)
{
    const char *set = p->ctx->connection;
    if (!set || is_binary(set) || strcmp(set, "utf8mb4") == 0 || is_ascii(s) || !utf8_is(s))
        return s;
    struct buf bytes = { 0 }, text = { 0 };
    bool all, known = !charset_encode(set, s, &bytes) &&
                      !charset_decode(set, buf_slice(&bytes), &text, &all);
    buf_u8(&text, 0);
    struct slice out = known ? arena_dup(p->a, buf_slice(&text)) : s;
    buf_done(&bytes);
    buf_done(&text);
    return known ? slice_of(out.p, out.n - 1) : s;
}

int ddl_string_read(struct ddl_parser *p, struct ddl_string *ret)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    const char *charset = NULL;
    *ret = (struct ddl_string){ 0 };
    if (t->kind == TOK_WORD && t->raw.p[0] == '_' && is_string(ddl_peek(p, 1))) {
        charset = ddl_charset_name(p, ddl_token_text(t, p->ctx, p->a) + 1);
        ddl_next(p);
        t = ddl_peek(p, 0);
    }
    if (!is_string(t))
        return 0;
    struct slice s = t->kind == TOK_STRING ? joined(p) : ddl_token_bytes(t, p->ctx, p->a);
    if (t->kind != TOK_STRING)
        ddl_next(p);
    if (t->kind == TOK_STRING && !charset && !is_binary(p->ctx->charset))
        s = connected(p, s);
    ret->text = (const char *)s.p;
    ret->quoted = t->kind == TOK_STRING;
    ret->charset = is_binary(charset) ? NULL : charset;
    if (t->kind != TOK_STRING || charset || is_binary(p->ctx->charset) || memchr(s.p, 0, s.n))
        ret->bytes = s;
    if (t->kind == TOK_STRING && !charset && !is_binary(p->ctx->charset))
        ret->charset = "utf8mb4";
    return 1;
}

/* Bytes in a set of wide characters get the missing zeros in front. */
static struct slice padded(const struct ddl_parser *p, struct slice s, const char *charset)
{
    bool two = strcmp(charset, "ucs2") == 0 || strncmp(charset, "utf16", 5) == 0;
    size_t unit = strcmp(charset, "utf32") == 0 ? 4
                  : two                         ? 2
                                                : 1,
           missing = (unit - s.n % unit) % unit;
    if (!missing)
        return s;
    uint8_t *to = arena_alloc(p->a, missing + s.n);
    memset(to, 0, missing);
    memcpy(to + missing, s.p, s.n);
    return slice_of(to, missing + s.n);
}

const char *ddl_string_text(const struct ddl_parser *p, const struct ddl_string *s,
                            const char *charset)
{
    const struct charset *set;
    struct buf out = { 0 };
    const char *from = s->charset ? s->charset : charset;
    /* NULL: the bytes are the string's own */
    const char *sent = s->quoted ? p->ctx->charset : NULL;
    bool own = sent && s->charset && strcmp(s->charset, sent) == 0;
    if (!s->bytes.p || (own && !memchr(s->bytes.p, 0, s->bytes.n)))
        return utf8_is(slice_str(s->text)) ? s->text : NULL;
    /*
     * A string that was sent in another set than UTF-8 is known only as UTF-8. An introducer does
     * not mean that.
     */
    bool same = !sent || !s->charset || strcmp(s->charset, "utf8mb4") == 0 || is_ascii(s->bytes);
    if (!same || !from || charset_find(from, &set) ||
        charset_put(set, padded(p, s->bytes, from), &out)) {
        buf_done(&out);
        return NULL;
    }
    const char *text = !utf8_is(buf_slice(&out)) || memchr(out.p, 0, out.n)
                           ? NULL
                           : arena_printf(p->a, "%.*s", (int)out.n, (const char *)out.p);
    buf_done(&out);
    return text;
}

/*
 * The number of bytes that MySQL reads of a utf8mb4 label: it stops at a byte that needs more bytes
 * than there are.
 */
static size_t complete(struct slice s)
{
    size_t i = 0;
    while (i < s.n) {
        uint8_t c = s.p[i];
        size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (s.n - i < n)
            break;
        i += utf8_is(slice_of(s.p + i, n)) ? n : 1;
    }
    return i;
}

bool ddl_label_is_bytes(const struct ddl_parser *p, struct slice label, const char *charset)
{
    bool mb3 = strcmp(charset, "utf8") == 0 || strcmp(charset, "utf8mb3") == 0;
    bool four = false;
    for (size_t i = 0; i < label.n; i++)
        four |= label.p[i] >= 0xf0;
    return !p->ctx->server->mariadb && (mb3 || is_binary(charset)) && (four || !utf8_is(label));
}

/*
 * The catalog writes a byte below 16 with one digit, which makes the label unreadable: p NULL then.
 */
static struct slice readable_bytes(struct slice label)
{
    bool all = true;
    for (size_t i = 0; i < label.n; i++)
        all &= label.p[i] >= 0x10;
    return all ? label : (struct slice){ NULL, 0 };
}

struct slice ddl_label_decode(const struct ddl_parser *p, struct slice bytes, const char *charset)
{
    struct buf out = { 0 };
    if (ddl_label_is_bytes(p, bytes, charset))
        return readable_bytes(bytes);
    bool mysql = !p->ctx->server->mariadb, utf8mb4 = strcmp(charset, "utf8mb4") == 0, all;
    if (mysql && utf8mb4)
        bytes.n = complete(bytes);
    struct slice s = !charset_decode(charset, bytes, &out, &all) ? arena_dup(p->a, buf_slice(&out))
                                                                 : (struct slice){ NULL, 0 };
    buf_done(&out);
    return s;
}

struct slice ddl_label_encode(const struct ddl_parser *p, struct slice text, const char *charset)
{
    struct buf out = { 0 };
    struct slice s = { NULL, 0 };
    if (!charset_encode(charset, text, &out))
        s = arena_dup(p->a, buf_slice(&out));
    buf_done(&out);
    return s;
}

struct slice ddl_string_label(const struct ddl_parser *p, const struct ddl_string *s,
                              const char *charset)
{
    const struct charset *set;
    struct slice written = s->bytes.p ? s->bytes : slice_str(s->text);
    if (charset_find(charset, &set))
        return written;
    /* the bytes are in the connection's set */
    if (is_binary(charset) && s->quoted && !s->bytes.p) {
        struct slice sent = ddl_string_bytes(p, s);
        return sent.p ? ddl_label_decode(p, sent, charset) : sent;
    }
    bool own = s->bytes.p && !s->charset;       /* bytes in the column's set */
    if (!own && !utf8_is(written))
        return (struct slice){ NULL, 0 };
    struct slice bytes = own ? padded(p, s->bytes, charset) : ddl_label_encode(p, written, charset);
    return bytes.p ? ddl_label_decode(p, bytes, charset) : bytes;
}

/* A string without an introducer has the bytes of the connection's set. */
struct slice ddl_string_bytes(const struct ddl_parser *p, const struct ddl_string *s)
{
    struct slice text = s->bytes.p ? s->bytes : slice_str(s->text);
    const char *to = p->ctx->connection;
    if (to && s->quoted && s->charset && !s->bytes.p)
        return strncmp(to, "utf8", 4) == 0 || is_binary(to) ? text : ddl_label_encode(p, text, to);
    bool sent_as_is = !p->ctx->charset || is_binary(p->ctx->charset) || (s->bytes.p && !s->quoted);
    return sent_as_is || is_ascii(text) ? text : (struct slice){ NULL, 0 };
}
