/* Man pages: tailrace(1), and one page per command. */
#include <ctype.h>
#include <stdio.h>
#include "cmd/docs.h"
#include "cmd/usage.h"

/* Escapes text for roff: a line must not begin with a point or a quote; a minus is \-. */
static void put_text(struct slice s)
{
    if (s.n && (*s.p == '.' || *s.p == '\''))
        fputs("\\&", stdout);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-')
            fputs("\\-", stdout);
        else if (s.p[i] == '\\')
            fputs("\\e", stdout);
        else
            putchar(s.p[i]);
    }
}

static void put_roff(const char *s)
{
    put_text(slice_str(s));
}

void docs_man(void)
{
    puts(".TH TAILRACE 1 \"\" \"tailrace " TAILRACE_VERSION
         "\" \"User Commands\"\n.SH NAME\ntailrace \\- every committed change "
         "of a database, as Avro, to Kafka\n.SH SYNOPSIS\n.B tailrace\n.I COMMAND\n[\\fB\\-c\\fR "
         "\\fIFILE\\fR] [\\fB\\-\\-feed\\fR \\fINAME\\fR]... [\\fB\\-\\-set\\fR "
         "\\fIKEY\\fR=\\fIVALUE\\fR]... [\\fIoptions\\fR]\n.SH DESCRIPTION\nReads a PostgreSQL "
         "logical replication slot, on a "
         "standby, and writes each change to Kafka in Debezium's Avro envelope. The position is "
         "stored with the data; after "
         "a stop or a crash the feed goes on where it was.\n.SH COMMANDS");
    for (const struct command *c = commands; c->name; c++) {
        printf(".TP\n\\fB%s\\fR ", c->name);
        put_roff(c->args);
        putchar('\n');
        put_roff(c->help);
        putchar('\n');
    }
    puts(".SH CONFIGURATION\nYAML, read from \\fItailrace.yaml\\fR or the file that \\fB\\-c\\fR "
         "names. In any value "
         "\\fB${NAME}\\fR stands for an environment variable, \\fB${file:PATH}\\fR for what a file "
         "holds, \\fB$$\\fR for a "
         "dollar sign.\n.PP\nMany feeds: a file with \\fBsources\\fR, or a folder with "
         "\\fItailrace.yaml\\fR and \\fIconf.d/*.yaml\\fR. "
         "\\fB\\-\\-feed\\fR \\fINAME\\fR, a name or a regular expression, chooses among them; "
         "\\fB\\-\\-set\\fR "
         "\\fINAME\\fR/\\fIKEY\\fR=\\fIVALUE\\fR is for one.\n.PP");
    put_roff(docs_scopes);
    putchar('\n');
    for (const struct option *o = options; o->key; o++) {
        fputs(".TP\n\\fB", stdout);
        put_roff(o->key);
        fputs("\\fR", stdout);
        docs_put_range(o);
        putchar('\n');
        put_roff(o->help);
        putchar('\n');
    }
    puts(".SH SIGNALS\nSIGTERM and SIGINT: deliver what was read, store the position, stop, within "
         "\\fBlimits.stop\\-timeout\\-ms\\fR.\n.SH EXIT STATUS");
    put_roff(docs_exit_codes);
    putchar('\n');
    puts(".SH SEE ALSO");
    for (const struct command *c = commands; c->name; c++) {
        fputs(c == commands ? ".BR tailrace\\-" : ",\n.BR tailrace\\-", stdout);
        put_roff(c->name);
        fputs(" (1)", stdout);
    }
    putchar('\n');
}

/* ---- one command ---- */

/* First the options that every command takes, then those of this command. */
static void put_synopsis(const struct command *c)
{
    fputs(".SH SYNOPSIS\n\\fBtailrace ", stdout);
    put_roff(c->name);
    fputs("\\fR [\\fB\\-c\\fR \\fIFILE\\fR|\\fIFOLDER\\fR] [\\fB\\-\\-feed\\fR \\fINAME\\fR]... "
          "[\\fB\\-\\-set\\fR [\\fINAME\\fR/]\\fIKEY\\fR=\\fIVALUE\\fR]... ", stdout);
    put_roff(c->args);
    putchar('\n');
}

static void put_description(const struct command *c)
{
    struct slice flag, text;
    puts(".SH DESCRIPTION");
    for (const char *at = c->help; usage_statement(&at, &flag, &text);)
        if (!flag.n) {
            put_text(text);
            puts(".");
        }
}

/* Each flag is listed once, even if two forms of the command have it. */
static bool named_before(const struct command *c, struct slice flag)
{
    const char *at = c->args;
    struct slice word, value;
    while (usage_word(&at, &word, &value) && word.p != flag.p)
        if (slice_eq(word, flag))
            return true;
    return false;
}

static void put_flags(const struct command *c)
{
    struct slice word, value;
    puts(".SH OPTIONS");
    for (const char *at = c->args; usage_word(&at, &word, &value);) {
        if (!usage_is_flag(word) || named_before(c, word))
            continue;
        fputs(".TP\n\\fB", stdout);
        put_text(word);
        fputs("\\fR \\fI", stdout);
        put_text(value);
        puts("\\fR");
        put_text(usage_of_flag(c, word));
        puts(".");
    }
    puts(".TP\n\\fB\\-c\\fR \\fIFILE\\fR|\\fIFOLDER\\fR\nThe configuration [tailrace.yaml]; "
         "\\fBtailrace\\fR(1) has its "
         "options.\n.TP\n\\fB\\-\\-feed\\fR \\fINAME\\fR\nThese feeds only: a name or a regular "
         "expression.\n.TP\n"
         "\\fB\\-\\-set\\fR [\\fINAME\\fR/]\\fIKEY\\fR=\\fIVALUE\\fR\nAn option of the "
         "configuration, over what the file "
         "says; with \\fINAME\\fR, of one feed.");
}

void docs_man_command(const struct command *c)
{
    fputs(".TH \"TAILRACE\\-", stdout);
    for (const char *p = c->name; *p; p++)
        *p == '-' ? (void)fputs("\\-", stdout) : (void)putchar(toupper((unsigned char)*p));
    fputs("\" 1 \"\" \"tailrace " TAILRACE_VERSION "\" \"User Commands\"\n.SH NAME\ntailrace\\-",
          stdout);
    put_roff(c->name);
    fputs(" \\- ", stdout);
    put_text(usage_summary(c));
    putchar('\n');
    put_synopsis(c);
    put_description(c);
    put_flags(c);
    if (!strstr(c->help, "Exit codes:")) {
        puts(".SH EXIT STATUS");
        put_roff(docs_exit_codes);
        putchar('\n');
    }
    puts(".SH SEE ALSO\n.BR tailrace (1)");
}
