#ifndef TAILRACE_BASE_SECRET_H
#define TAILRACE_BASE_SECRET_H
#include <stddef.h>

/*
 * Passwords and keys, told once by whoever reads the configuration, and taken out of whatever is
 * shown: log lines, findings, reports. A library's message may hold one in a place that nobody
 * thought of.
 */

/* shorter ones are words that stand everywhere: they are not looked for */
enum { SECRET_LEAST = 6 };

/* The value is copied; NULL and short ones are passed over. Any thread may call it. */
void secret_note(const char *value);

/*
 * Overwrites each with ***, in place, and the password in a URL (scheme://user:password@host),
 * noted or not, with as many asterisks as it has bytes; the new length, which is never longer.
 */
size_t secret_hide(char *text, size_t n);

/* Is a property of this name one? */
int secret_name(const char *property);
#endif
