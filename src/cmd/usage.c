/*
 * Takes the rows of the command table apart, for man pages and completion. The rows are written for
 * people, by few rules: a flag's value stands behind it in capitals; a word in small letters is
 * typed as it is; "--flag: text" in the help describes a flag.
 */
#include "cmd/usage.h"
#include <ctype.h>
#include <string.h>

static const char between[] = " []|";

static struct slice token(const char *p)
{
    size_t n = strcspn(p, between);
    if (n > 3 && strncmp(p + n - 3, "...", 3) == 0)
        n -= 3;
    return slice_of(p, n);
}

bool usage_is_flag(struct slice word)
{
    return word.n > 2 && word.p[0] == '-' && word.p[1] == '-';
}

bool usage_word(const char **at, struct slice *ret_word, struct slice *ret_value)
{
    const char *p = *at;
    for (p += strspn(p, between); *p; p += strspn(p, between)) {
        struct slice t = token(p);
        p += strcspn(p, between);
        *at = p;
        *ret_word = t;
        *ret_value = slice_of("", 0);
        if (usage_is_flag(t)) {
            if (p[0] == ' ' && isupper((unsigned char)p[1])) {
                *ret_value = token(p + 1);
                *at = p + 1 + strcspn(p + 1, between);
            }
            return true;
        }
        if (islower(*t.p))
            return true;
    }
    return false;
}

/* A statement ends at a full stop, at the end of the help, or where a flag follows a semicolon. */
static size_t statement_length(const char *p)
{
    size_t n = 0;
    while (p[n] && strncmp(p + n, "; --", 4) != 0 &&
           !(p[n] == '.' && (p[n + 1] == ' ' || !p[n + 1])))
        n++;
    return n;
}

bool usage_statement(const char **at, struct slice *ret_flag, struct slice *ret_text)
{
    const char *p = *at;
    if (!*p)
        return false;
    size_t n = statement_length(p), name = strcspn(p, ": ");
    *at = p + n + strspn(p + n, ".; ");
    bool flag = strncmp(p, "--", 2) == 0 && p[name] == ':' && name + 2 < n;
    *ret_flag = slice_of(p, flag ? name : 0);
    *ret_text = flag ? slice_of(p + name + 2, n - name - 2) : slice_of(p, n);
    return true;
}

struct slice usage_of_flag(const struct command *c, struct slice flag)
{
    const char *at = c->help;
    struct slice of, text;
    while (usage_statement(&at, &of, &text))
        if (slice_eq(of, flag))
            return text;
    return slice_of("", 0);
}

struct slice usage_summary(const struct command *c)
{
    const char *at = c->help, *end;
    struct slice flag, text;
    if (!usage_statement(&at, &flag, &text))
        return slice_of("", 0);
    if ((end = memchr(text.p, ':', text.n)) || (end = memmem(text.p, text.n, " (", 2)))
        text.n = (size_t)(end - (const char *)text.p);
    return text;
}
