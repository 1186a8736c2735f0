/*
 * Reads what a catalog said of a column: type, modifiers, and the text of a DEFAULT. Makes a struct
 * column for describe.c and the schemas.
 */
#include "source/pg/said.h"
#include <ctype.h>
#include <stdlib.h>
#include "source/pg.h"
#include "source/pg/types.h"

static bool number(const char *s)
{
    size_t n = strspn(s, "0123456789.");
    return n && (!s[n] || ((s[n] == 'e' || s[n] == 'E') &&
                           strspn(s + n + 1, "+-0123456789") == strlen(s + n + 1)));
}

/* 'text'::type, with '' for a quote inside. NULL: the expression is more than that. */
static const char *quoted_literal(const char *s, struct arena *a)
{
    char *out = arena_alloc(a, strlen(s) + 1), *to = out;
    for (s++; *s; s++) {
        if (*s == '\'' && *++s != '\'')
            break;
        *to++ = *s;
    }
    *to = 0;
    if (*s && strncmp(s, "::", 2) != 0)
        return NULL;
    return strpbrk(s, "|+*/<>=") ? NULL : out;
}

/*
 * The inside of "(...)::type", as a cast only repeats the column's type. Any other text stays as it
 * is.
 */
static char *uncast(char *s)
{
    int depth = 0;
    bool quoted = false;
    for (char *p = s; *s == '(' && *p; p++) {
        quoted ^= *p == '\'';
        depth += quoted ? 0 : *p == '(' ? 1 : *p == ')' ? -1 : 0;
        if (depth || strncmp(p + 1, "::", 2) != 0 || strpbrk(p + 3, "|+*/<>=("))
            continue;
        *p = 0;
        return uncast(s + 1);
    }
    return s;
}

/* Reads what pg_get_expr() prints: a literal, a call, or something that a schema cannot say. */
static void read_default(struct column *col, const char *s, struct arena *a)
{
    char *copy = uncast(arena_strdup(a, s));
    size_t n = strlen(copy);
    if (n > 2 && copy[0] == '(' && copy[n - 1] == ')' && copy[1] == '-' &&
        !memchr(copy + 1, '(', n - 1)) {
        copy[n - 1] = 0;
        copy++;
    }
    if (strncmp(copy, "NULL::", 6) == 0 || strcmp(copy, "NULL") == 0)
        return;
    const char *literal = NULL;
    if (*copy == '\'' || (*copy == 'B' && copy[1] == '\''))
        literal = quoted_literal(copy + (*copy == 'B'), a);
    else if (number(copy + (*copy == '-')))
        literal = copy;
    else if (strcmp(copy, "true") == 0 || strcmp(copy, "false") == 0)
        literal = *copy == 't' ? "t" : "f";
    col->default_text = literal;
    bool call = isalpha((unsigned char)*copy) || *copy == '_' || *copy == '"';
    col->default_kind = literal ? DEFAULT_LITERAL : call ? DEFAULT_COMPUTED : DEFAULT_NONE;
}

void pg_column_meaning(struct column *c, int length, int scale, struct arena *a)
{
    const char *name = c->about->type ? c->about->type : "";
    c->is_array = *name == '_';
    c->type = c->nlabels ? COL_ENUM : pg_type_meaning(0, name + c->is_array, NULL);
    c->form = FORM_PG_TEXT;
    c->has_scale = c->type == COL_DECIMAL && length >= 0;
    bool fraction = c->type == COL_TIME || c->type == COL_TIMETZ || c->type == COL_TIMESTAMP ||
                    c->type == COL_TIMESTAMPTZ;
    c->precision = (int16_t)(c->has_scale || fraction ? length : -1);
    c->scale = (int16_t)(c->has_scale ? scale : 0);
    c->length = (c->type == COL_TEXT || c->type == COL_BIT) && length > 0 ? length : 0;
    if (c->about->default_expression && !c->about->auto_increment && !c->about->generated &&
        strcmp(name, "citext") != 0)
        read_default(c, c->about->default_expression, a);
}

bool pg_said_is(const struct pg_said *said, enum pg_fact f)
{
    return said->fact[f] && *said->fact[f] == 't';
}

static uint32_t oid_of(const struct pg_said *said, enum pg_fact f)
{
    return said->fact[f] ? (uint32_t)strtoul(said->fact[f], NULL, 10) : 0;
}

static long int_of(const struct pg_said *said, enum pg_fact f)
{
    return said->fact[f] ? strtol(said->fact[f], NULL, 10) : 0;
}

static const char *text_of(const struct pg_said *said, enum pg_fact f)
{
    return said->fact[f] ? said->fact[f] : "";
}

static void read_about(const struct pg_said *said, struct column *col, struct arena *a)
{
    struct column_about *about = arena_alloc(a, sizeof *about);
    *about = (struct column_about){
        .type = arena_strdup(a, said->fact[PG_NAME]),
        .native = oid_of(said, PG_BASE),
        .default_expression = arena_strdup(a, said->fact[PG_EXPRESSION]),
        .comment = arena_strdup(a, said->fact[PG_COMMENT]),
        .auto_increment = pg_said_is(said, PG_AUTO),
        .generated = pg_said_is(said, PG_GENERATED),
        .number = (int)int_of(said, PG_NUMBER),
    };
    col->about = about;
}

/* chr(1) joins the labels, as a label may hold a comma. */
static void read_labels(const struct pg_said *said, struct column *col, struct arena *a)
{
    char *text = arena_strdup(a, text_of(said, PG_LABELS)), *joined = arena_strdup(a, text);
    size_t n = *text != 0;
    for (char *c = joined; *c; c++)
        if (*c == 1)
            *c = ',', n++;
    struct slice *labels = arena_alloc(a, (n + 1) * sizeof *labels);
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(text, "\1");
        labels[i] = slice_of(text, len);
        text += len + 1;
    }
    col->enum_allowed = joined;
    col->labels = labels;
    col->nlabels = (uint16_t)n;
}

/*
 * A type known only by its name. A built-in type is found by the name; a user's type is read as
 * text, since it is most likely an enum.
 */
static void read_named(const struct pg_said *said, struct column *col)
{
    const char *name = text_of(said, PG_NAME);
    col->is_array = *name == '_';
    col->type =
        pg_said_is(said, PG_GUESSED) ? COL_TEXT : pg_type_meaning(0, name + col->is_array, "");
}

static enum col_type meaning(const struct pg_said *said, uint32_t oid, enum pg_fact kind,
                             enum pg_fact name)
{
    return *text_of(said, kind) == 'e'
               ? COL_ENUM
               : pg_type_meaning(oid, text_of(said, name), text_of(said, PG_EXTENSION));
}

static void read_type(const struct pg_said *said, struct column *col)
{
    uint32_t elem = oid_of(said, PG_ELEM);
    if (!said->fact[PG_BASE]) {
        read_named(said, col);
        return;
    }
    col->is_array = elem != 0;
    col->type = elem ? meaning(said, elem, PG_ELEM_KIND, PG_ELEM_NAME)
                     : meaning(said, oid_of(said, PG_BASE), PG_KIND, PG_NAME);
}

void pg_said_column(const struct pg_said *said, bool binary, struct column *col, struct arena *a)
{
    read_type(said, col);
    col->name = arena_strdup(a, said->name);
    col->type_name = arena_strdup(a, text_of(said, PG_FORMAT));
    col->nullable = !pg_said_is(said, PG_NOTNULL) && !pg_said_is(said, PG_MUST);
    col->form = binary && pg_said_is(said, PG_SEND) ? FORM_PG_BINARY : FORM_PG_TEXT;
    pg_type_modifier(col, said->fact[PG_TYPMOD] ? (int32_t)int_of(said, PG_TYPMOD) : -1);
    read_about(said, col, a);
    if (col->type == COL_ENUM)
        read_labels(said, col, a);
    /* The connector leaves out the defaults of domains and of citext. */
    if (said->fact[PG_DEFAULT] && !pg_said_is(said, PG_DOMAIN) &&
        strcmp(text_of(said, PG_NAME), "citext") != 0)
        read_default(col, said->fact[PG_DEFAULT], a);
}
