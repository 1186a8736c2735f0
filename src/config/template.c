/*
 * Fills in {database}, {cluster} and other names in a feed's names. If a slot or a topic does not
 * take a name as it is, the name is changed or cut, and gets the hash of the whole behind it.
 */
#include "config/load.h"
#include <ctype.h>
#include <stdio.h>
#include "base/hash.h"

enum { SLOT_MOST = 63, TOPIC_MOST = 120 };

static const char in_topics[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
static const char in_slots[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

/*
 * The text, or a changed one that is allowed. Two texts give the same result only if their hashes
 * are equal, once in four thousand million times. conflict.c reports that.
 */
static const char *made_of(struct arena *a, const char *text, const char *allowed, size_t most)
{
    size_t n = strlen(text);
    if (n <= most && strspn(text, allowed) == n)
        return text;
    char *to = arena_printf(a, "%.*s_%08x", (int)(n < most - 9 ? n : most - 9), text,
                            (unsigned)hash_murmur2(slice_str(text)));
    for (char *p = to; *p; p++)
        if (!strchr(allowed, *p)) {
            char low = (char)tolower((unsigned char)*p);
            *p = strchr(allowed, low) ? low : '_';
        }
    return to;
}

static const char *variable(const struct config *c, const char *name)
{
    if (strcmp(name, "database") == 0)
        return c->database;
    if (strcmp(name, "cluster") == 0)
        return c->cluster;
    if (strcmp(name, "name") == 0)
        return c->name;
    for (const struct kv *v = c->variables; v && v->key; v++)
        if (strcmp(v->key, name) == 0)
            return v->value;
    return NULL;
}

/* Appends the value of one {NAME}. p: behind the opening brace; returns behind the closing one. */
static const char *put_variable(struct loader *l, const char *key, const char *p, bool topics,
                                struct buf *out, struct err *err)
{
    char name[80], what[200];
    size_t n = strcspn(p, "}");
    const char *value = NULL;
    snprintf(name, sizeof name, "%.*s", (int)n, p);
    bool itself = strcmp(key, "name") == 0 && strcmp(name, "name") == 0;
    if (p[n] && n < sizeof name && !itself)
        value = variable(l->c, name);
    if (!value) {
        snprintf(what, sizeof what,
                 "{%s}: nothing of this name is known here: `database` (of an entry with "
                 "databases), `cluster`, "
                 "%sor one of `variables`", name, strcmp(key, "name") == 0 ? "" : "`name` ");
        load_bad_option(l, key, what, err);
        return NULL;
    }
    buf_str(out, topics ? made_of(&l->c->arena, value, in_topics, TOPIC_MOST) : value);
    return p + n + 1;
}

/* Fills in *text, if it has variables. */
static int fill(struct loader *l, const char *key, const char **text, bool topics, struct err *err)
{
    struct buf out = { 0 };
    const char *p = *text;
    if (!p || !strchr(p, '{'))
        return 0;
    while (p && *p) {
        if (*p == '{')
            p = put_variable(l, key, p + 1, topics, &out, err);
        else
            buf_u8(&out, (uint8_t)*p++);
    }
    if (p)
        *text = topics ? arena_strdup(&l->c->arena, buf_cstr(&out))
                       : made_of(&l->c->arena, arena_strdup(&l->c->arena, buf_cstr(&out)),
                                 in_slots, SLOT_MOST);
    buf_done(&out);
    return p ? 0 : -1;
}

int template_name(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    if (!c->name && c->database && c->cluster)
        c->name = "{cluster}-{database}";
    return fill(l, "name", &c->name, true, err);
}

int template_rest(struct loader *l, struct err *err)
{
    struct config *c = l->c;
    const struct option *slot = option_find("source.slot");
    if (c->database && !l->given[slot - options].layer) {
        c->pg.slot = "tailrace_{database}";
        l->at = c->at;
        load_mark(l, slot);
    }
    return fill(l, "topics.prefix", &c->enc.prefix, true, err) ||
        fill(l, "source.slot", &c->pg.slot, false, err) ||
           fill(l, "source.publication", &c->pg.publication, false, err) ? -1 : 0;
}

static int needs_database(struct loader *l, const char *key, const char *text, struct err *err)
{
    if (!text || strstr(text, "{database}") || (strstr(text, "{name}") && strcmp(key, "name") != 0))
        return 0;
    return load_bad_option(l, key,
                           "with `databases` each database needs one of its own: {database} is "
                           "wanted in it", err);
}

int template_check(struct loader *l, struct err *err)
{
    const struct config *c = l->c;
    return needs_database(l, "name", c->name, err) ||
        needs_database(l, "topics.prefix", c->enc.prefix, err) ||
        needs_database(l, "source.slot", c->pg.slot, err) ? -1 : 0;
}
