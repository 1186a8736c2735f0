/*
 * Schema-change records, read back into columns. They hold less than the catalog, as the
 * connector's records do.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "source/mysql.h"
#include "source/mysql/conn.h"
#include "source/mysql/ddl/ddl.h"
#include "source/mysql/types.h"

/* The declared type as COLUMN_TYPE has it, from "INT UNSIGNED" and 10, or "ENUM" and its labels. */
static const char *declared(const struct column *c, int length, int scale, struct arena *a)
{
    const char *said = c->about->type, *rest = strchrnul(said, ' ');
    struct buf b = { 0 };
    for (const char *p = said; p < rest; p++)
        buf_u8(&b, (uint8_t)tolower((unsigned char)*p));
    for (uint16_t i = 0; i < c->nlabels; i++) {
        buf_str(&b, i ? "," : "(");
        mysql_put_literal(&b, c->labels[i]);
    }
    if (!c->nlabels && length >= 0)
        buf_printf(&b, scale >= 0 ? "(%d,%d" : "(%d", length, scale);
    buf_str(&b, c->nlabels || length >= 0 ? ")" : "");
    for (; *rest; rest++)
        buf_u8(&b, (uint8_t)tolower((unsigned char)*rest));
    const char *type = arena_strdup(a, buf_cstr(&b));
    buf_done(&b);
    return type;
}

static bool is_moment(const char *type)
{
    return strcmp(type, "TIMESTAMP") == 0 || strcmp(type, "DATETIME") == 0;
}

/* In a record, the epoch stands for CURRENT_TIMESTAMP, and a BIT's default is binary digits. */
static void read_default(const struct column_about *said, bool mariadb, int length, struct arena *a,
                         struct mysql_column_def *def)
{
    const char *text = said->default_expression;
    def->default_is_expression =
        text && is_moment(said->type) && strcmp(text, "1970-01-01 00:00:00") == 0;
    if (def->default_is_expression)
        text = mariadb      ? length > 0 ? arena_printf(a, "current_timestamp(%d)", length)
                                         : "current_timestamp()"
               : length > 0 ? arena_printf(a, "CURRENT_TIMESTAMP(%d)", length)
                            : "CURRENT_TIMESTAMP";
    else if (text && strcmp(said->type, "BIT") == 0)
        text = arena_printf(a, "%llu", strtoull(text, NULL, 2));
    def->default_text = text;
}

static void meaning(struct column *c, bool mariadb, int length, int scale, struct arena *a)
{
    /* records name character sets, not collations */
    static const struct mysql_collations none;
    const struct column_about *said = c->about;
    struct binlog_column layout;
    struct column meant;
    struct err ignored = { 0 };
    c->form = FORM_BINLOG;
    if (!said->type)
        return;
    struct mysql_column_def *def = arena_alloc(a, sizeof *def);
    *def = (struct mysql_column_def){
        .name = c->name,
        .type = declared(c, length, scale, a),
        .charset = said->charset,
        .nullable = c->nullable,
        .comment = said->comment ? said->comment : "",
        .auto_increment = said->auto_increment && !is_moment(said->type),
        .on_update = said->auto_increment && is_moment(said->type) ? "CURRENT_TIMESTAMP" : NULL,
        .generated = said->generated && !said->auto_increment,
    };
    read_default(said, mariadb, length, a, def);
    if (mysql_types_layout(def, &none, a, &layout, &ignored) ||
        mysql_types_column(&layout, def, &none, mariadb, a, &meant, &ignored))
        return;     /* its type is not known */
    *c = meant;
}

void mysql_column_meaning(struct column *c, int length, int scale, struct arena *a)
{
    meaning(c, false, length, scale, a);
}

void mariadb_column_meaning(struct column *c, int length, int scale, struct arena *a)
{
    meaning(c, true, length, scale, a);
}

void mysql_statement_gone(const char *sql, const char *database, struct arena *a,
                          table_gone_fn *gone, void *arg)
{
    static const struct mysql_dialect newest;
    struct ddl_context ctx = { .database = database, .server = &newest };
    struct ddl d;
    struct err ignored = { 0 };
    int rc = ddl_read(slice_str(sql), &ctx, a, &d, &ignored);
    ctx.ansi_quotes = true;     /* a record does not say how its session read "x" */
    if (rc && ddl_read(slice_str(sql), &ctx, a, &d, &ignored))
        return;
    if (d.kind == DDL_DROP_DATABASE)
        gone(arg, d.database, NULL);
    for (uint16_t i = 0; i < d.ntables; i++)
        if (d.tables[i].to_table)
            gone(arg, d.tables[i].database, d.tables[i].table);
}
