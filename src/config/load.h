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
    struct place at;            /* what is being read */
    const char *where;          /* stands before an error that no line is to blame for */
    const char *set;            /* "NAME/" while such a setting is read, else "" */
    yaml_document_t *doc;
    struct given *given;        /* by place in options[] */
    int layer;                  /* a key may stand once in each, and is the later one's */
    bool takes_process;         /* options of SCOPE_PROCESS may stand here */
    bool takes_feeds;           /* and so may `sources`, */
    yaml_node_t *feeds;         /* which is this then; NULL: it did not */
};

/* load.c */
void load_begin(struct loader *l, struct config *c, const char *file);     /* nothing is given */
/* The key behind NAME/ of a setting for one feed; NULL: it is for all. */
const char *load_setting_of_one(const struct setting *s);
/* as --set names it: kafka.NAME is kafka's; NULL: none */
const struct option *load_option_of(const char *key);
int load_setting(struct loader *l, const char *key, const char *value, struct err *err) must_check;
/* Those for the feed that l->c->name names. */
int load_settings_of_one(struct loader *l, const struct setting *s, int n,
                         struct err *err) must_check;
int load_no_such_feed(const struct setting *s, struct err *err);
/* A file with one feed. */
int load_file(struct config *c, yaml_document_t *doc, const char *path,
              const struct setting *settings, int n, struct err *err)
    must_check;
/* What an option is where it was not given; only: of this scope, -1: of both. */
int load_fallbacks(struct loader *l, int only, struct err *err) must_check;

/* value.c: an error of ERR_CONFIG, -1 */
int load_bad(const struct loader *l, struct err *err, const char *key, const char *what);
int load_unknown_key(const struct loader *l, const char *key, struct err *err);
/* As load_bad(), of an option by its name: where it was given. */
int load_bad_option(struct loader *l, const char *key, const char *what, struct err *err);
const struct option *option_find(const char *key);
/* do options have names that begin with it and a point? */
bool option_section(const char *key);
/* What ${} in a text stands for; NULL: err. */
char *load_expand(const struct loader *l, const char *key, const char *s, struct err *err);
void load_mark(struct loader *l, const struct option *o);      /* it is given, at l->at */
int load_scalar(struct loader *l, const struct option *o, const char *raw,
                struct err *err) must_check;
/* Puts one pair at the end of a kv list, or over the pair of the same key. */
void load_pair(struct config *c, const struct kv **list, const char *key, const char *value);

/* yaml.c */
/*
 * *ret_more: there is another document behind it, which nobody reads. After 0 the document is the
 * caller's to delete.
 */
int yaml_open(const char *path, yaml_document_t *doc, bool *ret_more, struct err *err) must_check;
/* NULL: none */
yaml_node_t *yaml_member(yaml_document_t *doc, yaml_node_t *mapping, const char *key);
/* A mapping of options; NULL: an empty one. */
int load_mapping(struct loader *l, yaml_node_t *node, struct err *err) must_check;

/* settle.c: one feed's, and the process's where there are many */
int load_settle(struct loader *l, struct err *err) must_check;
/* Of a file that is refused: where its service takes orders, if it says so. Else nothing. */
void load_socket(struct loader *l, const struct setting *settings, int n);
int load_settle_process(struct loader *l, struct err *err) must_check;

/*
 * template.c: {NAME} in a feed's name, prefix, slot and publication; what a database's feed is by
 * default.
 */
int template_name(struct loader *l, struct err *err) must_check;
int template_rest(struct loader *l, struct err *err) must_check;
/* Each database would have the same: an error before any server is asked. */
int template_check(struct loader *l, struct err *err) must_check;

/*
 * exposed.c: a value was read. Notes the files that its secret stands in, if it has one. raw: as
 * the file says it, with ${}; at l->at.
 */
void load_note_secret(struct loader *l, const char *key, const char *raw, const char *value);

/* conflict.c: may the feed be beside those there are? */
int conflict_check(const struct configs *all, const struct config *c, struct err *err) must_check;

/* feeds.c */
/* with an arena of its own, that borrows from's */
void feeds_copy(const struct config *from, struct config *to);
/* for what is to be set or said of it behind its file */
struct loader feeds_loader(struct config *c);
/* Of an entry that was read: its name, its settings, and what is settled by them. */
int feeds_finish(struct configs *all, struct config *c, struct err *err) must_check;
/* takes *c where it succeeds */
int feeds_add(struct configs *all, struct config *c, struct err *err) must_check;

/* servers.c */
/* as feeds_add() */
int servers_add(struct configs *all, struct config *entry, struct err *err) must_check;
void servers_free(struct configs_server *s);

/*
 * folder.c: the paths of conf.d that are read, in order, and in all->passed_over those that are
 * not. In all->base.arena.
 */
int folder_list(struct configs *all, const char *folder, const char ***ret, size_t *ret_n,
                struct err *err) must_check;
#endif
