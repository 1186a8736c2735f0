#ifndef TAILRACE_BASE_HASH_H
#define TAILRACE_BASE_HASH_H
#include <stdint.h>
#include "base/slice.h"

/* murmur2 as Kafka's Java client computes it (seed 0x9747b28c), so that a key goes to the same
 * partition as from a Java producer. */
uint32_t hash_murmur2(struct slice s);
/* The Java client's choice for a key: toPositive(murmur2(key)) % partitions. */
static inline int32_t hash_partition(struct slice key, int32_t partitions)
{
    return (int32_t)((hash_murmur2(key) & 0x7fffffffu) % (uint32_t)partitions);
}
#endif
