#ifndef TAILRACE_SOURCE_PG_SQLSTATE_H
#define TAILRACE_SOURCE_PG_SQLSTATE_H
#include <stdbool.h>
#include "base/err.h"
#include "base/slice.h"

/* err.state of what names something that is not there: a publication, as it was at the decoded
 * place. */
#define PG_UNDEFINED_OBJECT "42704"

#define PG_NO_PRIVILEGE "42501"

/*
 * What an error of the server means for us, by its SQLSTATE alone (PostgreSQL's documentation,
 * "PostgreSQL Error Codes"): its text is in the language of lc_messages. RETRY: time may mend it.
 * CONFIG: somebody must change something.
 * NULL: the server said none, so the connection was lost: RETRY.
 */
enum err_class pg_sqlstate_class(const char *state);

/*
 * A refused connection. text: what libpq says of every host that it tried, with PQERRORS_VERBOSE.
 * Fills err: CONFIG only when every host's refusal is one that time cannot mend; with what to do,
 * where that is known.
 */
int pg_refusal(const char *text, struct err *err);

/* True when libpq's text holds words of a server's: then asking again with PQERRORS_VERBOSE brings
 * its SQLSTATE. */
bool pg_is_servers_refusal(const char *text);
#endif
