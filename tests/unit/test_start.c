/* Timelines, the commit record that is held against a position, and the decision where a PostgreSQL
 * feed begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "source/pg/proto.h"
#include "source/pg/start.h"

static struct pg_history history_of(const char *text, uint32_t current)
{
    struct pg_history h;
    struct err err = { 0 };
    if (pg_history_parse(slice_str(text), current, &h, &err))
        fail_msg("%s", err.msg);
    return h;
}

static void test_history(void **state)
{
    (void)state;
    struct pg_history h = history_of("", 1);
    assert_int_equal(h.n, 1);
    assert_true(h.list[0].begin == 0 && h.list[0].end == UINT64_MAX);
    pg_history_done(&h);
    h = history_of("# by hand\n1\t0/3000158\tno recovery target specified\n\n  2\t1/A0\tbefore "
                   "2026-01-01 00:00:00+00\r\n"
                   "5\t1/A0\tno end of line",
                   9);
    assert_int_equal(h.n, 4);
    const struct pg_timeline *t = pg_history_find(&h, 2);
    assert_true(t->begin == 0x3000158 && t->end == 0x1000000a0);
    assert_true(pg_history_find(&h, 9)->end == UINT64_MAX && !pg_history_find(&h, 3));
    /* The record that ends at the fork is the old timeline's; the byte behind it is the new
     * one's. */
    assert_int_equal(pg_history_at(&h, 0)->id, 1);
    assert_int_equal(pg_history_at(&h, 0x3000158)->id, 1);
    assert_int_equal(pg_history_at(&h, 0x3000159)->id, 2);
    assert_int_equal(pg_history_at(&h, 0x1000000a1)->id, 9);
    pg_history_done(&h);
}

static void test_bad_history(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1",
        "1\t",
        "x\t0/1\n",
        "1\t01\n",
        "0\t0/1\n",
        "2\t0/1\n1\t0/2\n",
        "1\t0/2\n1\t0/3\n",
        "1\t0/2\n2\t0/1\n",
        "3\t0/1\n",
        "-1\t0/1",
        "1\t0/1x reason",
        "99999999999\t0/1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pg_history h;
        struct err err = { 0 };
        if (pg_history_parse(slice_str(bad[i]), 3, &h, &err) != -1)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(err.class, ERR_FATAL);
        assert_null(h.list);
    }
}

/* ---- the witness ---- */

enum { PAGE = 8192 };
static const int64_t when = PG_EPOCH_US + 123456789;

/* A commit record as the server writes it, at lsn, with page headers where pages begin. */
static size_t put_record(uint8_t *to, uint64_t lsn, uint8_t info, uint32_t xid, bool origin,
                         bool long_data)
{
    uint8_t r[128] = { 0 };
    size_t n = 24, out = 0;
    int64_t at = when - PG_EPOCH_US;
    uint32_t len = 64;
    memcpy(r, &len, 4);
    memcpy(r + 4, &xid, 4);
    r[16] = info;
    r[17] = 1;
    if (origin)
        r[n] = 253, n += 3;
    r[n] = long_data ? 254 : 255;
    n += long_data ? 5 : 2;
    memcpy(r + n, &at, 8);
    for (size_t i = 0; i < 96; i++, lsn++) {
        if (lsn % PAGE == 0) {
            bool first = lsn % (16 << 20) == 0;
            memset(to + out, 0xee, first ? 40 : 24);
            uint16_t flags = first ? 2 : 0;
            memcpy(to + out + 2, &flags, 2);
            out += first ? 40 : 24;
            lsn += first ? 40 : 24;
        }
        to[out++] = r[i];
    }
    return out;
}

static enum pg_witness asked(uint64_t lsn, uint8_t info, uint32_t xid, bool origin, bool long_data,
                             const struct pg_position *p)
{
    uint8_t wal[256];
    size_t n = put_record(wal, lsn, info, xid, origin, long_data);
    return pg_witness_read(slice_of(wal, n), PAGE, p);
}

static void test_witness(void **state)
{
    (void)state;
    struct pg_position p = { .commit_us = when, .commit_xid = 777 }, later = p;
    later.commit_us++;
    /* over the end of a page and a segment */
    for (uint64_t lsn = (16 << 20) - 128; lsn < (16 << 20); lsn += 8) {
        p.commit_lsn = later.commit_lsn = lsn;
        for (int l = 0; l < 2; l++) {
            assert_int_equal(asked(lsn, 0x00, 777, false, l, &p), PG_WITNESS_SAME);
            assert_int_equal(asked(lsn, 0x80, 777, false, l, &p), PG_WITNESS_SAME);
            assert_int_equal(asked(lsn, 0x00, 778, false, l, &p), PG_WITNESS_DIFFERENT);
            assert_int_equal(asked(lsn, 0x00, 777, false, l, &later), PG_WITNESS_DIFFERENT);
            /* its origin's time */
            assert_int_equal(asked(lsn, 0x00, 777, true, l, &later), PG_WITNESS_SAME);
            /* an abort */
            assert_int_equal(asked(lsn, 0x20, 777, false, l, &p), PG_WITNESS_DIFFERENT);
            /* COMMIT PREPARED */
            assert_int_equal(asked(lsn, 0x30, 0, false, l, &p), PG_WITNESS_SAME);
            assert_int_equal(asked(lsn, 0x30, 0, true, l, &later), PG_WITNESS_NONE);
        }
    }
    uint8_t wal[256];
    for (size_t n = put_record(wal, p.commit_lsn, 0, 777, false, false); n--;)
        assert_true(pg_witness_read(slice_of(wal, n), PAGE, &p) != PG_WITNESS_DIFFERENT);
}

/* ---- the decision ---- */

enum { FORK = 0x5000, LATER = 0x9000 };

/* A position of timeline 1 (or of `timeline`) whose last transaction's commit record lies at
 * `commit` and ends 0x40 behind it. */
static struct pg_position at(uint32_t timeline, uint64_t begun, uint64_t lsn, uint64_t known,
                             uint64_t commit)
{
    return (struct pg_position){
        .system_id = "7",
        .slot = "s",
        .timeline = timeline,
        .begun = begun,
        .lsn = lsn,
        .known = known,
        .data = commit ? commit + 0x40 : 0,
        .commit_lsn = commit,
        .commit_us = when,
        .commit_xid = 7,
    };
}

struct server { const char *history; uint32_t timeline; uint64_t end; bool primary; };

static struct pg_start decide(struct server v, const struct pg_position *p, uint64_t confirmed,
                              enum pg_witness w, struct err *err)
{
    struct pg_place place = {
        .server = { .system_id = "7", .timeline = v.timeline, .standby = !v.primary }, .end = v.end
    };
    place.history = history_of(v.history, v.timeline);
    struct pg_slot slot = { .exists = true, .logical = true, .confirmed_flush = confirmed };
    *err = (struct err){ 0 };
    struct pg_start got = pg_start_decide(p, &place, "s", &slot, w, err);
    pg_history_done(&place.history);
    static const enum err_class classes[] = { ERR_NONE, ERR_RETRY, ERR_FATAL, ERR_FATAL };
    assert_int_equal(err->class, classes[got.kind]);
    assert_int_equal(got.kind == PG_START_GONE, strstr(err->msg, PG_WAY_OUT) != NULL);
    assert_true(strlen(err->msg) < sizeof err->msg - 1);
    return got;
}

static void expect(int line, struct server v, struct pg_position p, uint64_t confirmed,
                   enum pg_witness w, enum pg_start_kind kind, uint64_t from)
{
    struct err err;
    struct pg_start got = decide(v, &p, confirmed, w, &err);
    if (got.kind != kind || (kind == PG_START_GO && got.from != from))
        fail_msg("line %d: kind %d from %llx: %s", line, got.kind, (unsigned long long)got.from,
                 err.msg);
}
#define expect(...) expect(__LINE__, __VA_ARGS__)

static const struct server same = { "", 1, 0x8000, false },
                           ahead = { "1\t0/5000\tx\n", 2, 0x8000, false },
                           chain = { "1\t0/5000\tx\n2\t0/9000\tx\n", 3, 0xa000, false };

static void test_one_timeline(void **state)
{
    (void)state;
    struct server primary = same, behind = { "", 1, 0x3fff, false };
    primary.primary = true;
    expect(same, at(1, 0, 0x4000, 0x4000, 0x3f00), 0x4000, PG_WITNESS_NONE, PG_START_GO, 0x4000);
    expect(same, at(1, 0, 0x4000, 0x4000, 0x3f00), 0x100, PG_WITNESS_SAME, PG_START_GO, 0x4000);
    expect(same, at(1, 0, 0x8000, 0x8000, 0x3f00), 0x100, PG_WITNESS_SAME, PG_START_GO, 0x8000);
    /* the slot begins later */
    expect(same, at(1, 0, 0x4000, 0x4000, 0x3f00), 0x4001, PG_WITNESS_NONE, PG_START_GONE, 0);
    /* set back, and went on */
    expect(same, at(1, 0, 0x4000, 0x4000, 0x3f00), 0x100, PG_WITNESS_DIFFERENT, PG_START_GONE, 0);
    expect(primary, at(1, 0, 0x8000, 0x8000, 0x3f00), 0x100, PG_WITNESS_SAME, PG_START_GO, 0x8000);
    expect(behind, at(1, 0, 0x4000, 0x4000, 0x3f00), 0x100, PG_WITNESS_NONE, PG_START_WAIT, 0);
    behind.primary = true;
    /* set back: it will not come */
    expect(behind, at(1, 0, 0x4000, 0x4000, 0x3f00), 0x100, PG_WITNESS_NONE, PG_START_GONE, 0);
    struct pg_position inside = at(1, 0, 0x4000, 0x7fff, 0x7fff);
    inside.tx_lsn = 0x7fff, inside.ordinal = 3, inside.data = 0x4000;
    expect(same, inside, 0x4000, PG_WITNESS_SAME, PG_START_GO, 0x4000);
    inside.tx_lsn = inside.commit_lsn = 0x8000;
    expect(same, inside, 0x4000, PG_WITNESS_NONE, PG_START_WAIT, 0);
    expect(primary, inside, 0x4000, PG_WITNESS_NONE, PG_START_GONE, 0);
}

static void test_fork(void **state)
{
    (void)state;
    /* Read no further than to the fork: every witness but another transaction goes on. */
    expect(ahead, at(1, 0, FORK, FORK, FORK - 0x40), 0x100, PG_WITNESS_NONE, PG_START_GO, FORK);
    expect(ahead, at(1, 0, FORK, FORK, FORK - 0x40), FORK, PG_WITNESS_SAME, PG_START_GO, FORK);
    expect(ahead, at(1, 0, FORK, FORK, FORK - 0x40), FORK, PG_WITNESS_DIFFERENT, PG_START_GONE, 0);
    /* the slot was made later */
    expect(ahead, at(1, 0, FORK, FORK, FORK - 0x40), FORK + 1, PG_WITNESS_NONE, PG_START_GONE, 0);
    /* One byte further, and known to have been on the old timeline: gone, whatever the slot
     * says. */
    static const uint64_t slots[] = { 0x100, FORK, FORK + 1, FORK + 0x41 };
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        for (int w = PG_WITNESS_NONE; w <= PG_WITNESS_DIFFERENT; w++)
            expect(ahead, at(1, 0, FORK + 1, FORK + 1, FORK - 0x3f), slots[i], (enum pg_witness)w,
                   PG_START_GONE, 0);
    /* Past the fork, but nothing of this feed was there: begin at the fork, if the slot still holds
     * it. */
    expect(ahead, at(1, 0, 0x7000, 0x7000, 0x4000), FORK, PG_WITNESS_SAME, PG_START_GO, FORK);
    expect(ahead, at(1, 0, 0x7000, 0x7000, 0), 0x100, PG_WITNESS_NONE, PG_START_GO, FORK);
    expect(ahead, at(1, 0, 0x7000, 0x7000, 0x4000), FORK + 1, PG_WITNESS_SAME, PG_START_GONE, 0);
    expect(ahead, at(1, 0, 0x7000, 0x7000, 0x4000), 0x7000, PG_WITNESS_SAME, PG_START_GONE, 0);
    /* Far past it, with the server's end before and behind the position: it never waits. */
    expect(ahead, at(1, 0, 0x7000, 0x7000, 0x6000), 0x100, PG_WITNESS_NONE, PG_START_GONE, 0);
    expect(ahead, at(1, 0, 0xf000, 0xf000, 0xe000), 0x100, PG_WITNESS_NONE, PG_START_GONE, 0);
}

static void test_inside_a_transaction(void **state)
{
    (void)state;
    struct pg_position p = at(1, 0, 0x4000, FORK, FORK - 8);
    p.data = 0x4000, p.ordinal = 2, p.tx_lsn = FORK - 8;
    /* its commit is before the fork */
    expect(ahead, p, 0x4000, PG_WITNESS_SAME, PG_START_GO, 0x4000);
    expect(ahead, p, 0x4000, PG_WITNESS_DIFFERENT, PG_START_GONE, 0);
    /* its commit lies on the other branch */
    p.tx_lsn = p.commit_lsn = FORK, p.known = FORK + 1;
    expect(ahead, p, 0x4000, PG_WITNESS_NONE, PG_START_GONE, 0);
    p.known = 0x4000;
    expect(ahead, p, 0x4000, PG_WITNESS_DIFFERENT, PG_START_GONE, 0);
    /* it was read across the promotion */
    expect(ahead, p, 0x4000, PG_WITNESS_SAME, PG_START_GO, 0x4000);
}

/* Two changes handed out, a message among them or not: with the other setting they would be two
 * others. */
static void test_counted_by_other_settings(void **state)
{
    (void)state;
    struct pg_place place = { 0 };
    struct pg_slot slot = { 0 };
    for (int i = 0; i < 8; i++) {
        struct pg_options opt = { .slot = "s", .messages = i & 1 };
        struct pg_position p = { .slot = "s",
                                 .tx_lsn = i & 4 ? 0x100 : 0,
                                 .ordinal = 2,
                                 .messages = i & 2 ? PG_COUNTED : PG_NOT_COUNTED };
        struct pg_start start;
        struct err err = { 0 };
        assert_int_equal(pg_start_ask(&opt, &p, &place, &slot, &start, &err), 0);
        bool refused = start.kind == PG_START_REFUSED && err.class == ERR_CONFIG &&
                       strstr(err.msg, "source.messages");
        assert_int_equal(refused, (i & 4) && !(i & 1) != !(i & 2));
    }
    struct pg_options opt = { .slot = "s", .publication = "two" };
    struct pg_position p = { .slot = "s", .tx_lsn = 0x100, .ordinal = 2, .publication = "one" };
    struct pg_start start;
    struct err err = { 0 };
    assert_int_equal(pg_start_ask(&opt, &p, &place, &slot, &start, &err), 0);
    assert_int_equal(start.kind, PG_START_REFUSED);
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "source.publication was one then"));
    p.tx_lsn = 0;
    assert_true(pg_start_publication_changed(&opt, &p));
    *p.publication = 0;         /* of before it was stored */
    assert_false(pg_start_publication_changed(&opt, &p));
}

/* The standby followed a promotion while it was read: the position's number is the old one. */
static void test_crossed(void **state)
{
    (void)state;
    expect(ahead, at(1, 0, 0x7000, 0x4000, 0x6000), 0x100, PG_WITNESS_SAME, PG_START_GO, 0x7000);
    expect(ahead, at(1, 0, 0x7000, 0x4000, 0x6000), 0x7000, PG_WITNESS_NONE, PG_START_GO, 0x7000);
    expect(ahead, at(1, 0, 0x7000, 0x4000, 0x6000), 0x6800, PG_WITNESS_NONE, PG_START_GONE, 0);
    expect(ahead, at(1, 0, 0x7000, 0x4000, 0x6000), 0x7000, PG_WITNESS_DIFFERENT, PG_START_GONE, 0);
    /* idle since: from the fork */
    expect(ahead, at(1, 0, 0x7000, 0x4000, 0x4000), 0x4800, PG_WITNESS_SAME, PG_START_GO, FORK);
    struct pg_position idle = at(1, 0, 0x7000, 0x4000, 0x4000);
    idle.acked = 0x6800;
    /* our acknowledgement before this one */
    expect(ahead, idle, 0x6800, PG_WITNESS_SAME, PG_START_GO, 0x7000);
    /* a slot made anew, behind the fork */
    expect(ahead, idle, 0x6700, PG_WITNESS_SAME, PG_START_GONE, 0);
    struct server behind = ahead;
    behind.end = 0x6900;
    expect(behind, at(1, 0, 0x7000, 0x4000, 0x6000), 0x100, PG_WITNESS_SAME, PG_START_WAIT, 0);
}

static void test_chain_and_other_histories(void **state)
{
    (void)state;
    expect(chain, at(1, 0, FORK, FORK, FORK - 0x40), 0x100, PG_WITNESS_SAME, PG_START_GO, FORK);
    expect(chain, at(1, 0, FORK + 1, FORK + 1, FORK - 0x3f), 0x100, PG_WITNESS_NONE, PG_START_GONE,
           0);
    expect(chain, at(2, FORK, LATER, LATER, LATER - 0x40), 0x100, PG_WITNESS_SAME, PG_START_GO,
           LATER);
    expect(chain, at(2, FORK, LATER + 1, LATER + 1, LATER - 0x3f), 0x100, PG_WITNESS_NONE,
           PG_START_GONE, 0);
    expect(chain, at(3, LATER, LATER + 8, LATER + 8, LATER + 1), 0x100, PG_WITNESS_SAME,
           PG_START_GO, LATER + 8);
    /* another timeline 2 */
    expect(chain, at(2, FORK - 8, FORK + 8, FORK + 8, FORK + 1), 0x100, PG_WITNESS_NONE,
           PG_START_GONE, 0);
    /* left behind */
    expect(chain, at(4, LATER, LATER + 8, LATER + 8, LATER + 1), 0x100, PG_WITNESS_NONE,
           PG_START_GONE, 0);
    /* 2 was another one's promotion */
    struct server skipped = { "1\t0/5000\tx\n", 3, 0xa000, false };
    expect(skipped, at(2, FORK, LATER, LATER, FORK + 8), 0x100, PG_WITNESS_NONE, PG_START_GONE, 0);
    /* A standby that has yet to follow: it waits up to the fork, and no further. A primary never
     * comes. */
    struct server old = { "", 1, FORK, false };
    expect(old, at(2, FORK, FORK + 8, FORK + 8, FORK + 1), 0x100, PG_WITNESS_NONE, PG_START_WAIT,
           0);
    old.end = FORK + 1;
    expect(old, at(2, FORK, FORK + 8, FORK + 8, FORK + 1), 0x100, PG_WITNESS_NONE, PG_START_GONE,
           0);
    old.end = FORK, old.primary = true;
    expect(old, at(2, FORK, FORK + 8, FORK + 8, FORK + 1), 0x100, PG_WITNESS_NONE, PG_START_GONE,
           0);
}

static void test_others(void **state)
{
    (void)state;
    struct pg_position p = at(1, 0, 0x4000, 0x4000, 0x3f00), other = p;
    strcpy(other.system_id, "8");
    expect(same, other, 0x100, PG_WITNESS_NONE, PG_START_REFUSED, 0);
    other = p;
    strcpy(other.slot, "t");
    expect(same, other, 0x100, PG_WITNESS_NONE, PG_START_REFUSED, 0);
    struct pg_place place = { .server = { .system_id = "7", .timeline = 1 },
                              .end = 0x8000,
                              .history = history_of("", 1) };
    struct pg_slot none = { 0 }, lost = { .exists = true, .logical = true, .lost = "wal_removed" };
    struct err err = { 0 };
    assert_int_equal(pg_start_decide(&p, &place, "s", &none, PG_WITNESS_NONE, &err).kind,
                     PG_START_GONE);
    assert_non_null(strstr(err.msg, PG_WAY_OUT));
    assert_int_equal(pg_start_decide(&p, &place, "s", &lost, PG_WITNESS_NONE, &err).kind,
                     PG_START_GONE);
    assert_non_null(strstr(err.msg, PG_WAY_OUT));
    pg_history_done(&place.history);
}

/* A position of before: nothing proves where its timeline held, and all up to it counts as handed
 * out. */
static void test_old_positions(void **state)
{
    (void)state;
    struct pg_position p;
    struct err err = { 0 };
    assert_int_equal(
        pg_position_read(
            slice_str("{\"system_id\":\"7\",\"timeline\":1,\"slot\":\"s\",\"lsn\":\"0/7000\"}"), &p,
            &err),
        0);
    assert_true(p.data == 0x7000 && !p.known && !p.commit_lsn);
    expect(same, p, 0x100, PG_WITNESS_NONE, PG_START_GO, 0x7000);
    expect(ahead, p, 0x100, PG_WITNESS_NONE, PG_START_GONE, 0);
    expect(ahead, p, 0x6000, PG_WITNESS_NONE, PG_START_GONE, 0);
    expect(ahead, p, 0x7000, PG_WITNESS_NONE, PG_START_GO, 0x7000);
    p.lsn = p.data = FORK;
    expect(ahead, p, 0x100, PG_WITNESS_NONE, PG_START_GO, FORK);
}

/*
 * Nothing is ever skipped: over all positions, slots and servers of a small world, where it goes on
 * the log is the one that was read, the slot holds what follows, and the server has come so far.
 * The world says the truth; the decision sees the position.
 */
static void test_every_small_world(void **state)
{
    (void)state;
    enum { END = 12 };
    for (uint64_t fork = 2; fork < END; fork += 2)
        for (uint64_t lsn = 1; lsn < END; lsn++)
            for (uint64_t data = 0; data <= lsn; data++)
                for (uint64_t known = 1; known <= lsn; known++)
                    for (uint64_t slot = 0; slot < END; slot++)
                        for (int crossed = 0; crossed < 2; crossed++) {
                            if (crossed && (known > fork || lsn <= fork))
                                /* it was on the old timeline for sure, or never past the fork */
                                continue;
                            bool has = crossed || data <= fork;
                            struct pg_position p = { .system_id = "7",
                                                     .slot = "s",
                                                     .timeline = 1,
                                                     .lsn = lsn,
                                                     .known = known,
                                                     .data = data,
                                                     .commit_lsn = data ? data - 1 : 0 };
                            char text[64];
                            struct err err;
                            snprintf(text, sizeof text, "1\t0/%llX\tx\n", (unsigned long long)fork);
                            struct server v = { text, 2, END, false };
                            if (crossed ? slot > lsn : slot == lsn && slot > fork)
                                /* ours is never past the position; another is not exactly there */
                                continue;
                            struct pg_start got = decide(v, &p, slot,
                                                         !p.commit_lsn ? PG_WITNESS_NONE
                                                         : has         ? PG_WITNESS_SAME
                                                                       : PG_WITNESS_DIFFERENT,
                                                         &err);
                            if (got.kind != PG_START_GO)
                                continue;
                            assert_true(slot <= got.from && got.from <= lsn);
                            assert_true(has && (crossed || got.from <= fork));
                        }
}

static void test_label(void **state)
{
    (void)state;
    struct pg_place place = { .server = { .timeline = 3 },
                              .end = 0xa000,
                              .history = history_of(chain.history, 3) };
    struct { uint64_t lsn, tx, known; uint32_t timeline; uint64_t begun;
    } cases[] = {
        { FORK, 0, FORK, 1, 0 },          { FORK + 1, 0, FORK + 1, 2, FORK },
        { LATER, 0, LATER, 2, FORK },     { 0xa000, 0, 0xa000, 3, LATER },
        { 0xb000, 0, 0xa000, 3, LATER },  { 0x4000, FORK, FORK + 1, 2, FORK },
        { 0x4000, FORK - 1, FORK, 1, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pg_position p = { .lsn = cases[i].lsn, .tx_lsn = cases[i].tx };
        pg_start_label(&p, &place);
        assert_int_equal(p.timeline, cases[i].timeline);
        assert_int_equal(p.begun, cases[i].begun);
        assert_int_equal(p.known, cases[i].known);
    }
    pg_history_done(&place.history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_bad_history),
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_one_timeline),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_inside_a_transaction),
        cmocka_unit_test(test_counted_by_other_settings),
        cmocka_unit_test(test_crossed),
        cmocka_unit_test(test_chain_and_other_histories),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_old_positions),
        cmocka_unit_test(test_every_small_world),
        cmocka_unit_test(test_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
