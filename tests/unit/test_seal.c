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

static void test_round_trip(void **state)
{
    uint8_t seal[SIZE + SEAL_EXTRA_BYTES], again[SIZE + SEAL_EXTRA_BYTES];
    char out[SIZE];

    (void)state;
    seal_close(&a, 7, text, SIZE, seal);
    seal_close(&a, 7, text, SIZE, again);
    assert_memory_equal(seal, again, sizeof(seal));
    assert_int_equal(seal_open(&a, 7, seal, sizeof(seal), out), 0);
    assert_memory_equal(out, text, SIZE);
    assert_int_equal(seal_open(&b, 7, seal, sizeof(seal), out), -1);
    assert_int_equal(seal_open(&a, 8, seal, sizeof(seal), out), -1);
    /* Nothing of the text shows, and the same text of another boot looks different. */
    assert_null(memmem(seal, sizeof(seal), "steal", 5));
    seal_close(&a, 8, text, SIZE, again);
    assert_memory_not_equal(seal + 12, again + 12, SIZE);
    /* Empty is sealed, too. */
    seal_close(&a, 1, "", 0, seal);
    assert_int_equal(seal_open(&a, 1, seal, SEAL_EXTRA_BYTES, out), 0);
}

static void test_every_bit_counts(void **state)
{
    uint8_t seal[SIZE + SEAL_EXTRA_BYTES];
    char out[SIZE];

    (void)state;
    seal_close(&a, 7, text, SIZE, seal);
    for (size_t bit = 0; bit < 8 * sizeof(seal); bit++) {
        seal[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(seal_open(&a, 7, seal, sizeof(seal), out), -1);
        seal[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < sizeof(seal); size++) {
        uint8_t *cut = test_malloc(size + 1);

        memcpy(cut, seal, size);
        assert_int_equal(seal_open(&a, 7, cut, size, out), -1);
        test_free(cut);
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
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_commitments), cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
