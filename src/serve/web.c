/*
 * The HTTP server: one thread of libmicrohttpd's, which copies the statistics for each answer. How
 * many clients there are, how long each stays and what it may send is limited.
 */
#include "serve/web.h"
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "serve/view.h"

enum {
    CLIENTS = 32,               /* one more ends the oldest */
    IDLE_S = 10,                /* a client that neither sends nor reads */
    REQUEST_BYTES = 16384,      /* a request's line and headers */
};

struct web {
    struct web_about about;
    struct MHD_Daemon *daemon;
    char *path;                 /* of a Unix socket; NULL: it is none */
    struct roster *roster;
    /* of the server's thread; fd 0: none */
    struct { int fd; int64_t since_us; } clients[CLIENTS];
};

/* ---- answers ---- */

enum kind { KIND_TEXT, KIND_HTML, KIND_JSON, KIND_METRICS };

static enum MHD_Result answer(struct MHD_Connection *c, unsigned code, enum kind kind,
                              struct buf *text)
{
    static const char *const types[] = {
        [KIND_TEXT] = "text/plain; charset=utf-8", [KIND_HTML] = "text/html; charset=utf-8",
        [KIND_JSON] = "application/json",
        [KIND_METRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };
    struct MHD_Response *r =
        MHD_create_response_from_buffer(text->n, text->p, MHD_RESPMEM_MUST_COPY);
    buf_done(text);
    if (!r)
        return MHD_NO;
    MHD_add_response_header(r, "Content-Type", types[kind]);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Content-Security-Policy",
                            "default-src 'none'; style-src 'unsafe-inline'; "
                            "frame-ancestors 'none'");
    if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(r, "Allow", "GET, HEAD");
    enum MHD_Result rc = MHD_queue_response(c, code, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned code, const char *why)
{
    struct buf text = { 0 };
    buf_printf(&text, "%s\n", why);
    return answer(c, code, KIND_TEXT, &text);
}

static const char *query(struct MHD_Connection *c, const char *name)
{
    return MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
}

/* Feeds are shown in a moment that none of them is taken away in. */
static enum MHD_Result answer_view(struct web *w, struct MHD_Connection *c, const char *path)
{
    struct view v = { .about = w->about, .now_ms = clock_wall_ns() / 1000000 };
    struct buf out = { 0 };
    struct page_query q = { .sort = query(c, "sort"), .state = query(c, "state") };
    const char *tables = query(c, "tables");
    enum kind kind = KIND_HTML;
    unsigned code = MHD_HTTP_OK;
    roster_lock(w->roster);
    view_roster(&v, w->roster);
    if (strcmp(path, "/metrics") == 0) {
        put_metrics(&v, !tables || strcmp(tables, "no") != 0, &out);
        kind = KIND_METRICS;
    } else if (strcmp(path, "/status") == 0) {
        put_status(&v, &out);
        kind = KIND_JSON;
    } else if (strcmp(path, "/readyz") == 0) {
        code = put_ready(&v, &out) ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
        kind = KIND_TEXT;
    } else {
        q.feed = strcmp(path, "/feed") == 0 ? query(c, "name") : NULL;
        if (!put_page(&v, &q, &out))
            code = MHD_HTTP_NOT_FOUND;
    }
    roster_unlock(w->roster);
    view_done(&v);
    return code == MHD_HTTP_NOT_FOUND ? refuse(c, code, "there is no such feed")
                                      : answer(c, code, kind, &out);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    static const char *const paths[] = { "/", "/feed", "/metrics", "/status", "/readyz" };
    static int begun;
    (void)version, (void)upload;
    if (!*state) {      /* the headers are read: an answer may be given from the next call on */
        *state = &begun;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;       /* nothing that is sent is looked at */
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD is wanted");
    if (strcmp(path, "/healthz") == 0)
        return refuse(c, MHD_HTTP_OK, "ok");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(path, paths[i]) == 0)
            return answer_view(arg, c, path);
    return refuse(c, MHD_HTTP_NOT_FOUND, "/, /metrics, /status, /healthz and /readyz are here");
}

/* ---- clients ---- */

/* The place of a client that is not there, or of the oldest, which is ended. */
static size_t place_for(struct web *w)
{
    size_t oldest = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        if (!w->clients[i].fd)
            return i;
        if (w->clients[i].since_us < w->clients[oldest].since_us)
            oldest = i;
    }
    shutdown(w->clients[oldest].fd, SHUT_RDWR);
    return oldest;
}

/* A client that is slow on purpose keeps nobody out: of too many, the oldest one goes. */
static void on_client(void *arg, struct MHD_Connection *c, void **state,
                      enum MHD_ConnectionNotificationCode what)
{
    struct web *w = arg;
    (void)state;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info)
        return;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        size_t at = place_for(w);
        w->clients[at].fd = info->connect_fd;
        w->clients[at].since_us = clock_mono_us();
        return;
    }
    for (size_t i = 0; i < CLIENTS; i++)
        if (w->clients[i].fd == info->connect_fd)
            w->clients[i].fd = 0;
}

/* ---- listening ---- */

static int no_listen(const char *listen, const char *why, struct err *err)
{
    return err_set(err, ERR_CONFIG, "http.listen: %s: %s -> give HOST:PORT, or the path of a Unix "
                   "socket, that is free and that this user may use", listen, why);
}

static int listen_unix(const char *path, struct err *err)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    struct stat st;
    if ((size_t)snprintf(a.sun_path, sizeof a.sun_path, "%s", path) >= sizeof a.sun_path)
        return no_listen(path, "the path is too long", err);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* A socket that nobody answers at is a dead process's. */
    bool there = fd >= 0 && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
    bool lives = there && !connect(fd, (const struct sockaddr *)&a, sizeof a);
    if (there && !lives && errno == ECONNREFUSED)
        unlink(path);
    if (fd >= 0 && !lives && !fchmod(fd, 0600) &&
        !bind(fd, (const struct sockaddr *)&a, sizeof a) && !listen(fd, SOMAXCONN))
        return fd;
    no_listen(path, strerror(lives ? EADDRINUSE : errno), err);
    if (fd >= 0)
        close(fd);
    return -1;
}

static int listen_first(const struct addrinfo *list)
{
    int fd = -1, on = 1;
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, SOMAXCONN)) {
            int why = errno;
            close(fd);
            errno = why;
            fd = -1;
        }
    }
    return fd;
}

/* [::1]:PORT, HOST:PORT; no HOST: this host alone. */
static int listen_tcp(const char *text, struct err *err)
{
    const char *colon = strrchr(text, ':');
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *list = NULL;
    if (!colon || !colon[1])
        return no_listen(text, "there is no port", err);
    char *host = xstrndup(text, (size_t)(colon - text)), *name = host;
    size_t n = strlen(host);
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = 0;
        name++;
    }
    int rc = getaddrinfo(*name ? name : "localhost", colon + 1, &hints, &list);
    int fd = rc ? -1 : listen_first(list), why = errno;
    if (fd < 0)
        no_listen(text, rc ? gai_strerror(rc) : strerror(why), err);
    if (list)
        freeaddrinfo(list);
    free(host);
    return fd;
}

struct web *web_new(const char *listen, const struct web_about *about, struct roster *roster,
                    struct err *err)
{
    int fd = *listen == '/' ? listen_unix(listen, err) : listen_tcp(listen, err);
    if (fd < 0)
        return NULL;
    struct web *w = xcalloc(1, sizeof *w);
    w->about = *about;
    w->path = *listen == '/' ? xstrdup(listen) : NULL;
    w->roster = roster;
    w->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL,
        on_request, w, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS + 8,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
        MHD_OPTION_NOTIFY_CONNECTION, on_client, w, MHD_OPTION_END);
    if (w->daemon) {
        log_info("status is served listen=%s", listen);
        return w;
    }
    no_listen(listen, "no thread can be started for it", err);
    close(fd);
    web_free(w);
    return NULL;
}

void web_free(struct web *w)
{
    if (!w)
        return;
    if (w->daemon)
        MHD_stop_daemon(w->daemon);
    if (w->path)
        unlink(w->path);
    free(w->path);
    free(w);
}
