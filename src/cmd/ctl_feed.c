/* For orders that work with a feed's own servers: finds the feed, checks that it is at rest, asks
 * for confirmation. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include "cmd/config.h"
#include "flow/state.h"
#include "serve/steer.h"

/* Writes as a process of many feeds does: with a producer that only this process has. */
static void share_lane(struct chosen *chosen, struct config *c)
{
    uint32_t instance = 0;
    if (getrandom(&instance, sizeof instance, 0) != (ssize_t)sizeof instance)
        instance = (uint32_t)getpid();
    c->kafka.shared = true;
    c->kafka.id = lane_id(&chosen->all.base.arena, chosen->all.process->name, instance, 0);
}

int ctl_feed(const struct invocation *v, const char *feed, struct chosen *ret,
             struct config **ret_one, struct err *err)
{
    struct invocation one = *v;
    one.feeds[0] = feed;
    one.nfeeds = 1;
    if (chosen_one(ret, &one, ret_one, err))
        return -1;
    if (ret->all.process->log_level == LOG_INFO)
        log_set_level(LOG_WARN);
    if (ret->all.many)
        share_lane(ret, *ret_one);
    return 0;
}

int ctl_stored(const struct config *c, struct buf *ret, struct err *err)
{
    struct sink_feed feed = { .name = c->name };
    struct sink *sink = sink_of(c, err);
    if (!sink)
        return -1;
    int rc = sink->ops->peek ? sink->ops->peek(sink, &feed, ret, err)
                             : err_set(err, ERR_CONFIG, "sink %s stores no position",
                                       sink->ops->name);
    sink->ops->free(sink);
    return rc;
}

static const char *state_of(json_t *answer, const char *name)
{
    size_t i;
    json_t *feed;
    json_array_foreach(json_object_get(answer, "feeds"), i, feed) {
        const char *is = json_string_value(json_object_get(feed, "name"));
        if (is && strcmp(is, name) == 0)
            return json_string_value(json_object_get(feed, "state"));
    }
    return NULL;
}

int ctl_at_rest(const struct chosen *chosen, const struct config *c, struct err *err)
{
    char *path = steer_path(chosen->all.process->control_socket);
    json_t *answer = NULL;
    int rc = service_ask(path, slice_str("{\"do\": \"list\"}"), &answer, err);
    const char *state = rc ? NULL : state_of(answer, c->name);
    if (!rc && !state)
        rc = 1;
    else if (!rc && strcmp(state, state_name(FEED_PAUSED)) != 0 &&
             strcmp(state, state_name(FEED_STOPPED)) != 0)
        rc = err_set(err, ERR_CONFIG, "feed %s is %s: nothing is changed -> tailrace ctl pause %s, "
                     "and then again", c->name, state, c->name);
    json_decref(answer);
    free(path);
    return rc;
}

int ctl_confirm(const struct invocation *v, const char *question, struct err *err)
{
    char line[16] = "";
    if (v->yes)
        return 0;
    if (!isatty(STDIN_FILENO))
        return err_set(err, ERR_CONFIG, "nothing is changed: --yes is wanted, or a terminal that "
                       "can be asked");
    fflush(stdout);
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(line, sizeof line, stdin) && (*line == 'y' || *line == 'Y'))
        return 0;
    return err_set(err, ERR_CONFIG, "nothing is changed");
}
