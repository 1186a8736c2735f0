/* `tailrace status`: prints how the feeds of a process stand: as a table for people, as JSON and an
 * exit code for scripts. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "cmd/config.h"
#include "cmd/table.h"

enum { NOBODY_ANSWERS = 3 };

static int status(const struct invocation *v, int *ret_code, struct err *err)
{
    char *path = NULL, *feeds[sizeof v->feeds / sizeof *v->feeds];
    json_t *answer = NULL;
    for (int i = 0; i < v->nfeeds; i++)
        feeds[i] = (char *)(uintptr_t)v->feeds[i];
    int rc = service_path(v, &path, err) ||
        service_order(path, "list", feeds, (size_t)v->nfeeds, NULL, &answer, err) ? -1 : 0;
    free(path);
    if (rc)
        return rc;
    json_object_del(answer, "ok");
    struct buf out = { 0 };
    char *line = v->json ? json_dumps(answer, JSON_PRESERVE_ORDER) : NULL;
    if (!v->json)
        table_put(answer, 0, &out);
    fputs(v->json ? line : buf_cstr(&out), stdout);
    fputs(v->json ? "\n" : "", stdout);
    *ret_code = table_urgency(answer);
    free(line);
    buf_done(&out);
    json_decref(answer);
    return 0;
}

int cmd_status(int argc, char **argv)
{
    struct invocation v;
    struct err err = { 0 };
    int code = 0;
    if (!invocation_read(&v, argc, argv, "j", &err) && !status(&v, &code, &err))
        return code;
    finish_command(&err);
    return NOBODY_ANSWERS;
}
