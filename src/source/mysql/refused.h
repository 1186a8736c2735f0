#ifndef TAILRACE_SOURCE_MYSQL_REFUSED_H
#define TAILRACE_SOURCE_MYSQL_REFUSED_H
#include <stdbool.h>
#include "source/mysql.h"

/* What the operator is to do about a server's error, by its number: a static text. "": nothing. */
const char *mysql_refused_todo(unsigned number);

/* The same of a log-in, which the options tell more of. */
const char *mysql_refused_login_todo(unsigned number, const struct mysql_options *opt);

/* Nothing but an operator mends it. */
bool mysql_refused_lasts(unsigned number);

/* A file of the options that cannot be read: the client library would not name it. */
int mysql_refused_files(const struct mysql_options *opt, struct err *err) must_check;
#endif
