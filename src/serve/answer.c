/*
 * Answers the requests on a feed's control socket: orders for its backfills, which backfill/
 * carries out, and the list of them.
 */
#include "serve/answer.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/json_out.h"
#include "base/xalloc.h"
#include "serve/control.h"

enum { MOST_NAMES = 1000, MOST_KEYS = CONTROL_LINE / 3 };      /* a key takes at least "" */

/* Appends the job as an element of a list, or alone. */
void control_put_job(const struct job_status *s, struct buf *out)
{
    const struct json_out j = { out, true };
    json_out_open(&j, NULL, '{');
    json_out_count(&j, "id", s->id);
    json_out_text(&j, "state", job_state_name(s->state));
    json_out_flag(&j, "initial", s->initial);
    json_out_text(&j, "tables", s->tables);
    json_out_text(&j, "table", s->table);
    json_out_count(&j, "rows", s->rows);
    json_out_count(&j, "bytes", s->bytes);
    json_out_count(&j, "rows_expected", s->rows_expected);
    json_out_count(&j, "bytes_expected", s->bytes_expected);
    json_out_count(&j, "tables_done", s->tables_done);
    json_out_count(&j, "tables_all", s->tables_all);
    json_out_name(&j, "seconds");
    buf_printf(out, "%.3f", s->seconds);
    if (s->repair) {
        json_out_flag(&j, "repair", true);
        json_out_count(&j, "keys", s->keys);
        json_out_count(&j, "rows_written", s->rows_written);
        json_out_count(&j, "deletes_written", s->deletes_written);
    }
    json_out_text(&j, "why", s->why);
    json_out_close(&j, '}');
}

static void put_one(void *arg, const struct job_status *s)
{
    control_put_job(s, arg);
}

void answer_refuse(struct buf *out, const char *why)
{
    const struct json_out j = { out, true };
    buf_u8(out, '{');       /* other answers may stand before it */
    json_out_flag(&j, "ok", false);
    json_out_text(&j, "error", why);
    buf_str(out, "}\n");
}

/*
 * The list's strings, then NULL; borrowed from the request. False: the list is not one of strings.
 */
static bool names_of(json_t *list, const char **ret)
{
    size_t i, n = 0;
    json_t *e;
    if (json_array_size(list) > MOST_NAMES || (list && !json_is_array(list)))
        return false;
    json_array_foreach(list, i, e) {
        if (!json_is_string(e))
            return false;
        ret[n++] = json_string_value(e);
    }
    ret[n] = NULL;
    return true;
}

/* Keys in hexadecimal. */
struct keys { struct slice at[MOST_KEYS]; size_t n; struct arena arena; };

static bool read_key(struct keys *k, const char *hex, struct buf *bytes)
{
    bytes->n = 0;
    if (!hex || k->n == MOST_KEYS || !buf_unhex(bytes, slice_str(hex)) || !bytes->n)
        return false;
    k->at[k->n++] = arena_dup(&k->arena, buf_slice(bytes));
    return true;
}

/* False: the list is not one of keys. Call keys_free() in any case. */
static bool keys_of(json_t *list, struct keys **ret)
{
    struct buf bytes = { 0 };
    size_t i;
    json_t *e;
    struct keys *k = *ret = xmalloc(sizeof *k);
    bool good = json_is_array(list);
    k->n = 0;
    arena_init(&k->arena, 4096);
    json_array_foreach(list, i, e)
        good = good && read_key(k, json_string_value(e), &bytes);
    buf_done(&bytes);
    return good;
}

static void keys_free(struct keys *k)
{
    arena_done(&k->arena);
    free(k);
}

static void add_keys(json_t *o, struct backfill *b, struct buf *out)
{
    struct keys *k;
    struct err err = { 0 };
    json_int_t id = json_integer_value(json_object_get(o, "id"));
    if (!keys_of(json_object_get(o, "keys"), &k) || id < 1 || id > UINT32_MAX)
        answer_refuse(out, "id is a number, and keys a list of keys in hexadecimal");
    else if (backfill_add_keys(b, (uint32_t)id, &(struct backfill_request){
                 .keys = k->at, .nkeys = k->n,
                 .rows_only = json_is_true(json_object_get(o, "rows_only")),
                 .more = json_is_true(json_object_get(o, "more")) }, &err))
        answer_refuse(out, err.msg);
    else
        buf_str(out, "{\"ok\": true}\n");
    keys_free(k);
}

static void add_request(const struct backfill_request *r, struct backfill *b, struct buf *out)
{
    uint32_t id;
    struct err err = { 0 };
    if (backfill_add(b, r, &id, &err))
        answer_refuse(out, err.msg);
    else
        buf_printf(out, "{\"ok\": true, \"id\": %u}\n", id);
}

/* "repair" is a verb of its own: a service that took it for "add" would read the whole table. */
static void repair(json_t *o, struct backfill *b, struct buf *out)
{
    const char *tables[MOST_NAMES + 1];
    struct keys *k;
    if (!keys_of(json_object_get(o, "keys"), &k) || !names_of(json_object_get(o, "tables"), tables))
        answer_refuse(out, "tables is a list of names, and keys one of keys in hexadecimal");
    else
        add_request(&(struct backfill_request){
            .tables = tables, .repair = true, .keys = k->at, .nkeys = k->n,
            .rows_only = json_is_true(json_object_get(o, "rows_only")),
            .more = json_is_true(json_object_get(o, "more")) }, b, out);
    keys_free(k);
}

static void add(json_t *o, struct backfill *b, struct buf *out)
{
    const char *tables[MOST_NAMES + 1], *columns[MOST_NAMES + 1];
    if (!names_of(json_object_get(o, "tables"), tables) ||
        !names_of(json_object_get(o, "columns"), columns)) {
        answer_refuse(out, "tables and columns are lists of names");
        return;
    }
    struct backfill_request r = { .tables = tables, .columns = columns[0] ? columns : NULL,
                                  .where = json_string_value(json_object_get(o, "where")),
                                  .topic = json_string_value(json_object_get(o, "topic")) };
    add_request(&r, b, out);
}

static void list(struct backfill *b, struct buf *out)
{
    buf_str(out, "{\"ok\": true, \"jobs\": [");
    backfill_list(b, put_one, out);
    buf_str(out, "]}\n");
}

static void set(json_t *o, enum job_state state, struct backfill *b, struct buf *out)
{
    struct err err = { 0 };
    json_int_t id = json_integer_value(json_object_get(o, "id"));
    if (id < 1 || id > UINT32_MAX)
        answer_refuse(out, "id is the number of a backfill");
    else if (backfill_set(b, (uint32_t)id, state, &err))
        answer_refuse(out, err.msg);
    else
        buf_str(out, "{\"ok\": true}\n");
}

static void answer(json_t *o, struct backfill *b, struct buf *out)
{
    static const struct { const char *name; enum job_state state; } wishes[] = {
        { "pause", JOB_PAUSED }, { "resume", JOB_RUNNING }, { "cancel", JOB_CANCELLED },
    };
    const char *what = json_string_value(json_object_get(o, "do"));
    size_t i = 0, n = sizeof wishes / sizeof *wishes;
    while (what && i < n && strcmp(what, wishes[i].name) != 0)
        i++;
    if (what && i < n)
        set(o, wishes[i].state, b, out);
    else if (what && strcmp(what, "add") == 0)
        add(o, b, out);
    else if (what && strcmp(what, "repair") == 0)
        repair(o, b, out);
    else if (what && strcmp(what, "keys") == 0)
        add_keys(o, b, out);
    else if (what && strcmp(what, "list") == 0)
        list(b, out);
    else
        answer_refuse(out, "add, repair, keys, list, pause, resume or cancel is wanted");
}

void control_answer(void *backfill, struct slice request, struct buf *out)
{
    json_t *o = json_loadb((const char *)request.p, request.n, 0, NULL);
    answer(o, backfill, out);
    json_decref(o);
}
