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
    const char *url;            /* base, e.g. http://host:8081 */
    const char *user, *password;    /* basic auth; NULL: none */
    const char *ca_file, *cert_file, *key_file;     /* TLS; NULL: the system's */
    bool auto_register;         /* false: only look up what is there */
    int timeout_ms, retries;
    const atomic_int *stop;  /* set: give up waiting. NULL: never */
};

/* Whether the password would go over the network as it is: http:// to another machine. */
bool registry_in_clear(const struct registry_options *opt, struct slice *ret_host);

struct registry;
struct registry *registry_new(const struct registry_options *opt, struct err *err) must_check;
void registry_free(struct registry *r);

/*
 * The id of `schema` under `subject`: registered, or looked up when
 * auto_register is off. Cached by (subject, schema). An incompatible schema is
 * ERR_DATA naming the subject, with the latest registered version and ours
 * compared field by field; an unreachable registry is ERR_RETRY.
 */
int registry_id(struct registry *r, const char *subject, const char *schema, int32_t *ret_id,
                struct err *err) must_check;

/* The schema text of an id; cached. The string lives with the registry. For readers. */
int registry_schema(struct registry *r, int32_t id, const char **ret_schema,
                    struct err *err) must_check;

/* What is registered. Strings live in a. */
int registry_subjects(struct registry *r, struct arena *a, const char *const **ret, size_t *ret_n,
                      struct err *err) must_check;
/* version 0: the latest. *ret_schema is NULL when there is no such subject or version. */
int registry_version(struct registry *r, const char *subject, int version, struct arena *a,
                     const char **ret_schema, int *ret_version, struct err *err) must_check;
/* The compatibility level in force for the subject: BACKWARD, FULL_TRANSITIVE, NONE ... */
int registry_level(struct registry *r, const char *subject, struct arena *a, const char **ret,
                   struct err *err) must_check;

/* Reachable, and credentials accepted? For `check`. */
int registry_ping(struct registry *r, struct err *err) must_check;

/*
 * Whether it still takes our credentials, asked once and with what a feed needs anyway: a schema
 * that it knows by id, else the list of subjects. Waits for an answer, timeout_ms at most.
 */
int registry_look(struct registry *r, struct err *err) must_check;
#endif
