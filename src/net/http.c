/* The one HTTP client: asks the schema registry, warehouses and webhooks. */
#include "net/http.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/xalloc.h"

struct http {
    CURL *curl;
    struct curl_slist *headers;
    struct buf body;
    const atomic_int *stop;
    char why[CURL_ERROR_SIZE];
};

static size_t collect(char *p, size_t size, size_t n, void *arg)
{
    struct buf *body = arg;
    if (body->n + size * n > HTTP_MOST)
        return 0;       /* curl ends the request */
    buf_put(body, p, size * n);
    return size * n;
}

/* Called by curl while it waits: a wish to stop ends the request. */
static int waiting(void *arg, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total,
                   curl_off_t ul)
{
    (void)dl_total, (void)dl, (void)ul_total, (void)ul;
    const struct http *h = arg;
    return h->stop && *h->stop;
}

/* curl takes NULL as "not set". */
static void set_rights(CURL *c, const struct http_options *opt)
{
    curl_easy_setopt(c, CURLOPT_USERNAME, opt->user);
    curl_easy_setopt(c, CURLOPT_PASSWORD, opt->password);
    if (opt->ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, opt->ca_file);
    curl_easy_setopt(c, CURLOPT_SSLCERT, opt->cert_file);
    curl_easy_setopt(c, CURLOPT_SSLKEY, opt->key_file);
}

static void begin_library(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct http *http_new(const struct http_options *opt, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin_library);
    CURL *c = curl_easy_init();
    if (!c) {
        err_set(err, ERR_FATAL, "libcurl cannot be initialised");
        return NULL;
    }
    struct http *h = xcalloc(1, sizeof *h);
    h->curl = c;
    h->stop = opt->stop;
    for (const char *const *line = opt->headers; line && *line; line++)
        h->headers = curl_slist_append(h->headers, *line);
    /* so that curl does not wait for a 100 that may not come */
    h->headers = curl_slist_append(h->headers, "Expect:");
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->headers);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &h->body);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->why);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)opt->timeout_ms);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, waiting);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, h);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    set_rights(c, opt);
    return h;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    curl_slist_free_all(h->headers);
    curl_easy_cleanup(h->curl);
    buf_done(&h->body);
    free(h);
}

static enum http_end end_of(CURLcode rc)
{
    switch (rc) {
    case CURLE_OK:
        return HTTP_ANSWERED;
    case CURLE_ABORTED_BY_CALLBACK:
        return HTTP_STOPPED;
    case CURLE_WRITE_ERROR:
        return HTTP_TOO_LONG;
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CACERT_BADFILE:
        return HTTP_UNTRUSTED;
    case CURLE_SSL_CERTPROBLEM:
        return HTTP_BAD_CERTIFICATE;
    case CURLE_SSL_CONNECT_ERROR:
        return HTTP_NO_TLS;
    case CURLE_RECV_ERROR: case CURLE_GOT_NOTHING: case CURLE_UNSUPPORTED_PROTOCOL:
        return HTTP_CLOSED;
    default:
        return HTTP_AWAY;
    }
}

enum http_end http_ask(struct http *h, const char *url, const char *body, struct http_answer *ret)
{
    *ret = (struct http_answer){ 0 };
    h->body.n = 0;
    h->why[0] = 0;
    curl_easy_setopt(h->curl, CURLOPT_URL, url);
    if (body)
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
    else
        curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
    CURLcode rc = curl_easy_perform(h->curl);
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
    buf_cstr(&h->body);
    ret->body = buf_slice(&h->body);
    ret->why = h->why[0] ? h->why : curl_easy_strerror(rc);
    return end_of(rc);
}

void http_escape(struct http *h, const char *text, struct buf *out)
{
    char *escaped = curl_easy_escape(h->curl, text, 0);
    buf_str(out, escaped ? escaped : "");
    curl_free(escaped);
}

const char *http_library(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}
