#ifndef TAILRACE_BASE_ESCAPE_H
#define TAILRACE_BASE_ESCAPE_H
#include "base/buf.h"

/*
 * Makes text from outside (names from a database, a broker's or a registry's words, a file under
 * review) harmless for the medium that shows it. For JSON there is buf_json_str(). The code that
 * writes SQL, HTML or Markdown has its own functions.
 */

/*
 * For one line of a log or a terminal: appends text. A character that ends a line, moves the cursor
 * or turns the text's direction becomes \n, \t, \r, \xHH or \u{HHHH}. A byte that is not UTF-8
 * becomes \xHH.
 */
void escape_line(struct slice text, struct buf *out);

/* Appends text as one word for a POSIX shell. */
void escape_shell(const char *text, struct buf *out);
#endif
