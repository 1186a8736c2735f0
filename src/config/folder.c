/* Lists conf.d: which of its files are read, and in which order. */
#include "config/load.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

struct names {
    const char **list;
    size_t n, cap;
};

static void add(struct arena *a, struct names *to, const char *path)
{
    to->list = arena_grown(a, to->list, to->n, &to->cap, sizeof *to->list);
    to->list[to->n++] = path;
}

/* Compares bytes, whatever the locale: the order is the same everywhere. */
static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Files that editors and packagers leave behind have other endings (.yaml~, .yaml.bak,
 * .yaml.dpkg-old), or begin with a point or a #.
 */
static bool is_read(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".yaml") == 0 && name[0] != '.' && name[0] != '#';
}

static void sort(struct names *names)
{
    if (names->n)
        qsort(names->list, names->n, sizeof *names->list, by_bytes);
}

int folder_list(struct configs *all, const char *folder, const char ***ret, size_t *ret_n,
                struct err *err)
{
    struct arena *a = &all->base.arena;
    struct names read = { 0 }, over = { 0 };
    DIR *d = opendir(folder);
    if (!d)
        return err_set(err, ERR_CONFIG, "%s: %s", folder, strerror(errno));
    errno = 0;
    for (struct dirent *e; (e = readdir(d)); errno = 0)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            add(a, is_read(e->d_name) ? &read : &over, arena_printf(a, "%s/%s", folder, e->d_name));
    int why = errno;
    closedir(d);
    if (why)
        return err_set(err, ERR_CONFIG, "%s: %s", folder, strerror(why));
    sort(&read);
    sort(&over);
    *ret = read.list;
    *ret_n = read.n;
    all->passed_over = over.list;
    all->npassed_over = over.n;
    return 0;
}
