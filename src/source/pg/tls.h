#ifndef TAILRACE_SOURCE_PG_TLS_H
#define TAILRACE_SOURCE_PG_TLS_H
#include "source/pg/conn.h"

/* How a connection is protected, as libpq says. Texts live with the connection. */
struct pg_tls {
    const char *version, *cipher;   /* NULL: no TLS */
    bool gss;                       /* encrypted by Kerberos instead */
    char mode[16];                  /* sslmode, from wherever libpq took it */
    const char *host;               /* who was reached: an address, or a socket's folder */
    bool local;                     /* that is this machine */
    bool password_in_clear;         /* a password was used, in the clear, to another machine */
};
void pg_tls_of(PGconn *c, struct pg_tls *ret);

/* Logs how the changes come; once a process (*said) that a password went in the clear. */
void pg_tls_say(PGconn *c, bool *said);

/* One finding for `check`: who is reached ("the server", "the primary"), and how. */
void pg_tls_check(PGconn *c, const char *who, finding_fn *tell, void *arg);
#endif
