#ifndef TAILRACE_BASE_ESCAPE_H
#define TAILRACE_BASE_ESCAPE_H
#include "base/buf.h"

/*
 * Text of strangers (names from a database, a broker's or a registry's words, a file under review),
 * made harmless for the medium that it is shown in. JSON has buf_json_str(); SQL, HTML and Markdown
 * have theirs beside what writes them.
 */

/*
 * For one line of a log or a terminal: what ends a line, moves the cursor, or turns the direction
 * of text becomes \n, \t, \xHH or \u{HHHH}; so do bytes that are not UTF-8.
 */
void escape_line(struct slice text, struct buf *out);

/* One word for a POSIX shell. */
void escape_shell(const char *text, struct buf *out);
#endif
