#ifndef TAILRACE_SINK_KAFKA_READING_H
#define TAILRACE_SINK_KAFKA_READING_H
#include "sink/kafka.h"

/*
 * The position topic has, for a feed,
 *   its position: the key is the feed's name; the headers say who stored it, with which producer;
 *   values kept beside it: the key is the feed's name, a tab, and the value's name;
 *   its writer: the key is a tab, "writer", a tab and the feed's name, the value a
 *   transactional.id. It is written before the feed's session begins (kafka_take.c).
 */
enum noted_what { NOTED_POSITION, NOTED_KEPT, NOTED_WRITER };

/* Borrowed for the call. */
struct noted {
    enum noted_what what;
    int64_t offset;
    struct slice name;          /* NOTED_KEPT: the value's name */
    struct slice value;
    const rd_kafka_message_t *message;
};

/* Copies the record's newest header of that name. False: there is none, and *ret is emptied. */
bool look_header(const struct noted *r, const char *name, struct buf *ret);
void look_writer_key(const char *feed, struct buf *ret);                        /* appends */

/* One feed's wish to read the position topic. The caller fills it, down to arg. */
struct look {
    struct kafka *k;
    const char *feed;
    bool open;                  /* also hands out what open and aborted transactions hold */
    bool perhaps;               /* the topic may not exist yet: then there is nothing to read */
    int ms;
    /* called by any thread, one at a time */
    int (*each)(void *arg, const struct noted *r, struct err *err);
    void *arg;
    int rc;                     /* this and all that follows belongs to kafka_reading.c */
    struct err err;
    bool taken, done;
    struct look *next;
};

/* Hands each record of the feed to each(), in order. Waits for a reading that others share. */
int look_at_positions(struct look *l, struct err *err) must_check;
#endif
