#ifndef TAILRACE_CMD_CHECK_TABLES_H
#define TAILRACE_CMD_CHECK_TABLES_H
#include "cmd/config.h"

/*
 * Says of the tables that are fed what would stop `run`: types, names, two tables of one topic. Appends the names of their
 * topics, each once and with its NUL.
 */
void check_tables(const struct config *c, const struct table_list *list, struct buf *ret_topics, finding_fn *say, void *arg);

/* Where the feed does not make its topics: whether they are there, asked as `run` asks. After the sink's own check. */
void check_topics(struct sink *sink, const struct buf *topics, finding_fn *say, void *arg);
#endif
