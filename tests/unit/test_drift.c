/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of pairs: what is read, what is refused and with what words. Clocks against each other:
 * their differences close; those of a matrix that is bent do not. drift_matrix.c is included to
 * reach the closure of three chosen pairs.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/drift.h"
#include "analysis/drift_matrix.c"
#include "analysis/pairs.h"

static int read_text(const char *text, struct clock_series *s, int *bounded, struct err *e)
{
    *s = (struct clock_series){0};
    *e = (struct err){0};
    return pairs_read(text, strlen(text), s, bounded, e);
}

static void good_files(void **state)
{
    struct clock_series s;
    struct err e;
    int bounded;

    (void)state;
    assert_int_equal(read_text("reference_ns,clock_ns\r\n"
                               "1735689600000000000,1735689600000000007\r\n"
                               "# a remark\n\n"
                               "1735689600000000500.25;1735689600000000507\n"
                               "  1735689600000001000\t1735689600000001007.5",
                               &s, &bounded, &e),
                     0);
    assert_int_equal(s.n, 3);
    assert_int_equal(bounded, 0);
    assert_true(s.bracket[1].start_ns == 500.25 && s.bracket[1].stop_ns == 500.25);
    assert_true(s.bracket[1].before == 1735689600000000507u);
    assert_true(s.bracket[2].after == 1735689600000001008u);
    assert_true(s.unit_ns == 1);
    free(s.bracket);
    assert_int_equal(read_text("-10.5,5,20\n0,15,21\n10,25,20\n", &s, &bounded, &e), 0);
    assert_int_equal(bounded, 1);
    assert_true(s.bracket[0].start_ns == 10 && s.bracket[0].stop_ns == -10);
    assert_true(s.bracket[1].start_ns == 21 && s.bracket[1].stop_ns == 0);
    free(s.bracket);
}

static void bad_files(void **state)
{
    static const struct {
        const char *text, *says;
    } row[] = {
        {"1,2\n2,x\n3,4\n", "line 2: \"x\" is no number: write decimal nanoseconds"},
        {"a,b\nc,d\n", "line 2: \"c\" is no number"},
        {"1,2\n2\n", "line 2 has one column: reference_ns and clock_ns are needed"},
        {"1,2,3,4\n", "line 1 has more than three columns"},
        {"1,2\n2,3,4\n", "line 2 has 3 columns and the first one 2: give bracket_ns on every"},
        {"1,2\n1,3\n", "line 2: reference_ns does not ascend: sort the lines"},
        {"5,2\n#\n4,3\n", "line 3: reference_ns does not ascend"},
        {"1,2,-3\n", "line 1: bracket_ns is negative"},
        {"1e9,2\n", "line 1: \"1e9\" has an exponent: write whole nanoseconds"},
        {"1,99999999999999999999\n", "is too large for nanoseconds of 64 bits"},
        {"1,2z\n", "line 1: \"2z\" has something behind its digits"},
        {"1,\n", "line 1 has one column"},
        {"1,2\n2,3\n", "line 2 is the last and there are 2 pairs: a clock needs 3"},
        {"", "there are 0 pairs"},
    };
    struct clock_series s;
    struct err e;
    int bounded;

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_int_equal(read_text(row[i].text, &s, &bounded, &e), ERR_DATA);
        if (!strstr(e.text, row[i].says))
            print_error("%s: wanted %s\n", e.text, row[i].says);
        assert_non_null(strstr(e.text, row[i].says));
        free(s.bracket);
    }
}

/* A file's clock: its name, one reading that was held up and is no phase, and its certificate of
 * power; without room for it a reason. */
static void a_file(void **state)
{
    char dir[] = "/tmp/etalon-drift-XXXXXX", path[sizeof(dir) + 24];
    const struct detection_setting setting = {40, 0.9, 0.95, 1};
    struct drift_set set;
    struct err e = {0};
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/drift.test.odd.csv", dir);
    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 64; i++)
        fprintf(f, "%d000000,%d000%03d,%d\n", i, i, 500 + i * 37 % 5, i == 20 ? 9000 : 200);
    fclose(f);
    assert_int_equal(drift_read_pairs(path, &set, &e), 0);
    remove(path);
    remove(dir);
    assert_int_equal(set.n, 1);
    assert_string_equal(set.clock->s.name, "drift.test.odd");
    assert_int_equal(set.clock->left_out, 1);
    assert_true(set.bounded && !set.clock->question.unbounded);
    assert_int_equal(set.clock->a.verdict, CLOCK_SOUND);
    assert_true(set.clock->rows > 0 && fabs(set.clock->tau0_s / 1e-3 - 63.0 / 62) < 1e-9);
    /* 64, 32 and 16 readings and 128 of them beyond the end, four kinds. */
    assert_int_equal(drift_find_power(&set, &setting, 0.127, &e), 0);
    assert_int_equal(set.powers, 1);
    assert_int_equal(set.power->boots, 1);
    assert_int_equal(set.power->curves, 16);
    assert_int_equal(set.power->curve[1].readings, 32);
    assert_int_equal(set.power->curve[3].readings, 128);
    assert_true(set.power->curve[3].extrapolated && !set.power->curve[0].extrapolated);
    assert_true(set.power->curve[1].limit > set.power->curve[0].limit);
    drift_free_power(&set);
    for (size_t i = 40; i < 64; i++)
        set.clock->s.bracket[i].before = set.clock->s.bracket[i].after += 5000000;
    assert_int_equal(drift_find_power(&set, &setting, 0, &e), 0);
    assert_int_equal(set.power->boots, 0);
    assert_int_equal(set.power->left_out, 1);
    assert_non_null(strstr(set.power->reason, "not clean: 1 jumps"));
    drift_free(&set);
}

#define N 60u

/* Three clocks around the same intervals. */
static void make_set(struct drift_set *set)
{
    static const double rate[] = {0, 17e-6, -3e-6};

    *set = (struct drift_set){.clock = calloc(3, sizeof(struct drift_clock)), .n = 3};
    for (size_t c = 0; c < 3; c++) {
        struct drift_clock *k = &set->clock[c];

        k->s.n = N;
        k->s.unit_ns = 1;
        k->s.name[0] = (char)('a' + c);
        k->question = (struct clock_question){.unit_ns = 1, .step_ns = 2, .confidence = 0.95};
        k->s.bracket = calloc(N, sizeof(struct clock_bracket));
        for (size_t i = 0; i < N; i++) {
            const double t = 1e8 * (double)i, wobble = (double)((i * 7919 + c * 31) % 83);

            k->s.bracket[i] = (struct clock_bracket){
                t, t + 1e4, (uint64_t)(5e9 + (t - 100 - wobble) * (1 + rate[c])),
                (uint64_t)(5e9 + (t + 1e4 + 100 + wobble) * (1 + rate[c]))};
        }
    }
}

static void clocks_close(void **state)
{
    struct drift_set set;
    struct err e = {0};

    (void)state;
    make_set(&set);
    assert_int_equal(drift_compare_clocks(&set, &e), 0);
    assert_int_equal(set.pairs, 3);
    assert_true(set.pair[0].skew_low <= -17 && set.pair[0].skew_high >= -17); /* a less b */
    assert_true(set.pair[2].skew_low <= 20 && set.pair[2].skew_high >= 20);   /* b less c */
    assert_int_equal(set.closures, 1);
    assert_true(set.closure[0].closes);
    assert_true(fabs(set.closure[0].skew_ppm) < 0.1);
    drift_free(&set);
}

/* No pair of these is wrong by itself: b jumps to and fro between two thirds of the points, c
 * between another two, so that the median of a to c is not that of a to b and b to c. */
static void jumping_clocks_do_not_close(void **state)
{
    const uint64_t jump_ns = 5000;
    struct drift_set set;
    struct err e = {0};

    (void)state;
    make_set(&set);
    for (size_t i = 0; i < N; i++) {
        for (size_t c = 1; c < 3; c++) {
            set.clock[c].s.bracket[i] = set.clock[0].s.bracket[i];
            if (i % 3 < c) {
                set.clock[c].s.bracket[i].before += jump_ns;
                set.clock[c].s.bracket[i].after += jump_ns;
            }
        }
    }
    assert_int_equal(drift_compare_clocks(&set, &e), 0);
    assert_int_equal(set.pairs, 3);
    assert_int_equal(set.closures, 1);
    assert_false(set.closure[0].closes);
    assert_true(fabs(fabs(set.closure[0].offset_ns) - (double)jump_ns) < 1);
    assert_true(set.closure[0].offset_u_ns < (double)jump_ns);
    drift_free(&set);
}

/* Any of the three pairs, its offset or its rate, up or down: bent by a little less than what is
 * known it closes, by a little more it does not. */
static void bent_pairs_do_not_close(void **state)
{
    struct drift_set set;
    struct err e = {0};

    (void)state;
    make_set(&set);
    assert_int_equal(drift_compare_clocks(&set, &e), 0);
    for (unsigned which = 0; which < 3; which++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int within = 0; within < 2; within++) {
                struct drift_pair ab = set.pair[0], ac = set.pair[1], bc = set.pair[2];
                struct drift_pair *const bent[] = {&ab, &bc, &ac}, straight[] = {ab, bc, ac};
                const struct drift_closure was = close_triple(&set, &ab, &bc, &ac);
                const double by = sign * (within ? 0.99 : 1.01), way = which == 2 ? -1 : 1;
                struct drift_closure c;

                assert_true(fabs(was.offset_u_ns - ab.offset_u_ns - bc.offset_u_ns -
                                 ac.offset_u_ns) < 1e-6);
                assert_true(fabs(was.skew_u_ppm - half(&ab) - half(&bc) - half(&ac)) < 1e-9);
                bent[which]->offset_ns += way * (by * was.offset_u_ns - was.offset_ns);
                c = close_triple(&set, &ab, &bc, &ac);
                assert_int_equal(c.closes, within);
                *bent[which] = straight[which];
                bent[which]->skew_ppm += way * (by * was.skew_u_ppm - was.skew_ppm);
                bent[which]->skew_low += bent[which]->skew_ppm - straight[which].skew_ppm;
                bent[which]->skew_high += bent[which]->skew_ppm - straight[which].skew_ppm;
                c = close_triple(&set, &ab, &bc, &ac);
                assert_int_equal(c.closes, within);
            }
        }
    }
    drift_free(&set);
}

/* A boot closes if all its triples do, whichever of them comes last; another boot is its own. */
static void one_bent_triple_is_enough(void **state)
{
    const struct drift_closure good = {
        .offset_ns = 1, .offset_u_ns = 10, .skew_u_ppm = 1, .closes = 1};
    struct drift_closure bad = good, other = good;

    (void)state;
    bad.offset_ns = -11;
    bad.closes = 0;
    other.boot = 1;
    for (unsigned at = 0; at < 3; at++) {
        struct drift_set set = {0};
        struct err e = {0};

        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(note(&set, i == at ? &bad : &good, &e), 0);
        assert_int_equal(note(&set, &other, &e), 0);
        assert_int_equal(set.closures, 2);
        assert_false(set.closure[0].closes);
        assert_true(set.closure[0].offset_ns == -11); /* the worst is the one told */
        assert_true(set.closure[1].closes);
        drift_free(&set);
    }
}

/* Other intervals, other boots and processor time are not compared. */
static void only_like_with_like(void **state)
{
    struct drift_set set;
    struct err e = {0};

    (void)state;
    make_set(&set);
    set.clock[2].s.boot = 1;
    set.clock[1].question.kind = CLOCK_KIND_PROCESSOR;
    assert_int_equal(drift_compare_clocks(&set, &e), 0);
    assert_int_equal(set.pairs, 0);
    assert_int_equal(set.closures, 0);
    drift_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(a_file),
        cmocka_unit_test(clocks_close),
        cmocka_unit_test(jumping_clocks_do_not_close),
        cmocka_unit_test(bent_pairs_do_not_close),
        cmocka_unit_test(one_bent_triple_is_enough),
        cmocka_unit_test(only_like_with_like),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
