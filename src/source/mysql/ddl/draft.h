#ifndef TAILRACE_SOURCE_MYSQL_DDL_DRAFT_H
#define TAILRACE_SOURCE_MYSQL_DDL_DRAFT_H
#include "source/mysql/ddl/column.h"

/* A table while a statement makes or changes it. Indexes refer to columns by name. */
struct ddl_part {
    const char *column;
    bool sized; int64_t length;
    bool period;                /* MariaDB: column is a period's name, WITHOUT OVERLAPS */
};

struct ddl_index {
    const char *name;           /* NULL: ddl_draft_finish() makes one up */
    bool unique, fulltext, primary;
    bool functional;            /* a part is an expression */
    bool overlaps;              /* a part is a period that its columns have not replaced yet */
    bool without_overlaps;      /* WITHOUT OVERLAPS */
    bool if_not_exists;
    bool hash;                  /* USING HASH */
    struct ddl_part *parts;
    uint16_t nparts;
};

struct ddl_draft {
    struct ddl_parser *p;
    struct mysql_table_def t;   /* without columns and indexes */
    struct ddl_column *cols;
    struct ddl_index *indexes;
    size_t ncols, nindexes, cols_cap, indexes_cap;
    size_t foreign_cap;         /* room in t.foreign_keys */
    bool versioned;             /* MariaDB: WITH SYSTEM VERSIONING */
    /* MariaDB: columns of PERIOD FOR x (a, b) and of SYSTEM_TIME; they become NOT NULL */
    const char *period[2], *system_period[2];
};

enum { DDL_MAX_COLUMNS = 4096 };

void ddl_draft_from(struct ddl_draft *d, struct ddl_parser *p, const struct mysql_table_def *t);
/* at: at most ncols */
int ddl_draft_add_column(struct ddl_draft *d, const struct ddl_column *c, size_t at) must_check;
int ddl_draft_add_index(struct ddl_draft *d, const struct ddl_index *x) must_check;
/* Adds the index that the column's own definition declares. */
int ddl_draft_add_own_index(struct ddl_draft *d, const struct ddl_column *c) must_check;
int ddl_draft_add_foreign_key(struct ddl_draft *d, const char *name) must_check;
/* NULL: there is none of that name */
struct ddl_column *ddl_draft_column(const struct ddl_draft *d, const char *name);
struct ddl_index *ddl_draft_index(const struct ddl_draft *d, const char *name);
/* Settles the columns: types, character sets, implied defaults. */
int ddl_draft_settle(struct ddl_draft *d) must_check;
/*
 * Settles the remaining columns, names indexes, and sorts them as the server does. The result lives
 * in the parser's arena.
 */
int ddl_draft_finish(struct ddl_draft *d, struct mysql_table_def *ret) must_check;

/*
 * Reads an element of a table that is not a column: adds an index to d, skips a constraint. 1:
 * taken; 0: a column comes; -1: err.
 */
int ddl_element_read(struct ddl_draft *d) must_check;
/* Reads [IF NOT EXISTS] [name] [USING x] (parts) options. */
int ddl_index_read(struct ddl_parser *p, struct ddl_index *x) must_check;
/* Table options up to a clause's end. */
struct ddl_options {
    struct ddl_text text;
    const char *comment;        /* NULL: not said */
    const char *engine;         /* NULL: not said */
    bool versioned;
};
int ddl_options_read(struct ddl_parser *p, struct ddl_options *o) must_check;

int ddl_apply_create(struct ddl_parser *p, const struct ddl *s,
                     struct mysql_schema *schema) must_check;
int ddl_apply_sequence(struct ddl_parser *p, const struct ddl *s,
                       struct mysql_schema *schema) must_check;
int ddl_apply_alter(struct ddl_parser *p, const struct ddl *s,
                    struct mysql_schema *schema) must_check;
#endif
