/*
 * What librdkafka says beside the answers to our calls: its errors, which name the broker and the reason where our call only
 * timed out, and its log lines, of which a few a minute are enough.
 */
#include <pthread.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "sink/kafka.h"

enum { SYSLOG_ERR = 3, SYSLOG_NOTICE = 5 };     /* librdkafka speaks in syslog levels */
enum { PROTOCOL_US = 5000000, CLOSED_TIMES = 6 /* in 4 s, by librdkafka's pauses */ };

/* ---- log lines, from any thread ---- */

enum { KINDS = 16, LINES = 3, WINDOW_US = 60000000 };

/* One kind of line: librdkafka's facility. */
struct kind {
    char fac[24];
    int64_t since_us;
    unsigned said, kept;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kind kinds[KINDS];

/* The kind's place, else that of the kind which is the oldest. */
static struct kind *kind_of(const char *fac)
{
    struct kind *oldest = kinds;
    for (struct kind *k = kinds; k < kinds + KINDS; k++) {
        if (strncmp(k->fac, fac, sizeof k->fac - 1) == 0)
            return k;
        if (k->since_us < oldest->since_us)
            oldest = k;
    }
    *oldest = (struct kind){ 0 };
    snprintf(oldest->fac, sizeof oldest->fac, "%s", fac);
    return oldest;
}

/* Whether this line is one of the first of its kind in this minute. *ret_kept: how many were held back before it. */
static bool may_say(const char *fac, unsigned *ret_kept)
{
    int64_t now = clock_mono_us();
    pthread_mutex_lock(&lock);
    struct kind *k = kind_of(fac);
    *ret_kept = 0;
    if (!k->since_us || now - k->since_us > WINDOW_US) {
        *ret_kept = k->kept;
        k->since_us = now;
        k->said = k->kept = 0;
    }
    bool may = k->said < LINES;
    if (may)
        k->said++;
    else
        k->kept++;
    pthread_mutex_unlock(&lock);
    return may;
}

static void on_log(const rd_kafka_t *rk, int level, const char *fac, const char *text)
{
    (void)rk;
    unsigned kept;
    if (level > SYSLOG_NOTICE) {
        log_debug("kafka client: %s: %s", fac, text);
        return;
    }
    if (!may_say(fac, &kept))
        return;
    if (kept)
        log_warn("kafka client: %s: lines held back in the last minute: %u", fac, kept);
    log_at(level <= SYSLOG_ERR ? LOG_ERROR : LOG_WARN, "kafka client: %s: %s", fac, text);
}

/* ---- errors, inside rd_kafka_poll() ---- */

static bool is_lasting(rd_kafka_resp_err_t e)
{
    return kafka_class(e) == ERR_CONFIG;
}

/* Several brokers may say several things: what time cannot mend is kept. That all are down says least. */
static bool is_news(const struct kafka_said *s, rd_kafka_resp_err_t e)
{
    return e != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ? !is_lasting(s->code) || is_lasting(e) : !s->code;
}

static void on_error(rd_kafka_t *rk, int code, const char *text, void *opaque)
{
    (void)rk;
    struct kafka *k = opaque;
    rd_kafka_resp_err_t e = (rd_kafka_resp_err_t)code;
    if (!k || e == RD_KAFKA_RESP_ERR__FATAL || !is_news(&k->said, e))
        return;
    if (k->said.code != e)
        k->said.since_us = clock_mono_us();
    k->said.code = e;
    snprintf(k->said.text, sizeof k->said.text, "%s", text);
}

/* On brokers' threads. A listener that wants a user or TLS closes each connection without a word. */
static rd_kafka_resp_err_t on_state(rd_kafka_t *rk, int32_t id, const char *protocol, const char *name, int port,
                                    const char *state, void *arg)
{
    (void)rk, (void)id, (void)protocol, (void)name, (void)port;
    struct kafka_said *s = arg;
    if (strcmp(state, "UP") == 0)
        atomic_fetch_add(&s->up, 1);
    else if (strcmp(state, "DOWN") == 0 && atomic_load(&s->up) > 0) {
        atomic_fetch_sub(&s->up, 1);
        atomic_fetch_add(&s->closed, 1);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *arg, char *why, size_t n)
{
    (void)conf, (void)why, (void)n;
    return rd_kafka_interceptor_add_on_broker_state_change(rk, "tailrace-said", on_state, arg);
}

void kafka_said_count(struct kafka_said *s, rd_kafka_conf_t *conf)
{
    atomic_store(&s->up, 0);
    atomic_store(&s->closed, 0);
    rd_kafka_conf_interceptor_add_on_new(conf, "tailrace-said", on_new, s);
}

void kafka_said_watch(rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
}

/* ---- what it comes to ---- */

void kafka_said_reached(struct kafka_said *s)
{
    s->reached = true;
    s->code = RD_KAFKA_RESP_ERR_NO_ERROR;
}

static const char *property(const struct kafka_options *opt, const char *name, const char *otherwise)
{
    for (const struct kv *p = opt->props; p && p->key; p++)
        if (strcmp(p->key, name) == 0)
            return p->value;
    return otherwise;
}

/* "sasl_ssl://HOST:PORT/bootstrap: ..." has the broker's name, its text comes behind. */
static void broker_of(const char *text, char *ret, size_t n)
{
    const char *from = strstr(text, "://");
    int len = from ? (int)strcspn(from + 3, "/ ") : 0;
    snprintf(ret, n, "%.*s", len, from ? from + 3 : "");
}

static const char *reason_of(const char *text)
{
    const char *slash = strstr(text, "://"), *colon = slash ? strstr(slash + 3, ": ") : NULL;
    return colon ? colon + 2 : text;
}

static int refused_user(const struct kafka *k, const char *broker, const char *reason, struct err *err)
{
    const char *mechanism = property(k->opt, "sasl.mechanism", property(k->opt, "sasl.mechanisms", "GSSAPI"));
    return err_set(err, ERR_CONFIG, "user %s was refused by %s (%s): %s -> look at kafka.sasl.username, kafka.sasl.password and "
                   "kafka.sasl.mechanism", property(k->opt, "sasl.username", "(none)"), broker, mechanism, reason);
}

/* A listener of another protocol closes the connection; so does a broker that stops, but not for so long. */
static bool is_other_protocol(const struct kafka_said *s)
{
    static const char *const signs[] = { "security.protocol", "broker listener?", "SSL_HANDSHAKE" };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(s->text, signs[i]))
            return clock_mono_us() - s->since_us > PROTOCOL_US;
    return false;
}

int kafka_said_refusal(const struct kafka *k, struct err *err)
{
    const struct kafka_said *s = &k->said;
    char broker[256];
    broker_of(s->text, broker, sizeof broker);
    if (s->reached)
        return 0;
    if (atomic_load(&s->closed) >= CLOSED_TIMES)
        return err_set(err, ERR_CONFIG, "%s closed %d connections without an answer: it may want a user or TLS -> look at "
                       "kafka.security.protocol", property(k->opt, "bootstrap.servers", "the broker"), CLOSED_TIMES);
    if (!s->code)
        return 0;
    if (s->code == RD_KAFKA_RESP_ERR__AUTHENTICATION)
        return refused_user(k, broker, reason_of(s->text), err);
    if (s->code == RD_KAFKA_RESP_ERR__SSL)
        return err_set(err, ERR_CONFIG, "TLS with %s failed: %s -> look at kafka.security.protocol, kafka.ssl.ca.location and the "
                       "broker's certificate", broker, reason_of(s->text));
    if (is_other_protocol(s))
        return err_set(err, ERR_CONFIG, "%s does not speak %s: %s -> look at kafka.security.protocol and "
                       "kafka.bootstrap.servers", broker, property(k->opt, "security.protocol", "plaintext"),
                       reason_of(s->text));
    return 0;
}

int kafka_said_add(const struct kafka *k, struct err *err)
{
    size_t n = strlen(err->msg);
    if (k->said.code)
        snprintf(err->msg + n, sizeof err->msg - n, " (the Kafka client last said: %s)", k->said.text);
    return -1;
}
