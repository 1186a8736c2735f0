#ifndef TAILRACE_SINK_KAFKA_READING_H
#define TAILRACE_SINK_KAFKA_READING_H
#include "sink/kafka.h"

/*
 * The position topic has, for a feed,
 *   its position: the key is the feed's name; the headers say who stored it and with which
 * producer;
 *   what is kept beside it: the key is the name, a tab, and the name of the thing;
 *   its writer: the key is a tab, "writer", a tab and the name, the value a transactional.id. It is
 *   written before the feed's session begins (kafka_take.c).
 */
enum noted_what { NOTED_POSITION, NOTED_KEPT, NOTED_WRITER };

/* Borrowed for the call. */
struct noted {
    enum noted_what what;
    int64_t offset;
    struct slice name;          /* kept: of the thing */
    struct slice value;
    const rd_kafka_message_t *message;
};

/* False: there is none, and *ret is emptied. */
bool look_header(const struct noted *r, const char *name, struct buf *ret);
void look_writer_key(const char *feed, struct buf *ret);                        /* appends */

/* What is looked for. Filled by the caller, down to arg. */
struct look {
    struct kafka *k;
    const char *feed;
    bool open;                  /* what open and aborted transactions hold counts too */
    bool perhaps;               /* nobody may have made the topic yet: then it holds nothing */
    int ms;
    /* by any thread, one at a time */
    int (*each)(void *arg, const struct noted *r, struct err *err);
    void *arg;
    int rc;                     /* kafka_reading.c's own, as all that follows */
    struct err err;
    bool taken, done;
    struct look *next;
};

/* Hands each record of the feed to each(), in order. Waits for readings of others. */
int look_at_positions(struct look *l, struct err *err) must_check;
#endif
