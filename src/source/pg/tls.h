#ifndef TAILRACE_SOURCE_PG_TLS_H
#define TAILRACE_SOURCE_PG_TLS_H
#include "source/pg/conn.h"

/* How a connection is protected, as libpq says. Texts live as long as the connection. */
struct pg_tls {
    const char *version, *cipher;   /* NULL: no TLS */
    bool gss;                       /* encrypted by Kerberos instead */
    char mode[16];                  /* sslmode, whichever way libpq got it */
    const char *host;               /* the server reached: an address, or a socket's folder */
    bool local;                     /* the server is on this machine */
    bool password_in_clear;         /* a password went in the clear to another machine */
};
void pg_tls_of(PGconn *c, struct pg_tls *ret);

/*
 * Logs how the connection is protected. Warns, once for each *said, if a password went in the
 * clear.
 */
void pg_tls_say(PGconn *c, bool *said);

/*
 * Tells `check` one finding: how the connection to `who` ("the server", "the primary") is
 * protected.
 */
void pg_tls_check(PGconn *c, const char *who, finding_fn *tell, void *arg);
#endif
