/* Reads from a schema registry: subjects, versions, compatibility levels. */
#include <jansson.h>
#include <stdio.h>
#include "encode/registry_client.h"

/* A GET whose answer is JSON; *ret NULL: there is no such thing (HTTP 404). */
static int get(struct registry *r, const char *path, json_t **ret, struct err *err)
{
    long status;
    struct slice reply;
    *ret = NULL;
    if (registry_get(r, path, &status, &reply, err))
        return -1;
    if (status == 404)
        return 0;
    *ret = json_loadb((const char *)reply.p, reply.n, JSON_ALLOW_NUL, NULL);
    if (status == 200 && *ret)
        return 0;
    json_decref(*ret);
    return err_set(err, ERR_CONFIG,
                   "schema registry: GET %s is answered with HTTP %ld: is registry.url its base?",
                   path, status);
}

static int get_of(struct registry *r, const char *before, const char *subject, const char *after,
                  json_t **ret, struct err *err)
{
    struct buf path = { 0 };
    registry_path(r, &path, before, subject, after);
    int rc = get(r, buf_cstr(&path), ret, err);
    buf_done(&path);
    return rc;
}

int registry_subjects(struct registry *r, struct arena *a, const char *const **ret, size_t *ret_n,
                      struct err *err)
{
    json_t *j, *v;
    size_t i;
    if (get(r, "/subjects", &j, err))
        return -1;
    const char **names = arena_alloc(a, (json_array_size(j) + 1) * sizeof *names);
    *ret_n = 0;
    json_array_foreach(j, i, v)
        if (json_is_string(v))
            names[(*ret_n)++] = arena_strdup(a, json_string_value(v));
    json_decref(j);
    *ret = names;
    return 0;
}

int registry_version(struct registry *r, const char *subject, int version, struct arena *a,
                     const char **ret_schema, int *ret_version, struct err *err)
{
    char after[32] = "/versions/latest";
    json_t *j;
    if (version)
        snprintf(after, sizeof after, "/versions/%d", version);
    if (get_of(r, "/subjects/", subject, after, &j, err))
        return -1;
    *ret_schema = arena_strdup(a, json_string_value(json_object_get(j, "schema")));
    json_int_t v = json_integer_value(json_object_get(j, "version"));
    *ret_version = v > 0 && v <= INT32_MAX ? (int)v : 0;
    json_decref(j);
    return 0;
}

int registry_level(struct registry *r, const char *subject, struct arena *a, const char **ret,
                   struct err *err)
{
    json_t *j;
    if (get_of(r, "/config/", subject, "?defaultToGlobal=true", &j, err) ||
        (!j && get(r, "/config", &j, err)))
        return -1;
    const char *level = json_string_value(json_object_get(j, "compatibilityLevel"));
    *ret = arena_strdup(a, level ? level : "BACKWARD");
    json_decref(j);
    return 0;
}
