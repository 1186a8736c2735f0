#ifndef TAILRACE_SINK_KAFKA_H
#define TAILRACE_SINK_KAFKA_H
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include "sink/sink.h"

struct sink_topic {
    char *name;
    rd_kafka_topic_t *rkt;      /* of the present client; made anew when the sink opens again */
    int32_t partitions;
    uint8_t *gates;             /* one a partition (kafka_gate.c); NULL: all are closed */
    bool in_order, single;
    const struct topic_manner *manner;  /* NULL: the sink's own */
    /* the topic existed once: if it has to be made again, somebody deleted it */
    bool known;
    char *feed;                 /* the feed that wrote to it last; NULL: none */
    bool looked;                /* kafka_hang_look(): for the present producer */
    bool append_time;           /* records get the broker's time, as far as is known */
    struct sink_topic *next;
};

enum store { STORE_IDLE, STORE_SENT };

/* Requests of the transaction protocol that were sent and not answered: kafka_unanswered.c. */
struct kafka_unanswered {
    atomic_int inits;           /* InitProducerId, of every producer of this process */
    atomic_int others;          /* of the present producer */
};

enum { LISTENERS = 8 };

/* A listener that this client connected to: kafka_said.c. */
struct kafka_listener {
    char at[256];               /* HOST:PORT */
    /* the present connection: the listener accepted it; it is ready for requests */
    bool taken, up;
    /* the last connection that the listener accepted ended before a broker answered */
    bool doubted;
    /* connections that ended although ready for requests, with no other failure between them */
    int closed;
    int64_t since_us;           /* when the first of them ended */
};

/* What a listener answers: kafka_probe.c. SPEAKS_SASL: without TLS. */
enum kafka_speech { SPEAKS_UNKNOWN, SPEAKS_PLAINTEXT, SPEAKS_SASL, SPEAKS_TLS };

/* What librdkafka last said of the brokers: kafka_said.c. The sink's thread writes it, except
 * listeners, which librdkafka's threads fill. */
struct kafka_said {
    rd_kafka_resp_err_t code;   /* 0: nothing */
    char text[512];
    int64_t since_ns;           /* the first error since a broker last took a record; 0: none */
    bool reached;               /* a broker has answered this process */
    char suspect[256];          /* the listener that is to be probed; "": none */
    int64_t probed_us;          /* when a listener was last probed */
    /* what the suspect answered, if that differs from what was configured */
    enum kafka_speech speech;
    struct kafka_listener listeners[LISTENERS];
};

/* Whether the process stood still: kafka_pause.c. */
struct kafka_pause {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool running, end;
    _Atomic int64_t tick_us, stood_us;
};

struct kafka {
    struct sink base;
    const struct kafka_options *opt;
    rd_kafka_t *rk;
    struct sink_topic *topics, *positions, *dead_letters;
    enum store store;
    size_t nsent;               /* positions that were put since STORE_IDLE */
    size_t nstored;             /* how many of these positions were reported */
    int64_t heard_us, hurried_us;   /* the last report; the last hurry() */
    size_t nasked;              /* gates that one record has passed, without a report so far */
    int64_t gated_us;           /* when all gates were closed last */
    struct grave *graves;       /* refused records that wait for the dead-letter topic's gate */
    bool told_clear;            /* that a password goes in the clear */
    bool told_policy;           /* that the position topic's cleanup.policy is not known */
    struct hang *hangs;         /* kafka_hang.c */
    bool in_txn;
    int64_t txn_us;             /* when it was begun */
    /* fenced, but perhaps by nobody: kafka_txn_ours() asks the position topic */
    bool doubt;
    bool closing;               /* the client is being torn down: its reports do not count */
    bool fatal_seen;            /* the client has stopped; the reason is in why */
    /* the client gave records up, and the transaction was not asked for its reason yet */
    bool purged;
    /* a record was refused for good, or the producer was fenced; the reason is in why */
    bool failed;
    struct err why;
    atomic_bool positions_gone; /* set by a feed's thread: the sink must be opened anew */
    struct kafka_unanswered unanswered;
    struct kafka_said said;
    struct kafka_pause pause;   /* at-least-once only */
};

/* kafka.c */

/*
 * Sends one record to one partition. The key is copied, the headers are taken over (freed in case
 * of an error), the value is borrowed until the record's report.
 * RD_KAFKA_RESP_ERR__QUEUE_FULL: try again later.
 */
rd_kafka_resp_err_t kafka_produce(struct kafka *k, struct sink_topic *t, int32_t partition,
                                  struct slice key, struct slice value, rd_kafka_headers_t *h,
                                  void *opaque);

/* NULL: nobody has asked for that topic yet. */
struct sink_topic *kafka_topic_known(const struct kafka *k, const char *name);

/* Sends the refused records that wait. False: some still wait. */
bool kafka_bury_waiting(struct kafka *k);

/*
 * kafka_gate.c: the first record that a producer writes to a partition travels alone. A broker that
 * remembers nothing of the producer there takes any sequence number as its first. Suppose the first
 * request were refused for a moment (a new leader) and the second taken. librdkafka would take that
 * for proof that the first is there (rd_kafka_dr_implicit_ack), and report it as delivered. Brokers
 * forget an idle producer (producer.id.expiration.ms, a day), so gates close again after an hour.
 */
bool kafka_gate_closed(const struct sink_topic *t, int32_t partition);
/* a record is on its way */
void kafka_gate_passed(struct kafka *k, struct sink_topic *t, int32_t partition);
/* the report of a record has come */
void kafka_gate_reported(struct kafka *k, const rd_kafka_message_t *m);
void kafka_gates_close(struct kafka *k);              /* a new producer */
void kafka_gates_tend(struct kafka *k);               /* called now and then */

/* kafka_hang.c, all of it for the sink's thread */

/*
 * Called before the first record that the present producer writes to a topic. Waits some seconds
 * for transactions that are open there, and notes those that stay. -1: the brokers could not be
 * asked.
 */
int kafka_hang_look(struct kafka *k, const struct sink_feed *f, struct sink_topic *t,
                    struct err *err) must_check;

/*
 * The same for the position topic, before it is read. A transaction that stays open there is
 * aborted, if it is this producer's: no transaction may be open in this topic.
 */
int kafka_hang_positions(struct kafka *k, struct err *err) must_check;

/* A record is on its way to the partition. Called only if there are hangs. */
void kafka_hang_passed(struct kafka *k, const struct sink_topic *t, int32_t partition);

/* All records of a transaction were delivered. -1, ERR_RETRY: it must not be committed. */
int kafka_hang_ends(struct kafka *k, struct err *err) must_check;
void kafka_hang_committed(struct kafka *k);         /* it was committed */
void kafka_hang_pause(struct kafka *k);             /* a new producer */
void kafka_hang_free(struct kafka *k);

/* -1: the producer has stopped for good; err says why. 0: it has not. */
int kafka_trouble(struct kafka *k, struct err *err);
bool kafka_stopping(const struct kafka *k);
void kafka_hurry(struct sink *base);
int kafka_poll(struct sink *base, int timeout_ms, struct err *err) must_check;

/* -1, ERR_CONFIG: the feed keeps its positions or its dead letters in a topic of that name. */
int kafka_topic_free(const struct kafka *k, const char *name, struct err *err) must_check;

/* kafka_txn.c */

/* Fences every older producer of this feed, and ends what it left open. */
int kafka_txn_init(struct kafka *k, struct err *err) must_check;

/* Begins a transaction where records need one and none is open. */
int kafka_txn_begin(struct kafka *k, struct err *err) must_check;

/* -1: the open transaction failed; err has the reason as the client tells it now. 0: it did not. */
int kafka_txn_reason(struct kafka *k, struct err *err) must_check;

/* The producer refuses records in the open transaction. -1: err says why. 0: no reason is known. */
int kafka_txn_failed(struct kafka *k, struct err *err) must_check;
enum sink_commit kafka_commit(struct sink *base, const struct sink_position *p, size_t n,
                              int timeout_ms, struct err *err);

/* The open transaction is older than transaction.timeout.ms: the brokers should have ended it. */
bool kafka_txn_expired(const struct kafka *k);

/* After a fencing in doubt. -1, ERR_FATAL: another instance has stored a position since. */
int kafka_txn_ours(struct kafka *k, struct err *err) must_check;

/* kafka_unanswered.c */

/* Makes the client that is created from conf count its requests. u outlives the client. */
void kafka_unanswered_watch(struct kafka_unanswered *u, rd_kafka_conf_t *conf);

/* A request of an earlier transaction may still arrive and act on the next one of this producer. */
bool kafka_unanswered_any(struct kafka_unanswered *u);

/* An InitProducerId of this process may have come late and fenced the producer. Each InitProducerId
 * explains one fencing only. */
bool kafka_unanswered_init(struct kafka_unanswered *u);

/* kafka_pause.c */

/* Begins to watch, and forgets what was seen before. */
int kafka_pause_watch(struct kafka_pause *p, struct err *err) must_check;

/* How long the process stood still since then, in microseconds. 0: less than 10 s. */
int64_t kafka_pause_seen(const struct kafka_pause *p);
void kafka_pause_end(struct kafka_pause *p);

/* kafka_errors.c: the table of docs/errors.md */

enum err_class kafka_class(rd_kafka_resp_err_t e);

/* " -> what to do" about that error of a record or a topic; "" where there is nothing to say. */
const char *kafka_todo(rd_kafka_resp_err_t e, bool has_key);

/* The same for our transactional id. With a shared producer, each process has an id of its own. */
const char *kafka_id_todo(const struct kafka_options *opt, rd_kafka_resp_err_t e);

/* kafka_clear.c */

/*
 * The host of a broker of bootstrap.servers, on another machine, to which the configuration sends a
 * password or a token in the clear, without TLS. Empty: none.
 */
struct slice kafka_in_clear(const struct kafka_options *opt);

/* kafka_said.c */

/* The property's value in the configuration; `otherwise` if it is not set. */
const char *kafka_property(const struct kafka_options *opt, const char *name,
                           const char *otherwise);
const char *kafka_servers(const struct kafka_options *opt);      /* bootstrap.servers; NULL: none */
void kafka_said_watch(rd_kafka_conf_t *conf);

/* Notes which listeners close the connections of the client that is created from conf. s outlives
 * the client. */
void kafka_said_count(struct kafka_said *s, rd_kafka_conf_t *conf);

/* A broker has answered. */
void kafka_said_reached(struct kafka_said *s);

/*
 * Called while a wait for a broker goes on. -1, ERR_CONFIG: time cannot mend it (credentials, TLS,
 * security.protocol), and no broker has answered this process yet; err has the client's words. 0:
 * an answer may still come. Probes a listener whose protocol is in doubt, each 5 s at most, which
 * can take some seconds.
 */
int kafka_said_refusal(struct kafka *k, struct err *err) must_check;

/* No broker took a record in time: since when none was reached, and what the client says. */
void kafka_said_late(const struct kafka *k, const char *topic, struct err *err);

/* Adds what the client last said to err, the error of a wait without an answer. Returns -1. */
int kafka_said_add(struct kafka *k, struct err *err);

/* kafka_probe.c */

/* What the listener at HOST:PORT speaks. SPEAKS_UNKNOWN: no clear answer in some seconds. */
enum kafka_speech kafka_probe(const struct kafka *k, const char *at);

/* kafka_admin.c */

/* A configuration from the properties that every client of this sink shares. */
rd_kafka_conf_t *kafka_conf(const struct kafka_options *opt, struct err *err) must_check;

/* kv ends with key == NULL. ERR_CONFIG: the client knows no such property, or value. */
int kafka_set_all(rd_kafka_conf_t *conf, const struct kv *kv, struct err *err) must_check;

/* A client that reads partitions needs the name of a group, and READ on it; nothing is stored
 * there. */
#define KAFKA_GROUP "tailrace-positions"

/*
 * A consumer that reports the ends of partitions. committed: it sees nothing of open and aborted
 * transactions. heard: gets what the client says of brokers, inside rd_kafka_poll(). heard outlives
 * the consumer; NULL: nobody listens.
 */
rd_kafka_t *kafka_reader(const struct kafka_options *opt, bool committed, struct kafka *heard,
                         struct err *err) must_check;

/* Makes the topic, or asks the brokers whether they would (validate). Returns the answer's error;
 * err tells of it, except RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS. */
rd_kafka_resp_err_t kafka_create(struct kafka *k, const char *name, int partitions,
                                 const struct topic_manner *how, bool compacted, bool validate,
                                 struct err *err);

/* The answer to an admin request, to be destroyed by the caller. NULL: it did not come in time, the
 * service is to stop, or kafka_said_refusal() gave the wait up. */
rd_kafka_event_t *kafka_await(struct kafka *k, rd_kafka_queue_t *q, int timeout_ms);

/* Creates the topic if it is missing, finds its partition count, opens a handle. compacted: one
 * partition that keeps the newest value a key. */
int kafka_topic_ready(struct kafka *k, struct sink_topic *t, bool compacted,
                      struct err *err) must_check;

/*
 * Waits until each partition of the topics that were there has a leader. A transaction that an
 * earlier producer left open ends when the new one begins, but not in a partition without a leader:
 * kafka_hang.c.
 */
int kafka_topics_led(struct kafka *k, struct err *err) must_check;

/* kafka_position.c */

#define KAFKA_OWNER "tailrace.owner"             /* header: who stored the position */
#define KAFKA_TXN "tailrace.transactional.id"    /* its producer's id; "": no transactions */
enum { KAFKA_LOAD_MS = 90000 };

/* Appends the newest committed position of a feed, once nobody else writes the feed
 * (kafka_take.c). */
int kafka_load(struct sink *base, struct sink_feed *f, struct buf *ret_position, kept_fn *each,
               void *arg, struct err *err) must_check;

/* As kafka_load(), but nobody is fenced. ret_owner: who stored the position; NULL: not wanted. */
int kafka_load_owned(struct kafka *k, const struct sink_feed *f, struct buf *ret_position,
                     struct buf *ret_owner, struct err *err) must_check;
int kafka_owner(struct sink *base, const struct sink_feed *f, struct buf *ret_owner,
                struct err *err) must_check;

/*
 * kafka_take.c: notes that we write the feed, and fences whoever else may write it. Called before
 * the position is read. ERR_FATAL: somebody has noted himself since we did. Does nothing without
 * exactly-once.
 */
int kafka_take(struct kafka *k, struct sink_feed *f, struct err *err) must_check;

/* kafka_holds.c */
int kafka_holds(struct sink *base, const char *prefix, bool *ret, struct err *err) must_check;
/* kafka_holds.c */
int kafka_peek(struct sink *base, struct sink_feed *f, struct buf *ret_position,
               struct err *err) must_check;
/* UNKNOWN: no answer came within ms */
enum kafka_there { KAFKA_THERE_UNKNOWN, KAFKA_NOT_THERE, KAFKA_THERE };
/* kafka_holds.c */
enum kafka_there kafka_topic_there(rd_kafka_t *rk, const char *topic, int ms);
/* kafka_holds.c */
bool kafka_is_there(struct kafka *k, const char *topic);

/* kafka_holds.c: a position topic loses positions if it has several partitions, or another
 * cleanup.policy than compact. */
void kafka_judge_partitions(const struct kafka *k, size_t partitions, finding_fn *say, void *arg);
void kafka_check_positions(struct kafka *k, finding_fn *say, void *arg);
/* the same for run; -1 ends it */
int kafka_positions_stay(struct kafka *k, size_t partitions, struct err *err) must_check;

/* A compacted topic takes no record without a key. topics: the topics for such records, existing or
 * still to be made. */
void kafka_check_keyless(struct kafka *k, const char *const *topics, size_t n, finding_fn *say,
                         void *arg);

/* kafka_rights.c */

enum { KAFKA_DESCRIBE_MS = 15000 };
#if RD_KAFKA_VERSION >= 0x02030000
bool kafka_may(const rd_kafka_TopicDescription_t *d, rd_kafka_AclOperation_t op);

/* The answer to DescribeTopics with the user's rights, to be destroyed; NULL: no answer came. */
rd_kafka_event_t *kafka_describe(struct kafka *k, const char **names, size_t n, int timeout_ms);
#endif

/* Appends the names of topics that the feed's user may not write, with commas, the first few by
 * name. Returns how many there are. */
size_t kafka_denied(struct kafka *k, const char **names, size_t n, int timeout_ms, struct buf *ret);

/* The same for all topics that this sink has asked for. */
size_t kafka_denied_any(struct kafka *k, int timeout_ms, struct buf *ret);
void kafka_check_topics(struct sink *base, const struct topic_spec *topics, size_t n,
                        finding_fn *say, void *arg);

/* kafka_check.c */

/* Waits some seconds for a broker's answer to k->rk; err has why none came, and what to do. */
int kafka_reach(struct kafka *k, int *ret_brokers, struct err *err) must_check;

/* Opens a client that only looks, and waits for a broker's answer. */
int kafka_look(struct kafka *k, struct err *err) must_check;
int kafka_check(struct sink *base, finding_fn *say, void *arg, struct err *err) must_check;
#endif
