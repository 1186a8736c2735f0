/*
 * Splits a file of SQL into statements, as the servers' client does (script.h). For a migration,
 * whose statements scratch.c applies.
 */
#include "source/mysql/script.h"

struct mysql_script mysql_script_of(struct slice text, const struct ddl_context *ctx)
{
    return (struct mysql_script){ text, 0, 1, slice_str(";"), ctx };
}

static int lines(struct slice s)
{
    int n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

static void move_to(struct mysql_script *s, size_t at)
{
    s->line += lines(slice_of(s->text.p + s->at, at - s->at));
    s->at = at;
}

/* Where the delimiter begins in this token, and maybe ends behind it: END$$. NULL: it does not. */
static const uint8_t *delimiter_in(const struct mysql_script *s, const struct ddl_token *t)
{
    size_t left = (size_t)(s->text.p + s->text.n - t->raw.p), n = t->raw.n + s->delimiter.n - 1;
    bool quoted =
        t->kind == TOK_NAME || t->kind == TOK_STRING || t->kind == TOK_BYTES || t->kind == TOK_BITS;
    return quoted ? NULL : memmem(t->raw.p, n < left ? n : left, s->delimiter.p, s->delimiter.n);
}

/* DELIMITER //: takes the rest of the line as the new delimiter. */
static void take_delimiter(struct mysql_script *s, const struct ddl_token *t)
{
    const uint8_t *p = t->raw.p + t->raw.n, *end = s->text.p + s->text.n, *stop = p;
    while (stop < end && *stop != '\n')
        stop++;
    const uint8_t *last = stop;
    while (p < last && (*p == ' ' || *p == '\t'))
        p++;
    while (last > p && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r'))
        last--;
    if (last > p)
        s->delimiter = slice_of(p, (size_t)(last - p));
    move_to(s, (size_t)(stop - s->text.p));
}

/* The lexer ends at a semicolon, but a statement with another delimiter may contain semicolons. */
static int next_token(struct ddl_lexer *l, struct ddl_token *t, struct err *err)
{
    if (ddl_lex(l, t, err))
        return -1;
    if (t->kind == TOK_END && l->at < l->sql.n) {
        *t = (struct ddl_token){ TOK_OTHER, slice_of(l->sql.p + l->at, 1) };
        l->at++;
    }
    return 0;
}

/*
 * A statement begins at its first word. A statement in an executable comment begins with the
 * comments before it.
 */
static const uint8_t *start_of(const struct mysql_script *s, const struct ddl_lexer *l,
                               const struct ddl_token *first)
{
    const uint8_t *p = s->text.p + s->at;
    while (p < first->raw.p && memchr(" \t\r\n", *p, 4))
        p++;
    return l->executing ? p : first->raw.p;
}

/*
 * 1: the statement ends at *ret_end, before a delimiter; 0: it ends with the text; 2: the token is
 * DELIMITER; -1: err. *ret NULL: there are only comments.
 */
static int find_end(struct mysql_script *s, const uint8_t **ret, const uint8_t **ret_end,
                    struct ddl_token *t, struct err *err)
{
    struct ddl_lexer l = ddl_lexer(s->text, s->ctx);
    l.at = s->at;
    *ret = *ret_end = NULL;
    for (;;) {
        if (next_token(&l, t, err))
            return -1;
        if (t->kind == TOK_END) {
            *ret_end = s->text.p + s->text.n;
            return 0;
        }
        if (!*ret && ddl_token_is(t, "DELIMITER"))
            return 2;
        *ret_end = delimiter_in(s, t);
        if (!*ret && *ret_end != t->raw.p)
            *ret = start_of(s, &l, t);
        if (*ret_end)
            return 1;
    }
}

int mysql_script_next(struct mysql_script *s, struct slice *ret, int *ret_line, struct err *err)
{
    const uint8_t *start, *end;
    struct ddl_token t;
    int got;
    do {
        got = find_end(s, &start, &end, &t, err);
        if (start)
            move_to(s, (size_t)(start - s->text.p));
        *ret_line = s->line;
        if (got == 2)
            take_delimiter(s, &t);
        else if (got >= 0)
            move_to(s, (size_t)(end - s->text.p) + (got ? s->delimiter.n : 0));
    } while (got > 0 && !start);
    if (got < 0)
        return -1;
    *ret = start ? slice_of(start, (size_t)(end - start)) : (struct slice){ NULL, 0 };
    return start != NULL;
}
