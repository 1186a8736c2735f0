#ifndef TAILRACE_BASE_JSON_OUT_H
#define TAILRACE_BASE_JSON_OUT_H
#include "base/buf.h"

/*
 * Writes JSON as text, member after member, where order and blanks must be known: lines for other
 * programs, stored values. Each call puts a comma before its member or element, except after { or [
 * and in an empty buffer. name NULL: an array's element. To begin a new document in a buffer that
 * is not empty, put its bracket with buf_u8().
 */
struct json_out {
    struct buf *to;
    bool spaced;        /* {"a": 1, "b": 2}, else {"a":1,"b":2} */
};

void json_out_open(const struct json_out *j, const char *name, char bracket);      /* '{' or '[' */
void json_out_close(const struct json_out *j, char bracket);                       /* '}' or ']' */
/* Puts the name only; the caller appends the value. */
void json_out_name(const struct json_out *j, const char *name);
void json_out_slice(const struct json_out *j, const char *name, struct slice value);
/* value NULL: puts nothing */
void json_out_text(const struct json_out *j, const char *name, const char *value);
/* list ends with NULL; list NULL: [] */
void json_out_texts(const struct json_out *j, const char *name, const char *const *list);
void json_out_number(const struct json_out *j, const char *name, long long n);
void json_out_count(const struct json_out *j, const char *name, uint64_t n);
void json_out_flag(const struct json_out *j, const char *name, bool yes);
#endif
