/* The flat envelope: the row, and behind it the fields of the envelope and its source block that
 * format.flat-fields asks for. */
#include <string.h>
#include "base/avro.h"
#include "base/clock.h"
#include "encode/step.h"

enum flat_type { FLAT_STRING, FLAT_LONG, FLAT_INT, FLAT_SNAPSHOT };
enum flat_what {
    WHAT_OP,
    WHAT_TS_MS,
    WHAT_TS_US,
    WHAT_TS_NS,
    WHAT_VERSION,
    WHAT_CONNECTOR,
    WHAT_NAME,
    WHAT_DB,
    WHAT_SCHEMA,
    WHAT_TABLE,
    WHAT_SOURCE_TS_MS,
    WHAT_SOURCE_TS_US,
    WHAT_SOURCE_TS_NS,
    WHAT_LSN,
    WHAT_TXID,
    WHAT_XMIN,
    WHAT_SEQUENCE,
    WHAT_SNAPSHOT,
    WHAT_SEQ,
    WHAT_SERVER_ID,
    WHAT_GTID,
    WHAT_FILE,
    WHAT_POS,
    WHAT_ROW,
    WHAT_THREAD,
    WHAT_QUERY
};

enum {
    OF_POSTGRESQL = 1 << CONNECTOR_POSTGRESQL,
    OF_BINLOG = 1 << CONNECTOR_MYSQL | 1 << CONNECTOR_MARIADB,
    OF_ALL = OF_POSTGRESQL | OF_BINLOG
};

/* in_source: found as "source.X", and as X if the envelope itself has no field X. */
static const struct known {
    const char *name;
    bool in_source;
    enum flat_type type;
    enum flat_what what;
    int of;
} known[] = {
    { "op", false, FLAT_STRING, WHAT_OP, OF_ALL },
    { "ts_ms", false, FLAT_LONG, WHAT_TS_MS, OF_ALL },
    { "ts_us", false, FLAT_LONG, WHAT_TS_US, OF_ALL },
    { "ts_ns", false, FLAT_LONG, WHAT_TS_NS, OF_ALL },
    { "seq", false, FLAT_LONG, WHAT_SEQ, OF_ALL },
    { "version", true, FLAT_STRING, WHAT_VERSION, OF_ALL },
    { "connector", true, FLAT_STRING, WHAT_CONNECTOR, OF_ALL },
    { "name", true, FLAT_STRING, WHAT_NAME, OF_ALL },
    { "db", true, FLAT_STRING, WHAT_DB, OF_ALL },
    { "schema", true, FLAT_STRING, WHAT_SCHEMA, OF_POSTGRESQL },
    { "table", true, FLAT_STRING, WHAT_TABLE, OF_ALL },
    { "ts_ms", true, FLAT_LONG, WHAT_SOURCE_TS_MS, OF_ALL },
    { "ts_us", true, FLAT_LONG, WHAT_SOURCE_TS_US, OF_ALL },
    { "ts_ns", true, FLAT_LONG, WHAT_SOURCE_TS_NS, OF_ALL },
    { "lsn", true, FLAT_LONG, WHAT_LSN, OF_POSTGRESQL },
    { "txId", true, FLAT_LONG, WHAT_TXID, OF_POSTGRESQL },
    { "xmin", true, FLAT_LONG, WHAT_XMIN, OF_POSTGRESQL },
    { "sequence", true, FLAT_STRING, WHAT_SEQUENCE, OF_ALL },
    { "snapshot", true, FLAT_SNAPSHOT, WHAT_SNAPSHOT, OF_ALL },
    { "server_id", true, FLAT_LONG, WHAT_SERVER_ID, OF_BINLOG },
    { "gtid", true, FLAT_STRING, WHAT_GTID, OF_BINLOG },
    { "file", true, FLAT_STRING, WHAT_FILE, OF_BINLOG },
    { "pos", true, FLAT_LONG, WHAT_POS, OF_BINLOG },
    { "row", true, FLAT_INT, WHAT_ROW, OF_BINLOG },
    { "thread", true, FLAT_LONG, WHAT_THREAD, OF_BINLOG },
    { "query", true, FLAT_STRING, WHAT_QUERY, OF_BINLOG },
};

static const struct known *find(const char *name, enum connector connector)
{
    bool source = strncmp(name, "source.", 7) == 0;
    name += source ? 7 : 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0 && (known[i].of >> connector & 1) &&
            (known[i].in_source || !source) && !(source && !known[i].in_source))
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

/* Refuses a name that is there twice, and one that Avro does not allow. */
static int check_name(const struct flat_field *all, size_t n, const char *name, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return err_set(err, ERR_CONFIG,
                           "format.flat-fields: two fields become %s: give one of them"
                           " another name, as FIELD:NAME",
                           name);
    if (!name[2] ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
            strlen(name))
        return err_set(err, ERR_CONFIG, "format.flat-fields: \"%s\" is no name for an Avro field: "
                       "letters, digits and _ only", name + 2);
    return 0;
}

const char *flat_field_of(const struct encode_options *opt, const char *field)
{
    if (opt->flat_deletes == FLAT_DELETES_REWRITE && strcmp(field, "__deleted") == 0)
        return "format.flat-deletes: rewrite";
    for (const struct flat_field *f = opt->flat_fields; f && f->name; f++)
        if (strcmp(f->name, field) == 0)
            return "format.flat-fields";
    return NULL;
}

int flat_fields_new(struct arena *a, enum connector connector, const char *list,
                    const struct flat_field **ret, struct err *err)
{
    size_t n = 0;
    if (!list)
        list = connector == CONNECTOR_POSTGRESQL ? FLAT_FIELDS_POSTGRESQL : FLAT_FIELDS_BINLOG;
    struct flat_field *to = arena_alloc(a, (strlen(list) + 1) * sizeof *to);
    for (const char *p = list + strspn(list, " ,"); *p; p += strspn(p, " ,")) {
        size_t len = strcspn(p, " ,"), head = strcspn(p, " ,:");
        const struct known *k = find(arena_printf(a, "%.*s", (int)head, p), connector);
        if (!k)
            return err_set(err, ERR_CONFIG, "format.flat-fields: there is no field \"%.*s\"",
                           (int)head, p);
        to[n] = (struct flat_field){ field_name(a, arena_printf(a, "%.*s", (int)len, p)),
                                     (int)(k - known) };
        if (check_name(to, n, to[n].name, err))
            return -1;
        n++;
        p += len;
    }
    to[n].name = NULL;
    *ret = to;
    return 0;
}

void schema_flat_fields(const struct plan *p, struct buf *out)
{
    static const char *const types[] = { "\"string\"", "\"long\"", "\"int\"" };
    static const char snapshot[] =
        "{\"type\":\"string\",\"connect.version\":1,\"connect.parameters\":{\"allowed\":"
        "\"" SNAPSHOT_ALLOWED "\"},\"connect.name\":\"io.debezium.data.Enum\"}";
    const char *comma = out->p[out->n - 1] == '[' ? "" : ",";
    if (p->opt->flat_deletes == FLAT_DELETES_REWRITE) {
        buf_printf(out,
                   "%s{\"name\":\"__deleted\",\"type\":[\"null\",\"string\"],\"default\":null}",
                   comma);
        comma = ",";
    }
    for (const struct flat_field *f = p->opt->flat_fields; f && f->name; f++, comma = ",") {
        enum flat_type t = known[f->known].type;
        buf_printf(out, "%s{\"name\":\"%s\",\"type\":[\"null\",%s],\"default\":null}", comma,
                   f->name,
                   t != FLAT_SNAPSHOT               ? types[t]
                   : p->opt->types == TYPES_CONNECT ? snapshot
                                                    : types[FLAT_STRING]);
    }
}

/* Writes a field that only changes from a binlog have. */
static void put_place(enum flat_what what, const struct event *ev, struct buf *out)
{
    struct binlog_place p = source_place(ev);
    switch (what) {
    case WHAT_SERVER_ID: avro_optional_long(out, true, p.server_id); break;
    case WHAT_GTID:      avro_optional_str(out, p.gtid); break;
    case WHAT_FILE:      avro_optional_str(out, p.file); break;
    case WHAT_POS:       avro_optional_long(out, true, (int64_t)p.pos); break;
    case WHAT_ROW:       avro_optional_long(out, true, p.row); break;
    case WHAT_THREAD:    avro_optional_long(out, p.thread >= 0, p.thread); break;
    default:             avro_optional_bytes(out, p.query); break;
    }
}

static void put_field(const struct plan *p, enum flat_what what, char op, const struct event *ev,
                      int64_t now_ns, struct buf *out)
{
    switch (what) {
    case WHAT_OP:           avro_optional_str(out, (char[2]){ op, 0 }); break;
    case WHAT_TS_MS:        avro_optional_long(out, true, now_ns / 1000000); break;
    case WHAT_TS_US:        avro_optional_long(out, true, now_ns / 1000); break;
    case WHAT_TS_NS:        avro_optional_long(out, true, now_ns); break;
    case WHAT_VERSION:      avro_optional_str(out, p->opt->version); break;
    case WHAT_CONNECTOR:    avro_optional_str(out, connector_name(p->opt->connector)); break;
    case WHAT_NAME:         avro_optional_str(out, p->opt->prefix); break;
    case WHAT_DB:           avro_optional_str(out, p->table->database); break;
    case WHAT_SCHEMA:       avro_optional_str(out, p->table->schema); break;
    case WHAT_TABLE:        avro_optional_str(out, p->table->name); break;
    case WHAT_SOURCE_TS_MS: avro_optional_long(out, true, source_us(ev) / 1000); break;
    case WHAT_SOURCE_TS_US: avro_optional_long(out, true, source_us(ev)); break;
    case WHAT_SOURCE_TS_NS: avro_optional_long(out, true, source_us(ev) * 1000); break;
    case WHAT_LSN:          avro_optional_long(out, true, (int64_t)ev->lsn); break;
    case WHAT_TXID:         avro_optional_long(out, ev->txid >= 0, ev->txid); break;
    case WHAT_XMIN:         avro_optional_long(out, false, 0); break;
    case WHAT_SEQUENCE:     source_put_sequence(p, ev, out); break;
    case WHAT_SNAPSHOT:
        avro_optional_str(out, ev->snapshot == SNAP_STREAM ? NULL : source_snapshot_mark(ev));
        break;
    case WHAT_SEQ:          avro_optional_long(out, true, (int64_t)ev->seq); break;
    default:                put_place(what, ev, out); break;
    }
}

int flat_value(const struct plan *p, char op, const struct event *ev, struct buf *out,
               struct err *err)
{
    struct row r = op == 'd' ? ev->before : ev->after;
    if (!r.cells && !ev->key.p)
        return err_set(err, ERR_DATA, "%s.%s: a '%c' event has no row for the flat envelope",
                       p->table->schema, p->table->name, op);
    if (ev->key.p ? step_put_gone(p, ev->key, out, err) : step_put_row(p, r, out, err))
        return source_fail(p, ev, err);
    if (p->opt->flat_deletes == FLAT_DELETES_REWRITE)
        avro_optional_str(out, op == 'd' ? "true" : "false");
    int64_t now_ns = clock_wall_ns();
    for (const struct flat_field *f = p->opt->flat_fields; f && f->name; f++)
        put_field(p, known[f->known].what, op, ev, now_ns, out);
    return 0;
}
