/*
 * What librdkafka says beside the answers to our calls. Its errors name the broker and the reason
 * where our call only timed out. Of its log lines, a few a minute are enough.
 */
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include "base/clock.h"
#include "base/log.h"
#include "sink/kafka.h"

enum { SYSLOG_ERR = 3, SYSLOG_NOTICE = 5 };     /* librdkafka speaks in syslog levels */
enum { PROBE_EVERY_US = 5000000, CLOSED_TIMES = 6, CLOSED_US = 30000000 };

/* ---- log lines, from any thread ---- */

enum { KINDS = 16, LINES = 3, WINDOW_US = 60000000 };

/* The log lines of one librdkafka facility. */
struct kind {
    char fac[24];
    int64_t since_us;
    unsigned said, kept;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kind kinds[KINDS];

/* The facility's entry. A new facility replaces the one whose minute began first. */
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

/* Whether this line is one of the first of its kind in this minute. *ret_kept: how many lines were
 * held back in the last one. */
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

/* Several brokers may say several things: an error that time cannot mend is kept. "All brokers
 * down" says least. */
static bool is_news(const struct kafka_said *s, rd_kafka_resp_err_t e)
{
    return e != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ? !is_lasting(s->code) || is_lasting(e)
                                                    : !s->code;
}

/* librdkafka gives these codes also if the broker did not answer, or hung up. That proves nothing
 * about a user or a certificate. */
static bool is_silence(rd_kafka_resp_err_t e, const char *text)
{
    return (e == RD_KAFKA_RESP_ERR__AUTHENTICATION && strstr(text, "handshake failed: Local: ")) ||
           (e == RD_KAFKA_RESP_ERR__SSL && strstr(text, "SSL transport error: "));
}

static void on_error(rd_kafka_t *rk, int code, const char *text, void *opaque)
{
    (void)rk;
    struct kafka *k = opaque;
    rd_kafka_resp_err_t e = (rd_kafka_resp_err_t)code;
    if (is_silence(e, text))
        e = RD_KAFKA_RESP_ERR__TRANSPORT;
    if (!k || e == RD_KAFKA_RESP_ERR__FATAL || !is_news(&k->said, e))
        return;
    k->said.code = e;
    if (!k->said.since_ns)
        k->said.since_ns = clock_wall_ns();
    snprintf(k->said.text, sizeof k->said.text, "%s", text);
}

/* ---- connections, on brokers' threads ---- */

/* The listener's entry: its own, else a free one, else the one with the fewest closed
 * connections. */
static struct kafka_listener *listener_at(struct kafka_said *s, const char *at)
{
    struct kafka_listener *least = s->listeners;
    for (struct kafka_listener *l = s->listeners; l < s->listeners + LISTENERS; l++) {
        bool here = !*l->at || strcmp(l->at, at) == 0;
        if (here || l->closed < least->closed)
            least = l;
        if (here)
            break;
    }
    if (strcmp(least->at, at))
        *least = (struct kafka_listener){ 0 };
    snprintf(least->at, sizeof least->at, "%s", at);
    return least;
}

/* A listener that wants a user accepts each connection, and closes it without a word at the first
 * request after ApiVersions. */
static void note_down(struct kafka_listener *l)
{
    if (!l->up)
        l->closed = 0;
    else if (!l->closed++)
        l->since_us = clock_mono_us();
    l->doubted = l->taken;
    l->taken = l->up = false;
}

/* librdkafka's states of a connection before TCP is connected. */
static bool is_connecting(const char *state)
{
    return strcmp(state, "TRY_CONNECT") == 0 || strcmp(state, "CONNECT") == 0 ||
           strcmp(state, "INIT") == 0;
}

static rd_kafka_resp_err_t on_state(rd_kafka_t *rk, int32_t id, const char *protocol,
                                    const char *name, int port, const char *state, void *arg)
{
    (void)rk, (void)id, (void)protocol;
    char at[256];
    if (port <= 0 || is_connecting(state))
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    snprintf(at, sizeof at, "%s:%d", name, port);
    pthread_mutex_lock(&lock);
    struct kafka_listener *l = listener_at(arg, at);
    if (strcmp(state, "DOWN") == 0)
        note_down(l);
    else
        l->taken = true;
    l->up |= strcmp(state, "UP") == 0;
    pthread_mutex_unlock(&lock);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *arg, char *why,
                                  size_t n)
{
    (void)conf, (void)why, (void)n;
    return rd_kafka_interceptor_add_on_broker_state_change(rk, "tailrace-said", on_state, arg);
}

void kafka_said_count(struct kafka_said *s, rd_kafka_conf_t *conf)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < LISTENERS; i++)
        s->listeners[i].taken = s->listeners[i].up = false;
    pthread_mutex_unlock(&lock);
    rd_kafka_conf_interceptor_add_on_new(conf, "tailrace-said", on_new, s);
}

void kafka_said_watch(rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
}

/* ---- what it means ---- */

void kafka_said_reached(struct kafka_said *s)
{
    s->reached = true;
    s->since_ns = 0;
    s->code = RD_KAFKA_RESP_ERR_NO_ERROR;
}

const char *kafka_property(const struct kafka_options *opt, const char *name, const char *otherwise)
{
    for (const struct kv *p = opt->props; p && p->key; p++)
        if (strcmp(p->key, name) == 0)
            return p->value;
    return otherwise;
}

const char *kafka_servers(const struct kafka_options *opt)
{
    return kafka_property(opt, "bootstrap.servers",
                          kafka_property(opt, "metadata.broker.list", NULL));
}

/* "sasl_ssl://HOST:PORT/bootstrap: ...": ret gets HOST:PORT; "" if text has another form. */
static void broker_of(const char *text, char *ret, size_t n)
{
    const char *slashes = strstr(text, "://"), *from = slashes ? slashes + 3 : text;
    int len = (int)strcspn(from, "/ ");
    snprintf(ret, n, "%.*s", from[len] == '/' ? len : 0, from);
}

static const char *reason_of(const char *text)
{
    const char *slash = strstr(text, "://"), *colon = slash ? strstr(slash + 3, ": ") : NULL;
    return colon ? colon + 2 : text;
}

static int refused_user(const struct kafka *k, const char *broker, const char *reason,
                        struct err *err)
{
    const char *mechanism = kafka_property(k->opt, "sasl.mechanism",
                                           kafka_property(k->opt, "sasl.mechanisms", "GSSAPI"));
    return err_set(err, ERR_CONFIG,
                   "user %s was refused by %s (%s): %s -> look at kafka.sasl.username, "
                   "kafka.sasl.password and "
                   "kafka.sasl.mechanism",
                   kafka_property(k->opt, "sasl.username", "(none)"), broker, mechanism, reason);
}

/* ---- another protocol than kafka.security.protocol says ---- */

static enum kafka_speech configured(const struct kafka *k)
{
    const char *p = kafka_property(k->opt, "security.protocol", "plaintext");
    return strcasecmp(p, "plaintext") == 0        ? SPEAKS_PLAINTEXT
           : strcasecmp(p, "sasl_plaintext") == 0 ? SPEAKS_SASL
                                                  : SPEAKS_TLS;
}

/* Finds a listener whose connections end without an answer. *ret_lasting: it took connections and
 * requests for long, and closed them all. */
static void find_suspect(struct kafka_said *s, bool *ret_lasting)
{
    *ret_lasting = false;
    pthread_mutex_lock(&lock);
    for (struct kafka_listener *l = s->listeners; l < s->listeners + LISTENERS && !*ret_lasting;
         l++) {
        *ret_lasting = l->closed >= CLOSED_TIMES && clock_mono_us() - l->since_us > CLOSED_US;
        if (l->doubted && (!*s->suspect || *ret_lasting))
            memcpy(s->suspect, l->at, sizeof s->suspect);
    }
    pthread_mutex_unlock(&lock);
}

static int speaks_otherwise(const struct kafka *k, struct err *err)
{
    static const char *const speech[] = {
        [SPEAKS_PLAINTEXT] =
            "without TLS and without users -> set kafka.security.protocol: plaintext",
        [SPEAKS_SASL] =
            "without TLS, and wants a user -> set kafka.security.protocol: sasl_plaintext",
        [SPEAKS_TLS] = "TLS -> set kafka.security.protocol: ssl, or sasl_ssl",
    };
    return err_set(
        err, ERR_CONFIG,
        "%s does not speak %s: it answers %s, or another address in kafka.bootstrap.servers",
        k->said.suspect, kafka_property(k->opt, "security.protocol", "plaintext"),
        speech[k->said.speech]);
}

/* Only an answer proves another protocol: a broker that starts, stops, hangs or is behind a load
 * balancer closes connections as well. */
static int refused_protocol(struct kafka *k, struct err *err)
{
    struct kafka_said *s = &k->said;
    bool lasting;
    if (s->speech)
        return speaks_otherwise(k, err);
    find_suspect(s, &lasting);
    /* Without TLS nobody can ask whether a listener within TLS wants a user: time has to tell. */
    if (lasting && strcasecmp(kafka_property(k->opt, "security.protocol", ""), "ssl") == 0)
        return err_set(err, ERR_CONFIG,
                       "%s closed each connection for %d s: it may want a user -> look at "
                       "kafka.security.protocol (sasl_ssl)",
                       s->suspect, CLOSED_US / 1000000);
    if (!*s->suspect || (s->probed_us && clock_mono_us() - s->probed_us < PROBE_EVERY_US))
        return 0;
    enum kafka_speech speech = kafka_probe(k, s->suspect);
    s->probed_us = clock_mono_us();
    if (speech && speech != configured(k))
        s->speech = speech;
    else
        *s->suspect = 0;
    return s->speech ? speaks_otherwise(k, err) : 0;
}

int kafka_said_refusal(struct kafka *k, struct err *err)
{
    const struct kafka_said *s = &k->said;
    char broker[256];
    broker_of(s->text, broker, sizeof broker);
    if (s->reached)
        return 0;
    if (s->code == RD_KAFKA_RESP_ERR__AUTHENTICATION)
        return refused_user(k, broker, reason_of(s->text), err);
    if (s->code == RD_KAFKA_RESP_ERR__SSL)
        return err_set(err, ERR_CONFIG, "TLS with %s failed: %s -> look at kafka.ssl.ca.location, "
                       "and at the broker's certificate: its CA, its dates, and its names, of "
                       "which this host must be one", broker, reason_of(s->text));
    return refused_protocol(k, err);
}

/* "2026-05-04T10:00:00Z"; "": there was no error. */
static const char *since(const struct kafka_said *s, char to[24])
{
    time_t at = (time_t)(s->since_ns / 1000000000);
    struct tm tm;
    *to = 0;
    if (at && gmtime_r(&at, &tm))
        strftime(to, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return to;
}

void kafka_said_late(const struct kafka *k, const char *topic, struct err *err)
{
    const struct kafka_said *s = &k->said;
    char when[24];
    if (*since(s, when))
        err_set(err, ERR_RETRY, "topic %s: its broker has not been reached since %s (the Kafka "
                "client last said: %s) -> look at the brokers, and at the network to them", topic,
                when, s->text);
    else
        err_set(err, ERR_RETRY, "topic %s: its broker has not confirmed a record in time -> look "
                "at the brokers: their disks, load and in-sync replicas", topic);
    err_add(err, "; nothing is lost: what was not delivered is read again");
}

/* Prefers the listener that closes connections to "all brokers down", which says less. */
int kafka_said_add(struct kafka *k, struct err *err)
{
    struct kafka_said *s = &k->said;
    char when[24];
    bool lasting;
    find_suspect(s, &lasting);
    if (*s->suspect && (!s->code || s->code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN))
        return err_add(err, " (%s took connections and closed them without an answer)", s->suspect);
    if (s->code)
        return err_add(err, " (%s%s%sthe Kafka client last said: %s)",
                       s->since_ns ? "no answer since " : "", since(s, when),
                       s->since_ns ? "; " : "", s->text);
    return -1;
}
