/* Opens the sides of a comparison by their names: databases, files, registry, schema-change topic,
 * warehouses. */
#include "base/secret.h"
#include "sides/sides.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include "sides/decoders.h"
#include "encode/avro_schema.h"
#include "report/past.h"
#include "sink/readers.h"
#include "sink/tail.h"

/* ---- databases: only here is it known which reader reads which ---- */

static struct side *side_of_database(struct sides *s, const struct table_list *list)
{
    enum dialect d = dialect_of_server(list->server);
    bool is_mysql = d == DIALECT_MYSQL || d == DIALECT_MARIADB;
    return side_of_tables(s->a, list, d,
                          arena_printf(s->a, "%s, %s %s", list->server,
                                       is_mysql ? "host" : "database", list->database));
}

static int read_pg(struct sides *s, const struct pg_options *pg, const char *what,
                   struct side **ret, struct err *err)
{
    struct table_list list = { 0 };
    if (pg_tables_read(pg, s->a, &list, err))
        return err_wrap(err, "%s", what);
    *ret = side_of_database(s, &list);
    return 0;
}

static int read_mysql(struct sides *s, const struct mysql_options *mysql, struct side **ret,
                      struct err *err)
{
    struct table_list list = { 0 };
    if (mysql_tables_read(mysql, s->a, &list, err))
        return err_wrap(err, "source.mysql");
    *ret = side_of_database(s, &list);
    return 0;
}

static int open_feed(struct sides *s, const struct config *c, struct side **ret, struct err *err)
{
    return c->enc.connector == CONNECTOR_POSTGRESQL
               ? read_pg(s, &c->pg, "source.conninfo", ret, err)
               : read_mysql(s, &c->mysql, ret, err);
}

/* Opens another feed's database, by its configuration. */
static int open_yaml(struct sides *s, const char *path, struct side **ret, struct err *err)
{
    struct config c = { 0 };
    int rc = config_load(&c, path, NULL, 0, err) || open_feed(s, &c, ret, err) ? -1 : 0;
    config_done(&c);
    if (!rc)
        (*ret)->label = arena_printf(s->a, "%s (%s)", path, (*ret)->label);
    return rc;
}

static int open_live(struct sides *s, struct side **ret, struct err *err)
{
    if (!s->configured)
        return err_set(
            err, ERR_CONFIG,
            "the feed's own database is meant, and there is no configuration: name one with -c");
    return open_feed(s, s->c, ret, err);
}

static int open_conninfo(struct sides *s, const char *conninfo, struct side **ret, struct err *err)
{
    struct pg_options pg = { .conninfo = conninfo, .wanted = s->c->pg.wanted };
    if (pg_conninfo_check(conninfo, err))
        return -1;
    return read_pg(s, &pg, "database", ret, err);
}

/* ---- files ---- */

static int open_saved(struct sides *s, const char *path, struct side **ret, struct err *err)
{
    struct buf text = { 0 };
    int rc = file_read(path, &text, err) ? -1 : side_load(s->a, buf_slice(&text), path, ret, err);
    buf_done(&text);
    return rc;
}

/* The topic that a schema belongs to: its namespace; without a namespace, the file's name. */
static int topic_of(struct sides *s, const char *path, const char *text,
                    const struct avro_schema **ret_schema, const char **ret, struct err *err)
{
    const struct avro_schema *schema = NULL;
    if (avro_schema_parse(text, s->a, &schema, err))
        return err_wrap(err, "%s", path);
    *ret_schema = schema;
    if (!schema->full_name)
        return err_set(err, ERR_DATA, "%s: not the schema of a record", path);
    char *name = arena_strdup(s->a, schema->full_name), *dot = strrchr(name, '.');
    const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (dot)
        *dot = 0;
    *ret = dot ? name : arena_printf(s->a, "%.*s", (int)(strlen(file) - strlen(".avsc")), file);
    return 0;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Schemas as they are found: a topic's key and value share an entry. */
struct subjects {
    struct avro_subject *list;
    size_t n, cap;
};

static struct avro_subject *subject_of(struct sides *s, struct subjects *found, const char *topic)
{
    for (size_t i = 0; i < found->n; i++)
        if (strcmp(found->list[i].topic, topic) == 0)
            return &found->list[i];
    found->list = arena_grown(s->a, found->list, found->n, &found->cap, sizeof *found->list);
    found->list[found->n] = (struct avro_subject){ .topic = topic };
    return &found->list[found->n++];
}

static int add_avsc(struct sides *s, struct subjects *found, const char *path, struct err *err)
{
    struct buf text = { 0 };
    const struct avro_schema *parsed = NULL;
    const char *topic = NULL;
    int rc = file_read(path, &text, err);
    const char *schema = arena_strdup(s->a, buf_cstr(&text));
    buf_done(&text);
    if (!rc)
        rc = topic_of(s, path, schema, &parsed, &topic, err);
    if (rc)
        return -1;
    struct avro_subject *at = subject_of(s, found, topic);
    *(strcmp(parsed->name, "Key") == 0 ? &at->key : &at->value) = schema;
    return 0;
}

static int add_folder(struct sides *s, struct subjects *found, const char *path, struct err *err)
{
    DIR *d = opendir(path);
    int rc = d ? 0 : err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    for (struct dirent *e; !rc && (e = readdir(d));)
        if (ends_with(e->d_name, ".avsc"))
            rc = add_avsc(s, found, arena_printf(s->a, "%s/%s", path, e->d_name), err);
    if (d)
        closedir(d);
    return rc;
}

static int subjects_side(struct sides *s, struct subjects *found, const char *label,
                         struct side **ret, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < found->n; i++)
        if (found->list[i].value)
            found->list[n++] = found->list[i];
    return side_of_subjects(s->a, found->list, n, label, ret, err);
}

static int open_avsc(struct sides *s, const char *path, bool folder, struct side **ret,
                     struct err *err)
{
    struct subjects found = { 0 };
    if (folder ? add_folder(s, &found, path, err) : add_avsc(s, &found, path, err))
        return -1;
    return subjects_side(s, &found, arena_printf(s->a, "Avro schemas in %s", path), ret, err);
}

/* ---- the schema-change topic ---- */

struct look_back {
    struct past past;
    struct decoders decoders;
    int64_t until_ms, until_offset; /* -1: no such limit */
};

static int take_past(void *arg, const struct tail_record *r, struct err *err)
{
    struct look_back *b = arg;
    struct buf text = { 0 };
    bool later = (b->until_ms >= 0 && r->time_ms > b->until_ms) ||
                 (b->until_offset >= 0 && r->offset > b->until_offset);
    if (later || !decoders_framed(r->value))
        return 0;
    int rc = decoders_print(&b->decoders, r->value, &text, err)
                 ? -1
                 : past_take(&b->past, buf_slice(&text), err);
    buf_done(&text);
    return rc;
}

/* Reads "2026-11-25T10:00:00Z", the same without Z (also UTC), or an offset. */
static int read_point(const char *text, struct look_back *b, struct err *err)
{
    struct tm tm = { 0 };
    char *end;
    b->until_ms = b->until_offset = -1;
    long long offset = strtoll(text, &end, 10);
    if (*text && !*end) {
        b->until_offset = offset;
        return 0;
    }
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        rest = strptime(text, "%Y-%m-%dT%H:%M", &tm);
    if (!rest)
        rest = strptime(text, "%Y-%m-%d", &tm);
    if (!rest || (*rest && strcmp(rest, "Z") != 0))
        return err_set(err, ERR_CONFIG,
                       "past@%s: a time in UTC like 2026-11-25T10:00:00Z, or an offset, is wanted",
                       text);
    b->until_ms = (int64_t)timegm(&tm) * 1000;
    return 0;
}

/* Keeps the tables that the feed reads now, of those that it read then. */
static int wanted_of(const struct sides *s, struct table *tables, size_t n, size_t *ret_n,
                     struct err *err)
{
    *ret_n = 0;
    for (size_t i = 0; i < n; i++) {
        int wanted = filter_takes(
            &s->c->pg.wanted, arena_printf(s->a, "%s.%s", tables[i].schema, tables[i].name), err);
        if (wanted < 0)
            return -1;
        if (wanted)
            tables[(*ret_n)++] = tables[i];
    }
    return 0;
}

static int open_past(struct sides *s, const char *point, struct side **ret, struct err *err)
{
    static const atomic_int go_on;
    enum connector from = s->c->enc.connector;
    struct look_back b = { .past = { .a = s->a, .meaning = pg_column_meaning } };
    if (from != CONNECTOR_POSTGRESQL) {
        b.past.meaning = from == CONNECTOR_MARIADB ? mariadb_column_meaning : mysql_column_meaning;
        b.past.gone = mysql_statement_gone;
    }
    struct plan *plan = plan_compile_schema_change(&s->c->enc);
    const char *topic = arena_strdup(s->a, plan_topic(plan));
    plan_free(plan);
    struct tail_options opt = {
        .kafka = &s->c->kafka, .topics = &topic, .ntopics = 1, .stop = &go_on
    };
    if (read_point(point, &b, err) || sides_need_registry(s, err))
        return -1;
    b.decoders.registry = s->registry;
    int rc = tail_topics(&opt, take_past, &b, err);
    decoders_done(&b.decoders);
    if (rc)
        return err_wrap(err, "past@%s (format.schema-changes: always keeps it)", point);
    struct table_list list = { .tables = b.past.tables };
    if (wanted_of(s, b.past.tables, b.past.n, &list.n, err))
        return -1;
    *ret = side_of_tables(
        s->a, &list, dialect_of_connector(from),
        arena_printf(s->a, "topic %s at %s, %zu records", topic, point, b.past.records));
    (*ret)->recorded = from != CONNECTOR_POSTGRESQL;
    return 0;
}

/* ---- which side is meant ---- */

/* The URL without account and query. Notes the password and the query as secrets. */
static const char *bare_url(struct arena *a, const char *url)
{
    const char *user = NULL, *password = NULL;
    struct err none = { 0 };
    if (http_account(a, &url, &user, &password, &none))
        return "";
    secret_note(password);
    size_t end = strcspn(url, "?");
    if (url[end])
        secret_note(url + end + 1);
    return arena_printf(a, "%.*s", (int)end, url);
}

/* Opens what stands after the colon: a DuckDB file, ClickHouse's HTTP address, or (warehouse:) a
 * PostgreSQL database that a sink fills. */
static int open_warehouse(struct sides *s, const char *spec, struct side **ret, struct err *err)
{
    struct table_list list = { 0 };
    bool duck = has_prefix(spec, "duckdb:"), click = has_prefix(spec, "clickhouse:");
    const char *where = strchr(spec, ':') + 1, *shown = click ? bare_url(s->a, where) : where;
    if (duck || click) {
        if (duck ? duckdb_tables(where, s->a, &list, err)
                 : clickhouse_tables(where, s->ca_file, s->a, &list, err))
            return -1;
        *ret = side_of_tables(s->a, &list, duck ? DIALECT_DUCKDB : DIALECT_CLICKHOUSE,
                              arena_printf(s->a, "%s %s", list.server, shown));
    } else if (open_conninfo(s, where, ret, err)) {
        return -1;
    }
    (*ret)->copy = true;
    return 0;
}

static int open_version(struct sides *s, const char *spec, struct side **ret, struct err *err)
{
    char *end;
    long version = strtol(spec + strlen("registry@"), &end, 10);
    return version > 0 && version <= INT_MAX && !*end ? registry_side(s, (int)version, ret, err)
        : err_set(err, ERR_CONFIG, "%s: a version's number is wanted", spec);
}

static int open_file(struct sides *s, const char *path, bool folder, struct side **ret,
                     struct err *err)
{
    if (folder || ends_with(path, ".avsc"))
        return open_avsc(s, path, folder, ret, err);
    return ends_with(path, ".yaml") || ends_with(path, ".yml") ? open_yaml(s, path, ret, err)
                                                               : open_saved(s, path, ret, err);
}

int side_open(struct sides *s, const char *spec, struct side **ret, struct err *err)
{
    struct stat st;
    if (strcmp(spec, "live") == 0)
        return open_live(s, ret, err);
    if (strcmp(spec, "registry") == 0)
        return registry_side(s, 0, ret, err);
    if (has_prefix(spec, "registry@"))
        return open_version(s, spec, ret, err);
    if (has_prefix(spec, "past@"))
        return open_past(s, spec + strlen("past@"), ret, err);
    if (has_prefix(spec, "duckdb:") || has_prefix(spec, "clickhouse:") ||
        has_prefix(spec, "warehouse:"))
        return open_warehouse(s, spec, ret, err);
    if (!stat(spec, &st))
        return open_file(s, spec, S_ISDIR(st.st_mode), ret, err);
    if (strchr(spec, '=') || has_prefix(spec, "postgres://") || has_prefix(spec, "postgresql://"))
        return open_conninfo(s, spec, ret, err);
    return err_set(err, ERR_CONFIG,
                   "%s: neither a file nor a side: live, registry[@VERSION], past@TIME, FILE.json, "
                   "FILE.avsc, FILE.yaml, "
                   "duckdb:FILE, clickhouse:URL, warehouse:CONNINFO, or what libpq takes",
                   spec);
}

/* ---- facts about a topic ---- */

static void add_reader(void *arg, const char *topic, const char *group)
{
    struct sides *s = arg;
    struct kv_list *r = arena_alloc(s->a, sizeof *r);
    *r = (struct kv_list){ arena_strdup(s->a, topic), arena_strdup(s->a, group), s->readers };
    s->readers = r;
}

static void readers_of(struct sides *s, struct topic_facts *f, const char *topic)
{
    size_t n = 0;
    for (const struct kv_list *r = s->readers; r; r = r->next)
        n += strcmp(r->topic, topic) == 0;
    const char **names = arena_alloc(s->a, (n + 1) * sizeof *names);
    for (const struct kv_list *r = s->readers; r; r = r->next)
        if (strcmp(r->topic, topic) == 0)
            names[f->nreaders++] = r->group;
    f->readers = names;
    f->readers_known = s->readers_known;
}

static bool has_kafka(const struct config *c)
{
    for (const struct kv *p = c->kafka.props; c->sink_kind == SINK_KAFKA && p && p->key; p++)
        if (strcmp(p->key, "bootstrap.servers") == 0)
            return true;
    return false;
}

int sides_facts(struct sides *s, struct diff *d, struct err *err)
{
    if (d->across || !d->n)
        return 0;
    if (has_kafka(s->c)) {
        if (kafka_readers(&s->c->kafka, add_reader, s, err))
            return -1;
        s->readers_known = true;
    }
    for (size_t i = 0; i < d->n; i++)
        if (diff_topic(&d->tables[i]))
            readers_of(s, &d->tables[i].facts, diff_topic(&d->tables[i]));
    return s->c->registry.url ? registry_facts(s, d, err) : 0;
}

void sides_done(struct sides *s)
{
    registry_free(s->registry);
    s->registry = NULL;
    for (; s->arenas; s->arenas = s->arenas->next)
        arena_done(&s->arenas->arena);
}
