#include "report/words.h"

static const char *title(struct arena *a, const struct table *t)
{
    return *t->schema ? arena_printf(a, "%s.%s", t->schema, t->name) : t->name;
}

const char *table_title(const struct diff *d, const struct table_diff *t)
{
    if (t->state == TABLE_RENAMED)
        return arena_printf(d->a, "%s -> %s", title(d->a, t->old->table), title(d->a, t->new->table));
    return title(d->a, t->new ? t->new->table : t->old->table);
}

const char *table_state_word(enum table_state s)
{
    static const char *const words[] = { "changed", "new table", "table is gone", "table renamed" };
    return words[s];
}

const char *table_topic(const struct table_diff *t)
{
    return t->new && t->new->topic ? t->new->topic : t->old ? t->old->topic : NULL;
}

const char *reason_head(const struct reason *r)
{
    static const char *const heads[DIRECTIONS][2][3] = {
        [BACKWARD] = { { "", "new readers misread old keys", "new readers cannot read old keys" },
                       { "", "new readers misread old values", "new readers cannot read old values" } },
        [FORWARD] = { { "", "old readers misread new keys", "old readers cannot read new keys" },
                      { "", "old readers misread new values", "old readers cannot read new values" } },
    };
    return heads[r->direction][r->part == PLAN_VALUE][r->what];
}

const char *diff_headline(const struct diff *d)
{
    if (!d->n)
        return arena_printf(d->a, "No difference: %zu table%s equal", d->same, d->same == 1 ? " is" : "s are");
    return arena_printf(d->a, "%zu table%s (%zu breaking, %zu compatible), %zu %s equal", d->n, d->n == 1 ? " differs" : "s differ",
                        d->impacts[IMPACT_BREAKING], d->impacts[IMPACT_COMPATIBLE], d->same, d->same == 1 ? "is" : "are");
}
