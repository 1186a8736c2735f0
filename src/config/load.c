/*
 * A configuration file, and settings from the command line over it, into struct config by the option table (options.c). What is wrong is
 * told with its line; nothing is guessed, and nothing given twice is settled by who came last.
 */
#include "config/load.h"

/* kafka.NAME and topics.config.NAME go into their maps. */
int load_setting(struct loader *l, const struct setting *s, struct err *err)
{
    const struct option *o = option_find(s->key);
    l->at.line = 0;
    for (const struct option *m = options; !o && m->key; m++) {
        size_t n = strlen(m->key);
        if (m->type == OPT_MAP && strncmp(m->key, s->key, n) == 0 && s->key[n] == '.') {
            load_pair(l->c, (const struct kv **)((char *)l->c + m->at), s->key + n + 1, s->value);
            return 0;
        }
    }
    return o ? load_scalar(l, o, s->value, err) : load_unknown_key(l, s->key, err);
}

int load_fallbacks(struct loader *l, struct err *err)
{
    for (const struct option *o = options; o->key; o++)
        if (o->fallback && !l->given[o - options] && load_scalar(l, o, o->fallback, err))
            return -1;
    return 0;
}

int config_load(struct config *c, const char *path, const struct setting *settings, int nsettings, struct err *err)
{
    size_t n = 0;
    while (options[n].key)
        n++;
    *c = (struct config){ 0 };
    arena_init(&c->arena, 4096);
    struct loader l = { .c = c, .at = { path, 1 } };
    l.given = memset(arena_alloc(&c->arena, (n + 1) * sizeof *l.given), 0, (n + 1) * sizeof *l.given);
    if (load_yaml(&l, path, err))
        return -1;
    for (int i = 0; i < nsettings; i++)
        if (load_setting(&l, &settings[i], err))
            return -1;
    return load_fallbacks(&l, err) ? -1 : load_settle(&l, path, err);
}

void config_done(struct config *c)
{
    arena_done(&c->arena);
}
