/*
 * A feed's position may have been stored by another producer than ours: a process that ran this feed before, with a transactional id
 * of its own. What it left open must be ended, and what it may still send refused, before the position is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "sink/kafka.h"

enum { INIT_MS = 60000, STEP_MS = 200 };

/* One at a time in this process, and what was fenced need not be fenced again. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fenced { char *id; int64_t at_us; struct fenced *next; } *all;

static struct fenced *fenced_of(const char *id)
{
    struct fenced *f = all;
    while (f && strcmp(f->id, id))
        f = f->next;
    if (f)
        return f;
    f = calloc(1, sizeof *f);
    if (!f || !(f->id = strdup(id)))
        abort();
    f->next = all;
    return all = f;
}

static rd_kafka_t *client(const struct kafka *k, const char *id, struct err *err)
{
    char why[256];
    rd_kafka_conf_t *conf = kafka_conf(k->opt, err);
    if (!conf)
        return NULL;
    if (rd_kafka_conf_set(conf, "transactional.id", id, why, sizeof why)) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_CONFIG, "kafka: %s", why);
        return NULL;
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    return rk;
}

static int fence(const struct kafka *k, const char *id, struct err *err)
{
    rd_kafka_t *rk = client(k, id, err);
    if (!rk)
        return -1;
    rd_kafka_error_t *e;
    for (int64_t until = clock_mono_us() + INIT_MS * 1000LL; (e = rd_kafka_init_transactions(rk, STEP_MS)); rd_kafka_error_destroy(e)) {
        rd_kafka_poll(rk, 0);
        rd_kafka_resp_err_t code = rd_kafka_error_code(e);
        if (rd_kafka_error_is_retriable(e) && kafka_class(code) != ERR_CONFIG && clock_mono_us() < until && !kafka_stopping(k))
            continue;
        err_set(err, kafka_class(code), "the position was stored with transactional.id %s, which cannot be fenced: %s -> %s", id,
                rd_kafka_error_string(e), kafka_todo(code, true));
        rd_kafka_error_destroy(e);
        rd_kafka_destroy(rk);
        return -1;
    }
    rd_kafka_destroy(rk);
    return 0;
}

int kafka_take(const struct kafka *k, const struct sink_feed *f, const struct buf *stored_id, bool *ret_fenced, struct err *err)
{
    char ours[300], theirs[300];
    snprintf(ours, sizeof ours, "tailrace-%s", k->opt->id);
    if (stored_id->n)
        snprintf(theirs, sizeof theirs, "%.*s", (int)stored_id->n, (const char *)stored_id->p);
    else
        snprintf(theirs, sizeof theirs, "tailrace-%s", f->name);     /* versions that did not say it had no other */
    *ret_fenced = false;
    if (!k->opt->exactly_once || strcmp(ours, theirs) == 0)
        return 0;
    pthread_mutex_lock(&lock);
    struct fenced *was = fenced_of(theirs);
    int rc = was->at_us > f->begun_us ? 0 : fence(k, theirs, err);
    *ret_fenced = !rc;
    if (!rc && was->at_us <= f->begun_us)
        was->at_us = clock_mono_us();
    pthread_mutex_unlock(&lock);
    return rc;
}
