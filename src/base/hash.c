/* The hash of keys: which partition a record goes to, and the hash tables of this program. */
#include "base/hash.h"

/* MurmurHash2 by Austin Appleby (public domain algorithm), 32-bit, read little-endian as the Java
 * client does. */
uint32_t hash_murmur2(struct slice s)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28cu ^ (uint32_t)s.n;
    const uint8_t *p = s.p;
    size_t n = s.n;
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t k =
            (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    if (n == 3)
        h ^= (uint32_t)p[2] << 16;
    if (n >= 2)
        h ^= (uint32_t)p[1] << 8;
    if (n >= 1) {
        h ^= p[0];
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}
