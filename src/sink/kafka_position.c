/* Reads from the position topic a feed's position, the values kept beside it, and who stored it. */
#include "sink/kafka_reading.h"

enum { OWNER_MS = 10000 };

struct found {
    struct buf *position;
    struct buf *owner;          /* NULL: not wanted */
    int64_t stored_ms;          /* when the position was stored, by the storing process's clock */
    /* also take the owner from a note of the feed's writer */
    bool writers;
    kept_fn *each;
    void *arg;
};

static int collect(void *arg, const struct noted *r, struct err *err)
{
    struct found *f = arg;
    if (r->what == NOTED_KEPT)
        return f->each ? f->each(f->arg, r->name, r->value, err) : 0;
    if (r->what == NOTED_POSITION) {
        buf_set(f->position, r->value);
        rd_kafka_timestamp_type_t type;
        f->stored_ms = rd_kafka_message_timestamp(r->message, &type);
        if (type != RD_KAFKA_TIMESTAMP_CREATE_TIME)     /* another clock than the records' */
            f->stored_ms = SINK_STORED_UNKNOWN;
    }
    if (f->owner && (f->writers || r->what == NOTED_POSITION))
        look_header(r, KAFKA_OWNER, f->owner);
    return 0;
}

static int find(struct kafka *k, const char *feed, struct found *f, int ms, struct err *err)
{
    struct look l = { .k = k, .feed = feed, .perhaps = ms == OWNER_MS, .ms = ms, .each = collect,
                      .arg = f };
    return look_at_positions(&l, err);
}

int kafka_load_owned(struct kafka *k, const struct sink_feed *f, struct buf *ret_position,
                     struct buf *ret_owner, struct err *err)
{
    struct found found = { .position = ret_position, .owner = ret_owner };
    return find(k, f->name, &found, KAFKA_LOAD_MS, err);
}

static bool is(const struct buf *a, const struct buf *b)
{
    return slice_eq(buf_slice(a), buf_slice(b));
}

/* A version that does not note who writes a feed can take it, too: then its position moves. */
static int check_ours(struct kafka *k, struct sink_feed *f, const struct buf *now,
                      struct err *err)
{
    if (!k->opt->shared || !k->opt->exactly_once || !f->committed.n || !now->n ||
        is(now, &f->committed) || is(now, &f->storing))
        return 0;
    f->taken = true;
    return err_set(err, ERR_FATAL,
                   "another instance of feed \"%s\" has taken over (it has stored a "
                   "position since)",
                   f->name);
}

int kafka_load(struct sink *base, struct sink_feed *f, struct buf *ret_position, kept_fn *each,
               void *arg, struct err *err)
{
    struct kafka *k = (struct kafka *)base;
    struct buf position = { 0 };
    struct found found = { .position = &position, .each = each, .arg = arg };
    int rc = kafka_take(k, f, err) || find(k, f->name, &found, KAFKA_LOAD_MS, err) ||
             check_ours(k, f, &position, err) ? -1 : 0;
    if (!rc)
        buf_put(ret_position, position.p, position.n);
    f->stored_ms = position.n ? found.stored_ms : 0;
    buf_done(&position);
    return rc;
}

int kafka_owner(struct sink *base, const struct sink_feed *f, struct buf *ret_owner,
                struct err *err)
{
    struct buf position = { 0 }, owner = { 0 };
    struct found found = { .position = &position, .owner = &owner, .writers = true };
    int rc = find((struct kafka *)base, f->name, &found, OWNER_MS, err);
    if (!rc)
        buf_put(ret_owner, owner.p, owner.n);
    buf_done(&owner);
    buf_done(&position);
    return rc;
}
