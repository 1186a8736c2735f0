#ifndef TAILRACE_BASE_LOG_LINE_H
#define TAILRACE_BASE_LOG_LINE_H
#include <stdarg.h>
#include "base/buf.h"
#include "base/log.h"

/* What one line says: log_line_format()'s halves, harmless already (escape_line). */
struct log_line {
    const char *time;
    enum log_level level;
    struct slice message, pairs;
    const char *feed; /* NULL: none */
};

/*
 * Appends what the format says up to its first " KEY=" to *message, the rest to *pairs, where an
 * argument's quotes, backslashes and, outside of quotes, blanks get a backslash. Secrets in an
 * argument are hidden. It knows the conversions of C but for %p, %n, and the width of a string or
 * by *.
 */
void log_line_format(const char *fmt, va_list list, struct buf *message, struct buf *pairs);
/* The first " KEY=" of a format; its end: it has none. */
const char *log_line_pairs(const char *fmt);

/* Appends the line, without its end. */
void log_line_put(enum log_format format, const struct log_line *l, struct buf *out);
#endif
