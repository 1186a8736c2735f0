/* `tailrace setup`: prints the SQL that makes the feed's account. */
#include "source/mysql/conn.h"

/*
 * The server keeps nothing for a reader of its binlog. An account with these rights is all that
 * must be made.
 */
int mysql_setup(const struct mysql_options *opt, bool dry_run, FILE *out, struct err *err)
{
    (void)dry_run, (void)err;
    struct buf user = { 0 };
    mysql_put_literal(&user, slice_str(opt->user));
    bool tls = !opt->socket && opt->tls != MYSQL_TLS_DISABLE;
    fprintf(out, "-- on the primary, once; the host may be narrowed, "
                 "and SELECT to the databases that are read\n");
    fprintf(out, "CREATE USER %s@'%%' IDENTIFIED BY '...'%s;\n", buf_cstr(&user),
            tls ? " REQUIRE SSL" : "");
    fprintf(out, "GRANT REPLICATION SLAVE, %s ON *.* TO %s@'%%';\n",
            opt->mariadb ? "BINLOG MONITOR, SLAVE MONITOR" : "REPLICATION CLIENT, XA_RECOVER_ADMIN",
            buf_cstr(&user));
    fprintf(out, "GRANT SELECT ON *.* TO %s@'%%';\n", buf_cstr(&user));
    fprintf(out, "-- nothing else is needed: no slot, no publication. Run `tailrace check`.\n");
    buf_done(&user);
    return 0;
}
