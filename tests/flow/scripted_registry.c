/* A registry that holds one subject. */
#include "scripted_registry.h"
#include <string.h>

int __wrap_registry_id(struct registry *r, const char *subject, const char *schema,
                       int32_t *ret_id, struct err *err);
int __wrap_registry_version(struct registry *r, const char *subject, int version, struct arena *a,
                            const char **ret_schema,
                            int *ret_version, struct err *err);
int __wrap_registry_look(struct registry *r, struct err *err);
int __wrap_registry_level(struct registry *r, const char *subject, struct arena *a,
                          const char **ret, struct err *err);

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

int __wrap_registry_id(struct registry *r, const char *subject, const char *schema,
                       int32_t *ret_id, struct err *err)
{
    if (!schema || is(r->refuses, subject))
        return err_set(err, r->class, "subject %s is refused", subject);
    *ret_id = 0x01020300 + ++r->asked;
    return 0;
}

int __wrap_registry_version(struct registry *r, const char *subject, int version, struct arena *a,
                            const char **ret_schema,
                            int *ret_version, struct err *err)
{
    if (is(r->fails, subject))
        return err_set(err, r->class, "subject %s cannot be asked for", subject);
    *ret_schema = version == 0 && is(r->subject, subject) ? arena_strdup(a, r->latest) : NULL;
    *ret_version = 7;
    return 0;
}

int __wrap_registry_level(struct registry *r, const char *subject, struct arena *a,
                          const char **ret, struct err *err)
{
    if (is(r->fails, "level"))
        return err_set(err, r->class, "the level of %s cannot be asked for", subject);
    *ret = arena_strdup(a, r->level);
    return 0;
}

int __wrap_registry_look(struct registry *r, struct err *err)
{
    return is(r->fails, "look") ? err_set(err, r->class, "the registry refuses us") : 0;
}
