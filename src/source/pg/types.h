#ifndef TAILRACE_SOURCE_PG_TYPES_H
#define TAILRACE_SOURCE_PG_TYPES_H
#include "model/table.h"

/*
 * The meaning of a built-in type by its oid (pg_type.dat; these oids are fixed
 * for ever). COL_UNKNOWN when it is not one we know.
 */
enum col_type pg_type_meaning(uint32_t oid);

/* precision, scale, length and has_scale of col from the type and its modifier. */
void pg_type_modifier(struct column *col, int32_t typmod);
#endif
