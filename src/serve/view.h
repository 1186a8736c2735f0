#ifndef TAILRACE_SERVE_VIEW_H
#define TAILRACE_SERVE_VIEW_H
#include "base/buf.h"
#include "serve/web.h"

/*
 * A copy of all feeds' statistics at one moment. Metrics, /status and the page are written from it.
 */
struct table_view { const char *schema, *name; uint64_t rows[STATS_OPS], held, all; };

struct feed_view {
    const char *name;
    char *position;             /* "": none is stored */
    enum feed_state state;
    enum feed_reason reason;
    /* a session has failed, and no later session has got beyond starting */
    bool failed;
    int64_t since_ms;           /* in this state; 0: since the process began */
    double lag_s;               /* below 0: not known */
    uint64_t rows, records, bytes, transactions, messages, sessions;
    uint64_t batches, queue_bytes, commits, commit_us, rows_per_s;
    uint64_t minutes[STATS_MINUTES];        /* rows, the oldest minute first */
    struct source_stand stand;
    struct stats_error errors[STATS_CLASSES];
    struct job_status jobs[STATS_JOBS];
    size_t njobs;
    struct table_view *tables;
    size_t ntables;
};

struct view {
    struct web_about about;
    struct feed_view *feeds;
    size_t n;
    int64_t now_ms;
};

void view_take(struct view *v, const char *name, struct flow_stats *s);     /* adds a feed */
/* Adds all feeds. Keep the roster locked until view_done(). */
void view_roster(struct view *v, const struct roster *r);
void view_done(struct view *v);

/* How urgently the feed needs somebody: 0: not at all, 1: soon, 2: now. */
int view_urgency(const struct feed_view *f);

extern const char *const view_class_names[STATS_CLASSES];   /* of errors */
extern const char *const view_class_todo[STATS_CLASSES];    /* what to do about one */

/*
 * What to do about the feed's error: what its own text says behind an arrow, else its class's text.
 */
const char *view_todo(const struct feed_view *f, enum err_class c);
size_t view_error_length(const struct feed_view *f, enum err_class c);      /* up to the arrow */

/* The class of the feed's newest error; ERR_NONE: it had none. */
enum err_class view_last_error(const struct feed_view *f);

/* What the server answers with. */
void put_metrics(const struct view *v, bool tables, struct buf *out);
void put_status(const struct view *v, struct buf *out);
/* The members of the status object. whole: with tables, backfills and each class's error. */
void put_members(const struct view *v, bool whole, struct buf *out);
bool put_ready(const struct view *v, struct buf *out);      /* false: not yet */

/* feed NULL: all feeds. put_page() returns false if there is no such feed. */
struct page_query { const char *feed, *sort, *state; };
bool put_page(const struct view *v, const struct page_query *q, struct buf *out);
#endif
