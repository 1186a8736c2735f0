/* Stores a position that an operator has chosen, for a feed that does not stream: claims source and
 * sink, compares the stored position, then sends one empty batch through the lane. */
#include <poll.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "flow/lane.h"
#include "flow/owner.h"
#include "flow/stop.h"

enum { CLAIM_US = 60000000, CLAIM_STEP_NS = 500000000, WAIT_MS = 100, STORE_US = 120000000 };

struct placing {
    struct source *src;
    const struct flow_options *opt;
    struct owner owner;
    struct port *port;
};

static bool stopping(const struct placing *p)
{
    return p->opt->stop && *p->opt->stop;
}

/* Claims the source. If another instance reads it, that instance is neither ended nor fenced. */
static int claim(struct placing *p, struct err *err)
{
    int rc;
    for (int64_t until = clock_mono_us() + CLAIM_US;;) {
        rc = owner_claim(&p->owner, p->src, p->port, false, err);
        if (rc != 1 || stopping(p) || clock_mono_us() > until)
            break;
        nanosleep(&(struct timespec){ .tv_nsec = CLAIM_STEP_NS }, NULL);
    }
    return rc == 1 ? err_set(err, ERR_RETRY, "another session has the source, and gives no sign of "
                             "life: %s", p->owner.holder.who) : rc;
}

static int wait_until_durable(struct placing *p, struct err *err)
{
    struct buf durable = { 0 };
    bool news = false;
    int rc = 0;
    for (int64_t until = clock_mono_us() + STORE_US; !rc && !news;) {
        rc = port_look(p->port, &durable, &news, err);
        if (rc || news)
            break;
        if (stopping(p) || clock_mono_us() > until)
            rc = err_set(err, ERR_RETRY, "whether the position is stored is not known: it was not "
                         "confirmed in time -> tailrace ctl position show");
        struct pollfd fd = { .fd = port_fd(p->port), .events = POLLIN };
        if (poll(&fd, 1, WAIT_MS) > 0)
            port_heard(p->port);
    }
    buf_done(&durable);
    return rc;
}

static int store(struct placing *p, struct slice token, struct err *err)
{
    struct batch *b = port_open(p->port);
    buf_set(&b->upto, token);
    port_send(p->port, b, true, false);
    port_hurry(p->port);
    return wait_until_durable(p, err);
}

static int place(struct placing *p, struct slice expected, struct slice token, struct err *err)
{
    struct buf now = { 0 };
    int rc = claim(p, err) || port_begin(p->port, &now, NULL, NULL, err) ? -1 : 0;
    if (!rc && !slice_eq(buf_slice(&now), expected))
        rc = err_set(err, ERR_CONFIG, "another position is stored than the one that was looked at: "
                     "nothing is changed -> look again");
    buf_done(&now);
    return rc ? rc : store(p, token, err);
}

int pipeline_place(struct source *src, struct lane *lane, const struct flow_options *opt,
                   struct slice expected, struct slice token, struct err *err)
{
    struct flow_options own = *opt;
    struct placing p = { .src = src, .opt = opt };
    own.claim = CLAIM_WAIT;     /* --take-over holds for the feed's first claim only */
    owner_init(&p.owner, &own);
    p.port = port_new(lane, opt, buf_slice(&p.owner.self));
    int rc = place(&p, expected, token, err);
    src->ops->close(src);
    port_leave(p.port);
    owner_done(&p.owner);
    if (!rc)
        log_info("another position was stored by an order position=%.*s", (int)token.n,
                 (const char *)token.p);
    return rc;
}
