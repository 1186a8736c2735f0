#ifndef TAILRACE_BASE_MYSQL_JSON_H
#define TAILRACE_BASE_MYSQL_JSON_H
#include "base/buf.h"
#include "base/err.h"

/*
 * MySQL's binary JSON, as a binlog has it (MySQL source, json_binary.h: type byte, then the value;
 * containers hold offsets). It is in base because two rooms use it: the encoder prints it, and the
 * MySQL source merges partial updates into it.
 */

/* Appends compact JSON text (no white space), with numbers as MySQL prints them. Empty input: null.
 * -1: malformed (ERR_DATA), and out is unchanged. */
int mysql_json_print(struct slice binary, struct buf *out, struct err *err) must_check;

/* Appends JSON text without the white space between its parts. -1: a string in it does not end. */
int mysql_json_compact(struct slice text, struct buf *out) must_check;

/*
 * Applies the differences of a PARTIAL_UPDATE_ROWS value to `before` (binary, or 0xff and text),
 * and appends the result as 0xff and text. -1: ERR_DATA, and out is unchanged. diffs: (operation
 * u8: 0 replace, 1 insert, 2 remove; lenenc path; lenenc binary value unless removed)*.
 */
int mysql_json_patch(struct slice before, struct slice diffs, struct buf *out,
                     struct err *err) must_check;
#endif
