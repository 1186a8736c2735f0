/*
 * Describes a relation as it was when a row was written: takes each fact from the nearest source of
 * describe.h, and makes a struct table of them.
 */
#include "source/pg/describe.h"
#include <string.h>

static void doubt(struct pg_described *ret, uint32_t xid, uint32_t later)
{
    if (later && (!ret->doubt || later - xid < ret->doubt - xid))
        ret->doubt = later;
}

static void take_facts(struct pg_said *to, const struct pg_said *from, int first, int end,
                       struct arena *a)
{
    for (int f = first; f < end; f++)
        to->fact[f] = from ? arena_strdup(a, from->fact[f]) : NULL;
}

/* ---- types ---- */

static bool has_label(const char *list, const char *label)
{
    size_t n = strlen(label);
    for (const char *at = list; at; at = strchr(at, 1)) {
        at += *at == 1;
        if (strncmp(at, label, n) == 0 && (!at[n] || at[n] == 1))
            return true;
    }
    return false;
}

/* The enum's labels at the row's time. Has the label that came, if any known list has it. */
static const char *labels_of(const struct pg_now *now, const struct pg_said *old, const char *came,
                             struct arena *a)
{
    const char *kept = old ? old->fact[PG_LABELS] : NULL, *all = now->said.fact[PG_LABELS];
    const char *then = !now->type           ? kept
                       : !now->labels_later ? all
                       : kept               ? kept
                                            : now->labels_before;
    if (!came || (then && has_label(then, came)))
        return then;
    if (all && has_label(all, came))
        return all;
    if (kept && has_label(kept, came))
        return kept;
    return then && *then ? arena_printf(a, "%s\1%s", then, came) : came;
}

/*
 * For a type that the catalog has no more and that was never seen: takes its base type's name from
 * the Type message before the Relation message.
 */
static int named_type(const struct pg_describing *d, struct pg_said *said, struct arena *a,
                      struct err *err)
{
    const struct pg_type_name *t = d->types;
    while (t && t->oid != said->type)
        t = t->next;
    if (!t)
        return err_set(err, ERR_DATA,
                       "column %s has the type with oid %u, which is not in the catalog any more "
                       "and which the server did "
                       "not name. Leave the table out (tables.exclude) to go on without it",
                       said->name, said->type);
    said->fact[PG_NAME] = arena_strdup(a, t->name);
    said->fact[PG_FORMAT] =
        *t->schema ? arena_printf(a, "%s.%s", t->schema, t->name) : said->fact[PG_NAME];
    said->fact[PG_SEND] = "t";
    said->fact[PG_GUESSED] = *t->schema ? "t" : NULL;
    return 0;
}

static int type_facts(const struct pg_describing *d, struct pg_now *now, const struct pg_said *old,
                      const struct pg_met *met, struct arena *a, struct err *err)
{
    struct pg_said *said = &now->said;
    const char *labels = labels_of(now, old, met ? met->label : NULL, a);
    if (!now->type && old)
        take_facts(said, old, 0, PG_TYPE_FACTS, a);
    else if (!now->type && named_type(d, said, a, err))
        return -1;
    said->fact[PG_LABELS] = arena_strdup(a, labels);
    if (met && met->form)
        said->fact[PG_SEND] = met->form == 'b' ? "t" : "f";
    return 0;
}

/* ---- the column's own ---- */

/*
 * A NOT NULL domain does not keep out every NULL (an outer join's, a subquery's without a row). A
 * column that had one may have others.
 */
static bool had_nulls(const struct pg_said *said, const struct pg_said *old)
{
    return pg_said_is(said, PG_DOMAIN) && pg_said_is(old, PG_DOMAIN) && !pg_said_is(old, PG_MUST);
}

/*
 * If it is not known since when a column is NOT NULL, that is a guess: the first NULL that comes
 * corrects it. A default of unknown time is left out.
 */
static void column_facts(struct pg_now *now, const struct pg_said *old, const struct pg_met *met,
                         struct arena *a)
{
    struct pg_said *said = &now->said;
    bool doubted = !now->column || now->later, default_doubted = !now->column || now->default_later;
    if (doubted && old)
        said->fact[PG_NOTNULL] = arena_strdup(a, old->fact[PG_NOTNULL]);
    if (default_doubted)
        take_facts(said, old, PG_DEFAULT, PG_COMMENT, a);
    if (!now->column)
        take_facts(said, old, PG_COMMENT, PG_FACTS, a);
    if (old && had_nulls(said, old))
        said->fact[PG_MUST] = NULL;
    if (met && met->null)
        said->fact[PG_NOTNULL] = said->fact[PG_MUST] = NULL;
}

static int one_column(const struct pg_describing *d, uint16_t i, struct pg_now *now,
                      struct pg_described *ret, struct arena *a, struct err *err)
{
    struct pg_said kept;
    const struct pg_said *old =
        pg_kept_column(d->kept, now->said.name, now->said.type, &kept) ? &kept : NULL;
    const struct pg_met *met = d->met ? &d->met[i] : NULL;
    if (type_facts(d, now, old, met, a, err))
        return -1;
    column_facts(now, old, met, a);
    doubt(ret, d->xid, now->later);
    doubt(ret, d->xid, now->default_later);
    doubt(ret, d->xid, now->labels_later);
    ret->gone &= !now->column;
    return 0;
}

/* ---- the key ---- */

static bool find_column(const struct table *t, const char *name, uint16_t *ret)
{
    for (uint16_t i = 0; name && i < t->ncols; i++)
        if (strcmp(t->cols[i].name, name) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

/* Finds one column of the catalog's key among the message's columns. cols NULL: by name alone. */
static bool find_now(const struct table *t, const struct pg_said *cols, const struct pg_now_key *k,
                     const struct pg_key_column *c, uint16_t *ret)
{
    bool named = find_column(t, c->name, ret);
    if (!cols || (named && (!c->renamed || *ret == c->place)))
        return named;
    *ret = c->place;
    return k->of == t->ncols && c->place < t->ncols && cols[c->place].type == c->type;
}

/*
 * Finds the catalog's key among the message's columns: by name; by index for a column that may have
 * been renamed since, if the message has all columns. 0: a column of the key is missing.
 */
static uint16_t key_now(const struct table *t, const struct pg_said *cols,
                        const struct pg_now_key *k, uint16_t *ret)
{
    uint16_t n = 0;
    if (k->n > t->ncols)
        return 0;
    while (n < k->n && find_now(t, cols, k, &k->columns[n], &ret[n]))
        n++;
    return n == k->n ? n : 0;
}

/*
 * The same by name alone: where the places say nothing. They count columns that the row's own
 * transaction dropped, generated ones and those that are not published.
 */
static uint16_t key_named(const struct table *t, const struct pg_now_key *k, uint16_t *ret)
{
    return key_now(t, NULL, k, ret);
}

static bool may_be_renamed(const struct pg_now_key *k)
{
    bool any = false;
    for (uint16_t i = 0; i < k->n; i++)
        any |= k->columns[i].renamed;
    return any;
}

static uint16_t key_kept(const struct table *t, const json_t *kept, uint16_t *ret, bool *ret_marked)
{
    const json_t *names = pg_kept_key(kept, ret_marked);
    uint16_t n = 0;
    if (json_array_size(names) > t->ncols)
        return 0;
    while (n < json_array_size(names) &&
           find_column(t, json_string_value(json_array_get(names, n)), &ret[n]))
        n++;
    return n == json_array_size(names) ? n : 0;
}

static bool is_marked_set(const uint16_t *key, uint16_t n, const bool *marked, uint16_t nmarked)
{
    for (uint16_t i = 0; i < n; i++)
        if (!marked[key[i]])
            return false;
    return n == nmarked;
}

/*
 * The message marks the key's columns. Their order comes from a source that knows a key of just
 * these columns.
 */
static uint16_t marked_key(const struct table *t, const struct pg_said *cols,
                           const struct pg_describing *d, const struct pg_now_key *now,
                           const bool *marked, uint16_t nmarked, uint16_t *key)
{
    bool ignored;
    uint16_t n = key_now(t, cols, now, key);
    if (is_marked_set(key, n, marked, nmarked))
        return n;
    n = key_kept(t, d->kept, key, &ignored);
    if (is_marked_set(key, n, marked, nmarked))
        return n;
    n = key_named(t, now, key);
    if (is_marked_set(key, n, marked, nmarked))
        return n;
    if (now->n > nmarked && !now->later && now->of > t->ncols)
        return 0;       /* a key column is not published: the stream sends no key */
    for (uint16_t i = n = 0; i < t->ncols; i++)
        if (marked[i])
            key[n++] = i;
    return n;
}

/*
 * The message marks no key of its own. A kept key that was marked then is gone, unless the identity
 * is REPLICA IDENTITY FULL, which marks all columns. Under FULL only the names say which columns
 * are the key's.
 */
static uint16_t unmarked_key(const struct table *t, const struct pg_describing *d, uint16_t *key,
                             struct arena *scratch)
{
    bool was_marked;
    uint16_t n = key_kept(t, d->kept, key, &was_marked);
    const char **names = arena_alloc(scratch, (t->ncols + 1u) * sizeof *names);
    for (uint16_t i = 0; i < t->ncols; i++)
        names[i] = t->cols[i].name;
    bool gone = was_marked && d->message->identity != 'f';
    return gone || !pg_kept_in_place(d->kept, names, t->ncols) ? 0 : n;
}

/* A NULL in a key column: these columns were no key when the row was written. */
static bool met_null(const struct pg_met *met, const uint16_t *key, uint16_t n)
{
    for (uint16_t i = 0; met && i < n; i++)
        if (met[key[i]].null)
            return true;
    return false;
}

/*
 * Is it known that the table had no key? Only the catalog of the row's own time, or what was kept,
 * says so.
 */
static bool is_keyless(const struct pg_describing *d)
{
    bool ignored;
    return !d->xid || (d->kept && !json_array_size(pg_kept_key(d->kept, &ignored)));
}

static int find_key(const struct pg_describing *d, const struct pg_said *cols, const bool *marked,
                    struct table *t, uint16_t *key, struct pg_described *ret, struct arena *a,
                    struct err *err)
{
    struct pg_now_key now;
    uint16_t nmarked = 0;
    for (uint16_t i = 0; i < t->ncols; i++)
        nmarked = (uint16_t)(nmarked + marked[i]);
    if (pg_catalog_key(d->sql, d->message, nmarked > 0, d->xid, &now, a, err))
        return -1;
    doubt(ret, d->xid, now.later);
    if (nmarked && d->message->identity != 'f') {
        t->nkey = marked_key(t, cols, d, &now, marked, nmarked, key);
        ret->known.marked = true;
        return 0;
    }
    bool of_its_time = now.n && !now.later;
    if (of_its_time)
        t->nkey = key_now(t, cols, &now, key);
    if (of_its_time ? !t->nkey && may_be_renamed(&now) : now.n || ret->gone || !d->again)
        t->nkey = unmarked_key(t, d, key, a);
    if (!t->nkey && of_its_time && !d->kept && now.of != t->ncols)
        t->nkey = key_named(t, &now, key);
    if (met_null(d->met, key, t->nkey))
        t->nkey = 0;
    t->key_lost = !t->nkey && !is_keyless(d);
    return 0;
}

/*
 * The table has a key that the publication leaves out. Once the publication has the key, older rows
 * still come without it: their key is lost.
 */
static int find_hidden(const struct pg_describing *d, struct table *t, struct arena *a,
                       struct err *err)
{
    struct pg_hidden_key hidden;
    if (pg_catalog_hidden_key(d->sql, d->message, d->xid, d->publication, &hidden, a, err))
        return -1;
    t->key_hidden = hidden.column;
    t->key_lost |= hidden.there;
    return 0;
}

/* ---- the whole ---- */

/* An identity index may take columns whose NOT NULL is NOT VALID. */
static bool may_be_null(const struct pg_said *said, const struct pg_met *met)
{
    return (met && met->null) || (said->fact[PG_NOTNULL] && *said->fact[PG_NOTNULL] == 'n');
}

static struct table *table_of(const struct pg_describing *d, const struct pg_said *cols,
                              const bool *marked, struct arena *a)
{
    const struct pg_relation *m = d->message;
    struct column *out =
        memset(arena_alloc(a, (m->ncols + 1u) * sizeof *out), 0, (m->ncols + 1u) * sizeof *out);
    struct table *t = arena_alloc(a, sizeof *t);
    *t = (struct table){
        .id = m->oid,
        .database = d->database,
        .cols = out,
        .ncols = m->ncols,
        .name = arena_strdup(a, m->name),
        .schema = arena_strdup(a, *m->schema ? m->schema : "pg_catalog"),
        /* NULL: there is no identity, so there are no deletes */
        .identity = memchr(marked, true, m->ncols) ? marked : NULL,
    };
    for (uint16_t i = 0; i < m->ncols; i++) {
        pg_said_column(&cols[i], d->binary, &out[i], a);
        if (marked[i] && m->identity != 'f' && !may_be_null(&cols[i], d->met ? &d->met[i] : NULL))
            out[i].nullable = false; /* of a primary key or an identity index: NOT NULL */
    }
    return t;
}

static void know(const struct pg_said *cols, const struct table *t, struct pg_described *ret,
                 struct arena *scratch)
{
    const char **key = arena_alloc(scratch, (t->nkey + 1u) * sizeof *key);
    for (uint16_t i = 0; i < t->nkey; i++)
        key[i] = t->cols[t->key[i]].name;
    ret->known.cols = cols;
    ret->known.ncols = t->ncols;
    ret->known.nkey = t->nkey;
    ret->known.key = key;
}

int pg_describe(const struct pg_describing *d, struct arena *scratch, struct arena *a,
                struct pg_described *ret, struct err *err)
{
    const struct pg_relation *m = d->message;
    struct pg_now *now = arena_alloc(scratch, (m->ncols + 1u) * sizeof *now);
    struct pg_said *cols = arena_alloc(scratch, (m->ncols + 1u) * sizeof *cols);
    uint16_t *key = arena_alloc(a, (m->ncols + 1u) * sizeof *key);
    *ret = (struct pg_described){ .in_identity = arena_alloc(a, m->ncols + 1u),
                                  .guessed = arena_alloc(a, m->ncols + 1u),
                                  .gone = true };
    struct cursor columns = m->columns;
    for (uint16_t i = 0; i < m->ncols; i++)
        ret->in_identity[i] = pg_proto_rel_column(&columns).identity;
    int rc = pg_catalog_columns(d->sql, m, d->xid, now, scratch, err);
    for (uint16_t i = 0; !rc && i < m->ncols; i++) {
        rc = one_column(d, i, &now[i], ret, scratch, err);
        cols[i] = now[i].said;
        ret->guessed[i] = pg_said_is(&cols[i], PG_GUESSED);
    }
    if (!rc) {
        ret->table = table_of(d, cols, ret->in_identity, a);
        ret->table->key = key;
        rc = find_key(d, cols, ret->in_identity, ret->table, key, ret, scratch, err);
    }
    if (!rc && !ret->table->nkey)
        rc = find_hidden(d, ret->table, a, err);
    if (rc)
        return err_wrap(err, "table %s.%s", *m->schema ? m->schema : "pg_catalog", m->name);
    know(cols, ret->table, ret, scratch);
    return 0;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static bool same_column(const struct column *a, const struct column *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->type_name, b->type_name) == 0 &&
           a->type == b->type && a->form == b->form && a->is_array == b->is_array &&
           a->nullable == b->nullable && a->has_scale == b->has_scale &&
           a->precision == b->precision && a->scale == b->scale && a->length == b->length &&
           a->default_kind == b->default_kind && same_text(a->default_text, b->default_text) &&
           same_text(a->enum_allowed, b->enum_allowed);
}

bool pg_described_same(const struct table *a, const struct table *b)
{
    bool same = a->ncols == b->ncols && a->nkey == b->nkey && strcmp(a->schema, b->schema) == 0 &&
                strcmp(a->name, b->name) == 0 &&
                memcmp(a->key, b->key, a->nkey * sizeof *a->key) == 0 &&
                !a->identity == !b->identity && !a->key_hidden == !b->key_hidden &&
                (!a->identity || memcmp(a->identity, b->identity, a->ncols) == 0);
    for (uint16_t i = 0; same && i < a->ncols; i++)
        same = same_column(&a->cols[i], &b->cols[i]);
    return same;
}
