/* Reads one commit record from a server's log, and holds it against what a position remembers. */
#include "source/pg/witness.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/cursor.h"
#include "source/pg/proto.h"

enum {
    PAGE_LONG_HEADER = 2,       /* XLP_LONG_HEADER, in the info bits at byte 2 of a page */
    PAGE_HEADER_BYTES = 24, LONG_HEADER_BYTES = 40,
    RECORD_HEADER_BYTES = 24,
    LOOK_MS = 100, WAIT_US = 10000000,
    RECORD_BYTES = 64,          /* how much of a record is looked at */
    RMGR_XACT = 1,
    XACT_OP = 0x70, XACT_COMMIT = 0, XACT_COMMIT_PREPARED = 0x30,
    DATA_SHORT = 255, DATA_LONG = 254, DATA_ORIGIN = 253, DATA_TOP_XID = 252,
};

static uint64_t native(const uint8_t *p, size_t n)
{
    uint64_t v8;
    uint32_t v4;
    memcpy(&v4, p, sizeof v4);
    if (n == sizeof v4)
        return v4;
    memcpy(&v8, p, sizeof v8);
    return v8;
}

/* Copies the record's first bytes without the page headers between them. */
static size_t without_headers(struct slice wal, uint32_t page, uint64_t lsn, uint8_t *ret)
{
    size_t n = 0;
    for (size_t at = 0; at < wal.n && n < RECORD_BYTES; lsn = lsn / page * page + page) {
        if (lsn % page == 0) {
            if (wal.n - at < 4)
                return n;
            uint16_t info;
            memcpy(&info, wal.p + at + 2, sizeof info);
            size_t skip = info & PAGE_LONG_HEADER ? LONG_HEADER_BYTES : PAGE_HEADER_BYTES;
            at += skip;
            lsn += skip;
        }
        for (size_t left = page - lsn % page; left && at < wal.n && n < RECORD_BYTES; left--)
            ret[n++] = wal.p[at++];
    }
    return n;
}

/*
 * The commit's own time, in front of its data. 0: no time where it should be. *ret_origin: the
 * transaction came from another server.
 */
static int64_t time_of(const uint8_t *r, size_t n, bool *ret_origin)
{
    size_t at = RECORD_HEADER_BYTES;
    *ret_origin = false;
    while (at + 13 <= n) {
        switch (r[at]) {
        case DATA_ORIGIN:   at += 3; *ret_origin = true; break;
        case DATA_TOP_XID:  at += 5; break;
        case DATA_SHORT:    return (int64_t)native(r + at + 2, 8);
        case DATA_LONG:     return (int64_t)native(r + at + 5, 8);
        default:            return 0;
        }
    }
    return 0;
}

/*
 * A transaction that was replicated to the server carries its origin's time in the stream, and its
 * own time in the record. A prepared transaction has no number in the record: only its time tells.
 */
enum pg_witness pg_witness_read(struct slice wal, uint32_t page_bytes, const struct pg_position *p)
{
    uint8_t r[RECORD_BYTES];
    size_t n = without_headers(wal, page_bytes, p->commit_lsn, r);
    if (n < RECORD_BYTES / 2)
        return PG_WITNESS_NONE;
    int op = r[16] & XACT_OP;
    if (r[17] != RMGR_XACT || (op != XACT_COMMIT && op != XACT_COMMIT_PREPARED))
        return PG_WITNESS_DIFFERENT;
    bool origin;
    int64_t at = time_of(r, n, &origin);
    bool time = at && at == p->commit_us - PG_EPOCH_US;
    if (op == XACT_COMMIT_PREPARED)
        return time ? PG_WITNESS_SAME : PG_WITNESS_NONE;
    if (native(r + 4, 4) != p->commit_xid)
        return PG_WITNESS_DIFFERENT;
    return time || origin ? PG_WITNESS_SAME : at ? PG_WITNESS_DIFFERENT : PG_WITNESS_NONE;
}

/* As PQgetCopyData(), within WAIT_US. 0: nothing came. */
static int next_message(PGconn *c, const struct pg_options *opt, char **ret)
{
    int n;
    int64_t until = clock_mono_us() + WAIT_US;
    while (!(n = PQgetCopyData(c, ret, 1)) && clock_mono_us() < until &&
           !(opt->stop && *opt->stop)) {
        struct pollfd pfd = { .fd = PQsocket(c), .events = POLLIN };
        poll(&pfd, 1, LOOK_MS);
        if (!PQconsumeInput(c))
            return -1;
    }
    return n;
}

/* -1: no answer. An end by an error is an answer: the log is gone, or this role may not have it. */
static int read_first(PGconn *c, const struct pg_options *opt, uint32_t page,
                      const struct pg_position *p, enum pg_witness *ret)
{
    enum { HEAD = 25 };     /* 'w', Int64 start, Int64 end, Int64 clock */
    char *m = NULL;
    int n;
    while ((n = next_message(c, opt, &m)) > 0 && m[0] != 'w') {
        PQfreemem(m);
        m = NULL;
    }
    if (n > HEAD && load_be64((const uint8_t *)m + 1) == p->commit_lsn)
        *ret = pg_witness_read(slice_of((const uint8_t *)m + HEAD, (size_t)n - HEAD), page, p);
    PQfreemem(m);
    return n ? 0 : -1;
}

int pg_witness_ask(const struct pg_options *opt, const struct pg_place *place,
                   const struct pg_position *p, enum pg_witness *ret, struct err *err)
{
    *ret = PG_WITNESS_NONE;
    if (!p->commit_lsn || place->end <= p->commit_lsn)
        return 0;
    PGconn *c = pg_connect(opt, PG_STREAM, err);
    if (!c)
        return -1;
    char command[96], page[16];
    struct err why = { 0 };
    snprintf(command, sizeof command, "START_REPLICATION PHYSICAL " PG_LSN_FMT " TIMELINE %u",
             PG_LSN_ARG(p->commit_lsn), pg_history_at(&place->history, p->commit_lsn + 1)->id);
    int rc = pg_value(c, page, sizeof page, err, "SHOW wal_block_size");
    PGresult *r = rc ? NULL : pg_exec(c, command, PGRES_COPY_BOTH, &why);
    if (r && read_first(c, opt, (uint32_t)strtoul(page, NULL, 10), p, ret))
        rc = err_set(err, ERR_RETRY, "the server does not send its log at " PG_LSN_FMT,
                     PG_LSN_ARG(p->commit_lsn));
    PQclear(r);
    PQfinish(c);
    return rc;
}
