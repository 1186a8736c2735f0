#ifndef TAILRACE_CMD_USAGE_H
#define TAILRACE_CMD_USAGE_H
#include "base/slice.h"
#include "cmd/config.h"

/* A command's row of the table (commands.c), taken apart for man pages and completion. */

/*
 * The next word of args that is typed as it stands: a flag, or a word like `list`. *at begins as
 * c->args. ret_value: the flag's value (N, FILE), empty if it has none. False: no more words.
 */
bool usage_word(const char **at, struct slice *ret_word, struct slice *ret_value);
bool usage_is_flag(struct slice word);

/*
 * The next statement of help, without its full stop. *at begins as c->help. ret_flag: the flag that
 * the statement describes ("--flag: text"), else empty. False: no more statements.
 */
bool usage_statement(const char **at, struct slice *ret_flag, struct slice *ret_text);

/* What help says of a flag; empty if nothing. */
struct slice usage_of_flag(const struct command *c, struct slice flag);

/* The command in a few words: the beginning of its first statement. */
struct slice usage_summary(const struct command *c);
#endif
