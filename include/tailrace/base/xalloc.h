#ifndef TAILRACE_BASE_XALLOC_H
#define TAILRACE_BASE_XALLOC_H
#include <stddef.h>

/* As malloc() and the like, but never NULL: out of memory ends the process. Free the memory with
 * free(). */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t each);               /* zeroed */
void *xrealloc(void *p, size_t n, size_t each);     /* n elements; p NULL: new */
char *xstrdup(const char *s);                       /* NULL stays NULL */
char *xstrndup(const void *s, size_t n);            /* all n bytes, and a NUL after them */

/* Ends the process: a library gave NULL because it got no memory. */
_Noreturn void xalloc_failed(void);
#endif
