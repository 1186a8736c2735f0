#ifndef TAILRACE_SOURCE_MYSQL_KEPT_H
#define TAILRACE_SOURCE_MYSQL_KEPT_H
#include <jansson.h>
#include "source/mysql/position.h"
#include "source/mysql/schema.h"

/*
 * What a table's definition was, since when: as long as the feed may have to go back there.
 * Statements come faster than positions are stored, so there may be several. As JSON, the newest
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

/* made where there is none */
struct mysql_kept *mysql_kept_of(struct mysql_kept **list, const char *database, const char *table);
void mysql_kept_free(struct mysql_kept **list);

/* A statement at a place, a transaction's gtid ("": none) and end, made `now` of what was `before`.
 * NULL: no table. */
void mysql_kept_add(struct mysql_kept *k, const char *gtid, const char *file, uint64_t pos,
                    const struct mysql_table_def *before, const struct mysql_table_def *now);
/* All that holds at `done` no more goes: it is stored, and no restart goes back behind it. */
void mysql_kept_forget(struct mysql_kept *k, const struct mysql_place *done);
/* Those that hold after `done` only go: they will be made again. */
void mysql_kept_go_back(struct mysql_kept *k, const struct mysql_place *done);

/* The history of a table that was so since ever. */
json_t *mysql_kept_always(const struct mysql_table_def *t);

/* The definition that holds at `done`, borrowed; NULL: there is none. */
json_t *mysql_kept_at(json_t *history, const struct mysql_place *done);
#endif
