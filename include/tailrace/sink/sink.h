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
 * A feed that writes to a sink. The sink stores the feed's position under its name.
 * The owner of the sink owns it and links all feeds into sink.feeds.
 */
struct sink_feed {
    const char *name;
    /* who we are (flow/owner.h), stored with its positions; outlives the sink */
    struct slice owner;
    struct sink_feed *next;
    /* set by the sink: load() has found that another process writes this feed now */
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

/* A record, or (kept) a value to keep beside the position under a name. Its batch owns all
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
 * Records and their bytes stay until the sink has reported each record. So
 * inflight == 0 on a batch that was put whole means both "nobody reads this
 * memory" and "all of it is durable" (with transactions: once committed).
 */
struct batch {
    struct arena arena;
    struct record *records;
    uint32_t nrecords, cap;
    uint32_t nput;              /* the first nput records were put */
    int64_t put_us;             /* when putting began */
    uint32_t inflight;          /* records that were put and are not reported yet */
    bool sealed;                /* no record is added any more */
    size_t bytes;               /* of its arena, when it was sealed */
    bool inside;                /* it ends inside a source transaction */
    bool rows;                  /* it has records of rows or messages */
    /* the topic of a record that the sink will never take; NULL: none */
    const struct sink_topic *refused;
    struct sink_feed *feed;     /* the feed of its records */
    struct buf upto;            /* position token; empty: none */
    int64_t opened_us;
    struct batch *next;
};

/* How missing topics are made. */
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
    bool in_order;      /* all records go to the first partition, whatever their keys */
    bool single;        /* the topic is made with one partition */
    bool own;           /* not a table's topic: the feed's dead letters */
    const struct topic_manner *manner;  /* outlives the sink; NULL: the sink's own */
};

/* name and value are borrowed for the call. */
typedef int kept_fn(void *arg, struct slice name, struct slice value, struct err *err);

/* A feed's position: a token, opaque here. */
struct sink_position {
    struct sink_feed *feed;
    struct slice token;
};

enum sink_put { SINK_TAKEN = 0, SINK_FULL = 1, SINK_FAILED = -1 };
enum sink_commit { SINK_COMMITTED = 0, SINK_COMMIT_AGAIN = 1, SINK_COMMIT_FAILED = -1 };

/*
 * Where records go. A sink knows nothing of rows. All calls come from one thread,
 * except load() and owner(), which any thread may call. A sink's own library may
 * have threads, but it reports only inside poll() and commit().
 */
struct sink_ops {
    const char *name;

    /* Connects; with transactions: fences every older producer of the same transactional id. */
    int (*open)(struct sink *k, struct err *err);

    /*
     * Appends the stored position of a feed; appends nothing if there is none. Hands each value
     * that keep() stored to each(), if that is not NULL, the newest of a name last. After open().
     */
    int (*load)(struct sink *k, struct sink_feed *f, struct buf *ret_position, kept_fn *each,
                void *arg, struct err *err);

    /* As load(), but after check() and without open(), so that nobody is fenced. A position topic
     * or directory that does not exist yet holds nothing. */
    int (*peek)(struct sink *k, struct sink_feed *f, struct buf *ret_position, struct err *err);

    /*
     * Appends who stored the position that load() would find, or who began to write the feed since:
     * the f->owner of that process. Or appends who holds the sink's own lock, and so lives:
     * {"lock": "words for people"}. May be called before open(), and fences nobody. Appends nothing
     * if neither is known. NULL: the sink never knows.
     */
    int (*owner)(struct sink *k, const struct sink_feed *f, struct buf *ret_owner, struct err *err);

    /*
     * Does the sink hold anything that a feed with this topic prefix has delivered? Called after
     * open() if no position is stored, to tell a new feed from one that has lost its position.
     * NULL: the sink never holds anything.
     */
    int (*holds)(struct sink *k, const char *prefix, bool *ret, struct err *err);

    /* Makes the topic if it is missing, and gives its handle. Called again for each newer version
     * of a table. */
    int (*topic)(struct sink *k, const struct topic_spec *spec, struct sink_topic **ret,
                 struct err *err);

    /*
     * Keeps a value under a name beside the position. It is durable when its batch's position is.
     * value.p == NULL: forgets the name. Answers as put() does. name and value are borrowed like a
     * record's bytes. NULL: the sink keeps no values.
     */
    enum sink_put (*keep)(struct sink *k, struct slice name, struct slice value,
                          struct batch *batch, struct err *err);

    /* SINK_TAKEN adds one to batch->inflight; SINK_FULL took nothing: poll and try again. */
    enum sink_put (*put)(struct sink *k, const struct record *r, struct batch *batch,
                         struct err *err);

    /* Serves delivery reports on the caller's thread: inflight-- for each. -1: the sink has failed,
     * or a record was refused for good. */
    int (*poll)(struct sink *k, int timeout_ms, struct err *err);

    /* Nothing follows for now: sends the records that wait for more to travel with. May be NULL. */
    void (*hurry)(struct sink *k);

    /*
     * Stores positions, one per feed. A position covers everything that was taken of its feed
     * (transactional), or all drained batches of the feed (otherwise). SINK_COMMITTED: they are
     * durable. SINK_COMMIT_AGAIN: not yet, call again with the same positions. Returns within
     * timeout_ms.
     */
    enum sink_commit (*commit)(struct sink *k, const struct sink_position *p, size_t n,
                               int timeout_ms, struct err *err);

    /* For `check`: is it reachable, and may we write the topics that begin with the prefix? May be
     * NULL. */
    int (*check)(struct sink *k, finding_fn *say, void *arg, struct err *err);

    /* For `check`, after check(): would the topics take such records? Reads only name, key_schema
     * and own. NULL: always. */
    void (*check_topics)(struct sink *k, const struct topic_spec *topics, size_t n, finding_fn *say,
                         void *arg);

    /*
     * Nothing more will be put: completes what the stored position covers. Called once, before
     * free(). May be NULL. -1: something that the position covers is gone.
     */
    int (*close)(struct sink *k, struct err *err);

    void (*free)(struct sink *k);
};

/* Each sink embeds this as its first member. */
struct sink {
    const struct sink_ops *ops;
    /* commit() ends a transaction that holds everything put since the last commit() */
    bool transactional;
    bool announces;         /* set by the sink: it stores a feed's owner with its positions */
    /* set by the sink: it has failed for good because another instance has taken over */
    bool fenced;
    /* stdout, null: it shows records and delivers none, so the source is never acknowledged */
    bool forgets;
    struct sink_feed *feeds;    /* all feeds that write here */
};

/* All strings are borrowed and outlive the sink. */
struct kafka_options {
    const char *id;                 /* transactional.id is "tailrace-<id>" */
    /* id is this process's own, and several feeds write under it */
    bool shared;
    const char *prefix;             /* of the topics that it writes; for `check` */
    /* librdkafka properties, passed through; ends with key == NULL */
    const struct kv *props;
    const char *position_topic;     /* compacted, one partition */
    bool exactly_once;
    /* for the position topic, the dead-letter topic, and topics of feeds without a setting */
    struct topic_manner topics;
    bool dead_letter;               /* on-error: dead-letter */
    const char *dead_letter_topic;
    /* limits.stop-timeout-ms: the longest single wait; 0: no limit */
    int stop_timeout_ms;
    atomic_int *stop;    /* not 0: the service is to stop, waits for a broker end. NULL: never */
};

struct file_options {
    const char *feed;
    const char *directory;
    int64_t rotate_bytes;
    int rotate_s;
    bool deflate;
    int messages;                   /* write key, value and headers; 0: values alone */
};

struct sink *kafka_sink_new(const struct kafka_options *opt, struct err *err) must_check;
struct sink *avro_file_sink_new(const struct file_options *opt, struct err *err) must_check;
/* Writes JSON lines; keeps no position. */
struct sink *stdout_sink_new(struct err *err) must_check;
/* Counts and discards; keeps no position. */
struct sink *null_sink_new(struct err *err) must_check;

/* Does the Kafka client know each property, and accept its value? Asks no broker. ERR_CONFIG. */
int kafka_properties_check(const struct kafka_options *opt, struct err *err) must_check;
const char *kafka_library(void);    /* the version of librdkafka that runs */
#endif
