#ifndef TAILRACE_SOURCE_MYSQL_REFUSED_H
#define TAILRACE_SOURCE_MYSQL_REFUSED_H
#include <stdbool.h>
#include "source/mysql.h"

/* What the operator must do about a server's error, by its number: a static text; "": nothing. */
const char *mysql_refused_todo(unsigned number);

/* The same for a failed log-in; the options make the advice more exact. */
const char *mysql_refused_login_todo(unsigned number, const struct mysql_options *opt);

/* Does the error last until an operator mends it? */
bool mysql_refused_lasts(unsigned number);

/*
 * Fails (ERR_CONFIG) if a file of the options cannot be read. The client library's own error would
 * not name the file.
 */
int mysql_refused_files(const struct mysql_options *opt, struct err *err) must_check;
#endif
