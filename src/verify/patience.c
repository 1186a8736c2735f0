/*
 * Asks Kafka what a run needs, and says how long the run waits there. A broker that is away, or a
 * transaction that nobody ends, holds the end of a topic back.
 */
#include <inttypes.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "verify/table.h"

enum { SAY_US = 60000000, FIRST_US = 10000000, COVER_MS = 5000, STEP_NS = 200000000 };

/* Positions are read before a table's topic is known. */
static const char *topic_of(const struct look *l)
{
    return l->topic ? l->topic : l->run->o->kafka->position_topic;
}

static int given_up(const struct look *l, int64_t since_us, const char *why, struct err *err)
{
    return err_set(err, ERR_RETRY,
                   "nothing has come of topic %s for %" PRId64 " s%s%s: a broker is away, or a "
                   "transaction is open there -> run it again when Kafka answers (--wait waits "
                   "longer)", topic_of(l), (clock_mono_us() - since_us) / 1000000, *why ? ": " : "",
                   why);
}

/* why: the error's text; "": nothing comes. */
static int wait_on(struct look *l, int64_t since_us, const char *why, struct err *err)
{
    struct run *r = l->run;
    int64_t now = clock_mono_us();
    if (run_stopped(r))
        return run_stop(err);
    if (now - since_us > r->o->wait_s * INT64_C(1000000))
        return given_up(l, since_us, why, err);
    if (now - since_us > FIRST_US && now - r->away_said_us > SAY_US) {
        r->away_said_us = now;
        log_warn("verify waits for Kafka topic=%s seconds=%" PRId64 " limit_s=%d reason=\"%s\"",
                 topic_of(l), (now - since_us) / 1000000, r->o->wait_s,
                 *why ? why : "nothing comes of the topic, and its end is not reached");
    }
    return 0;
}

/* Judges an answer of Kafka's, rc. 1: ask Kafka again. */
static int asked(struct look *l, int rc, struct err *err)
{
    struct err why = *err;
    struct run *r = l->run;
    if (!rc)
        r->away_us = 0;
    if (!rc || err->class != ERR_RETRY)
        return rc;
    r->away_us = r->away_us ? r->away_us : clock_mono_us();
    *err = (struct err){ 0 };
    if (wait_on(l, r->away_us, why.msg, err))
        return -1;
    nanosleep(&(struct timespec){ .tv_nsec = STEP_NS }, NULL);
    return 1;
}

int patient_look(struct look *l, struct follow_topic *ret, struct err *err)
{
    int rc;
    while ((rc = asked(l, follow_look(l->run->follow, l->topic, ret, err), err)) > 0)
        ;
    return rc;
}

int patient_aim(struct look *l, struct err *err)
{
    int rc;
    l->aimed_us = clock_mono_us();
    while ((rc = asked(l, follow_aim(l->run->follow, err), err)) > 0)
        ;
    l->aimed_us = clock_mono_us();
    return rc;
}

int patient_wait(struct look *l, struct err *err)
{
    int64_t heard = follow_heard_us(l->run->follow);
    if (follow_reached(l->run->follow))
        return 0;
    return wait_on(l, heard > l->aimed_us ? heard : l->aimed_us, "", err);
}

/* If snapshots may lack what was streamed, the position must cover all that the topic holds. */
static int cover(struct look *l, struct err *err)
{
    int rc, covered = 1;
    while ((rc = asked(l, (covered = follow_cover(l->run->follow, COVER_MS, err)) < 0 ? -1 : 0,
                       err)) > 0)
        ;
    if (!rc && !covered)
        log_debug("the stored position may be older than what the topic tells: a transaction is "
                  "open in the position topic table=%s.%s", l->result.schema, l->result.table);
    return rc;
}

int patient_mark(struct look *l, struct buf *ret_mark, struct err *err)
{
    const struct source *s = l->run->o->source;
    ret_mark->n = 0;
    if (s->sends_early && cover(l, err))
        return -1;
    return s->ops->stored_mark(s, position_of(l->run), ret_mark, err);
}
