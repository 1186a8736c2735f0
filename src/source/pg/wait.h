#ifndef TAILRACE_SOURCE_PG_WAIT_H
#define TAILRACE_SOURCE_PG_WAIT_H
#include "source/pg/conn.h"

/*
 * Runs a command that creates a logical slot on `c`, and waits for it. The result has one row.
 * NULL: err. On a standby the slot waits for the primary to log its running transactions
 * (xl_running_xacts), which an idle primary does not do. With opt->setup_conninfo the primary is
 * asked to (pg_log_standby_snapshot). After opt->setup_timeout_s the command is cancelled, which
 * leaves no slot behind.
 */
PGresult *pg_wait_slot(PGconn *c, const char *command, const struct pg_options *opt, bool standby,
                       struct err *err) must_check;
#endif
