/* Compiles columns.* and topics.route to rules, asks them about a table's columns, and edits string
 * values (mask, hash, truncate). */
#include "encode/choices.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <openssl/evp.h>
#include "base/avro.h"
#include "base/xalloc.h"
#include "encode/ops.h"

struct edit_rule { struct pattern *columns; struct column_edit edit; };
struct text_rule { struct pattern *names; const char *text; };

/* columns.* and topics.route, compiled. A list ends with a NULL pattern. */
struct choices {
    struct filter columns;
    bool deletes;
    struct edit_rule *edits;
    struct text_rule *keys, *names, *routes;
};

static size_t length_of(const struct kv *kv)
{
    size_t n = 0;
    while (kv && kv[n].key)
        n++;
    return n;
}

static int number(const struct kv *kv, const char *option, int *ret, struct err *err)
{
    char *end;
    errno = 0;
    long n = strtol(kv->value, &end, 10);
    if (!*kv->value || *end || errno || n < 0 || n > 1000000)
        return err_set(err, ERR_CONFIG, "%s: \"%s\" is not a number of characters", option,
                       kv->value);
    *ret = (int)n;
    return 0;
}

/* OpenSSL knows the names of algorithms (MD4) that it does not have without its legacy provider, or
 * in FIPS mode. So the digest is tried. */
static bool can_digest(const char *algorithm)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n;
    const EVP_MD *md = EVP_get_digestbyname(algorithm);
    return md && EVP_Digest("", 0, digest, &n, md, NULL);
}

/* [v1:]ALGORITHM:SALT. Version 1 hashes the text as Java serialises it, version 2 the text. */
static int read_hash(struct arena *a, const struct kv *kv, struct column_edit *ret, struct err *err)
{
    const char *p = kv->value;
    bool v1 = strncmp(p, "v1:", 3) == 0;
    p += v1 ? 3 : 0;
    const char *colon = strchr(p, ':');
    if (!colon)
        return err_set(err, ERR_CONFIG,
                       "columns.hash: what \"%s\" is given is not ALGORITHM:SALT (and not shown)",
                       kv->key);
    char *algorithm = arena_printf(a, "%.*s", (int)(colon - p), p);
    if (!can_digest(algorithm))
        return err_set(err, ERR_CONFIG,
                       "columns.hash: there is no digest \"%s\": SHA-256 and MD5 are some",
                       algorithm);
    *ret = (struct column_edit){ .kind = v1 ? EDIT_HASH_V1 : EDIT_HASH,
                                 .algorithm = algorithm,
                                 .salt = arena_strdup(a, colon + 1) };
    return 0;
}

static int read_edit(struct arena *a, enum edit_kind kind, const struct kv *kv,
                     struct edit_rule *ret, struct err *err)
{
    *ret = (struct edit_rule){ .edit = { .kind = kind } };
    if (kind == EDIT_HASH ? read_hash(a, kv, &ret->edit, err)
                          : number(kv, kind == EDIT_MASK ? "columns.mask" : "columns.truncate",
                                   &ret->edit.length, err))
        return -1;
    ret->columns = pattern_new(a, kv->key, err);
    return ret->columns ? 0 : -1;
}

static int read_edits(struct arena *a, const struct choice_options *o, struct choices *c,
                      struct err *err)
{
    const struct { enum edit_kind kind; const struct kv *list; } all[] = {
        { EDIT_HASH, o->hash }, { EDIT_MASK, o->mask }, { EDIT_TRUNCATE, o->truncate } };
    size_t n = length_of(o->hash) + length_of(o->mask) + length_of(o->truncate);
    struct edit_rule *to = c->edits = arena_alloc(a, (n + 1) * sizeof *to);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (const struct kv *kv = all[i].list; kv && kv->key; kv++)
            if (read_edit(a, all[i].kind, kv, to++, err))
                return -1;
    to->columns = NULL;
    return 0;
}

static int read_texts(struct arena *a, const struct kv *kv, struct text_rule **ret, struct err *err)
{
    struct text_rule *to = *ret = arena_alloc(a, (length_of(kv) + 1) * sizeof *to);
    for (; kv && kv->key; kv++, to++) {
        to->text = arena_strdup(a, kv->value);
        if (!(to->names = pattern_new(a, kv->key, err)))
            return -1;
    }
    to->names = NULL;
    return 0;
}

int choices_new(struct arena *a, const struct choice_options *opt, const struct choices **ret,
                struct err *err)
{
    struct choices *c = arena_alloc(a, sizeof *c);
    *ret = c;
    c->deletes = opt->deletes;
    return filter_new(a, opt->include, opt->exclude, &c->columns, err) ||
                   read_edits(a, opt, c, err) || read_texts(a, opt->key, &c->keys, err) ||
                   read_texts(a, opt->rename, &c->names, err) ||
                   read_texts(a, opt->route, &c->routes, err)
               ? -1
               : 0;
}

/* "schema.table.column", or "schema.table" */
static const char *full_name(const struct table *t, const char *column, struct buf *b)
{
    buf_printf(b, "%s.%s%s%s", t->schema, t->name, column ? "." : "", column ? column : "");
    return buf_cstr(b);
}

int choices_take_column(const struct choices *c, const struct table *t, const struct column *col,
                        struct err *err)
{
    struct buf b = { 0 };
    int takes = c ? filter_takes(&c->columns, full_name(t, col->name, &b), err) : 1;
    buf_done(&b);
    return takes;
}

int choices_edit(const struct choices *c, const struct table *t, const struct column *col,
                 const struct column_edit **ret, struct err *err)
{
    struct buf b = { 0 };
    const char *name = full_name(t, col->name, &b);
    const struct edit_rule *r = c ? c->edits : NULL;
    int matches = 0;
    while (r && r->columns && !(matches = pattern_matches(r->columns, name, err)))
        r++;
    buf_done(&b);
    bool fits = matches > 0 && r->edit.kind == EDIT_TRUNCATE && mysql_column_length(col) >= 0 &&
                mysql_column_length(col) <= r->edit.length;
    *ret = matches > 0 && !fits ? &r->edit : NULL;
    return matches < 0 ? -1 : 0;
}

/* *ret: the first rule that matches the name; NULL: no rule does. */
static int rule_of(const struct text_rule *rules, const char *name, const struct text_rule **ret,
                   struct err *err)
{
    *ret = NULL;
    for (const struct text_rule *r = rules; r && r->names; r++) {
        int matches = pattern_matches(r->names, name, err);
        if (matches < 0)
            return -1;
        if (!matches)
            continue;
        *ret = r;
        break;
    }
    return 0;
}

/* *ret: the text of columns.key for the table; NULL: the table's own key. */
static int key_text(const struct choices *c, const struct table *t, const char **ret,
                    struct err *err)
{
    struct buf b = { 0 };
    const struct text_rule *r;
    int rc = rule_of(c ? c->keys : NULL, full_name(t, NULL, &b), &r, err);
    buf_done(&b);
    *ret = r ? r->text : NULL;
    return rc;
}

static int add_key_column(bool deletes, const struct table *t, struct slice name, uint16_t *key,
                          uint16_t *n, struct err *err)
{
    for (uint16_t i = 0; i < t->ncols; i++)
        if (strlen(t->cols[i].name) == name.n &&
            strncasecmp(t->cols[i].name, (const char *)name.p, name.n) == 0) {
            if (deletes && t->identity && !t->identity[i])
                return err_set(err, ERR_CONFIG,
                               "columns.key: column \"%s\" of %s.%s is not in the replica "
                               "identity, so a delete's key "
                               "would not be known: ALTER TABLE ... REPLICA IDENTITY FULL, or add "
                               "d to format.skipped-operations",
                               t->cols[i].name, t->schema, t->name);
            for (uint16_t k = 0; k < *n; k++)
                if (key[k] == i)
                    return err_set(err, ERR_CONFIG,
                                   "columns.key: column \"%s\" of %s.%s is named twice",
                                   t->cols[i].name, t->schema, t->name);
            key[(*n)++] = i;
            return 0;
        }
    return err_set(err, ERR_CONFIG, "columns.key: table %s.%s has no column \"%.*s\"", t->schema,
                   t->name, (int)name.n, (const char *)name.p);
}

int choices_key(const struct choices *c, const struct table *t, uint16_t *key, uint16_t *ret_n,
                struct err *err)
{
    const char *p;
    if (key_text(c, t, &p, err))
        return -1;
    *ret_n = p ? 0 : t->nkey;
    if (!p && t->nkey)
        memcpy(key, t->key, t->nkey * sizeof *key);
    while (p && *p) {
        size_t skip = strspn(p, " ,"), n = strcspn(p + skip, ",");
        struct slice name = slice_of(p + skip, n);
        while (name.n && name.p[name.n - 1] == ' ')
            name.n--;
        if (name.n && add_key_column(c->deletes, t, name, key, ret_n, err))
            return -1;
        p += skip + n;
    }
    return 0;
}

bool choices_name_key(const void *choices, const struct table *t)
{
    const struct choices *c = choices;
    const char *text;
    struct err unsaid = { 0 };      /* choices_key() reports it */
    return !key_text(c, t, &text, &unsaid) && text;
}

static bool among(uint16_t column, const uint16_t *columns, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++)
        if (columns[i] == column)
            return true;
    return false;
}

bool choices_need_column(const void *choices, const struct table *t, uint16_t column)
{
    const struct choices *c = choices;
    uint16_t *key = xmalloc((t->ncols + 1u) * sizeof *key), n = 0;
    struct err unsaid = { 0 };      /* the plan reports it when it is made */
    bool needs = choices_take_column(c, t, &t->cols[column], &unsaid) ||
                 among(column, t->key, t->nkey) || choices_key(c, t, key, &n, &unsaid) ||
                 among(column, key, n);
    free(key);
    return needs;
}

int choices_topic(const struct choices *c, struct arena *a, const char *topic, const char **ret,
                  struct err *err)
{
    const struct text_rule *r;
    if (rule_of(c ? c->routes : NULL, topic, &r, err))
        return -1;
    *ret = r ? pattern_replace(r->names, a, topic, r->text) : topic;
    return 0;
}

int choices_name(const struct choices *c, struct arena *a, const struct table *t,
                 const struct column *col, const char **ret, struct err *err)
{
    struct buf b = { 0 };
    const struct text_rule *r;
    const char *name = full_name(t, col->name, &b);
    int rc = rule_of(c ? c->names : NULL, name, &r, err);
    *ret = rc ? NULL : r ? pattern_replace(r->names, a, name, r->text) : col->name;
    if (!rc && (!*ret || !**ret))
        rc = err_set(err, ERR_CONFIG, "columns.rename: \"%s\" makes no name of column %s: it is "
                     "empty, too long, or refers to a group that its pattern lacks", r->text, name);
    buf_done(&b);
    return rc;
}

/* ---- edits ---- */

/* A mask or hash applies to the types that SQL calls character types, a truncation to every Avro
 * string. */
bool edit_applies(const struct column_edit *e, const struct column *col, bool is_string)
{
    if (!is_string || col->is_array)
        return false;
    bool characters =
        col->type == COL_CHAR || col->type == COL_ENUM || col->type == COL_SET ||
        (col->type == COL_TEXT && (!col->type_name || strcmp(col->type_name, "citext") != 0));
    return e->kind == EDIT_TRUNCATE || characters;
}

static void put_hex(const uint8_t *p, size_t n, size_t max, struct buf *out)
{
    size_t chars = max && max < 2 * n ? max : 2 * n;
    avro_long(out, (int64_t)chars);
    size_t end = out->n + chars;
    buf_hex(out, slice_of(p, n));
    out->n = end;
}

static void be(uint64_t v, int bytes, struct buf *out)
{
    while (bytes-- > 0)
        buf_u8(out, (uint8_t)(v >> 8 * bytes));
}

/*
 * Writes a String as ObjectOutputStream does (Java Object Serialization Specification, 6.4.2):
 * stream magic and version, TC_STRING with a length of two bytes or TC_LONGSTRING with eight, then
 * modified UTF-8. There a character outside the basic plane is a surrogate pair, three bytes each.
 */
static void serialised(struct slice s, struct buf *out)
{
    struct buf utf = { 0 };
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] < 0xf0 || s.n - i < 4) {
            buf_u8(&utf, s.p[i++]);
            continue;
        }
        uint32_t code = ((uint32_t)(s.p[i] & 7) << 18 | (uint32_t)(s.p[i + 1] & 63) << 12 |
                         (uint32_t)(s.p[i + 2] & 63) << 6 | (uint32_t)(s.p[i + 3] & 63)) -
                        0x10000;
        for (uint32_t unit = 0xd800 + (code >> 10), k = 0; k < 2;
             k++, unit = 0xdc00 + (code & 0x3ff)) {
            buf_u8(&utf, (uint8_t)(0xe0 | unit >> 12));
            buf_u8(&utf, (uint8_t)(0x80 | (unit >> 6 & 63)));
            buf_u8(&utf, (uint8_t)(0x80 | (unit & 63)));
        }
        i += 4;
    }
    be(0xaced0005, 4, out);
    buf_u8(out, utf.n > 0xffff ? 0x7c : 0x74);
    be(utf.n, utf.n > 0xffff ? 8 : 2, out);
    buf_put(out, utf.p, utf.n);
    buf_done(&utf);
}

static void hash(const struct column_edit *e, const struct column *col, struct slice text,
                 struct buf *out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct buf in = { 0 };
    buf_str(&in, e->salt);
    if (e->kind == EDIT_HASH_V1)
        serialised(text, &in);
    else
        buf_put(&in, text.p, text.n);
    if (!EVP_Digest(in.p, in.n, digest, &n, EVP_get_digestbyname(e->algorithm), NULL))
        abort();    /* read_hash() has tried this algorithm */
    buf_done(&in);
    put_hex(digest, n, (size_t)(col->length > 0 ? col->length : 0), out);
}

/* The first `units` UTF-16 units of s, without half of a pair at the end. */
static struct slice truncated(struct slice s, int units)
{
    size_t i = 0;
    while (i < s.n) {
        int takes = s.p[i] >= 0xf0 ? 2 : 1;
        if (takes > units)
            break;
        units -= takes;
        for (i++; i < s.n && (s.p[i] & 0xc0) == 0x80; i++)
            ;
    }
    return slice_of(s.p, i);
}

void edit_string(const struct column_edit *e, const struct column *col, size_t mark,
                 struct buf *out)
{
    struct buf old = { 0 };
    buf_put(&old, out->p + mark, out->n - mark);
    struct cursor c = cursor_over(buf_slice(&old));
    struct slice text = avro_read_bytes(&c);
    out->n = mark;
    if (e->kind == EDIT_TRUNCATE)
        avro_bytes(out, truncated(text, e->length));
    else if (e->kind != EDIT_MASK)
        hash(e, col, text, out);
    else
        avro_long(out, e->length);
    for (int i = 0; e->kind == EDIT_MASK && i < e->length; i++)
        buf_u8(out, '*');
    buf_done(&old);
}
