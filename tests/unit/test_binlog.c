#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <zlib.h>
#include "binlog_case.h"

/* Where the two part. */
static size_t first_difference(const struct buf *a, struct slice b)
{
    size_t i = 0;
    while (i < a->n && i < b.n && a->p[i] == b.p[i])
        i++;
    return i;
}

static void check_fixture(const char *name)
{
    char path[200];
    struct buf out = { 0 };
    snprintf(path, sizeof path, "tests/unit/binlog/%s.binlog", name);
    struct slice file = file_bytes(path);
    snprintf(path, sizeof path, "tests/unit/binlog/%s.txt", name);
    struct slice golden = file_bytes(path);
    assert_true(file.n && golden.n);
    print_binlog(file, &out);
    if (!slice_eq(buf_slice(&out), golden)) {
        size_t at = first_difference(&out, golden), from = at < 200 ? 0 : at - 200;
        fail_msg("%s differs at %zu: ...%.400s", path, at, buf_cstr(&out) + from);
    }
    buf_done(&out);
    free((void *)(uintptr_t)file.p);
    free((void *)(uintptr_t)golden.p);
}

static void fixtures(void **state)
{
    (void)state;
    static const char *const names[] = { "mysql97-types2",   "mysql97-partialjson",
                                         "mysql97-more",     "mysql97-nochecksum",
                                         "mariadb118-types", "mariadb1011-more" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_fixture(names[i]);
}

/* ---- events by hand ---- */

static void headers(void **state)
{
    (void)state;
    static const char raw[] =
        "\x01\x02\x03\x04\x1b\x05\0\0\0\x1b\0\0\0\x07\0\0\0\x20\0\xaa\xbb\xcc\xdd"
        "\0\0\0\0";
    uint8_t bytes[27];
    struct binlog_format f = { .checksum = 1, .table_id_bytes = 6 };
    struct binlog_event e;
    struct err err = { 0 };
    memcpy(bytes, raw, sizeof bytes);
    uint32_t crc = (uint32_t)crc32(0, bytes, 23);
    for (int i = 0; i < 4; i++)
        bytes[23 + i] = (uint8_t)(crc >> 8 * i);
    assert_int_equal(binlog_event_read(&f, slice_of(bytes, 27), false, &e, &err), 0);
    assert_int_equal(e.type, BINLOG_HEARTBEAT);
    assert_int_equal(e.timestamp, 0x04030201);
    assert_int_equal(e.next_pos, 7);
    assert_int_equal(e.flags, BINLOG_ARTIFICIAL);
    assert_int_equal(e.body.n, 4);
    assert_int_equal(binlog_event_read(&f, slice_of(bytes, 27), true, &e, &err), 0);
    assert_int_equal(e.body.n, 8);
    assert_int_equal(binlog_event_read(&plain, slice_of(bytes, 27), false, &e, &err), 0);
    assert_int_equal(e.body.n, 8);
    for (size_t n = 0; n < 27; n++)
        assert_int_equal(binlog_event_read(&f, slice_of(bytes, n), false, &e, &err), -1);
    /* a bit anywhere, but not in the length, which is told from the size */
    for (size_t i = 0; i < 27; i++) {
        bytes[i] ^= 4;
        assert_int_equal(binlog_event_read(&f, slice_of(bytes, 27), false, &e, &err), -1);
        assert_int_equal(err.class, ERR_FATAL);
        bytes[i] ^= 4;
    }
    bytes[9] = 21;                          /* no room for a checksum */
    assert_int_equal(binlog_event_read(&f, slice_of(bytes, 21), false, &e, &err), -1);
}

/* 5.7 and MariaDB write the lengths of the post-headers one by one: up to TABLE_MAP's they
 * matter. */
static void formats(void **state)
{
    (void)state;
    char hex[400];
    static const char *const cases[][2] = {
        { "0400 %s 0000000013 380d00080012000404040412000000000000 0800 %s 01",
          "format 5.7 mariadb 0 checksum 1 table ids of 6\n" },
        { "0400 %s 0000000013 380d00080012000404040412000000000000 0600 %s 00",
          "format 5.7 mariadb 0 checksum 0 table ids of 4\n" },
        { "0300 %s 0000000013 380d00080012000404040412000000000000 0600 %s 00",
          "! the binlog has format 3 with headers of 19 bytes: 4 and 19 are what can be read" },
        { "0400 %s 000000000d 380d00080012000404040412000000000000 0600 %s 00",
          "! the binlog has format 4 with headers of 13 bytes: 4 and 19 are what can be read" },
        { "0400 %s 0000000013 380d00080012000404040412000000000000 0800 %s 02",
          "! the binlog has checksums of kind 2, which is not known" },
        { "0400 %s 0000000013 380d",
          "! malformed binlog event FORMAT_DESCRIPTION: it ends too early" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char squeezed[400], *to = squeezed;
        snprintf(hex, sizeof hex, cases[i][0],
                 "352e37"
                 "000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                 "0000000000000",
                 "00000000000000");
        for (const char *c = hex; *c; c++)
            if (*c != ' ')
                *to++ = *c;
        *to = 0;
        expect(&plain, BINLOG_FORMAT, squeezed, cases[i][1]);
    }
}

static void small_events(void **state)
{
    (void)state;
    static const struct { uint8_t type; const char *hex, *text;
    } cases[] = {
        { BINLOG_ROTATE,
          "0400000000000000"
          "612e31",
          "rotate a.1:4\n" },
        { BINLOG_ROTATE, "04000000", "! malformed binlog event ROTATE: it ends too early" },
        { BINLOG_HEARTBEAT, "612e31", "heartbeat a.1:0\n" },
        { BINLOG_HEARTBEAT_V2,
          "0103612e31"
          "0203fc0001"
          "00",
          "heartbeat a.1:256\n" },
        { BINLOG_HEARTBEAT_V2,
          "0103612e31"
          "0703fc0001"
          "0209fe000000000100000000",
          "heartbeat a.1:4294967296\n" },
        { BINLOG_HEARTBEAT_V2,
          "0103612e31"
          "0203fd0001",
          "! malformed binlog event HEARTBEAT: it ends too early" },
        /* 5.6 */
        { BINLOG_GTID,
          "01"
          "000102030405060708090a0b0c0d0e0f"
          "0500000000000000",
          "gtid x000102030405060708090a0b0c0d0e0f :5 at 0 first 0 length 0\n" },
        /* 5.7 */
        { BINLOG_GTID,
          "01"
          "000102030405060708090a0b0c0d0e0f"
          "0500000000000000"
          "02"
          "01000000000000000200000000000000",
          "gtid x000102030405060708090a0b0c0d0e0f :5 at 0 first 0 length 0\n" },
        { BINLOG_GTID,
          "01"
          "000102030405060708090a0b0c0d0e0f"
          "0500000000000000"
          "02"
          "01000000000000000200000000000000"
          "01000000000080"
          "02000000000000"
          "fc0001"
          "00000000", /* of another server */
          "gtid x000102030405060708090a0b0c0d0e0f :5 at 1 first 2 length 256\n" },
        { BINLOG_ANONYMOUS_GTID,
          "01"
          "00000000000000000000000000000000"
          "0000000000000000",
          "gtid x00000000000000000000000000000000 :0 at 0 first 0 length 0\n" },
        { BINLOG_GTID,
          "01"
          "0001020304",
          "! malformed binlog event GTID: it ends too early" },
        /* version 1, size, last field needed 11; 0 flags; 1 uuid; 2 number 5; 3 tag; 6 time 0x3fff;
         * and a field 12, not needed */
        { BINLOG_GTID_TAGGED,
          "02"
          "40"
          "16"
          "0001"
          "02"
          "00020406080a0c0e10121416181a1cfd03"
          "0414"
          "0606746167"
          "0cfdff"
          "1802",
          "gtid x000102030405060708090a0b0c0d0eff tag:5 at 16383 first 16383 length 0\n" },
        { BINLOG_GTID_TAGGED,
          "02"
          "40"
          "18"
          "1802",
          "! a GTID event of version 1 has a field 12, which is not known" },
        { BINLOG_GTID_TAGGED,
          "02"
          "40"
          "16"
          "06"
          "50"
          "746167",
          "! malformed binlog event GTID_TAGGED: it ends too early" },
        { BINLOG_MARIA_GTID,
          "0700000000000000"
          "01000000"
          "02"
          "0500000000000000",
          "gtid 1-0-7 flags 02 thread 0\n" },
        { BINLOG_MARIA_GTID,
          "0700000000000000"
          "01000000"
          "42"
          "0500000000000000"
          "ffffffff"
          "0201"
          "616263"
          "15"
          "ff"
          "0600000000000000"
          "2a000000",
          "gtid 1-0-7 flags 42 thread 42 xid -1 'ab' 'c'\n" },
        { BINLOG_MARIA_GTID,
          "0700000000000000"
          "01000000"
          "40"
          "ffffffff"
          "0201"
          "6162",
          "! malformed binlog event GTID: it ends too early" },
        { BINLOG_XA_PREPARE,
          "01"
          "01000000"
          "02000000"
          "01000000"
          "616263",
          "xa prepare one phase xid 1 'ab' 'c'\n" },
        { BINLOG_XA_PREPARE,
          "00"
          "01000000"
          "ffffffff"
          "01000000"
          "616263",
          "! malformed binlog event XA_PREPARE: it ends too early" },
        { BINLOG_ROWS_QUERY,
          "01"
          "53454c",
          "statement 'SEL'\n" },
        { BINLOG_ROWS_QUERY, "", "! malformed binlog event ROWS_QUERY: it ends too early" },
        { BINLOG_MARIA_ANNOTATE, "53454c", "statement 'SEL'\n" },
        /* 13: microseconds; 5: time zone; 12: two databases; 63: not known, and with it all that
         * follows */
        { BINLOG_QUERY,
          "01000000"
          "00000000"
          "01"
          "0600"
          "1400"
          "0d40e20105025a5a0c0261006200043f0000000000"
          "6400"
          "42",
          "! malformed binlog event QUERY: it ends too early" },
        { BINLOG_QUERY,
          "01000000"
          "00000000"
          "01"
          "0600"
          "1700"
          "0d40e20105025a5a0c0261006200043f00000000003fff"
          "6400"
          "42",
          "query thread 1 error 6 charset 63 mode 0 us 123456 [d] 'B'\n" },
        { BINLOG_QUERY,
          "01000000"
          "00000000"
          "00"
          "0000"
          "0200"
          "0cfe"
          "00"
          "42",
          "query thread 1 error 0 charset 0 mode 0 us 0 [] 'B'\n" },
        { BINLOG_QUERY,
          "01000000"
          "00000000"
          "00"
          "0000"
          "0300"
          "0bff00"
          "00"
          "42",
          "! malformed binlog event QUERY: it ends too early" },
        { BINLOG_MARIA_QUERY_COMPRESSED,
          "01000000"
          "00000000"
          "00"
          "0000"
          "0000"
          "00"
          "81ff00",
          "! malformed binlog event QUERY_COMPRESSED: its text cannot be unpacked" },
        { BINLOG_MARIA_QUERY_COMPRESSED,
          "01000000"
          "00000000"
          "00"
          "0000"
          "0000"
          "00"
          "84ffffffff789c030000000001",
          "! malformed binlog event QUERY_COMPRESSED: its text cannot be unpacked" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&plain, cases[i].type, cases[i].hex, cases[i].text);
}

/* test_binlog FILE: prints it, for a new golden file, which is to be read before it is believed. */
static void test_positions_beyond_4_gib(void **state)
{
    (void)state;
    const uint64_t g4 = UINT64_C(1) << 32;
    assert_true(binlog_position_near(1000, 1200) == 1200);
    assert_true(binlog_position_near(g4 - 100, 50) == g4 + 50);
    assert_true(binlog_position_near(g4 + 50, 100) == g4 + 100);
    /* an event that stands a little before */
    assert_true(binlog_position_near(3 * g4 + 50, 0xfffffff0) == 3 * g4 - 16);
    assert_true(binlog_position_near(4, 0xfffffff0) == 0xfffffff0);
}

/* MariaDB changes the FORMAT event that it sends for a start in mid-file, and without checksums it
 * makes no new one. */
static void test_a_format_event_without_checksums_is_taken(void **state)
{
    (void)state;
    uint8_t raw[19 + 100] = { [4] = BINLOG_FORMAT, [9] = sizeof raw };
    struct binlog_format f = { .table_id_bytes = 6 };
    struct binlog_event e;
    struct err err = { 0 };
    assert_int_equal(binlog_event_read(&f, slice_of(raw, sizeof raw), false, &e, &err), 0);
    raw[sizeof raw - 5] = 1;        /* says that it has one */
    assert_int_equal(binlog_event_read(&f, slice_of(raw, sizeof raw), false, &e, &err), -1);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        struct buf out = { 0 };
        print_binlog(file_bytes(argv[1]), &out);
        fwrite(out.p, 1, out.n, stdout);
        buf_done(&out);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions_beyond_4_gib),
        cmocka_unit_test(test_a_format_event_without_checksums_is_taken),
        cmocka_unit_test(fixtures),
        cmocka_unit_test(headers),
        cmocka_unit_test(formats),
        cmocka_unit_test(small_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
