/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * superpi against GMP: every digit at sizes 2^4 .. 2^15 (with ETALON_TEST_LONG=1 to 2^20),
 * digests at all sizes, GMP computing pi by Chudnovsky's series
 * (binary splitting), which shares nothing with the arithmetic-geometric mean. Then the parts:
 * the transform against a plain convolution, both multiplications against each other and
 * against GMP, square root and reciprocal against GMP.
 */
#include "tests/unit/workload_fixture.h"

#include <gmp.h>

#include "base/crc32c.h"
#include "workloads/superpi.c"
#include "workloads/ntt.c"

static struct fixture fx;

static int open_fixture(void **state)
{
    (void)state;
    fixture_open(&fx, FIXTURE_ARENA_BYTES);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_close(&fx);
    return 0;
}

/* --- GMP's pi: floor(pi 10^digits) ---
 * 1/pi = 12 sum (-1)^k (6k)! (13591409 + 545140134 k) / ((3k)! (k!)^3 640320^(3k+3/2)) */
static void split(unsigned long low, unsigned long high, mpz_t p, mpz_t q, mpz_t t)
{
    mpz_t p2, q2, t2;

    if (high - low == 1) {
        if (low == 0) {
            mpz_set_ui(p, 1);
            mpz_set_ui(q, 1);
        } else {
            mpz_set_ui(p, 6 * low - 5);
            mpz_mul_ui(p, p, 2 * low - 1);
            mpz_mul_ui(p, p, 6 * low - 1);
            mpz_set_ui(q, low);
            mpz_mul_ui(q, q, low);
            mpz_mul_ui(q, q, low);
            mpz_mul_ui(q, q, 10939058860032000ul); /* 640320^3 / 24 */
        }
        mpz_set_ui(t, 545140134);
        mpz_mul_ui(t, t, low);
        mpz_add_ui(t, t, 13591409);
        mpz_mul(t, t, p);
        if (low & 1)
            mpz_neg(t, t);
        return;
    }
    mpz_inits(p2, q2, t2, NULL);
    split(low, (low + high) / 2, p, q, t);
    split((low + high) / 2, high, p2, q2, t2);
    mpz_mul(t, t, q2);
    mpz_mul(t2, t2, p);
    mpz_add(t, t, t2);
    mpz_mul(p, p, p2);
    mpz_mul(q, q, q2);
    mpz_clears(p2, q2, t2, NULL);
}

/* The digits after the point, malloc'ed. */
static char *chudnovsky(unsigned long digits)
{
    unsigned long with_guard = digits + 20;
    mpz_t p, q, t, root;
    char *all, *fraction;

    mpz_inits(p, q, t, root, NULL);
    split(0, digits / 14 + 3, p, q, t);
    mpz_ui_pow_ui(root, 10, 2 * with_guard);
    mpz_mul_ui(root, root, 10005);
    mpz_sqrt(root, root);
    mpz_mul_ui(root, root, 426880);
    mpz_mul(root, root, q);
    mpz_tdiv_q(root, root, t);
    all = mpz_get_str(NULL, 10, root);
    assert_int_equal(strlen(all), with_guard + 1);
    assert_int_equal(all[0], '3');
    fraction = malloc(digits + 1);
    memcpy(fraction, all + 1, digits);
    fraction[digits] = '\0';
    free(all);
    mpz_clears(p, q, t, root, NULL);
    return fraction;
}

static char *reference; /* 2^SUPERPI_MAX_LOG2 digits */

static void test_reference_itself(void **state)
{
    static const char known[] = "14159265358979323846264338327950288419716939937510";

    (void)state;
    reference = chudnovsky(1ul << SUPERPI_MAX_LOG2);
    assert_memory_equal(reference, known, sizeof known - 1);
}

static void test_known_digests(void **state)
{
    (void)state;
    for (unsigned k = SUPERPI_MIN_LOG2; k <= SUPERPI_MAX_LOG2; k++) {
        uint32_t crc = crc32c(0, reference, (size_t)1 << k);

        if (crc != superpi_known_crc(k))
            fail_msg("[%u] = 0x%08xu", k, crc);
    }
}

/* The larger sizes take a minute: ETALON_TEST_LONG=1. Their digests are compared above. */
static void test_all_digits(void **state)
{
    unsigned most = getenv("ETALON_TEST_LONG") ? SUPERPI_MAX_LOG2 : 15;

    (void)state;
    for (unsigned k = SUPERPI_MIN_LOG2; k <= most; k++) {
        size_t digits = (size_t)1 << k;
        char text[40], *ours = malloc(digits);

        snprintf(text, sizeof text, "superpi,log2_digits=%u", k);
        fixture_prepare(&fx, text);
        fixture_iterate(&fx, k < 12 ? 2 : 1); /* a second run starts afresh */
        superpi_digits(&fx.run, 0, ours, digits);
        if (memcmp(ours, reference, digits) != 0)
            fail_msg("2^%u digits differ from GMP's", k);
        assert_int_equal(fixture_check(&fx), 0);
        free(ours);
    }
}

static void test_faults_are_found(void **state)
{
    (void)state;
    fixture_prepare(&fx, "superpi,log2_digits=8");
    assert_int_equal(fixture_check(&fx), -1); /* never ran */

    for (unsigned fault = 0; fault < 5; fault++) {
        struct superpi_state *s;

        fixture_prepare(&fx, "superpi,log2_digits=8");
        s = fx.run.state;
        fixture_iterate(&fx, 1);
        switch (fault) {
        case 0: /* the last digit asked for: 256 = 42 × 6 + 4, so hundreds of limb 43 */
            s->result[s->limbs - 2 - 42] += s->result[s->limbs - 2 - 42] < 500000 ? 100 : -100;
            break;
        case 1:
            s->result[s->limbs - 1] = 4;
            break;
        case 2:
            s->result[s->limbs - 2] ^= 1;
            break;
        case 3: /* one iteration of the mean too few */
            fx.run.arg[0] = 7;
            superpi_run(&fx.run);
            fx.run.arg[0] = 8;
            break;
        default: /* one limb of the arithmetic's tables */
            s->scratch.schoolbook_limbs = 0;
            s->scratch.roots[3] ^= 1;
            superpi_run(&fx.run);
            break;
        }
        assert_int_equal(fixture_check(&fx), -1);
    }
}

static void test_arena_too_small(void **state)
{
    size_t whole = fx.env.arena_bytes;

    (void)state;
    fixture_parse(&fx, "superpi,log2_digits=16");
    fx.env.arena_bytes = 1u << 18;
    assert_int_equal(workload_superpi.prepare(&fx.run), -1);
    assert_non_null(
        strstr(fx.run.reason, "log2_digits does not fit into the arena of 262144"));
    fx.env.arena_bytes = whole;
}

/* --- the parts --- */

static void test_field(void **state)
{
    static const uint64_t edge[] = {0,
                                    1,
                                    2,
                                    EPSILON,
                                    EPSILON + 1ull,
                                    1ull << 63,
                                    NTT_PRIME - 1,
                                    NTT_PRIME - 2,
                                    NTT_PRIME - EPSILON};
    const size_t edges = sizeof edge / sizeof edge[0];

    (void)state;
    srandom(99);
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t a = edge[i % edges], b = edge[i / edges % edges];

        if (i >= edges * edges) {
            a = ((uint64_t)random() << 33 ^ (uint64_t)random()) % NTT_PRIME;
            b = ((uint64_t)random() << 33 ^ (uint64_t)random()) % NTT_PRIME;
        }
        assert_true(multiply(a, b) == (uint64_t)((unsigned __int128)a * b % NTT_PRIME));
        assert_true(add(a, b) == (uint64_t)(((unsigned __int128)a + b) % NTT_PRIME));
        assert_true(subtract(a, b) ==
                    (uint64_t)(((unsigned __int128)a + NTT_PRIME - b) % NTT_PRIME));
    }
}

static void test_convolution(void **state)
{
    static uint64_t roots[512], x[1024], y[1024], plain[1024];

    (void)state;
    srandom(100);
    ntt_prepare_roots(roots, 1024);
    for (size_t n = 2; n <= 1024; n *= 2) {
        for (size_t i = 0; i < n; i++) {
            x[i] = (uint64_t)random() % 1000000;
            y[i] = (uint64_t)random() % 1000000;
            plain[i] = 0;
        }
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++)
                plain[(i + j) % n] += x[i] * y[j];
        }
        ntt_forward(x, n, roots);
        ntt_forward(y, n, roots);
        ntt_multiply(x, y, n);
        ntt_inverse(x, n, roots);
        assert_memory_equal(x, plain, n * sizeof x[0]);
    }
}

/* limbs to an integer in units of the last limb */
static void to_gmp(mpz_t z, const uint32_t *limb, size_t n)
{
    mpz_set_ui(z, 0);
    for (size_t i = n; i-- > 0;) {
        mpz_mul_ui(z, z, DECIMAL_BASE);
        mpz_add_ui(z, z, limb[i]);
    }
}

/* ours - truth, in units of the last limb; fails if it is not small */
static long distance(const uint32_t *ours, const mpz_t truth, size_t n)
{
    mpz_t z;
    long d;

    mpz_init(z);
    to_gmp(z, ours, n);
    mpz_sub(z, z, truth);
    assert_true(mpz_fits_slong_p(z));
    d = mpz_get_si(z);
    mpz_clear(z);
    return d;
}

static void test_arithmetic(void **state)
{
    static const size_t sizes[] = {4, 5, 6, 7, 8, 9, 15, 16, 17, 40, 127, 128, 129, 300, 513};
    struct decimal_scratch s;
    struct arena arena = arena_begin(&fx.env);
    uint32_t *a = arena_take(&arena, 4096, 64), *b = arena_take(&arena, 4096, 64);
    uint32_t *out = arena_take(&arena, 4096, 64);
    mpz_t x, y, unit;

    (void)state;
    srandom(101);
    assert_int_equal(take_scratch(&arena, &s, 600), 0);
    mpz_inits(x, y, unit, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned way = 0; way < 4; way++) {
            size_t n = sizes[i];

            s.schoolbook_limbs = way & 1 ? 0 : 1000;
            for (size_t k = 0; k < n; k++) {
                a[k] = way & 2 ? DECIMAL_BASE - 1 : (uint32_t)random() % DECIMAL_BASE;
                b[k] = way & 2 ? DECIMAL_BASE - 1 : (uint32_t)random() % DECIMAL_BASE;
            }
            a[n - 1] = 1;
            b[n - 1] = (uint32_t)random() % 9;
            mpz_ui_pow_ui(unit, DECIMAL_BASE, n - 1);

            decimal_multiply(out, a, b, n, &s);
            to_gmp(x, a, n);
            to_gmp(y, b, n);
            mpz_mul(x, x, y);
            mpz_tdiv_q(x, x, unit);
            assert_true(labs(distance(out, x, n)) <= (way & 1 ? 0 : 1));

            decimal_sqrt(out, a, n, &s);
            to_gmp(x, a, n);
            mpz_mul(x, x, unit);
            mpz_sqrt(x, x);
            assert_true(labs(distance(out, x, n)) <= 20);

            decimal_reciprocal(out, a, n, &s);
            to_gmp(x, a, n);
            mpz_mul(y, unit, unit);
            mpz_tdiv_q(x, y, x);
            assert_true(labs(distance(out, x, n)) <= 20);
        }
    }
    mpz_clears(x, y, unit, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field),
        cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_reference_itself),
        cmocka_unit_test(test_known_digests),
        cmocka_unit_test(test_all_digits),
        cmocka_unit_test(test_faults_are_found),
        cmocka_unit_test(test_arena_too_small),
    };
    int failed = cmocka_run_group_tests(tests, open_fixture, close_fixture);

    free(reference);
    return failed;
}
