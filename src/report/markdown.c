/* Renders a comparison as Markdown. */
#include <string.h>
#include "report/words.h"

/* For a pull request or an issue. Names come from a database: escapes them, so that none is read as
 * markup. */
static void put(struct buf *out, const char *text)
{
    for (const char *first = text; *text; text++) {
        if (strchr("\\`*_[]<>|~&", *text) || (text == first && strchr("#+-=", *text)))
            buf_u8(out, '\\');
        buf_u8(out, *text == '\n' || *text == '\r' ? ' ' : (uint8_t)*text);
    }
}

static void put_changes(const struct table_diff *t, struct buf *out)
{
    if (!t->nchanges)
        return;
    buf_str(out, "| change | column | old | new |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < t->nchanges; i++) {
        const struct change *c = &t->changes[i];
        buf_printf(out, "| %s", change_word(c->kind));
        if (c->sure)
            buf_printf(out, " (guessed, %d %% sure: %s)", c->sure, c->why);
        else if (c->why) {
            buf_str(out, " (");
            put(out, c->why);
            buf_u8(out, ')');
        }
        const char *cells[] = { c->column, c->from, c->to };
        for (int k = 0; k < 3; k++) {
            buf_str(out, " | ");
            put(out, cells[k] ? cells[k] : "");
        }
        buf_str(out, " |\n");
    }
    buf_u8(out, '\n');
}

static void put_verdicts(const struct diff *d, const struct table_diff *t, struct buf *out)
{
    const struct verdict *verdicts[] = { &t->value, &t->key };
    if (!t->value.known)
        return;
    buf_str(out, "| Avro | BACKWARD | transitive | FORWARD | transitive | FULL | transitive |\n| "
                 "--- | --- | --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < 2; i++) {
        if (!verdicts[i]->known)
            continue;
        buf_str(out, i ? "| key" : "| value");
        for (const char *const *level = compatibility_levels; *level; level++) {
            const char *word = verdict_word(verdicts[i], *level);
            buf_printf(out, *word == 'y' ? " | %s" : " | **%s**", word);
        }
        buf_str(out, " |\n");
    }
    buf_printf(out, "\n%s.\n\n", table_level(d, t));
    for (size_t i = 0; i < t->nreasons; i++) {
        buf_printf(out, "- %s", reason_head(&t->reasons[i]));
        if (t->reasons[i].version)
            buf_printf(out, " (version %d)", t->reasons[i].version);
        buf_str(out, ": ");
        put(out, t->reasons[i].path);
        buf_str(out, *t->reasons[i].path ? ": " : "");
        put(out, t->reasons[i].why);
        buf_u8(out, '\n');
    }
    buf_str(out, t->nreasons ? "\n" : "");
}

/* Puts a fence that the text cannot close: it has one backtick more than any run in the text. */
static void put_block(const char *language, const char *text, struct buf *out)
{
    int most = 2, run = 0;
    for (const char *p = text; *p; p++) {
        run = *p == '`' ? run + 1 : 0;
        most = run > most ? run : most;
    }
    struct buf fence = { 0 };
    for (int i = 0; i <= most; i++)
        buf_u8(&fence, '`');
    buf_printf(out, "%s%s\n%s\n%s\n", buf_cstr(&fence), language, text, buf_cstr(&fence));
    buf_done(&fence);
}

static void put_steps(const struct table_diff *t, struct buf *out)
{
    for (size_t i = 0; i < t->nsteps; i++) {
        const struct step_to_do *s = &t->steps[i];
        bool folded = s->language && strcmp(s->language, "sql") == 0;
        if (!s->text) {
            buf_printf(out, "%s", i ? "\n" : "");
            put(out, s->what);
            buf_u8(out, '\n');
            continue;
        }
        buf_str(out, folded ? "\n<details><summary>" : "\n");
        if (folded)
            buf_str(out, s->what);      /* our own words need no escaping */
        else
            put(out, s->what);
        buf_str(out, folded ? "</summary>\n\n" : ":\n\n");
        put_block(s->language, s->text, out);
        buf_str(out, folded ? "\n</details>\n" : "");
    }
}

static void put_paragraph(const char *head, const char *text, struct buf *out)
{
    buf_str(out, head);
    put(out, text);
    buf_str(out, ".\n\n");
}

static void put_table(const struct diff *d, const struct table_diff *t, struct buf *out)
{
    const char *topic = table_topics(d, t), *readers = table_readers(d, t),
               *shape = table_shape(d, t), *because = table_because(d, t);
    buf_printf(out, "\n### %s ", t->impact == IMPACT_BREAKING ? "Breaking:" : "Compatible:");
    put(out, table_title(d, t));
    buf_printf(out, " (%s)\n\n", table_state_word(d, t));
    if (t->state == TABLE_RENAMED)
        buf_printf(out, "Guessed, %d %% sure: %s.\n\n", t->sure, t->why);
    put_changes(t, out);
    if (shape)
        put_paragraph("", shape, out);
    if (topic)
        put_paragraph("Topic ",
                      readers ? arena_printf(d->a, "%s, read by %s", topic, readers) : topic, out);
    if (because)
        put_paragraph("Breaks: ", because, out);
    put_verdicts(d, t, out);
    put_steps(t, out);
}

void diff_markdown(const struct diff *d, struct buf *out)
{
    buf_str(out, "## Schema changes\n\n");
    buf_printf(out, "**%s**\n\n- old: ", diff_headline(d));
    put(out, d->old->label);
    buf_str(out, "\n- new: ");
    put(out, d->new->label);
    buf_u8(out, '\n');
    if (d->note) {
        buf_u8(out, '\n');
        put(out, d->note);
        buf_u8(out, '\n');
    }
    for (int wanted = IMPACT_BREAKING; wanted >= IMPACT_NONE; wanted--)
        for (size_t i = 0; i < d->n; i++)
            if (d->tables[i].impact == (enum impact)wanted)
                put_table(d, &d->tables[i], out);
}
