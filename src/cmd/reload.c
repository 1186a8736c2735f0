/*
 * Reads the configuration again while feeds run. A new feed starts, a removed one ends, a changed
 * one ends and starts again at its stored position. The others do not notice. All errors are found
 * before anything is done.
 */
#include <stdlib.h>
#include "base/xalloc.h"
#include "cmd/many.h"

/* ---- what has changed ---- */

static bool of_log(const struct option *o)
{
    return strncmp(o->key, "log.", 4) == 0;
}

/*
 * These options made lanes, sockets and the process's memory. A single feed has a lane of its own,
 * which is made anew with the feed.
 */
static bool needs_restart(const struct option *o, bool many)
{
    static const char *const always[] = { "name", "control.socket", "http.listen", "http.token",
                                          "http.tls-cert", "http.tls-key", "limits.memory" };
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (strcmp(o->key, always[i]) == 0)
            return true;
    return many && o->scope == SCOPE_PROCESS && !of_log(o) && strncmp(o->key, "registry.", 9) != 0;
}

/* Appends the options of a feed that differ: "source.slot, tables.include". Returns how many. */
static size_t put_changes(const struct config *a, const struct config *b, struct buf *out)
{
    size_t n = 0;
    for (const struct option *o = options; o->key; o++)
        if (!of_log(o) && !config_same(o, a, b))
            buf_printf(out, "%s%s", n++ ? ", " : "", o->key);
    if (a->database_oid != b->database_oid)
        buf_printf(out, "%sanother database of this name", n++ ? ", " : "");
    return n;
}

static int check_process(const struct configs *was, const struct configs *next, struct err *err)
{
    struct buf bad = { 0 };
    if (was->many != next->many)
        return err_set(err, ERR_CONFIG, "one feed and many are run differently -> restart "
                       "the process");
    for (const struct option *o = options; o->key; o++)
        if (needs_restart(o, was->many) && !config_same(o, was->process, next->process))
            buf_printf(&bad, "%s%s", bad.n ? ", " : "", o->key);
    int rc = bad.n ? err_set(err, ERR_CONFIG, "%s: cannot change while the process runs -> restart "
                             "it, or take the change back", buf_cstr(&bad)) : 0;
    buf_done(&bad);
    return rc;
}

static struct running *running_of(const struct many *m, const char *name)
{
    struct running *r = m->all;
    while (r && (r->gone || strcmp(r->c->name, name) != 0))
        r = r->next;
    return r;
}

static struct config *config_of(const struct chosen *c, const char *name)
{
    size_t i = 0;
    while (i < c->n && strcmp(c->feeds[i]->name, name) != 0)
        i++;
    return i < c->n ? c->feeds[i] : NULL;
}

/* The newest configuration of a feed: a feed that ends may have its next one already. */
static const struct config *newest(const struct running *r)
{
    return r->next_c ? r->next_c : r->c;
}

/* ---- reading ---- */

/* Refuses a reload if a server does not answer: its feeds would seem to be gone. */
static int check_troubles(const struct chosen *next, struct err *err)
{
    for (size_t i = 0; i < next->ntroubles; i++) {
        const struct trouble *t = &next->troubles[i];
        if (t->server) {
            *err = t->why;
            return err_wrap(err, "%s", t->where);
        }
        log_warn("%s: %s", t->where, t->why.msg);
    }
    return 0;
}

/* Two feeds of one name must never run at once. */
static int check_ending(const struct many *m, const struct chosen *next, struct err *err)
{
    for (const struct running *r = m->all; r; r = r->next)
        if (r->gone && r->runs && config_of(next, r->c->name))
            return err_set(err, ERR_RETRY, "feed %s, which was taken out, has not ended yet -> "
                           "reload again in a moment", r->c->name);
    return 0;
}

static int read_again(struct many *m, struct chosen *next, struct err *err)
{
    if (chosen_load(next, m->v, true, err) || check_troubles(next, err) ||
        check_ending(m, next, err))
        return -1;
    return check_process(&m->chosen->all, &next->all, err);
}

static void put_plan(const struct many *m, const struct chosen *next, struct buf *out)
{
    struct buf keys = { 0 };
    for (const struct running *r = m->all; r; r = r->next)
        if (!r->gone && !config_of(next, r->c->name))
            buf_printf(out, "remove %s\n", r->c->name);
    for (size_t i = 0; i < next->n; i++) {
        const struct running *r = running_of(m, next->feeds[i]->name);
        keys.n = 0;
        if (!r)
            buf_printf(out, "add %s\n", next->feeds[i]->name);
        else if (put_changes(newest(r), next->feeds[i], &keys))
            buf_printf(out, "change %s: %s\n", r->c->name, buf_cstr(&keys));
    }
    keys.n = 0;
    for (const struct option *o = options; o->key; o++)
        if (of_log(o) && !config_same(o, m->chosen->all.process, next->all.process))
            buf_printf(&keys, "%s%s", keys.n ? ", " : "", o->key);
    if (keys.n)
        buf_printf(out, "change the process: %s\n", buf_cstr(&keys));
    if (!out->n)
        buf_str(out, "nothing has changed\n");
    buf_done(&keys);
}

/* ---- doing ---- */

struct counts { size_t added, removed, changed; };

static void remove_gone(struct many *m, const struct chosen *next, struct counts *n)
{
    for (struct running *r = m->all; r; r = r->next) {
        if (r->gone || config_of(next, r->c->name))
            continue;
        n->removed++;
        r->next_c = NULL;
        many_part(m, r->c, true);
    }
}

/*
 * An unchanged feed keeps its own configuration, which takes its place in the new list. Options of
 * the process's log are no change of a feed, but a single feed's configuration holds them.
 */
static void keep(struct running *r, struct chosen *next, size_t at)
{
    struct config *own = r->next_c ? r->next_c : r->c, *read = next->all.feeds[at];
    own->server = read->server;
    own->log_level = read->log_level;
    own->log_format = read->log_format;
    next->all.feeds[at] = own;
    for (size_t i = 0; i < next->n; i++)
        if (next->feeds[i] == read)
            next->feeds[i] = own;
    config_free(read);
}

static void take(struct many *m, struct chosen *next, size_t at, struct counts *n)
{
    struct config *c = next->all.feeds[at];
    struct running *r = running_of(m, c->name);
    struct buf keys = { 0 };
    if (!r) {
        n->added++;
        many_add(m, c);
    } else if (!put_changes(newest(r), c, &keys)) {
        keep(r, next, at);
    } else {
        n->changed++;
        log_info("the feed's configuration has changed options=\"%s\" feed=%s", buf_cstr(&keys),
                 r->c->name);
        r->next_c = c;
        many_restart(m, r);
    }
    buf_done(&keys);
}

/* Whether c runs, is to run, or has a name that is still shown. Then the old list must not free
 * it. */
static bool in_use(const struct many *m, const struct config *c)
{
    for (const struct running *r = m->all; r; r = r->next)
        if (r->c == c || r->next_c == c)
            return true;
    for (size_t i = 0; i < m->nold; i++)
        if (m->old[i] == c)
            return true;
    return false;
}

/*
 * Keeps the lists that were read before: unchanged feeds, and lanes, borrow from them. Their feeds
 * now belong to the new list or to m->old (many.h); those that nobody uses are freed.
 */
static void retire(struct many *m, struct configs *was)
{
    for (size_t i = 0; i < was->n; i++)
        if (!in_use(m, was->feeds[i]))
            config_free(was->feeds[i]);
    was->n = 0;
    m->past = xrealloc(m->past, m->npast + 1, sizeof *m->past);
    m->past[m->npast++] = *was;
}

static void apply(struct many *m, struct chosen *next, struct counts *n)
{
    struct configs was = m->chosen->all;
    remove_gone(m, next, n);
    for (size_t i = 0; i < next->all.n; i++)
        if (config_of(next, next->all.feeds[i]->name))
            take(m, next, i, n);
    *m->chosen = *next;
    if (m->chosen->all.many)
        m->chosen->all.process = &m->chosen->all.base;
    else
        m->chosen->all.process = m->chosen->all.feeds[0];
    retire(m, &was);
}

int reload(struct many *m, bool dry_run, struct buf *ret_text, struct err *err)
{
    struct chosen next = { 0 };
    struct counts n = { 0 };
    enum log_level level = log_level_of(NULL);
    int rc = read_again(m, &next, err);
    if (rc || dry_run) {
        if (!rc)
            put_plan(m, &next, ret_text);
        else if (!dry_run)
            log_error("the configuration is refused, and the old one goes on reason=\"%s\"",
                      err->msg);
        chosen_done(&next);
        log_set_level(level);
        log_set_format((enum log_format)m->chosen->all.process->log_format);
        return rc;
    }
    put_plan(m, &next, ret_text);
    bool loud = next.all.process->log_level != m->chosen->all.process->log_level;
    many_say_exposed(&next.all);
    apply(m, &next, &n);
    if (!loud)
        log_set_level(level);       /* an order (log-level) set it */
    log_info("the configuration was read again added=%zu removed=%zu changed=%zu", n.added,
             n.removed, n.changed);
    return 0;
}

void reload_done(struct many *m)
{
    for (size_t i = 0; i < m->nold; i++)
        config_free(m->old[i]);
    for (size_t i = 0; i < m->npast; i++)
        configs_done(&m->past[i]);
    free(m->old);
    free(m->past);
}
