/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/selftest.h"

#include "collector/pmu/count.h"

/* What starting and stopping may add to one run at most, and far below 2^31. */
#define SELFTEST_OVERHEAD 100000000u

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* The power of two by which `seen` misses low…high, or 0. */
static uint64_t wrapped_by(uint64_t seen, uint64_t low, uint64_t high)
{
    for (unsigned bit = 31; bit <= 32; bit++) {
        uint64_t wrap = (uint64_t)1 << bit;

        if (seen - wrap >= low && seen - wrap <= high)
            return wrap;
        if (seen + wrap >= low && seen + wrap <= high)
            return wrap;
    }
    return 0;
}

int pmu_selftest_judge(const char *event, const struct pmu_selftest *seen, struct err *e)
{
    uint64_t one = seen->count[0], two = seen->count[1], wrap;

    for (int i = 0; i < 2; i++)
        if (seen->running_ns[i] != seen->enabled_ns[i] || seen->enabled_ns[i] == 0)
            return err_set(
                e, ERR_UNAVAILABLE,
                "%s ran %llu ns of the %llu ns it was enabled in the self-test: its "
                "counter is shared with others (multiplexed)",
                event, (unsigned long long)seen->running_ns[i],
                (unsigned long long)seen->enabled_ns[i]);
    if (one == 0 && two == 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "%s opens, says that it ran 100 %% of the time and reads 0 after %llu "
                       "iterations: what stands below Linux does not count it",
                       event, (unsigned long long)(2 * seen->iterations));
    if (one == two)
        return err_set(e, ERR_UNAVAILABLE,
                       "%s sticks at %llu: %llu and %llu iterations give the same", event,
                       (unsigned long long)one, (unsigned long long)seen->iterations,
                       (unsigned long long)(2 * seen->iterations));
    wrap = wrapped_by(two - one, seen->low, seen->high);
    for (uint64_t i = 0; i < 2 && !wrap; i++)
        wrap = wrapped_by(seen->count[i], (i + 1) * seen->low,
                          (i + 1) * seen->high + SELFTEST_OVERHEAD);
    if (wrap)
        return err_set(e, ERR_UNAVAILABLE,
                       "%s is off by 2^%d: %llu after %llu iterations, %llu after %llu", event,
                       wrap >> 31 == 1 ? 31 : 32, (unsigned long long)one,
                       (unsigned long long)seen->iterations, (unsigned long long)two,
                       (unsigned long long)(2 * seen->iterations));
    if (two - one >= seen->low && two - one <= seen->high)
        return 0;
    return err_set(e, ERR_UNAVAILABLE,
                   "%s counts %llu for %llu iterations and %llu for %llu: %s%llu more instead "
                   "of %llu to %llu",
                   event, (unsigned long long)one, (unsigned long long)seen->iterations,
                   (unsigned long long)two, (unsigned long long)(2 * seen->iterations),
                   two < one ? "-" : "", (unsigned long long)distance(one, two),
                   (unsigned long long)seen->low, (unsigned long long)seen->high);
}

/* Not inlined and without a branch on which run it is: between start and stop both runs take
 * the same path, so that what is counted beside `work` is the same. */
static __attribute__((noinline)) int selftest_once(struct pmu_group *g, void (*work)(uint64_t),
                                                   uint64_t n, struct pmu_reading *r,
                                                   struct err *e)
{
    int rc = pmu_group_start(g, e);

    if (rc != 0)
        return rc;
    work(n);
    rc = pmu_group_stop(g, e);
    return rc == 0 ? pmu_group_read(g, r, e) : rc;
}

/* Count `work` of n and of 2n. */
static int selftest_run(const struct pmu_event *event, void (*work)(uint64_t), uint64_t n,
                        struct pmu_selftest *out, struct err *e)
{
    struct pmu_group g;
    struct pmu_reading r, earlier = {.enabled_ns = 0};
    int rc = pmu_group_open(&g, event, 1, 0, -1, e);

    if (rc != 0)
        return rc;
    work(1); /* its page is there before it is counted */
    for (int i = 0; i < 2; i++) {
        rc = selftest_once(&g, work, n << i, &r, e);
        if (rc != 0)
            break;
        /* PERF_EVENT_IOC_RESET clears the count, not the times. */
        out->count[i] = r.raw[0];
        out->enabled_ns[i] = r.enabled_ns - earlier.enabled_ns;
        out->running_ns[i] = r.running_ns - earlier.running_ns;
        earlier = r;
    }
    pmu_group_close(&g);
    return rc;
}

int pmu_selftest(const struct pmu_event *event, const struct pmu_known *known,
                 const struct pmu_tolerance *tolerance, uint64_t iterations,
                 struct pmu_selftest *out, struct err *e)
{
    uint64_t slack, low = known->low_per_1000 * iterations / 1000;
    int rc;

    *out = (struct pmu_selftest){.iterations = iterations};
    out->high = known->high_per_1000 * iterations / 1000;
    slack = tolerance_of(tolerance, out->high);
    out->low = low > slack ? low - slack : 0;
    out->high += slack;
    rc = selftest_run(event, pmu_loop, iterations, out, e);
    return rc == 0 ? pmu_selftest_judge(event->name, out, e) : rc;
}

static void (*selftest_call)(void);

static void call_repeatedly(uint64_t n)
{
    while (n-- > 0)
        selftest_call();
}

int pmu_selftest_calls(const struct pmu_event *event, void (*call)(void), uint64_t calls,
                       struct pmu_selftest *out, struct err *e)
{
    int rc;

    *out = (struct pmu_selftest){.iterations = calls, .low = calls, .high = calls};
    selftest_call = call;
    rc = selftest_run(event, call_repeatedly, calls, out, e);
    return rc == 0 ? pmu_selftest_judge(event->name, out, e) : rc;
}
