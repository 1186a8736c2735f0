#ifndef TAILRACE_TESTS_BINLOG_CASE_H
#define TAILRACE_TESTS_BINLOG_CASE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "binlog_print.h"
#include "bytes.h"

/* Events written by hand as hex, and what the printer must make of them. */
static const struct binlog_format plain = { .table_id_bytes = 6 };

/* A body written as hex. */
static inline struct binlog_event event_of(uint8_t type, const char *hex)
{
    return (struct binlog_event){ .type = type, .body = hex_bytes(hex) };
}

/* What the printer makes of the event; errors begin with "! ". */
static inline void print_case(struct printing *p, uint8_t type, const char *hex, struct buf *out)
{
    struct binlog_event e = event_of(type, hex);
    struct err err = { 0 };
    p->out = out;
    if (print_body(p, &e, &err)) {
        assert_int_equal(err.class, ERR_FATAL);
        buf_printf(out, "! %s", err.msg);
    }
    free_bytes(e.body);
}

static inline void expect_text(struct buf *out, const char *hex, const char *text)
{
    if (strcmp(buf_cstr(out), text))
        fail_msg("%s: %s", hex, buf_cstr(out));
    buf_done(out);
}

static inline void expect(const struct binlog_format *f, uint8_t type, const char *hex,
                          const char *text)
{
    struct printing *p = printing_new(f);
    struct buf out = { 0 };
    print_case(p, type, hex, &out);
    expect_text(&out, hex, text);
    printing_free(p);
}
#endif
