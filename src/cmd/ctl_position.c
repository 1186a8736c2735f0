/* `tailrace ctl position`: shows or exports where a feed is, or sets where it reads on. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/json_out.h"
#include "cmd/config.h"
#include "serve/steer.h"

/* A stored position in two parts: the source's line, and the state of backfills. Borrowed. */
struct whole { struct slice line, reading; };

static struct whole take_apart(struct slice s)
{
    const uint8_t *end = s.n ? memchr(s.p, '\n', s.n) : NULL;
    size_t n = end ? (size_t)(end - s.p) : s.n;
    return (struct whole){ slice_of(s.p, n),
                           end ? slice_of(end + 1, s.n - n - 1) : slice_of("", 0) };
}

static bool is_pg(const struct config *c)
{
    return c->enc.connector == CONNECTOR_POSTGRESQL;
}

/* ---- show ---- */

static void put_owner(const struct json_out *j, const struct config *c)
{
    struct sink_feed feed = { .name = c->name };
    struct buf owner = { 0 };
    struct err unknown = { 0 };
    struct sink *sink = sink_of(c, &unknown);
    bool known = sink && sink->ops->owner && !sink->ops->owner(sink, &feed, &owner, &unknown);
    json_t *o = known && owner.n ? json_loadb((const char *)owner.p, owner.n, 0, NULL) : NULL;
    char *text = o ? json_dumps(o, JSON_PRESERVE_ORDER) : NULL;
    if (text) {
        json_out_name(j, "stored_by");
        buf_str(j->to, text);
    }
    free(text);
    json_decref(o);
    buf_done(&owner);
    if (sink)
        sink->ops->free(sink);
}

static void print_value(const char *group, const char *name, const json_t *value)
{
    char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    char label[80];
    snprintf(label, sizeof label, "%s%s%s", group, *group ? "." : "", name);
    printf("%-34s %s\n", label, text ? text : json_string_value(value));
    free(text);
}

static void print_members(struct slice object)
{
    json_t *o = json_loadb((const char *)object.p, object.n, 0, NULL), *value, *inner;
    const char *name, *of;
    json_object_foreach(o, name, value) {
        if (!json_is_object(value))
            print_value("", name, value);
        else
            json_object_foreach(value, of, inner)
                print_value(name, of, inner);
    }
    json_decref(o);
}

/* Prints what is stored, even if the server cannot be asked. */
static int show(const struct config *c, struct slice stored, bool json, struct err *err)
{
    struct buf out = { 0 };
    const struct json_out j = { &out, true };
    json_out_open(&j, NULL, '{');
    json_out_text(&j, "feed", c->name);
    json_out_flag(&j, "stored", stored.n > 0);
    int rc = is_pg(c) ? pg_position_show(&c->pg, stored, &out, err)
                      : mysql_position_show(&c->mysql, stored, &out, err);
    struct whole w = take_apart(stored);
    if (w.reading.n)
        json_out_slice(&j, "reading", w.reading);
    put_owner(&j, c);
    if (json && stored.n)
        json_out_slice(&j, "whole", stored);
    json_out_close(&j, '}');
    if (json)
        puts(buf_cstr(&out));
    else
        print_members(buf_slice(&out));
    buf_done(&out);
    return rc;
}

/* ---- export ---- */

static int export(const struct config *c, struct slice stored, struct err *err)
{
    static const char *const kinds[] = { "postgresql", "mysql", "mariadb" };
    struct whole w = take_apart(stored);
    json_t *position = json_loadb((const char *)w.line.p, w.line.n, 0, NULL);
    char when[32];
    struct tm tm;
    time_t now = (time_t)(clock_wall_ns() / 1000000000);
    if (!position)
        return err_set(err, ERR_CONFIG, "no position of feed %s is stored", c->name);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    json_t *server = json_object_get(position, is_pg(c) ? "system_id" : "server");
    json_t *slot = json_object_get(position, "slot");
    json_t *reading = w.reading.n ? json_stringn((const char *)w.reading.p, w.reading.n) : NULL;
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:O*, s:O*, s:o*, s:O}", "feed", c->name, "kind",
                          kinds[is_pg(c) ? 0 : 1 + c->mysql.mariadb], "exported", when, "version",
                          TAILRACE_VERSION, "server", server, "slot", slot, "reading", reading,
                          "position", position);
    char *text = json_dumps(o, JSON_PRESERVE_ORDER | JSON_INDENT(2));
    puts(text);
    free(text);
    json_decref(o);
    json_decref(position);
    return 0;
}

/* ---- set ---- */

/* The position to set: its text, and an export's state of backfills. */
struct wanted { struct buf text, reading; };

static int read_json(const struct config *c, json_t *o, struct wanted *w, struct err *err)
{
    json_t *position = json_object_get(o, "position");
    const char *feed = json_string_value(json_object_get(o, "feed"));
    const char *reading = json_string_value(json_object_get(o, "reading"));
    if (position && feed && strcmp(feed, c->name) != 0)
        return err_set(err, ERR_CONFIG, "this is the position of feed %.200s, and not of %s", feed,
                       c->name);
    char *text = json_dumps(position ? position : o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    w->text.n = 0;
    buf_str(&w->text, text ? text : "");
    buf_str(&w->reading, reading ? reading : "");
    free(text);
    return 0;
}

static int read_wanted(const struct config *c, const char *arg, struct wanted *w, struct err *err)
{
    json_error_t why;
    if (*arg != '{' && access(arg, F_OK) == 0) {
        if (file_read(arg, &w->text, err))
            return -1;
    } else {
        buf_str(&w->text, arg);
    }
    while (w->text.n && strchr(" \t\r\n", w->text.p[w->text.n - 1]))
        w->text.n--;
    if (!w->text.n || *w->text.p != '{')
        return w->text.n ? 0 : err_set(err, ERR_CONFIG, "%s: there is no position in it", arg);
    json_t *o = json_loadb((const char *)w->text.p, w->text.n, 0, &why);
    int rc = o ? read_json(c, o, w, err)
               : err_set(err, ERR_CONFIG, "this is no position's JSON: %s", why.text);
    json_decref(o);
    return rc;
}

static int through_service(const struct chosen *chosen, const struct config *c,
                           struct slice expected, struct slice token, struct err *err)
{
    struct buf line = { 0 };
    const struct json_out j = { &line, true };
    char *path = steer_path(chosen->all.process->control_socket);
    json_t *answer = NULL;
    json_out_open(&j, NULL, '{');
    json_out_text(&j, "do", "position");
    json_out_texts(&j, "feeds", (const char *const[]){ c->name, NULL });
    json_out_slice(&j, "expected", expected);
    json_out_slice(&j, "position", token);
    json_out_close(&j, '}');
    int rc = line.n < CONTROL_LINE ? service_ask_once(path, buf_cstr(&line), &answer, err)
             : err_set(err, ERR_CONFIG, "the position is too long for an order (%zu bytes), and "
                       "nothing is changed -> stop the service, and then again", line.n);
    if (!rc)
        rc = ctl_await(path, answer, err);
    json_decref(answer);
    buf_done(&line);
    free(path);
    return rc;
}

/* Keeps the stored state of backfills; if no position is stored, takes the exported one. */
static void put_reading(const struct wanted *w, struct slice stored, struct buf *token)
{
    struct whole was = take_apart(stored);
    struct slice reading = stored.n ? was.reading : buf_slice(&w->reading);
    if (!reading.n)
        return;
    buf_u8(token, '\n');
    buf_put(token, reading.p, reading.n);
}

static int set(const struct invocation *v, const struct chosen *chosen, struct config *c,
               struct slice stored, const struct wanted *w, struct err *err)
{
    struct buf token = { 0 }, says = { 0 }, text = { 0 };
    buf_set(&text, buf_slice(&w->text));
    int rc = is_pg(c) ? pg_position_move(&c->pg, stored, buf_cstr(&text), &token, &says, err)
                      : mysql_position_move(&c->mysql, stored, buf_cstr(&text), &token, &says, err);
    if (!rc)
        printf("feed %s: %.*s", c->name, (int)says.n, (const char *)says.p);
    put_reading(w, stored, &token);
    if (!rc && !v->dry_run) {
        rc = ctl_at_rest(chosen, c, err);
        int run = rc;
        if (rc >= 0)
            rc = ctl_confirm(v, "Store this position?", err);
        if (!rc)
            rc = run == 1 ? place_alone(c, stored, buf_slice(&token), err)
                          : through_service(chosen, c, stored, buf_slice(&token), err);
        if (!rc)
            printf("feed %s: the position is stored%s\n", c->name,
                   run == 1 ? "" : "; the feed is paused -> tailrace ctl resume");
    }
    buf_done(&token);
    buf_done(&says);
    buf_done(&text);
    return rc;
}

static int position(const struct invocation *v, const struct chosen *chosen, struct config *c,
                    struct err *err)
{
    struct buf stored = { 0 };
    struct wanted w = { 0 };
    const char *what = v->rest[1];
    int rc = ctl_stored(c, &stored, err);
    if (!rc && strcmp(what, "show") == 0)
        rc = show(c, buf_slice(&stored), v->json, err);
    else if (!rc && strcmp(what, "export") == 0)
        rc = export(c, buf_slice(&stored), err);
    else if (!rc)
        rc = read_wanted(c, v->rest[3], &w, err) ||
             set(v, chosen, c, buf_slice(&stored), &w, err) ? -1 : 0;
    buf_done(&w.text);
    buf_done(&w.reading);
    buf_done(&stored);
    return rc;
}

int ctl_position(const struct invocation *v, struct err *err)
{
    struct chosen chosen = { 0 };
    struct config *c;
    int n = v->nrest;
    const char *what = n > 1 ? v->rest[1] : "";
    bool looks = strcmp(what, "show") == 0 || strcmp(what, "export") == 0;
    if (!(looks && n == 3) && !(strcmp(what, "set") == 0 && n == 4))
        return err_set(err, ERR_CONFIG, "position: show FEED, export FEED or set FEED FILE|TEXT is "
                       "wanted");
    int rc = ctl_feed(v, v->rest[2], &chosen, &c, err) || position(v, &chosen, c, err) ? -1 : 0;
    chosen_done(&chosen);
    return rc;
}
