/* Renders a comparison as an HTML page. */
#include <string.h>
#include "report/words.h"

/* One file that needs no other: it is mailed, kept as a build's artifact, read on a phone. */
static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">"
    "<title>Schema changes</title><style>\n"
    ":root{--ink:#1c2128;--soft:#57606a;--line:#d8dee4;--paper:#fff;--ground:#f3f5f7;--bad:#b42318;"
    "--badbg:#fdeceb;--good:#176b3a;"
    "--goodbg:#e6f4ea;--warn:#8a5a00;--warnbg:#fdf3dc;--code:#f0f2f5}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa5b1;--line:#333b45;--paper:#"
    "1b2129;--ground:#12161b;--bad:#ff9a8f;"
    "--badbg:#3b1d1b;--good:#7fdc9f;--goodbg:#173323;--warn:#f0c674;--warnbg:#3a2f14;--code:#"
    "12161b}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 "
    "system-ui,-apple-system,\"Segoe UI\","
    "Roboto,\"DejaVu Sans\",sans-serif;overflow-wrap:anywhere}main{max-width:62rem;margin:0 "
    "auto;padding:2rem 1rem 4rem}\n"
    "h1{font-size:1.6rem;line-height:1.2;margin:0 0 "
    ".75rem}h2{font-size:1.15rem;line-height:1.3;margin:0}h3{font-size:.8rem;letter-spacing:.04em;"
    "text-transform:uppercase;color:var(--soft);margin:1.4rem 0 "
    ".5rem;font-weight:600}p{margin:.4rem 0}a{color:inherit}\n"
    ".sides{display:grid;grid-template-columns:auto 1fr;gap:.1rem .75rem;margin:0 0 "
    "1.25rem;color:var(--soft)}.sides dt{font-weight:600}"
    ".sides dd{margin:0}\n"
    ".counts{display:grid;grid-template-columns:repeat(3,1fr);gap:.75rem;margin:0 0 "
    "1.25rem}.count{background:var(--paper);border:1px solid "
    "var(--line);border-radius:.6rem;padding:.6rem 1rem}.count "
    "b{display:block;font-size:1.7rem;line-height:1.2}.count.bad b{color:var(--bad)}"
    ".count.good b{color:var(--good)}.count span{color:var(--soft);font-size:.9rem}\n"
    "nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;padding:0;margin:0 0 1.5rem}nav "
    "a{display:block;text-decoration:none;"
    "background:var(--paper);border:1px solid var(--line);border-radius:1rem;padding:.15rem "
    ".75rem;font-size:.9rem}"
    "nav a.bad{color:var(--bad);border-color:currentColor}nav a.good{color:var(--good)}\n";
static const char style_of_tables[] =
    "article{background:var(--paper);border:1px solid var(--line);border-left:.35rem solid "
    "var(--good);border-radius:.6rem;padding:1.1rem 1.25rem;"
    "margin:0 0 1.25rem}article.bad{border-left-color:var(--bad)}article "
    "header{display:flex;flex-wrap:wrap;gap:.4rem .75rem;align-items:center}"
    "article header .what{color:var(--soft)}\n"
    ".tag{display:inline-block;border-radius:.35rem;padding:.05rem "
    ".5rem;font-size:.8rem;font-weight:600;white-space:nowrap}"
    ".tag.bad{background:var(--badbg);color:var(--bad)}.tag.good{background:var(--goodbg);color:"
    "var(--good)}"
    ".tag.warn{background:var(--warnbg);color:var(--warn)}.tag.none{background:var(--code);color:"
    "var(--soft)}\n"
    ".changes{table-layout:fixed}.changes th:first-child{width:26%}.changes "
    "th:nth-child(2){width:20%}pre.wrap{white-space:pre-wrap;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:."
    "4rem .75rem .4rem 0;border-top:1px solid "
    "var(--line)}thead "
    "th{border-top:0;color:var(--soft);font-weight:600;font-size:.85rem}td.col{font-weight:600}."
    "guess{color:var(--soft);"
    "font-size:.85rem}del{color:var(--bad);text-decoration:none}ins{color:var(--good);text-"
    "decoration:none}\n"
    ".verdicts td,.verdicts th{padding-right:.5rem}.verdicts "
    "th[scope=row]{font-weight:600}ul.why{margin:.6rem 0 0;padding-left:1.1rem}"
    "ul.why li{margin:.25rem 0}\n"
    "ol.next{margin:0;padding-left:1.3rem}ol.next>li{margin:.45rem 0}details{margin:.3rem "
    "0}summary{cursor:pointer}"
    "pre{background:var(--code);border:1px solid var(--line);border-radius:.4rem;padding:.6rem "
    ".8rem;overflow-x:auto;margin:.4rem 0;"
    "font:.85rem/1.45 ui-monospace,\"DejaVu Sans "
    "Mono\",Menlo,monospace;overflow-wrap:normal}code{font:.9em ui-monospace,\"DejaVu Sans Mono\","
    "monospace}footer{color:var(--soft);font-size:.85rem}\n"
    ".because{color:var(--bad)}.because::before{content:\"Breaks: "
    "\";font-weight:600}.shape{font:.9em ui-monospace,\"DejaVu Sans Mono\",monospace}"
    ".note{color:var(--soft);margin:0 0 1rem}\n"
    "@media(max-width:40rem){main{padding:1.25rem .75rem 3rem}article{padding:.9rem "
    "1rem}.counts{gap:.5rem}.count{padding:.5rem .6rem}.count b{font-size:1.4rem}"
    ".changes thead{display:none}.changes tr{display:grid;grid-template-columns:1fr;padding:.55rem "
    "0;border-top:1px solid var(--line)}"
    ".changes tbody tr:first-child{border-top:0}.changes td{border:0;padding:.05rem 0}.changes "
    "td:empty{display:none}.changes td.col{order:-1}"
    ".changes td[data-h]::before{content:attr(data-h) \"\\00a0 "
    "\";color:var(--soft);font-size:.85rem}"
    ".verdicts thead{display:none}.verdicts "
    "tr{display:grid;grid-template-columns:repeat(2,1fr);gap:.35rem .5rem;padding:.4rem 0}"
    ".verdicts th[scope=row]{grid-column:1/-1;border:0;padding:0}.verdicts td{border:0;padding:0}"
    ".verdicts td::before{content:attr(data-h);display:block;color:var(--soft);font-size:.72rem}}\n"
    "@media print{body{background:#fff}article{break-inside:avoid}}\n"
    "</style></head><body><main>\n";

static void put(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': buf_str(out, "&amp;"); break;
        case '<': buf_str(out, "&lt;"); break;
        case '>': buf_str(out, "&gt;"); break;
        case '"': buf_str(out, "&quot;"); break;
        case '\'': buf_str(out, "&#39;"); break;
        default: buf_u8(out, (uint8_t)*text < 0x20 && *text != '\n' ? ' ' : (uint8_t)*text);
        }
    }
}

static void put_cell(struct buf *out, const char *head, const char *tag, const char *text)
{
    buf_printf(out, "<td data-h=\"%s\">", head);
    if (text) {
        buf_printf(out, "<%s>", tag);
        put(out, text);
        buf_printf(out, "</%s>", tag);
    } else {
        buf_str(out, "none");
    }
    buf_str(out, "</td>");
}

static const char *tag_of(enum change_kind kind)
{
    return change_is_added(kind)                           ? "good"
           : change_is_removed(kind) || kind == CHANGE_KEY ? "bad"
           : kind == CHANGE_COMMENT || kind == CHANGE_ORDER || kind == CHANGE_DEFAULT ||
                   kind == CHANGE_ALIASES
               ? "none"
               : "warn";
}

static void put_change(const struct change *c, struct buf *out)
{
    buf_printf(out, "<tr><td><span class=\"tag %s\">%s</span>", tag_of(c->kind),
               change_word(c->kind));
    if (c->sure)
        buf_printf(out, "<div class=\"guess\">guessed, %d&nbsp;%% sure: ", c->sure);
    else if (c->why)
        buf_str(out, "<div class=\"guess\">");
    if (c->why) {
        put(out, c->why);
        buf_str(out, "</div>");
    }
    buf_str(out, "</td><td class=\"col\">");
    put(out, c->column && c->kind != CHANGE_COLUMN_RENAMED ? c->column : "");
    buf_str(out, "</td>");
    if (change_is_added(c->kind))
        buf_str(out, "<td></td>");
    else
        put_cell(out, "old", "del", c->from);
    if (change_is_removed(c->kind))
        buf_str(out, "<td></td>");
    else
        put_cell(out, "new", "ins", c->to);
    buf_str(out, "</tr>\n");
}

static void put_changes(const struct table_diff *t, struct buf *out)
{
    if (!t->nchanges)
        return;
    buf_str(out, "<h3>What changed</h3><table class=\"changes\"><thead><tr><th "
                 "scope=\"col\">Change</th><th scope=\"col\">Column</th>"
                 "<th scope=\"col\">Old</th><th scope=\"col\">New</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < t->nchanges; i++)
        put_change(&t->changes[i], out);
    buf_str(out, "</tbody></table>\n");
}

static void put_verdict(const char *what, const struct verdict *v, struct buf *out)
{
    if (!v->known)
        return;
    buf_printf(out, "<tr><th scope=\"row\">%s</th>", what);
    for (const char *const *level = compatibility_levels; *level; level++) {
        const char *word = verdict_word(v, *level), *transitive = strstr(*level, "_TRANSITIVE");
        buf_printf(out, "<td data-h=\"%.*s%s\"><span class=\"tag %s\">%s</span></td>",
                   (int)strcspn(*level, "_"), *level, transitive ? " transitive" : "",
                   *word == 'y'   ? "good"
                   : *word == 'm' ? "warn"
                                  : "bad",
                   word);
    }
    buf_str(out, "</tr>\n");
}

static void put_avro(const struct diff *d, const struct table_diff *t, struct buf *out)
{
    if (!t->value.known && !t->key.known)
        return;
    buf_str(out, "<h3>Can readers read it?</h3><table class=\"verdicts\"><thead><tr><th "
                 "scope=\"col\">Avro</th>");
    for (const char *const *level = compatibility_levels; *level; level += 2)
        buf_printf(out, "<th scope=\"col\">%s</th><th scope=\"col\">transitive</th>", *level);
    buf_str(out, "</tr></thead><tbody>\n");
    put_verdict("value", &t->value, out);
    put_verdict("key", &t->key, out);
    buf_str(out, "</tbody></table>\n<p class=\"guess\">");
    put(out, table_level(d, t));
    buf_str(out, "</p>\n");
    buf_str(out, t->nreasons ? "<ul class=\"why\">" : "");
    for (size_t i = 0; i < t->nreasons; i++) {
        const struct reason *r = &t->reasons[i];
        buf_printf(out, "<li>%s", reason_head(r));
        if (r->version)
            buf_printf(out, " (version %d)", r->version);
        buf_str(out, ": ");
        if (*r->path) {
            buf_str(out, "<code>");
            put(out, r->path);
            buf_str(out, "</code>: ");
        }
        put(out, r->why);
        buf_str(out, "</li>\n");
    }
    buf_str(out, t->nreasons ? "</ul>\n" : "");
}

static void put_affected(const struct diff *d, const struct table_diff *t, struct buf *out)
{
    const char *topic = table_topics(d, t), *readers = table_readers(d, t);
    if (!topic)
        return;
    buf_str(out, "<h3>Who is affected</h3><p>Topic <code>");
    put(out, topic);
    buf_str(out, "</code>, subjects <code>-key</code> and <code>-value</code> of that name. ");
    if (readers) {
        buf_str(out, "Read by <b>");
        put(out, readers);
        buf_str(out, "</b>.");
    }
    buf_str(out, "</p>\n");
}

static bool is_ddl(const struct step_to_do *s)
{
    return s->language && strcmp(s->language, "sql") == 0;
}

static void put_code(const char *text, bool wrap, struct buf *out)
{
    buf_printf(out, "<pre tabindex=\"0\"%s>", wrap ? " class=\"wrap\"" : "");
    put(out, text);
    buf_str(out, "</pre>");
}

/* The tables of all sinks, folded: a reader without a sink can pass over them. */
static void put_ddl(const struct diff *d, const struct table_diff *t, struct buf *out)
{
    bool first = true;
    for (size_t i = 0; i < t->nsteps; i++) {
        if (!is_ddl(&t->steps[i]))
            continue;
        buf_str(out, !first      ? ""
                     : d->across ? "<li>"
                                 : "<li>If a sink holds this table, give it its new form:");
        first = false;
        buf_str(out, "<details><summary>");
        put(out, t->steps[i].what);
        buf_str(out, "</summary>");
        put_code(t->steps[i].text, false, out);
        buf_str(out, "</details>");
    }
    buf_str(out, first ? "" : "</li>\n");
}

static void put_steps(const struct diff *d, const struct table_diff *t, struct buf *out)
{
    if (!t->nsteps)
        return;
    buf_str(out, "<h3>What to do next</h3><ol class=\"next\">\n");
    for (size_t i = 0; i < t->nsteps; i++) {
        if (is_ddl(&t->steps[i]))
            continue;
        buf_str(out, "<li>");
        put(out, t->steps[i].what);
        if (t->steps[i].text)
            put_code(t->steps[i].text, true, out);
        buf_str(out, "</li>\n");
    }
    put_ddl(d, t, out);
    buf_str(out, "</ol>\n");
}

static void put_paragraph(const char *class, const char *text, struct buf *out)
{
    if (!text)
        return;
    buf_printf(out, "<p class=\"%s\">", class);
    put(out, text);
    buf_str(out, "</p>\n");
}

static void put_table(const struct diff *d, size_t at, struct buf *out)
{
    const struct table_diff *t = &d->tables[at];
    bool bad = t->impact == IMPACT_BREAKING;
    buf_printf(out,
               "<article id=\"t%zu\" class=\"%s\"><header><span class=\"tag %s\">%s</span><h2>", at,
               bad ? "bad" : "good", bad ? "bad" : "good", bad ? "breaking" : "compatible");
    put(out, table_title(d, t));
    buf_printf(out, "</h2><span class=\"what\">%s</span></header>\n", table_state_word(d, t));
    if (t->state == TABLE_RENAMED) {
        buf_printf(out, "<p class=\"guess\">guessed, %d&nbsp;%% sure: ", t->sure);
        put(out, t->why);
        buf_str(out, "</p>\n");
    }
    put_paragraph("because", table_because(d, t), out);
    put_paragraph("shape", table_shape(d, t), out);
    put_changes(t, out);
    put_avro(d, t, out);
    put_affected(d, t, out);
    put_steps(d, t, out);
    buf_str(out, "</article>\n");
}

static void put_top(const struct diff *d, struct buf *out)
{
    buf_str(out, "<h1>Schema changes</h1><dl class=\"sides\"><dt>old</dt><dd>");
    put(out, d->old->label);
    buf_str(out, "</dd><dt>new</dt><dd>");
    put(out, d->new->label);
    buf_printf(
        out,
        "</dd></dl>\n<div class=\"counts\"><div "
        "class=\"count%s\"><b>%zu</b><span>breaking</span></div><div class=\"count%s\"><b>%zu</b>"
        "<span>compatible</span></div><div "
        "class=\"count\"><b>%zu</b><span>equal</span></div></div>\n",
        d->impacts[IMPACT_BREAKING] ? " bad" : "", d->impacts[IMPACT_BREAKING],
        d->impacts[IMPACT_COMPATIBLE] ? " good" : "", d->impacts[IMPACT_COMPATIBLE], d->same);
}

enum { MOST_LINKS = 200 };

void diff_html(const struct diff *d, const struct render_options *opt, struct buf *out)
{
    buf_str(out, head);
    buf_str(out, style_of_tables);
    put_top(d, out);
    put_paragraph("note", d->note, out);
    buf_str(out, d->n > 1 && d->n <= MOST_LINKS ? "<nav aria-label=\"Tables\"><ul>\n" : "");
    for (int wanted = IMPACT_BREAKING; wanted >= IMPACT_NONE && d->n > 1 && d->n <= MOST_LINKS;
         wanted--)
        for (size_t i = 0; i < d->n; i++)
            if (d->tables[i].impact == (enum impact)wanted) {
                buf_printf(out, "<li><a class=\"%s\" href=\"#t%zu\">",
                           wanted == IMPACT_BREAKING ? "bad" : "good", i);
                put(out, table_title(d, &d->tables[i]));
                buf_str(out, "</a></li>\n");
            }
    buf_str(out, d->n > 1 && d->n <= MOST_LINKS ? "</ul></nav>\n" : "");
    for (int wanted = IMPACT_BREAKING; wanted >= IMPACT_NONE; wanted--)
        for (size_t i = 0; i < d->n; i++)
            if (d->tables[i].impact == (enum impact)wanted)
                put_table(d, i, out);
    put_paragraph("none", d->n ? NULL : diff_headline(d), out);
    buf_printf(out,
               "<footer>Made by tailrace schema-diff, %s. Verdicts by Avro's schema resolution; "
               "&#8220;misread&#8221;: a reader with its own "
               "schema takes the value for another, which a registry does not "
               "see.</footer></main></body></html>\n",
               opt->made);
}
