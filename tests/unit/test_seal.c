/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seals: opened by their key and number only, damaged by any bit, the same when made again; and
 * commitments that hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/seal.h"

static const char text[] = "distortion seq=0 kind=steal";
#define SIZE (sizeof(text) - 1)

static const struct seal_key a = {{1, 2, 3}}, b = {{1, 2, 4}};

static uint8_t seal[SEAL_STEP_BYTES + 100], again[SEAL_STEP_BYTES + 100];
static char out[SEAL_STEP_BYTES + 100];

static void test_round_trip(void **state)
{
    const size_t size = seal_bytes(SIZE);
    size_t length = 0;

    (void)state;
    assert_in_range(size, SEAL_STEP_BYTES, sizeof(seal));
    seal_close(&a, 7, text, SIZE, seal);
    seal_close(&a, 7, text, SIZE, again);
    assert_memory_equal(seal, again, size);
    assert_int_equal(seal_open(&a, 7, seal, size, out, &length), 0);
    assert_int_equal(length, SIZE);
    assert_memory_equal(out, text, SIZE);
    assert_int_equal(seal_open(&b, 7, seal, size, out, &length), -1);
    assert_int_equal(seal_open(&a, 8, seal, size, out, &length), -1);
    /* Nothing of the text shows, and the same text of another boot looks different. */
    assert_null(memmem(seal, size, "steal", 5));
    seal_close(&a, 8, text, SIZE, again);
    assert_memory_not_equal(seal + 12, again + 12, SIZE);
    /* Empty is sealed, too. */
    seal_close(&a, 1, "", 0, seal);
    assert_int_equal(seal_open(&a, 1, seal, size, out, &length), 0);
    assert_int_equal(length, 0);
}

/* Long and short look alike, up to what a ledger can be; beyond that there is another step. */
static void test_lengths(void **state)
{
    const size_t most = SEAL_STEP_BYTES - 8, size = 2 * SEAL_STEP_BYTES;
    uint8_t *large = test_malloc(seal_bytes(size)), *data = test_malloc(size);
    size_t length = 0;

    (void)state;
    assert_int_equal(seal_bytes(0), seal_bytes(most));
    assert_int_equal(seal_bytes(most + 1), seal_bytes(most) + SEAL_STEP_BYTES);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * i >> 7);
    for (size_t n = most - 1; n <= most + 1; n++) {
        uint8_t *opened = test_malloc(seal_bytes(n));

        seal_close(&a, 3, data, n, large);
        assert_int_equal(seal_open(&a, 3, large, seal_bytes(n), opened, &length), 0);
        assert_int_equal(length, n);
        assert_memory_equal(opened, data, n);
        test_free(opened);
    }
    test_free(data);
    test_free(large);
}

static void expect_damaged(size_t byte, unsigned bit)
{
    size_t length;

    seal[byte] ^= (uint8_t)(1u << bit);
    assert_int_equal(seal_open(&a, 7, seal, seal_bytes(SIZE), out, &length), -1);
    seal[byte] ^= (uint8_t)(1u << bit);
}

/* A bit of every byte of nonce, length and text, and of the tag; of the zeros some. */
static void test_damage(void **state)
{
    const size_t size = seal_bytes(SIZE);
    size_t length;

    (void)state;
    seal_close(&a, 7, text, SIZE, seal);
    for (size_t byte = 0; byte < 12 + 8 + SIZE; byte++)
        expect_damaged(byte, (unsigned)byte % 8);
    for (size_t byte = 100; byte < size - 16; byte += 10007)
        expect_damaged(byte, (unsigned)byte % 8);
    for (size_t byte = size - 16; byte < size; byte++)
        expect_damaged(byte, (unsigned)byte % 8);
    for (size_t cut = 0; cut < size; cut = cut < 64 ? cut + 1 : cut + 9001) {
        uint8_t *short_seal = test_malloc(cut + 1);

        memcpy(short_seal, seal, cut);
        assert_int_equal(seal_open(&a, 7, short_seal, cut, out, &length), -1);
        test_free(short_seal);
    }
}

static void test_commitments(void **state)
{
    char one[HASH_HEX_BYTES], other[HASH_HEX_BYTES];

    (void)state;
    seal_commit(&a, 7, text, SIZE, one);
    seal_commit(&a, 7, text, SIZE, other);
    assert_string_equal(one, other);
    seal_commit(&a, 8, text, SIZE, other);
    assert_string_not_equal(one, other);
    seal_commit(&b, 7, text, SIZE, other);
    assert_string_not_equal(one, other);
    seal_commit(&a, 7, text, SIZE - 1, other);
    assert_string_not_equal(one, other);
    seal_key_id(&a, other);
    assert_string_not_equal(one, other);
}

/* HMAC-SHA-256 as somebody else computes it (Python's hmac). */
static void test_known_answer(void **state)
{
    char hex[HASH_HEX_BYTES];

    (void)state;
    seal_commit(&a, 7, "abc", 3, hex);
    assert_string_equal(hex,
                        "e88959fdc8320834ceff1ab55adae090f826be41d0afdb04ab9552919f244732");
}

static void test_keys(void **state)
{
    static const char *const wrong[] = {
        "", "12", "g000000000000000000000000000000000000000000000000000000000000000",
        "00000000000000000000000000000000000000000000000000000000000000000"};
    char dir[] = "/tmp/etalon-test-XXXXXX", path[64];
    struct seal_key key, second;
    struct stat st;
    struct err e;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/key", dir);
    assert_int_equal(seal_read_key(path, &key, &e), ERR_IO);
    assert_int_equal(seal_make_key(path, &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(seal_read_key(path, &key, &e), 0);
    unlink(path);
    assert_int_equal(seal_make_key(path, &e), 0);
    assert_int_equal(seal_read_key(path, &second, &e), 0);
    assert_memory_not_equal(&key, &second, sizeof(key));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(file_write(path, wrong[i], strlen(wrong[i]), &e), 0);
        assert_int_equal(seal_read_key(path, &key, &e), ERR_USAGE);
        assert_non_null(strstr(e.text, "is no key"));
    }
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_damage),       cmocka_unit_test(test_commitments),
        cmocka_unit_test(test_known_answer), cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
