/* Describes a column for a schema change's record: in the words of PostgreSQL's JDBC driver, or of
 * the connector's MySQL parser. */
#include <stdlib.h>
#include <strings.h>
#include "encode/ops.h"
#include "encode/step.h"

/* java.sql.Types. A type that neither of them names is OTHER. */
enum {
    BIT = -7,
    BIGINT = -5,
    VARBINARY = -3,
    BINARY = -2,
    CHAR = 1,
    NUMERIC = 2,
    DECIMAL = 3,
    INTEGER = 4,
    SMALLINT = 5,
    FLOAT = 6,
    REAL = 7,
    DOUBLE = 8,
    VARCHAR = 12,
    DATE = 91,
    TIME = 92,
    TIMESTAMP = 93,
    OTHER = 1111,
    ARRAY = 2003,
    BLOB = 2004,
    SQLXML = 2009,
    TIME_ZONE = 2013,
    TIMESTAMP_ZONE = 2014
};

/* ---- PostgreSQL ---- */

static int pg_jdbc_type(const struct column *c)
{
    static const int types[COL_TYPES] = {
        [COL_BOOL] = BIT,
        [COL_I16] = SMALLINT,
        [COL_I32] = INTEGER,
        [COL_I64] = BIGINT,
        [COL_OID] = BIGINT,
        [COL_F32] = REAL,
        [COL_F64] = DOUBLE,
        [COL_DECIMAL] = NUMERIC,
        [COL_MONEY] = DOUBLE,
        [COL_TEXT] = VARCHAR,
        [COL_CHAR] = CHAR,
        [COL_BYTES] = BINARY,
        [COL_DATE] = DATE,
        [COL_TIME] = TIME,
        [COL_TIMETZ] = TIME_ZONE,
        [COL_TIMESTAMP] = TIMESTAMP,
        [COL_TIMESTAMPTZ] = TIMESTAMP_ZONE,
        [COL_XML] = SQLXML,
        [COL_BIT] = BIT,
        [COL_ENUM] = VARCHAR,
    };
    if (c->is_array)
        return ARRAY;
    if (c->type == COL_TEXT && c->about && c->about->type && strcmp(c->about->type, "bpchar") == 0)
        return CHAR;
    return types[c->type] ? types[c->type] : OTHER;
}

static struct said_column pg_column(const struct column *c, const struct column_about *a)
{
    bool digits = c->type == COL_DECIMAL && c->has_scale,
         fraction = c->precision >= 0 && !c->length &&
                    (c->type == COL_TIME || c->type == COL_TIMETZ || c->type == COL_TIMESTAMP ||
                     c->type == COL_TIMESTAMPTZ);
    return (struct said_column){
        .jdbc_type = pg_jdbc_type(c),
        .type = a->type ? a->type : c->type_name,
        .expression = c->type_name,
        .has_length = digits || fraction || c->length,
        .length = digits || fraction ? c->precision : c->length,
        .has_scale = digits,
        .scale = c->scale,
        .default_text = a->default_expression,
        .comment = a->comment,
        .auto_increment = a->auto_increment,
        .generated = a->generated,
    };
}

/* ---- MySQL and MariaDB: held against a running connector in tests/parity ---- */

static int mysql_jdbc_type(const char *type)
{
    static const struct { const char *name; int jdbc;
    } types[] = {
        { "TINYINT", SMALLINT },
        { "SMALLINT", SMALLINT },
        { "MEDIUMINT", INTEGER },
        { "INT", INTEGER },
        { "BIGINT", BIGINT },
        { "FLOAT", FLOAT },
        { "DOUBLE", DOUBLE },
        { "DECIMAL", DECIMAL },
        { "BIT", BIT },
        { "YEAR", INTEGER },
        { "DATE", DATE },
        { "TIME", TIME },
        { "DATETIME", TIMESTAMP },
        { "TIMESTAMP", TIMESTAMP_ZONE },
        { "CHAR", CHAR },
        { "VARCHAR", VARCHAR },
        { "TINYTEXT", VARCHAR },
        { "TEXT", VARCHAR },
        { "MEDIUMTEXT", VARCHAR },
        { "LONGTEXT", VARCHAR },
        { "BINARY", BINARY },
        { "VARBINARY", VARBINARY },
        { "TINYBLOB", BLOB },
        { "BLOB", BLOB },
        { "MEDIUMBLOB", BLOB },
        { "LONGBLOB", BLOB },
        { "ENUM", CHAR },
        { "SET", CHAR },
    };
    size_t n = strcspn(type, " ");      /* UNSIGNED, ZEROFILL */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == n && memcmp(types[i].name, type, n) == 0)
            return types[i].jdbc;
    return OTHER;
}

/* A BIT default is kept as a number; writes its digits, as in b'10101'. */
static const char *bits_text(const char *number, char to[65])
{
    unsigned long long v = strtoull(number, NULL, 10);
    char *p = to + 64;
    for (*p = 0; v || !*p; v >>= 1)
        *--p = (char)('0' + (v & 1));
    return p;
}

/* A literal. For the present time the connector has the epoch, for other expressions nothing. */
static const char *mysql_default(const struct column *c, const struct column_about *a,
                                 char bits[65])
{
    const char *text = a->default_expression;
    if (!text || a->generated)
        return NULL;
    if (c->default_kind == DEFAULT_LITERAL)
        return c->type == COL_BIT ? bits_text(text, bits) : text;
    return strncasecmp(text, "current_timestamp", 17) == 0 || strncasecmp(text, "now(", 4) == 0
               ? "1970-01-01 00:00:00"
               : NULL;
}

int mysql_column_length(const struct column *c)
{
    if (!c->about || !op_of_mysql(c))
        return -1;
    return c->type == COL_ENUM ? 1 : c->type == COL_SET ? 2 * c->nlabels - 1 : c->about->length;
}

static struct said_column mysql_column(const struct column *c, const struct column_about *a,
                                       char bits[65])
{
    bool made = a->auto_increment || a->on_update;
    int length = mysql_column_length(c);
    return (struct said_column){
        .jdbc_type = mysql_jdbc_type(a->type),
        .type = a->type,
        .expression = a->type,
        .has_length = length >= 0,
        .length = length,
        .has_scale = a->scale >= 0,
        .scale = a->scale,
        .default_text = mysql_default(c, a, bits),
        .comment = c->comment,
        .auto_increment = made,
        .generated = made || a->generated,
    };
}

struct said_column said_column(const struct plan *p, const struct column *c, char scratch[65])
{
    static const struct column_about nothing = { .length = -1, .scale = -1 };
    const struct column_about *a = c->about ? c->about : &nothing;
    return p->opt->connector != CONNECTOR_POSTGRESQL && a->type ? mysql_column(c, a, scratch)
                                                                : pg_column(c, a);
}
