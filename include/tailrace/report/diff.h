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
    /* Of Avro schemas, below the columns or around them: column is the path. */
    CHANGE_FIELD_ADDED,
    CHANGE_FIELD_REMOVED,
    CHANGE_NAME,
    CHANGE_ALIASES
};

struct change {
    enum change_kind kind;
    const char *column;         /* NULL: of the table; renamed: the old name */
    const char *from, *to;      /* NULL: nothing there */
    int sure;                   /* of a guess, percent; 0: no guess */
    const char *why;            /* of a guess */
};

/* What a reader of one schema makes of data of the other. */
enum direction {
    BACKWARD /* new readers, old data */,
    FORWARD /* old readers, new data */,
    DIRECTIONS
};
struct reason {
    enum direction direction;
    enum plan_part part;
    enum avro_reading what;
    int version;                /* registered version that it concerns; 0: the old side itself */
    const char *path, *why;
};

struct verdict {
    bool known;                 /* both sides have a schema */
    /* against the latest; against every version (transitive) */
    enum avro_reading latest[DIRECTIONS], all[DIRECTIONS];
};

/* What stands around a table's topic; filled by whoever can ask. */
struct topic_facts {
    /* compatibility in force of key and value subject; NULL: not known */
    const char *level[2];
    const char *const *registered[2];   /* every version of the subject, oldest first */
    const int *versions[2];
    size_t nregistered[2];
    const char *const *readers; /* "group (3 members)"; */
    size_t nreaders;
    bool readers_known;         /* Kafka was asked */
};

enum impact { IMPACT_NONE, IMPACT_COMPATIBLE, IMPACT_BREAKING };
enum table_state { TABLE_STAYS, TABLE_ADDED, TABLE_REMOVED, TABLE_RENAMED };

/* One thing to do, and the text to run or paste, where there is one. */
struct step_to_do { const char *what, *language, *text; };

struct table_diff {
    enum table_state state;
    struct side_table *old, *new;
    int sure;                   /* TABLE_RENAMED: percent */
    const char *why;
    const struct change *changes, *fields;  /* of the catalog; of the Avro value */
    size_t nchanges, nfields;
    struct topic_facts facts;
    struct verdict key, value;
    const struct reason *reasons;
    size_t nreasons;
    const char *level;          /* what was asked of the verdict */
    enum impact impact;
    const struct step_to_do *steps;
    size_t nsteps;
};

struct diff {
    struct arena *a;
    struct side *old, *new;
    /* source and copy: types are held against what a sink makes of them */
    bool across;
    /* two kinds of database: types are held against each other by what they mean */
    bool foreign;
    /* one side is what MySQL's records say: comments and expressions are not looked at */
    bool recorded;
    bool by_name;               /* no schema is on both sides: tables of one name are one table */
    /* at two times, or two of its servers: the catalog's numbers mean the same */
    bool one_database;
    const char *note;           /* what a reader of the report has to know; NULL: nothing */
    struct table_diff *tables;  /* those that differ */
    size_t n, same;
    size_t impacts[3];
    enum impact impact;
};

struct diff_options {
    const struct encode_options *enc;
    const char *level;          /* NULL: the registry's, else BACKWARD */
    const char *feed_config;    /* for commands to be shown; NULL: none */
    const char *registry_url;   /* the same */
};

struct diff *diff_compare(struct arena *a, struct side *old, struct side *new,
                          const struct diff_options *opt);
/* After the facts are in: verdicts, impact, next steps. */
int diff_judge(struct arena *a, struct diff *d, const struct diff_options *opt,
               struct err *err) must_check;

/* Whether the verdict holds at this level (BACKWARD, FULL_TRANSITIVE ...). A value that would be
 * misread does not hold. */
bool verdict_holds(const struct verdict *v, const char *level);
const char *verdict_word(const struct verdict *v, const char *level);   /* "yes", "no", "misread" */
bool table_key_changed(const struct table_diff *t);
/* whose subjects and readers count: the one that is read now; NULL: none known */
const char *diff_topic(const struct table_diff *t);
extern const char *const compatibility_levels[];    /* without NONE; ends with NULL */

/* What the sink's table looks like in this dialect: CREATE TABLE. */
void sink_ddl(const struct table *t, enum dialect d, struct buf *out);
/* its schema, if it is not there */
void sink_schema(const struct table *t, enum dialect d, struct buf *out);
/* the one that is there gets another name */
void sink_step_aside(const struct table *t, enum dialect d, struct buf *out);
void sink_type(const struct column *c, enum dialect d, bool key, struct buf *out);

const char *change_word(enum change_kind kind);

/* Renderings. */
struct render_options {
    bool colour;
    bool ddl;                   /* text: with the sinks' tables */
    const char *made;           /* when, for people */
};
void diff_text(const struct diff *d, const struct render_options *opt, struct buf *out);
void diff_json(const struct diff *d, struct buf *out);
void diff_markdown(const struct diff *d, struct buf *out);
void diff_html(const struct diff *d, const struct render_options *opt, struct buf *out);
/* Prometheus' text format */
void diff_metrics(const struct diff *d, int64_t now_s, struct buf *out);
#endif
