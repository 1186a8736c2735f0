#include <zstd.h>
#include "binlog_case.h"

/* Table id 1, d.t; then columns, types, metadata, nullable, optional metadata. */
#define MAP "010000000000" "0100" "016400" "017400"
#define ROWS_1 "010000000000" "0100"
#define ROWS_2 "010000000000" "0100" "0200"
#define ENDS_EARLY "! malformed binlog event TABLE_MAP: it ends too early"
#define NO_FIT "table 1 d.t! malformed binlog event TABLE_MAP of d.t: metadata field "

static void table_maps(void **state)
{
    (void)state;
    static const struct { const char *hex, *text;
    } cases[] = {
        { MAP "00"
              "00",
          "table 1 d.t, key unknown\n" },
        { MAP "01"
              "03"
              "00"
              "01",
          "table 1 d.t, key unknown\n     type 3 meta 0\n" },
        { MAP "01"
              "03"
              "00"
              "00"
              "ff02abcd"
              "010180",
          "table 1 d.t, key unknown\n     type 3 meta 0 not null unsigned\n" },
        { MAP "03"
              "030f08"
              "021000"
              "07"
              "0101c0"
              "0201ff"
              "0b00",
          NO_FIT "2 does not fit its columns" },
        { MAP "03"
              "030f08"
              "021000"
              "07"
              "010140"
              "02043fc0ffff",
          NO_FIT "2 does not fit its columns" },
        { MAP "03"
              "030f08"
              "021000"
              "07"
              "010140"
              "04060161016201630c01a0"
              "080102",
          ("table 1 d.t, key 2\n    a type 3 meta 0 signed\n    b type 15 meta 16 invisible\n    c "
           "type 8 meta 0 unsigned\n") },
        { MAP "02"
              "0303"
              "00"
              "03"
              "080102",
          NO_FIT "8 does not fit its columns" },
        { MAP "02"
              "0303"
              "00"
              "03"
              "080400010001",
          NO_FIT "8 does not fit its columns" },
        { MAP "02"
              "0303"
              "00"
              "03"
              "0904000a0105",
          "table 1 d.t, key 0 1\n     type 3 meta 0\n     type 3 meta 0\n" },
        { MAP "02"
              "0303"
              "00"
              "03"
              "04020161",
          NO_FIT "4 does not fit its columns" },
        { MAP "02"
              "0303"
              "00"
              "03"
              "0403016100",
          "table 1 d.t, key\n    a type 3 meta 0\n     type 3 meta 0\n" },
        { MAP "01"
              "fe"
              "02f701"
              "01"
              "0608fefeffffffffffff",
          NO_FIT "6 does not fit its columns" },
        { MAP "01"
              "fe"
              "02f701"
              "01"
              "0604020161017a"
              "0a0121",
          NO_FIT "6 does not fit its columns" },
        { MAP "01"
              "fe"
              "02f701"
              "01"
              "060502016101620a0121",
          "table 1 d.t, key unknown\n     type 247 meta 1 collation 33 labels 'a','b'\n" },
        { MAP "02"
              "fefe"
              "04eefffe0a"
              "03"
              "0203fc0008",
          "table 1 d.t, key unknown\n     type 254 meta 511 collation 2048\n"
          "     type 254 meta 10 collation 2048\n" },
        { MAP "01"
              "10"
              "020108"
              "01",
          "table 1 d.t! the binlog has a column 1 of type 16 in table d.t, which cannot be read" },
        { MAP "01"
              "10"
              "020007"
              "01",
          "table 1 d.t, key unknown\n     type 16 meta 56\n" },
        { MAP "01"
              "14"
              "00"
              "01",
          "table 1 d.t! the binlog has a column 1 of type 20 in table d.t, which cannot be read" },
        { MAP "01"
              "f6"
              "0242ff"
              "01",
          "table 1 d.t! the binlog has a column 1 of type 246 in table d.t, which cannot be read" },
        { MAP "01"
              "fe"
              "02f703"
              "01",
          "table 1 d.t! the binlog has a column 1 of type 254 in table d.t, which cannot be read" },
        { MAP "02"
              "03fc"
              "00"
              "01",
          "table 1 d.t! the binlog has a column 2 of type 252 in table d.t, which cannot be read" },
        { MAP "02"
              "03",
          ENDS_EARLY },
        { MAP "fc0110"
              "03",
          "! malformed binlog event TABLE_MAP: 4097 columns" },
        { "0100000000", ENDS_EARLY },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&plain, BINLOG_TABLE_MAP, cases[i].hex, cases[i].text);
}

static void rows_of(const char *map, uint8_t type, const char *hex, const char *text)
{
    struct printing *p = printing_new(&plain);
    struct buf out = { 0 };
    print_case(p, BINLOG_TABLE_MAP, map, &out);
    out.n = 0;
    print_case(p, type, hex, &out);
    expect_text(&out, hex, text);
    printing_free(p);
}

#define ONE_INT MAP "01" "03" "00" "01"
#define TEN_INTS MAP "0a" "03030303030303030303" "00" "ff03"
#define BROKEN                                                                                     \
    "! malformed rows event in the binlog: table id 1, column 1 (): its value cannot be read"

static void rows(void **state)
{
    (void)state;
    static const struct { const char *map; uint8_t type; const char *hex, *text;
    } cases[] = {
        { ONE_INT, BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "2a000000"
                 "01",
          "rows of 1, end\n    I {42}\n    I {null}\n" },
        { ONE_INT, BINLOG_UPDATE_V2,
          ROWS_2 "01ffff"
                 "00"
                 "2a000000"
                 "00"
                 "2b000000",
          "rows of 1, end\n    U {42} {43}\n" },
        { ONE_INT, BINLOG_DELETE_V2,
          "010000000000"
          "0000"
          "0500"
          "aabbcc"
          "01ff"
          "00"
          "2a000000",
          "rows of 1\n    D {42}\n" },
        { ONE_INT, BINLOG_WRITE_V2,
          "010000000000"
          "0100"
          "0100"
          "01ff",
          "! malformed binlog event rows: it ends too early" },
        { ONE_INT, BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "2a0000",
          "rows of 1, end\n" BROKEN },
        { ONE_INT, BINLOG_UPDATE_V1,
          ROWS_1 "01ffff"
                 "00"
                 "2a000000"
                 "00",
          "rows of 1, end\n" BROKEN },
        /* less than a row's null bits */
        { ONE_INT, BINLOG_UPDATE_V1,
          ROWS_1 "01ffff"
                 "00",
          "rows of 1, end\n" },
        { ONE_INT, BINLOG_UPDATE_V1,
          ROWS_1 "0100ff"
                 "00"
                 "2a000000",
          "rows of 1, end\n    U {} {42}\n" },
        /* no columns: no bytes, no rows */
        { ONE_INT, BINLOG_WRITE_V1,
          ROWS_1 "0100"
                 "0000",
          "rows of 1, end\n" },
        /* a byte of padding */
        { TEN_INTS, BINLOG_WRITE_V1,
          ROWS_1 "0affff"
                 "fe03"
                 "2a000000"
                 "00",
          "rows of 1, end\n    I {42, null, null, null, null, null, null, null, null, null}\n" },
        /* columns 1 and 10 */
        { TEN_INTS, BINLOG_WRITE_V1,
          ROWS_1 "0a0102"
                 "02"
                 "2a000000"
                 "01"
                 "2b000000",
          "rows of 1, end\n    I {42, null}\n    I {null, 43}\n" },
        { ONE_INT, BINLOG_WRITE_V1, ROWS_1 "fc0110",
          "! malformed rows event in the binlog: 4097 columns" },
        { ONE_INT, BINLOG_WRITE_V1, ROWS_1 "02ff", "rows of 1, end\n! rows without their table" },
        { MAP "01"
              "fc"
              "0104"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "ffffffff"
                 "61",
          "rows of 1, end\n" BROKEN },
        { MAP "01"
              "fc"
              "0104"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "010000",
          "rows of 1, end\n" BROKEN },
        { MAP "01"
              "fc"
              "0103"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "010000"
                 "61",
          "rows of 1, end\n    I {'a'}\n" },
        { MAP "01"
              "0f"
              "020001"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "0200"
                 "6162",
          "rows of 1, end\n    I {'ab'}\n" },
        { MAP "01"
              "0f"
              "02ff00"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "02"
                 "6162",
          "rows of 1, end\n    I {'ab'}\n" },
        /* older temporals: hhmmss, YYYYMMDDhhmmss, seconds */
        { MAP "03"
              "0b0c07"
              "00"
              "07",
          BINLOG_WRITE_V1, ROWS_1 "01ff", "rows of 1, end\n! rows without their table" },
        { MAP "03"
              "0b0c07"
              "00"
              "07",
          BINLOG_WRITE_V1,
          ROWS_1 "03ff"
                 "00"
                 "c01dfe"
                 "f67cac8b68120000"
                 "04030201",
          "rows of 1, end\n    I {x7f3748, x99b2bb7efa, x01020304}\n" },
        /* 00:67:55 */
        { MAP "01"
              "0b"
              "00"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "631a00",
          "rows of 1, end\n" BROKEN },
        { MAP "01"
              "0b"
              "00"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "000080",
          "rows of 1, end\n" BROKEN },
        { MAP "01"
              "0c"
              "00"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "ffffffffffffffff",
          "rows of 1, end\n" BROKEN },
        /* compressed columns: plain, empty, no such algorithm, a length that cannot be */
        { MAP "01"
              "8c"
              "0101"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "03"
                 "006162"
                 "00"
                 "00",
          "rows of 1, end\n    I {'ab'}\n    I {''}\n" },
        { MAP "01"
              "8c"
              "0101"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "03"
                 "190161",
          "rows of 1, end\n" BROKEN },
        { MAP "01"
              "8c"
              "0101"
              "01",
          BINLOG_WRITE_V1,
          ROWS_1 "01ff"
                 "00"
                 "06"
                 "8cffffffff03",
          "rows of 1, end\n" BROKEN },
        { ONE_INT, BINLOG_MARIA_WRITE_COMPRESSED_V1,
          ROWS_1 "01ff"
                 "8105"
                 "00",
          "! malformed rows event in the binlog: its rows cannot be unpacked" },
        { ONE_INT, BINLOG_MARIA_WRITE_COMPRESSED,
          ROWS_2 "01ff"
                 "8105"
                 "789c63d06260600000"
                 "051d00d6"
                 "",
          "! malformed rows event in the binlog: its rows cannot be unpacked" },
        /* JSON in part: options 1, its bit; $ replaced by true; nothing changed; no value before;
         * half of the differences */
        { MAP "01"
              "f5"
              "0104"
              "01",
          BINLOG_PARTIAL_UPDATE,
          ROWS_2 "01ffff"
                 "00"
                 "02000000"
                 "0400"
                 "0101"
                 "00"
                 "06000000"
                 "000124020401",
          "rows of 1, partial, end\n    U {null} {merged true}\n" },
        { MAP "01"
              "f5"
              "0104"
              "01",
          BINLOG_PARTIAL_UPDATE,
          ROWS_2 "01ffff"
                 "00"
                 "02000000"
                 "0400"
                 "0101"
                 "00"
                 "00000000",
          "rows of 1, partial, end\n    U {null} {null}\n" },
        { MAP "01"
              "f5"
              "0104"
              "01",
          BINLOG_PARTIAL_UPDATE,
          ROWS_2 "0100ff"
                 "0101"
                 "00"
                 "00000000",
          "rows of 1, partial, end\n    U {} {unchanged}\n" },
        { MAP "01"
              "f5"
              "0104"
              "01",
          BINLOG_PARTIAL_UPDATE,
          ROWS_2 "01ffff"
                 "01"
                 "0101"
                 "00"
                 "06000000"
                 "000124020401",
          ("rows of 1, partial, end\n! column 1 () of a row in the binlog: a partial update of "
           "JSON without the value before it: "
           "binlog_row_image must be FULL") },
        { MAP "01"
              "f5"
              "0104"
              "01",
          BINLOG_PARTIAL_UPDATE,
          ROWS_2 "01ffff"
                 "00"
                 "02000000"
                 "0400"
                 "0101"
                 "00"
                 "06000000"
                 "0001",
          "rows of 1, partial, end\n" BROKEN },
        { MAP "01"
              "f5"
              "0104"
              "01",
          BINLOG_PARTIAL_UPDATE,
          ROWS_2 "01ffff"
                 "00"
                 "02000000"
                 "0400"
                 "00"
                 "00"
                 "02000000"
                 "0401",
          "rows of 1, partial, end\n    U {null} {true}\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        rows_of(cases[i].map, cases[i].type, cases[i].hex, cases[i].text);
}

/* As many columns as there may be. */
static void widest(void **state)
{
    (void)state;
    struct buf map = { 0 }, row = { 0 }, text = { 0 };
    buf_str(&map, MAP "fc0010");
    buf_str(&row, ROWS_1 "fc0010");
    buf_str(&text, "rows of 1, end\n    I {");
    for (int i = 0; i < 4096; i++)
        buf_str(&map, "01");
    buf_str(&map, "00");
    for (int i = 0; i < 512; i++) {
        buf_str(&map, "ff");
        buf_str(&row, "ff");
    }
    for (int i = 0; i < 512; i++)
        buf_str(&row, i ? "00" : "02");
    for (int i = 0; i < 4096; i++) {
        buf_str(&row, i == 1 ? "" : "05");
        buf_str(&text, i == 0 ? "5" : i == 1 ? ", null" : ", 5");
    }
    buf_str(&text, "}\n");
    rows_of(buf_cstr(&map), BINLOG_WRITE_V1, buf_cstr(&row), buf_cstr(&text));
    buf_done(&map);
    buf_done(&row);
    buf_done(&text);
}

/* ---- payloads ---- */

static void small_payloads(void **state)
{
    (void)state;
#define STOP "00000000" "03" "01000000" "13000000" "00000000" "0000"
    static const struct { const char *hex, *text;
    } cases[] = {
        { "0203fcff00"
          "010113"
          "00" STOP,
          "payload\n  [3] 0 server 1 next 0 flags 0 0 bytes\n" },
        { "0203fcff00"
          "010126"
          "00" STOP STOP,
          "payload\n  [3] 0 server 1 next 0 flags 0 0 bytes\n  [3] 0 server 1 next 0 flags 0 0 "
          "bytes\n" },
        { "0203fcff00"
          "010100"
          "00",
          "payload\n" },
        { "0203fcff00"
          "010113"
          "00"
          "00000000"
          "03"
          "01000000"
          "14000000"
          "00000000"
          "0000",
          "payload\n! malformed binlog event TRANSACTION_PAYLOAD: an event of 20 bytes where 19 "
          "are left" },
        { "0203fcff00"
          "010112"
          "00"
          "000000000301000000120000000000000000",
          "payload\n! malformed binlog event TRANSACTION_PAYLOAD: an event of 0 bytes where 18 are "
          "left" },
        { "020101"
          "010113"
          "00" STOP,
          "! a transaction in the binlog is compressed in way 1, which is not known" },
        { "020100"
          "010113"
          "00" STOP,
          "payload\n! malformed binlog event TRANSACTION_PAYLOAD: Unknown frame descriptor" },
        { "020100"
          "010114"
          "00" STOP,
          "! malformed binlog event TRANSACTION_PAYLOAD: it ends too early" },
        { "020100"
          "0101",
          "! malformed binlog event TRANSACTION_PAYLOAD: it ends too early" },
        { "020100"
          "010100"
          "00",
          "payload\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&plain, BINLOG_PAYLOAD, cases[i].hex, cases[i].text);
}

/* Event i: its length differs from that of its neighbours; some are longer than all buffers. */
static void put_event(struct buf *out, uint32_t i)
{
    uint32_t n = 19 + i % 300 + (i % 1000 == 7 ? 700000 : 0);
    uint8_t head[19] = { 0, 0, 0, 0, BINLOG_STOP, (uint8_t)i, (uint8_t)(i >> 8) };
    for (int k = 0; k < 4; k++)
        head[9 + k] = (uint8_t)(n >> 8 * k);
    buf_put(out, head, sizeof head);
    for (uint32_t k = 19; k < n; k++)
        buf_u8(out, (uint8_t)(i * k >> 3));
}

static void pack(struct buf *out, const struct buf *from)
{
    buf_reserve(out, ZSTD_compressBound(from->n));
    size_t n = ZSTD_compress(out->p + out->n, out->cap - out->n, from->p, from->n, 3);
    assert_false(ZSTD_isError(n));
    out->n += n;
}

/* The events of both frames come out whole; cut short, it is an error and not an early end. */
static void large_payload(void **state)
{
    (void)state;
    enum { EVENTS = 3000 };
    struct buf plain_events = { 0 }, body = { 0 }, one = { 0 }, head = { 0 };
    struct binlog_payload *p = binlog_payload_new();
    struct slice raw;
    struct err err = { 0 };
    int rc;
    for (uint32_t i = 0; i < EVENTS; i++) {
        put_event(&plain_events, i);
        if (i == EVENTS / 2 || i == EVENTS - 1) {
            pack(&body, &plain_events);
            plain_events.n = 0;
        }
    }
    for (size_t cut = 0; cut < 2; cut++) {
        uint64_t n = body.n - cut;
        head.n = 0;
        buf_put(&head, "\2\1\0\1\x9\xfe", 6);
        for (int k = 0; k < 8; k++)
            buf_u8(&head, (uint8_t)(n >> 8 * k));
        buf_u8(&head, 0);
        buf_put(&head, body.p, n);
        struct binlog_event e = { .type = BINLOG_PAYLOAD, .body = buf_slice(&head) };
        uint32_t i = 0;
        assert_int_equal(binlog_payload_begin(p, &e, &err), 0);
        for (; (rc = binlog_payload_next(p, &raw, &err)) == 1; i++) {
            one.n = 0;
            put_event(&one, i);
            if (!slice_eq(raw, buf_slice(&one)))
                fail_msg("event %u", i);
        }
        assert_int_equal(rc, cut ? -1 : 0);
        assert_true(cut || i == EVENTS);
    }
    binlog_payload_free(p);
    buf_done(&plain_events);
    buf_done(&body);
    buf_done(&one);
    buf_done(&head);
}

/* Every event of the fixtures, cut off anywhere: an answer, and no byte read beyond its end. */
static void cut_short(void **state)
{
    (void)state;
    static const char *const names[] = { "mysql97-more", "mysql97-partialjson",
                                         "mariadb1011-more" };
    struct buf out = { 0 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[100];
        snprintf(path, sizeof path, "tests/unit/binlog/%s.binlog", names[i]);
        struct slice file = file_bytes(path);
        assert_true(file.n);
        struct printing *p = printing_new(NULL);
        struct cursor c = { file.p + 4, file.p + file.n, false };
        struct err err = { 0 };
        p->out = &out;
        while (c.p != c.end) {
            struct slice raw = cursor_take(&c, load_le32(c.p + 9));
            struct binlog_event e, part;
            assert_int_equal(binlog_event_read(&p->format, raw, false, &e, &err), 0);
            for (size_t n = 0; n < e.body.n && n < 1500; n++) {
                uint8_t *copy = malloc(n ? n : 1);
                memcpy(copy, e.body.p, n);
                part = e;
                part.body = slice_of(copy, n);
                if (e.type != BINLOG_FORMAT)
                    (void)!print_body(p, &part, &err);
                free(copy);
                out.n = 0;
            }
            assert_int_equal(print_body(p, &e, &err), 0);
        }
        printing_free(p);
        free((void *)(uintptr_t)file.p);
    }
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_maps),
        cmocka_unit_test(rows),
        cmocka_unit_test(widest),
        cmocka_unit_test(small_payloads),
        cmocka_unit_test(large_payload),
        cmocka_unit_test(cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
