#ifndef TAILRACE_CMD_DOCS_H
#define TAILRACE_CMD_DOCS_H
#include "cmd/config.h"

/* What `tailrace docs` prints to standard output, and what its pages share. */
extern const char docs_scopes[], docs_exit_codes[];
void docs_put_range(const struct option *o);        /* an option's possible values, its default */

/* docs_man.c: roff */
void docs_man(void);
void docs_man_command(const struct command *c);

/*
 * docs_avro.c: prints the Avro schema of one kind of record, or all names (NULL). Rows are those of
 * an example. Returns an exit code.
 */
int docs_avro(const char *name);

/* docs_shell.c: completion */
void docs_bash(void);
void docs_zsh(void);
#endif
