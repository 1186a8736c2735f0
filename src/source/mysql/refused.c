/* Refusals that time does not mend: which errors they are, and what the operator must change. */
#include "source/mysql/refused.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * MySQL: share/messages_to_clients.txt; MariaDB: sql/share/errmsg-utf8.txt. From 2000: client
 * errors.
 */
enum {
    DBACCESS_DENIED = 1044, ACCESS_DENIED = 1045, HOST_NOT_PRIVILEGED = 1130,
    TABLEACCESS_DENIED = 1142, COLUMNACCESS_DENIED = 1143, SPECIFIC_ACCESS_DENIED = 1227,
    MUST_CHANGE_PASSWORD = 1820, MUST_CHANGE_PASSWORD_LOGIN = 1862,
    SECURE_TRANSPORT_REQUIRED = 3159, MYSQL_ACCOUNT_LOCKED = 3118, MYSQL_PASSWORD_LOCK = 3955,
    MARIADB_USER_BLOCKED = 4150, MARIADB_ACCOUNT_LOCKED = 4151,
    NO_CONNECTION = 2002, NO_CONNECTION_TO_HOST = 2003, UNKNOWN_HOST = 2005, SERVER_LOST = 2013,
    TLS_ERROR = 2026,
};

#define UNLOCK "on the primary, ALTER USER ... ACCOUNT UNLOCK"
#define NEW_PASSWORD "on the primary, give the account a new password and PASSWORD EXPIRE NEVER " \
    "(ALTER USER), and set source.mysql.password"
#define RIGHTS "grant the account that right: `tailrace setup` prints all that it needs"
#define ACCOUNT "look at source.mysql.user and source.mysql.password, and at the hosts that the " \
    "account may come from"

static const struct meaning { unsigned number; const char *todo; } table[] = {
    { MYSQL_ACCOUNT_LOCKED, UNLOCK },
    { MYSQL_PASSWORD_LOCK, UNLOCK },
    { MARIADB_ACCOUNT_LOCKED, UNLOCK },
    { MARIADB_USER_BLOCKED, "look at source.mysql.password, then FLUSH PRIVILEGES on that server" },
    { MUST_CHANGE_PASSWORD, NEW_PASSWORD },
    { MUST_CHANGE_PASSWORD_LOGIN, NEW_PASSWORD },
    { SECURE_TRANSPORT_REQUIRED, "set source.mysql.tls: verify-full, and source.mysql.tls-ca" },
    { HOST_NOT_PRIVILEGED, "let the account come from this host (CREATE USER ...@'HOST')" },
    { SPECIFIC_ACCESS_DENIED, RIGHTS },
    { TABLEACCESS_DENIED, RIGHTS },
    { COLUMNACCESS_DENIED, RIGHTS },
    { DBACCESS_DENIED, RIGHTS },
};

const char *mysql_refused_todo(unsigned number)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].number == number)
            return table[i].todo;
    return "";
}

bool mysql_refused_lasts(unsigned number)
{
    return number == ACCESS_DENIED || *mysql_refused_todo(number);
}

/*
 * Servers report a wrong password and an account that REQUIREs more with the same error. MariaDB
 * before 11 also reports require_secure_transport so.
 */
static const char *denied(const struct mysql_options *opt)
{
    if (opt->socket || (opt->tls != MYSQL_TLS_DISABLE && opt->tls_cert))
        return ACCOUNT;
    return opt->tls == MYSQL_TLS_DISABLE
        ? ACCOUNT "; if it, or the server, REQUIREs SSL, set source.mysql.tls: verify-full"
        : ACCOUNT "; if it REQUIREs X509, set source.mysql.tls-cert and source.mysql.tls-key";
}

const char *mysql_refused_login_todo(unsigned number, const struct mysql_options *opt)
{
    switch (number) {
    case ACCESS_DENIED:
        return denied(opt);
    case TLS_ERROR:
        return "look at source.mysql.tls-ca (the certificate of the CA that signed the server's), "
               "and at source.mysql.host, a name of that certificate, which must not have expired";
    case NO_CONNECTION: case NO_CONNECTION_TO_HOST: case UNKNOWN_HOST: case SERVER_LOST:
        return opt->socket ? "look at source.mysql.socket"
                           : "look at source.mysql.host and source.mysql.port";
    default:
        return "";
    }
}

int mysql_refused_files(const struct mysql_options *opt, struct err *err)
{
    bool tls = opt->tls != MYSQL_TLS_DISABLE;
    const struct { const char *key, *path; } files[] = {
        { "tls-ca", tls ? opt->tls_ca : NULL },
        { "tls-cert", tls ? opt->tls_cert : NULL },
        { "tls-key", tls ? opt->tls_key : NULL },
        { "server-public-key", opt->server_public_key },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].path && access(files[i].path, R_OK))
            return err_set(err, ERR_CONFIG, "source.mysql.%s: %s: %s -> the user who runs tailrace "
                           "must be able to read it", files[i].key,
                           *files[i].path ? files[i].path : "(empty)", strerror(errno));
    return 0;
}
