/*
 * Looks up the table that a reader is about to read: its definition in the catalog, and the key
 * that cuts it into ranges.
 */
#include "source/mysql/reader.h"

/*
 * Can the key cut the table into ranges? The server must compare its columns exactly and in the
 * index's order.
 */
static bool serves(const struct mysql_table_def *t, const struct mysql_index_def *x)
{
    for (uint16_t i = 0; x && i < x->ncols; i++) {
        const char *type = t->cols[x->cols[i]].type;
        if (strncmp(type, "float", 5) == 0 || strncmp(type, "double", 6) == 0 ||
            strncmp(type, "enum", 4) == 0 || strncmp(type, "set", 3) == 0 ||
            strncmp(type, "bit", 3) == 0)
            return false;
    }
    return x && x->ncols;
}

enum read_result mysql_reader_look(struct mysql_reader *r, const struct read_order *o,
                                   struct err *err)
{
    struct mysql_table_def *def;
    arena_reset(&r->arena);
    r->def = NULL;
    if (mysql_catalog_table(r->sql, &r->server, o->schema, o->table, &r->arena, &def, err))
        return READ_ERROR;
    int wanted = def ? mysql_catalog_wants(&r->opt->wanted, o->schema, o->table, err) : 0;
    if (wanted <= 0)
        return wanted < 0 ? READ_ERROR : READ_GONE;
    r->cols = arena_alloc(&r->arena, (def->ncols + 1u) * sizeof *r->cols);
    for (uint16_t i = 0; i < def->ncols; i++)
        if (mysql_types_layout(&def->cols[i], &r->collations, &r->arena, &r->cols[i], err))
            return (enum read_result)err_wrap(err, "%s.%s", o->schema, o->table);
    r->shape.n = 0;
    mysql_table_def_write(def, &r->shape);
    r->def = def;
    const struct mysql_index_def *key = mysql_table_key(def);
    r->key = serves(def, key) ? key : NULL;
    return READ_DONE;
}
