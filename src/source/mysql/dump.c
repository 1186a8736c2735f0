/*
 * The thread that reads binlog events from the server and hands them to the loop in two buffers
 * (dump.h).
 */
#include "source/mysql/dump.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/xalloc.h"

enum { BUFFER_BYTES = 4 << 20, ANNOTATE = 2 /* MariaDB: BINLOG_SEND_ANNOTATE_ROWS_EVENT */ };

struct mysql_dump {
    struct mysql_conn *conn;
    pthread_t thread;
    bool running;
    /* eventfd: rung when something came into an empty buffer, and at the end */
    int wake;
    pthread_mutex_t lock;       /* protects fill, ended, why, stop */
    pthread_cond_t taken;       /* signals that fill was emptied, or stop */
    struct buf fill, drain;     /* events, each after its length in 4 bytes */
    size_t at;                  /* the read place in drain */
    bool ended, stop;
    struct err why;
};

static void put_event(struct buf *b, struct slice e)
{
    uint32_t n = (uint32_t)e.n;
    buf_put(b, &n, sizeof n);
    buf_put(b, e.p, e.n);
}

static void ring(struct mysql_dump *d)
{
    uint64_t one = 1;
    if (write(d->wake, &one, sizeof one) < 0)
        abort();        /* cannot happen: an eventfd takes what we write */
}

/* Puts an event into fill, and waits while it is full. false: stop. */
static bool hand_over(struct mysql_dump *d, struct slice e)
{
    pthread_mutex_lock(&d->lock);
    while (d->fill.n && d->fill.n + e.n > BUFFER_BYTES && !d->stop)
        pthread_cond_wait(&d->taken, &d->lock);
    bool first = !d->fill.n, stop = d->stop;
    if (!stop)
        put_event(&d->fill, e);
    pthread_mutex_unlock(&d->lock);
    if (first)
        ring(d);
    return !stop;
}

static void *read_events(void *arg)
{
    struct mysql_dump *d = arg;
    struct err err = { 0 };
    struct slice e;
    int got;
    while ((got = mysql_conn_event(d->conn, &e, &err)) == 1 && hand_over(d, e))
        ;
    if (got == 0)
        err_set(&err, ERR_RETRY, "the server ended the binlog stream");
    pthread_mutex_lock(&d->lock);
    d->ended = true;
    d->why = err;
    pthread_mutex_unlock(&d->lock);
    ring(d);
    return NULL;
}

static int begin(struct mysql_dump *d, const struct mysql_options *opt,
                 const struct mysql_server *server, const struct gtid_set *gtid, const char *file,
                 uint64_t pos, struct err *err)
{
    struct buf set = { 0 };
    bool by_gtid = !gtid_empty(gtid);
    if (mysql_server_same(d->conn, server, err) ||
        mysql_server_prepare_dump(d->conn, opt, server, gtid, err))
        return -1;
    if (by_gtid && !server->mariadb)
        gtid_encode(gtid, &set);
    uint16_t flags = server->mariadb && opt->query ? ANNOTATE : 0;
    bool from_start = by_gtid && server->mariadb;      /* slave_connect_state says where to begin */
    if (!by_gtid && !*file)
        /* a server would begin at its first file */
        return err_set(err, ERR_FATAL, "where to begin in the binlog is not known");
    int rc = mysql_conn_dump(d->conn, from_start ? "" : file, from_start ? 4 : pos, buf_slice(&set),
                             mysql_server_our_id(opt), flags, err);
    buf_done(&set);
    if (rc)
        return -1;
    if (pthread_create(&d->thread, NULL, read_events, d))
        return err_set(err, ERR_RETRY, "no thread for the binlog stream");
    d->running = true;
    return 0;
}

struct mysql_dump *mysql_dump_start(const struct mysql_options *opt,
                                    const struct mysql_server *server, const struct gtid_set *gtid,
                                    const char *file, uint64_t pos, struct err *err)
{
    struct mysql_dump *d = xcalloc(1, sizeof *d);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->taken, NULL);
    d->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (d->wake < 0)
        err_set(err, ERR_RETRY, "the binlog stream's eventfd: %s", strerror(errno));
    else
        d->conn = mysql_conn_open(opt, MYSQL_DUMP, err);
    if (d->conn && !begin(d, opt, server, gtid, file, pos, err))
        return d;
    mysql_dump_stop(d);
    return NULL;
}

/* Exchanges the buffers; false: nothing came. */
static bool refill(struct mysql_dump *d, struct err *err, int *ret_error)
{
    uint64_t count;
    if (read(d->wake, &count, sizeof count) < 0)
        count = 0;      /* not rung. Read before the look at fill: what comes later rings again */
    pthread_mutex_lock(&d->lock);
    struct buf empty = d->drain;
    d->drain = d->fill;
    d->fill = empty;
    d->fill.n = 0;
    if (!d->drain.n && d->ended) {
        *err = d->why;
        *ret_error = -1;
    }
    pthread_cond_signal(&d->taken);
    pthread_mutex_unlock(&d->lock);
    d->at = 0;
    return d->drain.n;
}

int mysql_dump_next(struct mysql_dump *d, struct slice *ret, struct err *err)
{
    int error = 0;
    if (d->at == d->drain.n && !refill(d, err, &error))
        return error;
    uint32_t n;
    memcpy(&n, d->drain.p + d->at, sizeof n);
    *ret = slice_of(d->drain.p + d->at + sizeof n, n);
    d->at += sizeof n + n;
    return 1;
}

bool mysql_dump_lost(const struct mysql_dump *d)
{
    return mysql_conn_lost(d->conn);        /* the thread has ended and said why */
}

int mysql_dump_fd(const struct mysql_dump *d)
{
    return d->wake;
}

void mysql_dump_stop(struct mysql_dump *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->stop = true;
    pthread_cond_signal(&d->taken);
    pthread_mutex_unlock(&d->lock);
    if (d->running) {
        mysql_conn_interrupt(d->conn);
        pthread_join(d->thread, NULL);
    }
    mysql_conn_close(d->conn);
    if (d->wake >= 0)
        close(d->wake);
    pthread_cond_destroy(&d->taken);
    pthread_mutex_destroy(&d->lock);
    buf_done(&d->fill);
    buf_done(&d->drain);
    free(d);
}
