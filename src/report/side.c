/* Makes sides from a database's tables or from Avro schemas, and compiles their Avro form. */
#include "report/side.h"
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "Avro",   "PostgreSQL", "MySQL",   "MariaDB",
                                     "DuckDB", "ClickHouse", "BigQuery" };

const char *dialect_name(enum dialect d)
{
    return names[d];
}

enum dialect dialect_of_server(const char *server)
{
    for (int d = DIALECT_POSTGRESQL; d <= DIALECT_BIGQUERY; d++)
        if (strncmp(server, names[d], strlen(names[d])) == 0)
            return (enum dialect)d;
    return DIALECT_POSTGRESQL;
}

enum dialect dialect_of_connector(enum connector c)
{
    return c == CONNECTOR_MYSQL     ? DIALECT_MYSQL
           : c == CONNECTOR_MARIADB ? DIALECT_MARIADB
                                    : DIALECT_POSTGRESQL;
}

static int by_name(const void *a, const void *b)
{
    const struct table *x = ((const struct side_table *)a)->table,
                       *y = ((const struct side_table *)b)->table;
    int order = strcmp(x->schema, y->schema);
    return order ? order : strcmp(x->name, y->name);
}

void side_sort(struct side *s)
{
    qsort(s->tables, s->n, sizeof *s->tables, by_name);
}

struct side *side_of_tables(struct arena *a, const struct table_list *tables, enum dialect dialect,
                            const char *label)
{
    struct side *s = arena_alloc(a, sizeof *s);
    size_t bytes = (tables->n + 1) * sizeof *s->tables;
    *s = (struct side){ .label = label,
                        .dialect = dialect,
                        .identity = tables->identity,
                        .tables = memset(arena_alloc(a, bytes), 0, bytes),
                        .n = tables->n };
    for (size_t i = 0; i < tables->n; i++)
        s->tables[i].table = &tables->tables[i];
    side_sort(s);
    return s;
}

const struct table *table_sent(const struct side *s, const struct table *t, struct arena *a)
{
    if (s->dialect != DIALECT_POSTGRESQL || s->copy)
        return t;
    uint16_t n = 0, *place = arena_alloc(a, (t->ncols + 1u) * sizeof *place);
    struct column *cols = arena_alloc(a, (t->ncols + 1u) * sizeof *cols);
    struct table *less = arena_alloc(a, sizeof *less);
    for (uint16_t i = 0; i < t->ncols; i++) {
        place[i] = n;
        if (!t->cols[i].about || !t->cols[i].about->generated)
            cols[n++] = t->cols[i];
    }
    if (n == t->ncols)
        return t;
    uint16_t *key = arena_alloc(a, (t->nkey + 1u) * sizeof *key);
    *less = *t;
    for (uint16_t i = 0; i < t->nkey; i++) {
        const struct column *c = &t->cols[t->key[i]];
        if (c->about && c->about->generated)
            less->nkey = 0;
        key[i] = place[t->key[i]];
    }
    less->cols = cols;
    less->ncols = n;
    less->key = key;
    return less;
}

void side_compile(struct side *s, struct side_table *t, const struct encode_options *opt,
                  struct arena *a)
{
    struct encode_options own = *opt;
    struct err err = { 0 };
    if (t->compiled || s->dialect == DIALECT_AVRO || s->copy)
        return;
    t->compiled = true;
    own.connector = s->dialect == DIALECT_MYSQL     ? CONNECTOR_MYSQL
                    : s->dialect == DIALECT_MARIADB ? CONNECTOR_MARIADB
                                                    : CONNECTOR_POSTGRESQL;
    struct plan *p = plan_compile(table_sent(s, t->table, a), &own, &err);
    if (!p) {
        t->problem = arena_strdup(a, err.msg);
        t->topic = arena_printf(a, "%s.%s.%s", opt->prefix, t->table->schema, t->table->name);
        return;
    }
    t->topic = arena_strdup(a, plan_topic(p));
    for (int part = PLAN_KEY; part <= PLAN_VALUE; part++)
        t->schema[part] = arena_strdup(a, plan_schema(p, (enum plan_part)part));
    plan_free(p);
}

int side_of_subjects(struct arena *a, const struct avro_subject *subjects, size_t n,
                     const char *label, struct side **ret, struct err *err)
{
    struct side *s = arena_alloc(a, sizeof *s);
    size_t bytes = (n + 1) * sizeof *s->tables;
    *s = (struct side){ .label = label,
                        .dialect = DIALECT_AVRO,
                        .tables = memset(arena_alloc(a, bytes), 0, bytes),
                        .n = n };
    for (size_t i = 0; i < n; i++) {
        s->tables[i] = (struct side_table){ .topic = subjects[i].topic,
                                            .schema = { subjects[i].key, subjects[i].value },
                                            .compiled = true };
        if (avro_table(a, &subjects[i], &s->tables[i].table, err))
            return err_wrap(err, "%s", subjects[i].topic);
    }
    side_sort(s);
    *ret = s;
    return 0;
}
