/* The list of jobs, and its line in the stored position: written with each position, read when a
 * session begins. */
#include "backfill/jobs.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

static const char *const states[] = { "running", "paused", "done", "cancelled", "failed" };

const char *job_state_name(enum job_state s)
{
    return states[s];
}

enum job_state job_state_of(const char *name)
{
    int at = JOB_FAILED;
    while (at > JOB_RUNNING && strcmp(states[at], name) != 0)
        at--;
    return (enum job_state)at;
}

static const char *const *copy_list(struct arena *a, const char *const *list)
{
    size_t n = 0;
    if (!list || !list[0])
        return NULL;
    while (list[n])
        n++;
    const char **copy = arena_alloc(a, (n + 1) * sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = arena_strdup(a, list[i]);
    copy[n] = NULL;
    return copy;
}

static char *join(const char *const *list)
{
    struct buf b = { 0 };
    for (size_t i = 0; list && list[i]; i++)
        buf_printf(&b, "%s%s", i ? "," : "", list[i]);
    char *s = xstrdup(buf_cstr(&b));
    buf_done(&b);
    return s;
}

static void append(struct jobs *l, struct job *j)
{
    j->next = NULL;
    if (l->last)
        l->last->next = j;
    else
        l->first = j;
    l->last = j;
    if (l->next_id <= j->id)
        l->next_id = j->id + 1;
}

static struct job *job_new(uint32_t id, const struct backfill_request *r, bool initial)
{
    struct job *j = xcalloc(1, sizeof *j);
    j->id = id;
    j->initial = initial;
    arena_init(&j->arena, 1024);
    j->tables = copy_list(&j->arena, r->tables);
    j->columns = copy_list(&j->arena, r->columns);
    j->where = arena_strdup(&j->arena, r->where);
    j->topic = arena_strdup(&j->arena, r->topic);
    j->joined = join(j->tables);
    j->is_repair = r->repair;
    return j;
}

static void job_free(struct job *j)
{
    arena_done(&j->arena);
    buf_done(&j->schema);
    buf_done(&j->table);
    buf_done(&j->from);
    buf_done(&j->member);
    repair_free(j->repair);
    free(j->joined);
    free(j);
}

struct job *jobs_add(struct jobs *l, const struct backfill_request *r, bool initial)
{
    struct job *j = job_new(l->next_id ? l->next_id : 1, r, initial);
    append(l, j);
    return j;
}

struct job *jobs_find(const struct jobs *l, uint32_t id)
{
    struct job *j = l->first;
    while (j && j->id != id)
        j = j->next;
    return j;
}

bool job_ended(const struct job *j)
{
    return j->state >= JOB_DONE;
}

bool jobs_ended_in(const struct jobs *stored, uint32_t id)
{
    return id < stored->next_id && !jobs_find(stored, id);
}

void job_restart(struct job *j)
{
    j->schema.n = j->table.n = j->from.n = j->member.n = 0;
    j->any_row = j->table_row = false;
    j->rows = j->bytes = 0;
    j->tables_done = 0;
    if (j->repair)
        repair_reset(j->repair);
}

void jobs_done(struct jobs *l)
{
    while (l->first) {
        struct job *next = l->first->next;
        job_free(l->first);
        l->first = next;
    }
    *l = (struct jobs){ 0 };
}

/* ---- the line ---- */

static void put_str(struct buf *out, const char *name, struct slice s)
{
    if (!s.n)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_json_str(out, s);
}

static void put_list(struct buf *out, const char *name, const char *const *list)
{
    if (!list)
        return;
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; list[i]; i++) {
        buf_str(out, i ? "," : "");
        buf_json_str(out, slice_str(list[i]));
    }
    buf_str(out, "]");
}

static void put_place(const struct job *j, struct buf *out)
{
    put_str(out, "schema", buf_slice(&j->schema));
    put_str(out, "table", buf_slice(&j->table));
    put_str(out, "from", buf_slice(&j->from));
    put_str(out, "member", buf_slice(&j->member));
}

static void put_job(const struct job *j, struct buf *out)
{
    buf_printf(out, "{\"id\":%u,\"state\":\"%s\"", j->id, states[j->state]);
    if (j->initial)
        buf_str(out, ",\"initial\":true");
    if (j->is_repair)
        buf_str(out, ",\"repair\":true");
    put_list(out, "tables", j->tables);
    put_list(out, "columns", j->columns);
    put_str(out, "where", slice_str(j->where));
    put_str(out, "topic", slice_str(j->topic));
    if (!j->is_repair)
        put_place(j, out);
    buf_printf(out, ",\"rows\":%llu,\"bytes\":%llu,\"done\":%u,\"any\":%s,\"some\":%s}",
               (unsigned long long)j->rows, (unsigned long long)j->bytes, j->tables_done,
               j->any_row ? "true" : "false", j->table_row ? "true" : "false");
}

void jobs_write(const struct jobs *l, struct buf *out)
{
    if (!l->next_id)
        return;
    buf_printf(out, "{\"next\":%u,\"backfill\":[", l->next_id);
    bool any = false;
    for (const struct job *j = l->first; j; j = j->next) {
        if (job_ended(j))
            continue;
        buf_str(out, any ? "," : "");
        put_job(j, out);
        any = true;
    }
    buf_str(out, "]}");
}

static const char *const *read_list(json_t *list, struct arena *a)
{
    size_t i, n = json_array_size(list);
    json_t *e;
    if (!n)
        return NULL;
    const char **out = arena_alloc(a, (n + 1) * sizeof *out);
    json_array_foreach(list, i, e)
        out[i] = arena_strdup(a, json_string_value(e) ? json_string_value(e) : "");
    out[n] = NULL;
    return out;
}

static void read_buf(json_t *j, const char *name, struct buf *out)
{
    json_t *s = json_object_get(j, name);
    if (s)
        buf_put(out, json_string_value(s), json_string_length(s));
}

static int read_job(json_t *o, struct jobs *l, struct err *err)
{
    const char *state = json_string_value(json_object_get(o, "state"));
    json_int_t id = json_integer_value(json_object_get(o, "id"));
    if (!state || id <= 0)
        return err_set(err, ERR_FATAL, "a backfill without id or state");
    struct arena a;
    arena_init(&a, 1024);
    struct backfill_request r = {
        .tables = read_list(json_object_get(o, "tables"), &a),
        .columns = read_list(json_object_get(o, "columns"), &a),
        .where = json_string_value(json_object_get(o, "where")),
        .topic = json_string_value(json_object_get(o, "topic")),
        .repair = json_is_true(json_object_get(o, "repair")),
    };
    struct job *j = job_new((uint32_t)id, &r, json_is_true(json_object_get(o, "initial")));
    arena_done(&a);
    j->state = strcmp(state, "paused") == 0 ? JOB_PAUSED : JOB_RUNNING;
    read_buf(o, "schema", &j->schema);
    read_buf(o, "table", &j->table);
    read_buf(o, "from", &j->from);
    read_buf(o, "member", &j->member);
    j->rows = (uint64_t)json_integer_value(json_object_get(o, "rows"));
    j->bytes = (uint64_t)json_integer_value(json_object_get(o, "bytes"));
    j->tables_done = (uint32_t)json_integer_value(json_object_get(o, "done"));
    j->any_row = json_is_true(json_object_get(o, "any"));
    j->table_row = json_is_true(json_object_get(o, "some"));
    append(l, j);
    return 0;
}

int jobs_read(struct jobs *l, struct slice line, struct err *err)
{
    if (!line.n)
        return 0;
    json_error_t je;
    json_t *o = json_loadb((const char *)line.p, line.n, 0, &je),
           *list = json_object_get(o, "backfill"), *e;
    size_t i;
    int rc =
        json_is_array(list) ? 0 : err_set(err, ERR_FATAL, "%s", o ? "no backfill in it" : je.text);
    json_array_foreach(list, i, e)
        if (!rc && json_is_object(e))
            rc = read_job(e, l, err);
        else if (!rc)
            rc = err_set(err, ERR_FATAL, "a backfill that is no object");
    json_int_t next = json_integer_value(json_object_get(o, "next"));
    if (next > l->next_id && next <= UINT32_MAX)
        l->next_id = (uint32_t)next;
    json_decref(o);
    return rc ? err_wrap(err, "the stored position of what is read cannot be read: %.*s",
                         (int)line.n, (const char *)line.p)
              : 0;
}

/* ---- a session begins anew ---- */

static struct job *take_out(struct jobs *l, uint32_t id)
{
    for (struct job **at = &l->first; *at; at = &(*at)->next)
        if ((*at)->id == id) {
            struct job *j = *at;
            *at = j->next;
            return j;
        }
    return NULL;
}

static void take_place(struct job *j, struct job *from)
{
    struct buf *const to[] = { &j->schema, &j->table, &j->from, &j->member };
    struct buf *const of[] = { &from->schema, &from->table, &from->from, &from->member };
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        buf_done(to[i]);
        *to[i] = *of[i];
        *of[i] = (struct buf){ 0 };
    }
    j->any_row = from->any_row;
    j->table_row = from->table_row;
    j->rows = from->rows;
    j->bytes = from->bytes;
    j->tables_done = from->tables_done;
}

/* Records that the repair has written are right; the other keys are as they were before it. */
static void drop_repair(struct job *j)
{
    log_warn("a repair was not finished when the feed ended: run tailrace repair again id=%u "
             "table=%s", j->id, j->joined);
    job_free(j);
}

void jobs_resume(struct jobs *l, struct jobs *stored)
{
    for (struct job *j = l->first; j; j = j->next) {
        struct job *was = take_out(stored, j->id);
        if (was && j->repair) {
            job_restart(j);
            job_free(was);
        } else if (was) {
            take_place(j, was);
            job_free(was);
        } else if (!job_ended(j) || j->id >= stored->next_id) {
            job_restart(j);     /* the job was never stored */
        } else {
            continue;           /* the job's end was stored */
        }
        if (j->state == JOB_DONE) {
            j->state = JOB_RUNNING;
            j->ended_us = 0;
        }
    }
    if (l->next_id < stored->next_id)
        l->next_id = stored->next_id;
    while (stored->first) {
        struct job *j = stored->first;
        stored->first = j->next;
        if (j->is_repair)
            drop_repair(j);
        else
            append(l, j);
    }
    *stored = (struct jobs){ 0 };
}
