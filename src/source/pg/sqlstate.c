/*
 * What the server's refusals and errors mean: one table by SQLSTATE. libpq's own few texts are
 * known by their words, which are never translated here.
 */
#include "source/pg/sqlstate.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct state {
    const char *prefix;         /* start of the SQLSTATE; the first entry that fits counts */
    enum err_class class;
    /* what to do if this refuses a connection; NULL: nothing more to say */
    const char *todo;
} states[] = {
    { "08P01", ERR_CONFIG,
      "a pooler that does not pass replication or startup options on stands between: point "
      "source.conninfo at "
      "the server itself" },
    { "08", ERR_RETRY, NULL }, /* connection exceptions */
    { "0A", ERR_CONFIG,
      "the server, or a pooler before it, does not offer this: point source.conninfo at a "
      "PostgreSQL server" },
    { "22", ERR_DATA, NULL },     /* a value that cannot be sent in the form that was asked for */
    { "25006", ERR_RETRY, NULL }, /* read-only: what is a standby now may be promoted */
    { "25P03", ERR_RETRY, NULL }, /* idle in a transaction for too long */
    { "25P04", ERR_RETRY, NULL }, /* a transaction's time-out */
    { "28000", ERR_CONFIG,
      "that server's pg_hba.conf needs a line for this user, database, "
      "address and encryption (docs/security.md), or source.conninfo names another than was meant; "
      "the role needs LOGIN" },
    { "28", ERR_CONFIG,
      "look at user and password in source.conninfo, at the role (LOGIN, VALID UNTIL) "
      "and at the server's pg_hba.conf" },
    { "3D", ERR_CONFIG, "look at dbname in source.conninfo" },
    { "3F", ERR_CONFIG, NULL },
    /* conflicts, of a standby's queries with its replay too */
    { "40", ERR_RETRY, NULL },
    { "42501", ERR_CONFIG,
      "the role needs REPLICATION (ALTER ROLE ... REPLICATION), and CONNECT on the database" },
    { "42", ERR_CONFIG, NULL }, /* something is missing or not allowed */
    { "53300", ERR_RETRY,
      "the server, the database or the role has no connection left: look at "
      "max_connections, and at the CONNECTION LIMIT of the two" },
    { "53400", ERR_CONFIG, NULL }, /* a limit of the configuration */
    { "53", ERR_RETRY, NULL },     /* connections, memory, disk */
    { "55006", ERR_RETRY, NULL },  /* in use */
    { "55P03", ERR_RETRY, NULL },  /* locked */
    /* shutdown, start, or a cancel by an administrator or a time-out */
    { "57", ERR_RETRY, NULL },
    /* a function or trigger of the database's owner raised it */
    { "P0", ERR_CONFIG, NULL },
};

static const struct state *pg_state_of(const char *state)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strncmp(state, states[i].prefix, strlen(states[i].prefix)) == 0)
            return &states[i];
    return NULL;
}

enum err_class pg_sqlstate_class(const char *state)
{
    if (!state)
        return ERR_RETRY;
    const struct state *s = pg_state_of(state);
    return s ? s->class : ERR_FATAL;
}

static bool has_one_of(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}
#define HAS_ONE_OF(text, words) has_one_of(text, words, sizeof words / sizeof *words)

/*
 * PgBouncer sends almost everything as 08P01, in English. True for what its server or its limits
 * will mend.
 */
static bool pg_pooler_waits(const char *text)
{
    static const char *const passing[] = { "login", "connect", "timeout", "crash",
                                           "shut",  "paused",  "closed" };
    return HAS_ONE_OF(text, passing);
}

/*
 * libpq's own texts that need a change. They are in the C locale's language: this program sets no
 * other.
 */
static bool libpq_wants_change(const char *text)
{
    static const char *const own[] = {
        "certificate verify failed",
        "server certificate for",
        "does not match host name",
        "root certificate file",
        "could not read certificate",
        "private key file",
        "certificate file",
        "does not support SSL",
        "no password supplied",
        "channel binding",
        "authentication method",
        "authentication requested",
        "invalid sslmode",
        "invalid port",
        "invalid integer",
        "definition of service",
        "service file",
        "SSL connection is required",
        "tlsv1 alert unknown ca",
        "tlsv13 alert certificate required",
        "handshake failure",
        "not supported by this build",
        "sslmode value",
    };
    return HAS_ONE_OF(text, own);
}

#define HAND_OVER "the password is handed over to a server whose certificate was checked only: " \
    "in source.conninfo, sslmode=verify-full, or require_auth=password where that is meant"

#define GIVE_ONE "give one in source.conninfo: passfile=FILE, which libpq reads with mode 600 " \
    "only, or password="

#define UNVERIFIED "look at sslrootcert in source.conninfo (the certificate of the CA that " \
    "signed the server's), at the dates of the server's certificate and at this host's clock"

#define LOOK_AT "look at host and port in source.conninfo: "

static const char *libpq_todo(const char *text)
{
    static const char *const unknown[] = { "certificate verify failed", "root certificate file" };
    static const char *const missing[] = { "no password supplied" };
    static const char *const handed_over[] = { "\"!password\"" };
    static const char *const named[] = { "server certificate for", "does not match host name" };
    static const char *const away[] = {
        "could not translate host name", "Connection refused", "timeout expired", "timed out",
        "No route to host", "unreachable", "No such file or directory",
    };
    static const char *const strange[] = {
        "invalid response to SSL negotiation", "expected authentication request",
    };
    static const char *const words[] = {
        "sslmode value", "invalid sslmode", "invalid port", "invalid integer",
    };
    return HAS_ONE_OF(text, unknown) ? UNVERIFIED
           : HAS_ONE_OF(text, named)
               ? "look at host in source.conninfo: it must be a name of the server's certificate"
           : HAS_ONE_OF(text, missing)     ? GIVE_ONE
           : HAS_ONE_OF(text, handed_over) ? HAND_OVER
           : HAS_ONE_OF(text, words)       ? "mend that word of source.conninfo"
           : HAS_ONE_OF(text, strange)     ? LOOK_AT "is it PostgreSQL that listens there?"
           : HAS_ONE_OF(text, away)        ? LOOK_AT "does that server run?"
                                           : NULL;
}

/*
 * The SQLSTATE in a line "FATAL:  28P01: text": severity (in any language), colon, two blanks,
 * SQLSTATE. NULL: this line has none.
 */
static const char *state_in(const char *line, const char *end)
{
    for (const char *p = line; p + 10 <= end; p++) {
        if (memcmp(p, ":  ", 3) || memcmp(p + 8, ": ", 2))
            continue;
        int n = 0;
        while (n < 5 && (isdigit((unsigned char)p[3 + n]) || isupper((unsigned char)p[3 + n])))
            n++;
        if (n == 5)
            return p + 3;
    }
    return NULL;
}

bool pg_is_servers_refusal(const char *text)
{
    return strstr(text, ":  ") != NULL;
}

struct refusal {
    enum err_class class;       /* NONE: nothing was read yet */
    const char *todo;
    char text[800];
};

static void add_text(struct refusal *r, const char *from, const char *to, const char *between)
{
    size_t n = strlen(r->text);
    snprintf(r->text + n, sizeof r->text - n, "%s%.*s", n ? between : "", (int)(to - from), from);
}

/* RETRY counts for all hosts if it counts for one: time may mend that host. */
static void add_class(struct refusal *r, enum err_class class, const char *todo)
{
    if (r->class == ERR_NONE || class == ERR_RETRY) {
        r->class = class;
        r->todo = todo;
    }
}

static void add_line(struct refusal *r, const char *line, const char *end)
{
    char copy[512], code[6] = "";
    const char *state = state_in(line, end);
    snprintf(copy, sizeof copy, "%.*s", (int)(end - line), line);
    if (!state) {
        if (r->class != ERR_NONE && strncmp(copy, "connection to ", 14) != 0)
            return;             /* DETAIL, HINT, LOCATION, or a question of libpq's */
        add_class(r, libpq_wants_change(copy) ? ERR_CONFIG : ERR_RETRY, libpq_todo(copy));
        add_text(r, line, end, "; ");
        return;
    }
    memcpy(code, state, 5);
    const struct state *s = pg_state_of(code);
    bool passing = s && strcmp(s->prefix, "08P01") == 0 && pg_pooler_waits(state + 7);
    /*
     * Before there is a session nothing was promised. So a state that time is not known to mend is
     * for the operator.
     */
    add_class(r, passing || (s && s->class == ERR_RETRY) ? ERR_RETRY : ERR_CONFIG,
              s && !passing ? s->todo : NULL);
    add_text(r, line, state - 2, "; ");
    add_text(r, state + 7, end, " ");
    snprintf(copy, sizeof copy, "(SQLSTATE %s)", code);
    add_text(r, copy, copy + strlen(copy), " ");
}

int pg_refusal(const char *text, struct err *err)
{
    struct refusal r = { .class = ERR_NONE };
    for (const char *line = text; *line;) {
        const char *end = line + strcspn(line, "\n");
        if (end > line)
            add_line(&r, line, end);
        line = *end ? end + 1 : end;
    }
    return err_set(err, r.class == ERR_CONFIG ? ERR_CONFIG : ERR_RETRY,
                   "cannot connect to PostgreSQL: %s%s%s", r.text, r.todo ? " -> " : "",
                   r.todo ? r.todo : "");
}
