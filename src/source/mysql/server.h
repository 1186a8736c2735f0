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
    /* MySQL: server_uuid; MariaDB: "server_id:port", the best that it has */
    char uuid[40];
    uint32_t server_id;
    bool replica;               /* follows another server */
    bool guessed;               /* replica is a guess by read_only: the account may not see more */
    bool clustered;             /* Galera, group replication: its members follow one another */
    bool log_bin, log_updates;  /* log_updates: it writes what it replicates into its own binlog */
    /* transactions have GTIDs: MariaDB always, MySQL with gtid_mode ON or ON_PERMISSIVE */
    bool gtid;
    /* binlog_format, binlog_row_image, binlog_row_metadata ("" where there is none) */
    char format[16], image[16], metadata[16];
    bool utf8_is_utf8mb4;       /* struct mysql_dialect */
    /* lower_case_table_names is not 0: names in statements may be of any case */
    bool lower_case_names;
};

int mysql_server_read(struct mysql_conn *c, struct mysql_server *ret, struct err *err) must_check;

/* The statement that shows which servers it follows: one row for each. */
const char *mysql_server_role_sql(const struct mysql_server *s);
/* The right that the statement of mysql_server_role_sql() needs. */
const char *mysql_server_monitor(const struct mysql_server *s);

/* Is the server of the kind that source.kind says? Else ERR_CONFIG. */
int mysql_server_is_kind(const struct mysql_server *s, const struct mysql_options *opt,
                         struct err *err) must_check;

/* May we read it, by its kind, its binlog and its role? Else ERR_CONFIG says what to change. */
int mysql_server_usable(const struct mysql_server *s, const struct mysql_options *opt,
                        struct err *err) must_check;

/* A place in the binlog: the end of all transactions in gtid, also as file and position. */
struct mysql_place {
    struct gtid_set gtid;       /* empty where transactions have none */
    char file[256];             /* "": not known on this server */
    uint64_t pos;
    /*
     * when the server began that file (its FORMAT event), in seconds; 0: not known. A server that
     * was reset uses the same names again
     */
    uint32_t born;
};
void mysql_place_done(struct mysql_place *p);
/* replaces what `to` held */
void mysql_place_copy(struct mysql_place *to, const struct mysql_place *from);

/*
 * Where the server's log ends now. mysql_server_file() sets file and pos only; mysql_server_end()
 * sets gtid too. MySQL: gtid lacks what is in the log and not yet in the engine; file and pos cover
 * it.
 */
int mysql_server_file(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *ret,
                      struct err *err) must_check;
int mysql_server_end(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *ret,
                     struct err *err) must_check;

/* MariaDB: the GTIDs at p's file and position, into p->gtid. MySQL: the GTIDs executed now. */
int mysql_server_gtids(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *p,
                       struct err *err) must_check;

/*
 * All GTIDs that a snapshot taken before can show, and maybe more. Empty where transactions have no
 * GTIDs.
 */
int mysql_server_shown(struct mysql_conn *c, const struct mysql_server *s, struct gtid_set *ret,
                       struct err *err) must_check;

/*
 * Does the server say that p's GTIDs stand at p's file and position? Only MariaDB can say so; then
 * the stream may begin at the file and position at once.
 */
bool mysql_server_same_place(struct mysql_conn *c, const struct mysql_server *s,
                             const struct mysql_place *p);

/*
 * The place that a setting names: "FILE:POSITION" or a GTID set. With a GTID set, file is "": it is
 * not known and not needed.
 */
int mysql_server_place(struct mysql_conn *c, const struct mysql_server *s, const char *text,
                       struct mysql_place *ret, struct err *err) must_check;

/*
 * Does the connection lead to the server that s was read from? One host name may stand for several
 * servers.
 */
int mysql_server_same(struct mysql_conn *c, const struct mysql_server *s,
                      struct err *err) must_check;

/* Does the server's binlog have that file? */
int mysql_server_lists(struct mysql_conn *c, const char *file, bool *ret, struct err *err)
    must_check;

/* MySQL: the transactions that the server has purged from its binlog. */
int mysql_server_purged(struct mysql_conn *c, struct gtid_set *ret, struct err *err) must_check;

/* MariaDB: the domains that the server has applied and that its binlog does not hold. */
int mysql_server_outside(struct mysql_conn *c, struct gtid_set *ret, struct err *err) must_check;

/*
 * Does the server's binlog have everything after `from`, where reading begins, and did the server
 * have everything that was read (done)? same: both places were taken at this very server.
 * ERR_FATAL: the server cannot prove it (proof.h); the error says what is missing and what to do.
 * patient: a server that may lag gets ERR_RETRY.
 */
int mysql_server_agrees(struct mysql_conn *c, const struct mysql_server *s,
                        const struct mysql_options *opt, const struct mysql_place *from,
                        const struct gtid_set *done, bool same, bool patient,
                        struct err *err) must_check;

/*
 * MariaDB: removes from p the deleted domains that the settings name, if the server's binlog has
 * nothing of them.
 */
int mysql_server_forget_domains(struct mysql_conn *c, const struct mysql_options *opt,
                                struct gtid_set *p, struct err *err) must_check;
bool mysql_domain_deleted(const struct mysql_options *opt, uint32_t domain);

/* The session settings that a dump needs, on the dump's own connection. */
int mysql_server_prepare_dump(struct mysql_conn *c, const struct mysql_options *opt,
                              const struct mysql_server *s, const struct gtid_set *from,
                              struct err *err) must_check;
#endif
