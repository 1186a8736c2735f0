/*
 * Loads a configuration file, and settings of the command line over it, into struct config, by the
 * option table (options.c). An error names its line; nothing is guessed.
 */
#include "config/load.h"
#include <stdlib.h>

static size_t option_count(void)
{
    size_t n = 0;
    while (options[n].key)
        n++;
    return n;
}

void load_begin(struct loader *l, struct config *c, const char *file)
{
    size_t size = (option_count() + 1) * sizeof *l->given;
    *l = (struct loader){ .c = c, .at = { file, 1 }, .where = file, .set = "", .layer = 1 };
    l->given = memset(arena_alloc(&c->arena, size), 0, size);
    c->given = l->given;
    c->at = l->at;
}

/* The map that takes the key: kafka.NAME and topics.config.NAME go into their maps. */
static const struct option *map_of(const char *key)
{
    for (const struct option *m = options; m->key; m++) {
        size_t n = strlen(m->key);
        if (m->type == OPT_MAP && strncmp(m->key, key, n) == 0 && key[n] == '.')
            return m;
    }
    return NULL;
}

const struct option *load_option_of(const char *key)
{
    const struct option *o = option_find(key);
    return o ? o : map_of(key);
}

const char *load_setting_of_one(const struct setting *s)
{
    const char *slash = strchr(s->key, '/');
    return slash && !load_option_of(s->key) ? slash + 1 : NULL;
}

int load_setting(struct loader *l, const char *key, const char *value, struct err *err)
{
    const struct option *o = option_find(key), *m = o ? NULL : map_of(key);
    l->at = (struct place){ 0 };
    if (m) {
        load_pair(l->c, (const struct kv **)((char *)l->c + m->at), key + strlen(m->key) + 1,
                  value);
        return 0;
    }
    if (!o)
        return load_unknown_key(l, key, err);
    load_mark(l, o);
    return load_scalar(l, o, value, err);
}

static int setting_of_one(struct loader *l, const struct setting *s, const char *key,
                          struct err *err)
{
    const struct option *o = load_option_of(key);
    int rc;
    l->at = (struct place){ 0 };
    l->set = arena_printf(&l->c->arena, "%s/", l->c->name);
    if (strcmp(key, "name") == 0)
        rc = load_bad(l, err, key, "a feed is not renamed here");
    else if (!l->takes_process && o && o->scope == SCOPE_PROCESS)
        rc = load_bad(l, err, key, "it is one for all feeds of the process: --set without a name");
    else
        rc = load_setting(l, key, s->value, err);
    l->set = "";
    return rc;
}

int load_settings_of_one(struct loader *l, const struct setting *s, int n, struct err *err)
{
    size_t len = strlen(l->c->name);
    for (int i = 0; i < n; i++) {
        const char *key = load_setting_of_one(&s[i]);
        if (key && (size_t)(key - s[i].key) == len + 1 && strncmp(s[i].key, l->c->name, len) == 0 &&
            setting_of_one(l, &s[i], key, err))
            return -1;
    }
    return 0;
}

int load_fallbacks(struct loader *l, int only, struct err *err)
{
    for (const struct option *o = options; o->key; o++)
        if (o->fallback && !l->given[o - options].layer && (only < 0 || only == (int)o->scope) &&
            load_scalar(l, o, o->fallback, err))
            return -1;
    return 0;
}

int load_no_such_feed(const struct setting *s, struct err *err)
{
    return err_set(err, ERR_CONFIG, "--set %s: there is no feed %.*s", s->key,
                   (int)strcspn(s->key, "/"), s->key);
}

/* Applies the settings: first those for all feeds, which may name this feed, then its own. */
static int settings_of_file(struct loader *l, const struct setting *s, int n, struct err *err)
{
    for (int i = 0; i < n; i++)
        if (!load_setting_of_one(&s[i]) && load_setting(l, s[i].key, s[i].value, err))
            return -1;
    size_t len = l->c->name ? strlen(l->c->name) : 0;
    for (int i = 0; i < n; i++)
        if (load_setting_of_one(&s[i]) && (strcspn(s[i].key, "/") != len || strncmp(s[i].key,
                l->c->name, len) != 0))
            return load_no_such_feed(&s[i], err);
    return len ? load_settings_of_one(l, s, n, err) : 0;
}

/* Refuses options that only an entry of many feeds has. */
static int refuse_templates(struct loader *l, struct err *err)
{
    static const char what[] = "is for an entry of `sources`, or a file of a folder's conf.d";
    if (l->c->databases)
        return load_bad_option(l, "databases", what, err);
    return l->c->variables ? load_bad_option(l, "variables", what, err) : 0;
}

int load_file(struct config *c, yaml_document_t *doc, const char *path,
              const struct setting *settings,
              int n, struct err *err)
{
    struct loader l;
    load_begin(&l, c, path);
    l.doc = doc;
    l.takes_process = true;
    return load_mapping(&l, yaml_document_get_root_node(doc), err) ||
        settings_of_file(&l, settings, n, err) ||
           load_fallbacks(&l, -1, err) || refuse_templates(&l, err) || load_settle(&l, err) ? -1
               : 0;
}

int config_load(struct config *c, const char *path, const struct setting *settings, int nsettings,
                struct err *err)
{
    yaml_document_t doc;
    bool more;
    *c = (struct config){ 0 };
    arena_init(&c->arena, 4096);
    if (yaml_open(path, &doc, &more, err))
        return -1;
    int rc = load_file(c, &doc, path, settings, nsettings, err);
    yaml_document_delete(&doc);
    return rc;
}

void config_done(struct config *c)
{
    arena_done(&c->arena);
}

void config_free(struct config *c)
{
    config_done(c);
    free(c);
}
