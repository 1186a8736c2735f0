/* Reads a value: replaces ${} in its text, and writes it to the field that its option names. */
#include "config/load.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/distance.h"
#include "base/secret.h"

int load_bad(const struct loader *l, struct err *err, const char *key, const char *what)
{
    if (!l->at.file)
        return err_set(err, ERR_CONFIG, "--set %s%s: %s", l->set, key, what);
    return err_set(err, ERR_CONFIG, "%s:%zu: %s: %s", l->at.file, l->at.line, key, what);
}

int load_bad_option(struct loader *l, const char *key, const char *what, struct err *err)
{
    const struct given *g = &l->given[option_find(key) - options];
    if (!g->layer)
        return err_set(err, ERR_CONFIG, "%s: %s: %s", l->where, key, what);
    l->at = g->at;
    return load_bad(l, err, key, what);
}

/* ---- keys ---- */

/* Names the nearest option or section. */
int load_unknown_key(const struct loader *l, const char *key, struct err *err)
{
    char nearest[100] = "", name[100], what[200];
    size_t least = SIZE_MAX;
    for (const struct option *o = options; o->key; o++)
        for (size_t n = strcspn(o->key, "."), all =
             strlen(o->key);; n += 1 + strcspn(o->key + n + 1, ".")) {
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
    return load_bad(l, err, key, what);
}

const struct option *option_find(const char *key)
{
    for (const struct option *o = options; o->key; o++)
        if (strcmp(o->key, key) == 0)
            return o;
    return NULL;
}

bool option_section(const char *key)
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
        return err_set(err, ERR_CONFIG, "%s: %s%s", path, strerror(errno), errno == EACCES
                       ? " -> be a user who may read it: the service's own, or root" : "");
    for (size_t n; (n = fread(part, 1, sizeof part, f));)
        buf_put(out, part, n);
    int why = ferror(f) ? errno : 0;
    fclose(f);
    return why ? err_set(err, ERR_CONFIG, "%s: %s", path, strerror(why)) : 0;
}

/* Appends a file without the line end that an editor puts there. */
static int put_file(const char *path, struct buf *out, struct err *err)
{
    size_t before = out->n;
    if (file_read(path, out, err))
        return -1;
    while (out->n > before && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
        out->n--;
    return out->n > before ? 0 : err_set(err, ERR_CONFIG, "%s: it is empty", path);
}

/* Appends the value of one reference. p: behind "${"; returns behind "}". */
static const char *put_reference(const struct loader *l, const char *key, const char *p,
                                 struct buf *out, struct err *err)
{
    char name[512], what[700];
    const char *end = strchr(p, '}');
    if (!end || end - p >= (long)sizeof name) {
        load_bad(l, err, key, "${ without }");
        return NULL;
    }
    snprintf(name, sizeof name, "%.*s", (int)(end - p), p);
    if (!*name || strcmp(name, "file:") == 0) {
        load_bad(l, err, key, "${} names nothing: ${VARIABLE} or ${file:PATH} is wanted");
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
    load_bad(l, err, key, what);
    return NULL;
}

char *load_expand(const struct loader *l, const char *key, const char *s, struct err *err)
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

static int set_number(const struct loader *l, const struct option *o, const char *text, void *to,
                      struct err *err)
{
    char *end, what[120];
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (!*text || *end || errno || v < o->min || v > o->max) {
        snprintf(what, sizeof what, "\"%.40s\" is not a number from %lld to %lld", text, o->min,
                 o->max);
        return load_bad(l, err, o->key, what);
    }
    if (o->type == OPT_INT64)
        *(int64_t *)to = v;
    else
        *(int *)to = (int)v;
    return 0;
}

static int set_bool(const struct loader *l, const struct option *o, const char *text, bool *to,
                    struct err *err)
{
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0)
        return load_bad(l, err, o->key, "true or false is wanted");
    *to = yes;
    return 0;
}

static int set_choice(const struct loader *l, const struct option *o, const char *text, int *to,
                      struct err *err)
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
    return load_bad(l, err, o->key, what);
}

/*
 * The length of the item at p. A comma ends it, but not inside brackets (a regular expression's
 * {1,2}).
 */
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

/* Splits a list in one text, as the command line and variables give it: commas between items. */
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

void load_mark(struct loader *l, const struct option *o)
{
    l->given[o - options] = (struct given){ l->at, l->layer };
}

int load_scalar(struct loader *l, const struct option *o, const char *raw, struct err *err)
{
    void *to = (char *)l->c + o->at;
    char *text = load_expand(l, o->key, raw, err);
    if (!text)
        return -1;
    if (secret_name(o->key))
        secret_note(text);
    load_note_secret(l, o->key, raw, text);
    switch (o->type) {
    case OPT_STRING: *(const char **)to = text; return 0;
    case OPT_INT:
    case OPT_INT64:  return set_number(l, o, text, to, err);
    case OPT_BOOL:   return set_bool(l, o, text, to, err);
    case OPT_CHOICE: return set_choice(l, o, text, to, err);
    case OPT_LIST:   split_list(l, o, text); return 0;
    case OPT_FEEDS:  return load_bad(l, err, o->key, "a list of feeds is wanted, in a file");
    default:         return load_bad(l, err, o->key, "a mapping is wanted");
    }
}

/* Appends one pair to a kv list, or replaces the pair of the same key. */
void load_pair(struct config *c, const struct kv **list, const char *key, const char *value)
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
