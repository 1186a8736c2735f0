#ifndef TAILRACE_TESTS_FLOW_SCRIPTED_REGISTRY_H
#define TAILRACE_TESTS_FLOW_SCRIPTED_REGISTRY_H
#include "encode/registry.h"

/*
 * Answers of a registry (encode/registry.h), in place of its client (-Wl,--wrap): what is
 * registered, and errors by subject.
 */
struct registry {
    const char *subject, *latest;   /* what is registered under that subject; NULL: nothing */
    const char *level;
    const char *refuses;            /* registry_id of this subject fails, */
    const char *fails;              /* and any question about this one */
    enum err_class class;
    int asked;                      /* ids given */
};
#endif
