#ifndef TAILRACE_SINK_SINK_H
#define TAILRACE_SINK_SINK_H
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/kv.h"
#include "model/finding.h"

struct sink;
struct sink_topic;      /* the sink's own handle; lives until the sink is freed */

#define SINK_STORED_UNKNOWN (INT64_MAX / 2)    /* milliseconds beyond any record's */

/*
 * A feed that writes to a sink: its position is stored under its name. Owned by
 * whoever owns the sink, who links all of them into sink.feeds.
 */
struct sink_feed {
    const char *name;
    /* who we are (flow/owner.h), stored with its positions; outlives the sink */
    struct slice owner;
    struct sink_feed *next;
    /* the sink's: load() has found that another process writes it now */
    bool taken;
    struct buf storing;         /* the sink's own, as all that follows: the token on its way, */
    struct buf committed;       /* and the one that this process stored last */
    int64_t noted;              /* 1 + where it is noted that this process writes it; 0: not yet */
    /* When what load() found was stored, by the clock of who stored it, since the Unix epoch. 0: it
     * found nothing; SINK_STORED_UNKNOWN: nobody can tell. */
    int64_t stored_ms;
    int64_t begun_us;           /* when load() began: nobody else has had its source since */
};

struct header {
    const char *name;
    struct slice value;
};

/* A record, or (kept) a value that is kept beside the position under a name. Its batch owns all
 * bytes. */
struct record {
    struct sink_topic *topic;
    struct slice key;           /* p == NULL: null key; kept: the name */
    struct slice value;         /* p == NULL: tombstone; kept: the name is forgotten */
    const struct header *headers;
    uint32_t nheaders;
    bool kept;                  /* goes to keep(), not to put(); no topic, no headers */
};

/*
 * The unit of memory, of hand-over and of acknowledgement.
 *
 *   open -> sealed -> drained
 *
 * Records and their bytes stay until the sink has reported each of them, so
 * inflight == 0 on a batch that was put whole means both "nobody reads this
 * memory" and "all of it is durable".
 */
struct batch {
    struct arena arena;
    struct record *records;
    uint32_t nrecords, cap;
    uint32_t nput;              /* the first so many were put, */
    int64_t put_us;             /* beginning then */
    uint32_t inflight;          /* so many of those are not reported yet */
    bool sealed;                /* no record is added any more */
    size_t bytes;               /* of its arena, when it was sealed */
    bool inside;                /* it ends inside a source transaction */
    bool rows;                  /* it has records of rows, not only what is said about them */
    /* the topic of a record of it that will never be taken; NULL: none */
    const struct sink_topic *refused;
    struct sink_feed *feed;     /* whose records they are */
    struct buf upto;            /* position token, empty if there is none */
    int64_t opened_us;
    struct batch *next;
};

/* How topics are made that are missing. */
struct topic_manner {
    bool create;
    int partitions, replication;    /* replication -1: the broker's default */
    const struct kv *config;        /* ends with key == NULL */
};

/* key_schema is NULL for a keyless topic. framed: key and value begin with the registry's 5-byte
 * frame. */
struct topic_spec {
    const char *name;
    const char *key_schema, *value_schema;
    bool framed;
    bool in_order;      /* all records to the first partition, whatever their keys */
    bool single;        /* made with that partition alone */
    bool own;           /* of no table: the feed's dead letters */
    const struct topic_manner *manner;  /* outlives the sink; NULL: the sink's own */
};

/* name and value are borrowed for the call. */
typedef int kept_fn(void *arg, struct slice name, struct slice value, struct err *err);

/* Where a feed is: a token, opaque here. */
struct sink_position {
    struct sink_feed *feed;
    struct slice token;
};

enum sink_put { SINK_TAKEN = 0, SINK_FULL = 1, SINK_FAILED = -1 };
enum sink_commit { SINK_COMMITTED = 0, SINK_COMMIT_AGAIN = 1, SINK_COMMIT_FAILED = -1 };

/*
 * Where records go. Knows nothing of rows. All calls come from one thread, but
 * for load() and owner(), which may come from any; a sink's own library may
 * have threads, but it reports only inside poll() and commit().
 */
struct sink_ops {
    const char *name;

    /* Connect; with transactions: fence every older producer of the same transactional id. */
    int (*open)(struct sink *k, struct err *err);

    /*
     * Appends the stored position of a feed; appends nothing when there is none. Hands each of what
     * keep() stored to each(), if that is not NULL, the newest of a name last. After open().
     */
    int (*load)(struct sink *k, struct sink_feed *f, struct buf *ret_position, kept_fn *each,
                void *arg, struct err *err);

    /* As load(), after check() and without open(): nobody is fenced. A place that is not there yet
     * holds nothing. */
    int (*peek)(struct sink *k, struct sink_feed *f, struct buf *ret_position, struct err *err);

    /*
     * Appends who stored the position that load() would find, or began to write the feed since:
     * what f->owner was in that process. Or who holds the sink's own lock, and so lives: {"lock":
     * "words for people"}. Before open() too, and then nobody is fenced. Appends nothing where
     * neither is known. NULL: never.
     */
    int (*owner)(struct sink *k, const struct sink_feed *f, struct buf *ret_owner, struct err *err);

    /*
     * Does it hold anything that a feed with this prefix of topics has delivered? Asked after
     * open() where no position is stored, to tell a new feed from one that has lost its position.
     * NULL: it never holds anything.
     */
    int (*holds)(struct sink *k, const char *prefix, bool *ret, struct err *err);

    /* Make the topic exist and hand out its handle; again for a newer table version of the same
     * name. */
    int (*topic)(struct sink *k, const struct topic_spec *spec, struct sink_topic **ret,
                 struct err *err);

    /*
     * Keeps a value under a name beside the position, durable when the position of its batch is;
     * value.p == NULL: forgets it. Answers as put() does. name and value are borrowed as a record's
     * are. NULL: nothing is kept.
     */
    enum sink_put (*keep)(struct sink *k, struct slice name, struct slice value,
                          struct batch *batch, struct err *err);

    /* SINK_TAKEN adds one to batch->inflight; SINK_FULL took nothing: poll and try again. */
    enum sink_put (*put)(struct sink *k, const struct record *r, struct batch *batch,
                         struct err *err);

    /* Serve delivery reports on the caller's thread: inflight-- for each. -1: a record was refused
     * for good. */
    int (*poll)(struct sink *k, int timeout_ms, struct err *err);

    /* Nothing follows for now: what waits for more to travel with is sent. May be NULL. */
    void (*hurry)(struct sink *k);

    /*
     * Store positions, one a feed, which cover everything that was taken of it
     * (transactional) or all of its drained batches (otherwise). SINK_COMMITTED:
     * they are durable. SINK_COMMIT_AGAIN: not yet; call again with the same.
     * Returns within timeout_ms.
     */
    enum sink_commit (*commit)(struct sink *k, const struct sink_position *p, size_t n,
                               int timeout_ms, struct err *err);

    /* For `check`: reachable, may write the topics that begin with prefix? May be NULL. */
    int (*check)(struct sink *k, finding_fn *say, void *arg, struct err *err);

    /* For `check`, after check(): would the topics take these records? Only name, key_schema and
     * own count. NULL: always. */
    void (*check_topics)(struct sink *k, const struct topic_spec *topics, size_t n, finding_fn *say,
                         void *arg);

    /*
     * Nothing more will be put: completes what the stored position covers. Once, before free(). May
     * be NULL. -1: something that the position covers is not there any more.
     */
    int (*close)(struct sink *k, struct err *err);

    void (*free)(struct sink *k);
};

/* Each sink embeds this as its first member. */
struct sink {
    const struct sink_ops *ops;
    /* commit() ends a transaction that holds everything put since the last one */
    bool transactional;
    bool announces;         /* the sink's: it stores a feed's owner with its positions */
    /* the sink's: it has failed for good because another instance has taken over */
    bool fenced;
    /* a look, not a delivery (stdout, null): the source is never told to forget anything */
    bool forgets;
    struct sink_feed *feeds;    /* all that write here */
};

/* All strings are borrowed and outlive the sink. */
struct kafka_options {
    const char *id;                 /* transactional.id is "tailrace-<id>" */
    /* id is of this process alone, and several feeds write with it */
    bool shared;
    const char *prefix;             /* of the topics it writes, for `check` */
    /* librdkafka properties, passed through; ends with key == NULL */
    const struct kv *props;
    const char *position_topic;     /* compacted, one partition */
    bool exactly_once;
    /* of the position and dead-letter topics, and of those of feeds that say nothing else */
    struct topic_manner topics;
    bool dead_letter;               /* on-error: dead-letter */
    const char *dead_letter_topic;
    /* limits.stop-timeout-ms: no single wait is longer; 0: as long as it takes */
    int stop_timeout_ms;
    atomic_int *stop;    /* the service is to stop: waits for a broker end. NULL: never */
};

struct file_options {
    const char *feed;
    const char *directory;
    int64_t rotate_bytes;
    int rotate_s;
    bool deflate;
    int messages;                   /* whole messages, not values alone */
};

struct sink *kafka_sink_new(const struct kafka_options *opt, struct err *err) must_check;
struct sink *avro_file_sink_new(const struct file_options *opt, struct err *err) must_check;
/* JSON lines; the position is not kept */
struct sink *stdout_sink_new(struct err *err) must_check;
/* count and discard; the position is not kept */
struct sink *null_sink_new(struct err *err) must_check;

/* Does the client know each property, and take its value? Asks no broker. */
int kafka_properties_check(const struct kafka_options *opt, struct err *err) must_check;
const char *kafka_library(void);    /* the version of librdkafka that runs */
#endif
