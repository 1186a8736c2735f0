#ifndef TAILRACE_REPORT_JSON_PARTS_H
#define TAILRACE_REPORT_JSON_PARTS_H
#include <jansson.h>
#include "model/table.h"
#include "report/side.h"

/* Parts that every JSON of a report is written with, and read with. */
void json_put(json_t *o, const char *key, const char *value);           /* NULL: nothing */
/* indented, with a line end behind it; takes o over */
void json_write(json_t *o, struct buf *out);

/* NULL: not there, or no string */
const char *json_text(const json_t *o, const char *key, struct arena *a);

/* Sets a column's labels from a list; the column's form must be set before. */
void json_labels(const json_t *list, struct column *c, struct arena *a);
#endif
