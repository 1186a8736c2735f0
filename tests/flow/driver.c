/* Runs today's pipeline between a scripted source and a scripted sink. */
#include "driver.h"
#include <stdio.h>
#include <string.h>
#include "clockwork.h"
#include "flow/lane.h"

static void on_record(void *arg, const struct stored *s)
{
    struct rig *r = arg;
    if (r->watched)
        oracle_record(&r->oracle, s);
}

static void on_position(void *arg, const char *feed, struct slice token)
{
    struct rig *r = arg;
    if (r->watched && token.n && strcmp(feed, r->flow.feed) == 0)
        oracle_position(&r->oracle, place_of(token));
}

static void on_ack(void *arg, size_t events)
{
    struct rig *r = arg;
    if (r->watched)
        oracle_ack(&r->oracle, events);
}

void rig_init(struct rig *r, const char *words, bool exactly_once)
{
    *r = (struct rig){ .watched = true, .w = { .most = 20000, .transactional = exactly_once } };
    stats_init(&r->stats);
    upstream_init(&r->up, &r->w, words);
    r->up.on_ack = on_ack;
    r->up.arg = r;
    broker_init(&r->broker, &r->w, exactly_once);
    r->broker.on_record = on_record;
    r->broker.on_position = on_position;
    r->broker.arg = r;
    oracle_init(&r->oracle, &r->up, exactly_once, true);
    r->enc = (struct encode_options){ .prefix = "p", .version = "test",
                                      .placeholder = "__placeholder" };
    r->flow = (struct flow_options){
        .feed = "f", .batch_rows = 2, .batch_bytes = 4096, .batch_ms = 5, .batches = 3,
            .commit_ms = 0, .stop_timeout_ms = 2000,
        .retry_max_ms = 4000, .tombstones = true, .stop = &r->stop, .pause = &r->pause,
        .backfill = { .mode = SNAPSHOT_NEVER, .workers = 2, .chunk_ms = 200,
                      .chunk_bytes = 1 << 20 },
    };
    r->w.state = rig_state;
    r->w.state_arg = r;
}

void rig_done(struct rig *r)
{
    stats_done(&r->stats);
    oracle_done(&r->oracle);
    broker_done(&r->broker);
    upstream_done(&r->up);
    world_done(&r->w);
}

int rig_run(struct rig *r, struct life *l)
{
    l->w = &r->w;
    struct source *source = scripted_source_new(l, &r->up);
    struct sink *sink = scripted_sink_new(l, &r->broker);
    r->source = source;
    r->err = (struct err){ 0 };
    struct err second = { 0 };
    struct lane *lane = lane_new_stepped(sink, &r->flow);
    int rc = pipeline_run(source, lane, r->registry, &r->enc, &r->flow, &r->stats, &r->err);
    if (lane_end(lane, rc ? &second : &r->err))
        rc = -1;
    if (r->stats.state.wrong)
        world_wrong(&r->w, "the state changed %u times as no state may", r->stats.state.wrong);
    r->source = NULL;
    source->ops->free(source);
    return rc;
}

int rig_planned(struct rig *r, const struct planned *plan)
{
    struct life l = { .plan = plan };
    return rig_run(r, &l);
}

int rig_run_on(struct rig *r)
{
    for (int i = 0; i < 20; i++)
        if (!rig_planned(r, NULL))
            return 0;
    fprintf(stderr, "  does not end well: %s\n", r->err.msg);
    return -1;
}

bool rig_whole(struct rig *r)
{
    if (r->watched)
        oracle_end(&r->oracle);
    if (r->w.wrong[0])
        world_tell(&r->w);
    return !r->w.wrong[0];
}

uint64_t rig_state(void *arg)
{
    const struct rig *r = arg;
    uint64_t h = 14695981039346656037u;
    const uint64_t facts[] = {
        r->source ? scripted_source_at(r->source) : UINT64_MAX, r->up.acked, r->oracle.stored,
            r->broker.n, r->broker.nopen,
        r->broker.on_way, r->broker.epoch, r->oracle.seen, r->stop,
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        h = (h ^ facts[i]) * 1099511628211u;
    for (size_t i = 0; i < r->oracle.nkeys; i++)
        h = (h ^ (r->oracle.keys[i].last * 64 + r->oracle.keys[i].come)) * 1099511628211u;
    return h;
}
