#ifndef TAILRACE_BASE_MYSQL_JSON_H
#define TAILRACE_BASE_MYSQL_JSON_H
#include "base/buf.h"
#include "base/err.h"

/*
 * MySQL's binary JSON, as a binlog has it (MySQL source, json_binary.h: type byte, then the value;
 * containers hold offsets). Base
 * room: the encoder prints it, the MySQL source merges partial updates into it.
 */

/* Appends compact JSON text (no white space), numbers as MySQL prints them. Empty input: null. -1:
 * malformed, ERR_DATA. */
int mysql_json_print(struct slice binary, struct buf *out, struct err *err) must_check;

/* Appends JSON text without the white space between its parts. -1: a string in it does not end. */
int mysql_json_compact(struct slice text, struct buf *out) must_check;

/*
 * Appends what the differences of a PARTIAL_UPDATE_ROWS value make of `before` (binary, or 0xff and
 * text) as 0xff and text.
 * diffs: (operation u8: 0 replace, 1 insert, 2 remove; lenenc path; lenenc binary value unless
 * removed)*.
 */
int mysql_json_patch(struct slice before, struct slice diffs, struct buf *out,
                     struct err *err) must_check;
#endif
