/* Carries out orders from the process's control socket, on the thread that owns the feeds. */
#include <stdlib.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "cmd/many.h"

/* If another process of this name has the socket, this one goes on without orders. */
void orders_begin(struct many *m)
{
    struct err err = { 0 };
    char *path = steer_path(m->chosen->all.process->control_socket);
    if (control_claim(path, &m->claimed, &err) ||
        !(m->steer = steer_new(path, &m->about, &m->roster, m->engine, &err)))
        log_warn("no orders for the process are taken: %s", err.msg);
    web_steer(m->web, m->steer);
    free(path);
}

void orders_end(struct many *m)
{
    steer_free(m->steer);
    if (m->claimed >= 0)
        close(m->claimed);
}

static struct running *running_of(const struct many *m, const char *name)
{
    struct running *r = m->all;
    while (r && (r->gone || strcmp(r->c->name, name) != 0))
        r = r->next;
    return r;
}

static void restart_all(struct many *m, const struct order *o)
{
    for (const char *const *name = o->feeds; *name; name++) {
        struct running *r = running_of(m, *name);
        if (r) {
            engine_resume(&r->feed);
            many_restart(m, r);
        }
    }
    steer_done(m->steer, NULL, slice_str(""));
}

/* ---- a position ---- */

/* The feed's thread ends, starts again, stores the position first, and is then held. */
static void place_begin(struct many *m, const struct order *o)
{
    struct running *r = running_of(m, o->feeds[0]);
    struct err err = { 0 };
    if (!r) {
        err_set(&err, ERR_CONFIG, "position: the feed is gone, and nothing is changed");
        steer_done(m->steer, &err, slice_str(""));
        return;
    }
    free(r->next_place.expected);
    free(r->next_place.position);
    r->next_place = (struct placing){ xstrdup(o->expected), xstrdup(o->position), .rc = 0 };
    m->placing = r;
    engine_pause(&r->feed);
    many_restart(m, r);
}

static void place_look(struct many *m)
{
    struct running *r = m->placing;
    struct placing *p = &r->place;
    bool begun = !r->next_place.position, done = begun && p->done;
    struct err over = { 0 };
    if (!done && !r->gone && (r->runs || r->again))
        return;
    m->placing = NULL;
    if (done) {
        steer_done(m->steer, p->rc ? &p->err : NULL, slice_str(""));
        return;
    }
    err_set(&over, ERR_RETRY, begun ? "position: the feed has ended, and whether it is stored is "
            "not known -> tailrace ctl position show"
            : "position: the feed has ended, and nothing is changed");
    steer_done(m->steer, &over, slice_str(""));
}

static void reload_ordered(struct many *m, const struct order *o)
{
    struct buf text = { 0 };
    struct err err = { 0 };
    int rc = reload(m, o->dry_run, &text, &err);
    steer_done(m->steer, rc ? &err : NULL, buf_slice(&text));
    buf_done(&text);
}

void orders_heed(struct many *m)
{
    const struct order *o = m->steer ? steer_order(m->steer) : NULL;
    struct err err = { 0 };
    if (!o)
        return;
    if (*m->stop) {
        err_set(&err, ERR_RETRY, m->placing ? "position: the service is about to end, and whether "
                "it is stored is not known -> tailrace ctl position show"
                : "the service is about to end, and takes no orders");
        m->placing = NULL;
        steer_done(m->steer, &err, slice_str(""));
        return;
    }
    if (m->placing) {
        place_look(m);
        return;
    }
    switch (o->kind) {
    case ORDER_RESTART: restart_all(m, o); break;
    case ORDER_RELOAD:  reload_ordered(m, o); break;
    case ORDER_POSITION: place_begin(m, o); break;
    }
}
