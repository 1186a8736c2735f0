#ifndef TAILRACE_NET_HTTP_H
#define TAILRACE_NET_HTTP_H
#include <stdatomic.h>
#include "base/buf.h"
#include "base/err.h"

/* What all requests of a client have in common. Strings are borrowed during http_new() only. */
struct http_options {
    const char *const *headers;                     /* "Name: value"; NULL ends the list */
    const char *user, *password;                    /* basic auth; NULL: none */
    const char *ca_file, *cert_file, *key_file;     /* TLS; NULL: the system's */
    int timeout_ms;
    const atomic_int *stop;     /* outlives the client; once set, the request ends. NULL: never */
};

/* A client for one thread at a time. It keeps its connections between requests. */
struct http;
/* Copies opt. NULL: err. */
struct http *http_new(const struct http_options *opt, struct err *err) must_check;
void http_free(struct http *h);

enum http_end {
    HTTP_ANSWERED,
    HTTP_STOPPED,       /* opt->stop was set */
    HTTP_TOO_LONG,      /* more than HTTP_MOST bytes */
    /* No answer, or a broken one: */
    HTTP_UNTRUSTED,     /* the server's certificate cannot be verified */
    HTTP_BAD_CERTIFICATE,       /* our own certificate, or its key */
    HTTP_NO_TLS,        /* TLS could not be agreed on */
    HTTP_CLOSED,        /* the connection was closed without an HTTP answer */
    HTTP_AWAY,          /* all other failures */
};
enum { HTTP_MOST = 64 << 20 };

/* The answer; borrowed until the next request. */
struct http_answer {
    long status;
    struct slice body;      /* a NUL stands behind it */
    const char *why;        /* the reason, if there is no answer */
};

/* body NULL: GET, else POST. */
enum http_end http_ask(struct http *h, const char *url, const char *body, struct http_answer *ret);

/* Appends text, escaped as a part of a URL's path. */
void http_escape(struct http *h, const char *text, struct buf *out);
const char *http_library(void);     /* the version of libcurl that runs */
#endif
