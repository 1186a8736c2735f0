/* Passes over an encoded value, by its schema. Anybody may have written the value to a topic, so
 * depth and steps are limited. */
#include "base/avro.h"
#include "encode/avro_schema.h"

enum { DEPTH = 64 };

static void skip(const struct avro_schema *s, struct cursor *c, int64_t *steps, int depth);

static const struct avro_schema *branch_of(const struct avro_schema *s, struct cursor *c)
{
    int64_t at = avro_read_long(c);
    return at >= 0 && (uint64_t)at < s->n ? s->branches[at] : NULL;
}

static void skip_blocks(const struct avro_schema *s, struct cursor *c, int64_t *steps, int depth)
{
    for (int64_t n; !c->bad && (n = avro_read_long(c)) != 0;) {
        if (n < 0) {            /* the block's size in bytes follows */
            avro_read_bytes(c);
            continue;
        }
        for (; n > 0 && !c->bad; n--) {
            if (s->kind == AVRO_K_MAP)
                avro_read_bytes(c);
            skip(s->branches[0], c, steps, depth + 1);
        }
    }
}

static void skip(const struct avro_schema *s, struct cursor *c, int64_t *steps, int depth)
{
    if (!s || c->bad || depth > DEPTH || (*steps)-- <= 0) {
        c->bad = true;
        return;
    }
    switch (s->kind) {
    case AVRO_K_NULL:    break;
    case AVRO_K_BOOLEAN: cursor_u8(c); break;
    case AVRO_K_INT:
    case AVRO_K_LONG:
    case AVRO_K_ENUM:    avro_read_long(c); break;
    case AVRO_K_FLOAT:   cursor_take(c, 4); break;
    case AVRO_K_DOUBLE:  cursor_take(c, 8); break;
    case AVRO_K_BYTES:
    case AVRO_K_STRING:  avro_read_bytes(c); break;
    case AVRO_K_FIXED:   cursor_take(c, s->size < 0 ? SIZE_MAX : (size_t)s->size); break;
    case AVRO_K_ARRAY:
    case AVRO_K_MAP:     skip_blocks(s, c, steps, depth); break;
    case AVRO_K_UNION:   skip(branch_of(s, c), c, steps, depth + 1); break;
    case AVRO_K_RECORD:
        for (size_t i = 0; i < s->n; i++)
            skip(s->fields[i].type, c, steps, depth + 1);
        break;
    }
}

void avro_pass(const struct avro_schema *s, struct cursor *c, int64_t *steps)
{
    skip(s, c, steps, 0);
}
