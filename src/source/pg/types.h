#ifndef TAILRACE_SOURCE_PG_TYPES_H
#define TAILRACE_SOURCE_PG_TYPES_H
#include "model/table.h"

/*
 * What a type means. A type of an extension is known by its name. A built-in type is known by its
 * oid (pg_type.dat; these oids are fixed for ever), or by its name if the oid is 0. extension: the
 * one that the type belongs to; "": none; NULL: not known, so the name must do. COL_UNKNOWN: we do
 * not know it.
 */
enum col_type pg_type_meaning(uint32_t oid, const char *name, const char *extension);

/* Sets col's precision, scale, length and has_scale, from its type and the modifier. */
void pg_type_modifier(struct column *col, int32_t typmod);
#endif
