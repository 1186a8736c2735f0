#ifndef TAILRACE_SOURCE_MYSQL_GTID_H
#define TAILRACE_SOURCE_MYSQL_GTID_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

/*
 * A set of transactions. MySQL: intervals for each server UUID and tag ("uuid:1-5:7,uuid:tag:1").
 * MariaDB: the last transaction of each domain ("0-101-42,5-7-1"), which stands for all before it.
 */
struct gtid_interval { int64_t first, last; };      /* both ends belong to it */
struct gtid_entry {
    uint8_t uuid[16];           /* MySQL */
    char tag[33];               /* MySQL; "": none */
    struct gtid_interval *intervals;    /* in order, with gaps between them */
    uint32_t n, cap;
    uint32_t domain, server;    /* MariaDB */
    uint64_t number;
};
struct gtid_set {
    bool mariadb;
    struct gtid_entry *entries; /* in order of UUID and tag (MySQL), of domain (MariaDB) */
    uint32_t n;
};

bool gtid_empty(const struct gtid_set *s);
void gtid_done(struct gtid_set *s);
void gtid_copy(struct gtid_set *to, const struct gtid_set *from);     /* replaces what `to` held */

/*
 * Reads either server's text form and ignores white space. ret is emptied first; its mariadb is
 * set.
 */
int gtid_read(const char *text, bool mariadb, struct gtid_set *ret, struct err *err) must_check;
/*
 * MariaDB's gtid_binlog_state: the last number of each server in each domain. Only mysql_proof()
 * can read this set; gtid_domain() cannot.
 */
int gtid_read_state(const char *text, struct gtid_set *ret, struct err *err) must_check;
void gtid_write(const struct gtid_set *s, struct buf *out);

/* One transaction's id as text: "uuid:5", "uuid:tag:5", "0-101-42". */
void gtid_write_one(const uint8_t uuid[16], const char *tag, int64_t number, struct buf *out);
void gtid_write_maria(uint32_t domain, uint32_t server, uint64_t number, struct buf *out);

void gtid_add(struct gtid_set *s, const uint8_t uuid[16], const char *tag, int64_t number);
void gtid_add_maria(struct gtid_set *s, uint32_t domain, uint32_t server, uint64_t number);

void gtid_remove(struct gtid_set *s, const uint8_t uuid[16], const char *tag, int64_t number);

/* MariaDB: the last transaction of a domain; NULL: none is in the set. */
const struct gtid_entry *gtid_domain(const struct gtid_set *s, uint32_t domain);
/* Adds the entries of other whose domain s does not have. */
void gtid_add_domains(struct gtid_set *s, const struct gtid_set *other);
void gtid_drop_domain(struct gtid_set *s, uint32_t domain);

/* Is the transaction in the set? (MySQL) */
bool gtid_has(const struct gtid_set *s, const uint8_t uuid[16], const char *tag, int64_t number);
/*
 * MariaDB's numbers may come out of order in a domain (gtid_strict_mode is off by default). So the
 * stream's own order tells what was passed. Returns true while s has an entry of the domain. The
 * transaction that is the entry removes it; it still returns true.
 */
bool gtid_pass_maria(struct gtid_set *s, uint32_t domain, uint32_t server, uint64_t number);
/* Removes from s the domains that stand at the same transaction in both. */
void gtid_drop_equal_maria(struct gtid_set *s, const struct gtid_set *other);

/* Is all of a in b? */
bool gtid_within(const struct gtid_set *a, const struct gtid_set *b);
/* Appends the transactions of a that are not in b, as text for people. */
void gtid_write_missing(const struct gtid_set *a, const struct gtid_set *b, struct buf *out);

/*
 * The form that COM_BINLOG_DUMP_GTID takes (MySQL: sql/rpl_gtid_set.cc, Gtid_set::encode). It has
 * tags only if the set has any.
 */
void gtid_encode(const struct gtid_set *s, struct buf *out);
#endif
