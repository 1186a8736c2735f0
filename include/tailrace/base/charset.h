#ifndef TAILRACE_BASE_CHARSET_H
#define TAILRACE_BASE_CHARSET_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

/* Turns text in a MySQL character set into UTF-8. Any thread may call these functions. */
struct charset;

/* Finds a set by MySQL's name (latin1, gbk, utf16le ...). *ret is NULL if the set's text is UTF-8
 * as it stands (utf8mb3, utf8mb4, ascii, binary). *ret lives until the process ends. -1: no such
 * set is known. */
int charset_find(const char *mysql_name, const struct charset **ret);

/* Appends s as UTF-8; cs NULL: copies s. -1: the bytes are not text of this set, and out is
 * unchanged. */
int charset_put(const struct charset *cs, struct slice s, struct buf *out);

/* Writes the set's bytes for a code point to `to`; returns how many. 0: the set has none. cs is not
 * NULL. */
size_t charset_code(const struct charset *cs, uint32_t point, uint8_t to[4]);

/*
 * Appends UTF-8 text as text of the set. As servers do, it puts a question mark for a character
 * that the set lacks and for a byte that is no UTF-8. -1: charset_find() does not know the set.
 */
int charset_encode(const char *mysql_name, struct slice utf8, struct buf *out) must_check;
/* Appends text of the set as UTF-8, with a question mark for each byte that is not part of a
 * character. *ret_all: there was no such byte. -1: as charset_encode(). */
int charset_decode(const char *mysql_name, struct slice s, struct buf *out,
                   bool *ret_all) must_check;

/* Is s UTF-8 (RFC 3629: shortest forms, no surrogates, up to 10ffff)? */
bool utf8_is(struct slice s);
/* Appends s, with each byte that is not part of UTF-8 as \xHH. */
void utf8_put_readable(struct slice s, struct buf *out);
#endif
