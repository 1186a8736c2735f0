#ifndef TAILRACE_CMD_CHECK_TABLES_H
#define TAILRACE_CMD_CHECK_TABLES_H
#include "cmd/config.h"

/* Says of the tables that are fed what would stop `run`: types, names, two tables of one topic. */
void check_tables(const struct config *c, const struct table_list *list, finding_fn *say, void *arg);
#endif
