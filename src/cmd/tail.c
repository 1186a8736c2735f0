/* `tailrace tail`: reads topics back and prints their records decoded, as a consumer will see
 * them. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/json_out.h"
#include "cmd/config.h"
#include "sides/decoders.h"
#include "sink/tail.h"

struct printer {
    struct decoders decoders;
    struct buf line;
    long left;              /* records still to print; -1: no limit */
};

static atomic_int stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

static int put_part(struct printer *p, const char *name, struct slice s, struct err *err)
{
    json_out_name(&(struct json_out){ .to = &p->line }, name);
    if (!s.p) {
        buf_str(&p->line, "null");
        return 0;
    }
    if (!decoders_framed(s)) {       /* a position record, or one from another producer */
        buf_json_str(&p->line, s);
        return 0;
    }
    return decoders_print(&p->decoders, s, &p->line, err);
}

static int print(void *arg, const struct tail_record *r, struct err *err)
{
    struct printer *p = arg;
    p->line.n = 0;
    const struct json_out j = { .to = &p->line };
    json_out_open(&j, NULL, '{');
    json_out_text(&j, "topic", r->topic);
    json_out_number(&j, "partition", r->partition);
    json_out_number(&j, "offset", r->offset);
    if (put_part(p, "key", r->key, err) || put_part(p, "value", r->value, err))
        return err_wrap(err, "%s partition %d offset %lld", r->topic, r->partition,
                        (long long)r->offset);
    buf_str(&p->line, "}\n");
    fwrite(p->line.p, 1, p->line.n, stdout);
    if (p->left > 0 && --p->left == 0)
        stop = 1;
    return 0;
}

static int tail(struct config *c, const struct invocation *v, struct err *err)
{
    if (!c->registry.url)
        return err_set(err, ERR_CONFIG, "registry.url is needed to decode what the topics hold");
    struct printer p = { .decoders.registry = registry_new(&c->registry, err), .left = v->limit };
    if (!p.decoders.registry)
        return -1;
    struct tail_options opt = { .kafka = &c->kafka,
                                .topics = (const char *const *)v->rest,
                                .ntopics = v->nrest,
                                .follow = v->follow,
                                .stop = &stop };
    int rc = tail_topics(&opt, print, &p, err);
    fflush(stdout);
    decoders_done(&p.decoders);
    buf_done(&p.line);
    registry_free(p.decoders.registry);
    return rc;
}

int cmd_tail(int argc, char **argv)
{
    struct invocation v;
    struct chosen chosen = { 0 };
    struct config *c;
    struct err err = { 0 };
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int rc = invocation_read(&v, argc, argv, "fnr", &err) || chosen_one(&chosen, &v, &c, &err) ||
                     tail(c, &v, &err)
                 ? -1
                 : 0;
    chosen_done(&chosen);
    return rc ? finish_command(&err) : 0;
}
