/* Secrets: noted by the code that reads or uses them, hidden by the code that shows text. */
#include "base/secret.h"
#include <ctype.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include "base/xalloc.h"

static const char shown[] = "***";

/* Threads that connect note secrets; threads that log read them. */
static struct secrets {
    pthread_rwlock_t lock;
    char **values;
    size_t n;
} secrets = { .lock = PTHREAD_RWLOCK_INITIALIZER };

static bool noted(const char *value)
{
    for (size_t i = 0; i < secrets.n; i++)
        if (strcmp(secrets.values[i], value) == 0)
            return true;
    return false;
}

static void note(const char *value)
{
    if (noted(value))
        return;
    secrets.values = xrealloc(secrets.values, secrets.n + 1, sizeof *secrets.values);
    secrets.values[secrets.n++] = xstrdup(value);
}

void secret_note(const char *value)
{
    if (!value || strlen(value) < SECRET_LEAST)
        return;
    pthread_rwlock_rdlock(&secrets.lock);
    bool known = noted(value);
    pthread_rwlock_unlock(&secrets.lock);
    if (known)
        return;
    pthread_rwlock_wrlock(&secrets.lock);
    note(value);
    pthread_rwlock_unlock(&secrets.lock);
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

/* Hides the password in a URL; `at` is just after its "://". Returns where to search on. */
static char *hide_password(char *at, char *end)
{
    char *over = at, *host = NULL, *password = NULL;
    for (; over < end && (unsigned char)*over > ' ' && !strchr("\"'`<>,;\\", *over); over++) {
        if (*over == ':' && !password)
            password = over + 1;
        if (*over == '@')
            host = over;        /* the last @: a password may hold an @ that is not escaped */
    }
    if (password && host && password < host)
        memset(password, '*', (size_t)(host - password));
    return over;
}

static void hide_accounts(char *text, size_t n)
{
    char *end = text + n, *at = text;
    while ((at = memmem(at, (size_t)(end - at), "://", 3)))
        at = hide_password(at + 3, end);
}

size_t secret_hide(char *text, size_t n)
{
    pthread_rwlock_rdlock(&secrets.lock);
    for (size_t i = 0; i < secrets.n; i++)
        n = hide_one(secrets.values[i], text, n);
    pthread_rwlock_unlock(&secrets.lock);
    hide_accounts(text, n);
    return n;
}

/* Drops case and what is between words: api.key, api-key and apiKey become one name. */
static void squeeze(const char *name, char *to, size_t size)
{
    size_t n = 0;
    for (; *name && n + 1 < size; name++)
        if (isalnum((unsigned char)*name))
            to[n++] = (char)tolower((unsigned char)*name);
    to[n] = 0;
}

int secret_name(const char *property)
{
    static const char *const parts[] = { "password",   "passwd",     "passphrase",    "secret",
                                         "jaas",       "userinfo",   "withsalt",      "token",
                                         "credential", "privatekey", "keypem",        "keystorekey",
                                         "accesskey",  "apikey",     "encryptionkey", "sharedkey" };
    char name[256];
    squeeze(property, name, sizeof name);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(name, parts[i]))
            return 1;
    return 0;
}
