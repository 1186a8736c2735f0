/*
 * Avro schemas of the records, for schemas/avro, as a feed with the default options registers them.
 * Rows are those of an example: feed "shop", table customers (id, name).
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/docs.h"
#include "encode/plan.h"

enum what { ROWS, TRANSACTION, HEARTBEAT, SCHEMA_CHANGE, MESSAGE };

static const struct page {
    const char *name;
    enum connector connector;
    enum what what;
    enum plan_part part;
} pages[] = {
    { "key", CONNECTOR_POSTGRESQL, ROWS, PLAN_KEY },
    { "envelope-postgresql", CONNECTOR_POSTGRESQL, ROWS, PLAN_VALUE },
    { "envelope-mysql", CONNECTOR_MYSQL, ROWS, PLAN_VALUE },
    { "envelope-mariadb", CONNECTOR_MARIADB, ROWS, PLAN_VALUE },
    { "transaction-key", CONNECTOR_POSTGRESQL, TRANSACTION, PLAN_KEY },
    { "transaction", CONNECTOR_POSTGRESQL, TRANSACTION, PLAN_VALUE },
    { "heartbeat-key", CONNECTOR_POSTGRESQL, HEARTBEAT, PLAN_KEY },
    { "heartbeat", CONNECTOR_POSTGRESQL, HEARTBEAT, PLAN_VALUE },
    { "schema-change-postgresql-key", CONNECTOR_POSTGRESQL, SCHEMA_CHANGE, PLAN_KEY },
    { "schema-change-postgresql", CONNECTOR_POSTGRESQL, SCHEMA_CHANGE, PLAN_VALUE },
    { "schema-change-mysql-key", CONNECTOR_MYSQL, SCHEMA_CHANGE, PLAN_KEY },
    { "schema-change-mysql", CONNECTOR_MYSQL, SCHEMA_CHANGE, PLAN_VALUE },
    { "schema-change-mariadb-key", CONNECTOR_MARIADB, SCHEMA_CHANGE, PLAN_KEY },
    { "schema-change-mariadb", CONNECTOR_MARIADB, SCHEMA_CHANGE, PLAN_VALUE },
    { "message-key", CONNECTOR_POSTGRESQL, MESSAGE, PLAN_KEY },
    { "message", CONNECTOR_POSTGRESQL, MESSAGE, PLAN_VALUE },
    { 0 }
};

static struct plan *plan_of_rows(const struct encode_options *opt, struct err *err)
{
    bool pg = opt->connector == CONNECTOR_POSTGRESQL;
    const struct column cols[] = {
        { .name = "id", .type = COL_I32, .form = pg ? FORM_PG_BINARY : FORM_BINLOG,
          .type_name = pg ? "integer" : "int", .precision = -1 },
        { .name = "name", .type = COL_TEXT, .form = pg ? FORM_PG_TEXT : FORM_BINLOG,
          .type_name = "text", .nullable = true, .precision = -1 },
    };
    const struct table t = {
        .id = 1, .version = 1, .database = "shop", .schema = pg ? "public" : "shop",
        .name = "customers", .cols = cols, .ncols = 2, .key = (const uint16_t[]){ 0 }, .nkey = 1,
    };
    return plan_compile(&t, opt, err);
}

static struct plan *plan_of(const struct page *page, const struct encode_options *opt,
                            struct err *err)
{
    return page->what == ROWS            ? plan_of_rows(opt, err)
           : page->what == MESSAGE       ? plan_compile_message("shop", opt, err)
           : page->what == SCHEMA_CHANGE ? plan_compile_schema_change(opt)
           : page->what == HEARTBEAT     ? plan_compile_service(SERVICE_HEARTBEAT, opt)
                                         : plan_compile_service(SERVICE_TRANSACTION, opt);
}

/* The value of an option that nobody sets. */
static const char *fallback_of(const char *key)
{
    const struct option *o = options;
    while (strcmp(o->key, key))
        o++;
    return o->fallback;
}

/* The first value of each choice is its default, and is 0. */
static int put_page(const struct page *page)
{
    const struct encode_options opt = { .prefix = "shop", .version = TAILRACE_VERSION,
                                        .connector = page->connector,
                                        .placeholder = fallback_of("format.placeholder") };
    struct err err = { 0 };
    struct plan *plan = plan_of(page, &opt, &err);
    if (!plan) {
        fprintf(stderr, "tailrace docs avro: %s\n", err.msg);
        return 3;
    }
    json_t *schema = json_loads(plan_schema(plan, page->part), 0, NULL);
    char *text = schema ? json_dumps(schema, JSON_INDENT(2)) : NULL;
    if (text)
        puts(text);
    free(text);
    json_decref(schema);
    plan_free(plan);
    return text ? 0 : 3;
}

int docs_avro(const char *name)
{
    for (const struct page *page = pages; page->name; page++)
        if (name && strcmp(name, page->name) == 0)
            return put_page(page);
    for (const struct page *page = pages; page->name && !name; page++)
        puts(page->name);
    if (name)
        fprintf(stderr, "tailrace docs avro: no record \"%s\"; tailrace docs avro names them\n",
                name);
    return name ? 2 : 0;
}
