/*
 * MariaDB's CREATE SEQUENCE and ALTER SEQUENCE. A sequence is a table of one row with always the
 * same columns (sequence_structure() in sql_sequence.cc).
 */
#include <string.h>
#include "source/mysql/ddl/draft.h"

/* AS type: the type that the first four columns show. */
static int value_type(struct ddl_parser *p, const char **ret)
{
    static const struct { const char *name; int width, width_unsigned;
    } widths[] = {
        { "tinyint", 5, 5 }, { "smallint", 7, 7 }, { "mediumint", 10, 10 },
        { "int", 12, 12 },   { "bigint", 21, 21 },
    };
    struct ddl_type t;
    if (ddl_type_read(p, &t))
        return -1;
    bool positive = t.is_unsigned || ddl_at(p, "UNSIGNED") || ddl_at(p, "ZEROFILL");
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (strcmp(t.name, widths[i].name) == 0) {
            *ret = arena_printf(p->a, "%s(%d)%s", t.name,
                                positive ? widths[i].width_unsigned : widths[i].width,
                                positive ? " unsigned" : "");
            return 0;
        }
    return ddl_fail(p, "an integer type");
}

int ddl_apply_sequence(struct ddl_parser *p, const struct ddl *s, struct mysql_schema *schema)
{
    const struct ddl_table *name = &s->tables[0];
    const char *value = "bigint(21)";
    bool only_new = false, alter = ddl_at(p, "ALTER"), typed = false;
    const char *comment = "";
    for (; !ddl_at_end(p); ddl_next(p)) {
        only_new = only_new || ddl_at(p, "IF NOT EXISTS");
        typed = typed || ddl_at(p, "AS");
        if (ddl_take(p, "AS") && value_type(p, &value))
            return -1;
        if (ddl_take(p, "COMMENT")) {
            ddl_take_char(p, '=');
            if (!(comment = ddl_comment(p, 2048)))
                return -1;
        }
        if (ddl_at_end(p))
            break;
    }
    if (alter && !typed)
        return 0;
    if (only_new && mysql_schema_find(schema, name->database, name->table))
        return 0;
    struct mysql_column_def cols[] = {
        { .name = "next_not_cached_value", .type = value, .comment = "" },
        { .name = "minimum_value", .type = value, .comment = "" },
        { .name = "maximum_value", .type = value, .comment = "" },
        { .name = "start_value",
          .type = value,
          .comment = "start value when sequences is created or value if RESTART is used" },
        { .name = "increment", .type = "bigint(21)", .comment = "increment value" },
        { .name = "cache_size", .type = "bigint(21) unsigned", .comment = "" },
        { .name = "cycle_option",
          .type = "tinyint(1) unsigned",
          .comment = "0 if no cycles are allowed, 1 if the sequence should begin a new cycle "
                     "when maximum_value is passed" },
        { .name = "cycle_count",
          .type = "bigint(21)",
          .comment = "How many cycles have been done" },
    };
    struct mysql_text text = ddl_text_of_database(p, schema, name->database);
    struct mysql_table_def t = { .database = name->database,
                                 .name = name->table,
                                 .charset = text.charset,
                                 .collation = text.collation,
                                 .comment = comment,
                                 .cols = cols,
                                 .ncols = sizeof cols / sizeof *cols };
    mysql_schema_put(schema, &t);
    return 0;
}
