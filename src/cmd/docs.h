#ifndef TAILRACE_CMD_DOCS_H
#define TAILRACE_CMD_DOCS_H
#include "cmd/config.h"

/* What `tailrace docs` prints, to standard output, and what its pages share. */
extern const char docs_scopes[], docs_exit_codes[];
void docs_put_range(const struct option *o);        /* what an option may be, and its default */

/* docs_man.c: roff */
void docs_man(void);
void docs_man_command(const struct command *c);

/*
 * docs_avro.c: the Avro schema of one kind of record, or the names of all; an exit code. Rows are
 * an example's.
 */
int docs_avro(const char *name);

/* docs_shell.c: completion */
void docs_bash(void);
void docs_zsh(void);
#endif
