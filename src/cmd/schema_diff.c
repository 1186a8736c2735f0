/* `tailrace schema-diff`: opens two sides, compares them, judges the difference and prints it, once
 * or again and again. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/secret.h"
#include "cmd/schema_args.h"
#include "sides/plan.h"

enum { EXIT_SAME = 0, EXIT_COMPATIBLE = 1, EXIT_BREAKING = 2, EXIT_TROUBLE = 3 };

static atomic_int stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

/*
 * Creates a new file: never opens one that somebody else put there, and never follows a link. If
 * `replaces` is our file, its mode decides who may read the new one; else the owner and his group.
 */
static int open_fresh(const char *name, const char *replaces)
{
    struct stat st;
    if (unlink(name) && errno != ENOENT)
        return -1;
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd >= 0 && !lstat(replaces, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid())
        (void)!fchmod(fd, st.st_mode & 0666);
    return fd;
}

/* Writes beside the file, then renames: a reader always sees a whole file. */
static int write_file(const char *path, const struct buf *b, struct err *err)
{
    struct buf beside = { 0 };
    buf_printf(&beside, "%s.new", path);
    int fd = open_fresh(buf_cstr(&beside), path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    bool good = f && fwrite(b->p, 1, b->n, f) == b->n;
    good = f && !fclose(f) && good;
    int rc = good && !rename(buf_cstr(&beside), path)
        ? 0 : err_set(err, ERR_CONFIG, "%s cannot be written: %s", path, strerror(errno));
    if (rc && fd >= 0)
        unlink(buf_cstr(&beside));
    buf_done(&beside);
    return rc;
}

static const char *now_text(char to[32])
{
    time_t now = time(NULL);
    struct tm tm;
    strftime(to, 32, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &tm));
    return to;
}

static int print(const struct schema_args *r, const struct diff *d, struct err *err)
{
    char made[32];
    struct render_options opt = { .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
                                  .ddl = r->ddl,
                                  .made = now_text(made) };
    struct buf b = { 0 };
    int rc = 0;
    if (r->format == FORMAT_JSON)
        diff_json(d, &b);
    else if (r->format == FORMAT_MARKDOWN)
        diff_markdown(d, &b);
    else
        diff_text(d, &opt, &b);
    b.n = secret_hide((char *)b.p, b.n);
    fwrite(b.p, 1, b.n, stdout);
    fflush(stdout);
    if (r->html) {
        b.n = 0;
        diff_html(d, &opt, &b);
        b.n = secret_hide((char *)b.p, b.n);
        rc = write_file(r->html, &b, err);
    }
    buf_done(&b);
    return rc;
}

static int save(struct sides *s, const struct schema_args *r, struct err *err)
{
    struct side *side;
    struct buf b = { 0 };
    if (side_open(s, r->nsides ? r->sides[0] : "live", &side, err))
        return -1;
    side_save(side, &b);
    int rc = write_file(r->save, &b, err);
    buf_done(&b);
    return rc;
}

static int open_both(struct sides *s, const struct schema_args *r, struct side **ret_old,
                     struct side **ret_new, struct err *err)
{
    if (r->migration)
        return schema_plan(s, r->server, r->migration, ret_old, ret_new, err);
    const char *old = r->nsides ? r->sides[0] : "registry",
               *new = r->nsides == 2 ? r->sides[1] : "live";
    return side_open(s, old, ret_old, err) || side_open(s, new, ret_new, err) ? -1 : 0;
}

/* What a reader of the report must know; NULL: nothing. */
static const char *note_of(const struct sides *s, const struct diff *d)
{
    const char *names = s->configured || d->across
                            ? ""
                            : " No feed's configuration was read (-c): topics and subjects are "
                              "named as those of a feed "
                              "called tailrace would be.";
    const char *pairs =
        d->by_name ? " No schema is on both sides: tables of one name are held against each other."
                   : "";
    const char *kinds = d->foreign ? " Types of two kinds of database are compared by what they "
                                     "mean; the events' source block, which differs in every "
                                     "table, is left out."
                                   : "";
    const char *note = arena_printf(s->a, "%s%s%s", names, pairs, kinds);
    return *note ? note + 1 : NULL;
}

static int compare(struct sides *s, const struct schema_args *r, struct diff **ret, struct err *err)
{
    struct diff_options opt = { .enc = &s->c->enc,
                                .level = r->level,
                                .feed_config = s->configured ? r->v.path : NULL,
                                .registry_url = s->c->registry.url };
    struct side *old, *new;
    if (open_both(s, r, &old, &new, err))
        return -1;
    *ret = diff_compare(s->a, old, new, &opt);
    if ((*ret)->n)
        (*ret)->note = note_of(s, *ret);
    return sides_facts(s, *ret, err) ? -1 : diff_judge(s->a, *ret, &opt, err);
}

static int exit_of(const struct diff *d)
{
    return d->impact == IMPACT_BREAKING     ? EXIT_BREAKING
           : d->impact == IMPACT_COMPATIBLE ? EXIT_COMPATIBLE
                                            : EXIT_SAME;
}

static int once(struct config *c, const struct schema_args *r, int *ret_exit, struct err *err)
{
    struct arena a;
    struct diff *d;
    arena_init(&a, 1 << 16);
    struct sides s = { .a = &a, .c = c, .configured = r->configured, .ca_file = r->ca_file };
    int rc = 0;
    if (r->save) {
        rc = save(&s, r, err);
        *ret_exit = EXIT_SAME;
    } else {
        rc = compare(&s, r, &d, err) || print(r, d, err) ? -1 : 0;
        if (!rc)
            *ret_exit = exit_of(d);
    }
    sides_done(&s);
    arena_done(&a);
    return rc;
}

/* ---- --watch ---- */

/* What was told last, so that a state is told once. A failed webhook is told again. */
struct told {
    struct buf json;
    bool webhook_due;
};

static void tell(const struct schema_args *r, const struct diff *d, struct told *told)
{
    struct buf now = { 0 }, answer = { 0 };
    struct err err = { 0 };
    diff_json(d, &now);
    if (!slice_eq(buf_slice(&now), buf_slice(&told->json))) {
        told->json.n = 0;
        buf_put(&told->json, now.p, now.n);
        told->webhook_due = r->webhook != NULL;
        if (print(r, d, &err))
            log_warn("%s", err.msg);
    }
    if (told->webhook_due) {
        told->webhook_due = http_post(r->webhook, r->ca_file, buf_cstr(&now), "application/json",
                                      &answer, &err) != 0;
        if (told->webhook_due)
            log_warn("the webhook was not told: %s", err.msg);
    }
    buf_done(&now);
    buf_done(&answer);
}

static void write_metrics(const struct schema_args *r, const struct diff *d)
{
    struct buf b = { 0 };
    struct err err = { 0 };
    if (!r->metrics)
        return;
    diff_metrics(d, (int64_t)time(NULL), &b);
    if (write_file(r->metrics, &b, &err))
        log_warn("%s", err.msg);
    buf_done(&b);
}

static void look_once(struct config *c, const struct schema_args *r, struct told *told,
                      int *ret_exit)
{
    struct arena a;
    struct diff *d = NULL;
    struct err err = { 0 };
    arena_init(&a, 1 << 16);
    struct sides s = { .a = &a, .c = c, .configured = r->configured, .ca_file = r->ca_file };
    if (compare(&s, r, &d, &err)) {
        log_warn("not compared this time: %s", err.msg);
        *ret_exit = EXIT_TROUBLE;
        d = NULL;
    } else {
        *ret_exit = exit_of(d);
        tell(r, d, told);
    }
    write_metrics(r, d);
    sides_done(&s);
    arena_done(&a);
}

static int watch(struct config *c, const struct schema_args *r)
{
    struct told told = { 0 };
    int code = EXIT_SAME;
    while (!stop) {
        look_once(c, r, &told, &code);
        for (int waited = 0; waited < r->watch_s * 10 && !stop; waited++)
            nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    }
    buf_done(&told.json);
    return code;
}

/* Reads the configuration; without one, uses what a feed would have by default. */
static int configure(struct schema_args *r, struct chosen *chosen, struct config **ret,
                     struct err *err)
{
    static const struct setting bare[] = { { "name", "tailrace" },
                                           { "source.conninfo", "" },
                                           { "sink.kind", "null" },
                                           { "log.level", "warn" } };
    if (!r->configured) {
        size_t n = sizeof bare / sizeof *bare;
        if ((size_t)r->v.nsettings + n > sizeof r->v.settings / sizeof *r->v.settings)
            return err_set(err, ERR_CONFIG, "too many --set");
        memmove(r->v.settings + n, r->v.settings, (size_t)r->v.nsettings * sizeof *bare);
        memcpy(r->v.settings, bare, sizeof bare);
        r->v.nsettings += (int)n;
        r->v.path = "/dev/null";
    }
    if (chosen_one(chosen, &r->v, ret, err))
        return -1;
    if ((*ret)->log_level == LOG_INFO)
        log_set_level(LOG_WARN);
    return 0;
}

int cmd_schema_diff(int argc, char **argv)
{
    struct schema_args r;
    struct chosen chosen = { 0 };
    struct config *c;
    struct err err = { 0 };
    int code = EXIT_TROUBLE;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int rc = schema_args_read(&r, argc, argv, &err) || configure(&r, &chosen, &c, &err) ? -1 : 0;
    if (!rc && r.watch_s)
        code = watch(c, &r);
    else if (!rc)
        rc = once(c, &r, &code, &err);
    chosen_done(&chosen);
    if (rc)
        (void)finish_command(&err);
    return rc ? EXIT_TROUBLE : code;
}
