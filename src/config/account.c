/* Takes the account out of a URL, so that no message shows it. */
#include <curl/curl.h>
#include "base/secret.h"
#include "config/config.h"

static char *part_of(CURLU *u, CURLUPart part, unsigned flags, struct arena *a)
{
    char *text = NULL, *copy = NULL;
    if (curl_url_get(u, part, &text, flags) == CURLUE_OK)
        copy = arena_strdup(a, text);
    curl_free(text);
    return copy;
}

int http_account(struct arena *a, const char **url, const char **user, const char **password,
                 struct err *err)
{
    CURLU *u = curl_url();
    if (!u)
        return err_set(err, ERR_FATAL, "libcurl cannot begin");
    if (curl_url_set(u, CURLUPART_URL, *url, 0) == CURLUE_OK) {
        const char *name = part_of(u, CURLUPART_USER, CURLU_URLDECODE, a),
                   *word = part_of(u, CURLUPART_PASSWORD, CURLU_URLDECODE, a);
        curl_url_set(u, CURLUPART_USER, NULL, 0);
        curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
        if (name || word) {
            *url = part_of(u, CURLUPART_URL, 0, a);
            *user = name ? name : "";
            *password = word ? word : "";
        }
    } else if (strchr(*url, '@')) {
        /* whoever uses the URL reports that it is none, without what may be a password */
        secret_note(*url);
    }
    curl_url_cleanup(u);
    return 0;
}
