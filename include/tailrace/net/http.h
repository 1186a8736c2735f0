#ifndef TAILRACE_NET_HTTP_H
#define TAILRACE_NET_HTTP_H
#include <stdatomic.h>
#include "base/buf.h"
#include "base/err.h"

/* What all requests of a client have in common. Strings are borrowed. */
struct http_options {
    const char *const *headers;                     /* "Name: value"; NULL ends the list */
    const char *user, *password;                    /* basic auth; NULL: none */
    const char *ca_file, *cert_file, *key_file;     /* TLS; NULL: the system's */
    int timeout_ms;
    const atomic_int *stop;                         /* set: the request ends. NULL: never */
};

/* A client, of one thread at a time: it keeps its connections between requests. */
struct http;
/* opt is copied */
struct http *http_new(const struct http_options *opt, struct err *err) must_check;
void http_free(struct http *h);

enum http_end {
    HTTP_ANSWERED,
    HTTP_STOPPED,       /* by opt->stop */
    HTTP_TOO_LONG,      /* more than HTTP_MOST bytes */
    /* No answer, or a broken one: */
    HTTP_UNTRUSTED,     /* the server's certificate cannot be verified */
    HTTP_BAD_CERTIFICATE,       /* our own, or its key */
    HTTP_NO_TLS,        /* no TLS was agreed on */
    HTTP_CLOSED,        /* the connection was closed without an answer of HTTP's */
    HTTP_AWAY,          /* the rest */
};
enum { HTTP_MOST = 64 << 20 };

/* Borrowed until the next request. */
struct http_answer {
    long status;
    struct slice body;      /* a NUL stands behind it */
    const char *why;        /* of what is no answer */
};

/* body NULL: GET, else POST. */
enum http_end http_ask(struct http *h, const char *url, const char *body, struct http_answer *ret);

/* as a part of a URL's path */
void http_escape(struct http *h, const char *text, struct buf *out);
const char *http_library(void);     /* the version of libcurl that runs */
#endif
