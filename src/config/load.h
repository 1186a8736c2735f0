#ifndef TAILRACE_CONFIG_LOAD_H
#define TAILRACE_CONFIG_LOAD_H
#include <yaml.h>
#include "config/config.h"

/* Where a value came from, for errors. */
struct place {
    const char *file;
    size_t line;    /* 0: the command line */
};

struct loader {
    struct config *c;
    struct place at;
    yaml_document_t doc;
    size_t *given;  /* by place in options[]: the line + 1; 0: not given */
};

/* value.c */
int load_bad(const struct loader *l, struct err *err, const char *key, const char *what);
int load_unknown_key(const struct loader *l, const char *key, struct err *err);
const struct option *option_find(const char *key);
bool option_section(const char *key);       /* do options have names that begin with it and a point? */
/* What ${} in a text stands for; NULL: err. */
char *load_expand(const struct loader *l, const char *key, const char *s, struct err *err);
int load_scalar(struct loader *l, const struct option *o, const char *raw, struct err *err) must_check;
/* Puts one pair at the end of a kv list, or over the pair of the same key. */
void load_pair(struct config *c, const struct kv **list, const char *key, const char *value);

/* yaml.c */
int load_yaml(struct loader *l, const char *path, struct err *err) must_check;

/* load.c: a --set over what was read; what an option is where it was not given. */
int load_setting(struct loader *l, const struct setting *s, struct err *err) must_check;
int load_fallbacks(struct loader *l, struct err *err) must_check;

/* settle.c */
int load_settle(struct loader *l, const char *path, struct err *err) must_check;
#endif
