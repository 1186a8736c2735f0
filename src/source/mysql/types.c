/*
 * What a column means: turns the binlog's layout and the declaration into a struct column, and
 * checks that the two fit.
 */
#include "source/mysql/types.h"
#include <ctype.h>
#include <stdio.h>
#include <strings.h>
#include "base/charset.h"

enum { BINARY_COLLATION = 63, POINT = 1 };

/* ---- which type ---- */

static bool declared(const struct mysql_type *t, const char *name)
{
    return strcmp(t->name, name) == 0;
}

/*
 * Character or byte strings. MariaDB has types of its own (uuid, inet4, inet6, vector) that look
 * like them in the binlog.
 */
static void string_type(const struct binlog_column *b, const struct mysql_type *t, bool binary,
                        struct column *c)
{
    c->type = binary ? COL_BYTES : COL_TEXT;
    c->length = (int32_t)(t->length > 0 && t->length < INT32_MAX ? t->length : 0);
    if (declared(t, "uuid")) {
        c->type = COL_UUID;
        c->pad = 16;
    } else if (declared(t, "inet6") || declared(t, "inet4")) {
        c->type = COL_INET;
        c->pad = declared(t, "inet6") ? 16 : 4;
    } else if (declared(t, "vector")) {
        c->type = COL_VECTOR;
    } else if (binary && b->type == MYSQL_T_STRING) {
        c->pad = b->meta;
    }
}

static enum col_type integer_type(const struct binlog_column *b, bool is_unsigned)
{
    switch (b->type) {
    case MYSQL_T_TINY:  return COL_I16;
    case MYSQL_T_SHORT: return is_unsigned ? COL_I32 : COL_I16;
    case MYSQL_T_INT24: return COL_I32;
    case MYSQL_T_LONG:  return is_unsigned ? COL_I64 : COL_I32;
    default:            return is_unsigned ? COL_U64 : COL_I64;
    }
}

static void type_of(const struct binlog_column *b, const struct mysql_type *t, bool binary,
                    struct column *c)
{
    c->precision = -1;
    switch (b->type) {
    case MYSQL_T_TINY:
    case MYSQL_T_SHORT:
    case MYSQL_T_INT24:
    case MYSQL_T_LONG:
    case MYSQL_T_LONGLONG:
        c->type = integer_type(b, c->is_unsigned);
        break;
    case MYSQL_T_FLOAT:   c->type = t->scale >= 0 ? COL_F32_WIDE : COL_F32; break;
    case MYSQL_T_DOUBLE:  c->type = COL_F64; break;
    case MYSQL_T_NEWDECIMAL:
        c->type = COL_DECIMAL;
        c->has_scale = true;
        c->precision = (int16_t)(b->meta >> 8);
        c->scale = b->meta & 0xff;
        break;
    case MYSQL_T_BIT:
        c->type = COL_BIT;
        c->length = b->meta;
        break;
    case MYSQL_T_YEAR:    c->type = COL_YEAR; break;
    case MYSQL_T_DATE: case MYSQL_T_NEWDATE: c->type = COL_DATE; break;
    case MYSQL_T_TIME:
    case MYSQL_T_TIME2:
        c->type = COL_TIME_SPAN;
        c->precision = (int16_t)b->meta;
        break;
    case MYSQL_T_DATETIME:
    case MYSQL_T_DATETIME2:
        c->type = COL_TIMESTAMP;
        c->precision = (int16_t)b->meta;
        break;
    case MYSQL_T_TIMESTAMP:
    case MYSQL_T_TIMESTAMP2:
        c->type = COL_TIMESTAMPTZ;
        c->precision = (int16_t)b->meta;
        break;
    case MYSQL_T_ENUM:    c->type = COL_ENUM; break;
    case MYSQL_T_SET:     c->type = COL_SET; break;
    case MYSQL_T_JSON:    c->type = COL_JSON; break;
    case MYSQL_T_GEOMETRY:
        c->type = b->geometry == POINT || declared(t, "point") ? COL_POINT : COL_GEOMETRY;
        break;
    case MYSQL_T_VECTOR:  c->type = COL_VECTOR; break;
    case MYSQL_T_VARCHAR:
    case MYSQL_T_VAR_STRING:
    case MYSQL_T_STRING:
    case MYSQL_T_BLOB:
    case MYSQL_T_MARIA_BLOB_COMPRESSED:
    case MYSQL_T_MARIA_VARCHAR_COMPRESSED:
        string_type(b, t, binary, c);
        break;
    default:              c->type = COL_UNKNOWN;
    }
}

/* ---- text ---- */

static int charset_of(const char *set, const struct column *c, const struct charset **ret,
                      struct err *err)
{
    return charset_find(set, ret)
               ? err_set(err, ERR_DATA, "column %s: no such character set is known: %s", c->name,
                         set)
               : 0;
}

/* Takes the character set of the binlog's collation, if it has one, else the declared set. */
static int set_charset(const struct binlog_column *b, const struct mysql_column_def *def,
                       const struct mysql_collations *collations, struct column *c,
                       bool *ret_binary, struct err *err)
{
    const struct mysql_collation *k =
        b->collation ? mysql_collation_find(collations, b->collation) : NULL;
    if (b->collation && !k)
        return err_set(err, ERR_DATA, "column %s: the server knows no collation %u", c->name,
                       b->collation);
    *ret_binary = k ? k->id == BINARY_COLLATION : !(def && def->charset);
    const char *set = k ? k->charset : def ? def->charset : NULL;
    return set ? charset_of(set, c, &c->charset, err) : 0;
}

/* Labels from the binlog are in the column's character set; declared labels are already UTF-8. */
static int set_labels(const struct binlog_column *b, const struct mysql_type *t, struct arena *a,
                      struct column *c, struct err *err)
{
    struct buf text = { 0 };
    c->nlabels = b->labels ? b->nlabels : t->nlabels;
    struct slice *labels = arena_alloc(a, (c->nlabels + 1u) * sizeof *labels);
    int rc = 0;
    for (uint16_t i = 0; i < c->nlabels && !rc; i++) {
        text.n = 0;
        bool is_text = b->labels ? !charset_put(c->charset, b->labels[i], &text)
                                 : utf8_is(t->labels[i]);
        if (!b->labels)
            buf_put(&text, t->labels[i].p, t->labels[i].n);
        if (!is_text)
            rc = err_set(err, ERR_DATA, "column %s: label %u is not text of its character set",
                         c->name, i + 1);
        labels[i] = arena_dup(a, buf_slice(&text));
    }
    c->labels = labels;
    buf_done(&text);
    return rc;
}

/* ---- defaults ---- */

/*
 * A default of bytes, as 0x6162. A definition of a MariaDB table that an earlier version kept has
 * the bytes themselves.
 */
static const char *bytes_default(const char *text, struct arena *a)
{
    struct buf b = { 0 };
    if (strncmp(text, "0x", 2) == 0)
        return text;
    buf_str(&b, "0x");
    buf_hex(&b, slice_str(text));
    const char *hex = arena_strdup(a, buf_cstr(&b));
    buf_done(&b);
    return hex;
}

/* The default as a schema change has it: MariaDB's connector writes bytes that are text as text. */
static const char *spoken_default(const struct mysql_column_def *def, const struct column *c,
                                  bool mariadb, struct arena *a)
{
    struct buf b = { 0 };
    const char *text = def->default_text;
    bool hex = mariadb && c->type == COL_BYTES && text && !def->default_is_expression &&
               strncmp(text, "0x", 2) == 0;
    if (hex && buf_unhex(&b, slice_str(text + 2)) && strlen(buf_cstr(&b)) == b.n &&
        utf8_is(buf_slice(&b)))
        text = arena_strdup(a, buf_cstr(&b));
    buf_done(&b);
    return text;
}

static void set_default(const struct mysql_column_def *def, struct arena *a, struct column *c)
{
    bool now = def && def->default_is_expression &&
               (strncasecmp(def->default_text, "current_timestamp", 17) == 0 ||
                strncasecmp(def->default_text, "now(", 4) == 0);
    bool none = now && c->nullable && c->type == COL_TIMESTAMPTZ;      /* as the connector has it */
    if (!def || !def->default_text || def->generated || (def->default_is_expression && !now) ||
        none)
        return;
    c->default_kind = now ? DEFAULT_COMPUTED : DEFAULT_LITERAL;
    c->default_text =
        !now && c->type == COL_BYTES ? bytes_default(def->default_text, a) : def->default_text;
    if (!utf8_is(slice_str(c->default_text)))       /* no schema can hold it */
        c->default_kind = DEFAULT_NONE;
}

/* The type's name in a schema change's record: "INT UNSIGNED", "VARCHAR". */
static const char *spoken(const struct mysql_type *t, struct arena *a)
{
    char *name = arena_printf(a, "%s%s%s", t->name, t->is_unsigned ? " unsigned" : "",
                              t->zerofill ? " zerofill" : "");
    for (char *p = name; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return name;
}

static const struct column_about *about(const struct mysql_column_def *def,
                                        const struct mysql_type *t, const struct column *c,
                                        bool mariadb, struct arena *a)
{
    struct column_about *said = arena_alloc(a, sizeof *said);
    *said = (struct column_about){
        .type = spoken(t, a),
        .default_expression = spoken_default(def, c, mariadb, a),
        .comment = *def->comment ? def->comment : NULL,
        .charset = def->charset,
        .length = t->length > INT32_MAX ? -1 : (int32_t)t->length,
        .scale = t->scale,
        .auto_increment = def->auto_increment,
        .generated = def->generated,
        .on_update = def->on_update,
    };
    return said;
}

/*
 * The formats of TIME, DATETIME and TIMESTAMP from before MySQL 5.6.4. MariaDB still makes them
 * with mysql56_temporal_format=OFF.
 */
static bool is_old_temporal(uint8_t type)
{
    return type == MYSQL_T_TIME || type == MYSQL_T_DATETIME || type == MYSQL_T_TIMESTAMP;
}

int mysql_types_column(const struct binlog_column *b, const struct mysql_column_def *def,
                       const struct mysql_collations *collations, bool mariadb, struct arena *a,
                       struct column *ret, struct err *err)
{
    struct mysql_type t = { .length = -1, .scale = -1 };
    if (mariadb && is_old_temporal(b->type) && !def)
        return err_set(err, ERR_DATA,
                       "column %.*s has the format of mysql56_temporal_format=OFF, and whether it "
                       "has fractions is not known, or it "
                       "has: rebuild the table with it ON (ALTER TABLE ... FORCE), or leave it out "
                       "(tables.exclude)",
                       (int)b->name.n, (const char *)b->name.p);
    bool binary = false, labelled = b->type == MYSQL_T_ENUM || b->type == MYSQL_T_SET;
    *ret = (struct column){ .name = b->name.p ? arena_printf(a, "%.*s", (int)b->name.n,
                                                             (const char *)b->name.p)
                                              : def->name,
                            .type_name = def ? arena_strdup(a, def->type) : "?",
                            .form = FORM_BINLOG,
                            .nullable = b->nullable };
    if (def && mysql_type_read(def->type, a, &t, err))
        return err_wrap(err, "column %s", ret->name);
    ret->is_unsigned = b->sign_known ? b->is_unsigned : t.is_unsigned;
    if (set_charset(b, def, collations, ret, &binary, err))
        return -1;
    type_of(b, &t, binary, ret);
    if (ret->type != COL_TEXT && !labelled)
        ret->charset = NULL;
    if (labelled && set_labels(b, &t, a, ret, err))
        return -1;
    set_default(def, a, ret);
    if (mariadb && def && *def->comment)
        ret->comment = def->comment;
    if (def)
        ret->about = about(def, &t, ret, mariadb, a);
    return 0;
}

/* ---- does a declaration fit what the binlog says? ---- */

/* The binlog's codes that a declared type may have: the newer first, then older ones. */
static const struct { const char *name; uint8_t codes[4];
} layouts[] = {
    { "tinyint", { MYSQL_T_TINY } },
    { "smallint", { MYSQL_T_SHORT } },
    { "mediumint", { MYSQL_T_INT24 } },
    { "int", { MYSQL_T_LONG } },
    { "bigint", { MYSQL_T_LONGLONG } },
    { "float", { MYSQL_T_FLOAT } },
    { "double", { MYSQL_T_DOUBLE } },
    { "decimal", { MYSQL_T_NEWDECIMAL } },
    { "bit", { MYSQL_T_BIT } },
    { "year", { MYSQL_T_YEAR } },
    { "date", { MYSQL_T_DATE, MYSQL_T_NEWDATE } },
    { "time", { MYSQL_T_TIME2, MYSQL_T_TIME } },
    { "datetime", { MYSQL_T_DATETIME2, MYSQL_T_DATETIME } },
    { "timestamp", { MYSQL_T_TIMESTAMP2, MYSQL_T_TIMESTAMP } },
    { "enum", { MYSQL_T_ENUM } },
    { "set", { MYSQL_T_SET } },
    { "json", { MYSQL_T_JSON, MYSQL_T_BLOB } },
    { "vector", { MYSQL_T_VECTOR, MYSQL_T_VARCHAR } },
    { "char", { MYSQL_T_STRING } },
    { "binary", { MYSQL_T_STRING } },
    { "uuid", { MYSQL_T_STRING } },
    { "inet4", { MYSQL_T_STRING } },
    { "inet6", { MYSQL_T_STRING } },
    { "varchar", { MYSQL_T_VARCHAR, MYSQL_T_VAR_STRING, MYSQL_T_MARIA_VARCHAR_COMPRESSED } },
    { "varbinary", { MYSQL_T_VARCHAR, MYSQL_T_VAR_STRING, MYSQL_T_MARIA_VARCHAR_COMPRESSED } },
};

static uint8_t code_of(const char *name)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (strcmp(layouts[i].name, name) == 0)
            return layouts[i].codes[0];
    return strstr(name, "blob") || strstr(name, "text") ? MYSQL_T_BLOB : MYSQL_T_GEOMETRY;
}

static uint8_t max_bytes_of(const struct mysql_column_def *def,
                            const struct mysql_collations *collations)
{
    for (uint32_t i = 0; def->charset && i < collations->n; i++)
        if (strcmp(collations->list[i].charset, def->charset) == 0)
            return collations->list[i].max_bytes;
    return 1;
}

static uint32_t collation_of(const struct mysql_column_def *def,
                             const struct mysql_collations *collations)
{
    for (uint32_t i = 0; def->collation && i < collations->n; i++)
        if (strcmp(collations->list[i].name, def->collation) == 0)
            return collations->list[i].id;
    return 0;
}

static uint16_t meta_of(const struct binlog_column *b, const struct mysql_type *t,
                        uint8_t max_bytes)
{
    int64_t n = t->length < 0 ? 0 : t->length;
    switch (b->type) {
    case MYSQL_T_NEWDECIMAL:
        return (uint16_t)((t->length < 0 ? 10 : t->length) << 8 | (t->scale < 0 ? 0 : t->scale));
    case MYSQL_T_BIT:        return (uint16_t)(t->length < 0 ? 1 : t->length);
    case MYSQL_T_STRING:
        if (declared(t, "uuid") || declared(t, "inet6"))
            return 16;
        return (uint16_t)(declared(t, "inet4") ? 4 : (t->length < 0 ? 1 : n) * max_bytes);
    case MYSQL_T_VARCHAR:    return (uint16_t)(n * max_bytes);
    case MYSQL_T_ENUM:       return t->nlabels > 255 ? 2 : 1;
    case MYSQL_T_SET:        return (uint16_t)(t->nlabels > 32 ? 8 : (t->nlabels + 7) / 8);
    default:                 return (uint16_t)n;
    }
}

int mysql_types_layout(const struct mysql_column_def *def,
                       const struct mysql_collations *collations, struct arena *a,
                       struct binlog_column *ret, struct err *err)
{
    struct mysql_type t;
    if (mysql_type_read(def->type, a, &t, err))
        return err_wrap(err, "column %s", def->name);
    *ret = (struct binlog_column){ .type = code_of(t.name),
                                   .nullable = def->nullable,
                                   .sign_known = true,
                                   .is_unsigned = t.is_unsigned,
                                   .name = slice_str(def->name),
                                   .collation = collation_of(def, collations),
                                   .invisible = def->invisible };
    ret->meta = meta_of(ret, &t, max_bytes_of(def, collations));
    return 0;
}

static bool code_fits(uint8_t code, const char *name)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (strcmp(layouts[i].name, name) == 0)
            return memchr(layouts[i].codes, code, sizeof layouts[i].codes);
    bool blob = strstr(name, "blob") || strstr(name, "text");
    return blob ? code == MYSQL_T_BLOB || code == MYSQL_T_MARIA_BLOB_COMPRESSED
                : code == MYSQL_T_GEOMETRY;
}

/* Checks meta for the types where the declaration alone determines it. */
static bool meta_fits(const struct binlog_column *b, const struct mysql_type *t, uint8_t max_bytes)
{
    switch (b->type) {
    case MYSQL_T_NEWDECIMAL:
    case MYSQL_T_TIME2:
    case MYSQL_T_DATETIME2:
    case MYSQL_T_TIMESTAMP2:
    case MYSQL_T_BIT:
    case MYSQL_T_STRING:
    case MYSQL_T_ENUM:
        return b->meta == meta_of(b, t, max_bytes);
    case MYSQL_T_VARCHAR:
        return declared(t, "vector") || b->meta == meta_of(b, t, max_bytes);
    default:
        return true;
    }
}

/*
 * MariaDB only: an old temporal column with a fraction has longer values, and the binlog does not
 * say so. Returns the words that say it; NULL: it is no such column.
 */
static const char *old_fraction(const struct binlog_column *b, const char *name,
                                const struct mysql_type *t, struct arena *a)
{
    return is_old_temporal(b->type) && t->length > 0
               ? arena_printf(a,
                              "column %s is %s(%d) in the format of mysql56_temporal_format=OFF, "
                              "which the binlog tells nothing of: rebuild the table "
                              "with it ON (ALTER TABLE ... FORCE)",
                              name, t->name, (int)t->length)
               : NULL;
}

const char *mysql_types_mismatch(const struct binlog_column *b, const struct mysql_column_def *def,
                                 const struct mysql_collations *collations, struct arena *a)
{
    struct mysql_type t;
    struct err err = { 0 };
    if (mysql_type_read(def->type, a, &t, &err))
        return arena_strdup(a, err.msg);
    if (code_fits(b->type, t.name) && old_fraction(b, def->name, &t, a))
        return old_fraction(b, def->name, &t, a);
    if (!code_fits(b->type, t.name) || !meta_fits(b, &t, max_bytes_of(def, collations)))
        return arena_printf(a, "column %s is known as %s, the binlog has type %u (%u)", def->name,
                            def->type, b->type, b->meta);
    if (b->nullable != def->nullable)
        return arena_printf(a, "column %s is known as %s, the binlog says otherwise", def->name,
                            def->nullable ? "NULL" : "NOT NULL");
    if (b->sign_known && b->is_unsigned != t.is_unsigned && b->type != MYSQL_T_YEAR)
        return arena_printf(a, "column %s is known as %s, the binlog says %s", def->name, def->type,
                            b->is_unsigned ? "unsigned" : "signed");
    const struct mysql_collation *k =
        b->collation ? mysql_collation_find(collations, b->collation) : NULL;
    if (k && def->charset && strcmp(k->charset, def->charset) != 0)
        return arena_printf(a, "column %s is known in %s, the binlog says %s", def->name,
                            def->charset, k->charset);
    return NULL;
}

int mysql_types_table(const struct mysql_table_def *def, const struct mysql_collations *collations,
                      bool mariadb, struct arena *a, struct binlog_column *ret_layout,
                      struct table *ret, struct err *err)
{
    const uint16_t *key;
    uint16_t nkey = mysql_table_key_columns(def, a, &key);
    struct column *cols = arena_alloc(a, (def->ncols + 1u) * sizeof *cols);
    for (uint16_t i = 0; i < def->ncols; i++)
        if (mysql_types_layout(&def->cols[i], collations, a, &ret_layout[i], err) ||
            mysql_types_column(&ret_layout[i], &def->cols[i], collations, mariadb, a, &cols[i],
                               err))
            return err_wrap(err, "%s.%s", def->database, def->name);
    *ret = (struct table){ .version = 1,
                           .database = def->database,
                           .schema = def->database,
                           .name = def->name,
                           .cols = cols,
                           .ncols = def->ncols,
                           .key = key,
                           .nkey = nkey,
                           .comment = *def->comment ? def->comment : NULL,
                           .charset = def->charset };
    return 0;
}
