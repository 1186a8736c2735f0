#ifndef TAILRACE_CONFIG_CONFIG_H
#define TAILRACE_CONFIG_CONFIG_H
#include "base/arena.h"
#include "base/log.h"
#include "flow/pipeline.h"
#include "source/mysql.h"
#include "source/pg.h"

enum sink_kind { SINK_KAFKA, SINK_AVRO_FILE, SINK_STDOUT, SINK_NULL };
enum delivery { DELIVERY_AT_LEAST_ONCE, DELIVERY_EXACTLY_ONCE };
enum on_error { ON_ERROR_STOP, ON_ERROR_DEAD_LETTER };

/* Everything a feed needs, filled by the option table (options.c) and owned by the arena. */
struct config {
    struct arena arena;
    const char *name;
    const char *control_socket;
    int sink_kind, delivery, on_error, log_level;
    int primary;                /* source.primary: 0 forbid, 1 allow */
    struct pg_options pg;
    struct mysql_options mysql;
    const char *const *tables_include, *const *tables_exclude;     /* patterns */
    struct encode_options enc;
    struct choice_options choose;
    const char *flat_fields;
    struct registry_options registry;   /* url NULL: none */
    struct kafka_options kafka;
    struct file_options file;
    struct flow_options flow;
};

enum option_type { OPT_STRING, OPT_INT, OPT_INT64, OPT_BOOL, OPT_CHOICE, OPT_LIST, OPT_MAP };

/* One option: its parser, its help, its place in the man page, the example and the JSON Schema. */
struct option {
    const char *key;            /* "section.name", or a name alone */
    enum option_type type;
    size_t at;                  /* offset in struct config */
    const char *fallback;       /* NULL: none */
    const char *choices;        /* OPT_CHOICE: "a|b|c", their places are the values */
    long long min, max;         /* OPT_INT, OPT_INT64 */
    const char *help;
    const char *example;        /* shown in the commented example when there is no fallback */
    bool required;
};

extern const struct option options[];   /* ends with key == NULL */

struct setting { const char *key, *value; };    /* --set key=value */

/*
 * Reads the file, then the settings over it. ERR_CONFIG names file, line and
 * the nearest known key. The strings live until config_done().
 */
int config_load(struct config *c, const char *path, const struct setting *settings, int nsettings, struct err *err) must_check;
void config_done(struct config *c);

/* Appends all that a file holds. ERR_CONFIG names it. */
int file_read(const char *path, struct buf *out, struct err *err) must_check;

/*
 * Takes the account out of a URL that has one: then *url is without, and *user and *password are what it was. Strings live in a.
 */
int http_account(struct arena *a, const char **url, const char **user, const char **password, struct err *err) must_check;
#endif
