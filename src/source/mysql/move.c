/*
 * `tailrace ctl position`: shows the stored position beside the server's, and makes another one to
 * replace it.
 */
#include <stdio.h>
#include "base/json_out.h"
#include "source/mysql/source.h"

static struct slice first_line(struct slice s)
{
    const uint8_t *end = s.n ? memchr(s.p, '\n', s.n) : NULL;
    return slice_of(s.p, end ? (size_t)(end - s.p) : s.n);
}

static struct mysql_source *connected(const struct mysql_options *opt, struct err *err)
{
    struct mysql_source *s = (struct mysql_source *)mysql_source_new(opt, err);
    if (s && (s->sql = mysql_conn_open(opt, MYSQL_CATALOG, err)) &&
        !mysql_server_read(s->sql, &s->server, err) &&
        !mysql_server_usable(&s->server, opt, err))
        return s;
    if (s)
        s->base.ops->free(&s->base);
    return NULL;
}

/* ---- show ---- */

static void put_gtids(const struct json_out *j, const char *name, const struct gtid_set *gtids)
{
    struct buf text = { 0 };
    gtid_write(gtids, &text);
    json_out_text(j, name, buf_cstr(&text));
    buf_done(&text);
}

static void put_missing(const struct json_out *j, const char *name, const struct gtid_set *a,
                        const struct gtid_set *b)
{
    struct buf text = { 0 };
    gtid_write_missing(a, b, &text);
    json_out_text(j, name, buf_cstr(&text));
    buf_done(&text);
}

static void put_file(const struct json_out *j, const struct mysql_place *p)
{
    if (!*p->file)
        return;
    json_out_text(j, "file", p->file);
    json_out_count(j, "pos", p->pos);
}

static void put_position(const struct json_out *j, const struct mysql_position *p)
{
    json_out_open(j, "position", '{');
    json_out_text(j, "server", p->server);
    put_gtids(j, "gtid", &p->done.gtid);
    put_file(j, &p->done);
    if (*p->last)
        json_out_text(j, "last_transaction", p->last);
    if (p->ordinal) {
        json_out_text(j, "inside_transaction", *p->in ? p->in : "(without GTID)");
        json_out_count(j, "changes_of_it", p->ordinal);
    }
    if (*p->from.file)
        put_gtids(j, "reads_from", &p->from.gtid);
    json_out_close(j, '}');
}

static int put_beside(const struct json_out *j, const struct mysql_options *opt,
                      const struct mysql_position *p, struct err *err)
{
    struct mysql_source *s = connected(opt, err);
    struct mysql_place end = { .gtid.mariadb = opt->mariadb };
    int rc = !s || mysql_server_end(s->sql, &s->server, &end, err) ? -1 : 0;
    if (!rc) {
        json_out_open(j, "server", '{');
        json_out_text(j, "server", s->server.uuid);
        json_out_text(j, "role", s->server.replica ? "replica" : "primary");
        put_gtids(j, "gtid", &end.gtid);
        put_file(j, &end);
        json_out_close(j, '}');
    }
    if (!rc && p) {
        json_out_open(j, "transactions", '{');
        put_missing(j, "not_read_yet", &end.gtid, &p->done.gtid);
        put_missing(j, "not_on_this_server", &p->done.gtid, &end.gtid);
        json_out_close(j, '}');
    }
    mysql_place_done(&end);
    if (s)
        s->base.ops->free(&s->base);
    return rc;
}

int mysql_position_show(const struct mysql_options *opt, struct slice stored,
                        struct buf *ret_members, struct err *err)
{
    const struct json_out j = { ret_members, true };
    struct mysql_position p = { 0 };
    int rc = stored.n ? mysql_position_read(first_line(stored), opt->mariadb, &p, err) : 0;
    if (!rc && stored.n)
        put_position(&j, &p);
    if (!rc)
        rc = put_beside(&j, opt, stored.n ? &p : NULL, err);
    mysql_position_done(&p);
    return rc;
}

/* ---- move ---- */

static int read_text(const struct mysql_source *s, const char *text, struct mysql_position *ret,
                     struct err *err)
{
    bool mariadb = s->server.mariadb;
    if (*text == '{')
        return mysql_position_read(slice_str(text), mariadb, ret, err);
    *ret = (struct mysql_position){ .done.gtid.mariadb = mariadb, .from.gtid.mariadb = mariadb,
                                    .outside.mariadb = mariadb };
    snprintf(ret->server, sizeof ret->server, "%s", s->server.uuid);
    if (gtid_read(text, mariadb, &ret->done.gtid, err) || gtid_empty(&ret->done.gtid))
        return err_set(err, ERR_CONFIG, "%.200s: neither a file, nor a position's JSON, nor a set "
                       "of GTIDs -> what tailrace ctl position export has printed, or a set as "
                       "%s", text, mariadb ? "0-101-42" : "UUID:1-5");
    return mariadb ? mysql_server_outside(s->sql, &ret->outside, err) : 0;
}

/*
 * Judges the position as `run` would. A refusal is final (ERR_CONFIG): nobody waits for a position.
 */
static int judge(struct mysql_source *s, struct slice token, struct err *err)
{
    struct err why = { 0 };
    bool same;
    if (!mysql_columns_are_told(s))
        return err_set(err, ERR_CONFIG, "the binlog does not name columns "
                       "(binlog_row_metadata=%s): what the tables are at another position cannot "
                       "be told -> set it to FULL, or source.mysql.schema-doubt: catalog, if no "
                       "table was altered between",
                       s->server.metadata);
    if (!mysql_may_go_on(s, token, &same, &why) && !mysql_has_file(s, &why))
        return 0;
    return err_set(err, ERR_CONFIG, "the position is refused, nothing is changed: %s", why.msg);
}

static void say_missing(const struct gtid_set *a, const struct gtid_set *b, const char *what,
                        const char *then, struct buf *out)
{
    struct buf text = { 0 };
    gtid_write_missing(a, b, &text);
    if (text.n)
        buf_printf(out, "%s transactions %s: they %s\n", what, buf_cstr(&text), then);
    buf_done(&text);
}

static void say_files(const struct mysql_place *was, const struct mysql_place *p, struct buf *out)
{
    int order = mysql_file_order(was->file, was->pos, p->file, p->pos);
    const struct mysql_place *from = order < 0 ? was : p, *to = order < 0 ? p : was;
    if (order)
        buf_printf(out, "%s the binlog from %s:%llu to %s:%llu: its transactions %s\n",
                   order < 0 ? "skips" : "repeats", from->file, (unsigned long long)from->pos,
                   to->file, (unsigned long long)to->pos,
                   order < 0 ? "go to no topic" : "go to the topics again");
}

static void say_move(const struct mysql_position *was, const struct mysql_position *p,
                     struct buf *out)
{
    size_t before = out->n;
    if (was->ordinal)
        buf_printf(out, "the stored position is inside transaction %s, behind %llu of its "
                   "changes\n", *was->in ? was->in : "(without GTID)",
                   (unsigned long long)was->ordinal);
    if (gtid_empty(&was->done.gtid) || gtid_empty(&p->done.gtid)) {
        say_files(&was->done, &p->done, out);
    } else {
        say_missing(&p->done.gtid, &was->done.gtid, "skips", "go to no topic", out);
        say_missing(&was->done.gtid, &p->done.gtid, "repeats", "go to the topics again", out);
    }
    if (out->n == before)
        buf_str(out, "skips nothing, repeats nothing\n");
}

static int move(struct mysql_source *s, struct slice stored, const char *text,
                struct buf *ret_token, struct buf *ret_says, struct err *err)
{
    struct mysql_position was = { 0 }, p = { 0 };
    int rc = stored.n ? mysql_position_read(first_line(stored), s->server.mariadb, &was, err) : 0;
    if (!rc && read_text(s, text, &p, err)) {
        err->class = ERR_CONFIG;
        rc = -1;
    }
    p.moved = true;
    if (!rc) {
        mysql_position_write(&p, ret_token);
        rc = judge(s, buf_slice(ret_token), err);
    }
    if (!rc && stored.n)
        say_move(&was, &p, ret_says);
    else if (!rc)
        buf_str(ret_says, "no position is stored: what is before this one is not read\n");
    mysql_position_done(&was);
    mysql_position_done(&p);
    return rc;
}

int mysql_position_move(const struct mysql_options *opt, struct slice stored, const char *text,
                        struct buf *ret_token, struct buf *ret_says, struct err *err)
{
    struct mysql_source *s = connected(opt, err);
    if (!s)
        return -1;
    int rc = move(s, stored, text, ret_token, ret_says, err);
    s->base.ops->free(&s->base);
    return rc;
}
