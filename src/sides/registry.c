/* Reads the registry for schema-diff: the schemas of a side, and the versions and levels of
 * subjects. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "sides/sides.h"

/*
 * A registry answers one question at a time, in a few milliseconds. Thousands of tables make ten
 * thousand questions. So several workers ask, each with a client and an arena of its own.
 */
enum { WORKERS = 8, WORTH_A_WORKER = 4 };

typedef int ask_fn(struct registry *r, struct arena *a, void *arg, size_t i, struct err *err);

struct questions {
    ask_fn *ask;
    void *arg;
    size_t n;
    atomic_size_t next;         /* n or more: all questions are asked, or one failed */
};

struct worker {
    struct questions *all;
    struct registry *registry;
    struct arena *a;
    struct err err;
    int rc;
    pthread_t thread;
    bool started;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (size_t i; !w->rc && (i = atomic_fetch_add(&w->all->next, 1)) < w->all->n;)
        w->rc = w->all->ask(w->registry, w->a, w->all->arg, i, &w->err);
    if (w->rc)
        atomic_store(&w->all->next, w->all->n);
    return NULL;
}

/* A new arena that lives as long as the sides. */
static struct arena *own_arena(struct sides *s)
{
    struct arena_list *l = arena_alloc(s->a, sizeof *l);
    arena_init(&l->arena, 1 << 16);
    l->next = s->arenas;
    s->arenas = l;
    return &l->arena;
}

static int ask_all(struct sides *s, ask_fn *ask, void *arg, size_t n, struct err *err)
{
    struct questions all = { .ask = ask, .arg = arg, .n = n };
    struct worker workers[WORKERS] = { 0 };
    size_t wanted = 1 + n / WORTH_A_WORKER < WORKERS ? 1 + n / WORTH_A_WORKER : WORKERS;
    int rc = 0;
    for (size_t i = 0; i < wanted && !rc; i++) {
        workers[i] = (struct worker){ .all = &all,
                                      .registry = registry_new(&s->c->registry, err),
                                      .a = own_arena(s) };
        rc = workers[i].registry ? 0 : -1;
    }
    for (size_t i = 1; i < wanted && !rc; i++)
        workers[i].started =
            !pthread_create(&workers[i].thread, NULL, work, &workers[i]); /* one fewer will do */
    if (!rc)
        work(&workers[0]);
    for (size_t i = 0; i < wanted; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        if (!rc && workers[i].rc) {
            *err = workers[i].err;
            rc = -1;
        }
        registry_free(workers[i].registry);
    }
    return rc;
}

/* ---- a side ---- */

struct subject_schema { const char *subject, *topic, *schema; enum plan_part part; };

struct latest {
    struct subject_schema *list;
    int version;                /* 0: the latest */
};

static int ask_schema(struct registry *r, struct arena *a, void *arg, size_t i, struct err *err)
{
    const struct latest *l = arg;
    struct subject_schema *s = &l->list[i];
    int got;
    if (registry_version(r, s->subject, l->version, a, &s->schema, &got, err))
        return -1;
    /* The subject has no such version: takes its latest. */
    return !s->schema && l->version ? registry_version(r, s->subject, 0, a, &s->schema, &got, err)
                                    : 0;
}

/* 1: the subject belongs to one of this feed's tables, PREFIX.SCHEMA.TABLE; *ret says to which part
 * of its records. 0: it does not. -1: err. */
static int is_mine(struct sides *s, const char *subject, struct subject_schema *ret,
                   struct err *err)
{
    const char *prefix = s->c->enc.prefix;
    size_t n = strlen(prefix);
    char *topic = arena_strdup(s->a, subject), *end = strrchr(topic, '-');
    if (!end || strncmp(topic, prefix, n) != 0 || topic[n] != '.')
        return 0;
    *end = 0;
    if (end < topic + n + 1 || !strchr(topic + n + 1, '.'))
        return 0;
    int wanted = filter_takes(&s->c->pg.wanted, topic + n + 1, err);
    if (wanted <= 0)
        return wanted;
    *ret = (struct subject_schema){ subject, topic, NULL,
                                    strcmp(end + 1, "key") == 0 ? PLAN_KEY : PLAN_VALUE };
    return strcmp(subject, plan_subject(topic, ret->part, s->a)) == 0;
}

static int by_topic(const void *a, const void *b)
{
    const struct subject_schema *x = a, *y = b;
    int order = strcmp(x->topic, y->topic);
    return order ? order : (int)x->part - (int)y->part;
}

/* Joins each value with its key. list is sorted by topic: key and value are neighbours. */
static size_t joined(struct subject_schema *list, size_t n, struct avro_subject *ret)
{
    size_t topics = 0;
    for (size_t i = 0; i < n; i++) {
        if (!list[i].schema || list[i].part != PLAN_VALUE)
            continue;
        bool keyed = i && strcmp(list[i - 1].topic, list[i].topic) == 0;
        ret[topics++] = (struct avro_subject){ list[i].topic, keyed ? list[i - 1].schema : NULL,
                                               list[i].schema };
    }
    return topics;
}

int sides_need_registry(struct sides *s, struct err *err)
{
    if (!s->c->registry.url)
        return err_set(err, ERR_CONFIG, "registry.url is needed");
    if (!s->registry)
        s->registry = registry_new(&s->c->registry, err);
    return s->registry ? 0 : -1;
}

int registry_side(struct sides *s, int version, struct side **ret, struct err *err)
{
    const char *const *names;
    size_t n, mine = 0;
    if (sides_need_registry(s, err) || registry_subjects(s->registry, s->a, &names, &n, err))
        return -1;
    struct subject_schema *list = arena_alloc(s->a, (n + 1) * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        int is = is_mine(s, names[i], &list[mine], err);
        if (is < 0)
            return -1;
        mine += is > 0;
    }
    struct latest l = { list, version };
    if (ask_all(s, ask_schema, &l, mine, err))
        return -1;
    qsort(list, mine, sizeof *list, by_topic);
    struct avro_subject *subjects = arena_alloc(s->a, (mine + 1) * sizeof *subjects);
    const char *which = version ? arena_printf(s->a, "version %d", version) : "latest versions";
    return side_of_subjects(s->a, subjects, joined(list, mine, subjects),
                            arena_printf(s->a, "registry %s, %s", s->c->registry.url, which), ret,
                            err);
}

/* ---- facts about the topics ---- */

/* Asks for every version up to the latest. It does not ask for the list of versions: Apicurio
 * Registry takes up to a second to answer that. */
static int ask_subject(struct registry *r, struct arena *a, struct topic_facts *f,
                       const char *topic, enum plan_part part, struct err *err)
{
    const char *subject = plan_subject(topic, part, a), *latest;
    int last, got;
    size_t n = 0;
    if (registry_version(r, subject, 0, a, &latest, &last, err))
        return -1;
    if (!latest || last < 1)
        return 0;
    const char **texts = arena_alloc(a, (size_t)last * sizeof *texts);
    int *numbers = arena_alloc(a, (size_t)last * sizeof *numbers);
    for (int version = 1; version < last; version++) {
        if (registry_version(r, subject, version, a, &texts[n], &got, err))
            return -1;
        numbers[n] = version;
        n += texts[n] != NULL;      /* NULL: the version was deleted */
    }
    texts[n] = latest;
    numbers[n++] = last;
    f->registered[part] = texts;
    f->versions[part] = numbers;
    f->nregistered[part] = n;
    return registry_level(r, subject, a, &f->level[part], err);
}

static int ask_facts(struct registry *r, struct arena *a, void *arg, size_t i, struct err *err)
{
    const struct diff *d = arg;
    struct table_diff *t = &d->tables[i];
    const char *topic = diff_topic(t);
    if (!topic)
        return 0;
    return ask_subject(r, a, &t->facts, topic, PLAN_KEY, err) ||
                   ask_subject(r, a, &t->facts, topic, PLAN_VALUE, err)
               ? -1
               : 0;
}

int registry_facts(struct sides *s, struct diff *d, struct err *err)
{
    return ask_all(s, ask_facts, d, d->n, err);
}
