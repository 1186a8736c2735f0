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

struct configs_server;
struct given;
struct secret_file;

/* Where a value was given. */
struct place {
    const char *file;   /* NULL: the command line */
    size_t line;
};

/* All that a feed needs, filled by the option table (options.c). The arena owns it. */
struct config {
    struct arena arena;
    const char *name;
    struct place at;            /* the feed: a file, or an entry of it */
    struct given *given;        /* where each option was given (load.h) */
    const struct secret_file *secret_files;     /* files that secrets came from (exposed.c) */
    const char *cluster;                    /* NULL: no name was given */
    const char *const *databases;           /* patterns of an entry; NULL: a single feed */
    const struct kv *variables;
    const char *database;                   /* of its server; NULL: not a feed of `databases` */
    uint32_t database_oid;
    const struct configs_server *server;    /* that has the database; NULL: as for database */
    /* identifies the server that it reads; PostgreSQL: without the database */
    const char *reads;
    const char *control_socket;
    const char *http_listen;    /* NULL: HTTP is off */
    const char *http_token, *http_tls_cert, *http_tls_key;      /* NULL: none */
    int sink_kind, delivery, on_error, log_level, log_format, lanes;
    struct memory memory;       /* limits.memory, and how much of it is used */
    int primary;                /* source.primary: 0 forbid, 1 allow */
    struct pg_options pg;
    struct mysql_options mysql;
    const char *const *tables_include, *const *tables_exclude;     /* patterns */
    struct encode_options enc;
    struct choice_options choose;
    const char *flat_fields;
    struct registry_options registry;   /* url NULL: no registry */
    struct kafka_options kafka;
    struct file_options file;
    struct flow_options flow;
};

enum option_type { OPT_STRING, OPT_INT, OPT_INT64, OPT_BOOL, OPT_CHOICE, OPT_LIST, OPT_MAP,
                   OPT_FEEDS };

/*
 * Whose an option is if one process has many feeds. SCOPE_FEED: each feed's, and the top level
 * gives the default. SCOPE_PROCESS: one for the process.
 */
enum option_scope { SCOPE_FEED, SCOPE_PROCESS };

/* One option: its parser, its help, its place in the man page, the example and the JSON Schema. */
struct option {
    const char *key;            /* "section.name", or a name alone */
    enum option_type type;
    enum option_scope scope;
    size_t at;                  /* offset in struct config */
    const char *fallback;       /* NULL: none */
    const char *choices;        /* OPT_CHOICE: "a|b|c"; the value is the index */
    long long min, max;         /* OPT_INT, OPT_INT64 */
    const char *help;
    const char *example;        /* shown in the commented example when there is no fallback */
    bool required;
};

extern const struct option options[];   /* ends with key == NULL */

struct setting { const char *key, *value; };    /* --set key=value, or --set NAME/key=value */

/*
 * One feed: reads the file, then the settings over it. ERR_CONFIG names file, line and
 * the nearest known key. The strings live until config_done().
 */
int config_load(struct config *c, const char *path, const struct setting *settings, int nsettings,
                struct err *err) must_check;
void config_done(struct config *c);

/* Whether a and b have the same value for o, wherever it was given. Always true for `sources`. */
bool config_same(const struct option *o, const struct config *a, const struct config *b);

/* ---- many feeds ---- */

/* An entry with `databases`: configs_refresh() makes a feed of each database that fits. */
struct configs_server {
    /* what its feeds have in common; the name is a template. The caller may set *pg.stop */
    struct config entry;
    struct filter wanted;       /* the patterns of `databases` */
    char **told;                /* databases that cannot be fed, and were reported so */
    size_t ntold;
};

struct configs {
    bool many;                  /* false: one file with one feed */
    /* options of SCOPE_PROCESS, and the process's name; with a single feed: feeds[0] */
    const struct config *process;
    /* in the order of the files; a pointer stays valid until configs_refresh() gives it back */
    struct config **feeds;
    size_t n, cap;
    struct configs_server **servers;
    size_t nservers, servers_cap;
    const char **passed_over;   /* files of conf.d that are not read */
    size_t npassed_over;
    struct config **groups;     /* what entries of one file have in common; entries borrow it */
    size_t ngroups, groups_cap;
    const struct setting *settings;     /* borrowed */
    int nsettings;
    /* the process's, if there are many feeds; its arena holds all that is no feed */
    struct config base;
};

/*
 * path: a file with one feed; a file with `sources`; or a folder with tailrace.yaml and, in conf.d,
 * *.yaml in the order of their names (docs/many.md). path and settings are borrowed until
 * configs_done(). No server is asked. ERR_CONFIG names file and line; if two feeds would disturb
 * each other, the places of both. Call configs_done() after an error, too.
 */
int configs_load(struct configs *ret, const char *path, const struct setting *settings,
                 int nsettings, struct err *err) must_check;
void configs_done(struct configs *all);

/* A database that fits, but cannot be fed beside the others. */
struct configs_refusal { char *database; struct err why; };

struct configs_change {
    struct config **added;      /* now in feeds */
    /* no longer in feeds: the caller owns them and calls config_free() */
    struct config **gone;
    struct configs_refusal *refused;    /* each is reported once */
    size_t nadded, ngone, nrefused;
};

/*
 * Asks a server for its databases, at the start and again later. A database that was dropped and
 * made anew under its old name is both gone and added. -1: the server did not answer (err), and
 * nothing has changed. Blocks as long as a connection may. Call from one thread at a time.
 */
int configs_refresh(struct configs *all, struct configs_server *of, struct configs_change *ret,
                    struct err *err) must_check;
void configs_change_done(struct configs_change *change);    /* the feeds stay */
void config_free(struct config *c);

/* ERR_CONFIG: a setting (NAME/key) is for a feed that does not exist. Call after asking servers. */
int configs_settings_used(const struct configs *all, struct err *err) must_check;

/*
 * The feeds of these names: an exact name, else a regular expression over the whole name. Without
 * names: all feeds. A name without a feed is an error that lists the feeds. *ret lives in all.
 */
int configs_choose(struct configs *all, const char *const *names, size_t nnames,
                   struct config ***ret, size_t *ret_n, struct err *err)
    must_check;
/* "a, b and 398 more" */
void configs_put_names(const struct configs *all, struct buf *out);

/* Appends a file's contents. ERR_CONFIG names the file. */
int file_read(const char *path, struct buf *out, struct err *err) must_check;

/*
 * Reports, once each, files that hold a secret of the configuration or a private key, if every user
 * of the machine may read or write them. path is borrowed.
 */
typedef void exposed_fn(void *arg, const char *path, unsigned mode);
void configs_exposed(struct configs *all, exposed_fn *say, void *arg);

/*
 * If *url has an account, sets *url to the URL without it, and *user and *password to the account.
 * Strings live in a.
 */
int http_account(struct arena *a, const char **url, const char **user, const char **password,
                 struct err *err) must_check;
#endif
