/* Refuses two feeds that would disturb each other, and names the places of both. */
#include "config/load.h"
#include <stdio.h>

static const struct given *given(const struct config *c, const char *key)
{
    return &c->given[option_find(key) - options];
}

/* Where an option was given; if it was not, where the feed was. */
static const char *place(struct arena *a, const struct config *c, const char *key)
{
    const struct given *g = given(c, key);
    const struct place *at = g->layer ? &g->at : &c->at;
    return at->file ? arena_printf(a, "%s:%zu", at->file, at->line)
        : arena_printf(a, "--set %s", key);
}

static int refuse(const struct config *c, const struct config *other, const char *key,
                  const char *value, const char *why,
                  struct err *err)
{
    struct arena a;
    arena_init(&a, 1024);
    err_set(err, ERR_CONFIG, "%s: %s: feed %s has \"%s\", and so has feed %s (%s): %s",
            place(&a, c, key), key, c->name, value,
            other->name, place(&a, other, key), why);
    arena_done(&a);
    return -1;
}

/* Compares topics as Kafka does: its metrics have _ in place of a dot. */
static bool one_topic(const char *a, const char *b)
{
    for (; *a && (*a == *b || (strchr("._", *a) && *b && strchr("._", *b))); a++, b++)
        ;
    return !*a && !*b;
}

/* Refuses a slot or a server id that another feed of the same server has. */
static int on_one_server(const struct config *c, const struct config *o, struct err *err)
{
    bool pg = c->enc.connector == CONNECTOR_POSTGRESQL;
    char id[16], why[300];
    if (pg != (o->enc.connector == CONNECTOR_POSTGRESQL) || strcmp(c->reads, o->reads) != 0)
        return 0;
    if (pg && strcmp(c->pg.slot, o->pg.slot) == 0) {
        snprintf(why, sizeof why, "a slot of a server (%.200s) has one reader", c->reads);
        return refuse(c, o, "source.slot", c->pg.slot, why, err);
    }
    if (pg || mysql_server_our_id(&c->mysql) != mysql_server_our_id(&o->mysql))
        return 0;
    snprintf(id, sizeof id, "%u", (unsigned)mysql_server_our_id(&c->mysql));
    snprintf(why, sizeof why, "a server (%.200s) takes one reader of an id", c->reads);
    return refuse(c, o, "source.mysql.server-id", id, why, err);
}

int conflict_check(const struct configs *all, const struct config *c, struct err *err)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct config *o = all->feeds[i];
        if (strcmp(c->name, o->name) == 0)
            return refuse(c, o, "name", c->name, "a feed's position is stored under its name", err);
        if (on_one_server(c, o, err))
            return -1;
        if (one_topic(c->enc.prefix, o->enc.prefix))
            return refuse(c, o, given(c, "topics.prefix")->layer ? "topics.prefix" : "name",
                          c->enc.prefix,
                          "their records would be in the same topics (to Kafka . and _ are one)",
                              err);
    }
    return 0;
}
