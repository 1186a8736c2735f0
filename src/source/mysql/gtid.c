/*
 * Sets of GTIDs of MySQL and MariaDB: text forms, membership, differences, the wire's form
 * (gtid.h).
 */
#include "source/mysql/gtid.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

bool gtid_empty(const struct gtid_set *s)
{
    return !s->n;
}

void gtid_done(struct gtid_set *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free(s->entries[i].intervals);
    free(s->entries);
    *s = (struct gtid_set){ .mariadb = s->mariadb };
}

void gtid_copy(struct gtid_set *to, const struct gtid_set *from)
{
    gtid_done(to);
    to->mariadb = from->mariadb;
    to->n = from->n;
    to->entries = xrealloc(NULL, (from->n + 1), sizeof *to->entries);
    for (uint32_t i = 0; i < from->n; i++) {
        struct gtid_entry *e = &to->entries[i];
        *e = from->entries[i];
        e->cap = e->n;
        e->intervals = xrealloc(NULL, (e->n + 1), sizeof *e->intervals);
        for (uint32_t k = 0; k < e->n; k++)
            e->intervals[k] = from->entries[i].intervals[k];
    }
}

/* ---- entries ---- */

static int order(const struct gtid_entry *e, const uint8_t uuid[16], const char *tag)
{
    int c = memcmp(e->uuid, uuid, sizeof e->uuid);
    return c ? c : strcmp(e->tag, tag);
}

static struct gtid_entry *insert(struct gtid_set *s, uint32_t at)
{
    s->entries = xrealloc(s->entries, (s->n + 1), sizeof *s->entries);
    memmove(s->entries + at + 1, s->entries + at, (s->n - at) * sizeof *s->entries);
    s->n++;
    s->entries[at] = (struct gtid_entry){ 0 };
    return &s->entries[at];
}

static const struct gtid_entry *find(const struct gtid_set *s, const uint8_t uuid[16],
                                     const char *tag)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (!order(&s->entries[i], uuid, tag))
            return &s->entries[i];
    return NULL;
}

static struct gtid_entry *entry_of(struct gtid_set *s, const uint8_t uuid[16], const char *tag)
{
    uint32_t at = 0;
    while (at < s->n && order(&s->entries[at], uuid, tag) < 0)
        at++;
    if (at < s->n && !order(&s->entries[at], uuid, tag))
        return &s->entries[at];
    struct gtid_entry *e = insert(s, at);
    memcpy(e->uuid, uuid, sizeof e->uuid);
    snprintf(e->tag, sizeof e->tag, "%s", tag);
    return e;
}

/* Adds an interval and joins the intervals that touch it. */
static void add_interval(struct gtid_entry *e, int64_t first, int64_t last)
{
    /* the usual case: the stream's next transaction */
    if (e->n && e->intervals[e->n - 1].last + 1 == first) {
        e->intervals[e->n - 1].last = last;
        return;
    }
    uint32_t from = 0, to;
    while (from < e->n && e->intervals[from].last + 1 < first)
        from++;
    for (to = from; to < e->n && e->intervals[to].first <= last + 1; to++) {
        if (e->intervals[to].first < first)
            first = e->intervals[to].first;
        if (e->intervals[to].last > last)
            last = e->intervals[to].last;
    }
    if (to == from) {
        if (e->n == e->cap) {
            e->cap = e->cap ? 2 * e->cap : 4;
            e->intervals = xrealloc(e->intervals, e->cap, sizeof *e->intervals);
        }
        memmove(e->intervals + from + 1, e->intervals + from, (e->n - from) * sizeof *e->intervals);
        e->n++;
    } else {
        memmove(e->intervals + from + 1, e->intervals + to, (e->n - to) * sizeof *e->intervals);
        e->n -= to - from - 1;
    }
    e->intervals[from] = (struct gtid_interval){ first, last };
}

void gtid_add(struct gtid_set *s, const uint8_t uuid[16], const char *tag, int64_t number)
{
    add_interval(entry_of(s, uuid, tag), number, number);
}

static struct gtid_entry *domain_of(const struct gtid_set *s, uint32_t domain)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->entries[i].domain == domain)
            return &s->entries[i];
    return NULL;
}

void gtid_add_maria(struct gtid_set *s, uint32_t domain, uint32_t server, uint64_t number)
{
    struct gtid_entry *e = domain_of(s, domain);
    if (!e) {
        uint32_t at = 0;
        while (at < s->n && s->entries[at].domain < domain)
            at++;
        e = insert(s, at);
        e->domain = domain;
    }
    e->server = server;
    e->number = number;
}

bool gtid_has(const struct gtid_set *s, const uint8_t uuid[16], const char *tag, int64_t number)
{
    const struct gtid_entry *e = find(s, uuid, tag);
    for (uint32_t i = 0; e && i < e->n; i++)
        if (number >= e->intervals[i].first && number <= e->intervals[i].last)
            return true;
    return false;
}

static void drop(struct gtid_set *s, struct gtid_entry *e)
{
    free(e->intervals);
    s->n--;
    memmove(e, e + 1, (size_t)(s->entries + s->n - e) * sizeof *e);
}

const struct gtid_entry *gtid_domain(const struct gtid_set *s, uint32_t domain)
{
    return domain_of(s, domain);
}

void gtid_add_domains(struct gtid_set *s, const struct gtid_set *other)
{
    for (uint32_t i = 0; i < other->n; i++)
        if (!domain_of(s, other->entries[i].domain))
            gtid_add_maria(s, other->entries[i].domain, other->entries[i].server,
                           other->entries[i].number);
}

void gtid_drop_domain(struct gtid_set *s, uint32_t domain)
{
    struct gtid_entry *e = domain_of(s, domain);
    if (e)
        drop(s, e);
}

void gtid_remove(struct gtid_set *s, const uint8_t uuid[16], const char *tag, int64_t number)
{
    struct gtid_entry *e = gtid_has(s, uuid, tag, number) ? entry_of(s, uuid, tag) : NULL;
    for (uint32_t i = 0; e && i < e->n; i++) {
        struct gtid_interval was = e->intervals[i];
        if (number < was.first || number > was.last)
            continue;
        memmove(e->intervals + i, e->intervals + i + 1, (e->n - i - 1) * sizeof *e->intervals);
        e->n--;
        if (was.first < number)
            add_interval(e, was.first, number - 1);
        if (number < was.last)
            add_interval(e, number + 1, was.last);
        break;
    }
    if (e && !e->n)
        drop(s, e);
}

bool gtid_pass_maria(struct gtid_set *s, uint32_t domain, uint32_t server, uint64_t number)
{
    struct gtid_entry *e = domain_of(s, domain);
    if (e && e->server == server && e->number == number)
        drop(s, e);
    return e;
}

void gtid_drop_equal_maria(struct gtid_set *s, const struct gtid_set *other)
{
    for (uint32_t i = other->n; i-- > 0;)
        (void)gtid_pass_maria(s, other->entries[i].domain, other->entries[i].server,
                              other->entries[i].number);
}

/* Calls each for every interval of a that b lacks. */
static void each_missing(const struct gtid_set *a, const struct gtid_set *b,
                         void (*each)(void *arg, const struct gtid_entry *e, int64_t first,
                                      int64_t last),
                         void *arg)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const struct gtid_entry *e = &a->entries[i], *other = a->mariadb ? domain_of(b, e->domain)
                                                                         : find(b, e->uuid, e->tag);
        if (a->mariadb && (!other || other->number < e->number))
            each(arg, e, (int64_t)e->number, (int64_t)e->number);
        for (uint32_t k = 0; k < e->n; k++) {
            int64_t from = e->intervals[k].first, last = e->intervals[k].last;
            for (uint32_t o = 0; other && o < other->n; o++) {
                const struct gtid_interval *has = &other->intervals[o];
                if (has->last < from || has->first > last)
                    continue;
                if (has->first > from)
                    each(arg, e, from, has->first - 1);
                from = has->last + 1;
            }
            if (from <= last)
                each(arg, e, from, last);
        }
    }
}

static void note(void *arg, const struct gtid_entry *e, int64_t first, int64_t last)
{
    (void)e, (void)first, (void)last;
    *(bool *)arg = false;
}

bool gtid_within(const struct gtid_set *a, const struct gtid_set *b)
{
    bool all = true;
    each_missing(a, b, note, &all);
    return all;
}

/* ---- text ---- */

static void put_uuid(const uint8_t uuid[16], struct buf *out)
{
    static const uint8_t parts[] = { 4, 2, 2, 2, 6 };
    for (size_t i = 0; i < sizeof parts; uuid += parts[i++]) {
        buf_str(out, i ? "-" : "");
        buf_hex(out, slice_of(uuid, parts[i]));
    }
}

void gtid_write_one(const uint8_t uuid[16], const char *tag, int64_t number, struct buf *out)
{
    put_uuid(uuid, out);
    buf_str(out, *tag ? ":" : "");
    buf_str(out, tag);
    buf_printf(out, ":%lld", (long long)number);
}

void gtid_write_maria(uint32_t domain, uint32_t server, uint64_t number, struct buf *out)
{
    buf_printf(out, "%u-%u-%llu", domain, server, (unsigned long long)number);
}

static void put_interval(int64_t first, int64_t last, struct buf *out)
{
    buf_printf(out, ":%lld", (long long)first);
    if (last != first)
        buf_printf(out, "-%lld", (long long)last);
}

void gtid_write(const struct gtid_set *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct gtid_entry *e = &s->entries[i];
        if (i)
            buf_u8(out, ',');
        if (s->mariadb) {
            gtid_write_maria(e->domain, e->server, e->number, out);
            continue;
        }
        put_uuid(e->uuid, out);
        buf_printf(out, "%s%s", *e->tag ? ":" : "", e->tag);
        for (uint32_t k = 0; k < e->n; k++)
            put_interval(e->intervals[k].first, e->intervals[k].last, out);
    }
}

struct missing { struct buf *out; const struct gtid_set *set; const struct gtid_entry *last; };

static void put_missing(void *arg, const struct gtid_entry *e, int64_t first, int64_t last)
{
    struct missing *m = arg;
    if (m->last != e) {
        buf_str(m->out, m->last ? "," : "");
        if (m->set->mariadb) {
            gtid_write_maria(e->domain, e->server, e->number, m->out);
        } else {
            put_uuid(e->uuid, m->out);
            buf_printf(m->out, "%s%s", *e->tag ? ":" : "", e->tag);
        }
    }
    m->last = e;
    if (!m->set->mariadb)
        put_interval(first, last, m->out);
}

void gtid_write_missing(const struct gtid_set *a, const struct gtid_set *b, struct buf *out)
{
    struct missing m = { out, a, NULL };
    each_missing(a, b, put_missing, &m);
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Returns the place after the UUID; NULL: it is not a UUID. */
static const char *read_uuid(const char *p, uint8_t uuid[16])
{
    for (int i = 0; i < 16; i++) {
        if (*p == '-')
            p++;
        int hi = hex(p[0]), lo = hi < 0 ? -1 : hex(p[1]);
        if (lo < 0)
            return NULL;
        uuid[i] = (uint8_t)(hi << 4 | lo);
        p += 2;
    }
    return p;
}

static const char *skip(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/*
 * Reads decimal digits only, up to max. Returns the place after them; NULL: no digits, or more than
 * max.
 */
static const char *read_number(const char *p, uint64_t max, uint64_t *ret)
{
    const char *from = p;
    for (*ret = 0; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (*ret > (max - digit) / 10)
            return NULL;
        *ret = *ret * 10 + digit;
    }
    return p == from ? NULL : p;
}

/*
 * Reads "first[-last]". MySQL's own limit is 2^63 - 2, so the number after the last one fits too.
 */
static const char *read_interval(const char *p, struct gtid_entry *e)
{
    uint64_t first, last;
    p = read_number(p, INT64_MAX - 1, &first);
    last = first;
    if (p && *(p = skip(p)) == '-' && (p = read_number(skip(p + 1), INT64_MAX - 1, &last)))
        p = skip(p);
    if (!p || !first || last < first)
        return NULL;
    add_interval(e, (int64_t)first, (int64_t)last);
    return p;
}

/* Reads ":tag" or ":first[-last]" up to a comma or the end. */
static const char *read_parts(const char *p, struct gtid_set *s, const uint8_t uuid[16])
{
    char tag[33] = "";
    while (*p == ':') {
        p = skip(p + 1);
        if (isalpha((unsigned char)*p) || *p == '_') {
            size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
            if (n >= sizeof tag)
                return NULL;
            for (size_t i = 0; i < n; i++)
                tag[i] = (char)tolower((unsigned char)p[i]);
            tag[n] = 0;
            p = skip(p + n);
            continue;
        }
        if (!(p = read_interval(p, entry_of(s, uuid, tag))))
            return NULL;
    }
    return p;
}

/* Reads "domain-server-number". Returns the place after it; NULL: it is not one. */
static const char *read_maria(const char *p, uint64_t part[3])
{
    for (int i = 0; p && i < 3; i++) {
        p = read_number(p, i < 2 ? UINT32_MAX : UINT64_MAX - 9, &part[i]);
        if (p && i < 2)
            p = *p == '-' ? p + 1 : NULL;
    }
    return p ? skip(p) : NULL;
}

/*
 * Reads one entry into s. last_of_each (gtid_binlog_state): appends it, because such a list may
 * have a domain more than once.
 */
static const char *read_entry(const char *p, struct gtid_set *s, bool last_of_each)
{
    uint8_t uuid[16];
    uint64_t part[3];
    if (!s->mariadb)
        return (p = read_uuid(p, uuid)) ? read_parts(skip(p), s, uuid) : NULL;
    if (!(p = read_maria(p, part)))
        return NULL;
    if (!last_of_each) {
        gtid_add_maria(s, (uint32_t)part[0], (uint32_t)part[1], part[2]);
        return p;
    }
    struct gtid_entry *e = insert(s, s->n);
    e->domain = (uint32_t)part[0];
    e->server = (uint32_t)part[1];
    e->number = part[2];
    return p;
}

static int read_set(const char *text, bool last_of_each, struct gtid_set *ret, struct err *err)
{
    const char *p = skip(text);
    while (p && *p) {
        const char *from = p;
        p = read_entry(p, ret, last_of_each);
        if (!p || (*p && *p != ','))
            return err_set(err, ERR_FATAL, "not a GTID set: \"%.200s\" at \"%.60s\"", text, from);
        p = skip(p + (*p == ','));
    }
    return 0;
}

int gtid_read(const char *text, bool mariadb, struct gtid_set *ret, struct err *err)
{
    gtid_done(ret);
    ret->mariadb = mariadb;
    return read_set(text, false, ret, err);
}

int gtid_read_state(const char *text, struct gtid_set *ret, struct err *err)
{
    gtid_done(ret);
    ret->mariadb = true;
    return read_set(text, true, ret, err);
}

/* ---- wire ---- */

void gtid_encode(const struct gtid_set *s, struct buf *out)
{
    bool tagged = false;
    for (uint32_t i = 0; i < s->n; i++)
        tagged |= *s->entries[i].tag != 0;
    /* A set with tags: 1, the number of entries in 6 bytes, 1. */
    buf_le(out, tagged ? UINT64_C(1) | (uint64_t)s->n << 8 | UINT64_C(1) << 56 : s->n, 8);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct gtid_entry *e = &s->entries[i];
        buf_put(out, e->uuid, sizeof e->uuid);
        if (tagged) {
            buf_u8(out, (uint8_t)(strlen(e->tag) << 1));
            buf_str(out, e->tag);
        }
        buf_le(out, e->n, 8);
        for (uint32_t k = 0; k < e->n; k++) {
            buf_le(out, (uint64_t)e->intervals[k].first, 8);
            buf_le(out, (uint64_t)e->intervals[k].last + 1, 8);
        }
    }
}
