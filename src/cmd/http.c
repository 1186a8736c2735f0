#include <curl/curl.h>
#include "cmd/schema_sides.h"

enum { ANSWER_MS = 20000 };

static size_t collect(char *p, size_t size, size_t n, void *arg)
{
    buf_put(arg, p, size * n);
    return size * n;
}

int http_ask(const char *url, const char *body, const char *type, struct buf *out, struct err *err)
{
    char why[CURL_ERROR_SIZE] = "", header[128];
    long status = 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *c = curl_easy_init();
    if (!c)
        return err_set(err, ERR_FATAL, "libcurl cannot begin");
    snprintf(header, sizeof header, "Content-Type: %s", type);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    CURLcode rc = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    if (rc != CURLE_OK)
        return err_set(err, ERR_RETRY, "%s cannot be reached: %s", url, why[0] ? why : curl_easy_strerror(rc));
    if (status < 200 || status > 299)
        return err_set(err, ERR_CONFIG, "%s answers HTTP %ld: %.300s", url, status, buf_cstr(out));
    return 0;
}
