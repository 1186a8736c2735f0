#ifndef TAILRACE_ENCODE_REGISTRY_H
#define TAILRACE_ENCODE_REGISTRY_H
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* A schema registry that speaks Confluent's REST API (v1 media types). Strings are borrowed. */
struct registry_options {
    const char *url;            /* base URL, such as http://host:8081 */
    const char *user, *password;    /* basic auth; NULL: none */
    const char *ca_file, *cert_file, *key_file;     /* TLS; NULL: the system's */
    bool auto_register;         /* false: only look up schemas that are registered */
    int timeout_ms, retries;
    const atomic_int *stop;  /* not 0: give up waiting. NULL: never */
};

/* True if a user or password would cross the network unencrypted: http:// to another machine.
 * *ret_host: the URL's host, if it is an http:// URL. */
bool registry_in_clear(const struct registry_options *opt, struct slice *ret_host);

struct registry;
struct registry *registry_new(const struct registry_options *opt, struct err *err) must_check;
void registry_free(struct registry *r);

/*
 * Gives the id of `schema` under `subject`: registers it, or looks it up if
 * auto_register is off. Caches it by (subject, schema). ERR_DATA: the schema is
 * incompatible; err names the subject and compares the latest registered version
 * with ours, field by field. ERR_RETRY: the registry cannot be reached.
 */
int registry_id(struct registry *r, const char *subject, const char *schema, int32_t *ret_id,
                struct err *err) must_check;

/* Gives the schema text of an id, and caches it. The string lives with the registry. For readers
 * of topics. */
int registry_schema(struct registry *r, int32_t id, const char **ret_schema,
                    struct err *err) must_check;

/* Gives all registered subjects. Strings live in a. */
int registry_subjects(struct registry *r, struct arena *a, const char *const **ret, size_t *ret_n,
                      struct err *err) must_check;
/* version 0: the latest. *ret_schema is NULL when there is no such subject or version. */
int registry_version(struct registry *r, const char *subject, int version, struct arena *a,
                     const char **ret_schema, int *ret_version, struct err *err) must_check;
/* The compatibility level in force for the subject: BACKWARD, FULL_TRANSITIVE, NONE ... */
int registry_level(struct registry *r, const char *subject, struct arena *a, const char **ret,
                   struct err *err) must_check;

/* For `check`: can it be reached, and does it accept our credentials? */
int registry_ping(struct registry *r, struct err *err) must_check;

/*
 * Does the registry still accept our credentials? Asks once, for something that a feed needs
 * anyway: a schema by an id that we know, else the list of subjects. Waits timeout_ms at most.
 */
int registry_look(struct registry *r, struct err *err) must_check;
#endif
