/* Orders over HTTP: one table holds the paths, what a socket is told, and what OpenAPI says. */
#include "serve/web_orders.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "serve/web.h"

enum { PARTS = 5 };

/* {name}, {id}, {order}: parts of the path. takes: members of the body. */
static const struct way {
    const char *method, *path, *order;
    bool of_feed;
    const char *takes, *codes, *summary;
} ways[] = {
    { "GET", "/feeds", "list", false, "", "200", "Names and states of all feeds" },
    { "POST", "/feeds/{name}/pause", "pause", false, "", "200 404 409",
      "The feed stores its position, closes its connections, and waits" },
    { "POST", "/feeds/{name}/resume", "resume", false, "", "200 404 409",
      "The feed goes on where it was" },
    { "POST", "/feeds/{name}/restart", "restart", false, "", "202 404 409",
      "The feed ends and begins again" },
    { "POST", "/feeds/{name}/log-level", "log-level", false, "level", "200 400 404 409 413",
      "What the feed logs at least: debug, info, warn, error or default" },
    { "GET", "/feeds/{name}/backfills", "list", true, "", "200 404",
      "The feed's backfills" },
    { "POST", "/feeds/{name}/backfills", "add", true, "tables where columns topic",
      "200 400 404 409 413", "Read tables anew" },
    { "POST", "/feeds/{name}/backfills/{id}/pause", "pause", true, "", "200 404 409",
      "The backfill waits" },
    { "POST", "/feeds/{name}/backfills/{id}/resume", "resume", true, "", "200 404 409",
      "The backfill goes on" },
    { "POST", "/feeds/{name}/backfills/{id}/cancel", "cancel", true, "", "200 404 409",
      "The backfill ends" },
    { "POST", "/log-level", "log-level", false, "level", "200 400 409 413",
      "What the process logs at least: debug, info, warn or error" },
    { "POST", "/reload", "reload", false, "dry_run", "202 400 409 413",
      "Read the configuration again" },
    { "GET", "/orders/{order}", "outcome", false, "", "200 409",
      "What became of a restart or a reload" },
};

enum { WAYS = sizeof ways / sizeof *ways };

/* ---- paths ---- */

struct part { const char *name, *text; size_t name_n, text_n; };

static size_t part_length(const char *p)
{
    return strcspn(p, "/");
}

/* Takes the {parts} out of the path. */
static bool fits(const char *pattern, const char *path, struct part *ret, size_t *ret_n)
{
    *ret_n = 0;
    while (*pattern == '/' && *path == '/') {
        size_t n = part_length(++pattern), m = part_length(++path);
        if (*pattern == '{' && m)
            ret[(*ret_n)++] = (struct part){ pattern + 1, path, n - 2, m };
        else if (n != m || memcmp(pattern, path, n))
            return false;
        pattern += n;
        path += m;
    }
    return !*pattern && !*path;
}

bool web_order_path(const char *path)
{
    struct part parts[PARTS];
    size_t n;
    for (size_t i = 0; i < WAYS; i++)
        if (fits(ways[i].path, path, parts, &n))
            return true;
    return false;
}

static const struct way *way_of(const char *method, const char *path, struct part *parts,
                                size_t *n, const char **ret_other)
{
    *ret_other = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        if (!fits(ways[i].path, path, parts, n))
            continue;
        if (strcmp(ways[i].method, method) == 0)
            return &ways[i];
        *ret_other = *ret_other ? "GET, POST" : ways[i].method;
    }
    return NULL;
}

/* ---- the request ---- */

static bool takes(const struct way *w, const char *member)
{
    size_t n = strlen(member);
    for (const char *p = w->takes; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && memcmp(p, member, n) == 0)
            return true;
    return false;
}

/* NULL: the body is no JSON object, or has members that the order does not take. */
static json_t *read_body(const struct way *w, struct slice body)
{
    json_t *o = body.n ? json_loadb((const char *)body.p, body.n, 0, NULL) : json_object(), *value;
    const char *name;
    bool good = json_is_object(o);
    json_object_foreach(o, name, value)
        good &= takes(w, name);
    if (good)
        return o;
    json_decref(o);
    return NULL;
}

static void put_part(json_t *o, const struct part *p, const struct way *w, struct web_order *ret)
{
    char *text = xstrndup(p->text, p->text_n), *end;
    if (strncmp(p->name, "name", p->name_n) == 0) {
        ret->feed = text;
        if (!w->of_feed)
            json_object_set_new(o, "feeds", json_pack("[s]", text));
        return;
    }
    long long n = strtoll(text, &end, 10);
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)p->name_n, p->name);
    json_object_set_new(o, name, json_integer(*end ? 0 : n));
    free(text);
}

unsigned web_order_read(const char *method, const char *path, struct slice body,
                        struct web_order *ret)
{
    struct part parts[PARTS];
    size_t n;
    const char *other;
    const struct way *w = way_of(method, path, parts, &n, &other);
    *ret = (struct web_order){ .why = "there is no such path", .allow = other };
    if (!w && other)
        ret->why = "another method is wanted";
    if (!w)
        return other ? 405 : 404;
    json_t *o = read_body(w, body);
    ret->why = "the body is to be a JSON object with the members that this order takes";
    if (!o)
        return 400;
    json_object_set_new(o, "do", json_string(w->order));
    ret->of_feed = w->of_feed;
    for (size_t i = 0; i < n; i++)
        put_part(o, parts + i, w, ret);
    char *text = json_dumps(o, JSON_COMPACT);
    buf_str(&ret->line, text ? text : "{}");
    free(text);
    json_decref(o);
    return 0;
}

void web_order_done(struct web_order *o)
{
    free(o->feed);
    buf_done(&o->line);
}

unsigned web_order_code(struct slice answer)
{
    static const char good[] = "{\"ok\": true", later[] = "\"order\": ";
    if (answer.n < sizeof good || memcmp(answer.p, good, sizeof good - 1))
        return 409;
    return memmem(answer.p, answer.n, later, sizeof later - 1) ? 202 : 200;
}

/* ---- OpenAPI ---- */

static const char *code_text(const char *code)
{
    static const struct { const char *code, *text; } all[] = {
        { "200", "Done" }, { "202", "Accepted: `order` is its number, for /orders/{order}" },
        { "400", "The body is no JSON object, or has members that this order does not take" },
        { "401", "No token, or a wrong one" }, { "403", "http.token is not set: no orders" },
        { "404", "No such feed" }, { "409", "Refused: `error` says why" },
        { "413", "The body is longer than 64 KiB" },
        { "503", "No orders are taken now, or another one is on its way" },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strncmp(all[i].code, code, 3) == 0)
            return all[i].text;
    return "";
}

static void put_code(json_t *responses, const char *code)
{
    char name[4];
    snprintf(name, sizeof name, "%.3s", code);
    json_object_set_new(responses, name,
        json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", code_text(code), "content",
                  "application/json", "schema", "$ref", "#/components/schemas/answer"));
}

static json_t *responses_of(const struct way *w)
{
    json_t *r = json_object();
    for (const char *p = w->codes; *p; p += strcspn(p, " "), p += *p == ' ')
        put_code(r, p);
    put_code(r, "401");
    put_code(r, "403");
    put_code(r, "503");
    return r;
}

static json_t *parameters_of(const struct way *w)
{
    json_t *list = json_array();
    for (const char *p = strchr(w->path, '{'); p; p = strchr(p, '{')) {
        size_t n = strcspn(++p, "}");
        bool name = strncmp(p, "name", n) == 0;
        json_array_append_new(list, json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", p, n, "in",
                                              "path", "required", 1, "schema", "type",
                                              name ? "string" : "integer"));
    }
    return list;
}

static json_t *body_of(const struct way *w)
{
    static const char *const lists[] = { "tables", "columns" };
    json_t *members = json_object();
    for (const char *p = w->takes; *p; p += strcspn(p, " "), p += *p == ' ') {
        char name[16];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p, " "), p);
        bool list = strcmp(name, lists[0]) == 0 || strcmp(name, lists[1]) == 0;
        json_object_set_new(members, name, list
            ? json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string")
            : json_pack("{s:s}", "type", strcmp(name, "dry_run") ? "string" : "boolean"));
    }
    return json_pack("{s:{s:{s:{s:s, s:o, s:b}}}}", "content", "application/json", "schema", "type",
                     "object", "properties", members, "additionalProperties", 0);
}

static json_t *order_of(const struct way *w)
{
    json_t *o = json_pack("{s:s, s:o, s:o}", "summary", w->summary, "parameters", parameters_of(w),
                          "responses", responses_of(w));
    if (*w->takes)
        json_object_set_new(o, "requestBody", body_of(w));
    return o;
}

static void put_path(json_t *paths, const char *path, const char *method, json_t *what)
{
    json_t *at = json_object_get(paths, path);
    if (!at)
        json_object_set_new(paths, path, at = json_object());
    json_object_set_new(at, strcmp(method, "GET") ? "post" : "get", what);
}

/* Paths that only read, for whoever may connect (web.c). */
static void put_reads(json_t *paths)
{
    static const struct { const char *path, *codes[2], *type, *summary; } all[] = {
        { "/", { "200", NULL }, "text/html", "All feeds at a glance" },
        { "/feed", { "200", "404" }, "text/html", "One feed: ?name=NAME" },
        { "/metrics", { "200", NULL }, "application/openmetrics-text", "For Prometheus" },
        { "/status", { "200", NULL }, "application/json", "All feeds" },
        { "/healthz", { "200", NULL }, "text/plain", "The process answers" },
        { "/readyz", { "200", "503" }, "text/plain", "Each feed's first session has begun" },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        json_t *r = json_object();
        for (int k = 0; k < 2 && all[i].codes[k]; k++)
            json_object_set_new(r, all[i].codes[k],
                json_pack("{s:s, s:{s:{}}}", "description", all[i].summary, "content",
                          k ? "text/plain" : all[i].type));
        put_path(paths, all[i].path, "GET", json_pack("{s:s, s:[], s:o}", "summary",
                 all[i].summary, "security", "responses", r));
    }
}

char *web_openapi(void)
{
    json_t *paths = json_object();
    put_reads(paths);
    for (size_t i = 0; i < WAYS; i++)
        put_path(paths, ways[i].path, ways[i].method, order_of(&ways[i]));
    json_t *answer = json_pack("{s:s, s:[s], s:{s:{s:s}, s:{s:s}, s:{s:s}}}", "type", "object",
                               "required", "ok", "properties", "ok", "type", "boolean", "error",
                               "type", "string", "order", "type", "integer");
    json_t *o = json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:[{s:[]}], s:o, s:{s:{s:o}, s:{s:{s:s, s:s}}}}",
        "openapi", "3.0.3", "info", "title", "tailrace run, http.listen", "version",
        TAILRACE_VERSION, "description", "Orders need http.token as `Authorization: Bearer TOKEN`",
        "security", "token", "paths", paths, "components", "schemas", "answer", answer,
        "securitySchemes", "token", "type", "http", "scheme", "bearer");
    char *text = json_dumps(o, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(o);
    return text;
}
