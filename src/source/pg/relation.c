/*
 * The tables of a feed by oid, and their versions: takes Relation and Type messages and rows, asks
 * the catalog (describe.c), and keeps beside the position what a later run must know.
 */
#include "source/pg/relation.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/xalloc.h"
#include "source/pg/slot.h"

enum { SWEEP_EVERY = 64 };      /* new versions */

void pg_relations_init(struct pg_relations *r, const struct pg_options *opt, const char *database)
{
    *r = (struct pg_relations){ .binary = opt->binary,
                                .wanted = &opt->wanted,
                                .database = database,
                                .publication = opt->publication };
    r->last_state = &r->states;
}

/* ---- entries ---- */

void pg_version_free(struct pg_version *v)
{
    if (!v)
        return;
    arena_done(&v->arena);
    free(v);
}

static void retire(struct pg_relations *r, struct pg_version *v)
{
    if (!v || r->quiet) {
        pg_version_free(v);
        return;
    }
    v->next = r->retired;
    r->retired = v;
}

struct pg_version *pg_relations_retired(struct pg_relations *r)
{
    struct pg_version *v = r->retired;
    if (v)
        r->retired = v->next;
    return v;
}

static void forget_met(struct pg_rel_entry *e)
{
    for (uint16_t i = 0; i < e->room; i++) {
        free(e->met[i].label);
        e->met[i] = (struct pg_met){ 0 };
    }
}

static void entry_free(struct pg_rel_entry *e)
{
    forget_met(e);
    free(e->met);
    free(e->old_cells);
    free(e->new_cells);
    free(e->kinds);
    free(e->history);
    buf_done(&e->raw);
    free(e);
}

static void forget_types(struct pg_relations *r)
{
    while (r->types) {
        struct pg_type_name *t = r->types;
        r->types = t->next;
        free(t->schema);
        free(t->name);
        free(t);
    }
}

void pg_relations_done(struct pg_relations *r)
{
    for (uint32_t i = 0; i < r->cap; i++)
        if (r->slots[i]) {
            pg_version_free(r->slots[i]->version);
            entry_free(r->slots[i]);
        }
    free(r->slots);
    forget_types(r);
    for (struct pg_version *v; (v = pg_relations_retired(r));)
        pg_version_free(v);
    for (struct pg_state *s; (s = pg_relations_state(r));) {
        free(s->value);
        free(s);
    }
    *r = (struct pg_relations){ 0 };
}

static struct pg_rel_entry **slot_of(struct pg_rel_entry **slots, uint32_t cap, uint32_t oid)
{
    uint32_t at = oid * 2654435761u & (cap - 1);
    while (slots[at] && slots[at]->oid != oid)
        at = (at + 1) & (cap - 1);
    return &slots[at];
}

struct pg_rel_entry *pg_relations_find(const struct pg_relations *r, uint32_t oid)
{
    return r->cap ? *slot_of(r->slots, r->cap, oid) : NULL;
}

/* Moves the entries to a table of cap slots, without those that are NULL by now. */
static void rehash(struct pg_relations *r, uint32_t cap)
{
    struct pg_rel_entry **slots = xcalloc(cap, sizeof *slots);
    for (uint32_t i = 0; i < r->cap; i++)
        if (r->slots[i])
            *slot_of(slots, cap, r->slots[i]->oid) = r->slots[i];
    free(r->slots);
    r->slots = slots;
    r->cap = cap;
}

static struct pg_rel_entry *entry_of(struct pg_relations *r, uint32_t oid)
{
    if (2 * (r->n + 1) > r->cap)
        rehash(r, r->cap ? r->cap * 2 : 64);
    struct pg_rel_entry **at = slot_of(r->slots, r->cap, oid);
    if (!*at) {
        *at = xcalloc(1, sizeof **at);
        (*at)->oid = oid;
        r->n++;
    }
    return *at;
}

static void *more(void *p, size_t n, size_t each)
{
    p = xrealloc(p, n, each);
    return p;
}

static void make_room(struct pg_rel_entry *e, uint16_t ncols)
{
    size_t n = ncols + 1u;
    if (e->met && ncols <= e->room)
        return;
    e->old_cells = more(e->old_cells, n, sizeof *e->old_cells);
    e->new_cells = more(e->new_cells, n, sizeof *e->new_cells);
    e->kinds = more(e->kinds, n, 1);
    e->met = more(e->met, n, sizeof *e->met);
    memset(e->met + e->room, 0, (n - e->room) * sizeof *e->met);
    e->room = ncols;
}

int pg_wanted(const struct filter *f, const char *schema, const char *table, struct err *err)
{
    char name[160];     /* two names of at most 63 bytes */
    if (strcmp(table, "spatial_ref_sys") == 0)
        /*
         * PostGIS's own table, which came with the extension: the connector never reads it either
         */
        return 0;
    snprintf(name, sizeof name, "%s.%s", schema, table);
    return filter_takes(f, name, err);
}

/* ---- what is kept ---- */

static void say_state(struct pg_relations *r, uint32_t oid, const char *value)
{
    struct pg_state *s = xcalloc(1, sizeof *s);
    s->value = xstrdup(value);
    snprintf(s->name, sizeof s->name, "relation %u", oid);
    *r->last_state = s;
    r->last_state = &s->next;
}

struct pg_state *pg_relations_state(struct pg_relations *r)
{
    struct pg_state *s = r->states;
    if (s && !(r->states = s->next))
        r->last_state = &r->states;
    return s;
}

static json_t *history_of(const struct pg_rel_entry *e)
{
    uint32_t oid;
    json_t *history = NULL;
    struct err ignored;
    if (!e->history || pg_kept_read(slice_str(e->history), &oid, &history, &ignored))
        history = json_array();
    return history;
}

static void keep(struct pg_relations *r, struct pg_rel_entry *e, const struct table *t,
                 json_t *history, uint64_t lsn, const struct pg_known *k)
{
    struct buf text = { 0 };
    if (r->quiet || !pg_kept_add(history, lsn, r->done, k))
        return;
    pg_kept_write(e->oid, t->schema, t->name, history, &text);
    free(e->history);
    e->history = xstrdup(buf_cstr(&text));
    buf_done(&text);
    say_state(r, e->oid, e->history);
}

void pg_relations_forget_kept(struct pg_relations *r)
{
    for (uint32_t i = 0; i < r->cap; i++)
        if (r->slots[i]) {
            free(r->slots[i]->history);
            r->slots[i]->history = NULL;
        }
}

int pg_relations_recall(struct pg_relations *r, struct slice value, struct err *err)
{
    uint32_t oid;
    json_t *history;
    if (!value.n)
        return 0;
    if (pg_kept_read(value, &oid, &history, err))
        return -1;
    json_decref(history);
    struct pg_rel_entry *e = entry_of(r, oid);
    if (!e->table && !e->unwanted) {
        free(e->history);
        e->history = xstrndup(value.p, value.n);
    }
    e->stored = e->history && slice_eq(slice_str(e->history), value);
    r->look |= !e->table;
    return 0;
}

void pg_relations_say_unstored(struct pg_relations *r)
{
    for (uint32_t i = 0; i < r->cap; i++) {
        struct pg_rel_entry *e = r->slots[i];
        if (e && e->history && !e->stored)
            say_state(r, e->oid, e->history);
        if (e)
            e->stored = e->described = e->again = false;
    }
}

/* ---- versions ---- */

/* The filter leaves the table out: it has no version. */
static int leave_out(struct pg_relations *r, struct pg_rel_entry *e, const struct pg_relation *m)
{
    if (!r->quiet && !e->unwanted)
        log_info("table is left out table=%s.%s", m->schema, m->name);
    r->any_unwanted = e->unwanted = true;
    retire(r, e->version);
    e->version = NULL;
    e->table = NULL;
    return 0;
}

static void new_version(struct pg_relations *r, struct pg_rel_entry *e, struct pg_version *v,
                        const struct pg_described *d)
{
    struct table *t = d->table;
    t->version = ++e->versions;
    v->table = t;
    v->in_identity = d->in_identity;
    v->guessed = d->guessed;
    retire(r, e->version);
    e->version = v;
    e->table = t;
    r->made++;
    if (r->quiet)
        return;
    log_info("table version table=%s.%s version=%u columns=%u key_columns=%u", t->schema, t->name,
             t->version, t->ncols, t->nkey);
    for (uint16_t i = 0; i < t->ncols; i++)
        if (d->guessed[i])
            log_warn("a column's type was dropped before it was seen; its values are written as "
                     "text table=%s.%s column=%s type=%s",
                     t->schema, t->name, t->cols[i].name, t->cols[i].type_name);
    for (uint16_t i = 0; i < t->nkey; i++)
        if (t->cols[t->key[i]].nullable)
            log_warn("a column of the key can be null (its NOT NULL is NOT VALID); rows with a "
                     "NULL there share a key: VALIDATE CONSTRAINT "
                     "table=%s.%s column=%s",
                     t->schema, t->name, t->cols[t->key[i]].name);
}

/* Describes the table as of that moment. Makes a new version if the description differs. */
static int describe(struct pg_relations *r, struct pg_rel_entry *e, struct pg_sql *sql,
                    const struct pg_relation *m, struct pg_moment at, struct err *err)
{
    PGconn *asked = pg_sql(sql, err);
    if (!asked)
        return -1;
    struct pg_version *v = xcalloc(1, sizeof *v);
    struct arena scratch;
    struct pg_described d;
    json_t *history = history_of(e);
    struct pg_describing of = {
        .sql = asked,
        .binary = r->binary,
        .again = e->again,
        .xid = at.xid,
        .database = r->database,
        .publication = r->publication,
        .message = m,
        .kept = pg_kept_at(history, at.lsn),
        .types = r->types,
        .met = e->met,
    };
    arena_init(&v->arena, 2048);
    arena_init(&scratch, 16384);
    e->unwanted = false;
    int rc = pg_describe(&of, &scratch, &v->arena, &d, err);
    if (!rc) {
        e->doubt = d.doubt;
        keep(r, e, d.table, history, at.lsn, &d.known);
    }
    if (!rc && !(e->table && pg_described_same(e->table, d.table)))
        new_version(r, e, v, &d);
    else
        pg_version_free(v);
    arena_done(&scratch);
    json_decref(history);
    return rc;
}

static int told(struct pg_relations *r, struct pg_rel_entry *e, struct pg_sql *sql,
                const struct pg_relation *m, struct slice message, struct pg_moment at,
                struct err *err)
{
    int wanted = pg_wanted(r->wanted, *m->schema ? m->schema : "pg_catalog", m->name, err);
    if (wanted < 0)
        return -1;
    if (!wanted) {
        e->raw.n = 0;
        buf_put(&e->raw, message.p, message.n);
        return leave_out(r, e, m);
    }
    make_room(e, m->ncols);
    forget_met(e);
    if (describe(r, e, sql, m, at, err))
        return -1;
    e->raw.n = 0;
    buf_put(&e->raw, message.p, message.n);
    return 0;
}

int pg_relations_told(struct pg_relations *r, struct pg_sql *sql, struct slice message,
                      struct pg_moment at, struct err *err)
{
    struct pg_relation m;
    if (pg_proto_relation(message, &m, err))
        return -1;
    struct pg_rel_entry *e = entry_of(r, m.oid);
    e->again = e->described;
    int rc = told(r, e, sql, &m, message, at, err);
    e->described = true;
    e->told = at.lsn;
    if (at.lsn > e->gone)
        e->gone = 0;        /* the oid belongs to a new relation now */
    forget_types(r);
    return rc;
}

int pg_relations_take(struct pg_relations *r, struct pg_sql *sql, struct slice message,
                      struct pg_moment at, struct err *err)
{
    struct pg_relation m;
    if (pg_proto_relation(message, &m, err))
        return -1;
    struct pg_rel_entry *e = entry_of(r, m.oid);
    return (e->table || e->unwanted) && slice_eq(buf_slice(&e->raw), message)
               ? 0
               : told(r, e, sql, &m, message, at, err);
}

int pg_relations_describe(struct pg_relations *r, struct pg_sql *sql, uint32_t oid,
                          const char *publication, struct err *err)
{
    struct buf m = { 0 };
    PGconn *asked = pg_sql(sql, err);
    int rc = asked ? pg_catalog_relation(asked, oid, publication, &m, err) : -1;
    if (!rc)
        rc = pg_relations_take(r, sql, buf_slice(&m), (struct pg_moment){ 0 }, err);
    buf_done(&m);
    return rc;
}

int pg_relations_type(struct pg_relations *r, struct slice message, struct err *err)
{
    struct pg_type m;
    if (pg_proto_type(message, &m, err))
        return -1;
    struct pg_type_name *t = xcalloc(1, sizeof *t);
    t->schema = xstrdup(m.schema);
    t->name = xstrdup(m.name);
    t->oid = m.oid;
    t->next = r->types;
    r->types = t;
    return 0;
}

/* ---- rows against what was said ---- */

static bool known_label(const struct column *c, const struct cell *cell)
{
    for (uint16_t i = 0; i < c->nlabels; i++)
        if (c->labels[i].n == cell->n && memcmp(c->labels[i].p, cell->p, cell->n) == 0)
            return true;
    return false;
}

/* A type known only by its name is most likely an enum, whose binary form is its text. */
static bool is_text(const struct cell *cell)
{
    for (uint32_t i = 0; i < cell->n; i++)
        if (cell->p[i] < 0x20 && cell->p[i] != '\t' && cell->p[i] != '\n' && cell->p[i] != '\r')
            return false;
    return true;
}

/*
 * The plan was made for one form of each column. A value in another form must never be read as that
 * form.
 */
static int meet_form(struct pg_rel_entry *e, uint16_t i, const struct cell *cell, bool *ret_news,
                     struct err *err)
{
    const struct table *t = e->table;
    const struct column *c = &t->cols[i];
    bool guessed = e->version->guessed[i];
    char want = c->form == FORM_PG_BINARY ? 'b' : 't', got = e->kinds[i];
    if (got != want && !guessed)
        return err_set(err, ERR_FATAL, "%s.%s.%s (%s) came in form '%c' where '%c' was agreed",
                       t->schema, t->name, c->name, c->type_name, got, want);
    if (guessed && got == 'b' && !c->is_array && !is_text(cell))
        return err_set(
            err, ERR_DATA,
            "%s.%s.%s: its type %s was dropped before it was seen, and its binary form is no text. "
            "Set "
            "source.binary: false, until the feed is past it: then the value comes as text",
            t->schema, t->name, c->name, c->type_name);
    if (got != want) {
        e->met[i].form = got;
        *ret_news = true;
    }
    return 0;
}

static int meet_value(struct pg_rel_entry *e, uint16_t i, const struct cell *cell, bool *ret_news,
                      struct err *err)
{
    const struct column *c = &e->table->cols[i];
    if (meet_form(e, i, cell, ret_news, err))
        return -1;
    if (c->type == COL_ENUM && !c->is_array && !known_label(c, cell)) {
        free(e->met[i].label);
        e->met[i].label = xstrndup(cell->p, cell->n);
        *ret_news = true;
    }
    return 0;
}

static void meet_null(struct pg_rel_entry *e, uint16_t i, bool *ret_news)
{
    const struct table *t = e->table;
    e->met[i].null = *ret_news = true;
    log_warn("a NULL came in a column that is NOT NULL by now, or was: its field can be null from "
             "here on table=%s.%s column=%s",
             t->schema, t->name, t->cols[i].name);
}

static int describe_again(struct pg_relations *r, struct pg_rel_entry *e, struct pg_sql *sql,
                          struct pg_moment at, struct err *err)
{
    struct pg_relation m;
    return pg_proto_relation(buf_slice(&e->raw), &m, err) ? -1 : describe(r, e, sql, &m, at, err);
}

int pg_relations_meet(struct pg_relations *r, struct pg_sql *sql, struct pg_rel_entry *e,
                      const struct cell *cells, struct pg_moment at, struct err *err)
{
    const struct table *t = e->table;
    bool news = e->doubt && (int32_t)(at.xid - e->doubt) >= 0;
    for (uint16_t i = 0; i < t->ncols; i++) {
        if (cells[i].kind == CELL_VALUE && meet_value(e, i, &cells[i], &news, err))
            return -1;
        if (cells[i].kind == CELL_NULL && !t->cols[i].nullable)
            meet_null(e, i, &news);
    }
    return news ? describe_again(r, e, sql, at, err) : 0;
}

int pg_relations_meet_nulls(struct pg_relations *r, struct pg_sql *sql, struct pg_rel_entry *e,
                            struct slice nulls, struct pg_moment at, struct err *err)
{
    bool news = false;
    for (uint16_t i = 0; i < e->table->ncols && i < nulls.n; i++)
        if (nulls.p[i] && !e->table->cols[i].nullable)
            meet_null(e, i, &news);
    return news ? describe_again(r, e, sql, at, err) : 0;
}

/* ---- relations that are gone ---- */

static int ask_gone(struct pg_relations *r, struct pg_sql *sql, struct err *err)
{
    PGconn *asked = pg_sql(sql, err);
    if (!asked)
        return -1;
    struct buf q = { 0 };
    uint64_t lsn = 0;
    buf_str(&q, "SELECT o FROM unnest('{");
    for (uint32_t i = 0, n = 0; i < r->cap; i++)
        if (r->slots[i] && !r->slots[i]->gone)
            buf_printf(&q, "%s%u", n++ ? "," : "", r->slots[i]->oid);
    buf_str(&q, "}'::oid[]) o WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = o)");
    PGresult *rows = pg_exec(asked, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    int rc = rows && !pg_server_end(asked, &lsn, err) ? 0 : -1;
    for (int i = 0; !rc && i < PQntuples(rows); i++) {
        uint32_t oid = (uint32_t)strtoul(pg_cell(rows, i, 0), NULL, 10);
        struct pg_rel_entry *e = pg_relations_find(r, oid);
        if (!e)
            continue;
        e->gone = lsn;
        r->first_gone = r->first_gone ? r->first_gone : lsn;
    }
    PQclear(rows);
    return rc;
}

/*
 * Forgets gone relations whose rows are durable. Until then a restart would read these rows again,
 * and need what was kept.
 */
static void forget_gone(struct pg_relations *r)
{
    r->first_gone = 0;
    for (uint32_t i = 0; i < r->cap; i++) {
        struct pg_rel_entry *e = r->slots[i];
        if (e && e->gone > r->done && (!r->first_gone || e->gone < r->first_gone))
            r->first_gone = e->gone;
        if (!e || !e->gone || e->gone > r->done)
            continue;
        if (e->history)
            say_state(r, e->oid, NULL);
        retire(r, e->version);
        entry_free(e);
        r->slots[i] = NULL;
        r->n--;
    }
    rehash(r, r->cap);
}

int pg_relations_sweep(struct pg_relations *r, struct pg_sql *sql, struct err *err)
{
    if (r->look || r->made >= SWEEP_EVERY + r->n / 4) {
        r->made = 0;
        r->look = false;
        if (ask_gone(r, sql, err))
            return -1;
    }
    if (r->first_gone && r->first_gone <= r->done)
        forget_gone(r);
    return 0;
}
