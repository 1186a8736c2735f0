/* Reads the tables of warehouses from information_schema: DuckDB by its command-line program,
 * ClickHouse by its HTTP port. */
#include <jansson.h>
#include "sides/sides.h"

/* Only names, types and nullability are read: a copy has to agree with these. */
#define COLUMNS                                                                                    \
    "SELECT table_schema, table_name, column_name, data_type, is_nullable FROM "                   \
    "information_schema.columns WHERE "

static const char *text(const json_t *row, const char *key, struct arena *a)
{
    const json_t *v = json_object_get(row, key);
    return json_is_integer(v) ? (json_integer_value(v) ? "YES" : "NO")
                              : arena_strdup(a, json_string_value(v));
}

/* Makes tables of the rows, which come sorted by schema, table and place. */
static int tables_of(json_t *rows, struct arena *a, struct table_list *ret, struct err *err)
{
    size_t i, n = json_array_size(rows);
    json_t *row;
    struct table *t = memset(arena_alloc(a, (n + 1) * sizeof *t), 0, (n + 1) * sizeof *t),
                 *at = NULL;
    struct column *cols = memset(arena_alloc(a, (n + 1) * sizeof *cols), 0, (n + 1) * sizeof *cols);
    json_array_foreach(rows, i, row) {
        const char *schema = text(row, "table_schema", a), *name = text(row, "table_name", a),
                   *column = text(row, "column_name", a), *type = text(row, "data_type", a),
                   *nullable = text(row, "is_nullable", a);
        if (!schema || !name || !column || !type)
            return err_set(err, ERR_DATA,
                           "information_schema.columns answers in a form that is not known");
        if (!at || strcmp(at->name, name) != 0 || strcmp(at->schema, schema) != 0) {
            at = &t[ret->n++];
            *at = (struct table){
                .database = "", .schema = schema, .name = name, .version = 1, .cols = cols + i
            };
        }
        at->ncols++;        /* the columns of a table follow one another */
        cols[i] = (struct column){ .name = column,
                                   .type_name = type,
                                   .precision = -1,
                                   .nullable = nullable && strcmp(nullable, "YES") == 0 };
    }
    ret->tables = t;
    return 0;
}

/* member: where the answer has its rows. NULL: the answer is the rows, and an empty answer is no
 * rows. */
static int parse(struct slice s, const char *member, struct arena *a, struct table_list *ret,
                 struct err *err)
{
    json_error_t why;
    json_t *answer = s.n || member ? json_loadb((const char *)s.p, s.n, 0, &why) : json_array();
    if (!answer)
        return err_set(err, ERR_DATA, "%s answers what is not JSON: %s", ret->server, why.text);
    int rc = tables_of(member ? json_object_get(answer, member) : answer, a, ret, err);
    json_decref(answer);
    return rc ? err_wrap(err, "%s", ret->server) : 0;
}

int duckdb_tables(const char *file, struct arena *a, struct table_list *ret, struct err *err)
{
    static const char sql[] = COLUMNS
        "table_schema <> 'information_schema' ORDER BY table_schema, table_name, ordinal_position";
    struct buf out = { 0 };
    const char *argv[] = { "duckdb", "-readonly", "-json", file, sql, NULL };
    *ret = (struct table_list){ .database = "", .server = "DuckDB" };
    int rc = program_output(argv, &out, err) ? -1 : parse(buf_slice(&out), NULL, a, ret, err);
    buf_done(&out);
    return rc;
}

int clickhouse_tables(const char *url, const char *ca_file, struct arena *a, struct table_list *ret,
                      struct err *err)
{
    static const char sql[] = COLUMNS "table_schema = currentDatabase() ORDER BY table_schema, "
                                      "table_name, ordinal_position FORMAT JSON";
    struct buf out = { 0 };
    *ret = (struct table_list){ .database = "", .server = "ClickHouse" };
    int rc = http_post(url, ca_file, sql, "text/plain", &out, err)
                 ? -1
                 : parse(buf_slice(&out), "data", a, ret, err);
    buf_done(&out);
    return rc;
}
