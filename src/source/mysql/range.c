/* Cuts a table into ranges by its key, and writes a range as SQL terms (reader.h). */
#include <jansson.h>
#include <stdlib.h>
#include "base/json_out.h"
#include "source/mysql/reader.h"

static const struct mysql_column_def *key_column(const struct mysql_reader *r, uint16_t i)
{
    return &r->def->cols[r->key->cols[i]];
}

static bool is_number(const char *type)
{
    static const char *const names[] = { "tinyint", "smallint", "mediumint", "int",
                                         "bigint",  "decimal",  "year" };
    size_t n = strspn(type, "abcdefghijklmnopqrstuvwxyz");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && memcmp(names[i], type, n) == 0)
            return true;
    return false;
}

/*
 * Writes one part of a key as a literal that the server compares as it compares the column, by its
 * index.
 */
static void put_literal(const struct mysql_column_def *def, const struct cell *v, struct buf *out)
{
    struct slice s = { v->p, v->n };
    bool binary = strncmp(def->type, "binary", 6) == 0 || strncmp(def->type, "varbinary", 9) == 0;
    if (is_number(def->type)) {
        buf_put(out, s.p, s.n);
    } else if (def->charset || binary) {
        buf_printf(out, "_%s X'", binary ? "binary" : def->charset);
        buf_hex(out, s);
        buf_u8(out, '\'');
    } else {
        mysql_put_literal(out, s);
    }
}

/*
 * Writes a > 1 OR (a = 1 AND b > 2), because the servers use no index for (a, b) > (1, 2). op is
 * the comparison of the last part, strict of the parts before.
 */
static void put_after(const struct mysql_reader *r, json_t *key, const char *strict, const char *op,
                      struct buf *out)
{
    size_t n = json_array_size(key);
    buf_u8(out, '(');
    for (size_t k = 0; k < n; k++) {
        buf_str(out, k ? " OR (" : "(");
        for (size_t i = 0; i <= k; i++) {
            buf_str(out, i ? " AND " : "");
            mysql_put_name(out, key_column(r, (uint16_t)i)->name);
            buf_printf(out, " %s %s",
                       i < k       ? "="
                       : k + 1 < n ? strict
                                   : op,
                       json_string_value(json_array_get(key, i)));
        }
        buf_u8(out, ')');
    }
    /* The first part alone bounds the range of the index. */
    buf_str(out, ") AND ");
    mysql_put_name(out, key_column(r, 0)->name);
    buf_printf(out, " %c= %s", *strict, json_string_value(json_array_get(key, 0)));
}

static json_t *key_of(const struct mysql_reader *r, struct slice token)
{
    json_t *key = r->key && token.n > 4 && memcmp(token.p, "key ", 4) == 0
                      ? json_loadb((const char *)token.p + 4, token.n - 4, 0, NULL)
                      : NULL;
    bool fits = json_is_array(key) && json_array_size(key) == r->key->ncols;
    for (size_t i = 0; fits && i < r->key->ncols; i++)
        fits = json_is_string(json_array_get(key, i));
    if (!fits) {
        json_decref(key);
        return NULL;
    }
    return key;
}

static void put_table(const struct mysql_reader *r, struct buf *out)
{
    buf_str(out, " FROM ");
    mysql_put_name(out, r->def->database);
    buf_u8(out, '.');
    mysql_put_name(out, r->def->name);
    if (r->key) {
        buf_str(out, " FORCE INDEX (");
        mysql_put_name(out, r->key->name);
        buf_u8(out, ')');
    }
}

enum read_result mysql_range_terms(const struct mysql_reader *r, const struct read_order *o,
                                   const struct range *range, struct buf *out)
{
    json_t *from = key_of(r, buf_slice(&range->from)), *to = key_of(r, buf_slice(&range->to));
    bool again = (range->from.n && !from) || (range->to.n > 3 && !to);
    const char *word = " WHERE ";
    put_table(r, out);
    if (from) {
        buf_str(out, word);
        put_after(r, from, ">", ">", out);
        word = " AND ";
    }
    if (to) {
        buf_str(out, word);
        put_after(r, to, "<", "<=", out);
        word = " AND ";
    }
    if (o->where && *o->where)
        buf_printf(out, "%s(%s)", word, o->where);
    json_decref(from);
    json_decref(to);
    return again ? READ_AGAIN : READ_DONE;
}

static void write_key(const struct mysql_reader *r, const struct cell *v, struct buf *out)
{
    struct buf literal = { 0 };
    buf_str(out, "key [");
    for (uint16_t i = 0; i < r->key->ncols; i++) {
        literal.n = 0;
        put_literal(key_column(r, i), &v[i], &literal);
        json_out_slice(&(struct json_out){ .to = out }, NULL, buf_slice(&literal));
    }
    buf_u8(out, ']');
    buf_done(&literal);
}

/*
 * Finds the key of the goal-th row after `from`. One row more tells whether anything is behind it.
 */
static int probe(struct mysql_reader *r, json_t *from, uint32_t goal, struct range *ret,
                 struct err *err)
{
    struct buf q = { 0 }, order = { 0 }, shape = { 0 };
    for (uint16_t i = 0; i < r->key->ncols; i++) {
        buf_u8(&shape, 'v');
        buf_str(&order, i ? ", " : "");
        mysql_put_name(&order, key_column(r, i)->name);
    }
    buf_printf(&q, "SELECT %s", buf_cstr(&order));
    put_table(r, &q);
    if (from) {
        buf_str(&q, " WHERE ");
        put_after(r, from, ">", ">", &q);
    }
    buf_printf(&q, " ORDER BY %s LIMIT 2 OFFSET %u", buf_cstr(&order), goal ? goal - 1 : 0);
    struct mysql_rows *rows = mysql_conn_query(r->sql, buf_cstr(&q), true, buf_cstr(&shape), err);
    buf_done(&q);
    buf_done(&shape);
    buf_done(&order);
    if (!rows)
        return -1;
    const struct cell *v;
    int n = mysql_rows_next(rows, &v, err);
    if (n == 1) {
        write_key(r, v, &ret->to);
        n += mysql_rows_next(rows, &v, err);
    }
    mysql_rows_free(rows);
    ret->last = n < 2;
    if (ret->last) {
        ret->to.n = 0;
        buf_str(&ret->to, "key");
    }
    return n < 0 ? -1 : 0;
}

/*
 * A query failed. READ_AGAIN, READ_GONE: because its table changed; READ_ERROR: for another reason.
 */
static enum read_result altered(struct mysql_reader *r, const struct read_order *o,
                                const struct err *err)
{
    struct err second = { 0 };
    struct buf before = { 0 };
    if (err->class == ERR_RETRY)
        return READ_ERROR;
    buf_put(&before, r->shape.p, r->shape.n);
    enum read_result now = mysql_reader_look(r, o, &second);
    if (now == READ_DONE)
        now = slice_eq(buf_slice(&before), buf_slice(&r->shape)) ? READ_ERROR : READ_AGAIN;
    buf_done(&before);
    return now;
}

enum read_result mysql_range_next(struct mysql_reader *r, const struct read_order *o,
                                  struct slice from, uint32_t goal, struct range *ret,
                                  struct err *err)
{
    enum read_result got = mysql_reader_look(r, o, err);
    if (got != READ_DONE)
        return got;
    if (!r->key) {
        ret->last = true;
        buf_str(&ret->to, "all");
        return READ_DONE;
    }
    /* NULL: from the beginning, also if `from` no longer means anything */
    json_t *key = key_of(r, from);
    if (key)
        buf_put(&ret->from, from.p, from.n);
    got = probe(r, key, goal, ret, err) ? altered(r, o, err) : READ_DONE;
    json_decref(key);
    return got == READ_ERROR ? (enum read_result)err_wrap(err, "table %s.%s", o->schema, o->table)
                             : got;
}
