#ifndef TAILRACE_TESTS_FLOW_ANSWERS_H
#define TAILRACE_TESTS_FLOW_ANSWERS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/*
 * What the scripted source and sink answer to each call. A world is one run: databases and brokers,
 * and every process that comes and goes while they stay. A life is one process. A process that dies
 * has no effect on anything from that call on: what it does then is only the unwinding that a
 * process killed by SIGKILL has not.
 */
enum op {
    OP_CLAIM,
    OP_RECALL,
    OP_SOURCE_OPEN,
    OP_NEXT,
    OP_ACK,
    OP_TEND,
    OP_CHUNK_TABLE,
    OP_SINK_OPEN,
    OP_LOAD,
    OP_OWNER,
    OP_HOLDS,
    OP_TOPIC,
    OP_KEEP,
    OP_PUT,
    OP_POLL,
    OP_COMMIT,
    OP_SINK_CLOSE,
    OP_READER,
    OP_LIST,
    OP_MEASURE,
    OP_SPLIT,
    OP_READ,
    OP_LAG, /* in the threads that read */
    OPS
};

enum answer {
    OK,
    /* next: idle; put, keep: full; poll: no report; commit: again; readers: later */
    NOT_YET,
    ONE,            /* poll: one report, of the last partition that has a record on its way */
    RETRY,          /* fails; nothing of what was under way took effect */
    LATE,           /* fails; all of it took effect, and the answer was lost */
    DATA, CONFIG, FATAL,
    GONE,           /* what is asked for is not there any more */
    ANEW,           /* readers: the table was altered */
    HANG,           /* readers: blocks until it is interrupted */
    DIE,            /* the process is killed; what was on its way is lost */
    DIE_LATE,       /* the process is killed; what was on its way arrives */
    ANSWERS
};

const char *op_name(enum op op);
const char *answer_name(enum answer a);

struct planned { enum op op; uint32_t nth; enum answer answer; };   /* nth from 1; 0: each time */

struct states;      /* those seen, over many runs */
struct states *states_new(void);
void states_free(struct states *s);
size_t states_count(const struct states *s);

struct world {
    /* Which answers are explored: those of `follow`, then random ones, then OK. */
    bool explore, transactional;
    const uint8_t *follow;
    size_t nfollow;
    uint64_t random;            /* 0: none */
    uint32_t one_in;            /* a random answer is another than OK so often */
    uint32_t spare;             /* random answers other than OK that are left */
    struct turn { uint8_t of, took; enum op op; enum answer answer; } *turns;
    size_t nturns, turns_cap;
    uint32_t steps, most;       /* more calls than that: the run does not come to an end */
    char wrong[1024];           /* the first promise that was broken; "": none */
    struct states *seen;        /* NULL: not counted */
    uint64_t (*state)(void *arg);
    void *state_arg;
};

void world_done(struct world *w);
/* 0 to of - 1; 0 is the plain way. */
unsigned world_choose(struct world *w, unsigned of);
void world_wrong(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Each answer other than OK, for a person who wants to see the run again. */
void world_tell(const struct world *w);

struct life {
    struct world *w;
    const struct planned *plan;     /* ends with answer OK; NULL: none */
    uint32_t calls, die_at;         /* killed before call die_at; 0: not */
    enum answer die_how;            /* DIE or DIE_LATE */
    _Atomic uint32_t count[OPS];
    bool dead;
    void (*died)(void *arg, bool late);     /* what becomes of what is on its way */
    void *died_arg;
    /* before each call; NULL: nothing. Another process may run meanwhile */
    void (*turn)(void *arg, enum op op);
    void *turn_arg;
};

/* The loop's calls. A dead process is answered DIE. */
enum answer life_answer(struct life *l, enum op op);
/* Calls of the threads that read: only what was planned. */
enum answer life_reader_answer(struct life *l, enum op op);
/* Sets err as the answer says; -1, but 0 where it is no failure. */
int answer_err(enum answer a, enum op op, struct err *err);
#endif
