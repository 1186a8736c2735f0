#ifndef TAILRACE_SOURCE_MYSQL_STREAM_H
#define TAILRACE_SOURCE_MYSQL_STREAM_H
#include "source/mysql/binlog/binlog.h"
#include "source/mysql/dump.h"

/*
 * The events of the binlog one by one, each with its place. Compressed transactions come unpacked.
 * Events about the stream itself (formats, files, heartbeats, artificial events) end here.
 */
struct mysql_stream {
    struct mysql_dump *dump;
    struct binlog_format format;
    struct binlog_payload *payload;
    bool in_payload;
    char file[256];
    /*
     * place in file of the event last handed out; for an event out of a payload, the payload's
     * place
     */
    uint64_t start, end;
    /* when the server began file (its FORMAT event); 0: not known yet */
    uint32_t born;
    /* when the position's file was begun; 0: it does not matter */
    uint32_t expected;
    /* the position's file is another one now, or the server no longer has the place */
    bool lost;
    bool new_format;            /* a server started: table ids begin anew */
};

/*
 * by_file: begin at file and position, even if there are GTIDs. born: when that file was begun; 0:
 * it does not matter.
 */
int mysql_stream_start(struct mysql_stream *s, const struct mysql_options *opt,
                       const struct mysql_server *server, const struct mysql_place *from,
                       bool by_file, uint32_t born, struct err *err) must_check;

/*
 * 1: an event, borrowed until the next call, and the bytes it was read from (header and body, no
 * checksum); 0: nothing now; -1: err.
 */
int mysql_stream_next(struct mysql_stream *s, struct binlog_event *ret, struct slice *ret_raw,
                      struct err *err) must_check;
void mysql_stream_stop(struct mysql_stream *s);
#endif
