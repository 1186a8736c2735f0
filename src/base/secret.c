/* What must not be shown: noted from the configuration, hidden at the edges. */
#include "base/secret.h"
#include <stdlib.h>
#include <string.h>

static const char shown[] = "***";

static struct secrets {
    char **values;
    size_t n;
} secrets;

void secret_note(const char *value)
{
    if (!value || strlen(value) < SECRET_LEAST)
        return;
    for (size_t i = 0; i < secrets.n; i++)
        if (strcmp(secrets.values[i], value) == 0)
            return;
    char **more = realloc(secrets.values, (secrets.n + 1) * sizeof *more);
    if (!more || !(more[secrets.n] = strdup(value)))
        abort();
    secrets.values = more;
    secrets.n++;
}

static size_t hide_one(const char *secret, char *text, size_t n)
{
    size_t len = strlen(secret), put = sizeof shown - 1;
    char *end = text + n, *at = text;
    while ((at = memmem(at, (size_t)(end - at), secret, len))) {
        memcpy(at, shown, put);
        memmove(at + put, at + len, (size_t)(end - at) - len);
        end -= len - put;
        at += put;
    }
    return (size_t)(end - text);
}

size_t secret_hide(char *text, size_t n)
{
    for (size_t i = 0; i < secrets.n; i++)
        n = hide_one(secrets.values[i], text, n);
    return n;
}

int secret_name(const char *property)
{
    static const char *const parts[] = { "password", "passphrase", "secret", "jaas", "user.info", ".salt.", "token", "credential",
                                         "private.key", "key.pem", "keystore.key" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(property, parts[i]))
            return 1;
    return 0;
}
