/* Knows in which partitions the present producer's first record has arrived: kafka.h says why that
 * matters. */
#include <stdlib.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "sink/kafka.h"

enum { GATE_CLOSED, GATE_ASKED, GATE_OPEN };

static const int64_t hour_us = 3600000000;

static uint8_t *gate(const struct sink_topic *t, int32_t partition)
{
    return t->gates && partition >= 0 && partition < t->partitions ? t->gates + partition : NULL;
}

void kafka_gates_close(struct kafka *k)
{
    for (struct sink_topic *t = k->topics; t; t = t->next) {
        free(t->gates);
        t->gates = NULL;
    }
    k->nasked = 0;
    k->gated_us = clock_mono_us();
}

void kafka_gates_tend(struct kafka *k)
{
    if (clock_mono_us() - k->gated_us > hour_us)
        kafka_gates_close(k);
}

bool kafka_gate_closed(const struct sink_topic *t, int32_t partition)
{
    const uint8_t *g = gate(t, partition);
    return g && *g == GATE_ASKED;
}

void kafka_gate_passed(struct kafka *k, struct sink_topic *t, int32_t partition)
{
    if (!t->gates)
        t->gates = xcalloc(t->partitions > 0 ? (size_t)t->partitions : 1, 1);
    uint8_t *g = gate(t, partition);
    if (!g || *g != GATE_CLOSED)
        return;
    *g = GATE_ASKED;
    k->nasked++;
}

void kafka_gate_reported(struct kafka *k, const rd_kafka_message_t *m)
{
    if (!k->nasked || !m->rkt)
        return;
    const struct sink_topic *t = kafka_topic_known(k, rd_kafka_topic_name(m->rkt));
    uint8_t *g = t ? gate(t, m->partition) : NULL;
    if (!g || *g != GATE_ASKED)
        return;
    *g = m->err ? GATE_CLOSED : GATE_OPEN;
    k->nasked--;
}
