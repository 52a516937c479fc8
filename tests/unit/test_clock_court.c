/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said of a clock, against clocks whose truth is known: jumps, steps back and freezes are
 * found where they were and as large; clean clocks raise nothing. How often the interval of a skew
 * holds is test_clock_skew.c's.
 */
#include "tests/unit/clock_fixture.h"

/* --- events --- */

struct lie {
    size_t at;      /* the clock lies from this bracket on */
    double step_ns; /* added to its offset */
    size_t stands;  /* brackets for which it shows what it showed */
};

static uint64_t lie_seed = 4711;

/* Readings 100 ns from edges 20 µs apart, every STEP: or pairs with 100 ns of noise. */
static void make_lie(struct clock_bracket *b, size_t n, double step, int bounded,
                     const struct lie *lie, size_t lies)
{
    rng_state = lie_seed;
    for (size_t i = 0; i < n; i++) {
        const double t = step * (double)i, end = bounded ? t + 20e3 : t;
        const double d = bounded ? 100 : 0, noise = bounded ? 0 : 100 * normal();
        double offset = 12e-6 * t + noise, offset2 = 12e-6 * end + noise;

        for (size_t k = 0; k < lies; k++)
            if (i >= lie[k].at) {
                offset += lie[k].step_ns;
                offset2 += lie[k].step_ns;
            }
        b[i].start_ns = t;
        b[i].stop_ns = end;
        b[i].before = read_at(offset, t - d);
        b[i].after = read_at(offset2, end + d);
        for (size_t k = 0; k < lies; k++)
            if (i >= lie[k].at && i < lie[k].at + lie[k].stands)
                b[i].before = b[i].after = b[lie[k].at - 1].after;
    }
}

static struct clock_question question(int bounded)
{
    return (struct clock_question){
        .unit_ns = 1, .step_ns = 2, .confidence = 0.95, .unbounded = !bounded};
}

static void found(const struct clock_event *e, enum clock_event_kind kind, size_t at,
                  double size_ns, double within_ns)
{
    if (e->kind != kind || e->first != at || !(fabs(e->size_ns - size_ns) <= within_ns))
        print_error("%s at %zu of %.1f +- %.1f ns, wanted %s at %zu of %.1f\n",
                    clock_event_name(e->kind), e->first, e->size_ns, e->u_ns,
                    clock_event_name(kind), at, size_ns);
    assert_int_equal(e->kind, kind);
    assert_int_equal(e->first, at);
    assert_true(fabs(e->size_ns - size_ns) <= within_ns);
}

static void jumps_of_a_microsecond(void **state)
{
    static const struct lie lie[] = {{100, 1000, 0}, {300, -1000, 0}, {400, 5e6, 0}};
    struct clock_bracket b[600];
    struct clock_assessment a;
    struct clock_event *e;
    size_t n;

    (void)state;
    for (int bounded = 0; bounded <= 1; bounded++) {
        const struct clock_question q = question(bounded);

        make_lie(b, 600, STEP, bounded, lie, 3);
        assert_int_equal(clock_find_events(b, 600, &q, &e, &n), 0);
        assert_int_equal(n, 3);
        for (size_t i = 0; i < 3; i++) {
            found(&e[i], CLOCK_JUMP, lie[i].at, lie[i].step_ns, bounded ? 20 : 150);
            print_message("# %s: %.1f +- %.1f of %g ns\n", bounded ? "brackets" : "pairs",
                          e[i].size_ns, e[i].u_ns, lie[i].step_ns);
            assert_true(fabs(e[i].size_ns - lie[i].step_ns) <= e[i].u_ns);
            assert_true(e[i].u_ns < 300);
            assert_true(e[i].from_ns <= STEP * (double)lie[i].at &&
                        e[i].from_ns >= STEP * (double)(lie[i].at - 1));
            assert_true(e[i].to_ns <= STEP * (double)lie[i].at + 20e3);
        }
        free(e);
        assert_int_equal(clock_assess(b, 600, &q, &a), 0);
        assert_int_equal(a.jumps, 3);
        assert_int_equal(a.verdict, CLOCK_ABERRANT);
    }
}

/* Read often enough a step back of 15 µs is a smaller reading; read seldom it is a jump. */
static void backsteps_of_15_us(void **state)
{
    static const struct lie lie[] = {{140, -15000, 0}, {270, -15000, 0}};
    struct clock_bracket b[400];
    struct clock_assessment a;
    struct clock_event *e;
    size_t n;

    (void)state;
    for (int bounded = 0; bounded <= 1; bounded++) {
        const struct clock_question q = question(bounded);

        for (int often = 0; often <= 1; often++) {
            const double step = bounded ? 30e3 : 10e3;

            make_lie(b, 400, often ? (bounded ? 24e3 : step) : STEP, bounded, lie, 2);
            assert_int_equal(clock_find_events(b, 400, &q, &e, &n), 0);
            assert_int_equal(n, 2);
            for (size_t i = 0; i < 2; i++)
                found(&e[i], often ? CLOCK_BACKSTEP : CLOCK_JUMP, lie[i].at, -15000,
                      bounded ? 20 : 150);
            free(e);
            assert_int_equal(clock_assess(b, 400, &q, &a), 0);
            assert_int_equal(a.backsteps, often ? 2 : 0);
            assert_int_equal(a.verdict, CLOCK_ABERRANT);
        }
    }
    /* Inside an interval: the reading after it is smaller than the one before. */
    make_lie(b, 400, STEP, 1, NULL, 0);
    b[100].after = b[100].before - 15000;
    assert_int_equal(clock_assess(b, 400,
                                  &(const struct clock_question){
                                      .unit_ns = 1, .step_ns = 2, .confidence = 0.95},
                                  &a),
                     0);
    assert_int_equal(a.backsteps, 1);
}

static void freezes(void **state)
{
    /* It stands for 5 intervals and goes on from there; then for 7 and is right again. */
    static const struct lie lost[] = {{40, -5 * STEP, 5}}, right[] = {{60, 0, 7}};
    struct clock_bracket b[N];
    struct clock_assessment a;
    struct clock_event *e;
    size_t n;

    (void)state;
    for (int bounded = 0; bounded <= 1; bounded++) {
        const struct clock_question q = question(bounded);

        make_lie(b, N, STEP, bounded, lost, 1);
        assert_int_equal(clock_find_events(b, N, &q, &e, &n), 0);
        assert_int_equal(n, 1);
        found(e, CLOCK_FREEZE, 39, -5 * STEP, bounded ? 1e5 : 1e6);
        assert_true(e->to_ns - e->from_ns >= 4 * STEP && e->to_ns - e->from_ns <= 6 * STEP);
        free(e);
        make_lie(b, N, STEP, bounded, right, 1);
        assert_int_equal(clock_find_events(b, N, &q, &e, &n), 0);
        assert_int_equal(n, 1);
        found(e, CLOCK_FREEZE, 59, 0, bounded ? 1e5 : 1e6);
        assert_true(fabs(e->to_ns - e->from_ns - 7 * STEP) <= STEP + 1);
        free(e);
        assert_int_equal(clock_assess(b, N, &q, &a), 0);
        assert_int_equal(a.freezes, 1);
        assert_int_equal(a.jumps, 0);
        assert_int_equal(a.backsteps, 0);
        assert_int_equal(a.verdict, CLOCK_ABERRANT);
        assert_non_null(strstr(a.reason, "1 freezes"));
    }
}

/*
 * The same at 200 places and with 200 noises each: found, as what it is, once; its size within what
 * is stated, and its time within where it is said to be.
 */
static void events_are_held(void **state)
{
    static const struct {
        const char *name;
        enum clock_event_kind kind;
        double step_ns,
            size_ns; /* between readings without brackets, with them 30 us at least */
        size_t stands;
    } row[] = {{"jump of 1 us", CLOCK_JUMP, STEP, 1000, 0},
               {"step back of 15 us", CLOCK_BACKSTEP, 10e3, -15000, 0},
               {"freeze of 5 readings", CLOCK_FREEZE, STEP, -5 * STEP, 5}};
    struct clock_bracket b[160];

    (void)state;
    for (size_t k = 0; k < sizeof(row) / sizeof(row[0]); k++) {
        for (int bounded = 0; bounded <= 1; bounded++) {
            const struct clock_question q = question(bounded);
            const double step = bounded && row[k].step_ns < 24e3 ? 24e3 : row[k].step_ns;
            int held = 0, timed = 0, single = 0;

            for (int i = 0; i < TRIALS; i++) {
                const struct lie lie = {20 + (size_t)(i * 37) % 115, row[k].size_ns,
                                        row[k].stands};
                const double at = step * (double)lie.at;
                struct clock_event *e;
                size_t n;

                lie_seed = 4711 + 977 * (uint64_t)i;
                make_lie(b, 160, step, bounded, &lie, 1);
                assert_int_equal(clock_find_events(b, 160, &q, &e, &n), 0);
                single += n == 1 && e->kind == row[k].kind;
                /* While it stood, the reading before and the rate of 12 ppm of a step are open. */
                held += n == 1 && fabs(e->size_ns - row[k].size_ns) <=
                                      fmax(e->u_ns, row[k].stands ? 12e-6 * 6 * STEP : 0);
                timed += n == 1 && e->from_ns <= at + 20e3 &&
                         e->to_ns >= (row[k].stands ? at + 4 * step : at - step);
                free(e);
            }
            print_message("# %s, %s: %d of %d found, %d with their size, %d with their time\n",
                          row[k].name, bounded ? "brackets" : "pairs", single, TRIALS, held,
                          timed);
            assert_true(single >= 0.95 * TRIALS);
            /* k = 2 is 95.4 of 100, and of 200 trials that is ± 3 (two deviations). */
            assert_true(held >= 0.924 * TRIALS);
            assert_true(timed >= 0.95 * TRIALS);
        }
    }
    lie_seed = 4711;
}

/* A step inside an interval is one jump, forward (its bracket widens) as backward (it inverts). */
static void step_inside_an_interval_is_one(void **state)
{
    struct clock_bracket b[N];
    const struct clock_question q = question(1);
    struct clock_event *e;
    size_t n;

    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        make_lie(b, N, STEP, 1, NULL, 0);
        b[50].after += (uint64_t)(sign * 1000);
        for (size_t i = 51; i < N; i++) {
            b[i].before += (uint64_t)(sign * 1000);
            b[i].after += (uint64_t)(sign * 1000);
        }
        assert_int_equal(clock_find_events(b, N, &q, &e, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(e->kind, CLOCK_JUMP);
        assert_true(e->first == 50 || e->first == 51);
        assert_true(fabs(e->size_ns - sign * 1000) < 100);
        assert_true(e->from_ns <= b[50].stop_ns && e->to_ns >= b[50].start_ns);
        free(e);
    }
}

/* A clock of 4 ms ticks stands between them, and that is no freeze; when it misses ten it is. */
static void coarse_clock_is_no_freeze(void **state)
{
    struct clock_bracket b[400];
    const struct clock_question q = question(1);
    struct clock_event *e;
    size_t n;

    (void)state;
    for (int lie = 0; lie <= 1; lie++) {
        for (size_t i = 0; i < 400; i++) {
            const double t = 1e6 + 1.7e6 * (double)i;
            double shown = floor(t / 4e6) * 4e6;

            if (lie && t > 300e6 && t < 340e6)
                shown = 300e6;
            b[i] = (struct clock_bracket){t, t + 1000, (uint64_t)shown, (uint64_t)shown};
        }
        assert_int_equal(clock_find_events(b, 400, &q, &e, &n), 0);
        size_t freeze = 0;

        for (size_t i = 0; i < n; i++) {
            freeze += e[i].kind == CLOCK_FREEZE;
            if (e[i].kind == CLOCK_FREEZE) {
                assert_true(e[i].from_ns >= 298e6 && e[i].from_ns <= 304e6);
                assert_true(e[i].to_ns >= 336e6 && e[i].to_ns <= 342e6);
            }
        }
        assert_int_equal(freeze, lie);
        free(e);
    }
}

#define COARSE 16000u /* readings: 27 s, so that a tick is 147 ppm */

/* The same clock, read in ns: no reading is nearer to the truth than a tick, and that is no lie. One
 * in a thousand and a step of 20 ms are. Between seldom readings it never stands: as before. */
static void coarse_clock_is_sound(void **state)
{
    static const struct {
        double rate, jump_ns;
        enum clock_verdict verdict;
    } cases[] = {{0, 0, CLOCK_SOUND}, {1e-3, 0, CLOCK_ABERRANT}, {0, 20e6, CLOCK_ABERRANT}};
    static struct clock_bracket b[COARSE];
    static enum clock_verdict sample[COARSE];
    const struct clock_question q = question(1);
    struct clock_assessment a;

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        size_t odd = 0;

        for (size_t i = 0; i < COARSE; i++) {
            const double t = 1e6 + 1.7e6 * (double)i, true_ns[] = {t, t + 1000};
            uint64_t shown[2];

            for (size_t r = 0; r < 2; r++)
                shown[r] = (uint64_t)(floor((true_ns[r] * (1 + cases[k].rate) +
                                             (i < COARSE / 2 ? 0 : cases[k].jump_ns)) /
                                            4e6) *
                                      4e6);
            b[i] = (struct clock_bracket){t, t + 1000, shown[0], shown[1]};
        }
        assert_true(clock_resolution_ns(b, COARSE, &q) == 4e6);
        assert_int_equal(clock_assess(b, COARSE, &q, &a), 0);
        assert_int_equal(a.verdict, cases[k].verdict);
        assert_int_equal(a.jumps, cases[k].jump_ns > 0);
        assert_int_equal(a.freezes, 0);
        if (cases[k].jump_ns > 0)
            continue;
        assert_true(a.skew_low <= cases[k].rate * 1e6 && cases[k].rate * 1e6 <= a.skew_high);
        clock_judge_samples(b, COARSE, &q, &a, NULL, 0, sample);
        for (size_t i = 0; i < COARSE; i++)
            odd += sample[i] != CLOCK_SOUND;
        assert_true(cases[k].rate > 0 ? odd > 1000 : odd == 0);
    }
    /* One that stood once is as fine as its unit. */
    for (size_t i = 0; i < COARSE; i++) {
        b[i].before = (uint64_t)b[i == 51 ? 50 : i].start_ns;
        b[i].after = b[i].before + (i == 50 || i == 51 ? 0 : 1000);
    }
    assert_true(clock_resolution_ns(b, COARSE, &q) == 1);
}

static void samples_are_judged(void **state)
{
    static const struct lie lie[] = {{50, 40000, 0}};
    struct clock_bracket b[N];
    const struct clock_question q = question(1);
    enum clock_verdict v[N];
    struct clock_assessment a;
    struct clock_event *e;
    size_t n;

    (void)state;
    make_lie(b, N, 1e3, 1, NULL, 0); /* 12 ppm of 100 µs: within the bracket of 200 ns */
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    clock_judge_samples(b, N, &q, &a, NULL, 0, v);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(v[i], CLOCK_SOUND);
    make_lie(b, N, STEP, 1, lie, 1); /* 72 µs each STEP: out of the first one's at once */
    assert_int_equal(clock_find_events(b, N, &q, &e, &n), 0);
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    clock_judge_samples(b, N, &q, &a, e, n, v);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(v[i], i == 50 ? CLOCK_ABERRANT : i ? CLOCK_BIASED : CLOCK_SOUND);
    free(e);
}

/* What is slow is biased as well as what is fast. */
static void slow_samples_are_biased(void **state)
{
    static const struct lie lie[] = {{50, -8e6, 0}};
    struct clock_bracket b[N];
    const struct clock_question q = question(1);
    enum clock_verdict v[N];
    struct clock_assessment a;

    (void)state;
    make_lie(b, N, STEP, 1, lie, 1); /* 8 ms less, of which 12 ppm give back 7.1 in all */
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    clock_judge_samples(b, N, &q, &a, NULL, 0, v);
    for (size_t i = 50; i < N; i++)
        assert_int_equal(v[i], CLOCK_BIASED);
}

/* 0.05 ppm, known to be no 0, are forgiven; 0.2 are not. The jitter is the noise that was put in. */
static void a_little_skew_is_sound(void **state)
{
    struct clock_bracket b[N];
    struct clock_assessment a;
    const struct clock_question q = question(0);

    (void)state;
    rng_state = 90125;
    make_pairs(b, 0.05, WHITE);
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    assert_true(a.skew_low > 0.04 && a.skew_high < 0.06);
    assert_int_equal(a.verdict, CLOCK_SOUND);
    assert_true(a.jitter_ns > 80 && a.jitter_ns < 125);
    make_pairs(b, 0.2, WHITE);
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    assert_int_equal(a.verdict, CLOCK_BIASED);
    make_pairs(b, -0.2, WHITE);
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    assert_int_equal(a.verdict, CLOCK_BIASED);
    assert_non_null(strstr(a.reason, "slow by"));
}

/* A clock without noise, read to 500 ns at a time: its rate is known to one of these over the span on
 * either side, and not better. */
static void resolution_is_in_the_interval(void **state)
{
    struct clock_bracket b[N];
    struct clock_assessment a;
    const struct clock_question q = {.unit_ns = 500, .step_ns = 2, .confidence = 0.95};

    (void)state;
    for (size_t i = 0; i < N; i++) {
        const double t = 1e6 * (double)i;

        b[i] = (struct clock_bracket){t, t + 500, 1000 + 2000 * i, 1001 + 2000 * i};
    }
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    assert_true(a.skew_ppm == 0);
    assert_true(fabs(a.skew_high - 500 / (1e6 * (N - 1)) * 1e6) < 1e-6);
    assert_true(fabs(a.skew_low + 500 / (1e6 * (N - 1)) * 1e6) < 1e-6);
}

/* Brackets of 200 ns that no one line passes: the clock wanders, and the interval says by what. */
static void a_walk_beyond_its_brackets(void **state)
{
    struct clock_bracket b[N];
    struct clock_assessment a;
    const struct clock_question q = question(1);
    double wander = 0;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        const double t = STEP * (double)i, end = t + 20e3;

        wander = 20e-6 * t + 3000 * sin((double)i / 16);
        b[i] = (struct clock_bracket){t, end, read_at(wander, t - 100),
                                      read_at(wander, end + 100)};
    }
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    assert_int_equal(a.jumps, 0);
    assert_non_null(strstr(a.reason, "OADEV at the window"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jumps_of_a_microsecond),
        cmocka_unit_test(backsteps_of_15_us),
        cmocka_unit_test(freezes),
        cmocka_unit_test(events_are_held),
        cmocka_unit_test(step_inside_an_interval_is_one),
        cmocka_unit_test(coarse_clock_is_no_freeze),
        cmocka_unit_test(coarse_clock_is_sound),
        cmocka_unit_test(samples_are_judged),
        cmocka_unit_test(slow_samples_are_biased),
        cmocka_unit_test(a_little_skew_is_sound),
        cmocka_unit_test(resolution_is_in_the_interval),
        cmocka_unit_test(a_walk_beyond_its_brackets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
