#ifndef TAILRACE_CMD_IMPORT_H
#define TAILRACE_CMD_IMPORT_H
#include <jansson.h>
#include "cmd/config.h"

/*
 * A Debezium connector's JSON, as a tailrace.yaml. Tables say what becomes of
 * each property (import_properties.c); what has no counterpart stands in the
 * file as a comment, so that nothing is dropped without a word. No secret is
 * written: a reference to the environment takes its place.
 */
enum how {
    COPY,       /* the value, to the option */
    WORDS,      /* the value translated by `words`: "theirs=ours|theirs=ours"; "theirs=" leaves our default */
    PATTERNS,   /* comma-separated regular expressions, to a list */
    ALWAYS,     /* nothing to say: what `text` tells */
    DEFAULT,    /* only this value, `words`, is what Tailrace does */
    NOTHING,    /* no counterpart: a comment with `text` */
    ELSEWHERE   /* a function of its own reads it */
};

struct property {
    const char *name;       /* "x.*": every property that begins so */
    enum how how;
    const char *option;     /* COPY, WORDS, PATTERNS */
    const char *words;
    const char *text;
};

/* The row for a property: the connector's own rows come before those of all connectors. Never NULL. */
const struct property *property_of(enum connector connector, const char *name);

/* What the file will say: an option and its value in YAML, in the order of the option table; and the comments. */
struct import {
    enum connector connector;
    json_t *config;
    struct arena arena;
    struct buf values[160];     /* by place in options[] */
    struct buf comments;
};

/* import.c: what rows and functions write with */
const char *import_value(const struct import *im, const char *name);     /* NULL: not there, or no text */
struct buf *import_option(struct import *im, const char *key);
void import_comment(struct import *im, const char *name, const char *text);
void import_text(struct buf *to, const char *value);                    /* in quotes */
const char *import_escape(struct import *im, const char *value);        /* $ would begin a reference */
void import_set(struct import *im, const char *key, const char *value);
void import_pair(struct import *im, const char *option, const char *key, const char *value, bool number);
void import_item(struct import *im, const char *option, const char *value);
char *import_part(struct import *im, const char **from, char delimiter);

/* import_own.c: properties with a way of their own */
void import_connection(struct import *im);
void import_tables(struct import *im);
void import_own(struct import *im, const char *name, const char *value);
#endif
