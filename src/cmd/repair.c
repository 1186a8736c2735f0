/*
 * `tailrace repair`: the running service puts right what verify finds; without a service, a feed
 * that runs in this command does. The service gets keys and asks the source for their rows.
 */
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/sql_name.h"
#include "cmd/verify.h"
#include "serve/control.h"

enum { ASK_EVERY_NS = 200000000,
       ASK_US = 60000000,               /* wait for a service that does not listen (any more) */
       LINE = CONTROL_LINE * 3 / 4,     /* bytes of keys in an order */
       LONGEST_KEY = CONTROL_LINE / 8 };

/* ROWS: keys whose rows are to be written; TOO_MUCH: keys that the topic should not have. */
enum part { ROWS, TOO_MUCH, PARTS };

/* A table's keys that differ. */
struct found {
    char *schema, *table, *topic;
    struct part_keys { struct slice *at; size_t n, cap; } keys[PARTS];
    uint64_t left;              /* keys that do not fit, are too long for an order, or too many */
    struct found *next;
};

struct repairing {
    struct config *c;
    const struct invocation *v;
    atomic_int *stop;
    struct verify_report report;
    struct arena arena;
    struct found *first, **end;
    uint64_t left;
};

/* ---- what differs ---- */

static struct found *found_of(struct repairing *r, const char *schema, const char *table,
                              const char *topic)
{
    struct found *f = r->first;
    while (f && (strcmp(f->schema, schema) || strcmp(f->table, table)))
        f = f->next;
    if (f)
        return f;
    f = arena_alloc(&r->arena, sizeof *f);
    *f = (struct found){ .schema = arena_strdup(&r->arena, schema),
                         .table = arena_strdup(&r->arena, table),
                         .topic = arena_strdup(&r->arena, topic ? topic : "") };
    *r->end = f;
    r->end = &f->next;
    return f;
}

static size_t keys_of(const struct found *f)
{
    return f->keys[ROWS].n + f->keys[TOO_MUCH].n;
}

static void on_difference(void *arg, const struct verify_difference *d)
{
    struct repairing *r = arg;
    struct found *f = found_of(r, d->schema, d->table, d->topic);
    bool row = d->kind == VERIFY_MISSING || d->kind == VERIFY_DIFFERENT;
    struct part_keys *k = &f->keys[row ? ROWS : TOO_MUCH];
    verify_say_difference(&r->report, d);
    if (!d->key_fits || d->key_bytes.n > LONGEST_KEY || keys_of(f) == BACKFILL_KEYS) {
        f->left++;
        return;
    }
    k->at = arena_grown(&r->arena, k->at, k->n, &k->cap, sizeof *k->at);
    k->at[k->n++] = arena_dup(&r->arena, d->key_bytes);
}

static void on_table(void *arg, const struct verify_table *t)
{
    struct repairing *r = arg;
    if (t->topic)
        (void)found_of(r, t->schema, t->table, t->topic);
    verify_say_table(&r->report, t);
}

/* If tables share a topic, a key that one table lacks may belong to a row of another table. */
static bool shares_topic(const struct repairing *r, const struct found *f)
{
    for (const struct found *o = r->first; o; o = o->next)
        if (o != f && strcmp(o->topic, f->topic) == 0)
            return true;
    return false;
}

/* ---- the order ---- */

/* Writes an order with a part's keys from *at on, as many as one order takes. Moves *at. */
static void put_order(const struct found *f, uint32_t id, enum part part, size_t *at,
                      struct buf *line)
{
    const struct part_keys *k = &f->keys[part];
    const struct json_out j = { line, true };
    struct buf hex = { 0 };
    line->n = 0;
    json_out_open(&j, NULL, '{');
    json_out_text(&j, "do", id ? "keys" : "repair");
    if (id) {
        json_out_count(&j, "id", id);
    } else {
        sql_name_join(f->schema, f->table, &hex);
        json_out_texts(&j, "tables", (const char *const[]){ buf_cstr(&hex), NULL });
    }
    json_out_open(&j, "keys", '[');
    for (; *at < k->n && line->n + 2 * k->at[*at].n < LINE; (*at)++) {
        hex.n = 0;
        buf_hex(&hex, k->at[*at]);
        json_out_text(&j, NULL, buf_cstr(&hex));
    }
    json_out_close(&j, ']');
    json_out_flag(&j, "rows_only", part == ROWS);
    json_out_flag(&j, "more", *at < k->n || (part == ROWS && f->keys[TOO_MUCH].n));
    json_out_close(&j, '}');
    buf_done(&hex);
}

static int stopped(struct err *err)
{
    return err_set(err, ERR_RETRY, "stopped before the repair was complete -> run it again: what "
                   "it has written by now is right");
}

/* Waits for a service that has just been started and may not listen yet. */
static int ask(const struct repairing *r, struct slice line, json_t **ret, struct err *err)
{
    const char *path = r->c->control_socket;
    int64_t until = clock_mono_us() + ASK_US;
    int rc;
    while ((rc = service_ask(path, line, ret, err)) == 1) {
        if (*r->stop)
            return stopped(err);
        if (clock_mono_us() > until)
            return err_set(err, ERR_RETRY, "no service listens at %s any more -> run it again "
                           "when one does", path);
        nanosleep(&(struct timespec){ .tv_nsec = ASK_EVERY_NS }, NULL);
    }
    return rc;
}

static int order(const struct repairing *r, const struct found *f, uint32_t *ret_id,
                 struct err *err)
{
    struct buf line = { 0 };
    json_t *answer = NULL;
    int rc = 0;
    *ret_id = 0;
    for (enum part part = ROWS; part < PARTS; part++)
        for (size_t at = 0; !rc && at < f->keys[part].n;) {
            put_order(f, *ret_id, part, &at, &line);
            rc = ask(r, buf_slice(&line), &answer, err);
            if (!rc && !*ret_id)
                *ret_id = (uint32_t)json_integer_value(json_object_get(answer, "id"));
            json_decref(answer);
            answer = NULL;
        }
    buf_done(&line);
    return rc;
}

/* ---- until it is done ---- */

struct watch {
    uint32_t id;
    struct job_status job;
    bool there;
    struct progress *progress;
    struct err *err;
    int rc;
};

static void look(void *arg, const struct job_status *s)
{
    struct watch *w = arg;
    if (s->id != w->id || !s->repair)
        return;
    w->job = *s;
    w->there = true;
    progress_show(w->progress, s, s->state >= JOB_DONE);
    if (s->state == JOB_FAILED)
        w->rc = err_set(w->err, ERR_CONFIG, "repair %u failed: %s", s->id, s->why);
    else if (s->state == JOB_CANCELLED)
        w->rc = err_set(w->err, ERR_RETRY, "repair %u was cancelled", s->id);
}

static int await(const struct repairing *r, uint32_t id, struct job_status *ret, struct err *err)
{
    struct progress p;
    struct watch w = { .id = id, .progress = &p, .err = err };
    int rc = 0;
    progress_begin(&p, false);
    while (!rc && !(w.there && w.job.state >= JOB_DONE)) {
        w.there = false;
        rc = backfill_jobs(r->c, look, &w, err);
        if (rc == 1)
            rc = err_set(err, ERR_RETRY, "the service has stopped, and repair %u with it: run it "
                         "again when the service runs", id);
        else if (!rc && !w.there)
            rc = err_set(err, ERR_RETRY, "the service has lost repair %u: run it again", id);
        else if (!rc && *r->stop && w.job.state < JOB_DONE)
            rc = stopped(err);
        rc = rc || w.rc ? -1 : 0;
        if (!rc && w.job.state < JOB_DONE)
            nanosleep(&(struct timespec){ .tv_nsec = ASK_EVERY_NS }, NULL);
    }
    progress_end(&p);
    *ret = w.job;
    return rc;
}

/* ---- a table ---- */

static void say(const struct repairing *r, const struct found *f, const struct job_status *done)
{
    struct buf line = { 0 }, name = { 0 };
    const struct json_out j = { .to = &line };
    const char *head = done ? "" : "would be ";
    uint64_t rows = done ? done->rows_written : f->keys[ROWS].n;
    uint64_t deletes = done ? done->deletes_written : f->keys[TOO_MUCH].n;
    buf_printf(&name, "%s.%s", f->schema, f->table);
    if (r->v->json) {
        json_out_open(&j, NULL, '{');
        json_out_slice(&j, "table", buf_slice(&name));
        json_out_flag(&j, "repaired", done != NULL);
        json_out_count(&j, "keys", keys_of(f));
        json_out_count(&j, "rows_written", rows);
        json_out_count(&j, "deletes_written", deletes);
        json_out_count(&j, "left", f->left);
        json_out_close(&j, '}');
    } else {
        buf_printf(&line, "%s: %zu keys %srepaired: %" PRIu64 " rows and %" PRIu64 " deletes %s"
                   "written", buf_cstr(&name), keys_of(f), head, rows, deletes, head);
        if (f->left)
            buf_printf(&line, "; %" PRIu64 " keys are left: no keys of this table, too many at "
                       "once, or too much in a topic of several tables", f->left);
    }
    printf("%s\n", buf_cstr(&line));
    fflush(stdout);
    buf_done(&line);
    buf_done(&name);
}

static int repair_table(struct repairing *r, struct found *f, struct err *err)
{
    struct job_status done = { 0 };
    uint32_t id;
    if (shares_topic(r, f)) {
        f->left += f->keys[TOO_MUCH].n;
        f->keys[TOO_MUCH].n = 0;
    }
    if (!keys_of(f) && !f->left)
        return 0;
    r->left += f->left;
    if (keys_of(f) && !r->v->dry_run && (order(r, f, &id, err) || await(r, id, &done, err)))
        return -1;
    say(r, f, r->v->dry_run ? NULL : &done);
    return 0;
}

static int repair(struct repairing *r, struct verify_totals *totals, struct err *err)
{
    struct verify_options to = { .arg = r, .difference = on_difference, .table = on_table };
    int rc = verify_feed(r->c, r->v, r->stop, &to, totals, err);
    for (struct found *f = r->first; f && !rc; f = f->next)
        rc = repair_table(r, f, err);
    return rc;
}

/* ---- without a service ---- */

/* The feed that runs in this process: it has a configuration of its own, and takes orders. */
struct own {
    pthread_t thread;
    bool runs;
    struct chosen chosen;
    struct config *c;
    atomic_int *stop;
    struct err err;
};

static void *feed(void *arg)
{
    struct own *o = arg;
    (void)!run_feed(o->c, NULL, NULL, &o->err);
    *o->stop = 1;               /* ends the wait of whoever waits for the feed */
    return NULL;
}

/* Returns 1 if a service runs. */
static int service_runs(const struct config *c, struct err *err)
{
    json_t *answer = NULL;
    int rc = service_ask(c->control_socket, slice_str("{\"do\": \"list\"}"), &answer, err);
    json_decref(answer);
    return rc < 0 ? -1 : !rc;
}

static int begin(struct own *o, const struct repairing *r, struct err *err)
{
    int there = r->v->dry_run ? 1 : service_runs(r->c, err);
    if (there)
        return there < 0 ? -1 : 0;
    if (chosen_one(&o->chosen, r->v, &o->c, err))
        return -1;
    fprintf(stderr, "no service listens at %s: the feed runs in this command until it is done\n",
            r->c->control_socket);
    if (o->c->flow.backfill.mode == SNAPSHOT_ONLY)
        return err_set(err, ERR_CONFIG, "no service listens at %s, and with snapshot.mode=only the "
                       "feed would end at once -> tailrace repair --set snapshot.mode=initial",
                       r->c->control_socket);
    o->stop = r->stop;
    o->c->flow.claim = CLAIM_WAIT;
    if (pthread_create(&o->thread, NULL, feed, o))
        return err_set(err, ERR_RETRY, "no thread can be made for the feed");
    o->runs = true;
    return 0;
}

/* If the feed ended by an error, that error is the reason, not the end of the wait for it. */
static int end(struct own *o, int rc, struct err *err)
{
    if (o->runs) {
        *o->stop = 1;
        pthread_join(o->thread, NULL);
        if (o->err.class != ERR_NONE) {
            *err = o->err;
            rc = -1;
        }
    }
    chosen_done(&o->chosen);
    return rc;
}

int cmd_repair(int argc, char **argv)
{
    struct invocation v;
    struct chosen chosen = { 0 };
    struct verify_totals totals = { 0 };
    struct own own = { 0 };
    struct err err = { 0 };
    struct repairing r = { .v = &v, .stop = run_catch() };
    arena_init(&r.arena, 65536);
    r.end = &r.first;
    int rc = invocation_read(&v, argc, argv, "djnv", &err) ||
             chosen_one(&chosen, &v, &r.c, &err) ? -1 : 0;
    if (!rc) {
        r.report = verify_report_of(&v);
        rc = begin(&own, &r, &err) || repair(&r, &totals, &err) ? -1 : 0;
        rc = end(&own, rc, &err);
    }
    chosen_done(&chosen);
    arena_done(&r.arena);
    return rc ? verify_fail(&err) : verify_exit(&totals, v.dry_run ? totals.differences : r.left);
}
