/*
 * `ctl position`: shows the stored position beside server and slot, and checks another one that
 * shall take its place.
 */
#include <stdio.h>
#include <time.h>
#include "base/json_out.h"
#include "source/pg/start.h"

static struct slice first_line(struct slice s)
{
    const uint8_t *end = s.n ? memchr(s.p, '\n', s.n) : NULL;
    return slice_of(s.p, end ? (size_t)(end - s.p) : s.n);
}

/* ---- show ---- */

static void put_lsn(const struct json_out *j, const char *name, uint64_t lsn)
{
    char text[24];
    snprintf(text, sizeof text, PG_LSN_FMT, PG_LSN_ARG(lsn));
    if (lsn)
        json_out_text(j, name, text);
}

static void put_time(const struct json_out *j, const char *name, int64_t us)
{
    char text[32];
    struct tm tm;
    time_t s = (time_t)(us / 1000000);
    if (us && gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
        json_out_text(j, name, text);
}

static void put_position(const struct json_out *j, const struct pg_position *p)
{
    json_out_open(j, "position", '{');
    json_out_text(j, "system_id", p->system_id);
    json_out_count(j, "timeline", p->timeline);
    json_out_text(j, "slot", p->slot);
    if (*p->publication)
        json_out_text(j, "publication", p->publication);
    put_lsn(j, "lsn", p->lsn);
    put_lsn(j, "inside_transaction", p->tx_lsn);
    if (p->tx_lsn)
        json_out_count(j, "changes_of_it", p->ordinal);
    put_lsn(j, "last_commit_lsn", p->commit_lsn);
    put_time(j, "last_commit_time", p->commit_us);
    if (p->commit_xid)
        json_out_count(j, "last_commit_xid", p->commit_xid);
    json_out_close(j, '}');
}

static void put_beside(const struct json_out *j, const struct pg_options *opt,
                       const struct pg_place *place, const struct pg_slot *slot)
{
    json_out_open(j, "server", '{');
    json_out_text(j, "system_id", place->server.system_id);
    json_out_count(j, "timeline", place->server.timeline);
    json_out_text(j, "role", place->server.standby ? "standby" : "primary");
    put_lsn(j, "end", place->end);
    json_out_close(j, '}');
    json_out_open(j, "slot", '{');
    json_out_text(j, "name", opt->slot);
    json_out_flag(j, "exists", slot->exists);
    put_lsn(j, "confirmed_flush", slot->confirmed_flush);
    if (slot->active_pid)
        json_out_number(j, "active_pid", slot->active_pid);
    if (*slot->lost)
        json_out_text(j, "lost", slot->lost);
    json_out_close(j, '}');
}

static void put_apart(const struct json_out *j, const struct pg_position *p,
                      const struct pg_place *place, const struct pg_slot *slot)
{
    json_out_open(j, "bytes", '{');
    if (slot->confirmed_flush)
        json_out_number(j, "position_after_slot", (long long)(p->lsn - slot->confirmed_flush));
    json_out_number(j, "server_after_position", (long long)(place->end - p->lsn));
    json_out_close(j, '}');
}

/* Looks at server and slot, on connections that it closes again. */
static int look(const struct pg_options *opt, struct pg_place *ret_place, struct pg_slot *ret_slot,
                struct err *err)
{
    PGconn *sql = pg_connect(opt, PG_CATALOG, err);
    PGconn *repl = sql ? pg_connect(opt, PG_STREAM, err) : NULL;
    int rc = !repl || pg_place_read(repl, sql, ret_place, err) ||
             pg_slot_read(sql, opt->slot, ret_slot, err) ? -1 : 0;
    PQfinish(repl);
    PQfinish(sql);
    return rc;
}

int pg_position_show(const struct pg_options *opt, struct slice stored, struct buf *ret_members,
                     struct err *err)
{
    const struct json_out j = { ret_members, true };
    struct pg_position p;
    struct pg_place place = { 0 };
    struct pg_slot slot;
    if (stored.n && pg_position_read(first_line(stored), &p, err))
        return -1;
    if (stored.n)
        put_position(&j, &p);
    int rc = look(opt, &place, &slot, err);
    if (!rc)
        put_beside(&j, opt, &place, &slot);
    if (!rc && stored.n)
        put_apart(&j, &p, &place, &slot);
    pg_history_done(&place.history);
    return rc;
}

/* ---- move ---- */

static int read_text(const struct pg_options *opt, const char *text, const struct pg_place *place,
                     struct pg_position *ret, struct err *err)
{
    if (*text == '{')
        return pg_position_read(slice_str(text), ret, err);
    *ret = (struct pg_position){ 0 };
    if (pg_lsn_read(text, &ret->lsn, err))
        return err_set(err, ERR_CONFIG, "%.200s: neither a file, nor a position's JSON, nor an LSN "
                       "-> what tailrace ctl position export has printed, or an LSN as 16/B374D848",
                       text);
    snprintf(ret->system_id, sizeof ret->system_id, "%s", place->server.system_id);
    snprintf(ret->slot, sizeof ret->slot, "%s", opt->slot);
    snprintf(ret->publication, sizeof ret->publication, "%.*s",
             (int)sizeof ret->publication - 1, opt->publication);
    ret->data = ret->lsn;
    pg_start_label(ret, place);
    return 0;
}

static void say_between(uint64_t from, uint64_t to, const char *what, const char *then,
                        struct buf *out)
{
    buf_printf(out, "%s %llu bytes of WAL, from " PG_LSN_FMT " to " PG_LSN_FMT
               ": transactions that were committed there %s\n", what,
               (unsigned long long)(to - from), PG_LSN_ARG(from), PG_LSN_ARG(to), then);
}

static void say_move(const struct pg_position *was, const struct pg_position *p, struct buf *out)
{
    if (was->tx_lsn)
        buf_printf(out, "the stored position is inside the transaction of " PG_LSN_FMT ", behind "
                   "%llu of its changes\n", PG_LSN_ARG(was->tx_lsn),
                   (unsigned long long)was->ordinal);
    if (p->lsn > was->lsn)
        say_between(was->lsn, p->lsn, "skips", "go to no topic", out);
    else if (p->lsn < was->lsn)
        say_between(p->lsn, was->lsn, "repeats", "go to the topics again", out);
    else
        buf_str(out, was->tx_lsn == p->tx_lsn && was->ordinal == p->ordinal
                ? "skips nothing, repeats nothing\n" : "moves inside that transaction only\n");
}

/* Judges the new position as `run` would. */
static int judge(const struct pg_options *opt, const struct pg_position *p,
                 const struct pg_place *place, const struct pg_slot *slot, struct err *err)
{
    struct pg_start start;
    struct err why = { 0 };
    if (slot->exists && p->lsn < slot->confirmed_flush)
        return err_set(err, ERR_CONFIG, "position " PG_LSN_FMT " cannot be read again: slot \"%s\" "
                       "has forgotten everything before " PG_LSN_FMT " -> no earlier position than "
                       "that one", PG_LSN_ARG(p->lsn), opt->slot,
                       PG_LSN_ARG(slot->confirmed_flush));
    if (p->lsn > place->end)
        return err_set(err, ERR_CONFIG, "position " PG_LSN_FMT " is not written yet: the server is "
                       "at " PG_LSN_FMT " -> no later position than that one",
                       PG_LSN_ARG(p->lsn), PG_LSN_ARG(place->end));
    if (pg_start_ask(opt, p, place, slot, &start, &why)) {
        *err = why;
        return -1;
    }
    if (start.kind == PG_START_GO)
        return 0;
    return err_set(err, ERR_CONFIG, "the position is refused, nothing is changed: %s", why.msg);
}

int pg_position_move(const struct pg_options *opt, struct slice stored, const char *text,
                     struct buf *ret_token, struct buf *ret_says, struct err *err)
{
    struct pg_position was = { 0 }, p = { 0 };
    struct pg_place place = { 0 };
    struct pg_slot slot;
    struct err unread;
    bool known = stored.n && !pg_position_read(first_line(stored), &was, &unread);
    int rc = look(opt, &place, &slot, err);
    if (!rc && read_text(opt, text, &place, &p, err)) {
        err->class = ERR_CONFIG;
        rc = -1;
    }
    rc = rc || judge(opt, &p, &place, &slot, err) ? -1 : 0;
    if (!rc && known && strcmp(was.slot, p.slot) == 0 && strcmp(was.system_id, p.system_id) == 0)
        say_move(&was, &p, ret_says);
    else if (!rc)
        say_between(p.lsn, place.end, "reads", "go to the topics; what is before it is not read",
                    ret_says);
    if (!rc)
        pg_position_write(&p, ret_token);
    pg_history_done(&place.history);
    return rc;
}
