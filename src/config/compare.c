/* Compares two configurations of one feed, or of one process, option by option. */
#include "config/config.h"
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_list(const char *const *a, const char *const *b)
{
    for (; a && b && *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return (!a || !*a) && (!b || !*b);
}

static bool same_map(const struct kv *a, const struct kv *b)
{
    for (; a && b && a->key && b->key; a++, b++)
        if (strcmp(a->key, b->key) != 0 || !same_text(a->value, b->value))
            return false;
    return (!a || !a->key) && (!b || !b->key);
}

bool config_same(const struct option *o, const struct config *a, const struct config *b)
{
    const void *p = (const char *)a + o->at, *q = (const char *)b + o->at;
    switch (o->type) {
    case OPT_STRING: return same_text(*(const char *const *)p, *(const char *const *)q);
    case OPT_LIST:   return same_list(*(const char *const *const *)p,
                                      *(const char *const *const *)q);
    case OPT_MAP:    return same_map(*(const struct kv *const *)p, *(const struct kv *const *)q);
    case OPT_INT64:  return *(const int64_t *)p == *(const int64_t *)q;
    case OPT_BOOL:   return *(const bool *)p == *(const bool *)q;
    case OPT_INT:
    case OPT_CHOICE: return *(const int *)p == *(const int *)q;
    case OPT_FEEDS:  break;
    }
    return true;
}
