/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Console records: known bytes, known checksums, no record at all when there is no room, and
 * what the writer wrote the reader reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "collector/record.h"

/* RFC 3720, appendix B.4; the check value is that of the catalogue of CRC algorithms. */
static void crc_published(void **state)
{
    uint8_t block[32];

    (void)state;
    assert_true(crc32c(0, "123456789", 9) == 0xE3069283u);
    memset(block, 0, sizeof block);
    assert_true(crc32c(0, block, sizeof block) == 0x8A9136AAu);
    memset(block, 0xFF, sizeof block);
    assert_true(crc32c(0, block, sizeof block) == 0x62A8AB43u);
    for (unsigned i = 0; i < 32; i++)
        block[i] = (uint8_t)i;
    assert_true(crc32c(0, block, sizeof block) == 0x46DD794Eu);
    for (unsigned i = 0; i < 32; i++)
        block[i] = (uint8_t)(31 - i);
    assert_true(crc32c(0, block, sizeof block) == 0x113FDB5Cu);
    assert_true(crc32c(crc32c(0, "1234", 4), "56789", 5) == 0xE3069283u);
    assert_true(crc32c(0, NULL, 0) == 0);
}

static void known_bytes(void **state)
{
    static const char body[] = "ETL1 00012 7 run a=1 s=-9223372036854775808 h=0x0 "
                               "H=0xffffffffffffffff p=3:18446744073709551615 e=- d=%2d "
                               "t=a%20b%3d%25%0a%c3%a9 ";
    char buf[1024], want[1024];
    struct record_writer w = {.buf = buf, .size = sizeof buf, .boot = 12, .seq = 7};
    int n;

    (void)state;
    record_begin(&w, "run");
    record_u64(&w, "a", 1);
    record_s64(&w, "s", INT64_MIN);
    record_hex(&w, "h", 0);
    record_hex(&w, "H", UINT64_MAX);
    record_pair(&w, "p", 3, UINT64_MAX);
    record_text(&w, "e", "");
    record_text(&w, "d", "-");
    record_text(&w, "t", "a b=%\n\xc3\xa9");
    assert_int_equal(record_end(&w), 0);
    n = snprintf(want, sizeof want, "\x1e%s%08x\n", body, crc32c(0, body, sizeof body - 1));
    assert_int_equal(w.used, n);
    assert_memory_equal(buf, want, (size_t)n);
    assert_int_equal(w.seq, 8);
}

/* With any buffer too small for the next record, the ones before it stay as they were. */
#define GUARD_BYTES 16

static void no_room(void **state)
{
    size_t whole = 0;

    (void)state;
    for (size_t size = 400; size--;) {
        char *buf = malloc(size + GUARD_BYTES);
        struct record_writer w = {.buf = buf, .size = size};
        size_t first;

        memset(buf + size, 0x5A, GUARD_BYTES);
        record_begin(&w, "one");
        if (record_end(&w)) {
            assert_int_equal(w.used, 0);
            assert_int_equal(w.seq, 0);
            free(buf);
            continue;
        }
        first = w.used;
        record_begin(&w, "fact");
        for (int i = 0; i < 20; i++)
            record_text(&w, "key", "value");
        if (record_end(&w) == 0) {
            whole++;
            assert_int_equal(w.seq, 2);
        } else {
            assert_int_equal(w.used, first);
            assert_int_equal(w.seq, 1);
            assert_int_equal(buf[w.used - 1], '\n');
        }
        for (size_t i = 0; i < GUARD_BYTES; i++)
            assert_int_equal(buf[size + i], 0x5A);
        free(buf);
    }
    assert_true(whole > 50 && whole < 350);
}

/* A record longer than a reader takes is not written, however much room there is. */
static void longest(void **state)
{
    static char buf[8192], text[4096];
    size_t fits = 0;

    (void)state;
    for (size_t n = 1900; n < 2100; n++) {
        struct record_writer w = {.buf = buf, .size = sizeof buf};

        memset(text, 'x', n);
        text[n] = '\0';
        record_begin(&w, "t");
        record_text(&w, "k", text);
        if (record_end(&w) == 0) {
            assert_true(w.used <= RECORD_MAX_BYTES);
            fits = w.used;
        } else {
            assert_int_equal(w.used, 0);
        }
    }
    assert_int_equal(fits, RECORD_MAX_BYTES);
}

static uint64_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Random records through writer and reader; all of it must come back. */
static void round_trip(void **state)
{
    uint64_t seed = 20250101;

    (void)state;
    printf("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 2000; round++) {
        char buf[RECORD_MAX_BYTES], text[64];
        struct record_writer w = {.buf = buf, .size = sizeof buf, .boot = next(&seed) % 9};
        struct record_stats stats = {0};
        uint64_t number = next(&seed) >> (next(&seed) % 64), got = 0, a, b, expect = 0;
        struct record r;
        size_t pos = 0, n = next(&seed) % (sizeof text - 1);

        for (size_t i = 0; i < n; i++)
            text[i] = (char)(1 + next(&seed) % 255);
        text[n] = '\0';
        record_begin(&w, "fact");
        record_text(&w, "text", text);
        record_u64(&w, "number", number);
        record_hex(&w, "hex", number);
        record_pair(&w, "pair", number, ~number);
        assert_int_equal(record_end(&w), 0);
        assert_int_equal(record_next(buf, w.used, &pos, &r, &expect, &stats), 1);
        assert_string_equal(r.type, "fact");
        assert_int_equal(r.boot, w.boot);
        assert_string_equal(record_get(&r, "text"), text);
        assert_int_equal(record_get_u64(&r, "number", &got), 0);
        assert_true(got == number);
        assert_int_equal(record_get_u64(&r, "hex", &got), 0);
        assert_true(got == number);
        assert_int_equal(record_get_pair(&r, "pair", &a, &b), 0);
        assert_true(a == number && b == ~number);
        assert_int_equal(stats.damaged + stats.missing + stats.repeated, 0);
    }
}

/* Whatever single bit is turned, no record comes out changed. */
static void every_bit_counts(void **state)
{
    char buf[256], copy[256];
    struct record_writer w = {.buf = buf, .size = sizeof buf};

    (void)state;
    record_begin(&w, "iv");
    record_u64(&w, "n", 12);
    record_pair(&w, "tsc", 1000, 2000);
    assert_int_equal(record_end(&w), 0);
    for (size_t bit = 8; bit < 8 * w.used; bit++) {
        struct record_stats stats = {0};
        uint64_t expect = 0, a, b;
        struct record r;
        size_t pos = 0;

        memcpy(copy, buf, w.used);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        /* The line feed is the one byte outside the sum that a reader may do without. */
        if (bit / 8 == w.used - 1)
            continue;
        if (!record_next(copy, w.used, &pos, &r, &expect, &stats))
            continue;
        /* A digit of the sum in upper case is the same sum. */
        if (record_get_pair(&r, "tsc", &a, &b) || a != 1000 || b != 2000 || r.seq != 0 ||
            r.boot != 0 || strcmp(r.type, "iv") != 0 || strcmp(record_get(&r, "n"), "12") != 0)
            fail_msg("bit %zu was turned and a changed record accepted", bit);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_published), cmocka_unit_test(known_bytes),
        cmocka_unit_test(no_room),       cmocka_unit_test(longest),
        cmocka_unit_test(round_trip),    cmocka_unit_test(every_bit_counts),
    };

    return cmocka_run_group_tests_name("record_write", tests, NULL, NULL);
}
