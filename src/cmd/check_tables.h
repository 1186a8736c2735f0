#ifndef TAILRACE_CMD_CHECK_TABLES_H
#define TAILRACE_CMD_CHECK_TABLES_H
#include "cmd/config.h"

/* Topics that a feed writes: each once, by name and key_schema (NULL: some of its records have no
 * key). */
struct topic_list {
    struct topic_spec *all;
    size_t n;
};

/* Says of the tables that are fed what would stop `run`: types, names, two tables of one topic.
 * Their topics live in a. */
void check_tables(const struct config *c, const struct table_list *list, struct arena *a,
                  struct topic_list *ret_topics, finding_fn *say, void *arg);

/* Where the feed does not make its topics: whether they are there, asked as `run` asks. After the
 * sink's own check. */
void check_topics(struct sink *sink, const struct topic_list *topics, finding_fn *say, void *arg);
#endif
