#ifndef TAILRACE_FLOW_LANE_PARTS_H
#define TAILRACE_FLOW_LANE_PARTS_H
#include <pthread.h>
#include <stdatomic.h>
#include "base/notify.h"
#include "flow/lane.h"
#include "flow/memory.h"

/* What lane.c (its thread), lane_commit.c (when it commits) and port.c (a feed's side) share. */

struct port {
    struct lane *lane;
    struct flow_options opt;    /* its limits: the feed may be gone before the port is */
    char *name;
    struct sink_feed self;
    struct buf owner;           /* self.owner */
    int wake;                   /* eventfd, read by the feed */
    struct port *next;          /* the lane's */
    bool linked;                /* in the lane's list. Under lane.lock */
    struct ledger building;     /* the feed's: sealed batches that wait for one with a position */
    struct {                    /* under lane.lock */
        struct ledger queue;    /* sent, not yet put */
        struct ledger spare;
        uint64_t records;       /* of batches that were sent and are not drained, */
        uint64_t bytes;
        uint32_t batches;
        uint64_t commits, commit_us;    /* positions that became durable, and how long they took */
        struct buf durable;     /* the newest durable position that this process knows */
        bool news;              /* the feed has not seen it */
        bool rows;              /* nor asked whether rows became durable with it */
        bool rest;              /* nothing follows for now, */
        bool keeps_up;          /* or did not once since the last commit began, or too little for
                                 * a feed that catches up */
        bool hurry;             /* store the position at once */
        bool waiting;           /* the feed has more, as soon as the lane is hungry */
        bool settled;           /* all that was sent is durable */
        bool left;              /* the feed is gone: the lane frees the port */
        bool failed, fenced;
        struct err why;
        /* failed: the topic of this feed's record that the sink refused */
        const struct sink_topic *refused;
    } s;
    struct ledger put;          /* the lane's: put, not yet drained, */
    uint64_t in_sink;           /* so many bytes */
    int64_t spoke_us;           /* when the newest one with records was begun */
    /* newest position whose records are all delivered; with transactions: put */
    struct buf drained;
    bool have_drained;
    bool rows;                  /* that position, not stored yet, has rows before it */
    bool inside;                /* the newest batch that was put ends inside a source transaction */
    struct buf storing;         /* handed to sink.commit() */
    bool is_storing, storing_rows;
};

enum order_kind { ORDER_BEGIN, ORDER_LEAVE, ORDER_TOPIC, ORDER_HOLDS };

/* What a feed asks of the lane's thread, and waits for. */
struct order {
    enum order_kind kind;
    struct port *port;
    const struct topic_spec *spec;
    struct sink_topic **ret_topic;
    const char *prefix;
    bool *ret_holds;
    bool done;                  /* under lane.lock, as next is */
    int rc;
    struct err err;
    struct order *next;
};

struct lane {
    struct sink *sink;
    const struct flow_options *opt;
    pthread_t thread;
    bool stepped;               /* there is none: a turn is taken where a port looks or asks */
    pthread_mutex_t lock;
    pthread_cond_t answered;    /* an order is done */
    int wake;                   /* eventfd, read by the lane */
    /* the watchdog hears of the thread: a turn may take as long as an order */
    struct pulse pulse;
    struct order *orders;       /* under lock, as committing and end are */
    bool committing;
    bool end;
    struct port *ports;         /* the lane's own, as all that follows */
    struct port *partial;       /* whose parcel is half put, as the sink is full; NULL: none */
    bool opened, broken;
    bool shared;                /* several feeds have had something to say lately: */
    uint64_t share;             /* each has at most so many bytes in the sink */
    _Atomic uint64_t most;      /* of a batch: what feeds read of that */
    int64_t stop_us;            /* when the wish to stop was first seen; 0: not yet */
    /* put since the last commit: a position alone does not put the next one off */
    bool any_records;
    uint64_t uncommitted;       /* batches since the last commit of a transactional sink */
    int64_t txn_us;             /* when the first of them was put */
    int64_t store_us;           /* when the commit under way began */
    int64_t last_us;            /* when the last commit ended, */
    int64_t last_took_us;       /* how long it took, */
    int64_t took_us;            /* and what a commit takes, as far as is known */
    int64_t hurried_us;         /* when what lingers in the sink was last sent */
    struct sink_position *positions;    /* handed to sink.commit() */
    size_t npositions, cap;
    int rc;                     /* of the sink's close() */
    struct err err;
};

void lane_wake(struct lane *l);

/* Carries out what orders it can. */
void lane_serve(struct lane *l);

/* Carries out orders, puts what was sent, commits what is due. False: there was nothing to put. */
bool lane_turn(struct lane *l);
void port_tell(struct port *p);     /* the feed's eventfd */
void port_free(struct port *p);

/*
 * What was sent and is not drained is as much as limits.batches or limits.memory allows. Under
 * lane.lock, as the next ones.
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

/* A batch that was sent is drained, or dropped. */
static inline void port_count_out(struct port *p, const struct batch *b)
{
    p->s.records -= b->nrecords;
    memory_give(p->opt.memory, &p->s.bytes, b->bytes);
    p->s.batches--;
}

/* All of them are. */
static inline void port_count_none(struct port *p)
{
    p->s.records = p->s.batches = 0;
    memory_give(p->opt.memory, &p->s.bytes, p->s.bytes);
}

/* lane_share.c: one lane's sink is not filled by one of its feeds */

void lane_share_init(struct lane *l);

/* Who has something to say now. */
void lane_share_look(struct lane *l, int64_t now);

/* p waits until some of what it put is drained; holds: some feed does. */
bool lane_share_used(const struct lane *l, const struct port *p);
bool lane_share_holds(const struct lane *l);

/* b of p is drained: what may be in the sink is as much as the brokers take in a moment. */
void lane_share_learn(struct lane *l, const struct port *p, const struct batch *b);

/* lane_commit.c */

/* What the lane knows of all feeds' state, for the next commit. */
int lane_commit(struct lane *l, struct err *err) must_check;        /* what is due */
int64_t lane_rest_us(const struct lane *l, int64_t now);            /* nothing is put for so long */
/* By a feed that has nothing more for now, or is held up: what lingers is to be sent. */
bool lane_is_waited_for(struct lane *l);
/* something is put and not stored */
bool lane_outstanding(const struct lane *l);
/* memory of what is drained goes back */
void lane_retire(struct lane *l, struct port *p);
void lane_settle(struct lane *l, struct port *p);                   /* p.s.settled as it is now */
#endif
