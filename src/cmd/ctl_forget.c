/* `tailrace ctl forget`: drops a feed's slot and its positions, and names what stays. */
#include <stdio.h>
#include <time.h>
#include "base/clock.h"
#include "cmd/config.h"
#include "sink/forget.h"

enum { CLAIM_US = 5000000, CLAIM_STEP_NS = 200000000 };

static bool is_pg(const struct config *c)
{
    return c->enc.connector == CONNECTOR_POSTGRESQL;
}

/* Claims the source, so that nobody begins to read. A session that has just ended may still
 * show. */
static int claim(struct source *src, struct err *err)
{
    struct source_holder holder = { 0 };
    int rc = 0;
    if (!src->ops->claim)
        return 0;
    for (int64_t until = clock_mono_us() + CLAIM_US;;) {
        rc = src->ops->claim(src, false, &holder, err);
        if (rc != 1 || clock_mono_us() > until)
            break;
        nanosleep(&(struct timespec){ .tv_nsec = CLAIM_STEP_NS }, NULL);
    }
    return rc == 1 ? err_set(err, ERR_CONFIG, "the feed runs, and nothing is changed: %s -> stop "
                             "it first", holder.who) : rc;
}

static void name_topic(void *arg, const char *topic)
{
    size_t *n = arg;
    printf("--   topic %s\n", topic);
    ++*n;
}

static void name_what_stays(const struct config *c)
{
    struct err unknown = { 0 };
    size_t n = 0;
    puts("-- what stays, with all that readers have of it:");
    if (c->sink_kind == SINK_AVRO_FILE)
        printf("--   the files in %s, and the position in %s.position there\n", c->file.directory,
               c->name);
    if (c->sink_kind != SINK_KAFKA)
        return;
    if (kafka_topics_of(&c->kafka, name_topic, &n, &unknown))
        printf("--   topics %s.*, which cannot be listed: %s\n", c->kafka.prefix, unknown.msg);
    if (c->registry.url && n)
        puts("--   in the registry the subjects of these topics, TOPIC-key and TOPIC-value");
    if (c->flow.routed)
        puts("--   topics of topics.route, which are not told apart from others'");
}

static int forget_positions(const struct config *c, bool dry_run, struct err *err)
{
    size_t n;
    if (c->sink_kind != SINK_KAFKA)
        return 0;
    if (kafka_forget(&c->kafka, c->name, dry_run, &n, err))
        return -1;
    printf("-- %zu key%s of the feed in topic %s %s tombstones\n", n, n == 1 ? "" : "s",
           c->kafka.position_topic, dry_run ? "would get" : "got");
    return 0;
}

static int forget_source(const struct config *c, bool publication, bool dry_run, struct err *err)
{
    if (is_pg(c))
        return pg_forget(&c->pg, publication, dry_run, stdout, err);
    puts("-- the server keeps nothing for a reader of its binlog: there is nothing to drop there");
    return 0;
}

/* Drops the slot first: without it the feed does not go on anywhere, even if it is paused there. */
static int forget(const struct config *c, bool publication, bool dry_run, struct err *err)
{
    struct source *src = source_of(c, err);
    if (!src)
        return -1;
    int rc = claim(src, err) || forget_source(c, publication, dry_run, err) ||
             forget_positions(c, dry_run, err) ? -1 : 0;
    src->ops->close(src);
    src->ops->free(src);
    return rc;
}

int ctl_forget(const struct invocation *v, struct err *err)
{
    struct chosen chosen = { 0 };
    struct config *c;
    if (v->nrest != 2)
        return err_set(err, ERR_CONFIG, "forget: one feed is wanted");
    int rc = ctl_feed(v, v->rest[1], &chosen, &c, err);
    int rests = rc ? -1 : ctl_at_rest(&chosen, c, err);
    rc = rests < 0 ? -1 : 0;
    if (!rests && !is_pg(c))        /* there is no slot whose loss would stop the feed */
        rc = err_set(err, ERR_CONFIG, "a service holds feed %s, and would go on where it was: "
                     "nothing is changed -> take it out of the configuration (tailrace ctl "
                     "reload), or stop the service", c->name);
    if (!rc && (v->dry_run || !v->yes))
        rc = forget(c, v->publication, true, err);
    if (!rc && !v->dry_run)
        rc = ctl_confirm(v, "Forget this feed?", err) || forget(c, v->publication, false, err)
            ? -1 : 0;
    if (!rc)
        name_what_stays(c);
    if (!rc && !v->dry_run)
        printf("feed %s is forgotten; where it is still configured, `tailrace setup` makes it "
               "anew\n", c->name);
    chosen_done(&chosen);
    return rc;
}
