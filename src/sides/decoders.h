#ifndef TAILRACE_SIDES_DECODERS_H
#define TAILRACE_SIDES_DECODERS_H
#include "encode/registry.h"
#include "sink/avro_json.h"

/* Prints records as JSON by the schemas that they name. Each schema is asked for once. Set
 * registry, and the rest to zero. */
struct decoder;
struct decoders {
    struct registry *registry;  /* borrowed */
    struct decoder *list;
};

bool decoders_framed(struct slice s);       /* whether s begins with a schema's id */
int decoders_print(struct decoders *d, struct slice framed, struct buf *out,
                   struct err *err) must_check;
void decoders_done(struct decoders *d);
#endif
