/* Reads "transforms": translates each of the list, in the list's order. A transform without a
 * counterpart is refused, with all its properties. */
#include <ctype.h>
#include <string.h>
#include "import/import.h"

struct transform { const char *type, *prefix, *type_name; };

static const char *transform_value(struct import *im, const struct transform *t,
                                   const char *property)
{
    return import_value(im, arena_printf(&im->arena, "%s%s", t->prefix, property));
}

/* What is lost with a transform that has no counterpart, by a part of its class's name. */
static const struct { const char *part, *text;
} lost[] = {
    { "MaskField", "no such transform: %s are not masked" },
    { "ReplaceField", "no such transform: %s go out as they are" },
    { "Filter", "no such transform: records that it dropped go out" },
    { "EventRouter",
      "no such transform: the outbox table is a topic like any other, its events are not routed" },
    { "ContentBasedRouter", "no such transform: records go to the topic of their table" },
    { "InsertField", "no such transform: fields that it added are missing" },
    { "TimestampRouter", "no such transform: records go to the topic of their table" },
    { "ncrypt", "no such transform: %s go out in the clear" },
    { "ipher", "no such transform: %s go out in the clear" },
    { "", "no such transform: records go out as they are" },
};

static const char *loss(struct import *im, const struct transform *t)
{
    const char *fields = transform_value(im, t, "fields");
    size_t i = 0;
    while (!strstr(t->type, lost[i].part))
        i++;
    const char *hole = strstr(lost[i].text, "%s");
    return !hole ? lost[i].text
                 : arena_printf(&im->arena, "%.*s%s%s", (int)(hole - lost[i].text), lost[i].text,
                                fields ? "the fields named here" : "its fields", hole + 2);
}

/* Translates a property of ExtractNewRecordState. False: it has no counterpart. */
static bool set_flat(struct import *im, const char *property, const char *value)
{
    static const char *const modes[][3] = { { "drop", "drop", "false" },
                                            { "tombstone", "tombstone", "true" },
                                            { "rewrite", "rewrite", "false" },
                                            { "rewrite-with-tombstone", "rewrite", "true" },
                                            { "delete-to-tombstone", "tombstone", "true" } };
    if (strcmp(property, "add.fields") == 0) {
        import_set(im, "format.flat-fields", value);
        return true;
    }
    /* before 2.5: this property and delete.handling.mode */
    if (strcmp(property, "drop.tombstones") == 0) {
        import_set(im, "format.tombstones", strcmp(value, "false") ? "false" : "true");
        return true;
    }
    if (strcmp(property, "delete.handling.mode") == 0) {
        import_set(im, "format.flat-deletes", strcmp(value, "none") ? value : "tombstone");
        return true;
    }
    if (strcmp(property, "replace.null.with.default") == 0) {
        import_set(im, "compat.null-as-default", strcmp(value, "false") ? "true" : "false");
        return true;
    }
    for (size_t i = 0; strcmp(property, "delete.tombstone.handling.mode") == 0 &&
                       i < sizeof modes / sizeof *modes;
         i++)
        if (strcmp(value, modes[i][0]) == 0) {
            import_set(im, "format.flat-deletes", modes[i][1]);
            import_set(im, "format.tombstones", modes[i][2]);
            return true;
        }
    return strcmp(property, "type") == 0 ||
           (strcmp(property, "add.fields.prefix") == 0 && strcmp(value, "__") == 0);
}

/* For a transform that has a counterpart: what remains to be said of one of its properties; NULL:
 * nothing. */
static const char *left_of_transform(struct import *im, const struct transform *t,
                                     const char *property, const char *value)
{
    bool flat = strstr(t->type, "ExtractNewRecordState"),
         logical = strstr(t->type, "ByLogicalTableRouter");
    if (strcmp(property, "predicate") == 0 || strcmp(property, "negate") == 0)
        return "no predicates: what this transform became holds for all records";
    if (flat)
        return set_flat(im, property, value) ? NULL : "format.flat-* says what the flat value is";
    if (logical && strcmp(property, "type") == 0) {
        const char *unique = transform_value(im, t, "key.enforce.uniqueness");
        return unique && strcmp(unique, "false") == 0
                   ? NULL
                   : "topics.route names the topics; the key gets no "
                     "__dbz__physicalTableIdentifier: equal keys of two tables are one";
    }
    if (logical && strcmp(property, "key.enforce.uniqueness") == 0)
        return NULL;
    property += logical && strncmp(property, "topic.", 6) == 0 ? 6 : 0;
    return strcmp(property, "type") && strcmp(property, "regex") && strcmp(property, "replacement")
               ? "topics.route names the topics"
               : NULL;
}

static void tell_known(struct import *im, const struct transform *t)
{
    const char *key;
    json_t *value;
    json_object_foreach(im->config, key, value) {
        if (strncmp(key, t->prefix, strlen(t->prefix)))
            continue;
        const char *left = left_of_transform(im, t, key + strlen(t->prefix),
                                             json_is_string(value) ? json_string_value(value) : "");
        import_say(im, left ? REFUSED : SAME, key, left);
    }
}

/* Gives the transform's properties, except its type, the same verdict: they go with it. */
static void say_rest(struct import *im, const struct transform *t, enum class class,
                     const char *text)
{
    const char *key;
    json_t *value;
    json_object_foreach(im->config, key, value)
        if (strncmp(key, t->prefix, strlen(t->prefix)) == 0 && strcmp(key, t->type_name))
            import_say_of(im, class, key, t->type_name, text);
}

/* ---- fields of the flat value: columns ---- */

/* A pattern over SCHEMA.TABLE.COLUMN that takes the column in every table. */
static const char *column_pattern(struct import *im, const char *field)
{
    struct buf b = { 0 };
    buf_str(&b, ".*\\.");
    for (; *field; field++) {
        if (!isalnum((unsigned char)*field) && *field != '_' && !((unsigned char)*field & 0x80))
            buf_u8(&b, '\\');
        buf_u8(&b, (uint8_t)*field);
    }
    const char *pattern = arena_strdup(&im->arena, buf_cstr(&b));
    buf_done(&b);
    return pattern;
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* False: a field is named __NAME, so it is not a column but comes behind the row. */
static bool all_columns(struct import *im, const char *fields)
{
    for (char *field; (field = import_part(im, &fields, ','));)
        if (strncmp(field, "__", 2) == 0)
            return false;
    return true;
}

/* A mask replaces text as well; numbers, dates and booleans cannot be masked. A replacement that is
 * not a number shows that the field is text. */
static void mask(struct import *im, const struct transform *t, const char *fields)
{
    const char *replacement = transform_value(im, t, "replacement");
    bool text = replacement && *replacement && replacement[strspn(replacement, "+-.0123456789")];
    const char *length =
        arena_printf(&im->arena, "%zu", characters(replacement ? replacement : ""));
    for (char *field; (field = import_part(im, &fields, ','));)
        import_pair(im, "columns.mask", column_pattern(im, field), length, true);
    import_say(im, text ? DIFFERENT : REFUSED, t->type_name,
               text ? "columns.mask writes asterisks, as many as the replacement has characters, "
                      "for NULL too"
                    : "columns.mask masks characters only: a number, a date or a truth value goes "
                      "out as it is");
}

/* False: columns.* cannot do what the transform does to fields. */
static bool set_fields(struct import *im, const struct transform *t)
{
    bool masks = strstr(t->type, "MaskField$Value"), drops = strstr(t->type, "ReplaceField$Value");
    const char *fields = transform_value(im, t, masks ? "fields" : "exclude");
    if (drops && !fields)
        fields = transform_value(im, t, "blacklist");
    if (!(masks || drops) || !fields || !*fields || !import_option(im, "format.envelope")->n ||
        !all_columns(im, fields))
        return false;
    if (transform_value(im, t, "predicate") ||
        (drops && (transform_value(im, t, "renames") || transform_value(im, t, "include") ||
                   transform_value(im, t, "whitelist"))))
        return false;
    if (masks)
        mask(im, t, fields);
    else {
        for (char *field; (field = import_part(im, &fields, ','));)
            import_item(im, "columns.exclude", column_pattern(im, field));
        import_say(im, SAME, t->type_name, NULL);
    }
    say_rest(im, t, SAME, NULL);
    return true;
}

/* ---- all of them ---- */

/* False: the transform has no counterpart. */
static bool begin_transform(struct import *im, const struct transform *t)
{
    bool logical = strstr(t->type, "ByLogicalTableRouter");
    const char *from = transform_value(im, t, logical ? "topic.regex" : "regex"),
               *to = transform_value(im, t, logical ? "topic.replacement" : "replacement");
    if (strstr(t->type, "ExtractNewRecordState")) {
        import_set(im, "format.envelope", "flat");
        import_set(im, "format.flat-fields", "");
        import_set(im, "format.flat-deletes", "tombstone");
        return true;
    }
    if (!(logical || strstr(t->type, "RegexRouter")) || !from || !to)
        return false;
    import_pair(im, "topics.route", from, import_escape(im, to), false);
    return true;
}

void import_transforms(struct import *im)
{
    const char *list = import_value(im, "transforms");
    for (char *alias; list && (alias = import_part(im, &list, ','));) {
        struct transform t = { .prefix = arena_printf(&im->arena, "transforms.%s.", alias) };
        t.type_name = arena_printf(&im->arena, "%stype", t.prefix);
        t.type = import_value(im, t.type_name);
        if (!t.type)
            import_say(im, REFUSED, "transforms", "one of them has no type");
        else if (begin_transform(im, &t))
            tell_known(im, &t);
        else if (!set_fields(im, &t)) {
            import_say(im, REFUSED, t.type_name, loss(im, &t));
            say_rest(im, &t, REFUSED, "goes with the transform");
        }
    }
}
