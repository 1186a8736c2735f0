/* `tailrace import`: reads the JSON of a Debezium connector and prints the tailrace.yaml that does
 * the same. src/import knows the properties. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "cmd/config.h"
#include "import/import.h"

static void add_patterns(struct import *im, const char *option, const char *list)
{
    for (char *part; (part = import_part(im, &list, ','));)
        import_item(im, option, part);
}

static void set_words(struct import *im, const struct property *p, const char *name,
                      const char *value)
{
    size_t n = strlen(value);
    for (const char *w = p->words; w; w = strchr(w, '|'))
        if (w += *w == '|', strncmp(w, value, n) == 0 && w[n] == '=') {
            import_set(im, p->option,
                       arena_printf(&im->arena, "%.*s", (int)strcspn(w + n + 1, "|"), w + n + 1));
            return;
        }
    import_say(im, p->class, name, p->text ? p->text : "not a value that is known here");
}

/* ---- all of them ---- */

/* "converters" and "post.processors" list names; the properties NAME.* belong to that list. */
static const char *list_of(struct import *im, const char *name)
{
    static const char *const lists[] = { "converters", "post.processors" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *list = import_value(im, lists[i]);
        for (char *part; list && (part = import_part(im, &list, ','));)
            if (*part && strncmp(name, part, strlen(part)) == 0 && name[strlen(part)] == '.')
                return lists[i];
    }
    return NULL;
}

static void say_row(struct import *im, const struct property *p, const char *name)
{
    const char *of = p->name ? NULL : list_of(im, name);
    import_say_of(im, p->class, name, of,
                  of ? arena_printf(&im->arena, "goes with %s", of) : p->text);
}

static bool one_of(const char *words, const char *value)
{
    size_t n = strlen(value);
    for (const char *w = words; w; w = strchr(w, '|'))
        if (w += *w == '|', strncmp(w, value, n) == 0 && (!w[n] || w[n] == '|'))
            return true;
    return false;
}

static void take(struct import *im, const char *name)
{
    const struct property *p = property_of(im->connector, name);
    const char *v = import_value(im, name);
    if (!v) {
        import_say(im, REFUSED, name, "not a value of a property");
        return;
    }
    switch (p->how) {
    case COPY:      import_set(im, p->option, v); break;
    case WORDS:     set_words(im, p, name, v); break;
    case PATTERNS:  add_patterns(im, p->option, v); break;
    case DEFAULT:
        if (!one_of(p->words, v))
            import_say(im, p->class, name, p->text);
        break;
    case SAY:       say_row(im, p, name); break;
    case ELSEWHERE: import_own(im, name, v); break;
    }
}

static void take_all(struct import *im)
{
    const char *key, *name = import_value(im, "name"), *prefix = import_value(im, "topic.prefix");
    json_t *value;
    prefix = prefix ? prefix : import_value(im, "database.server.name");
    import_set(im, "name", name ? name : prefix ? prefix : "feed");
    if (prefix)
        import_set(im, "topics.prefix", prefix);
    import_connection(im);
    import_tables(im);
    if (im->connector == CONNECTOR_POSTGRESQL)
        import_set(im, "types.unknown", "skip-column");    /* the connector's default; ours stops */
    import_text(import_option(im, "registry.url"), "${SCHEMA_REGISTRY_URL}");
    import_transforms(im);
    json_object_foreach(im->config, key, value)
        take(im, key);
    if (!import_value(im, "value.converter"))
        import_say(
            im, DIFFERENT, "value.converter",
            "the worker's counts; here keys and values are Avro, in Confluent's wire format");
    json_object_foreach(im->config, key, value)
        if (!import_said(im, key))
            import_say(im, SAME, key, NULL);
    if (!strstr(buf_cstr(import_option(im, "kafka")), "bootstrap.servers"))
        import_pair(im, "kafka", "bootstrap.servers", "${KAFKA_BOOTSTRAP_SERVERS}", false);
}

static void print(struct import *im, const char *path)
{
    char section[64] = "";
    printf("# From %s. Any value may hold ${ENVIRONMENT_VARIABLE} or ${file:/path}.\n"
           "%s",
           path,
           im->connector == CONNECTOR_POSTGRESQL
               ? "# source.conninfo is meant for a standby: put its host there. `tailrace setup` "
                 "makes a slot on it.\n"
               : "# source.mysql.host is meant for a replica: put its name there. `tailrace setup` "
                 "prints what the account needs.\n");
    for (size_t i = 0; options[i].key; i++) {
        const char *dot = strchr(options[i].key, '.');
        char own[64] = "";
        if (!im->values[i].n)
            continue;
        if (dot)
            snprintf(own, sizeof own, "%.*s", (int)(dot - options[i].key), options[i].key);
        if (dot && strcmp(own, section))
            printf("%s:\n", own);
        snprintf(section, sizeof section, "%s", own);
        printf("%s%s: %.*s\n", dot ? "  " : "", dot ? dot + 1 : options[i].key,
               (int)im->values[i].n, (const char *)im->values[i].p);
    }
    import_print_comments(im);
}

/* Connect takes numbers and booleans as texts, so they become texts here. */
static void make_texts(struct import *im)
{
    const char *key;
    json_t *value;
    json_object_foreach(im->config, key, value)
        if (json_is_boolean(value) || json_is_number(value)) {
            char *text = json_dumps(value, JSON_ENCODE_ANY);
            json_object_set_new(im->config, key, json_string(text));
            free(text);
        }
}

static int connector_of(const char *class, enum connector *ret)
{
    static const struct { const char *part; enum connector connector;
    } known[] = { { "PostgresConnector", CONNECTOR_POSTGRESQL },
                  { "MySqlConnector", CONNECTOR_MYSQL },
                  { "MariaDbConnector", CONNECTOR_MARIADB } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(class, known[i].part)) {
            *ret = known[i].connector;
            return 0;
        }
    return -1;
}

static int import_config(struct import *im, const char *path, const struct import_wishes *w,
                         struct err *err)
{
    const char *class = json_is_object(im->config) ? import_value(im, "connector.class") : NULL;
    if (!class)
        return err_set(err, ERR_CONFIG,
                       "%s: there is no connector.class: a connector's JSON is wanted", path);
    if (connector_of(class, &im->connector))
        return err_set(err, ERR_CONFIG,
                       "%s: connector.class %s: Debezium's PostgresConnector, MySqlConnector and "
                       "MariaDbConnector can be read",
                       path, class);
    make_texts(im);
    take_all(im);
    import_allow(im, w);
    if (w->json)
        import_print_json(im);
    else
        print(im, path);
    fflush(stdout);
    return import_summary(im, w->strict);
}

static int load(const char *path, json_t **ret, struct err *err)
{
    json_error_t why;
    *ret = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (*ret)
        return 0;
    char *near = strstr(why.text, " near ");    /* what follows may be part of a password */
    if (near)
        *near = 0;
    if (why.line < 0)
        err_set(err, ERR_CONFIG, "%s", why.text);
    else
        err_set(err, ERR_CONFIG, "%s:%d:%d: no JSON: %s", path, why.line, why.column, why.text);
    return err_add(err, " -> give the file with what GET /connectors/NAME of Kafka Connect "
                   "answers");
}

/* Returns the exit code, or -1 and err. */
static int import_file(const char *path, const struct import_wishes *w, struct err *err)
{
    json_t *root;
    if (load(path, &root, err))
        return -1;
    struct import im = { .config = json_object_get(root, "config") };
    arena_init(&im.arena, 4096);
    if (!json_is_object(im.config))
        im.config = root;
    else if (json_object_get(root, "name") && !json_object_get(im.config, "name"))
        json_object_set(im.config, "name", json_object_get(root, "name"));
    int rc = import_config(&im, path, w, err);
    for (size_t i = 0; i < sizeof im.values / sizeof *im.values; i++)
        buf_done(&im.values[i]);
    buf_done(&im.notes);
    arena_done(&im.arena);
    json_decref(root);
    return rc;
}

/* Reads the command line. allow has room for argc names. */
static int read_wishes(int argc, char **argv, struct import_wishes *w, const char **allow,
                       const char **path)
{
    const struct {
        const char *name;
        bool *to;
    } flags[] = { { "--strict", &w->strict }, { "--force", &w->force }, { "--json", &w->json } };
    for (int i = 1; i < argc; i++) {
        size_t f = 0;
        while (f < 3 && strcmp(argv[i], flags[f].name))
            f++;
        if (f < 3)
            *flags[f].to = true;
        else if (strcmp(argv[i], "--allow") == 0 && i + 1 < argc)
            allow[w->nallow++] = argv[++i];
        else if (argv[i][0] == '-' || *path)
            return -1;
        else
            *path = argv[i];
    }
    return *path ? 0 : -1;
}

int cmd_import(int argc, char **argv)
{
    struct err err = { 0 };
    const char *path = NULL, **allow = xcalloc((size_t)argc + 1, sizeof *allow);
    struct import_wishes w = { .allow = allow };
    int rc = 2;
    if (read_wishes(argc, argv, &w, allow, &path))
        fputs("tailrace import: one file is wanted, a Debezium connector's JSON; and --allow NAME, "
              "--force, --strict, --json\n",
              stderr);
    else if ((rc = import_file(path, &w, &err)) < 0)
        rc = finish_command(&err);
    free(allow);
    return rc;
}
