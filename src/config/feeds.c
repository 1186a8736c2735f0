/*
 * Reads the configuration of many feeds. A feed has the top level's options, over them those of its
 * file and entry, over them the command line's. Options of the process are read once: a feed's
 * struct config borrows them from the base's.
 */
#include "config/load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/xalloc.h"

enum { ARENA = 1024, TOP = 1, GROUP, ENTRY };

void feeds_copy(const struct config *from, struct config *to)
{
    size_t n = 0;
    while (options[n].key)
        n++;
    *to = *from;
    arena_init(&to->arena, ARENA);
    to->given = memcpy(arena_alloc(&to->arena, (n + 1) * sizeof *to->given), from->given,
                       n * sizeof *to->given);
}

/* A loader for a feed that feeds_copy() made: c->given is its own and may be written. */
struct loader feeds_loader(struct config *c)
{
    return (struct loader){ .c = c, .at = c->at, .set = "", .given = c->given,
                            .layer = ENTRY,
                            .where = arena_printf(&c->arena, "%s:%zu", c->at.file, c->at.line) };
}

/* Sets c->reads, the server that the feed reads, for conflict_check(). */
static int name_server(struct config *c, struct err *err)
{
    struct buf text = { 0 };
    int rc = 0;
    if (c->enc.connector == CONNECTOR_POSTGRESQL)
        rc = pg_conninfo_server(c->pg.conninfo, &text, err);
    else if (c->mysql.socket)
        buf_printf(&text, "socket=%s", c->mysql.socket);
    else
        buf_printf(&text, "host=%s port=%d", c->mysql.host, c->mysql.port);
    c->reads = arena_strdup(&c->arena, buf_cstr(&text));
    buf_done(&text);
    return rc;
}

/* If the feed runs alone (--feed), its socket must not be another feed's. */
static void name_socket(struct config *c)
{
    bool given = c->given[option_find("control.socket") - options].layer;
    c->control_socket = given ? arena_printf(&c->arena, "%s.%s", c->control_socket, c->name) : NULL;
}

int feeds_finish(struct configs *all, struct config *c, struct err *err)
{
    struct loader l = feeds_loader(c);
    if (template_name(&l, err))
        return -1;
    if (c->name && load_settings_of_one(&l, all->settings, all->nsettings, err))
        return -1;
    if (c->name)
        name_socket(c);
    return template_rest(&l, err) || load_fallbacks(&l, SCOPE_FEED, err) || load_settle(&l, err) ||
        name_server(c, err) ? -1 : 0;
}

int feeds_add(struct configs *all, struct config *c, struct err *err)
{
    if (conflict_check(all, c, err))
        return -1;
    if (all->n == all->cap) {
        all->cap = all->cap ? 2 * all->cap : 16;
        all->feeds = realloc(all->feeds, all->cap * sizeof *all->feeds);
    }
    struct config *own = xmalloc(sizeof *own);
    *own = *c;
    all->feeds[all->n++] = own;
    return 0;
}

/* ---- entries ---- */

static int settings_of_all(const struct configs *all, struct loader *l, struct err *err)
{
    for (int i = 0; i < all->nsettings; i++) {
        const struct setting *s = &all->settings[i];
        const struct option *o = load_setting_of_one(s) ? NULL : load_option_of(s->key);
        if (o && o->scope == SCOPE_FEED && strcmp(o->key, "name") != 0 &&
            load_setting(l, s->key, s->value, err))
            return -1;
    }
    return 0;
}

static int read_entry(const struct configs *all, struct config *c, yaml_document_t *doc,
                      yaml_node_t *node, struct err *err)
{
    struct loader l = feeds_loader(c);
    l.doc = doc;
    return load_mapping(&l, node, err) || settings_of_all(all, &l, err) ? -1 : 0;
}

/* below: the options that the entry has if it does not give them. */
static int add_entry(struct configs *all, const struct config *below, const char *file,
                     yaml_document_t *doc, yaml_node_t *node,
                     struct err *err)
{
    struct config c;
    feeds_copy(below, &c);
    c.at = (struct place){ file, node ? node->start_mark.line + 1 : 1 };
    int rc = read_entry(all, &c, doc, node, err);
    if (!rc && c.databases && c.databases[0])
        rc = servers_add(all, &c, err);
    else if (!rc)
        rc = feeds_finish(all, &c, err) || feeds_add(all, &c, err) ? -1 : 0;
    if (rc)
        config_done(&c);
    return rc;
}

static int add_entries(struct configs *all, const struct config *below, const char *file,
                       yaml_document_t *doc, yaml_node_t *list,
                       struct err *err)
{
    yaml_node_item_t *end = list->data.sequence.items.top;
    for (yaml_node_item_t *i = list->data.sequence.items.start; i < end; i++) {
        yaml_node_t *node = yaml_document_get_node(doc, *i);
        if (node->type != YAML_MAPPING_NODE)
            return err_set(err, ERR_CONFIG, "%s:%zu: sources: a feed is a mapping of options",
                           file, node->start_mark.line + 1);
        if (add_entry(all, below, file, doc, node, err))
            return -1;
    }
    return 0;
}

/* ---- files ---- */

static int refuse_more(const char *file, bool more, struct err *err)
{
    if (!more)
        return 0;
    return err_set(err, ERR_CONFIG, "%s: a second document stands behind ---: a list of feeds is "
                   "written under `sources`", file);
}

/*
 * A file of conf.d with a list: options beside the list are the defaults of each of its feeds. The
 * group stays in memory, because its entries borrow from it.
 */
static int add_group(struct configs *all, const struct config *below, const char *file,
                     yaml_document_t *doc, struct err *err)
{
    struct config *group = xmalloc(sizeof *group);
    feeds_copy(below, group);
    group->at = (struct place){ file, 1 };
    all->groups = arena_grown(&all->base.arena, all->groups, all->ngroups, &all->groups_cap,
                              sizeof *all->groups);
    all->groups[all->ngroups++] = group;
    struct loader l = feeds_loader(group);
    l.doc = doc;
    l.layer = GROUP;
    l.takes_feeds = true;
    return load_mapping(&l, yaml_document_get_root_node(doc), err) ||
        add_entries(all, group, file, doc, l.feeds, err) ? -1 : 0;
}

static int add_file(struct configs *all, const struct config *below, const char *file,
                    struct err *err)
{
    yaml_document_t doc;
    bool more = false;
    if (yaml_open(file, &doc, &more, err))
        return -1;
    yaml_node_t *root = yaml_document_get_root_node(&doc);
    int rc = refuse_more(file, more, err);
    if (!rc && yaml_member(&doc, root, "sources"))
        rc = add_group(all, below, file, &doc, err);
    else if (!rc)
        rc = add_entry(all, below, file, &doc, root, err);
    yaml_document_delete(&doc);
    return rc;
}

static int add_folder(struct configs *all, const struct config *below, const char *folder,
                      struct err *err)
{
    const char **files;
    size_t n;
    if (folder_list(all, folder, &files, &n, err))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (add_file(all, below, files[i], err))
            return -1;
    return 0;
}

/* ---- the top level ---- */

static int read_top(struct configs *all, struct loader *l, yaml_document_t *doc, const char *file,
                    struct err *err)
{
    load_begin(l, &all->base, file);
    l->doc = doc;
    l->takes_process = l->takes_feeds = true;
    if (load_mapping(l, yaml_document_get_root_node(doc), err))
        return -1;
    for (int i = 0; i < all->nsettings; i++) {
        const struct setting *s = &all->settings[i];
        const struct option *o = load_setting_of_one(s) ? NULL : load_option_of(s->key);
        /* !o: load_setting() reports that the option is not known */
        bool ours = !o || o->scope == SCOPE_PROCESS || strcmp(o->key, "name") == 0;
        if (ours && !load_setting_of_one(s) && load_setting(l, s->key, s->value, err))
            return -1;
    }
    return load_fallbacks(l, SCOPE_PROCESS, err) || load_settle_process(l, err) ? -1 : 0;
}

static int load_many(struct configs *all, yaml_document_t *doc, const char *file,
                     const char *folder, struct err *err)
{
    struct loader l;
    struct config below;
    all->process = &all->base;
    if (read_top(all, &l, doc, file, err))
        return -1;
    feeds_copy(&all->base, &below);
    below.name = NULL;      /* the name is the process's */
    below.given[option_find("name") - options] = (struct given){ 0 };
    /* topics.* of the top level, or its fallbacks, also hold for the position topic */
    int rc = load_fallbacks(&l, SCOPE_FEED, err);
    if (!rc && l.feeds)
        rc = add_entries(all, &below, file, doc, l.feeds, err);
    if (!rc && folder)
        rc = add_folder(all, &below, folder, err);
    arena_done(&below.arena);
    if (!rc && !all->n && !all->nservers)
        rc = err_set(err, ERR_CONFIG,
                     "%s: there is no feed: neither under `sources` nor as a file NAME.yaml in %s",
                         file,
                     folder ? folder : "a folder's conf.d");
    return rc || all->nservers ? rc : configs_settings_used(all, err);
}

/* Finds the socket of a refused file: the service, which goes on as before, can still be asked. */
static void find_socket(struct configs *all, yaml_document_t *doc, const char *file)
{
    struct loader l;
    load_begin(&l, &all->base, file);
    l.doc = doc;
    load_socket(&l, all->settings, all->nsettings);
}

static int load_single(struct configs *all, yaml_document_t *doc, const char *file, struct err *err)
{
    struct config c = { 0 };
    arena_init(&c.arena, 4096);
    all->process = &all->base;
    int rc = load_file(&c, doc, file, all->settings, all->nsettings, err) ||
        feeds_add(all, &c, err) ? -1 : 0;
    if (rc) {
        config_done(&c);
        find_socket(all, doc, file);
    } else {
        all->process = all->feeds[0];
    }
    return rc;
}

/*
 * A folder without conf.d whose tailrace.yaml has no `sources` is one feed, as the file alone would
 * be.
 */
int configs_load(struct configs *all, const char *path, const struct setting *settings, int n,
                 struct err *err)
{
    *all = (struct configs){ .settings = settings, .nsettings = n };
    arena_init(&all->base.arena, 4096);
    struct arena *a = &all->base.arena;
    struct stat st;
    const char *file = path, *folder = NULL;
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
        int len = (int)strlen(path);
        while (len > 1 && path[len - 1] == '/')
            len--;
        file = arena_printf(a, "%.*s/tailrace.yaml", len, path);
        folder = arena_printf(a, "%.*s/conf.d", len, path);
        if (stat(folder, &st) && errno == ENOENT)
            folder = NULL;
    }
    yaml_document_t doc;
    bool more = false;
    if (yaml_open(file, &doc, &more, err))
        return -1;
    all->many = folder || yaml_member(&doc, yaml_document_get_root_node(&doc), "sources");
    int rc = !all->many ? load_single(all, &doc, file, err)
                        : refuse_more(file, more, err) || load_many(all, &doc, file, folder, err)
                            ? -1 : 0;
    yaml_document_delete(&doc);
    return rc;
}

void configs_done(struct configs *all)
{
    for (size_t i = 0; i < all->n; i++)
        config_free(all->feeds[i]);
    for (size_t i = 0; i < all->nservers; i++)
        servers_free(all->servers[i]);
    for (size_t i = 0; i < all->ngroups; i++)
        config_free(all->groups[i]);
    free(all->feeds);
    arena_done(&all->base.arena);
}
