/* Which character set a collation's id stands for, as this server says (catalog.h). */
#include "source/mysql/catalog.h"
#include <stdlib.h>
#include "base/xalloc.h"

int mysql_collations_read(struct mysql_conn *c, const struct mysql_server *s,
                          struct mysql_collations *ret, struct err *err)
{
    /*
     * MariaDB 10.10 and later: a collation has one id for each character set that it fits, and none
     * of its own.
     */
    bool of_sets = s->mariadb && s->version >= 101001;
    const struct cell *v;
    struct buf q = { 0 };
    int got;
    *ret = (struct mysql_collations){ 0 };
    arena_init(&ret->arena, 16384);
    buf_printf(&q,
               "SELECT %s, CHARACTER_SET_NAME, ID, MAXLEN FROM information_schema.%s JOIN "
               "information_schema.CHARACTER_SETS USING (CHARACTER_SET_NAME)",
               of_sets ? "FULL_COLLATION_NAME" : "COLLATION_NAME",
               of_sets ? "COLLATION_CHARACTER_SET_APPLICABILITY" : "COLLATIONS");
    struct mysql_rows *r = mysql_conn_query(c, buf_cstr(&q), false, "vvvv", err);
    buf_done(&q);
    while ((got = r ? mysql_rows_next(r, &v, err) : -1) == 1) {
        if (ret->n % 256 == 0) {
            struct mysql_collation *more = xrealloc(ret->list, ret->n + 256, sizeof *more);
            ret->list = more;
        }
        ret->list[ret->n++] = (struct mysql_collation){
            .name = mysql_cell_text(&ret->arena, &v[0]),
            .charset = mysql_cell_text(&ret->arena, &v[1]),
            .id = (uint32_t)strtoul(mysql_cell_text(&ret->arena, &v[2]), NULL, 10),
            .max_bytes = (uint8_t)strtoul(mysql_cell_text(&ret->arena, &v[3]), NULL, 10)
        };
    }
    mysql_rows_free(r);
    if (got < 0)
        mysql_collations_done(ret);
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
