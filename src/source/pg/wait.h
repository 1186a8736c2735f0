#ifndef TAILRACE_SOURCE_PG_WAIT_H
#define TAILRACE_SOURCE_PG_WAIT_H
#include "source/pg/conn.h"

/*
 * Runs a command that creates a logical slot on `c`. On a standby it waits for
 * the primary to log its running transactions (xl_running_xacts), which an idle
 * primary does not do; with opt->setup_conninfo the primary is asked for it
 * (pg_log_standby_snapshot). After opt->setup_timeout_s the command is cancelled,
 * which leaves no slot behind. The result has rows.
 */
PGresult *pg_wait_slot(PGconn *c, const char *command, const struct pg_options *opt, bool standby,
                       struct err *err) must_check;
#endif
