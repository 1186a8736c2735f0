/* Cuts a file of SQL into statements, for scratch.c. */
#include "source/pg/script.h"
#include <ctype.h>
#include <strings.h>

/*
 * Semicolons inside these do not end a statement (PostgreSQL's documentation, "Lexical Structure"):
 * strings (E'' with backslashes), quoted names, dollar quotes, comments (nested), parentheses
 * (CREATE RULE), and the body of a function between BEGIN ATOMIC and END.
 */

static bool is_word(uint8_t c)
{
    return isalnum(c) || c == '_' || c >= 0x80;
}

static void step(struct pg_script *s, size_t n)
{
    for (; n && s->p < s->end; n--)
        s->line += *s->p++ == '\n';
}

static bool at(const struct pg_script *s, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

/* A doubled quote reads as two strings side by side: the end is the same. */
static void pass_quoted(struct pg_script *s, uint8_t quote, bool backslashes)
{
    step(s, 1);
    while (s->p < s->end && *s->p != quote)
        step(s, backslashes && *s->p == '\\' ? 2 : 1);
    step(s, 1);
}

static void pass_line(struct pg_script *s)
{
    while (s->p < s->end && *s->p != '\n')
        step(s, 1);
}

static void pass_comment(struct pg_script *s)
{
    int depth = 0;
    do {
        int change = at(s, "/*") ? 1 : at(s, "*/") ? -1 : 0;
        depth += change;
        step(s, change ? 2 : 1);
    } while (depth && s->p < s->end);
}

/* $$ or $name$, up to the same tag again. */
static bool pass_dollars(struct pg_script *s)
{
    const uint8_t *q = s->p + 1;
    while (q < s->end && is_word(*q) && !(q == s->p + 1 && isdigit(*q)))
        q++;
    if (q == s->end || *q != '$')
        return false;
    struct slice tag = { s->p, (size_t)(q + 1 - s->p) };
    step(s, tag.n);
    while ((size_t)(s->end - s->p) >= tag.n && memcmp(s->p, tag.p, tag.n) != 0)
        step(s, 1);
    step(s, (size_t)(s->end - s->p) < tag.n ? (size_t)(s->end - s->p) : tag.n);
    return true;
}

static bool pass_comments(struct pg_script *s)
{
    if (at(s, "--"))
        pass_line(s);
    else if (at(s, "/*"))
        pass_comment(s);
    else
        return false;
    return true;
}

static bool word_is(struct slice w, const char *text)
{
    return w.n == strlen(text) && strncasecmp((const char *)w.p, text, w.n) == 0;
}

/* How deep the text is inside brackets and blocks that hide semicolons. */
struct depth {
    int parentheses, blocks;
    bool atomic;                /* the word before was BEGIN */
};

static void pass_word(struct pg_script *s, struct depth *d)
{
    struct slice w = { s->p, 0 };
    while (s->p + w.n < s->end && is_word(s->p[w.n]))
        w.n++;
    step(s, w.n);
    if (w.n == 1 && (*w.p | 0x20) == 'e' && s->p < s->end && *s->p == '\'')
        pass_quoted(s, '\'', true);
    bool opens = (d->atomic && word_is(w, "ATOMIC")) || (d->blocks && word_is(w, "CASE"));
    d->blocks += opens ? 1 : d->blocks && word_is(w, "END") ? -1 : 0;
    d->atomic = word_is(w, "BEGIN");
}

/* Passes one token. Passes over psql's commands wherever they stand. */
static void pass(struct pg_script *s, struct depth *d)
{
    uint8_t c = *s->p;
    if (pass_comments(s) || (c == '$' && pass_dollars(s)))
        return;
    if (c == '\'' || c == '"')
        pass_quoted(s, c, false);
    else if (is_word(c))
        pass_word(s, d);
    else if (c == '\\')
        pass_line(s);
    else {
        d->parentheses += c == '(' ? 1 : c == ')' && d->parentheses ? -1 : 0;
        step(s, 1);
    }
}

static void pass_blank(struct pg_script *s)
{
    while (s->p < s->end &&
           (isspace(*s->p) || *s->p == ';' || *s->p == '\\' || at(s, "--") || at(s, "/*"))) {
        if (*s->p == '\\')
            pass_line(s);
        else if (!pass_comments(s))
            step(s, 1);
    }
}

bool pg_script_next(struct pg_script *s, struct slice *ret, int *ret_line)
{
    struct depth d = { 0 };
    pass_blank(s);
    *ret_line = s->line;
    *ret = (struct slice){ s->p, 0 };
    if (s->p == s->end)
        return false;
    while (s->p < s->end && (*s->p != ';' || d.parentheses || d.blocks))
        pass(s, &d);
    ret->n = (size_t)(s->p - ret->p);
    return true;
}
