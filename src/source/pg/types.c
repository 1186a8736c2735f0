/*
 * What PostgreSQL's types mean: from a type's oid, name and modifier to the model's enum col_type.
 */
#include "source/pg/types.h"
#include <stddef.h>
#include <string.h>

static const struct { uint32_t oid; const char *name; enum col_type type;
} builtin[] = {
    { 16, "bool", COL_BOOL },
    { 600, "point", COL_POINT },
    { 17, "bytea", COL_BYTES },
    { 18, "char", COL_CHAR },
    { 19, "name", COL_TEXT },
    { 20, "int8", COL_I64 },
    { 21, "int2", COL_I16 },
    { 23, "int4", COL_I32 },
    { 25, "text", COL_TEXT },
    { 26, "oid", COL_OID },
    { 114, "json", COL_JSON },
    { 142, "xml", COL_XML },
    { 650, "cidr", COL_CIDR },
    { 700, "float4", COL_F32 },
    { 701, "float8", COL_F64 },
    { 774, "macaddr8", COL_MACADDR8 },
    { 790, "money", COL_MONEY },
    { 829, "macaddr", COL_MACADDR },
    { 869, "inet", COL_INET },
    { 1042, "bpchar", COL_TEXT },
    { 1043, "varchar", COL_TEXT },
    { 1082, "date", COL_DATE },
    { 1083, "time", COL_TIME },
    { 1114, "timestamp", COL_TIMESTAMP },
    { 1184, "timestamptz", COL_TIMESTAMPTZ },
    { 1186, "interval", COL_INTERVAL },
    { 1266, "timetz", COL_TIMETZ },
    { 1560, "bit", COL_BIT },
    { 1562, "varbit", COL_BIT },
    { 3614, "tsvector", COL_TSVECTOR },
    { 3904, "int4range", COL_INT4RANGE },
    { 3906, "numrange", COL_NUMRANGE },
    { 3908, "tsrange", COL_TSRANGE },
    { 3910, "tstzrange", COL_TSTZRANGE },
    { 3912, "daterange", COL_DATERANGE },
    { 3926, "int8range", COL_INT8RANGE },
    { 1700, "numeric", COL_DECIMAL },
    { 2950, "uuid", COL_UUID },
    { 3802, "jsonb", COL_JSONB },
};

/* Types of extensions have no fixed oid, and a user's own type may have the same name. */
static const struct {
    const char *name;
    enum col_type type;
    const char *extension;
} extensions[] = {
    { "citext", COL_TEXT, "citext" },
    { "ltree", COL_LTREE, "ltree" },
    { "hstore", COL_HSTORE, "hstore" },
    { "vector", COL_VECTOR, "vector" },
    { "halfvec", COL_HALFVEC, "vector" },
    { "sparsevec", COL_SPARSEVEC, "vector" },
    { "geometry", COL_GEOMETRY, "postgis" },
    { "geography", COL_GEOGRAPHY, "postgis" },
    { "ean13", COL_TEXT, "isn" },
    { "isbn13", COL_TEXT, "isn" },
    { "ismn13", COL_TEXT, "isn" },
    { "issn13", COL_TEXT, "isn" },
    { "isbn", COL_TEXT, "isn" },
    { "ismn", COL_TEXT, "isn" },
    { "issn", COL_TEXT, "isn" },
    { "upc", COL_TEXT, "isn" },
};

enum col_type pg_type_meaning(uint32_t oid, const char *name, const char *extension)
{
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (strcmp(name, extensions[i].name) == 0 &&
            (!extension || strcmp(extension, extensions[i].extension) == 0))
            return extensions[i].type;
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (oid ? builtin[i].oid == oid : strcmp(builtin[i].name, name) == 0)
            return builtin[i].type;
    return COL_UNKNOWN;
}

/*
 * numeric: ((precision << 16) | (scale & 0x7ff)) + 4, the scale an 11-bit signed
 * number (numeric.c, make_numeric_typmod). char, varchar: length + 4. time and
 * timestamp types: fraction digits. bit: length. -1: not declared.
 */
void pg_type_modifier(struct column *col, int32_t typmod)
{
    col->precision = -1;
    col->scale = 0;
    col->length = 0;
    col->has_scale = false;
    if (typmod < 0)
        return;
    switch (col->type) {
    case COL_DECIMAL:
        col->precision = (int16_t)((typmod - 4) >> 16 & 0xffff);
        col->scale = (int16_t)((((typmod - 4) & 0x7ff) ^ 0x400) - 0x400);
        col->has_scale = true;
        break;
    case COL_TEXT:
        col->length = typmod - 4;
        break;
    case COL_BIT:
        col->length = typmod;
        break;
    case COL_TIME:
    case COL_TIMETZ:
    case COL_TIMESTAMP:
    case COL_TIMESTAMPTZ:
        col->precision = (int16_t)typmod;
        break;
    default:
        break;
    }
}
