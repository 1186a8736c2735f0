#ifndef TAILRACE_BASE_JSON_OUT_H
#define TAILRACE_BASE_JSON_OUT_H
#include "base/buf.h"

/*
 * JSON written as text, member after member, where its order and its blanks are to be known: lines
 * for others, what is kept. The comma before a member or an element is set where one is needed: not
 * behind { or [, nor in an empty buffer. name NULL: an element. What begins anew in a buffer that
 * holds something is begun with buf_u8().
 */
struct json_out {
    struct buf *to;
    bool spaced;        /* {"a": 1, "b": 2}, else {"a":1,"b":2} */
};

void json_out_open(const struct json_out *j, const char *name, char bracket);      /* '{' or '[' */
void json_out_close(const struct json_out *j, char bracket);                       /* '}' or ']' */
/* the value is the caller's to append */
void json_out_name(const struct json_out *j, const char *name);
void json_out_slice(const struct json_out *j, const char *name, struct slice value);
/* NULL: no such member */
void json_out_text(const struct json_out *j, const char *name, const char *value);
/* NULL ends it; NULL: [] */
void json_out_texts(const struct json_out *j, const char *name, const char *const *list);
void json_out_number(const struct json_out *j, const char *name, long long n);
void json_out_count(const struct json_out *j, const char *name, uint64_t n);
void json_out_flag(const struct json_out *j, const char *name, bool yes);
#endif
