/* The command line of most commands, the source and sink of a configuration, and exit codes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "cmd/config.h"

static int add_setting(struct invocation *v, char *text, struct err *err)
{
    char *eq = text ? strchr(text, '=') : NULL;
    if (!eq || eq == text || v->nsettings == sizeof v->settings / sizeof *v->settings)
        return err_set(err, ERR_CONFIG, "--set wants key=value");
    *eq = 0;
    v->settings[v->nsettings++] = (struct setting){ text, eq + 1 };
    return 0;
}

static int add_table(struct invocation *v, const char *table, struct err *err)
{
    int most = (int)(sizeof v->tables / sizeof *v->tables) - 1;
    if (v->ntables == most)
        return err_set(err, ERR_CONFIG, "--table may be given %d times", most);
    v->tables[v->ntables++] = table;
    return 0;
}

/* value NULL: nothing follows the flag. */
static bool backfill_flag(struct invocation *v, const char *a, const char *value)
{
    const struct {
        const char *name, **to;
    } texts[] = { { "--where", &v->where },
                  { "--columns", &v->columns },
                  { "--topic", &v->topic } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(a, texts[i].name) == 0 && value) {
            *texts[i].to = value;
            return true;
        }
    v->json |= strcmp(a, "--json") == 0;
    v->detach |= strcmp(a, "--detach") == 0;
    return strcmp(a, "--json") == 0 || strcmp(a, "--detach") == 0;
}

static int number_of(const char *a, const char *text, long *ret, struct err *err)
{
    char *end;
    errno = 0;
    *ret = strtol(text, &end, 10);
    return !*text || *end || errno || *ret < 0
               ? err_set(err, ERR_CONFIG, "%s: \"%s\" is not a number from 0 on", a, text)
               : 0;
}

/* Reads the option at *i. If the option has a value, leaves *i at the value. */
static int read_option(struct invocation *v, int argc, char **argv, int *i, const char *flags,
                       struct err *err)
{
    const char *a = argv[*i];
    bool more = *i + 1 < argc;
    if ((strcmp(a, "-c") == 0 || strcmp(a, "--config") == 0) && more)
        v->path = argv[++*i];
    else if (strcmp(a, "--set") == 0 && more)
        return add_setting(v, argv[++*i], err);
    else if (strcmp(a, "--feed") == 0 && more &&
             v->nfeeds < (int)(sizeof v->feeds / sizeof *v->feeds))
        v->feeds[v->nfeeds++] = argv[++*i];
    else if (strcmp(a, "--dry-run") == 0 && strchr(flags, 'd'))
        v->dry_run = true;
    else if (strcmp(a, "--yes") == 0 && strchr(flags, 'y'))
        v->yes = true;
    else if (strcmp(a, "--publication") == 0 && strchr(flags, 'y'))
        v->publication = true;
    else if (strcmp(a, "--until-current") == 0 && strchr(flags, 'u'))
        v->until_current = true;
    else if (strcmp(a, "--strict") == 0 && strchr(flags, 's'))
        v->strict = true;
    else if (strcmp(a, "--take-over") == 0 && strchr(flags, 't'))
        v->take_over = true;
    else if (strcmp(a, "--offline") == 0 && strchr(flags, 'o'))
        v->offline = true;
    else if (strcmp(a, "--json") == 0 && strchr(flags, 'j'))
        v->json = true;
    else if (strcmp(a, "--all-tables") == 0 && strchr(flags, 'p'))
        v->all_tables = true;
    else if (strcmp(a, "--allow-no-identity") == 0 && strchr(flags, 'p'))
        v->allow_no_identity = true;
    else if (strcmp(a, "--detach") == 0 && strchr(flags, 'w'))
        v->detach = true;
    else if (strcmp(a, "--follow") == 0 && strchr(flags, 'f'))
        v->follow = true;
    else if (strcmp(a, "--limit") == 0 && strchr(flags, 'n') && more)
        return number_of(a, argv[++*i], &v->limit, err);
    else if (strcmp(a, "--rows-per-s") == 0 && strchr(flags, 'v') && more)
        return number_of(a, argv[++*i], &v->rows_per_s, err);
    else if (strcmp(a, "--index") == 0 && strchr(flags, 'v') && more)
        v->index = argv[++*i];
    else if (strcmp(a, "--wait") == 0 && strchr(flags, 'v') && more)
        return number_of(a, argv[++*i], &v->wait, err);
    else if (strcmp(a, "--table") == 0 && strpbrk(flags, "bv") && more)
        return add_table(v, argv[++*i], err);
    else if (strchr(flags, 'b') && backfill_flag(v, a, more ? argv[*i + 1] : NULL))
        *i += more && strcmp(a, "--json") != 0 && strcmp(a, "--detach") != 0;
    else
        return err_set(err, ERR_CONFIG,
                       "%s: unknown option, or its value is missing; see tailrace --help", a);
    return 0;
}

/*
 * Reads options and operands in any order; after -- only operands follow. flags: the letters of the
 * long options that this command takes: d dry-run, u until-current, s strict, t take-over, o
 * offline, j json, f follow, n limit, p what to publish, w detach, y of orders that cannot be taken
 * back, b of backfill, v of verify; r: operands.
 */
int invocation_read(struct invocation *v, int argc, char **argv, const char *flags, struct err *err)
{
    *v = (struct invocation){
        .path = "tailrace.yaml", .limit = -1, .rows_per_s = -1, .wait = -1, .rest = argv
    };
    bool options_over = false;
    for (int i = 1; i < argc; i++) {
        if (!options_over && strcmp(argv[i], "--") == 0)
            options_over = true;
        else if (options_over || argv[i][0] != '-' || !argv[i][1])
            v->rest[v->nrest++] = argv[i];      /* overwrites an argument that was read already */
        else if (read_option(v, argc, argv, &i, flags, err))
            return -1;
    }
    if (v->nrest && !strchr(flags, 'r'))
        return err_set(err, ERR_CONFIG, "%s: not expected; see tailrace --help", v->rest[0]);
    return 0;
}

bool invocation_common(const char *option)
{
    return strcmp(option, "-c") == 0 || strcmp(option, "--config") == 0 ||
           strcmp(option, "--set") == 0 || strcmp(option, "--feed") == 0;
}

int exit_code(const struct err *err)
{
    switch (err->class) {
    case ERR_NONE:   return 0;
    case ERR_RETRY:  return 1;
    case ERR_CONFIG: return 2;
    case ERR_DATA:   return 3;
    default:         return 4;
    }
}

int finish_command(const struct err *err)
{
    if (err->class != ERR_NONE)
        log_error("%s", err->msg);
    return exit_code(err);
}

struct source *source_of(const struct config *c, struct err *err)
{
    return c->enc.connector == CONNECTOR_POSTGRESQL ? pg_source_new(&c->pg, err)
                                                    : mysql_source_new(&c->mysql, err);
}

struct sink *sink_of(const struct config *c, struct err *err)
{
    switch ((enum sink_kind)c->sink_kind) {
    case SINK_KAFKA:     return kafka_sink_new(&c->kafka, err);
    case SINK_AVRO_FILE: return avro_file_sink_new(&c->file, err);
    case SINK_STDOUT:    return stdout_sink_new(err);
    case SINK_NULL:      return null_sink_new(err);
    }
    abort();
}
