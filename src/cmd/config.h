#ifndef TAILRACE_CMD_CONFIG_H
#define TAILRACE_CMD_CONFIG_H
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

/* Commands and their own flags, for --help and the man page. */
struct command {
    const char *name, *args, *help;
    int (*run)(int argc, char **argv);
};
extern const struct command commands[];    /* commands.c; ends with name == NULL */

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
 * http.c: takes the account out of a URL that has one: then *url is without, and *user and *password are what it was. Strings live in a.
 */
int http_account(struct arena *a, const char **url, const char **user, const char **password, struct err *err) must_check;

/* docs.c */
void docs_help(void);
void docs_command_help(const struct command *c);
void version_say(void);
int cmd_docs(int argc, char **argv);

/* feed.c: what several commands make of a configuration, and how they end. */
struct invocation {
    const char *path;
    struct setting settings[64];
    int nsettings;
    bool dry_run, until_current, offline, follow, json, detach, all_tables, allow_no_identity;
    long limit;
    const char *where, *columns, *topic;
    const char *tables[64];     /* --table, each */
    int ntables;
    char **rest;                /* operands */
    int nrest;
};
int invocation_read(struct invocation *v, int argc, char **argv, const char *flags, struct err *err) must_check;
int invocation_config(struct invocation *v, struct config *c, struct err *err) must_check;
int exit_code(const struct err *err);
int finish_command(const struct err *err);      /* logs, returns the exit code */
struct sink *sink_of(const struct config *c, struct err *err) must_check;
struct source *source_of(const struct config *c, struct err *err) must_check;

/* run.c: the feed, until it is stopped or request (NULL: none) is read. attendant NULL: its control socket. */
int run_feed(struct config *c, const struct backfill_request *request, const struct flow_attendant *attendant, struct err *err)
    must_check;

/* progress.c: how a backfill stands, on a terminal as a bar, elsewhere a line a minute, or as JSON. */
struct progress {
    bool json, terminal;
    int64_t shown_us;
    uint64_t rows;              /* at the last line, */
    double seconds;             /* and when */
    double rate;
    struct buf line;
};
void progress_begin(struct progress *p, bool json);
void progress_show(struct progress *p, const struct job_status *s, bool last);
void progress_end(struct progress *p);

int cmd_run(int argc, char **argv);
int cmd_setup(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_backfill(int argc, char **argv);
int cmd_schema_diff(int argc, char **argv);
#endif
