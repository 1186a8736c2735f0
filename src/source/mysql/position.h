#ifndef TAILRACE_SOURCE_MYSQL_POSITION_H
#define TAILRACE_SOURCE_MYSQL_POSITION_H
#include "source/mysql/server.h"

/* Statements that were passed over before a place that is still ahead (doubt.h). */
struct mysql_doubt {
    struct buf names;           /* doubt.h; empty: there is none */
    struct mysql_place until;   /* the catalog's place */
    char at[300];               /* the first statement's, as words */
};

/*
 * Where a feed stands. Stored as JSON text by the sink; opaque there. Only the end of a transaction
 * is a resume point, because the rows' TABLE_MAPs stand before them: inside one, `ordinal` says how
 * many of its row changes were handed out.
 */
struct mysql_position {
    /* struct mysql_server's uuid: file and pos mean something there alone */
    char server[40];
    struct mysql_place done;    /* the end of the last transaction handed out whole */
    uint64_t ordinal;           /* changes of the one after it */
    char in[104];               /* that one's GTID; "": it has none */
    /* which tables' changes count: struct filter's hash; 0: not known */
    uint32_t filter;
    /* MySQL: the last transaction of done, and when its origin committed it (microseconds): it is
     * asked for again, */
    char last[104];
    /* as a server that was reset gives the same GTIDs to others. "": not known */
    int64_t last_us;
    /* MariaDB: where the domains stood that the server had applied and its binlog had nothing of,
     * when the feed began */
    struct gtid_set outside;
    bool moved;                 /* an operator chose it: kept definitions may be of another */
    /* where reading must begin: before done while an XA transaction waits for its COMMIT; else file
     * is "" */
    struct mysql_place from;
    struct mysql_doubt doubt;   /* of statements that were passed over */
};

void mysql_position_write(const struct mysql_position *p, struct buf *out);
/* Nothing of what is returned can do harm in a statement, a record or the next position, whoever
 * wrote the token. */
int mysql_position_read(struct slice token, bool mariadb, struct mysql_position *ret,
                        struct err *err) must_check;
void mysql_position_done(struct mysql_position *p);
void mysql_doubt_done(struct mysql_doubt *d);

/* Inside a transaction the ordinal counts the changes of the tables that were read: with other
 * tables it is another number. */
int mysql_position_counts(const struct mysql_position *p, uint32_t filter,
                          struct err *err) must_check;

/* < 0: a is before b. Of one server's binlog: the number behind the last dot counts the files. */
int mysql_file_order(const char *file_a, uint64_t pos_a, const char *file_b, uint64_t pos_b);
#endif
