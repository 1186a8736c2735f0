#ifndef TAILRACE_BASE_SECRET_H
#define TAILRACE_BASE_SECRET_H
#include <stddef.h>

/*
 * Keeps passwords and keys out of whatever is shown: log lines, findings, reports. The code that
 * reads or uses a secret notes it once. A library's message may hold a secret in a place that
 * nobody thought of.
 */

/* Shorter values are words that occur everywhere: they are not hidden. */
enum { SECRET_LEAST = 6 };

/* Copies the value. Ignores NULL and values shorter than SECRET_LEAST. Any thread may call it. */
void secret_note(const char *value);

/*
 * Replaces each noted secret in text with ***, in place. Overwrites each password in a URL
 * (scheme://user:password@host), noted or not, with as many asterisks as it has bytes. Returns the
 * new length, which is never larger.
 */
size_t secret_hide(char *text, size_t n);

/* 1: a property of this name holds a secret; else 0. */
int secret_name(const char *property);
#endif
