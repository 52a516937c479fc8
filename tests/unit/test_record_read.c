/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading console records out of a console full of other things. Each byte of a log is flipped,
 * dropped and doubled: no field ever reads other than it was written.
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

static struct record r;

/* Seal "boot seq type …" by hand. */
static size_t seal(char *out, size_t size, const char *body)
{
    char text[RECORD_MAX_BYTES];
    const int n = snprintf(text, sizeof text, RECORD_MAGIC " %s ", body);

    return (size_t)snprintf(out, size, "%c%s%08x\n", RECORD_MARK, text,
                            (unsigned)crc32c(0, text, (size_t)n));
}

static int one(const char *log, size_t n, struct record_stats *s)
{
    uint64_t next = 0;
    size_t pos = 0;

    memset(s, 0, sizeof *s);
    return record_next(log, n, &pos, &r, &next, s);
}

static void fields(void **state)
{
    struct record_stats s;
    char log[512];
    uint64_t a, b;
    size_t n = seal(log, sizeof log, "12 0 iv n=5 w=0x1F raw=10:20 text=a%20b%3dc%25 empty=-");

    (void)state;
    assert_int_equal(one(log, n, &s), 1);
    assert_true(r.boot == 12 && r.seq == 0);
    assert_string_equal(r.type, "iv");
    assert_int_equal(r.fields, 5);
    assert_int_equal(record_get_u64(&r, "n", &a), 0);
    assert_true(a == 5);
    assert_int_equal(record_get_u64(&r, "w", &a), 0);
    assert_true(a == 31);
    assert_int_equal(record_get_pair(&r, "raw", &a, &b), 0);
    assert_true(a == 10 && b == 20);
    assert_string_equal(record_get(&r, "text"), "a b=c%");
    assert_string_equal(record_get(&r, "empty"), "");
    assert_null(record_get(&r, "absent"));
    assert_int_equal(record_get_u64(&r, "text", &a), -1);
    assert_int_equal(record_get_u64(&r, "empty", &a), -1);
    assert_int_equal(record_get_u64(&r, "absent", &a), -1);
    assert_int_equal(record_get_pair(&r, "n", &a, &b), -1);
    assert_true(s.records == 1 && s.damaged == 0 && s.noise_bytes == 0);
}

static void refused(void **state)
{
    static const char *const bad[] = {
        "1 0",           "x 0 fact",       "1 0 fact k",     "1 0 fact k=",
        "1 0 fact =v",   "1 0 fact a=b=c", "1 0 fact a=%zz", "1 0 fact a=%2",
        "1  0 fact a=b", "1 0 fact  a=b",  "1 0 fact a=%00", "18446744073709551616 0 fact a=b",
    };
    struct record_stats s;
    char log[512];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const size_t n = seal(log, sizeof log, bad[i]);

        if (one(log, n, &s) || s.damaged != 1)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_int_equal(one(log, seal(log, sizeof log, "1 0 fact"), &s),
                     1); /* no field is fine */
}

static void among_noise(void **state)
{
    char log[2048];
    struct record_stats s = {0};
    size_t n = 0, pos = 0;
    uint64_t next = 0, seen = 0;

    (void)state;
    n += (size_t)snprintf(log + n, sizeof log - n, "[    0.000000] Linux\r\n");
    n += seal(log + n, sizeof log - n, "1 0 boot env=linux");
    n += (size_t)snprintf(log + n, sizeof log - n, "noise\x1e and a stray mark\n");
    n += seal(log + n, sizeof log - n, "1 1 fact a=b");
    log[n - 1] = '\r'; /* a console that ends lines with CR LF */
    log[n++] = '\n';
    n += seal(log + n, sizeof log - n, "1 2 fact a=b") - 5; /* cut … */
    n += (size_t)snprintf(log + n, sizeof log - n, "[ 1.0] oops\n");
    n += seal(log + n, sizeof log - n, "1 3 fact a=b") - 9; /* cut by the next one */
    n += seal(log + n, sizeof log - n, "1 4 fact a=b");
    n += seal(log + n, sizeof log - n, "1 4 fact a=b"); /* twice */
    n += seal(log + n, sizeof log - n, "1 7 end status=ok");
    n += seal(log + n, sizeof log - n, "1 8 end status=ok") - 1; /* without its LF */
    while (record_next(log, n, &pos, &r, &next, &s))
        seen++;
    assert_int_equal(seen, 4);
    assert_int_equal(s.records, 5);
    assert_int_equal(s.damaged, 3);
    assert_int_equal(s.missing, 4); /* 2, 3, 5 and 6 */
    assert_int_equal(s.repeated, 1);
    assert_true(s.noise_bytes > 30);
    assert_true(pos == n);
}

static void too_long(void **state)
{
    struct record_stats s;
    char body[RECORD_MAX_BYTES + 64], log[2 * RECORD_MAX_BYTES];
    size_t used = (size_t)snprintf(body, sizeof body, "1 0 fact");
    size_t n;

    (void)state;
    for (unsigned i = 0; i < RECORD_MAX_FIELDS; i++)
        used += (size_t)snprintf(body + used, sizeof body - used, " k%u=v", i);
    n = seal(log, sizeof log, body);
    assert_int_equal(one(log, n, &s), 1);
    assert_int_equal(r.fields, RECORD_MAX_FIELDS);
    snprintf(body + used, sizeof body - used, " onemore=v");
    n = seal(log, sizeof log, body);
    assert_int_equal(one(log, n, &s), 0);
    assert_int_equal(s.damaged, 1);
    memset(log, 'x', sizeof log);
    memcpy(log, "\x1e" RECORD_MAGIC " 1 0 fact k=", 17);
    log[sizeof log - 1] = '\n';
    assert_int_equal(one(log, sizeof log, &s), 0);
    assert_int_equal(s.damaged, 1);
}

/* One record of a known content, everything about it that a field can say. */
static int same(const char *log, size_t n, uint64_t *damage)
{
    struct record_stats s = {0};
    uint64_t next = 0, value;
    size_t pos = 0;
    int found = 0;

    while (record_next(log, n, &pos, &r, &next, &s)) {
        assert_true(r.boot == 7 && r.seq < 3);
        assert_string_equal(r.type, "fact");
        assert_int_equal(r.fields, 1);
        assert_int_equal(record_get_u64(&r, "k", &value), 0);
        assert_true(value == 1000 + r.seq);
        found++;
    }
    *damage = s.damaged + s.missing + s.repeated;
    return found;
}

static void every_byte(void **state)
{
    char log[512], hurt[600];
    size_t n = 0;
    uint64_t damage;

    (void)state;
    n += seal(log + n, sizeof log - n, "7 0 fact k=1000");
    n += seal(log + n, sizeof log - n, "7 1 fact k=1001");
    n += seal(log + n, sizeof log - n, "7 2 fact k=1002");
    assert_int_equal(same(log, n, &damage), 3);
    assert_int_equal(damage, 0);
    for (size_t at = 0; at < n; at++) {
        int found;

        for (unsigned flip = 1; flip < 256; flip++) {
            memcpy(hurt, log, n);
            hurt[at] = (char)(hurt[at] ^ (int)flip);
            found = same(hurt, n, &damage);
            /* The last record's seq is missed only by who knows how many there are. */
            assert_true(found == 3 || damage || found == 2);
        }
        memcpy(hurt, log, at);
        memcpy(hurt + at, log + at + 1, n - at - 1);
        found = same(hurt, n - 1, &damage);
        assert_true(found == 3 || damage || found == 2);
        memcpy(hurt, log, at + 1);
        memcpy(hurt + at + 1, log + at, n - at);
        same(hurt, n + 1, &damage);
        found = same(log, at, &damage);
        assert_int_equal(found, (int)(at * 3 / n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),      cmocka_unit_test(refused),
        cmocka_unit_test(among_noise), cmocka_unit_test(too_long),
        cmocka_unit_test(every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
