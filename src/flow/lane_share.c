/*
 * Limits what one feed has in the sink while other feeds of its lane put records too. The limit,
 * the share, is what the brokers take in IN_SINK_US. A commit waits for all that is in the sink, so
 * without a limit one feed's backlog would delay every other feed.
 */
#include "base/clock.h"
#include "flow/lane_parts.h"

enum {
    SPOKE_US = 5000000,         /* a feed that put records this recently counts */
    IN_SINK_US = 10000,         /* a share is what leaves the sink in this time */
    LEAST_BYTES = 128 << 10,
    MOST_BYTES = 8 << 20,
    BATCHES = 4,                /* per share: the sink still has one while another leaves */
};

static void tell(struct lane *l)
{
    uint64_t most = l->shared ? l->share / BATCHES : UINT64_MAX;
    atomic_store_explicit(&l->most, most, memory_order_relaxed);
}

void lane_share_init(struct lane *l)
{
    l->share = 4 * LEAST_BYTES;
    tell(l);
}

void lane_share_look(struct lane *l, int64_t now)
{
    int speak = 0;
    for (const struct port *p = l->ports; p && speak < 2; p = p->next)
        speak += p->spoke_us && now - p->spoke_us < SPOKE_US;
    if (l->shared == (speak > 1))
        return;
    l->shared = !l->shared;
    tell(l);
}

bool lane_share_used(const struct lane *l, const struct port *p)
{
    return l->shared && p->in_sink >= l->share;
}

bool lane_share_holds(const struct lane *l)
{
    const struct port *p = l->shared ? l->ports : NULL;
    while (p && !lane_share_used(l, p))
        p = p->next;
    return p != NULL;
}

/*
 * How long a batch stays in the sink shows the brokers' speed only if the sink has more of the same
 * feed. Otherwise it shows how rarely the feed has records.
 */
void lane_share_learn(struct lane *l, const struct port *p, const struct batch *b)
{
    if (!l->shared || p->in_sink < l->share / 2)
        return;
    bool late = clock_mono_us() - b->put_us > IN_SINK_US;
    uint64_t share = late ? l->share - l->share / 8 : l->share + l->share / 16;
    l->share = share < LEAST_BYTES ? LEAST_BYTES : share > MOST_BYTES ? MOST_BYTES : share;
    tell(l);
}
