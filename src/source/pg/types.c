#include "source/pg/types.h"
#include <stddef.h>

static const struct { uint32_t oid; enum col_type type; } builtin[] = {
    { 16, COL_BOOL },       { 600, COL_POINT },          { 17, COL_BYTES },      { 18, COL_CHAR },       { 19, COL_TEXT },
    { 20, COL_I64 },        { 21, COL_I16 },        { 23, COL_I32 },        { 25, COL_TEXT },
    { 26, COL_OID },        { 114, COL_JSON },      { 142, COL_XML },       { 650, COL_CIDR },
    { 700, COL_F32 },       { 701, COL_F64 },       { 774, COL_MACADDR8 },  { 790, COL_MONEY },
    { 829, COL_MACADDR },   { 869, COL_INET },      { 1042, COL_TEXT },     { 1043, COL_TEXT },
    { 1082, COL_DATE },     { 1083, COL_TIME },     { 1114, COL_TIMESTAMP }, { 1184, COL_TIMESTAMPTZ },
    { 1186, COL_INTERVAL }, { 1266, COL_TIMETZ },   { 1560, COL_BIT },      { 1562, COL_BIT },
    { 3614, COL_TSVECTOR }, { 3904, COL_INT4RANGE }, { 3906, COL_NUMRANGE }, { 3908, COL_TSRANGE },
    { 3910, COL_TSTZRANGE }, { 3912, COL_DATERANGE }, { 3926, COL_INT8RANGE },
    { 1700, COL_DECIMAL },  { 2950, COL_UUID },     { 3802, COL_JSONB },
};

enum col_type pg_type_meaning(uint32_t oid)
{
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (builtin[i].oid == oid)
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
