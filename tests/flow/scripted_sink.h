#ifndef TAILRACE_TESTS_FLOW_SCRIPTED_SINK_H
#define TAILRACE_TESTS_FLOW_SCRIPTED_SINK_H
#include "answers.h"
#include "sink/sink.h"

/*
 * Brokers and a producer. The brokers outlive each producer: what they hold is durable. With
 * transactions, a producer's records are seen when it commits; a new one's open() gets a newer
 * epoch, ends what an older one left open, and refuses whatever the older one still asks for.
 * Without, records become durable in the order of their partition, reported or not.
 */
enum { PARTITIONS = 3, KEPT = 2, FEEDS = 8 };      /* by key; KEPT is the position topic */

struct stored {
    char topic[64];
    struct buf key, value, headers;     /* headers: "name=value;" each */
    bool keyless, tombstone;
    int partition;
    uint32_t epoch;
};

struct kept_value { char name[32]; struct buf value; };      /* of a name; a position, of a feed */

struct broker {
    struct world *w;
    bool transactional, forgets, holds, dead_letters;
    bool no_hurry, no_keep, no_close;
    const char *refuses;                /* the topic that takes no record; NULL: none */
    /* records on their way; then put() is answered FULL. 0: no limit */
    size_t room;
    struct stored *log, *open;          /* visible; of the open transaction */
    size_t n, cap, nopen, open_cap;
    struct kept_value positions[FEEDS];
    int npositions;
    char owner[400];                    /* who stored the position; "": it is not stored */
    bool announces;
    struct kept_value kept[8];
    int nkept;
    uint32_t epoch;
    size_t on_way;                      /* records put and not yet at the brokers */
    size_t buried, hurries, commits;
    void (*on_record)(void *arg, const struct stored *r);       /* it is visible */
    void (*on_position)(void *arg, const char *feed, struct slice token);
    void *arg;
};

void broker_init(struct broker *b, struct world *w, bool transactional);
void broker_done(struct broker *b);
struct buf *broker_position(struct broker *b, const char *feed);
const char *broker_kept(struct broker *b, const char *name);      /* NULL: nothing */

struct sink *scripted_sink_new(struct life *l, struct broker *b);
#endif
