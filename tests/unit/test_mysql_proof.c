#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "source/mysql/proof.h"

/* mysql_proof() over all small histories: whatever it lets pass must bring every transaction since
 * the position, and what is whole must pass. */

enum { LONG = 4, CHOICES = 4 };         /* transactions; each of domain 0 or 1, of server 1 or 2 */

struct tx { uint32_t domain, server; uint64_t number; };
struct world {
    struct tx history[LONG];
    unsigned read;              /* the position: so many were read */
    unsigned begins;            /* the binlog holds those from here on */
    /* and its first file's Gtid_list says so; false: it was reset, and knows of nothing before */
    bool list;
    bool replica;               /* gtid_slave_pos is the end of the history */
};

static struct err err;

static void make_history(struct world *w, unsigned code)
{
    uint64_t last[2] = { 0 };
    for (int i = 0; i < LONG; i++, code /= CHOICES) {
        uint32_t domain = code & 1;
        w->history[i] = (struct tx){ domain, 1 + (code >> 1 & 1), ++last[domain] };
    }
}

static void last_of_each(const struct world *w, unsigned n, struct gtid_set *ret)
{
    *ret = (struct gtid_set){ .mariadb = true };
    for (unsigned i = 0; i < n; i++)
        gtid_add_maria(ret, w->history[i].domain, w->history[i].server, w->history[i].number);
}

/* gtid_binlog_state as text: the last of each domain and server; what lies before the log counts
 * where its list tells of it. */
static void state(const struct world *w, struct gtid_set *ret)
{
    struct buf text = { 0 };
    for (uint32_t domain = 0; domain < 2; domain++)
        for (uint32_t server = 1; server < 3; server++)
            for (unsigned i = LONG; i-- > (w->list ? 0 : w->begins);)
                if (w->history[i].domain == domain && w->history[i].server == server) {
                    buf_printf(&text, "%s%u-%u-%llu", text.n ? "," : "", domain, server,
                               (unsigned long long)w->history[i].number);
                    break;
                }
    *ret = (struct gtid_set){ 0 };
    assert_int_equal(gtid_read_state(buf_cstr(&text), ret, &err), 0);
    buf_done(&text);
}

/*
 * What a strict dump of the server sends after the position, a bit each; -1: it says that it cannot
 * (sql/sql_repl.cc, gtid_find_binlog_file, send_event_to_slave), or the feed does: a domain that it
 * did not know begins late.
 */
static int dump(const struct world *w, const struct gtid_set *position)
{
    struct gtid_set wants = { 0 };
    int sent = 0;
    gtid_copy(&wants, position);
    for (unsigned i = 0; w->list && i < w->begins; i++) {
        const struct tx *t = &w->history[i];
        const struct gtid_entry *g = gtid_domain(position, t->domain);
        if (!g || (g->server == t->server && g->number < t->number))
            sent = -1;
        for (unsigned later = i + 1;
             g && g->server == t->server && g->number == t->number && later < w->begins; later++)
            if (w->history[later].domain == t->domain)
                sent = -1;      /* of the list's domain it must be the last */
        if (g && g->server == t->server && g->number == t->number)
            gtid_drop_domain(&wants, t->domain);
    }
    for (unsigned i = w->begins; sent >= 0 && i < LONG; i++) {
        const struct tx *t = &w->history[i];
        const struct gtid_entry *g = gtid_domain(&wants, t->domain);
        if (g && g->server == t->server && t->number > g->number)
            sent = -1;
        else if (g && g->server == t->server && t->number == g->number)
            gtid_drop_domain(&wants, t->domain);
        else if (!g && !gtid_domain(position, t->domain) && t->number > 1 &&
                 !(sent & 0x10 << t->domain))
            sent = -1;
        else if (!g)
            sent |= 1 << i | 0x10 << t->domain;
    }
    gtid_done(&wants);
    return sent < 0 ? sent : sent & 0xf;
}

static void look_at(const struct world *w, unsigned *passed)
{
    struct gtid_set position;
    struct mysql_evidence e = { .server_id = 9 };
    struct buf missing = { 0 };
    int due = 0xf & ~((1 << w->read) - 1);
    last_of_each(w, w->read, &position);
    last_of_each(w, w->list ? w->begins : 0, &e.purged);
    last_of_each(w, w->replica ? LONG : 0, &e.applied);
    state(w, &e.has);
    enum mysql_proof proof = mysql_proof(&e, &position, &position, &missing);
    int sent = proof == PROOF_HOLDS ? dump(w, &position) : -1;
    if (sent >= 0)
        assert_int_equal(sent, due);
    if (w->list && w->begins <= w->read)
        assert_int_equal(sent, due);        /* nothing is missing, and it can be told */
    assert_int_equal(missing.n == 0, proof == PROOF_HOLDS);
    *passed += sent >= 0;
    gtid_done(&position);
    mysql_evidence_done(&e);
    buf_done(&missing);
}

static void test_mariadb_sends_all_or_is_refused(void **state_)
{
    (void)state_;
    struct world w;
    unsigned passed = 0, all = 0;
    for (unsigned code = 0; code < CHOICES * CHOICES * CHOICES * CHOICES; code++) {
        make_history(&w, code);
        for (unsigned rest = 0; rest < (LONG + 1) * (LONG + 1) * 4; rest++, all++) {
            w.read = rest % (LONG + 1);
            w.begins = rest / (LONG + 1) % (LONG + 1);
            w.list = rest / ((LONG + 1) * (LONG + 1)) & 1;
            w.replica = rest / ((LONG + 1) * (LONG + 1)) & 2;
            /* a feed always has a domain: an empty position is one of no GTIDs */
            if (w.read)
                look_at(&w, &passed);
        }
    }
    assert_true(passed > all / 5 && passed < all * 3 / 5);      /* both happen */
}

/* ---- the rest of MariaDB's ---- */

static enum mysql_proof ask(const char *purged, const char *has, const char *applied,
                            const char *position, bool reset, const char *missing)
{
    struct mysql_evidence e = {
        .server_id = 101, .reset = reset, .deleted = (uint32_t[]){ 8 }, .ndeleted = 1
    };
    struct gtid_set at = { 0 };
    struct buf b = { 0 };
    assert_int_equal(gtid_read(purged, true, &e.purged, &err) | gtid_read_state(has, &e.has, &err) |
                         gtid_read(applied, true, &e.applied, &err) |
                         gtid_read(position, true, &at, &err),
                     0);
    enum mysql_proof proof = mysql_proof(&e, &at, &at, &b);
    assert_string_equal(buf_cstr(&b), missing);
    mysql_evidence_done(&e);
    gtid_done(&at);
    buf_done(&b);
    return proof;
}

static void test_a_number_is_one_servers(void **state_)
{
    (void)state_;
    assert_int_equal(ask("", "0-101-10,0-102-11", "", "0-101-11", false, "0-101-11"), PROOF_LACKS);
    assert_int_equal(ask("", "0-101-10,0-102-12", "", "0-102-11", false, ""), PROOF_HOLDS);
}

static void test_a_reset_counts_anew(void **state_)
{
    (void)state_;
    assert_int_equal(ask("", "0-101-900", "", "0-101-11", true, "0-101-11"), PROOF_RESET);
    /* a replica's: its numbers are its primary's */
    assert_int_equal(ask("", "0-102-900", "", "0-102-11", true, ""), PROOF_HOLDS);
}

static void test_deleted_domains(void **state_)
{
    (void)state_;
    /* it stands there, and logged nothing since */
    assert_int_equal(ask("", "0-101-9", "8-101-1", "0-101-9,8-101-1", false, ""), PROOF_HOLDS);
    assert_int_equal(ask("", "0-101-9", "8-101-2", "0-101-9,8-101-1", false, "8-101-1"),
                     PROOF_LACKS);
    /* named by the settings */
    assert_int_equal(ask("", "0-101-9", "8-101-1", "0-101-9", false, ""), PROOF_HOLDS);
    assert_int_equal(ask("", "0-101-9", "7-101-1", "0-101-9", false, "7-101-1"), PROOF_LOST);
}

/* ---- MySQL: sets of four transactions, as bits ---- */

static void set_of(unsigned bits, struct gtid_set *ret)
{
    static const uint8_t uuid[16] = { 7 };
    *ret = (struct gtid_set){ 0 };
    for (int i = 0; i < 4; i++)
        if (bits >> i & 1)
            gtid_add(ret, uuid, "", i + 1);
}

static void test_mysql_by_its_sets(void **state_)
{
    (void)state_;
    for (unsigned code = 0; code < 1 << 16; code++) {
        unsigned purged = code & 15, has = code >> 4 & 15, from = code >> 8 & 15, done = code >> 12;
        struct mysql_evidence e = { 0 };
        struct gtid_set a, b;
        struct buf missing = { 0 };
        if (purged & ~has || from & ~done)
            continue;
        set_of(purged, &e.purged);
        set_of(has, &e.has);
        set_of(from, &a);
        set_of(done, &b);
        assert_int_equal(mysql_proof(&e, &a, &b, &missing), purged & ~from ? PROOF_LOST
                                                            : done & ~has  ? PROOF_LACKS
                                                                           : PROOF_HOLDS);
        mysql_evidence_done(&e);
        gtid_done(&a);
        gtid_done(&b);
        buf_done(&missing);
    }
}

static void test_one_is_taken_out(void **state_)
{
    (void)state_;
    static const uint8_t uuid[16] = { 7 };
    for (unsigned bits = 0; bits < 16; bits++)
        for (int n = 1; n <= 4; n++) {
            struct gtid_set s, rest;
            struct buf a = { 0 }, b = { 0 };
            set_of(bits, &s);
            set_of(bits & ~(1u << (n - 1)), &rest);
            gtid_remove(&s, uuid, "", n);
            gtid_write(&s, &a);
            gtid_write(&rest, &b);
            assert_string_equal(buf_cstr(&a), buf_cstr(&b));
            buf_done(&a);
            buf_done(&b);
            gtid_done(&s);
            gtid_done(&rest);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mariadb_sends_all_or_is_refused),
        cmocka_unit_test(test_a_number_is_one_servers),
        cmocka_unit_test(test_a_reset_counts_anew),
        cmocka_unit_test(test_deleted_domains),
        cmocka_unit_test(test_mysql_by_its_sets),
        cmocka_unit_test(test_one_is_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
