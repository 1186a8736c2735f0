/* Reads a declared type, and shows it as the server's COLUMN_TYPE does (type.h). */
#include "source/mysql/ddl/type.h"
#include <stdlib.h>

enum { BINARY = 1, NATIONAL = 2, SERIAL = 4, NO_LENGTH = 8 };

/* Of two names that begin alike, the longer one stands first. */
static const struct {
    const char *words, *name;
    enum ddl_family family;
    int flags;
    int64_t length;
} types[] = {
    { "TINYINT", "tinyint", FAMILY_INT, 0, -1 },
    { "INT1", "tinyint", FAMILY_INT, 0, -1 },
    { "BOOL", "tinyint", FAMILY_INT, NO_LENGTH, 1 },
    { "BOOLEAN", "tinyint", FAMILY_INT, NO_LENGTH, 1 },
    { "SMALLINT", "smallint", FAMILY_INT, 0, -1 },
    { "INT2", "smallint", FAMILY_INT, 0, -1 },
    { "MEDIUMINT", "mediumint", FAMILY_INT, 0, -1 },
    { "INT3", "mediumint", FAMILY_INT, 0, -1 },
    { "MIDDLEINT", "mediumint", FAMILY_INT, 0, -1 },
    { "INT", "int", FAMILY_INT, 0, -1 },
    { "INTEGER", "int", FAMILY_INT, 0, -1 },
    { "INT4", "int", FAMILY_INT, 0, -1 },
    { "BIGINT", "bigint", FAMILY_INT, 0, -1 },
    { "INT8", "bigint", FAMILY_INT, 0, -1 },
    { "SERIAL", "bigint", FAMILY_INT, SERIAL | NO_LENGTH, -1 },
    { "FLOAT4", "float", FAMILY_FLOAT, 0, -1 },
    { "FLOAT8", "double", FAMILY_FLOAT, 0, -1 },
    { "FLOAT", "float", FAMILY_FLOAT, 0, -1 },
    { "DOUBLE PRECISION", "double", FAMILY_FLOAT, 0, -1 },
    { "DOUBLE", "double", FAMILY_FLOAT, 0, -1 },
    { "REAL", "double", FAMILY_FLOAT, 0, -1 },
    { "DECIMAL", "decimal", FAMILY_DECIMAL, 0, 10 },
    { "DEC", "decimal", FAMILY_DECIMAL, 0, 10 },
    { "NUMERIC", "decimal", FAMILY_DECIMAL, 0, 10 },
    { "FIXED", "decimal", FAMILY_DECIMAL, 0, 10 },
    { "BIT", "bit", FAMILY_BIT, 0, 1 },
    { "YEAR", "year", FAMILY_YEAR, 0, 4 },
    { "DATE", "date", FAMILY_PLAIN, 0, -1 },
    { "TIME", "time", FAMILY_FRACTION, 0, -1 },
    { "DATETIME", "datetime", FAMILY_FRACTION, 0, -1 },
    { "TIMESTAMP", "timestamp", FAMILY_FRACTION, 0, -1 },
    { "NATIONAL CHARACTER VARYING", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NATIONAL CHAR VARYING", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NATIONAL VARCHARACTER", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NATIONAL VARCHAR", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NATIONAL CHARACTER", "char", FAMILY_CHARS, NATIONAL, 1 },
    { "NATIONAL CHAR", "char", FAMILY_CHARS, NATIONAL, 1 },
    { "NCHAR VARYING", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NCHAR VARCHARACTER", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NCHAR VARCHAR", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NVARCHAR", "varchar", FAMILY_CHARS, NATIONAL, 1 },
    { "NCHAR", "char", FAMILY_CHARS, NATIONAL, 1 },
    { "CHARACTER VARYING", "varchar", FAMILY_CHARS, 0, 1 },
    { "CHAR VARYING", "varchar", FAMILY_CHARS, 0, 1 },
    { "VARCHARACTER", "varchar", FAMILY_CHARS, 0, 1 },
    { "VARCHAR", "varchar", FAMILY_CHARS, 0, 1 },
    { "CHARACTER", "char", FAMILY_CHARS, 0, 1 },
    { "CHAR", "char", FAMILY_CHARS, 0, 1 },
    { "BINARY", "binary", FAMILY_CHARS, BINARY, 1 },
    { "VARBINARY", "varbinary", FAMILY_CHARS, BINARY, 1 },
    { "LONG VARBINARY", "mediumblob", FAMILY_TEXT, BINARY | NO_LENGTH, -1 },
    { "LONG CHARACTER VARYING", "mediumtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "LONG CHAR VARYING", "mediumtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "LONG VARCHARACTER", "mediumtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "LONG VARCHAR", "mediumtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "LONG", "mediumtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "TINYTEXT", "tinytext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "TEXT", "text", FAMILY_TEXT, 0, -1 },
    { "MEDIUMTEXT", "mediumtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "LONGTEXT", "longtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "TINYBLOB", "tinyblob", FAMILY_TEXT, BINARY | NO_LENGTH, -1 },
    { "BLOB", "blob", FAMILY_TEXT, BINARY, -1 },
    { "MEDIUMBLOB", "mediumblob", FAMILY_TEXT, BINARY | NO_LENGTH, -1 },
    { "LONGBLOB", "longblob", FAMILY_TEXT, BINARY | NO_LENGTH, -1 },
    { "ENUM", "enum", FAMILY_LABELS, 0, -1 },
    { "SET", "set", FAMILY_LABELS, 0, -1 },
    { "JSON", "json", FAMILY_PLAIN, 0, -1 },
    { "GEOMETRYCOLLECTION", "geometrycollection", FAMILY_PLAIN, 0, -1 },
    { "GEOMCOLLECTION", "geometrycollection", FAMILY_PLAIN, 0, -1 },
    { "GEOMETRY", "geometry", FAMILY_PLAIN, 0, -1 },
    { "POINT", "point", FAMILY_PLAIN, 0, -1 },
    { "LINESTRING", "linestring", FAMILY_PLAIN, 0, -1 },
    { "POLYGON", "polygon", FAMILY_PLAIN, 0, -1 },
    { "MULTIPOINT", "multipoint", FAMILY_PLAIN, 0, -1 },
    { "MULTILINESTRING", "multilinestring", FAMILY_PLAIN, 0, -1 },
    { "MULTIPOLYGON", "multipolygon", FAMILY_PLAIN, 0, -1 },
    { "UUID", "uuid", FAMILY_PLAIN, 0, -1 },
    { "NUMBER", "decimal", FAMILY_DECIMAL, 0, -1 },
    { "VARCHAR2", "varchar", FAMILY_CHARS, 0, 1 },
    { "RAW", "varbinary", FAMILY_CHARS, BINARY, 1 },
    { "CLOB", "longtext", FAMILY_TEXT, NO_LENGTH, -1 },
    { "INET4", "inet4", FAMILY_PLAIN, 0, -1 },
    { "INET6", "inet6", FAMILY_PLAIN, 0, -1 },
    { "VECTOR", "vector", FAMILY_VECTOR, 0, 2048 },
};

/* ---- reading ---- */

static int read_number(struct ddl_parser *p, int64_t *ret)
{
    const struct ddl_token *t = ddl_peek(p, 0);
    if (t->kind != TOK_NUMBER)
        return ddl_fail(p, "a number");
    *ret = strtoll(ddl_token_text(t, p->ctx, p->a), NULL, 10);
    ddl_next(p);
    return *ret <= UINT32_MAX ? 0 : ddl_fail(p, "a smaller number");
}

static int read_length(struct ddl_parser *p, struct ddl_type *t)
{
    int64_t scale = -1;
    if (!ddl_take_char(p, '('))
        return 0;
    const struct ddl_token *width = ddl_peek(p, 0);
    if (t->family == FAMILY_YEAR && width->kind == TOK_NUMBER && width->raw.n > 9) {
        ddl_next(p);        /* any width is accepted; only 2 matters */
        t->length = 4;
        return ddl_take_char(p, ')') ? 0 : ddl_fail(p, ")");
    }
    if (read_number(p, &t->length) || (ddl_take_char(p, ',') && read_number(p, &scale)))
        return -1;
    t->scale = scale > 255 ? 255 : (int)scale;
    return ddl_take_char(p, ')') ? 0 : ddl_fail(p, ")");
}

static int read_labels(struct ddl_parser *p, struct ddl_type *t)
{
    size_t cap = 0;
    if (!ddl_take_char(p, '('))
        return ddl_fail(p, "(");
    do {
        struct ddl_string label;
        if (t->nlabels == UINT16_MAX || !ddl_string_read(p, &label))
            return ddl_fail(p, "a label");
        if (t->nlabels == cap) {
            cap = cap ? 2 * cap : 8;
            struct ddl_string *more = arena_alloc(p->a, cap * sizeof *more);
            if (t->nlabels)
                memcpy(more, t->labels, t->nlabels * sizeof *more);
            t->labels = more;
        }
        t->labels[t->nlabels++] = label;
    } while (ddl_take_char(p, ','));
    return ddl_take_char(p, ')') ? 0 : ddl_fail(p, ")");
}

/* Settles lengths: FLOAT(p) holds p bits, REAL follows the sql_mode, a DECIMAL has a scale. */
static void settle(const struct ddl_parser *p, struct ddl_type *t, bool real)
{
    if (real && p->ctx->real_as_float)
        t->name = "float";
    if (t->family == FAMILY_FLOAT && t->length >= 0 && t->scale < 0) {
        if (strcmp(t->name, "float") == 0)
            t->name = t->length > 24 ? "double" : "float";
        t->length = -1;
    }
    if (t->family == FAMILY_DECIMAL) {
        t->length = t->length ? t->length : 10;
        t->scale = t->scale < 0 ? 0 : t->scale;
    }
    bool none = t->family == FAMILY_INT || t->family == FAMILY_FRACTION;
    if (t->length == 0 && (none || (t->family == FAMILY_FLOAT && t->scale == 0)))
        t->length = t->scale = -1;      /* 0 means no width */
    if (t->family == FAMILY_BIT && t->length == 0)
        t->length = 1;
    if (strcmp(t->name, "json") == 0 && p->ctx->server->mariadb) {
        t->name = "longtext";
        t->family = FAMILY_TEXT;
        t->json = true;
    }
}

/*
 * MariaDB: oracle_schema.date, mariadb_schema.date say what the type's name means, whatever the
 * mode.
 */
static void read_schema(struct ddl_parser *p, bool *oracle, bool *maxdb)
{
    static const struct { const char *name; bool oracle, maxdb;
    } schemas[] = {
        { "mariadb_schema", false, false },
        { "oracle_schema", true, false },
        { "maxdb_schema", false, true },
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        if (ddl_take(p, schemas[i].name) && ddl_take_char(p, '.')) {
            *oracle = schemas[i].oracle;
            *maxdb = schemas[i].maxdb;
        }
}

int ddl_type_read(struct ddl_parser *p, struct ddl_type *ret)
{
    bool real = ddl_at(p, "REAL"), oracle = p->ctx->oracle, maxdb = p->ctx->maxdb;
    read_schema(p, &oracle, &maxdb);
    bool number = ddl_at(p, "NUMBER"), blob = ddl_at(p, "BLOB"), date = ddl_at(p, "DATE"),
         timestamp = ddl_at(p, "TIMESTAMP");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!ddl_take(p, types[i].words))
            continue;
        int flags = types[i].flags;
        *ret = (struct ddl_type){ .family = types[i].family,
                                  .name = types[i].name,
                                  .length = types[i].length,
                                  .scale = -1,
                                  .binary = flags & BINARY,
                                  .national = flags & NATIONAL,
                                  .serial = flags & SERIAL,
                                  .is_unsigned = flags & SERIAL };
        if (ret->family == FAMILY_LABELS ? read_labels(p, ret)
            : flags & NO_LENGTH          ? 0
                                         : read_length(p, ret))
            return -1;
        if (number && ret->length < 0)
            *ret = (struct ddl_type){
                .family = FAMILY_FLOAT, .name = "double", .length = -1, .scale = -1
            };
        if (oracle && blob && ret->length < 0)
            *ret = (struct ddl_type){
                .family = FAMILY_TEXT, .name = "longblob", .length = -1, .scale = -1, .binary = true
            };
        if ((oracle && date) || (maxdb && timestamp)) {
            ret->name = "datetime";
            ret->family = FAMILY_FRACTION;
        }
        settle(p, ret, real);
        return 0;
    }
    return ddl_fail(p, "a type");
}

/* ---- as the server shows it ---- */

static const struct { const char *text, *blob; int64_t most;
} sizes[] = {
    { "tinytext", "tinyblob", 255 },
    { "text", "blob", 65535 },
    { "mediumtext", "mediumblob", 16777215 },
    { "longtext", "longblob", UINT32_MAX },
};
enum { SIZES = sizeof sizes / sizeof *sizes };

static size_t size_for(int64_t bytes)
{
    size_t i = 0;
    while (i + 1 < SIZES && sizes[i].most < bytes)
        i++;
    return i;
}

/* In bytes. A longer VARCHAR becomes a TEXT if the session's mode allows it. */
static int most_of_varchar(const struct ddl_parser *p)
{
    return p->ctx->server->mariadb ? 65532 : 65535;
}

const char *ddl_type_converted(const struct ddl_parser *p, const char *type, int from_width,
                               int to_width)
{
    int64_t length = strncmp(type, "varchar(", 8) == 0 ? strtoll(type + 8, NULL, 10) : 0;
    if (length * to_width > most_of_varchar(p))
        return sizes[size_for(length * to_width)].text;
    for (size_t i = 0; i < SIZES; i++)
        if (strcmp(type, sizes[i].text) == 0)
            return sizes[size_for(sizes[i].most / from_width * to_width)].text;
    return type;
}

static int int_width(const struct ddl_type *t)
{
    static const struct { const char *name; int width, width_unsigned;
    } widths[] = {
        { "tinyint", 4, 3 }, { "smallint", 6, 5 }, { "mediumint", 9, 8 },
        { "int", 11, 10 },   { "bigint", 20, 20 },
    };
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (strcmp(t->name, widths[i].name) == 0)
            return t->is_unsigned ? widths[i].width_unsigned : widths[i].width;
    return 0;
}

/* MySQL 8.0.19 and later show a width only for TINYINT(1) and with ZEROFILL. */
static bool shows_width(const struct ddl_parser *p, const struct ddl_type *t)
{
    const struct mysql_dialect *s = p->ctx->server;
    return s->mariadb || (s->version && s->version < 80019) || t->zerofill ||
           (t->family == FAMILY_INT && t->length == 1 && !t->is_unsigned &&
            strcmp(t->name, "tinyint") == 0);
}

static void put_bytes(struct buf *out, struct slice label)
{
    buf_str(out, "x'");
    buf_hex(out, label);
    buf_u8(out, '\'');
}

static void put_label(struct buf *out, struct slice label)
{
    static const char shown[] = { '\n', '\r', 0 }, letters[] = { 'n', 'r', '0' };
    buf_u8(out, '\'');
    for (size_t i = 0; i < label.n; i++) {
        const char *special = memchr(shown, label.p[i], sizeof shown);
        if (label.p[i] == '\'' || label.p[i] == '\\')
            buf_u8(out, label.p[i]);
        if (special)
            buf_u8(out, '\\');
        buf_u8(out, special ? (uint8_t)letters[special - shown] : label.p[i]);
    }
    buf_u8(out, '\'');
}

/* Removes the blanks at the label's end; bytes keep them. */
static struct slice without_blanks(struct slice label, const char *charset)
{
    while (label.n && label.p[label.n - 1] == ' ' && strcmp(charset, "binary") != 0)
        label.n--;
    return label;
}

/* Writes enum('a','b'). NULL: a label is not known. */
static const char *labels_text(const struct ddl_parser *p, const char *name,
                               const struct slice *labels, uint16_t n, const char *charset)
{
    struct buf out = { 0 };
    bool known = true;
    buf_printf(&out, "%s(", name);
    for (uint16_t i = 0; i < n && known; i++) {
        known = labels[i].p;
        if (i)
            buf_u8(&out, ',');
        struct slice label = known ? without_blanks(labels[i], charset) : labels[i];
        if (known && ddl_label_is_bytes(p, label, charset))
            put_bytes(&out, label);
        else if (known)
            put_label(&out, label);
    }
    buf_u8(&out, ')');
    const char *s = known ? arena_strdup(p->a, buf_cstr(&out)) : NULL;
    buf_done(&out);
    if (!known)
        err_set(p->err, ERR_DATA, "a label of %s is not text of %s", name, charset);
    return s;
}

static const char *written_labels(const struct ddl_parser *p, const struct ddl_type *t,
                                  const char *charset)
{
    struct slice *labels = arena_alloc(p->a, (t->nlabels + 1u) * sizeof *labels);
    for (uint16_t i = 0; i < t->nlabels; i++)
        labels[i] = ddl_string_label(p, &t->labels[i], charset);
    return labels_text(p, t->name, labels, t->nlabels, charset);
}

const char *ddl_labels_converted(const struct ddl_parser *p, const char *type, const char *from,
                                 const char *to)
{
    struct mysql_type t;
    if (mysql_type_read(type, p->a, &t, p->err))
        return NULL;
    for (uint16_t i = 0; i < t.nlabels; i++) {
        bool as_is = ddl_label_is_bytes(p, t.labels[i], from);
        struct slice bytes = as_is ? t.labels[i] : ddl_label_encode(p, t.labels[i], from);
        t.labels[i] = bytes.p ? ddl_label_decode(p, bytes, to) : bytes;
    }
    return labels_text(p, t.name, t.labels, t.nlabels, to);
}

/* Text in the set "binary" becomes bytes. Text that is too long for its type gets a longer type. */
static void settle_text(const struct ddl_parser *p, struct ddl_type *t, struct mysql_text *text)
{
    enum { MOST_OF_CHAR = 255 * 4 };    /* bytes */
    if (t->binary || strcmp(text->charset, "binary") == 0) {
        t->binary = true;
        if (t->family == FAMILY_CHARS)
            t->name = t->name[0] == 'v' ? "varbinary" : "binary";
        *text = (struct mysql_text){ NULL, NULL };
    }
    int width = ddl_charset_width(text->charset);
    if (t->family == FAMILY_CHARS && t->name[0] == 'c' && t->length * width > MOST_OF_CHAR)
        t->name = "varchar";
    if (t->family == FAMILY_CHARS && t->name[0] == 'v' && t->length * width > most_of_varchar(p))
        t->family = FAMILY_TEXT;
    if (t->family != FAMILY_TEXT)
        return;
    size_t at = 0;
    if (t->length >= 0) {
        at = size_for(t->length * width);
    } else {
        while (at + 1 < SIZES && strcmp(t->name, sizes[at].text) != 0 &&
               strcmp(t->name, sizes[at].blob) != 0)
            at++;
    }
    t->name = t->binary ? sizes[at].blob : sizes[at].text;
    t->length = -1;
}

static const char *number_text(const struct ddl_parser *p, const struct ddl_type *t)
{
    int64_t length = t->family == FAMILY_INT && t->length < 0 ? int_width(t) : t->length;
    const char *sign = t->is_unsigned || t->zerofill ? " unsigned" : "",
               *fill = t->zerofill ? " zerofill" : "";
    if (t->scale >= 0)
        return arena_printf(p->a, "%s(%lld,%d)%s%s", t->name, (long long)length, t->scale, sign,
                            fill);
    if (length >= 0 && (t->family != FAMILY_INT || shows_width(p, t)))
        return arena_printf(p->a, "%s(%lld)%s%s", t->name, (long long)length, sign, fill);
    return arena_printf(p->a, "%s%s%s", t->name, sign, fill);
}

const char *ddl_type_text(const struct ddl_parser *p, struct ddl_type *t, struct mysql_text *text)
{
    const char *charset = text->charset;
    bool mysql8 =
        !p->ctx->server->mariadb && !(p->ctx->server->version && p->ctx->server->version < 80000);
    if (t->zerofill)
        t->is_unsigned = true;
    if (t->family == FAMILY_TEXT && t->length == 0 && p->ctx->server->mariadb)
        t->length = -1;     /* in MySQL TEXT(0) is a TINYTEXT */
    if (t->family == FAMILY_CHARS || t->family == FAMILY_TEXT)
        settle_text(p, t, text);
    else if (t->family != FAMILY_LABELS ||
             (!p->ctx->server->mariadb && strcmp(text->charset, "binary") == 0))
        *text = (struct mysql_text){ NULL, NULL };
    const char *more = t->compressed ? " /*M!100301 COMPRESSED*/" : "";
    switch (t->family) {
    case FAMILY_LABELS:
        return written_labels(p, t, charset);
    case FAMILY_YEAR:
        if (t->length == 2 && p->ctx->server->mariadb)
            return "year(2)";
        return shows_width(p, t) ? "year(4)" : "year";
    case FAMILY_PLAIN:
        return mysql8 && strcmp(t->name, "geometrycollection") == 0 ? "geomcollection" : t->name;
    case FAMILY_TEXT:
        return arena_printf(p->a, "%s%s", t->name, more);
    case FAMILY_CHARS: case FAMILY_FRACTION: case FAMILY_BIT: case FAMILY_VECTOR:
        return t->length < 0
                   ? t->name
                   : arena_printf(p->a, "%s(%lld)%s", t->name, (long long)t->length, more);
    default:
        return number_text(p, t);
    }
}
