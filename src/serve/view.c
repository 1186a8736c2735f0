/* Copies the statistics of a moment (view.h). Nobody changes the copy any more. */
#include "serve/view.h"
#include <stdlib.h>
#include "base/clock.h"
#include "base/xalloc.h"

enum { MINUTE_US = 60000000 };

const char *const view_class_names[STATS_CLASSES] = {
    [ERR_NONE] = "none", [ERR_RETRY] = "retry", [ERR_DATA] = "data",
    [ERR_CONFIG] = "configuration", [ERR_FATAL] = "broken-promise",
};

const char *const view_class_todo[STATS_CLASSES] = {
    [ERR_NONE] = "",
    [ERR_RETRY] = "Nothing, while it does not last: the feed tries again by itself.",
    [ERR_DATA] = "Mend the row or the schema that is named, then start the feed again.",
    [ERR_CONFIG] = "Change what is named; tailrace check says what else is missing.",
    [ERR_FATAL] = "See docs/errors.md before anything is dropped or started again.",
};

/* A feed that keeps up looks once a second: a younger look is no lag. */
static double lag_of(const struct feed_view *f, const struct flow_stats *s, int64_t now_ms)
{
    uint64_t fresh = counter_get(&s->fresh_us);
    double ms = (double)now_ms - (double)fresh / 1000;
    if (!fresh)
        return -1;
    bool runs = f->state == FEED_STREAMING || f->state == FEED_SNAPSHOT;
    return ms < 0 || (runs && ms < 1500) ? 0 : ms / 1000;
}

static void take_tables(struct feed_view *f, const struct flow_stats *s)
{
    size_t n = 0;
    for (const struct table_stats *t = atomic_load(&s->tables); t; t = t->next)
        n++;
    f->tables = xcalloc(n + 1, sizeof *f->tables);
    for (const struct table_stats *t = atomic_load(&s->tables); t && f->ntables < n; t = t->next) {
        struct table_view *v = &f->tables[f->ntables++];
        *v = (struct table_view){ .schema = t->schema, .name = t->name };
        v->held = counter_get(&t->held);
        for (int op = 0; op < STATS_OPS; op++)
            v->all += v->rows[op] = counter_get(&t->rows[op]);
    }
}

/* A minute without a session has no rows. */
static void take_minutes(struct feed_view *f, const struct flow_stats *s)
{
    int64_t now = clock_mono_us() / MINUTE_US, newest = (int64_t)counter_get(&s->minute);
    for (int64_t i = 0; i < STATS_MINUTES; i++) {
        int64_t minute = now - STATS_MINUTES + 1 + i;
        if (minute >= 0 && minute <= newest && minute > newest - STATS_MINUTES)
            f->minutes[i] = counter_get(&s->minutes[minute % STATS_MINUTES]);
    }
}

static void take_texts(struct feed_view *f, struct flow_stats *s)
{
    pthread_mutex_lock(&s->lock);
    f->stand = s->stand;
    memcpy(f->errors, s->errors, sizeof f->errors);
    f->position = xstrdup(buf_cstr(&s->position));
    for (; f->njobs < s->njobs; f->njobs++)
        f->jobs[f->njobs] = stats_job_copy(&s->jobs[f->njobs]);
    pthread_mutex_unlock(&s->lock);
}

void view_take(struct view *v, const char *name, struct flow_stats *s)
{
    v->feeds = xrealloc(v->feeds, v->n + 1, sizeof *v->feeds);
    struct feed_view *f = &v->feeds[v->n++];
    *f = (struct feed_view){
        .name = name, .state = state_now(&s->state), .reason = state_reason(&s->state),
        .failed = atomic_load(&s->state.failed),
        .since_ms = atomic_load(&s->state.since_ms), .rows = counter_get(&s->rows),
        .records = counter_get(&s->records), .bytes = counter_get(&s->bytes),
        .transactions = counter_get(&s->transactions), .messages = counter_get(&s->messages),
        .sessions = counter_get(&s->sessions), .batches = counter_get(&s->batches),
        .queue_bytes = counter_get(&s->queue_bytes), .commits = counter_get(&s->commits),
        .commit_us = counter_get(&s->commit_us), .rows_per_s = counter_get(&s->rows_per_s),
    };
    f->lag_s = lag_of(f, s, v->now_ms);
    take_minutes(f, s);
    take_tables(f, s);
    take_texts(f, s);
}

void view_roster(struct view *v, const struct roster *r)
{
    for (size_t i = 0; i < r->n; i++)
        view_take(v, r->feeds[i].name, r->feeds[i].stats);
}

void view_done(struct view *v)
{
    for (size_t i = 0; i < v->n; i++) {
        struct feed_view *f = &v->feeds[i];
        while (f->njobs)
            stats_job_done(&f->jobs[--f->njobs]);
        free(f->tables);
        free(f->position);
    }
    free(v->feeds);
    *v = (struct view){ 0 };
}

enum err_class view_last_error(const struct feed_view *f)
{
    enum err_class last = ERR_NONE;
    for (int c = ERR_RETRY; c < STATS_CLASSES; c++)
        if (f->errors[c].count && f->errors[c].at_ms >= f->errors[last].at_ms)
            last = (enum err_class)c;
    return last;
}

static const char arrow[] = " -> ";

size_t view_error_length(const struct feed_view *f, enum err_class c)
{
    const char *text = f->errors[c].text, *at = strstr(text, arrow);
    return at ? (size_t)(at - text) : strlen(text);
}

const char *view_todo(const struct feed_view *f, enum err_class c)
{
    const char *at = strstr(f->errors[c].text, arrow);
    return at ? at + sizeof arrow - 1 : view_class_todo[c];
}

int view_urgency(const struct feed_view *f)
{
    bool lost = strcmp(f->stand.status, "lost") == 0;
    if (lost || (f->state == FEED_STOPPED && f->reason != FEED_DONE))
        return 2;
    bool soon = strcmp(f->stand.status, "unreserved") == 0 || f->state == FEED_PAUSED || f->failed;
    for (size_t i = 0; i < f->ntables; i++)
        soon |= f->tables[i].held > 0;
    return soon || f->state == FEED_RETRYING || f->state == FEED_LAGGING;
}
