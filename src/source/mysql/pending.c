/* Events that a statement or the first catalog read made, until the source hands them out. */
#include "base/xalloc.h"
#include "source/mysql/source.h"

struct event *mysql_pend(struct mysql_source *s, enum event_kind kind)
{
    if (s->npending == s->cap_pending) {
        s->cap_pending = s->cap_pending ? 2 * s->cap_pending : 64;
        s->pending = xrealloc(s->pending, s->cap_pending, sizeof *s->pending);
    }
    struct event *ev = &s->pending[s->npending++];
    /* the connector has milliseconds for a statement */
    *ev = (struct event){ .kind = kind, .commit_us = s->event_us - s->event_us % 1000 };
    return ev;
}

/* A copy of the place: it must outlive the statement's event. */
const struct binlog_place *mysql_kept_place(struct mysql_source *s)
{
    struct binlog_place *p = arena_alloc(&s->pending_arena, sizeof *p);
    *p = s->place;
    p->file = arena_strdup(&s->pending_arena, p->file);
    p->gtid = arena_strdup(&s->pending_arena, p->gtid);
    p->query = (struct slice){ NULL, 0 };
    return p;
}

void mysql_pending_clear(struct mysql_source *s)
{
    s->npending = s->next_pending = 0;
    arena_reset(&s->pending_arena);
}
