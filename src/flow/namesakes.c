/* Whether the topic of a table that is met is that of another table, of which no row came yet. */
#include "flow/namesakes.h"
#include <string.h>

struct namesake {
    const char *schema, *name, *topic;
    struct namesake *next;
};

enum { BLOCK_BYTES = 16384 };

void namesakes_init(struct namesakes *s)
{
    *s = (struct namesakes){ 0 };
    arena_init(&s->arena, BLOCK_BYTES);
}

void namesakes_done(struct namesakes *s)
{
    arena_done(&s->arena);
}

void namesakes_forget(struct namesakes *s)
{
    arena_reset(&s->arena);
    s->all = NULL;
    s->listed = false;
}

int namesakes_refuse(const char *schema, const char *name, const struct table *t,
                     const struct plan *plan, struct err *err)
{
    return err_set(err, ERR_CONFIG,
                   "tables %s.%s and %s.%s both become topic %s, where their rows would share "
                   "keys: rename one, or leave one out (tables.exclude)",
                   schema, name, t->schema, t->name, plan_topic(plan));
}

struct listing { struct namesakes *to; const struct plan *plan; };

static void note(void *arg, const char *schema, const char *name)
{
    const struct listing *l = arg;
    struct arena *a = &l->to->arena;
    struct namesake *one = arena_alloc(a, sizeof *one);
    *one = (struct namesake){ arena_strdup(a, schema), arena_strdup(a, name),
                              plan_topic_named(l->plan, a, schema, name), l->to->all };
    l->to->all = one;
}

/* plan: any of the feed's, whose options make the topics' names. */
static int list(struct namesakes *s, struct source *src, const struct plan *plan, struct err *err)
{
    struct listing l = { s, plan };
    namesakes_forget(s);
    s->listed = !src->ops->list(src, note, &l, err);
    return s->listed ? 0 : -1;
}

static const struct namesake *find(const struct namesakes *s, const struct table *t,
                                   const struct plan *plan)
{
    const struct namesake *one = s->all;
    while (one && ((strcmp(one->schema, t->schema) == 0 && strcmp(one->name, t->name) == 0) ||
                   strcmp(one->topic, plan_own_topic(plan))))
        one = one->next;
    return one;
}

int namesakes_check(struct namesakes *s, struct source *src, const struct table *t,
                    const struct plan *plan, struct err *err)
{
    bool old = s->listed;
    if (!src->ops->list)
        return 0;
    if (!old && list(s, src, plan, err))
        return -1;
    if (old && find(s, t, plan) && list(s, src, plan, err))   /* is it still there? */
        return -1;
    const struct namesake *one = find(s, t, plan);
    return one ? namesakes_refuse(one->schema, one->name, t, plan, err) : 0;
}
