/* JSON that stays JSON: values are changed, dropped, doubled, moved, so that a mutation gets past
 * the parser. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "fuzz.h"

static const char *const words[] = { "",
                                     "a",
                                     "id",
                                     "public",
                                     "0x4",
                                     "0xff",
                                     "b'101'",
                                     "1.5",
                                     "NULL",
                                     "CURRENT_TIMESTAMP",
                                     "int",
                                     "int(10) unsigned",
                                     "enum('a','b')",
                                     "set('x','y')",
                                     "decimal(65,30)",
                                     "bit(64)",
                                     "varchar(0)",
                                     "time(6)",
                                     "latin1",
                                     "utf8mb4_bin",
                                     "nope",
                                     "\"a\".\"b\"",
                                     "16/B374D848",
                                     "1-2-3",
                                     "a\x01"
                                     "b\x01"
                                     "c",
                                     "t",
                                     "f",
                                     "n",
                                     "-1",
                                     "23",
                                     "1700",
                                     "65540",
                                     "4294967296",
                                     "\xc3\xa9\xf0\x9f\x98\x80",
                                     "..",
                                     "/",
                                     "a.b.c",
                                     "INT UNSIGNED",
                                     "NUMERIC",
                                     "timestamptz" };

static json_t *any_value(const json_t *root, int depth)
{
    switch (rnd(10)) {
    case 0: return json_null();
    case 1: return json_boolean(rnd(2));
    case 2:
    case 3: return json_integer(edge());
    case 4: return json_real(0.5);
    case 5: return json_array();
    case 6: return json_object();
    case 7: return depth < 3 && root ? json_deep_copy(root) : json_null();
    default: return json_string(words[rnd(sizeof words / sizeof *words)]);
    }
}

static void change_object(json_t *root, json_t *o, int depth)
{
    size_t at = rnd(json_object_size(o) + 1), i = 0;
    const char *key;
    json_t *v;
    json_object_foreach(o, key, v)
        if (i++ == at)
            break;
    if (i <= at || !key) {
        json_object_set_new(o, words[rnd(sizeof words / sizeof *words)], any_value(root, depth));
        return;
    }
    char *name = strdup(key);
    if (rnd(4) == 0)
        json_object_del(o, name);
    else
        json_object_set_new(o, name, any_value(v, depth));
    free(name);
}

static void change_array(json_t *a, int depth)
{
    size_t n = json_array_size(a), at = n ? rnd(n) : 0;
    if (!n || rnd(4) == 0)
        json_array_append_new(a, any_value(n ? json_array_get(a, at) : NULL, depth));
    else if (rnd(3) == 0)
        json_array_remove(a, at);
    else if (rnd(2))
        json_array_insert_new(a, rnd(n), json_deep_copy(json_array_get(a, at)));
    else
        json_array_set_new(a, at, any_value(json_array_get(a, at), depth));
}

/* A node somewhere below, or this one. */
static void change_somewhere(json_t *node, int depth)
{
    size_t n = json_is_array(node) ? json_array_size(node) : json_object_size(node), i = 0,
           at = n ? rnd(n) : 0;
    const char *key;
    json_t *v = json_is_array(node) ? json_array_get(node, at) : NULL;
    if (json_is_object(node) && n)
        json_object_foreach(node, key, v)
            if (i++ == at)
                break;
    if (v && (json_is_array(v) || json_is_object(v)) && rnd(4))
        change_somewhere(v, depth + 1);
    else if (json_is_array(node))
        change_array(node, depth);
    else
        change_object(node, node, depth);
}

struct slice make_json(const char *from)
{
    json_t *j = rnd(6) ? json_loads(from, 0, NULL) : NULL;
    if (!j)
        return make_input(slice_str(from));
    for (uint64_t times = rnd(6); times > 0; times--)
        change_somewhere(j, 0);
    char *text = json_dumps(j, JSON_COMPACT);
    size_t n = strlen(text);
    void *exact = memcpy(malloc(n ? n : 1), text, n);
    free(text);
    json_decref(j);
    return slice_of(exact, n);
}
