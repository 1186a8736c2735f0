#ifndef TAILRACE_BASE_KV_H
#define TAILRACE_BASE_KV_H

/* One pair of a list of names and values; the list ends with key == NULL. */
struct kv { const char *key, *value; };
#endif
