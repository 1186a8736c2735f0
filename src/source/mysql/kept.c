/*
 * The history of each table's definition, as JSON (kept.h): definitions.c adds to it, and finds in
 * it the definition that holds at a place.
 */
#include "source/mysql/kept.h"
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

struct mysql_kept *mysql_kept_of(struct mysql_kept **list, const char *database, const char *table)
{
    for (struct mysql_kept *k = *list; k; k = k->next)
        if (strcmp(k->table, table) == 0 && strcmp(k->database, database) == 0)
            return k;
    struct mysql_kept *k = xcalloc(1, sizeof *k);
    k->database = xstrdup(database);
    k->table = xstrdup(table);
    if (!(k->history = json_array()))
        xalloc_failed();
    k->next = *list;
    *list = k;
    return k;
}

void mysql_kept_free(struct mysql_kept **list)
{
    while (*list) {
        struct mysql_kept *k = *list;
        *list = k->next;
        json_decref(k->history);
        free(k->database);
        free(k->table);
        free(k);
    }
}

static json_t *definition_json(const struct mysql_table_def *t)
{
    struct buf b = { 0 };
    if (!t)
        return json_null();
    mysql_table_def_write(t, &b);
    json_t *j = json_loadb((const char *)b.p, b.n, JSON_ALLOW_NUL, NULL);
    buf_done(&b);
    return j;
}

static json_t *entry(json_t *since, const struct mysql_table_def *t)
{
    json_t *o = json_object();
    json_object_set_new(o, "since", since);
    json_object_set_new(o, "definition", definition_json(t));
    return o;
}

json_t *mysql_kept_always(const struct mysql_table_def *t)
{
    json_t *history = json_array();
    json_array_append_new(history, entry(json_null(), t));
    return history;
}

/* `before` may be newer than the last definition here, if the table was looked up meanwhile. */
void mysql_kept_add(struct mysql_kept *k, const char *gtid, const char *file, uint64_t pos,
                    const struct mysql_table_def *before, const struct mysql_table_def *now)
{
    if (json_array_size(k->history))
        json_object_set_new(json_array_get(k->history, 0), "definition", definition_json(before));
    else
        json_array_append_new(k->history, entry(json_null(), before));
    json_t *since =
        json_pack("{s:s, s:s, s:I}", "gtid", gtid, "file", file, "pos", (json_int_t)pos);
    json_array_insert_new(k->history, 0, entry(since, now));
}

static bool holds(json_t *entry, const struct mysql_place *done)
{
    json_t *since = json_object_get(entry, "since");
    const char *gtid = json_string_value(json_object_get(since, "gtid")),
               *file = json_string_value(json_object_get(since, "file"));
    struct gtid_set one = { 0 };
    struct err ignored = { 0 };
    if (!json_is_object(since))
        return true;
    if (!gtid || !*gtid)
        return file &&
               mysql_file_order(file, (uint64_t)json_integer_value(json_object_get(since, "pos")),
                                done->file, done->pos) <= 0;
    bool within =
        !gtid_read(gtid, done->gtid.mariadb, &one, &ignored) && gtid_within(&one, &done->gtid);
    gtid_done(&one);
    return within;
}

/* The index of the first definition that holds; the history's length: none holds. */
static size_t first_of(json_t *history, const struct mysql_place *done)
{
    size_t i = 0;
    while (i < json_array_size(history) && !holds(json_array_get(history, i), done))
        i++;
    return i;
}

void mysql_kept_forget(struct mysql_kept *k, const struct mysql_place *done)
{
    for (size_t i = first_of(k->history, done) + 1; i < json_array_size(k->history);)
        json_array_remove(k->history, i);
}

void mysql_kept_go_back(struct mysql_kept *k, const struct mysql_place *done)
{
    for (size_t n = first_of(k->history, done); n > 0; n--)
        json_array_remove(k->history, 0);
}

json_t *mysql_kept_at(json_t *history, const struct mysql_place *done)
{
    json_t *d = json_object_get(json_array_get(history, first_of(history, done)), "definition");
    return json_is_object(d) ? d : NULL;
}
