/* The stored position as JSON: writes it, reads and checks it, compares places in a binlog. */
#include "source/mysql/position.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/json_out.h"
#include "source/mysql/binlog/binlog.h"

static void put_gtids(const struct json_out *j, const char *name, const struct gtid_set *gtids)
{
    json_out_open(j, name, '"');
    gtid_write(gtids, j->to);
    json_out_close(j, '"');
}

static void put_place(const struct mysql_place *p, struct buf *out)
{
    const struct json_out j = { .to = out };
    put_gtids(&j, "gtid", &p->gtid);
    json_out_text(&j, "file", p->file);
    json_out_count(&j, "pos", p->pos);
    if (p->born)
        json_out_count(&j, "born", p->born);
}

void mysql_position_write(const struct mysql_position *p, struct buf *out)
{
    const struct json_out j = { .to = out };
    buf_u8(out, '{');
    json_out_text(&j, "server", p->server);
    put_place(&p->done, out);
    if (*p->last) {
        json_out_text(&j, "last", p->last);
        json_out_number(&j, "us", p->last_us);
    }
    if (p->ordinal) {
        json_out_count(&j, "ordinal", p->ordinal);
        json_out_text(&j, "in", p->in);
    }
    if (p->ordinal && p->filter)
        json_out_count(&j, "filter", p->filter);
    if (p->outside.n)
        put_gtids(&j, "outside", &p->outside);
    if (p->moved)
        json_out_flag(&j, "moved", true);
    if (*p->from.file) {
        json_out_open(&j, "from", '{');
        put_place(&p->from, out);
        json_out_close(&j, '}');
    }
    if (p->doubt.names.n) {
        json_out_open(&j, "doubt", '{');
        put_place(&p->doubt.until, out);
        json_out_text(&j, "at", p->doubt.at);
        json_out_slice(&j, "names", buf_slice(&p->doubt.names));
        json_out_close(&j, '}');
    }
    json_out_close(&j, '}');
}

/* ---- reading: anybody who may write to the topic or the file may have written it ---- */

/* false: the member is there and is not a whole number from 0 to max. */
static bool number(const json_t *j, const char *key, int64_t max, int64_t *ret)
{
    const json_t *v = json_object_get(j, key);
    *ret = v ? json_integer_value(v) : 0;
    return !v || (json_is_integer(v) && *ret >= 0 && *ret <= max);
}

/*
 * A server's id or a GTID: letters, digits and what stands between them. false: the member is there
 * and is not such a word of less than size bytes.
 */
static bool word(const json_t *j, const char *key, size_t size, char *ret)
{
    static const char plain[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.";
    const json_t *v = json_object_get(j, key);
    const char *text = v ? json_string_value(v) : "";
    if (!text || strlen(text) >= size || strspn(text, plain) != strlen(text) ||
        (v && json_string_length(v) != strlen(text)))
        return false;
    snprintf(ret, size, "%s", text);
    return true;
}

static int bad(const char *what, struct err *err)
{
    return err_set(err, ERR_FATAL, "%s is missing, or not what it can be", what);
}

static int read_place(json_t *j, bool mariadb, struct mysql_place *ret, struct err *err)
{
    const json_t *file = json_object_get(j, "file");
    const char *gtid = json_string_value(json_object_get(j, "gtid"));
    struct slice name = { (const uint8_t *)json_string_value(file), json_string_length(file) };
    int64_t pos, born;
    if (!gtid)
        return bad("gtid", err);
    if (!name.p || (name.n && !binlog_file_name_ok(name)))
        return bad("file", err);
    if (!number(j, "pos", INT64_MAX, &pos) || !number(j, "born", UINT32_MAX, &born))
        return bad("pos", err);
    snprintf(ret->file, sizeof ret->file, "%.*s", (int)name.n, (const char *)name.p);
    ret->pos = (uint64_t)pos;
    ret->born = (uint32_t)born;
    return gtid_read(gtid, mariadb, &ret->gtid, err);
}

/* Is it "FILE:POSITION"? */
static bool is_place(struct slice s)
{
    const uint8_t *colon = memrchr(s.p, ':', s.n);
    size_t digits = colon ? s.n - (size_t)(colon - s.p) - 1 : 0;
    return digits && strspn((const char *)colon + 1, "0123456789") == digits &&
           binlog_file_name_ok(slice_of(s.p, (size_t)(colon - s.p)));
}

static int read_doubt(json_t *j, bool mariadb, struct mysql_doubt *ret, struct err *err)
{
    const json_t *names = json_object_get(j, "names"), *at = json_object_get(j, "at");
    struct slice place = { (const uint8_t *)json_string_value(at), json_string_length(at) };
    if (!place.p || place.n >= sizeof ret->at || !is_place(place))
        return bad("at", err);
    if (!json_string_length(names) || strlen(json_string_value(names)) != json_string_length(names))
        return bad("names", err);
    snprintf(ret->at, sizeof ret->at, "%s", (const char *)place.p);
    buf_put(&ret->names, json_string_value(names), json_string_length(names));
    return read_place(j, mariadb, &ret->until, err);
}

static int read_json(json_t *j, bool mariadb, struct mysql_position *ret, struct err *err)
{
    json_t *from = json_object_get(j, "from"), *doubt = json_object_get(j, "doubt");
    const char *outside = json_string_value(json_object_get(j, "outside"));
    int64_t ordinal, filter;
    if (!json_is_string(json_object_get(j, "server")) ||
        !word(j, "server", sizeof ret->server, ret->server))
        return bad("server", err);
    if (!word(j, "in", sizeof ret->in, ret->in) || !number(j, "ordinal", INT64_MAX, &ordinal) ||
        !number(j, "filter", UINT32_MAX, &filter))
        return bad("in", err);
    if (!word(j, "last", sizeof ret->last, ret->last) || !number(j, "us", INT64_MAX, &ret->last_us))
        return bad("last", err);
    ret->moved = json_is_true(json_object_get(j, "moved"));
    ret->ordinal = (uint64_t)ordinal;
    ret->filter = (uint32_t)filter;
    if (outside && gtid_read(outside, mariadb, &ret->outside, err))
        return -1;
    if (doubt && read_doubt(doubt, mariadb, &ret->doubt, err))
        return -1;
    return read_place(j, mariadb, &ret->done, err) ||
                   (from && read_place(from, mariadb, &ret->from, err))
               ? -1
               : 0;
}

int mysql_position_read(struct slice token, bool mariadb, struct mysql_position *ret,
                        struct err *err)
{
    *ret = (struct mysql_position){ .done.gtid.mariadb = mariadb,
                                    .from.gtid.mariadb = mariadb,
                                    .doubt.until.gtid.mariadb = mariadb };
    json_error_t je;
    json_t *j = json_loadb((const char *)token.p, token.n, 0, &je);
    int rc = j ? read_json(j, mariadb, ret, err) : err_set(err, ERR_FATAL, "%s", je.text);
    json_decref(j);
    return rc ? err_wrap(err, "the stored position cannot be read: %.*s",
                         (int)(token.n > 300 ? 300 : token.n), (const char *)token.p)
              : 0;
}

void mysql_place_done(struct mysql_place *p)
{
    gtid_done(&p->gtid);
}

void mysql_doubt_done(struct mysql_doubt *d)
{
    buf_done(&d->names);
    mysql_place_done(&d->until);
}

void mysql_position_done(struct mysql_position *p)
{
    mysql_doubt_done(&p->doubt);
    mysql_place_done(&p->done);
    mysql_place_done(&p->from);
    gtid_done(&p->outside);
}

int mysql_position_counts(const struct mysql_position *p, uint32_t filter, struct err *err)
{
    if (!p->ordinal || !p->filter || !filter || p->filter == filter)
        return 0;
    return err_set(err, ERR_CONFIG,
                   "the feed stopped inside transaction %s, a part of whose changes it had handed "
                   "out, and tables.include or "
                   "tables.exclude is another one since: which part that was cannot be told. Set "
                   "them back until the feed is past it",
                   *p->in ? p->in : "(without GTID)");
}

int mysql_file_order(const char *file_a, uint64_t pos_a, const char *file_b, uint64_t pos_b)
{
    const char *a = strrchr(file_a, '.'), *b = strrchr(file_b, '.');
    unsigned long long na = a ? strtoull(a + 1, NULL, 10) : 0,
                       nb = b ? strtoull(b + 1, NULL, 10) : 0;
    if (na != nb)
        return na < nb ? -1 : 1;
    return pos_a < pos_b ? -1 : pos_a > pos_b;
}
