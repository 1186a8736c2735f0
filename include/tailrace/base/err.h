#ifndef TAILRACE_BASE_ERR_H
#define TAILRACE_BASE_ERR_H

/* What the caller can do about an error. main() maps the class to an exit code. */
enum err_class {
    ERR_NONE = 0,
    ERR_RETRY,      /* the peer may recover: reconnect, resume from the stored position */
    ERR_DATA,       /* this row or schema can't be represented */
    ERR_CONFIG,     /* the operator must change something */
    ERR_FATAL,      /* a broken promise, ours or the peer's: stop */
};

struct err {
    enum err_class class;
    char state[6];      /* the SQLSTATE that a database gave; "": none */
    char msg[1024];
};

/* All return -1, so a failing function is one line: return err_set(...). */
int err_set(struct err *err, enum err_class class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "<text>: " before the message of err; keeps its class. */
int err_wrap(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends the text to the message of err; keeps its class. */
int err_add(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define must_check __attribute__((warn_unused_result))
#endif
