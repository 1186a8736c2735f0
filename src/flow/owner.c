/* Finds out whether another instance of the feed reads its source. Asks the source for signs of
 * life, and the sink for who stored the position. See owner.h. */
#include "flow/owner.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/user.h"

enum {
    ENDING_US = 1500000,        /* the server may show a closed session this long */
    SIGNS = 2,                  /* prove life: a single one may be older than the reader's death */
    SIGN_MS = 1500,             /* least time between two signs that count */
    READ_EVERY_US = 5000000,    /* time between two looks at who stored the position */
    UNSEEN_US = 90000000,       /* a session kept longer lives: servers drop silent ones at 60 s */
    APART_US = 5000000,         /* a longer gap between two looks proves nothing */
    TAKER_MS = 15000,           /* whoever fenced us stores its first position sooner than this */
    TAKER_STEP_MS = 500,
};

/* ---- who we are ---- */

static void first_line(const char *path, char *ret, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f || !fgets(ret, (int)size, f))
        *ret = 0;
    if (f)
        fclose(f);
    ret[strcspn(ret, "\n")] = 0;
}

/*
 * When the process began, in ticks since the boot (/proc/PID/stat, field 22). 0: there is no such
 * process, or it is stopped (T, t) or dead (Z, X). A stopped process loses its session. The name in
 * field 2 may hold any character, so the search begins at the last ')'.
 */
static unsigned long long born(long pid)
{
    char path[40], line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    first_line(path, line, sizeof line);
    const char *p = strrchr(line, ')');
    if (p && p[1] && strchr("TtZX", p[2]))
        return 0;
    for (int field = 2; p && field < 22; field++)
        p = strchr(p + 1, ' ');
    return p ? strtoull(p + 1, NULL, 10) : 0;
}

/* A process number is unique within one boot and one PID namespace: names both. "": not known. */
static void realm(char *ret, size_t size)
{
    char boot[64];
    struct stat ns;
    first_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    *ret = 0;
    if (*boot && !stat("/proc/self/ns/pid", &ns))
        snprintf(ret, size, "%s/%llu", boot, (unsigned long long)ns.st_ino);
}

static void put(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s\"%s\":", out->n ? "," : "{", name);
    buf_json_str(out, slice_str(value));
}

static void write_self(struct owner *o)
{
    char host[256] = "", user[256], when[32], where[128];
    time_t now = (time_t)(clock_wall_ns() / 1000000000);
    struct tm tm;
    gethostname(host, sizeof host - 1);
    user_name(geteuid(), user, sizeof user);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    realm(where, sizeof where);
    put(&o->self, "host", host);
    put(&o->self, "user", user);
    put(&o->self, "socket", o->opt->socket ? o->opt->socket : "");
    put(&o->self, "started", when);
    put(&o->self, "realm", where);
    buf_printf(&o->self, ",\"pid\":%ld,\"born\":%llu}", (long)getpid(), born(getpid()));
}

void owner_init(struct owner *o, const struct flow_options *opt)
{
    *o = (struct owner){ .opt = opt };
    write_self(o);
}

void owner_done(struct owner *o)
{
    buf_done(&o->self);
}

/* ---- who stored the position ---- */

/* True if the process that j names is alive on our own machine. */
static bool is_alive(json_t *j)
{
    char ours[128];
    const char *theirs = json_string_value(json_object_get(j, "realm"));
    json_int_t pid = json_integer_value(json_object_get(j, "pid"));
    json_int_t since = json_integer_value(json_object_get(j, "born"));
    realm(ours, sizeof ours);
    return *ours && theirs && strcmp(ours, theirs) == 0 && since > 0 && pid > 0 &&
           born((long)pid) == (unsigned long long)since;
}

static const char *word_of(json_t *j, const char *name)
{
    const char *s = json_string_value(json_object_get(j, name));
    return s && *s ? s : "?";
}

/* j may come from anybody who may write to the position topic, so the text is escaped. */
static void describe(json_t *j, char *ret, size_t size)
{
    struct buf text = { 0 }, line = { 0 };
    buf_printf(&text, "process %lld of user %s on host %s, started %s, control socket %s",
               (long long)json_integer_value(json_object_get(j, "pid")), word_of(j, "user"),
               word_of(j, "host"), word_of(j, "started"), word_of(j, "socket"));
    escape_line(buf_slice(&text), &line);
    snprintf(ret, size, "%s", buf_cstr(&line));
    buf_done(&text);
    buf_done(&line);
}

static void read_writer(struct owner *o, struct port *port)
{
    struct buf text = { 0 };
    struct err why = { 0 };
    *o->writer = 0;
    o->other = o->lives = false;
    int rc = port_owner(port, &text, &why);
    json_t *j = rc || !text.n ? NULL : json_loadb((const char *)text.p, text.n, 0, NULL);
    if (rc)
        log_warn("who stored the position cannot be told: %s", why.msg);
    const char *lock = json_string_value(json_object_get(j, "lock"));
    if (j) {
        o->other = !slice_eq(buf_slice(&text), buf_slice(&o->self));
        o->lives = o->other && (lock || is_alive(j));
        describe(j, o->writer, sizeof o->writer);
    }
    if (lock)
        snprintf(o->writer, sizeof o->writer, "%s, which holds the feed's lock in sink.directory",
                 lock);
    json_decref(j);
    buf_done(&text);
    o->read_us = clock_mono_us();
}

/* ---- may we read? ---- */

static void count_sign(struct owner *o, int64_t now)
{
    int64_t heard = o->holder.heard_ms;
    bool first = !o->heard_ms || heard < o->heard_ms;
    bool same = !heard && strcmp(o->unseen, o->holder.who) == 0;
    bool apart = heard - o->heard_ms >= SIGN_MS && now - o->heard_us >= SIGN_MS * 1000;
    if (same && now - o->looked_us > APART_US)
        o->unseen_us += now - o->looked_us;
    o->looked_us = now;
    if (!same) {
        snprintf(o->unseen, sizeof o->unseen, "%s", heard ? "" : o->holder.who);
        o->unseen_us = now;
    }
    if (!heard || (!first && !apart))
        return;
    o->signs = first ? 0 : o->signs + 1;
    o->heard_ms = heard;
    o->heard_us = now;
}

static int refuse(const struct owner *o, struct err *err)
{
    bool known = *o->writer && o->other;
    const char *by = known ? "; the position was last stored by " : "";
    const char *who = known ? o->writer : "";
    if (o->taken)
        return err_set(err, ERR_FATAL, "another instance of feed \"%s\" has taken over: %s%s%s",
                       o->opt->feed, o->holder.who, by, who);
    return err_set(err, ERR_CONFIG, "feed \"%s\" is run already: %s%s%s. Stop that one first, give "
                   "orders to it where it runs, or take over from it with --take-over",
                   o->opt->feed, o->holder.who, by, who);
}

static void say_waiting(struct owner *o, int64_t now)
{
    if (o->said_us)
        return;         /* the pipeline's pauses say it again, each minute */
    log_warn("another session has the source: if it lives, this feed ends; if it is left over, the "
             "server drops it and this feed goes on holder=\"%s\" position_stored_by=\"%s\"",
             o->holder.who, o->writer);
    o->said_us = now;
}

static int held(struct owner *o, struct port *port, bool announced, struct err *err)
{
    int64_t now = clock_mono_us();
    if (!o->since_us)
        o->since_us = now;
    count_sign(o, now);
    if (now - o->since_us < ENDING_US)
        return 1;
    /* If we had the source once, the session may be a left-over one of our own. */
    bool kept = !o->taken && *o->unseen && now - o->unseen_us > UNSEEN_US;
    bool proved = kept || o->signs >= SIGNS || o->opt->claim == CLAIM_LOOK;
    if (proved || !o->read_us || now - o->read_us > READ_EVERY_US)
        read_writer(o, port);
    bool replaced = announced && o->other;
    if (proved || o->lives || replaced)
        return refuse(o, err);
    say_waiting(o, now);
    return 1;
}

static void forget_holder(struct owner *o)
{
    if (o->said_us)
        log_info("the other session is gone seconds=%lld",
                 (long long)(clock_mono_us() - o->since_us) / 1000000);
    o->since_us = o->said_us = o->read_us = o->heard_ms = 0;
    o->signs = *o->unseen = 0;
}

int owner_claim(struct owner *o, struct source *src, struct port *port, bool announced,
                struct err *err)
{
    bool take_over = o->opt->claim == CLAIM_TAKE_OVER && !o->taken;
    if (!src->ops->claim)
        return 0;
    int rc = src->ops->claim(src, take_over, &o->holder, err);
    if (rc == 1)
        return held(o, port, announced, err);
    if (!rc) {
        forget_holder(o);
        o->taken = true;
    }
    return rc;
}

void owner_name_taker(struct owner *o, struct port *port, struct err *err)
{
    const atomic_int *stop = o->opt->stop;
    int64_t until = clock_mono_us() + TAKER_MS * 1000;
    while (clock_mono_us() < until && !(stop && *stop)) {
        read_writer(o, port);
        if (o->other)
            break;
        nanosleep(&(struct timespec){ .tv_nsec = TAKER_STEP_MS * 1000000 }, NULL);
    }
    if (o->other && *o->writer)
        (void)err_add(err, ": %s", o->writer);
}
