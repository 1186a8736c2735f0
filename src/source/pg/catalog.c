#include "source/pg/catalog.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/pg/types.h"

/* Of columns want(rel, ord, name, typ, typmod). Domains are followed to their base type; an array is known by its element. */
static const char columns_sql[] =
    ", chain(rel, ord, oid, typmod, must) AS ("
    "  SELECT rel, ord, typ, typmod, false FROM want"
    "  UNION ALL SELECT c.rel, c.ord, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE c.typmod END, c.must OR t.typnotnull"
    "  FROM chain c JOIN pg_type t ON t.oid = c.oid WHERE t.typtype = 'd'),"
    " labels(typ, joined, list) AS (SELECT enumtypid, string_agg(enumlabel, ',' ORDER BY enumsortorder),"
    "   string_agg(enumlabel, chr(1) ORDER BY enumsortorder) FROM pg_enum GROUP BY 1)"
    " SELECT w.ord, coalesce(a.attnotnull, false) OR c.must, b.oid, b.typtype, b.typname, c.typmod, w_t.typsend <> 0,"
    "   CASE WHEN b.typcategory = 'A' THEN b.typelem ELSE 0 END, e.typtype, e.typname, l.joined, l.list,"
    "   CASE WHEN a.attidentity = '' AND a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,"
    "   format_type(w.typ, w.typmod), w_t.typtype = 'd', a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%',"
    "   a.attgenerated <> '', pg_get_expr(d.adbin, d.adrelid), said.description, a.attnum, w.rel, w.name"
    " FROM want w JOIN pg_type w_t ON w_t.oid = w.typ"
    " JOIN chain c ON c.rel = w.rel AND c.ord = w.ord JOIN pg_type b ON b.oid = c.oid AND b.typtype <> 'd'"
    " LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'"
    " LEFT JOIN labels l ON l.typ = CASE WHEN b.typtype = 'e' THEN b.oid ELSE e.oid END"
    " LEFT JOIN pg_attribute a ON a.attrelid = w.rel AND a.attname = w.name AND NOT a.attisdropped"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " LEFT JOIN pg_description said ON said.objoid = a.attrelid AND said.classoid = 'pg_class'::regclass AND said.objsubid = a.attnum"
    " ORDER BY w.rel, w.ord";

enum {
    C_ORD, C_NOTNULL, C_BASE, C_KIND, C_NAME, C_TYPMOD, C_SEND, C_ELEM, C_ELEM_KIND, C_ELEM_NAME, C_LABELS, C_LABEL_LIST, C_DEFAULT,
    C_FORMAT, C_DOMAIN, C_AUTO, C_GENERATED, C_EXPRESSION, C_COMMENT, C_NUMBER, C_REL, C_COLUMN
};

static void want_list(struct buf *q, const struct pg_relation *m, struct cursor columns)
{
    buf_str(q, "WITH RECURSIVE want(rel, ord, name, typ, typmod) AS (VALUES ");
    for (uint16_t i = 0; i < m->ncols; i++) {
        struct pg_rel_column c = pg_proto_rel_column(&columns);
        buf_printf(q, "%s(%u::oid, %u, ", i ? ", " : "", m->oid, i);
        pg_literal(q, c.name);
        buf_printf(q, "::name, %u::oid, %d)", c.type_oid, c.typmod);
    }
    buf_str(q, ")");
}

static enum col_type meaning(uint32_t oid, const char *kind, const char *name)
{
    return *kind == 'e' ? COL_ENUM : pg_type_meaning(oid, name);
}

static bool number(const char *s)
{
    size_t n = strspn(s, "0123456789.");
    return n && (!s[n] || ((s[n] == 'e' || s[n] == 'E') && strspn(s + n + 1, "+-0123456789") == strlen(s + n + 1)));
}

/* 'text'::type, with '' for a quote inside. NULL when it is more than that. */
static const char *quoted_literal(const char *s, struct arena *a)
{
    char *out = arena_alloc(a, strlen(s) + 1), *to = out;
    for (s++; *s; s++) {
        if (*s == '\'' && *++s != '\'')
            break;
        *to++ = *s;
    }
    *to = 0;
    if (*s && strncmp(s, "::", 2) != 0)
        return NULL;
    return strpbrk(s, "|+*/<>=") ? NULL : out;
}

/* The inside of "(...)::type", and what is not of that form as it is: a cast says no more than the column's type. */
static char *uncast(char *s)
{
    int depth = 0;
    bool quoted = false;
    for (char *p = s; *s == '(' && *p; p++) {
        quoted ^= *p == '\'';
        depth += quoted ? 0 : *p == '(' ? 1 : *p == ')' ? -1 : 0;
        if (depth || strncmp(p + 1, "::", 2) != 0 || strpbrk(p + 3, "|+*/<>=("))
            continue;
        *p = 0;
        return uncast(s + 1);
    }
    return s;
}

/* Reads what pg_get_expr() prints: a literal, a call, or something a schema cannot say. */
static void read_default(struct column *col, const char *s, struct arena *a)
{
    char *copy = uncast(arena_strdup(a, s));
    size_t n = strlen(copy);
    if (n > 2 && copy[0] == '(' && copy[n - 1] == ')' && copy[1] == '-' && !memchr(copy + 1, '(', n - 1)) {
        copy[n - 1] = 0;
        copy++;
    }
    if (strncmp(copy, "NULL::", 6) == 0 || strcmp(copy, "NULL") == 0)
        return;
    const char *literal = NULL;
    if (*copy == '\'' || (*copy == 'B' && copy[1] == '\''))
        literal = quoted_literal(copy + (*copy == 'B'), a);
    else if (number(copy + (*copy == '-')))
        literal = copy;
    else if (strcmp(copy, "true") == 0 || strcmp(copy, "false") == 0)
        literal = *copy == 't' ? "t" : "f";
    col->default_text = literal;
    bool call = isalpha((unsigned char)*copy) || *copy == '_' || *copy == '"';
    col->default_kind = literal ? DEFAULT_LITERAL : call ? DEFAULT_COMPUTED : DEFAULT_NONE;
}

void pg_column_meaning(struct column *c, int length, int scale, struct arena *a)
{
    const char *name = c->about->type ? c->about->type : "";
    c->is_array = *name == '_';
    c->type = c->nlabels ? COL_ENUM : pg_type_meaning(0, name + c->is_array);
    c->form = FORM_PG_TEXT;
    c->has_scale = c->type == COL_DECIMAL && length >= 0;
    bool fraction = c->type == COL_TIME || c->type == COL_TIMETZ || c->type == COL_TIMESTAMP || c->type == COL_TIMESTAMPTZ;
    c->precision = (int16_t)(c->has_scale || fraction ? length : -1);
    c->scale = (int16_t)(c->has_scale ? scale : 0);
    c->length = (c->type == COL_TEXT || c->type == COL_BIT) && length > 0 ? length : 0;
    if (c->about->default_expression && !c->about->auto_increment && !c->about->generated && strcmp(name, "citext") != 0)
        read_default(c, c->about->default_expression, a);
}

static const char *text_or_null(PGresult *r, int row, int field, struct arena *a)
{
    return PQgetisnull(r, row, field) ? NULL : arena_strdup(a, PQgetvalue(r, row, field));
}

static void read_about(PGresult *r, int row, struct column *col, struct arena *a)
{
    struct column_about *about = arena_alloc(a, sizeof *about);
    *about = (struct column_about){
        .type = text_or_null(r, row, C_NAME, a), .native = (uint32_t)strtoul(PQgetvalue(r, row, C_BASE), NULL, 10),
        .default_expression = text_or_null(r, row, C_EXPRESSION, a), .comment = text_or_null(r, row, C_COMMENT, a),
        .auto_increment = PQgetvalue(r, row, C_AUTO)[0] == 't', .generated = PQgetvalue(r, row, C_GENERATED)[0] == 't',
        .number = (int)strtol(PQgetvalue(r, row, C_NUMBER), NULL, 10),
    };
    col->about = about;
}

/* Labels come joined by chr(1): a comma may stand in one. */
static void read_labels(PGresult *r, int row, struct column *col, struct arena *a)
{
    char *text = arena_strdup(a, PQgetvalue(r, row, C_LABEL_LIST));
    size_t n = *text != 0;
    for (const char *c = text; *c; c++)
        n += *c == 1;
    struct slice *labels = arena_alloc(a, (n + 1) * sizeof *labels);
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(text, "\1");
        labels[i] = slice_of(text, len);
        text += len + 1;
    }
    col->labels = labels;
    col->nlabels = (uint16_t)n;
}

static void read_column(PGresult *r, int row, bool binary, struct column *col, struct arena *a)
{
    uint32_t elem = (uint32_t)strtoul(PQgetvalue(r, row, C_ELEM), NULL, 10);
    col->is_array = elem != 0;
    col->type = elem ? meaning(elem, PQgetvalue(r, row, C_ELEM_KIND), PQgetvalue(r, row, C_ELEM_NAME))
                     : meaning((uint32_t)strtoul(PQgetvalue(r, row, C_BASE), NULL, 10), PQgetvalue(r, row, C_KIND),
                               PQgetvalue(r, row, C_NAME));
    col->type_name = arena_strdup(a, PQgetvalue(r, row, C_FORMAT));
    col->nullable = PQgetvalue(r, row, C_NOTNULL)[0] != 't';
    col->form = binary && PQgetvalue(r, row, C_SEND)[0] == 't' ? FORM_PG_BINARY : FORM_PG_TEXT;
    pg_type_modifier(col, (int32_t)strtol(PQgetvalue(r, row, C_TYPMOD), NULL, 10));
    read_about(r, row, col, a);
    if (col->type == COL_ENUM) {
        col->enum_allowed = arena_strdup(a, PQgetvalue(r, row, C_LABELS));
        read_labels(r, row, col, a);
    }
    /* The connector says nothing of the defaults of domains and of citext. */
    bool said = PQgetvalue(r, row, C_DOMAIN)[0] != 't' && strcmp(PQgetvalue(r, row, C_NAME), "citext") != 0;
    if (said && !PQgetisnull(r, row, C_DEFAULT))
        read_default(col, PQgetvalue(r, row, C_DEFAULT), a);
}

int pg_catalog_columns(PGconn *sql, const struct pg_relation *m, struct cursor columns, bool binary,
                       struct column *cols, struct arena *a, struct err *err)
{
    if (!m->ncols)
        return 0;
    struct buf q = { 0 };
    want_list(&q, m, columns);
    buf_str(&q, columns_sql);
    PGresult *r = pg_exec(sql, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    if (!r)
        return -1;
    for (int row = 0; row < PQntuples(r); row++)
        read_column(r, row, binary, &cols[strtoul(PQgetvalue(r, row, C_ORD), NULL, 10)], a);
    int found = PQntuples(r);
    PQclear(r);
    if (found != m->ncols)
        return err_set(err, ERR_RETRY, "a column's type is no longer in the catalog (%d of %u found)", found, m->ncols);
    return 0;
}

PGresult *pg_catalog_all_columns(PGconn *sql, const char *want, struct err *err)
{
    struct buf q = { 0 };
    buf_printf(&q, "WITH RECURSIVE want(rel, ord, name, typ, typmod) AS MATERIALIZED (%s)", want);
    buf_str(&q, columns_sql);
    PGresult *r = pg_exec(sql, buf_cstr(&q), PGRES_TUPLES_OK, err);
    buf_done(&q);
    return r;
}

uint32_t pg_catalog_row_relation(PGresult *r, int row)
{
    return (uint32_t)strtoul(PQgetvalue(r, row, C_REL), NULL, 10);
}

void pg_catalog_row_column(PGresult *r, int row, struct column *col, struct arena *a)
{
    col->name = arena_strdup(a, PQgetvalue(r, row, C_COLUMN));
    read_column(r, row, false, col, a);
}

/* Rows (relation, key column), in key order, of the relations that the condition takes. */
static PGresult *query_keys(PGconn *sql, const char *relations, const char *identity_first, struct err *err)
{
    return pg_query(sql, err,
        "WITH i AS (SELECT DISTINCT ON (indrelid) i.* FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE %s"
        "  AND indisunique AND indisvalid AND indpred IS NULL"
        "  AND indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid"
        "    AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AND NOT a.attnotnull)"
        "  ORDER BY indrelid, %s indisprimary DESC, indexrelid)"
        " SELECT i.indrelid, a.attname FROM i CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1])"
        "  WITH ORDINALITY k(num, ord)"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num ORDER BY i.indrelid, k.ord", relations, identity_first);
}

PGresult *pg_catalog_all_keys(PGconn *sql, const char *relations, struct err *err)
{
    struct buf which = { 0 };
    buf_printf(&which, "indrelid IN (SELECT oid FROM (%s) r)", relations);
    PGresult *r = query_keys(sql, buf_cstr(&which), "(c.relreplident = 'i' AND indisreplident) DESC,", err);
    buf_done(&which);
    return r;
}

int pg_catalog_key(PGconn *sql, const struct pg_relation *m, const struct column *cols, uint16_t *ret_key,
                   uint16_t *ret_nkey, struct err *err)
{
    char one[48];
    snprintf(one, sizeof one, "indrelid = %u", m->oid);
    PGresult *r = query_keys(sql, one, m->identity == 'i' ? "indisreplident DESC," : "", err);
    if (!r)
        return -1;
    *ret_nkey = 0;
    for (int row = 0; row < PQntuples(r); row++) {
        for (uint16_t i = 0; i < m->ncols; i++)
            if (strcmp(cols[i].name, PQgetvalue(r, row, 1)) == 0)
                ret_key[(*ret_nkey)++] = i;
    }
    if (*ret_nkey != PQntuples(r))
        *ret_nkey = 0;      /* a key column is not published: there is no key on the wire */
    PQclear(r);
    return 0;
}

static void put_be(struct buf *out, uint32_t v, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        buf_u8(out, (uint8_t)(v >> shift));
}

static void put_cstr(struct buf *out, const char *s)
{
    buf_put(out, s, strlen(s) + 1);
}

int pg_catalog_relation(PGconn *sql, uint32_t oid, const char *publication, struct buf *ret_message, struct err *err)
{
    struct buf pub = { 0 };
    pg_literal(&pub, publication);
    PGresult *r = pg_query(sql, err,
        "SELECT n.nspname, c.relname, c.relreplident, a.attname, a.atttypid, a.atttypmod,"
        "  c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid"
        "    AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END"
        "    AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_publication_tables p ON p.pubname = %s AND p.schemaname = n.nspname AND p.tablename = c.relname"
        " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        "  AND a.attname = ANY (p.attnames) WHERE c.oid = %u ORDER BY a.attnum", buf_cstr(&pub), oid);
    buf_done(&pub);
    if (!r)
        return -1;
    int n = PQntuples(r);
    if (!n) {
        PQclear(r);
        return err_set(err, ERR_RETRY, "table with oid %u is no longer published", oid);
    }
    put_be(ret_message, oid, 4);
    put_cstr(ret_message, strcmp(PQgetvalue(r, 0, 0), "pg_catalog") ? PQgetvalue(r, 0, 0) : "");
    put_cstr(ret_message, PQgetvalue(r, 0, 1));
    buf_u8(ret_message, (uint8_t)PQgetvalue(r, 0, 2)[0]);
    n = PQgetisnull(r, 0, 3) ? 0 : n;       /* a table without columns is one, too */
    put_be(ret_message, (uint32_t)n, 2);
    for (int i = 0; i < n; i++) {
        buf_u8(ret_message, PQgetvalue(r, i, 6)[0] == 't');
        put_cstr(ret_message, PQgetvalue(r, i, 3));
        put_be(ret_message, (uint32_t)strtoul(PQgetvalue(r, i, 4), NULL, 10), 4);
        put_be(ret_message, (uint32_t)strtol(PQgetvalue(r, i, 5), NULL, 10), 4);
    }
    PQclear(r);
    return 0;
}
