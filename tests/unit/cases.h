#ifndef TAILRACE_TESTS_CASES_H
#define TAILRACE_TESTS_CASES_H
#include "bytes.h"
#include "encode/plan.h"

/*
 * One PostgreSQL value in its two wire forms, and what a consumer must read.
 * hex: the type's send function; text: its output function. connect and plain:
 * the value under TYPES_CONNECT and TYPES_AVRO as show() of test_encode.c prints
 * it; plain NULL: the same as connect.
 */
struct value_case {
    const char *name;
    struct column col;
    const char *text, *hex, *connect, *plain;
};

#define COL(t) { .type = t, .precision = -1 }
#define COL_P(t, p) { .type = t, .precision = p }
#define NUM(p, s) { .type = COL_DECIMAL, .has_scale = true, .precision = p, .scale = s }
#define BITS(n) { .type = COL_BIT, .precision = -1, .length = n }
#define ARRAY(t) { .type = t, .precision = -1, .is_array = true }

static const struct value_case value_cases[] = {
    { "bool t", COL(COL_BOOL), "t", "01", "true", NULL },
    { "bool f", COL(COL_BOOL), "f", "00", "false", NULL },
    { "int2", COL(COL_I16), "-123", "ff85", "-123", NULL },
    { "int4 max", COL(COL_I32), "2147483647", "7fffffff", "2147483647", NULL },
    { "int8 min", COL(COL_I64), "-9223372036854775808", "8000000000000000", "-9223372036854775808",
      NULL },
    { "oid max", COL(COL_OID), "4294967295", "ffffffff", "4294967295", NULL },
    { "float4", COL(COL_F32), "0.1", "3dcccccd", "0.100000001", NULL },
    { "float4 max", COL(COL_F32), "3.4028235e+38", "7f7fffff", "3.40282347e+38", NULL },
    { "float4 nan", COL(COL_F32), "NaN", "7fc00000", "nan", NULL },
    { "float4 tiny", COL(COL_F32), "1e-45", "00000001", "1.40129846e-45", NULL },
    { "float8", COL(COL_F64), "0.1", "3fb999999999999a", "0.10000000000000001", NULL },
    { "float8 -0", COL(COL_F64), "-0", "8000000000000000", "-0", NULL },
    { "float8 inf", COL(COL_F64), "-Infinity", "fff0000000000000", "-inf", NULL },
    { "float8 nan", COL(COL_F64), "NaN", "7ff8000000000000", "nan", NULL },

    { "numeric(5,2)", NUM(5, 2), "123.45", "0002000000000002007b1194", "0x3039", NULL },
    { "numeric(5,2) negative", NUM(5, 2), "-123.45", "0002000040000002007b1194", "0xcfc7", NULL },
    { "numeric(5,2) zero", NUM(5, 2), "0.00", "0000000000000002", "0x00", NULL },
    { "numeric(5,2) 128", NUM(5, 2), "1.28", "000200000000000200010af0", "0x0080", NULL },
    { "numeric(5,2) -128", NUM(5, 2), "-1.28", "000200004000000200010af0", "0x80", NULL },
    { "numeric(5,2) -129", NUM(5, 2), "-1.29", "000200004000000200010b54", "0xff7f", NULL },
    { "numeric(26,3)", NUM(26, 3), "12345678901234567890123.456",
      "0007000500000003007b11d722c509291a85007b11d0", "0x0a364c98227eaa6adcbac0", NULL },
    { "numeric(26,3) negative", NUM(26, 3), "-12345678901234567890123.456",
      "0007000540000003007b11d722c509291a85007b11d0", "0xf5c9b367dd815595234540", NULL },
    { "numeric(5,-2)", NUM(5, -2), "12300", "0002000100000000000108fc", "0x300c", NULL },
    { "numeric(3,5)", NUM(3, 5), "0.00123", "0002ffff00000005000c0bb8", "0x7b", NULL },
    { "numeric", COL(COL_DECIMAL), "1.500", "000200000000000300011388", "{1,0x0f}", "\"1.500\"" },
    { "numeric zero", COL(COL_DECIMAL), "0", "0000000000000000", "{0,0x00}", "\"0\"" },
    { "numeric 0.00", COL(COL_DECIMAL), "0.00", "0000000000000002", "{0,0x00}", "\"0.00\"" },
    { "numeric negative", COL(COL_DECIMAL), "-0.001", "0001ffff40000003000a", "{3,0xff}",
      "\"-0.001\"" },
    { "numeric 10000", COL(COL_DECIMAL), "10000", "00010001000000000001", "{0,0x2710}",
      "\"10000\"" },
    { "numeric long", COL(COL_DECIMAL), "12345678901234567890123.456",
      "0007000500000003007b11d722c509291a85007b11d0", "{3,0x0a364c98227eaa6adcbac0}",
      "\"12345678901234567890123.456\"" },
    { "money", COL(COL_MONEY), "$1,234.56", "000000000001e240", "0x01e240", NULL },
    { "money negative", COL(COL_MONEY), "-$0.01", "ffffffffffffffff", "0xff", NULL },
    { "money zero", COL(COL_MONEY), "$0.00", "0000000000000000", "0x00", NULL },
    { "money min", COL(COL_MONEY), "-$92,233,720,368,547,758.08", "8000000000000000",
      "0x8000000000000000", NULL },

    { "text", COL(COL_TEXT), "gr\xc3\xbc\xc3\x9f", "6772c3bcc39f", "\"gr\xc3\xbc\xc3\x9f\"", NULL },
    { "text empty", COL(COL_TEXT), "", "", "\"\"", NULL },
    { "\"char\"", COL(COL_CHAR), "c", "63", "\"c\"", NULL },
    { "\"char\" zero", COL(COL_CHAR), "", "00", "\"\"", NULL },
    { "\"char\" high", COL(COL_CHAR), "\\351", "e9", "\"\\351\"", NULL },
    { "bytea", COL(COL_BYTES), "\\x00deadBEEF", "00deadbeef", "0x00deadbeef", NULL },
    { "bytea empty", COL(COL_BYTES), "\\x", "", "0x", NULL },

    { "date", COL(COL_DATE), "2024-02-29", "00002279", "19782", NULL },
    { "date before 2000", COL(COL_DATE), "1999-12-31", "ffffffff", "10956", NULL },
    { "date BC", COL(COL_DATE), "0044-03-15 BC", "fff49d7b", "-735160", NULL },
    { "date last", COL(COL_DATE), "5874897-12-31", "7fda970c", "2145042905", NULL },
    { "date +inf", COL(COL_DATE), "infinity", "7fffffff", "2146033979", NULL },
    { "date -inf", COL(COL_DATE), "-infinity", "80000000", "-2147472691", NULL },
    { "time", COL(COL_TIME), "12:34:56.789012", "0000000a8be62614", "45296789012", NULL },
    { "time(3)", COL_P(COL_TIME, 3), "12:34:56.789", "0000000a8be62608", "45296789", NULL },
    { "time 24:00", COL(COL_TIME), "24:00:00", "000000141dd76000", "86400000000", NULL },
    { "timetz east", COL(COL_TIMETZ), "12:34:56.789+02", "0000000a8be62608ffffe3e0",
      "\"10:34:56.789Z\"", NULL },
    { "timetz wraps", COL(COL_TIMETZ), "00:30:00+01", "000000006b49d200fffff1f0", "\"23:30:00Z\"",
      NULL },
    { "timetz west", COL(COL_TIMETZ), "00:30:00-03:30", "000000006b49d20000003138", "\"04:00:00Z\"",
      NULL },
    { "timetz 24:00", COL(COL_TIMETZ), "24:00:00+00", "000000141dd7600000000000", "\"24:00:00Z\"",
      NULL },

    { "timestamp", COL(COL_TIMESTAMP), "2024-02-29 12:34:56.789012", "0002b58341728614",
      "1709210096789012", NULL },
    { "timestamp(3)", COL_P(COL_TIMESTAMP, 3), "2024-02-29 12:34:56.789", "0002b58341728608",
      "1709210096789", NULL },
    { "timestamp(6) before 1970", COL_P(COL_TIMESTAMP, 6), "1969-12-31 23:59:59.9995",
      "fffca2fec4c81e0c", "-500", NULL },
    { "timestamp(3) before 1970", COL_P(COL_TIMESTAMP, 3), "1969-12-31 23:59:59.9995",
      "fffca2fec4c81e0c", "-1", NULL },
    { "timestamp BC", COL(COL_TIMESTAMP), "0044-03-15 12:00:00 BC", "ff1af9e8fb46d000",
      "-63517780800000000", NULL },
    { "timestamp last", COL(COL_TIMESTAMP), "294276-12-31 23:59:59.999999", "7fffff5bb3b29fff",
      "9223372036854775807", NULL },
    { "timestamp(3) last", COL_P(COL_TIMESTAMP, 3), "294276-12-31 23:59:59.999999",
      "7fffff5bb3b29fff", "9224318015999999", NULL },
    { "timestamp +inf", COL(COL_TIMESTAMP), "infinity", "7fffffffffffffff", "9223372036825200000",
      NULL },
    { "timestamp -inf", COL(COL_TIMESTAMP), "-infinity", "8000000000000000", "-9223372036832400000",
      NULL },
    { "timestamp(3) +inf", COL_P(COL_TIMESTAMP, 3), "infinity", "7fffffffffffffff",
      "9223372036825200", NULL },
    { "timestamp(3) -inf", COL_P(COL_TIMESTAMP, 3), "-infinity", "8000000000000000",
      "-9223372036832400", NULL },

    { "timestamptz", COL(COL_TIMESTAMPTZ), "2024-02-29 12:34:56.7+02", "0002b5819449e260",
      "\"2024-02-29T10:34:56.700000Z\"", "1709202896700000" },
    { "timestamptz(6)", COL_P(COL_TIMESTAMPTZ, 6), "2024-02-29 12:34:56.7+02", "0002b5819449e260",
      "\"2024-02-29T10:34:56.700000Z\"", "1709202896700000" },
    { "timestamptz(3)", COL_P(COL_TIMESTAMPTZ, 3), "2024-02-29 12:34:56.7+02", "0002b5819449e260",
      "\"2024-02-29T10:34:56.700Z\"", "1709202896700" },
    { "timestamptz(0)", COL_P(COL_TIMESTAMPTZ, 0), "2024-02-29 12:34:56+02", "0002b581943f3400",
      "\"2024-02-29T10:34:56Z\"", "1709202896000" },
    { "timestamptz BC", COL_P(COL_TIMESTAMPTZ, 0), "0044-03-15 12:00:00+00 BC", "ff1af9e8fb46d000",
      "\"-0043-03-15T12:00:00Z\"", "-63517780800000" },
    { "timestamptz far", COL(COL_TIMESTAMPTZ), "10000-01-02 03:04:05.000006+00", "0380e72241683346",
      "\"+10000-01-02T03:04:05.000006Z\"", "253402398245000006" },
    { "timestamptz +inf", COL(COL_TIMESTAMPTZ), "infinity", "7fffffffffffffff", "\"infinity\"",
      "9223372036825200000" },
    { "timestamptz -inf", COL_P(COL_TIMESTAMPTZ, 3), "-infinity", "8000000000000000",
      "\"-infinity\"", "-9223372036832400" },

    { "interval", COL(COL_INTERVAL), "3 days 04:05:06.789", "000000036c97ca880000000300000000",
      "273906789000", "\"P0Y0M3DT4H5M6.789S\"" },
    { "interval mixed", COL(COL_INTERVAL), "1 year 2 mons -3 days -04:05:06.7",
      "fffffffc93699120fffffffd0000000e", "36543293300000", "\"P1Y2M-3DT-4H-5M-6.7S\"" },
    { "interval signs", COL(COL_INTERVAL), "-1 years -2 mons +3 days",
      "000000000000000000000003fffffff2", "-36558000000000", "\"P-1Y-2M3DT0H0M0S\"" },
    { "interval small", COL(COL_INTERVAL), "-1 mons +2 days -00:00:01.5",
      "ffffffffffe91ca000000002ffffffff", "-2457001500000", "\"P0Y-1M2DT0H0M-1.5S\"" },
    { "interval zero", COL(COL_INTERVAL), "00:00:00", "00000000000000000000000000000000", "0",
      "\"P0Y0M0DT0H0M0S\"" },

    { "uuid", COL(COL_UUID), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      "a0eebc999c0b4ef8bb6d6bb9bd380a11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", NULL },
    { "json", COL(COL_JSON), "{\"a\": 1}", "7b2261223a20317d", "\"{\"a\": 1}\"", NULL },
    { "jsonb", COL(COL_JSONB), "{\"a\": 1}", "017b2261223a20317d", "\"{\"a\": 1}\"", NULL },
    { "xml", COL(COL_XML), "<a/>", "3c612f3e", "\"<a/>\"", NULL },
    { "inet v4", COL(COL_INET), "192.168.1.5", "02200004c0a80105", "\"192.168.1.5\"", NULL },
    { "inet v4 net", COL(COL_INET), "192.168.1.5/24", "02180004c0a80105", "\"192.168.1.5/24\"",
      NULL },
    { "inet v6", COL(COL_INET), "2001:db8::1", "0380001020010db8000000000000000000000001",
      "\"2001:db8::1\"", NULL },
    { "inet v6 mapped", COL(COL_INET), "::ffff:1.2.3.4/96",
      "0360001000000000000000000000ffff01020304", "\"::ffff:1.2.3.4/96\"", NULL },
    { "cidr v4", COL(COL_CIDR), "192.168.1.0/24", "02180104c0a80100", "\"192.168.1.0/24\"", NULL },
    { "cidr v4 host", COL(COL_CIDR), "192.168.1.5/32", "02200104c0a80105", "\"192.168.1.5/32\"",
      NULL },
    { "cidr v6", COL(COL_CIDR), "2001:db8::/32", "0320011020010db8000000000000000000000000",
      "\"2001:db8::/32\"", NULL },
    { "macaddr", COL(COL_MACADDR), "08:00:2b:01:02:03", "08002b010203", "\"08:00:2b:01:02:03\"",
      NULL },
    { "macaddr8", COL(COL_MACADDR8), "08:00:2b:01:02:03:04:05", "08002b0102030405",
      "\"08:00:2b:01:02:03:04:05\"", NULL },

    { "bit(1)", BITS(1), "1", "0000000180", "true", NULL },
    { "bit(1) zero", BITS(1), "0", "0000000100", "false", NULL },
    { "bit(10)", BITS(10), "1011001110", "0000000ab380", "0xce02", "\"1011001110\"" },
    { "bit(10) zero", BITS(10), "0000000000", "0000000a0000", "0x", "\"0000000000\"" },
    { "varbit", BITS(0), "101", "00000003a0", "0x05", "\"101\"" },
    { "varbit empty", BITS(0), "", "00000000", "0x", "\"\"" },
    { "enum",
      { .type = COL_ENUM, .precision = -1, .enum_allowed = "sad,ok" },
      "ok",
      "6f6b",
      "\"ok\"",
      NULL },

    { "int4[]", ARRAY(COL_I32), "{1,NULL,-3}",
      "0000000100000001000000170000000300000001"
      "0000000400000001"
      "ffffffff"
      "00000004fffffffd",
      "[1,null,-3]", NULL },
    { "int4[] bounds", ARRAY(COL_I32), "[2:3]={1,2}",
      "0000000100000000000000170000000200000002"
      "0000000400000001"
      "0000000400000002",
      "[1,2]", NULL },
    { "int4[] flattened", ARRAY(COL_I32), "{{1,2},{3,4}}",
      "00000002000000000000001700000002000000010000000200000001"
      "0000000400000001"
      "0000000400000002"
      "0000000400000003"
      "0000000400000004",
      "[1,2,3,4]", NULL },
    { "int4[] empty", ARRAY(COL_I32), "{}", "000000000000000000000017", "[]", NULL },
    { "int4range", COL(COL_INT4RANGE), "[1,5)", "0200000004000000010000000400000005",
      "\""
      "[1,5)"
      "\"",
      NULL },
    { "int4range empty", COL(COL_INT4RANGE), "empty", "01",
      "\""
      "empty"
      "\"",
      NULL },
    { "int4range whole", COL(COL_INT4RANGE), "(,)", "18",
      "\""
      "(,)"
      "\"",
      NULL },
    { "int4range open", COL(COL_INT4RANGE), "[-3,)", "1200000004fffffffd",
      "\""
      "[-3,)"
      "\"",
      NULL },
    { "int8range", COL(COL_INT8RANGE), "[1,9223372036854775807)",
      "02000000080000000000000001000000087fffffffffffffff",
      "\""
      "[1,9223372036854775807)"
      "\"",
      NULL },
    { "numrange", COL(COL_NUMRANGE), "(1.50,2.5]",
      "040000000c0002000000000002000113880000000c000200000000000100021388",
      "\""
      "(1.50,2.5]"
      "\"",
      NULL },
    { "numrange inf", COL(COL_NUMRANGE), "[-0.001,Infinity]",
      "060000000a0001ffff40000003000a0000000800000000d0000020",
      "\""
      "[-0.001,Infinity]"
      "\"",
      NULL },
    { "daterange", COL(COL_DATERANGE), "[2024-01-01,2024-02-01)",
      "02000000040000223e000000040000225d",
      "\""
      "[2024-01-01,2024-02-01)"
      "\"",
      NULL },
    { "daterange BC", COL(COL_DATERANGE), "[\"0044-03-15 BC\",infinity)",
      "0200000004fff49d7b000000047fffffff",
      "\""
      "[\"0044-03-15 BC\",infinity)"
      "\"",
      NULL },
    { "tsrange", COL(COL_TSRANGE), "[\"2024-01-01 01:02:03.5\",\"2024-02-01 00:00:00\")",
      "02000000080002b0d6b2d959e0000000080002b34571fde000",
      "\""
      "[\"2024-01-01 01:02:03.5\",\"2024-02-01 00:00:00\")"
      "\"",
      NULL },
    { "tsrange BC", COL(COL_TSRANGE), "[-infinity,\"0044-03-15 00:00:00.000001 BC\"]",
      "0600000008800000000000000000000008ff1af9deec5b2001",
      "\""
      "[-infinity,\"0044-03-15 00:00:00.000001 BC\"]"
      "\"",
      NULL },
    { "tstzrange", COL(COL_TSTZRANGE), "[\"2023-12-31 23:02:03.25+00\",)",
      "12000000080002b0d505ae4150",
      "\""
      "[\"2023-12-31 23:02:03.25+00\",)"
      "\"",
      NULL },
    { "tsvector", COL(COL_TSVECTOR), "'brown':3 'fox':4 'jump':6 'quick':2",
      "0000000462726f776e0000010003666f7800000100046a756d700000010006717569636b0000010002",
      "\""
      "'brown':3 'fox':4 'jump':6 'quick':2"
      "\"",
      NULL },
    { "tsvector quotes", COL(COL_TSVECTOR), "'a''b':1A,2B,3 'c\\\\d' 'e':5C",
      "00000003612762000003c00180020003635c64000000650000014005",
      "\""
      "'a''b':1A,2B,3 'c\\\\d' 'e':5C"
      "\"",
      NULL },
    { "tsvector empty", COL(COL_TSVECTOR), "", "00000000",
      "\""
      ""
      "\"",
      NULL },
    { "ltree", COL(COL_LTREE), "a.b.c", "01612e622e63",
      "\""
      "a.b.c"
      "\"",
      NULL },
    { "ltree empty", COL(COL_LTREE), "", "01",
      "\""
      ""
      "\"",
      NULL },
    { "hstore", COL(COL_HSTORE), "\"a\"=>\"1\", \"bb\"=>NULL, \"c \\\"d\"=>\"e\\\\f\"",
      "0000000300000001610000000131000000026262ffffffff000000046320226400000003655c66",
      "\""
      "{\"a\":\"1\",\"bb\":null,\"c \\\"d\":\"e\\\\f\"}"
      "\"",
      NULL },
    { "point", COL(COL_POINT), "(1.5,-2.25)", "3ff8000000000000c002000000000000",
      "{1.5,-2.25,0x0101000000000000000000f83f00000000000002c0,null}", NULL },
    { "vector", COL(COL_VECTOR), "[1,0.1,-2.5]",
      "00030000"
      "3f800000"
      "3dcccccd"
      "c0200000",
      "[1,0.10000000000000001,-2.5]", NULL },
    { "vector empty", COL(COL_VECTOR), "[]", "00000000", "[]", NULL },
    { "halfvec", COL(COL_HALFVEC), "[1,-0.5,0.00006103515625]",
      "00030000"
      "3c00"
      "b800"
      "0400",
      "[1,-0.5,6.10351562e-05]", NULL },
    { "sparsevec", COL(COL_SPARSEVEC), "{1:1.5,4:-2}/5",
      "00000005"
      "00000002"
      "00000000"
      "00000000"
      "00000003"
      "3fc00000"
      "c0000000",
      "{5,[{1,1.5},{4,-2}]}", NULL },
    { "geometry", COL(COL_GEOMETRY), "0101000000000000000000F03F0000000000000040",
      "0101000000000000000000f03f0000000000000040",
      "{0x0101000000000000000000f03f0000000000000040,null}", NULL },
    { "geography", COL(COL_GEOGRAPHY), "0101000020E610000000000000000008400000000000001040",
      "0101000020e610000000000000000008400000000000001040",
      "{0x0101000020e610000000000000000008400000000000001040,4326}", NULL },
    { "geometry, big-endian", COL(COL_GEOMETRY), "0020000001000010E6", "0020000001000010e6",
      "{0x0020000001000010e6,4326}", NULL },
    { "hstore empty", COL(COL_HSTORE), "", "00000000",
      "\""
      "{}"
      "\"",
      NULL },

    { "text[]", ARRAY(COL_TEXT), "{a,NULL,\"NULL\",\"q\\\"\\\\x\",\"a,b{}\",\"\"}",
      "0000000100000001000000190000000600000001"
      "0000000161"
      "ffffffff"
      "000000044e554c4c"
      "0000000471225c78"
      "00000005612c627b7d"
      "00000000",
      "[\"a\",null,\"NULL\",\"q\"\\x\",\"a,b{}\",\"\"]", NULL },
    { "numeric[]", ARRAY(COL_DECIMAL), "{1.500,NULL}",
      "0000000100000001000006a40000000200000001"
      "0000000c000200000000000300011388"
      "ffffffff",
      "[{1,0x0f},null]", "[\"1.500\",null]" },
    { "bool[]", ARRAY(COL_BOOL), "{t,f}",
      "0000000100000000000000100000000200000001"
      "0000000101"
      "0000000100",
      "[true,false]", NULL },
    { "enum[]",
      { .type = COL_ENUM, .precision = -1, .is_array = true, .enum_allowed = "sad,ok" },
      "{ok,sad}",
      "0000000100000000000040000000000200000001"
      "000000026f6b"
      "00000003736164",
      "[\"ok\",\"sad\"]",
      NULL },
};

enum { VALUE_CASES = sizeof value_cases / sizeof *value_cases };
#endif
