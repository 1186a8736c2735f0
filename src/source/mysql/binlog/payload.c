/* Unpacks a compressed transaction, event by event (binlog.h). stream.c calls it. */
#include <stdlib.h>
#include <zstd.h>
#include "base/cursor_le.h"
#include "base/xalloc.h"
#include "source/mysql/binlog/codec.h"

/*
 * TRANSACTION_PAYLOAD: (lenenc type, lenenc length, value)*. Type 1: the payload's size; 2: the
 * compression algorithm; 3: the size without compression; 0, without a length: the end. Then the
 * payload: events without checksums.
 */
enum { FIELD_END = 0, FIELD_SIZE = 1, FIELD_ALGORITHM = 2, FIELD_UNPACKED_SIZE = 3 };
enum { ALGORITHM_ZSTD = 0, ALGORITHM_NONE = 255 };
enum { HEADER = 19, LENGTH_AT = 9 };

struct binlog_payload {
    ZSTD_DCtx *zstd;
    bool packed, ended;         /* ended: between two zstd frames */
    ZSTD_inBuffer in;
    struct buf out;
    size_t at;                  /* bytes of out that were already handed out */
};

struct binlog_payload *binlog_payload_new(void)
{
    struct binlog_payload *p = xcalloc(1, sizeof *p);
    if (!(p->zstd = ZSTD_createDCtx()))
        xalloc_failed();
    return p;
}

void binlog_payload_free(struct binlog_payload *p)
{
    if (!p)
        return;
    ZSTD_freeDCtx(p->zstd);
    buf_done(&p->out);
    free(p);
}

int binlog_payload_begin(struct binlog_payload *p, const struct binlog_event *e, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    uint64_t size = UINT64_MAX, algorithm = UINT64_MAX, type;
    while ((type = cursor_lenenc(&c)) != FIELD_END) {
        struct cursor v = cursor_over(cursor_lenenc_str(&c));
        if (type == FIELD_SIZE)
            size = cursor_lenenc(&v);
        else if (type == FIELD_ALGORITHM)
            algorithm = cursor_lenenc(&v);
        c.bad |= v.bad;
    }
    struct slice packed = cursor_take(&c, size);
    if (binlog_short(&c, "TRANSACTION_PAYLOAD", err))
        return -1;
    if (algorithm != ALGORITHM_ZSTD && algorithm != ALGORITHM_NONE)
        return err_set(err, ERR_FATAL,
                       "a transaction in the binlog is compressed in way %llu, which is not known",
                       (unsigned long long)algorithm);
    ZSTD_DCtx_reset(p->zstd, ZSTD_reset_session_only);
    p->packed = algorithm == ALGORITHM_ZSTD;
    p->ended = true;
    p->in = (ZSTD_inBuffer){ packed.p, packed.n, 0 };
    p->out.n = p->at = 0;
    return 0;
}

/* Unpacks a part more. 1: done; 0: nothing is left; -1: malformed. */
static int unpack(struct binlog_payload *p, struct err *err)
{
    if (p->in.pos == p->in.size && p->ended)
        return 0;
    if (p->at) {
        p->out.n -= p->at;
        memmove(p->out.p, p->out.p + p->at, p->out.n);
        p->at = 0;
    }
    buf_reserve(&p->out, ZSTD_DStreamOutSize());
    ZSTD_outBuffer to = { p->out.p, p->out.cap, p->out.n };
    size_t read = p->in.pos, rc = ZSTD_decompressStream(p->zstd, &to, &p->in);
    if (ZSTD_isError(rc))
        return err_set(err, ERR_FATAL, "malformed binlog event TRANSACTION_PAYLOAD: %s",
                       ZSTD_getErrorName(rc));
    if (to.pos == p->out.n && p->in.pos == read)
        return err_set(
            err, ERR_FATAL,
            "malformed binlog event TRANSACTION_PAYLOAD: its compressed part ends too early");
    p->ended = rc == 0;
    p->out.n = to.pos;
    return 1;
}

/* Makes n bytes ready after `at`. 1: done; 0: there are fewer; -1: err. */
static int ensure(struct binlog_payload *p, size_t n, struct err *err)
{
    while (p->out.n - p->at < n) {
        int rc = unpack(p, err);
        if (rc <= 0)
            return rc;
    }
    return 1;
}

static int no_whole_event(uint32_t length, size_t left, struct err *err)
{
    return err_set(
        err, ERR_FATAL,
        "malformed binlog event TRANSACTION_PAYLOAD: an event of %u bytes where %zu are left",
        length, left);
}

static int next_packed(struct binlog_payload *p, struct slice *ret_raw, struct err *err)
{
    int rc = ensure(p, HEADER, err);
    if (rc < 0 || (!rc && p->out.n == p->at))
        return rc;
    uint32_t length = rc ? load_le32(p->out.p + p->at + LENGTH_AT) : 0;
    if (length < HEADER || (rc = ensure(p, length, err)) == 0)
        return no_whole_event(length, p->out.n - p->at, err);
    if (rc < 0)
        return -1;
    *ret_raw = slice_of(p->out.p + p->at, length);
    p->at += length;
    return 1;
}

static int next_stored(struct binlog_payload *p, struct slice *ret_raw, struct err *err)
{
    const uint8_t *from = (const uint8_t *)p->in.src + p->in.pos;
    size_t left = p->in.size - p->in.pos;
    if (!left)
        return 0;
    uint32_t length = left < HEADER ? 0 : load_le32(from + LENGTH_AT);
    if (length < HEADER || length > left)
        return no_whole_event(length, left, err);
    *ret_raw = slice_of(from, length);
    p->in.pos += length;
    return 1;
}

int binlog_payload_next(struct binlog_payload *p, struct slice *ret_raw, struct err *err)
{
    return p->packed ? next_packed(p, ret_raw, err) : next_stored(p, ret_raw, err);
}
