/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/ub_cpu.c - processor mix in the style of ubench: a sum of remainders and, at every
 * 67th step, a chain of elementary functions. Fixed work, so that the clock decides nothing.
 *
 *   k = sum over j < n of j mod (n - j + 1)
 *   y = sum over j < n, 67 | j of chain(1 + j/n)
 *
 * Score = passes × n / 50190 per second (50190 is ubench's normalisation). From external time
 * it is this workload's value; from the guest's own clock it is the figure
 * guest_score_milli (thousandths), so that a lying clock shows as a difference of the two.
 *
 * check() recomputes both sums in another way: with m = n - j + 1 and N = n + 1 the first is
 * the sum over m <= N of N mod m = N^2 - sum of d floor(N/d); the second uses identities and
 * plain series in place of the functions of math.c.
 */
#include "workloads/arena.h"
#include "workloads/list.h"
#include "workloads/math.h"
#include "workloads/score.h"
#include "workloads/text.h"

#define CHAIN_EVERY 67u
#define NORMALISATION 50190u

struct ub_cpu_state {
    uint64_t k;
    double y;
};

static const struct workload_param ub_cpu_params[] = {
    {.name = "n",
     .summary = "steps of one pass",
     .kind = WORKLOAD_NUMBER,
     .initial = 5000,
     .min = 100,
     .max = 100000000},
    {.name = NULL},
};

static int ub_cpu_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct ub_cpu_state *s = arena_take(&a, sizeof *s, 64);

    if (!s)
        return arena_refuse(run, "the state");
    s->k = 0;
    s->y = 0.0;
    run->state = s;
    run->work = run->arg[0];
    return 0;
}

/* x in [1, 2); every argument stays inside the stated domains of math.h. */
static double chain(double x)
{
    double l = math_log(x);
    double c = math_cos(math_sqrt(1.0 + l));
    double s = math_sin(math_atan(c));

    return math_exp(math_pow(x, s));
}

static void ub_cpu_run(struct workload_run *run)
{
    struct ub_cpu_state *s = run->state;
    uint64_t n = run->arg[0], k = 0;
    uint32_t until = 1;
    double y = 0.0;

    for (uint64_t j = 0; j < n; j++) {
        k += j % (n - j + 1);
        if (--until == 0) {
            until = CHAIN_EVERY;
            y += chain(1.0 + (double)j / (double)n);
        }
    }
    s->k = k;
    s->y = y;
}

/* N^2 - sum of d floor(N/d), over the runs of equal quotients. */
static uint64_t remainders(uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t first = 1, last; first <= n; first = last + 1) {
        uint64_t quotient = n / first;

        last = n / quotient;
        sum += quotient * ((last - first + 1) * (first + last) / 2);
    }
    return n * n - sum;
}

/* ln x = 2 atanh((x-1)/(x+1)), unreduced: x in [1, 2), so the argument is below 1/3. */
static double other_log(double x)
{
    double s = (x - 1.0) / (x + 1.0), power = s, sum = 0.0;

    for (int i = 1; i < 60; i += 2, power *= s * s)
        sum += power / i;
    return 2.0 * sum;
}

static double other_exp(double x)
{
    double term = 1.0, sum = 1.0;

    for (int i = 1; i < 40; i++)
        sum += term *= x / i;
    return sum;
}

/* cos b by b^2, sin(atan c) = c / sqrt(1 + c^2), x^s = e^(s ln x) */
static double other_chain(double x)
{
    double l = other_log(x), square = 1.0 + l, term = 1.0, c = 1.0;

    for (int i = 1; i < 40; i += 2) {
        term *= -square / ((double)i * (i + 1));
        c += term;
    }
    return other_exp(other_exp(c / math_sqrt(1.0 + c * c) * l));
}

static int ub_cpu_check(struct workload_run *run)
{
    const struct ub_cpu_state *s = run->state;
    uint64_t n = run->arg[0];
    struct text t = text_begin(run->answer, sizeof run->answer);
    union {
        double d;
        uint64_t u;
    } y = {.d = s->y};
    double expected = 0.0, off;

    text_put(&t, "k=");
    text_put_u64(&t, s->k);
    text_put(&t, " y=0x");
    text_put_hex(&t, y.u, 16);
    score_guest(run, run->work, NORMALISATION);

    if (s->k != remainders(n + 1))
        return text_refuse(run->reason, sizeof run->reason,
                           "ub-cpu: the sum of remainders is wrong");
    for (uint64_t j = 0; j < n; j += CHAIN_EVERY)
        expected += other_chain(1.0 + (double)j / (double)n);
    /* Each term is good to some 10 ulp and terms are of one sign. */
    off = s->y > expected ? s->y - expected : expected - s->y;
    if (!(off <= expected * 1e-13))
        return text_refuse(run->reason, sizeof run->reason,
                           "ub-cpu: the sum of elementary functions is wrong");
    return 0;
}

const struct workload workload_ub_cpu = {
    .name = "ub-cpu",
    .summary = "integer remainders and elementary functions, fixed work (ubench-style)",
    .metric = "score",
    .unit = "score",
    .form = WORKLOAD_RATE,
    .scale = 1.0 / NORMALISATION,
    .params = ub_cpu_params,
    .default_iterations = 20,
    .prepare = ub_cpu_prepare,
    .run = ub_cpu_run,
    .check = ub_cpu_check,
};
