/* The client of a schema registry: sends schemas, caches ids, and tells which trouble passes by
 * itself. registry_read.c reads what a registry has. */
#include "encode/registry_client.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include "base/local.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/http.h"

#define MEDIA "application/vnd.schemaregistry.v1+json"

struct known {
    char *subject, *schema;     /* subject NULL: known only by id */
    int32_t id;
    struct known *next;
};

struct registry {
    struct registry_options opt;
    struct http *http;
    struct known *known;
    struct slice reply;         /* borrowed from http; a NUL stands behind it */
    long status;
    bool answered;              /* a registry has answered this process */
};

bool registry_in_clear(const struct registry_options *opt, struct slice *ret_host)
{
    bool user;
    if (!opt->url || strncasecmp(opt->url, "http://", 7) != 0)
        return false;
    *ret_host = host_of_url(opt->url, &user);
    return (user || (opt->password && *opt->password)) && !host_is_local(*ret_host);
}

struct registry *registry_new(const struct registry_options *opt, struct err *err)
{
    static const char *const headers[] = { "Content-Type: " MEDIA,
                                           "Accept: " MEDIA ", application/json", NULL };
    struct registry *r = xcalloc(1, sizeof *r);
    r->opt = *opt;
    r->http = http_new(&(struct http_options){ .headers = headers,
                                               .user = opt->user,
                                               .password = opt->password,
                                               .ca_file = opt->ca_file,
                                               .cert_file = opt->cert_file,
                                               .key_file = opt->key_file,
                                               .timeout_ms = opt->timeout_ms,
                                               .stop = opt->stop },
                       err);
    if (r->http)
        return r;
    free(r);
    return NULL;
}

void registry_free(struct registry *r)
{
    if (!r)
        return;
    while (r->known) {
        struct known *next = r->known->next;
        free(r->known->subject);
        free(r->known->schema);
        free(r->known);
        r->known = next;
    }
    http_free(r->http);
    free(r);
}

/*
 * Whether a registry wrote this answer: it is JSON, and an error has the registry's own code. (A
 * plain 404 is any server's answer for a path that it does not have.) A proxy without its backend,
 * a login page or an answer that was cut does not pass.
 */
static bool is_registrys(const struct registry *r)
{
    json_t *j =
        json_loadb((const char *)r->reply.p, r->reply.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    json_int_t code = json_integer_value(json_object_get(j, "error_code"));
    bool is = r->status == 200 ? j != NULL : r->status == 404 ? code > 404 : code != 0;
    json_decref(j);
    return is;
}

/* The beginning of an unexpected answer, in one line. */
static const char *start_of(const struct registry *r, char to[80])
{
    int n = snprintf(to, 80, "%.60s", (const char *)r->reply.p);
    for (int i = 0; i < n; i++)
        if ((unsigned char)to[i] < ' ')
            to[i] = ' ';
    return to;
}

/* The trouble of a proxy whose backend is away passes; a wrong address does not. Whether a registry
 * has answered before tells them apart. */
static int foreign(const struct registry *r, struct err *err)
{
    char start[80];
    return err_set(err, r->answered ? ERR_RETRY : ERR_CONFIG,
                   "schema registry %s: HTTP %ld, and the answer is not a registry's "
                   "(\"%s\"): %s",
                   r->opt.url, r->status, start_of(r, start),
                   r->answered ? "does a proxy answer for it?" : "is registry.url its base?");
}

static const char *unreached_todo(const struct registry *r, enum http_end end)
{
    switch (end) {
    case HTTP_UNTRUSTED:
        return " -> look at registry.ca-file (the certificate of the CA that signed the "
               "registry's), at the certificate's dates and names, and at the host in registry.url";
    case HTTP_BAD_CERTIFICATE:
        return " -> look at registry.cert-file and registry.key-file";
    case HTTP_NO_TLS:
        return " -> does it speak TLS? Look at registry.url";
    case HTTP_AWAY:
        return " -> look at registry.url: does the registry run there?";
    case HTTP_CLOSED:
        return strncasecmp(r->opt.url, "http://", 7) == 0
                   ? " -> if it speaks TLS, registry.url begins with https://"
                   : "";
    default:
        return "";
    }
}

/* A certificate that is not trusted at the start stays so: ERR_CONFIG. One that expires while a
 * feed runs may be renewed: ERR_RETRY. */
static int unreached(const struct registry *r, enum http_end end, const char *why, struct err *err)
{
    const char *ca = r->opt.ca_file;
    if (end == HTTP_UNTRUSTED && ca && access(ca, R_OK))
        return err_set(err, r->answered ? ERR_RETRY : ERR_CONFIG, "registry.ca-file: %s: %s -> the "
                       "user who runs tailrace must be able to read it", ca, strerror(errno));
    bool lasting = (end == HTTP_UNTRUSTED || end == HTTP_BAD_CERTIFICATE) && !r->answered;
    return err_set(err, lasting ? ERR_CONFIG : ERR_RETRY,
                   "schema registry %s cannot be reached: %s%s", r->opt.url, why,
                   unreached_todo(r, end));
}

/* Sends a request; after trouble that may pass, sends it again after a growing pause. body NULL:
 * GET. */
static int ask(struct registry *r, const char *path, const char *body, struct err *err)
{
    struct buf url = { 0 };
    size_t n = strlen(r->opt.url);
    buf_put(&url, r->opt.url, n && r->opt.url[n - 1] == '/' ? n - 1 : n);
    buf_str(&url, path);
    enum http_end end = HTTP_AWAY;
    char start[80];
    struct http_answer a = { .why = "" };
    for (int try = 0; try <= r->opt.retries; try++) {
        end = http_ask(r->http, buf_cstr(&url), body, &a);
        if (end == HTTP_TOO_LONG || end == HTTP_STOPPED ||
            (end == HTTP_ANSWERED && a.status < 500 && a.status != 429))
            break;
        if (try < r->opt.retries)
            nanosleep(
                &(struct timespec) { .tv_nsec = (long)(100 << (try < 3 ? try : 3)) * 1000000L },
                NULL);
    }
    buf_done(&url);
    r->status = a.status;
    r->reply = a.body;
    if (end == HTTP_TOO_LONG)
        return err_set(err, ERR_CONFIG, "schema registry %s answers with more than %d MiB: is "
                       "registry.url its base?", r->opt.url, HTTP_MOST >> 20);
    if (end != HTTP_ANSWERED)
        return unreached(r, end, a.why, err);
    if (r->status == 401 || r->status == 403)
        return err_set(err, ERR_CONFIG,
                       "schema registry %s refuses user %s (HTTP %ld) -> look at registry.user and "
                       "registry.password",
                       r->opt.url, r->opt.user && *r->opt.user ? r->opt.user : "(none)", r->status);
    if (r->status >= 500 || r->status == 429 || r->status == 408)
        return err_set(err, ERR_RETRY, "schema registry %s answers HTTP %ld (\"%s\") -> look at "
                       "the registry, and at a proxy before it", r->opt.url, r->status,
                       start_of(r, start));
    if (!is_registrys(r))
        return foreign(r, err);
    r->answered = true;
    return 0;
}

void registry_path(struct registry *r, struct buf *path, const char *before, const char *name,
                   const char *after)
{
    buf_str(path, before);
    http_escape(r->http, name, path);
    buf_str(path, after);
}

/* ---- what differs ---- */

/* The record inside a type that may be a union or a wrapper; NULL: there is none. */
static json_t *record_of(json_t *type)
{
    size_t i;
    json_t *branch;
    if (json_is_array(type))
        json_array_foreach(type, i, branch)
            if (json_is_object(branch))
                return record_of(branch);
    if (!json_is_object(type))
        return NULL;
    if (json_is_object(json_object_get(type, "type")))
        return record_of(json_object_get(type, "type"));
    return json_object_get(type, "fields") ? type : NULL;
}

static const char *name_of(json_t *field)
{
    const char *name = json_string_value(json_object_get(field, "name"));
    return name ? name : "(a field without a name)";
}

static json_t *field_named(json_t *record, const char *name)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(record, "fields"), i, f)
        if (strcmp(name_of(f), name) == 0)
            return f;
    return NULL;
}

static void say_type(struct buf *out, json_t *field)
{
    char *s = json_dumps(json_object_get(field, "type"), JSON_COMPACT | JSON_ENCODE_ANY);
    buf_printf(out, "%.120s", s ? s : "?");
    free(s);
}

static void compare(json_t *old, json_t *new, const char *path, struct buf *out, int depth)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(new, "fields"), i, f) {
        const char *name = name_of(f);
        json_t *o = field_named(old, name), *a, *b;
        if (!o) {
            buf_printf(out, "; %s%s is new%s: ", path, name,
                       json_object_get(f, "default") ? "" : " and has no default");
            say_type(out, f);
        } else if ((a = record_of(json_object_get(o, "type"))) &&
                   (b = record_of(json_object_get(f, "type"))) && depth < 4) {
            char deeper[256];
            snprintf(deeper, sizeof deeper, "%s%s.", path, name);
            compare(a, b, deeper, out, depth + 1);
        } else if (!json_equal(json_object_get(o, "type"), json_object_get(f, "type"))) {
            buf_printf(out, "; %s%s was ", path, name);
            say_type(out, o);
            buf_str(out, " and becomes ");
            say_type(out, f);
        }
    }
    json_array_foreach(json_object_get(old, "fields"), i, f) {
        const char *name = name_of(f);
        if (!field_named(new, name))
            buf_printf(out, "; %s%s is gone", path, name);
    }
}

void registry_difference(const char *old_schema, const char *new_schema, struct buf *out)
{
    json_t *old = old_schema ? json_loads(old_schema, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *new = json_loads(new_schema, JSON_ALLOW_NUL, NULL);
    compare(record_of(old), record_of(new), "", out, 0);
    json_decref(new);
    json_decref(old);
}

bool registry_id_of(struct slice reply, int32_t *ret)
{
    json_t *j = json_loadb((const char *)reply.p, reply.n, JSON_ALLOW_NUL, NULL);
    json_int_t id = json_integer_value(json_object_get(j, "id"));
    json_decref(j);
    *ret = id > 0 && id <= INT32_MAX ? (int32_t)id : 0;
    return *ret != 0;
}

static void describe_difference(struct registry *r, const char *subject, const char *schema,
                                struct buf *out)
{
    struct buf path = { 0 };
    struct err ignored = { 0 };
    registry_path(r, &path, "/subjects/", subject, "/versions/latest");
    if (!ask(r, buf_cstr(&path), NULL, &ignored) && r->status == 200) {
        json_t *latest = json_loadb((const char *)r->reply.p, r->reply.n, JSON_ALLOW_NUL, NULL);
        buf_printf(out, " (latest is version %lld",
                   (long long)json_integer_value(json_object_get(latest, "version")));
        registry_difference(json_string_value(json_object_get(latest, "schema")), schema, out);
        buf_u8(out, ')');
        json_decref(latest);
    }
    buf_done(&path);
}

/* ---- ids ---- */

static const struct known *find(const struct registry *r, const char *subject, const char *schema)
{
    for (const struct known *k = r->known; k; k = k->next)
        if (k->subject && strcmp(k->subject, subject) == 0 && strcmp(k->schema, schema) == 0)
            return k;
    return NULL;
}

static struct known *remember(struct registry *r, const char *subject, const char *schema,
                              int32_t id)
{
    struct known *k = xcalloc(1, sizeof *k);
    k->subject = subject ? xstrdup(subject) : NULL;
    k->schema = xstrdup(schema);
    k->id = id;
    k->next = r->known;
    r->known = k;
    return k;
}

static int refused(struct registry *r, const char *subject, const char *schema, struct err *err)
{
    long status = r->status;
    struct buf diff = { 0 };
    char said[400];
    snprintf(said, sizeof said, "%.380s", (const char *)r->reply.p);
    describe_difference(r, subject, schema, &diff);
    const char *d = buf_cstr(&diff);
    if (status == 409)
        err_set(err, ERR_DATA,
                "subject %s: registry %s finds the new schema incompatible with what is "
                "registered%s. Mend the table, or relax the subject's compatibility",
                subject, r->opt.url, d);
    else if (status == 404 && !r->opt.auto_register)
        err_set(err, ERR_CONFIG,
                "subject %s: this schema is not registered%s. Register it, or set "
                "registry.auto-register: "
                "true",
                subject, d);
    else
        err_set(err, ERR_DATA, "subject %s: registry %s answers HTTP %ld: %s", subject, r->opt.url,
                status, said);
    buf_done(&diff);
    return -1;
}

int registry_id(struct registry *r, const char *subject, const char *schema, int32_t *ret_id,
                struct err *err)
{
    const struct known *k = find(r, subject, schema);
    if (k) {
        *ret_id = k->id;
        return 0;
    }
    json_t *j = json_pack("{s:s, s:s}", "schema", schema, "schemaType", "AVRO");
    if (!j)
        return err_set(err, ERR_DATA,
                       "subject %s: a name, a default or a label of the table is no UTF-8: "
                       "mend it, or leave the column out (columns.exclude)",
                       subject);
    char *body = json_dumps(j, JSON_COMPACT);
    struct buf path = { 0 };
    registry_path(r, &path, "/subjects/", subject, r->opt.auto_register ? "/versions" : "");
    bool answered = r->answered;
    int rc = ask(r, buf_cstr(&path), body, err);
    buf_done(&path);
    free(body);
    json_decref(j);
    if (rc)
        return -1;
    if (r->status != 200)
        return refused(r, subject, schema, err);
    if (!registry_id_of(r->reply, ret_id)) {
        r->answered = answered;     /* the answer is JSON, but not a registry's */
        rc = foreign(r, err);
    }
    if (!rc)
        remember(r, subject, schema, *ret_id);
    return rc;
}

int registry_schema(struct registry *r, int32_t id, const char **ret_schema, struct err *err)
{
    for (const struct known *k = r->known; k; k = k->next)
        if (k->id == id) {
            *ret_schema = k->schema;
            return 0;
        }
    char path[64];
    snprintf(path, sizeof path, "/schemas/ids/%d", id);
    if (ask(r, path, NULL, err))
        return -1;
    json_t *j = json_loadb((const char *)r->reply.p, r->reply.n, JSON_ALLOW_NUL, NULL);
    const char *schema = json_string_value(json_object_get(j, "schema"));
    int rc = 0;
    if (r->status != 200 || !schema)
        rc = err_set(err, ERR_DATA, "schema registry %s has no schema with id %d (HTTP %ld)",
                     r->opt.url, id, r->status);
    else
        *ret_schema = remember(r, NULL, schema, id)->schema;
    json_decref(j);
    return rc;
}

int registry_get(struct registry *r, const char *path, long *ret_status, struct slice *ret_reply,
                 struct err *err)
{
    if (ask(r, path, NULL, err))
        return -1;
    *ret_status = r->status;
    *ret_reply = r->reply;
    return 0;
}

int registry_ping(struct registry *r, struct err *err)
{
    if (ask(r, "/subjects", NULL, err))
        return -1;
    if (r->status != 200)
        return err_set(
            err, ERR_CONFIG,
            "schema registry %s answers HTTP %ld to GET /subjects: is registry.url its base?",
            r->opt.url, r->status);
    return 0;
}

int registry_look(struct registry *r, struct err *err)
{
    char path[64] = "/subjects";
    int retries = r->opt.retries;
    if (r->known)
        snprintf(path, sizeof path, "/schemas/ids/%d", r->known->id);
    r->opt.retries = 0;
    int rc = ask(r, path, NULL, err);
    r->opt.retries = retries;
    return rc;
}
