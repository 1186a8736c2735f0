#ifndef TAILRACE_TESTS_MYSQL_CASES_H
#define TAILRACE_TESTS_MYSQL_CASES_H
#include "encode/plan.h"

/*
 * One value of MySQL or MariaDB in its two forms, and what a consumer must read.
 * hex: of a row event; text: of a SELECT, NULL where it has the same bytes.
 * connect and plain as in cases.h. set: the column's character set; NULL: UTF-8.
 */
struct mysql_case {
    const char *name;
    struct column col;
    const char *hex, *text, *connect, *plain, *set;
};

#define M_COL(t) { .type = t }
#define M_COL_P(t, p) { .type = t, .precision = p }
#define M_UNSIGNED(t) { .type = t, .is_unsigned = true }
#define M_DEC(p, s) { .type = COL_DECIMAL, .has_scale = true, .precision = p, .scale = s }
#define M_BITS(n) { .type = COL_BIT, .length = n }
#define M_PAD(t, n) { .type = t, .pad = n }
#define M_LABELS(t, l) { .type = t, .labels = l, .nlabels = sizeof l / sizeof *l }
#define M_LABEL(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static const struct slice m_sizes[] = { M_LABEL("small"), M_LABEL("c,d"),
                                        M_LABEL("gr\xc3\xbc\xc3\x9f"), M_LABEL("") };
static const struct slice m_many[] = {
#define M_8                                                                                        \
    M_LABEL("x"), M_LABEL("x"), M_LABEL("x"), M_LABEL("x"), M_LABEL("x"), M_LABEL("x"),            \
        M_LABEL("x"), M_LABEL("y")
    M_8, M_8, M_8, M_8, M_8, M_8, M_8, M_8
};

static const struct mysql_case mysql_cases[] = {
    { "tinyint", M_COL(COL_I16), "85", "-123", "-123", NULL, NULL },
    { "tinyint min", M_COL(COL_I16), "80", "-128", "-128", NULL, NULL },
    { "tinyint max", M_COL(COL_I16), "7f", "127", "127", NULL, NULL },
    { "tinyint unsigned max", M_UNSIGNED(COL_I16), "ff", "255", "255", NULL, NULL },
    { "smallint min", M_COL(COL_I16), "0080", "-32768", "-32768", NULL, NULL },
    { "smallint unsigned max", M_UNSIGNED(COL_I32), "ffff", "65535", "65535", NULL, NULL },
    { "mediumint min", M_COL(COL_I32), "000080", "-8388608", "-8388608", NULL, NULL },
    { "mediumint -1", M_COL(COL_I32), "ffffff", "-1", "-1", NULL, NULL },
    { "mediumint unsigned max", M_UNSIGNED(COL_I32), "ffffff", "16777215", "16777215", NULL, NULL },
    { "int min", M_COL(COL_I32), "00000080", "-2147483648", "-2147483648", NULL, NULL },
    { "int max", M_COL(COL_I32), "ffffff7f", "2147483647", "2147483647", NULL, NULL },
    { "int zero", M_COL(COL_I32), "00000000", "0", "0", NULL, NULL },
    { "int zerofill", M_UNSIGNED(COL_I64), "2a000000", "00000000000000000000000000000000000042",
      "42", NULL, NULL },
    { "int unsigned max", M_UNSIGNED(COL_I64), "ffffffff", "4294967295", "4294967295", NULL, NULL },
    { "bigint min", M_COL(COL_I64), "0000000000000080", "-9223372036854775808",
      "-9223372036854775808", NULL, NULL },
    { "bigint max", M_COL(COL_I64), "ffffffffffffff7f", "9223372036854775807",
      "9223372036854775807", NULL, NULL },
    { "bigint unsigned", M_UNSIGNED(COL_U64), "0100000000000000", "1", "1", NULL, NULL },
    { "bigint unsigned wraps", M_UNSIGNED(COL_U64), "0000000000000080", "9223372036854775808",
      "-9223372036854775808", NULL, NULL },
    { "bigint unsigned max", M_UNSIGNED(COL_U64), "ffffffffffffffff", "18446744073709551615", "-1",
      NULL, NULL },

    { "float", M_COL(COL_F32), "cdcccc3d", "0.10000000149011612", "0.100000001", NULL, NULL },
    { "float max", M_COL(COL_F32), "ffff7f7f", "3.4028234663852886e38", "3.40282347e+38", NULL,
      NULL },
    { "float 2^24", M_COL(COL_F32), "0000804b", "16777216", "16777216", NULL, NULL },
    { "float tiny", M_COL(COL_F32), "01000000", "1.401298464324817e-45", "1.40129846e-45", NULL,
      NULL },
    { "float -0", M_COL(COL_F32), "00000080", "-0", "-0", NULL, NULL },
    { "float(7,2)", M_COL(COL_F32_WIDE), "1f85b340", "5.610000133514404", "5.6100001335144043",
      NULL, NULL },
    { "float(7,2) negative", M_COL(COL_F32_WIDE), "1f85b3c0", "-5.610000133514404",
      "-5.6100001335144043", NULL, NULL },
    { "double", M_COL(COL_F64), "9a9999999999b93f", "0.1", "0.10000000000000001", NULL, NULL },
    { "double min", M_COL(COL_F64), "ffffffffffffefff", "-1.7976931348623157e308",
      "-1.7976931348623157e+308", NULL, NULL },

    { "decimal(14,4)", M_DEC(14, 4), "810dfb38d204d2", "1234567890.1234", "0x0b3a73ce2ff2", NULL,
      NULL },
    { "decimal(14,4) negative", M_DEC(14, 4), "7ef204c72dfb2d", "-1234567890.1234",
      "0xf4c58c31d00e", NULL, NULL },
    { "decimal(1,0)", M_DEC(1, 0), "89", "9", "0x09", NULL, NULL },
    { "decimal(1,1) negative", M_DEC(1, 1), "7e", "-0.1", "0xff", NULL, NULL },
    { "decimal(9,0) max", M_DEC(9, 0), "bb9ac9ff", "999999999", "0x3b9ac9ff", NULL, NULL },
    { "decimal(9,0) -1", M_DEC(9, 0), "7ffffffe", "-1", "0xff", NULL, NULL },
    { "decimal(9,9) negative", M_DEC(9, 9), "7a0a1eff", "-0.100000000", "0xfa0a1f00", NULL, NULL },
    { "decimal(10,10)", M_DEC(10, 10), "875bcd1501", "0.1234567891", "0x499602d3", NULL, NULL },
    { "decimal(18,9) negative", M_DEC(18, 9), "78a432eac521974e", "-123456789.987654321",
      "0xfe4964b41fad054f", NULL, NULL },
    { "decimal(65,0) max", M_DEC(65, 0),
      "e33b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff",
      "99999999999999999999999999999999999999999999999999999999999999999",
      "0x00f316271c7fc3908a8bef464e3945ef7a253609ffffffffffffffff", NULL, NULL },
    { "decimal(30,30) least", M_DEC(30, 30), "7ffffffffffffffffffffffffffe",
      "-0.000000000000000000000000000001", "0xff", NULL, NULL },
    { "decimal(5,2)", M_DEC(5, 2), "807b2d", "123.45", "0x3039", NULL, NULL },
    { "decimal(5,2) zero", M_DEC(5, 2), "800000", "0.00", "0x00", NULL, NULL },
    { "decimal(5,2) zerofill", M_DEC(5, 2), "800c32", "012.50", "0x04e2", NULL, NULL },

    { "varchar", M_COL(COL_TEXT), "6772c3bcc39f", NULL, "\"gr\xc3\xbc\xc3\x9f\"", NULL, NULL },
    { "varchar empty", M_COL(COL_TEXT), "", NULL, "\"\"", NULL, NULL },
    { "varchar latin1", M_COL(COL_TEXT), "80e9", NULL, "\"\xe2\x82\xac\xc3\xa9\"", NULL, "latin1" },
    { "varchar latin1 ascii", M_COL(COL_TEXT), "6162", NULL, "\"ab\"", NULL, "latin1" },
    { "text gbk", M_COL(COL_TEXT), "d6d0cec4", NULL, "\"\xe4\xb8\xad\xe6\x96\x87\"", NULL, "gbk" },
    { "text utf16", M_COL(COL_TEXT), "d83dde00", NULL, "\"\xf0\x9f\x98\x80\"", NULL, "utf16" },
    { "text longer than its length says", M_COL(COL_TEXT),
      "e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9", NULL,
      "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
      "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"",
      NULL, "latin1" },
    { "varbinary", M_COL(COL_BYTES), "00deadbeef00", NULL, "0x00deadbeef00", NULL, NULL },
    { "blob empty", M_COL(COL_BYTES), "", NULL, "0x", NULL, NULL },
    { "binary(3)", M_PAD(COL_BYTES, 3), "6162", NULL, "0x616200", NULL, NULL },
    { "binary(3) of zeros", M_PAD(COL_BYTES, 3), "", NULL, "0x000000", NULL, NULL },
    { "binary(3) full", M_PAD(COL_BYTES, 3), "616263", NULL, "0x616263", NULL, NULL },

    { "date", M_COL(COL_DATE), "5dd00f", "2024-02-29", "19782", NULL, NULL },
    { "date first", M_COL(COL_DATE), "21d007", "1000-01-01", "-354285", NULL, NULL },
    { "date last", M_COL(COL_DATE), "9f1f4e", "9999-12-31", "2932896", NULL, NULL },
    { "date between the calendars", M_COL(COL_DATE), "4a5d0c", "1582-10-10", "-141432", NULL,
      NULL },
    { "time", M_COL_P(COL_TIME_SPAN, 0), "80c8b8", "12:34:56", "45296000000", NULL, NULL },
    { "time(1)", M_COL_P(COL_TIME_SPAN, 1), "80c8b846", "12:34:56.7", "45296700000", NULL, NULL },
    { "time(2)", M_COL_P(COL_TIME_SPAN, 2), "80c8b84e", "12:34:56.78", "45296780000", NULL, NULL },
    { "time(3)", M_COL_P(COL_TIME_SPAN, 3), "80c8b81ed2", "12:34:56.789", "45296789000", NULL,
      NULL },
    { "time(4)", M_COL_P(COL_TIME_SPAN, 4), "80c8b81ed2", "12:34:56.7890", "45296789000", NULL,
      NULL },
    { "time(5)", M_COL_P(COL_TIME_SPAN, 5), "80c8b80c0a12", "12:34:56.78901", "45296789010", NULL,
      NULL },
    { "time(6)", M_COL_P(COL_TIME_SPAN, 6), "80c8b80c0a14", "12:34:56.789012", "45296789012", NULL,
      NULL },
    { "time(1) negative", M_COL_P(COL_TIME_SPAN, 1), "7f3747ba", "-12:34:56.7", "-45296700000",
      NULL, NULL },
    { "time(3) negative", M_COL_P(COL_TIME_SPAN, 3), "7f3747e12e", "-12:34:56.789", "-45296789000",
      NULL, NULL },
    { "time(6) negative", M_COL_P(COL_TIME_SPAN, 6), "7f3747f3f5ec", "-12:34:56.789012",
      "-45296789012", NULL, NULL },
    { "time -1 s", M_COL_P(COL_TIME_SPAN, 0), "7fffff", "-00:00:01", "-1000000", NULL, NULL },
    { "time(2) a little below zero", M_COL_P(COL_TIME_SPAN, 2), "7fffffb2", "-00:00:00.78",
      "-780000", NULL, NULL },
    { "time zero", M_COL_P(COL_TIME_SPAN, 0), "800000", "00:00:00", "0", NULL, NULL },
    { "time max", M_COL_P(COL_TIME_SPAN, 0), "b46efb", "838:59:59", "3020399000000", NULL, NULL },
    { "time(6) min", M_COL_P(COL_TIME_SPAN, 6), "4b9105000000", "-838:59:59.000000",
      "-3020399000000", NULL, NULL },
    { "time(6) -100 h", M_COL_P(COL_TIME_SPAN, 6), "79bfffffffff", "-100:00:00.000001",
      "-360000000001", NULL, NULL },

    { "datetime", M_COL_P(COL_TIMESTAMP, 0), "99b2bac8b8", "2024-02-29 12:34:56", "1709210096000",
      NULL, NULL },
    { "datetime(1)", M_COL_P(COL_TIMESTAMP, 1), "99b2bac8b846", "2024-02-29 12:34:56.7",
      "1709210096700", NULL, NULL },
    { "datetime(2)", M_COL_P(COL_TIMESTAMP, 2), "99b2bac8b84e", "2024-02-29 12:34:56.78",
      "1709210096780", NULL, NULL },
    { "datetime(3)", M_COL_P(COL_TIMESTAMP, 3), "99b2bac8b81ed2", "2024-02-29 12:34:56.789",
      "1709210096789", NULL, NULL },
    { "datetime(4)", M_COL_P(COL_TIMESTAMP, 4), "99b2bac8b81ed2", "2024-02-29 12:34:56.7890",
      "1709210096789000", NULL, NULL },
    { "datetime(5)", M_COL_P(COL_TIMESTAMP, 5), "99b2bac8b80c0a12", "2024-02-29 12:34:56.78901",
      "1709210096789010", NULL, NULL },
    { "datetime(6)", M_COL_P(COL_TIMESTAMP, 6), "99b2bac8b80c0a14", "2024-02-29 12:34:56.789012",
      "1709210096789012", NULL, NULL },
    { "datetime(6) last", M_COL_P(COL_TIMESTAMP, 6), "fef3ff7efb0f423f",
      "9999-12-31 23:59:59.999999", "253402300799999999", NULL, NULL },
    { "datetime first", M_COL_P(COL_TIMESTAMP, 0), "8cb2420000", "1000-01-01 00:00:00",
      "-30610224000000", NULL, NULL },
    { "datetime between the calendars", M_COL_P(COL_TIMESTAMP, 0), "9418140000",
      "1582-10-10 00:00:00", "-12219724800000", NULL, NULL },
    { "datetime(3) before 1970", M_COL_P(COL_TIMESTAMP, 3), "99027f7efb1388",
      "1969-12-31 23:59:59.500", "-500", NULL, NULL },
    { "datetime of the year 69", M_COL_P(COL_TIMESTAMP, 0), "80e0820000", "0069-01-01 00:00:00",
      "-59989680000000", NULL, NULL },
    { "timestamp", M_COL_P(COL_TIMESTAMPTZ, 0), "65e079f0", "2024-02-29 12:34:56",
      "\"2024-02-29T12:34:56Z\"", "1709210096000", NULL },
    { "timestamp(1)", M_COL_P(COL_TIMESTAMPTZ, 1), "65e079f032", "2024-02-29 12:34:56.5",
      "\"2024-02-29T12:34:56.5Z\"", "1709210096500", NULL },
    { "timestamp(3)", M_COL_P(COL_TIMESTAMPTZ, 3), "65e079f01388", "2024-02-29 12:34:56.500",
      "\"2024-02-29T12:34:56.500Z\"", "1709210096500", NULL },
    { "timestamp(6)", M_COL_P(COL_TIMESTAMPTZ, 6), "65e079f00c0a14", "2024-02-29 12:34:56.789012",
      "\"2024-02-29T12:34:56.789012Z\"", "1709210096789012", NULL },
    { "timestamp of 2038", M_COL_P(COL_TIMESTAMPTZ, 0), "7fffffff", "2038-01-19 03:14:07",
      "\"2038-01-19T03:14:07Z\"", "2147483647000", NULL },
    { "timestamp of 2106", M_COL_P(COL_TIMESTAMPTZ, 6), "ffffffff0f423f",
      "2106-02-07 06:28:15.999999", "\"2106-02-07T06:28:15.999999Z\"", "4294967295999999", NULL },
    { "year", M_COL(COL_YEAR), "7c", "2024", "2024", NULL, NULL },
    { "year first", M_COL(COL_YEAR), "01", "1901", "1901", NULL, NULL },
    { "year last", M_COL(COL_YEAR), "ff", "2155", "2155", NULL, NULL },
    { "year zero", M_COL(COL_YEAR), "00", "0000", "0", NULL, NULL },

    { "bit(1)", M_BITS(1), "01", "1", "true", NULL, NULL },
    { "bit(1) zero", M_BITS(1), "00", "0", "false", NULL, NULL },
    { "bit(10)", M_BITS(10), "02ce", "718", "0xce02", "\"1011001110\"", NULL },
    { "bit(10) zero", M_BITS(10), "0000", "0", "0x0000", "\"0000000000\"", NULL },
    { "bit(17)", M_BITS(17), "010001", "65537", "0x010001", "\"10000000000000001\"", NULL },
    { "bit(64)", M_BITS(64), "8000000000000001", "9223372036854775809", "0x0100000000000080",
      "\"1000000000000000000000000000000000000000000000000000000000000001\"", NULL },
    { "enum", M_LABELS(COL_ENUM, m_sizes), "01", "1", "\"small\"", NULL, NULL },
    { "enum comma", M_LABELS(COL_ENUM, m_sizes), "02", "2", "\"c,d\"", NULL, NULL },
    { "enum utf8", M_LABELS(COL_ENUM, m_sizes), "0300", "3", "\"gr\xc3\xbc\xc3\x9f\"", NULL, NULL },
    { "enum invalid", M_LABELS(COL_ENUM, m_sizes), "00", "0", "\"\"", NULL, NULL },
    { "set", M_LABELS(COL_SET, m_sizes), "07", "7", "\"small,c,d,gr\xc3\xbc\xc3\x9f\"", NULL,
      NULL },
    { "set one", M_LABELS(COL_SET, m_sizes), "02", "2", "\"c,d\"", NULL, NULL },
    { "set with an empty label", M_LABELS(COL_SET, m_sizes), "09", "9", "\"small,\"", NULL, NULL },
    { "set empty", M_LABELS(COL_SET, m_sizes), "00", "0", "\"\"", NULL, NULL },
    { "set of 64", M_LABELS(COL_SET, m_many), "0100000000000080", "9223372036854775809", "\"x,y\"",
      NULL, NULL },

    { "json", M_COL(COL_JSON), "0001000c000b00010005010061", "{\"a\": 1}", "\"{\"a\":1}\"", NULL,
      NULL },
    { "json merged", M_COL(COL_JSON), "ff7b2261223a20317d", "{\"a\": 1}", "\"{\"a\":1}\"", NULL,
      NULL },
    { "json string", M_COL(COL_JSON), "0c0761202c205c2022", "\"a , \\\\ \\\"\"",
      "\"\"a , \\\\ \\\"\"\"", NULL, NULL },
    { "json of no bytes", M_COL(COL_JSON), "", "null", "\"null\"", NULL, NULL },
    { "point", M_COL(COL_POINT), "000000000101000000000000000000f83f00000000000002c0", NULL,
      "{1.5,-2.25,0x0101000000000000000000f83f00000000000002c0,null}", NULL, NULL },
    { "point of a system", M_COL(COL_POINT), "e6100000010100000000000000000010400000000000000840",
      NULL, "{4,3,0x010100000000000000000010400000000000000840,4326}", NULL, NULL },
    { "geometry", M_COL(COL_GEOMETRY),
      "000000000107000000010000000101000000000000000000f03f000000000000f03f", NULL,
      "{0x0107000000010000000101000000000000000000f03f000000000000f03f,null}", NULL, NULL },
    { "geometry of a system", M_COL(COL_GEOMETRY), "110f0000010700000000000000", NULL,
      "{0x010700000000000000,3857}", NULL, NULL },
    { "vector", M_COL(COL_VECTOR), "0000803f00002040000040c000000000", NULL, "[1,2.5,-3,0]", NULL,
      NULL },
    { "uuid", M_PAD(COL_UUID, 16), "123e4567e89b12d3a45642665544",
      "123e4567-e89b-12d3-a456-426655440000", "\"123e4567-e89b-12d3-a456-426655440000\"", NULL,
      NULL },
    { "inet4", M_PAD(COL_INET, 4), "0a", "10.0.0.0", "\"10.0.0.0\"", NULL, NULL },
    { "inet6", M_PAD(COL_INET, 16), "20010db8000000000000000000000001", "2001:db8::1",
      "\"2001:db8::1\"", NULL, NULL },
    { "inet6 mapped", M_PAD(COL_INET, 16), "00000000000000000000ffff01020304", "::ffff:1.2.3.4",
      "\"::ffff:1.2.3.4\"", NULL, NULL },
    { "inet6 zero", M_PAD(COL_INET, 16), "", "::", "\"::\"", NULL, NULL },
};

enum { MYSQL_CASES = sizeof mysql_cases / sizeof *mysql_cases };
#endif
