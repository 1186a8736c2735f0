/* Servers whose databases are feeds. The server is asked again and again which databases it has. */
#include "base/charset.h"
#include "base/xalloc.h"
#include "config/load.h"
#include <stdlib.h>

/* ---- an entry ---- */

/* Compiles `databases`: patterns that begin with ! leave databases out; * means every name. */
static int compile(struct loader *l, struct filter *ret, struct err *err)
{
    struct arena *a = &l->c->arena;
    struct err why = { 0 };
    size_t n = 0, in = 0, out = 0;
    while (l->c->databases[n])
        n++;
    const char **include = arena_alloc(a, (n + 1) * sizeof *include);
    const char **exclude = arena_alloc(a, (n + 1) * sizeof *exclude);
    for (size_t i = 0; i < n; i++) {
        const char *p = l->c->databases[i];
        const char **to = *p == '!' ? &exclude[out++] : &include[in++];
        p += *p == '!';
        *to = strcmp(p, "*") == 0 ? ".*" : p;
    }
    include[in] = exclude[out] = NULL;
    return filter_new(a, include, exclude, ret, &why) ? load_bad_option(l, "databases", why.msg,
            err) : 0;
}

/* Finds all errors of the entry itself, by making a feed of a database that need not exist. */
static int try_one(struct configs *all, const struct config *entry, struct err *err)
{
    struct config c;
    feeds_copy(entry, &c);
    c.database = "postgres";
    int rc = feeds_finish(all, &c, err);
    config_done(&c);
    return rc;
}

int servers_add(struct configs *all, struct config *entry, struct err *err)
{
    struct configs_server *s = xcalloc(1, sizeof *s);
    struct loader l = feeds_loader(entry);
    int rc = 0;
    if (entry->enc.connector != CONNECTOR_POSTGRESQL)
        rc = load_bad_option(&l, "databases",
                             "a feed of MySQL or MariaDB reads every database of its server: say "
                             "which with "
                             "tables.include, as in [\"shop\\\\..*\"]", err);
    rc = rc || compile(&l, &s->wanted, err) || template_check(&l, err) ||
        try_one(all, entry, err) ||
         load_fallbacks(&l, SCOPE_FEED, err) ? -1 : 0;
    if (rc) {
        free(s);
        return rc;
    }
    s->entry = *entry;
    all->servers = arena_grown(&all->base.arena, all->servers, all->nservers, &all->servers_cap,
                               sizeof *all->servers);
    all->servers[all->nservers++] = s;
    return 0;
}

static void forget(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

void servers_free(struct configs_server *s)
{
    forget(s->told, s->ntold);
    config_done(&s->entry);
    free(s);
}

/* ---- a server's databases ---- */

static void *grown(void *list, size_t n, size_t each)
{
    list = xrealloc(list, n + 1, each);
    return list;
}

static char *copy(const char *s)
{
    char *own = xstrdup(s);
    return own;
}

static const char *in_database(struct arena *a, const char *conninfo, const char *database,
                               struct err *err)
{
    struct buf text = { 0 };
    const char *s = pg_conninfo_of_database(conninfo, database, &text, err) ? NULL
        : arena_strdup(a, buf_cstr(&text));
    buf_done(&text);
    return s;
}

static int make_feed(struct configs *all, const struct configs_server *of,
                     const struct pg_database *db, struct config *c, struct err *err)
{
    feeds_copy(&of->entry, c);
    c->database = arena_strdup(&c->arena, db->name);
    c->database_oid = db->oid;
    c->server = of;
    if (!(c->pg.conninfo = in_database(&c->arena, c->pg.conninfo, db->name, err)))
        return -1;
    if (c->pg.setup_conninfo && !(c->pg.setup_conninfo = in_database(&c->arena,
            c->pg.setup_conninfo, db->name, err)))
        return -1;
    return feeds_finish(all, c, err) || feeds_add(all, c, err) ? -1 : 0;
}

static struct config *feed_of(const struct configs *all, const struct configs_server *of,
                              const char *database)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->feeds[i]->server == of && strcmp(all->feeds[i]->database, database) == 0)
            return all->feeds[i];
    return NULL;
}

struct listing {
    struct pg_database *list;
    size_t n;
};

static bool is_there(const struct listing *now, const struct config *c)
{
    for (size_t i = 0; i < now->n; i++)
        if (now->list[i].oid == c->database_oid && strcmp(now->list[i].name, c->database) == 0)
            return true;
    return false;
}

/* Takes out feeds whose database is gone. A name that comes again is another database. */
static void take_out(struct configs *all, const struct configs_server *of,
                     const struct listing *now, struct configs_change *ret)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->n; i++) {
        struct config *c = all->feeds[i];
        if (c->server != of || is_there(now, c)) {
            all->feeds[kept++] = c;
            continue;
        }
        ret->gone = grown(ret->gone, ret->ngone, sizeof *ret->gone);
        ret->gone[ret->ngone++] = c;
    }
    all->n = kept;
}

static void refuse(struct configs_server *of, const char *database, const struct err *why,
                   char ***told, size_t *ntold,
                   struct configs_change *ret)
{
    bool before = false;
    for (size_t i = 0; i < of->ntold; i++)
        before |= strcmp(of->told[i], database) == 0;
    *told = grown(*told, *ntold, sizeof **told);
    (*told)[(*ntold)++] = copy(database);
    if (before)
        return;
    ret->refused = grown(ret->refused, ret->nrefused, sizeof *ret->refused);
    ret->refused[ret->nrefused++] = (struct configs_refusal){ copy(database), *why };
}

static int add_one(struct configs *all, const struct configs_server *of,
                   const struct pg_database *db, struct configs_change *ret,
                   struct err *err)
{
    struct config c;
    if (!utf8_is(slice_str(db->name)))
        return err_set(err, ERR_CONFIG,
                       "the database's name is not UTF-8: rename it, or give it a feed of its own");
    int wanted = filter_takes(&of->wanted, db->name, err);
    if (wanted <= 0 || feed_of(all, of, db->name))
        return wanted < 0 ? -1 : 0;
    if (make_feed(all, of, db, &c, err)) {
        config_done(&c);
        return -1;
    }
    ret->added = grown(ret->added, ret->nadded, sizeof *ret->added);
    ret->added[ret->nadded++] = all->feeds[all->n - 1];
    return 0;
}

int configs_refresh(struct configs *all, struct configs_server *of, struct configs_change *ret,
                    struct err *err)
{
    struct listing now = { 0 };
    struct arena a;
    char **told = NULL;
    size_t ntold = 0;
    *ret = (struct configs_change){ 0 };
    arena_init(&a, 1 << 14);
    int rc = pg_databases_read(&of->entry.pg, &a, &now.list, &now.n, err);
    if (rc) {
        err_wrap(err, "%s:%zu: the server's databases cannot be listed", of->entry.at.file,
                 of->entry.at.line);
    } else {
        take_out(all, of, &now, ret);
        for (size_t i = 0; i < now.n; i++) {
            struct err why = { 0 };
            if (add_one(all, of, &now.list[i], ret, &why))
                refuse(of, now.list[i].name, &why, &told, &ntold, ret);
        }
        forget(of->told, of->ntold);
        of->told = told;
        of->ntold = ntold;
    }
    arena_done(&a);
    return rc;
}

void configs_change_done(struct configs_change *change)
{
    for (size_t i = 0; i < change->nrefused; i++)
        free(change->refused[i].database);
    free(change->refused);
    free(change->added);
    free(change->gone);
    *change = (struct configs_change){ 0 };
}
