#ifndef TAILRACE_REPORT_JSON_PARTS_H
#define TAILRACE_REPORT_JSON_PARTS_H
#include <jansson.h>
#include "model/table.h"
#include "report/side.h"

/* What every JSON of a report is made of, and read back by. */
void json_put(json_t *o, const char *key, const char *value);           /* NULL: nothing */
/* indented, a line's end behind it; takes o over */
void json_write(json_t *o, struct buf *out);

/* NULL: not there, or no string */
const char *json_text(const json_t *o, const char *key, struct arena *a);

/* An enumeration's labels, for a column whose form is known. */
void json_labels(const json_t *list, struct column *c, struct arena *a);
#endif
