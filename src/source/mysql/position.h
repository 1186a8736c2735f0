#ifndef TAILRACE_SOURCE_MYSQL_POSITION_H
#define TAILRACE_SOURCE_MYSQL_POSITION_H
#include "source/mysql/server.h"

/* Statements that the feed passed over, by a catalog of a place that is still ahead (doubt.h). */
struct mysql_doubt {
    struct buf names;           /* doubt.h; empty: there is no doubt */
    struct mysql_place until;   /* the catalog's place */
    char at[300];               /* where the first statement stands, as FILE:POSITION */
};

/*
 * Where a feed stands. The sink stores it as JSON text, opaque to it. Reading resumes only at the
 * end of a transaction, because TABLE_MAPs stand before their rows. Inside a transaction, `ordinal`
 * counts the row changes that were handed out.
 */
struct mysql_position {
    /* struct mysql_server's uuid: file and pos mean something at that server only */
    char server[40];
    struct mysql_place done;    /* the end of the last transaction handed out whole */
    uint64_t ordinal;           /* changes handed out of the transaction after done */
    char in[104];               /* GTID of that transaction; "": it has none */
    /* which tables' changes ordinal counts: struct filter's hash; 0: not known */
    uint32_t filter;
    /*
     * MySQL: the last transaction of done. The feed asks for it again, because a server that was
     * reset gives the same GTIDs to other transactions. "": not known
     */
    char last[104];
    /* when the origin of `last` committed it, in microseconds */
    int64_t last_us;
    /*
     * MariaDB: the domains that the server had applied without having them in its binlog, and where
     * they stood, when the feed began
     */
    struct gtid_set outside;
    /* an operator chose it: the kept definitions may belong to another place */
    bool moved;
    /*
     * where reading must begin: before done, while an XA transaction waits for its COMMIT. file "":
     * at done
     */
    struct mysql_place from;
    struct mysql_doubt doubt;   /* about statements that were passed over */
};

void mysql_position_write(const struct mysql_position *p, struct buf *out);
/*
 * The token may come from anybody. What this returns is checked: it can do no harm in a statement,
 * a record or the next position.
 */
int mysql_position_read(struct slice token, bool mariadb, struct mysql_position *ret,
                        struct err *err) must_check;
void mysql_position_done(struct mysql_position *p);
void mysql_doubt_done(struct mysql_doubt *d);

/*
 * Inside a transaction, the ordinal counts changes of the tables that are read. ERR_CONFIG: another
 * filter reads other tables, so the ordinal says nothing.
 */
int mysql_position_counts(const struct mysql_position *p, uint32_t filter,
                          struct err *err) must_check;

/*
 * Compares two places in one server's binlog. < 0: a is before b. The number behind the last dot of
 * a name counts the files.
 */
int mysql_file_order(const char *file_a, uint64_t pos_a, const char *file_b, uint64_t pos_b);
#endif
