/*
 * The definitions of the tables that the feed must know. They come from the catalog, from
 * statements and from stored EV_STATEs; the source keeps them for each place as EV_STATEs (kept.h).
 */
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "source/mysql/source.h"

struct mysql_recalled {
    char *json;
    struct mysql_recalled *next;
};

/*
 * With names in every TABLE_MAP, only tables that are read matter. Without names, a RENAME may turn
 * any table into one of them.
 */
int mysql_definition_kept(const struct mysql_source *s, const char *database, const char *table,
                          struct err *err)
{
    return strcmp(s->server.metadata, "FULL")
               ? 1
               : mysql_tables_wanted(&s->tables, database, table, err);
}

/* ---- out ---- */

/* {"database":"shop","table":"t","history":[..]}: kept.h. */
static void pend_state(struct mysql_source *s, const char *database, const char *table,
                       json_t *history)
{
    struct event *ev = mysql_pend(s, EV_STATE);
    json_t *o =
        json_pack("{s:s, s:s, s:O}", "database", database, "table", table, "history", history);
    char *text = json_dumps(o, JSON_COMPACT);
    /* the length first, because either name may hold a dot */
    ev->prefix =
        slice_str(arena_printf(&s->pending_arena, "%zu:%s.%s", strlen(database), database, table));
    ev->content = arena_dup(&s->pending_arena, slice_str(text));
    free(text);
    json_decref(o);
}

int mysql_definition_pend(struct mysql_source *s, const char *database, const char *table,
                          const struct mysql_table_def *before, struct err *err)
{
    struct mysql_position stored = { 0 };
    struct err ignored = { 0 };
    int keep = mysql_definition_kept(s, database, table, err);
    if (keep <= 0)
        return keep;
    struct mysql_kept *k = mysql_kept_of(&s->kept, database, table);
    mysql_kept_add(k, buf_cstr(&s->group.gtid), s->stream.file, s->stream.end, before,
                   mysql_schema_find(s->tables.schema, database, table));
    if (s->acked.n &&
        !mysql_position_read(buf_slice(&s->acked), s->server.mariadb, &stored, &ignored))
        mysql_kept_forget(k, &stored.done);
    mysql_position_done(&stored);
    pend_state(s, database, table, k->history);
    return 0;
}

/* ---- back ---- */

int mysql_definitions_recall(struct mysql_source *s, struct slice name, struct slice value,
                             struct err *err)
{
    (void)name, (void)err;
    if (s->recalled_all || !value.n)
        return 0;
    struct mysql_recalled *r = xcalloc(1, sizeof *r), **last = &s->recalled;
    r->json = xstrndup(value.p, value.n);
    while (*last)       /* the newest of a name comes last and counts */
        last = &(*last)->next;
    *last = r;
    return 0;
}

static void forget_recalled(struct mysql_source *s)
{
    while (s->recalled) {
        struct mysql_recalled *r = s->recalled;
        s->recalled = r->next;
        free(r->json);
        free(r);
    }
}

void mysql_definitions_forget(struct mysql_source *s)
{
    forget_recalled(s);
    mysql_kept_free(&s->kept);
}

static int put_definition(struct mysql_source *s, json_t *definition, struct err *err)
{
    struct mysql_table_def def;
    struct arena a;
    arena_init(&a, 8192);
    char *one = json_dumps(definition, JSON_COMPACT);
    int rc = mysql_table_def_read(slice_str(one), &a, &def, err);
    if (!rc)
        mysql_schema_put(s->tables.schema, &def);
    free(one);
    arena_done(&a);
    return rc;
}

static int settle_one(struct mysql_source *s, const char *text, struct err *err)
{
    json_error_t je;
    json_t *j = json_loads(text, JSON_ALLOW_NUL, &je);
    if (!j)
        return err_set(err, ERR_FATAL, "a stored table definition cannot be read: %s", je.text);
    json_t *d = mysql_kept_at(json_object_get(j, "history"), &s->pos.done);
    int rc = d ? put_definition(s, d, err) : 0;
    json_decref(j);
    return rc;
}

/*
 * The definitions are as far as the stream was. The stream goes back to the position, and so do the
 * definitions.
 */
static int go_back(struct mysql_source *s, struct err *err)
{
    for (struct mysql_kept *k = s->kept; k; k = k->next) {
        size_t known = json_array_size(k->history);
        mysql_kept_go_back(k, &s->pos.done);
        if (json_array_size(k->history) == known)
            continue;
        json_t *d = mysql_kept_at(k->history, &s->pos.done);
        mysql_schema_remove(s->tables.schema, k->database, k->table);
        mysql_tables_changed(&s->tables, k->database, k->table);
        if (d && put_definition(s, d, err))
            return -1;
    }
    return 0;
}

int mysql_definitions_settle(struct mysql_source *s, struct err *err)
{
    uint32_t n = 0;
    if (s->recalled_all)
        return go_back(s, err);
    if (mysql_catalog_databases(s->sql, s->tables.schema, err))
        return -1;
    for (const struct mysql_recalled *r = s->recalled; r; r = r->next, n++)
        if (settle_one(s, r->json, err))
            return -1;
    if (n)
        log_info("table definitions recalled count=%u", n);
    forget_recalled(s);
    s->recalled_all = true;
    return 0;
}

/* ---- the first time ---- */

static void put_one(void *arg, const struct mysql_table_def *t)
{
    mysql_table_def_write(t, arg);
}

static int read_catalog(struct mysql_source *s, struct mysql_schema **ret, struct buf *ret_text,
                        struct err *err)
{
    static const struct filter all = { 0 };
    bool full = strcmp(s->server.metadata, "FULL") == 0;
    *ret = mysql_schema_new();
    ret_text->n = 0;
    if (mysql_catalog_all(s->sql, &s->server, full ? &s->opt->wanted : &all, *ret, err))
        return -1;
    mysql_schema_each(*ret, put_one, ret_text);
    return 0;
}

struct first { struct mysql_source *s; struct err *err; int rc; };

static void pend_one(void *arg, const struct mysql_table_def *t)
{
    struct first *f = arg;
    int keep = f->rc ? f->rc : mysql_definition_kept(f->s, t->database, t->name, f->err);
    if (keep > 0) {
        json_t *history = mysql_kept_always(t);
        pend_state(f->s, t->database, t->name, history);
        json_decref(history);
    }
    int wanted = keep < 0 ? -1 : mysql_tables_wanted(&f->s->tables, t->database, t->name, f->err);
    f->rc = wanted > 0 ? mysql_changes_first(f->s, t, f->err) : wanted;
}

/*
 * Reads the catalog twice, and the place in between. If both readings are the same, they hold at
 * that place.
 */
static int read_at_one_place(struct mysql_source *s, struct mysql_schema **ret,
                             struct mysql_place *ret_place, struct err *err)
{
    struct buf before = { 0 }, after = { 0 };
    bool same = false;
    int rc = read_catalog(s, ret, &before, err);
    for (int tries = 0; !rc && !same; tries++) {
        mysql_schema_free(*ret);
        *ret = NULL;
        rc = mysql_server_end(s->sql, &s->server, ret_place, err) ||
                     read_catalog(s, ret, &after, err)
                 ? -1
                 : 0;
        same = !rc && slice_eq(buf_slice(&before), buf_slice(&after));
        if (!rc && !same && tries == 10)
            rc = err_set(err, ERR_RETRY,
                         "tables are being altered all the time: their definitions cannot be read "
                         "at one place");
        struct buf swap = before;
        before = after;
        after = swap;
    }
    buf_done(&before);
    buf_done(&after);
    return rc;
}

int mysql_definitions_first(struct mysql_source *s, struct mysql_place *ret, struct err *err)
{
    struct mysql_schema *schema = NULL;
    if (read_at_one_place(s, &schema, ret, err)) {
        mysql_schema_free(schema);
        return -1;
    }
    mysql_definitions_forget(s);
    mysql_schema_free(s->tables.schema);
    s->tables.schema = schema;
    s->recalled_all = true;
    mysql_tables_all_changed(&s->tables);
    s->place = (struct binlog_place){ .file = ret->file, .pos = ret->pos, .thread = -1 };
    s->event_us = clock_wall_ns() / 1000;
    struct first f = { s, err, 0 };
    /*
     * SHOW CREATE TABLE shows defaults of TIMESTAMPs in the session's time zone. The MySQL
     * connector has them in the server's zone, the MariaDB connector in UTC.
     */
    if (!s->opt->mariadb && mysql_conn_do(s->sql, err, "SET time_zone = @@global.time_zone"))
        return -1;
    mysql_schema_each(schema, pend_one, &f);
    s->place = (struct binlog_place){ 0 };
    return f.rc || s->opt->mariadb ? f.rc : mysql_conn_do(s->sql, err, "SET time_zone = '+00:00'");
}

int mysql_definitions_none(struct mysql_source *s, struct err *err)
{
    mysql_definitions_forget(s);
    mysql_schema_free(s->tables.schema);
    s->tables.schema = mysql_schema_new();
    s->recalled_all = true;
    mysql_tables_all_changed(&s->tables);
    return mysql_catalog_databases(s->sql, s->tables.schema, err);
}
