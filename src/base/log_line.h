#ifndef TAILRACE_BASE_LOG_LINE_H
#define TAILRACE_BASE_LOG_LINE_H
#include <stdarg.h>
#include "base/buf.h"
#include "base/log.h"

/* One line, with the two halves that log_line_format() made, already harmless (escape_line). */
struct log_line {
    const char *time;
    enum log_level level;
    struct slice message, pairs;
    const char *feed; /* NULL: none */
};

/*
 * Formats fmt: appends the part before its first " KEY=" to *message, and the rest to *pairs. In
 * pairs a backslash goes before each quote and backslash of an argument, and outside quotes before
 * each blank. Hides secrets in arguments. Knows C's conversions except %p, %n, the width of a
 * string and a width given by *.
 */
void log_line_format(const char *fmt, va_list list, struct buf *message, struct buf *pairs);
/* The first " KEY=" of a format, or the format's end if it has none. */
const char *log_line_pairs(const char *fmt);

/* Appends the line without a line feed. */
void log_line_put(enum log_format format, const struct log_line *l, struct buf *out);
#endif
