/*
 * The session settings that reading depends on (session.h), each from the first server version that
 * has it.
 */
#include "source/mysql/session.h"

enum { NONE = 0, ALL = 1 };

/*
 * Each setting, the value that reading depends on, and the first versions that have it (80030:
 * 8.0.30).
 */
static const struct setting { const char *name, *value; int mysql, mariadb; } settings[] = {
    /* what is read */
    { "sql_safe_updates", "0", ALL, ALL },
    { "max_join_size", "18446744073709551615", ALL, ALL },
    { "sql_big_selects", "1", ALL, ALL },           /* setting max_join_size turns it off */
    { "sql_auto_is_null", "0", ALL, ALL },
    /* a shorter one compares only the beginning of keys */
    { "max_sort_length", "8388608", ALL, ALL },
    { "time_zone", "'+00:00'", ALL, ALL },
    /* the word DEFAULT, whatever the global value is */
    { "system_versioning_asof", "DEFAULT", NONE, 100304 },
    { "use_secondary_engine", "'OFF'", 80017, NONE },
    { "query_cache_type", "0", NONE, ALL },
    { "old_mode", "'UTF8_IS_UTF8MB3'", NONE, 100601 },
    { "character_set_collations", "''", NONE, 110201 },
    { "optimizer_switch", "'default'", ALL, ALL },
    { "resultset_metadata", "'FULL'", 80003, NONE },
    /* what the catalog shows. The binlog has the key column that a server generates by itself */
    { "sql_quote_show_create", "1", ALL, ALL },
    { "show_gipk_in_create_table_and_information_schema", "1", 80030, NONE },
    { "show_create_table_verbosity", "0", 50722, NONE },
    { "show_create_table_skip_secondary_engine", "0", 80018, NONE },
    /* transactions */
    { "autocommit", "1", ALL, ALL },
    /* COMMIT begins no transaction and ends no session */
    { "completion_type", "0", ALL, ALL },
    { "sql_if_exists", "0", NONE, 100502 },
    { "system_versioning_alter_history", "'ERROR'", NONE, 100304 },
    /* how long, how much */
    { "wait_timeout", "31536000", ALL, ALL },
    { "net_read_timeout", "3600", ALL, ALL },
    { "net_write_timeout", "3600", ALL, ALL },
    { "lock_wait_timeout", "3600", ALL, ALL },
    { "max_execution_time", "0", 50708, NONE },
    { "max_statement_time", "0", NONE, ALL },
    { "idle_transaction_timeout", "0", NONE, 100300 },
    { "idle_readonly_transaction_timeout", "0", NONE, 100300 },
    { "idle_write_transaction_timeout", "0", NONE, 100300 },
    { "max_session_mem_used", "9223372036854775807", NONE, ALL },
    { "sql_buffer_result", "0", ALL, ALL },
    /* nothing beside the results */
    { "session_track_system_variables", "''", 50706, 100202 },
    { "session_track_transaction_info", "'OFF'", 50708, 100202 },
    { "session_track_state_change", "0", 50706, 100202 },
    { "session_track_schema", "0", 50706, 100202 },
    { "session_track_gtids", "'OFF'", 50706, NONE },
};

const char mysql_session_first[] =
    "SET SESSION sql_mode = '', sql_select_limit = 18446744073709551615";

int mysql_session_settle(struct mysql_conn *c, bool mariadb, int version, struct err *err)
{
    struct buf q = { 0 };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *s = &settings[i];
        int since = mariadb ? s->mariadb : s->mysql;
        if (since != NONE && version >= since)
            buf_printf(&q, "%s%s = %s", q.n ? ", " : "SET SESSION ", s->name, s->value);
    }
    int rc = mysql_conn_do(c, err, "%s", buf_cstr(&q)) ||
             mysql_conn_do(c, err, "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci") ||
             mysql_conn_do(c, err,
                           "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE");
    buf_done(&q);
    return rc ? err_wrap(err, "a setting of the session cannot be made") : 0;
}
