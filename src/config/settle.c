/* Settles what options mean for one another, once all are read. */
#include "config/load.h"
#include <stdio.h>
#include <unistd.h>
#include "base/secret.h"

enum { NAME_MOST = 180 };       /* of a topic's 249 bytes: the table's name follows */

/* Compiles the patterns of tables. Refuses an empty list to take: it would take every table. */
static int settle_tables(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    struct filter filter;
    struct err why = { 0 };
    if (c->tables_include && !c->tables_include[0])
        return load_bad_option(l, "tables.include",
                               "an empty list: name tables, or leave it out to take all", err);
    if (filter_new(&c->arena, c->tables_include, NULL, &filter, &why))
        return load_bad_option(l, "tables.include", why.msg, err);
    if (filter_new(&c->arena, c->tables_include, c->tables_exclude, &c->pg.wanted, &why))
        return load_bad_option(l, "tables.exclude", why.msg, err);
    c->mysql.wanted = c->pg.wanted;
    return 0;
}

static int settle_choices(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    bool none = c->flow.skipped && strcmp(c->flow.skipped, "none") == 0;
    if (none)
        c->flow.skipped = "";
    if (strspn(c->flow.skipped, "cudt, ") != strlen(c->flow.skipped))
        return err_set(err, ERR_CONFIG,
                       "%s: format.skipped-operations: \"%s\" is neither none nor letters of c, "
                       "u, d, t", l->where,
                       c->flow.skipped);
    if (flat_fields_new(&c->arena, c->enc.connector, c->flat_fields, &c->enc.flat_fields, err))
        return err_wrap(err, "%s", l->where);
    if (settle_tables(l, err))
        return -1;
    if (!placeholder_valid(c->enc.placeholder))
        return err_set(err, ERR_CONFIG,
                       "%s: format.placeholder: what follows hex: must be pairs of hex digits "
                       "that are UTF-8 text", l->where);
    for (const struct kv *h = c->choose.hash; h && h->key; h++)
        if (strchr(h->value, ':'))
            secret_note(strrchr(h->value, ':') + 1);
    c->pg.truncates = !strchr(c->flow.skipped, 't');
    c->flow.backfill.no_updates = strchr(c->flow.skipped, 'u') != NULL;
    c->choose.deletes = !strchr(c->flow.skipped, 'd');
    if (choices_new(&c->arena, &c->choose, &c->enc.choices, err))
        return err_wrap(err, "%s", l->where);
    c->pg.needs_column = choices_need_column;
    c->pg.names_key = choices_name_key;
    c->pg.needs = c->enc.choices;
    return 0;
}

/*
 * The service and whoever gives it orders must get the same path, whatever their environments. So
 * the path depends on the system and the user alone. root or systemd (RuntimeDirectory=tailrace)
 * makes /run/tailrace; where it does not exist, a user has a directory of their own.
 */
static const char *default_socket(struct config *c)
{
    if (geteuid() == 0 || access("/run/tailrace", F_OK) == 0)
        return arena_printf(&c->arena, "/run/tailrace/%s.sock", c->name);
    return arena_printf(&c->arena, "/run/user/%lu/tailrace/%s.sock", (unsigned long)geteuid(),
                        c->name);
}

/* Topics begin with the name, and paths contain it: it may have a topic's characters only. */
static int check_name(struct loader *l, const char *key, const char *name, struct err *err)
{
    static const char taken[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strlen(name);
    char what[160];
    if (n && n <= NAME_MOST && strspn(name, taken) == n && strcmp(name, ".") != 0 &&
        strcmp(name, "..") != 0)
        return 0;
    snprintf(what, sizeof what,
             "\"%.40s\" cannot begin the name of a topic: 1 to %d letters, digits, points, _ and "
             "- are wanted", name,
             NAME_MOST);
    return load_bad_option(l, key, what, err);
}

static int settle_conninfo(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    struct err why = { 0 };
    if (c->pg.conninfo && pg_conninfo_check(c->pg.conninfo, &why))
        return load_bad_option(l, "source.conninfo", why.msg, err);
    if (c->pg.setup_conninfo && pg_conninfo_check(c->pg.setup_conninfo, &why))
        return load_bad_option(l, "source.setup-conninfo", why.msg, err);
    return 0;
}

/* A url "" means none. Takes an account out of the URL, so that no message shows it. */
static int settle_registry(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    struct registry_options *r = &c->registry;
    const char *user = NULL, *password = NULL;
    if (r->url && !*r->url)
        r->url = NULL;
    if (c->sink_kind == SINK_KAFKA && !r->url)
        return err_set(err, ERR_CONFIG, "%s: registry.url is needed for sink.kind: kafka",
                       l->where);
    if (r->url && http_account(&c->arena, &r->url, &user, &password, err))
        return -1;
    if (user && (r->user || r->password))
        return load_bad_option(l, "registry.url",
                               "it has an account, and so have registry.user and "
                               "registry.password: one of them is wanted", err);
    if (user) {
        r->user = user;
        r->password = password;
        secret_note(password);
    }
    return 0;
}

/* Settles one feed: checks what it needs, and copies options to where they are used. */
int load_settle(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    for (const struct option *o = options; o->key; o++)
        if (o->required && !*(const char **)((char *)c + o->at))
            return err_set(err, ERR_CONFIG, "%s: %s is needed: %s", l->where, o->key, o->help);
    if (check_name(l, "name", c->name, err) || (c->enc.prefix && check_name(l, "topics.prefix",
            c->enc.prefix, err)))
        return -1;
    bool pg = c->enc.connector == CONNECTOR_POSTGRESQL;
    if (pg && !c->pg.conninfo)
        return err_set(err, ERR_CONFIG, "%s: source.conninfo is needed: where changes are read",
                       l->where);
    if (!pg && (!c->mysql.user || (!c->mysql.host && !c->mysql.socket)))
        return err_set(err, ERR_CONFIG,
                       "%s: source.mysql.user and source.mysql.host (or source.mysql.socket) are "
                       "needed: where the binlog is "
                       "read", l->where);
    if (!c->enc.prefix)
        c->enc.prefix = c->name;
    if (!c->kafka.dead_letter_topic)
        c->kafka.dead_letter_topic = arena_printf(&c->arena, "%s.dead-letters", c->enc.prefix);
    c->enc.version = TAILRACE_VERSION;
    c->pg.allow_primary = c->mysql.allow_primary = c->primary == 1;
    c->pg.snapshot = c->flow.backfill.mode;
    if (!c->control_socket)
        c->control_socket = default_socket(c);
    c->mysql.receive_timeout_ms = c->pg.receive_timeout_ms;
    c->mysql.mariadb = c->enc.connector == CONNECTOR_MARIADB;
    c->flow.socket = c->control_socket;
    c->mysql.feed = c->kafka.id = c->file.feed = c->flow.feed = c->name;
    c->kafka.prefix = c->enc.prefix;
    c->kafka.exactly_once = c->delivery == DELIVERY_EXACTLY_ONCE;
    c->kafka.stop_timeout_ms = c->flow.stop_timeout_ms;
    c->kafka.dead_letter = c->on_error == ON_ERROR_DEAD_LETTER;
    c->flow.routed = c->choose.route && c->choose.route->key;
    c->pg.hand_known = c->mysql.hand_known = c->flow.transactions;
    return settle_conninfo(l, err) || settle_registry(l, err) || settle_choices(l, err) ? -1 : 0;
}

static void set_if_scalar(struct loader *l, const char *key, const yaml_node_t *v)
{
    struct err ignored = { 0 };
    if (v && v->type == YAML_SCALAR_NODE)
        (void)!load_scalar(l, option_find(key), (const char *)v->data.scalar.value, &ignored);
}

void load_socket(struct loader *l, const struct setting *settings, int n)
{
    struct err ignored = { 0 };
    struct config *c = l->c;
    yaml_node_t *root = yaml_document_get_root_node(l->doc);
    yaml_node_t *section = yaml_member(l->doc, root, "control");
    set_if_scalar(l, "name", yaml_member(l->doc, root, "name"));
    set_if_scalar(l, "control.socket", yaml_member(l->doc, root, "control.socket"));
    set_if_scalar(l, "control.socket", yaml_member(l->doc, section, "socket"));
    for (int i = 0; i < n; i++)
        if (strcmp(settings[i].key, "name") == 0 || strcmp(settings[i].key, "control.socket") == 0)
            (void)!load_setting(l, settings[i].key, settings[i].value, &ignored);
    if (!c->control_socket && c->name && !check_name(l, "name", c->name, &ignored))
        c->control_socket = default_socket(c);
}

int load_settle_process(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    if (!c->name)
        return err_set(err, ERR_CONFIG,
                       "%s: name is needed: the process's own, beside its feeds'. No two "
                       "processes may "
                       "share one", l->where);
    if (check_name(l, "name", c->name, err) || settle_registry(l, err))
        return -1;
    if (!c->control_socket)
        c->control_socket = default_socket(c);
    c->kafka.id = c->name;
    c->kafka.exactly_once = c->delivery == DELIVERY_EXACTLY_ONCE;
    c->kafka.stop_timeout_ms = c->flow.stop_timeout_ms;
    c->kafka.dead_letter = c->on_error == ON_ERROR_DEAD_LETTER;
    return 0;
}
