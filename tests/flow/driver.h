#ifndef TAILRACE_TESTS_FLOW_DRIVER_H
#define TAILRACE_TESTS_FLOW_DRIVER_H
#include "flow/pipeline.h"
#include "oracle.h"

/*
 * What knows flow: makes a process of a scripted source, a scripted sink and the engine as it is
 * today.
 */
struct rig {
    struct world w;
    struct upstream up;
    struct broker broker;
    struct oracle oracle;
    bool watched;                   /* the oracle looks on: not where tables are read */
    struct flow_options flow;
    struct encode_options enc;
    struct registry *registry;
    atomic_int stop, pause;
    struct flow_stats stats;
    struct err err;                 /* of the last process */
    struct source *source;          /* of the process that runs */
};

void rig_init(struct rig *r, const char *words, bool exactly_once);
void rig_done(struct rig *r);

/* One process, from its start to its end. What pipeline_run() says. */
int rig_run(struct rig *r, struct life *l);
int rig_planned(struct rig *r, const struct planned *plan);     /* the same, with these answers */

/* Processes without faults until one ends well; -1: none did. */
int rig_run_on(struct rig *r);
/* Everything was fed; shows what was wrong. */
bool rig_whole(struct rig *r);
uint64_t rig_state(void *rig);      /* for world.state */
#endif
