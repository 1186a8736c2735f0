#ifndef TAILRACE_SINK_KAFKA_H
#define TAILRACE_SINK_KAFKA_H
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include "sink/sink.h"

struct sink_topic {
    char *name;
    rd_kafka_topic_t *rkt;      /* of the present client; made anew when the sink is opened again */
    int32_t partitions;
    uint8_t *gates;             /* a partition each: kafka_gate.c. NULL: all are closed */
    bool in_order, single;
    const struct topic_manner *manner;  /* NULL: the sink's own */
    /* was there once: if it has to be made again, somebody deleted it */
    bool known;
    char *feed;                 /* who wrote to it last; NULL: nobody */
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
    /* the present connection: the listener took it; it is ready for requests */
    bool taken, up;
    /* the last connection that it took ended before a broker answered */
    bool doubted;
    /* how many ended that were ready for requests, with no other failure between them */
    int closed;
    int64_t since_us;           /* the first of those */
};

/* What a listener answers: kafka_probe.c. SPEAKS_SASL: without TLS. */
enum kafka_speech { SPEAKS_UNKNOWN, SPEAKS_PLAINTEXT, SPEAKS_SASL, SPEAKS_TLS };

/* What librdkafka last said of the brokers: kafka_said.c. Written on the sink's thread, but
 * listeners, which its threads fill. */
struct kafka_said {
    rd_kafka_resp_err_t code;   /* 0: nothing */
    char text[512];
    int64_t since_ns;           /* the first error since a broker last took a record; 0: none */
    bool reached;               /* a broker has answered this process */
    char suspect[256];          /* the listener that is asked what it speaks; "": none */
    int64_t probed_us;          /* when a listener was last asked what it speaks */
    /* what the suspect answered, where that is not what was configured */
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
    size_t nsent;               /* positions that were put since STORE_IDLE, */
    size_t nstored;             /* and those of them that were reported */
    int64_t heard_us, hurried_us;   /* the last report; the last hurry() */
    size_t nasked;              /* gates that one record has passed, and no report of it */
    int64_t gated_us;           /* when all gates were closed last */
    struct grave *graves;       /* refused records that wait for the dead-letter topic's gate */
    bool told_clear;            /* that a password goes in the clear */
    bool told_policy;           /* that the position topic's cleanup.policy is not known */
    struct hang *hangs;         /* kafka_hang.c */
    bool in_txn;
    int64_t txn_us;             /* when it was begun */
    /* fenced, but perhaps by nobody: whether the position is still ours tells */
    bool doubt;
    bool closing;               /* reports of a client that is being torn down count for nothing */
    bool fatal_seen;            /* the client has stopped: why says why */
    /* the client gave records up: the transaction's reason is not asked for yet */
    bool purged;
    /* a record was refused for good, or the producer fenced: why says which */
    bool failed;
    struct err why;
    atomic_bool positions_gone; /* found by a feed's thread: the sink must be opened anew */
    struct kafka_unanswered unanswered;
    struct kafka_said said;
    struct kafka_pause pause;   /* at-least-once only */
};

/* kafka.c */

/*
 * One record to one partition; key and headers are copied or taken over, the value is borrowed
 * until its report. RD_KAFKA_RESP_ERR__QUEUE_FULL, with the headers freed: later.
 */
rd_kafka_resp_err_t kafka_produce(struct kafka *k, struct sink_topic *t, int32_t partition,
                                  struct slice key, struct slice value, rd_kafka_headers_t *h,
                                  void *opaque);

/* NULL: nobody asked for it yet. */
struct sink_topic *kafka_topic_known(const struct kafka *k, const char *name);

/* Refused records that waited are sent. False: some wait on. */
bool kafka_bury_waiting(struct kafka *k);

/*
 * kafka_gate.c: of the first record that a producer writes to a partition no other is on its way
 * beside it. A broker that remembers nothing of the producer there takes any sequence number for
 * its first. Were the first request refused for a moment (a new leader) and the second taken,
 * librdkafka would hold that for a proof that the first is there (rd_kafka_dr_implicit_ack), and
 * report it as delivered. Brokers forget an idle producer (producer.id.expiration.ms, a day), so
 * that gates close again after an hour.
 */
bool kafka_gate_closed(const struct sink_topic *t, int32_t partition);
/* a record is on its way */
void kafka_gate_passed(struct kafka *k, struct sink_topic *t, int32_t partition);
/* what became of it */
void kafka_gate_reported(struct kafka *k, const rd_kafka_message_t *m);
void kafka_gates_close(struct kafka *k);              /* a new producer */
void kafka_gates_tend(struct kafka *k);               /* called now and then */

/* kafka_hang.c, all of it for the sink's thread */

/*
 * Before the first record that the present producer writes to a topic: waits some seconds for
 * transactions that are open there, and notes those that stay. -1: it could not be asked.
 */
int kafka_hang_look(struct kafka *k, const struct sink_feed *f, struct sink_topic *t,
                    struct err *err) must_check;

/*
 * The same of the position topic, before it is read: what stays open there is aborted, if it is
 * this producer's. Nothing of it may be open.
 */
int kafka_hang_positions(struct kafka *k, struct err *err) must_check;

/* A record is on its way to the partition. Called where there are hangs alone. */
void kafka_hang_passed(struct kafka *k, const struct sink_topic *t, int32_t partition);

/* All records of a transaction were delivered. -1, ERR_RETRY: it must not be committed. */
int kafka_hang_ends(struct kafka *k, struct err *err) must_check;
void kafka_hang_committed(struct kafka *k);         /* it was committed */
void kafka_hang_pause(struct kafka *k);             /* a new producer */
void kafka_hang_free(struct kafka *k);

/* Whether the producer has stopped for good: -1, and why. */
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

/* Why the open transaction failed, as the client tells it now: -1. 0: it did not. */
int kafka_txn_reason(struct kafka *k, struct err *err) must_check;

/* Why the producer takes nothing any more in the transaction that is open. 0: it does. */
int kafka_txn_failed(struct kafka *k, struct err *err) must_check;
enum sink_commit kafka_commit(struct sink *base, const struct sink_position *p, size_t n,
                              int timeout_ms, struct err *err);

/* The brokers have ended the transaction that is open, if they did as they were asked:
 * transaction.timeout.ms is over. */
bool kafka_txn_expired(const struct kafka *k);

/* After a fencing in doubt: -1, ERR_FATAL, where another instance has stored a position since. */
int kafka_txn_ours(struct kafka *k, struct err *err) must_check;

/* kafka_unanswered.c */

/* Has the client that is made of conf count. u outlives it. */
void kafka_unanswered_watch(struct kafka_unanswered *u, rd_kafka_conf_t *conf);

/* A request of an earlier transaction may still arrive and act on the next one of this producer. */
bool kafka_unanswered_any(struct kafka_unanswered *u);

/* An own InitProducerId may have come late and fenced the producer. Each answers for one fencing
 * only. */
bool kafka_unanswered_init(struct kafka_unanswered *u);

/* kafka_pause.c */

/* Begins to watch, and forgets what was seen before. */
int kafka_pause_watch(struct kafka_pause *p, struct err *err) must_check;

/* For how long, in microseconds, the process stood still since then. 0: it did not, for 10 s. */
int64_t kafka_pause_seen(const struct kafka_pause *p);
void kafka_pause_end(struct kafka_pause *p);

/* kafka_errors.c: the table of docs/errors.md */

enum err_class kafka_class(rd_kafka_resp_err_t e);

/* " -> what to do" about that error of a record or a topic; "" where there is nothing to say. */
const char *kafka_todo(rd_kafka_resp_err_t e, bool has_key);

/* The same of our transactional id: one that several feeds share is another in each process. */
const char *kafka_id_todo(const struct kafka_options *opt, rd_kafka_resp_err_t e);

/* kafka_clear.c */

/*
 * A broker of bootstrap.servers, on another machine, to which the configuration sends a password or
 * a token as it is, without TLS; empty: none.
 */
struct slice kafka_in_clear(const struct kafka_options *opt);

/* kafka_said.c */

/* A property that the configuration sets; else what is given. */
const char *kafka_property(const struct kafka_options *opt, const char *name,
                           const char *otherwise);
const char *kafka_servers(const struct kafka_options *opt);      /* bootstrap.servers; NULL: none */
void kafka_said_watch(rd_kafka_conf_t *conf);

/* Notes which listeners close the connections of the client that is made of conf. s outlives it. */
void kafka_said_count(struct kafka_said *s, rd_kafka_conf_t *conf);

/* A broker has answered. */
void kafka_said_reached(struct kafka_said *s);

/*
 * What a wait for a broker came to, with the words of the client: -1. ERR_CONFIG where time cannot
 * mend it: credentials, TLS, security.protocol, and no broker has answered this process yet. 0: it
 * may still come. Asks a listener whose protocol is in doubt what it speaks, each 5 s at most,
 * which can take some seconds.
 */
int kafka_said_refusal(struct kafka *k, struct err *err) must_check;

/* A record that no broker took in time: how long none was reached, and what the client says. */
void kafka_said_late(const struct kafka *k, const char *topic, struct err *err);

/* Adds what the client last said to err, which tells of a wait that ended without an answer. -1. */
int kafka_said_add(struct kafka *k, struct err *err);

/* kafka_probe.c */

/* What the listener at HOST:PORT speaks. SPEAKS_UNKNOWN: it gave no answer that tells, within some
 * seconds. */
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
 * transactions. heard: gets what the client says of brokers, inside rd_kafka_poll(); outlives it.
 */
rd_kafka_t *kafka_reader(const struct kafka_options *opt, bool committed, struct kafka *heard,
                         struct err *err) must_check;

/* Whether the brokers would make this topic (validate), or make it. The answer's error; err tells
 * of it, except that it is there. */
rd_kafka_resp_err_t kafka_create(struct kafka *k, const char *name, int partitions,
                                 const struct topic_manner *how, bool compacted, bool validate,
                                 struct err *err);

/* The answer to an admin request, or NULL: it did not come in time, or the service is to stop. The
 * caller destroys it. */
rd_kafka_event_t *kafka_await(struct kafka *k, rd_kafka_queue_t *q, int timeout_ms);

/* Creates what is missing, finds the partition count, opens a handle. compacted: a single topic
 * that keeps the newest value a key. */
int kafka_topic_ready(struct kafka *k, struct sink_topic *t, bool compacted,
                      struct err *err) must_check;

/*
 * Waits until each partition of the topics that were there has a leader. What an earlier producer
 * left open ends when the new one begins, but not where there is none: kafka_hang.c.
 */
int kafka_topics_led(struct kafka *k, struct err *err) must_check;

/* kafka_position.c */

#define KAFKA_OWNER "tailrace.owner"             /* header: who stored the position */
#define KAFKA_TXN "tailrace.transactional.id"    /* and with which producer; "": one without */
enum { KAFKA_LOAD_MS = 90000 };

/* Appends the newest committed position of a feed, once nobody else writes the feed
 * (kafka_take.c). */
int kafka_load(struct sink *base, struct sink_feed *f, struct buf *ret_position, kept_fn *each,
               void *arg, struct err *err) must_check;

/* As kafka_load(), with who stored it (NULL: not wanted), and nobody is fenced. */
int kafka_load_owned(struct kafka *k, const struct sink_feed *f, struct buf *ret_position,
                     struct buf *ret_owner, struct err *err) must_check;
int kafka_owner(struct sink *base, const struct sink_feed *f, struct buf *ret_owner,
                struct err *err) must_check;

/*
 * kafka_take.c: notes that we write the feed, and fences whoever else may write it. ERR_FATAL:
 * somebody has noted himself since we did. Before the position is read; nothing without
 * exactly-once.
 */
int kafka_take(struct kafka *k, struct sink_feed *f, struct err *err) must_check;

/* kafka_holds.c */
int kafka_holds(struct sink *base, const char *prefix, bool *ret, struct err *err) must_check;
/* kafka_holds.c */
int kafka_peek(struct sink *base, struct sink_feed *f, struct buf *ret_position,
               struct err *err) must_check;
/* UNKNOWN: no answer came in ms */
enum kafka_there { KAFKA_THERE_UNKNOWN, KAFKA_NOT_THERE, KAFKA_THERE };
/* kafka_holds.c */
enum kafka_there kafka_topic_there(rd_kafka_t *rk, const char *topic, int ms);
/* kafka_holds.c */
bool kafka_is_there(struct kafka *k, const char *topic);

/* kafka_holds.c: a position topic of several partitions, or with another cleanup.policy than
 * compact, loses positions. */
void kafka_judge_partitions(const struct kafka *k, size_t partitions, finding_fn *say, void *arg);
void kafka_check_positions(struct kafka *k, finding_fn *say, void *arg);
/* the same for run, which it ends */
int kafka_positions_stay(struct kafka *k, size_t partitions, struct err *err) must_check;

/* A compacted topic takes no record without a key. topics: those that such records go to, there or
 * still to be made. */
void kafka_check_keyless(struct kafka *k, const char *const *topics, size_t n, finding_fn *say,
                         void *arg);

/* kafka_rights.c */

enum { KAFKA_DESCRIBE_MS = 15000 };
#if RD_KAFKA_VERSION >= 0x02030000
bool kafka_may(const rd_kafka_TopicDescription_t *d, rd_kafka_AclOperation_t op);

/* The answer to DescribeTopics with the user's rights, to be destroyed; NULL: none came. */
rd_kafka_event_t *kafka_describe(struct kafka *k, const char **names, size_t n, int timeout_ms);
#endif

/* Appends the names of the topics that the feed's user may not write, at most some, with commas.
 * How many there are. */
size_t kafka_denied(struct kafka *k, const char **names, size_t n, int timeout_ms, struct buf *ret);

/* The same of all topics that this sink has written to. */
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
