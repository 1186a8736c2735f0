#include <malloc.h>
#include <stdio.h>
#include "cmd/config.h"

int main(int argc, char **argv)
{
    /* The Kafka client frees records, each of many small pieces, in the order of a queue. glibc's fast bins make that a quarter dearer. */
    mallopt(M_MXFAST, 0);
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        version_say();
        return 0;
    }
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            name = "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        docs_help();
        return 0;
    }
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c->run(argc - 1, argv + 1);
    fprintf(stderr, "tailrace: no command \"%s\"; see tailrace --help\n", name);
    return 2;
}
