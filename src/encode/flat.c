#include <string.h>
#include "base/avro.h"
#include "base/clock.h"
#include "encode/step.h"

/* The flat envelope: the row, and behind it what format.flat-fields asks for of the envelope and its source block. */
enum flat_type { FLAT_STRING, FLAT_LONG, FLAT_SNAPSHOT };
enum flat_what { WHAT_OP, WHAT_TS_MS, WHAT_TS_US, WHAT_TS_NS, WHAT_VERSION, WHAT_CONNECTOR, WHAT_NAME, WHAT_DB, WHAT_SCHEMA, WHAT_TABLE,
                 WHAT_SOURCE_TS_MS, WHAT_SOURCE_TS_US, WHAT_SOURCE_TS_NS, WHAT_LSN, WHAT_TXID, WHAT_XMIN, WHAT_SEQUENCE, WHAT_SNAPSHOT,
                 WHAT_SEQ };

/* in_source: "source.X"; X alone too, where the envelope has no field of that name. */
static const struct known { const char *name; bool in_source; enum flat_type type; enum flat_what what; } known[] = {
    { "op", false, FLAT_STRING, WHAT_OP }, { "ts_ms", false, FLAT_LONG, WHAT_TS_MS }, { "ts_us", false, FLAT_LONG, WHAT_TS_US },
    { "ts_ns", false, FLAT_LONG, WHAT_TS_NS }, { "seq", false, FLAT_LONG, WHAT_SEQ },
    { "version", true, FLAT_STRING, WHAT_VERSION }, { "connector", true, FLAT_STRING, WHAT_CONNECTOR },
    { "name", true, FLAT_STRING, WHAT_NAME }, { "db", true, FLAT_STRING, WHAT_DB }, { "schema", true, FLAT_STRING, WHAT_SCHEMA },
    { "table", true, FLAT_STRING, WHAT_TABLE }, { "ts_ms", true, FLAT_LONG, WHAT_SOURCE_TS_MS },
    { "ts_us", true, FLAT_LONG, WHAT_SOURCE_TS_US }, { "ts_ns", true, FLAT_LONG, WHAT_SOURCE_TS_NS }, { "lsn", true, FLAT_LONG, WHAT_LSN },
    { "txId", true, FLAT_LONG, WHAT_TXID }, { "xmin", true, FLAT_LONG, WHAT_XMIN }, { "sequence", true, FLAT_STRING, WHAT_SEQUENCE },
    { "snapshot", true, FLAT_SNAPSHOT, WHAT_SNAPSHOT },
};

static const struct known *find(const char *name)
{
    bool source = strncmp(name, "source.", 7) == 0;
    name += source ? 7 : 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0 && (known[i].in_source || !source) && !(source && !known[i].in_source))
            return &known[i];
    return NULL;
}

/* "source.ts_ms" is __source_ts_ms; "X:Y" is __Y. */
static const char *field_name(struct arena *a, const char *text)
{
    const char *colon = strchr(text, ':');
    char *name = arena_printf(a, "__%s", colon ? colon + 1 : text);
    for (char *p = name; *p; p++)
        if (*p == '.')
            *p = '_';
    return name;
}

int flat_fields_new(struct arena *a, const char *list, const struct flat_field **ret, struct err *err)
{
    size_t n = 0;
    struct flat_field *to = arena_alloc(a, (strlen(list) + 1) * sizeof *to);
    for (const char *p = list + strspn(list, " ,"); *p; p += strspn(p, " ,")) {
        size_t len = strcspn(p, " ,"), head = strcspn(p, " ,:");
        const struct known *k = find(arena_printf(a, "%.*s", (int)head, p));
        if (!k)
            return err_set(err, ERR_CONFIG, "format.flat-fields: there is no field \"%.*s\"", (int)head, p);
        to[n++] = (struct flat_field){ field_name(a, arena_printf(a, "%.*s", (int)len, p)), (int)(k - known) };
        p += len;
    }
    to[n].name = NULL;
    *ret = to;
    return 0;
}

void schema_flat_fields(const struct plan *p, struct buf *out)
{
    static const char *const types[] = { "\"string\"", "\"long\"" };
    static const char snapshot[] = "{\"type\":\"string\",\"connect.version\":1,\"connect.parameters\":{\"allowed\":"
        "\"" SNAPSHOT_ALLOWED "\"},\"connect.name\":\"io.debezium.data.Enum\"}";
    const char *comma = out->p[out->n - 1] == '[' ? "" : ",";
    if (p->opt->flat_deletes == FLAT_DELETES_REWRITE) {
        buf_printf(out, "%s{\"name\":\"__deleted\",\"type\":[\"null\",\"string\"],\"default\":null}", comma);
        comma = ",";
    }
    for (const struct flat_field *f = p->opt->flat_fields; f && f->name; f++, comma = ",") {
        enum flat_type t = known[f->known].type;
        buf_printf(out, "%s{\"name\":\"%s\",\"type\":[\"null\",%s],\"default\":null}", comma, f->name,
                   t != FLAT_SNAPSHOT ? types[t] : p->opt->types == TYPES_CONNECT ? snapshot : types[FLAT_STRING]);
    }
}

static void put_string(struct buf *out, const char *s)
{
    buf_u8(out, s ? 2 : 0);
    if (s)
        avro_str(out, s);
}

static void put_long(struct buf *out, bool there, int64_t v)
{
    buf_u8(out, there ? 2 : 0);
    if (there)
        avro_long(out, v);
}

static void put_field(const struct plan *p, enum flat_what what, char op, const struct event *ev, int64_t now_ns, struct buf *out)
{
    switch (what) {
    case WHAT_OP:           put_string(out, (char[2]){ op, 0 }); break;
    case WHAT_TS_MS:        put_long(out, true, now_ns / 1000000); break;
    case WHAT_TS_US:        put_long(out, true, now_ns / 1000); break;
    case WHAT_TS_NS:        put_long(out, true, now_ns); break;
    case WHAT_VERSION:      put_string(out, p->opt->version); break;
    case WHAT_CONNECTOR:    put_string(out, "postgresql"); break;
    case WHAT_NAME:         put_string(out, p->opt->prefix); break;
    case WHAT_DB:           put_string(out, p->table->database); break;
    case WHAT_SCHEMA:       put_string(out, p->table->schema); break;
    case WHAT_TABLE:        put_string(out, p->table->name); break;
    case WHAT_SOURCE_TS_MS: put_long(out, true, ev->commit_us / 1000); break;
    case WHAT_SOURCE_TS_US: put_long(out, true, ev->commit_us); break;
    case WHAT_SOURCE_TS_NS: put_long(out, true, ev->commit_us * 1000); break;
    case WHAT_LSN:          put_long(out, true, (int64_t)ev->lsn); break;
    case WHAT_TXID:         put_long(out, ev->txid >= 0, ev->txid); break;
    case WHAT_XMIN:         put_long(out, false, 0); break;
    case WHAT_SEQUENCE:     envelope_put_sequence(ev, out); break;
    case WHAT_SNAPSHOT:     put_string(out, ev->snapshot == SNAP_STREAM ? NULL : envelope_snapshot_mark(ev)); break;
    case WHAT_SEQ:          put_long(out, true, (int64_t)ev->seq); break;
    }
}

int flat_value(const struct plan *p, char op, const struct event *ev, struct buf *out, struct err *err)
{
    struct row r = op == 'd' ? ev->before : ev->after;
    if (!r.cells)
        return err_set(err, ERR_DATA, "%s.%s: a '%c' event has no row for the flat envelope", p->table->schema,
                       p->table->name, op);
    if (envelope_put_row(p, r, out, err))
        return err_wrap(err, "%s.%s at LSN %X/%X", p->table->schema, p->table->name, (unsigned)(ev->lsn >> 32), (unsigned)ev->lsn);
    if (p->opt->flat_deletes == FLAT_DELETES_REWRITE)
        put_string(out, op == 'd' ? "true" : "false");
    int64_t now_ns = clock_wall_ns();
    for (const struct flat_field *f = p->opt->flat_fields; f && f->name; f++)
        put_field(p, known[f->known].what, op, ev, now_ns, out);
    return 0;
}
