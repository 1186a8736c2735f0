/* `tailrace backfill`: orders backfills from the running service and shows how far they are.
 * Without a service it runs the feed itself. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/json_out.h"
#include "base/log.h"
#include "base/sql_name.h"
#include "cmd/config.h"
#include "serve/control.h"

enum { ASK_EVERY_NS = 200000000, MOST_COLUMNS = 1600, GUESS = 5000 };

/* ---- through the running service ---- */

static int ask(const struct config *c, struct slice request, json_t **ret, struct err *err)
{
    return service_ask(c->control_socket, request, ret, err);
}

static const char *text_of(json_t *job, const char *name)
{
    const char *s = json_string_value(json_object_get(job, name));
    return s ? s : "";
}

static uint64_t count_of(json_t *job, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(job, name));
}

/* The strings in the status are borrowed from the answer. */
static struct job_status status_of(json_t *job)
{
    return (struct job_status){
        .id = (uint32_t)count_of(job, "id"),
        .initial = json_is_true(json_object_get(job, "initial")),
        .tables = text_of(job, "tables"),
        .table = text_of(job, "table"),
        .rows = count_of(job, "rows"),
        .bytes = count_of(job, "bytes"),
        .rows_expected = count_of(job, "rows_expected"),
        .bytes_expected = count_of(job, "bytes_expected"),
        .tables_done = (uint32_t)count_of(job, "tables_done"),
        .tables_all = (uint32_t)count_of(job, "tables_all"),
        .seconds = json_number_value(json_object_get(job, "seconds")),
        .why = text_of(job, "why"),
        .state = job_state_of(text_of(job, "state")),
        .repair = json_is_true(json_object_get(job, "repair")),
        .keys = count_of(job, "keys"),
        .rows_written = count_of(job, "rows_written"),
        .deletes_written = count_of(job, "deletes_written"),
    };
}

static int outcome(const struct job_status *s, struct err *err)
{
    if (s->state == JOB_FAILED)
        return err_set(err, ERR_CONFIG, "backfill %u failed: %s", s->id, s->why);
    return s->state == JOB_CANCELLED ? err_set(err, ERR_RETRY, "backfill %u was cancelled", s->id)
                                     : 0;
}

int backfill_jobs(const struct config *c, backfill_each_fn *each, void *arg, struct err *err)
{
    json_t *answer, *job;
    size_t i;
    int rc = ask(c, slice_str("{\"do\": \"list\"}"), &answer, err);
    if (rc)
        return rc;
    json_array_foreach(json_object_get(answer, "jobs"), i, job) {
        struct job_status s = status_of(job);
        each(arg, &s);
    }
    json_decref(answer);
    return 0;
}

struct shown { struct progress *p; uint32_t id; int ended, rc; struct err *err; };

static void show(void *arg, const struct job_status *s)
{
    struct shown *w = arg;
    if (s->id != w->id)
        return;
    w->ended = s->state >= JOB_DONE;
    progress_show(w->p, s, w->ended);
    w->rc = outcome(s, w->err);
}

/* Returns 1 when the backfill has ended. */
static int show_once(const struct config *c, uint32_t id, struct progress *p, struct err *err)
{
    struct shown w = { .p = p, .id = id, .err = err };
    int rc = backfill_jobs(c, show, &w, err);
    if (rc == 1)
        return err_set(err, ERR_RETRY, "the service has stopped; it goes on with backfill %u when "
                       "it runs again", id);
    return rc || w.rc ? -1 : w.ended;
}

static int follow(const struct config *c, uint32_t id, bool json, struct err *err)
{
    struct progress p;
    progress_begin(&p, json);
    int rc;
    while (!(rc = show_once(c, id, &p, err)))
        nanosleep(&(struct timespec){ .tv_nsec = ASK_EVERY_NS }, NULL);
    progress_end(&p);
    return rc < 0 ? -1 : 0;
}

/* Returns 1 when no service runs. */
static int through_service(const struct config *c, const struct backfill_request *r,
                           const struct invocation *v, struct err *err)
{
    struct buf line = { 0 };
    json_t *answer;
    const struct json_out j = { &line, true };
    json_out_open(&j, NULL, '{');
    json_out_text(&j, "do", "add");
    json_out_texts(&j, "tables", r->tables);
    json_out_texts(&j, "columns", r->columns);
    json_out_text(&j, "where", r->where);
    json_out_text(&j, "topic", r->topic);
    json_out_close(&j, '}');
    int rc = ask(c, buf_slice(&line), &answer, err);
    buf_done(&line);
    if (rc)
        return rc;
    uint32_t id = (uint32_t)json_integer_value(json_object_get(answer, "id"));
    json_decref(answer);
    fprintf(stderr,
            "backfill %u: the running service reads it, whether this command waits or not\n", id);
    return v->detach ? 0 : follow(c, id, v->json, err);
}

/* ---- alone ---- */

struct watcher {
    struct progress progress;
    uint32_t id;                /* the newest backfill: the one that this command asked for */
    bool ended;
    struct err *err;
};

/* A backfill that an earlier command left half done has a lower number, and is not shown. */
static void find(void *arg, const struct job_status *s)
{
    struct watcher *w = arg;
    if (!s->initial && s->id > w->id)
        w->id = s->id;
}

static void watch(void *arg, const struct job_status *s)
{
    struct watcher *w = arg;
    if (s->id != w->id || w->ended)
        return;
    w->ended = s->state >= JOB_DONE;
    progress_show(&w->progress, s, w->ended);
    if (w->ended)
        (void)!outcome(s, w->err);
}

static int no_fds(void *arg, int *ret, int max)
{
    (void)arg, (void)ret, (void)max;
    return 0;
}

static void attend(void *arg, struct backfill *b)
{
    backfill_list(b, find, arg);
    backfill_list(b, watch, arg);
}

static int alone(struct config *c, const struct backfill_request *r, const struct invocation *v,
                 struct err *err)
{
    struct err why = { 0 };
    struct watcher w = { .err = &why };
    struct flow_attendant a = { .arg = &w, .fds = no_fds, .attend = attend };
    progress_begin(&w.progress, v->json);
    fprintf(stderr,
            "no service listens at %s: reading alone, with the changes that come meanwhile\n",
            c->control_socket);
    int rc = run_feed(c, r, &a, err);
    progress_end(&w.progress);
    if (!rc && why.class != ERR_NONE) {
        *err = why;
        rc = -1;
    }
    return rc;
}

/* ---- what would be read ---- */

static int estimate(struct reader *r, const struct config *c, const struct backfill_request *q,
                    const char *name, struct err *err)
{
    struct buf schema = { 0 }, table = { 0 };
    struct read_size size = { 0 };
    struct range first = { 0 };
    if (!sql_name_split(name, &schema, &table)) {
        buf_done(&schema);
        buf_done(&table);
        return err_set(err, ERR_CONFIG, "\"%s\" is not a SCHEMA.TABLE", name);
    }
    struct read_order o = { .schema = buf_cstr(&schema), .table = buf_cstr(&table),
                            .where = q->where,
                            .max_bytes = (uint32_t)c->flow.backfill.chunk_bytes,
                            .no_updates = c->flow.backfill.no_updates || q->topic };
    enum read_result got = r->ops->measure(r, &o, &size, err);
    if (got == READ_DONE)
        got = r->ops->next(r, &o, (struct slice){ NULL, 0 }, GUESS, &first, err);
    if (got == READ_DONE) {
        uint64_t chunks = size.bytes / (uint64_t)c->flow.backfill.chunk_bytes + 1;
        printf(
            "%s: about %llu rows, %llu bytes on disk, by %s, %s%llu chunk%s, the first up to %s\n",
            name, (unsigned long long)size.rows, (unsigned long long)size.bytes, size.how,
            first.last ? "" : "at least ", first.last ? 1ULL : (unsigned long long)chunks,
            first.last || chunks == 1 ? "" : "s", first.last ? "the end" : buf_cstr(&first.to));
    } else if (got == READ_GONE) {
        err_set(err, ERR_CONFIG, "table %s is not fed: it is not there, not published, or left out "
                "-> tailrace check names tables that are not published", name);
    }
    range_done(&first);
    buf_done(&schema);
    buf_done(&table);
    return got == READ_DONE ? 0 : -1;
}

static int dry_run(const struct config *c, const struct backfill_request *q, struct err *err)
{
    struct source *src = source_of(c, err);
    bool can = src && src->ops->reader;
    struct reader *r = can ? src->ops->reader(src, err) : NULL;
    int rc = r ? 0 : src && !can ? err_set(err, ERR_CONFIG, "this source cannot read tables") : -1;
    for (size_t i = 0; !rc && q->tables[i]; i++)
        rc = estimate(r, c, q, q->tables[i], err);
    if (r)
        r->ops->free(r);
    if (src)
        src->ops->free(src);
    return rc;
}

/* ---- the rest ---- */

static void print_job(const struct job_status *s, const char *state)
{
    char of[40] = "";
    if (s->state < JOB_DONE && s->rows_expected > s->rows)
        snprintf(of, sizeof of, " of about %llu", (unsigned long long)s->rows_expected);
    printf("%u  %-9s  %s  %llu%s rows%s%s\n", s->id, state, s->initial ? "snapshot" : s->tables,
           (unsigned long long)s->rows, of, *s->why ? "  " : "", s->why);
}

static int list(const struct config *c, bool json, struct err *err)
{
    json_t *answer, *job;
    size_t i;
    int rc = ask(c, slice_str("{\"do\": \"list\"}"), &answer, err);
    if (rc)
        return rc == 1 ? err_set(err, ERR_RETRY, "no service listens at %s", c->control_socket)
                       : -1;
    struct buf line = { 0 };
    json_array_foreach(json_object_get(answer, "jobs"), i, job) {
        struct job_status s = status_of(job);
        line.n = 0;
        control_put_job(&s, &line);
        if (json)
            puts(buf_cstr(&line));
        else
            print_job(&s, text_of(job, "state"));
    }
    buf_done(&line);
    json_decref(answer);
    return 0;
}

static int order(const struct config *c, const char *what, const char *id, struct err *err)
{
    char line[100], *end;
    json_t *answer;
    unsigned long n = strtoul(id, &end, 10);
    if (!*id || *end || !n || n > UINT32_MAX)
        return err_set(err, ERR_CONFIG,
                       "%s: \"%s\" is not the number of a backfill; see tailrace backfill list",
                       what, id);
    snprintf(line, sizeof line, "{\"do\": \"%s\", \"id\": %lu}", what, n);
    int rc = ask(c, slice_str(line), &answer, err);
    json_decref(answer);
    return rc == 1 ? err_set(err, ERR_RETRY, "no service listens at %s", c->control_socket) : rc;
}

static int backfill(struct config *c, struct invocation *v, struct err *err)
{
    const char *columns[MOST_COLUMNS + 1];
    size_t n = 0;
    char *names = v->columns ? arena_strdup(&c->arena, v->columns) : NULL, *save = NULL;
    for (char *s = names ? strtok_r(names, ", ", &save) : NULL; s && n < MOST_COLUMNS;
         s = strtok_r(NULL, ", ", &save))
        columns[n++] = s;
    columns[n] = NULL;
    struct backfill_request r = {
        .tables = v->tables, .where = v->where, .columns = n ? columns : NULL, .topic = v->topic
    };
    if (!v->ntables)
        return err_set(err, ERR_CONFIG,
                       "--table SCHEMA.TABLE is needed, or list, pause, resume, cancel");
    if (v->dry_run)
        return dry_run(c, &r, err);
    c->flow.claim = v->take_over ? CLAIM_TAKE_OVER : CLAIM_WAIT;
    int rc = through_service(c, &r, v, err);
    return rc == 1 ? alone(c, &r, v, err) : rc;
}

int cmd_backfill(int argc, char **argv)
{
    struct invocation v;
    struct chosen chosen = { 0 };
    struct config *c;
    struct err err = { 0 };
    int rc =
        invocation_read(&v, argc, argv, "dbrt", &err) || chosen_one(&chosen, &v, &c, &err) ? -1 : 0;
    const char *what = v.nrest ? v.rest[0] : "";
    bool orders =
        strcmp(what, "pause") == 0 || strcmp(what, "resume") == 0 || strcmp(what, "cancel") == 0;
    if (!rc && v.nrest && v.nrest != 1 + orders)
        rc = err_set(&err, ERR_CONFIG, "%s: %s", what,
                     orders ? "the backfill's number is wanted" : "not expected");
    else if (!rc && strcmp(what, "list") == 0)
        rc = list(c, v.json, &err);
    else if (!rc && orders)
        rc = order(c, what, v.rest[1], &err);
    else if (!rc)
        rc = v.nrest ? err_set(&err, ERR_CONFIG, "%s: not expected; see tailrace --help", what)
                     : backfill(c, &v, &err);
    chosen_done(&chosen);
    return rc ? finish_command(&err) : 0;
}
