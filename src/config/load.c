/*
 * A configuration file, and settings from the command line over it, into struct config by the option table (options.c). What is wrong is
 * told with its line; nothing is guessed, and nothing given twice is settled by who came last.
 */
#include "config/config.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>
#include "base/distance.h"
#include "base/secret.h"

enum { NAME_MOST = 180 };       /* of a topic's 249 bytes: the table's name comes behind */

/* Where a value came from, for errors. */
struct place {
    const char *file;
    size_t line;    /* 0: the command line */
};

struct loader {
    struct config *c;
    struct place at;
    yaml_document_t doc;
    size_t *given;  /* by place in options[]: the line + 1; 0: not given */
};

static int bad(const struct loader *l, struct err *err, const char *key, const char *what)
{
    if (!l->at.line)
        return err_set(err, ERR_CONFIG, "--set %s: %s", key, what);
    return err_set(err, ERR_CONFIG, "%s:%zu: %s: %s", l->at.file, l->at.line, key, what);
}

/* ---- keys ---- */

/* The nearest of options and sections. */
static int unknown_key(const struct loader *l, const char *key, struct err *err)
{
    char nearest[100] = "", name[100], what[200];
    size_t least = SIZE_MAX;
    for (const struct option *o = options; o->key; o++)
        for (size_t n = strcspn(o->key, "."), all = strlen(o->key);; n += 1 + strcspn(o->key + n + 1, ".")) {
            snprintf(name, sizeof name, "%.*s", (int)n, o->key);
            size_t d = edit_distance(key, name);
            if (d < least) {
                least = d;
                snprintf(nearest, sizeof nearest, "%s", name);
            }
            if (n == all)
                break;
        }
    snprintf(what, sizeof what, "no such option; the nearest is %s", nearest);
    return bad(l, err, key, what);
}

static const struct option *find(const char *key)
{
    for (const struct option *o = options; o->key; o++)
        if (strcmp(o->key, key) == 0)
            return o;
    return NULL;
}

static bool is_section(const char *key)
{
    size_t n = strlen(key);
    for (const struct option *o = options; o->key; o++)
        if (strncmp(o->key, key, n) == 0 && o->key[n] == '.')
            return true;
    return false;
}

/* ---- ${NAME} and ${file:PATH} ---- */

int file_read(const char *path, struct buf *out, struct err *err)
{
    FILE *f = fopen(path, "r");
    char part[65536];
    if (!f)
        return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    for (size_t n; (n = fread(part, 1, sizeof part, f));)
        buf_put(out, part, n);
    int why = ferror(f) ? errno : 0;
    fclose(f);
    return why ? err_set(err, ERR_CONFIG, "%s: %s", path, strerror(why)) : 0;
}

/* Without the line's end that an editor puts there. */
static int put_file(const char *path, struct buf *out, struct err *err)
{
    size_t before = out->n;
    if (file_read(path, out, err))
        return -1;
    while (out->n > before && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
        out->n--;
    return 0;
}

/* One reference, from past "${"; returns past "}". */
static const char *put_reference(const struct loader *l, const char *key, const char *p, struct buf *out, struct err *err)
{
    char name[512], what[700];
    const char *end = strchr(p, '}');
    if (!end || end - p >= (long)sizeof name) {
        bad(l, err, key, "${ without }");
        return NULL;
    }
    snprintf(name, sizeof name, "%.*s", (int)(end - p), p);
    if (!*name || strcmp(name, "file:") == 0) {
        bad(l, err, key, "${} names nothing: ${VARIABLE} or ${file:PATH} is wanted");
        return NULL;
    }
    if (strncmp(name, "file:", 5) == 0) {
        struct err why = { 0 };
        if (!put_file(name + 5, out, &why))
            return end + 1;
        snprintf(what, sizeof what, "%.*s", (int)sizeof what - 1, why.msg);
    } else {
        const char *v = getenv(name);
        if (v) {
            buf_str(out, v);
            return end + 1;
        }
        snprintf(what, sizeof what, "environment variable %s is not set", name);
    }
    bad(l, err, key, what);
    return NULL;
}

static char *expand(const struct loader *l, const char *key, const char *s, struct err *err)
{
    struct buf out = { 0 };
    while (s && *s) {
        if (s[0] == '$' && s[1] == '{') {
            s = put_reference(l, key, s + 2, &out, err);
        } else if (s[0] == '$' && s[1] == '$') {
            buf_u8(&out, '$');
            s += 2;
        } else {
            buf_u8(&out, (uint8_t)*s++);
        }
    }
    char *done = s ? arena_strdup(&l->c->arena, buf_cstr(&out)) : NULL;
    buf_done(&out);
    return done;
}

/* ---- values ---- */

static int set_number(const struct loader *l, const struct option *o, const char *text, void *to, struct err *err)
{
    char *end, what[120];
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (!*text || *end || errno || v < o->min || v > o->max) {
        snprintf(what, sizeof what, "\"%.40s\" is not a number from %lld to %lld", text, o->min, o->max);
        return bad(l, err, o->key, what);
    }
    if (o->type == OPT_INT64)
        *(int64_t *)to = v;
    else
        *(int *)to = (int)v;
    return 0;
}

static int set_bool(const struct loader *l, const struct option *o, const char *text, bool *to, struct err *err)
{
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0)
        return bad(l, err, o->key, "true or false is wanted");
    *to = yes;
    return 0;
}

static int set_choice(const struct loader *l, const struct option *o, const char *text, int *to, struct err *err)
{
    size_t n = strlen(text);
    int at = 0;
    for (const char *p = o->choices; p; p = strchr(p, '|'), at++) {
        p += *p == '|';
        if (strncmp(p, text, n) == 0 && (p[n] == '|' || !p[n])) {
            *to = at;
            return 0;
        }
    }
    char what[300];
    snprintf(what, sizeof what, "\"%.60s\" is not one of %s", text, o->choices);
    return bad(l, err, o->key, what);
}

/* How long the item at p is: up to a comma that stands in no bracket (a regular expression's {1,2}). */
static size_t item_length(const char *p)
{
    int depth = 0;
    size_t n = 0;
    for (; p[n] && (p[n] != ',' || depth > 0); n++) {
        if (p[n] == '\\' && p[n + 1])
            n++;
        else
            depth += strchr("([{", p[n]) ? 1 : strchr(")]}", p[n]) ? -1 : 0;
    }
    return n;
}

/* A list in one text, as the command line and variables have it: items with commas between. */
static void split_list(struct loader *l, const struct option *o, const char *text)
{
    const char **list = arena_alloc(&l->c->arena, (strlen(text) + 2) * sizeof *list);
    size_t at = 0;
    while (*text) {
        size_t n = item_length(text), end = n;
        while (n && isspace((unsigned char)*text))
            text++, n--, end--;
        while (end && isspace((unsigned char)text[end - 1]))
            end--;
        if (end)
            list[at++] = arena_printf(&l->c->arena, "%.*s", (int)end, text);
        text += n + (text[n] == ',');
    }
    list[at] = NULL;
    *(const char *const **)((char *)l->c + o->at) = list;
}

static int set_scalar(struct loader *l, const struct option *o, const char *raw, struct err *err)
{
    void *to = (char *)l->c + o->at;
    char *text = expand(l, o->key, raw, err);
    if (!text)
        return -1;
    l->given[o - options] = l->at.line + 1;
    if (secret_name(o->key))
        secret_note(text);
    switch (o->type) {
    case OPT_STRING: *(const char **)to = text; return 0;
    case OPT_INT:
    case OPT_INT64:  return set_number(l, o, text, to, err);
    case OPT_BOOL:   return set_bool(l, o, text, to, err);
    case OPT_CHOICE: return set_choice(l, o, text, to, err);
    case OPT_LIST:   split_list(l, o, text); return 0;
    default:         return bad(l, err, o->key, "a mapping is wanted");
    }
}

/* Puts one pair at the end of a kv list, or over the pair of the same key. */
static void map_put(struct config *c, const struct kv **list, const char *key, const char *value)
{
    size_t n = 0;
    for (const struct kv *p = *list; p && p->key; p++)
        n++;
    struct kv *fresh = arena_alloc(&c->arena, (n + 2) * sizeof *fresh);
    size_t at = n;
    for (size_t i = 0; i < n; i++) {
        fresh[i] = (*list)[i];
        if (strcmp(fresh[i].key, key) == 0)
            at = i;
    }
    fresh[at] = (struct kv){ key, value };
    if (secret_name(key))
        secret_note(value);
    if (at == n)
        n++;
    fresh[n] = (struct kv){ NULL, NULL };
    *list = fresh;
}

static const char *scalar_of(const yaml_node_t *n)
{
    return n && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

/* YAML has no key twice in one mapping; libyaml does not look, and the last one would win. */
static int check_keys(struct loader *l, yaml_node_t *node, const char *section, struct err *err)
{
    yaml_node_pair_t *begin = node->data.mapping.pairs.start;
    for (yaml_node_pair_t *p = begin; p < node->data.mapping.pairs.top; p++)
        for (yaml_node_pair_t *q = begin; q < p; q++) {
            yaml_node_t *a = yaml_document_get_node(&l->doc, p->key), *b = yaml_document_get_node(&l->doc, q->key);
            if (!scalar_of(a) || !scalar_of(b) || strcmp(scalar_of(a), scalar_of(b)) != 0)
                continue;
            char what[80];
            snprintf(what, sizeof what, "given twice: here and in line %zu", b->start_mark.line + 1);
            l->at.line = a->start_mark.line + 1;
            return bad(l, err, *section ? arena_printf(&l->c->arena, "%s.%s", section, scalar_of(a)) : scalar_of(a), what);
        }
    return 0;
}

static int set_map(struct loader *l, const struct option *o, yaml_node_t *node, struct err *err)
{
    if (check_keys(l, node, o->key, err))
        return -1;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const char *key = scalar_of(yaml_document_get_node(&l->doc, p->key));
        yaml_node_t *v = yaml_document_get_node(&l->doc, p->value);
        l->at.line = v->start_mark.line + 1;
        if (!key || !scalar_of(v))
            return bad(l, err, o->key, "a mapping of names to single values is wanted");
        char *value = expand(l, arena_printf(&l->c->arena, "%s.%s", o->key, key), scalar_of(v), err);
        if (!value)
            return -1;
        map_put(l->c, (const struct kv **)((char *)l->c + o->at), arena_strdup(&l->c->arena, key), value);
    }
    return 0;
}

static int set_list(struct loader *l, const struct option *o, yaml_node_t *node, struct err *err)
{
    size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start), at = 0;
    const char **list = arena_alloc(&l->c->arena, (n + 1) * sizeof *list);
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        const char *s = scalar_of(yaml_document_get_node(&l->doc, *i));
        if (!s || !(list[at++] = expand(l, o->key, s, err)))
            return s ? -1 : bad(l, err, o->key, "a list of single values is wanted");
    }
    list[at] = NULL;
    *(const char *const **)((char *)l->c + o->at) = list;
    return 0;
}

static int set_node(struct loader *l, const char *key, yaml_node_t *v, struct err *err)
{
    const struct option *o = find(key);
    char what[80];
    if (!o)
        return unknown_key(l, key, err);
    if (l->given[o - options]) {        /* once in its section, once by its whole name */
        snprintf(what, sizeof what, "given twice: here and in line %zu", l->given[o - options] - 1);
        return bad(l, err, key, what);
    }
    l->given[o - options] = l->at.line + 1;
    if (v->type == YAML_MAPPING_NODE && o->type == OPT_MAP)
        return set_map(l, o, v, err);
    if (v->type == YAML_SEQUENCE_NODE && o->type == OPT_LIST)
        return set_list(l, o, v, err);
    if (v->type != YAML_SCALAR_NODE)
        return bad(l, err, key, "a single value is wanted");
    return set_scalar(l, o, scalar_of(v), err);
}

static int read_mapping(struct loader *l, yaml_node_t *node, const char *section, struct err *err)
{
    if (check_keys(l, node, section, err))
        return -1;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        yaml_node_t *k = yaml_document_get_node(&l->doc, p->key), *v = yaml_document_get_node(&l->doc, p->value);
        l->at.line = k->start_mark.line + 1;
        if (!scalar_of(k))
            return bad(l, err, section, "keys are single words");
        char key[200];
        snprintf(key, sizeof key, "%s%s%s", section, *section ? "." : "", scalar_of(k));
        bool section_here = is_section(key);
        if (section_here && v->type == YAML_SCALAR_NODE && !*scalar_of(v))
            continue;       /* every option under it is commented out */
        if (section_here && v->type == YAML_MAPPING_NODE ? read_mapping(l, v, key, err) : set_node(l, key, v, err))
            return -1;
    }
    return 0;
}

/* What libyaml says of a tab helps nobody. */
static const char *problem_of(const yaml_parser_t *p, const struct buf *text)
{
    size_t at = p->problem_mark.index;
    bool tab = at < text->n && text->p[at] == '\t';
    return tab ? "a tab: YAML is indented by spaces" : p->problem ? p->problem : "not YAML";
}

static int read_yaml(struct loader *l, const char *path, struct err *err)
{
    yaml_parser_t parser;
    struct buf text = { 0 };
    int rc = file_read(path, &text, err);
    if (rc)
        return rc;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, text.p ? text.p : (const unsigned char *)"", text.n);
    if (!yaml_parser_load(&parser, &l->doc)) {
        rc = err_set(err, ERR_CONFIG, "%s:%zu: %s", path, parser.problem_mark.line + 1, problem_of(&parser, &text));
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&l->doc);
        l->at.line = 1;
        if (root)
            rc = root->type == YAML_MAPPING_NODE ? read_mapping(l, root, "", err) : bad(l, err, path, "a mapping is wanted");
        yaml_document_delete(&l->doc);
    }
    yaml_parser_delete(&parser);
    buf_done(&text);
    return rc;
}

/* kafka.NAME and topics.config.NAME go into their maps. */
static int apply_setting(struct loader *l, const struct setting *s, struct err *err)
{
    const struct option *o = find(s->key);
    l->at.line = 0;
    for (const struct option *m = options; !o && m->key; m++) {
        size_t n = strlen(m->key);
        if (m->type == OPT_MAP && strncmp(m->key, s->key, n) == 0 && s->key[n] == '.') {
            map_put(l->c, (const struct kv **)((char *)l->c + m->at), s->key + n + 1, s->value);
            return 0;
        }
    }
    return o ? set_scalar(l, o, s->value, err) : unknown_key(l, s->key, err);
}

static int set_fallbacks(struct loader *l, struct err *err)
{
    for (const struct option *o = options; o->key; o++)
        if (o->fallback && !l->given[o - options] && set_scalar(l, o, o->fallback, err))
            return -1;
    return 0;
}

/* As bad(), of an option by its name: where it was given, or the file. */
static int bad_option(struct loader *l, const char *key, const char *what, struct err *err)
{
    size_t given = l->given[find(key) - options];
    if (!given)
        return err_set(err, ERR_CONFIG, "%s: %s: %s", l->at.file, key, what);
    l->at.line = given - 1;
    return bad(l, err, key, what);
}

/* Patterns of tables to take and to leave out; an empty list to take would take every one. */
static int settle_tables(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    struct filter filter;
    struct err why = { 0 };
    if (c->tables_include && !c->tables_include[0])
        return bad_option(l, "tables.include", "an empty list: name tables, or leave it out to take all", err);
    if (filter_new(&c->arena, c->tables_include, NULL, &filter, &why))
        return bad_option(l, "tables.include", why.msg, err);
    if (filter_new(&c->arena, c->tables_include, c->tables_exclude, &c->pg.wanted, &why))
        return bad_option(l, "tables.exclude", why.msg, err);
    c->mysql.wanted = c->pg.wanted;
    return 0;
}

static int settle_choices(struct loader *l, const char *path, struct err *err)
{
    struct config *c = l->c;
    bool none = c->flow.skipped && strcmp(c->flow.skipped, "none") == 0;
    if (none)
        c->flow.skipped = "";
    if (strspn(c->flow.skipped, "cudt, ") != strlen(c->flow.skipped))
        return err_set(err, ERR_CONFIG, "%s: format.skipped-operations: \"%s\" is neither none nor letters of c, u, d, t", path,
                       c->flow.skipped);
    if (flat_fields_new(&c->arena, c->enc.connector, c->flat_fields, &c->enc.flat_fields, err))
        return err_wrap(err, "%s", path);
    if (settle_tables(l, err))
        return -1;
    if (!placeholder_valid(c->enc.placeholder))
        return err_set(err, ERR_CONFIG, "%s: format.placeholder: what follows hex: must be pairs of hex digits that are UTF-8 text", path);
    for (const struct kv *h = c->choose.hash; h && h->key; h++)
        if (strchr(h->value, ':'))
            secret_note(strrchr(h->value, ':') + 1);
    c->choose.deletes = !strchr(c->flow.skipped, 'd');
    if (choices_new(&c->arena, &c->choose, &c->enc.choices, err))
        return err_wrap(err, "%s", path);
    c->pg.needs_column = choices_need_column;
    c->pg.needs = c->enc.choices;
    return 0;
}

/*
 * The service and whoever gives it orders must come to the same path, whatever their environments: so it goes by the system and the user
 * alone. /run/tailrace is root's to make, or systemd's (RuntimeDirectory=tailrace); where neither has, a user has a directory of their own.
 */
static const char *default_socket(struct config *c)
{
    if (geteuid() == 0 || access("/run/tailrace", F_OK) == 0)
        return arena_printf(&c->arena, "/run/tailrace/%s.sock", c->name);
    return arena_printf(&c->arena, "/run/user/%lu/tailrace/%s.sock", (unsigned long)geteuid(), c->name);
}

/* Topics begin with the name, and it is a part of paths: what Kafka takes in a topic's name. */
static int check_name(struct loader *l, const char *key, const char *name, struct err *err)
{
    static const char taken[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strlen(name);
    char what[160];
    if (n && n <= NAME_MOST && strspn(name, taken) == n && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
        return 0;
    snprintf(what, sizeof what, "\"%.40s\" cannot begin the name of a topic: 1 to %d letters, digits, points, _ and - are wanted", name,
             NAME_MOST);
    return bad_option(l, key, what, err);
}

/* What an account or a password is part of is taken apart, so that no message shows it. */
static int settle_accounts(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    struct registry_options *r = &c->registry;
    const char *user = NULL, *password = NULL;
    struct err why = { 0 };
    if (c->pg.conninfo && pg_conninfo_check(c->pg.conninfo, &why))
        return bad_option(l, "source.conninfo", why.msg, err);
    if (c->pg.setup_conninfo && pg_conninfo_check(c->pg.setup_conninfo, &why))
        return bad_option(l, "source.setup-conninfo", why.msg, err);
    if (r->url && http_account(&c->arena, &r->url, &user, &password, err))
        return -1;
    if (user && (r->user || r->password))
        return bad_option(l, "registry.url", "it has an account, and so have registry.user and registry.password: one of them is wanted", err);
    if (user) {
        r->user = user;
        r->password = password;
        secret_note(password);
    }
    return 0;
}

/* What one option says to another. */
static int settle(struct loader *l, const char *path, struct err *err)
{
    struct config *c = l->c;
    for (const struct option *o = options; o->key; o++)
        if (o->required && !*(const char **)((char *)c + o->at))
            return err_set(err, ERR_CONFIG, "%s: %s is needed: %s", path, o->key, o->help);
    if (check_name(l, "name", c->name, err) || (c->enc.prefix && check_name(l, "topics.prefix", c->enc.prefix, err)))
        return -1;
    bool pg = c->enc.connector == CONNECTOR_POSTGRESQL;
    if (pg && !c->pg.conninfo)
        return err_set(err, ERR_CONFIG, "%s: source.conninfo is needed: where changes are read", path);
    if (!pg && (!c->mysql.user || (!c->mysql.host && !c->mysql.socket)))
        return err_set(err, ERR_CONFIG, "%s: source.mysql.user and source.mysql.host (or source.mysql.socket) are needed: where the binlog is "
                       "read", path);
    if (c->sink_kind == SINK_KAFKA && !c->registry.url)
        return err_set(err, ERR_CONFIG, "%s: registry.url is needed for sink.kind: kafka", path);
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
    c->mysql.feed = c->kafka.id = c->file.feed = c->flow.feed = c->name;
    c->kafka.prefix = c->enc.prefix;
    c->kafka.exactly_once = c->delivery == DELIVERY_EXACTLY_ONCE;
    c->kafka.stop_timeout_ms = c->flow.stop_timeout_ms;
    c->kafka.dead_letter = c->on_error == ON_ERROR_DEAD_LETTER;
    c->flow.routed = c->choose.route && c->choose.route->key;
    c->pg.hand_known = c->mysql.hand_known = c->flow.transactions;
    return settle_accounts(l, err) || settle_choices(l, path, err) ? -1 : 0;
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
    if (read_yaml(&l, path, err))
        return -1;
    for (int i = 0; i < nsettings; i++)
        if (apply_setting(&l, &settings[i], err))
            return -1;
    return set_fallbacks(&l, err) ? -1 : settle(&l, path, err);
}

void config_done(struct config *c)
{
    arena_done(&c->arena);
}
