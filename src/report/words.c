/* Words and titles that every rendering of a comparison uses. */
#include <string.h>
#include "report/words.h"

bool change_is_added(enum change_kind kind)
{
    return kind == CHANGE_COLUMN_ADDED || kind == CHANGE_FIELD_ADDED;
}

bool change_is_removed(enum change_kind kind)
{
    return kind == CHANGE_COLUMN_REMOVED || kind == CHANGE_FIELD_REMOVED;
}

static const char *title(struct arena *a, const struct table *t)
{
    return *t->schema ? arena_printf(a, "%s.%s", t->schema, t->name) : t->name;
}

const char *table_title(const struct diff *d, const struct table_diff *t)
{
    if (t->state == TABLE_RENAMED)
        return arena_printf(d->a, "%s -> %s", title(d->a, t->old->table),
                            title(d->a, t->new->table));
    return title(d->a, t->new ? t->new->table : t->old->table);
}

const char *table_state_word(const struct diff *d, const struct table_diff *t)
{
    static const char *const words[] = { "changed", "new table", "table is gone", "table renamed" };
    const struct side *copies = d->old->copy ? d->old : d->new;
    bool in_copy = d->old->copy ? t->old != NULL : t->new != NULL;
    if (!d->across || t->state == TABLE_STAYS || t->state == TABLE_RENAMED)
        return words[t->state];
    return arena_printf(d->a, "%s in %s", in_copy ? "only" : "not", dialect_name(copies->dialect));
}

const char *table_topic(const struct table_diff *t)
{
    return t->new && t->new->topic ? t->new->topic : t->old ? t->old->topic : NULL;
}

const char *diff_topic(const struct table_diff *t)
{
    return t->old && t->old->topic ? t->old->topic : t->new ? t->new->topic : NULL;
}

const char *table_topics(const struct diff *d, const struct table_diff *t)
{
    const char *old = t->old ? t->old->topic : NULL, *new = t->new ? t->new->topic : NULL;
    bool moved = old && new && !d->across && strcmp(old, new) != 0;
    return moved ? arena_printf(d->a, "%s -> %s", old, new) : table_topic(t);
}

const char *table_readers(const struct diff *d, const struct table_diff *t)
{
    struct buf b = { 0 };
    if (!t->facts.readers_known)
        return NULL;
    for (size_t i = 0; i < t->facts.nreaders; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", t->facts.readers[i]);
    const char *s = t->facts.nreaders ? arena_strdup(d->a, buf_cstr(&b)) : "no consumer group";
    buf_done(&b);
    return s;
}

const char *table_because(const struct diff *d, const struct table_diff *t)
{
    if (d->across)
        return NULL;
    if (t->new && t->new->problem)
        return arena_printf(d->a, "the feed cannot encode it: %s", t->new->problem);
    if (t->state == TABLE_REMOVED)
        return "its topic gets no more records";
    if (t->state == TABLE_RENAMED)
        return "its records go to another topic";
    return table_key_changed(t) ? "its records get another key: what was sent under the old one "
                                  "stays, at readers that hold rows by key"
                                : NULL;
}

const char *table_shape(const struct diff *d, const struct table_diff *t)
{
    struct buf b = { 0 };
    const struct table *n = t->new ? t->new->table : NULL;
    if (t->state != TABLE_ADDED || d->across)
        return NULL;
    for (uint16_t i = 0; i < n->ncols; i++)
        buf_printf(&b, "%s%s %s%s", i ? ", " : "", n->cols[i].name, n->cols[i].type_name,
                   n->cols[i].nullable ? "" : " not null");
    for (uint16_t i = 0; i < n->nkey; i++)
        buf_printf(&b, "%s%s", i ? ", " : "; key ", n->cols[n->key[i]].name);
    buf_str(&b, n->nkey ? "" : "; no key");
    const char *s = arena_strdup(d->a, buf_cstr(&b));
    buf_done(&b);
    return s;
}

const char *table_level(const struct diff *d, const struct table_diff *t)
{
    const char *own = t->facts.level[PLAN_VALUE];
    const char *whose = !own ? ""
                        : strcmp(own, t->level) == 0
                            ? ", the subject's level"
                            : arena_printf(d->a, "; the subject's level is %s", own);
    return arena_printf(d->a, "judged at %s%s", t->level, whose);
}

const char *reason_head(const struct reason *r)
{
    static const char *const heads[DIRECTIONS][2][3] = {
        [BACKWARD] = { { "", "new readers misread old keys", "new readers cannot read old keys" },
                       { "", "new readers misread old values",
                         "new readers cannot read old values" } },
        [FORWARD] = { { "", "old readers misread new keys", "old readers cannot read new keys" },
                      { "", "old readers misread new values",
                        "old readers cannot read new values" } },
    };
    return heads[r->direction][r->part == PLAN_VALUE][r->what];
}

const char *diff_headline(const struct diff *d)
{
    if (!d->n)
        return arena_printf(d->a, "No difference: %zu table%s equal", d->same,
                            d->same == 1 ? " is" : "s are");
    return arena_printf(d->a, "%zu table%s (%zu breaking, %zu compatible), %zu %s equal", d->n,
                        d->n == 1 ? " differs" : "s differ", d->impacts[IMPACT_BREAKING],
                        d->impacts[IMPACT_COMPATIBLE], d->same, d->same == 1 ? "is" : "are");
}
