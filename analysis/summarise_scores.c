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

struct series { /* the iterations of one run of the boot being read */
    int64_t w;
    char workload[TEXT_BYTES], param[512], unit[TEXT_BYTES];
    struct score_work work;
    double u_ns;
    double *guest_ns, *true_ns; /* kept for the next boot */
    size_t n, room;
};

struct calibration {    /* of a boot: what a reading of the guest's clock costs */
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
    int64_t boot; /* being read */
    struct series *series;
    size_t runs, room, last; /* series in use; allocated; the one found last */
    double *work;            /* as long as the longest series */
    size_t work_room;
    struct row *row;
    size_t rows;
    struct err *e;
};

static int out_of_memory(struct scores *s)
{
    return err_set(s->e, ERR_IO, "out of memory");
}

/* --- a boot's samples, run by run --- */

static struct series *add_series(struct scores *s, const struct query_sample *d)
{
    struct series *x;

    if (s->runs == s->room) {
        const size_t room = s->room ? 2 * s->room : 16;

        x = realloc(s->series, room * sizeof(*x));
        if (!x)
            return NULL;
        memset(x + s->room, 0, (room - s->room) * sizeof(*x));
        s->series = x;
        s->room = room;
    }
    s->last = s->runs++;
    x = &s->series[s->last];
    x->w = d->w;
    x->n = 0;
    x->u_ns = 0;
    x->work = (struct score_work){(double)d->work, !strcmp(d->form, "rate"), d->scale};
    snprintf(x->workload, sizeof(x->workload), "%s", d->workload);
    snprintf(x->param, sizeof(x->param), "%s", d->param);
    snprintf(x->unit, sizeof(x->unit), "%s", d->unit);
    return x;
}

/* Samples of one run nearly always come together. */
static struct series *series_of(struct scores *s, const struct query_sample *d)
{
    for (size_t i = 0; i < s->runs; i++) {
        const size_t at = (s->last + i) % s->runs;

        if (s->series[at].w == d->w) {
            s->last = at;
            return &s->series[at];
        }
    }
    return add_series(s, d);
}

static int append(struct scores *s, const struct query_sample *d)
{
    struct series *x = series_of(s, d);

    if (!x)
        return out_of_memory(s);
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
    x->u_ns = fmax(x->u_ns, d->u_ns);
    return 0;
}

/* --- what a reading costs --- */

static int grow_work(struct scores *s, size_t n)
{
    double *more;

    if (n <= s->work_room)
        return 0;
    more = realloc(s->work, n * sizeof(*more));
    if (!more)
        return out_of_memory(s);
    s->work = more;
    s->work_room = n;
    return 0;
}

static int calibrate_by(struct scores *s, const struct series *x, struct calibration *c)
{
    double interval;

    if (grow_work(s, x->n))
        return ERR_IO;
    interval = strcmp(x->workload, "null") ? stats_median(x->true_ns, x->n) : INFINITY;
    if (isnan(interval))
        return out_of_memory(s);
    if (!isnan(c->shortest_ns) && interval >= c->shortest_ns)
        return 0;
    for (size_t i = 0; i < x->n; i++)
        s->work[i] = x->guest_ns[i] - x->true_ns[i];
    stats_sort(s->work, x->n);
    *c = (struct calibration){interval, stats_quantile_sorted(s->work, x->n, 0.5),
                              stats_quantile_sorted(s->work, x->n, 0.975) -
                                  stats_quantile_sorted(s->work, x->n, 0.025)};
    return 0;
}

/* --- scores --- */

static int put(struct scores *s, const struct row *row)
{
    struct row *more = realloc(s->row, (s->rows + 1) * sizeof(*more));

    if (!more)
        return out_of_memory(s);
    s->row = more;
    s->row[s->rows++] = *row;
    return 0;
}

static int put_style(struct scores *s, const struct series *x, const struct calibration *c,
                     enum score_style style)
{
    const struct score_test *test =
        style == SCORE_UNIXBENCH ? score_find_test(x->workload, x->param) : NULL;
    struct row row = {.boot = s->boot, .w = x->w, .style = style, .n = x->n};

    row.guest = score_print(style, x->guest_ns, x->n, c->overhead_ns, &x->work);
    row.truth = score_print(style, x->true_ns, x->n, 0, &x->work);
    if (isnan(row.truth))
        return 0; /* no time passed: there is no truth to hold it against */
    row.u_ppm = (c->spread_ns / 2 + x->u_ns) / stats_mean(x->true_ns, x->n) * 1e6;
    snprintf(row.unit, sizeof(row.unit), "%s", style == SCORE_UNIXBENCH ? "ops/s" : x->unit);
    if (test) { /* loops of the original's */
        snprintf(row.name, sizeof(row.name), "%s", test->name);
        snprintf(row.unit, sizeof(row.unit), "lps");
        row.guest /= test->per_loop;
        row.truth /= test->per_loop;
        row.baseline = test->baseline_lps;
    }
    return put(s, &row);
}

static int by_w(const void *va, const void *vb)
{
    const struct series *a = va, *b = vb;

    return (a->w > b->w) - (a->w < b->w);
}

/* All samples of the boot are there. */
static int finish_boot(struct scores *s)
{
    struct calibration c = {NAN, NAN, NAN};
    int rc = 0;

    if (s->runs)
        qsort(s->series, s->runs, sizeof(*s->series), by_w);
    for (size_t i = 0; !rc && i < s->runs; i++)
        rc = calibrate_by(s, &s->series[i], &c);
    for (size_t i = 0; !rc && i < s->runs; i++) {
        const struct series *x = &s->series[i];
        const unsigned styles = score_styles(x->workload);

        for (int style = 0; !rc && style < SCORE_STYLES; style++)
            if (styles & 1u << style)
                rc = put_style(s, x, &c, (enum score_style)style);
    }
    s->runs = s->last = 0;
    return rc;
}

static int take(void *opaque, const struct query_sample *d)
{
    struct scores *s = opaque;
    int rc = s->runs && s->boot != d->boot ? finish_boot(s) : 0;

    /* A guest without a clock to read prints nothing. */
    if (rc || isnan(d->guest_ns))
        return rc;
    s->boot = d->boot;
    return append(s, d);
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
    struct scores s = {.e = e};
    int rc = query_samples(q, c, 1, take, &s, e);

    if (!rc)
        rc = finish_boot(&s);
    if (!rc)
        rc = put_wholes(&s);
    if (!rc)
        rc = write_scores(store, c, &s);
    for (size_t i = 0; i < s.room; i++) {
        free(s.series[i].guest_ns);
        free(s.series[i].true_ns);
    }
    free(s.series);
    free(s.work);
    free(s.row);
    return rc;
}
