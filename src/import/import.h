#ifndef TAILRACE_IMPORT_IMPORT_H
#define TAILRACE_IMPORT_IMPORT_H
#include <jansson.h>
#include "config/config.h"

/*
 * Makes a tailrace.yaml from a Debezium connector's JSON. Tables say what becomes of each property
 * (properties.c), and each property gets a verdict. What is not done stands in the file as a
 * comment and on standard error, and decides the exit code. No secret is written: a reference to
 * the environment takes its place.
 */
enum class {
    /* it protected data or shaped the records, and is not done: exit code 3, unless allowed */
    REFUSED,
    DIFFERENT,  /* done in another way, or left out; the difference is small and documented */
    SAME        /* as the connector did it */
};

enum how {
    COPY,       /* copies the value to the option */
    /* translates the value by `words`: "theirs=ours|theirs=ours"; "theirs=" leaves our default */
    WORDS,
    PATTERNS,   /* adds comma-separated regular expressions to a list */
    DEFAULT,    /* Tailrace does only what these values (`words`, "a|b") mean */
    SAY,        /* there is no option: `class` and `text` are the verdict */
    ELSEWHERE   /* a function of its own reads it */
};

struct property {
    const char *name;       /* "x*": every property that begins with x; NULL: any property */
    enum how how;
    const char *option;     /* COPY, WORDS, PATTERNS */
    const char *words;
    const char *text;
    enum class class;       /* the verdict on a value that the row has no option for */
};

/* What became of one property. */
struct verdict {
    enum class class;
    bool allowed;           /* --allow or --force took it */
    const char *property;
    /* the property that it belongs to, whose verdict counts for both; NULL: none */
    const char *of;
    const char *text;       /* NULL: an option has its value */
};

/* The row for a property; the connector's own rows come before those of all connectors. Never
 * NULL. */
const struct property *property_of(enum connector connector, const char *name);

/* The file to write: options and their values in YAML, in the order of the option table, and
 * comments. */
struct import {
    enum connector connector;
    json_t *config;
    struct arena arena;
    struct buf values[160];     /* same order as options[] */
    struct buf notes;           /* comments other than verdicts */
    struct verdict *verdicts;
    size_t nverdicts, cap;
};

/* write.c: how rows and functions write */
/* The property's text; NULL: it is not there, or is no text. */
const char *import_value(const struct import *im, const char *name);
struct buf *import_option(struct import *im, const char *key);
void import_text(struct buf *to, const char *value);                    /* in quotes */
/* Escapes $, which would begin a reference. */
const char *import_escape(struct import *im, const char *value);
void import_set(struct import *im, const char *key, const char *value);
void import_pair(struct import *im, const char *option, const char *key, const char *value,
                 bool number);
void import_item(struct import *im, const char *option, const char *value);
char *import_part(struct import *im, const char **from, char delimiter);

/* verdict.c: collects and prints the verdicts */
struct import_wishes {
    bool strict, force, json;
    const char *const *allow;       /* properties, or their beginnings before a dot */
    size_t nallow;
};
void import_say(struct import *im, enum class class, const char *name, const char *text);
void import_say_of(struct import *im, enum class class, const char *name, const char *of,
                   const char *text);
bool import_said(const struct import *im, const char *name);
void import_allow(struct import *im, const struct import_wishes *w);
void import_print_comments(struct import *im);
void import_print_json(struct import *im);
int import_summary(struct import *im, bool strict);     /* to standard error; the exit code */

/* transforms.c: "transforms" and the properties of each */
void import_transforms(struct import *im);

/* own.c: properties that have functions of their own */
void import_connection(struct import *im);
void import_tables(struct import *im);
void import_own(struct import *im, const char *name, const char *value);
#endif
