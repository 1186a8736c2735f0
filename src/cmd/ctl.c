/* `tailrace ctl`: gives orders to a running process, and asks until each feed is where it should
 * be. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "cmd/config.h"
#include "flow/state.h"

enum { ASK_EVERY_NS = 100000000 };

static const char *text_of(const json_t *feed, const char *name)
{
    const char *s = json_string_value(json_object_get(feed, name));
    return s ? s : "";
}

static bool is(const json_t *feed, enum feed_state s)
{
    return strcmp(text_of(feed, "state"), state_name(s)) == 0;
}

static json_int_t number_of(const json_t *feed, const char *name)
{
    return json_integer_value(json_object_get(feed, name));
}

/* ---- how far an order is ---- */

enum outcome { GOES_ON, THERE, FAILED };

/* The outcome for one feed; before: the feed as it was before the order. */
static enum outcome outcome_of(const char *what, const json_t *before, const json_t *now)
{
    bool pause = strcmp(what, "pause") == 0;
    bool begun = strcmp(what, "resume") == 0 ||
                 number_of(now, "sessions") > number_of(before, "sessions");
    bool changed = number_of(now, "since_ms") > number_of(before, "since_ms");
    if (is(now, FEED_STOPPED))
        return changed && strcmp(text_of(now, "reason"), state_reason_name(FEED_DONE)) != 0
            ? FAILED : GOES_ON;
    if (pause)
        return is(now, FEED_PAUSED) ? THERE : GOES_ON;
    if (!begun || is(now, FEED_STARTING) || is(now, FEED_PAUSED))
        return GOES_ON;
    return is(now, FEED_RETRYING) ? FAILED : THERE;
}

static const json_t *feed_of(const json_t *answer, const char *name)
{
    size_t i;
    json_t *feed;
    json_array_foreach(json_object_get(answer, "feeds"), i, feed) {
        if (strcmp(text_of(feed, "name"), name) == 0)
            return feed;
    }
    return NULL;
}

/* Prints each feed that is there or has failed, once: its name becomes null. Returns how many feeds
 * still go on. */
static size_t look(const char *what, const json_t *before, const json_t *now, json_t *names,
                   size_t *failed)
{
    size_t i, left = 0;
    json_t *name;
    json_array_foreach(names, i, name) {
        const char *text = json_string_value(name);
        const json_t *feed = text ? feed_of(now, text) : NULL;
        if (!feed)
            continue;
        enum outcome o = outcome_of(what, feed_of(before, text), feed);
        left += o == GOES_ON;
        if (o == GOES_ON)
            continue;
        const char *why = o == FAILED ? text_of(json_object_get(feed, "last_error"), "text") : "";
        printf("%s: %s%s%s\n", text, text_of(feed, "state"), *why ? ": " : "", why);
        fflush(stdout);
        *failed += o == FAILED;
        json_array_set_new(names, i, json_null());
    }
    return left;
}

/* Waits until each feed of the order is where it should be. */
static int follow(const char *path, const char *what, char **feeds, size_t n, const json_t *before,
                  json_t *names, struct err *err)
{
    size_t failed = 0, left = 1;
    while (left) {
        json_t *now;
        if (service_order(path, "list", feeds, n, NULL, &now, err))
            return -1;
        left = look(what, before, now, names, &failed);
        json_decref(now);
        if (left)
            nanosleep(&(struct timespec){ .tv_nsec = ASK_EVERY_NS }, NULL);
    }
    return failed ? err_set(err, ERR_RETRY, "%s: %zu of %zu feeds do not go on", what, failed,
                            json_array_size(names)) : 0;
}

/* ---- orders ---- */

static void say_accepted(const json_t *names)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
        puts(json_string_value(name));
}

static int order(const char *path, const char *what, char **feeds, size_t n, bool detach,
                 struct err *err)
{
    json_t *before, *answer;
    if (!n)
        return err_set(err, ERR_CONFIG, "%s: which feeds? Their names, or '.*' for all", what);
    if (service_order(path, "list", feeds, n, NULL, &before, err))
        return -1;
    int rc = service_order(path, what, feeds, n, NULL, &answer, err);
    if (!rc) {
        json_t *names = json_object_get(answer, "feeds");
        if (detach)
            say_accepted(names);
        else
            rc = follow(path, what, feeds, n, before, names, err);
        json_decref(answer);
    }
    json_decref(before);
    return rc;
}

static int list(const char *path, char **feeds, size_t n, bool json, struct err *err)
{
    json_t *answer, *feed;
    size_t i;
    if (service_order(path, "list", feeds, n, NULL, &answer, err))
        return -1;
    json_array_foreach(json_object_get(answer, "feeds"), i, feed) {
        char *line = json ? json_dumps(feed, JSON_PRESERVE_ORDER) : NULL;
        if (json)
            puts(line);
        else
            printf("%s  %s%s%s\n", text_of(feed, "name"), text_of(feed, "state"),
                   *text_of(feed, "reason") ? ", " : "", text_of(feed, "reason"));
        free(line);
    }
    json_decref(answer);
    return 0;
}

static int log_level(const char *path, char **rest, size_t n, struct err *err)
{
    json_t *answer = NULL;
    if (!n)
        return err_set(err, ERR_CONFIG, "log-level: which one? debug, info, warn, error, or "
                       "default, which takes a feed's own level from it");
    int rc = service_order(path, "log-level", rest + 1, n - 1, rest[0], &answer, err);
    json_decref(answer);
    return rc;
}

int ctl_await(const char *path, json_t *answer, struct err *err)
{
    char line[80];
    snprintf(line, sizeof line, "{\"do\": \"outcome\", \"order\": %lld}",
             (long long)number_of(answer, "order"));
    for (;;) {
        if (service_ask_once(path, line, &answer, err))
            return -1;
        bool done = json_is_true(json_object_get(answer, "done"));
        fputs(text_of(answer, "text"), stdout);
        json_decref(answer);
        if (done)
            return 0;
        nanosleep(&(struct timespec){ .tv_nsec = ASK_EVERY_NS }, NULL);
    }
}

/* Orders a reload, and prints its outcome when the service has read the configuration. */
static int reload(const char *path, bool dry_run, struct err *err)
{
    json_t *answer;
    if (service_ask_once(path, dry_run ? "{\"do\": \"reload\", \"dry_run\": true}"
                                       : "{\"do\": \"reload\"}", &answer, err))
        return -1;
    int rc = ctl_await(path, answer, err);
    json_decref(answer);
    return rc;
}

static int ctl(const char *path, const struct invocation *v, struct err *err)
{
    char **rest = v->rest + 1;
    size_t n = (size_t)v->nrest - 1;
    const char *what = v->rest[0];
    if (strcmp(what, "list") == 0)
        return list(path, rest, n, v->json, err);
    if (strcmp(what, "log-level") == 0)
        return log_level(path, rest, n, err);
    if (strcmp(what, "pause") == 0 || strcmp(what, "resume") == 0 || strcmp(what, "restart") == 0)
        return order(path, what, rest, n, v->detach, err);
    if (strcmp(what, "reload") == 0 && !n)
        return reload(path, v->dry_run, err);
    return err_set(err, ERR_CONFIG, "%s: no such order; they are list, pause, resume, restart, "
                   "reload (without names), log-level, position, forget", what);
}

int cmd_ctl(int argc, char **argv)
{
    struct invocation v;
    struct err err = { 0 };
    char *path = NULL;
    int rc = invocation_read(&v, argc, argv, "djwyr", &err);
    if (!rc && !v.nrest)
        rc = err_set(&err, ERR_CONFIG, "an order is wanted: list, pause, resume, restart, "
                     "reload, log-level, position, forget");
    if (!rc && v.nfeeds)
        rc = err_set(&err, ERR_CONFIG, "--feed: the feeds of an order stand behind it, without "
                     "--feed");
    if (!rc && strcmp(v.rest[0], "position") == 0)
        rc = ctl_position(&v, &err);
    else if (!rc && strcmp(v.rest[0], "forget") == 0)
        rc = ctl_forget(&v, &err);
    else if (!rc)
        rc = service_path(&v, &path, &err) || ctl(path, &v, &err) ? -1 : 0;
    free(path);
    return rc ? finish_command(&err) : 0;
}
