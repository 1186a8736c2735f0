#ifndef TAILRACE_CONFIG_LOAD_H
#define TAILRACE_CONFIG_LOAD_H
#include <yaml.h>
#include "config/config.h"

struct given {
    struct place at;
    int layer;                  /* 0: not given */
};

/* One file, or one entry of it, on the way into *c. */
struct loader {
    struct config *c;
    struct place at;            /* the place that is being read */
    const char *where;          /* comes first in an error that has no line of its own */
    const char *set;            /* "NAME/" while a setting for one feed is read, else "" */
    yaml_document_t *doc;
    struct given *given;        /* where each option was given; same order as options[] */
    int layer;                  /* a key may stand once in each layer; the highest layer wins */
    bool takes_process;         /* options of SCOPE_PROCESS may stand here */
    bool takes_feeds;           /* `sources` may stand here */
    yaml_node_t *feeds;         /* the list under `sources`; NULL: there is none */
};

/* load.c */
void load_begin(struct loader *l, struct config *c, const char *file);     /* nothing is given */
/* The key behind NAME/ of a setting for one feed; NULL: it is for all. */
const char *load_setting_of_one(const struct setting *s);
/* The option that --set names: kafka.NAME belongs to kafka; NULL: there is none. */
const struct option *load_option_of(const char *key);
int load_setting(struct loader *l, const char *key, const char *value, struct err *err) must_check;
/* Applies the settings for the feed that l->c->name names. */
int load_settings_of_one(struct loader *l, const struct setting *s, int n,
                         struct err *err) must_check;
int load_no_such_feed(const struct setting *s, struct err *err);
/* Loads a file with one feed. */
int load_file(struct config *c, yaml_document_t *doc, const char *path,
              const struct setting *settings, int n, struct err *err)
    must_check;
/* Sets options that were not given to their fallbacks; only: of this scope, -1: of both. */
int load_fallbacks(struct loader *l, int only, struct err *err) must_check;

/* value.c: both set err, ERR_CONFIG, and return -1 */
int load_bad(const struct loader *l, struct err *err, const char *key, const char *what);
int load_unknown_key(const struct loader *l, const char *key, struct err *err);
/* As load_bad(), for an option by its name: names the place where it was given. */
int load_bad_option(struct loader *l, const char *key, const char *what, struct err *err);
const struct option *option_find(const char *key);
/* Whether options have names that begin with this key and a point. */
bool option_section(const char *key);
/* The text with its ${} references replaced, in the arena; NULL: err. */
char *load_expand(const struct loader *l, const char *key, const char *s, struct err *err);
void load_mark(struct loader *l, const struct option *o);      /* o is given, at l->at */
int load_scalar(struct loader *l, const struct option *o, const char *raw,
                struct err *err) must_check;
/* Appends one pair to a kv list, or replaces the pair of the same key. */
void load_pair(struct config *c, const struct kv **list, const char *key, const char *value);

/* yaml.c */
/*
 * *ret_more: another document follows, which nobody reads. After 0 the caller deletes the document.
 */
int yaml_open(const char *path, yaml_document_t *doc, bool *ret_more, struct err *err) must_check;
/* The mapping's value for key; NULL: none. */
yaml_node_t *yaml_member(yaml_document_t *doc, yaml_node_t *mapping, const char *key);
/* Reads a mapping of options; NULL: an empty one. */
int load_mapping(struct loader *l, yaml_node_t *node, struct err *err) must_check;

/* settle.c: for one feed; load_settle_process(): for the process of many feeds */
int load_settle(struct loader *l, struct err *err) must_check;
/* For a file that was refused: sets where its service takes orders, if the file says so. */
void load_socket(struct loader *l, const struct setting *settings, int n);
int load_settle_process(struct loader *l, struct err *err) must_check;

/*
 * template.c: fills {NAME} in a feed's name, prefix, slot and publication, and gives a database's
 * feed its defaults.
 */
int template_name(struct loader *l, struct err *err) must_check;
int template_rest(struct loader *l, struct err *err) must_check;
/* Refuses, before any server is asked, options that would be the same for each database. */
int template_check(struct loader *l, struct err *err) must_check;

/*
 * exposed.c: called for each value that was read. If the value holds a secret, notes the file or
 * files that it came from. raw: the value as the file has it, with ${}; at l->at.
 */
void load_note_secret(struct loader *l, const char *key, const char *raw, const char *value);

/* conflict.c: 0 if the feed may run beside those in all */
int conflict_check(const struct configs *all, const struct config *c, struct err *err) must_check;

/* feeds.c */
/* *to has an arena of its own, and borrows from from's */
void feeds_copy(const struct config *from, struct config *to);
/* for what is set or reported after the feed's file was read */
struct loader feeds_loader(struct config *c);
/* Finishes an entry that was read: its name, its settings, and what follows from them. */
int feeds_finish(struct configs *all, struct config *c, struct err *err) must_check;
/* takes *c over if it succeeds */
int feeds_add(struct configs *all, struct config *c, struct err *err) must_check;

/* servers.c */
/* as feeds_add() */
int servers_add(struct configs *all, struct config *entry, struct err *err) must_check;
void servers_free(struct configs_server *s);

/*
 * folder.c: the paths of conf.d that are read, in order. all->passed_over gets those that are not.
 * Both live in all->base.arena.
 */
int folder_list(struct configs *all, const char *folder, const char ***ret, size_t *ret_n,
                struct err *err) must_check;
#endif
