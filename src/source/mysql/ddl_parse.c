#include "source/mysql/ddl_parse.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

int ddl_parser(struct ddl_parser *p, struct slice sql, const struct ddl_context *ctx, struct arena *a, struct err *err)
{
    struct ddl_lexer l = ddl_lexer(sql, ctx);
    size_t cap = 64;
    *p = (struct ddl_parser){ .sql = sql, .ctx = ctx, .a = a, .err = err };
    p->tokens = arena_alloc(a, cap * sizeof *p->tokens);
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

/* How many tokens the words are when they come next; 0: they do not. */
static size_t words_ahead(const struct ddl_parser *p, const char *words)
{
    size_t count = 0;
    while (*words) {
        size_t n = strcspn(words, " ");
        const struct ddl_token *t = ddl_peek(p, count);
        if (t->kind != TOK_WORD || t->raw.n != n || strncasecmp((const char *)t->raw.p, words, n) != 0)
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
    return err_set(p->err, ERR_DATA, "%s was expected at byte %zu: %.*s", what, at, (int)(n < 60 ? n : 60), (const char *)t->raw.p);
}

const char *ddl_name(struct ddl_parser *p)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    if (t->kind != TOK_WORD && t->kind != TOK_NAME) {
        ddl_fail(p, "a name");
        return NULL;
    }
    p->at++;
    return ddl_token_text(t, p->ctx, p->a);
}

static const char *fold(const struct ddl_parser *p, const char *name)
{
    if (!name || !p->ctx->server->fold_names)
        return name;
    char *s = arena_strdup(p->a, name);
    for (char *c = s; *c; c++)
        *c = (char)((uint8_t)*c < 0x80 ? tolower(*c) : *c);
    return s;
}

int ddl_table_name(struct ddl_parser *p, const char **ret_database, const char **ret_table)
{
    ddl_take_char(p, '.');      /* .t: of the default database */
    const char *name = ddl_name(p), *database = p->ctx->database;
    if (name && ddl_take_char(p, '.')) {
        database = name;
        name = ddl_name(p);
    }
    if (!name)
        return -1;
    *ret_database = fold(p, database ? database : "");
    *ret_table = fold(p, name);
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

bool ddl_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}
