/* Errors as values: a class for the caller, a message for people. */
#include "base/err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum err_class class, const char *fmt, ...)
{
    va_list ap;
    err->class = class;
    err->state[0] = 0;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    char text[sizeof err->msg];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text - 3, fmt, ap);
    va_end(ap);
    size_t put = n < 0 ? 0 : (size_t)n < sizeof text - 3 ? (size_t)n : sizeof text - 4;
    memcpy(text + put, ": ", 3);
    put += 2;
    /* where both do not fit, the tail of the old text is cut */
    size_t keep = strnlen(err->msg, sizeof err->msg - 1 - put);
    memmove(err->msg + put, err->msg, keep);
    memcpy(err->msg, text, put);
    err->msg[put + keep] = 0;
    return -1;
}

int err_add(struct err *err, const char *fmt, ...)
{
    size_t n = strlen(err->msg);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->msg + n, sizeof err->msg - n, fmt, ap);
    va_end(ap);
    return -1;
}
