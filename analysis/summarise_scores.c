/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise_scores.c - the counterfactual of every run; see summarise_scores.h.
 */
#include "analysis/summarise_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query.h"
#include "analysis/score.h"
#include "analysis/stats.h"
#include "collector/store.h"

#define TEXT_BYTES 64

struct series { /* the iterations of one run of one boot */
    double *guest_ns, *true_ns;
    size_t n, room;
};

struct boot {
    int64_t index;
    double shortest_ns; /* interval of the run that the rest is from; null: infinite */
    double overhead_ns, spread_ns; /* of a pair of readings */
};

struct row {
    int64_t boot, w; /* w -1: of all runs of the boot */
    enum score_style style;
    char name[TEXT_BYTES], unit[TEXT_BYTES];
    size_t n;
    double guest, truth, u_ppm;
    double baseline; /* of a test of UnixBench; 0: it is none */
};

struct scores {
    struct series series;
    int64_t boot, w; /* of the series */
    char workload[TEXT_BYTES], param[512], unit[TEXT_BYTES];
    struct score_work work;
    double u_ns;
    struct boot *boots;
    size_t boot_count;
    struct row *row;
    size_t rows;
    struct err *e;
};

static int out_of_memory(struct scores *s)
{
    return err_set(s->e, ERR_IO, "out of memory");
}

static int append(struct scores *s, const struct query_duration *d)
{
    struct series *x = &s->series;

    if (x->n == x->room) {
        const size_t room = x->room ? 2 * x->room : 256;
        double *guest = realloc(x->guest_ns, room * sizeof(*guest)), *truth;

        if (guest)
            x->guest_ns = guest;
        truth = realloc(x->true_ns, room * sizeof(*truth));
        if (truth)
            x->true_ns = truth;
        if (!guest || !truth)
            return out_of_memory(s);
        x->room = room;
    }
    x->guest_ns[x->n] = d->guest_ns;
    x->true_ns[x->n++] = d->true_ns;
    s->u_ns = fmax(s->u_ns, d->u_ns);
    return 0;
}

static struct boot *find_boot(const struct scores *s, int64_t index)
{
    for (size_t i = 0; i < s->boot_count; i++)
        if (s->boots[i].index == index)
            return &s->boots[i];
    return NULL;
}

/* --- what a reading costs: the first pass --- */

static struct boot *add_boot(struct scores *s, int64_t index)
{
    struct boot *boot = realloc(s->boots, (s->boot_count + 1) * sizeof(*boot));

    if (!boot)
        return NULL;
    s->boots = boot;
    boot = &s->boots[s->boot_count++];
    *boot = (struct boot){index, NAN, NAN, NAN};
    return boot;
}

static int end_calibration(struct scores *s)
{
    struct series *x = &s->series;
    struct boot *boot = find_boot(s, s->boot);
    double interval;

    if (!x->n)
        return 0;
    if (!boot)
        boot = add_boot(s, s->boot);
    interval = strcmp(s->workload, "null") ? stats_median(x->true_ns, x->n) : INFINITY;
    if (!boot || isnan(interval))
        return out_of_memory(s);
    if (isnan(boot->shortest_ns) || interval < boot->shortest_ns) {
        for (size_t i = 0; i < x->n; i++)
            x->guest_ns[i] -= x->true_ns[i];
        stats_sort(x->guest_ns, x->n);
        *boot = (struct boot){s->boot, interval, stats_quantile_sorted(x->guest_ns, x->n, 0.5),
                              stats_quantile_sorted(x->guest_ns, x->n, 0.975) -
                                  stats_quantile_sorted(x->guest_ns, x->n, 0.025)};
    }
    x->n = 0;
    return 0;
}

/* The next interval of a run, or the first of another after end() has had the one before. */
static int take_next(struct scores *s, const struct query_duration *d,
                     int (*end)(struct scores *s))
{
    int rc = s->series.n && (s->boot != d->boot || s->w != d->w) ? end(s) : 0;

    /* A guest without a clock to read prints nothing. */
    if (rc || isnan(d->guest_ns) || d->w == QUERY_NONE)
        return rc;
    if (!s->series.n) {
        s->boot = d->boot;
        s->w = d->w;
        s->u_ns = 0;
        s->work = (struct score_work){(double)d->work, !strcmp(d->form, "rate"), d->scale};
        snprintf(s->workload, sizeof(s->workload), "%s", d->workload);
        snprintf(s->param, sizeof(s->param), "%s", d->param);
        snprintf(s->unit, sizeof(s->unit), "%s", d->unit);
    }
    return append(s, d);
}

static int take_calibration(void *opaque, const struct query_duration *d)
{
    return take_next(opaque, d, end_calibration);
}

/* --- scores: the second pass --- */

static int put(struct scores *s, const struct row *row)
{
    struct row *more = realloc(s->row, (s->rows + 1) * sizeof(*more));

    if (!more)
        return out_of_memory(s);
    s->row = more;
    s->row[s->rows++] = *row;
    return 0;
}

static int put_style(struct scores *s, enum score_style style)
{
    const struct series *x = &s->series;
    const struct boot *boot = find_boot(s, s->boot);
    const struct score_test *test =
        style == SCORE_UNIXBENCH ? score_find_test(s->workload, s->param) : NULL;
    const double overhead = boot->overhead_ns; /* the first pass saw every boot */
    struct row row = {.boot = s->boot, .w = s->w, .style = style, .n = x->n};

    row.guest = score_print(style, x->guest_ns, x->n, overhead, &s->work);
    row.truth = score_print(style, x->true_ns, x->n, 0, &s->work);
    if (isnan(row.truth))
        return 0; /* no time passed: there is no truth to hold it against */
    row.u_ppm = (boot->spread_ns / 2 + s->u_ns) / stats_mean(x->true_ns, x->n) * 1e6;
    snprintf(row.unit, sizeof(row.unit), "%s", style == SCORE_UNIXBENCH ? "ops/s" : s->unit);
    if (test) { /* loops of the original's */
        snprintf(row.name, sizeof(row.name), "%s", test->name);
        snprintf(row.unit, sizeof(row.unit), "lps");
        row.guest /= test->per_loop;
        row.truth /= test->per_loop;
        row.baseline = test->baseline_lps;
    }
    return put(s, &row);
}

static int end_run(struct scores *s)
{
    const unsigned styles = score_styles(s->workload);
    int rc = 0;

    for (int style = 0; !rc && s->series.n && style < SCORE_STYLES; style++)
        if (styles & 1u << style)
            rc = put_style(s, (enum score_style)style);
    s->series.n = 0;
    return rc;
}

static int take(void *opaque, const struct query_duration *d)
{
    return take_next(opaque, d, end_run);
}

/* --- what is made of a boot's scores together --- */

static int by_boot(const void *va, const void *vb)
{
    const struct row *a = va, *b = vb;

    if (a->boot != b->boot)
        return a->boot < b->boot ? -1 : 1;
    if (a->w != b->w)
        return a->w < b->w ? -1 : 1;
    return (a->style > b->style) - (a->style < b->style);
}

static void join(struct row *whole, const struct row *r, double guest, double truth)
{
    whole->n++;
    whole->guest += guest;
    whole->truth += truth;
    whole->u_ppm = fmax(whole->u_ppm, r->u_ppm);
}

/* Of the rows of one boot: ubench's mean of CPU and memory, UnixBench's index. */
static int put_whole(struct scores *s, size_t from, size_t to)
{
    struct row average = {.boot = s->row[from].boot, .w = -1, .style = SCORE_UBENCH};
    struct row index = {.boot = s->row[from].boot, .w = -1, .style = SCORE_UNIXBENCH};
    int rc = 0;

    strcpy(average.name, "AVG");
    strcpy(average.unit, "score");
    strcpy(index.name, "index");
    strcpy(index.unit, "index");
    for (size_t i = from; i < to; i++) {
        const struct row *r = &s->row[i];

        if (r->style == SCORE_UBENCH)
            join(&average, r, r->guest, r->truth);
        else if (r->baseline > 0)
            join(&index, r, log(r->guest / r->baseline), log(r->truth / r->baseline));
    }
    if (average.n) {
        average.guest /= (double)average.n;
        average.truth /= (double)average.n;
        rc = put(s, &average);
    }
    if (!rc && index.n) {
        index.guest = 10 * exp(index.guest / (double)index.n);
        index.truth = 10 * exp(index.truth / (double)index.n);
        rc = put(s, &index);
    }
    return rc;
}

static int put_wholes(struct scores *s)
{
    const size_t rows = s->rows;
    int rc = 0;

    if (rows)
        qsort(s->row, rows, sizeof(*s->row), by_boot);
    for (size_t from = 0, to; !rc && from < rows; from = to) {
        for (to = from; to < rows && s->row[to].boot == s->row[from].boot; to++)
            ;
        rc = put_whole(s, from, to);
    }
    return rc;
}

static int write_scores(struct store *store, const struct query_campaign *c,
                        const struct scores *s)
{
    struct store_score *out = calloc(s->rows + 1, sizeof(*out));
    int rc;

    if (!out)
        return err_set(s->e, ERR_IO, "out of memory");
    for (size_t i = 0; i < s->rows; i++) {
        const struct row *r = &s->row[i];

        out[i] = (struct store_score){
            .plan_index = (uint32_t)r->boot,
            .w = r->w,
            .style = score_style_name(r->style),
            .name = r->name,
            .unit = r->unit,
            .n = r->n,
            .guest = r->guest,
            .truth = r->truth,
            .u_ppm = r->u_ppm,
        };
        out[i].verdict =
            score_verdict_name(score_judge(r->guest, r->truth, r->u_ppm, &out[i].error_ppm));
    }
    rc = store_replace_scores(store, c->id, out, s->rows, s->e);
    free(out);
    return rc;
}

int summarise_scores(struct store *store, struct query *q, const struct query_campaign *c,
                     struct err *e)
{
    const struct query_filter usable = {.only_ok = 1};
    struct scores s = {.e = e};
    int rc = query_durations(q, c, &usable, take_calibration, &s, e);

    if (!rc)
        rc = end_calibration(&s);
    if (!rc)
        rc = query_durations(q, c, &usable, take, &s, e);
    if (!rc)
        rc = end_run(&s);
    if (!rc)
        rc = put_wholes(&s);
    if (!rc)
        rc = write_scores(store, c, &s);
    free(s.series.guest_ns);
    free(s.series.true_ns);
    free(s.boots);
    free(s.row);
    return rc;
}
