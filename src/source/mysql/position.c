#include "source/mysql/position.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_place(const struct mysql_place *p, struct buf *out)
{
    buf_str(out, "\"gtid\":\"");
    gtid_write(&p->gtid, out);
    buf_str(out, "\",\"file\":");
    buf_json_str(out, slice_str(p->file));
    buf_printf(out, ",\"pos\":%llu", (unsigned long long)p->pos);
}

void mysql_position_write(const struct mysql_position *p, struct buf *out)
{
    buf_printf(out, "{\"server\":\"%s\",", p->server);
    put_place(&p->done, out);
    if (p->ordinal)
        buf_printf(out, ",\"ordinal\":%llu,\"in\":\"%s\"", (unsigned long long)p->ordinal, p->in);
    if (*p->from.file) {
        buf_str(out, ",\"from\":{");
        put_place(&p->from, out);
        buf_u8(out, '}');
    }
    buf_u8(out, '}');
}

static int read_place(json_t *j, bool mariadb, struct mysql_place *ret, struct err *err)
{
    const char *file = json_string_value(json_object_get(j, "file")), *gtid = json_string_value(json_object_get(j, "gtid"));
    if (!file || !gtid)
        return err_set(err, ERR_FATAL, "gtid or file is missing");
    snprintf(ret->file, sizeof ret->file, "%s", file);
    ret->pos = (uint64_t)json_integer_value(json_object_get(j, "pos"));
    return gtid_read(gtid, mariadb, &ret->gtid, err);
}

static int read_json(json_t *j, bool mariadb, struct mysql_position *ret, struct err *err)
{
    const char *server = json_string_value(json_object_get(j, "server")), *in = json_string_value(json_object_get(j, "in"));
    json_t *from = json_object_get(j, "from");
    if (!server)
        return err_set(err, ERR_FATAL, "server is missing");
    snprintf(ret->server, sizeof ret->server, "%s", server);
    snprintf(ret->in, sizeof ret->in, "%s", in ? in : "");
    ret->ordinal = (uint64_t)json_integer_value(json_object_get(j, "ordinal"));
    return read_place(j, mariadb, &ret->done, err) || (from && read_place(from, mariadb, &ret->from, err)) ? -1 : 0;
}

int mysql_position_read(struct slice token, bool mariadb, struct mysql_position *ret, struct err *err)
{
    *ret = (struct mysql_position){ 0 };
    json_error_t je;
    json_t *j = json_loadb((const char *)token.p, token.n, 0, &je);
    int rc = j ? read_json(j, mariadb, ret, err) : err_set(err, ERR_FATAL, "%s", je.text);
    json_decref(j);
    return rc ? err_wrap(err, "the stored position cannot be read: %.*s", (int)token.n, (const char *)token.p) : 0;
}

void mysql_position_done(struct mysql_position *p)
{
    mysql_place_done(&p->done);
    mysql_place_done(&p->from);
}

int mysql_file_order(const char *file_a, uint64_t pos_a, const char *file_b, uint64_t pos_b)
{
    const char *a = strrchr(file_a, '.'), *b = strrchr(file_b, '.');
    unsigned long long na = a ? strtoull(a + 1, NULL, 10) : 0, nb = b ? strtoull(b + 1, NULL, 10) : 0;
    if (na != nb)
        return na < nb ? -1 : 1;
    return pos_a < pos_b ? -1 : pos_a > pos_b;
}
