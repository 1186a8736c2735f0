#ifndef TAILRACE_TESTS_PLANS_H
#define TAILRACE_TESTS_PLANS_H
#include "encode/plan.h"
#include "reading.h"

static const uint16_t first_column[] = { 0 };

static inline struct plan *compile(const struct table *t, const struct encode_options *opt)
{
    struct err err = { 0 };
    struct plan *p = plan_compile(t, opt, &err);
    if (!p)
        fail_msg("%s", err.msg);
    return p;
}

static inline struct cell text_cell(const char *s)
{
    return (struct cell){ (const uint8_t *)s, (uint32_t)strlen(s), CELL_VALUE };
}

/*
 * The flat value of a row of one column, through avro-c: it must show as expected, and its bytes
 * are left in body. place: of a row from a binlog, whose value ends with a string then; else no
 * byte may be left over (read_exactly).
 */
static inline void check_value(const struct column *c, const struct encode_options *opt,
                               struct cell cell, const struct binlog_place *place,
                               const char *expected, const char *what, struct buf *body)
{
    struct encode_options flat = *opt;
    struct err err = { 0 };
    struct table t = { .id = 1,
                       .database = "shop",
                       .schema = place ? "shop" : "public",
                       .name = "t",
                       .cols = c,
                       .ncols = 1,
                       .key = first_column };
    struct event ev = {
        .kind = EV_INSERT, .table = &t, .after = { &cell }, .place = place, .txid = 1
    };
    struct reading r;
    flat.envelope = ENVELOPE_FLAT;
    struct plan *p = compile(&t, &flat);
    body->n = 0;
    if (plan_encode_value(p, 'c', &ev, body, &err))
        fail_msg("%s: %s", what, err.msg);
    read_schema(plan_schema(p, PLAN_VALUE), &r);
    if (!place)
        read_exactly(&r, body, what);
    else if (read_bytes(&r, body->p, body->n))
        fail_msg("%s: %s", what, avro_strerror());
    check_field(&r, "v", expected, what);
    read_done(&r);
    plan_free(p);
}
#endif
