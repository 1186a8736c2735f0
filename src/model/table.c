/* What every reader of tables owes to those that encode their rows. */
#include "model/table.h"
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

/* PostgreSQL: numeric(1000), scale from -1000; bit(83886080). MySQL: DECIMAL(65,38), BIT(64),
 * BINARY(255), 64 labels of a SET. */
enum { PG_DIGITS = 1000, PG_BITS = 83886080, MYSQL_DIGITS = 65, MYSQL_SCALE = 38, MYSQL_BITS = 64,
       MYSQL_PAD = 255, MYSQL_SET = 64 };

static const char *check_decimal(const struct column *c, bool mysql)
{
    int most = mysql ? MYSQL_DIGITS : PG_DIGITS, scale = mysql ? MYSQL_SCALE : PG_DIGITS;
    if ((c->has_scale || mysql) && (c->precision < -1 || c->precision > most))
        return "a precision that no decimal has";
    if ((c->has_scale || mysql) && (c->scale > scale || c->scale < (mysql ? 0 : -scale)))
        return "a scale that no decimal has";
    return NULL;
}

static const char *check_labels(const struct column *c, bool mysql)
{
    if (c->type == COL_SET && mysql && c->nlabels > MYSQL_SET)
        return "more labels than a SET has";
    for (uint16_t i = 0; i < c->nlabels; i++)
        if (!c->labels || (c->labels[i].n && !c->labels[i].p))
            return "a label that is missing";
    return NULL;
}

/* What is wrong; NULL: nothing. */
static const char *check_column(const struct column *c)
{
    bool mysql = c->form == FORM_BINLOG || c->form == FORM_MYSQL_TEXT;
    if (!c->type_name)
        return "no name of its type";
    if ((unsigned)c->type >= COL_TYPES || (unsigned)c->form >= CELL_FORMS)
        return "a type that is none";
    if (c->length < 0 || (c->type == COL_BIT && c->length > (mysql ? MYSQL_BITS : PG_BITS)))
        return "a length that its type cannot have";
    if (mysql && c->pad > MYSQL_PAD)
        return "a padding that no column has";
    if (c->default_kind == DEFAULT_LITERAL && !c->default_text)
        return "a literal default without its text";
    bool hex = mysql && c->type == COL_BYTES && c->default_kind == DEFAULT_LITERAL &&
               strncmp(c->default_text, "0x", 2) == 0;
    if (hex && strlen(c->default_text) % 2)
        return "a default of half a byte";
    const char *what = c->type == COL_DECIMAL ? check_decimal(c, mysql) : NULL;
    return what ? what : check_labels(c, mysql);
}

static int check_key(const struct table *t, struct err *err)
{
    bool *seen = xcalloc((size_t)t->ncols + 1, sizeof *seen);
    int rc = 0;
    for (uint16_t i = 0; i < t->nkey && !rc; i++) {
        if (t->key[i] >= t->ncols || seen[t->key[i]])
            rc = err_set(err, ERR_DATA,
                         "table %s.%s: its key names a column twice, or one that it has "
                         "not",
                         t->schema, t->name);
        else
            seen[t->key[i]] = true;
    }
    free(seen);
    return rc;
}

int table_valid(const struct table *t, struct err *err)
{
    if (!t->schema || !t->name)
        return err_set(err, ERR_DATA, "a table has no schema or no name");
    if ((t->ncols && !t->cols) || t->nkey > t->ncols || (t->nkey && !t->key))
        return err_set(err, ERR_DATA, "table %s.%s: its key has more columns than the table",
                       t->schema, t->name);
    for (uint16_t i = 0; i < t->ncols; i++) {
        const struct column *c = &t->cols[i];
        const char *what = c->name ? check_column(c) : "no name";
        if (what)
            return err_set(err, ERR_DATA, "table %s.%s: column %u (%s) has %s", t->schema, t->name,
                           i + 1u, c->name ? c->name : "?", what);
    }
    return check_key(t, err);
}
