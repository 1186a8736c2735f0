/* A lane's thread: takes batches from its feeds in turn, puts their records into the sink, and
 * makes the sink store positions. */
#include "flow/lane.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/xalloc.h"
#include "flow/lane_parts.h"

enum { REPORT_MS = 5, HELD_MS = 1, IDLE_MS = 1000, FULL_MS = 10, HURRY_US = 10000 };

void lane_wake(struct lane *l)
{
    eventfd_write(l->wake, 1);
}

void port_tell(struct port *p)
{
    eventfd_write(p->wake, 1);
}

/* ---- a lane that fails ---- */

static const struct sink_topic *refused_of(const struct port *p)
{
    const struct batch *b = p->put.oldest;
    while (b && !b->refused)
        b = b->next;
    return b ? b->refused : NULL;
}

/* The port of the feed whose record the sink has refused. NULL: none, or not known. */
static struct port *refused_port(struct lane *l)
{
    struct port *p = l->ports;
    while (p && !refused_of(p))
        p = p->next;
    return p;
}

/* The lane puts nothing more until a feed begins a session. A refused record is an error of its own
 * feed; the other feeds only retry. */
static void fail(struct lane *l, const struct err *err)
{
    struct port *culprit = refused_port(l);
    l->broken = true;
    pthread_mutex_lock(&l->lock);
    for (struct port *p = l->ports; p; p = p->next) {
        p->s.failed = true;
        p->s.why = *err;
        p->s.fenced = l->sink->fenced;
        p->s.refused = p == culprit ? refused_of(p) : NULL;
        if (culprit && p != culprit)
            err_set(&p->s.why, ERR_RETRY,
                    "the transaction was given up, as a record of feed %s was refused",
                    culprit->self.name);
        port_tell(p);
    }
    pthread_mutex_unlock(&l->lock);
}

static void drop_port(struct lane *l, struct port *p)
{
    ledger_done(&p->put);
    p->in_sink = 0;
    p->have_drained = p->is_storing = p->inside = false;
    pthread_mutex_lock(&l->lock);
    ledger_done(&p->s.queue);
    port_count_none(p);
    p->s.settled = true;
    p->s.hurry = false;
    pthread_mutex_unlock(&l->lock);
}

void port_free(struct port *p)
{
    port_count_none(p);
    ledger_done(&p->building);
    ledger_done(&p->put);
    ledger_done(&p->s.queue);
    ledger_done(&p->s.spare);
    buf_done(&p->owner);
    free(p->name);
    buf_done(&p->s.durable);
    buf_done(&p->drained);
    buf_done(&p->storing);
    buf_done(&p->self.storing);
    buf_done(&p->self.committed);
    close(p->wake);
    free(p);
}

static void unlink_feed(struct sink *k, struct sink_feed *f)
{
    struct sink_feed **at = &k->feeds;
    while (*at && *at != f)
        at = &(*at)->next;
    if (*at)
        *at = f->next;
}

/* Frees the ports whose feeds are gone, once the sink holds none of their batches. */
static void free_left(struct lane *l)
{
    for (struct port **at = &l->ports, *p; (p = *at);) {
        pthread_mutex_lock(&l->lock);
        bool over = p->s.left && p->s.settled && !p->s.queue.oldest;
        pthread_mutex_unlock(&l->lock);
        if (!over) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        unlink_feed(l->sink, &p->self);
        port_free(p);
    }
}

/* ---- orders ---- */

static void link_port(struct lane *l, struct port *p)
{
    pthread_mutex_lock(&l->lock);
    bool linked = p->linked;
    p->linked = true;
    pthread_mutex_unlock(&l->lock);
    if (linked)
        return;
    p->next = l->ports;
    l->ports = p;
    p->self.next = l->sink->feeds;
    l->sink->feeds = &p->self;
}

/* Opens the sink anew. It lets go of all batches; the feeds read what is not durable again. */
static int reopen(struct lane *l, struct err *err)
{
    if (l->sink->ops->open(l->sink, err))
        return -1;
    l->opened = true;
    l->broken = false;
    l->partial = NULL;
    l->uncommitted = 0;
    l->npositions = 0;
    for (struct port *p = l->ports; p; p = p->next)
        drop_port(l, p);
    return 0;
}

static void answer(struct lane *l, struct order *o)
{
    pthread_mutex_lock(&l->lock);
    o->done = true;
    pthread_cond_broadcast(&l->answered);
    pthread_mutex_unlock(&l->lock);
}

/* -1: the lane has failed, and o->err says why. for_good: only if that failure ends this feed (not
 * ERR_RETRY), so that no new session hides it. */
static int failed(struct lane *l, struct order *o, bool for_good)
{
    pthread_mutex_lock(&l->lock);
    bool is = !for_good || (o->port->s.failed && o->port->s.why.class != ERR_RETRY);
    if (is)
        o->err = o->port->s.why;
    pthread_mutex_unlock(&l->lock);
    return is ? -1 : 0;
}

static void begin(struct lane *l, struct order *o)
{
    link_port(l, o->port);
    o->rc = failed(l, o, true);
    if (!o->rc && (!l->opened || l->broken))
        o->rc = reopen(l, &o->err);
    if (o->rc)
        return;
    pthread_mutex_lock(&l->lock);
    o->port->s.failed = false;
    pthread_mutex_unlock(&l->lock);
}

/*
 * From here on the lane uses nothing that the feed made, except the batches that were put. Only the
 * lane sets s.left: as soon as it is set, the lane may free the port.
 */
static void leave(struct lane *l, struct port *p)
{
    pthread_mutex_lock(&l->lock);
    p->s.left = true;
    for (struct batch *b; (b = ledger_take(&p->s.queue)); batch_free(b))
        port_count_out(p, b);
    pthread_mutex_unlock(&l->lock);
    struct err err;
    (void)!err_set(&err, ERR_RETRY,
                   "feed %s ended while the sink was full: what it had sent will be read again",
                   p->self.name);
    if (l->partial == p && !l->broken)
        fail(l, &err);
    lane_settle(l, p);
}

/*
 * Is something of this feed still to become durable? It may come from an earlier session, or from
 * an earlier port: the feed ended with batches in the sink and begins again. Under the lock.
 */
static bool is_unsettled(const struct lane *l, const struct port *p)
{
    for (const struct port *q = l->ports; q; q = q->next)
        if (q != p && q->s.left && !q->s.settled && !strcmp(q->self.name, p->self.name))
            return true;
    return !p->s.settled;
}

/*
 * Takes the first order that can be carried out off the list. A session begins only when all that
 * an earlier one sent is durable, so that the stored position matches the records.
 */
static struct order *next_order(struct lane *l)
{
    struct order **at = &l->orders, *o;
    pthread_mutex_lock(&l->lock);
    while ((o = *at) && o->kind == ORDER_BEGIN && l->opened && !l->broken &&
           is_unsettled(l, o->port))
        at = &o->next;
    if (o)
        *at = o->next;
    pthread_mutex_unlock(&l->lock);
    return o;
}

void lane_serve(struct lane *l)
{
    for (struct order *o; (o = next_order(l)); answer(l, o)) {
        pulse_beat(&l->pulse);
        if (o->kind == ORDER_BEGIN)
            begin(l, o);
        else if (o->kind == ORDER_LEAVE)
            leave(l, o->port);
        else if (l->broken)
            o->rc = failed(l, o, false);
        else if (o->kind == ORDER_TOPIC)
            o->rc = l->sink->ops->topic(l->sink, o->spec, o->ret_topic, &o->err);
        else
            o->rc = l->sink->ops->holds(l->sink, o->prefix, o->ret_holds, &o->err);
    }
}

/* ---- records ---- */

static bool ending(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    bool end = l->end;
    pthread_mutex_unlock(&l->lock);
    return end;
}

enum put { PUT_WHOLE, PUT_FULL = 1, PUT_FAILED = -1 };

/* Puts b's records until the sink is full. */
static enum put put_batch(struct lane *l, struct batch *b, struct err *err)
{
    const struct sink_ops *ops = l->sink->ops;
    for (; b->nput < b->nrecords; b->nput++) {
        const struct record *r = b->records + b->nput;
        enum sink_put got =
            r->kept ? ops->keep(l->sink, r->key, r->value, b, err) : ops->put(l->sink, r, b, err);
        if (got == SINK_FULL)
            return PUT_FULL;
        if (got == SINK_FAILED) {
            b->refused = err->class == ERR_DATA && !r->kept ? r->topic : NULL;
            return PUT_FAILED;
        }
    }
    return PUT_WHOLE;
}

static void note_put(struct lane *l, struct port *p, const struct batch *b)
{
    p->inside = b->inside;
    l->any_records |= b->nrecords > 0;
    p->rows |= l->sink->transactional && b->rows;
    if (!b->upto.n || !l->sink->transactional)
        return;
    buf_set(&p->drained, buf_slice(&b->upto));
    p->have_drained = true;
}

/* Takes the oldest batch that p has sent. If the queue is empty then and the feed waits with more,
 * tells the feed. */
static struct batch *next_batch(struct lane *l, struct port *p)
{
    pthread_mutex_lock(&l->lock);
    struct batch *b = ledger_take(&p->s.queue);
    bool tell = b && !p->s.queue.oldest && p->s.waiting;
    p->s.waiting &= !tell;
    pthread_mutex_unlock(&l->lock);
    if (tell)
        port_tell(p);
    return b;
}

/*
 * Puts one parcel: the batches up to one with a position. No commit lies inside a parcel, so it is
 * put whole before anything else. If the sink is full, the lane continues it in its next turn.
 */
static enum put put_parcel(struct lane *l, struct port *p, bool *ret_any, struct err *err)
{
    struct batch *b = p == l->partial ? p->put.newest : NULL;
    for (bool whole = false; !whole; b = NULL) {
        if (!b && !(b = next_batch(l, p)))
            return PUT_WHOLE;
        if (p != l->partial) {
            ledger_add(&p->put, b);
            p->in_sink += b->bytes;
            b->put_us = clock_mono_us();
            p->spoke_us = b->nrecords ? b->put_us : p->spoke_us;
            if (!l->uncommitted++)
                l->txn_us = b->put_us;
        }
        l->partial = p;
        *ret_any = true;
        whole = b->upto.n > 0;
        enum put got = put_batch(l, b, err);
        if (got != PUT_WHOLE)
            return got;
        note_put(l, p, b);
        l->partial = NULL;
    }
    return PUT_WHOLE;
}

/* Puts one parcel of each feed that has one and is within its share. */
static int put_some(struct lane *l, bool *ret_any, struct err *err)
{
    enum put got = l->partial ? put_parcel(l, l->partial, ret_any, err) : PUT_WHOLE;
    lane_share_look(l, clock_mono_us());
    for (struct port *p = l->ports; p && got == PUT_WHOLE; p = p->next)
        if (!lane_share_used(l, p))
            got = put_parcel(l, p, ret_any, err);
    if (got != PUT_FULL)
        return got == PUT_WHOLE ? 0 : -1;
    *ret_any = false;
    return l->sink->ops->poll(l->sink, FULL_MS, err);
}

/* ---- the thread ---- */

/* Sleeps until a feed sends or asks something, a report is due, or the lane has rested. */
static void wait_for_more(struct lane *l)
{
    bool outstanding = l->opened && !l->broken && lane_outstanding(l);
    int64_t ms = !outstanding ? IDLE_MS : lane_share_holds(l) ? HELD_MS : REPORT_MS;
    int64_t us = ms * 1000, rest = lane_rest_us(l, clock_mono_us());
    if (rest && rest < us)
        us = rest;
    struct pollfd fd = { .fd = l->wake, .events = POLLIN };
    eventfd_t n;
    if (ppoll(&fd, 1, &(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL) > 0)
        eventfd_read(l->wake, &n);
}

static int put_and_commit(struct lane *l, bool *ret_any, struct err *err)
{
    bool rests = lane_rest_us(l, clock_mono_us()) > 0;
    if ((!rests && put_some(l, ret_any, err)) || l->sink->ops->poll(l->sink, 0, err))
        return -1;
    return l->partial ? 0 : lane_commit(l, err);
}

/* Makes the sink send what lingers: at once if nothing was put, else at most once in HURRY_US,
 * because one feed may always have more. */
static void hurry(struct lane *l, bool any)
{
    int64_t now = clock_mono_us();
    if (!l->sink->ops->hurry || (any && now - l->hurried_us < HURRY_US) || !lane_is_waited_for(l))
        return;
    l->sink->ops->hurry(l->sink);
    l->hurried_us = clock_mono_us();
}

bool lane_turn(struct lane *l)
{
    struct err err = { 0 };
    bool any = false;
    lane_serve(l);
    free_left(l);
    if (!l->opened || l->broken)
        return false;
    if (put_and_commit(l, &any, &err))
        fail(l, &err);
    else
        hurry(l, any);
    return any;
}

static void complete(struct lane *l)
{
    l->rc = l->sink->ops->close ? l->sink->ops->close(l->sink, &l->err) : 0;
    /* The sink may still hold records (a stop that timed out), so free its queue before the
     * batches. */
    l->sink->ops->free(l->sink);
}

static void *work(void *arg)
{
    struct lane *l = arg;
    pulse_begin(&l->pulse);
    for (; !ending(l); pulse_beat(&l->pulse))
        if (!lane_turn(l))
            wait_for_more(l);
    pulse_end(&l->pulse);
    complete(l);
    return NULL;
}

static struct lane *make(struct sink *sink, const struct flow_options *opt)
{
    struct lane *l = xcalloc(1, sizeof *l);
    l->sink = sink;
    l->opt = opt;
    lane_share_init(l);
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->answered, &attr);
    pthread_condattr_destroy(&attr);
    return l;
}

static void lane_free(struct lane *l)
{
    close(l->wake);
    pthread_cond_destroy(&l->answered);
    pthread_mutex_destroy(&l->lock);
    free(l->positions);
    free(l);
}

struct lane *lane_new_stepped(struct sink *sink, const struct flow_options *opt)
{
    struct lane *l = make(sink, opt);
    l->stepped = true;
    return l;
}

struct lane *lane_new(struct sink *sink, const struct flow_options *opt, struct err *err)
{
    struct lane *l = make(sink, opt);
    int e = l->wake < 0 ? errno : thread_start(&l->thread, 0, work, l);
    if (!e)
        return l;
    err_set(err, ERR_FATAL, "a thread cannot be started: %s", strerror(e));
    sink->ops->free(sink);
    lane_free(l);
    return NULL;
}

int lane_end(struct lane *l, struct err *err)
{
    pthread_mutex_lock(&l->lock);
    l->end = true;
    pthread_mutex_unlock(&l->lock);
    lane_wake(l);
    if (l->stepped)
        complete(l);
    else
        pthread_join(l->thread, NULL);
    int rc = l->rc;
    if (rc)
        *err = l->err;
    while (l->ports) {
        struct port *next = l->ports->next;
        port_free(l->ports);
        l->ports = next;
    }
    lane_free(l);
    return rc;
}
