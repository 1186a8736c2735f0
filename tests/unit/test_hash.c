#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/hash.h"

/* Vectors of the Kafka Java client's own test of Utils.murmur2. */
static const struct {
    const char *key;
    int32_t hash;
} vectors[] = {
    { "21", -973932308 },
    { "foobar", -790332482 },
    { "a-little-bit-long-string", -985981536 },
    { "a-little-bit-longer-string", -1486304829 },
    { "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
    { "abc", 479470107 },
};

static void test_murmur2_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        assert_int_equal((int32_t)hash_murmur2(slice_str(vectors[i].key)), vectors[i].hash);
}

/* The tail of one to three bytes must be read from exactly sized memory, at any alignment. */
static void test_murmur2_alignment(void **state)
{
    (void)state;
    const char *key = "a-little-bit-longer-string";
    uint8_t room[64];
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(room + shift, key, strlen(key));
        assert_int_equal((int32_t)hash_murmur2(slice_of(room + shift, strlen(key))), -1486304829);
    }
}

static void test_partition_is_positive(void **state)
{
    (void)state;
    /* "21" hashes to a negative number: toPositive clears the sign bit. */
    int32_t positive = (int32_t)((uint32_t)-973932308 & 0x7fffffffu);
    assert_int_equal(hash_partition(slice_str("21"), 7), positive % 7);
    assert_int_equal(hash_partition(slice_str("abc"), 1), 0);
    assert_int_equal(hash_partition(slice_str("abc"), 12), 479470107 % 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_murmur2_vectors),
        cmocka_unit_test(test_murmur2_alignment),
        cmocka_unit_test(test_partition_is_positive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
