/* `tailrace docs`, --help and usage: prints what the command table (commands.c) and the option
 * table (config/options.c) say. */
#include <stdio.h>
#include <stdlib.h>
#include "cmd/docs.h"
#include "cmd/usage.h"
#include "serve/web.h"

static void put_wrapped(const char *text, int indent, int width)
{
    int at = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        if (at && at + 1 + (int)n > width - indent) {
            putchar('\n');
            at = 0;
        }
        if (!at)
            printf("%*s", indent, "");
        else
            putchar(' ');
        printf("%.*s", (int)n, p);
        at += (int)n + (at != 0);
        p += n + strspn(p + n, " ");
    }
    putchar('\n');
}

void docs_put_range(const struct option *o)
{
    if (o->type == OPT_CHOICE)
        printf(" %s", o->choices);
    else if (o->type == OPT_BOOL)
        printf(" true|false");
    else if (o->type == OPT_INT || o->type == OPT_INT64)
        printf(" NUMBER");
    else
        printf(" %s", o->type == OPT_LIST || o->type == OPT_FEEDS ? "LIST"
                      : o->type == OPT_MAP                        ? "MAPPING"
                                                                  : "TEXT");
    if (o->fallback)
        printf(" [%s]", o->fallback);
    if (o->scope == SCOPE_PROCESS)
        printf(" (process)");
}

const char docs_scopes[] = "Where one process has many feeds, (process) is one for all of them and "
                           "stands at the top level; "
                           "everything else is a feed's, and at the top level each feed's default.";

const char docs_exit_codes[] =
    "0 done. 1 a passing trouble outlasted its limit. 2 usage or configuration, or a failed check. "
    "3 a row or schema that cannot be represented or delivered; import: a property is refused. "
    "4 a broken promise: lost log, another instance took over, a malformed stream.";

#define USAGE "usage: tailrace COMMAND [-c FILE|FOLDER] [--feed NAME]... " \
    "[--set [NAME/]KEY=VALUE]... [options]\n"

void docs_usage(FILE *to)
{
    fputs(USAGE "\n", to);
    for (const struct command *c = commands; c->name; c++) {
        struct slice s = usage_summary(c);
        fprintf(to, "  %-12s %.*s\n", c->name, (int)s.n, (const char *)s.p);
    }
    fputs("\ntailrace COMMAND --help tells of one command, tailrace --help of all, of each option "
          "of the\nconfiguration and of the exit codes. man tailrace has the same.\n", to);
}

void docs_help(void)
{
    puts("tailrace " TAILRACE_VERSION
         ": every committed change of a database, as Avro, to Kafka\n\n" USAGE);
    for (const struct command *c = commands; c->name; c++) {
        printf("  %s %s\n", c->name, c->args);
        put_wrapped(c->help, 6, 100);
    }
    puts("\n  --version, --help\n\noptions of the configuration file (or --set "
         "section.name=value):\n");
    put_wrapped(docs_scopes, 2, 100);
    putchar('\n');
    for (const struct option *o = options; o->key; o++) {
        printf("  %s", o->key);
        docs_put_range(o);
        putchar('\n');
        put_wrapped(o->help, 6, 100);
    }
    puts("\nexit codes:");
    put_wrapped(docs_exit_codes, 2, 100);
}

void docs_command_help(const struct command *c)
{
    printf(
        "usage: tailrace %s [-c FILE|FOLDER] [--feed NAME]... [--set [NAME/]KEY=VALUE]... %s\n\n",
        c->name, c->args);
    put_wrapped(c->help, 2, 100);
    puts("\ntailrace --help: every command, every option of the configuration, and the exit codes");
}

static void put_comment(const char *indent, const char *text)
{
    for (const char *p = text; *p;) {
        size_t n = strlen(p), cut = n;
        if (n > 100) {
            for (cut = 100; cut && p[cut] != ' '; cut--)
                ;
        }
        printf("%s# %.*s\n", indent, (int)cut, p);
        p += cut + strspn(p + cut, " ");
    }
}

static void example(void)
{
    char section[64] = "";
    puts("# tailrace.yaml: every option, with its default. Commented lines are optional.\n"
         "# ${NAME} is an environment variable, ${file:PATH} the contents of a file.");
    for (const struct option *o = options; o->key; o++) {
        const char *dot = strchr(o->key, '.'), *name = dot ? dot + 1 : o->key;
        char own[64] = "";
        if (dot)
            snprintf(own, sizeof own, "%.*s", (int)(dot - o->key), o->key);
        if (dot && strcmp(own, section))
            printf("\n%s:\n", own);
        else
            putchar('\n');
        snprintf(section, sizeof section, "%s", own);
        const char *indent = dot ? "  " : "";
        put_comment(indent, o->help);
        bool live = o->required || strcmp(o->key, "source.conninfo") == 0 ||
                    strcmp(o->key, "kafka") == 0 || strcmp(o->key, "registry.url") == 0;
        const char *value = o->fallback ? o->fallback : o->example ? o->example : "";
        bool quote = o->type == OPT_STRING && strpbrk(value, " :{$");
        printf("%s%s%s: %s%s%s\n", indent, live ? "" : "# ", name, quote ? "\"" : "", value,
               quote ? "\"" : "");
    }
}

static void put_json(const char *s)
{
    struct buf b = { 0 };
    buf_json_str(&b, slice_str(s));
    fputs(buf_cstr(&b), stdout);
    buf_done(&b);
}

static void put_choices(const char *choices)
{
    fputs(", \"enum\": [", stdout);
    for (const char *p = choices; p;) {
        size_t n = strcspn(p, "|");
        printf("%s\"%.*s\"", p == choices ? "" : ", ", (int)n, p);
        p = p[n] ? p + n + 1 : NULL;
    }
    putchar(']');
}

/* A reference like ${PORT} may stand for any value, so a string is allowed beside the type
 * itself. */
static void put_property(const struct option *o, const char *name, const char *indent)
{
    static const char *const types[] = { "\"string\"",
                                         "[\"integer\", \"string\"]",
                                         "[\"integer\", \"string\"]",
                                         "[\"boolean\", \"string\"]",
                                         "\"string\"",
                                         "\"array\"",
                                         "\"object\"",
                                         "\"array\"" };
    printf("%s\"%s\": {\"description\": ", indent, name);
    put_json(o->help);
    printf(", \"type\": %s", types[o->type]);
    if (o->type == OPT_CHOICE)
        put_choices(o->choices);
    if (o->type == OPT_INT || o->type == OPT_INT64)
        printf(", \"minimum\": %lld, \"maximum\": %lld", o->min, o->max);
    if (o->type == OPT_LIST)
        fputs(", \"items\": {\"type\": \"string\"}", stdout);
    if (o->type == OPT_FEEDS)
        fputs(", \"items\": {\"$ref\": \"#/$defs/feed\"}", stdout);
    if (o->type == OPT_MAP)
        fputs(", \"additionalProperties\": {\"type\": [\"string\", \"number\", \"boolean\"]}",
              stdout);
    if (o->fallback) {
        fputs(", \"default\": ", stdout);
        if (o->type == OPT_STRING || o->type == OPT_CHOICE)
            put_json(o->fallback);
        else
            fputs(o->fallback, stdout);
    }
    putchar('}');
}

/* ---- JSON Schema ---- */

static size_t member_length(const struct option *o)
{
    return strcspn(o->key, ".");
}

static bool same_member(const struct option *a, const struct option *b)
{
    size_t n = member_length(a);
    return n == member_length(b) && strncmp(a->key, b->key, n) == 0;
}

/* Whether the member that o begins has an option of this scope. */
static bool has_scope(const struct option *o, enum option_scope scope)
{
    const struct option *p = o;
    while (p->key && same_member(o, p) && p->scope != scope)
        p++;
    return p->key && same_member(o, p);
}

static void put_section(const struct option *o, bool all)
{
    const char *between = "";
    const struct option *first = o;
    printf("    \"%.*s\": {\"type\": \"object\", \"additionalProperties\": false, "
           "\"properties\": {\n", (int)member_length(o), o->key);
    for (; o->key && same_member(first, o); o++)
        if (all || o->scope == SCOPE_FEED) {
            fputs(between, stdout);
            put_property(o, o->key + member_length(o) + 1, "      ");
            between = ",\n";
        }
    fputs("\n    }}", stdout);
}

/* The members of a feed; top: of a whole file, where members that only feeds have are
 * references. */
static void put_members(bool top)
{
    const char *between = "";
    const struct option *next;
    for (const struct option *o = options; o->key; o = next) {
        for (next = o; next->key && same_member(o, next); next++)
            ;
        if (!top && !has_scope(o, SCOPE_FEED))
            continue;
        fputs(between, stdout);
        between = ",\n";
        int n = (int)member_length(o);
        if (top && !has_scope(o, SCOPE_PROCESS))
            printf("    \"%.*s\": {\"$ref\": \"#/$defs/feed/properties/%.*s\"}", n, o->key, n,
                   o->key);
        else if (o->key[n])
            put_section(o, top);
        else
            put_property(o, o->key, "    ");
    }
    putchar('\n');
}

/* A file of conf.d is #/$defs/feed, or a list of such feeds beside what they have in common. */
static void schema(void)
{
    puts("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
         "  \"title\": \"tailrace.yaml\",\n  \"type\": \"object\",\n"
         "  \"additionalProperties\": false,\n  \"required\": [\"name\"],\n  \"properties\": {");
    put_members(true);
    puts("  },\n  \"$defs\": {\"feed\": {\"type\": \"object\", \"additionalProperties\": false, "
         "\"properties\": {");
    put_members(false);
    puts("  }}}\n}");
}

/* ---- the command ---- */

static void put_commands(void)
{
    for (const struct command *c = commands; c->name; c++)
        puts(c->name);
}

static int man_of(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0) {
            docs_man_command(c);
            return 0;
        }
    fprintf(stderr, "tailrace docs man: no command \"%s\"; tailrace docs commands names them\n",
            name);
    return 2;
}

static void openapi(void)
{
    char *text = web_openapi();
    puts(text);
    free(text);
}

int cmd_docs(int argc, char **argv)
{
    static const struct { const char *name; void (*print)(void); } pages[] = {
        { "man", docs_man }, { "example", example }, { "schema", schema }, { "bash", docs_bash },
        { "zsh", docs_zsh }, { "commands", put_commands }, { "openapi", openapi },
    };
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "man") == 0 && argc > 2)
        return man_of(argv[2]);
    if (strcmp(what, "avro") == 0)
        return docs_avro(argc > 2 ? argv[2] : NULL);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(what, pages[i].name) == 0) {
            pages[i].print();
            return 0;
        }
    fputs("tailrace docs: one of man, example, schema, openapi, avro, bash, zsh, commands is "
          "wanted\n",
          stderr);
    return 2;
}
