#ifndef TAILRACE_FLOW_LANE_PARTS_H
#define TAILRACE_FLOW_LANE_PARTS_H
#include <pthread.h>
#include <stdatomic.h>
#include "base/notify.h"
#include "flow/lane.h"
#include "flow/memory.h"

/*
 * What the lane's files share: lane.c (its thread), lane_commit.c (when it commits), lane_share.c
 * (each feed's share of the sink) and port.c (a feed's side).
 */

struct port {
    struct lane *lane;
    struct flow_options opt;    /* a copy: the feed may be gone before the port */
    char *name;
    struct sink_feed self;
    struct buf owner;           /* self.owner */
    int wake;                   /* eventfd, read by the feed */
    struct port *next;          /* in lane.ports */
    bool linked;                /* it is in lane.ports. Under lane.lock */
    struct ledger building;     /* the feed's: sealed batches that wait for one with a position */
    struct {                    /* under lane.lock */
        struct ledger queue;    /* sent, not yet put */
        struct ledger spare;
        uint64_t records;       /* sent and not drained, as bytes and batches are */
        uint64_t bytes;
        uint32_t batches;
        uint64_t commits, commit_us;    /* positions that became durable; the time that took */
        struct buf durable;     /* the newest durable position that this process knows */
        bool news;              /* the feed has not seen durable yet */
        bool rows;              /* rows became durable, and the feed has not asked about them yet */
        bool rest;              /* nothing follows for now */
        /* since the last commit began the feed rested, or sent a batch too small for a feed that
         * catches up */
        bool keeps_up;
        bool hurry;             /* store the position at once */
        bool waiting;           /* the feed has more: tell it when the lane is hungry */
        bool settled;           /* all that was sent is durable or dropped */
        bool left;              /* the feed is gone: the lane frees the port */
        bool failed, fenced;
        struct err why;
        /* failed: the topic of this feed's record that the sink refused; NULL: another cause */
        const struct sink_topic *refused;
    } s;
    struct ledger put;          /* the lane's, as all that follows: batches put, not yet drained */
    uint64_t in_sink;           /* bytes of these batches */
    int64_t spoke_us;           /* when the lane began to put the newest batch with records */
    /* newest position whose records are all delivered; with transactions: all put */
    struct buf drained;
    bool have_drained;          /* drained is still to be stored */
    bool rows;                  /* rows came before that position, since the last one was stored */
    bool inside;                /* the newest batch that was put ends inside a source transaction */
    struct buf storing;         /* handed to sink.commit() */
    bool is_storing, storing_rows;
};

enum order_kind { ORDER_BEGIN, ORDER_LEAVE, ORDER_TOPIC, ORDER_HOLDS };

/* A request of a feed to the lane's thread. The feed waits for the answer. */
struct order {
    enum order_kind kind;
    struct port *port;
    const struct topic_spec *spec;
    struct sink_topic **ret_topic;
    const char *prefix;
    bool *ret_holds;
    bool done;                  /* done and next: under lane.lock */
    int rc;
    struct err err;
    struct order *next;
};

struct lane {
    struct sink *sink;
    const struct flow_options *opt;
    pthread_t thread;
    bool stepped;               /* no thread: the lane takes a turn when a port looks or asks */
    pthread_mutex_t lock;
    pthread_cond_t answered;    /* an order is done */
    int wake;                   /* eventfd, read by the lane */
    /* the thread's sign of life for the watchdog: a turn may take as long as an order */
    struct pulse pulse;
    struct order *orders;       /* orders, committing and end: under lock */
    bool committing;
    bool end;
    struct port *ports;         /* the lane's own, as all that follows */
    struct port *partial;       /* its parcel is half put because the sink is full; NULL: none */
    bool opened, broken;
    bool shared;                /* several feeds have put records lately */
    uint64_t share;             /* shared: each feed has at most this many bytes in the sink */
    _Atomic uint64_t most;      /* bytes of a full batch; feeds read it (port_most) */
    int64_t stop_us;            /* when the wish to stop was first seen; 0: not yet */
    /* records were put since the last commit: a commit without any does not delay the next one */
    bool any_records;
    uint64_t uncommitted;       /* batches since the last commit of a transactional sink */
    int64_t txn_us;             /* when the first of them was put */
    int64_t store_us;           /* when the commit under way began */
    int64_t last_us;            /* when the last commit ended */
    int64_t last_took_us;       /* how long the last commit took */
    int64_t took_us;            /* how long a commit takes: the shorter of the last two */
    int64_t hurried_us;         /* when sink_ops.hurry was last called */
    struct sink_position *positions;    /* handed to sink.commit() */
    size_t npositions, cap;
    int rc;                     /* of the sink's close() */
    struct err err;
};

void lane_wake(struct lane *l);

/* Carries out every order that can be carried out now. */
void lane_serve(struct lane *l);

/* Carries out orders, puts what was sent, commits what is due. False: nothing was put. */
bool lane_turn(struct lane *l);
void port_tell(struct port *p);     /* the feed's eventfd */
void port_free(struct port *p);

/*
 * True if as much is sent and not drained as limits.batches or limits.memory allows. Call this and
 * the port_count_ functions under lane.lock.
 */
static inline bool port_holds_most(const struct port *p)
{
    return p->s.records >= (uint64_t)p->opt.batches * p->opt.batch_rows ||
           p->s.bytes >= (uint64_t)p->opt.batches * p->opt.batch_bytes ||
           memory_short(p->opt.memory, p->s.bytes);
}

static inline void port_count_in(struct port *p, const struct batch *b)
{
    p->s.records += b->nrecords;
    memory_take(p->opt.memory, &p->s.bytes, b->bytes);
    p->s.batches++;
}

/* b was sent, and is now drained or dropped. */
static inline void port_count_out(struct port *p, const struct batch *b)
{
    p->s.records -= b->nrecords;
    memory_give(p->opt.memory, &p->s.bytes, b->bytes);
    p->s.batches--;
}

/* All batches that were sent are now drained or dropped. */
static inline void port_count_none(struct port *p)
{
    p->s.records = p->s.batches = 0;
    memory_give(p->opt.memory, &p->s.bytes, p->s.bytes);
}

/* lane_share.c: keeps one feed from filling the sink of its lane */

void lane_share_init(struct lane *l);

/* Notes whether several feeds have put records lately. */
void lane_share_look(struct lane *l, int64_t now);

/* _used: p has its share in the sink and must wait until some is drained. _holds: any port must. */
bool lane_share_used(const struct lane *l, const struct port *p);
bool lane_share_holds(const struct lane *l);

/* b of p is drained: adapts the share to what the brokers take in IN_SINK_US. */
void lane_share_learn(struct lane *l, const struct port *p, const struct batch *b);

/* lane_commit.c */

/* Notes what is drained of every port, then commits what is due. */
int lane_commit(struct lane *l, struct err *err) must_check;
/* Microseconds in which the lane still puts nothing. */
int64_t lane_rest_us(const struct lane *l, int64_t now);
/* A feed rests or is held up: the sink is to send the records that linger in it. */
bool lane_is_waited_for(struct lane *l);
/* Something is put and not stored. */
bool lane_outstanding(const struct lane *l);
/* Gives the memory of p's drained batches back. */
void lane_retire(struct lane *l, struct port *p);
/* Sets p->s.settled. */
void lane_settle(struct lane *l, struct port *p);
#endif
