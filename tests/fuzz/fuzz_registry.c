/* A registry that answers whatever it likes: a thread on loopback, asked as `run` and `schema-diff`
 * ask. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "encode/avro_schema.h"
#include "encode/registry_client.h"
#include "fuzz.h"
#include "sink/avro_json.h"

static const char *const answers[] = {
    ("{\"id\":7,\"version\":2,\"subject\":\"p.s.t-value\","
     "\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"V\\\",\\\"fields\\\":[]}\"}"),
    "[\"p.s.t-key\",\"p.s.t-value\"]",
    "{\"compatibilityLevel\":\"FULL\"}",
    "{\"error_code\":40401,\"message\":\"Subject not found.\"}",
    "{\"id\":1,\"schema\":\"\\\"long\\\"\"}",
};

static struct { int listener, port; pthread_t thread; struct slice body; int status; } server;

static void answer(int fd)
{
    char request[65536];
    size_t n = 0;
    ssize_t got;
    while (n < sizeof request - 1 && (got = read(fd, request + n, sizeof request - 1 - n)) > 0) {
        n += (size_t)got;
        request[n] = 0;
        const char *end = strstr(request, "\r\n\r\n"),
                   *length = strstr(request, "Content-Length: ");
        if (!end || (length && n < (size_t)(end + 4 - request) + strtoul(length + 16, NULL, 10)))
            continue;
        /* Whole before the first byte goes: whoever asks may have enough of it, and free the
         * body. */
        struct buf reply = { 0 };
        buf_printf(&reply, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n\r\n", server.status,
                   server.body.n);
        buf_put(&reply, server.body.p, server.body.n);
        ssize_t sent = send(fd, reply.p, reply.n, MSG_NOSIGNAL);
        buf_done(&reply);
        if (sent < 0)
            return;
        n = 0;
    }
}

static void *serve(void *arg)
{
    for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0; close(fd))
        answer(fd);
    return arg;
}

static void start(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server.listener < 0 || bind(server.listener, (struct sockaddr *)&a, n) ||
        listen(server.listener, 8) || getsockname(server.listener, (struct sockaddr *)&a, &n) ||
        pthread_create(&server.thread, NULL, serve, NULL))
        die("no registry can be started");
    server.port = ntohs(a.sin_port);
}

void unload_registry(void)
{
    if (!server.port)
        return;
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
}

static void schema_as_told(struct registry *r, struct arena *a)
{
    struct err err;
    const char *text;
    const struct avro_schema *s;
    if (registry_schema(r, 1 + (int32_t)rnd(3), &text, &err))
        return;
    if (!avro_schema_parse(text, a, &s, &err))
        (void)avro_schema_text(s, a);
    struct avro_json *j = avro_json_new(text, &err);
    avro_json_free(j);
}

static void ask(struct registry *r, struct arena *a)
{
    static const char schema[] =
        "{\"type\":\"record\",\"name\":\"V\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}";
    struct err err;
    const char *const *names, *text;
    size_t n;
    int32_t id;
    int version;
    switch (rnd(6)) {
    case 0: (void)!registry_subjects(r, a, &names, &n, &err); break;
    case 1: (void)!registry_level(r, "p.s.t-value", a, &text, &err); break;
    case 2: (void)!registry_ping(r, &err); break;
    case 3: schema_as_told(r, a); break;
    case 4:
        if (!registry_version(r, "p.s.t-value", (int)rnd(2), a, &text, &version, &err) &&
            version < 0)
            die("a version that is none");
        break;
    default:
        if (!registry_id(r, "p.s.t-value", schema, &id, &err) && id <= 0)
            die("an id that is none");
    }
}

void feed_registry_answers(void)
{
    static const int statuses[] = { 200, 200, 200, 200, 404, 409, 422, 401, 301, 204 };
    char url[64];
    struct arena a;
    struct err err;
    if (!server.port)
        start();
    arena_init(&a, 4096);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    struct registry *r = registry_new(
        &(struct registry_options){ .url = url, .auto_register = rnd(2), .timeout_ms = 20000 },
        &err);
    if (!r)
        die(err.msg);
    for (int i = 0; i < 4; i++) {
        server.body = make_json(answers[rnd(sizeof answers / sizeof *answers)]);
        server.status = statuses[rnd(sizeof statuses / sizeof *statuses)];
        ask(r, &a);
        free_input(server.body);
    }
    registry_free(r);
    arena_done(&a);
}
