#ifndef TAILRACE_TESTS_BINLOG_CASE_H
#define TAILRACE_TESTS_BINLOG_CASE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "binlog_print.h"

/* Events written by hand as hex, and what the printer must make of them. */
static const struct binlog_format plain = { .table_id_bytes = 6 };

/* Read into memory of exactly its size. */
static inline struct slice read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return slice_of(NULL, 0);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    uint8_t *p = malloc(n ? n : 1);
    rewind(f);
    if (fread(p, 1, n, f) != n)
        n = 0;
    fclose(f);
    return slice_of(p, n);
}

/* A body written as hex, in memory of exactly its size. */
static inline struct binlog_event event_of(uint8_t type, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = malloc(n ? n : 1);
    for (size_t i = 0; i < n; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * i, "%2x", &byte);
        p[i] = (uint8_t)byte;
    }
    return (struct binlog_event){ .type = type, .body = { p, n } };
}

static inline void drop(struct binlog_event *e)
{
    free((void *)(uintptr_t)e->body.p);
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
    drop(&e);
}

static inline void expect_text(struct buf *out, const char *hex, const char *text)
{
    if (strcmp(buf_cstr(out), text))
        fail_msg("%s: %s", hex, buf_cstr(out));
    buf_done(out);
}

static inline void expect(const struct binlog_format *f, uint8_t type, const char *hex, const char *text)
{
    struct printing *p = printing_new(f);
    struct buf out = { 0 };
    print_case(p, type, hex, &out);
    expect_text(&out, hex, text);
    printing_free(p);
}
#endif
