/*
 * MariaDB: which columns belong to a period, and which indexes are WITHOUT OVERLAPS. No catalog of
 * 10.11 has it, and 11.8's hides a part from an account that may only SELECT. So this reads SHOW
 * CREATE TABLE as it reads any statement. If that fails, the facts stay unknown, and a later
 * statement's error says so.
 */
#include <string.h>
#include "source/mysql/catalog.h"
#include "source/mysql/ddl/ddl.h"

static void copy_columns(struct mysql_table_def *t, const struct mysql_table_def *from)
{
    for (uint16_t i = 0; i < t->ncols; i++)
        for (uint16_t k = 0; k < from->ncols; k++)
            if (strcmp(t->cols[i].name, from->cols[k].name) == 0) {
                t->cols[i].period_start = from->cols[k].period_start;
                t->cols[i].period_end = from->cols[k].period_end;
            }
}

static void copy_indexes(struct mysql_table_def *t, const struct mysql_table_def *from)
{
    for (uint16_t i = 0; i < t->nindexes; i++)
        for (uint16_t k = 0; k < from->nindexes; k++)
            if (strcmp(t->indexes[i].name, from->indexes[k].name) == 0)
                t->indexes[i].overlaps = from->indexes[k].overlaps;
}

static void take(struct mysql_table_def *t, const char *statement, struct arena *a)
{
    struct mysql_schema *s = mysql_schema_new();
    const struct mysql_dialect dialect = { .mariadb = true };
    const struct ddl_context ctx = { .database = t->database, .server = &dialect };
    struct slice sql = slice_str(statement);
    struct ddl d;
    struct err unread = { 0 };
    bool read = !ddl_read(sql, &ctx, a, &d, &unread) && !ddl_apply(sql, &ctx, &d, s, &unread);
    const struct mysql_table_def *made = read ? mysql_schema_find(s, t->database, t->name) : NULL;
    if (made) {
        copy_columns(t, made);
        copy_indexes(t, made);
    }
    mysql_schema_free(s);
}

int mysql_catalog_period(struct mysql_conn *c, struct mysql_table_def *t, struct arena *a,
                         struct err *err)
{
    const struct cell *v;
    struct buf q = { 0 };
    struct err gone = { 0 };
    buf_str(&q, "SHOW CREATE TABLE ");
    mysql_put_name(&q, t->database);
    buf_u8(&q, '.');
    mysql_put_name(&q, t->name);
    struct mysql_rows *rows = mysql_conn_query(c, buf_cstr(&q), false, "nn", &gone);
    buf_done(&q);
    if (!rows && gone.class == ERR_RETRY) {     /* else it is not known, which is said later */
        *err = gone;
        return -1;
    }
    int got = rows ? mysql_rows_next(rows, &v, err) : 0;
    if (got == 1 && v[1].kind == CELL_VALUE)
        take(t, mysql_cell_text(a, &v[1]), a);
    mysql_rows_free(rows);
    return got < 0 ? -1 : 0;
}
