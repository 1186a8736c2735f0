/* Compares a plan's key and value schemas with the registry's latest versions. A feed asks before
 * it writes a new table version. */
#include "flow/guard.h"
#include <string.h>
#include "encode/avro_schema.h"

/* Keeps the first reason only. */
static void keep_first(void *arg, enum avro_reading what, const char *path, const char *why)
{
    struct err *first = arg;
    (void)what;
    if (!first->class)
        err_set(first, ERR_DATA, "%s: %s", path, why);
}

static int refuse(const char *subject, int version, const char *level, const char *who,
                  const struct err *why, struct err *err)
{
    err_set(err, ERR_DATA,
            "subject %s: the table's new schema does not follow version %d at %s: %s: %s", subject,
            version, level, who, why->msg);
    return 0;
}

static int hold_against(const char *subject, const char *text, const char *old_text, int version,
                        const char *level, struct arena *a, struct err *err)
{
    const struct avro_schema *new, *old;
    struct err why = { 0 };
    if (avro_schema_parse(text, a, &new, err) || avro_schema_parse(old_text, a, &old, err))
        return err_wrap(err, "subject %s", subject);
    if (strncmp(level, "FORWARD", 7) != 0 && avro_resolve(new, old, keep_first, &why) != AVRO_READS)
        return refuse(subject, version, level, "new readers, old records", &why, err);
    if (strncmp(level, "BACKWARD", 8) != 0 &&
        avro_resolve(old, new, keep_first, &why) != AVRO_READS)
        return refuse(subject, version, level, "old readers, new records", &why, err);
    return 1;
}

static int guard_part(struct registry *r, const struct plan *p, enum plan_part part,
                      struct arena *a, struct err *err)
{
    const char *subject = plan_subject(plan_topic(p), part, a);
    const char *text = plan_schema(p, part), *old, *level;
    int version;
    if (registry_version(r, subject, 0, a, &old, &version, err))
        return -1;
    if (!old || (text && strcmp(old, text) == 0))
        return 1;
    if (!text) {
        err_set(err, ERR_DATA, "subject %s: the table has no key any more", subject);
        return 0;
    }
    if (registry_level(r, subject, a, &level, err))
        return -1;
    return hold_against(subject, text, old, version,
                        strcmp(level, "NONE") == 0 ? "BACKWARD" : level, a, err);
}

int guard_schemas(struct registry *r, const struct plan *p, struct err *err)
{
    struct arena a;
    arena_init(&a, 16384);
    int fits = guard_part(r, p, PLAN_KEY, &a, err);
    if (fits == 1)
        fits = guard_part(r, p, PLAN_VALUE, &a, err);
    arena_done(&a);
    return fits;
}
