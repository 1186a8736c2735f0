#ifndef TAILRACE_ENCODE_CHOICES_H
#define TAILRACE_ENCODE_CHOICES_H
#include "encode/plan.h"

/* What columns.* and topics.route choose for a table; NULL choices choose nothing. */
enum edit_kind { EDIT_HASH, EDIT_HASH_V1, EDIT_MASK, EDIT_TRUNCATE };

struct column_edit {
    enum edit_kind kind;
    /* EDIT_MASK: asterisks. EDIT_TRUNCATE: characters, as UTF-16 counts them */
    int length;
    const char *algorithm, *salt;   /* EDIT_HASH, EDIT_HASH_V1 */
};

/* 1: records take the column; 0: they do not; -1: err, as pattern_matches() says. */
int choices_take_column(const struct choices *c, const struct table *t, const struct column *col,
                        struct err *err) must_check;
/* *ret NULL: no edit. */
int choices_edit(const struct choices *c, const struct table *t, const struct column *col,
                 const struct column_edit **ret, struct err *err) must_check;

/* The columns of the table's key, from columns.key or the table's own. key: gets indexes into
 * t->cols, has room for t->ncols. */
int choices_key(const struct choices *c, const struct table *t, uint16_t *key, uint16_t *ret_n,
                struct err *err) must_check;

/* The column's name in records, before it is made an Avro name: from columns.rename, or its own.
 * Lives in the arena, or with the column. */
int choices_name(const struct choices *c, struct arena *a, const struct table *t,
                 const struct column *col, const char **ret, struct err *err) must_check;

/* The topic's name after topics.route; in the arena. *ret NULL: the route gives no usable name. */
int choices_topic(const struct choices *c, struct arena *a, const char *topic, const char **ret,
                  struct err *err) must_check;

/* Whether an edit changes this column's values. (The schema names the edit for every column that
 * its pattern takes.) */
bool edit_applies(const struct column_edit *e, const struct column *col, bool is_string);

/* Edits the Avro string from mark to the end of out in place. A hash is cut to the column's
 * length. */
void edit_string(const struct column_edit *e, const struct column *col, size_t mark,
                 struct buf *out);
#endif
