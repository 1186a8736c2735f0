/* Encodes a record's key and value from an event: the Debezium envelope here, the flat envelope in
 * flat.c, the cells in step.c. */
#include "base/avro.h"
#include "base/clock.h"
#include "encode/step.h"

static int put_optional_row(const struct plan *p, struct row r, struct buf *out, struct err *err)
{
    buf_u8(out, r.cells ? 2 : 0);
    return r.cells ? step_put_row(p, r, out, err) : 0;
}

static int put_before(const struct plan *p, const struct event *ev, struct buf *out,
                      struct err *err)
{
    if (!ev->key.p)
        return put_optional_row(p, ev->before, out, err);
    buf_u8(out, 2);
    return step_put_gone(p, ev->key, out, err);
}

/* Which transaction, and the record's places in it. */
static void put_transaction(const struct plan *p, const struct event *ev, struct buf *out)
{
    char id[TRANSACTION_ID_MAX];
    buf_u8(out, ev->tx_order ? 2 : 0);
    if (!ev->tx_order)
        return;
    avro_bytes(out, transaction_id(p->opt, ev, id));
    avro_long(out, (int64_t)ev->tx_order);
    avro_long(out, (int64_t)ev->tx_table_order);
}

static int debezium_value(const struct plan *p, char op, const struct event *ev, struct buf *out,
                          struct err *err)
{
    if (put_before(p, ev, out, err) || put_optional_row(p, ev->after, out, err))
        return source_fail(p, ev, err);
    envelope_put_source(p, ev, out);
    put_transaction(p, ev, out);
    avro_bytes(out, slice_of(&op, 1));
    int64_t ns = clock_wall_ns();
    avro_optional_long(out, true, ns / 1000000);
    avro_optional_long(out, true, ns / 1000);
    avro_optional_long(out, true, ns);
    return 0;
}

int plan_encode_value(const struct plan *p, char op, const struct event *ev, struct buf *out,
                      struct err *err)
{
    return p->opt->envelope == ENVELOPE_FLAT ? flat_value(p, op, ev, out, err)
                                             : debezium_value(p, op, ev, out, err);
}

/* A made-up key would send the change to another row, so the feed stops instead. */
static int check_key(const struct plan *p, const struct step *s, struct row r, struct err *err)
{
    uint8_t kind = r.cells[s->at].kind;
    if (kind == CELL_VALUE || kind == CELL_UNSAID || (kind == CELL_NULL && s->col->nullable))
        return 0;       /* step.c stops at an unsaid cell */
    return err_set(
        err, ERR_DATA,
        "%s.%s: key column %s is not on the wire for this change: set REPLICA IDENTITY FULL, or "
        "USING INDEX with the key's index",
        p->table->schema, p->table->name, s->col->name);
}

int plan_encode_key(const struct plan *p, struct row r, struct buf *out, struct err *err)
{
    for (uint16_t i = 0; i < p->nkey; i++) {
        struct step *s = p->key[i];
        if (check_key(p, s, r, err) || step_put_key(s, &r.cells[s->at], out, err))
            return -1;
    }
    return 0;
}

/* Writes a key field as Connect's JSON does: a decimal as a number, bytes in base64. */
static int put_json(struct step *s, const struct cell *cell, struct buf *body, struct buf *out,
                    struct err *err)
{
    size_t branch = s->col->nullable;
    if (step_put_key(s, cell, body, err))
        return -1;
    struct cursor c = cursor_over(slice_of(body->p + branch, body->n - branch));
    if (cell->kind == CELL_VALUE && s->digits) {
        body->n = 0;
        if (s->digits(s->col, slice_of(cell->p, cell->n), body, err) == OP_BAD)
            return -1;
        c = cursor_over(buf_slice(body));
        if (s->col->type == COL_U64) {
            buf_printf(out, "%llu", (unsigned long long)avro_read_long(&c));
        } else {
            struct slice text = avro_read_bytes(&c);
            buf_put(out, text.p, text.n);
        }
    } else if (cell->kind == CELL_VALUE && s->op->avro == AVRO_T_BYTES) {
        buf_u8(out, '"');
        buf_base64(out, avro_read_bytes(&c), "+/");
        buf_u8(out, '"');
    } else if (cell->kind == CELL_NULL ||
               !schema_json_of(s->op->avro, slice_of(c.p, (size_t)(c.end - c.p)), out)) {
        buf_str(out, "null");
    }
    return 0;
}

int plan_key_json(const struct plan *p, struct row r, struct buf *out, struct err *err)
{
    struct buf body = { 0 };
    int rc = 0;
    buf_u8(out, '{');
    for (uint16_t i = 0; i < p->nkey && !rc; i++) {
        struct step *s = p->key[i];
        body.n = 0;
        buf_printf(out, "%s\"%s\":", i ? "," : "", s->field);
        rc = check_key(p, s, r, err) || put_json(s, &r.cells[s->at], &body, out, err) ? -1 : 0;
    }
    buf_u8(out, '}');
    buf_done(&body);
    return rc;
}

bool plan_key_changed(const struct plan *p, const struct event *ev)
{
    if (!ev->before.cells || !ev->after.cells)
        return false;
    for (uint16_t i = 0; i < p->nkey; i++) {
        const struct cell *b = &ev->before.cells[p->key[i]->at],
                          *a = &ev->after.cells[p->key[i]->at];
        if (b->kind == CELL_ABSENT || a->kind == CELL_UNCHANGED)
            continue;
        if (!step_same_key(p->key[i], b, a))
            return true;
    }
    return false;
}

int plan_encode_message(const struct plan *p, enum plan_part part, const struct event *ev,
                        struct buf *out, struct err *err)
{
    if (part == PLAN_VALUE) {
        avro_str(out, "m");
        avro_optional_long(out, true, clock_wall_ns() / 1000000);
        envelope_put_source(p, ev, out);
        put_transaction(p, ev, out);
    }
    buf_u8(out, 2);
    avro_bytes(out, ev->prefix);
    if (part == PLAN_VALUE) {
        buf_u8(out, 2);
        return p->content->form[FORM_PG_BINARY](&message_content, ev->content, out, err) == OP_OK
                   ? 0
                   : -1;
    }
    return 0;
}
