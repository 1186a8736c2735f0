/*
 * `tailrace check`: does the server still have what the stored position needs? The same functions
 * decide as for `run`.
 */
#include <stdio.h>
#include "source/mysql/source.h"

static void say_place(const struct mysql_source *s, finding_fn *say, void *arg)
{
    const struct mysql_place *p = &s->pos.done;
    struct buf gtid = { 0 }, what = { 0 };
    gtid_write(&p->gtid, &gtid);
    buf_printf(&what, "the stored position %s:%llu gtid=\"%.200s\" can be gone on from", p->file,
               (unsigned long long)p->pos, buf_cstr(&gtid));
    say(arg, FINDING_OK, buf_cstr(&what), NULL);
    buf_done(&what);
    buf_done(&gtid);
}

/*
 * Without GTIDs, the dump tells `run`. `check` asks for the file list instead: a second dump would
 * end the dump of a running feed.
 */
int mysql_has_file(struct mysql_source *s, struct err *err)
{
    const struct mysql_place *p = *s->pos.from.file ? &s->pos.from : &s->pos.done;
    bool listed = true;
    if (!gtid_empty(&p->gtid) || !*p->file)
        return 0;
    if (mysql_server_lists(s->sql, p->file, &listed, err))
        return -1;
    return listed ? 0
                  : err_set(err, ERR_FATAL,
                            "the server's binlog has the file %.200s no more, where the "
                            "stored position is. " MYSQL_WAY_OUT,
                            p->file);
}

static void hold(struct mysql_source *s, struct slice position, finding_fn *say, void *arg,
                 struct err *err)
{
    bool same;
    if (!mysql_may_go_on(s, position, &same, err) && !mysql_has_file(s, err))
        say_place(s, say, arg);
    else
        say(arg, err->class == ERR_RETRY ? FINDING_WARN : FINDING_FAIL, err->msg, NULL);
}

int mysql_check_position(const struct mysql_options *opt, struct slice position, finding_fn *say,
                         void *arg, struct err *err)
{
    const uint8_t *end = position.n ? memchr(position.p, '\n', position.n) : NULL;
    struct slice line = slice_of(position.p, end ? (size_t)(end - position.p) : position.n);
    struct source *base = line.n ? mysql_source_new(opt, err) : NULL;
    if (!base)
        return line.n ? -1 : 0;
    struct mysql_source *s = (struct mysql_source *)base;
    s->sql = mysql_conn_open(opt, MYSQL_CATALOG, err);
    int rc = !s->sql || mysql_server_read(s->sql, &s->server, err) ? -1 : 0;
    if (rc)
        say(arg, FINDING_FAIL, err->msg, "look at source.mysql.*");
    else
        hold(s, line, say, arg, err);
    base->ops->free(base);
    return rc;
}
