#include <stdio.h>
#include "cmd/config.h"

int cmd_setup(int argc, char **argv)
{
    struct invocation v;
    struct config c = { 0 };
    struct err err = { 0 };
    int rc = invocation_read(&v, argc, argv, "d", &err) || invocation_config(&v, &c, &err) ||
             pg_setup(&c.pg, v.dry_run, stdout, &err) ? -1 : 0;
    config_done(&c);
    return rc ? finish_command(&err) : 0;
}
