/*
 * definitions mysql|mariadb VERSION COLLATION    follows statements as a feed does, for
 * tests/mysql/ddl_check.py Each record on stdin: "DATABASE FLAGS\nSTATEMENT\0"; FLAGS: words of the
 * session's settings, below. Each answer is a line of JSON: {"kind":N,"error":"..","tables":[..]},
 * all definitions known then.
 */
#include <stdio.h>
#include <stdlib.h>
#include "source/mysql/ddl/ddl.h"

static void put_table(void *arg, const struct mysql_table_def *t)
{
    struct buf *out = arg;
    if (out->p[out->n - 1] != '[')
        buf_u8(out, ',');
    mysql_table_def_write(t, out);
}

/* The word after "name="; NULL: none. */
static const char *setting(const char *flags, const char *name, struct arena *a)
{
    const char *at = strstr(flags, name);
    size_t n = strlen(name);
    return at ? arena_printf(a, "%.*s", (int)strcspn(at + n, " "), at + n) : NULL;
}

/* "utf8mb4=utf8mb4_bin,latin1=latin1_bin" */
static const struct mysql_text *sets(const char *list, struct arena *a, size_t *ret_n)
{
    struct mysql_text *out = arena_alloc(a, (list ? strlen(list) : 0) * sizeof *out);
    for (*ret_n = 0; list && strchr(list, '='); list += *list == ',') {
        size_t n = strcspn(list, "="), to = strcspn(list, ",");
        struct mysql_text *t = &out[(*ret_n)++];
        t->charset = arena_printf(a, "%.*s", (int)n, list);
        t->collation = arena_printf(a, "%.*s", (int)(to - n - 1), list + n + 1);
        list += to;
    }
    return out;
}

/* As transaction.c reads it, which knows the set from the event. */
static struct slice utf8(const char *sql, const char *charset, struct buf *out)
{
    bool known = charset && !ddl_to_utf8(charset, slice_str(sql), out);
    return known ? buf_slice(out) : slice_str(sql);
}

static void follow(const char *record, const struct mysql_dialect *dialect, struct mysql_schema *s,
                   struct arena *a, struct buf *out)
{
    const char *text = strchr(record, '\n');
    char *head = arena_printf(a, "%.*s", (int)(text - record), record), *flags = strchr(head, ' ');
    *flags++ = 0;
    struct mysql_dialect server = *dialect;
    server.utf8_is_utf8mb4 = dialect->mariadb && strstr(flags, "utf8=utf8mb4") != NULL;
    struct ddl_context ctx = { .database = head,
                               .server = &server,
                               .ansi_quotes = strstr(flags, "ansi") != NULL,
                               .no_backslash_escapes = strstr(flags, "backslash") != NULL,
                               .implicit_timestamp = strstr(flags, "implicit") != NULL,
                               .real_as_float = strstr(flags, "real") != NULL,
                               .oracle = strstr(flags, "oracle") != NULL,
                               .maxdb = strstr(flags, "maxdb") != NULL,
                               .no_zero_in_date = strstr(flags, "zeros") != NULL,
                               .utf8_is_utf8mb4 = strstr(flags, "utf8=utf8mb4") != NULL,
                               .brackets = strstr(flags, "mssql") != NULL,
                               .empty_is_null = strstr(flags, "emptynull") != NULL,
                               .rounds = dialect->mariadb ? strstr(flags, "rounds") != NULL
                                                          : !strstr(flags, "truncates"),
                               .failed = strstr(flags, "failed") != NULL,
                               .charset = setting(flags, "charset=", a),
                               .time_zone = setting(flags, "zone=", a),
                               .connection = setting(flags, "connection=", a),
                               .collation = setting(flags, "collation=", a),
                               .utf8mb4_collation = setting(flags, " utf8mb4=", a) };
    ctx.collations = sets(setting(flags, "collations=", a), a, &ctx.ncollations);
    struct ddl d = { 0 };
    struct err err = { 0 };
    struct buf converted = { 0 };
    bool server_s = ddl_of_server(slice_str(text + 1), dialect->mariadb, strstr(flags, "inside"));
    struct slice sql = utf8(text + 1, server_s ? NULL : ctx.charset, &converted);
    int rc = ddl_read(sql, &ctx, a, &d, &err);
    if (!rc && d.kind == DDL_RENAME_TABLE)
        d = ddl_without_temporary(&d, s, a);
    rc = rc || ddl_apply(sql, &ctx, &d, s, &err);
    buf_done(&converted);
    buf_printf(out, "{\"kind\":%d,\"error\":", (int)d.kind);
    if (rc)
        buf_json_str(out, slice_str(err.msg));
    else
        buf_str(out, "null");
    buf_str(out, ",\"tables\":[");
    mysql_schema_each(s, put_table, out);
    buf_str(out, "]}\n");
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct mysql_dialect dialect = { .mariadb = argv[1][1] == 'a',
                                     .version = (uint32_t)strtoul(argv[2], NULL, 10),
                                     .collation = argv[3] };
    struct mysql_schema *s = mysql_schema_new();
    struct arena a;
    struct buf out = { 0 };
    char *record = NULL;
    size_t cap = 0;
    arena_init(&a, 65536);
    while (getdelim(&record, &cap, 0, stdin) > 0) {
        out.n = 0;
        follow(record, &dialect, s, &a, &out);
        fwrite(out.p, 1, out.n, stdout);
        fflush(stdout);
        arena_reset(&a);
    }
    free(record);
    buf_done(&out);
    arena_done(&a);
    mysql_schema_free(s);
    return 0;
}
