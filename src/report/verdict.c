/* Says what a verdict means at a level of compatibility. */
#include <string.h>
#include "report/diff.h"

const char *const compatibility_levels[] = { "BACKWARD", "BACKWARD_TRANSITIVE",
                                             "FORWARD",  "FORWARD_TRANSITIVE",
                                             "FULL",     "FULL_TRANSITIVE",
                                             NULL };

static enum avro_reading at_level(const struct verdict *v, const char *level)
{
    const enum avro_reading *r = strstr(level, "_TRANSITIVE") ? v->all : v->latest;
    if (strncmp(level, "BACKWARD", 8) == 0)
        return r[BACKWARD];
    if (strncmp(level, "FORWARD", 7) == 0)
        return r[FORWARD];
    return strncmp(level, "FULL", 4) == 0 ? avro_worse(r[BACKWARD], r[FORWARD]) : AVRO_READS;
}

bool verdict_holds(const struct verdict *v, const char *level)
{
    return !v->known || at_level(v, level) == AVRO_READS;
}

const char *verdict_word(const struct verdict *v, const char *level)
{
    static const char *const words[] = { "yes", "misread", "no" };
    return v->known ? words[at_level(v, level)] : "-";
}

bool table_key_changed(const struct table_diff *t)
{
    for (size_t i = 0; i < t->nchanges; i++)
        if (t->changes[i].kind == CHANGE_KEY)
            return true;
    return false;
}
