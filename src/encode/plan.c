/* Compiles a table version and the options into a plan: one step per column, schemas, topic. The
 * feed's outlets encode events with it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/evp.h>
#include "base/avro.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "encode/step.h"

static struct slice keep(struct plan *p, struct buf *b)
{
    struct slice s = arena_dup(&p->arena, buf_slice(b));
    buf_done(b);
    return s;
}

/* Reads a text (a default) with the op that reads text: the same code that a row would take. */
static enum op_result from_text(const struct step *s, const char *text, struct buf *out)
{
    struct err ignored;
    struct buf raw = { 0 };
    op_fn *fn = s->op->literal ? s->op->literal
                               : s->op->form[op_of_mysql(s->col) ? FORM_MYSQL_TEXT : FORM_PG_TEXT];
    bool hex = op_of_mysql(s->col) && s->col->type == COL_BYTES && strncmp(text, "0x", 2) == 0;
    if (!hex)
        return fn(s->col, slice_str(text), out, &ignored);
    bool good = buf_unhex(&raw, slice_str(text + 2));
    enum op_result r = good ? fn(s->col, buf_slice(&raw), out, &ignored) : OP_BAD;
    buf_done(&raw);
    return r;
}

/* Zero for a decimal as text, at the column's scale. */
static void put_zero_digits(const struct column *c, struct buf *out)
{
    static const char zero[] = "0.";
    int scale = op_decimal_shape(c).scale;
    bool fixed = c->type == COL_MONEY || (c->has_scale && scale > 0);
    avro_long(out, fixed ? 2 + scale : 1);
    buf_put(out, zero, fixed ? 2 : 1);
    for (int i = 0; fixed && i < scale; i++)
        buf_u8(out, '0');
}

static void put_zero(const struct step *s, struct buf *out)
{
    const struct op *op = s->op;
    bool decimal = s->col->type == COL_DECIMAL || s->col->type == COL_MONEY;
    if (s->col->is_array)
        buf_u8(out, 0);
    else if (decimal && op->avro == AVRO_T_STRING)
        put_zero_digits(s->col, out);
    else if (op->avro == AVRO_T_STRING)
        avro_str(out, op->absent);
    else if (op->avro == AVRO_T_RECORD)
        buf_put(out, op->zero.p, op->zero.n);
    else if (op->avro == AVRO_T_FLOAT || op->avro == AVRO_T_DOUBLE)
        buf_le(out, 0, op->avro == AVRO_T_FLOAT ? 4 : 8);
    else if (op_is_decimal(op))
        avro_bytes(out, slice_of("", 1));
    else
        buf_u8(out, 0);     /* 0, false, no bytes, no elements */
}

/* Sets the body that stands for a null element where elements cannot be null. */
static void settle_absent_item(struct plan *p, struct step *s)
{
    struct column item = *s->col;
    struct step one = *s;
    struct buf b = { 0 };
    item.is_array = false;
    one.col = &item;
    if (s->col->is_array && !array_items_nullable(s))
        put_zero(&one, &b);
    s->absent_item = keep(p, &b);
}

/* The default's digits, filled up to the column's scale, as a row that got the default has them.
 * The server would round any further digits. */
static const char *scaled(const struct column *c, const char *text, struct buf *b)
{
    const char *dot = strchr(text, '.');
    int there = dot ? (int)strlen(dot + 1) : 0,
        scale = c->has_scale ? op_decimal_shape(c).scale : 0;
    buf_printf(b, "%s%s", text, dot || scale <= there ? "" : ".");
    for (; there < scale; there++)
        buf_u8(b, '0');
    return buf_cstr(b);
}

static enum op_result encode_literal(const struct step *s, struct buf *out)
{
    const struct column *c = s->col;
    struct buf digits = { 0 };
    const char *text = c->default_text;
    bool decimal = c->type == COL_DECIMAL && !op_of_mysql(c);
    if (decimal && strpbrk(text, "nN"))
        return OP_NONE;     /* NaN, Infinity: not a number's default */
    if (decimal && s->op->avro == AVRO_T_STRING && !strpbrk(text, "eE"))
        text = scaled(c, text, &digits);
    enum op_result r = from_text(s, text, out);
    buf_done(&digits);
    return r;
}

/* Encodes the column's default as the schema will carry it. False: the schema has none. */
static bool encode_default(const struct step *s, struct buf *out)
{
    const struct column *c = s->col;
    enum op_result r = OP_NONE;
    /* also where types.binary makes them text; PostgreSQL's connector has no such default */
    bool bytes = op_of_mysql(c) && c->type == COL_BYTES;
    if (c->is_array || !(s->op->defaults || bytes) || c->default_kind == DEFAULT_NONE)
        return false;
    if (c->default_kind == DEFAULT_LITERAL)
        r = encode_literal(s, out);
    else if (s->op->computed && !op_of_mysql(c))
        r = from_text(s, s->op->computed, out);
    else
        put_zero(s, out), r = OP_OK;
    /* the default is a zero date: use what a row with a zero date has */
    if (r == OP_NONE && op_of_mysql(c) && !c->nullable)
        put_zero(s, out), r = OP_OK;
    return r == OP_OK;
}

/* Apicurio's registry fails over a default "{}", which many a jsonb column has. "\u007b}" is the
 * same JSON, and the registry takes it. */
static const char *default_json(struct plan *p, struct buf *json)
{
    const char *text = buf_cstr(json);
    return strcmp(text, "\"{}\"") == 0 ? "\"\\u007b}\"" : arena_strdup(&p->arena, text);
}

static void settle_default(struct plan *p, struct step *s)
{
    struct buf body = { 0 }, json = { 0 };
    if (encode_default(s, &body) && schema_json_of(s->op->avro, buf_slice(&body), &json)) {
        s->default_json = default_json(p, &json);
        s->value_first = s->col->nullable;
    } else {
        body.n = 0;
        put_zero(s, &body);
    }
    s->absent = keep(p, &body);
    if (op_of_mysql(s->col)) {
        put_zero(s, &body);
        s->unsaid = keep(p, &body);
    } else {
        s->unsaid = s->absent;
    }
    buf_done(&json);
}

static void put_number(int8_t c, enum avro_type type, struct buf *out)
{
    if (type == AVRO_T_FLOAT || type == AVRO_T_FLOATS)
        avro_float(out, c);
    else if (type == AVRO_T_BOOLEAN)
        buf_u8(out, 1);
    else if (type == AVRO_T_INT || type == AVRO_T_LONG)
        avro_long(out, c);
    else
        avro_double(out, c);
}

/* Writes an array of numbers: the text's character codes, each after `lead`. lead: the branch of a
 * nullable item, or the index where items are pairs. */
enum lead { LEAD_NONE, LEAD_BRANCH, LEAD_INDEX };

static void put_placeholder_codes(struct slice text, enum avro_type type, enum lead lead,
                                  struct buf *out)
{
    if (text.n)
        avro_long(out, (int64_t)text.n);
    for (size_t i = 0; i < text.n; i++) {
        if (lead != LEAD_NONE)
            avro_long(out, lead == LEAD_BRANCH ? 1 : (int64_t)i + 1);
        put_number((int8_t)text.p[i], type, out);
    }
    buf_u8(out, 0);
}

/* {"text":"text"} */
static void put_placeholder_json(struct slice text, struct buf *out)
{
    struct buf json = { 0 };
    buf_u8(&json, '{');
    buf_json_str(&json, text);
    buf_u8(&json, ':');
    buf_json_str(&json, text);
    buf_u8(&json, '}');
    avro_bytes(out, buf_slice(&json));
    buf_done(&json);
}

/* The UUID that stands for the placeholder in a uuid[]: RFC 9562 version 3, without a namespace. */
static void put_placeholder_uuid(struct slice text, struct buf *out)
{
    uint8_t u[EVP_MAX_MD_SIZE] = { 0 };
    if (!EVP_Digest(text.p, text.n, u, NULL, EVP_md5(), NULL))
        log_warn("MD5 is not allowed here: the placeholder of uuid[] is the nil UUID");
    u[6] = (uint8_t)((u[6] & 0x0f) | 0x30);
    u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
    op_put_uuid(u, out);
}

static void put_placeholder_item(const struct plan *p, const struct step *s, struct buf *out)
{
    struct slice text = p->placeholder;
    op_fn *as_text = s->op->form[FORM_PG_BINARY];
    struct err ignored;
    if (s->op->avro == AVRO_T_RECORD && s->col->type == COL_DECIMAL)
        avro_long(out, 0);      /* VariableScaleDecimal: scale 0, the bytes as value */
    if (s->col->type == COL_GEOMETRY || s->col->type == COL_GEOGRAPHY) {
        avro_bytes(out, text);  /* as well-known binary; no reference system */
        avro_long(out, 0);
    } else if (s->col->type == COL_SPARSEVEC) {
        avro_long(out, (int64_t)text.n);
        put_placeholder_codes(text, AVRO_T_DOUBLE, LEAD_INDEX, out);
    } else if (s->op->avro == AVRO_T_DOUBLES || s->op->avro == AVRO_T_FLOATS) {
        put_placeholder_codes(text, s->op->avro, LEAD_NONE, out);
    } else if (s->op->avro == AVRO_T_MAP) {
        avro_long(out, 1);
        avro_bytes(out, text);
        avro_long(out, 1);      /* the branch of a value that is not null */
        avro_bytes(out, text);
        avro_long(out, 0);
    } else if (s->col->type == COL_HSTORE) {
        put_placeholder_json(text, out);
    } else if (s->col->type == COL_UUID && s->col->is_array) {
        put_placeholder_uuid(text, out);
    } else if (s->col->type == COL_BYTES && s->op->avro == AVRO_T_STRING &&
               p->placeholder_is_bytes && as_text) {
        as_text(s->col, text, out, &ignored);
    } else {
        avro_bytes(out, text);
    }
}

/* The placeholder in the type's own form, never a null that would read as data. Arrays of numbers
 * hold its character codes. */
static void settle_placeholder(struct plan *p, struct step *s)
{
    struct buf b = { 0 };
    bool number = s->op->avro <= AVRO_T_DOUBLE;
    if (s->col->is_array && number) {
        put_placeholder_codes(p->placeholder, s->op->avro,
                              array_items_nullable(s) ? LEAD_BRANCH : LEAD_NONE, &b);
    } else if (s->col->is_array) {
        avro_long(&b, 1);
        if (array_items_nullable(s))
            buf_u8(&b, 2);
        put_placeholder_item(p, s, &b);
        buf_u8(&b, 0);
    } else if (number || s->col->type == COL_POINT) {
        put_zero(s, &b);        /* never read: an update never leaves out types of fixed width */
    } else {
        put_placeholder_item(p, s, &b);
    }
    s->placeholder = keep(p, &b);
}

/* The op that writes a decimal's digits for JSON, which has a number where Avro has bytes. */
static op_fn *digits_of(const struct step *s, const struct encode_options *opt)
{
    struct encode_options digits = *opt;
    digits.decimal = DECIMAL_STRING;
    digits.bigint_unsigned = BIGINT_UNSIGNED_LONG;
    const struct op *op = op_is_decimal(s->op) ? op_of(s->col, &digits) : NULL;
    return op ? op->form[s->col->form] : NULL;
}

static const struct column text_stand_in = { .type = COL_TEXT };

/* 1: a step was made; 0: the column is left out; -1: err. */
static int step_make(struct plan *p, uint16_t at, struct step *s, struct err *err)
{
    const struct table *t = p->table;
    const struct column *c = &t->cols[at];
    const char *name;
    int taken = choices_take_column(p->opt->choices, t, c, err);
    *s = (struct step){ .left_out = !taken, .col = c, .at = at, .op = op_of(c, p->opt) };
    if (taken < 0 || choices_edit(p->opt->choices, t, c, &s->edit, err) ||
        choices_name(p->opt->choices, &p->arena, t, c, &name, err))
        return -1;
    s->field = name_field(&p->arena, name, p->opt->names);
    if (!s->op && s->left_out)
        return 0;
    if (!s->op) {
        const char *where = arena_printf(&p->arena, "%s.%s.%s has type %s, which has no Avro form",
                                         t->schema, t->name, c->name, c->type_name);
        if (p->opt->unknown == UNKNOWN_FAIL)
            return err_set(err, ERR_DATA,
                           "%s: set types.unknown to text or skip-column, or leave the column out "
                           "(columns.exclude)",
                           where);
        log_warn("%s policy=%s", where, p->opt->unknown == UNKNOWN_TEXT ? "text" : "skip-column");
        if (p->opt->unknown == UNKNOWN_SKIP)
            return 0;
        if (op_of_mysql(c))
            return err_set(err, ERR_CONFIG,
                           "%s: types.unknown: text is not possible, a binlog has no text of it",
                           where);
        if (c->form != FORM_PG_TEXT)
            return err_set(
                err, ERR_CONFIG,
                "%s: types.unknown: text needs source.binary: false, so that the server sends "
                "text",
                where);
        struct column *text = arena_alloc(&p->arena, sizeof *text);
        *text = *c;
        text->type = COL_TEXT;
        text->is_array = false;
        s->col = text;
        s->op = op_of(&text_stand_in, p->opt);
    }
    /* the connector's schema always allows null for a geometry */
    if (c->type == COL_GEOMETRY && !c->is_array && !c->nullable) {
        struct column *nullable = arena_alloc(&p->arena, sizeof *nullable);
        *nullable = *c;
        nullable->nullable = true;
        s->col = nullable;
    }
    s->fn = s->op->form[s->col->form];
    s->digits = digits_of(s, p->opt);
    settle_default(p, s);
    settle_placeholder(p, s);
    settle_absent_item(p, s);
    s->edited = s->edit && edit_applies(s->edit, c, s->op->avro == AVRO_T_STRING);
    s->null_as_default =
        (p->opt->null_as_default && s->value_first) || (s->col->nullable && !c->nullable);
    return 1;
}

static bool in_key(const struct plan *p, const struct step *s)
{
    for (uint16_t i = 0; i < p->nkey; i++)
        if (p->key[i] == s)
            return true;
    return false;
}

/* Whether some record (value or key) has both fields. */
static bool beside(const struct plan *p, const struct step *a, const struct step *b)
{
    return (!a->left_out && !b->left_out) || (in_key(p, a) && in_key(p, b));
}

static int check_flat_name(const struct plan *p, const struct step *s, struct err *err)
{
    const char *added = flat_field_of(p->opt, s->field);
    if (s->left_out || p->opt->envelope != ENVELOPE_FLAT || !added)
        return 0;
    return err_set(err, ERR_DATA,
                   "%s.%s: column \"%s\" and %s (format.envelope: flat) both become the "
                   "Avro field %s: give that one another name, rename the column, or leave it out "
                   "(columns.exclude)",
                   p->table->schema, p->table->name, s->col->name, added, s->field);
}

static int check_field_names(const struct plan *p, struct err *err)
{
    for (uint16_t i = 0; i < p->nsteps; i++) {
        if (check_flat_name(p, &p->steps[i], err))
            return -1;
        for (uint16_t j = 0; j < i; j++)
            if (strcmp(p->steps[i].field, p->steps[j].field) == 0 &&
                beside(p, &p->steps[i], &p->steps[j]))
                return err_set(err, ERR_DATA,
                               "%s.%s: columns \"%s\" and \"%s\" both become the Avro field %s: "
                               "rename one, or "
                               "leave one out (columns.exclude)",
                               p->table->schema, p->table->name, p->steps[j].col->name,
                               p->steps[i].col->name, p->steps[i].field);
    }
    return 0;
}

static struct step *step_at(const struct plan *p, uint16_t at)
{
    for (uint16_t i = 0; i < p->nsteps; i++)
        if (p->steps[i].at == at)
            return &p->steps[i];
    return NULL;
}

/* If a table has a key, only columns.key may make its records keyless. */
static int refuse_hidden(const struct plan *p, struct err *err)
{
    const struct table *t = p->table;
    if (!t->key_hidden || choices_name_key(p->opt->choices, t))
        return 0;
    return err_set(err, ERR_CONFIG,
                   "table %s.%s: column %s of its key is not published, so its records would have "
                   "none: add it to the "
                   "publication's column list (a generated one: publish_generated_columns), or "
                   "name other columns with columns.key "
                   "(\"\": none), or leave the table out",
                   t->schema, t->name, t->key_hidden);
}

static int make_steps(struct plan *p, struct err *err)
{
    const struct table *t = p->table;
    p->steps = arena_alloc(&p->arena, (t->ncols + 1u) * sizeof *p->steps);
    p->key = arena_alloc(&p->arena, (t->ncols + 1u) * sizeof(struct step *));
    for (uint16_t i = 0; i < t->ncols; i++) {
        int made = step_make(p, i, &p->steps[p->nsteps], err);
        if (made < 0)
            return -1;
        p->nsteps += (uint16_t)made;
    }
    uint16_t *key = arena_alloc(&p->arena, (t->ncols + 1u) * sizeof *key);
    if (choices_key(p->opt->choices, t, key, &p->nkey, err) || (!p->nkey && refuse_hidden(p, err)))
        return -1;
    for (uint16_t i = 0; i < p->nkey; i++) {
        p->key[i] = step_at(p, key[i]);
        if (!p->key[i])
            return err_set(err, ERR_DATA,
                           "%s.%s: key column %s has no Avro form and cannot be left out",
                           t->schema, t->name, t->cols[key[i]].name);
    }
    return check_field_names(p, err);
}

const char *plan_text(struct plan *p, void (*write)(const struct plan *, struct buf *))
{
    struct buf b = { 0 };
    write(p, &b);
    const char *s = arena_strdup(&p->arena, buf_cstr(&b));
    buf_done(&b);
    return s;
}

static bool is_utf8(struct slice s)
{
    json_t *j = json_stringn((const char *)s.p, s.n);
    json_decref(j);
    return j;
}

/* "hex:dead" stands for two bytes, any other text for its own bytes. False: not hex, or bytes that
 * a string cannot hold. */
static bool read_placeholder(struct arena *a, const char *text, struct slice *ret, bool *ret_bytes)
{
    *ret = slice_str(text);
    *ret_bytes = strncmp(text, "hex:", 4) == 0;
    if (!*ret_bytes)
        return true;
    const struct column col = { .name = "placeholder", .type_name = "bytea" };
    struct buf body = { 0 };
    struct err ignored;
    bool good = op_bytea_text(&col, slice_str(arena_printf(a, "\\x%s", text + 4)), &body,
                              &ignored) == OP_OK;
    struct cursor c = cursor_over(buf_slice(&body));
    if (good)
        *ret = arena_dup(a, avro_read_bytes(&c));
    buf_done(&body);
    return good && is_utf8(*ret);
}

bool placeholder_valid(const char *text)
{
    struct arena a;
    struct slice bytes;
    bool is_bytes;
    arena_init(&a, 256);
    bool good = read_placeholder(&a, text, &bytes, &is_bytes);
    arena_done(&a);
    return good;
}

struct plan *plan_new(const struct encode_options *opt)
{
    struct plan *p = xcalloc(1, sizeof *p);
    arena_init(&p->arena, 8192);
    p->opt = opt;
    if (!read_placeholder(&p->arena, opt->placeholder, &p->placeholder, &p->placeholder_is_bytes))
        abort();    /* the configuration's reader has checked it */
    return p;
}

/* Passes p->topic through topics.route. */
static int route(struct plan *p, struct err *err)
{
    const char *routed;
    if (choices_topic(p->opt->choices, &p->arena, p->topic, &routed, err))
        return -1;
    if (!routed || !name_is_topic(routed))
        return err_set(err, ERR_CONFIG,
                       "topics.route makes \"%s\" of topic %s, which is no topic's name:"
                       " letters, digits, . _ - only, at most 249",
                       routed ? routed : "", p->topic);
    p->topic = routed;
    return 0;
}

struct plan *plan_compile(const struct table *t, const struct encode_options *opt, struct err *err)
{
    if (table_valid(t, err))
        return NULL;
    struct plan *p = plan_new(opt);
    p->table = t;
    p->topic = name_topic(&p->arena, opt->prefix, t->schema, t->name);
    p->name_space = name_space(&p->arena, p->topic, opt->names);
    p->own_topic = p->topic;
    if (route(p, err)) {
        plan_free(p);
        return NULL;
    }
    bool own = t->topic && strcmp(t->topic, p->topic) == 0;
    p->topic = t->topic ? arena_strdup(&p->arena, t->topic) : p->topic;
    if (own ? err_set(err, ERR_CONFIG,
                      "%s is the topic of the table's changes: rows that are not held against them "
                      "cannot go there",
                      p->topic)
            : make_steps(p, err)) {
        plan_free(p);
        return NULL;
    }
    p->schema[PLAN_KEY] = p->nkey ? plan_text(p, schema_key) : NULL;
    p->schema[PLAN_VALUE] = plan_text(p, schema_value);
    plan_settle_source(p, t->database, t->schema, t->name);
    return p;
}

struct plan *plan_compile_message(const char *database, const struct encode_options *opt,
                                  struct err *err)
{
    struct plan *p = plan_new(opt);
    p->content = op_of(&message_content, opt);
    p->topic = name_topic(&p->arena, opt->prefix, NULL, "message");
    p->name_space = name_space(&p->arena, p->topic, opt->names);
    if (route(p, err)) {
        plan_free(p);
        return NULL;
    }
    p->schema[PLAN_KEY] = plan_text(p, schema_message_key);
    p->schema[PLAN_VALUE] = plan_text(p, schema_message_value);
    plan_settle_source(p, database, "", "");
    return p;
}

struct plan *plan_compile_service(enum service kind, const struct encode_options *opt)
{
    struct plan *p = plan_new(opt);
    p->service = kind;
    p->topic = kind == SERVICE_TRANSACTION
                   ? name_topic(&p->arena, opt->prefix, NULL, "transaction")
                   : name_topic(&p->arena, "__debezium-heartbeat", NULL, opt->prefix);
    for (int part = PLAN_KEY; part <= PLAN_VALUE; part++) {
        struct buf b = { 0 };
        schema_service(p, (enum plan_part)part, &b);
        p->schema[part] = arena_strdup(&p->arena, buf_cstr(&b));
        buf_done(&b);
    }
    return p;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    buf_done(&p->source);
    arena_done(&p->arena);
    free(p);
}

const char *plan_topic(const struct plan *p)
{
    return p->topic;
}

enum plan_meeting plan_meet(const struct plan *a, const struct plan *b)
{
    if (strcmp(a->topic, b->topic))
        return PLANS_APART;
    return a->own_topic && b->own_topic && strcmp(a->own_topic, b->own_topic) == 0 ? PLANS_CLASH
                                                                                    : PLANS_MERGED;
}

const char *plan_own_topic(const struct plan *p)
{
    return p->own_topic;
}

const char *plan_topic_named(const struct plan *p, struct arena *a, const char *schema,
                             const char *table)
{
    return name_topic(a, p->opt->prefix, schema, table);
}

bool plan_in_order(const struct plan *p)
{
    return p->schema_change || (!p->table && !p->content && p->service == SERVICE_HEARTBEAT);
}

bool plan_single(const struct plan *p)
{
    return p->schema_change;
}

const char *plan_schema(const struct plan *p, enum plan_part part)
{
    return p->schema[part];
}

const char *plan_subject(const char *topic, enum plan_part part, struct arena *a)
{
    return arena_printf(a, "%s-%s", topic, part == PLAN_KEY ? "key" : "value");
}
