/*
 * Reads a configuration file's YAML, key by key, into struct config. A key that is given twice is
 * an error.
 */
#include "config/load.h"
#include <stdio.h>
#include "base/secret.h"

static const char *scalar_of(const yaml_node_t *n)
{
    return n && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

/* YAML forbids a key twice in one mapping. libyaml does not check it: the last one would win. */
static int check_keys(struct loader *l, yaml_node_t *node, const char *section, struct err *err)
{
    yaml_node_pair_t *begin = node->data.mapping.pairs.start;
    for (yaml_node_pair_t *p = begin; p < node->data.mapping.pairs.top; p++)
        for (yaml_node_pair_t *q = begin; q < p; q++) {
            yaml_node_t *a = yaml_document_get_node(l->doc, p->key),
                *b = yaml_document_get_node(l->doc, q->key);
            if (!scalar_of(a) || !scalar_of(b) || strcmp(scalar_of(a), scalar_of(b)) != 0)
                continue;
            char what[80];
            snprintf(what, sizeof what, "given twice: here and in line %zu",
                     b->start_mark.line + 1);
            l->at.line = a->start_mark.line + 1;
            return load_bad(l, err, *section ? arena_printf(&l->c->arena, "%s.%s", section,
                                                            scalar_of(a)) : scalar_of(a), what);
        }
    return 0;
}

/*
 * Appends the default's pairs behind the feed's own, because the first pattern that matches counts.
 */
static void put_below(struct config *c, const struct kv **list, const struct kv *below)
{
    for (; below && below->key; below++) {
        const struct kv *own = *list;
        while (own && own->key && strcmp(own->key, below->key) != 0)
            own++;
        if (!own || !own->key)
            load_pair(c, list, below->key, below->value);
    }
}

static int set_map(struct loader *l, const struct option *o, yaml_node_t *node, struct err *err)
{
    const struct kv **list = (const struct kv **)((char *)l->c + o->at), *below = *list;
    *list = NULL;
    if (check_keys(l, node, o->key, err))
        return -1;
    yaml_node_pair_t *end = node->data.mapping.pairs.top;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < end; p++) {
        const char *key = scalar_of(yaml_document_get_node(l->doc, p->key));
        yaml_node_t *v = yaml_document_get_node(l->doc, p->value);
        l->at.line = v->start_mark.line + 1;
        if (!key || !scalar_of(v))
            return load_bad(l, err, o->key, "a mapping of names to single values is wanted");
        const char *whole = arena_printf(&l->c->arena, "%s.%s", o->key, key);
        char *value = load_expand(l, whole, scalar_of(v), err);
        if (!value)
            return -1;
        load_note_secret(l, whole, scalar_of(v), value);
        load_pair(l->c, list, arena_strdup(&l->c->arena, key), value);
    }
    put_below(l->c, list, below);
    return 0;
}

static int set_list(struct loader *l, const struct option *o, yaml_node_t *node, struct err *err)
{
    size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start), at = 0;
    const char **list = arena_alloc(&l->c->arena, (n + 1) * sizeof *list);
    yaml_node_item_t *end = node->data.sequence.items.top;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < end; i++) {
        const char *s = scalar_of(yaml_document_get_node(l->doc, *i));
        if (!s || !(list[at++] = load_expand(l, o->key, s, err)))
            return s ? -1 : load_bad(l, err, o->key, "a list of single values is wanted");
    }
    list[at] = NULL;
    *(const char *const **)((char *)l->c + o->at) = list;
    return 0;
}

static int set_feeds(struct loader *l, yaml_node_t *v, struct err *err)
{
    if (!l->takes_feeds)
        return load_bad(l, err, "sources",
                        "a list of feeds is not taken here: what is wanted here is one feed");
    if (v->type != YAML_SEQUENCE_NODE)
        return load_bad(l, err, "sources", "a list of feeds is wanted");
    l->feeds = v;
    return 0;
}

static int set_node(struct loader *l, const char *key, yaml_node_t *v, struct err *err)
{
    const struct option *o = option_find(key);
    char what[80];
    if (!o)
        return load_unknown_key(l, key, err);
    if (o->scope == SCOPE_PROCESS && o->type != OPT_FEEDS && !l->takes_process)
        return load_bad(l, err, key,
                        "belongs to the top level: it is one for all feeds of the process");
    const struct given *before = &l->given[o - options];
    if (before->layer == l->layer) {        /* in its section, and by its whole name */
        snprintf(what, sizeof what, "given twice: here and in line %zu", before->at.line);
        return load_bad(l, err, key, what);
    }
    load_mark(l, o);
    if (o->type == OPT_FEEDS)
        return set_feeds(l, v, err);
    if (v->type == YAML_MAPPING_NODE && o->type == OPT_MAP)
        return set_map(l, o, v, err);
    if (v->type == YAML_SEQUENCE_NODE && o->type == OPT_LIST)
        return set_list(l, o, v, err);
    if (v->type != YAML_SCALAR_NODE)
        return load_bad(l, err, key, "a single value is wanted");
    return load_scalar(l, o, scalar_of(v), err);
}

static int read_mapping(struct loader *l, yaml_node_t *node, const char *section, struct err *err)
{
    if (check_keys(l, node, section, err))
        return -1;
    yaml_node_pair_t *end = node->data.mapping.pairs.top;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < end; p++) {
        yaml_node_t *k = yaml_document_get_node(l->doc, p->key);
        yaml_node_t *v = yaml_document_get_node(l->doc, p->value);
        l->at.line = k->start_mark.line + 1;
        if (!scalar_of(k))
            return load_bad(l, err, section, "keys are single words");
        char key[200];
        snprintf(key, sizeof key, "%s%s%s", section, *section ? "." : "", scalar_of(k));
        bool section_here = option_section(key);
        if (section_here && v->type == YAML_SCALAR_NODE && !*scalar_of(v))
            continue;       /* an empty section: every option in it is commented out */
        if (section_here && v->type != YAML_MAPPING_NODE && !option_find(key))
            return load_bad(l, err, key, "a mapping of options is wanted");
        if (section_here && v->type == YAML_MAPPING_NODE ? read_mapping(l, v, key, err)
            : set_node(l, key, v, err))
            return -1;
    }
    return 0;
}

int load_mapping(struct loader *l, yaml_node_t *node, struct err *err)
{
    if (!node)
        return 0;
    return node->type == YAML_MAPPING_NODE ? read_mapping(l, node, "", err)
                                           : load_bad(l, err, l->at.file, "a mapping is wanted");
}

yaml_node_t *yaml_member(yaml_document_t *doc, yaml_node_t *mapping, const char *key)
{
    if (!mapping || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    yaml_node_pair_t *end = mapping->data.mapping.pairs.top;
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < end; p++) {
        const char *k = scalar_of(yaml_document_get_node(doc, p->key));
        if (k && strcmp(k, key) == 0)
            return yaml_document_get_node(doc, p->value);
    }
    return NULL;
}

/* libyaml's text about a tab helps nobody, so a tab has its own. */
static const char *problem_of(const yaml_parser_t *p, const struct buf *text)
{
    size_t at = p->problem_mark.index;
    bool tab = at < text->n && text->p[at] == '\t';
    return tab ? "a tab: YAML is indented by spaces" : p->problem ? p->problem : "not YAML";
}

static bool another(yaml_parser_t *p)
{
    yaml_document_t doc;
    bool there = !yaml_parser_load(p, &doc);
    if (!there) {
        there = yaml_document_get_root_node(&doc) != NULL;
        yaml_document_delete(&doc);
    }
    return there;
}

int yaml_open(const char *path, yaml_document_t *doc, bool *ret_more, struct err *err)
{
    yaml_parser_t parser;
    struct buf text = { 0 };
    int rc = file_read(path, &text, err);
    if (rc) {
        buf_done(&text);
        return rc;
    }
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, text.p ? text.p : (const unsigned char *)"", text.n);
    if (yaml_parser_load(&parser, doc))
        *ret_more = yaml_document_get_root_node(doc) && another(&parser);
    else
        rc = err_set(err, ERR_CONFIG, "%s:%zu: %s", path, parser.problem_mark.line + 1,
                     problem_of(&parser, &text));
    yaml_parser_delete(&parser);
    buf_done(&text);
    return rc;
}
