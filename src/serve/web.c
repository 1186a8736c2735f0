/*
 * The HTTP server: one thread of libmicrohttpd's. It copies the statistics for each answer, and
 * hands on orders from whoever has the token. The number of clients, their time, and what each may
 * send are limited.
 */
#include "serve/web.h"
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/local.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/xalloc.h"
#include "serve/steer.h"
#include "serve/view.h"
#include "serve/web_orders.h"

enum {
    CLIENTS = 32,               /* one more client ends the oldest */
    IDLE_S = 10,                /* limit for a client that neither sends nor reads */
    REQUEST_BYTES = 16384,      /* a request's line and headers */
    BODY_BYTES = 65536,         /* an order's body; as a line on the control socket */
    TOKEN_BYTES = 16,           /* a shorter token can be guessed */
    SAY_EVERY_US = 60000000,    /* log wrong tokens at most this often */
};

/* A client's request, until it is answered. */
struct asking {
    struct web *web;
    bool order, may, too_long;
    struct buf body;
    char *socket;               /* of the feed that a thread of its own asks */
    struct web_order what;
    unsigned code;              /* 0: not answered yet */
    struct buf answer;
    struct MHD_Connection *c;
};

struct web {
    struct web_about about;
    struct MHD_Daemon *daemon;
    char *path;                 /* of a Unix socket; NULL: TCP */
    struct roster *roster;
    const struct web_options *opt;
    _Atomic(struct steer *) steer;  /* NULL: no orders are taken */
    pthread_t asker;            /* asks one feed's socket at a time */
    bool asked;                 /* asker is to be joined */
    atomic_bool asks;
    pthread_mutex_t lock;       /* guards asker, asked and */
    bool ends;                  /* start no more threads */
    uint64_t wrong;             /* wrong tokens since they were last logged */
    int64_t said_us;
    /* used by the server's thread only; fd 0: none */
    struct { int fd; int64_t since_us; } clients[CLIENTS];
};

/* ---- answers ---- */

enum kind { KIND_TEXT, KIND_HTML, KIND_JSON, KIND_METRICS };

/* allow: the right methods, if the code says that the method was wrong. */
static enum MHD_Result answer_with(struct MHD_Connection *c, unsigned code, enum kind kind,
                                   struct buf *text, const char *allow)
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
        MHD_add_response_header(r, "Allow", allow);
    if (code == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    enum MHD_Result rc = MHD_queue_response(c, code, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result answer(struct MHD_Connection *c, unsigned code, enum kind kind,
                              struct buf *text)
{
    return answer_with(c, code, kind, text, "GET, HEAD");
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

/* Shows the feeds under the roster's lock: no feed goes away meanwhile. */
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

/* ---- orders ---- */

/* Takes as long for a wrong token as for the right one. */
static bool is_token(const char *token, const char *given)
{
    size_t n = strlen(token), m = given ? strlen(given) : 0;
    volatile unsigned char differs = n != m;
    for (size_t i = 0; i < n; i++)
        differs |= (unsigned char)(token[i] ^ (i < m ? given[i] : 0));
    return !differs;
}

/*
 * Logs wrong tokens, but rarely and without their text: whoever guesses cannot fill or forge the
 * log.
 */
static void say_wrong(struct web *w)
{
    int64_t now = clock_mono_us();
    w->wrong++;
    if (w->said_us && now - w->said_us < SAY_EVERY_US)
        return;
    log_warn("an order came over HTTP without the right token, and was refused times=%llu",
             (unsigned long long)w->wrong);
    w->wrong = 0;
    w->said_us = now;
}

static bool may(struct web *w, struct MHD_Connection *c)
{
    static const char bearer[] = "Bearer ";
    const char *said = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    bool is = said && strncasecmp(said, bearer, sizeof bearer - 1) == 0;
    if (w->opt->token && is_token(w->opt->token, is ? said + sizeof bearer - 1 : NULL))
        return true;
    if (w->opt->token)
        say_wrong(w);
    return false;
}

static enum MHD_Result refuse_order(struct MHD_Connection *c, unsigned code, const char *why,
                                    const char *allow)
{
    struct buf text = { 0 };
    buf_str(&text, "{\"ok\": false, \"error\": ");
    buf_json_str(&text, slice_str(why));
    buf_str(&text, "}\n");
    return answer_with(c, code, KIND_JSON, &text, allow);
}

static void no_answer(struct asking *a, const char *why)
{
    a->code = MHD_HTTP_SERVICE_UNAVAILABLE;
    a->answer.n = 0;
    buf_str(&a->answer, "{\"ok\": false, \"error\": ");
    buf_json_str(&a->answer, slice_str(why));
    buf_str(&a->answer, "}\n");
}

/* A thread of its own asks the feed, which may take long to answer: nobody else waits for it. */
static void *ask_feed(void *arg)
{
    struct asking *a = arg;
    struct web *w = a->web;
    struct MHD_Connection *c = a->c;
    struct err err = { 0 };
    int rc = control_ask(a->socket, buf_slice(&a->what.line), &a->answer, &err);
    if (rc)
        no_answer(a, rc == 1 ? "the feed takes no orders now" : err.msg);
    else
        a->code = web_order_code(buf_slice(&a->answer));
    w->asks = false;
    MHD_resume_connection(c);
    return NULL;
}

/* The connection sleeps until the thread has its answer. */
static enum MHD_Result begin_asking(struct web *w, struct MHD_Connection *c, struct asking *a)
{
    pthread_mutex_lock(&w->lock);
    bool free = !w->asks && !w->ends;
    if (free && w->asked)
        pthread_join(w->asker, NULL);
    if (free) {
        a->c = c;
        w->asks = true;
        MHD_suspend_connection(c);
        w->asked = !thread_start(&w->asker, 0, ask_feed, a);
    }
    pthread_mutex_unlock(&w->lock);
    if (!free)
        return refuse_order(c, MHD_HTTP_SERVICE_UNAVAILABLE, "another order for a feed's backfills "
                            "is on its way -> ask again in a moment", "");
    if (w->asked)
        return MHD_YES;
    w->asks = false;
    no_answer(a, "no thread can be started");
    MHD_resume_connection(c);
    return MHD_YES;
}

/* 0; else there is no such feed. */
static int find_feed(struct web *w, struct asking *a, struct err *err)
{
    size_t n = 0;
    if (!a->what.feed)
        return 0;
    roster_lock(w->roster);
    size_t *at = xcalloc(w->roster->n + 1, sizeof *at);
    int rc = roster_find(w->roster, a->what.feed, at, &n, err);
    if (!rc && a->what.of_feed && n == 1 && w->roster->feeds[at[0]].socket)
        a->socket = xstrdup(w->roster->feeds[at[0]].socket);
    roster_unlock(w->roster);
    free(at);
    return rc;
}

static enum MHD_Result carry_out(struct web *w, struct MHD_Connection *c, struct asking *a)
{
    struct err err = { 0 };
    struct steer *steer = w->steer;
    if (find_feed(w, a, &err))
        return refuse_order(c, MHD_HTTP_NOT_FOUND, err.msg, "");
    if (a->what.of_feed && !a->socket)
        return refuse_order(c, MHD_HTTP_NOT_FOUND, "one feed with a control socket is wanted", "");
    if (!steer)
        return refuse_order(c, MHD_HTTP_SERVICE_UNAVAILABLE, "this process takes no orders: "
                            "another one of its name does, or it is beginning", "");
    if (a->what.of_feed)
        return begin_asking(w, c, a);
    steer_answer(steer, buf_slice(&a->what.line), &a->answer);
    a->code = web_order_code(buf_slice(&a->answer));
    return answer(c, a->code, KIND_JSON, &a->answer);
}

static enum MHD_Result on_order(struct web *w, struct MHD_Connection *c, const char *method,
                                const char *path, struct asking *a)
{
    if (a->code)
        return answer(c, a->code, KIND_JSON, &a->answer);
    if (!w->opt->token)
        return refuse_order(c, MHD_HTTP_FORBIDDEN, "no orders are taken over HTTP: http.token is "
                            "not set", "");
    if (!a->may)
        return refuse_order(c, MHD_HTTP_UNAUTHORIZED, "Authorization: Bearer TOKEN is wanted, with "
                            "the token of http.token", "");
    if (a->too_long)
        return refuse_order(c, 413, "the body is longer than 64 KiB", "");
    unsigned wrong = web_order_read(method, path, buf_slice(&a->body), &a->what);
    if (wrong)
        return refuse_order(c, wrong, a->what.why, a->what.allow ? a->what.allow : "");
    return carry_out(w, c, a);
}

static void take_body(struct asking *a, const char *upload, size_t n)
{
    if (!a->order || !a->may)
        return;
    a->too_long |= a->body.n + n > BODY_BYTES;
    if (!a->too_long)
        buf_put(&a->body, upload, n);
}

static struct asking *asking_new(struct web *w, struct MHD_Connection *c, const char *path)
{
    struct asking *a = xcalloc(1, sizeof *a);
    a->web = w;
    a->order = web_order_path(path);
    a->may = a->order && may(w, c);
    return a;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct asking *a = *state;
    (void)arg, (void)c, (void)how;
    if (!a)
        return;
    web_order_done(&a->what);
    buf_done(&a->body);
    buf_done(&a->answer);
    free(a->socket);
    free(a);
    *state = NULL;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    static const char *const paths[] = { "/", "/feed", "/metrics", "/status", "/readyz" };
    struct asking *a = *state;
    (void)version;
    if (!a) {           /* the headers are read: the next call may answer */
        *state = asking_new(arg, c, path);
        return MHD_YES;
    }
    if (*upload_size) {         /* only an order's body is looked at */
        take_body(a, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (a->order)
        return on_order(arg, c, method, path, a);
    bool health = strcmp(path, "/healthz") == 0, here = health;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        here |= strcmp(path, paths[i]) == 0;
    if (!here)
        return refuse(c, MHD_HTTP_NOT_FOUND, "/, /metrics, /status, /healthz and /readyz are here, "
                      "and the orders that docs/control.md lists");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD is wanted");
    return health ? refuse(c, MHD_HTTP_OK, "ok") : answer_view(arg, c, path);
}

/* ---- clients ---- */

/* A free slot, or the oldest client's slot, after ending that client. */
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

/* A client that is slow on purpose keeps nobody out: if there are too many, the oldest goes. */
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

/* The first thing that a second `run` of the same configuration meets. */
static const char in_use[] = "another process has it: is this service running already (tailrace "
    "status)?";

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
    /* A socket that nobody answers belongs to a dead process. */
    bool there = fd >= 0 && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
    bool lives = there && !connect(fd, (const struct sockaddr *)&a, sizeof a);
    if (there && !lives && errno == ECONNREFUSED)
        unlink(path);
    if (fd >= 0 && !lives && !fchmod(fd, 0600) &&
        !bind(fd, (const struct sockaddr *)&a, sizeof a) && !listen(fd, SOMAXCONN))
        return fd;
    no_listen(path, lives ? in_use : strerror(errno), err);
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
        no_listen(text, rc ? gai_strerror(rc) : why == EADDRINUSE ? in_use : strerror(why),
                  err);
    if (list)
        freeaddrinfo(list);
    free(host);
    return fd;
}

static bool is_local(const char *listen)
{
    return *listen == '/' || *listen == ':' || host_is_local(host_of_address(slice_str(listen)));
}

/* Checks the options. A token that anybody on the way can read protects nothing. */
static int check(const struct web_options *opt, struct err *err)
{
    bool tls = opt->tls_cert && opt->tls_key;
    if ((opt->tls_cert || opt->tls_key) && !tls)
        return err_set(err, ERR_CONFIG, "http.tls-cert and http.tls-key are wanted together");
    if (tls && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return err_set(err, ERR_CONFIG, "http.tls-cert: this libmicrohttpd has no TLS");
    if (opt->token && strlen(opt->token) < TOKEN_BYTES)
        return err_set(err, ERR_CONFIG, "http.token has fewer than %d characters -> openssl rand "
                       "-hex 32 makes one", TOKEN_BYTES);
    if (opt->token && !tls && !is_local(opt->listen))
        return err_set(err, ERR_CONFIG, "http.token: %s is not on this machine alone, and the "
                       "token would cross the network as it is -> set http.tls-cert and "
                       "http.tls-key, or listen on 127.0.0.1 or a Unix socket", opt->listen);
    return 0;
}

static struct MHD_Daemon *start(struct web *w, int fd)
{
    const struct web_options *opt = w->opt;
    bool tls = opt->tls_cert != NULL;
    struct MHD_OptionItem keys[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)opt->tls_cert },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)opt->tls_key },
        { MHD_OPTION_END, 0, NULL },
    };
    unsigned how = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME |
                   (tls ? MHD_USE_TLS : 0u);
    return MHD_start_daemon(how, 0, NULL, NULL,
        on_request, w, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS + 8,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, w,
        MHD_OPTION_NOTIFY_CONNECTION, on_client, w,
        MHD_OPTION_ARRAY, tls ? keys : keys + 2, MHD_OPTION_END);
}

struct web *web_new(const struct web_options *opt, const struct web_about *about,
                    struct roster *roster, struct err *err)
{
    const char *listen = opt->listen;
    if (check(opt, err))
        return NULL;
    int fd = *listen == '/' ? listen_unix(listen, err) : listen_tcp(listen, err);
    if (fd < 0)
        return NULL;
    struct web *w = xcalloc(1, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    w->opt = opt;
    w->about = *about;
    w->path = *listen == '/' ? xstrdup(listen) : NULL;
    w->roster = roster;
    w->daemon = start(w, fd);
    if (w->daemon) {
        log_info("status is served listen=%s tls=%s orders=%s", listen,
                 opt->tls_cert ? "yes" : "no", opt->token ? "yes" : "no");
        return w;
    }
    if (opt->tls_cert)
        err_set(err, ERR_CONFIG, "http.listen: %s: TLS cannot be begun -> look at http.tls-cert "
                "and http.tls-key: are both PEM, and of one another?", listen);
    else
        no_listen(listen, "no thread can be started for it", err);
    close(fd);
    web_free(w);
    return NULL;
}

void web_steer(struct web *w, struct steer *s)
{
    if (w)
        w->steer = s;
}

void web_free(struct web *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ends = true;
    pthread_mutex_unlock(&w->lock);
    if (w->asked)       /* the asker's connection must be awake when the server ends */
        pthread_join(w->asker, NULL);
    if (w->daemon)
        MHD_stop_daemon(w->daemon);
    if (w->path)
        unlink(w->path);
    pthread_mutex_destroy(&w->lock);
    free(w->path);
    free(w);
}
