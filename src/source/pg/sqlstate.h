#ifndef TAILRACE_SOURCE_PG_SQLSTATE_H
#define TAILRACE_SOURCE_PG_SQLSTATE_H
#include <stdbool.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * err.state of an error that names something missing: a publication, as it was at the decoded LSN.
 */
#define PG_UNDEFINED_OBJECT "42704"

#define PG_NO_PRIVILEGE "42501"

/*
 * What a server's error means for us, by its SQLSTATE alone (PostgreSQL's documentation,
 * "PostgreSQL Error Codes"), as its text is in the language of lc_messages. RETRY: time may mend
 * it. CONFIG: somebody must change something. NULL: the server sent no SQLSTATE, so the connection
 * was lost: RETRY.
 */
enum err_class pg_sqlstate_class(const char *state);

/*
 * Fills err for a refused connection. text: what libpq says of every host that it tried, with
 * PQERRORS_VERBOSE. CONFIG only if time can mend no host's refusal. Adds what to do, if that is
 * known.
 */
int pg_refusal(const char *text, struct err *err);

/*
 * True if libpq's text holds a server's words. Asking again with PQERRORS_VERBOSE then brings its
 * SQLSTATE.
 */
bool pg_is_servers_refusal(const char *text);
#endif
