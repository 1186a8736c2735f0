/*
 * Says whether a connection is encrypted and whether the server's identity was verified: in the log
 * and in `tailrace check`.
 */
#include "source/mysql/tls.h"
#include <stdio.h>
#include <string.h>
#include "base/local.h"
#include "base/log.h"

#define ADVICE                                                                                     \
    "source.mysql.tls: verify-full, with tls-ca: FILE of the CA that signed the server's "         \
    "certificate"

static const char *const modes[] = { "disable", "require", "verify-ca", "verify-full" };

/* "TLSv1.3", as the server says; "": it says nothing. */
static void read_version(struct mysql_conn *c, char *ret, size_t size)
{
    struct err ignored = { 0 };
    const struct cell *cells;
    struct mysql_rows *r =
        mysql_conn_query(c, "SHOW SESSION STATUS LIKE 'Ssl_version'", false, "", &ignored);
    *ret = 0;
    if (!r)
        return;
    if (mysql_rows_next(r, &cells, &ignored) > 0 && mysql_rows_columns(r) > 1 &&
        cells[1].kind == CELL_VALUE)
        snprintf(ret, size, "%.*s", (int)cells[1].n, (const char *)cells[1].p);
    mysql_rows_free(r);
}

static bool is_local(const struct mysql_options *opt)
{
    return opt->socket || host_is_local(slice_str(opt->host));
}

/*
 * Does a log-in with a password go over the network without TLS? The plugin may hash the password,
 * but the log-in and every row are readable.
 */
static bool is_in_clear(struct mysql_conn *c, const struct mysql_options *opt)
{
    return !mysql_conn_cipher(c) && opt->password && *opt->password && !is_local(opt);
}

void mysql_tls_say(struct mysql_conn *c, const struct mysql_options *opt)
{
    char version[32];
    const char *cipher = mysql_conn_cipher(c);
    read_version(c, version, sizeof version);
    log_info("connected host=%s tls=%s cipher=%s mode=%s", opt->socket ? opt->socket : opt->host,
             cipher ? *version ? version : "yes" : "none", cipher ? cipher : "none",
             modes[opt->tls]);
    if (is_in_clear(c, opt))
        log_warn("a password was used without TLS host=%s todo=\"" ADVICE "\"", opt->host);
}

void mysql_tls_check(struct mysql_conn *c, const struct mysql_options *opt, finding_fn *say,
                     void *arg)
{
    static const char *const verified[] = { "", "this mode does not make sure who the server is",
        "the certificate is verified", "the certificate and its name are verified" };
    char version[32], what[500];
    const char *cipher = mysql_conn_cipher(c);
    bool local = is_local(opt), good = local || (cipher && opt->tls >= MYSQL_TLS_VERIFY_CA);
    read_version(c, version, sizeof version);
    if (cipher)
        snprintf(what, sizeof what, "the connection is encrypted: %s, %s; tls is %s: %s", version,
                 cipher, modes[opt->tls], verified[opt->tls]);
    else
        snprintf(what, sizeof what, "the connection is not encrypted (tls is %s)%s%s",
                 modes[opt->tls],
                 local ? "; it does not leave this machine, "
                 : is_in_clear(c, opt)
                     ? ": the log-in and all rows go over the network in the clear, to "
                     : ": all rows go over the network in the clear, to ",
                 opt->socket ? opt->socket : opt->host);
    say(arg, good ? FINDING_OK : FINDING_WARN, what, good ? NULL : ADVICE);
}
