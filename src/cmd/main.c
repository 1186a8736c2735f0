/* The program: finds the command on the command line, and runs it. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/aside.h"
#include "base/distance.h"
#include "base/heap.h"
#include "base/log.h"
#include "cmd/config.h"

/* The command's place in argv: -c FILE, --set KEY=VALUE and --feed NAME may stand before it. */
static int command_place(int argc, char **argv)
{
    int at = 1;
    while (at + 1 < argc && invocation_common(argv[at]))
        at += 2;
    return at;
}

/* The exit code; not 0 if standard output did not take all of the output (a full disk). */
static int unsaid(const struct command *c, int rc)
{
    if (!fflush(stdout) && !ferror(stdout))
        return rc;
    log_error("standard output cannot be written: %s -> free space where it goes to, and run the "
              "command again",
              strerror(errno ? errno : EIO));
    return c->unsaid > rc ? c->unsaid : rc;
}

static int run_command(const struct command *c, int argc, char **argv, int at)
{
    for (int i = at + 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            docs_command_help(c);
            return 0;
        }
    char *name = argv[at];
    memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);      /* the command goes first */
    argv[1] = name;
    int rc = unsaid(c, c->run(argc - 1, argv + 1));
    if (aside_left()) {     /* exit() would take down libraries that a thread left behind uses */
        fflush(NULL);
        _exit(rc);
    }
    return rc;
}

static int no_command(const char *name)
{
    const struct command *nearest = commands;
    for (const struct command *c = commands; c->name; c++)
        if (edit_distance(name, c->name) < edit_distance(name, nearest->name))
            nearest = c;
    log_error("there is no command \"%s\"; the nearest is %s -> tailrace --help lists all", name,
              nearest->name);
    return 2;
}

int main(int argc, char **argv)
{
    heap_init();
    json_object_seed(0);    /* one seed for all threads, so it is set before there are any */
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        version_say();
        return 0;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        docs_help();
        return 0;
    }
    int at = command_place(argc, argv);
    for (const struct command *c = commands; c->name && at < argc; c++)
        if (strcmp(c->name, argv[at]) == 0)
            return run_command(c, argc, argv, at);
    return at < argc ? no_command(argv[at]) : (docs_usage(stderr), 2);
}
