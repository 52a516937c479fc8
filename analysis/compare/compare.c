/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/compare.c - two sides of a run; see compare.h.
 */
#include "analysis/compare/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

const char *compare_verdict_name(enum compare_verdict v)
{
    static const char *const name[COMPARE_VERDICTS] = {
        [COMPARE_NOT_COMPARABLE] = "not comparable",
        [COMPARE_UNDECIDED] = "not distinguishable",
        [COMPARE_EQUAL] = "equal",
        [COMPARE_EQUIVALENT] = "equivalent",
        [COMPARE_SLOWER] = "slower",
        [COMPARE_FASTER] = "faster",
    };

    return name[v];
}

/* --- may they be compared? --- */

static int is_usable(const struct compare_side *s)
{
    return s->run && s->run->worst == VERDICT_OK && s->run->boots;
}

/* Why a side gives no figure. */
static void say_unusable(const struct compare_side *s, const char *name, char *why)
{
    const struct gather_run *r = s->run;

    if (!r)
        snprintf(why, COMPARE_WHY_BYTES, "%s: no such run", name);
    else if (r->worst != VERDICT_OK)
        snprintf(why, COMPARE_WHY_BYTES, "%s: %s%s%s", name, verdict_name(r->worst),
                 *r->reason ? ": " : "", r->reason);
    else if (r->worst_boot > VERDICT_OK)
        snprintf(why, COMPARE_WHY_BYTES, "%s: no boot is left, the worst was %s", name,
                 verdict_name(r->worst_boot));
    else
        snprintf(why, COMPARE_WHY_BYTES, "%s: no interval that may be used", name);
}

/* 1 and the reason, unless both sides were measured alike. */
static int differs_in_kind(const struct compare_side *a, const struct compare_side *b,
                           char *why)
{
    const struct gather_run *ra = a->run, *rb = b->run;
    const struct query_campaign *ca = a->campaign, *cb = b->campaign;

    if (ra->grade != rb->grade || ra->grade == GATHER_MIXED)
        snprintf(why, COMPARE_WHY_BYTES, "other grade: %c against %c", ra->grade, rb->grade);
    else if (strcmp(ca->bench, cb->bench) || ca->deterministic != cb->deterministic)
        snprintf(why, COMPARE_WHY_BYTES, "other bench: %s against %s", ca->bench, cb->bench);
    else if (ca->ns_per_instruction != cb->ns_per_instruction)
        snprintf(why, COMPARE_WHY_BYTES, "other time of an instruction: %g ns against %g ns",
                 ca->ns_per_instruction, cb->ns_per_instruction);
    else if (ra->work != rb->work)
        snprintf(why, COMPARE_WHY_BYTES, "other work: %lld against %lld", (long long)ra->work,
                 (long long)rb->work);
    else if (strcmp(ra->metric, rb->metric) || strcmp(ra->unit, rb->unit) ||
             ra->rate != rb->rate || ra->scale != rb->scale)
        snprintf(why, COMPARE_WHY_BYTES, "other metric: %s in %s against %s in %s", ra->metric,
                 ra->unit, rb->metric, rb->unit);
    else
        return 0;
    return 1;
}

/* --- one side --- */

struct side {
    struct summary_boot *boot; /* as gathered, without what is left out; iterations borrowed */
    size_t boots;
    struct summary_figure figure;
    struct bootstrap_boot *sorted; /* of the independent boots */
    double *iterations;            /* theirs, boot by boot */
    double *pooled;                /* all, ascending */
};

static int settle(struct side *s, const struct compare_setting *setting,
                  struct compare_view *view)
{
    for (size_t i = 0; i < s->boots; i++) {
        struct summary_boot *b = &s->boot[i];
        struct steady_state steady;

        if (!(b->u_ns > 0)) /* an edge that is known exactly: nothing to call the same */
            continue;
        if (steady_find(b->ns, b->n, b->u_ns, &steady))
            return -1;
        view->unsettled += steady.kind == STEADY_NONE;
        if (steady.kind == STEADY_FLAT || steady.kind == STEADY_SHORT ||
            steady.kind == STEADY_NONE)
            continue;
        view->warm++;
        view->from = steady.from > view->from ? steady.from : view->from;
        if (setting->steady_only) {
            b->ns += steady.from;
            b->n -= steady.from;
        }
    }
    return 0;
}

static int sort_boots(struct side *s)
{
    const struct summary_figure *f = &s->figure;
    size_t used = 0;

    s->sorted = malloc((f->means + 1) * sizeof(*s->sorted));
    s->iterations = malloc((f->n + 1) * sizeof(*s->iterations));
    s->pooled = malloc((f->n + 1) * sizeof(*s->pooled));
    if (!s->sorted || !s->iterations || !s->pooled)
        return -1;
    for (size_t i = 0; i < f->means; i++) {
        const struct summary_boot *b = &s->boot[f->mean_of[i]];

        memcpy(s->iterations + used, b->ns, b->n * sizeof(*b->ns));
        memcpy(s->pooled + used, b->ns, b->n * sizeof(*b->ns));
        stats_sort(s->iterations + used, b->n);
        s->sorted[i] = (struct bootstrap_boot){s->iterations + used, b->n};
        used += b->n;
    }
    stats_sort(s->pooled, used);
    return 0;
}

static int side_make(struct side *s, const struct compare_side *from,
                     const struct compare_setting *setting, struct compare_view *view)
{
    int rc = -1;

    s->boots = from->run->boots;
    s->boot = malloc((s->boots + 1) * sizeof(*s->boot));
    if (!s->boot)
        return -1;
    memcpy(s->boot, from->run->boot, s->boots * sizeof(*s->boot));
    rc = settle(s, setting, view);
    if (!rc)
        rc = summary_assess(s->boot, s->boots, from->campaign->deterministic, &s->figure);
    if (!rc)
        rc = sort_boots(s);
    if (rc)
        return rc;
    view->basis = s->figure.basis;
    view->n = s->figure.n;
    view->boots = s->figure.boots;
    view->median_ns = s->figure.median_ns;
    view->u_ns = view->basis == SUMMARY_EXACT ? s->figure.u_ns
                                              : (s->figure.high_ns - s->figure.low_ns) / 2;
    steady_modes(s->pooled, s->figure.n, s->figure.u_ns, &view->modes);
    return 0;
}

static void side_free(struct side *s)
{
    summary_release(&s->figure);
    free(s->boot);
    free(s->sorted);
    free(s->iterations);
    free(s->pooled);
}

/* --- both --- */

static int never_settles(const struct compare_view *v, size_t boots, const char *name,
                         char *why)
{
    if (4 * v->unsettled <= boots)
        return 0;
    snprintf(why, COMPARE_WHY_BYTES, "%s: no steady state in %zu of %zu boots", name,
             v->unsettled, boots);
    return 1;
}

/* p of "the ratio is 1" and of "it is outside the margin", from the interval of the ratio. */
static void test_ratio(struct compare_result *out)
{
    const struct summary_ratio *r = &out->ratio;
    const double half = (log(r->high) - log(r->low)) / 2;
    double quantile;

    if (!(r->df > 0)) { /* no spread between boots: the bounds are limits */
        out->p = r->distinguishable ? 0 : 1;
        out->p_equivalent =
            isnan(out->margin) ? NAN : !(r->low > 1 / out->margin && r->high < out->margin);
        return;
    }
    quantile = gsl_cdf_tdist_Pinv(0.5 + SUMMARY_CONFIDENCE / 2, r->df);
    out->p = 2 * gsl_cdf_tdist_Q(fabs(log(r->ratio)) / half * quantile, r->df);
    out->p_equivalent =
        significance_equivalence(log(r->ratio), half / quantile, r->df, out->margin);
}

static int compare_sides(const struct side *a, const struct side *b,
                         const struct compare_setting *setting, struct compare_result *out)
{
    out->exact = a->figure.basis == SUMMARY_EXACT && b->figure.basis == SUMMARY_EXACT;
    summary_compare(&b->figure, 1, &a->figure, 1, &out->ratio);
    if (isnan(out->ratio.ratio)) {
        snprintf(out->why, sizeof(out->why), "a time of 0");
        return 0;
    }
    if (isnan(out->ratio.low)) {
        snprintf(out->why, sizeof(out->why), "a single boot where boots are samples");
        return 0;
    }
    out->verdict = COMPARE_UNDECIDED;
    if (out->exact)
        return 0;
    test_ratio(out);
    if (bootstrap_median_ratio(b->sorted, b->figure.means, a->sorted, a->figure.means,
                               &setting->bootstrap, &out->medians))
        out->medians = (struct stats_interval){NAN, NAN, NAN, 0}; /* a time of 0 among them */
    return significance_mann_whitney(b->figure.mean_ns, b->figure.means, a->figure.mean_ns,
                                     a->figure.means, &out->rank);
}

int compare_pair(const struct compare_side *first, const struct compare_side *second,
                 double margin, const struct compare_setting *setting,
                 struct compare_result *out)
{
    struct side a = {0}, b = {0};
    int rc;

    *out = (struct compare_result){
        .verdict = COMPARE_NOT_COMPARABLE,
        .ratio = {.ratio = NAN, .low = NAN, .high = NAN},
        .medians = {NAN, NAN, NAN, 0},
        .rank = {NAN, NAN, 0},
        .p = NAN,
        .adjusted = NAN,
        .margin = margin > 1 ? margin : NAN,
        .p_equivalent = NAN,
        .adjusted_equivalent = NAN,
    };
    if (!is_usable(first) || !is_usable(second)) {
        say_unusable(is_usable(first) ? second : first, is_usable(first) ? "second" : "first",
                     out->why);
        out->broken = is_usable(first) && (!second->run || second->run->worst != VERDICT_SKIP);
        return 0;
    }
    if (differs_in_kind(first, second, out->why))
        return 0;
    rc = side_make(&a, first, setting, &out->first);
    if (!rc)
        rc = side_make(&b, second, setting, &out->second);
    if (!rc && !never_settles(&out->first, a.boots, "first", out->why) &&
        !never_settles(&out->second, b.boots, "second", out->why))
        rc = compare_sides(&a, &b, setting, out);
    side_free(&a);
    side_free(&b);
    return rc;
}

static enum compare_verdict decide(const struct compare_result *r)
{
    const struct summary_ratio *i = &r->ratio;
    int within = r->adjusted_equivalent <= COMPARE_ALPHA; /* not if NaN */
    int real = r->adjusted <= COMPARE_ALPHA;

    if (r->verdict == COMPARE_NOT_COMPARABLE)
        return r->verdict;
    if (r->exact) {
        if (r->first.median_ns == r->second.median_ns)
            return COMPARE_EQUAL;
        within = i->low > 1 / r->margin && i->high < r->margin;
        real = i->distinguishable;
    }
    if (within)
        return COMPARE_EQUIVALENT;
    if (!real)
        return COMPARE_UNDECIDED;
    return i->ratio > 1 ? COMPARE_SLOWER : COMPARE_FASTER;
}

int compare_decide(struct compare_result *r, size_t n)
{
    double *p = malloc((n + 1) * sizeof(*p)), *within = malloc((n + 1) * sizeof(*within));
    int rc = -1;

    if (!p || !within)
        goto out;
    for (size_t i = 0; i < n; i++) {
        p[i] = r[i].p;
        within[i] = r[i].p_equivalent;
    }
    if (significance_holm(p, n, p) || significance_holm(within, n, within))
        goto out;
    for (size_t i = 0; i < n; i++) {
        r[i].adjusted = p[i];
        r[i].adjusted_equivalent = within[i];
        r[i].verdict = decide(&r[i]);
    }
    rc = 0;
out:
    free(p);
    free(within);
    return rc;
}

double compare_margin(const struct compare_result *r)
{
    if (r->verdict == COMPARE_NOT_COMPARABLE || r->exact)
        return NAN;
    return fmax(r->ratio.high, 1 / r->ratio.low);
}
