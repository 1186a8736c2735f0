#include <stdio.h>
#include "cmd/config.h"

static int setup(const struct config *c, bool dry_run, struct err *err)
{
    return c->enc.connector == CONNECTOR_POSTGRESQL ? pg_setup(&c->pg, dry_run, stdout, err)
                                                    : mysql_setup(&c->mysql, dry_run, stdout, err);
}

int cmd_setup(int argc, char **argv)
{
    struct invocation v;
    struct config c = { 0 };
    struct err err = { 0 };
    int rc = invocation_read(&v, argc, argv, "d", &err) || invocation_config(&v, &c, &err) ||
             setup(&c, v.dry_run, &err) ? -1 : 0;
    config_done(&c);
    return rc ? finish_command(&err) : 0;
}
