#include <stdio.h>
#include "cmd/config.h"

static int setup(const struct config *c, const struct invocation *v, struct err *err)
{
    struct pg_setup_options how = { v->dry_run, v->all_tables, v->allow_no_identity };
    if (c->enc.connector == CONNECTOR_POSTGRESQL)
        return pg_setup(&c->pg, &how, stdout, err);
    if (v->all_tables || v->allow_no_identity)
        return err_set(err, ERR_CONFIG, "--all-tables and --allow-no-identity are of PostgreSQL: a binlog has no publication");
    return mysql_setup(&c->mysql, v->dry_run, stdout, err);
}

int cmd_setup(int argc, char **argv)
{
    struct invocation v;
    struct config c = { 0 };
    struct err err = { 0 };
    int rc = invocation_read(&v, argc, argv, "dp", &err) || invocation_config(&v, &c, &err) || setup(&c, &v, &err) ? -1 : 0;
    config_done(&c);
    return rc ? finish_command(&err) : 0;
}
