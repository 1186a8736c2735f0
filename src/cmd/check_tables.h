#ifndef TAILRACE_CMD_CHECK_TABLES_H
#define TAILRACE_CMD_CHECK_TABLES_H
#include "cmd/config.h"

/* The topics that a feed writes: each once, with name and key_schema (NULL: some of its records
 * have no key). */
struct topic_list {
    struct topic_spec *all;
    size_t n;
};

/* Says what would stop `run` for the tables that are fed: types, names, two tables of one topic.
 * ret_topics: their topics, in a. */
void check_tables(const struct config *c, const struct table_list *list, struct arena *a,
                  struct topic_list *ret_topics, finding_fn *say, void *arg);

/* For a feed that does not make its topics: says whether they exist, asked as `run` asks. Comes
 * after the sink's own check. */
void check_topics(struct sink *sink, const struct topic_list *topics, finding_fn *say, void *arg);
#endif
