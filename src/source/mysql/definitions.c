#include <jansson.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "source/mysql/source.h"

struct mysql_recalled {
    char *json;
    struct mysql_recalled *next;
};

/* With names in every TABLE_MAP only tables that are read matter; without, any table may become one of them by a RENAME. */
bool mysql_definition_kept(const struct mysql_source *s, const char *database, const char *table)
{
    return strcmp(s->server.metadata, "FULL") != 0 || mysql_tables_wanted(&s->tables, database, table);
}

struct event *mysql_pend(struct mysql_source *s, enum event_kind kind)
{
    if (s->npending == s->cap_pending) {
        s->cap_pending = s->cap_pending ? 2 * s->cap_pending : 64;
        s->pending = realloc(s->pending, s->cap_pending * sizeof *s->pending);
        if (!s->pending)
            abort();
    }
    struct event *ev = &s->pending[s->npending++];
    *ev = (struct event){ .kind = kind, .commit_us = s->event_us };
    return ev;
}

/* ---- out ---- */

/* Since when: the transaction being read; nothing: always. */
static void put_since(const struct mysql_source *s, struct buf *out)
{
    if (!s->group.open) {
        buf_str(out, "null");
        return;
    }
    buf_str(out, "{\"gtid\":");
    buf_json_str(out, buf_slice(&s->group.gtid));
    buf_str(out, ",\"file\":");
    buf_json_str(out, slice_str(s->stream.file));
    buf_printf(out, ",\"pos\":%llu}", (unsigned long long)s->stream.end);
}

static void put_def(const struct mysql_table_def *t, struct buf *out)
{
    if (t)
        mysql_table_def_write(t, out);
    else
        buf_str(out, "null");
}

void mysql_definition_pend(struct mysql_source *s, const char *database, const char *table, const struct mysql_table_def *before)
{
    struct buf b = { 0 };
    if (!mysql_definition_kept(s, database, table))
        return;
    struct event *ev = mysql_pend(s, EV_STATE);
    ev->prefix = slice_str(arena_printf(&s->pending_arena, "%s.%s", database, table));
    buf_str(&b, "{\"database\":");
    buf_json_str(&b, slice_str(database));
    buf_str(&b, ",\"table\":");
    buf_json_str(&b, slice_str(table));
    buf_str(&b, ",\"since\":");
    put_since(s, &b);
    buf_str(&b, ",\"definition\":");
    put_def(mysql_schema_find(s->tables.schema, database, table), &b);
    buf_str(&b, ",\"before\":");
    put_def(before, &b);
    buf_u8(&b, '}');
    ev->content = arena_dup(&s->pending_arena, buf_slice(&b));
    buf_done(&b);
}

/* ---- back ---- */

int mysql_definitions_recall(struct mysql_source *s, struct slice name, struct slice value, struct err *err)
{
    (void)name, (void)err;
    if (s->recalled_all || !value.n)
        return 0;
    struct mysql_recalled *r = calloc(1, sizeof *r), **last = &s->recalled;
    if (!r || !(r->json = strndup((const char *)value.p, value.n)))
        abort();
    while (*last)       /* the newest of a name comes last, and is the one that counts */
        last = &(*last)->next;
    *last = r;
    return 0;
}

void mysql_definitions_forget(struct mysql_source *s)
{
    while (s->recalled) {
        struct mysql_recalled *r = s->recalled;
        s->recalled = r->next;
        free(r->json);
        free(r);
    }
}

/* Has the position passed the place since which a definition holds? */
static int passed(const struct mysql_source *s, json_t *since, bool *ret, struct err *err)
{
    const char *gtid = json_string_value(json_object_get(since, "gtid")), *file = json_string_value(json_object_get(since, "file"));
    struct gtid_set one = { 0 };
    *ret = true;
    if (!json_is_object(since))
        return 0;
    if (gtid && *gtid) {
        if (gtid_read(gtid, s->server.mariadb, &one, err))
            return -1;
        *ret = gtid_within(&one, &s->pos.done.gtid);
        gtid_done(&one);
    } else if (file) {
        *ret = mysql_file_order(file, (uint64_t)json_integer_value(json_object_get(since, "pos")), s->pos.done.file, s->pos.done.pos) <= 0;
    }
    return 0;
}

static int settle_one(struct mysql_source *s, const char *text, struct err *err)
{
    json_error_t je;
    bool now = true;
    struct arena a;
    json_t *j = json_loads(text, 0, &je);
    if (!j)
        return err_set(err, ERR_FATAL, "a stored table definition cannot be read: %s", je.text);
    arena_init(&a, 8192);
    int rc = passed(s, json_object_get(j, "since"), &now, err);
    json_t *d = json_object_get(j, now ? "definition" : "before");
    if (!rc && json_is_object(d)) {
        struct mysql_table_def def;
        char *one = json_dumps(d, JSON_COMPACT);
        rc = mysql_table_def_read(slice_str(one), &a, &def, err);
        if (!rc)
            mysql_schema_put(s->tables.schema, &def);
        free(one);
    }
    arena_done(&a);
    json_decref(j);
    return rc;
}

int mysql_definitions_settle(struct mysql_source *s, struct err *err)
{
    uint32_t n = 0;
    for (const struct mysql_recalled *r = s->recalled; r; r = r->next, n++)
        if (settle_one(s, r->json, err))
            return -1;
    if (n)
        log_info("table definitions recalled count=%u", n);
    mysql_definitions_forget(s);
    s->recalled_all = true;
    return 0;
}

/* ---- the first time ---- */

static void put_one(void *arg, const struct mysql_table_def *t)
{
    mysql_table_def_write(t, arg);
}

static int read_catalog(struct mysql_source *s, struct mysql_schema **ret, struct buf *ret_text, struct err *err)
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
    mysql_definition_pend(f->s, t->database, t->name, NULL);
    if (!f->rc && mysql_tables_wanted(&f->s->tables, t->database, t->name))
        f->rc = mysql_changes_first(f->s, t, f->err);
}

/* Read twice with the place between: the same both times, it holds at the place. */
int mysql_definitions_first(struct mysql_source *s, struct mysql_place *ret, struct err *err)
{
    struct buf before = { 0 }, after = { 0 };
    struct mysql_schema *schema = NULL;
    int rc = read_catalog(s, &schema, &before, err);
    for (int tries = 0; !rc; tries++) {
        mysql_schema_free(schema);
        rc = mysql_server_end(s->sql, &s->server, ret, err) || read_catalog(s, &schema, &after, err) ? -1 : 0;
        if (!rc && slice_eq(buf_slice(&before), buf_slice(&after)))
            break;
        if (!rc && tries == 10)
            rc = err_set(err, ERR_RETRY, "tables are being altered all the time: their definitions cannot be read at one place");
        struct buf swap = before;
        before = after;
        after = swap;
    }
    buf_done(&before);
    buf_done(&after);
    if (rc) {
        mysql_schema_free(schema);
        return -1;
    }
    mysql_schema_free(s->tables.schema);
    s->tables.schema = schema;
    s->recalled_all = true;
    s->place = (struct binlog_place){ .file = ret->file, .pos = ret->pos, .thread = -1 };
    s->event_us = clock_wall_ns() / 1000;
    struct first f = { s, err, 0 };
    /* CREATE TABLE has the defaults of TIMESTAMPs in the session's time zone: the server's for the MySQL connector, UTC for MariaDB's. */
    if (!s->opt->mariadb && mysql_conn_do(s->sql, err, "SET time_zone = @@global.time_zone"))
        return -1;
    mysql_schema_each(schema, pend_one, &f);
    return f.rc || s->opt->mariadb ? f.rc : mysql_conn_do(s->sql, err, "SET time_zone = '+00:00'");
}
