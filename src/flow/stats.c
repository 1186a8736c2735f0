/* What a feed's thread counts. Metrics, the status page and the log read it. */
#include "flow/stats.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"

/* Each table costs 100 bytes for good, and tables that come and go have no end. */
enum { MOST_TABLES = 10000 };

const char *const stats_op_names[STATS_OPS] = {
    [STATS_INSERT] = "insert", [STATS_UPDATE] = "update", [STATS_DELETE] = "delete",
    [STATS_TRUNCATE] = "truncate", [STATS_READ] = "read",
};

void stats_init(struct flow_stats *s)
{
    pthread_mutex_init(&s->lock, NULL);
    s->stand = SOURCE_STAND_UNKNOWN;
}

static void drop_jobs(struct flow_stats *s)
{
    while (s->njobs)
        stats_job_done(&s->jobs[--s->njobs]);
}

void stats_done(struct flow_stats *s)
{
    for (struct table_stats *t = atomic_load(&s->tables), *next; t; t = next) {
        next = t->next;
        free((char *)(uintptr_t)t->schema);
        free((char *)(uintptr_t)t->name);
        free(t);
    }
    drop_jobs(s);
    buf_done(&s->position);
    pthread_mutex_destroy(&s->lock);
}

static struct table_stats *find(const struct flow_stats *s, const char *schema, const char *name)
{
    struct table_stats *t = atomic_load(&s->tables);
    while (t && (strcmp(t->name, name) != 0 || strcmp(t->schema, schema) != 0))
        t = t->next;
    return t;
}

struct table_stats *stats_table(struct flow_stats *s, const char *schema, const char *name)
{
    struct table_stats *t = find(s, schema, name);
    if (!t && s->ntables >= MOST_TABLES)
        t = find(s, schema = "", name = "(other tables)");
    if (t)
        return t;
    t = xcalloc(1, sizeof *t);
    t->schema = xstrdup(schema);
    t->name = xstrdup(name);
    t->next = atomic_load(&s->tables);
    atomic_store(&s->tables, t);
    s->ntables++;
    return t;
}

void stats_error(struct flow_stats *s, const struct err *err)
{
    pthread_mutex_lock(&s->lock);
    struct stats_error *e = &s->errors[err->class];
    e->count++;
    e->at_ms = clock_wall_ns() / 1000000;
    snprintf(e->text, sizeof e->text, "%s", err->msg);
    e->text[secret_hide(e->text, strlen(e->text))] = 0;
    pthread_mutex_unlock(&s->lock);
}

/* Keeps the source's line only; the next line is the backfills'. */
void stats_position(struct flow_stats *s, struct slice position)
{
    const uint8_t *end = position.n ? memchr(position.p, '\n', position.n) : NULL;
    pthread_mutex_lock(&s->lock);
    buf_set(&s->position, slice_of(position.p, end ? (size_t)(end - position.p) : position.n));
    pthread_mutex_unlock(&s->lock);
}

void stats_stand(struct flow_stats *s, const struct source_stand *stand)
{
    pthread_mutex_lock(&s->lock);
    s->stand = *stand;
    pthread_mutex_unlock(&s->lock);
}

struct job_status stats_job_copy(const struct job_status *j)
{
    struct job_status copy = *j;
    copy.tables = xstrdup(j->tables);
    copy.table = xstrdup(j->table);
    copy.why = xstrdup(j->why);
    return copy;
}

void stats_job_done(struct job_status *j)
{
    free((char *)(uintptr_t)j->tables);
    free((char *)(uintptr_t)j->table);
    free((char *)(uintptr_t)j->why);
}

/* Adds a backfill; beyond STATS_JOBS the oldest goes. */
static void add_job(void *arg, const struct job_status *j)
{
    struct flow_stats *s = arg;
    if (s->njobs == STATS_JOBS) {
        stats_job_done(&s->jobs[0]);
        memmove(s->jobs, s->jobs + 1, --s->njobs * sizeof *s->jobs);
    }
    s->jobs[s->njobs++] = stats_job_copy(j);
}

void stats_jobs(struct flow_stats *s, struct backfill *b)
{
    pthread_mutex_lock(&s->lock);
    drop_jobs(s);
    backfill_list(b, add_job, s);
    pthread_mutex_unlock(&s->lock);
}
