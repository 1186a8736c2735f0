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
    int unsaid;         /* the least exit code where standard output could not be written */
};
extern const struct command commands[];    /* commands.c; ends with name == NULL */

/* docs.c */
void docs_help(void);
void docs_usage(FILE *to);      /* the commands, a line each */
void docs_command_help(const struct command *c);
void version_say(void);
int cmd_docs(int argc, char **argv);

/* feed.c: what several commands make of a configuration, and how they end. */
struct invocation {
    const char *path;
    struct setting settings[64];
    int nsettings;
    bool dry_run, yes, publication, strict, until_current, offline, follow, json, detach, take_over,
        all_tables, allow_no_identity;
    long limit;
    long rows_per_s, wait;      /* --rows-per-s, --wait; -1: not given */
    const char *where, *columns, *topic, *index;
    const char *tables[64];     /* --table, each */
    int ntables;
    const char *feeds[64];      /* --feed, each: a name or a pattern */
    int nfeeds;
    char **rest;                /* operands */
    int nrest;
};
int invocation_read(struct invocation *v, int argc, char **argv, const char *flags,
                    struct err *err) must_check;
bool invocation_common(const char *option);     /* every command has it, with a value */
int exit_code(const struct err *err);
int finish_command(const struct err *err);      /* logs, returns the exit code */
struct sink *sink_of(const struct config *c, struct err *err) must_check;
struct source *source_of(const struct config *c, struct err *err) must_check;

/*
 * chosen.c: the feeds of the configuration that --feed names, all without it. Servers are asked for
 * their databases, but for --offline; what one does not say keeps no other feed from its turn.
 * whole: after one that does not answer no other is asked. chosen_done() is due after an error,
 * too.
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

/* run.c: a feed alone, until it is stopped or request is read. attendant NULL: its control
 * socket. */
int run_feed(struct config *c, const struct backfill_request *request,
             const struct flow_attendant *attendant, struct err *err) must_check;

/* The flag that a signal sets, from here on, and whoever wants what run_feed() runs to stop. */
atomic_int *run_catch(void);

/* The same in a lane that is there (NULL: one of its own); what points to where it is to stop is
 * set. */
int run_in(struct config *c, struct lane *lane, const struct flow_attendant *attendant,
           struct flow_stats *stats, struct err *err) must_check;

/*
 * Stores a position for a feed that does not stream (pipeline_place()), in the feed's lane, or in
 * one of its own (NULL). In a command signals are heeded first: place_alone().
 */
int place_in(struct config *c, struct lane *lane, struct slice expected, struct slice token,
             struct err *err) must_check;
int place_alone(struct config *c, struct slice expected, struct slice token, struct err *err)
    must_check;

/* ctl_position.c */
int ctl_position(const struct invocation *v, struct err *err) must_check;

/* ctl_forget.c */
int ctl_forget(const struct invocation *v, struct err *err) must_check;

/* ctl_feed.c: what orders need that are carried out with the feed's own servers. FEED is one
 * feed. */
int ctl_feed(const struct invocation *v, const char *feed, struct chosen *ret,
             struct config **ret_one, struct err *err) must_check;
/* Asks the sink; nobody is fenced. Empty: none is stored. */
int ctl_stored(const struct config *c, struct buf *ret, struct err *err) must_check;
/* 0: a running service has the feed, paused or stopped; 1: none has it. ERR_CONFIG: it is fed. */
int ctl_at_rest(const struct chosen *chosen, const struct config *c, struct err *err) must_check;
/* --yes, or a terminal's answer; else ERR_CONFIG. */
int ctl_confirm(const struct invocation *v, const char *question, struct err *err) must_check;
/* Asks until the order of this answer is done; what came of it goes to standard output. */
int ctl_await(const char *path, struct json_t *answer, struct err *err) must_check;

/* What the command line asks of a feed that runs: --take-over, --until-current. */
void run_as_asked(struct config *c, const struct invocation *v);

/*
 * run_many.c: all that were chosen, or the one there is, each on a thread, until they have ended or
 * *stop. The exit code.
 */
int run_many(struct chosen *chosen, const struct invocation *v, atomic_int *stop,
             atomic_int *hangup);

/*
 * service.c: what commands ask a running process. The path is that of the process's socket; to be
 * freed. A configuration that cannot be read is no hindrance where the process's name is known.
 */
int service_path(const struct invocation *v, char **ret, struct err *err) must_check;
/* 1: nobody listens there. Else *ret is the answer, to be freed; a refusal is err. */
int service_ask(const char *path, struct slice request, struct json_t **ret, struct err *err)
    must_check;
/* As service_ask(); nobody there is an error, too. */
int service_ask_once(const char *path, const char *request, struct json_t **ret,
                     struct err *err) must_check;
/* The same; a list without names is left out. */
int service_order(const char *path, const char *what, char **feeds, size_t nfeeds,
                  const char *level, struct json_t **ret, struct err *err) must_check;

/* kafka_options.id of a lane: of this process alone. In a. */
const char *lane_id(struct arena *a, const char *process, uint32_t instance, size_t lane);

/*
 * backfill.c: the jobs that the running service lists; what each() gets is borrowed for the call.
 * 1: no service listens.
 */
int backfill_jobs(const struct config *c, backfill_each_fn *each, void *arg, struct err *err)
    must_check;

/* progress.c: how a backfill stands, on a terminal as a bar, elsewhere a line a minute, or as
 * JSON. */
struct progress {
    bool json, terminal;
    int64_t shown_us;
    uint64_t rows;              /* at the last line, */
    double seconds;             /* and when */
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
