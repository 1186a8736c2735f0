/*
 * Finds files that hold a secret of the configuration and are open to every user of the machine.
 * Files that a value came from are noted while the configuration is read. Options name the files
 * that libraries read by themselves. The files' modes are looked at when a command asks.
 */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/secret.h"
#include "base/xalloc.h"
#include "config/load.h"

/* ---- what holds a secret ---- */

struct secret_file {
    const char *path;
    const struct secret_file *next;
};

static void note(struct config *c, const char *path)
{
    struct secret_file *f = arena_alloc(&c->arena, sizeof *f);
    *f = (struct secret_file){ path, c->secret_files };
    c->secret_files = f;
}

/* Whether the text is a URL with a password in its account. */
static bool url_carries(const char *text)
{
    const char *from = strstr(text, "://");
    size_t n = from ? strcspn(from + 3, "/?#") : 0;
    const char *at = n ? memrchr(from + 3, '@', n) : NULL;
    const char *colon = at ? memchr(from + 3, ':', (size_t)(at - from - 3)) : NULL;
    return colon && colon + 1 < at;
}

static bool carries(const char *key, const char *text)
{
    if (!*text)
        return false;
    if (strcmp(key, "source.conninfo") == 0 || strcmp(key, "source.setup-conninfo") == 0)
        return pg_conninfo_password(text);
    return secret_name(key) || url_carries(text);
}

/* The value without its ${} references; calls each(file) for each ${file:PATH}. */
static char *own_words(struct config *c, const char *raw,
                       void (*each)(struct config *, const char *))
{
    struct buf own = { 0 };
    for (const char *p = raw; *p;) {
        const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL;
        if (!end) {
            buf_u8(&own, (uint8_t)*p++);
            continue;
        }
        if (each && strncmp(p + 2, "file:", 5) == 0)
            each(c, arena_printf(&c->arena, "%.*s", (int)(end - p - 7), p + 7));
        p = end + 1;
    }
    char *text = arena_strdup(&c->arena, buf_cstr(&own));
    buf_done(&own);
    return text;
}

void load_note_secret(struct loader *l, const char *key, const char *raw, const char *value)
{
    if (!carries(key, value))
        return;
    if (!carries(key, own_words(l->c, raw, NULL)))
        (void)own_words(l->c, raw, note);
    else if (l->at.file)
        note(l->c, l->at.file);
}

/* ---- who may open it ---- */

/* Whether a folder above path shuts others out, because they may not search it. Changes path. */
static bool is_shut(char *path)
{
    struct stat st;
    for (char *slash; (slash = strrchr(path, '/')) && slash != path;) {
        *slash = 0;
        if (!stat(path, &st) && !(st.st_mode & S_IXOTH))
            return true;
    }
    return false;
}

/* The file's mode if others may read or write it; else 0. */
static unsigned mode_for_all(const char *path)
{
    struct stat st;
    char *whole = realpath(path, NULL);
    bool open = whole && !stat(whole, &st) && S_ISREG(st.st_mode) &&
        st.st_mode & (S_IROTH | S_IWOTH) && !is_shut(whole);
    free(whole);
    return open ? st.st_mode & 07777 : 0;
}

struct look {
    exposed_fn *say;
    void *arg;
    const char **seen;
    size_t n;
};

static void look_at(struct look *look, const char *path)
{
    if (!path || !*path)
        return;
    for (size_t i = 0; i < look->n; i++)
        if (strcmp(look->seen[i], path) == 0)
            return;
    look->seen = xrealloc(look->seen, look->n + 1, sizeof *look->seen);
    look->seen[look->n++] = path;
    unsigned mode = mode_for_all(path);
    if (mode)
        look->say(look->arg, path, mode);
}

/* Looks at the files that libraries read by themselves. */
static void look_at_named(struct look *look, struct config *c)
{
    static const char *const named[] = { "source.mysql.tls-key", "registry.key-file",
                                         "http.tls-key" };
    static const char *const kafka[] = { "ssl.key.location", "ssl.keystore.location",
                                         "sasl.kerberos.keytab" };
    const char *const conninfos[] = { c->pg.conninfo, c->pg.setup_conninfo };
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        look_at(look, *(const char **)((char *)c + option_find(named[i])->at));
    for (size_t i = 0; i < sizeof kafka / sizeof *kafka; i++)
        for (const struct kv *p = c->kafka.props; p && p->key; p++)
            look_at(look, strcmp(p->key, kafka[i]) == 0 ? p->value : NULL);
    for (size_t i = 0; i < sizeof conninfos / sizeof *conninfos; i++) {
        look_at(look, pg_conninfo_file(conninfos[i], "passfile", &c->arena));
        look_at(look, pg_conninfo_file(conninfos[i], "sslkey", &c->arena));
    }
}

static void look_at_all(struct look *look, struct config *c)
{
    for (const struct secret_file *f = c->secret_files; f; f = f->next)
        look_at(look, f->path);
    look_at_named(look, c);
}

void configs_exposed(struct configs *all, exposed_fn *say, void *arg)
{
    struct look look = { .say = say, .arg = arg };
    look_at_all(&look, all->many ? &all->base : all->feeds[0]);
    for (size_t i = 0; i < all->n; i++)
        look_at_all(&look, all->feeds[i]);
    for (size_t i = 0; i < all->nservers; i++)
        look_at_all(&look, &all->servers[i]->entry);
    free(look.seen);
}
