/* What the server's errors mean: by SQLSTATE, whatever language their text is in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source/pg/conn.h"
#include "source/pg/sqlstate.h"

static void test_classes(void **unused)
{
    (void)unused;
    static const struct { const char *state; enum err_class want;
    } cases[] = {
        { NULL, ERR_RETRY },
        /* passing: shutdown, crash, start, cancel, dropped database, idle session */
        { "57P01", ERR_RETRY },
        { "57P02", ERR_RETRY },
        { "57P03", ERR_RETRY },
        { "57014", ERR_RETRY },
        { "57P04", ERR_RETRY },
        { "57P05", ERR_RETRY },
        { "08000", ERR_RETRY },
        { "08003", ERR_RETRY },
        { "08006", ERR_RETRY },
        { "08001", ERR_RETRY },
        { "53000", ERR_RETRY },
        { "53100", ERR_RETRY },
        { "53200", ERR_RETRY },
        { "53300", ERR_RETRY },
        { "55P03", ERR_RETRY },
        { "55006", ERR_RETRY },
        { "25P03", ERR_RETRY },
        { "25P04", ERR_RETRY },
        { "25006", ERR_RETRY },
        { "40001", ERR_RETRY },
        { "40P01", ERR_RETRY },
        /* the operator's */
        { "28000", ERR_CONFIG },
        { "28P01", ERR_CONFIG },
        { "3D000", ERR_CONFIG },
        { "42501", ERR_CONFIG },
        { "42704", ERR_CONFIG },
        { "42P01", ERR_CONFIG },
        { "08P01", ERR_CONFIG },
        { "0A000", ERR_CONFIG },
        { "53400", ERR_CONFIG },
        { "22021", ERR_DATA },
        { "22P05", ERR_DATA },
        { "XX000", ERR_FATAL },
        { "55000", ERR_FATAL },
        { "58P01", ERR_FATAL },
        { "F0000", ERR_FATAL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (pg_sqlstate_class(cases[i].state) != cases[i].want)
            fail_msg("%s: %d", cases[i].state, pg_sqlstate_class(cases[i].state));
}

#define TO "connection to server at \"h\" (10.0.0.1), port 5432 failed: "

static void test_refusals(void **unused)
{
    (void)unused;
    static const struct { const char *text; enum err_class want; const char *says;
    } cases[] = {
        { TO "FATAL:  28P01: password authentication failed for user \"x\"\nLOCATION:  "
             "auth_failed, auth.c:335\n",
          ERR_CONFIG,
          "failed: FATAL: password authentication failed for user \"x\" (SQLSTATE 28P01) -> look "
          "at user and password in source.conninfo, at the role (LOGIN, VALID UNTIL)" },
        { TO "ВАЖНО:  28000: в pg_hba.conf нет записи\n", ERR_CONFIG,
          "в pg_hba.conf нет записи (SQLSTATE 28000) -> that server's pg_hba.conf" },
        { TO
          "FATAL:  42501: Berechtigung verweigert, um WAL-Sender zu starten\nDETAIL:  Nur Rollen\n",
          ERR_CONFIG, "REPLICATION" },
        { TO "FATAL:  3D000: la base de données « x » n'existe pas\n", ERR_CONFIG, "3D000" },
        { TO "致命错误:  57P03: 数据库系统启动中\n", ERR_RETRY, "57P03" },
        { TO "FATAL:  53300: too many clients already\n", ERR_RETRY,
          "(SQLSTATE 53300) -> the server," },
        { TO "FATAL:  08P01: unsupported startup parameter in options: datestyle\n", ERR_CONFIG,
          "a pooler that" },
        { TO "FATAL:  08P01: server login has been failing, cached error: connect failed "
             "(server_login_retry)\n",
          ERR_RETRY, "08P01" },
        { TO "FATAL:  0A000: Feature not supported\n", ERR_CONFIG, "a pooler" },
        { TO "FATAL:  55000: database \"x\" is not currently accepting connections\n", ERR_CONFIG,
          "55000" },
        { TO "Connection refused\n\tIs the server running on that host and accepting TCP/IP "
             "connections?\n",
          ERR_RETRY, "failed: Connection refused" },
        { TO "timeout expired\n", ERR_RETRY, "expired -> look at host and port in source.con" },
        { TO "received invalid response to SSL negotiation: H\n", ERR_RETRY, "is it PostgreSQL" },
        { "invalid sslmode value: \"verifyfull\"\n", ERR_CONFIG, "-> mend that word of source" },
        { "invalid port number: \"x\"\n", ERR_CONFIG, "-> mend that word of source.conninfo" },
        { TO "SSL error: certificate verify failed\n", ERR_CONFIG,
          "certificate verify failed -> look at sslrootcert" },
        { "connection to server at \"h\", port 1 failed: server certificate for \"a\" does not "
          "match host name \"h\"\n",
          ERR_CONFIG, "match" },
        { TO "fe_sendauth: no password supplied\n", ERR_CONFIG,
          "supplied -> give one in source.conninfo: passfile=FILE" },
        { TO "server does not support SSL, but SSL was required\n", ERR_CONFIG, "SSL" },
        { "could not translate host name \"h\" to address: Temporary failure in name resolution\n",
          ERR_RETRY, "translate" },
        /* several hosts: one that may come back is enough to wait for */
        { TO "FATAL:  28P01: no\n" TO "Connection refused\n\tIs the server running?\n", ERR_RETRY,
          "refused" },
        { TO "FATAL:  28000: no entry, SSL encryption\n" TO
             "FATAL:  28000: no entry, no encryption\n",
          ERR_CONFIG, "no encryption" },
        { "", ERR_RETRY, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = { 0 };
        assert_int_equal(pg_refusal(cases[i].text, &e), -1);
        if (e.class != cases[i].want || !strstr(e.msg, cases[i].says))
            fail_msg("%s gives class %d: %s", cases[i].text, e.class, e.msg);
        assert_null(strstr(e.msg, "LOCATION"));
    }
    assert_true(pg_is_servers_refusal(TO "ВАЖНО:  нет\n") &&
                !pg_is_servers_refusal(TO "Connection refused\n"));
}

/* libpq says that there is no password, and not why its passfile gave none. */
static void test_why_a_passfile_gives_nothing(void **unused)
{
    (void)unused;
    static const struct { mode_t mode; const char *says; } cases[] = {
        { 0640, ": its group or others may open it, and libpq wants mode 600" },
        { 0600, ": it has no line for this host, port, database and user" },
    };
    char path[] = "/tmp/tailrace-passfile-XXXXXX", conninfo[80];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(conninfo, sizeof conninfo, "host=h passfile=%s", path);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = { 0 };
        assert_int_equal(fchmod(fd, cases[i].mode), 0);
        (void)pg_refusal(TO "fe_sendauth: no password supplied\n", &e);
        pg_conninfo_why_no_password(conninfo, &e);
        assert_non_null(strstr(e.msg, "supplied -> look at passfile=/tmp/tailrace-passfile-"));
        assert_non_null(strstr(e.msg, cases[i].says));
    }
    close(fd);
    unlink(path);
    struct err e = { 0 };
    (void)pg_refusal(TO "fe_sendauth: no password supplied\n", &e);
    pg_conninfo_why_no_password("host=h", &e);
    assert_non_null(strstr(e.msg, "-> give one in source.conninfo"));
    pg_conninfo_why_no_password(conninfo, &e);
    assert_non_null(strstr(e.msg, ": No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_why_a_passfile_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
