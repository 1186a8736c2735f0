/* Keeps the verdicts while the properties are read, then prints them: as comments of the YAML, as
 * JSON, and as a summary. */
#include <stdio.h>
#include <string.h>
#include "base/escape.h"
#include "base/json_out.h"
#include "base/secret.h"
#include "import/import.h"

static const char *const names[] = { "refused", "differs", "same" };     /* by class */

void import_say_of(struct import *im, enum class class, const char *name, const char *of,
                   const char *text)
{
    im->verdicts =
        arena_grown(&im->arena, im->verdicts, im->nverdicts, &im->cap, sizeof *im->verdicts);
    im->verdicts[im->nverdicts++] =
        (struct verdict){ .class = class, .property = name, .of = of, .text = text };
}

void import_say(struct import *im, enum class class, const char *name, const char *text)
{
    import_say_of(im, class, name, NULL, text);
}

bool import_said(const struct import *im, const char *name)
{
    for (size_t i = 0; i < im->nverdicts; i++)
        if (strcmp(im->verdicts[i].property, name) == 0)
            return true;
    return false;
}

/* Whether allowed is the property, or its beginning up to a dot. */
static bool names_it(const char *allowed, const char *property)
{
    size_t n = strlen(allowed);
    return property && n && strncmp(property, allowed, n) == 0 &&
           (!property[n] || property[n] == '.');
}

void import_allow(struct import *im, const struct import_wishes *w)
{
    for (struct verdict *v = im->verdicts; v < im->verdicts + im->nverdicts; v++) {
        v->allowed = w->force && v->class == REFUSED;
        for (size_t i = 0; i < w->nallow && v->class != SAME; i++)
            v->allowed |= names_it(w->allow[i], v->property) || names_it(w->allow[i], v->of);
    }
}

/* The property's name without a salt, which may be part of it. */
static const char *shown_name(struct import *im, const char *name)
{
    const char *salt = strstr(name, ".with.salt.");
    return salt ? arena_printf(&im->arena, "%.*s.with.salt.***", (int)(salt - name), name) : name;
}

/* The value to show, without secrets; NULL: the connector does not give the property. */
static const char *shown_value(struct import *im, const char *name)
{
    const char *value = import_value(im, name);
    if (!json_object_get(im->config, name))
        return NULL;
    if (secret_name(name))
        return "(not shown)";
    char *copy = arena_strdup(&im->arena, value ? value : "(not a text)");
    copy[secret_hide(copy, strlen(copy))] = 0;
    return copy;
}

/* Appends NAME = "VALUE": TEXT, in one line, whatever the connector's file holds. */
static void put_verdict(struct import *im, const struct verdict *v, struct buf *to)
{
    const char *value = shown_value(im, v->property);
    escape_line(slice_str(shown_name(im, v->property)), to);
    if (value) {
        buf_str(to, " = ");
        buf_json_str(to, slice_str(value));
    } else {
        buf_str(to, ", not given");
    }
    buf_printf(to, ": %s%s\n", v->text, v->allowed ? " (allowed)" : "");
}

static void print_class(struct import *im, enum class class, const char *title, struct buf *notes)
{
    struct buf b = { 0 };
    for (const struct verdict *v = im->verdicts; v < im->verdicts + im->nverdicts; v++)
        if (v->class == class && v->text) {
            buf_str(&b, "#   ");
            put_verdict(im, v, &b);
        }
    buf_put(&b, notes->p, notes->n);
    if (b.n)
        printf("\n# %s:\n%s", title, buf_cstr(&b));
    buf_done(&b);
}

void import_print_comments(struct import *im)
{
    struct buf none = { 0 };
    print_class(im, REFUSED, "Refused: this protected data or shaped the records, and is not done",
                &none);
    print_class(im, DIFFERENT, "Different from the connector", &none);
    print_class(im, SAME, "The connector's other properties", &im->notes);
}

void import_print_json(struct import *im)
{
    struct buf b = { 0 };
    const struct json_out j = { &b, true };
    for (const struct verdict *v = im->verdicts; v < im->verdicts + im->nverdicts; v++) {
        b.n = 0;
        json_out_open(&j, NULL, '{');
        json_out_text(&j, "property", shown_name(im, v->property));
        json_out_text(&j, "class", v->class == DIFFERENT ? "different" : names[v->class]);
        json_out_text(&j, "value", shown_value(im, v->property));
        json_out_text(&j, "of", v->of);
        json_out_text(&j, "text", v->text);
        json_out_flag(&j, "allowed", v->allowed);
        json_out_close(&j, '}');
        puts(buf_cstr(&b));
    }
    buf_done(&b);
}

/* How many verdicts of a class count. A property that belongs to another counts with that one. */
static size_t count(const struct import *im, enum class class, bool allowed)
{
    size_t n = 0;
    for (size_t i = 0; i < im->nverdicts; i++)
        n += im->verdicts[i].class == class && !im->verdicts[i].of &&
             im->verdicts[i].allowed == allowed;
    return n;
}

static void say_each(struct import *im, enum class class)
{
    struct buf b = { 0 };
    for (const struct verdict *v = im->verdicts; v < im->verdicts + im->nverdicts; v++)
        if (v->class == class && !v->of) {
            buf_printf(&b, "  %s: ", names[class]);
            put_verdict(im, v, &b);
        }
    fputs(buf_cstr(&b), stderr);
    buf_done(&b);
}

int import_summary(struct import *im, bool strict)
{
    size_t refused = count(im, REFUSED, false), allowed = count(im, REFUSED, true),
           differ = count(im, DIFFERENT, false), taken = count(im, DIFFERENT, true);
    bool bad = refused || (strict && differ);
    if (refused + allowed + differ + taken == 0)
        return 0;
    fprintf(stderr, "tailrace import: %zu %s refused, %zu %s:\n", refused + allowed,
            refused + allowed == 1 ? "property is" : "properties are", differ + taken,
            differ + taken == 1 ? "differs" : "differ");
    say_each(im, REFUSED);
    say_each(im, DIFFERENT);
    if (bad)
        fprintf(stderr,
                "The configuration does not do what the connector did. --allow NAME takes one of "
                "these as it is%s.\n",
                refused ? ", --force all that are refused" : "");
    return bad ? 3 : 0;
}
