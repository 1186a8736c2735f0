#ifndef TAILRACE_SOURCE_MYSQL_SERVER_H
#define TAILRACE_SOURCE_MYSQL_SERVER_H
#include "source/mysql/conn.h"
#include "source/mysql/gtid.h"

/* What the server is, and how it writes its binlog. */
struct mysql_server {
    bool mariadb;
    int version;                /* 80400, 101119 */
    char collation[64];         /* collation_server */
    char version_text[80];
    /* MySQL's server_uuid; MariaDB: "server_id:port", the best it has */
    char uuid[40];
    uint32_t server_id;
    bool replica;               /* follows another server */
    bool guessed;               /* by read_only alone: the account may not see more */
    bool clustered;             /* Galera, group replication: its members follow one another */
    bool log_bin, log_updates;  /* log_updates: what it replicates goes into its own binlog */
    /* transactions have GTIDs: MariaDB always, MySQL with gtid_mode ON or ON_PERMISSIVE */
    bool gtid;
    /* binlog_format, binlog_row_image, binlog_row_metadata ("" where there is none) */
    char format[16], image[16], metadata[16];
    bool utf8_is_utf8mb4;       /* struct mysql_dialect */
    /* lower_case_table_names is not 0: names in statements may be of any case */
    bool lower_case_names;
};

int mysql_server_read(struct mysql_conn *c, struct mysql_server *ret, struct err *err) must_check;

/* The statement that tells of its following another: a row for each that it follows. */
const char *mysql_server_role_sql(const struct mysql_server *s);
const char *mysql_server_monitor(const struct mysql_server *s);     /* the right that it needs */

/* It is of the kind that source.kind says. */
int mysql_server_is_kind(const struct mysql_server *s, const struct mysql_options *opt,
                         struct err *err) must_check;

/* Its kind, its binlog and its role are such that we may read it; else ERR_CONFIG says what to
 * change. */
int mysql_server_usable(const struct mysql_server *s, const struct mysql_options *opt,
                        struct err *err) must_check;

/* A place in the binlog: all transactions of gtid, and the end of them as file and position. */
struct mysql_place {
    struct gtid_set gtid;       /* empty where transactions have none */
    char file[256];             /* "": not known on this server */
    uint64_t pos;
    /* when the server began that file (its FORMAT event), in seconds; 0: not known. A reset reuses
     * names */
    uint32_t born;
};
void mysql_place_done(struct mysql_place *p);
/* over what was there */
void mysql_place_copy(struct mysql_place *to, const struct mysql_place *from);

/* Where the server's log ends now. MySQL: gtid lacks what is in the log and not yet in the engine;
 * file and pos cover it. */
/* without GTIDs */
int mysql_server_file(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *ret,
                      struct err *err) must_check;
int mysql_server_end(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *ret,
                     struct err *err) must_check;

/* MariaDB: the GTIDs of p's file and position, into p->gtid. MySQL: those executed now. */
int mysql_server_gtids(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *p,
                       struct err *err) must_check;

/* The GTIDs of all that snapshots show, and maybe of more; none where transactions have none. */
int mysql_server_shown(struct mysql_conn *c, const struct mysql_server *s, struct gtid_set *ret,
                       struct err *err) must_check;

/* Does the server say that p's file and position are p's GTIDs? Only MariaDB can; then the stream
 * may begin at them, at once. */
bool mysql_server_same_place(struct mysql_conn *c, const struct mysql_server *s,
                             const struct mysql_place *p);

/* The place that a setting names: "FILE:POSITION", or a GTID set, whose file is not known ("") and
 * not needed. */
int mysql_server_place(struct mysql_conn *c, const struct mysql_server *s, const char *text,
                       struct mysql_place *ret, struct err *err) must_check;

/* Whether the connection leads to the server that s was read from: one name may stand for
 * several. */
int mysql_server_same(struct mysql_conn *c, const struct mysql_server *s,
                      struct err *err) must_check;

/* Is that file one of its binlog's? */
int mysql_server_lists(struct mysql_conn *c, const char *file, bool *ret, struct err *err)
    must_check;

/* MySQL: what has left its binlog. */
int mysql_server_purged(struct mysql_conn *c, struct gtid_set *ret, struct err *err) must_check;

/* MariaDB: the domains that the server has applied and its binlog has nothing of. */
int mysql_server_outside(struct mysql_conn *c, struct gtid_set *ret, struct err *err) must_check;

/*
 * Has the server, in its binlog, all that comes after `from`, where reading begins, and all that
 * was read (done)? same: both were taken at this very server. ERR_FATAL, saying what is missing and
 * what to do: it cannot prove that it has (proof.h). patient: where it replicates from another, it
 * may lag: ERR_RETRY.
 */
int mysql_server_agrees(struct mysql_conn *c, const struct mysql_server *s,
                        const struct mysql_options *opt, const struct mysql_place *from,
                        const struct gtid_set *done, bool same, bool patient,
                        struct err *err) must_check;

/* MariaDB: domains that were deleted and that the settings name go out of p, if the server has
 * nothing of them. */
int mysql_server_forget_domains(struct mysql_conn *c, const struct mysql_options *opt,
                                struct gtid_set *p, struct err *err) must_check;
bool mysql_domain_deleted(const struct mysql_options *opt, uint32_t domain);

/* The session settings that a dump needs, on the dump's own connection. */
int mysql_server_prepare_dump(struct mysql_conn *c, const struct mysql_options *opt,
                              const struct mysql_server *s, const struct gtid_set *from,
                              struct err *err) must_check;
#endif
