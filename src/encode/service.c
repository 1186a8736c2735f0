/* Records about the feed itself, not about a row: transactions and heartbeats. Their schemas are
 * the same for every feed. */
#include "base/avro.h"
#include "encode/schema_text.h"

#define CONNECTOR "io.debezium.connector.common."
#define RECORD(name)                                                                               \
    "{\"type\":\"record\",\"name\":\"" name                                                        \
    "\",\"namespace\":\"io.debezium.connector.common\",\"fields\":["

static const char transaction_value[] = STRING("status") "," STRING("id") "," OPT_LONG(
    "event_count") ","
                   "{\"name\":\"data_collections\",\"type\":[\"null\",{\"type\":\"array\","
                   "\"items\":[\"null\",{\"type\":\"record\",\"name\":\"collection\","
                   "\"namespace\":\"event\",\"fields\":[" STRING("data_collection") "," LONG(
                       "event_count");

void schema_service(const struct plan *p, enum plan_part part, struct buf *out)
{
    if (p->service == SERVICE_HEARTBEAT) {
        buf_str(out, part == PLAN_KEY ? RECORD("ServerNameKey") STRING("serverName")
                                      : RECORD("Heartbeat") LONG("ts_ms"));
        schema_end_record(p, part == PLAN_KEY ? CONNECTOR "ServerNameKey" : CONNECTOR "Heartbeat",
                          1, out);
    } else if (part == PLAN_KEY) {
        buf_str(out, RECORD("TransactionMetadataKey") STRING("id"));
        schema_end_record(p, CONNECTOR "TransactionMetadataKey", 1, out);
    } else {
        buf_str(out, RECORD("TransactionMetadataValue"));
        buf_str(out, transaction_value);
        schema_end_record(p, "event.collection", 1, out);
        buf_str(out, "]}],\"default\":null}," LONG("ts_ms"));
        schema_end_record(p, CONNECTOR "TransactionMetadataValue", 1, out);
    }
}

static void put_part(const struct tx_part *t, struct buf *out)
{
    struct buf name = { 0 };
    buf_printf(&name, "%s%s%s", t->schema ? t->schema : "", t->schema ? "." : "", t->table);
    buf_u8(out, 2);
    avro_bytes(out, buf_slice(&name));
    avro_long(out, (int64_t)t->records);
    buf_done(&name);
}

static void put_counts(const struct service_record *r, struct buf *out)
{
    buf_u8(out, 2);
    avro_long(out, (int64_t)r->records);
    buf_u8(out, 2);
    if (r->nparts)
        avro_long(out, (int64_t)r->nparts);
    for (size_t i = 0; i < r->nparts; i++)
        put_part(&r->parts[i], out);
    avro_long(out, 0);
}

void plan_encode_service(const struct plan *p, enum plan_part part, const struct service_record *r,
                         struct buf *out)
{
    if (p->service == SERVICE_HEARTBEAT) {
        if (part == PLAN_KEY)
            avro_str(out, p->opt->prefix);
        else
            avro_long(out, r->ts_ms);
        return;
    }
    if (part == PLAN_VALUE)
        avro_str(out, r->end ? "END" : "BEGIN");
    avro_bytes(out, r->id);
    if (part == PLAN_KEY)
        return;
    if (r->end)
        put_counts(r, out);
    else
        buf_put(out, "\0\0", 2);
    avro_long(out, r->ts_ms);
}
