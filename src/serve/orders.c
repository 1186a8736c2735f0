/* Orders for a process and its feeds. Each is a row of one table: its name, and what it does. */
#include "serve/orders.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "serve/answer.h"
#include "serve/view.h"

enum { MOST_NAMES = 1000 };

/* ---- answers ---- */

static void put_feeds(const struct wish *w, struct buf *out)
{
    const struct json_out j = { out, true };
    json_out_flag(&j, "ok", true);
    json_out_texts(&j, "feeds", (const char *const *)w->feeds);
}

static void answer_feeds(const struct wish *w, struct buf *out)
{
    buf_u8(out, '{');
    put_feeds(w, out);
    buf_str(out, "}\n");
}

/* ---- orders. Under the roster's lock ---- */

static const struct roster_feed *feed_of(const struct roster *r, const char *name)
{
    size_t i = 0;
    while (i < r->n && strcmp(r->feeds[i].name, name) != 0)
        i++;
    return i < r->n ? &r->feeds[i] : NULL;
}

static void do_list(const struct steering *s, const struct wish *w, struct buf *out)
{
    const struct json_out j = { out, true };
    struct view v = { .about = *s->about, .now_ms = clock_wall_ns() / 1000000 };
    if (!w->feeds[0])
        view_roster(&v, s->roster);
    for (char **name = w->feeds; *name; name++)
        view_take(&v, *name, feed_of(s->roster, *name)->stats);
    buf_u8(out, '{');
    json_out_flag(&j, "ok", true);
    put_members(&v, false, out);
    buf_str(out, "}\n");
    view_done(&v);
}

/* Refuses an order for a feed that has ended: it can neither be held nor go on. */
static bool all_run(const struct steering *s, const struct wish *w, const char *order,
                    struct buf *out)
{
    char why[400];
    for (char **name = w->feeds; *name; name++) {
        const struct state *now = &feed_of(s->roster, *name)->stats->state;
        if (state_now(now) != FEED_STOPPED)
            continue;
        snprintf(why, sizeof why, "%s: feed %.200s has stopped (%s), and no feed was changed -> "
                 "tailrace ctl restart begins it again", order, *name,
                 state_reason_name(state_reason(now)));
        answer_refuse(out, why);
        return false;
    }
    return true;
}

static void to_each(const struct steering *s, const struct wish *w, const char *order,
                    void (*change)(struct engine_feed *f), struct buf *out)
{
    if (!all_run(s, w, order, out))
        return;
    for (char **name = w->feeds; *name; name++)
        change(feed_of(s->roster, *name)->engine);
    answer_feeds(w, out);
}

static void do_pause(const struct steering *s, const struct wish *w, struct buf *out)
{
    to_each(s, w, "pause", engine_pause, out);
}

static void do_resume(const struct steering *s, const struct wish *w, struct buf *out)
{
    to_each(s, w, "resume", engine_resume, out);
}

static void hand_on(const struct steering *s, enum order_kind kind, const struct wish *w,
                    struct buf *out)
{
    const struct json_out j = { out, true };
    uint64_t order = s->hand_on(s->arg, kind, w);
    if (!order) {
        answer_refuse(out, "another order is being done -> ask again in a moment");
        return;
    }
    buf_u8(out, '{');
    put_feeds(w, out);
    json_out_count(&j, "order", order);
    buf_str(out, "}\n");
}

static void do_restart(const struct steering *s, const struct wish *w, struct buf *out)
{
    hand_on(s, ORDER_RESTART, w, out);
}

static void do_reload(const struct steering *s, const struct wish *w, struct buf *out)
{
    hand_on(s, ORDER_RELOAD, w, out);
}

/* Only for a feed that does not stream: else it would store its own position after the new one. */
static void do_position(const struct steering *s, const struct wish *w, struct buf *out)
{
    enum feed_state now = state_now(&feed_of(s->roster, *w->feeds)->stats->state);
    if (w->feeds[1] || !w->expected || !w->position || !*w->position)
        answer_refuse(out, "position: one feed is wanted, the position that is expected to be "
                           "stored, and the one that is to be");
    else if (now != FEED_PAUSED && now != FEED_STOPPED)
        answer_refuse(out, "position: the feed is neither paused nor stopped, and nothing is "
                           "changed -> tailrace ctl pause");
    else
        hand_on(s, ORDER_POSITION, w, out);
}

static void do_outcome(const struct steering *s, const struct wish *w, struct buf *out)
{
    buf_u8(out, '{');
    s->outcome(s->arg, w->order, out);
    buf_str(out, "}\n");
}

/* LOG_LEVELS means "default"; -1: no such level. */
static int level_of(const char *text)
{
    for (int i = 0; text && i < LOG_LEVELS; i++)
        if (strcmp(text, log_level_names[i]) == 0)
            return i;
    return text && strcmp(text, "default") == 0 ? LOG_LEVELS : -1;
}

static void do_log_level(const struct steering *s, const struct wish *w, struct buf *out)
{
    int level = level_of(w->level);
    bool all = !w->feeds[0];
    (void)s;
    if (level < 0 || (all && level == LOG_LEVELS)) {
        answer_refuse(out, all ? "level is debug, info, warn or error"
                               : "level is debug, info, warn, error or default");
        return;
    }
    if (all)
        log_set_level((enum log_level)level);
    for (char **name = w->feeds; *name; name++)
        if (!log_set_feed_level(*name, (enum log_level)level)) {
            answer_refuse(out, "too many feeds have a level of their own -> give some of them the "
                               "level \"default\"");
            return;
        }
    answer_feeds(w, out);
}

/* ---- the table ---- */

enum feeds_wanted { NO_FEEDS, ANY_FEEDS, SOME_FEEDS };

static const struct order_row {
    const char *name;
    enum feeds_wanted feeds;
    bool changes;               /* the order is logged */
    void (*run)(const struct steering *s, const struct wish *w, struct buf *out);
} rows[] = {
    { "list", ANY_FEEDS, false, do_list },
    { "pause", SOME_FEEDS, true, do_pause },
    { "resume", SOME_FEEDS, true, do_resume },
    { "restart", SOME_FEEDS, true, do_restart },
    { "reload", NO_FEEDS, true, do_reload },
    { "log-level", ANY_FEEDS, true, do_log_level },
    { "position", SOME_FEEDS, true, do_position },
    { "outcome", NO_FEEDS, false, do_outcome },
};

static void refuse_unknown(const char *what, struct buf *out)
{
    struct buf why = { 0 };
    buf_printf(&why, "%s%.100s%sthe orders are", what ? "\"" : "", what ? what : "",
               what ? "\": there is no such order; " : "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        buf_printf(&why, "%s %s", i ? "," : "", rows[i].name);
    answer_refuse(out, buf_cstr(&why));
    buf_done(&why);
}

static bool has(char **names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The feeds that the request's names and patterns stand for, each once. */
static int read_feeds(const struct roster *r, json_t *list, struct wish *w, struct err *err)
{
    size_t i, n = 0, found = 0;
    json_t *e;
    w->feeds = arena_alloc(&w->a, (r->n + 1) * sizeof *w->feeds);
    w->feeds[0] = NULL;
    if (list && (!json_is_array(list) || json_array_size(list) > MOST_NAMES))
        return err_set(err, ERR_CONFIG, "feeds is a list of names, %d at most", MOST_NAMES);
    size_t *at = xcalloc(r->n + 1, sizeof *at);
    int rc = 0;
    json_array_foreach(list, i, e) {
        const char *name = json_string_value(e);
        rc = !name ? err_set(err, ERR_CONFIG, "feeds is a list of names")
                   : roster_find(r, name, at, &found, err);
        for (size_t k = 0; !rc && k < found; k++)
            if (!has(w->feeds, n, r->feeds[at[k]].name))
                w->feeds[n++] = arena_strdup(&w->a, r->feeds[at[k]].name);
        if (rc)
            break;
    }
    w->feeds[n] = NULL;
    free(at);
    return rc;
}

static void log_order(const struct order_row *row, const struct wish *w)
{
    if (!row->changes)
        return;
    const char *level = w->level ? w->level : "";
    for (char **name = w->feeds; *name; name++)
        log_info("an order has come order=%s%s%s feed=%s", row->name, w->level ? " level=" : "",
                 level, *name);
    if (!w->feeds[0])
        log_info("an order has come order=%s%s%s", row->name, w->level ? " level=" : "", level);
}

static void run_row(const struct steering *s, const struct order_row *row, json_t *o,
                    struct buf *out)
{
    struct err err = { 0 };
    json_int_t order = json_integer_value(json_object_get(o, "order"));
    struct wish w = {
        .level = json_string_value(json_object_get(o, "level")),
        .expected = json_string_value(json_object_get(o, "expected")),
        .position = json_string_value(json_object_get(o, "position")),
        .dry_run = json_is_true(json_object_get(o, "dry_run")),
        .order = order > 0 ? (uint64_t)order : 0,
    };
    arena_init(&w.a, 1024);
    roster_lock(s->roster);
    if (read_feeds(s->roster, json_object_get(o, "feeds"), &w, &err))
        answer_refuse(out, err.msg);
    else if (row->feeds == SOME_FEEDS && !w.feeds[0])
        answer_refuse(out, "feeds: a name is wanted, or .* for all");
    else {
        size_t before = out->n;
        row->run(s, &w, out);
        if (strncmp((const char *)out->p + before, "{\"ok\": true", 11) == 0)
            log_order(row, &w);
    }
    roster_unlock(s->roster);
    arena_done(&w.a);
}

void orders_answer(const struct steering *s, struct slice request, struct buf *out)
{
    json_t *o = json_loadb((const char *)request.p, request.n, 0, NULL);
    const char *what = json_string_value(json_object_get(o, "do"));
    size_t i = 0, n = sizeof rows / sizeof *rows;
    while (what && i < n && strcmp(what, rows[i].name) != 0)
        i++;
    if (what && i < n)
        run_row(s, &rows[i], o, out);
    else
        refuse_unknown(what, out);
    json_decref(o);
}
