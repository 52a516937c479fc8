/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/recover.c - distortions found in intervals and readings; see recover.h. */
#include "analysis/recover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A difference of neighbours so many times the usual one is a step. Of a clock whose readings
 * are uniformly late the largest possible difference is 3.4 times the median one. */
#define USUAL_DIFFERENCES 6.0

struct series {
    double *t, *y; /* true time, offset of each reading; ns */
    double *half;  /* of the distance of two readings of a sample of its run, as taken out */
    double *work, *weight;
    size_t n;
};

double recover_slack_ns(double true_ns, double tick_ns)
{
    return isnan(tick_ns) ? 0 : (floor(true_ns / tick_ns) + 1) * RECOVER_TICK_NS;
}

static double since(uint64_t reading, uint64_t origin, double unit_ns)
{
    return (double)(int64_t)(reading - origin) * unit_ns;
}

static int allocate(struct series *s, size_t samples)
{
    double *all = malloc(5 * 2 * samples * sizeof(*all));

    if (!all)
        return -1;
    s->n = 2 * samples;
    s->t = all;
    s->y = all + s->n;
    s->work = all + 2 * s->n;
    s->weight = all + 3 * s->n;
    s->half = all + 4 * s->n;
    return 0;
}

static void fill(struct series *s, const struct recover_sample *sample, double unit_ns)
{
    const uint64_t origin = sample->bracket.before;

    for (size_t i = 0; i < s->n; i++) {
        const struct clock_bracket *b = &sample[i / 2].bracket;

        s->t[i] = i % 2 ? b->stop_ns : b->start_ns;
        s->y[i] = since(i % 2 ? b->after : b->before, origin, unit_ns) - s->t[i];
    }
}

/* Median slope between readings of one kind that lie at least a usual distance apart: *u is the
 * median deviation from it. Steps spoil a slope each and no more. */
static double rough_rate(struct series *s, double *u)
{
    double usual, rate;
    size_t n = 0;

    for (size_t i = 0; i + 2 < s->n; i++)
        s->work[n++] = s->t[i + 2] - s->t[i];
    usual = stats_median(s->work, n);
    n = 0;
    for (size_t i = 0; i + 2 < s->n; i++)
        if (s->t[i + 2] - s->t[i] >= usual && s->t[i + 2] > s->t[i])
            s->work[n++] = (s->y[i + 2] - s->y[i]) / (s->t[i + 2] - s->t[i]);
    *u = 0;
    if (!n)
        return 0;
    rate = stats_median(s->work, n);
    for (size_t i = 0; i < n; i++)
        s->work[i] = fabs(s->work[i] - rate);
    *u = stats_median(s->work, n);
    return rate;
}

/* Take out of all readings the median distance of the two of a sample, run by run and the
 * clock's own progress left out. */
static void take_out_width(struct series *s, const struct recover_sample *sample, double rate)
{
    for (size_t first = 0, next; first < s->n; first = next) {
        size_t n = 0;
        double half;

        for (next = first; next < s->n && sample[next / 2].run == sample[first / 2].run;
             next += 2)
            s->work[n++] = s->y[next + 1] - s->y[next] - rate * (s->t[next + 1] - s->t[next]);
        half = stats_median(s->work, n) / 2;
        for (size_t i = first; i < next; i++) {
            s->half[i] = half;
            s->y[i] += i % 2 ? -half : half;
        }
    }
}

static int add_step(struct recover_found *out, size_t reading, double size_ns, double u_ns)
{
    struct recover_step *more = realloc(out->step, (out->steps + 1) * sizeof(*more));

    if (!more)
        return -1;
    out->step = more;
    more[out->steps++] =
        (struct recover_step){.reading = reading, .size_ns = size_ns, .u_ns = u_ns};
    return 0;
}

/* Differences of neighbours at this rate that nothing explains. `u`: of the rate. */
static int find_steps(struct series *s, const struct clock_question *q, double rate, double u,
                      struct recover_found *out)
{
    double *d = s->work, *sorted = s->weight;
    const size_t n = s->n - 1;
    double usual;

    out->steps = 0;
    for (size_t i = 0; i < n; i++) {
        d[i] = s->y[i + 1] - s->y[i] - rate * (s->t[i + 1] - s->t[i]);
        sorted[i] = fabs(d[i]);
    }
    usual = stats_median(sorted, n);
    for (size_t i = 0; i < n; i++) {
        /* Where one run follows another the way to the marker may be longer on one side only. */
        const double ways = fabs(s->half[i + 1] - s->half[i]);
        const double limit = 2 * (q->unit_ns + q->step_ns) + USUAL_DIFFERENCES * usual +
                             3 * u * (s->t[i + 1] - s->t[i]) + ways;

        if (fabs(d[i]) <= limit)
            continue;
        if (d[i] > 0 && (i == 0 || i + 1 == n)) {
            /* The very first or last reading: that may be a delay as well, and is taken out. */
            s->y[i ? i + 1 : 0] += i ? -d[i] : d[i];
            continue;
        }
        if (i + 1 < n && d[i] * d[i + 1] < 0 &&
            (fabs(d[i + 1]) > limit || fabs(d[i] + d[i + 1]) <= limit)) {
            d[i + 1] += d[i]; /* taken back, wholly or in part */
            continue;
        }
        if (add_step(out, i + 1, d[i], q->unit_ns + q->step_ns + ways))
            return -1;
    }
    return 0;
}

/* Of values in s->work, which are sorted by it. */
static double central_spread(struct series *s)
{
    stats_sort(s->work, s->n);
    return stats_quantile_sorted(s->work, s->n, 0.975) -
           stats_quantile_sorted(s->work, s->n, 0.025);
}

/* Of residuals in s->weight, run by run. */
static double spread_within_runs(struct series *s, const struct recover_sample *sample)
{
    for (size_t first = 0, next; first < s->n; first = next) {
        double median;

        for (next = first; next < s->n && sample[next / 2].run == sample[first / 2].run;
             next++)
            s->work[next - first] = s->weight[next];
        median = stats_median(s->work, next - first);
        for (size_t i = first; i < next; i++)
            s->weight[i] -= median;
    }
    memcpy(s->work, s->weight, s->n * sizeof(*s->work));
    return central_spread(s);
}

static void find_residuals(struct series *s, const struct recover_sample *sample,
                           struct recover_found *out)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};

    for (size_t i = 0; i < s->n; i++) {
        const double r = s->y[i] - out->rate.value * s->t[i];
        const double raw = r + (i % 2 ? s->half[i] : -s->half[i]);

        s->work[i] = s->weight[i] = r;
        low[i % 2] = fmin(low[i % 2], raw);
        high[i % 2] = fmax(high[i % 2], raw);
    }
    out->spread_ns = central_spread(s);
    out->within_ns = spread_within_runs(s, sample);
    out->range_ns = fmax(high[0] - low[0], high[1] - low[1]);
}

static int leaves_zero_out(const struct stats_interval *rate)
{
    return rate->low > 0 || rate->high < 0;
}

/* The rate with its interval at this confidence. `u`: what the steps that were taken out hide. */
static int fit_rate(const double *x, const double *y, size_t n, const struct clock_question *q,
                    double confidence, double u, struct stats_interval *rate)
{
    struct clock_question asked = *q;
    double intercept;
    const char *note;

    asked.confidence = confidence;
    if (clock_rate(x, y, n, &asked, rate, &intercept, &note))
        return -1;
    rate->low -= u;
    rate->high += u;
    return 0;
}

/* The line through all samples with the steps taken out, and how far readings lie from it. */
static int fit(struct series *s, const struct recover_sample *sample,
               const struct clock_question *q, struct recover_found *out)
{
    double *x = s->work, *y = s->weight, level = 0, u;
    struct stats_interval claim;
    size_t next = 0;

    for (size_t i = 0; i < s->n; i++) {
        for (; next < out->steps && out->step[next].reading <= i; next++)
            level += out->step[next].size_ns;
        s->y[i] -= level;
        if (i % 2) {
            x[i / 2] = (s->t[i - 1] + s->t[i]) / 2;
            y[i / 2] = (s->y[i - 1] + s->y[i]) / 2;
        }
    }
    /* Every step taken out hides what the clock did in between, to its resolution. */
    u = sqrt((double)out->steps) * (q->unit_ns + q->step_ns) / (s->t[s->n - 1] - s->t[0]);
    if (fit_rate(x, y, s->n / 2, q, q->confidence, u, &out->rate))
        return -1;
    out->drifts = leaves_zero_out(&out->rate);
    if (out->drifts) {
        if (fit_rate(x, y, s->n / 2, q, RECOVER_CLAIM_CONFIDENCE, u, &claim))
            return -1;
        out->drifts = leaves_zero_out(&claim);
    }
    find_residuals(s, sample, out);
    return 0;
}

static int find_taken(const struct recover_sample *sample, size_t n, struct recover_found *out)
{
    out->excess_ns = calloc(n, sizeof(*out->excess_ns));
    if (!out->excess_ns)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const struct clock_bracket *b = &sample[i].bracket;
        const double excess = b->stop_ns - b->start_ns - sample[i].clean_ns;

        if (excess > RECOVER_GAP_NS + sample[i].slack_ns) /* false for NaN */
            out->excess_ns[i] = excess;
    }
    for (size_t i = 0; i < out->steps; i++) {
        struct recover_step *s = &out->step[i];
        double *excess = &out->excess_ns[s->reading / 2];

        if (s->reading % 2 && *excess > 0 &&
            fabs(*excess + s->size_ns) <= RECOVER_GAP_NS + sample[s->reading / 2].slack_ns) {
            s->paused = 1;
            *excess += s->size_ns;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (out->excess_ns[i] <= RECOVER_GAP_NS + sample[i].slack_ns)
            continue;
        out->slack_ns += sample[i].slack_ns;
        out->taken_ns += out->excess_ns[i];
        out->taken++;
    }
    return 0;
}

static int search(struct series *s, const struct recover_sample *sample,
                  const struct clock_question *q, double rate, double u,
                  struct recover_found *out)
{
    take_out_width(s, sample, rate);
    return find_steps(s, q, rate, u, out) ? -1 : fit(s, sample, q, out);
}

int recover_find(const struct recover_sample *sample, size_t n, const struct clock_question *q,
                 struct recover_found *out)
{
    struct series s = {.n = 0};
    double rate, u;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (n < 3 || allocate(&s, n))
        return -1;
    out->readings = s.n;
    fill(&s, sample, q->unit_ns);
    rate = rough_rate(&s, &u);
    rc = search(&s, sample, q, rate, u, out);
    /* Again, with the rate as it is now known. */
    fill(&s, sample, q->unit_ns);
    if (!rc)
        rc = search(&s, sample, q, out->rate.value, (out->rate.high - out->rate.low) / 2, out);
    out->width_ns = 2 * s.half[0];
    out->span_ns = s.t[s.n - 1] - s.t[0];
    if (!rc)
        rc = find_taken(sample, n, out);
    free(s.t);
    if (rc)
        recover_free(out);
    return rc;
}

void recover_free(struct recover_found *found)
{
    free(found->step);
    free(found->excess_ns);
    memset(found, 0, sizeof(*found));
}
