#ifndef TAILRACE_REPORT_DIFF_H
#define TAILRACE_REPORT_DIFF_H
#include "encode/avro_schema.h"
#include "report/side.h"

enum change_kind {
    CHANGE_COLUMN_ADDED,
    CHANGE_COLUMN_REMOVED,
    CHANGE_COLUMN_RENAMED,
    CHANGE_TYPE,
    CHANGE_NULLABLE,
    CHANGE_DEFAULT,
    CHANGE_KEY,
    CHANGE_ORDER,
    CHANGE_LABELS,
    CHANGE_COMMENT,
    CHANGE_GENERATED,
    /* in Avro schemas, below the columns or around them; column is the path */
    CHANGE_FIELD_ADDED,
    CHANGE_FIELD_REMOVED,
    CHANGE_NAME,
    CHANGE_ALIASES
};

struct change {
    enum change_kind kind;
    const char *column;         /* NULL: the table itself; renamed: the old name */
    const char *from, *to;      /* NULL: nothing there */
    int sure;                   /* percent, for a guess; 0: not a guess */
    const char *why;            /* reason for the guess, or details */
};

/* Which readers read which data. */
enum direction {
    BACKWARD /* new readers, old data */,
    FORWARD /* old readers, new data */,
    DIRECTIONS
};
struct reason {
    enum direction direction;
    enum plan_part part;
    enum avro_reading what;
    int version;                /* the registered version; 0: the old side itself */
    const char *path, *why;
};

struct verdict {
    bool known;                 /* both sides have a schema */
    /* readings against the latest version; against every version (transitive) */
    enum avro_reading latest[DIRECTIONS], all[DIRECTIONS];
};

/* What is known about a table's topic; whoever can ask fills it. */
struct topic_facts {
    /* level in force of the key's and the value's subject; NULL: not known */
    const char *level[2];
    const char *const *registered[2];   /* every version of the subject, oldest first */
    const int *versions[2];
    size_t nregistered[2];
    const char *const *readers; /* names of consumer groups */
    size_t nreaders;
    bool readers_known;         /* Kafka was asked */
};

enum impact { IMPACT_NONE, IMPACT_COMPATIBLE, IMPACT_BREAKING };
enum table_state { TABLE_STAYS, TABLE_ADDED, TABLE_REMOVED, TABLE_RENAMED };

/* One thing to do. text: what to run or paste; NULL: nothing. */
struct step_to_do { const char *what, *language, *text; };

struct table_diff {
    enum table_state state;
    struct side_table *old, *new;
    int sure;                   /* TABLE_RENAMED: percent */
    const char *why;
    const struct change *changes, *fields;  /* in the catalog; in the Avro value */
    size_t nchanges, nfields;
    struct topic_facts facts;
    struct verdict key, value;
    const struct reason *reasons;
    size_t nreasons;
    const char *level;          /* the level that decides the impact */
    enum impact impact;
    const struct step_to_do *steps;
    size_t nsteps;
};

struct diff {
    struct arena *a;
    struct side *old, *new;
    /* source and copy: compares types with what a sink makes of them */
    bool across;
    /* two kinds of database: compares types by what they mean */
    bool foreign;
    /* one side comes from MySQL's records: skips comments and expressions */
    bool recorded;
    bool by_name;               /* no schema is on both sides: compares tables of the same name */
    /* one database at two times, or two of its servers: the catalog's numbers are the same */
    bool one_database;
    const char *note;           /* what a reader of the report must know; NULL: nothing */
    struct table_diff *tables;  /* tables that differ */
    size_t n, same;
    size_t impacts[3];
    enum impact impact;
};

struct diff_options {
    const struct encode_options *enc;
    const char *level;          /* NULL: the subject's, else BACKWARD */
    const char *feed_config;    /* shown in commands; NULL: none */
    const char *registry_url;   /* shown in commands; NULL: none */
};

struct diff *diff_compare(struct arena *a, struct side *old, struct side *new,
                          const struct diff_options *opt);
/* Called when the facts are in: fills verdicts, impact and next steps. */
int diff_judge(struct arena *a, struct diff *d, const struct diff_options *opt,
               struct err *err) must_check;

/* Whether the verdict holds at this level (BACKWARD, FULL_TRANSITIVE ...). It does not hold if a
 * value would be misread. */
bool verdict_holds(const struct verdict *v, const char *level);
const char *verdict_word(const struct verdict *v, const char *level);   /* "yes", "no", "misread" */
bool table_key_changed(const struct table_diff *t);
/* the topic whose subjects and readers count: the one that is read now; NULL: not known */
const char *diff_topic(const struct table_diff *t);
extern const char *const compatibility_levels[];    /* without NONE; ends with NULL */

/* Appends the CREATE TABLE of the sink's table in this dialect. */
void sink_ddl(const struct table *t, enum dialect d, struct buf *out);
/* appends the statement that creates its schema, if the schema is missing */
void sink_schema(const struct table *t, enum dialect d, struct buf *out);
/* appends the statement that gives the present table another name */
void sink_step_aside(const struct table *t, enum dialect d, struct buf *out);
void sink_type(const struct column *c, enum dialect d, bool key, struct buf *out);

const char *change_word(enum change_kind kind);

/* Renderings; each appends to out. */
struct render_options {
    bool colour;
    bool ddl;                   /* text only: with the sinks' tables */
    const char *made;           /* the time, for people */
};
void diff_text(const struct diff *d, const struct render_options *opt, struct buf *out);
void diff_json(const struct diff *d, struct buf *out);
void diff_markdown(const struct diff *d, struct buf *out);
void diff_html(const struct diff *d, const struct render_options *opt, struct buf *out);
/* Prometheus' text format */
void diff_metrics(const struct diff *d, int64_t now_s, struct buf *out);
#endif
