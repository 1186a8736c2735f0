/* Can a reader's schema read what a writer's schema wrote? Avro specification 1.11, "Schema
 * Resolution", and beyond it: would the value mean the same? */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"
#include "base/xalloc.h"
#include "encode/avro_schema.h"

/* A pair of records whose resolution has begun. Recursion ends at a known pair, and nothing is said
 * twice. */
struct pair {
    const struct avro_schema *reader, *writer;
    enum avro_reading reading;
    bool said;              /* its reasons were said, too */
};

struct resolver {
    avro_reason_fn *say;
    void *arg;
    struct pair *pairs;
    size_t npairs;
    struct buf path;
    bool quiet;             /* trying the branches of a union */
};

static enum avro_reading tell(struct resolver *r, enum avro_reading what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static enum avro_reading tell(struct resolver *r, enum avro_reading what, const char *fmt, ...)
{
    char why[512];
    va_list ap;
    if (r->quiet || !r->say)
        return what;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    r->say(r->arg, what, buf_cstr(&r->path), why);
    return what;
}

static enum avro_reading resolve(struct resolver *r, const struct avro_schema *reader,
                                 const struct avro_schema *writer);

static bool listed(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* The unqualified names must be equal, or an alias of the reader's names the writer. */
static bool same_name(const struct avro_schema *reader, const struct avro_schema *writer)
{
    return strcmp(reader->name, writer->name) == 0 || listed(reader->aliases, writer->full_name);
}

static const struct avro_field *written_field(const struct avro_schema *writer,
                                              const struct avro_field *f)
{
    for (size_t i = 0; i < writer->n; i++)
        if (strcmp(writer->fields[i].name, f->name) == 0)
            return &writer->fields[i];
    for (size_t i = 0; i < writer->n; i++)
        if (listed(f->aliases, writer->fields[i].name))
            return &writer->fields[i];
    return NULL;
}

static enum avro_reading resolve_field(struct resolver *r, const struct avro_schema *writer,
                                       const struct avro_field *f)
{
    size_t mark = r->path.n;
    enum avro_reading got = AVRO_READS;
    const struct avro_field *w = written_field(writer, f);
    buf_printf(&r->path, "%s%s", mark ? "." : "", f->name);
    if (w)
        got = resolve(r, f->type, w->type);
    else if (!f->default_json)
        got = tell(r, AVRO_REFUSES,
                   "the reader wants this field, which has no default, and it is not written");
    r->path.n = mark;
    return got;
}

static enum avro_reading resolve_record(struct resolver *r, const struct avro_schema *reader,
                                        const struct avro_schema *writer)
{
    size_t at = r->npairs;
    for (size_t i = 0; i < r->npairs; i++)
        if (r->pairs[i].reader == reader && r->pairs[i].writer == writer) {
            if (r->quiet || r->pairs[i].said || r->pairs[i].reading == AVRO_READS)
                return r->pairs[i].reading;
            at = i;
            break;
        }
    if (!same_name(reader, writer))
        return tell(r, AVRO_REFUSES, "record %s is read as record %s", writer->full_name,
                    reader->full_name);
    if (at == r->npairs) {
        r->pairs = xrealloc(r->pairs, ++r->npairs, sizeof *r->pairs);
    }
    r->pairs[at] = (struct pair){ reader, writer, AVRO_READS, !r->quiet };
    enum avro_reading got = AVRO_READS;
    for (size_t i = 0; i < reader->n; i++)
        got = avro_worse(got, resolve_field(r, writer, &reader->fields[i]));
    r->pairs[at].reading = got;
    return got;
}

static enum avro_reading resolve_enum(struct resolver *r, const struct avro_schema *reader,
                                      const struct avro_schema *writer)
{
    if (!same_name(reader, writer))
        return tell(r, AVRO_REFUSES, "enum %s is read as enum %s", writer->full_name,
                    reader->full_name);
    bool has_default = reader->symbol_default && listed(reader->symbols, reader->symbol_default);
    for (size_t i = 0; i < writer->n && !has_default; i++)
        if (!listed(reader->symbols, writer->symbols[i]))
            return tell(r, AVRO_REFUSES, "symbol %s is not among the reader's", writer->symbols[i]);
    return AVRO_READS;
}

/* Numbers widen; strings and bytes can be read as each other. */
static bool promotes(enum avro_kind reader, enum avro_kind writer)
{
    switch (writer) {
    case AVRO_K_INT:
        return reader == AVRO_K_LONG || reader == AVRO_K_FLOAT || reader == AVRO_K_DOUBLE;
    case AVRO_K_LONG:   return reader == AVRO_K_FLOAT || reader == AVRO_K_DOUBLE;
    case AVRO_K_FLOAT:  return reader == AVRO_K_DOUBLE;
    case AVRO_K_STRING: return reader == AVRO_K_BYTES;
    case AVRO_K_BYTES:  return reader == AVRO_K_STRING;
    default:            return false;
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The reader can read the bytes. Is the value the same? */
static enum avro_reading same_meaning(struct resolver *r, const struct avro_schema *reader,
                                      const struct avro_schema *writer)
{
    if (avro_schema_is_decimal(reader) && avro_schema_is_decimal(writer)) {
        if (reader->scale != writer->scale)
            return tell(r, AVRO_MISREADS,
                        "a decimal written with %d fraction digits is read with %d: another number",
                        writer->scale, reader->scale);
        return AVRO_READS;
    }
    if (avro_schema_is_decimal(reader) != avro_schema_is_decimal(writer))
        return tell(r, AVRO_MISREADS, "%s is read as %s",
                    avro_schema_is_decimal(writer) ? "a decimal" : "plain bytes or text",
                    avro_schema_is_decimal(reader) ? "a decimal" : "plain bytes or text");
    const char *w = writer->meaning ? writer->meaning : writer->logical,
               *d = reader->meaning ? reader->meaning : reader->logical;
    /* for text and bytes, the name does not change the value */
    bool number = writer->kind != AVRO_K_STRING && writer->kind != AVRO_K_BYTES;
    if (number && !same_text(w, d))
        return tell(r, AVRO_MISREADS, "%s is read as %s", w ? w : "a plain number",
                    d ? d : "a plain number");
    return AVRO_READS;
}

/* Some branch must read what is written. A branch that reads it rightly is better than one that
 * misreads it. */
static enum avro_reading read_by_union(struct resolver *r, const struct avro_schema *reader,
                                       const struct avro_schema *writer)
{
    const struct avro_schema *best = NULL;
    enum avro_reading least = AVRO_REFUSES;
    bool quiet = r->quiet;
    r->quiet = true;
    for (size_t i = 0; i < reader->n && (!best || least != AVRO_READS); i++) {
        enum avro_reading got = resolve(r, reader->branches[i], writer);
        if (got < least || (!best && reader->branches[i]->kind == writer->kind)) {
            best = reader->branches[i];
            least = got;
        }
    }
    r->quiet = quiet;
    if (quiet && best)
        return least;
    return best ? resolve(r, best, writer)
                : tell(r, AVRO_REFUSES, "%s%s is none of the reader's branches",
                       avro_kind_name(writer->kind),
                       writer->kind == AVRO_K_NULL ? ", which may be written," : "");
}

static enum avro_reading resolve_items(struct resolver *r, const struct avro_schema *reader,
                                       const struct avro_schema *writer)
{
    size_t mark = r->path.n;
    buf_str(&r->path, reader->kind == AVRO_K_ARRAY ? "[]" : "{}");
    enum avro_reading got = resolve(r, reader->branches[0], writer->branches[0]);
    r->path.n = mark;
    return got;
}

static enum avro_reading resolve(struct resolver *r, const struct avro_schema *reader,
                                 const struct avro_schema *writer)
{
    if (writer->kind == AVRO_K_UNION) {
        enum avro_reading got = AVRO_READS;
        for (size_t i = 0; i < writer->n; i++)
            got = avro_worse(got, resolve(r, reader, writer->branches[i]));
        return got;
    }
    if (reader->kind == AVRO_K_UNION)
        return read_by_union(r, reader, writer);
    if (reader->kind != writer->kind) {
        if (writer->kind == AVRO_K_NULL)
            return tell(r, AVRO_REFUSES, "null may be written, and the reader wants %s",
                        avro_kind_name(reader->kind));
        return promotes(reader->kind, writer->kind)
                   ? same_meaning(r, reader, writer)
                   : tell(r, AVRO_REFUSES, "%s is written, and the reader wants %s",
                          avro_kind_name(writer->kind), avro_kind_name(reader->kind));
    }
    switch (reader->kind) {
    case AVRO_K_RECORD: return resolve_record(r, reader, writer);
    case AVRO_K_ENUM:   return resolve_enum(r, reader, writer);
    case AVRO_K_ARRAY:
    case AVRO_K_MAP:    return resolve_items(r, reader, writer);
    case AVRO_K_FIXED:
        if (!same_name(reader, writer) || reader->size != writer->size)
            return tell(r, AVRO_REFUSES, "%s of %lld bytes is read as %s of %lld",
                        writer->full_name, writer->size, reader->full_name, reader->size);
        return same_meaning(r, reader, writer);
    default:            return same_meaning(r, reader, writer);
    }
}

enum avro_reading avro_resolve(const struct avro_schema *reader, const struct avro_schema *writer,
                               avro_reason_fn *say, void *arg)
{
    struct resolver r = { .say = say, .arg = arg };
    enum avro_reading got = resolve(&r, reader, writer);
    free(r.pairs);
    buf_done(&r.path);
    return got;
}
