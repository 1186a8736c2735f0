/*
 * The text form of a chunk's high, and the marks that a stored position gives
 * (source_ops.stored_mark, stored_passed).
 */
#include "source/mysql/mark.h"
#include <stdio.h>
#include <stdlib.h>

/* Three lines: "position file", the server, the GTIDs. */
void mysql_high_write(const struct mysql_place *high, const char *server, struct buf *out)
{
    buf_printf(out, "%llu %s\n%s\n", (unsigned long long)high->pos, high->file, server);
    gtid_write(&high->gtid, out);
}

static struct slice line_of(struct slice *rest)
{
    const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    struct slice line = slice_of(rest->p, end ? (size_t)(end - rest->p) : rest->n);
    *rest = end ? slice_of(end + 1, rest->n - line.n - 1) : slice_of("", 0);
    return line;
}

struct mysql_high mysql_high_read(struct slice high)
{
    struct mysql_high ret = { 0 };
    char text[300], *file;
    struct slice place = line_of(&high), server = line_of(&high);
    snprintf(text, sizeof text, "%.*s", (int)place.n, (const char *)place.p);
    ret.pos = strtoull(text, &file, 10);
    snprintf(ret.file, sizeof ret.file, "%s", file + (*file == ' '));
    snprintf(ret.server, sizeof ret.server, "%.*s", (int)server.n, (const char *)server.p);
    ret.gtid = high;
    return ret;
}

/* Adds the GTID of the transaction that is open at p. false: it has none that can be read. */
static bool add_open(const struct mysql_position *p, struct gtid_set *to)
{
    struct gtid_set one = { 0 };
    struct err no = { 0 };
    bool read = !gtid_read(p->in, to->mariadb, &one, &no) && one.n == 1;
    if (read && to->mariadb)
        gtid_add_maria(to, one.entries->domain, one.entries->server, one.entries->number);
    else if (read)
        gtid_add(to, one.entries->uuid, one.entries->tag, one.entries->intervals[0].first);
    gtid_done(&one);
    return read;
}

/* Changes of the transaction after `done` were handed out: counts it. Its end is not known. */
static void count_open(struct mysql_position *p)
{
    if (!p->ordinal || !add_open(p, &p->done.gtid))
        return;
    p->done.file[0] = 0;
    p->done.pos = 0;
}

int mysql_stored_mark(const struct source *s, struct slice position, struct buf *ret_mark,
                      struct err *err)
{
    struct mysql_position p, at = { 0 };
    int rc = mysql_position_read(position, ((const struct mysql_source *)s)->opt->mariadb, &p, err);
    if (!rc) {
        count_open(&p);
        at.done = p.done;
        snprintf(at.server, sizeof at.server, "%s", p.server);
        mysql_position_write(&at, ret_mark);
    }
    mysql_position_done(&p);
    return rc;
}

/* By GTIDs too: if the log's last events belong to no transaction, a position never passes them. */
static int passed(const struct mysql_position *p, const struct mysql_high *high, bool *ret,
                  struct err *err)
{
    struct gtid_set all = { 0 };
    struct buf text = { 0 };
    *ret = *p->done.file &&
           mysql_file_order(high->file, high->pos, p->done.file, p->done.pos) <= 0;
    if (*ret)
        return 0;
    buf_set(&text, high->gtid);
    int rc = gtid_read(buf_cstr(&text), p->done.gtid.mariadb, &all, err);
    *ret = !rc && !gtid_empty(&all) && gtid_within(&all, &p->done.gtid);
    gtid_done(&all);
    buf_done(&text);
    return rc;
}

int mysql_stored_passed(const struct source *s, struct slice position, struct slice high, bool *ret,
                        struct err *err)
{
    struct mysql_position p;
    struct mysql_high h = mysql_high_read(high);
    int rc = mysql_position_read(position, ((const struct mysql_source *)s)->opt->mariadb, &p, err);
    if (!rc && strcmp(p.server, h.server) != 0)
        rc = err_set(err, ERR_RETRY,
                     "rows were read from server %s, and the feed reads server %s since: run it "
                     "again, with both connections to the same one", h.server, p.server);
    if (!rc)
        rc = passed(&p, &h, ret, err);
    mysql_position_done(&p);
    return rc;
}

void mysql_high_text(const struct source *s, struct slice high, struct buf *out)
{
    (void)s;
    struct mysql_high h = mysql_high_read(high);
    buf_printf(out, "%s:%llu", h.file, (unsigned long long)h.pos);
}
