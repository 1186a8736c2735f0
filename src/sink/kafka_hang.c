/*
 * With exactly-once: a transaction that has ended may still be open in a partition. Kafka 4 leaves
 * out the marker that ends it where a partition has no leader at that moment, and the coordinator
 * forgets it. The transaction's records stay hidden there, with all records behind them, until the
 * same producer's next transaction there ends: both end in the same way. If the hidden records had
 * been aborted, and the next transaction is committed, they would be there twice: the feed has
 * written them again.
 *
 * So the ends of a topic's partitions are asked for, once, before the first record that a producer
 * writes to it. At that time nothing of the producer is open. If a transaction is open and stays:
 *
 *   its records are younger than the position that the feed began with: they were aborted. The
 *   first transaction that writes to the partition is given up, which ends both.
 *
 *   its records are older, or an earlier one is younger, so that times tell nothing. They count as
 *   committed, and are once more by the next transaction there.
 *
 * Where several producers write to a topic, the open transaction may belong to another producer and
 * take long. Giving up one of our transactions does no harm then, and is done TRIES times.
 */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "sink/kafka.h"

enum { ASK_MS = 15000, PATIENCE_US = 5000000, STEP_MS = 100, TRIES = 2 };

/* A partition in which a transaction is open and does not end. */
struct hang {
    struct sink_topic *topic;
    int32_t partition;
    int64_t since, upto;        /* where it begins; the partition's end when it was found */
    int64_t stored_ms;          /* when the position that the feed began with was stored */
    bool committed;             /* its records are older than that, or their age is not known */
    bool passed;                /* the producer's present transaction has a record there */
    int tries;                  /* how many transactions were given up for it */
    struct hang *next;
};

static struct hang *hang_of(struct kafka *k, const char *topic, int32_t partition)
{
    struct hang *h = k->hangs;
    while (h && (h->partition != partition || strcmp(h->topic->name, topic)))
        h = h->next;
    return h;
}

static void forget(struct kafka *k, struct hang *h)
{
    struct hang **at = &k->hangs;
    while (*at != h)
        at = &(*at)->next;
    *at = h->next;
    free(h);
}

/* The place of a hang, for a log line. */
#define AT " topic=%s partition=%d since_offset=%lld end_offset=%lld"
#define PLACE(h) (h)->topic->name, (int)(h)->partition, (long long)(h)->since, (long long)(h)->upto

/* ---- what happens to a hang ---- */

void kafka_hang_passed(struct kafka *k, const struct sink_topic *t, int32_t partition)
{
    struct hang *h = hang_of(k, t->name, partition);
    if (h)
        h->passed = true;
}

/* To commit records loses nothing, and to abort them may. */
static void commit_all_the_same(struct hang *h)
{
    h->committed = true;
    log_warn("a transaction is open in a partition, and how it ended is not known: its records "
             "come with the next one there -> tailrace verify" AT, PLACE(h));
}

/* Does the present transaction write where committed records wait for it to be committed? */
static bool must_commit(const struct kafka *k)
{
    for (const struct hang *h = k->hangs; h; h = h->next)
        if (h->passed && h->committed && h->tries < TRIES)
            return true;
    return false;
}

int kafka_hang_ends(struct kafka *k, struct err *err)
{
    const struct hang *one = NULL;
    bool keep = must_commit(k);
    for (struct hang *h = k->hangs; h; h = h->next) {
        if (h->committed || !h->passed)
            continue;
        if (keep || h->topic->append_time) {    /* the brokers' time tells nothing */
            commit_all_the_same(h);
            continue;
        }
        h->tries++;
        one = h;
    }
    return !one ? 0 : err_set(err, ERR_RETRY, "topic %s: partition %d: a transaction should have "
                              "ended, and is open since offset %lld: this one is given up and read "
                              "again, which ends both", one->topic->name, (int)one->partition,
                              (long long)one->since);
}

void kafka_hang_committed(struct kafka *k)
{
    for (struct hang *h = k->hangs, *next; h; h = next) {
        next = h->next;
        if (h->passed && h->tries < TRIES)
            forget(k, h);
    }
}

void kafka_hang_pause(struct kafka *k)
{
    for (struct hang *h = k->hangs; h; h = h->next)
        h->passed = false;
}

void kafka_hang_free(struct kafka *k)
{
    while (k->hangs)
        forget(k, k->hangs);
}

/* ---- the look ---- */

#if RD_KAFKA_VERSION >= 0x02030000

typedef rd_kafka_topic_partition_list_t list;

/* Puts each answer where its question stood: rd_kafka_OffsetSpec_t or a time in, an offset out. */
static rd_kafka_resp_err_t take(list *l, const rd_kafka_ListOffsets_result_t *r)
{
    size_t n;
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR_NO_ERROR;
    const rd_kafka_ListOffsetsResultInfo_t **infos = rd_kafka_ListOffsets_result_infos(r, &n);
    for (size_t i = 0; i < n; i++) {
        const rd_kafka_topic_partition_t *got =
            rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
        rd_kafka_topic_partition_t *to =
            rd_kafka_topic_partition_list_find(l, got->topic, got->partition);
        if (to)
            to->offset = got->offset;
        e = e ? e : got->err;
    }
    return e;
}

static rd_kafka_resp_err_t list_offsets(struct kafka *k, list *l, rd_kafka_IsolationLevel_t level)
{
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(k->rk, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
    rd_kafka_error_destroy(rd_kafka_AdminOptions_set_isolation_level(o, level));
    rd_kafka_queue_t *q = rd_kafka_queue_new(k->rk);
    rd_kafka_ListOffsets(k->rk, l, o, q);
    rd_kafka_event_t *ev = kafka_await(k, q, ASK_MS);
    rd_kafka_resp_err_t e = ev ? rd_kafka_event_error(ev) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!e)
        e = take(l, rd_kafka_event_ListOffsets_result(ev));
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(q);
    rd_kafka_AdminOptions_destroy(o);
    return e;
}

static int ask(struct kafka *k, list *l, rd_kafka_IsolationLevel_t level, struct err *err)
{
    rd_kafka_resp_err_t e = list_offsets(k, l, level);
    const char *todo = kafka_todo(e, true);
    return !e ? 0 : err_set(err, kafka_class(e), "topic %s: where its transactions end cannot be "
                            "asked for: %s%s%s", l->elems[0].topic, rd_kafka_err2str(e),
                            *todo ? " -> " : "", todo);
}

static int ask_ends(struct kafka *k, list *l, rd_kafka_IsolationLevel_t level, struct err *err)
{
    for (int i = 0; i < l->cnt; i++)
        l->elems[i].offset = RD_KAFKA_OFFSET_SPEC_LATEST;
    return l->cnt ? ask(k, l, level, err) : 0;
}

/* The hang is over. Warns if its records were committed, and no transaction of ours was committed
 * there since: another may have ended them. */
static void settle(struct kafka *k, struct hang *h)
{
    if (h->committed && h->tries < TRIES && !h->topic->append_time)
        log_warn("a committed transaction was open in a partition when another one failed there: "
                 "its records may be lost -> tailrace verify" AT, PLACE(h));
    forget(k, h);
}

/* Keeps the partitions in `stable` where a transaction has been open since `high` was asked for. */
static int leave_open(struct kafka *k, list *stable, const list *high, struct err *err)
{
    if (ask_ends(k, stable, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED, err))
        return -1;
    for (int i = stable->cnt - 1; i >= 0; i--) {
        rd_kafka_topic_partition_t *p = &stable->elems[i];
        int64_t end = rd_kafka_topic_partition_list_find((list *)(uintptr_t)high, p->topic,
                                                         p->partition)->offset;
        struct hang *h = hang_of(k, p->topic, p->partition);
        if (p->offset < end)
            continue;
        if (h)
            settle(k, h);
        rd_kafka_topic_partition_list_del_by_idx(stable, i);
    }
    return 0;
}

static struct hang *note(struct kafka *k, const struct sink_feed *f, const char *topic,
                         int32_t partition, int64_t since, int64_t upto)
{
    struct hang *h = hang_of(k, topic, partition);
    if (h && h->since == since)
        return h;
    if (!h) {
        h = xcalloc(1, sizeof *h);
        h->topic = kafka_topic_known(k, topic);
        h->partition = partition;
        h->next = k->hangs;
        k->hangs = h;
    }
    h->since = since;
    h->upto = upto;
    h->stored_ms = f->stored_ms;
    return h;
}

static void say(const struct hang *h)
{
    if (h->tries >= TRIES)
        log_warn("a transaction of another producer hides the end of a partition -> "
                 "kafka-transactions.sh find-hanging" AT, PLACE(h));
    else if (h->committed)
        log_warn("a committed transaction is open in a partition: its records are hidden until the "
                 "next one there is committed -> tailrace verify" AT, PLACE(h));
    else
        log_warn("a transaction should have ended, and is open in a partition: the next one there "
                 "is given up, which ends both" AT, PLACE(h));
}

/*
 * Asks for the first offset that is younger than the position. Only if the hang begins there were
 * its records aborted for sure. The marker before it has the broker's time, so it may be younger.
 */
static int judge(struct kafka *k, list *open, struct err *err)
{
    for (int i = 0; i < open->cnt; i++) {
        rd_kafka_topic_partition_t *p = &open->elems[i];
        p->offset = hang_of(k, p->topic, p->partition)->stored_ms + 1;
    }
    if (ask(k, open, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED, err))
        return -1;
    for (int i = 0; i < open->cnt; i++) {
        struct hang *h = hang_of(k, open->elems[i].topic, open->elems[i].partition);
        int64_t younger = open->elems[i].offset;
        bool first = younger == h->since || younger == h->since - 1;
        h->committed = h->tries >= TRIES || !first;
        say(h);
    }
    return 0;
}

static int note_all(struct kafka *k, const struct sink_feed *f, list *open, list *high,
                    struct err *err)
{
    for (int i = 0; i < open->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &open->elems[i];
        note(k, f, p->topic, p->partition, p->offset,
             rd_kafka_topic_partition_list_find(high, p->topic, p->partition)->offset);
    }
    return open->cnt ? judge(k, open, err) : 0;
}

/* high: the partitions; gets their ends. Returns the partitions where a transaction stays open, to
 * be destroyed. */
static list *stays_open(struct kafka *k, list *high, struct err *err)
{
    int64_t until = clock_mono_us() + PATIENCE_US;
    if (ask_ends(k, high, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED, err))
        return NULL;
    list *open = rd_kafka_topic_partition_list_copy(high);
    int rc = leave_open(k, open, high, err);
    while (!rc && open->cnt && clock_mono_us() < until && !kafka_stopping(k)) {
        rd_kafka_poll(k->rk, STEP_MS);
        rc = leave_open(k, open, high, err);
    }
    if (!rc)
        return open;
    rd_kafka_topic_partition_list_destroy(open);
    return NULL;
}

static int look_at(struct kafka *k, const struct sink_feed *f, list *high, struct err *err)
{
    list *open = stays_open(k, high, err);
    int rc = open ? note_all(k, f, open, high, err) : -1;
    if (open)
        rd_kafka_topic_partition_list_destroy(open);
    return rc;
}

/* Aborts a transaction with one record there. No feed has the record's key, so nobody reads it. */
static int abort_there(struct kafka *k, struct err *err)
{
    if (kafka_txn_begin(k, err))
        return -1;
    rd_kafka_resp_err_t code = kafka_produce(k, k->positions, 0, slice_str("\thang"),
                                             (struct slice){ NULL, 0 }, NULL, NULL);
    if (!code)
        code = rd_kafka_flush(k->rk, ASK_MS);
    rd_kafka_error_t *e = rd_kafka_abort_transaction(k->rk, ASK_MS);
    code = code ? code : rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    k->in_txn = false;
    return !code ? 0 : err_set(err, ERR_RETRY, "position topic %s: the transaction that is open "
                               "there was not ended: %s", k->opt->position_topic,
                               rd_kafka_err2str(code));
}

int kafka_hang_positions(struct kafka *k, struct err *err)
{
    list *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, k->opt->position_topic, 0);
    list *open = stays_open(k, l, err);
    int rc = open ? 0 : -1;
    if (open && open->cnt) {
        log_warn("a transaction is open in the position topic, and ends as aborted if it is this "
                 "producer's: was it committed elsewhere, its rows come twice -> tailrace verify "
                 "topic=%s since_offset=%lld", k->opt->position_topic,
                 (long long)open->elems[0].offset);
        rc = abort_there(k, err);
    }
    if (open)
        rd_kafka_topic_partition_list_destroy(open);
    rd_kafka_topic_partition_list_destroy(l);
    return rc;
}

/* A topic of the feed, this one or an earlier one, to which this producer has not written yet. */
static bool wanted(const struct sink_topic *t, const struct sink_feed *f)
{
    return t->feed && !t->looked && strcmp(t->feed, f->name) == 0;
}

int kafka_hang_look(struct kafka *k, const struct sink_feed *f, struct sink_topic *t,
                    struct err *err)
{
    list *l = rd_kafka_topic_partition_list_new(8);
    if (!t->feed || strcmp(t->feed, f->name)) {
        free(t->feed);
        t->feed = xstrdup(f->name);
    }
    for (struct sink_topic *each = k->topics; each; each = each->next)
        for (int i = 0; wanted(each, f) && i < each->partitions; i++)
            rd_kafka_topic_partition_list_add(l, each->name, i);
    int rc = look_at(k, f, l, err);
    for (struct sink_topic *each = k->topics; each && !rc; each = each->next)
        each->looked |= wanted(each, f);
    rd_kafka_topic_partition_list_destroy(l);
    return rc;
}

#else
/* This librdkafka cannot ask for the last stable offset beside the end. */
int kafka_hang_look(struct kafka *k, const struct sink_feed *f, struct sink_topic *t,
                    struct err *err)
{
    (void)k, (void)f, (void)err, (void)ASK_MS, (void)PATIENCE_US, (void)STEP_MS;
    t->looked = true;
    return 0;
}

int kafka_hang_positions(struct kafka *k, struct err *err)
{
    (void)k, (void)err;
    return 0;
}
#endif
