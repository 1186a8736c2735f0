#include "source/mysql/conn.h"

/* The server keeps nothing for a reader of its binlog: an account with these rights is all there is to make. */
int mysql_setup(const struct mysql_options *opt, bool dry_run, FILE *out, struct err *err)
{
    (void)dry_run, (void)err;
    struct buf user = { 0 };
    mysql_put_literal(&user, slice_str(opt->user));
    fprintf(out, "-- on the primary, once; the host may be narrowed\n");
    fprintf(out, "CREATE USER %s@'%%' IDENTIFIED BY '...';\n", buf_cstr(&user));
    fprintf(out, opt->mariadb ? "GRANT REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR, SELECT ON *.* TO %s@'%%';\n"
                              : "GRANT REPLICATION SLAVE, REPLICATION CLIENT, SELECT, XA_RECOVER_ADMIN ON *.* TO %s@'%%';\n",
            buf_cstr(&user));
    fprintf(out, "-- nothing else is needed: no slot, no publication. Run `tailrace check`.\n");
    buf_done(&user);
    return 0;
}
