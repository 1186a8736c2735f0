#ifndef TAILRACE_BASE_MYSQL_JSON_TEXT_H
#define TAILRACE_BASE_MYSQL_JSON_TEXT_H
#include "base/buf.h"

/* Appends s quoted, with the escapes that MySQL writes. */
void mysql_json_put_string(struct slice s, struct buf *out);
#endif
