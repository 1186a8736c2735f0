/*
 * Whether a connection is encrypted, and whether anybody made sure who the server is: for the log
 * and `check`.
 */
#include "source/pg/tls.h"
#include <stdio.h>
#include <string.h>
#include "base/local.h"
#include "base/log.h"

#define ADVICE                                                                                     \
    "sslmode=verify-full, with sslrootcert=FILE of the CA that signed the server's certificate"

static void read_mode(PGconn *c, char *ret, size_t size)
{
    PQconninfoOption *list = PQconninfo(c);
    *ret = 0;
    for (const PQconninfoOption *o = list; o && o->keyword; o++)
        if (strcmp(o->keyword, "sslmode") == 0 && o->val)
            snprintf(ret, size, "%s", o->val);
    PQconninfoFree(list);
}

void pg_tls_of(PGconn *c, struct pg_tls *ret)
{
    const char *address = PQhostaddr(c), *host = PQhost(c);
    *ret = (struct pg_tls){ .gss = PQgssEncInUse(c) };
    if (PQsslInUse(c)) {
        ret->version = PQsslAttribute(c, "protocol");
        ret->cipher = PQsslAttribute(c, "cipher");
    }
    read_mode(c, ret->mode, sizeof ret->mode);
    ret->host = address && *address ? address : host ? host : "";
    ret->local = host_is_local(slice_str(ret->host));
    ret->password_in_clear =
        PQconnectionUsedPassword(c) && !PQsslInUse(c) && !ret->gss && !ret->local;
}

void pg_tls_say(PGconn *c, bool *said)
{
    struct pg_tls t;
    pg_tls_of(c, &t);
    log_info("connected host=%s tls=%s cipher=%s sslmode=%s", t.host,
             t.version ? t.version
             : t.gss   ? "kerberos"
                       : "none",
             t.cipher ? t.cipher : "none", t.mode);
    if (t.password_in_clear && !*said)
        log_warn("a password was used without TLS host=%s todo=\"in source.conninfo, "
                 ADVICE "\"", t.host);
    *said |= t.password_in_clear;
}

/* What sslmode makes sure of. */
static const char *verified(const struct pg_tls *t)
{
    if (strcmp(t->mode, "verify-full") == 0)
        return "the certificate and its name are verified";
    if (strcmp(t->mode, "verify-ca") == 0)
        return "the certificate is verified, its name is not";
    return "this mode does not make sure who the server is";
}

void pg_tls_check(PGconn *c, const char *who, finding_fn *tell, void *arg)
{
    struct pg_tls t;
    char what[600];
    pg_tls_of(c, &t);
    bool sure = strncmp(t.mode, "verify-", 7) == 0, good = t.local || t.gss || (t.version && sure);
    if (t.version)
        snprintf(what, sizeof what, "the connection to %s is encrypted: %s, %s; sslmode is %s: %s",
                 who, t.version, t.cipher ? t.cipher : "?", t.mode, verified(&t));
    else if (t.gss)
        snprintf(what, sizeof what, "the connection to %s is encrypted by Kerberos", who);
    else
        snprintf(what, sizeof what, "the connection to %s is not encrypted (sslmode is %s)%s%s",
                 who, t.mode,
                 t.local ? "; it does not leave this machine, "
                 : t.password_in_clear
                     ? ": the log-in and all rows go over the network in the clear, to "
                     : ": all rows go over the network in the clear, to ",
                 t.host);
    tell(arg, good ? FINDING_OK : FINDING_WARN, what, good ? NULL : ADVICE);
}
