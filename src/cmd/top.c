/* `tailrace top`: shows the table of `tailrace status` on a terminal again and again, feeds that
 * need somebody first. Plain ANSI. */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "base/escape.h"
#include "base/readable.h"
#include "cmd/config.h"
#include "cmd/table.h"

enum { EVERY_MS = 1000 };

/* Switches to the other screen, without cursor and line wrap; and back. */
#define SCREEN_ON  "\033[?1049h\033[?25l\033[?7l"
#define SCREEN_OFF "\033[?7h\033[?25h\033[?1049l"

static volatile sig_atomic_t ends;

static void on_signal(int sig)
{
    ends |= sig != SIGWINCH;
}

/* ---- what is shown ---- */

static char order = 'u';        /* a key of keys */

static const struct { char key; const char *member, *says; } keys[] = {
    { 'u', "urgency", "urgency" }, { 'l', "lag_s", "late" }, { 'b', "lag_bytes", "behind" },
    { 'r', "rows_per_s", "rows/s" }, { 'n', "name", "name" },
};

static int compare(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    size_t i = 0;
    while (keys[i].key != order)
        i++;
    double m = json_number_value(json_object_get(x, keys[i].member));
    double n = json_number_value(json_object_get(y, keys[i].member));
    if (m != n)
        return m < n ? 1 : -1;
    return strcmp(json_string_value(json_object_get(x, "name")),
                  json_string_value(json_object_get(y, "name")));
}

/* Puts the answer's feeds in the chosen order. */
static void sort(json_t *answer)
{
    json_t *feeds = json_object_get(answer, "feeds"), *sorted = json_array(), *feed;
    json_t **list = calloc(json_array_size(feeds) + 1, sizeof *list);
    size_t i, n = 0;
    json_array_foreach(feeds, i, feed)
        list[n++] = feed;
    qsort(list, n, sizeof *list, compare);
    for (i = 0; i < n; i++)
        json_array_append(sorted, list[i]);
    free(list);
    json_object_set_new(answer, "feeds", sorted);
}

static void put_head(const json_t *answer, struct buf *out)
{
    const json_t *feeds = json_object_get(answer, "feeds");
    const char *process = json_string_value(json_object_get(answer, "process"));
    uint64_t rows = 0;
    json_t *feed;
    size_t i, bad = 0;
    json_array_foreach(feeds, i, feed) {
        rows += (uint64_t)json_integer_value(json_object_get(feed, "rows_per_s"));
        bad += json_integer_value(json_object_get(feed, "urgency")) > 0;
    }
    escape_line(slice_str(process ? process : ""), out);
    buf_printf(out, ": %zu feeds, %zu need somebody, ", json_array_size(feeds), bad);
    readable_count(rows, ",", out);
    buf_str(out, " rows/s.  Order:");
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        buf_printf(out, keys[i].key == order ? " [%c] %s" : " %c %s", keys[i].key, keys[i].says);
    buf_str(out, ".  q ends\n\n");
}

static size_t height(void)
{
    struct winsize w;
    return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_row > 2 ? w.ws_row : 24;
}

/* Draws as many lines as there is room for, each over the old one. */
static void draw(const char *text)
{
    size_t left = height();
    fputs("\033[H", stdout);
    while (*text && left--) {
        size_t n = strcspn(text, "\n");
        printf("%.*s\033[K%s", (int)n, text, left ? "\r\n" : "");
        text += n + (text[n] == '\n');
    }
    fputs("\033[J", stdout);
    fflush(stdout);
}

/* A service that does not answer now may answer at the next look. */
static void look(const char *path, const struct invocation *v, char **feeds)
{
    struct buf text = { 0 };
    struct err err = { 0 };
    json_t *answer = NULL;
    if (service_order(path, "list", feeds, (size_t)v->nfeeds, NULL, &answer, &err)) {
        escape_line(slice_str(err.msg), &text);
        buf_str(&text, "\n\nq ends\n");
    } else {
        sort(answer);
        put_head(answer, &text);
        table_put(answer, 0, &text);
    }
    draw(buf_cstr(&text));
    json_decref(answer);
    buf_done(&text);
}

/* ---- the terminal ---- */

static bool heed_keys(void)
{
    struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
    char key;
    if (poll(&fd, 1, EVERY_MS) <= 0)
        return true;
    if (read(STDIN_FILENO, &key, 1) != 1)
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == key)
            order = key;
    return key != 'q';
}

static void watch(const char *path, const struct invocation *v)
{
    struct termios was, raw;
    struct sigaction sa = { .sa_handler = on_signal };
    char *feeds[sizeof v->feeds / sizeof *v->feeds];
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
    for (int i = 0; i < v->nfeeds; i++)
        feeds[i] = (char *)(uintptr_t)v->feeds[i];
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &sa, NULL);
    tcgetattr(STDIN_FILENO, &was);
    raw = was;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    fputs(SCREEN_ON, stdout);
    do
        look(path, v, feeds);
    while (heed_keys() && !ends);
    fputs(SCREEN_OFF, stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &was);
}

int cmd_top(int argc, char **argv)
{
    struct invocation v;
    struct err err = { 0 };
    char *path = NULL;
    int rc = invocation_read(&v, argc, argv, "", &err);
    if (!rc && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
        rc = err_set(&err, ERR_CONFIG, "this is no terminal -> tailrace status prints the "
                     "same once");
    if (!rc && !(rc = service_path(&v, &path, &err)))
        watch(path, &v);
    free(path);
    return rc ? finish_command(&err) : 0;
}
