/* The named lock that lets one feed read under our server id (claim.h). A thread keeps it. */
#include "source/mysql/claim.h"
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { SPEAK_MS = 3000, SAY_US = 60000000, FREED_US = 10000000, LOOK_MS = 10 };

struct mysql_claim {
    const struct mysql_options *opt;
    char name[40];
    pthread_t thread;
    bool running;
    const char *feed;           /* the feed in the thread's log lines; NULL: a feed alone */
    /* when the log last said that the lock is not held; 0: the lock is held */
    int64_t said_us;
    struct mysql_conn *conn;    /* the thread's; NULL while the lock is not held */
    /* protects all fields below, and conn where other threads look at it */
    pthread_mutex_t lock;
    pthread_cond_t news;
    unsigned long long id;      /* the server's number of conn, or of the last one */
    bool stop, lost, busy;      /* busy: the thread waits for the server on conn */
};

/* ---- the lock ---- */

/* *ret_id: the connection that holds the lock; 0: nobody holds it. */
static int find(struct mysql_conn *c, const char *name, unsigned long long *ret_id, struct err *err)
{
    struct arena a;
    const char *text;
    arena_init(&a, 256);
    int rc = mysql_conn_value(c, &a, &text, err, "SELECT IS_USED_LOCK('%s')", name);
    *ret_id = !rc && text ? strtoull(text, NULL, 10) : 0;
    arena_done(&a);
    return rc;
}

/* Describes the holder. Our account sees its own sessions; what it may not see stays empty. */
static void describe(struct mysql_conn *c, const char *name, unsigned long long id,
                     struct source_holder *ret)
{
    struct err denied = { 0 };
    struct arena a;
    const char *who = NULL, *heard = NULL;
    arena_init(&a, 512);
    bool seen = !mysql_conn_value(c, &a, &who, &denied,
                                  "SELECT CONCAT(' (user ', USER, ', from ', HOST, ')')"
                                  " FROM information_schema.PROCESSLIST WHERE ID = %llu", id) &&
                !mysql_conn_value(c, &a, &heard, &denied, "SELECT UNIX_TIMESTAMP() - TIME"
                                  " FROM information_schema.PROCESSLIST WHERE ID = %llu", id);
    snprintf(ret->who, sizeof ret->who, "server id %s (source.mysql.server-id: another feed "
             "needs another one) is in use by the server's connection %llu%s",
             strrchr(name, '-') + 1, id, seen && who ? who : "");
    ret->heard_ms = seen && heard ? strtoll(heard, NULL, 10) * 1000 : 0;
    arena_done(&a);
}

/*
 * 0: the lock is ours; 1: it is another session's (*ret_id, *ret); 2: the server has no named
 * locks; -1: err.
 */
static int try(struct mysql_conn *c, const char *name, unsigned long long *ret_id,
               struct source_holder *ret, struct err *err)
{
    struct arena a;
    const char *got = NULL;
    struct err none = { 0 };
    arena_init(&a, 256);
    int rc = mysql_conn_value(c, &a, &got, &none, "SELECT GET_LOCK('%s', 0)", name);
    bool ours = got && *got == '1', other = got && *got == '0';
    arena_done(&a);
    if (rc && none.class == ERR_RETRY) {
        *err = none;
        return -1;
    }
    if (!ours && !other)
        log_warn("whether another instance of this feed reads the server cannot be told, for it "
                 "has no named locks: %s", rc ? none.msg : "GET_LOCK");
    if (!other)
        return ours ? 0 : 2;
    if (find(c, name, ret_id, err))
        return -1;
    if (*ret_id)
        describe(c, name, *ret_id, ret);
    return 1;
}

static int end_session(struct mysql_conn *c, unsigned long long id, struct err *err)
{
    struct err gone = { 0 };
    log_warn("the server's connection %llu, which holds the feed's lock, is ended", id);
    if (!mysql_conn_do(c, &gone, "KILL %llu", id))
        return 0;
    *err = gone;
    return err_wrap(err, "the session that holds the feed's lock cannot be ended");
}

static int take_over_from(struct mysql_conn *c, const char *name, unsigned long long id,
                          struct source_holder *ret, struct err *err)
{
    unsigned long long ended = 0;
    int rc = 1;
    for (int64_t until = clock_mono_us() + FREED_US; rc == 1 && clock_mono_us() < until;) {
        if (id && id != ended && end_session(c, ended = id, err))
            return -1;
        poll(NULL, 0, LOOK_MS);
        rc = try(c, name, &id, ret, err);
    }
    return rc;
}

static int connection_id(struct mysql_conn *c, unsigned long long *ret, struct err *err)
{
    struct arena a;
    const char *text = NULL;
    arena_init(&a, 64);
    int rc = mysql_conn_value(c, &a, &text, err, "SELECT CONNECTION_ID()");
    *ret = !rc && text ? strtoull(text, NULL, 10) : 0;
    arena_done(&a);
    return rc;
}

/*
 * Takes the lock. Ends our own last connection if it still holds the lock. Returns as try(); 0:
 * *ret holds the lock, and *own is its number.
 */
static int take(const struct mysql_options *opt, const char *name, bool take_over,
                unsigned long long *own, struct mysql_conn **ret, struct source_holder *ret_holder,
                struct err *err)
{
    unsigned long long id = 0;
    struct mysql_conn *c = mysql_conn_open(opt, MYSQL_CATALOG, err);
    int rc = -1;
    if (c && !mysql_conn_do(c, err, "SET SESSION wait_timeout = %d", CLAIM_SILENCE_S))
        rc = try(c, name, &id, ret_holder, err);
    if (rc == 1 && (take_over || (id && id == *own)))
        rc = take_over_from(c, name, id, ret_holder, err);
    if (!rc)
        rc = connection_id(c, own, err);
    if (rc)
        mysql_conn_close(c);
    *ret = rc ? NULL : c;
    return rc;
}

/* ---- keeping it ---- */

static void set_conn(struct mysql_claim *c, struct mysql_conn *conn, unsigned long long id)
{
    pthread_mutex_lock(&c->lock);
    c->conn = conn;
    c->id = id;
    pthread_mutex_unlock(&c->lock);
}

static void set_busy(struct mysql_claim *c, bool busy)
{
    pthread_mutex_lock(&c->lock);
    c->busy = busy;
    pthread_mutex_unlock(&c->lock);
}

static bool speak(struct mysql_claim *c)
{
    struct err err = { 0 };
    set_busy(c, true);
    bool spoke = !mysql_conn_do(c->conn, &err, "DO 1");
    set_busy(c, false);
    if (spoke)
        return true;
    log_warn("the feed's lock is lost, and is taken again: %s", err.msg);
    struct mysql_conn *conn = c->conn;
    set_conn(c, NULL, c->id);
    mysql_conn_close(conn);
    return false;
}

/*
 * Tries to take the lock again while the feed reads on. The feed ends when another session has it.
 */
static void take_again(struct mysql_claim *c)
{
    struct err err = { 0 };
    struct source_holder holder = { 0 };
    struct mysql_conn *conn;
    unsigned long long id = c->id;
    int rc = take(c->opt, c->name, false, &id, &conn, &holder, &err);
    if (!rc) {
        set_conn(c, conn, id);
        c->said_us = 0;
        log_info("the feed's lock is held again");
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->lost = rc > 0;
    pthread_mutex_unlock(&c->lock);
    if (rc < 0 && c->said_us && clock_mono_us() - c->said_us < SAY_US)
        return;         /* says once a minute that the server is away */
    c->said_us = clock_mono_us();
    log_warn("the feed's lock is not held: %s", rc == 1 ? holder.who : err.msg);
}

static bool wait_a_while(struct mysql_claim *c)
{
    struct timespec until = clock_in(CLOCK_REALTIME, SPEAK_MS);
    pthread_mutex_lock(&c->lock);
    int rc = 0;
    while (!c->stop && !rc)
        rc = pthread_cond_timedwait(&c->news, &c->lock, &until);
    bool on = !c->stop && !c->lost;
    pthread_mutex_unlock(&c->lock);
    return on;
}

/*
 * The thread. At its end it gives the lock back, because a closed connection's lock is free only
 * when the server notices.
 */
static void *keep(void *arg)
{
    struct mysql_claim *c = arg;
    struct err none = { 0 };
    bool spoke = true;
    log_feed(c->feed);
    while (wait_a_while(c)) {
        spoke = c->conn && speak(c);
        if (!c->conn)
            take_again(c);
    }
    if (c->conn && spoke && mysql_conn_do(c->conn, &none, "DO RELEASE_LOCK('%s')", c->name))
        log_debug("the feed's lock was not given back: %s", none.msg);
    return NULL;
}

int mysql_claim_take(const struct mysql_options *opt, bool take_over, unsigned long long *own,
                     struct mysql_claim **ret, struct source_holder *ret_holder, struct err *err)
{
    struct mysql_claim *c = xcalloc(1, sizeof *c);
    c->opt = opt;
    c->feed = log_feed_name();
    snprintf(c->name, sizeof c->name, "tailrace-%lu", (unsigned long)mysql_server_our_id(opt));
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->news, NULL);
    int rc = take(opt, c->name, take_over, own, &c->conn, ret_holder, err);
    c->id = *own;
    c->running = !rc && !pthread_create(&c->thread, NULL, keep, c);
    if (!rc && !c->running)
        rc = err_set(err, ERR_RETRY, "no thread for the feed's lock");
    if (rc) {
        mysql_claim_free(c);
        c = NULL;
    }
    *ret = c;
    return rc == 2 ? 0 : rc;
}

bool mysql_claim_lost(struct mysql_claim *c)
{
    if (!c)
        return false;
    pthread_mutex_lock(&c->lock);
    bool lost = c->lost;
    pthread_mutex_unlock(&c->lock);
    return lost;
}

int mysql_claim_check(struct mysql_claim *c, struct mysql_conn *reading, struct err *err)
{
    unsigned long long id = 0;
    if (!c)
        return 0;
    int rc = find(reading, c->name, &id, err);
    pthread_mutex_lock(&c->lock);
    c->lost |= !rc && id != c->id;
    bool lost = c->lost;
    pthread_mutex_unlock(&c->lock);
    if (rc || !lost)
        return rc;
    return err_set(err, ERR_RETRY,
                   "the lock under which this feed reads is not held at the server that "
                   "it reads");
}

void mysql_claim_free(struct mysql_claim *c)
{
    if (!c)
        return;
    if (c->running) {
        pthread_mutex_lock(&c->lock);
        c->stop = true;
        if (c->busy)
            mysql_conn_interrupt(c->conn);
        pthread_cond_signal(&c->news);
        pthread_mutex_unlock(&c->lock);
        pthread_join(c->thread, NULL);
    }
    mysql_conn_close(c->conn);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->news);
    free(c);
}
