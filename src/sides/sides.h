#ifndef TAILRACE_SIDES_SIDES_H
#define TAILRACE_SIDES_SIDES_H
#include "config/config.h"
#include "report/diff.h"

/* Where the sides of a comparison come from, and what was learnt about their topics. */
struct sides {
    struct arena *a;
    struct config *c;
    const char *ca_file;        /* CA to trust for a warehouse's https; NULL: the system's */
    bool configured;            /* a configuration was read: it names a feed */
    struct registry *registry;  /* opened when first needed; NULL: not yet, or none is configured */
    /* the arenas of several workers */
    struct arena_list { struct arena arena; struct arena_list *next; } *arenas;
    struct kv_list { const char *topic, *group; struct kv_list *next; } *readers;
    bool readers_known;
};

/*
 * spec: "live" (the feed's own database), "registry" or "registry@VERSION", "past@TIME" or
 * "past@OFFSET", "duckdb:FILE", "clickhouse:URL", "warehouse:CONNINFO", FILE.avsc or a folder of
 * them, a saved FILE.json, another feed's FILE.yaml, or what libpq takes.
 */
int side_open(struct sides *s, const char *spec, struct side **ret, struct err *err) must_check;

/* Adds facts to every table that differs: versions and levels of its subjects, readers of its
 * topic. Without a registry or Kafka there are none. */
int sides_facts(struct sides *s, struct diff *d, struct err *err) must_check;
void sides_done(struct sides *s);

/* registry.c: the registered schemas, each subject at this version (0: its latest) */
int registry_side(struct sides *s, int version, struct side **ret, struct err *err) must_check;
int registry_facts(struct sides *s, struct diff *d, struct err *err) must_check;
int sides_need_registry(struct sides *s, struct err *err) must_check;

/* warehouse.c */
int duckdb_tables(const char *file, struct arena *a, struct table_list *ret,
                  struct err *err) must_check;
int clickhouse_tables(const char *url, const char *ca_file, struct arena *a, struct table_list *ret,
                      struct err *err) must_check;

/* subprocess.c: appends the standard output of a program, found by PATH. ERR_CONFIG, with the
 * program's words: it cannot be run, or fails. */
int program_output(const char *const *argv, struct buf *out, struct err *err) must_check;

/* http.c: POSTs body with that content type; appends the answer's body to out. ca_file NULL: the
 * system's. A status other than 2xx is an error. */
int http_post(const char *url, const char *ca_file, const char *body, const char *type,
              struct buf *out, struct err *err) must_check;
#endif
