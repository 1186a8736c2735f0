#ifndef TAILRACE_SOURCE_MYSQL_TLS_H
#define TAILRACE_SOURCE_MYSQL_TLS_H
#include "source/mysql/conn.h"

/* Logs how the connection is protected, and warns if a password went over it in the clear. */
void mysql_tls_say(struct mysql_conn *c, const struct mysql_options *opt);

/* The same as a finding for `check`. */
void mysql_tls_check(struct mysql_conn *c, const struct mysql_options *opt, finding_fn *say,
                     void *arg);
#endif
