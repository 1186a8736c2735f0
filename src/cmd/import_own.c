#include <string.h>
#include "base/secret.h"
#include "cmd/import.h"

/* Properties with a way of their own: connection, tables, columns, names, converters, transforms, the producer. */

/* A word of source.conninfo, quoted as libpq wants it. */
static void put_conninfo(struct import *im, struct buf *to, const char *word, const char *property)
{
    const char *v = import_value(im, property);
    struct buf b = { 0 };
    if (!v)
        return;
    if (secret_name(property)) {
        buf_printf(to, "%s%s='${%s}'", to->n ? " " : "", word, strcmp(word, "password") == 0 ? "DATABASE_PASSWORD" : "DATABASE_KEY_PASSWORD");
        return;
    }
    bool quote = !*v || strpbrk(v, " '\\");
    for (v = import_escape(im, v); *v; v++)
        buf_str(&b, *v == '\'' || *v == '\\' ? (char[3]){ '\\', *v, 0 } : (char[2]){ *v, 0 });
    buf_printf(to, "%s%s=%s%s%s", to->n ? " " : "", word, quote ? "'" : "", buf_cstr(&b), quote ? "'" : "");
    buf_done(&b);
}

static void set_conninfo(struct import *im)
{
    static const char *const parts[][2] = {
        { "host", "database.hostname" }, { "port", "database.port" }, { "dbname", "database.dbname" }, { "user", "database.user" },
        { "password", "database.password" }, { "sslmode", "database.sslmode" }, { "sslcert", "database.sslcert" },
        { "sslkey", "database.sslkey" }, { "sslrootcert", "database.sslrootcert" }, { "sslpassword", "database.sslpassword" },
    };
    struct buf b = { 0 };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put_conninfo(im, &b, parts[i][0], parts[i][1]);
    import_text(import_option(im, "source.conninfo"), buf_cstr(&b));
    import_text(import_option(im, "source.setup-conninfo"), buf_cstr(&b));
    buf_done(&b);
}

void import_connection(struct import *im)
{
    if (im->connector == CONNECTOR_POSTGRESQL) {
        set_conninfo(im);
        return;
    }
    import_set(im, "source.kind", im->connector == CONNECTOR_MYSQL ? "mysql" : "mariadb");
    if (import_value(im, "database.password"))
        import_text(import_option(im, "source.mysql.password"), "${DATABASE_PASSWORD}");
    if (!import_value(im, "database.ssl.mode"))
        buf_str(&im->comments, im->connector == CONNECTOR_MYSQL
                ? "#   database.ssl.mode, not given, would go on without TLS where the server has none: source.mysql.tls requires it\n"
                : "#   database.ssl.mode, not given, is without TLS: source.mysql.tls requires it\n");
}

/* "x.include.list" was "x.whitelist", and "x.exclude.list" "x.blacklist". */
static const char *listed(struct import *im, const char *name)
{
    const char *v = import_value(im, name), *dot = strchr(name, '.');
    return v ? v : import_value(im, arena_printf(&im->arena, "%.*s%s", (int)(dot - name), name, dot[1] == 'i' ? ".whitelist" : ".blacklist"));
}

/* A schema filter is a table filter over any table; where both are given, a table must pass both. */
static void set_filter(struct import *im, const char *schemas, const char *tables, const char *option)
{
    const char *s = listed(im, schemas), *t = listed(im, tables);
    bool both = s && *s && t && *t && strcmp(option, "tables.include") == 0;
    struct buf any = { 0 };
    const char *rest = s ? s : "";
    for (char *part; (part = import_part(im, &rest, ','));) {
        buf_printf(&any, "%s%s", any.n ? "|" : "", part);
        if (!both)
            import_item(im, option, arena_printf(&im->arena, "(?:%s)\\..*", part));
    }
    rest = t ? t : "";
    for (char *part; (part = import_part(im, &rest, ','));)
        import_item(im, option, both ? arena_printf(&im->arena, "(?=(?:%s)\\.)(?:%s)", buf_cstr(&any), part) : part);
    buf_done(&any);
}

void import_tables(struct import *im)
{
    bool pg = im->connector == CONNECTOR_POSTGRESQL;
    set_filter(im, pg ? "schema.include.list" : "database.include.list", "table.include.list", "tables.include");
    set_filter(im, pg ? "schema.exclude.list" : "database.exclude.list", "table.exclude.list", "tables.exclude");
}

static bool between(const char *name, const char *head, const char *tail, struct slice *ret)
{
    size_t n = strlen(name), h = strlen(head), t = strlen(tail);
    if (n <= h + t || strncmp(name, head, h) || strcmp(name + n - t, tail))
        return false;
    *ret = slice_of(name + h, n - h - t);
    return true;
}

/* Each salt has a name of its own; the value is a secret. */
static const char *salt_name(struct import *im, const char *salt)
{
    const char *key, *seen[64];
    json_t *value;
    size_t n = 0, at = 0;
    json_object_foreach(im->config, key, value) {
        const char *s = strstr(key, ".with.salt.");
        for (at = 0; s && at < n && strcmp(seen[at], s); at++)
            ;
        if (s && at == n && n < 64)
            seen[n++] = s;
        if (s && strcmp(s, salt) == 0)
            break;
    }
    return at ? arena_printf(&im->arena, "COLUMN_HASH_SALT_%zu", at + 1) : "COLUMN_HASH_SALT";
}

/* column.mask.with.N.chars, column.truncate.to.N.chars, column.mask.hash[.v2].ALGORITHM.with.salt.SALT: patterns */
static void set_edit(struct import *im, const char *name, const char *value)
{
    struct slice s;
    const char *option = NULL, *hash = "column.mask.hash.", *salt = strstr(name, ".with.salt."), *text = NULL;
    if (between(name, "column.mask.with.", ".chars", &s))
        option = "columns.mask";
    else if (between(name, "column.truncate.to.", ".chars", &s))
        option = "columns.truncate";
    if (option) {
        text = arena_printf(&im->arena, "%.*s", (int)s.n, (const char *)s.p);
    } else if (strncmp(name, hash, strlen(hash)) == 0 && salt) {
        const char *algorithm = name + strlen(hash);
        bool v2 = strncmp(algorithm, "v2.", 3) == 0;
        algorithm += v2 ? 3 : 0;
        option = "columns.hash";
        text = arena_printf(&im->arena, "%s%.*s:${%s}", v2 ? "" : "v1:", (int)(salt - algorithm), algorithm, salt_name(im, salt));
    } else {
        import_comment(im, name, "not a form that is known here");
        return;
    }
    for (char *part; (part = import_part(im, &value, ','));)
        import_pair(im, option, part, text, strcmp(option, "columns.hash") != 0);
}

/* "tables:column,column;tables:column" */
static void set_keys(struct import *im, const char *value)
{
    for (char *part; (part = import_part(im, &value, ';'));) {
        char *colon = strrchr(part, ':');
        if (!colon) {
            import_comment(im, "message.key.columns", "a part of it has no colon");
            return;
        }
        *colon = 0;
        import_pair(im, "columns.key", part, colon + 1, false);
    }
}

static void set_names(struct import *im, const char *name, const char *value)
{
    const char *schema = import_value(im, "schema.name.adjustment.mode"), *field = import_value(im, "field.name.adjustment.mode");
    if (schema && field && strcmp(schema, field) && strcmp(schema, "none") && strcmp(field, "none"))
        import_comment(im, name, "schemas and fields are named in one way, format.names");
    else if (strcmp(value, "avro_unicode") == 0)
        import_set(im, "format.names", "avro-unicode");
    else if (strcmp(value, "none") == 0)
        import_comment(im, name, "a name that Avro does not allow is mended as with avro");
    else if (strcmp(value, "avro"))
        import_comment(im, name, "format.names is avro or avro-unicode");
}

/* A text that is not to be changed, in place of what was there. */
static void import_set_text(struct import *im, const char *key, const char *value)
{
    import_option(im, key)->n = 0;
    import_text(import_option(im, key), value);
}

/* Apicurio's own API and its form of Confluent's stand side by side. */
static void set_registry(struct import *im, const char *value)
{
    const char *user = NULL, *password = NULL, *v2;
    struct err none = { 0 };
    if (!http_account(&im->arena, &value, &user, &password, &none) && user) {
        import_set(im, "registry.user", user);
        import_set_text(im, "registry.password", "${REGISTRY_PASSWORD}");
    }
    v2 = strstr(value, "/apis/registry/v");
    import_set(im, "registry.url", v2 ? arena_printf(&im->arena, "%.*s/apis/ccompat/v7", (int)(v2 - value), value) : value);
}

/* What Tailrace does as it is: Confluent's wire format, with basic authentication. */
static bool as_always(const char *rest, const char *value)
{
    static const char *const only[][2] = { { "as-confluent", "true" }, { "use-id", "contentId" }, { "headers.enabled", "false" },
                                           { "basic.auth.credentials.source", "USER_INFO" } };
    for (size_t i = 0; i < sizeof only / sizeof *only; i++)
        if (strstr(rest, only[i][0]))
            return strcmp(value, only[i][1]) == 0;
    return false;
}

static void set_converter(struct import *im, const char *name, const char *value)
{
    const char *rest = strchr(name, '.') + strlen(".converter");
    if (strncmp(name, "header.", 7) == 0) {
        if (!strstr(value, "SimpleHeaderConverter") && !strstr(value, "StringConverter"))
            import_comment(im, name, "headers are plain text");
    } else if (!*rest) {
        if (!strstr(value, "Avro"))
            import_comment(im, name, "keys and values are Avro, in Confluent's wire format");
    } else if (strcmp(rest, ".schema.registry.url") == 0 || strcmp(rest, ".apicurio.registry.url") == 0) {
        set_registry(im, value);
    } else if (strcmp(rest, ".auto.register.schemas") == 0 || strcmp(rest, ".apicurio.registry.auto-register") == 0) {
        import_set(im, "registry.auto-register", strcmp(value, "false") ? "true" : "false");
    } else if (strstr(rest, "basic.auth.user.info")) {
        const char *user = import_escape(im, value);
        import_set_text(im, "registry.user", arena_printf(&im->arena, "%.*s", (int)strcspn(user, ":"), user));
        import_set_text(im, "registry.password", "${REGISTRY_PASSWORD}");
    } else if (!as_always(rest, value)) {
        import_comment(im, name, "registry.* says how the registry is reached; the form is Confluent's");
    }
}

/* ExtractNewRecordState's own properties; false: no counterpart. */
static bool set_flat(struct import *im, const char *property, const char *value)
{
    static const char *const modes[][3] = { { "drop", "drop", "false" }, { "tombstone", "tombstone", "true" }, { "rewrite", "rewrite", "false" },
        { "rewrite-with-tombstone", "rewrite", "true" }, { "delete-to-tombstone", "tombstone", "true" } };
    if (strcmp(property, "add.fields") == 0) {
        import_set(im, "format.flat-fields", value);
        return true;
    }
    if (strcmp(property, "drop.tombstones") == 0) {     /* it and delete.handling.mode: before 2.5 */
        import_set(im, "format.tombstones", strcmp(value, "false") ? "false" : "true");
        return true;
    }
    if (strcmp(property, "delete.handling.mode") == 0) {
        import_set(im, "format.flat-deletes", strcmp(value, "none") ? value : "tombstone");
        return true;
    }
    if (strcmp(property, "replace.null.with.default") == 0) {
        import_set(im, "compat.null-as-default", strcmp(value, "false") ? "true" : "false");
        return true;
    }
    for (size_t i = 0; strcmp(property, "delete.tombstone.handling.mode") == 0 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(value, modes[i][0]) == 0) {
            import_set(im, "format.flat-deletes", modes[i][1]);
            import_set(im, "format.tombstones", modes[i][2]);
            return true;
        }
    return strcmp(property, "type") == 0 || (strcmp(property, "add.fields.prefix") == 0 && strcmp(value, "__") == 0);
}

/* What became of a transform that has a counterpart: what is left to say of one of its properties, NULL: nothing. */
static const char *left_of_transform(struct import *im, const char *type, const char *property, const char *value)
{
    bool flat = strstr(type, "ExtractNewRecordState"), logical = strstr(type, "ByLogicalTableRouter");
    if (strcmp(property, "predicate") == 0 || strcmp(property, "negate") == 0)
        return "no predicates: what this transform became holds for all records";
    if (flat)
        return set_flat(im, property, value) ? NULL : "format.flat-* says what the flat value is";
    if (logical && strcmp(property, "type") == 0)
        return "topics.route names the topics; the key gets no __dbz__physicalTableIdentifier";
    property += logical && strncmp(property, "topic.", 6) == 0 ? 6 : 0;
    return strcmp(property, "type") && strcmp(property, "regex") && strcmp(property, "replacement") ? "topics.route names the topics" : NULL;
}

static const char *transform_value(struct import *im, const char *alias, const char *property)
{
    return import_value(im, arena_printf(&im->arena, "transforms.%s.%s", alias, property));
}

/* False: the transform has no counterpart. */
static bool begin_transform(struct import *im, const char *alias, const char *type)
{
    bool logical = strstr(type, "ByLogicalTableRouter");
    const char *from = transform_value(im, alias, logical ? "topic.regex" : "regex"),
               *to = transform_value(im, alias, logical ? "topic.replacement" : "replacement");
    if (strstr(type, "ExtractNewRecordState")) {
        import_set(im, "format.envelope", "flat");
        import_set(im, "format.flat-fields", "");
        import_set(im, "format.flat-deletes", "tombstone");
        return true;
    }
    if (!(logical || strstr(type, "RegexRouter")) || !from || !to)
        return false;
    import_pair(im, "topics.route", from, import_escape(im, to), false);
    return true;
}

/* The transforms that have a counterpart; any other is a comment, with all that belongs to it. */
static void set_transform(struct import *im, const char *alias)
{
    const char *key, *type = transform_value(im, alias, "type"), *prefix = arena_printf(&im->arena, "transforms.%s.", alias);
    json_t *value;
    if (!type)
        import_comment(im, "transforms", "one of them has no type");
    bool known = type && begin_transform(im, alias, type);
    json_object_foreach(im->config, key, value) {
        if (strncmp(key, prefix, strlen(prefix)))
            continue;
        const char *left = !known ? "no such transform"
            : left_of_transform(im, type, key + strlen(prefix), json_is_string(value) ? json_string_value(value) : "");
        if (left)
            import_comment(im, key, left);
    }
}

static void set_transforms(struct import *im, const char *list)
{
    for (char *alias; (alias = import_part(im, &list, ','));)
        set_transform(im, alias);
}

/* Those of a transform in the list were told with it. */
static void set_transform_property(struct import *im, const char *name)
{
    const char *list = import_value(im, "transforms"), *own = name + strlen("transforms.");
    for (char *alias; list && (alias = import_part(im, &list, ','));)
        if (strncmp(own, alias, strlen(alias)) == 0 && own[strlen(alias)] == '.')
            return;
    import_comment(im, name, "not a transform of the list");
}

/* Names that librdkafka shares with the Java producer, with the same meaning. */
static void set_producer(struct import *im, const char *name, const char *value)
{
    static const char *const same[] = { "acks", "compression.type", "linger.ms", "batch.size", "client.id", "security.protocol",
        "sasl.mechanism", "request.timeout.ms", "delivery.timeout.ms", "message.max.bytes", "transaction.timeout.ms",
        "metadata.max.age.ms", "bootstrap.servers", "retry.backoff.ms", "max.in.flight.requests.per.connection", NULL };
    const char *rest = name + strlen("producer.override.");
    for (const char *const *s = same; *s; s++)
        if (strcmp(*s, rest) == 0) {
            import_pair(im, "kafka", rest, import_escape(im, value), false);
            return;
        }
    import_comment(im, name, strcmp(rest, "max.request.size") == 0 ? "kafka: { message.max.bytes: ... }"
            : strcmp(rest, "sasl.jaas.config") == 0 ? "kafka: { sasl.username: ..., sasl.password: \"${...}\" }"
            : "kafka.* takes librdkafka's properties");
}

void import_own(struct import *im, const char *name, const char *value)
{
    if (strncmp(name, "column.", 7) == 0)
        set_edit(im, name, value);
    else if (strcmp(name, "message.key.columns") == 0)
        set_keys(im, value);
    else if (strstr(name, "name.adjustment.mode"))
        set_names(im, name, value);
    else if (strstr(name, ".converter"))
        set_converter(im, name, value);
    else if (strcmp(name, "transforms") == 0)
        set_transforms(im, value);
    else if (strncmp(name, "transforms.", 11) == 0)
        set_transform_property(im, name);
    else if (strncmp(name, "producer.override.", 18) == 0)
        set_producer(im, name, value);
    else if (strncmp(name, "topic.creation.default.", 23) == 0)
        import_pair(im, "topics.config", name + 23, value, false);
}
