#ifndef TAILRACE_BASE_LOG_LINE_H
#define TAILRACE_BASE_LOG_LINE_H
#include "base/buf.h"
#include "base/log.h"

/* What one line says. text is harmless already (escape_line); fmt is what it was made of. */
struct log_line {
    const char *time, *fmt;
    enum log_level level;
    struct slice text;
    const char *feed;       /* NULL: none */
};

/* Appends the line, without its end. */
void log_line_put(enum log_format format, const struct log_line *l, struct buf *out);
#endif
