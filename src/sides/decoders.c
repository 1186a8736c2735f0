/* Prints records that carry a schema's id as JSON; asks the registry for each schema once. */
#include "sides/decoders.h"
#include <stdlib.h>
#include "base/avro.h"
#include "base/xalloc.h"

struct decoder {
    int32_t id;
    struct avro_json *json;
    struct decoder *next;
};

bool decoders_framed(struct slice s)
{
    return s.n >= AVRO_FRAME && s.p[0] == 0;
}

static struct avro_json *decoder_of(struct decoders *all, int32_t id, struct err *err)
{
    for (struct decoder *d = all->list; d; d = d->next)
        if (d->id == id)
            return d->json;
    const char *schema;
    struct avro_json *json =
        registry_schema(all->registry, id, &schema, err) ? NULL : avro_json_new(schema, err);
    if (!json)
        return NULL;
    struct decoder *d = xmalloc(sizeof *d);
    *d = (struct decoder){ id, json, all->list };
    all->list = d;
    return json;
}

int decoders_print(struct decoders *d, struct slice framed, struct buf *out, struct err *err)
{
    struct avro_json *json = decoder_of(d, (int32_t)load_be32(framed.p + 1), err);
    return json ? avro_json_print(json, slice_of(framed.p + AVRO_FRAME, framed.n - AVRO_FRAME), out,
                                  err)
                : -1;
}

void decoders_done(struct decoders *d)
{
    while (d->list) {
        struct decoder *next = d->list->next;
        avro_json_free(d->list->json);
        free(d->list);
        d->list = next;
    }
}
