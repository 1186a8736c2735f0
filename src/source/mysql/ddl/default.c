/*
 * Reads the value of a DEFAULT clause: a literal, CURRENT_TIMESTAMP or an expression (column.h).
 * literal.c settles literals.
 */
#include <string.h>
#include "source/mysql/ddl/column.h"

/* ---- reading ---- */

const char *ddl_now_text(const struct ddl_parser *p, const char *digits)
{
    if (p->ctx->server->mariadb)
        return arena_printf(p->a, "current_timestamp(%s)", digits);
    return *digits ? arena_printf(p->a, "CURRENT_TIMESTAMP(%s)", digits) : "CURRENT_TIMESTAMP";
}

const char *ddl_default_now(struct ddl_parser *p)
{
    static const char *const names[] = { "CURRENT_TIMESTAMP", "NOW", "LOCALTIMESTAMP",
                                         "LOCALTIME" };
    bool taken = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !taken; i++)
        taken = ddl_take(p, names[i]);
    if (!taken)
        return NULL;
    const char *digits = "";
    if (ddl_take_char(p, '(')) {
        if (ddl_peek(p, 0)->kind == TOK_NUMBER)
            digits = ddl_value(p);
        if (!ddl_take_char(p, ')'))
            return NULL;
    }
    return ddl_now_text(p, strcmp(digits, "0") != 0 ? digits : "");
}

/* Does an attribute come next? There an expression without parentheses ends (MariaDB). */
static bool at_attribute(const struct ddl_parser *p)
{
    static const char *const words[] = { "NOT NULL",
                                         "NULL",
                                         "COMMENT",
                                         "ON",
                                         "UNIQUE",
                                         "PRIMARY",
                                         "KEY",
                                         "AUTO_INCREMENT",
                                         "COLLATE",
                                         "CHECK",
                                         "CONSTRAINT",
                                         "REFERENCES",
                                         "INVISIBLE",
                                         "VISIBLE",
                                         "FIRST",
                                         "AFTER",
                                         "COMPRESSED",
                                         "WITH",
                                         "WITHOUT",
                                         "DEFAULT",
                                         "COLUMN_FORMAT",
                                         "STORAGE",
                                         "ENGINE_ATTRIBUTE",
                                         "NOT SECONDARY",
                                         "PARTITION BY",
                                         "MASKING POLICY" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ddl_at(p, words[i]))
            return true;
    return ddl_at_end(p) || ddl_at_char(p, ',') || ddl_at_char(p, ')');
}

static int read_expression(struct ddl_parser *p, struct ddl_default *ret)
{
    const struct ddl_token *first = ddl_peek(p, 0), *last = first;
    struct slice text;
    bool bracketed = ddl_at_char(p, '(');
    if (bracketed) {
        if (ddl_parens(p, &text))
            return -1;
        last = &p->tokens[p->at - 1];
    }
    while (!at_attribute(p)) {
        bracketed = false;
        if (ddl_at_char(p, '(')) {
            if (ddl_parens(p, NULL))
                return -1;
        } else {
            ddl_next(p);
        }
        last = &p->tokens[p->at - 1];
    }
    if (!bracketed)
        text = slice_of(first->raw.p, (size_t)(last->raw.p + last->raw.n - first->raw.p));
    *ret =
        (struct ddl_default){ .text = arena_printf(p->a, "%.*s", (int)text.n, (const char *)text.p),
                              .expression = true };
    return 0;
}

enum sign { SIGN_NONE, SIGN_PLUS, SIGN_MINUS };

/* Takes a sign, maybe after others: MariaDB counts the minuses. */
static bool take_sign(struct ddl_parser *p, enum sign *sign)
{
    bool minus = ddl_take_char(p, '-');
    if (!minus && !ddl_take_char(p, '+'))
        return false;
    *sign = minus == (*sign == SIGN_MINUS) ? SIGN_PLUS : SIGN_MINUS;
    return true;
}

/* Reads a number, or PI(), which MariaDB keeps as one. NULL: something else comes. */
static const char *read_number(struct ddl_parser *p)
{
    const struct ddl_token *t = ddl_peek(p, 1);
    bool mariadb = p->ctx->server->mariadb;
    if (ddl_peek(p, 0)->kind == TOK_NUMBER)
        return ddl_value(p);
    if (!mariadb || !ddl_at(p, "PI") || t->kind != TOK_OTHER || t->raw.p[0] != '(')
        return NULL;
    p->at += 2;
    return ddl_take_char(p, ')') ? "3.141592653589793" : NULL;
}

/* Reads the literal after the signs. false: something else comes. */
static bool read_literal(struct ddl_parser *p, enum sign sign, struct ddl_default *ret)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    enum ddl_token_kind next = ddl_peek(p, 1)->kind;
    bool typed =
        next == TOK_STRING && (ddl_at(p, "DATE") || ddl_at(p, "TIME") || ddl_at(p, "TIMESTAMP"));
    const char *number = read_number(p), *minus = sign == SIGN_MINUS ? "-" : "";
    if (number && !number[strspn(number, "0.")])
        minus = "";
    if (number) {
        *ret = (struct ddl_default){ .text = arena_printf(p->a, "%s%s", minus, number),
                                     .number = true };
        return true;
    }
    if (ddl_at(p, "TRUE") || ddl_at(p, "FALSE")) {
        bool yes = ddl_at(p, "TRUE");
        ddl_next(p);
        *ret = (struct ddl_default){ .text = yes ? arena_printf(p->a, "%s1", minus) : "0" };
        return !sign || p->ctx->server->mariadb;
    }
    if (sign)
        return false;
    if (typed) {
        ddl_next(p);
        t = ddl_peek(p, 0);
    }
    bool introduced = t->kind == TOK_WORD;
    if (introduced)
        t = ddl_peek(p, 1);
    if (!ddl_string_read(p, &ret->string))
        return false;
    ret->text = ret->string.text;
    if (t->kind == TOK_BITS || t->kind == TOK_BYTES)
        ret->packed = arena_printf(p->a, "%.*s", (int)t->raw.n, (const char *)t->raw.p);
    return true;
}

/*
 * Reads a literal in any number of brackets; in MariaDB signs may stand between them. MySQL takes a
 * bracketed literal only in ALTER .. SET DEFAULT, and one with a minus as an expression.
 */
static bool read_bracketed(struct ddl_parser *p, bool set, struct ddl_default *ret)
{
    bool mariadb = p->ctx->server->mariadb, literal;
    enum sign sign = SIGN_NONE;
    size_t depth = 0;
    for (bool more = true; more;) {
        bool opened = (mariadb || set) && ddl_take_char(p, '(');
        depth += opened;
        more = opened || ((mariadb || !sign) && take_sign(p, &sign));
    }
    if (depth && !mariadb && sign == SIGN_MINUS)
        return false;
    literal = (depth && !sign && ddl_take(p, "NULL")) || read_literal(p, sign, ret);
    while (literal && depth && ddl_take_char(p, ')'))
        depth--;
    return literal && !depth;
}

int ddl_default_read(struct ddl_parser *p, bool set, struct ddl_default *ret)
{
    size_t from = p->at;
    *ret = (struct ddl_default){ 0 };
    if (ddl_take(p, "NULL"))
        return 0;
    const char *now = ddl_default_now(p);
    if (now && at_attribute(p)) {
        *ret = (struct ddl_default){ .text = now, .expression = true };
        return 0;
    }
    p->at = from;
    bool literal = read_bracketed(p, set, ret);
    if (literal && p->ctx->empty_is_null && ret->string.text && !*ret->text && !ret->string.bytes.n)
        *ret = (struct ddl_default){ 0 };
    if (literal && at_attribute(p))
        return 0;
    p->at = from;
    *ret = (struct ddl_default){ 0 };
    return read_expression(p, ret);
}
