/* A run: verifies the feed's tables, one after another, with one reader and one follower. */
#include "verify/verify.h"
#include <stdlib.h>
#include "backfill/jobs.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "verify/table.h"

struct names {
    const struct verify_options *o;
    struct arena arena;
    struct { const char *schema, *table; } *all;
    size_t n, cap;
    bool *fitted;               /* for each pattern of the filter: a table fits it */
    int rc;
    struct err *err;
};

bool run_stopped(const struct run *r)
{
    return *r->o->stop != 0;
}

int run_stop(struct err *err)
{
    return err_set(err, ERR_RETRY,
                   "stopped; what was read of the topics is kept where --index says so");
}

/* 1: a pattern of the filter fits; -1: err. Notes every pattern that fits. */
static int fits(struct names *l, const char *name)
{
    struct pattern **patterns = l->o->tables->include;
    int any = !patterns;
    for (size_t i = 0; patterns && patterns[i]; i++) {
        int rc = pattern_matches(patterns[i], name, l->err);
        if (rc < 0)
            return -1;
        l->fitted[i] |= rc;
        any |= rc;
    }
    return any;
}

static void add_name(void *arg, const char *schema, const char *table)
{
    struct names *l = arg;
    const char *name = arena_printf(&l->arena, "%s.%s", schema, table);
    int takes = l->rc ? 0 : fits(l, name);
    if (takes < 0)
        l->rc = -1;
    if (takes <= 0)
        return;
    l->all = arena_grown(&l->arena, l->all, l->n, &l->cap, sizeof *l->all);
    l->all[l->n].schema = arena_strdup(&l->arena, schema);
    l->all[l->n++].table = arena_strdup(&l->arena, table);
}

static void make_names(struct names *l)
{
    size_t n = 0;
    while (l->o->tables->include && l->o->tables->include[n])
        n++;
    arena_init(&l->arena, 4096);
    l->fitted = arena_alloc(&l->arena, n + 1);
    memset(l->fitted, 0, n + 1);
}

static int check_names(const struct names *l, struct err *err)
{
    struct pattern **patterns = l->o->tables->include;
    for (size_t i = 0; patterns && patterns[i]; i++)
        if (!l->fitted[i])
            return err_set(err, ERR_CONFIG,
                           "--table %s: no table of feed \"%s\" fits, by SCHEMA.TABLE -> tailrace "
                           "check lists them", pattern_text(patterns[i]), l->o->feed);
    return l->n ? 0 : err_set(err, ERR_CONFIG, "feed \"%s\" has no table", l->o->feed);
}

/*
 * Refuses before the feed's first read is complete: what the feed has not read yet is no
 * difference.
 */
static int check_first_read(const struct run *r, struct err *err)
{
    struct slice whole = follow_position(r->follow), first = position_of(r);
    struct jobs jobs = { 0 };
    if (!whole.n)
        return err_set(
            err, ERR_CONFIG,
            "feed \"%s\" has stored no position in topic %s: it has not run, or under another "
            "name",
            r->o->feed, r->o->kafka->position_topic);
    struct slice rest = slice_of(first.p + first.n, whole.n - first.n);
    rest = rest.n ? slice_of(rest.p + 1, rest.n - 1) : rest;
    int rc = jobs_read(&jobs, rest, err);
    for (const struct job *j = jobs.first; j && !rc; j = j->next)
        if (j->initial)
            rc = err_set(
                err, ERR_RETRY,
                "feed \"%s\" has not read all of its tables yet (it is at table %s.%s) -> verify "
                "when its first read is complete",
                r->o->feed, buf_cstr((struct buf *)(uintptr_t)&j->schema),
                buf_cstr((struct buf *)(uintptr_t)&j->table));
    jobs_done(&jobs);
    return rc;
}

static int run_tables(struct run *r, struct verify_totals *ret, struct err *err)
{
    struct names names = { .o = r->o, .err = err };
    make_names(&names);
    r->reader = r->o->source->ops->reader(r->o->source, err);
    int rc =
        !r->reader || r->reader->ops->list(r->reader, add_name, &names, err) || names.rc ? -1 : 0;
    if (!rc)
        rc = check_names(&names, err);
    for (size_t i = 0; i < names.n && !rc; i++)
        rc = table_verify(r, names.all[i].schema, names.all[i].table, ret, err);
    arena_done(&names.arena);
    return rc;
}

int verify_run(const struct verify_options *o, struct verify_totals *ret, struct err *err)
{
    struct run r = { .o = o };
    *ret = (struct verify_totals){ 0 };
    if (!o->source->ops->reader || !o->source->ops->stored_mark)
        return err_set(err, ERR_CONFIG, "tailrace verify does not read this kind of source yet");
    r.follow = follow_new(o->kafka, o->feed, err);
    int rc = !r.follow || check_first_read(&r, err) || run_tables(&r, ret, err) ? -1 : 0;
    if (r.reader)
        r.reader->ops->free(r.reader);
    follow_free(r.follow);
    comparer_done(&r.comparer);
    while (r.shapes) {
        struct shape *next = r.shapes->next;
        shape_free(r.shapes);
        r.shapes = next;
    }
    return rc;
}
