/*
 * A statement's tokens as a list, and the small steps that all readers of statements share
 * (parse.h).
 */
#include "source/mysql/ddl/parse.h"
#include <ctype.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <wctype.h>
#include "base/charset.h"

int ddl_parser(struct ddl_parser *p, struct slice sql, const struct ddl_context *ctx,
               struct arena *a, struct err *err)
{
    struct ddl_lexer l = ddl_lexer(sql, ctx);
    size_t cap = 64;
    *p = (struct ddl_parser){ .sql = sql, .ctx = ctx, .a = a, .err = err };
    p->tokens = arena_alloc(a, cap * sizeof *p->tokens);
    if (ddl_skip_wrapper(&l, err))
        return -1;
    do {
        if (p->n == cap) {
            struct ddl_token *more = arena_alloc(a, 2 * cap * sizeof *more);
            memcpy(more, p->tokens, cap * sizeof *more);
            p->tokens = more;
            cap *= 2;
        }
        if (ddl_lex(&l, &p->tokens[p->n], err))
            return -1;
    } while (p->tokens[p->n++].kind != TOK_END);
    return 0;
}

const struct ddl_token *ddl_peek(const struct ddl_parser *p, size_t ahead)
{
    return p->n - p->at > ahead ? &p->tokens[p->at + ahead] : &p->tokens[p->n - 1];
}

/* The number of tokens if the words come next; 0: they do not. */
static size_t words_ahead(const struct ddl_parser *p, const char *words)
{
    size_t count = 0;
    while (*words) {
        size_t n = strcspn(words, " ");
        const struct ddl_token *t = ddl_peek(p, count);
        if (t->kind != TOK_WORD || t->raw.n != n ||
            strncasecmp((const char *)t->raw.p, words, n) != 0)
            return 0;
        words += n + (words[n] == ' ');
        count++;
    }
    return count;
}

bool ddl_at(const struct ddl_parser *p, const char *words)
{
    return words_ahead(p, words) != 0;
}

bool ddl_take(struct ddl_parser *p, const char *words)
{
    size_t n = words_ahead(p, words);
    p->at += n;
    return n != 0;
}

bool ddl_at_char(const struct ddl_parser *p, char c)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    return t->kind == TOK_OTHER && t->raw.p[0] == (uint8_t)c;
}

bool ddl_take_char(struct ddl_parser *p, char c)
{
    if (!ddl_at_char(p, c))
        return false;
    p->at++;
    return true;
}

bool ddl_at_end(const struct ddl_parser *p)
{
    return ddl_peek(p, 0)->kind == TOK_END;
}

void ddl_next(struct ddl_parser *p)
{
    if (!ddl_at_end(p))
        p->at++;
}

int ddl_fail(struct ddl_parser *p, const char *what)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    size_t at = (size_t)(t->raw.p - p->sql.p), n = p->sql.n - at;
    if (t->kind == TOK_END)
        return err_set(p->err, ERR_DATA, "%s was expected at the end", what);
    return err_set(p->err, ERR_DATA, "%s was expected at byte %zu: %.*s", what, at,
                   (int)(n < 60 ? n : 60), (const char *)t->raw.p);
}

/* Returns the length in bytes of the first character of s; *ret: its code point. */
static size_t utf8_point(const char *s, uint32_t *ret)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 1;
    uint32_t point = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return *ret = p[0], 1;
        point = point << 6 | (p[i] & 0x3f);
    }
    *ret = point;
    return *p ? n : 0;
}

/*
 * The text as servers keep names and comments: in utf8mb3, where a character of four bytes becomes
 * a question mark.
 */
static const char *kept(const struct ddl_parser *p, const char *text)
{
    char *out = arena_strdup(p->a, text), *to = out;
    for (const char *s = out; *s; to++) {
        uint32_t point;
        size_t n = utf8_point(s, &point);
        *to = n == 4 ? '?' : *s;
        s += n == 4 ? n : 1;
    }
    *to = 0;
    return out;
}

const char *ddl_name(struct ddl_parser *p)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    if (t->kind != TOK_WORD && t->kind != TOK_NAME) {
        ddl_fail(p, "a name");
        return NULL;
    }
    p->at++;
    return kept(p, ddl_token_text(t, p->ctx, p->a));
}

const char *ddl_folded(const struct ddl_parser *p, const char *name)
{
    if (!name || !p->ctx->server->fold_names)
        return name;
    char *s = arena_strdup(p->a, name);
    for (char *c = s; *c; c++)
        *c = (char)((uint8_t)*c < 0x80 ? tolower(*c) : *c);
    return s;
}

/* MariaDB accepts table.column and database.table.column for a column of the table itself. */
const char *ddl_column_name(struct ddl_parser *p)
{
    const char *name = ddl_name(p);
    while (name && p->ctx->server->mariadb && ddl_take_char(p, '.'))
        name = ddl_name(p);
    return name;
}

int ddl_table_name(struct ddl_parser *p, const char **ret_database, const char **ret_table)
{
    ddl_take_char(p, '.');      /* .t is a table of the default database */
    const char *name = ddl_name(p), *database = p->ctx->database;
    if (name && ddl_take_char(p, '.')) {
        database = name;
        name = ddl_name(p);
    }
    if (!name)
        return -1;
    *ret_database = ddl_folded(p, database ? database : "");
    *ret_table = ddl_folded(p, name);
    return 0;
}

const char *ddl_value(struct ddl_parser *p)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    if (t->kind == TOK_END || t->kind == TOK_OTHER) {
        ddl_fail(p, "a value");
        return NULL;
    }
    p->at++;
    return ddl_token_text(t, p->ctx, p->a);
}

/*
 * For every server a comment is UTF-8. A server that accepts other bytes turns each into a question
 * mark.
 */
static const char *in_utf8(struct ddl_parser *p, const char *text)
{
    struct slice s = slice_str(text ? text : "");
    if (!text || utf8_is(s))
        return text;
    char *out = arena_strdup(p->a, text);
    for (size_t i = 0, n; i < s.n; i += n) {
        uint8_t lead = s.p[i];
        n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (n <= s.n - i && utf8_is(slice_of(s.p + i, n)))
            continue;
        out[i] = '?';
        n = 1;
    }
    return out;
}

const char *ddl_comment(struct ddl_parser *p, size_t most)
{
    const char *text = in_utf8(p, ddl_value(p));
    size_t chars = 0, n = 0;
    text = text ? kept(p, text) : NULL;
    for (; text && text[n]; n++) {
        chars += ((uint8_t)text[n] & 0xc0) != 0x80;
        if (chars > most)
            break;
    }
    return text && text[n] ? arena_printf(p->a, "%.*s", (int)n, text) : text;
}

int ddl_parens(struct ddl_parser *p, struct slice *ret)
{
    size_t depth = 0;
    if (!ddl_at_char(p, '('))
        return ddl_fail(p, "(");
    const uint8_t *from = ddl_peek(p, 1)->raw.p;
    do {
        if (ddl_at_end(p))
            return ddl_fail(p, ")");
        depth += ddl_at_char(p, '(');
        depth -= ddl_at_char(p, ')');
        p->at++;
    } while (depth);
    if (ret)
        *ret = slice_of(from, (size_t)(p->tokens[p->at - 1].raw.p - from));
    return 0;
}

void ddl_skip_item(struct ddl_parser *p)
{
    for (size_t depth = 0; !ddl_at_end(p); p->at++) {
        if (!depth && (ddl_at_char(p, ',') || ddl_at_char(p, ')')))
            return;
        depth += ddl_at_char(p, '(');
        depth -= ddl_at_char(p, ')');
    }
}

static locale_t unicode;    /* 0: the system has no such locale */

static void make_unicode(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
}

/*
 * The next character in lower case; 0 at the end. Each byte that is not UTF-8 counts as a
 * character.
 */
static wint_t folded(const char **s)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint32_t point;
    *s += utf8_point(*s, &point);
    if (point < 0x80)
        return (wint_t)tolower((int)point);
    pthread_once(&once, make_unicode);
    return unicode ? towlower_l((wint_t)point, unicode) : (wint_t)point;
}

/*
 * Compares as servers compare names of columns and indexes: without case, also beyond ASCII
 * (utf8mb3_general_ci's case folding).
 */
bool ddl_same(const char *a, const char *b)
{
    wint_t x, y;
    do {
        x = folded(&a);
        y = folded(&b);
    } while (x == y && x);
    return x == y;
}
