#ifndef TAILRACE_BASE_XALLOC_H
#define TAILRACE_BASE_XALLOC_H
#include <stddef.h>

/* malloc() and the like that never give NULL: out of memory ends the process. free() takes back
 * what they gave. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t each);               /* zeroed */
void *xrealloc(void *p, size_t n, size_t each);     /* n elements; p NULL: new */
char *xstrdup(const char *s);                       /* NULL stays NULL */
char *xstrndup(const void *s, size_t n);            /* all n bytes, and a NUL behind them */

/* for the memory of libraries, which say NULL */
_Noreturn void xalloc_failed(void);
#endif
