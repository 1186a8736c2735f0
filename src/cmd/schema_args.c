/* Reads the command line of schema-diff. */
#include "cmd/schema_args.h"
#include <stdlib.h>
#include <unistd.h>
#include "report/diff.h"

/* Where the value of an option of this command goes; NULL: there is no such option. */
static const char **value_of(struct schema_args *r, const char *name, const char **ret_watch)
{
    const struct { const char *name; const char **to;
    } options[] = {
        { "--server", &r->server },   { "--save", &r->save },       { "--html", &r->html },
        { "--level", &r->level },     { "--metrics", &r->metrics }, { "--webhook", &r->webhook },
        { "--ca-file", &r->ca_file }, { "--watch", ret_watch },
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i].name, name) == 0)
            return options[i].to;
    return NULL;
}

static bool flag(struct schema_args *r, const char *name)
{
    if (strcmp(name, "--json") == 0)
        r->format = FORMAT_JSON;
    else if (strcmp(name, "--markdown") == 0)
        r->format = FORMAT_MARKDOWN;
    else if (strcmp(name, "--ddl") == 0)
        r->ddl = true;
    else
        return false;
    return true;
}

static int settle(struct schema_args *r, const char *watch, struct err *err)
{
    if (watch) {
        char *end;
        long seconds = strtol(watch, &end, 10);
        if (*end || seconds < 1 || seconds > 86400)
            return err_set(err, ERR_CONFIG, "--watch %s: seconds from 1 to 86400 are wanted",
                           watch);
        r->watch_s = (int)seconds;
    }
    bool known = !r->level;
    for (const char *const *l = compatibility_levels; *l && !known; l++)
        known = strcmp(*l, r->level) == 0;
    if (!known)
        return err_set(
            err, ERR_CONFIG,
            "--level %s: BACKWARD, FORWARD or FULL is wanted, or one of them with _TRANSITIVE",
            r->level);
    if (r->nsides && strcmp(r->sides[0], "plan") == 0) {
        if (r->nsides != 2)
            return err_set(err, ERR_CONFIG, "plan wants one file of SQL");
        r->migration = r->sides[1];
        r->nsides = 0;
    }
    if (r->migration && !r->server)
        return err_set(err, ERR_CONFIG,
                       "plan wants --server: where a throwaway database may be made and dropped, "
                       "never production");
    if (r->migration && r->watch_s)
        return err_set(err, ERR_CONFIG, "plan is done once: --watch does not go with it");
    return 0;
}

/* Takes out this command's own options; the other options are every command's. Without a
 * configuration file, the defaults apply. */
int schema_args_read(struct schema_args *r, int argc, char **argv, struct err *err)
{
    const char *watch = NULL;
    static char *rest[256];
    int n = 0;
    *r = (struct schema_args){ 0 };
    rest[n++] = argv[0];
    for (int i = 1; i < argc && n < 254; i++) {
        const char **to = value_of(r, argv[i], &watch);
        bool common = invocation_common(argv[i]);
        if (to && i + 1 < argc) {
            *to = argv[++i];
        } else if (common && i + 1 < argc) {
            rest[n++] = argv[i];
            rest[n++] = argv[++i];
        } else if (argv[i][0] == '-') {
            if (!flag(r, argv[i]))
                return err_set(err, ERR_CONFIG,
                               "%s: unknown option, or its value is missing; see tailrace --help",
                               argv[i]);
        } else if (r->nsides == 2) {
            return err_set(err, ERR_CONFIG, "%s: two sides are compared, not more", argv[i]);
        } else {
            r->sides[r->nsides++] = argv[i];
        }
    }
    if (invocation_read(&r->v, n, rest, "", err) || settle(r, watch, err))
        return -1;
    r->configured = strcmp(r->v.path, "tailrace.yaml") != 0 || !access("tailrace.yaml", F_OK);
    return 0;
}
