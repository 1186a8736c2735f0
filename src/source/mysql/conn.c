/*
 * Connections through the client library: TLS, log-in, statements, results, and the packets of the
 * dump (conn.h). Classifies the servers' errors: retry, config, fatal.
 */
#include "source/mysql/session.h"
#include <mysql.h>
#include <errmsg.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <mysqld_error.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/aside.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "source/mysql/refused.h"
#include "source/mysql/watch.h"
#include "source/received.h"

enum { CONNECT_S = 10, IO_S = 3600, MARGIN_S = 5, CLOSE_MS = 1000, BEATS = 4, SILENCE_MIN_S = 10 };
enum { COM_DUMP = 18, COM_DUMP_GTID = 30, DUMP_ERROR = 1236, CR_END = 3000, SAME_ID = 4052,
       RESTRICTED = 5010 /* libmariadb: the plugin is not one of set_auth()'s */ };

struct mysql_conn {
    MYSQL my;
    /* our own copy of the handle: one thread may close the library's while another interrupts */
    int socket;
    char cipher[64];
    char version_text[80];
    bool mariadb, lost, limited;
    int version;
    struct mysql_watch *watch;  /* NULL: not connected yet */
    int answer_ms;              /* limit of a wait for an answer, in milliseconds; 0: none */
    const char *patience;       /* the setting that the limit comes from */
    int64_t asked_us;           /* when the wait for the next event began */
    unsigned silence_s;         /* limit of the library's own reads, in seconds */
#ifndef MARIADB_BASE_VERSION
    MYSQL_RPL rpl;
    struct buf gtid;
    bool dumping;
#endif
};

/*
 * Time may mend it: the TLS library says that the connection broke off, or no name server answers
 * now.
 */
static bool will_pass(const char *text)
{
    static const char *const words[] = { "unexpected eof",   "reset by peer",
                                         "roken pipe",       "timed out",
                                         "emporary failure", "(-3)" /* EAI_AGAIN */ };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

/*
 * ERR_RETRY: time or another try may mend it. ERR_CONFIG: the operator must. ERR_FATAL: changes are
 * lost. Numbers of servers: share/errmsg-utf8.txt; of clients: errmsg.h.
 */
static enum err_class class_of(unsigned number, const char *text)
{
    if (mysql_refused_lasts(number))
        return ERR_CONFIG;
    switch (number) {
    case CR_SSL_CONNECTION_ERROR: case CR_UNKNOWN_HOST:
        return will_pass(text) ? ERR_RETRY : ERR_CONFIG;
    case ER_PARSE_ERROR: case ER_UNKNOWN_SYSTEM_VARIABLE: case ER_NOT_SUPPORTED_AUTH_MODE:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
        return ERR_CONFIG;
    case DUMP_ERROR:
        return ERR_FATAL;
    default:
        return ERR_RETRY;
    }
}

/*
 * Is the statement itself wrong, for example a user's condition (SQLSTATE 22: its data, 42: its
 * names and syntax)? Not so: a table or database that was there a moment ago may come back, and a
 * limit to a user's connections passes.
 */
static bool is_wrong(const char *state, unsigned number)
{
    bool passes = number == ER_TOO_MANY_USER_CONNECTIONS || number == ER_USER_LIMIT_REACHED ||
                  number == ER_NO_SUCH_TABLE || number == ER_BAD_DB_ERROR;
    return !passes && (strncmp(state, "22", 2) == 0 || strncmp(state, "42", 2) == 0);
}

/* libmariadb says "lost connection" about a packet beyond the limit, too. */
static const char *limit_words(const struct mysql_conn *c)
{
    return c->limited ? "; a row or event larger than source.mysql.max-packet-bytes ends so too"
                      : "";
}

static int too_large(struct err *err)
{
    return err_set(err, ERR_CONFIG,
                   "a row or event is larger than source.mysql.max-packet-bytes: raise it, or "
                   "leave its table out (tables.exclude)");
}

/* Did the watch end the wait? The library only knows that the connection broke off. */
static bool gave_up(struct mysql_conn *c, const char *what, struct err *err)
{
    int ms = 0;
    enum mysql_gave_up why = c->watch ? mysql_watch_gave_up(c->watch, &ms) : MYSQL_WAITS;
    if (why == MYSQL_STOPPED)
        err_set(err, ERR_RETRY, "%s: stopped while waiting for the answer", what);
    else if (why == MYSQL_SILENT)
        err_set(err, ERR_RETRY, "%s: the server has not answered for %d s (%s)", what, ms / 1000,
                c->patience);
    else if (why == MYSQL_TOO_MUCH)
        err_set(err, ERR_CONFIG,
                "%s: the server answers with more than %d MiB: is source.mysql.host "
                "MySQL or MariaDB itself?",
                what, (int)(ANSWER_MOST >> 20));
    return why != MYSQL_WAITS;
}

static int fail(struct mysql_conn *c, const char *what, struct err *err)
{
    if (gave_up(c, what, err))
        return -1;
    unsigned number = mysql_errno(&c->my);
    enum err_class class = class_of(number, mysql_error(&c->my));
    if (class == ERR_RETRY && is_wrong(mysql_sqlstate(&c->my), number))
        class = ERR_CONFIG;
    if (number == CR_NET_PACKET_TOO_LARGE)
        return too_large(err);
    const char *todo = mysql_refused_todo(number);
    return err_set(err, class, "%s: %s (error %u%s)%s%s", what, mysql_error(&c->my), number,
                   number == CR_SERVER_LOST ? limit_words(c) : "", *todo ? " -> " : "", todo);
}

/*
 * MySQL's library keeps memory for each thread that calls it; mysql_thread_end() frees it. Any
 * thread may call the library (a feed's, a reader's, one that only connects). So the thread frees
 * it when it ends.
 */
static pthread_key_t thread_key;

static void thread_end(void *mark)
{
    (void)mark;
    mysql_thread_end();
}

static void library_init(void)
{
    mysql_library_init(0, NULL, NULL);
    if (pthread_key_create(&thread_key, thread_end))
        abort();       /* only if the process has more than 1,000 keys; at the first connection */
}

/* A thread calls this before its first library call. More calls do no harm. */
static void enter(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_init);
    if (pthread_getspecific(thread_key))
        return;
    mysql_thread_init();
    pthread_setspecific(thread_key, &thread_key);
}

/*
 * Decides who gets the password. A server without a verified certificate gets no plugin that sends
 * the password as it is (mysql_clear_password, dialog). A server without TLS gets no plugin that
 * encrypts the password with a key which that server sends.
 */
#ifdef MARIADB_BASE_VERSION
static void set_auth(struct mysql_conn *c, const struct mysql_options *opt)
{
    const char *hashed = "mysql_native_password,client_ed25519,parsec,auth_gssapi_client";
    const char *keyed = "mysql_native_password,client_ed25519,parsec,auth_gssapi_client,caching_"
                        "sha2_password,sha256_password";
    if (opt->server_public_key)
        mysql_optionsv(&c->my, MYSQL_SERVER_PUBLIC_KEY, opt->server_public_key);
    if (opt->socket || opt->tls >= MYSQL_TLS_VERIFY_CA)
        return;
    mysql_optionsv(&c->my, MARIADB_OPT_RESTRICTED_AUTH,
                   opt->tls == MYSQL_TLS_DISABLE && !opt->server_public_key ? hashed : keyed);
}

/*
 * With MYSQL_OPT_SSL_ENFORCE alone, libmariadb still logs in to a server that offers no TLS. A
 * required fingerprint stops it after the greeting, before it sends a byte. An empty fingerprint is
 * compared with nothing.
 */
static void set_tls(struct mysql_conn *c, const struct mysql_options *opt)
{
    my_bool yes = opt->tls != MYSQL_TLS_DISABLE, verify = opt->tls >= MYSQL_TLS_VERIFY_CA;
    mysql_optionsv(&c->my, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_optionsv(&c->my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (yes && !opt->socket)
        mysql_optionsv(&c->my, MARIADB_OPT_SSL_FP, "");
    if (yes)
        mysql_ssl_set(&c->my, opt->tls_key, opt->tls_cert, opt->tls_ca, NULL, NULL);
}
#else
static void set_auth(struct mysql_conn *c, const struct mysql_options *opt)
{
    bool clear = false;
    mysql_options(&c->my, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &clear);
    mysql_options(&c->my, MYSQL_SERVER_PUBLIC_KEY, opt->server_public_key);
}

static void set_tls(struct mysql_conn *c, const struct mysql_options *opt)
{
    static const unsigned modes[] = { SSL_MODE_DISABLED, SSL_MODE_REQUIRED, SSL_MODE_VERIFY_CA,
                                      SSL_MODE_VERIFY_IDENTITY };
    mysql_options(&c->my, MYSQL_OPT_SSL_MODE, &modes[opt->tls]);
    mysql_options(&c->my, MYSQL_OPT_SSL_CA, opt->tls_ca);
    mysql_options(&c->my, MYSQL_OPT_SSL_CERT, opt->tls_cert);
    mysql_options(&c->my, MYSQL_OPT_SSL_KEY, opt->tls_key);
}
#endif

/* A server that sends its binlog is gone if it says nothing for this long, not even a heartbeat. */
static unsigned dump_silence_s(const struct mysql_options *opt)
{
    unsigned beats_s = (unsigned)opt->heartbeat_ms / 1000 * BEATS;
    return beats_s > SILENCE_MIN_S ? beats_s : SILENCE_MIN_S;
}

/*
 * The library's limit ends later than ours, because our error names the setting. During the log-in
 * only the library's limit holds.
 */
static void set_patience(struct mysql_conn *c, const struct mysql_options *opt,
                         enum mysql_session kind)
{
    int beats_ms = ((int)dump_silence_s(opt) - 1) * 1000;
    c->patience = "source.receive-timeout-ms";
    c->answer_ms = kind == MYSQL_SCRATCH ? 0 : opt->receive_timeout_ms;
    c->silence_s = IO_S;
    if (kind == MYSQL_CATALOG && c->answer_ms)
        c->silence_s = (unsigned)c->answer_ms / 1000 + MARGIN_S;
    if (kind != MYSQL_DUMP)
        return;
    c->silence_s = dump_silence_s(opt);
    if (!c->answer_ms || c->answer_ms > beats_ms) {
        c->patience = "source.mysql.heartbeat-ms";
        c->answer_ms = beats_ms;
    }
}

static void set_options(struct mysql_conn *c, const struct mysql_options *opt)
{
    unsigned connect_s = CONNECT_S, io_s = c->silence_s;
    unsigned protocol = opt->socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    c->limited = opt->max_packet && opt->max_packet < 1 << 30;
    unsigned long packet = opt->max_packet ? (unsigned long)opt->max_packet : 1UL << 30;
    mysql_options(&c->my, MYSQL_OPT_PROTOCOL, &protocol);      /* "localhost" means TCP too */
    mysql_options(&c->my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(&c->my, MYSQL_OPT_READ_TIMEOUT, &io_s);
    mysql_options(&c->my, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    mysql_options(&c->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set_tls(c, opt);
    set_auth(c, opt);
}

static int no_tls(struct err *err)
{
    return err_set(
        err, ERR_CONFIG,
        "the server does not offer TLS -> enable it there, or set source.mysql.tls: disable");
}

/* Checks TLS itself: the library connects in the clear where the server has no TLS. */
static int check_tls(struct mysql_conn *c, const struct mysql_options *opt, struct err *err)
{
    const char *cipher = mysql_get_ssl_cipher(&c->my);
    snprintf(c->cipher, sizeof c->cipher, "%s", cipher ? cipher : "");
    return opt->tls != MYSQL_TLS_DISABLE && !opt->socket && !*c->cipher ? no_tls(err) : 0;
}

/*
 * Keep-alive probes find a peer that is gone within 90 s, also while a statement works for longer.
 */
static int keep_socket(struct mysql_conn *c, const struct mysql_options *opt, struct err *err)
{
    static const struct { int level, name, value;
    } probes[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, 60 },
        { IPPROTO_TCP, TCP_KEEPINTVL, 10 },
        { IPPROTO_TCP, TCP_KEEPCNT, 3 },
    };
#ifdef MARIADB_BASE_VERSION
    int fd = (int)mysql_get_socket(&c->my);
#else
    int fd = (int)c->my.net.fd;
#endif
    c->socket = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (c->socket < 0)
        return err_set(err, ERR_RETRY, "no file handle is left for a connection");
    for (size_t i = 0; !opt->socket && i < sizeof probes / sizeof *probes; i++)
        (void)!setsockopt(c->socket, probes[i].level, probes[i].name, &probes[i].value,
                          sizeof probes[i].value);
    return 0;
}

static int say_refused(struct mysql_conn *c, const struct mysql_options *opt, struct err *err)
{
    char where[300];
    unsigned number = mysql_errno(&c->my);
    /* the library says so before it sends anything */
    if (strstr(mysql_error(&c->my), "the server does not support it"))
        return no_tls(err);
    snprintf(where, sizeof where, "cannot connect to %s:%d as %s",
             opt->socket ? opt->socket : opt->host, opt->port, opt->user);
    fail(c, where, err);
    bool kept_back = number == CR_AUTH_PLUGIN_CANNOT_LOAD || number == CR_AUTH_PLUGIN_ERR ||
        number == RESTRICTED;
    const char *todo = !kept_back ? mysql_refused_login_todo(number, opt)
        : opt->tls == MYSQL_TLS_DISABLE
        ? "set source.mysql.tls: verify-full, or source.mysql.server-public-key: without TLS the "
          "server's public key is needed for such a password"
        : "set source.mysql.tls: verify-full: the password is handed over to a server whose "
          "certificate was checked only";
    if (kept_back)
        err->class = ERR_CONFIG;
    return err_add(err, "%s%s", *todo ? " -> " : "", todo);
}

static int read_version(struct mysql_conn *c, struct err *err)
{
    struct arena a;
    const char *text = NULL;
    int major = 0, minor = 0, patch = 0;
    arena_init(&a, 256);
    int rc = mysql_conn_value(c, &a, &text, err, "SELECT @@version");
    if (!rc && text) {
        snprintf(c->version_text, sizeof c->version_text, "%s", text);
        c->mariadb = strstr(text, "MariaDB") != NULL;
        if (sscanf(text, "%4d.%4d.%4d", &major, &minor, &patch) >= 2)
            c->version = major * 10000 + minor * 100 + patch;
    }
    arena_done(&a);
    return rc;
}

/*
 * Resets what init_connect did to the session (transactions, temporary tables, locks), then sets
 * our settings.
 */
static int settle(struct mysql_conn *c, struct err *err)
{
    mysql_watch_begin(c->watch, c->answer_ms);
    bool bad = mysql_reset_connection(&c->my);
    mysql_watch_end(c->watch);
    if (bad)
        return fail(c, "the session cannot be reset", err);
    return mysql_conn_do(c, err, "%s", mysql_session_first) || read_version(c, err) ||
           mysql_session_settle(c, c->mariadb, c->version, err) ? -1 : 0;
}

/*
 * The library resolves names and waits for a server, and cannot be interrupted there. So a thread
 * of its own does this and may be left behind: the attempt owns what it uses.
 */
struct attempt {
    struct mysql_conn *c;
    char *host, *user, *password, *socket;      /* NULL: not set */
    unsigned port;
    bool connected;
};

static void attempt_free(struct attempt *a)
{
    free(a->host);
    free(a->user);
    free(a->password);
    free(a->socket);
    free(a);
}

static void attempt_run(void *arg)
{
    struct attempt *a = arg;
    enter();
    a->connected = mysql_real_connect(&a->c->my, a->host, a->user, a->password, NULL, a->port,
                                      a->socket, 0) != NULL;
}

static void attempt_drop(void *arg)
{
    struct attempt *a = arg;
    mysql_conn_close(a->c);
    attempt_free(a);
}

static struct attempt *attempt_new(struct mysql_conn *c, const struct mysql_options *opt)
{
    struct attempt *a = xcalloc(1, sizeof *a);
    *a = (struct attempt){ .c = c,
                           .host = opt->socket ? NULL : xstrdup(opt->host),
                           .user = xstrdup(opt->user),
                           .password = xstrdup(opt->password),
                           .socket = xstrdup(opt->socket),
                           .port = (unsigned)opt->port };
    return a;
}

/* -1: c is not connected. *ret_left: the attempt's thread owns c now. */
static int connect_to(struct mysql_conn *c, const struct mysql_options *opt, bool *ret_left,
                      struct err *err)
{
    struct attempt *a = attempt_new(c, opt);
    const char *where = opt->socket ? opt->socket : opt->host;
    int wait_ms = opt->receive_timeout_ms, least_ms = (CONNECT_S + MARGIN_S) * 1000;
    if (wait_ms && wait_ms < least_ms)
        wait_ms = least_ms;
    enum aside how = aside_run(attempt_run, attempt_drop, a, opt->stop, wait_ms);
    *ret_left = how == ASIDE_STOPPED || how == ASIDE_LATE;
    if (how == ASIDE_STOPPED)
        return err_set(err, ERR_RETRY, "stopped while connecting to %s", where);
    if (how == ASIDE_LATE)
        return err_set(err, ERR_RETRY, "cannot connect to %s:%d as %s: no answer for %d s", where,
                       opt->port, opt->user, wait_ms / 1000);
    bool connected = a->connected;
    attempt_free(a);
    if (how == ASIDE_NO_THREAD)
        return err_set(err, ERR_RETRY, "no thread to connect in");
    return connected ? 0 : say_refused(c, opt, err);
}

static int begin_watch(struct mysql_conn *c, const struct mysql_options *opt, struct err *err)
{
    c->watch = mysql_watch_new(c->socket, opt->stop);
    return c->watch ? 0 : err_set(err, ERR_RETRY, "no thread to watch a connection");
}

struct mysql_conn *mysql_conn_open(const struct mysql_options *opt, enum mysql_session kind,
                                   struct err *err)
{
    if (mysql_refused_files(opt, err))
        return NULL;
    enter();
    struct mysql_conn *c = xcalloc(1, sizeof *c);
    bool left;
    if (!mysql_init(&c->my))
        xalloc_failed();
    c->socket = -1;
    set_patience(c, opt, kind);
    set_options(c, opt);
    if (!connect_to(c, opt, &left, err) && !keep_socket(c, opt, err) && !begin_watch(c, opt, err) &&
        !check_tls(c, opt, err) && !settle(c, err))
        return c;
    if (!left)
        mysql_conn_close(c);
    return NULL;
}

/* The farewell has a limit too: a server that hangs does not answer it. */
void mysql_conn_close(struct mysql_conn *c)
{
    if (!c)
        return;
    if (c->watch)
        mysql_watch_begin(c->watch, CLOSE_MS);
#ifndef MARIADB_BASE_VERSION
    if (c->dumping)
        mysql_binlog_close(&c->my, &c->rpl);
    buf_done(&c->gtid);
#endif
    mysql_close(&c->my);
    mysql_watch_free(c->watch);
    if (c->socket >= 0)
        close(c->socket);
    free(c);
}

const char *mysql_conn_version(const struct mysql_conn *c, bool *ret_mariadb, int *ret_number)
{
    *ret_mariadb = c->mariadb;
    *ret_number = c->version;
    return c->version_text;
}

const char *mysql_conn_cipher(const struct mysql_conn *c)
{
    return *c->cipher ? c->cipher : NULL;
}

/* ---- statements ---- */

static int run(struct mysql_conn *c, const char *sql, size_t n, struct err *err)
{
    enter();
    if (!mysql_real_query(&c->my, sql, (unsigned long)n))
        return 0;
    char what[160];
    snprintf(what, sizeof what, "\"%.120s%s\"", sql, n > 120 ? " ..." : "");
    return fail(c, what, err);
}

static int run_format(struct mysql_conn *c, struct err *err, const char *fmt, va_list args)
{
    char *sql = NULL;
    int n = vasprintf(&sql, fmt, args);
    if (n < 0)
        xalloc_failed();
    int rc = run(c, sql, (size_t)n, err);
    free(sql);
    return rc;
}

/* Reads and drops all results of a statement; a CALL has several. */
static int pass_results(struct mysql_conn *c, struct err *err)
{
    int more;
    do {
        if (mysql_field_count(&c->my))
            mysql_free_result(mysql_use_result(&c->my));
        more = mysql_next_result(&c->my);
    } while (more == 0);
    return more > 0 ? fail(c, "a later result", err) : 0;
}

int mysql_conn_do(struct mysql_conn *c, struct err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    mysql_watch_begin(c->watch, c->answer_ms);
    int rc = run_format(c, err, fmt, args) || pass_results(c, err) ? -1 : 0;
    mysql_watch_end(c->watch);
    va_end(args);
    return rc;
}

struct mysql_rows {
    struct mysql_conn *c;
    MYSQL_RES *res;
    uint32_t n;
    char *shape;                /* NULL: the caller looks at what there is */
    struct cell cells[];
};

static int no_answer(const char *what, struct err *err)
{
    return err_set(err, ERR_CONFIG,
                   "the server's answer has %s: is source.mysql.host MySQL or MariaDB itself?",
                   what);
}

static int check_columns(const struct mysql_rows *r, struct err *err)
{
    char what[80];
    size_t read = r->shape ? strlen(r->shape) : 0;
    snprintf(what, sizeof what, "%u columns, not %zu", r->n, read);
    return r->n < read ? no_answer(what, err) : 0;
}

static int check_row(const struct mysql_rows *r, struct err *err)
{
    char what[80];
    for (uint32_t i = 0; r->shape && r->shape[i]; i++)
        if (r->shape[i] == 'v' && r->cells[i].kind != CELL_VALUE) {
            snprintf(what, sizeof what, "no value in column %u", i + 1);
            return no_answer(what, err);
        }
    return 0;
}

static struct mysql_rows *rows_of(struct mysql_conn *c, bool streamed, const char *shape,
                                  struct err *err)
{
    MYSQL_RES *res = streamed ? mysql_use_result(&c->my) : mysql_store_result(&c->my);
    if (!res) {
        fail(c, "no result", err);
        return NULL;
    }
    uint32_t n = mysql_num_fields(res);
    struct mysql_rows *r = xcalloc(1, sizeof *r + n * sizeof *r->cells);
    r->c = c;
    r->res = res;
    r->n = n;
    r->shape = shape && *shape ? xstrdup(shape) : NULL;
    if (!check_columns(r, err))
        return r;
    mysql_rows_free(r);
    return NULL;
}

struct mysql_rows *mysql_conn_query(struct mysql_conn *c, const char *sql, bool streamed,
                                    const char *shape, struct err *err)
{
    if (!streamed)
        mysql_watch_begin(c->watch, c->answer_ms);
    struct mysql_rows *r = run(c, sql, strlen(sql), err) ? NULL : rows_of(c, streamed, shape, err);
    mysql_watch_end(c->watch);
    return r;
}

int mysql_rows_next(struct mysql_rows *r, const struct cell **ret_cells, struct err *err)
{
    MYSQL_ROW row = mysql_fetch_row(r->res);
    if (!row)
        return mysql_errno(&r->c->my) ? fail(r->c, "a result was cut short", err) : 0;
    unsigned long *n = mysql_fetch_lengths(r->res);
    for (uint32_t i = 0; i < r->n; i++)
        r->cells[i] = row[i] ? (struct cell){ (const uint8_t *)row[i], (uint32_t)n[i], CELL_VALUE }
                             : (struct cell){ .kind = CELL_NULL };
    *ret_cells = r->cells;
    return check_row(r, err) ? -1 : 1;
}

uint32_t mysql_rows_columns(const struct mysql_rows *r)
{
    return r->n;
}

int mysql_rows_find(const struct mysql_rows *r, const char *name)
{
    const MYSQL_FIELD *f = mysql_fetch_fields(r->res);
    for (uint32_t i = 0; i < r->n; i++)
        if (strcasecmp(f[i].name, name) == 0)
            return (int)i;
    return -1;
}

void mysql_rows_free(struct mysql_rows *r)
{
    if (!r)
        return;
    mysql_free_result(r->res);
    free(r->shape);
    free(r);
}

int mysql_conn_value(struct mysql_conn *c, struct arena *a, const char **ret, struct err *err,
                     const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    mysql_watch_begin(c->watch, c->answer_ms);
    struct mysql_rows *r = run_format(c, err, fmt, args) ? NULL : rows_of(c, false, "n", err);
    mysql_watch_end(c->watch);
    va_end(args);
    if (!r)
        return -1;
    const struct cell *cells;
    *ret = NULL;
    int rc = mysql_rows_next(r, &cells, err);
    if (rc > 0)
        *ret = mysql_cell_text(a, &cells[0]);
    mysql_rows_free(r);
    return rc < 0 ? -1 : 0;
}

/* A backslash escapes: mysql_session_first sets our sql_mode. */
void mysql_put_literal(struct buf *out, struct slice s)
{
    buf_u8(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'' || s.p[i] == '\\')
            buf_u8(out, s.p[i]);
        buf_u8(out, s.p[i]);
    }
    buf_u8(out, '\'');
}

void mysql_put_name(struct buf *out, const char *name)
{
    buf_u8(out, '`');
    for (; *name; name++) {
        if (*name == '`')
            buf_u8(out, '`');
        buf_u8(out, (uint8_t)*name);
    }
    buf_u8(out, '`');
}

/* ---- the dump ---- */

bool mysql_conn_lost(const struct mysql_conn *c)
{
    return c->lost;
}

void mysql_conn_interrupt(struct mysql_conn *c)
{
    shutdown(c->socket, SHUT_RDWR);
}

/* MySQL's and MariaDB's words for a place that the binlog does not have. */
static bool lost(const char *text)
{
    static const char *const words[] = { "purged",
                                         "Could not find GTID state",
                                         "not in the master's binlog",
                                         "Could not find first log file",
                                         "has more GTIDs than the",
                                         "is missing the GTID",
                                         "position > file size" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

static bool was_silent(const struct mysql_conn *c)
{
    return c->asked_us && clock_mono_us() - c->asked_us >= (int64_t)c->silence_s * 1000000 - 500000;
}

/*
 * 1236 is the dump's own error. Its text decides whether waiting helps (MySQL:
 * sql/rpl_binlog_sender.cc).
 */
static int dump_error(struct mysql_conn *c, struct err *err)
{
    if (gave_up(c, "the binlog is asked for", err))
        return -1;
    unsigned number = mysql_errno(&c->my);
    const char *text = mysql_error(&c->my);
    if (!number)
        return err_set(err, ERR_RETRY, "the binlog stream broke off");
    if (number == SAME_ID || strstr(text, "same server_uuid/server_id"))
        return err_set(err, ERR_CONFIG,
                       "another reader has our server id or UUID: give each feed its own "
                       "source.mysql.server-id and name. "
                       "The server says: %s",
                       text);
    if (number == CR_NET_PACKET_TOO_LARGE)
        return too_large(err);
    /* an error of the client library, not of the server */
    bool broke_off = number >= CR_MIN_ERROR && number < CR_END;
    if (broke_off && was_silent(c))
        return err_set(err, ERR_RETRY,
                       "the binlog stream broke off: nothing was heard of the server for "
                       "%u s, not even that it lives (source.mysql.heartbeat-ms)",
                       c->silence_s);
    if (broke_off)
        return err_set(err, ERR_RETRY, "the binlog stream broke off: %s (error %u%s)", text, number,
                       limit_words(c));
    c->lost = number == DUMP_ERROR && lost(text);
    if (c->lost)
        return err_set(err, ERR_FATAL,
                       "the server's binlog lacks transactions that were not read yet: it has "
                       "purged or never had the place where this "
                       "feed is to go on. " MYSQL_WAY_OUT ". The server says: %s",
                       text);
    if (number == DUMP_ERROR && strstr(text, "max_allowed_packet"))
        return err_set(err, ERR_FATAL,
                       "the server cannot read an event of its binlog: a position that is no "
                       "event's beginning, or an event "
                       "beyond max_allowed_packet. It says: %s",
                       text);
    const char *todo = mysql_refused_todo(number);
    return err_set(err, class_of(number, text), "the binlog cannot be read on: %s (error %u)%s%s",
                   text, number, *todo ? " -> " : "", todo);
}

#ifdef MARIADB_BASE_VERSION

/*
 * COM_BINLOG_DUMP: pos u32, flags u16, server_id u32, file. COM_BINLOG_DUMP_GTID: flags u16,
 * server_id u32, length u32, file, pos u64, length u32, GTID set (MySQL: sql/rpl_source.cc).
 * libmariadb has no call for the second one, so its own command function sends both.
 */
int mysql_conn_dump(struct mysql_conn *c, const char *file, uint64_t pos, struct slice gtid,
                    uint32_t server_id, uint16_t flags, struct err *err)
{
    struct buf b = { 0 };
    if (!gtid.n && pos > UINT32_MAX)
        return err_set(err, ERR_FATAL,
                       "the place %s:%llu cannot be asked for: the binlog's protocol has 4 bytes "
                       "for a position. Turn GTIDs on "
                       "(gtid_mode), or begin at a later file",
                       file, (unsigned long long)pos);
    if (gtid.n) {
        buf_le(&b, flags, 2);
        buf_le(&b, server_id, 4);
        buf_le(&b, 0, 4);
        buf_le(&b, 4, 8);
        buf_le(&b, gtid.n, 4);
        buf_put(&b, gtid.p, gtid.n);
    } else {
        buf_le(&b, pos, 4);
        buf_le(&b, flags, 2);
        buf_le(&b, server_id, 4);
        buf_str(&b, file);
    }
    mysql_watch_begin(c->watch, c->answer_ms);
    int bad = c->my.methods->db_command(
        &c->my, (enum enum_server_command)(gtid.n ? COM_DUMP_GTID : COM_DUMP), (const char *)b.p,
        b.n, 1, NULL);
    mysql_watch_end(c->watch);
    buf_done(&b);
    return bad ? dump_error(c, err) : 0;
}

/*
 * A packet is a zero byte and one event. 0xfe alone is the end (asked for with
 * BINLOG_DUMP_NON_BLOCK).
 */
int mysql_conn_event(struct mysql_conn *c, struct slice *ret, struct err *err)
{
    c->asked_us = clock_mono_us();
    unsigned long n = mysql_net_read_packet(&c->my);
    if (n == packet_error)
        return dump_error(c, err);
    const uint8_t *p = c->my.net.read_pos;
    if (n < 9 && n && p[0] == 0xfe)
        return 0;
    if (!n || p[0])
        return err_set(err, ERR_FATAL, "the binlog stream sent a packet that is no event");
    *ret = slice_of(p + 1, n - 1);
    return 1;
}

#else

static void put_set(MYSQL_RPL *rpl, unsigned char *to)
{
    const struct buf *gtid = rpl->gtid_set_arg;
    memcpy(to, gtid->p, gtid->n);
}

int mysql_conn_dump(struct mysql_conn *c, const char *file, uint64_t pos, struct slice gtid,
                    uint32_t server_id, uint16_t flags, struct err *err)
{
    c->gtid.n = 0;
    buf_put(&c->gtid, gtid.p, gtid.n);
    c->rpl = (MYSQL_RPL){ .file_name = file,
                          .file_name_length = strlen(file),
                          .start_position = gtid.n ? 4 : pos,
                          .server_id = server_id,
                          .flags = flags | (gtid.n ? MYSQL_RPL_GTID : 0),
                          .gtid_set_encoded_size = gtid.n,
                          .fix_gtid_set = gtid.n ? put_set : NULL,
                          .gtid_set_arg = &c->gtid };
    mysql_watch_begin(c->watch, c->answer_ms);
    c->dumping = !mysql_binlog_open(&c->my, &c->rpl);
    mysql_watch_end(c->watch);
    return c->dumping ? 0 : dump_error(c, err);
}

int mysql_conn_event(struct mysql_conn *c, struct slice *ret, struct err *err)
{
    enter();
    c->asked_us = clock_mono_us();
    if (mysql_binlog_fetch(&c->my, &c->rpl))
        return dump_error(c, err);
    if (!c->rpl.size)
        return 0;
    *ret = slice_of(c->rpl.buffer + 1, c->rpl.size - 1);
    return 1;
}
#endif

void mysql_library(char *ret, size_t size)
{
#ifdef MARIADB_BASE_VERSION
    snprintf(ret, size, "libmariadb %s", MARIADB_PACKAGE_VERSION);
#else
    snprintf(ret, size, "libmysqlclient %s", mysql_get_client_info());
#endif
}
