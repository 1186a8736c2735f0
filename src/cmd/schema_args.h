#ifndef TAILRACE_CMD_SCHEMA_ARGS_H
#define TAILRACE_CMD_SCHEMA_ARGS_H
#include "cmd/config.h"

enum schema_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN };

/* The command line of schema-diff. */
struct schema_args {
    struct invocation v;        /* the options that every command has */
    const char *sides[2];
    int nsides;
    const char *migration;      /* plan FILE.sql */
    const char *server, *save, *html, *level, *metrics, *webhook, *ca_file;
    enum schema_format format;
    bool ddl, configured;       /* configured: a configuration file was named or is there */
    int watch_s;                /* 0: once */
};

int schema_args_read(struct schema_args *r, int argc, char **argv, struct err *err) must_check;
#endif
