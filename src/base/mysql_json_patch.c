/*
 * Applies a partial update's differences to a JSON document. It changes the text that
 * mysql_json_print() writes: there is no white space in it, so counting brackets finds a part.
 * MySQL source: sql-common/json_diff.h (operations), json_path.h (paths).
 */
#include "base/cursor_le.h"
#include "base/mysql_json.h"
#include "base/mysql_json_text.h"

enum { REPLACE = 0, INSERT = 1, REMOVE = 2 };
enum { TEXT_MARK = 0xff };

struct span { size_t from, to; };

struct leg {
    bool is_key, from_last;     /* from_last: [last], [last-2] */
    struct slice key;           /* unescaped */
    uint64_t index;
};

struct patch {
    struct buf *out;            /* its end is the document's text */
    size_t start;               /* where that text begins */
    struct buf key, member, value;
};

/* ---- reading text ---- */

/* The index just after the string that begins at `at`; SIZE_MAX: it has no end. */
static size_t string_end(struct slice t, size_t at)
{
    for (at++; at < t.n; at++) {
        if (t.p[at] == '\\')
            at++;
        else if (t.p[at] == '"')
            return at + 1;
    }
    return SIZE_MAX;
}

/* The index just after the value that begins at `at`; SIZE_MAX: malformed. */
static size_t value_end(struct slice t, size_t at)
{
    size_t depth = 0, from = at;
    while (at < t.n) {
        uint8_t c = t.p[at];
        if (c == '"') {
            at = string_end(t, at);
            if (at == SIZE_MAX)
                return at;
        } else if (!depth && (c == ',' || c == '}' || c == ']')) {
            break;
        } else {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            at++;
        }
        if (!depth && (c == '"' || c == '}' || c == ']'))
            return at;
    }
    return depth || at == from ? SIZE_MAX : at;
}

/* Appends a quoted string's text. Knows \u only as MySQL writes it, for control characters. */
static int unescape(struct slice quoted, struct buf *to)
{
    static const char letters[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";
    for (size_t i = 1; i + 1 < quoted.n; i++) {
        uint8_t c = quoted.p[i];
        if (c == '\\') {
            c = quoted.p[++i];
            const char *at = c ? strchr(letters, c) : NULL;
            if (!at) {
                if (c != 'u' || i + 5 >= quoted.n || memcmp(quoted.p + i + 1, "00", 2) ||
                    quoted.p[i + 3] > '7' || !buf_unhex(to, slice_of(quoted.p + i + 3, 2)))
                    return -1;
                i += 4;
                continue;
            }
            c = (uint8_t)plain[at - letters];
        }
        buf_u8(to, c);
    }
    return 0;
}

/* ---- paths: $ (.key | ."key" | [n] | [last] | [last-n])* ---- */

static bool take_word(struct cursor *c, const char *word)
{
    size_t n = strlen(word);
    if (cursor_left(c) < n || memcmp(c->p, word, n))
        return false;
    c->p += n;
    return true;
}

static bool take_number(struct cursor *c, uint64_t *ret)
{
    const uint8_t *from = c->p;
    for (*ret = 0; c->p != c->end && *c->p >= '0' && *c->p <= '9' && *ret < UINT32_MAX; c->p++)
        *ret = *ret * 10 + (uint64_t)(*c->p - '0');
    return c->p != from;
}

static int take_index(struct cursor *c, struct leg *ret)
{
    *ret = (struct leg){ .from_last = take_word(c, "last") };
    if ((!ret->from_last || take_word(c, "-")) && !take_number(c, &ret->index))
        return -1;
    return take_word(c, "]") ? 0 : -1;
}

static int take_key(struct cursor *c, struct buf *key, struct leg *ret)
{
    struct slice t = { c->p, cursor_left(c) };
    size_t n = 0;
    key->n = 0;
    if (t.n && t.p[0] == '"') {
        n = string_end(t, 0);
        if (n == SIZE_MAX || unescape(slice_of(t.p, n), key))
            return -1;
    } else {
        while (n < t.n && t.p[n] != '.' && t.p[n] != '[')
            n++;
        buf_put(key, t.p, n);
        if (!n)
            return -1;
    }
    c->p += n;
    *ret = (struct leg){ .is_key = true, .key = buf_slice(key) };
    return 0;
}

static int take_leg(struct cursor *c, struct buf *key, struct leg *ret)
{
    uint8_t first = cursor_u8(c);
    return first == '.' ? take_key(c, key, ret) : first == '[' ? take_index(c, ret) : -1;
}

/* ---- parts of containers ---- */

static struct slice text_of(const struct patch *p)
{
    return slice_of(p->out->p, p->out->n);
}

/* Moves *at to where the next element begins: after the bracket (*at 0 before), or after a comma.
 * False: there are no more elements. */
static bool next_element(struct slice t, struct span box, size_t *at)
{
    if (!*at)
        *at = box.from + 1;
    else if (*at < box.to && t.p[*at] == ',')
        ++*at;
    return *at + 1 < box.to;
}

/* The index, from the front, of the element that leg names. UINT64_MAX: before the first element;
 * an insert there becomes the first. */
static uint64_t index_of(struct slice t, struct span box, const struct leg *leg)
{
    uint64_t count = 0;
    if (!leg->from_last)
        return leg->index;
    for (size_t at = 0; next_element(t, box, &at) && (at = value_end(t, at)) != SIZE_MAX;)
        count++;
    return count > leg->index ? count - 1 - leg->index : UINT64_MAX;
}

/* 1: *ret is the element; 0: there is none, and *ret is where it would go; -1: malformed. */
static int find_element(struct slice t, struct span box, const struct leg *leg, struct span *ret)
{
    uint64_t wanted = index_of(t, box, leg), i = 0;
    for (size_t at = 0; next_element(t, box, &at); i++) {
        size_t end = value_end(t, at);
        if (end >= box.to)
            return -1;
        *ret = (struct span){ at, end };
        if (i == wanted)
            return 1;
        at = end;
    }
    size_t place = wanted == UINT64_MAX ? box.from + 1 : box.to - 1;
    *ret = (struct span){ place, place };
    return 0;
}

/* MySQL's order of keys: shorter ones first. */
static int key_order(struct slice a, struct slice b)
{
    return a.n != b.n ? (a.n < b.n ? -1 : 1) : a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* As find_element(), for a member's value. *ret_name: where the member begins, with its key. */
static int find_member(struct patch *p, struct span box, struct slice key, struct span *ret,
                       size_t *ret_name)
{
    struct slice t = text_of(p);
    for (size_t at = 0; next_element(t, box, &at);) {
        size_t colon = t.p[at] == '"' ? string_end(t, at) : SIZE_MAX;
        if (colon >= box.to || t.p[colon] != ':')
            return -1;
        p->member.n = 0;
        size_t end = value_end(t, colon + 1);
        if (end >= box.to || unescape(slice_of(t.p + at, colon - at), &p->member))
            return -1;
        int order = key_order(buf_slice(&p->member), key);
        *ret_name = at;
        *ret = order ? (struct span){ at, at } : (struct span){ colon + 1, end };
        if (order >= 0)
            return !order;
        at = end;
    }
    *ret = (struct span){ box.to - 1, box.to - 1 };
    *ret_name = box.to - 1;
    return 0;
}

/* Finds the part of box that leg names; results as find_element(). *ret_name: where the part
 * begins, with its key. A value that is no array counts as an array of that one element. */
static int find_part(struct patch *p, struct span box, const struct leg *leg, struct span *ret,
                     size_t *ret_name)
{
    struct slice t = text_of(p);
    uint8_t open = box.from < t.n ? t.p[box.from] : 0;
    if (leg->is_key)
        return open == '{' ? find_member(p, box, leg->key, ret, ret_name) : -1;
    int rc = 1;
    if (open == '[')
        rc = find_element(t, box, leg, ret);
    else
        *ret = box;
    *ret_name = ret->from;
    return open == '[' || !leg->index ? rc : -1;
}

/* ---- changing it ---- */

static void splice(struct patch *p, struct span gone, struct slice put)
{
    struct buf *out = p->out;
    size_t tail = out->n - gone.to;
    buf_reserve(out, put.n);
    memmove(out->p + gone.from + put.n, out->p + gone.to, tail);
    if (put.n)
        memcpy(out->p + gone.from, put.p, put.n);
    out->n = gone.from + put.n + tail;
}

static int insert_part(struct patch *p, struct span box, const struct leg *leg)
{
    struct span at;
    size_t name;
    int rc = find_part(p, box, leg, &at, &name);
    if (rc < 0 || (rc && leg->is_key) || (!leg->is_key && p->out->p[box.from] != '['))
        return -1;
    struct buf text = { 0 };
    bool first = name == box.from + 1, last = name + 1 == box.to;
    if (last && !first)
        buf_u8(&text, ',');
    if (leg->is_key) {
        mysql_json_put_string(leg->key, &text);
        buf_u8(&text, ':');
    }
    buf_put(&text, p->value.p, p->value.n);
    if (!last)
        buf_u8(&text, ',');
    splice(p, (struct span){ name, name }, buf_slice(&text));
    buf_done(&text);
    return 0;
}

static void remove_part(struct patch *p, struct span part)
{
    if (p->out->p[part.to] == ',')
        part.to++;
    else if (p->out->p[part.from - 1] == ',')
        part.from--;
    splice(p, part, slice_of(NULL, 0));
}

static int apply(struct patch *p, uint8_t operation, struct slice path)
{
    struct cursor c = cursor_over(path);
    struct span at = { p->start, p->out->n }, box = at;
    size_t name = at.from;
    if (cursor_u8(&c) != '$')
        return -1;
    while (c.p != c.end) {
        struct leg leg;
        if (take_leg(&c, &p->key, &leg))
            return -1;
        if (operation == INSERT && c.p == c.end)
            return insert_part(p, at, &leg);
        box = at;
        if (find_part(p, box, &leg, &at, &name) != 1)
            return -1;
    }
    if (operation == INSERT || (operation == REMOVE && at.from == box.from))
        return -1;
    if (operation == REPLACE)
        splice(p, at, buf_slice(&p->value));
    else
        remove_part(p, (struct span){ name, at.to });
    return 0;
}

static int apply_all(struct patch *p, struct slice diffs, struct err *err)
{
    struct cursor c = cursor_over(diffs);
    while (c.p != c.end) {
        uint8_t operation = cursor_u8(&c);
        struct slice path = cursor_lenenc_str(&c),
                     value = operation == REMOVE ? slice_of(NULL, 0) : cursor_lenenc_str(&c);
        if (c.bad || operation > REMOVE)
            return err_set(err, ERR_DATA, "malformed partial update of a JSON document");
        p->value.n = 0;
        if (operation != REMOVE && mysql_json_print(value, &p->value, err))
            return -1;
        if (apply(p, operation, path))
            return err_set(err, ERR_DATA,
                           "a partial update of a JSON document does not fit it, at the path %.*s",
                           path.n > 200 ? 200 : (int)path.n, path.p);
    }
    return 0;
}

int mysql_json_patch(struct slice before, struct slice diffs, struct buf *out, struct err *err)
{
    size_t from = out->n;
    struct patch p = { .out = out, .start = from + 1 };
    buf_u8(out, TEXT_MARK);
    int rc = 0;
    if (before.n && before.p[0] == TEXT_MARK)
        buf_put(out, before.p + 1, before.n - 1);
    else
        rc = mysql_json_print(before, out, err);
    if (!rc)
        rc = apply_all(&p, diffs, err);
    if (rc)
        out->n = from;
    buf_done(&p.key);
    buf_done(&p.member);
    buf_done(&p.value);
    return rc;
}
