/* A feed's side of its lane: hands batches and orders to the lane's thread, and gets durable
 * positions and failures back. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "flow/lane_parts.h"
#include "flow/stop.h"

enum { ASK_MS = 100, LIGHT_BYTES_MS = 4096 };

struct port *port_new(struct lane *l, const struct flow_options *opt, struct slice owner)
{
    struct port *p = xcalloc(1, sizeof *p);
    p->lane = l;
    p->opt = *opt;
    p->name = xstrdup(opt->feed);
    p->self.name = p->name;
    buf_put(&p->owner, owner.p, owner.n);
    p->self.owner = buf_slice(&p->owner);
    p->s.settled = p->s.rest = true;
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return p;
}

static void lock(struct port *p)
{
    pthread_mutex_lock(&p->lane->lock);
}

static void unlock(struct port *p)
{
    pthread_mutex_unlock(&p->lane->lock);
}

/* ---- orders ---- */

/* Takes back an order that the lane has not begun. False: the lane has begun it. */
static bool take_back(struct lane *l, struct order *o)
{
    struct order **at = &l->orders;
    while (*at && *at != o)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = o->next;
    return true;
}

/* Queues an order for the lane and waits for its answer. After ORDER_LEAVE p may be freed. */
static int ask(struct port *p, struct order *o, struct err *err)
{
    struct lane *l = p->lane;
    const struct flow_options *opt = &p->opt;
    int64_t since = 0;
    bool back = false;
    o->port = p;
    pthread_mutex_lock(&l->lock);
    struct order **at = &l->orders;
    while (*at)
        at = &(*at)->next;
    *at = o;
    pthread_mutex_unlock(&l->lock);
    lane_wake(l);
    while (l->stepped && !o->done)
        o->kind == ORDER_LEAVE ? lane_serve(l) : (void)lane_turn(l);
    pthread_mutex_lock(&l->lock);
    while (!o->done && !back) {
        struct timespec until = clock_in(CLOCK_MONOTONIC, ASK_MS);
        pthread_cond_timedwait(&l->answered, &l->lock, &until);
        back = !o->done && o->kind != ORDER_LEAVE && stop_expired(opt, &since) && take_back(l, o);
    }
    pthread_mutex_unlock(&l->lock);
    if (back)
        return err_set(err, ERR_RETRY, "stopped while the sink was waited for");
    if (o->rc)
        *err = o->err;
    return o->rc;
}

int port_begin(struct port *p, struct buf *ret_position, kept_fn *each, void *arg, struct err *err)
{
    struct order o = { .kind = ORDER_BEGIN };
    struct sink *k = p->lane->sink;
    ledger_done(&p->building);
    port_hurry(p);
    if (ask(p, &o, err) || k->ops->load(k, &p->self, ret_position, each, arg, err))
        return -1;
    lock(p);
    if (!ret_position->n)
        buf_put(ret_position, p->s.durable.p, p->s.durable.n);
    unlock(p);
    return 0;
}

void port_leave(struct port *p)
{
    struct order o = { .kind = ORDER_LEAVE };
    struct err none;
    lock(p);
    bool linked = p->linked;
    p->s.rest = true;
    unlock(p);
    if (!linked)
        port_free(p);
    else
        (void)!ask(p, &o, &none);
}

int port_topic(struct port *p, const struct topic_spec *spec, struct sink_topic **ret,
               struct err *err)
{
    return ask(p, &(struct order){ .kind = ORDER_TOPIC, .spec = spec, .ret_topic = ret }, err);
}

int port_holds(struct port *p, const char *prefix, bool *ret, struct err *err)
{
    *ret = false;
    if (!p->lane->sink->ops->holds)
        return 0;
    return ask(p, &(struct order){ .kind = ORDER_HOLDS, .prefix = prefix, .ret_holds = ret }, err);
}

/* ---- batches ---- */

struct batch *port_open(struct port *p)
{
    lock(p);
    struct batch *b = ledger_take(&p->s.spare);
    p->s.rest = false;
    unlock(p);
    if (b)
        batch_clear(b);
    else
        b = batch_new((size_t)p->opt.batch_bytes / 64 + 16384);
    b->feed = &p->self;
    return b;
}

uint64_t port_most(const struct port *p)
{
    return atomic_load_explicit(&p->lane->most, memory_order_relaxed);
}

bool port_hungry(struct port *p)
{
    lock(p);
    bool hungry = !p->s.queue.oldest && !p->lane->committing;
    p->s.waiting = !hungry;
    unlock(p);
    return hungry;
}

/* While b was open, far less came than the brokers take. */
static bool is_light(const struct batch *b)
{
    return (int64_t)b->bytes * 1000 < LIGHT_BYTES_MS * (clock_mono_us() - b->opened_us);
}

void port_send(struct port *p, struct batch *b, bool rest, bool inside)
{
    b->sealed = true;
    b->bytes = b->arena.used;
    b->inside = inside;
    bool whole = b->upto.n > 0;
    ledger_add(&p->building, b);
    lock(p);
    p->s.rest = rest;
    p->s.keeps_up |= rest || is_light(b);
    for (struct batch *each; whole && (each = ledger_take(&p->building));) {
        if (p->s.failed) {
            batch_free(each);
            continue;
        }
        port_count_in(p, each);
        p->s.settled = false;
        ledger_add(&p->s.queue, each);
    }
    unlock(p);
    if (whole || rest)
        lane_wake(p->lane);
}

bool port_full(struct port *p)
{
    lock(p);
    bool full = port_holds_most(p);
    unlock(p);
    return full;
}

bool port_settled(struct port *p)
{
    lock(p);
    bool settled = p->s.settled || p->s.failed;
    unlock(p);
    return settled;
}

struct port_counts port_counts(struct port *p)
{
    lock(p);
    struct port_counts n = { p->s.batches, p->s.bytes, p->s.commits, p->s.commit_us };
    unlock(p);
    return n;
}

void port_hurry(struct port *p)
{
    lock(p);
    p->s.hurry = p->s.rest = true;
    unlock(p);
    lane_wake(p->lane);
}

void port_shrink(struct port *p)
{
    struct ledger spare;
    lock(p);
    spare = p->s.spare;
    p->s.spare = (struct ledger){ 0 };
    unlock(p);
    ledger_done(&spare);
}

/* ---- what comes back ---- */

int port_look(struct port *p, struct buf *ret_durable, bool *ret_news, struct err *err)
{
    int rc = 0;
    if (p->lane->stepped)
        lane_turn(p->lane);
    lock(p);
    *ret_news = p->s.news;
    if (p->s.news) {
        buf_set(ret_durable, buf_slice(&p->s.durable));
        p->s.news = false;
    }
    if (p->s.failed) {
        *err = p->s.why;
        rc = -1;
    }
    unlock(p);
    return rc;
}

bool port_progressed(struct port *p)
{
    lock(p);
    bool rows = p->s.rows;
    p->s.rows = false;
    unlock(p);
    return rows;
}

const struct sink_topic *port_refused(struct port *p)
{
    lock(p);
    const struct sink_topic *t = p->s.failed ? p->s.refused : NULL;
    unlock(p);
    return t;
}

void port_excuse(struct port *p)
{
    lock(p);
    p->s.why.class = ERR_RETRY;
    unlock(p);
}

int port_fd(const struct port *p)
{
    return p->wake;
}

void port_heard(struct port *p)
{
    eventfd_t n;
    eventfd_read(p->wake, &n);
}

int port_owner(struct port *p, struct buf *ret_owner, struct err *err)
{
    struct sink *k = p->lane->sink;
    return k->ops->owner ? k->ops->owner(k, &p->self, ret_owner, err) : 0;
}

bool port_announces(const struct port *p)
{
    return p->lane->sink->announces;
}

bool port_fenced(struct port *p)
{
    lock(p);
    bool fenced = (p->s.failed && p->s.fenced) || p->self.taken;
    unlock(p);
    return fenced;
}

bool port_keeps(const struct port *p)
{
    return p->lane->sink->ops->keep != NULL;
}

bool port_forgets(const struct port *p)
{
    return p->lane->sink->forgets;
}
