#ifndef TAILRACE_SOURCE_MYSQL_DDL_ALTER_H
#define TAILRACE_SOURCE_MYSQL_DDL_ALTER_H
#include "source/mysql/ddl/draft.h"

/*
 * The server does not apply an ALTER TABLE's clauses one after the other
 * (mysql_prepare_alter_table() in sql_table.cc). A name on the left side means the table as it was.
 * First, columns are dropped, and others change in place. Then, in the order of the clauses,
 * columns are added and moved. AFTER names a column by its new name.
 */
enum ddl_change_kind {
    DROP_COLUMN,
    DROP_INDEX,
    DROP_FOREIGN_KEY,
    RENAME_COLUMN,
    RENAME_INDEX,
    SET_DEFAULT,
    SET_INVISIBLE
};

struct ddl_change {
    enum ddl_change_kind kind;
    const char *name, *to;
    struct ddl_default value;
    bool invisible;
    bool if_exists;
};

struct ddl_alter {
    struct ddl_draft old;       /* the table as it was */
    struct ddl_draft wanted;    /* columns and indexes that clauses define */
    struct ddl_change *changes;
    size_t nchanges, cap;
    struct ddl_options options;
    struct ddl_text convert;
    bool converts;
    bool converts_out;          /* CONVERT PARTITION .. TO TABLE */
    bool drops_versions, drops_period;
};

/* Makes the new definition, in the parser's arena. */
int ddl_alter_apply(struct ddl_alter *a, const struct mysql_schema *schema,
                    struct mysql_table_def *ret) must_check;
#endif
