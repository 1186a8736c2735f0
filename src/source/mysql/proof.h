#ifndef TAILRACE_SOURCE_MYSQL_PROOF_H
#define TAILRACE_SOURCE_MYSQL_PROOF_H
#include "source/mysql/gtid.h"

/*
 * Does a server's binlog have everything that was written after a stored position? A pure function
 * over what the server says. The server must prove it: one that was rebuilt, reset or restored
 * answers as readily as one that was not.
 *
 * MySQL says it in two sets. MariaDB has one number per domain, and does not say what its binlog
 * lacks. There the Gtid_list of the oldest file tells what the binlog begins after. The binlog must
 * also know each transaction of the position by server and number. The dump finds holes between
 * them (slave_gtid_strict_mode).
 */
struct mysql_evidence {
    struct gtid_set purged;     /* MySQL: gtid_purged. MariaDB: the Gtid_list of the oldest file */
    /* MySQL: gtid_executed. MariaDB: gtid_binlog_state (gtid_read_state) */
    struct gtid_set has;
    struct gtid_set applied;    /* MariaDB: gtid_slave_pos, read after `has` */
    /* the binlog was begun anew: the position's file is not the same file any more */
    bool reset;
    uint32_t server_id;
    /* MariaDB: deleted domains, as the operator says; all of them were read to their end */
    const uint32_t *deleted;
    size_t ndeleted;
};
void mysql_evidence_done(struct mysql_evidence *e);
bool mysql_evidence_deleted(const struct mysql_evidence *e, uint32_t domain);

enum mysql_proof {
    PROOF_HOLDS,
    /* the server does not have what was read; it may lag. missing: what it lacks */
    PROOF_LACKS,
    PROOF_LOST,         /* the server no longer has what was not read yet. missing: what it lacks */
    /*
     * the server counts its own transactions anew, so the position's numbers may mean others.
     * missing: those
     */
    PROOF_RESET,
};

/*
 * from: where reading begins; done: what was read, which includes `from`. Appends to missing, for
 * people.
 */
enum mysql_proof mysql_proof(const struct mysql_evidence *e, const struct gtid_set *from,
                             const struct gtid_set *done, struct buf *missing);
#endif
