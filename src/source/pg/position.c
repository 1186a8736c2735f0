/*
 * The stored position as JSON text, both ways. source.c hands the text to the sink, which keeps it
 * and gives it back after a restart.
 */
#include "source/pg/position.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

int pg_lsn_read(const char *s, uint64_t *ret, struct err *err)
{
    unsigned hi, lo;
    int end = 0;
    if (!s || sscanf(s, "%X/%X%n", &hi, &lo, &end) != 2 || s[end])
        return err_set(err, ERR_FATAL, "not an LSN: \"%s\"", s ? s : "");
    *ret = (uint64_t)hi << 32 | lo;
    return 0;
}

static void write_lsn(struct buf *out, const char *name, uint64_t lsn)
{
    if (lsn)
        buf_printf(out, ",\"%s\":\"" PG_LSN_FMT "\"", name, PG_LSN_ARG(lsn));
}

static void write_proof(const struct pg_position *p, struct buf *out)
{
    write_lsn(out, "begun", p->begun);
    write_lsn(out, "known", p->known);
    buf_printf(out, ",\"data\":\"" PG_LSN_FMT "\"", PG_LSN_ARG(p->data));
    write_lsn(out, "acked", p->acked);
    write_lsn(out, "commit_lsn", p->commit_lsn);
    if (p->commit_lsn)
        buf_printf(out, ",\"commit_us\":%lld,\"commit_xid\":%u", (long long)p->commit_us,
                   p->commit_xid);
}

void pg_position_write(const struct pg_position *p, struct buf *out)
{
    buf_printf(out,
               "{\"system_id\":\"%s\",\"timeline\":%u,\"slot\":\"%s\",\"lsn\":\"" PG_LSN_FMT "\"",
               p->system_id, p->timeline, p->slot, PG_LSN_ARG(p->lsn));
    if (p->tx_lsn)
        buf_printf(out, ",\"tx_lsn\":\"" PG_LSN_FMT "\",\"ordinal\":%llu", PG_LSN_ARG(p->tx_lsn),
                   (unsigned long long)p->ordinal);
    if (p->tx_lsn && p->messages)
        buf_printf(out, ",\"messages\":%s", p->messages == PG_COUNTED ? "true" : "false");
    if (p->last_commit)
        buf_printf(out, ",\"last_commit\":\"" PG_LSN_FMT "\"", PG_LSN_ARG(p->last_commit));
    if (*p->publication) {
        buf_str(out, ",\"publication\":");
        buf_json_str(out, slice_str(p->publication));
    }
    write_proof(p, out);
    buf_str(out, "}");
}

static int read_lsn(json_t *j, const char *name, uint64_t absent, uint64_t *ret, struct err *err)
{
    json_t *v = json_object_get(j, name);
    *ret = absent;
    return v ? pg_lsn_read(json_string_value(v), ret, err) : 0;
}

/*
 * A position without "data" comes from an older version: then all up to its end counts as handed
 * out.
 */
static int read_proof(json_t *j, struct pg_position *p, struct err *err)
{
    p->commit_us = json_integer_value(json_object_get(j, "commit_us"));
    p->commit_xid = (uint32_t)json_integer_value(json_object_get(j, "commit_xid"));
    return read_lsn(j, "begun", 0, &p->begun, err) || read_lsn(j, "known", 0, &p->known, err) ||
           read_lsn(j, "data", pg_position_reach(p), &p->data, err) ||
           read_lsn(j, "acked", 0, &p->acked, err) ||
           read_lsn(j, "commit_lsn", 0, &p->commit_lsn, err) ? -1 : 0;
}

static int read_json(json_t *j, struct pg_position *p, struct err *err)
{
    const char *id = json_string_value(json_object_get(j, "system_id"));
    const char *slot = json_string_value(json_object_get(j, "slot"));
    const char *tx = json_string_value(json_object_get(j, "tx_lsn"));
    const char *commit = json_string_value(json_object_get(j, "last_commit"));
    if (!id || !slot)
        return err_set(err, ERR_FATAL, "system_id or slot is missing");
    snprintf(p->system_id, sizeof p->system_id, "%s", id);
    snprintf(p->slot, sizeof p->slot, "%s", slot);
    p->timeline = (uint32_t)json_integer_value(json_object_get(j, "timeline"));
    p->ordinal = (uint64_t)json_integer_value(json_object_get(j, "ordinal"));
    const json_t *messages = json_object_get(j, "messages");
    const char *publication = json_string_value(json_object_get(j, "publication"));
    snprintf(p->publication, sizeof p->publication, "%s", publication ? publication : "");
    p->messages = !json_is_boolean(messages) ? PG_NOT_KNOWN
                  : json_is_true(messages)   ? PG_COUNTED
                                             : PG_NOT_COUNTED;
    if (pg_lsn_read(json_string_value(json_object_get(j, "lsn")), &p->lsn, err) ||
        (tx && pg_lsn_read(tx, &p->tx_lsn, err)) ||
        (commit && pg_lsn_read(commit, &p->last_commit, err)))
        return -1;
    return read_proof(j, p, err);
}

int pg_position_read(struct slice token, struct pg_position *ret, struct err *err)
{
    *ret = (struct pg_position){ 0 };
    json_error_t je;
    json_t *j = json_loadb((const char *)token.p, token.n, 0, &je);
    int rc = j ? read_json(j, ret, err) : err_set(err, ERR_FATAL, "%s", je.text);
    json_decref(j);
    return rc ? err_wrap(err, "the stored position cannot be read: %.*s", (int)token.n,
                         (const char *)token.p)
              : 0;
}
