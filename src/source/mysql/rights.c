/* What the account may do, from SHOW GRANTS (rights.h). check.c and reach.c ask. */
#include "source/mysql/rights.h"
#include <string.h>

/*
 * Does a line of SHOW GRANTS name the right? "GRANT SELECT, INSERT ON *.* TO ...", "ON
 * `shop`.`orders`", or REVOKE.
 */
static bool names_right(const char *line, const char *verb, const char *right)
{
    size_t n = strlen(right), skip = strlen(verb);
    const char *on = strstr(line, " ON ");
    if (strncmp(line, verb, skip) || !on)
        return false;
    for (const char *at = line + skip; at < on; at++) {
        const char *comma = strchr(at, ',');
        bool ends = at[n] == ',' || at + n == on || strncmp(at + n, " (", 2) == 0;
        if ((strncmp(at, right, n) == 0 && ends) || strncmp(at, "ALL PRIVILEGES ON", 17) == 0)
            return true;
        at = comma && comma < on ? comma + 1 : on;
    }
    return false;
}

int mysql_right_extent(struct mysql_conn *c, const char *right, enum mysql_extent *ret,
                       struct err *err)
{
    const struct cell *v;
    struct arena a;
    int got;
    struct mysql_rows *r = mysql_conn_query(c, "SHOW GRANTS", false, "n", err);
    bool seen[MYSQL_EVERYWHERE + 1] = { false }, revoked = false;
    if (!r)
        return -1;
    arena_init(&a, 1024);
    while ((got = mysql_rows_next(r, &v, err)) == 1) {
        const char *line = mysql_cell_text(&a, &v[0]), *on = line ? strstr(line, " ON ") : NULL;
        if (!on)
            continue;
        revoked = revoked || names_right(line, "REVOKE ", right);
        if (names_right(line, "GRANT ", right))
            seen[strncmp(on, " ON *.* ", 8) == 0 ? MYSQL_EVERYWHERE
                 : strstr(on, ".* TO ")          ? MYSQL_DATABASES
                                                 : MYSQL_TABLES] = true;
    }
    *ret = seen[MYSQL_EVERYWHERE]  ? revoked ? MYSQL_DATABASES : MYSQL_EVERYWHERE
           : seen[MYSQL_TABLES]    ? MYSQL_TABLES
           : seen[MYSQL_DATABASES] ? MYSQL_DATABASES
                                   : MYSQL_NOWHERE;
    arena_done(&a);
    mysql_rows_free(r);
    return got;
}

/*
 * The servers show triggers, and MariaDB foreign keys, only to an account that may make triggers.
 */
int mysql_rights_to_see(struct mysql_conn *c, struct arena *a, const char **ret, struct err *err)
{
    static const char *const rights[] = { "SELECT", "SHOW VIEW", "TRIGGER" };
    *ret = NULL;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        enum mysql_extent where;
        if (mysql_right_extent(c, rights[i], &where, err))
            return -1;
        if (where != MYSQL_EVERYWHERE)
            *ret = *ret ? arena_printf(a, "%s, %s", *ret, rights[i]) : rights[i];
    }
    return 0;
}
