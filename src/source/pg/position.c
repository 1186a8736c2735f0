#include "source/pg/position.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
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

void pg_position_write(const struct pg_position *p, struct buf *out)
{
    buf_printf(out, "{\"system_id\":\"%s\",\"timeline\":%u,\"slot\":\"%s\",\"lsn\":\"" PG_LSN_FMT "\"", p->system_id,
               p->timeline, p->slot, PG_LSN_ARG(p->lsn));
    if (p->tx_lsn)
        buf_printf(out, ",\"tx_lsn\":\"" PG_LSN_FMT "\",\"ordinal\":%llu", PG_LSN_ARG(p->tx_lsn),
                   (unsigned long long)p->ordinal);
    if (p->last_commit)
        buf_printf(out, ",\"last_commit\":\"" PG_LSN_FMT "\"", PG_LSN_ARG(p->last_commit));
    buf_printf(out, ",\"snapshot\":\"%s\"", p->snapshot_done ? "done" : "running");
    for (uint32_t i = 0; i < p->nseen; i++) {
        const struct pg_seen *t = &p->seen[i];
        buf_printf(out, "%s{\"oid\":%u,\"upto\":\"" PG_LSN_FMT "\",\"done\":%s}", i ? "," : ",\"tables\":[", t->oid,
                   PG_LSN_ARG(t->upto), t->done ? "true" : "false");
    }
    buf_str(out, p->nseen ? "]}" : "}");
}

static void add_seen(struct pg_position *p, struct pg_seen t)
{
    struct pg_seen *more = realloc(p->seen, (p->nseen + 1) * sizeof *more);
    if (!more)
        abort();
    p->seen = more;
    p->seen[p->nseen++] = t;
}

static int read_seen(json_t *list, struct pg_position *p, struct err *err)
{
    size_t i;
    json_t *e;
    json_array_foreach(list, i, e) {
        uint64_t upto;
        if (pg_lsn_read(json_string_value(json_object_get(e, "upto")), &upto, err))
            return -1;
        add_seen(p, (struct pg_seen){ (uint32_t)json_integer_value(json_object_get(e, "oid")), upto,
                                      json_is_true(json_object_get(e, "done")) });
    }
    return 0;
}

static int read_json(json_t *j, struct pg_position *p, struct err *err)
{
    const char *id = json_string_value(json_object_get(j, "system_id"));
    const char *slot = json_string_value(json_object_get(j, "slot"));
    const char *snap = json_string_value(json_object_get(j, "snapshot"));
    const char *tx = json_string_value(json_object_get(j, "tx_lsn"));
    const char *commit = json_string_value(json_object_get(j, "last_commit"));
    if (!id || !slot || !snap)
        return err_set(err, ERR_FATAL, "system_id, slot or snapshot is missing");
    snprintf(p->system_id, sizeof p->system_id, "%s", id);
    snprintf(p->slot, sizeof p->slot, "%s", slot);
    p->timeline = (uint32_t)json_integer_value(json_object_get(j, "timeline"));
    p->snapshot_done = strcmp(snap, "done") == 0;
    p->ordinal = (uint64_t)json_integer_value(json_object_get(j, "ordinal"));
    if (pg_lsn_read(json_string_value(json_object_get(j, "lsn")), &p->lsn, err) || (tx && pg_lsn_read(tx, &p->tx_lsn, err)) ||
        (commit && pg_lsn_read(commit, &p->last_commit, err)))
        return -1;
    return read_seen(json_object_get(j, "tables"), p, err);
}

int pg_position_read(struct slice token, struct pg_position *ret, struct err *err)
{
    *ret = (struct pg_position){ 0 };
    json_error_t je;
    json_t *j = json_loadb((const char *)token.p, token.n, 0, &je);
    int rc = j ? read_json(j, ret, err) : err_set(err, ERR_FATAL, "%s", je.text);
    json_decref(j);
    return rc ? err_wrap(err, "the stored position cannot be read: %.*s", (int)token.n, (const char *)token.p) : 0;
}

void pg_position_done(struct pg_position *p)
{
    free(p->seen);
    p->seen = NULL;
    p->nseen = 0;
}

static struct pg_seen *find(const struct pg_position *p, uint32_t oid)
{
    for (uint32_t i = 0; i < p->nseen; i++)
        if (p->seen[i].oid == oid)
            return &p->seen[i];
    return NULL;
}

void pg_position_begin_table(struct pg_position *p, uint32_t oid, uint64_t point)
{
    if (!find(p, oid))
        add_seen(p, (struct pg_seen){ oid, point, false });
}

void pg_position_end_table(struct pg_position *p, uint32_t oid)
{
    struct pg_seen *s = find(p, oid);
    if (s)
        s->done = true;
}

bool pg_position_read_all(const struct pg_position *p, uint32_t oid)
{
    const struct pg_seen *s = find(p, oid);
    return s && s->done;
}

bool pg_position_has(const struct pg_position *p, uint32_t oid, uint64_t commit_lsn)
{
    const struct pg_seen *s = find(p, oid);
    return s && commit_lsn < s->upto;
}

void pg_position_forget(struct pg_position *p, uint64_t lsn)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->nseen; i++)
        if (p->seen[i].upto > lsn)
            p->seen[kept++] = p->seen[i];
    p->nseen = kept;
}
