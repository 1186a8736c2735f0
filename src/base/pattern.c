/* Compiles the configuration's regular expressions (PCRE2), and matches names of tables, columns
 * and topics with them. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"
#include <pcre2.h>
#include <pthread.h>
#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"

struct pattern {
    const char *text;
    pcre2_code *code;       /* many threads read it; each match has its own match data */
};

static void *from_arena(PCRE2_SIZE n, void *arena)
{
    return arena_alloc(arena, n);
}

static void keep(void *p, void *arena)
{
    (void)p, (void)arena;
}

struct pattern *pattern_new(struct arena *a, const char *text, struct err *err)
{
    int code;
    PCRE2_SIZE at;
    pcre2_general_context *memory = pcre2_general_context_create(from_arena, keep, a);
    pcre2_compile_context *how = pcre2_compile_context_create(memory);
    struct pattern *p = arena_alloc(a, sizeof *p);
    p->text = arena_strdup(a, text);
    p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                            PCRE2_CASELESS | PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code,
                            &at, how);
    if (!p->code) {
        char why[160];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
        err_set(err, ERR_CONFIG, "\"%s\" is not a regular expression: %s, at character %zu", text,
                why, at + 1);
        return NULL;
    }
    return p;
}

/* Gives match data on the heap. Made from the pattern, it would lie in the pattern's arena, which
 * would grow with every match and belongs to one thread. */
static pcre2_match_data *match_data(const struct pattern *p)
{
    uint32_t groups = 0;
    pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    pcre2_match_data *m = pcre2_match_data_create(groups + 1, NULL);
    if (!m)
        xalloc_failed();
    return m;
}

static pcre2_match_context *from_heap;

static void make_context(void)
{
    from_heap = pcre2_match_context_create(NULL);
    if (!from_heap)
        xalloc_failed();
}

/* Gives the one match context, which uses the heap. Without it PCRE up to 10.40 also takes a
 * match's memory from the pattern's arena. */
static pcre2_match_context *match_context(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_context);
    return from_heap;
}

int pattern_matches(const struct pattern *p, const char *name, struct err *err)
{
    pcre2_match_data *m = match_data(p);
    int rc =
        pcre2_match(p->code, (PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED, 0, 0, m, match_context());
    pcre2_match_data_free(m);
    if (rc >= PCRE2_ERROR_NOMATCH)
        return rc >= 0;
    char why[160];
    pcre2_get_error_message(rc, (PCRE2_UCHAR *)why, sizeof why);
    return err_set(err, ERR_CONFIG,
                   "the regular expression \"%.300s\" cannot be held against \"%.300s\" (%s): "
                   "write a simpler one",
                   p->text, name, why);
}

const char *pattern_text(const struct pattern *p)
{
    return p->text;
}

const char *pattern_replace(const struct pattern *p, struct arena *a, const char *name,
                            const char *text)
{
    PCRE2_SIZE n = 1024;
    char *to = arena_alloc(a, n);
    pcre2_match_data *m = match_data(p);
    int rc =
        pcre2_substitute(p->code, (PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED, 0, 0, m, match_context(),
                         (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *)to, &n);
    pcre2_match_data_free(m);
    return rc > 0 ? to : rc == 0 ? name : NULL;
}

static int compile_list(struct arena *a, const char *const *list, struct pattern ***ret,
                        struct err *err)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    *ret = n ? arena_alloc(a, (n + 1) * sizeof **ret) : NULL;
    for (size_t i = 0; i < n; i++)
        if (!((*ret)[i] = pattern_new(a, list[i], err)))
            return -1;
    if (n)
        (*ret)[n] = NULL;
    return 0;
}

static uint32_t hash_of(const char *const *include, const char *const *exclude)
{
    struct buf text = { 0 };
    for (; include && *include; include++)
        buf_printf(&text, "+%s\n", *include);
    for (; exclude && *exclude; exclude++)
        buf_printf(&text, "-%s\n", *exclude);
    uint32_t hash = hash_murmur2(buf_slice(&text));
    buf_done(&text);
    return hash ? hash : 1;
}

int filter_new(struct arena *a, const char *const *include, const char *const *exclude,
               struct filter *ret, struct err *err)
{
    ret->hash = hash_of(include, exclude);
    return compile_list(a, include, &ret->include, err) ||
                   compile_list(a, exclude, &ret->exclude, err)
               ? -1
               : 0;
}

static int any(struct pattern **list, const char *name, struct err *err)
{
    int rc = 0;
    for (; !rc && *list; list++)
        rc = pattern_matches(*list, name, err);
    return rc;
}

int filter_takes(const struct filter *f, const char *name, struct err *err)
{
    int in = f->include ? any(f->include, name, err) : 1,
        out = in > 0 && f->exclude ? any(f->exclude, name, err) : 0;
    return in < 0 || out < 0 ? -1 : in && !out;
}
