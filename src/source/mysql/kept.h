#ifndef TAILRACE_SOURCE_MYSQL_KEPT_H
#define TAILRACE_SOURCE_MYSQL_KEPT_H
#include <jansson.h>
#include "source/mysql/position.h"
#include "source/mysql/schema.h"

/*
 * What a table's definition was, and since when, as far back as the feed may have to go. One table
 * may have several, because statements come faster than positions are stored. As JSON, the newest
 * first:
 *     [{"since":{"gtid":"..","file":"..","pos":1},"definition":{..}},
 *      {"since":null,"definition":null}]
 * since null: always; definition null: there was no table.
 */
struct mysql_kept {
    char *database, *table;
    json_t *history;
    struct mysql_kept *next;
};

/* Finds the table's entry in the list, or adds it. */
struct mysql_kept *mysql_kept_of(struct mysql_kept **list, const char *database, const char *table);
void mysql_kept_free(struct mysql_kept **list);

/*
 * A statement changed the definition from `before` to `now` (NULL: no table). gtid is its
 * transaction's ("": none); file and pos are the statement's end.
 */
void mysql_kept_add(struct mysql_kept *k, const char *gtid, const char *file, uint64_t pos,
                    const struct mysql_table_def *before, const struct mysql_table_def *now);
/*
 * Drops the definitions that were replaced before `done`. `done` is stored: no restart goes back
 * behind it.
 */
void mysql_kept_forget(struct mysql_kept *k, const struct mysql_place *done);
/* Drops the definitions that begin after `done`: the stream will make them again. */
void mysql_kept_go_back(struct mysql_kept *k, const struct mysql_place *done);

/* The history of a table that always had this definition. The caller owns it. */
json_t *mysql_kept_always(const struct mysql_table_def *t);

/* The definition that holds at `done`, borrowed from history; NULL: there is none. */
json_t *mysql_kept_at(json_t *history, const struct mysql_place *done);
#endif
