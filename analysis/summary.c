/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summary.c - figures of boots and their ratios; see summary.h.
 */
#include "analysis/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"
#include "analysis/uncertainty.h"

const char *summary_basis_name(enum summary_basis b)
{
    static const char *const name[] = {
        [SUMMARY_EMPTY] = "empty",          [SUMMARY_EXACT] = "exact",
        [SUMMARY_SAMPLED] = "sampled",      [SUMMARY_SINGLE] = "single boot",
        [SUMMARY_DIFFERS] = "boots differ",
    };

    return name[b];
}

/* The earlier boot of the same seed that boot i repeats, or i itself. */
static size_t first_of_seed(const struct summary_boot *boot, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (boot[j].n && !strcmp(boot[j].seed, boot[i].seed))
            return j;
    return i;
}

/* Half-width of a log interval, joined with what one interval is uncertain by. */
static double join(double half, double u, double value)
{
    return sqrt(half * half + (u / value) * (u / value));
}

static void bound(struct summary_figure *f, const double *median, size_t n)
{
    struct stats_interval i;
    double half;

    if (stats_log_mean_interval(median, n, SUMMARY_CONFIDENCE, &i) || isnan(i.low))
        return;
    half = join((log(i.high) - log(i.low)) / 2, f->u_ns, f->median_ns);
    f->low_ns = i.value * exp(-half);
    f->high_ns = i.value * exp(half);
}

static int pool(const struct summary_boot *boot, const char *counts, size_t boots,
                struct summary_figure *f)
{
    double *all = malloc(f->n * sizeof(*all));
    size_t used = 0;

    if (!all)
        return -1;
    for (size_t i = 0; i < boots; i++) {
        if (!counts[i])
            continue;
        memcpy(all + used, boot[i].ns, boot[i].n * sizeof(*all));
        used += boot[i].n;
    }
    stats_sort(all, used);
    f->p50_ns = stats_quantile_sorted(all, used, 0.5);
    f->p99_ns = stats_quantile_sorted(all, used, 0.99);
    f->max_ns = all[used - 1];
    free(all);
    return 0;
}

int summary_assess(const struct summary_boot *boot, size_t boots, int deterministic,
                   struct summary_figure *out)
{
    double *median = malloc((boots + 1) * sizeof(*median));
    double *independent = malloc((boots + 1) * sizeof(*independent));
    char *counts = calloc(boots + 1, 1);
    size_t used = 0;
    int differs = 0, rc = -1;

    *out = (struct summary_figure){
        .basis = SUMMARY_EMPTY,
        .median_ns = NAN,
        .low_ns = NAN,
        .high_ns = NAN,
        .p50_ns = NAN,
        .p99_ns = NAN,
        .max_ns = NAN,
        .u_ns = NAN,
        .mean_ns = malloc((boots + 1) * sizeof(*out->mean_ns)),
        .mean_of = malloc((boots + 1) * sizeof(*out->mean_of)),
    };
    if (!median || !independent || !counts || !out->mean_ns || !out->mean_of)
        goto out;
    for (size_t i = 0; i < boots; i++) {
        if (!boot[i].n)
            continue;
        used++;
        median[i] = stats_median(boot[i].ns, boot[i].n);
        out->u_ns = fmax(out->u_ns, boot[i].u_ns);
        if (deterministic)
            differs |= median[i] != median[first_of_seed(boot, i)];
    }
    rc = 0;
    if (!used)
        goto out;
    for (size_t i = 0; i < boots; i++) {
        /* A boot that repeats another one tells nothing new. */
        if (!boot[i].n || (deterministic && !differs && first_of_seed(boot, i) != i))
            continue;
        counts[i] = 1;
        out->n += boot[i].n;
        out->mean_of[out->means] = i;
        out->mean_ns[out->means] = stats_mean(boot[i].ns, boot[i].n);
        independent[out->means++] = median[i];
    }
    out->median_ns = stats_median(independent, out->means);
    out->boots = out->means;
    rc = pool(boot, counts, boots, out);
    if (deterministic && out->means == 1) {
        out->basis = SUMMARY_EXACT;
        out->boots = used;
    } else if (out->means == 1) {
        out->basis = SUMMARY_SINGLE;
    } else {
        out->basis = differs ? SUMMARY_DIFFERS : SUMMARY_SAMPLED;
        bound(out, independent, out->means);
    }
out:
    free(median);
    free(independent);
    free(counts);
    return rc;
}

void summary_release(struct summary_figure *f)
{
    free(f->mean_ns);
    free(f->mean_of);
    f->mean_ns = NULL;
    f->mean_of = NULL;
    f->means = 0;
}

/* Ratio of means with its interval on logs. A figure that is exact has no spread between boots:
 * the other side's interval is then all there is. */
static int sampled_ratio(const struct summary_figure *a, const struct summary_figure *b,
                         struct stats_interval *i)
{
    const struct summary_figure *sampled = a->basis == SUMMARY_EXACT ? b : a;
    double exact;
    int rc;

    if (a->basis != SUMMARY_EXACT && b->basis != SUMMARY_EXACT)
        return stats_welch_ratio(a->mean_ns, a->means, b->mean_ns, b->means,
                                 SUMMARY_CONFIDENCE, i);
    exact = sampled == a ? b->mean_ns[0] : a->mean_ns[0];
    if (!(exact > 0))
        return -1;
    rc = stats_log_mean_interval(sampled->mean_ns, sampled->means, SUMMARY_CONFIDENCE, i);
    if (!rc && sampled == a)
        *i = (struct stats_interval){i->value / exact, i->low / exact, i->high / exact, i->df};
    else if (!rc)
        *i = (struct stats_interval){exact / i->value, exact / i->high, exact / i->low, i->df};
    return rc;
}

void summary_compare(const struct summary_figure *a, double work_a,
                     const struct summary_figure *b, double work_b, struct summary_ratio *out)
{
    double work = work_b / work_a, half;
    struct stats_interval i;

    *out = (struct summary_ratio){NAN, NAN, NAN, 0, 0};
    if (a->basis == SUMMARY_EMPTY || b->basis == SUMMARY_EMPTY || !(work > 0) ||
        !isfinite(work))
        return;
    if (a->basis == SUMMARY_EXACT && b->basis == SUMMARY_EXACT) {
        if (!(b->median_ns > 0))
            return;
        out->ratio = a->median_ns / b->median_ns * work;
        uncertainty_ratio_bounds(a->median_ns, a->u_ns, b->median_ns, b->u_ns, &out->low,
                                 &out->high);
        out->low *= work;
        out->high *= work;
    } else {
        if (sampled_ratio(a, b, &i))
            return;
        out->ratio = i.value * work;
        if (isnan(i.low))
            return;
        half = sqrt(pow(join((log(i.high) - log(i.low)) / 2, a->u_ns, a->median_ns), 2) +
                    pow(b->u_ns / b->median_ns, 2));
        out->df = i.df;
        out->low = out->ratio * exp(-half);
        out->high = out->ratio * exp(half);
    }
    out->distinguishable = uncertainty_distinguishable(out->low, out->high, 1);
}
