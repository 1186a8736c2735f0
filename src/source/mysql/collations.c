#include "source/mysql/catalog.h"
#include <stdlib.h>

int mysql_collations_read(struct mysql_conn *c, struct mysql_collations *ret, struct err *err)
{
    const struct cell *v;
    int got;
    *ret = (struct mysql_collations){ 0 };
    arena_init(&ret->arena, 16384);
    /* MariaDB 10.10 and later have ids only for the collations joined with a set. */
    struct mysql_rows *r = mysql_conn_query(c, "SHOW COLLATION WHERE Id IS NOT NULL", false, err);
    struct mysql_rows *sets = r ? mysql_conn_query(c, "SELECT CHARACTER_SET_NAME, MAXLEN FROM information_schema.CHARACTER_SETS", false, err) : NULL;
    if (!sets) {
        mysql_rows_free(r);
        mysql_collations_done(ret);
        return -1;
    }
    struct { const char *name; uint8_t max; } known[128];
    size_t nknown = 0;
    while ((got = mysql_rows_next(sets, &v, err)) == 1 && nknown < sizeof known / sizeof *known) {
        known[nknown].name = mysql_cell_text(&ret->arena, &v[0]);
        known[nknown++].max = (uint8_t)strtoul(mysql_cell_text(&ret->arena, &v[1]), NULL, 10);
    }
    mysql_rows_free(sets);
    while (got >= 0 && (got = mysql_rows_next(r, &v, err)) == 1) {
        if (ret->n % 256 == 0) {
            struct mysql_collation *more = realloc(ret->list, (ret->n + 256) * sizeof *more);
            if (!more)
                abort();
            ret->list = more;
        }
        struct mysql_collation k = { .id = (uint32_t)strtoul(mysql_cell_text(&ret->arena, &v[2]), NULL, 10), .name = mysql_cell_text(&ret->arena, &v[0]),
                                     .charset = mysql_cell_text(&ret->arena, &v[1]), .max_bytes = 1 };
        for (size_t i = 0; i < nknown; i++)
            if (strcmp(known[i].name, k.charset) == 0)
                k.max_bytes = known[i].max;
        ret->list[ret->n++] = k;
    }
    mysql_rows_free(r);
    return got < 0 ? -1 : 0;
}

void mysql_collations_done(struct mysql_collations *c)
{
    free(c->list);
    if (c->arena.block_size)
        arena_done(&c->arena);
    *c = (struct mysql_collations){ 0 };
}

const struct mysql_collation *mysql_collation_find(const struct mysql_collations *c, uint32_t id)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->list[i].id == id)
            return &c->list[i];
    return NULL;
}
