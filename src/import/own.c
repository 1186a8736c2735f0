/* Functions for properties that no row of properties.c can translate: connection, tables, columns,
 * names, converters, the producer. */
#include <string.h>
#include "base/secret.h"
#include "import/import.h"

/* Appends a word of source.conninfo, quoted as libpq wants it. */
static void put_conninfo(struct import *im, struct buf *to, const char *word, const char *property)
{
    const char *v = import_value(im, property);
    struct buf b = { 0 };
    if (!v)
        return;
    if (secret_name(property)) {
        buf_printf(to, "%s%s='${%s}'", to->n ? " " : "", word,
                   strcmp(word, "password") == 0 ? "DATABASE_PASSWORD" : "DATABASE_KEY_PASSWORD");
        return;
    }
    bool quote = !*v || strpbrk(v, " '\\");
    for (v = import_escape(im, v); *v; v++)
        buf_str(&b, *v == '\'' || *v == '\\' ? (char[3]){ '\\', *v, 0 } : (char[2]){ *v, 0 });
    buf_printf(to, "%s%s=%s%s%s", to->n ? " " : "", word, quote ? "'" : "", buf_cstr(&b),
               quote ? "'" : "");
    buf_done(&b);
}

static void set_conninfo(struct import *im)
{
    static const char *const parts[][2] = {
        { "host", "database.hostname" },           { "port", "database.port" },
        { "dbname", "database.dbname" },           { "user", "database.user" },
        { "password", "database.password" },       { "sslmode", "database.sslmode" },
        { "sslcert", "database.sslcert" },         { "sslkey", "database.sslkey" },
        { "sslrootcert", "database.sslrootcert" }, { "sslpassword", "database.sslpassword" },
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
        import_say(
            im, DIFFERENT, "database.ssl.mode",
            im->connector == CONNECTOR_MYSQL
                ? "would go on without TLS where the server has none: source.mysql.tls requires it"
                : "would be without TLS: source.mysql.tls requires it");
}

/* The value of "x.include.list" or "x.exclude.list"; else of their old names, "x.whitelist" and
 * "x.blacklist". */
static const char *listed(struct import *im, const char *name)
{
    const char *v = import_value(im, name), *dot = strchr(name, '.');
    return v ? v
             : import_value(im, arena_printf(&im->arena, "%.*s%s", (int)(dot - name), name,
                                             dot[1] == 'i' ? ".whitelist" : ".blacklist"));
}

/* A schema filter becomes a table filter over any table. If both are given, a table must pass
 * both. */
static void set_filter(struct import *im, const char *schemas, const char *tables,
                       const char *option)
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
        import_item(im, option,
                    both ? arena_printf(&im->arena, "(?=(?:%s)\\.)(?:%s)", buf_cstr(&any), part)
                         : part);
    buf_done(&any);
}

void import_tables(struct import *im)
{
    bool pg = im->connector == CONNECTOR_POSTGRESQL;
    set_filter(im, pg ? "schema.include.list" : "database.include.list", "table.include.list",
               "tables.include");
    set_filter(im, pg ? "schema.exclude.list" : "database.exclude.list", "table.exclude.list",
               "tables.exclude");
}

static bool between(const char *name, const char *head, const char *tail, struct slice *ret)
{
    size_t n = strlen(name), h = strlen(head), t = strlen(tail);
    if (n <= h + t || strncmp(name, head, h) || strcmp(name + n - t, tail))
        return false;
    *ret = slice_of(name + h, n - h - t);
    return true;
}

/* The environment variable for a salt, which is a secret: each salt has one of its own. */
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

/* Reads column.mask.with.N.chars, column.truncate.to.N.chars and
 * column.mask.hash[.v2].ALGORITHM.with.salt.SALT; their values are patterns. */
static void set_edit(struct import *im, const char *name, const char *value)
{
    struct slice s;
    const char *option = NULL, *hash = "column.mask.hash.", *salt = strstr(name, ".with.salt."),
               *text = NULL;
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
        if (salt <= algorithm) {
            import_say(im, REFUSED, name,
                       "no algorithm is named: these columns go out as they are");
            return;
        }
        option = "columns.hash";
        text = arena_printf(&im->arena, "%s%.*s:${%s}", v2 ? "" : "v1:", (int)(salt - algorithm),
                            algorithm, salt_name(im, salt));
    } else {
        import_say(im, REFUSED, name,
                   "not a form that is known here: these columns go out as they are");
        return;
    }
    for (char *part; (part = import_part(im, &value, ','));)
        import_pair(im, option, part, text, strcmp(option, "columns.hash") != 0);
}

/* Reads "tables:column,column;tables:column". */
static void set_keys(struct import *im, const char *value)
{
    for (char *part; (part = import_part(im, &value, ';'));) {
        char *colon = strrchr(part, ':');
        if (!colon) {
            import_say(im, REFUSED, "message.key.columns",
                       "a part of it has no colon: keys are the primary key");
            return;
        }
        *colon = 0;
        import_pair(im, "columns.key", part, colon + 1, false);
    }
}

static void set_names(struct import *im, const char *name, const char *value)
{
    const char *schema = import_value(im, "schema.name.adjustment.mode"),
               *field = import_value(im, "field.name.adjustment.mode");
    if (schema && field && strcmp(schema, field) && strcmp(schema, "none") && strcmp(field, "none"))
        import_say(im, REFUSED, name, "schemas and fields are named in one way, format.names");
    else if (strcmp(value, "avro_unicode") == 0)
        import_set(im, "format.names", "avro-unicode");
    else if (strcmp(value, "none") == 0)
        import_say(im, DIFFERENT, name, "a name that Avro does not allow is mended as with avro");
    else if (strcmp(value, "avro"))
        import_say(im, REFUSED, name, "format.names is avro or avro-unicode");
}

/* Writes a text as it is, without escaping, over the option's old value. */
static void import_set_text(struct import *im, const char *key, const char *value)
{
    import_option(im, key)->n = 0;
    import_text(import_option(im, key), value);
}

/* Apicurio serves its own API and Confluent's side by side: takes the URL of Confluent's. */
static void set_registry(struct import *im, const char *name, const char *value)
{
    const char *user = NULL, *password = NULL, *v2;
    struct err none = { 0 };
    value = import_part(im, &value, ',');
    if (!value)
        return;
    if (strchr(import_value(im, name), ','))
        import_say(im, DIFFERENT, name, "registry.url is one URL: the first of these");
    if (!http_account(&im->arena, &value, &user, &password, &none) && user) {
        import_set(im, "registry.user", user);
        import_set_text(im, "registry.password", "${REGISTRY_PASSWORD}");
    }
    v2 = strstr(value, "/apis/registry/v");
    char *url = v2 ? arena_printf(&im->arena, "%.*s/apis/ccompat/v7", (int)(v2 - value), value)
                   : arena_strdup(&im->arena, value);
    /* hides an account that could not be taken out, because the URL cannot be read */
    url[secret_hide(url, strlen(url))] = 0;
    import_set(im, "registry.url", url);
}

/*
 * A converter's own properties, by a part of their names. value: what Tailrace does; NULL: nothing
 * like it. The last row takes the rest: those properties shape schemas or bytes.
 */
static const struct {
    const char *part, *value;
    enum class class;
    const char *text;
} registry_properties[] = {
    { "as-confluent", "true", REFUSED,
      "the bytes before a record are Confluent's: a zero and four of the schema's id" },
    { "use-id", "contentId", REFUSED,
      "the bytes before a record are Confluent's: a zero and four of the schema's id" },
    { "headers.enabled", "false", REFUSED,
      "the schema's id is before the record, not in a header" },
    { "subject.name.strategy", "io.confluent.kafka.serializers.subject.TopicNameStrategy", REFUSED,
      "subjects are TOPIC-key and TOPIC-value" },
    { "basic.auth.credentials.source", "USER_INFO", DIFFERENT,
      "registry.user and registry.password" },
    { "auth.username", NULL, DIFFERENT, "registry.user" },
    { "auth.password", NULL, DIFFERENT, "registry.password" },
    { ".ssl.", NULL, DIFFERENT, "registry.ca-file, cert-file and key-file take PEM files" },
    { "auth.", NULL, DIFFERENT, "registry.user and registry.password: basic authentication" },
    { "proxy", NULL, DIFFERENT, "the registry is asked without a proxy" },
    { "schemas.cache", NULL, SAME, "not needed" },
    { "max.schemas.per.subject", NULL, SAME, "not needed" },
    { "check-period-ms", NULL, SAME, "not needed" },
    { "retry", NULL, SAME, "registry.retries" },
    { "timeout", NULL, SAME, "registry.timeout-ms" },
    { "global-id", NULL, DIFFERENT,
      "schemas are registered, or looked up (registry.auto-register)" },
    { "", NULL, REFUSED,
      "schemas and bytes are those of Confluent's converter as it is by default" },
};

static void say_registry_property(struct import *im, const char *name, const char *rest,
                                  const char *value)
{
    size_t i = 0;
    while (!strstr(rest, registry_properties[i].part))
        i++;
    if (!registry_properties[i].value || strcmp(value, registry_properties[i].value))
        import_say(im, registry_properties[i].class, name, registry_properties[i].text);
}

static void set_converter_itself(struct import *im, const char *name, const char *value)
{
    bool nulls = strncmp(name, "value.", 6) == 0 &&
                 !import_value(im, "value.converter.ignore.default.for.nullables");
    if (!strstr(value, "Avro"))
        import_say(im, REFUSED, name, "keys and values are Avro, in Confluent's wire format");
    else if (nulls)
        import_say(im, DIFFERENT, name,
                   "a NULL in a column that has a default stays NULL; compat.null-as-default: true "
                   "writes the default");
}

/* Refuses a property of a converter that is not Avro's (JSON's, say): it goes with the
 * converter. */
static bool of_another(struct import *im, const char *name)
{
    const char *dot = strchr(strchr(name, '.') + 1, '.'),
               *own = dot ? arena_printf(&im->arena, "%.*s", (int)(dot - name), name) : name;
    const char *converter = import_value(im, own);
    if (!dot || !converter || strstr(converter, "Avro"))
        return false;
    import_say_of(im, REFUSED, name, own, "goes with the converter");
    return true;
}

static void set_converter(struct import *im, const char *name, const char *value)
{
    const char *rest = strchr(name, '.') + strlen(".converter");
    if (strncmp(name, "header.", 7) == 0) {
        if (!strstr(value, "SimpleHeaderConverter") && !strstr(value, "StringConverter"))
            import_say(im, REFUSED, name, "headers are plain text");
    } else if (!*rest) {
        set_converter_itself(im, name, value);
    } else if (strcmp(rest, ".schema.registry.url") == 0 ||
               strcmp(rest, ".apicurio.registry.url") == 0) {
        set_registry(im, name, value);
    } else if (strcmp(rest, ".auto.register.schemas") == 0 ||
               strcmp(rest, ".apicurio.registry.auto-register") == 0) {
        import_set(im, "registry.auto-register", strcmp(value, "false") ? "true" : "false");
    } else if (strcmp(rest, ".ignore.default.for.nullables") == 0) {
        if (strcmp(value, "false") == 0)
            import_set(im, "compat.null-as-default", "true");
    } else if (strstr(rest, "basic.auth.user.info")) {
        const char *user = import_escape(im, value);
        import_set_text(im, "registry.user",
                        arena_printf(&im->arena, "%.*s", (int)strcspn(user, ":"), user));
        import_set_text(im, "registry.password", "${REGISTRY_PASSWORD}");
    } else if (!of_another(im, name)) {
        say_registry_property(im, name, rest, value);
    }
}

/* Copies properties that librdkafka shares with the Java producer, with the same meaning. */
static void set_producer(struct import *im, const char *name, const char *value)
{
    static const char *const same[] = { "acks",
                                        "compression.type",
                                        "linger.ms",
                                        "batch.size",
                                        "client.id",
                                        "security.protocol",
                                        "sasl.mechanism",
                                        "request.timeout.ms",
                                        "delivery.timeout.ms",
                                        "message.max.bytes",
                                        "transaction.timeout.ms",
                                        "metadata.max.age.ms",
                                        "bootstrap.servers",
                                        "retry.backoff.ms",
                                        "max.in.flight.requests.per.connection",
                                        NULL };
    const char *rest = name + strlen("producer.override.");
    for (const char *const *s = same; *s; s++)
        if (strcmp(*s, rest) == 0) {
            import_pair(im, "kafka", rest, import_escape(im, value), false);
            return;
        }
    if (strcmp(rest, "interceptor.classes") == 0 || strcmp(rest, "partitioner.class") == 0)
        import_say(
            im, REFUSED, name,
            "no classes of one's own: records go out as they are, to the partition of their key");
    else
        import_say(im, DIFFERENT, name,
                   strcmp(rest, "max.request.size") == 0 ? "kafka: { message.max.bytes: ... }"
                   : strcmp(rest, "sasl.jaas.config") == 0
                       ? "kafka: { sasl.username: ..., sasl.password: \"${...}\" }"
                       : "kafka.* takes librdkafka's properties");
}

static void set_placeholder(struct import *im, const char *name, const char *value)
{
    if (placeholder_valid(value))
        import_set(im, "format.placeholder", value);
    else
        import_say(im, REFUSED, name,
                   "what follows hex: must be pairs of hex digits that are UTF-8 text: a string "
                   "cannot hold these bytes");
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
    else if (strcmp(name, "unavailable.value.placeholder") == 0)
        set_placeholder(im, name, value);
    else if (strncmp(name, "transforms.", 11) == 0 && !import_said(im, name))
        import_say(im, DIFFERENT, name, "not a transform of the list");
    else if (strncmp(name, "producer.override.", 18) == 0)
        set_producer(im, name, value);
    else if (strncmp(name, "topic.creation.default.", 23) == 0)
        import_pair(im, "topics.config", name + 23, value, false);
}
