#ifndef TAILRACE_SOURCE_PG_TYPES_H
#define TAILRACE_SOURCE_PG_TYPES_H
#include "model/table.h"

/*
 * The meaning of a type: of an extension by its name, of a built-in one by its oid (pg_type.dat;
 * these oids are fixed for ever), or by its name where the oid is 0. extension: to which it
 * belongs, "": to none, NULL: not known, the name must do. COL_UNKNOWN when it is not one we know.
 */
enum col_type pg_type_meaning(uint32_t oid, const char *name, const char *extension);

/* precision, scale, length and has_scale of col from the type and its modifier. */
void pg_type_modifier(struct column *col, int32_t typmod);
#endif
