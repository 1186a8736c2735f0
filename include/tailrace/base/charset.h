#ifndef TAILRACE_BASE_CHARSET_H
#define TAILRACE_BASE_CHARSET_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

/* Text in a MySQL character set, turned into UTF-8. Any thread may ask. */
struct charset;

/* By MySQL's name of it (latin1, gbk, utf16le ...). *ret is NULL for sets whose text is UTF-8 as it
 * stands (utf8mb3, utf8mb4, ascii, binary). -1: no such set is known. What is returned lives until
 * the process ends. */
int charset_find(const char *mysql_name, const struct charset **ret);

/* Appends s as UTF-8; cs NULL copies. -1 when the bytes are not text of this set; out is then as it
 * was. */
int charset_put(const struct charset *cs, struct slice s, struct buf *out);

/* The bytes of a code point; returns how many, 0: the set has none. cs is not NULL. */
size_t charset_code(const struct charset *cs, uint32_t point, uint8_t to[4]);

/*
 * As servers convert what they cannot convert: with question marks. -1: the set is not known to
 * charset_find(). charset_encode() appends text of the set; a byte that is no UTF-8 is missing too.
 */
int charset_encode(const char *mysql_name, struct slice utf8, struct buf *out) must_check;
/* Appends bytes of the set as UTF-8, a question mark for each that is not part of a character.
 * *ret_all: there was no such byte. */
int charset_decode(const char *mysql_name, struct slice s, struct buf *out,
                   bool *ret_all) must_check;

/* Is s UTF-8 (RFC 3629: shortest forms, no surrogates, up to 10ffff)? */
bool utf8_is(struct slice s);
/* Appends s; each byte that is not part of UTF-8 as \xHH. */
void utf8_put_readable(struct slice s, struct buf *out);
#endif
