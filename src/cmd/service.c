/* Asks a running process over its control socket, for the commands that give it orders. */
#include <jansson.h>
#include <stdlib.h>
#include "base/json_out.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "cmd/config.h"
#include "serve/steer.h"

int service_path(const struct invocation *v, char **ret, struct err *err)
{
    struct configs all = { 0 };
    struct err why = { 0 };
    int rc = configs_load(&all, v->path, v->settings, v->nsettings, &why);
    const char *socket = all.process ? all.process->control_socket : NULL;
    if (rc && socket)
        log_warn("the configuration cannot be read, the service is asked all the same "
                 "reason=\"%s\"", why.msg);
    if (socket)
        *ret = steer_path(socket);
    else
        *err = why;
    configs_done(&all);
    return socket ? 0 : -1;
}

int service_ask(const char *path, struct slice request, json_t **ret, struct err *err)
{
    struct buf answer = { 0 };
    int rc = control_ask(path, request, &answer, err);
    *ret = rc ? NULL : json_loadb((const char *)answer.p, answer.n, 0, NULL);
    buf_done(&answer);
    if (rc)
        return rc;
    if (json_is_true(json_object_get(*ret, "ok")))
        return 0;
    const char *why = json_string_value(json_object_get(*ret, "error"));
    bool passing = json_is_true(json_object_get(*ret, "passing"));
    err_set(err, passing ? ERR_RETRY : ERR_CONFIG, "%s",
            why ? why : "the service's answer cannot be read");
    json_decref(*ret);
    *ret = NULL;
    return -1;
}

static int nobody(const char *path, struct err *err)
{
    return err_set(err, ERR_RETRY, "no service listens at %s -> start tailrace run, or name the "
                   "configuration that it was started with (-c)", path);
}

int service_ask_once(const char *path, const char *request, json_t **ret, struct err *err)
{
    int rc = service_ask(path, slice_str(request), ret, err);
    return rc == 1 ? nobody(path, err) : rc;
}

int service_order(const char *path, const char *what, char **feeds, size_t nfeeds,
                  const char *level, json_t **ret, struct err *err)
{
    struct buf line = { 0 };
    const struct json_out j = { &line, true };
    json_out_open(&j, NULL, '{');
    json_out_text(&j, "do", what);
    json_out_text(&j, "level", level);
    if (nfeeds)
        json_out_open(&j, "feeds", '[');
    for (size_t i = 0; i < nfeeds; i++)
        json_out_text(&j, NULL, feeds[i]);
    if (nfeeds)
        json_out_close(&j, ']');
    json_out_close(&j, '}');
    int rc = service_ask(path, buf_slice(&line), ret, err);
    buf_done(&line);
    return rc == 1 ? nobody(path, err) : rc;
}
