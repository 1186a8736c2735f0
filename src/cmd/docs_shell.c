/*
 * Completion for bash and zsh: commands and flags come from the command table, keys and values of
 * --set from the option table. Elsewhere the shell offers files.
 */
#include <stdio.h>
#include "cmd/docs.h"
#include "cmd/usage.h"

static void put_slice(struct slice s)
{
    printf("%.*s", (int)s.n, (const char *)s.p);
}

/* Prints "a|b|c" as words; a boolean has the choices true and false. */
static void put_choices(const struct option *o)
{
    for (const char *p = o->type == OPT_BOOL ? "true|false" : o->choices; *p; p++)
        putchar(*p == '|' ? ' ' : *p);
}

static bool has_choices(const struct option *o)
{
    return o->type == OPT_CHOICE || o->type == OPT_BOOL;
}

/* Prints a shell case for each option with choices; before and behind stand around the words. */
static void put_values(const char *before, const char *behind)
{
    for (const struct option *o = options; o->key; o++)
        if (has_choices(o)) {
            printf("    %s) %s", o->key, before);
            put_choices(o);
            printf("%s ;;\n", behind);
        }
}

static void put_keys(const char *end)
{
    for (const struct option *o = options; o->key; o++)
        printf("%s%s%s", o == options ? "" : " ", o->key, end);
}

/* ---- bash ---- */

/* Prints the flags whose value comes next: the shell offers files for it. */
static void put_bash_flags_with_values(const struct command *c)
{
    struct slice word, value;
    for (const char *at = c->args; usage_word(&at, &word, &value);)
        if (usage_is_flag(word) && value.n) {
            putchar('|');
            put_slice(word);
        }
}

static void put_bash_words(const struct command *c)
{
    struct slice word, value;
    printf("    %s) words='-c --feed --set --help", c->name);
    for (const char *at = c->args; usage_word(&at, &word, &value);) {
        putchar(' ');
        put_slice(word);
    }
    fputs("' takes='-c|--feed", stdout);
    put_bash_flags_with_values(c);
    puts("' ;;");
}

/* bash splits words at '=': KEY, = and VALUE are three words. */
void docs_bash(void)
{
    puts("# bash completion of tailrace\n"
         "_tailrace_values() {\n"
         "  case ${1##*/} in");
    put_values("echo '", "'");
    puts("  esac\n"
         "}\n"
         "_tailrace() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command= words= takes= i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      -c|--feed|--set) ((i++)) ;;\n"
         "      =) ((i++)) ;;\n"
         "      -*) ;;\n"
         "      *) command=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command in");
    fputs("    '') takes='-c|--feed' words='-c --feed --set --version --help", stdout);
    for (const struct command *c = commands; c->name; c++)
        printf(" %s", c->name);
    puts("' ;;");
    for (const struct command *c = commands; c->name; c++)
        put_bash_words(c);
    fputs("  esac\n"
         "  COMPREPLY=()\n"
         "  if [[ $prev == --set ]]; then\n"
         "    compopt -o nospace 2>/dev/null\n"
         "    words='", stdout);
    put_keys("=");
    puts("'\n"
         "  elif [[ $cur == = ]]; then\n"
         "    words=$(_tailrace_values \"$prev\") cur=\n"
         "  elif [[ $prev == = ]]; then\n"
         "    words=$(_tailrace_values \"${COMP_WORDS[COMP_CWORD-2]}\")\n"
         "  elif [[ \"|$takes|\" == *\"|$prev|\"* ]]; then\n"
         "    return\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "}\n"
         "complete -o bashdefault -o default -F _tailrace tailrace");
}

/* ---- zsh ---- */

/* Escapes text for '...' and for _arguments' brackets and colons. */
static void put_zsh(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", s.p[i]))
            printf("\\%c", s.p[i]);
        else
            putchar(s.p[i]);
    }
}

static void put_zsh_flag(const struct command *c, struct slice flag, struct slice value)
{
    fputs(" \\\n        '*", stdout);
    put_slice(flag);
    putchar('[');
    put_zsh(usage_of_flag(c, flag));
    putchar(']');
    if (value.n) {
        putchar(':');
        put_zsh(value);
        fputs(":_files", stdout);
    }
    putchar('\'');
}

static void put_zsh_command(const struct command *c)
{
    struct slice word, value;
    printf("      %s) _arguments $common", c->name);
    for (const char *at = c->args; usage_word(&at, &word, &value);)
        if (usage_is_flag(word))
            put_zsh_flag(c, word, value);
    fputs(" \\\n        '*: : _tailrace_operands", stdout);
    for (const char *at = c->args; usage_word(&at, &word, &value);)
        if (!usage_is_flag(word)) {
            putchar(' ');
            put_slice(word);
        }
    puts("' ;;");
}

void docs_zsh(void)
{
    puts("#compdef tailrace\n"
         "_tailrace_operands() {\n"
         "  (( $# )) && compadd -- \"$@\"\n"
         "  _files\n"
         "}\n"
         "_tailrace_set() {\n"
         "  if ! compset -P '*='; then");
    fputs("    compadd -S '' -- ", stdout);
    put_keys("=");
    puts("\n"
         "    return\n"
         "  fi\n"
         "  case ${${IPREFIX%=}##*/} in");
    put_values("compadd ", "");
    puts("  esac\n"
         "}\n"
         "_tailrace() {\n"
         "  local state line context\n"
         "  local -a common=('-c[the configuration]:FILE or FOLDER:_files'\n"
         "    '*--feed[these feeds only]:NAME:' '--help[say what the command does]'\n"
         "    '*--set[an option of the configuration]:KEY=VALUE:_tailrace_set')\n"
         "  local -a commands=(");
    for (const struct command *c = commands; c->name; c++) {
        printf("    '%s:", c->name);
        put_zsh(usage_summary(c));
        puts("'");
    }
    puts("  )\n"
         "  _arguments -C $common '--version[say the version]' '1: :->command' '*:: :->rest'\n"
         "  case $state in\n"
         "    command) _describe command commands ;;\n"
         "    rest) case $words[1] in");
    for (const struct command *c = commands; c->name; c++)
        put_zsh_command(c);
    puts("    esac ;;\n"
         "  esac\n"
         "}\n"
         "_tailrace \"$@\"");
}
