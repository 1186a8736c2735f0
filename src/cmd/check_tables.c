/* `check` compiles each table as `run` will, and says what would stop there, with both names. */
#include <stdio.h>
#include <stdlib.h>
#include "base/xalloc.h"
#include "cmd/check_tables.h"

struct outlets {
    const struct table *table;
    struct plan *plan;
};

static void say_two(finding_fn *say, void *arg, const struct outlets *a, const struct outlets *b,
                    const char *what, const char *todo)
{
    struct buf text = { 0 };
    buf_printf(&text, "tables %s.%s (topic %s) and %s.%s (topic %s) %s", a->table->schema,
               a->table->name, plan_topic(a->plan), b->table->schema, b->table->name,
               plan_topic(b->plan), what);
    say(arg, FINDING_FAIL, buf_cstr(&text), todo);
    buf_done(&text);
}

/* Compares topics as Kafka does: its metrics have _ in place of a dot. */
static int by_topic(const void *x, const void *y)
{
    const char *a = plan_topic(((const struct outlets *)x)->plan);
    const char *b = plan_topic(((const struct outlets *)y)->plan);
    for (; *a && (*a == *b || (strchr("._", *a) && *b && strchr("._", *b))); a++, b++)
        ;
    return (*a == '.' ? '_' : *a) - (*b == '.' ? '_' : *b);
}

static int compare(const struct config *c, const struct outlets *a, const struct outlets *b,
                   finding_fn *say, void *arg)
{
    enum plan_meeting meet = plan_meet(a->plan, b->plan);
    if (meet == PLANS_CLASH)
        say_two(say, arg, a, b, "become one topic, where their rows would share keys",
                "rename one, or leave one out with tables.exclude");
    bool collide = meet == PLANS_APART && c->sink_kind == SINK_KAFKA && by_topic(a, b) == 0;
    if (collide)
        say_two(say, arg, a, b, "cannot both have their topic: to Kafka . and _ are the same",
                "give one another name with topics.route");
    return meet == PLANS_CLASH || collide;
}

/* all is sorted by topic. Two topics that only Kafka takes for one stay two entries. */
static void list_topics(const struct outlets *all, size_t n, struct arena *a,
                        struct topic_list *ret)
{
    ret->all = arena_alloc(a, (n + 1) * sizeof *ret->all);
    for (size_t i = 0; i < n; i++) {
        const char *name = plan_topic(all[i].plan), *key = plan_schema(all[i].plan, PLAN_KEY);
        struct topic_spec *last = ret->n ? &ret->all[ret->n - 1] : NULL;
        if (last && strcmp(last->name, name) == 0)
            last->key_schema = key ? last->key_schema : NULL;
        else
            ret->all[ret->n++] = (struct topic_spec){ .name = arena_strdup(a, name),
                                                      .key_schema = arena_strdup(a, key) };
    }
}

void check_tables(const struct config *c, const struct table_list *list, struct arena *a,
                  struct topic_list *ret_topics, finding_fn *say, void *arg)
{
    struct outlets *all = xcalloc(list->n + 1, sizeof *all);
    size_t n = 0;
    int bad = 0;
    char what[64];
    for (size_t i = 0; i < list->n; i++) {
        struct err err = { 0 };
        all[n] =
            (struct outlets){ &list->tables[i], plan_compile(&list->tables[i], &c->enc, &err) };
        if (!all[n].plan)
            say(arg, FINDING_FAIL, err.msg, NULL);
        bad += !all[n].plan;
        n += all[n].plan != NULL;
    }
    qsort(all, n, sizeof *all, by_topic);
    for (size_t i = 1; i < n; i++)
        bad += compare(c, &all[i - 1], &all[i], say, arg);
    list_topics(all, n, a, ret_topics);
    snprintf(what, sizeof what, "%zu table%s with a topic and schemas", n, n == 1 ? "" : "s");
    if (!bad)
        say(arg, FINDING_OK, what, NULL);
    for (size_t i = 0; i < n; i++)
        plan_free(all[i].plan);
    free(all);
}

void check_topics(struct sink *sink, const struct topic_list *topics, finding_fn *say, void *arg)
{
    size_t missing = 0;
    char what[64];
    for (size_t i = 0; i < topics->n; i++) {
        struct err err = { 0 };
        struct topic_spec spec = { .name = topics->all[i].name, .own = topics->all[i].own };
        struct sink_topic *ignored;
        if (!sink->ops->topic(sink, &spec, &ignored, &err))
            continue;
        missing++;
        say(arg, FINDING_FAIL, err.msg, NULL);
    }
    snprintf(what, sizeof what, "all %zu topics are there", topics->n);
    if (topics->n && !missing)
        say(arg, FINDING_OK, what, NULL);
}
