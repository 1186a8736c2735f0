/* Renders a comparison as text, for a terminal. */
#include <stdio.h>
#include <string.h>
#include "base/escape.h"
#include "report/words.h"

/* Colours are ANSI's own eight. A colour is never the only sign of anything. */
enum ink { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, BLUE };

struct page {
    struct buf *out;
    bool colour;
};

static void ink(const struct page *p, enum ink i)
{
    static const char *const codes[] = { "\033[0m",  "\033[1m",  "\033[2m", "\033[31m",
                                         "\033[32m", "\033[33m", "\033[34m" };
    if (p->colour)
        buf_str(p->out, codes[i]);
}

static void put(const struct page *p, enum ink i, const char *text)
{
    ink(p, i);
    buf_str(p->out, text);
    ink(p, PLAIN);
}

/* Puts a database's name with control characters escaped: it must not drive the terminal. */
static void put_clean(const struct page *p, const char *text)
{
    escape_line(slice_str(text), p->out);
}

static void put_change(const struct page *p, const struct change *c)
{
    static const char *const signs[] = { "+", "-", ">", "~", "~", "~", "~", "~",
                                         "~", "~", "~", "+", "-", "~", "~" };
    static const enum ink inks[] = { GREEN,  RED, YELLOW, YELLOW, YELLOW, DIM,    RED, DIM,
                                     YELLOW, DIM, YELLOW, GREEN,  RED,    YELLOW, DIM };
    char head[96];
    ink(p, inks[c->kind]);
    snprintf(head, sizeof head, "    %s %-14s ", signs[c->kind], change_word(c->kind));
    buf_str(p->out, head);
    ink(p, PLAIN);
    if (c->column && c->kind != CHANGE_COLUMN_RENAMED) {
        ink(p, BOLD);
        put_clean(p, c->column);
        ink(p, PLAIN);
        buf_str(p->out, "  ");
    }
    if (change_is_added(c->kind) || change_is_removed(c->kind)) {
        put_clean(p, c->to ? c->to : c->from);
    } else {
        put_clean(p, c->from ? c->from : "none");
        buf_str(p->out, " -> ");
        put_clean(p, c->to ? c->to : "none");
    }
    if (c->sure)
        buf_printf(p->out, "  (guessed, %d %% sure: %s)", c->sure, c->why);
    else if (c->why)
        buf_printf(p->out, "  (%s)", c->why);
    buf_u8(p->out, '\n');
}

static void put_verdict(const struct page *p, const char *what, const struct verdict *v,
                        const char *level)
{
    if (!v->known)
        return;
    buf_printf(p->out, "    %-6s", what);
    for (size_t i = 0; compatibility_levels[i]; i += 2) {
        const char *word = verdict_word(v, compatibility_levels[i]),
                   *all = verdict_word(v, compatibility_levels[i + 1]);
        buf_printf(p->out, "  %s ", compatibility_levels[i]);
        put(p, *word == 'y' ? GREEN : RED, word);
        if (strcmp(word, all) != 0) {
            buf_str(p->out, " (transitive ");
            put(p, *all == 'y' ? GREEN : RED, all);
            buf_str(p->out, ")");
        }
    }
    buf_str(p->out, *level ? "    " : "");
    put(p, DIM, level);
    buf_u8(p->out, '\n');
}

static void put_reasons(const struct page *p, const struct table_diff *t)
{
    for (size_t i = 0; i < t->nreasons; i++) {
        const struct reason *r = &t->reasons[i];
        buf_str(p->out, "      ");
        put(p, r->what == AVRO_REFUSES ? RED : YELLOW, reason_head(r));
        if (r->version)
            buf_printf(p->out, " (version %d)", r->version);
        buf_str(p->out, ": ");
        if (*r->path) {
            put_clean(p, r->path);
            buf_str(p->out, ": ");
        }
        put_clean(p, r->why);
        buf_u8(p->out, '\n');
    }
}

static void put_steps(const struct page *p, const struct table_diff *t, bool ddl)
{
    bool left = false;
    if (t->nsteps)
        put(p, BOLD, "  next\n");
    for (size_t i = 0; i < t->nsteps; i++) {
        const struct step_to_do *s = &t->steps[i];
        bool sql = s->language && strcmp(s->language, "sql") == 0;
        left |= sql && !ddl;
        if (sql && !ddl)
            continue;
        buf_str(p->out, "    * ");
        put_clean(p, s->what);
        buf_u8(p->out, '\n');
        for (const char *line = s->text; line && *line;
             line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != 0)) {
            buf_str(p->out, "        ");
            escape_line(slice_of(line, strcspn(line, "\n")), p->out);
            buf_u8(p->out, '\n');
        }
    }
    if (left)
        put(p, DIM,
            "    * If a sink holds this table: --ddl prints its new form for PostgreSQL, "
            "ClickHouse, BigQuery and DuckDB\n");
}

static void put_about(const struct page *p, const struct diff *d, const struct table_diff *t)
{
    const char *topic = table_topics(d, t), *readers = table_readers(d, t),
               *shape = table_shape(d, t), *because = table_because(d, t);
    if (shape) {
        buf_str(p->out, "    ");
        put_clean(p, shape);
        buf_u8(p->out, '\n');
    }
    if (topic) {
        buf_str(p->out, "  topic ");
        put_clean(p, topic);
        buf_str(p->out, readers ? ", read by " : "");
        put_clean(p, readers ? readers : "");
        buf_u8(p->out, '\n');
    }
    if (because) {
        buf_str(p->out, "    ");
        put(p, RED, "breaks: ");
        put_clean(p, because);
        buf_u8(p->out, '\n');
    }
}

static void put_table(const struct page *p, const struct diff *d, const struct table_diff *t,
                      bool ddl)
{
    buf_u8(p->out, '\n');
    put(p, t->impact == IMPACT_BREAKING ? RED : GREEN,
        t->impact == IMPACT_BREAKING ? "BREAKING    " : "compatible  ");
    ink(p, BOLD);
    put_clean(p, table_title(d, t));
    ink(p, PLAIN);
    buf_printf(p->out, "  %s", table_state_word(d, t));
    if (t->state == TABLE_RENAMED)
        buf_printf(p->out, " (guessed, %d %% sure: %s)", t->sure, t->why);
    buf_u8(p->out, '\n');
    for (size_t i = 0; i < t->nchanges; i++)
        put_change(p, &t->changes[i]);
    put_about(p, d, t);
    put_verdict(p, "value", &t->value, table_level(d, t));
    if (t->key.known && (!verdict_holds(&t->key, "FULL_TRANSITIVE")))
        put_verdict(p, "key", &t->key, "");
    put_reasons(p, t);
    put_steps(p, t, ddl);
}

void diff_text(const struct diff *d, const struct render_options *opt, struct buf *out)
{
    struct page p = { out, opt->colour };
    buf_str(out, "old  ");
    put_clean(&p, d->old->label);
    buf_str(out, "\nnew  ");
    put_clean(&p, d->new->label);
    buf_str(out, "\n\n");
    put(&p, BOLD, diff_headline(d));
    buf_u8(out, '\n');
    if (d->note)
        buf_printf(out, "%s\n", d->note);
    for (int wanted = IMPACT_BREAKING; wanted >= IMPACT_NONE; wanted--)
        for (size_t i = 0; i < d->n; i++)
            if (d->tables[i].impact == (enum impact)wanted)
                put_table(&p, d, &d->tables[i], opt->ddl);
}
