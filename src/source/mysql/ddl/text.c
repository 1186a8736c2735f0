/*
 * Character sets and collations of statements: what a clause, a table, a database and the server's
 * defaults come to (text.h).
 */
#include "source/mysql/ddl/text.h"
#include <ctype.h>
#include <string.h>

/* Is the server at least this version? An unknown version counts as the newest. */
static bool since(const struct ddl_parser *p, uint32_t mysql, uint32_t mariadb)
{
    const struct mysql_dialect *s = p->ctx->server;
    return !s->version || s->version >= (s->mariadb ? mariadb : mysql);
}

static char *lower(const struct ddl_parser *p, const char *s)
{
    char *out = arena_strdup(p->a, s);
    for (char *c = out; *c; c++)
        *c = (char)((uint8_t)*c < 0x80 ? tolower(*c) : *c);
    return out;
}

static const char *utf8mb3(const struct ddl_parser *p)
{
    return since(p, 80030, 100600) ? "utf8mb3" : "utf8";
}

/* What the name utf8 means: MariaDB's old_mode and MySQL's sql_mode can make it utf8mb4. */
static const char *utf8(const struct ddl_parser *p)
{
    bool mb4 = p->ctx->server->utf8_is_utf8mb4 || p->ctx->utf8_is_utf8mb4;
    return mb4 && since(p, 0, 100600) ? "utf8mb4" : utf8mb3(p);
}

const char *ddl_charset_name(const struct ddl_parser *p, const char *charset)
{
    char *s = lower(p, charset);
    return strcmp(s, "utf8") == 0 ? utf8(p) : strcmp(s, "utf8mb3") == 0 ? utf8mb3(p) : s;
}

static const char *collation_name(const struct ddl_parser *p, const char *collation)
{
    char *s = lower(p, collation);
    if (strncmp(s, "utf8_", 5) == 0)
        return arena_printf(p->a, "%s%s", utf8(p), s + 4);
    return strncmp(s, "utf8mb3_", 8) == 0 ? arena_printf(p->a, "%s%s", utf8mb3(p), s + 7) : s;
}

/* latin1_bin -> latin1 */
static const char *charset_of(const struct ddl_parser *p, const char *collation)
{
    char *s = arena_strdup(p->a, collation);
    s[strcspn(s, "_")] = 0;
    return s;
}

/* The collation that a character set was made with, whatever the settings say. */
static const char *own_collation(const struct ddl_parser *p, const char *charset)
{
    static const struct { const char *charset, *collation;
    } others[] = {
        { "binary", "binary" },
        { "filename", "filename" },
        { "big5", "big5_chinese_ci" },
        { "dec8", "dec8_swedish_ci" },
        { "latin1", "latin1_swedish_ci" },
        { "swe7", "swe7_swedish_ci" },
        { "ujis", "ujis_japanese_ci" },
        { "sjis", "sjis_japanese_ci" },
        { "hp8", "hp8_english_ci" },
        { "tis620", "tis620_thai_ci" },
        { "euckr", "euckr_korean_ci" },
        { "gb2312", "gb2312_chinese_ci" },
        { "gbk", "gbk_chinese_ci" },
        { "latin5", "latin5_turkish_ci" },
        { "cp932", "cp932_japanese_ci" },
        { "eucjpms", "eucjpms_japanese_ci" },
        { "gb18030", "gb18030_chinese_ci" },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(charset, others[i].charset) == 0)
            return others[i].collation;
    if (!p->ctx->server->mariadb && strcmp(charset, "utf8mb4") == 0 && since(p, 80000, 0))
        return "utf8mb4_0900_ai_ci";
    return arena_printf(p->a, "%s_general_ci", charset);
}

/*
 * MariaDB logs a session's whole character_set_collations. A set that is not in it has its own
 * default.
 */
const char *ddl_default_collation(const struct ddl_parser *p, const char *charset)
{
    for (size_t i = 0; i < p->ctx->ncollations; i++)
        if (strcmp(charset, ddl_charset_name(p, p->ctx->collations[i].charset)) == 0)
            return p->ctx->collations[i].collation;
    if (strcmp(charset, "utf8mb4") == 0 && p->ctx->utf8mb4_collation)
        return p->ctx->utf8mb4_collation;
    return own_collation(p, charset);
}

int ddl_charset_width(const char *charset)
{
    static const struct { const char *charset; int width;
    } wide[] = {
        { "utf8mb4", 4 }, { "utf8mb3", 3 },  { "utf8", 3 },   { "ucs2", 2 }, { "utf16", 4 },
        { "utf16le", 4 }, { "utf32", 4 },    { "big5", 2 },   { "gbk", 2 },  { "sjis", 2 },
        { "cp932", 2 },   { "euckr", 2 },    { "gb2312", 2 }, { "ujis", 3 }, { "eucjpms", 3 },
        { "gb18030", 4 }, { "filename", 5 },
    };
    for (size_t i = 0; charset && i < sizeof wide / sizeof *wide; i++)
        if (strcmp(charset, wide[i].charset) == 0)
            return wide[i].width;
    return 1;
}

int ddl_text_option(struct ddl_parser *p, struct ddl_text *t)
{
    size_t from = p->at;
    ddl_take(p, "DEFAULT");
    bool charset =
        ddl_take(p, "CHARACTER SET") || ddl_take(p, "CHARSET") || ddl_take(p, "CHAR SET");
    bool called = charset && ddl_at_char(p, '(');       /* DEFAULT CHARSET(a) calls the function */
    if (called || (!charset && !ddl_take(p, "COLLATE"))) {
        p->at = from;
        return 0;
    }
    ddl_take_char(p, '=');
    bool by_default = ddl_take(p, "DEFAULT");
    const char *value = by_default ? NULL : ddl_value(p);
    if (!value && !by_default)
        return -1;
    if (charset) {
        t->by_default = by_default;
        t->charset = value ? ddl_charset_name(p, value) : NULL;
    } else {
        t->collation = value ? collation_name(p, value) : NULL;
        t->own_collation = by_default;
    }
    return 1;
}

struct mysql_text ddl_text_resolve(const struct ddl_parser *p, const struct ddl_text *t,
                                   struct mysql_text fallback)
{
    struct mysql_text r = fallback;
    if (t->collation) {
        /* MariaDB: uca1400_ai_ci is a collation of any set. */
        bool any = strncmp(t->collation, "uca1400_", 8) == 0;
        r.charset = t->charset ? t->charset : any ? fallback.charset : charset_of(p, t->collation);
        r.collation = any ? arena_printf(p->a, "%s_%s", r.charset, t->collation) : t->collation;
    } else if (t->charset || t->own_collation) {
        r.charset = t->charset ? t->charset : fallback.charset;
        r.collation = ddl_default_collation(p, r.charset);
    } else if (t->by_default && p->ctx->server->mariadb) {
        /* in MySQL CHARACTER SET DEFAULT includes the collation */
        r.collation = own_collation(p, r.charset);
    }
    /* MySQL's BINARY wins over a collation, MariaDB's does not. */
    if (t->binary && (!t->collation || !p->ctx->server->mariadb) &&
        strcmp(r.charset, "binary") != 0)
        r.collation = arena_printf(p->a, "%s_bin", r.charset);
    return r;
}

struct mysql_text ddl_text_of_server(const struct ddl_parser *p)
{
    const char *collation = p->ctx->collation ? p->ctx->collation : p->ctx->server->collation;
    if (!collation && !since(p, 80000, 110600))
        collation = "latin1_swedish_ci";
    else if (!collation)
        collation = p->ctx->server->mariadb ? "utf8mb4_uca1400_ai_ci" : own_collation(p, "utf8mb4");
    return (struct mysql_text){ charset_of(p, collation), collation };
}

struct mysql_text ddl_text_of_database(const struct ddl_parser *p, const struct mysql_schema *s,
                                       const char *database)
{
    struct mysql_text known = mysql_schema_database(s, database);
    return known.charset ? known : ddl_text_of_server(p);
}
