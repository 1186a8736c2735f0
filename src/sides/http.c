/* Sends one request for a command: to a warehouse or a webhook. */
#include <stdio.h>
#include "sides/sides.h"
#include "net/http.h"

enum { ANSWER_MS = 20000 };

static int answer_of(struct http *h, const char *url, const char *body, struct buf *out,
                     struct err *err)
{
    struct http_answer a;
    enum http_end end = http_ask(h, url, body, &a);
    if (end == HTTP_TOO_LONG)
        return err_set(err, ERR_CONFIG, "%s answers with more than %d MiB", url, HTTP_MOST >> 20);
    if (end != HTTP_ANSWERED)
        return err_set(err, ERR_RETRY, "%s cannot be reached: %s", url, a.why);
    buf_put(out, a.body.p, a.body.n);
    if (a.status < 200 || a.status > 299)
        return err_set(err, ERR_CONFIG, "%s answers HTTP %ld: %.300s", url, a.status,
                       buf_cstr(out));
    return 0;
}

int http_post(const char *url, const char *ca_file, const char *body, const char *type,
              struct buf *out, struct err *err)
{
    char header[128];
    snprintf(header, sizeof header, "Content-Type: %s", type);
    const char *const headers[] = { header, NULL };
    struct http *h = http_new(
        &(struct http_options){ .headers = headers, .ca_file = ca_file, .timeout_ms = ANSWER_MS },
        err);
    int rc = h ? answer_of(h, url, body, out, err) : -1;
    http_free(h);
    return rc;
}
