/* Reads a column's definition and settles it as the server would (column.h). */
#include "source/mysql/ddl/column.h"
#include <string.h>

int ddl_references(struct ddl_parser *p)
{
    const char *database, *table;
    if (ddl_table_name(p, &database, &table) || (ddl_at_char(p, '(') && ddl_parens(p, NULL)))
        return -1;
    for (;;) {
        if (ddl_take(p, "MATCH")) {
            ddl_next(p);
        } else if (ddl_take(p, "ON DELETE") || ddl_take(p, "ON UPDATE")) {
            if (ddl_take(p, "SET") || ddl_take(p, "NO") || ddl_at(p, "RESTRICT") ||
                ddl_at(p, "CASCADE"))
                ddl_next(p);
            else
                return ddl_fail(p, "an action");
        } else {
            return 0;
        }
    }
}

static void set_nullable(struct ddl_column *c, bool nullable)
{
    c->def.nullable = nullable;
    c->null_said = true;
}

/* Reads AS (expression), with or without GENERATED ALWAYS, or MariaDB's AS ROW START / ROW END. */
static int read_generated(struct ddl_parser *p, struct ddl_column *c)
{
    c->def.generated = true;
    c->def.is_virtual = !p->ctx->server->mariadb;
    c->row_start = ddl_take(p, "ROW START");
    c->def.row_end = ddl_take(p, "ROW END");
    if (!c->row_start && !c->def.row_end)
        return ddl_parens(p, NULL);
    set_nullable(c, false);
    return 0;
}

/* Reads a CHECK. json_valid(`column`) makes MariaDB's LONGTEXT a JSON. */
static int read_check(struct ddl_parser *p, struct ddl_column *c)
{
    size_t from = p->at;
    if (ddl_parens(p, NULL))
        return -1;
    struct ddl_parser inside = *p;
    inside.at = from + 1;
    const char *name = NULL;
    if (ddl_take(&inside, "json_valid") && ddl_take_char(&inside, '('))
        name = ddl_name(&inside);
    if (name && ddl_same(name, c->def.name) && inside.at + 2 == p->at)
        c->def.json_check = true;
    if (!ddl_take(p, "NOT ENFORCED"))
        ddl_take(p, "ENFORCED");
    return 0;
}

static int read_comment(struct ddl_parser *p, struct ddl_column *c)
{
    enum { MOST = 1024 };
    const char *comment = ddl_comment(p, MOST);
    if (comment)
        c->def.comment = comment;
    return comment ? 0 : -1;
}

/* Attributes that belong to the definition. 1: taken; 0: something else comes; -1: err. */
static int read_meaning(struct ddl_parser *p, struct ddl_column *c)
{
    if (ddl_take(p, "NOT NULL")) {
        set_nullable(c, false);
    } else if (ddl_take(p, "NULL")) {
        set_nullable(c, true);
    } else if (ddl_take(p, "DEFAULT")) {
        c->default_said = true;
        return ddl_default_read(p, false, &c->value) ? -1 : 1;
    } else if (ddl_take(p, "ON UPDATE")) {
        c->def.on_update = ddl_default_now(p);
        return c->def.on_update ? 1 : ddl_fail(p, "CURRENT_TIMESTAMP");
    } else if (ddl_take(p, "AUTO_INCREMENT")) {
        c->def.auto_increment = true;
        /* a NULL after AUTO_INCREMENT counts, a NULL before it does not */
        c->def.nullable = false;
    } else if (ddl_take(p, "SERIAL DEFAULT VALUE")) {
        c->def.auto_increment = c->unique = true;
        set_nullable(c, false);
    } else if (ddl_take(p, "UNIQUE KEY") || ddl_take(p, "UNIQUE INDEX") || ddl_take(p, "UNIQUE")) {
        c->unique = true;
    } else if (ddl_take(p, "PRIMARY KEY") || ddl_take(p, "PRIMARY") || ddl_take(p, "KEY")) {
        c->primary = true;
    } else if (ddl_take(p, "COMMENT")) {
        return read_comment(p, c) ? -1 : 1;
    } else if (ddl_take(p, "GENERATED ALWAYS AS") || ddl_take(p, "AS")) {
        return read_generated(p, c) ? -1 : 1;
    } else if (ddl_take(p, "INVISIBLE")) {
        c->def.invisible = true;
    } else if (ddl_take(p, "VISIBLE")) {
        c->def.invisible = false;
    } else {
        return 0;
    }
    return 1;
}

/* COMPRESSED [= method] */
static int read_compressed(struct ddl_parser *p, struct ddl_column *c)
{
    c->type.compressed = true;
    return !ddl_take_char(p, '=') || ddl_value(p) ? 1 : -1;
}

static int read_of_type(struct ddl_parser *p, struct ddl_column *c)
{
    if (ddl_take(p, "UNSIGNED"))
        c->type.is_unsigned = true;
    else if (ddl_take(p, "ZEROFILL"))
        c->type.zerofill = true;
    else if (ddl_take(p, "ASCII"))
        c->text.charset = "latin1";
    else if (ddl_take(p, "UNICODE"))
        c->text.charset = "ucs2";
    else if (ddl_take(p, "BYTE"))
        c->text.charset = "binary";
    else if (ddl_take(p, "BINARY"))
        c->text.binary = true;
    else if (ddl_take(p, "COMPRESSED"))
        return read_compressed(p, c);
    else if (ddl_take(p, "WITH SYSTEM VERSIONING"))
        c->versioned = true;
    else if (ddl_take(p, "STORED"))
        c->def.is_virtual = false;
    else
        return 0;
    return 1;
}

/* Attributes that a feed does not need, and CHECK. 1: taken; 0: something else comes; -1: err. */
static int read_passed_over(struct ddl_parser *p, struct ddl_column *c)
{
    static const char *const alone[] = { "SIGNED",        "VIRTUAL",
                                         "PERSISTENT",    "WITHOUT SYSTEM VERSIONING",
                                         "NOT SECONDARY", "ENABLE" };
    static const char *const valued[] = {
        "COLUMN_FORMAT",  "STORAGE", "SRID", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE",
        "MASKING POLICY",
    };
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (ddl_take(p, alone[i]))
            return 1;
    for (size_t i = 0; i < sizeof valued / sizeof *valued; i++)
        if (ddl_take(p, valued[i])) {
            ddl_take_char(p, '=');
            return ddl_value(p) ? 1 : -1;
        }
    if (ddl_take(p, "REFERENCES"))
        return ddl_references(p) ? -1 : 1;
    if (ddl_take(p, "CONSTRAINT")) {
        if (!ddl_at(p, "CHECK") && !ddl_name(p))
            return -1;
        return 1;
    }
    if (ddl_take(p, "CHECK"))
        return read_check(p, c) ? -1 : 1;
    return 0;
}

/* MariaDB: an engine's own attribute, name = value. */
static int read_engine_attribute(struct ddl_parser *p)
{
    bool named = !ddl_at(p, "COMPRESSED") &&
                 (ddl_peek(p, 0)->kind == TOK_WORD || ddl_peek(p, 0)->kind == TOK_NAME);
    if (!named || ddl_peek(p, 1)->kind != TOK_OTHER || ddl_peek(p, 1)->raw.p[0] != '=')
        return 0;
    ddl_next(p);
    ddl_next(p);
    return ddl_value(p) ? 1 : -1;
}

static bool ended(const struct ddl_parser *p)
{
    return ddl_at_end(p) || ddl_at_char(p, ',') || ddl_at_char(p, ')') || ddl_at(p, "FIRST") ||
           ddl_at(p, "AFTER") || ddl_at(p, "PARTITION BY") || ddl_at(p, "REMOVE PARTITIONING");
}

static int read_attributes(struct ddl_parser *p, struct ddl_column *c)
{
    while (!ended(p)) {
        int rc = read_engine_attribute(p);
        if (!rc)
            rc = ddl_text_option(p, &c->text);
        if (!rc)
            rc = read_meaning(p, c);
        if (!rc)
            rc = read_of_type(p, c);
        if (!rc)
            rc = read_passed_over(p, c);
        if (rc <= 0)
            return rc ? rc : ddl_fail(p, "a column's attribute");
    }
    return 0;
}

int ddl_column_read_type(struct ddl_parser *p, struct ddl_column *c)
{
    c->def.comment = "";
    c->def.nullable = true;
    if (ddl_type_read(p, &c->type))
        return -1;
    if (c->type.serial) {
        c->def.auto_increment = c->unique = true;
        c->def.nullable = false;
    }
    c->def.json_check = c->type.json;
    return read_attributes(p, c);
}

int ddl_column_read(struct ddl_parser *p, struct ddl_column *ret)
{
    *ret = (struct ddl_column){ .def.name = ddl_column_name(p) };
    return ret->def.name ? ddl_column_read_type(p, ret) : -1;
}

/*
 * With explicit_defaults_for_timestamp=OFF a TIMESTAMP is NOT NULL unless NULL is said. The table's
 * first one keeps the time of the last change (promote_first_timestamp_column() in sql_table.cc).
 */
static void imply_timestamp(const struct ddl_parser *p, struct ddl_column *c, bool first)
{
    if (c->null_said && c->def.nullable)
        return;
    c->def.nullable = false;
    first = first && !c->def.on_update;
    bool passed = first && p->ctx->server->mariadb && !c->value.text;       /* after DEFAULT NULL */
    if (c->default_said && !passed)
        return;
    c->value = (struct ddl_default){ .text = first ? ddl_now_text(p, "") : "0000-00-00 00:00:00",
                                     .expression = first };
    if (first)
        c->def.on_update = ddl_now_text(p, "");
}

/* The default that MariaDB gives some NOT NULL columns; NULL: none. */
static const char *maria_default(const struct ddl_column *c)
{
    if (strcmp(c->type.name, "timestamp") == 0 && c->def.on_update)
        return "0000-00-00 00:00:00";
    return c->type.compressed ? "" : NULL;
}

/* In MariaDB, ON UPDATE has as many digits as the column. */
static void settle_on_update(const struct ddl_parser *p, struct ddl_column *c)
{
    if (c->def.on_update && p->ctx->server->mariadb && c->type.length > 0)
        c->def.on_update = ddl_now_text(p, arena_printf(p->a, "%d", (int)c->type.length));
}

int ddl_column_settle(const struct ddl_parser *p, struct ddl_column *c, struct mysql_text table,
                      bool first_timestamp)
{
    if (c->settled)
        return 0;
    struct mysql_text text = ddl_text_resolve(p, &c->text, table);
    if (c->type.national)
        c->text.charset = ddl_charset_name(p, "utf8mb3");
    if (c->type.national || (c->type.json && !c->text.charset && !c->text.collation))
        text = c->type.json ? (struct mysql_text){ "utf8mb4", "utf8mb4_bin" }
                            : ddl_text_resolve(p, &c->text, table);
    c->def.type = ddl_type_text(p, &c->type, &text);
    if (!c->def.type)
        return err_wrap(p->err, "column %s", c->def.name);
    c->def.charset = text.charset;
    c->def.collation = text.collation;
    if (c->primary || (c->def.auto_increment && !p->ctx->server->mariadb && !c->null_said))
        c->def.nullable = false;
    if (p->ctx->implicit_timestamp && strcmp(c->type.name, "timestamp") == 0 && !c->def.generated)
        imply_timestamp(p, c, first_timestamp);
    if (p->ctx->server->mariadb && !c->def.nullable && !c->default_said && !c->value.text)
        c->value.text = maria_default(c);
    c->def.default_text = ddl_default_settle(p, c->def.type, c->def.charset, &c->value);
    c->def.default_is_expression = c->value.expression;
    settle_on_update(p, c);
    c->settled = true;
    return 0;
}
