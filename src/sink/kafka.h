#ifndef TAILRACE_SINK_KAFKA_H
#define TAILRACE_SINK_KAFKA_H
#include <librdkafka/rdkafka.h>
#include "sink/sink.h"

struct sink_topic {
    char *name;
    rd_kafka_topic_t *rkt;      /* of the present client; made anew when the sink is opened again */
    int32_t partitions;
    bool in_order, single;
    struct sink_topic *next;
};

enum store { STORE_IDLE, STORE_SENT, STORE_DONE };

struct kafka {
    struct sink base;
    const struct kafka_options *opt;
    rd_kafka_t *rk;
    struct sink_topic *topics, *positions, *dead_letters;
    struct buf key;             /* of the position record: the feed's name */
    struct buf position;        /* the token being stored; librdkafka borrows it */
    enum store store;
    int64_t heard_us, hurried_us;   /* the last report; the last hurry() */
    bool in_txn;
    bool closing;               /* reports of a client that is being torn down count for nothing */
    bool failed;                /* a record was refused for good: why says which */
    struct err why;
};

/* kafka_admin.c */

/* A configuration from the properties that every client of this sink shares. */
rd_kafka_conf_t *kafka_conf(const struct kafka_options *opt, struct err *err) must_check;

/* A consumer that sees committed records only and reports the ends of partitions. */
rd_kafka_t *kafka_reader(const struct kafka_options *opt, struct err *err) must_check;

/* Creates what is missing, finds the partition count, opens a handle. compacted: a single topic that keeps the newest value a key. */
int kafka_topic_ready(struct kafka *k, struct sink_topic *t, bool compacted, struct err *err) must_check;

/*
 * Appends the newest committed position of this feed, whose record's key is the feed's name; keys of what is kept beside it are that
 * name, a tab, and the name of the thing.
 */
int kafka_load(struct sink *base, struct buf *ret_position, kept_fn *each, void *arg, struct err *err) must_check;
int kafka_holds(struct sink *base, const char *prefix, bool *ret, struct err *err) must_check;     /* kafka_holds.c */
int kafka_peek(struct sink *base, struct buf *ret_position, struct err *err) must_check;           /* kafka_holds.c */
void kafka_check_positions(struct kafka *k, finding_fn *say, void *arg);                            /* kafka_holds.c */
int kafka_check(struct sink *base, finding_fn *say, void *arg, struct err *err) must_check;

/* What the caller can do about a librdkafka error. */
enum err_class kafka_class(rd_kafka_resp_err_t e);
#endif
