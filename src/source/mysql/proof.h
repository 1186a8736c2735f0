#ifndef TAILRACE_SOURCE_MYSQL_PROOF_H
#define TAILRACE_SOURCE_MYSQL_PROOF_H
#include "source/mysql/gtid.h"

/*
 * Has a server, in its binlog, everything that was written after a stored position? A pure function
 * over what the server says. It must be
 * proven: a server that was rebuilt, reset or restored answers as readily as one that was not.
 *
 * MySQL says it in two sets. MariaDB has one number a domain, and says nothing of what its binlog
 * lacks; there its oldest file's Gtid_list tells what the binlog begins after, and each transaction
 * of the position must be one that the binlog knows by server and number. Holes between are the
 * dump's to find (slave_gtid_strict_mode).
 */
struct mysql_evidence {
    struct gtid_set purged;     /* MySQL: gtid_purged. MariaDB: the Gtid_list of the oldest file */
    /* MySQL: gtid_executed. MariaDB: gtid_binlog_state (gtid_read_state) */
    struct gtid_set has;
    struct gtid_set applied;    /* MariaDB: gtid_slave_pos, read after `has` */
    /* the binlog was begun anew since: the position's file is not the one that it was */
    bool reset;
    uint32_t server_id;
    /* MariaDB: domains that the operator says were deleted, all of them read */
    const uint32_t *deleted;
    size_t ndeleted;
};
void mysql_evidence_done(struct mysql_evidence *e);
bool mysql_evidence_deleted(const struct mysql_evidence *e, uint32_t domain);

enum mysql_proof {
    PROOF_HOLDS,
    PROOF_LACKS,        /* it has not got what was read: it may lag. missing: what */
    PROOF_LOST,         /* it lacks what was not read. missing: what */
    /* its own transactions are counted anew: the position's may be others. missing: those */
    PROOF_RESET,
};

/* from: where reading begins; done: what was read, which has all of from. Appends to missing, for
 * people. */
enum mysql_proof mysql_proof(const struct mysql_evidence *e, const struct gtid_set *from,
                             const struct gtid_set *done, struct buf *missing);
#endif
