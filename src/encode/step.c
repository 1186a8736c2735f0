/* Writes a row's cells through the steps of its plan: each with its union branch, and edited if
 * columns.* say so. */
#include <string.h>
#include "base/avro.h"
#include "base/log.h"
#include "encode/step.h"

const struct column message_content = {
    .name = "content", .type_name = "bytea", .type = COL_BYTES, .form = FORM_PG_BINARY
};

/* required: the body to write where null is not allowed. */
static void put_null(const struct step *s, struct slice required, struct buf *out)
{
    if (s->null_as_default) {
        buf_u8(out, s->value_first ? 0 : 2);
        buf_put(out, s->absent.p, s->absent.n);
    } else if (s->col->nullable) {
        buf_u8(out, s->value_first ? 2 : 0);
    } else {
        buf_put(out, required.p, required.n);
    }
}

/* Refuses a NULL in a NOT NULL column: written as '' or 0, a reader would see another row. */
static enum op_result put_null_cell(const struct step *s, const struct cell *cell, struct buf *out,
                                    struct err *err)
{
    if (cell->kind == CELL_NULL && !s->col->nullable) {
        err_set(
            err, ERR_DATA,
            "column %s: the row has NULL, and the column is described as NOT NULL: "
            "the description is newer than the row. Lift the NOT NULL until the feed is past the "
            "row, or leave the column out (columns.exclude)",
            s->col->name);
        return OP_BAD;
    }
    put_null(s, s->absent, out);
    return OP_OK;
}

static const char *what_it_became(const struct step *s, enum op_result how)
{
    if (how == OP_PARTLY)
        return array_items_nullable(s) ? "null in its array" : "empty in its array";
    return how == OP_CLAMPED ? "its limit" : s->col->nullable ? "null" : "zero";
}

static void count_lost(struct step *s, enum op_result how)
{
    s->lost++;
    if ((s->lost & (s->lost - 1)) == 0)     /* 1, 2, 4, 8 ... */
        log_warn("a value that its Avro type cannot say (NaN, infinity, a date of zeros, no bit, "
                 "NULL among labels) became %s column=%s type=%s count=%llu",
                 what_it_became(s, how), s->col->name, s->col->type_name,
                 (unsigned long long)s->lost);
}

/* Writes the cell with its union branch. For a value that the type cannot hold, writes `unsaid`. */
static enum op_result put_cell(const struct step *s, const struct cell *cell, struct buf *out,
                               struct err *err)
{
    size_t mark = out->n;
    if (cell->kind == CELL_NULL || cell->kind == CELL_ABSENT)
        return put_null_cell(s, cell, out, err);
    if (cell->kind == CELL_UNSAID) {
        err_set(err, ERR_FATAL,
                "column %s: the server's log leaves this generated column out of updates and "
                "deletes, as MariaDB 11 does. Leave "
                "it out of the feed (columns.exclude): the feed then goes on here",
                s->col->name);
        return OP_BAD;
    }
    if (s->col->nullable)
        buf_u8(out, s->value_first ? 0 : 2);
    if (cell->kind == CELL_UNCHANGED) {
        buf_put(out, s->placeholder.p, s->placeholder.n);
        return OP_OK;
    }
    struct slice v = { cell->p, cell->n };
    enum op_result r = s->col->is_array ? array_encode(s, v, out, err) : s->fn(s->col, v, out, err);
    if (r == OP_NONE) {
        out->n = mark;
        put_null(s, s->unsaid, out);
    }
    return r;
}

int step_put_key(struct step *s, const struct cell *cell, struct buf *out, struct err *err)
{
    enum op_result r = put_cell(s, cell, out, err);
    if (r > OP_OK)
        count_lost(s, r);
    return r == OP_BAD ? -1 : 0;
}

bool step_same_key(const struct step *s, const struct cell *a, const struct cell *b)
{
    struct buf one = { 0 }, other = { 0 };
    struct err ignored = { 0 };
    if (a->kind == b->kind && a->n == b->n && (!a->n || memcmp(a->p, b->p, a->n) == 0))
        return true;
    bool same = a->kind <= CELL_VALUE && b->kind <= CELL_VALUE &&
                put_cell(s, a, &one, &ignored) >= 0 && put_cell(s, b, &other, &ignored) >= 0 &&
                one.n == other.n && memcmp(one.p, other.p, one.n) == 0;
    buf_done(&one);
    buf_done(&other);
    return same;
}

/* A mask also hides that there is no value. */
static void edit(const struct step *s, bool null, size_t mark, struct buf *out)
{
    if (null && s->edit->kind != EDIT_MASK)
        return;
    if (null) {
        out->n = mark;
        if (s->col->nullable)
            buf_u8(out, s->value_first ? 0 : 2);
        avro_str(out, "");
    }
    edit_string(s->edit, s->col, mark + s->col->nullable, out);
}

int step_put(struct step *s, const struct cell *cell, struct buf *out, struct err *err)
{
    size_t mark = out->n;
    if (step_put_key(s, cell, out, err))
        return -1;
    if (s->edited)
        edit(s, cell->kind == CELL_NULL || cell->kind == CELL_ABSENT, mark, out);
    return 0;
}

int step_put_row(const struct plan *p, struct row r, struct buf *out, struct err *err)
{
    for (uint16_t i = 0; i < p->nsteps; i++)
        if (!p->steps[i].left_out && step_put(&p->steps[i], &r.cells[p->steps[i].at], out, err))
            return -1;
    return 0;
}

/* ---- a row whose key alone is known ---- */

int plan_check_key(struct plan *p, struct slice key, struct err *err)
{
    struct cursor c = cursor_over(key);
    int64_t steps = AVRO_STEPS + AVRO_STEPS_A_BYTE * (int64_t)key.n;
    if (!p->nkey)
        return err_set(err, ERR_CONFIG, "%s.%s has no key", p->table->schema, p->table->name);
    if (!p->key_schema && avro_schema_parse(p->schema[PLAN_KEY], &p->arena, &p->key_schema, err))
        return -1;
    avro_pass(p->key_schema, &c, &steps);
    return c.bad || c.p != c.end ? err_set(err, ERR_DATA, "bytes that are no key of %s.%s",
                                           p->table->schema, p->table->name) : 0;
}

/* The bytes of one column in the key; p == NULL: the column is not in the key. */
static struct slice key_part(const struct plan *p, const struct step *s, struct slice key)
{
    struct cursor c = cursor_over(key);
    int64_t steps = AVRO_STEPS + AVRO_STEPS_A_BYTE * (int64_t)key.n;
    for (uint16_t i = 0; i < p->nkey; i++) {
        const uint8_t *begun = c.p;
        avro_pass(p->key_schema->fields[i].type, &c, &steps);
        if (p->key[i] == s)
            return slice_of(begun, (size_t)(c.p - begun));
    }
    return (struct slice){ NULL, 0 };
}

/* Copies a column from the key: it has the same type in the value. */
static void put_part(const struct step *s, struct slice part, struct buf *out)
{
    size_t mark = out->n;
    bool null = s->col->nullable && part.p[0] == (s->value_first ? 2 : 0);
    buf_put(out, part.p, part.n);
    if (s->edited)
        edit(s, null, mark, out);
}

int step_put_gone(const struct plan *p, struct slice key, struct buf *out, struct err *err)
{
    static const struct cell absent = { .kind = CELL_ABSENT };
    for (uint16_t i = 0; i < p->nsteps; i++) {
        struct step *s = &p->steps[i];
        struct slice part = s->left_out ? key : key_part(p, s, key);
        if (!s->left_out && part.p)
            put_part(s, part, out);
        else if (!s->left_out && step_put(s, &absent, out, err))
            return -1;
    }
    return 0;
}
