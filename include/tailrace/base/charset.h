#ifndef TAILRACE_BASE_CHARSET_H
#define TAILRACE_BASE_CHARSET_H
#include <stdbool.h>
#include "base/buf.h"

/* Text in a MySQL character set, turned into UTF-8. Any thread may ask. */
struct charset;

/* By MySQL's name of it (latin1, gbk, utf16le ...). *ret is NULL for sets whose text is UTF-8 as it stands (utf8mb3, utf8mb4, ascii,
 * binary). -1: no such set is known. What is returned lives until the process ends. */
int charset_find(const char *mysql_name, const struct charset **ret);

/* Appends s as UTF-8; cs NULL copies. -1 when the bytes are not text of this set; out is then as it was. */
int charset_put(const struct charset *cs, struct slice s, struct buf *out);

/* Is s UTF-8 (RFC 3629: shortest forms, no surrogates, up to 10ffff)? */
bool utf8_is(struct slice s);
/* Appends s; each byte that is not part of UTF-8 as \xHH. */
void utf8_put_readable(struct slice s, struct buf *out);
#endif
