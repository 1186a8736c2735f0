/*
 * Splits a statement into tokens as the server at hand does: executable comments, quotes, sql_mode
 * (lex.h). parse.c and script.c use it.
 */
#include "source/mysql/ddl/lex.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

struct ddl_lexer ddl_lexer(struct slice sql, const struct ddl_context *ctx)
{
    return (struct ddl_lexer){ .sql = sql, .ctx = ctx };
}

static int peek(const struct ddl_lexer *l, size_t ahead)
{
    return l->sql.n - l->at > ahead ? l->sql.p[l->at + ahead] : 0;
}

bool ddl_name_char(int c)
{
    return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

static int unclosed(const struct ddl_lexer *l, const char *what, struct err *err)
{
    return err_set(err, ERR_DATA, "%s at byte %zu is not closed", what, l->at);
}

/* ---- comments ---- */

static void skip_line(struct ddl_lexer *l)
{
    while (l->at < l->sql.n && l->sql.p[l->at] != '\n')
        l->at++;
}

/*
 * Skips the comment that begins here. A plain comment ends at the first end mark. A comment that is
 * not executed may contain plain ones (consume_comment() in sql_lex.cc).
 */
static int skip_comment(struct ddl_lexer *l, bool holds_others, struct err *err)
{
    bool inside = false;
    for (size_t at = l->at + 2; at + 1 < l->sql.n; at++) {
        const uint8_t *p = l->sql.p + at;
        bool begins = p[0] == '/' && p[1] == '*', ends = p[0] == '*' && p[1] == '/';
        if (ends && !inside) {
            l->at = at + 2;
            return 0;
        }
        if (ends || (begins && holds_others && !inside)) {
            inside = begins;
            at++;
        }
    }
    return unclosed(l, "a comment", err);
}

/*
 * Does the server execute the text after the exclamation mark? MariaDB skips a comment that only
 * MySQL 5.7 and later should execute.
 */
static bool executes(const struct mysql_dialect *server, bool for_mariadb, unsigned long version)
{
    if (server->mariadb && !for_mariadb && version >= 50700 && version <= 99999)
        return false;
    return !server->version || version <= server->version;
}

/*
 * Reads the version: five or six digits, `from` bytes ahead. Returns the number of digits; 0: there
 * is no version. MySQL takes a sixth digit only before a blank.
 */
static size_t version_at(const struct ddl_lexer *l, size_t from, unsigned long *ret)
{
    size_t digits = 0;
    *ret = 0;
    while (digits < 6 && isdigit(peek(l, from + digits)))
        *ret = *ret * 10 + (unsigned long)(peek(l, from + digits++) - '0');
    if (digits == 6 && !l->ctx->server->mariadb && !isspace(peek(l, from + digits))) {
        *ret /= 10;
        digits = 5;
    }
    return digits < 5 ? 0 : digits;
}

/*
 * At the slash of a comment. A server that does not execute a comment replaces its exclamation mark
 * with a blank before it logs the statement.
 */
static int enter_comment(struct ddl_lexer *l, struct err *err)
{
    bool for_mariadb = peek(l, 2) == 'M' && (peek(l, 3) == '!' || peek(l, 3) == ' ');
    size_t from = for_mariadb ? 4 : 3;
    unsigned long version;
    size_t digits = version_at(l, from, &version);
    if (for_mariadb && !l->ctx->server->mariadb)
        return skip_comment(l, false, err);     /* as any other comment */
    bool runs = !digits || executes(l->ctx->server, for_mariadb, version);
    if (peek(l, from - 1) != '!')
        return skip_comment(l, peek(l, from - 1) == ' ' && !runs, err);
    if (!runs)
        return skip_comment(l, true, err);
    l->at += from + digits;
    l->executing = true;
    return 0;
}

static bool dashes(const struct ddl_lexer *l)
{
    if (peek(l, 0) != '-' || peek(l, 1) != '-')
        return false;
    return l->sql.n - l->at == 2 || isspace(peek(l, 2)) || iscntrl(peek(l, 2));
}

/*
 * Is the no-break space here a blank? It is for the servers in a one-byte set such as latin1. In
 * UTF-8 it is part of a name.
 */
static bool no_break(const struct ddl_lexer *l, size_t ahead)
{
    return l->ctx->charset && peek(l, ahead) == 0xc2 && peek(l, ahead + 1) == 0xa0;
}

static int skip_blanks(struct ddl_lexer *l, struct err *err)
{
    while (l->at < l->sql.n) {
        int c = peek(l, 0);
        if (isspace(c) || c == 0) {
            l->at++;
        } else if (no_break(l, 0)) {
            l->at += 2;
        } else if (c == '#' || dashes(l)) {
            skip_line(l);
        } else if (c == '/' && peek(l, 1) == '*') {
            if (enter_comment(l, err))
                return -1;
        } else if (c == '*' && peek(l, 1) == '/' && l->executing) {
            l->at += 2;
            l->executing = false;
        } else {
            return 0;
        }
    }
    return 0;
}

/* ---- tokens ---- */

static void take(struct ddl_lexer *l, enum ddl_token_kind kind, size_t n, struct ddl_token *ret)
{
    *ret = (struct ddl_token){ kind, slice_of(l->sql.p + l->at, n) };
    l->at += n;
    l->after_dot = false;
    if (kind == TOK_WORD || kind == TOK_NAME)
        l->name_end = l->at;
}

/* Takes a quoted text whose quote is `ahead` bytes ahead; a doubled quote is part of the text. */
static int take_quoted(struct ddl_lexer *l, enum ddl_token_kind kind, size_t ahead,
                       struct ddl_token *ret, struct err *err)
{
    int quote = peek(l, ahead) == '[' ? ']' : peek(l, ahead);
    bool escapes = kind == TOK_STRING && !l->ctx->no_backslash_escapes;
    for (size_t i = ahead + 1; i < l->sql.n - l->at; i++) {
        int c = peek(l, i);
        if (escapes && c == '\\') {
            i++;
        } else if (c == quote) {
            if (peek(l, i + 1) != quote) {
                take(l, kind, i + 1, ret);
                return 0;
            }
            i++;
        }
    }
    return unclosed(l, "a quote", err);
}

static size_t run(const struct ddl_lexer *l, size_t from, int (*is)(int))
{
    size_t n = from;
    while (is(peek(l, n)))
        n++;
    return n;
}

static size_t word_length(const struct ddl_lexer *l)
{
    size_t n = 0;
    while (ddl_name_char(peek(l, n)) && !no_break(l, n))
        n++;
    return n;
}

static int is_bit(int c)
{
    return c == '0' || c == '1';
}

/* The length of a number: 1.5e-3, .5, 17. 0: none, or a name begins with these digits. */
static size_t number_length(const struct ddl_lexer *l)
{
    size_t n = run(l, 0, isdigit);
    if (peek(l, n) == '.')
        n = run(l, n + 1, isdigit);
    else if (!n)
        return 0;
    size_t sign = peek(l, n + 1) == '-' || peek(l, n + 1) == '+';
    if (tolower(peek(l, n)) == 'e' && isdigit(peek(l, n + 1 + sign)))
        n = run(l, n + 1 + sign, isdigit);
    return ddl_name_char(peek(l, n)) ? 0 : n;
}

static bool take_number(struct ddl_lexer *l, struct ddl_token *ret)
{
    int base = tolower(peek(l, 1));
    if (peek(l, 0) == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'b')) {
        size_t n = run(l, 2, base == 'x' ? isxdigit : is_bit);
        if (n > 2 && !ddl_name_char(peek(l, n))) {
            take(l, base == 'x' ? TOK_BYTES : TOK_BITS, n, ret);
            return true;
        }
    }
    size_t n = number_length(l);
    if (n)
        take(l, TOK_NUMBER, n, ret);
    return n != 0;
}

int ddl_lex(struct ddl_lexer *l, struct ddl_token *ret, struct err *err)
{
    if (skip_blanks(l, err))
        return -1;
    int c = peek(l, 0), low = tolower(c);
    if (l->at >= l->sql.n || c == ';') {
        *ret = (struct ddl_token){ TOK_END, slice_of(l->sql.p + l->at, 0) };
        return 0;
    }
    if (c == '"' && l->mode_set && l->ctx->ansi_quotes)
        return err_set(err, ERR_DATA,
                       "what \" means at byte %zu is not known: SET STATEMENT gives it a sql_mode",
                       l->at);
    if (c == '`' || (c == '"' && l->ctx->ansi_quotes))
        return take_quoted(l, TOK_NAME, 0, ret, err);
    if (c == '[' && l->ctx->brackets)
        return take_quoted(l, TOK_NAME, 0, ret, err);
    if (c == '\'' || c == '"')
        return take_quoted(l, TOK_STRING, 0, ret, err);
    if (peek(l, 1) == '\'' && (low == 'n' || low == 'x' || low == 'b'))
        return take_quoted(l,
                           low == 'n'   ? TOK_STRING
                           : low == 'x' ? TOK_BYTES
                                        : TOK_BITS,
                           1, ret, err);
    if (!l->after_dot &&
        (isdigit(c) || (c == '.' && isdigit(peek(l, 1)) && l->at != l->name_end)) &&
        take_number(l, ret))
        return 0;
    if (ddl_name_char(c)) {
        take(l, TOK_WORD, word_length(l), ret);
        return 0;
    }
    take(l, TOK_OTHER, 1, ret);
    l->after_dot = c == '.';
    return 0;
}

/* 1: passed one wrapper; 0: there is none, and nothing was passed. */
static int skip_one_wrapper(struct ddl_lexer *l, struct err *err)
{
    struct ddl_lexer ahead = *l;
    struct ddl_token t, second;
    int depth = 0;
    bool mode_set = l->mode_set;
    if (ddl_lex(&ahead, &t, err) || !ddl_token_is(&t, "SET"))
        return 0;
    if (ddl_lex(&ahead, &second, err) || !ddl_token_is(&second, "STATEMENT"))
        return 0;
    do {
        if (ddl_lex(&ahead, &t, err))
            return -1;
        depth += t.kind == TOK_OTHER ? (t.raw.p[0] == '(') - (t.raw.p[0] == ')') : 0;
        mode_set = mode_set || ddl_token_is(&t, "sql_mode") || t.kind == TOK_NAME;
        if (t.kind == TOK_END)
            return 0;
    } while (depth || !ddl_token_is(&t, "FOR"));
    *l = ahead;
    l->mode_set = mode_set;
    return 1;
}

int ddl_skip_wrapper(struct ddl_lexer *l, struct err *err)
{
    int rc;
    do
        rc = skip_one_wrapper(l, err);
    while (rc > 0);
    return rc;
}

bool ddl_token_is(const struct ddl_token *t, const char *word)
{
    return t->kind == TOK_WORD && strlen(word) == t->raw.n &&
           strncasecmp((const char *)t->raw.p, word, t->raw.n) == 0;
}

/* ---- values ---- */

static uint8_t unescape(uint8_t c)
{
    switch (c) {
    case '0': return 0;
    case 'b': return '\b';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'Z': return 26;
    default:  return c;
    }
}

static struct slice quoted_text(struct slice s, bool escapes, struct arena *a)
{
    char *out = arena_alloc(a, s.n + 1), *to = out;
    uint8_t quote = s.p[0] == '[' ? ']' : s.p[0];
    for (size_t i = 1; i + 1 < s.n; i++) {
        if (escapes && s.p[i] == '\\') {
            i++;
            if (s.p[i] == '%' || s.p[i] == '_')     /* the backslash stays, for LIKE */
                *to++ = '\\';
            *to++ = (char)unescape(s.p[i]);
            continue;
        }
        if (s.p[i] == quote)
            i++;
        *to++ = (char)s.p[i];
    }
    *to = 0;
    return slice_of(out, (size_t)(to - out));
}

static struct slice packed_text(struct slice s, int bits, struct arena *a)
{
    size_t per_byte = 8 / (size_t)bits, from = 2, n = s.n - 2 - (s.p[1] == '\'');
    size_t bytes = (n + per_byte - 1) / per_byte;
    char *out = arena_alloc(a, bytes + 1);
    memset(out, 0, bytes + 1);
    for (size_t i = 0; i < n; i++) {
        int c = tolower(s.p[from + i]), digit = isdigit(c) ? c - '0' : c - 'a' + 10;
        size_t shift = (n - 1 - i) % per_byte * (size_t)bits;
        out[bytes - 1 - (n - 1 - i) / per_byte] |= (char)((digit & ((1 << bits) - 1)) << shift);
    }
    return slice_of(out, bytes);
}

struct slice ddl_token_bytes(const struct ddl_token *t, const struct ddl_context *ctx,
                             struct arena *a)
{
    bool national = t->kind == TOK_STRING && t->raw.p[0] != '\'' && t->raw.p[0] != '"';
    switch (t->kind) {
    case TOK_NAME:
        return quoted_text(t->raw, false, a);
    case TOK_STRING:
        return quoted_text(slice_of(t->raw.p + national, t->raw.n - national),
                           !ctx->no_backslash_escapes, a);
    case TOK_BYTES:
        return packed_text(t->raw, 4, a);
    case TOK_BITS:
        return packed_text(t->raw, 1, a);
    default:
        return slice_of(
            memcpy(memset(arena_alloc(a, t->raw.n + 1), 0, t->raw.n + 1), t->raw.p, t->raw.n),
            t->raw.n);
    }
}

const char *ddl_token_text(const struct ddl_token *t, const struct ddl_context *ctx,
                           struct arena *a)
{
    return (const char *)ddl_token_bytes(t, ctx, a).p;      /* a 0 byte follows it */
}
