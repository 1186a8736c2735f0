#ifndef TAILRACE_CMD_CONFIG_H
#define TAILRACE_CMD_CONFIG_H
#include <stdatomic.h>
#include <stdio.h>
#include "config/config.h"

struct json_t;

/* Commands and their own flags, for --help and the man page. */
struct command {
    const char *name, *args, *help;
    int (*run)(int argc, char **argv);
    int unsaid;         /* the least exit code if standard output could not be written */
};
extern const struct command commands[];    /* commands.c; ends with name == NULL */

/* docs.c */
void docs_help(void);
void docs_usage(FILE *to);      /* the commands, a line each */
void docs_command_help(const struct command *c);
void version_say(void);
int cmd_docs(int argc, char **argv);

/* feed.c: the command line, what commands make from a configuration, and exit codes */
struct invocation {
    const char *path;
    struct setting settings[64];
    int nsettings;
    bool dry_run, yes, publication, strict, until_current, offline, follow, json, detach, take_over,
        all_tables, allow_no_identity;
    long limit;
    long rows_per_s, wait;      /* --rows-per-s, --wait; -1: not given */
    const char *where, *columns, *topic, *index;
    const char *tables[64];     /* the values of --table */
    int ntables;
    const char *feeds[64];      /* the values of --feed: names or patterns */
    int nfeeds;
    char **rest;                /* operands */
    int nrest;
};
int invocation_read(struct invocation *v, int argc, char **argv, const char *flags,
                    struct err *err) must_check;
bool invocation_common(const char *option);     /* every command has this option, with a value */
int exit_code(const struct err *err);
int finish_command(const struct err *err);      /* logs, returns the exit code */
struct sink *sink_of(const struct config *c, struct err *err) must_check;
struct source *source_of(const struct config *c, struct err *err) must_check;

/*
 * chosen.c: the feeds of the configuration that --feed names; without --feed, all of them. Unless
 * --offline is given, servers are asked for their databases. A server that does not answer does not
 * stop the other feeds. whole: after such a server, no other server is asked. Call chosen_done()
 * after an error, too.
 */
struct trouble { const char *where; struct err why; bool server; };
struct chosen {
    struct configs all;
    struct config **feeds;
    size_t n;
    struct trouble *troubles;   /* servers that did not answer, databases that cannot be fed */
    size_t ntroubles, troubles_cap;
};
int chosen_load(struct chosen *ret, const struct invocation *v, bool whole, struct err *err)
    must_check;
int chosen_one(struct chosen *ret, const struct invocation *v, struct config **ret_one,
               struct err *err) must_check;
void chosen_done(struct chosen *c);

/* run.c: runs one feed until it is stopped, or request is done. attendant NULL: the feed's control
 * socket attends. */
int run_feed(struct config *c, const struct backfill_request *request,
             const struct flow_attendant *attendant, struct err *err) must_check;

/* Catches signals. Returns the flag that they set; whoever sets it ends run_feed(). */
atomic_int *run_catch(void);

/* The same in a given lane (NULL: a lane of its own). The caller has set what points to the flag
 * that stops it. */
int run_in(struct config *c, struct lane *lane, const struct flow_attendant *attendant,
           struct flow_stats *stats, struct err *err) must_check;

/*
 * Stores a position for a feed that does not stream (pipeline_place()), in the given lane, or in a
 * lane of its own (NULL). place_alone() catches signals first, as a command needs.
 */
int place_in(struct config *c, struct lane *lane, struct slice expected, struct slice token,
             struct err *err) must_check;
int place_alone(struct config *c, struct slice expected, struct slice token, struct err *err)
    must_check;

/* ctl_position.c */
int ctl_position(const struct invocation *v, struct err *err) must_check;

/* ctl_forget.c */
int ctl_forget(const struct invocation *v, struct err *err) must_check;

/* ctl_feed.c: for orders that work with the feed's own servers. feed names one feed. */
int ctl_feed(const struct invocation *v, const char *feed, struct chosen *ret,
             struct config **ret_one, struct err *err) must_check;
/* The position that the sink has stored; nobody is fenced. Empty: none is stored. */
int ctl_stored(const struct config *c, struct buf *ret, struct err *err) must_check;
/* 0: a running service has the feed, paused or stopped; 1: no service has it. ERR_CONFIG: the feed
 * runs. */
int ctl_at_rest(const struct chosen *chosen, const struct config *c, struct err *err) must_check;
/* 0: --yes, or a yes on the terminal; else ERR_CONFIG. */
int ctl_confirm(const struct invocation *v, const char *question, struct err *err) must_check;
/* Asks until the order of this answer is done, and prints its outcome to standard output. */
int ctl_await(const char *path, struct json_t *answer, struct err *err) must_check;

/* Applies the command line to a feed that runs: --take-over, --until-current. */
void run_as_asked(struct config *c, const struct invocation *v);

/*
 * run_many.c: runs all chosen feeds, each on a thread, until they have ended or *stop is set.
 * Returns the exit code.
 */
int run_many(struct chosen *chosen, const struct invocation *v, atomic_int *stop,
             atomic_int *hangup);

/*
 * service.c: asks a running process. *ret: the path of the process's socket, to be freed. It works
 * without a readable configuration, if the process's name is known.
 */
int service_path(const struct invocation *v, char **ret, struct err *err) must_check;
/* 1: nobody listens there. 0: *ret is the answer, to be freed. -1: err, a refusal for example. */
int service_ask(const char *path, struct slice request, struct json_t **ret, struct err *err)
    must_check;
/* As service_ask(), but nobody there is an error, too. */
int service_ask_once(const char *path, const char *request, struct json_t **ret,
                     struct err *err) must_check;
/* The same for the order `what`. An empty list of feeds is left out. */
int service_order(const char *path, const char *what, char **feeds, size_t nfeeds,
                  const char *level, struct json_t **ret, struct err *err) must_check;

/* kafka_options.id of a lane; no other process has the same. In a. */
const char *lane_id(struct arena *a, const char *process, uint32_t instance, size_t lane);

/*
 * backfill.c: hands the backfills that the running service lists to each(), borrowed for the call.
 * Returns 1 if no service listens.
 */
int backfill_jobs(const struct config *c, backfill_each_fn *each, void *arg, struct err *err)
    must_check;

/* progress.c: shows how far a backfill is: a bar on a terminal, else a line a minute, or JSON. */
struct progress {
    bool json, terminal;
    int64_t shown_us;
    uint64_t rows;              /* rows and seconds at the last line */
    double seconds;
    double rate;
    struct buf line;
};
void progress_begin(struct progress *p, bool json);
void progress_show(struct progress *p, const struct job_status *s, bool last);
void progress_end(struct progress *p);

int cmd_run(int argc, char **argv);
int cmd_setup(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_backfill(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_schema_diff(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_repair(int argc, char **argv);
#endif
