/*
 * Turns the dump's bytes into events with their places: unpacks payloads, follows files, and keeps
 * events about the stream itself (stream.h).
 */
#include "source/mysql/stream.h"
#include <stdio.h>

enum { HEADER = 19 };

int mysql_stream_start(struct mysql_stream *s, const struct mysql_options *opt,
                       const struct mysql_server *server, const struct mysql_place *from,
                       bool by_file, uint32_t born, struct err *err)
{
    const struct gtid_set none = { 0 };
    *s = (struct mysql_stream){
        .format = { .checksum = 1, .mariadb = server->mariadb, .table_id_bytes = 6 }
    };
    snprintf(s->file, sizeof s->file, "%s", from->file);
    s->start = s->end = from->pos;
    s->expected = born;
    s->payload = binlog_payload_new();
    s->dump =
        mysql_dump_start(opt, server, by_file ? &none : &from->gtid, from->file, from->pos, err);
    return s->dump ? 0 : -1;
}

void mysql_stream_stop(struct mysql_stream *s)
{
    mysql_dump_stop(s->dump);
    if (s->payload)
        binlog_payload_free(s->payload);
    *s = (struct mysql_stream){ 0 };
}

/*
 * Sets the event's place. next_pos counts modulo 2^32. MariaDB 11.8 leaves it 0 inside a
 * transaction: then lengths are added. next_pos may also jump, because a GTID start leaves out what
 * is known.
 */
static void move_on(struct mysql_stream *s, const struct binlog_event *e)
{
    s->start = s->end;
    if (e->flags & BINLOG_ARTIFICIAL)
        return;
    s->end += e->length;
    if (e->next_pos) {
        s->end = binlog_position_near(s->end, e->next_pos);
        s->start = s->end - e->length;
    }
}

static int rotate(struct mysql_stream *s, const struct binlog_event *e, struct err *err)
{
    struct binlog_rotate r;
    if (binlog_rotate_read(e, &r, err))
        return -1;
    snprintf(s->file, sizeof s->file, "%.*s", (int)r.file.n, (const char *)r.file.p);
    s->start = s->end = r.pos;
    s->born = 0;
    return 0;
}

/*
 * A heartbeat names a place, and all before it has been read: a GTID start passes over whole
 * transactions silently.
 */
static int heartbeat(struct mysql_stream *s, const struct binlog_event *e, struct err *err)
{
    struct binlog_rotate r;
    if (binlog_heartbeat_read(e, &r, err))
        return -1;
    if (r.file.n && r.pos)
        s->end = e->type == BINLOG_HEARTBEAT ? binlog_position_near(s->end, e->next_pos) : r.pos;
    return 0;
}

/* The first FORMAT event belongs to the file in which reading begins, whatever the place in it. */
static int format(struct mysql_stream *s, const struct binlog_event *e, struct err *err)
{
    s->born = e->timestamp;
    s->lost = s->expected && s->born && s->born != s->expected;
    if (s->lost)
        return err_set(err, ERR_FATAL,
                       "the server's binlog was reset: its file %s is not the one that was read "
                       "(begun at %u, not at %u). " MYSQL_WAY_OUT,
                       s->file, s->born, s->expected);
    s->expected = 0;
    return binlog_format_read(e, &s->format, err);
}

/* 1: the event is about the stream and is done; 0: hand it out; -1: err. */
static int own_event(struct mysql_stream *s, const struct binlog_event *e, struct err *err)
{
    switch (e->type) {
    case BINLOG_ROTATE:
        return rotate(s, e, err) ? -1 : 1;
    case BINLOG_FORMAT:
        s->new_format |= !(e->flags & BINLOG_ARTIFICIAL);
        return format(s, e, err) ? -1 : 1;
    case BINLOG_HEARTBEAT: case BINLOG_HEARTBEAT_V2:
        return heartbeat(s, e, err) ? -1 : 1;
    case BINLOG_PAYLOAD:
        s->in_payload = true;
        return binlog_payload_begin(s->payload, e, err) ? -1 : 1;
    case BINLOG_STOP:
    case BINLOG_IGNORABLE:
    case BINLOG_PREVIOUS_GTIDS:
    case BINLOG_TRANSACTION_CONTEXT:
    case BINLOG_INTVAR:
    case BINLOG_RAND:
    case BINLOG_USER_VAR:
    case BINLOG_MARIA_CHECKPOINT:
    case BINLOG_MARIA_GTID_LIST:
    case BINLOG_MARIA_START_ENCRYPTION:
        return 1;
    default:
        return 0;
    }
}

static int next_of_payload(struct mysql_stream *s, struct binlog_event *ret, struct slice *ret_raw,
                           struct err *err)
{
    int got = binlog_payload_next(s->payload, ret_raw, err);
    if (got == 0)
        s->in_payload = false;
    if (got == 1 && binlog_event_read(&s->format, *ret_raw, true, ret, err))
        got = -1;
    return got;
}

int mysql_stream_next(struct mysql_stream *s, struct binlog_event *ret, struct slice *ret_raw,
                      struct err *err)
{
    for (;;) {
        int got = s->in_payload ? next_of_payload(s, ret, ret_raw, err) : 0;
        if (got)
            return got < 0 ? err_wrap(err, "%s:%llu", s->file, (unsigned long long)s->start) : 1;
        got = mysql_dump_next(s->dump, ret_raw, err);
        s->lost |= got < 0 && mysql_dump_lost(s->dump);
        if (got <= 0)
            return got;
        if (binlog_event_read(&s->format, *ret_raw, false, ret, err))
            return err_wrap(err, "%s after %llu", s->file, (unsigned long long)s->end);
        *ret_raw = slice_of(ret_raw->p, HEADER + ret->body.n);
        move_on(s, ret);
        got = own_event(s, ret, err);
        if (got < 0)
            return err_wrap(err, "%s:%llu", s->file, (unsigned long long)s->start);
        if (!got)
            return 1;
    }
}
