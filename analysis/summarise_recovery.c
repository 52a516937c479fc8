/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/summarise_recovery.c - distortions found, beside the ledger's. */
#include "analysis/summarise_recovery.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/recovery_rows.h"
#include "analysis/summary.h"

/* Of uniform residuals the central 95 % are so much of the range; a range larger than this
 * many times that has outliers in it, which are no jitter. */
#define SPREAD_SHARE 0.95
#define RANGE_MOST 1.15
/* A range of n uniform readings falls short by less than this share / n, 99.7 % of the time:
 * quantile of the gamma distribution of shape 2. */
#define RANGE_SHORT 8.0

static const char *const kind_names[RECOVER_KINDS] = {
    [RECOVER_STEAL] = "steal",         [RECOVER_PAUSE] = "pause",
    [RECOVER_FORWARD] = "offset_step", [RECOVER_BACK] = "backstep",
    [RECOVER_RATE] = "rate_ppm",       [RECOVER_JITTER] = "jitter",
};

static void *grow(struct recovery *v, void *array, size_t *room, size_t used, size_t size)
{
    if (used < *room)
        return array;
    *room = *room ? 2 * *room : 64;
    array = reallocarray(array, *room, size);
    if (!array)
        err_set(v->e, ERR_IO, "out of memory");
    return array;
}

static int take_entry(void *opaque, const struct query_distortion *d)
{
    struct recovery *v = opaque;
    struct recovery_entry *more = grow(v, v->entry, &v->entry_room, v->entries, sizeof(*more));

    if (!more)
        return ERR_IO;
    v->entry = more;
    more += v->entries++;
    *more = (struct recovery_entry){.boot = d->boot,
                                    .e = {.begin = d->begin,
                                          .end = d->end,
                                          .guest = d->guest,
                                          .requested = d->requested,
                                          .delivered = d->delivered,
                                          .visible = d->visible,
                                          .count = d->count}};
    snprintf(more->kind, sizeof(more->kind), "%s", d->kind);
    return 0;
}

static int take_request(void *opaque, const struct query_distortion_request *r)
{
    struct recovery *v = opaque;
    struct recovery_request *more =
        grow(v, v->request, &v->request_room, v->requests, sizeof(*more));

    if (!more)
        return ERR_IO;
    v->request = more;
    more += v->requests++;
    *more = (struct recovery_request){.boot = r->boot,
                                      .entries = r->entries,
                                      .count = r->count,
                                      .requested = r->requested,
                                      .delivered = r->delivered};
    snprintf(more->kind, sizeof(more->kind), "%s", r->kind);
    snprintf(more->form, sizeof(more->form), "%s", r->form);
    return 0;
}

struct recovery_row *recovery_add_row(struct recovery *v, int64_t boot, const char *kind)
{
    struct recovery_row *more = grow(v, v->row, &v->row_room, v->rows, sizeof(*more));

    if (!more)
        return NULL;
    v->row = more;
    more += v->rows++;
    *more = (struct recovery_row){.r = {.plan_index = (uint32_t)boot,
                                        .kind = kind,
                                        .recovered = 0,
                                        .low = NAN,
                                        .high = NAN,
                                        .injected = STORE_NONE,
                                        .missed = STORE_NONE,
                                        .requested = NAN,
                                        .delivered = NAN,
                                        .per_event = NAN}};
    snprintf(more->unit, sizeof(more->unit), "ns");
    return more;
}

/* --- what is found, by kind; each says whether it is anything at all --- */

static void set_bounds(struct store_recovery *r, double u_low, double u_high)
{
    r->low = r->recovered - u_low;
    r->high = r->recovered + u_high;
}

static int find_steps(const struct recover_found *f, enum recover_kind kind,
                      struct store_recovery *r)
{
    double u = 0;

    for (size_t i = 0; i < f->steps; i++) {
        const struct recover_step *s = &f->step[i];
        const enum recover_kind is = s->paused        ? RECOVER_PAUSE
                                     : s->size_ns > 0 ? RECOVER_FORWARD
                                                      : RECOVER_BACK;

        if (is != kind)
            continue;
        r->recovered += kind == RECOVER_PAUSE ? -s->size_ns : s->size_ns;
        r->events++;
        u += s->u_ns;
    }
    if (r->events)
        set_bounds(r, u, u);
    return r->events > 0;
}

static int find_jitter(const struct recover_found *f, double u, struct store_recovery *r)
{
    const double whole = f->spread_ns / SPREAD_SHARE, n = (double)f->readings;
    const double tilt = (f->rate.high - f->rate.low) / 2 * f->span_ns;

    if (f->within_ns <= 2 * u)
        return 0;
    r->events = f->readings;
    if (f->range_ns <= RANGE_MOST * whole) {
        r->recovered = f->range_ns;
        set_bounds(r, 4 * u + tilt, u + RANGE_SHORT / (n / 2) * f->range_ns);
    } else {
        /* Two quantiles of so many uniform readings, at three standard deviations. */
        const double share = 3 * sqrt(2 * 0.025 * 0.975 / n);

        r->recovered = whole;
        set_bounds(r, u + share * whole, u + share * whole);
    }
    return 1;
}

static int find_kind(const struct recover_found *f, enum recover_kind kind,
                     const struct clock_question *q, struct store_recovery *r)
{
    const double u = q->unit_ns + q->step_ns;

    switch (kind) {
    case RECOVER_STEAL:
        r->recovered = f->taken_ns;
        r->events = f->taken;
        if (f->taken)
            set_bounds(r, RECOVER_GAP_NS * (double)f->taken + f->slack_ns,
                       q->step_ns * (double)f->taken);
        return f->taken > 0;
    case RECOVER_RATE:
        r->recovered = f->rate.value * 1e6;
        r->low = f->rate.low * 1e6;
        r->high = f->rate.high * 1e6;
        r->events = f->drifts;
        return f->drifts;
    case RECOVER_JITTER:
        return find_jitter(f, u, r);
    default:
        return find_steps(f, kind, r);
    }
}

/* --- beside the ledger --- */

const char *recovery_judge(const struct store_recovery *r, int found, int within)
{
    if (r->injected == STORE_NONE)
        return found ? "found" : "nothing";
    if (!r->injected && r->missed && !found)
        return "unseen";
    if (!r->injected)
        return found ? "false alarm" : "clean";
    if (!found)
        return "missed";
    return within ? "recovered" : "not recovered";
}

/* Of a steal the one thing that is not known beforehand is what each time costs beside it. Returns
 * whether that can be. */
static int compare_steal(struct recovery_row *row, const struct recover_truth *t,
                         const struct recover_gaps *gaps)
{
    const size_t size = sizeof(row->reason);
    size_t used = 0;

    row->reason[0] = '\0';
    if (!isnan(gaps->least_ns))
        used =
            (size_t)snprintf(row->reason, size, "each gap adds %.0f to %.0f ns of its own; ",
                             gaps->least_ns, gaps->most_ns);
    used += (size_t)snprintf(row->reason + used, size - used,
                             "%zu entries lie outside known work", t->missed);
    if (t->partly)
        used += (size_t)snprintf(row->reason + used, size - used,
                                 "; %zu of %.0f ns lie partly in it", t->partly, t->partly_ns);
    if (t->small)
        snprintf(row->reason + used, size - used,
                 "; %zu of %.0f ns are too small in their intervals to be found", t->small,
                 t->small_ns);
    return gaps->short_ns >= 0 && gaps->unexplained_ns <= RECOVER_GAP_NS;
}

static void compare(struct recovery_row *row, int found, const struct recover_truth *t,
                    const struct recover_gaps *gaps, enum recover_kind kind)
{
    struct store_recovery *r = &row->r;
    int within;

    if (t) {
        r->injected = (int64_t)(t->injected + t->partly);
        r->missed = (int64_t)(t->missed + t->small);
        r->requested = t->injected ? t->requested : NAN;
        r->delivered = t->injected ? t->delivered : NAN;
        if (t->injected && !t->partly)
            r->per_event = (r->recovered - r->delivered) /
                           (double)(kind == RECOVER_STEAL ? t->times : t->injected);
        if (t->missed)
            snprintf(row->reason, sizeof(row->reason),
                     "%zu entries lie where no interval can show them", t->missed);
    }
    within = r->delivered >= r->low && r->delivered <= r->high;
    if (kind == RECOVER_STEAL && t && (t->injected || t->partly || t->small))
        within = compare_steal(row, t, gaps);
    r->verdict = recovery_judge(r, found, within);
}

int recovery_is_whole(const struct recovery *v, int64_t boot)
{
    int64_t told = 0, n = 0;

    for (size_t i = 0; i < v->requests; i++)
        if (v->request[i].boot == boot)
            told += v->request[i].entries;
    for (size_t i = 0; i < v->entries; i++)
        n += v->entry[i].boot == boot;
    return told == n;
}

static size_t entries_of(const struct recovery *v, int64_t boot, struct recover_entry *out)
{
    size_t n = 0;

    for (size_t i = 0; i < v->entries; i++) {
        if (v->entry[i].boot != boot)
            continue;
        out[n] = v->entry[i].e;
        out[n++].kind = v->entry[i].kind;
    }
    return n;
}

static int add_rows(struct recovery *v, const struct recover_found *f,
                    const struct clock_question *q)
{
    struct recover_entry *entry = calloc(v->entries + 1, sizeof(*entry));
    struct recover_truth truth[RECOVER_KINDS];
    struct recover_gaps gaps;
    const int whole = recovery_is_whole(v, v->boot.boot);
    int rc = 0;
    size_t n;

    if (!entry)
        return err_set(v->e, ERR_IO, "out of memory");
    n = entries_of(v, v->boot.boot, entry);
    if (recover_place(v->sample, v->samples, f, q, entry, n, truth, &gaps))
        rc = err_set(v->e, ERR_IO, "out of memory");
    for (int k = 0; !rc && k < RECOVER_KINDS; k++) {
        struct recovery_row *row = recovery_add_row(v, v->boot.boot, kind_names[k]);

        if (!row) {
            rc = ERR_IO;
            break;
        }
        if (k == RECOVER_RATE)
            snprintf(row->unit, sizeof(row->unit), "ppm");
        if (!whole)
            snprintf(row->reason, sizeof(row->reason), "%s", RECOVERY_NOT_WHOLE);
        row->told = v->boot.told;
        compare(row, find_kind(f, (enum recover_kind)k, q, &row->r),
                v->boot.told && whole ? &truth[k] : NULL, &gaps, (enum recover_kind)k);
        if (k == RECOVER_RATE && !row->reason[0] && !f->drifts &&
            (f->rate.low > 0 || f->rate.high < 0))
            snprintf(row->reason, sizeof(row->reason),
                     "the interval leaves 0 out, as one in twenty may; at %g %% it does not",
                     100 * RECOVER_CLAIM_CONFIDENCE);
    }
    free(entry);
    return rc;
}

static int finish_boot(struct recovery *v)
{
    const struct clock_question q = {
        .kind = CLOCK_KIND_TIME,
        .unit_ns = v->boot.unit_ns,
        .step_ns = v->boot.step_ns,
        .timebase_ppm = (double)v->boot.timebase_ppb / 1e3,
        .confidence = SUMMARY_CONFIDENCE,
    };
    struct recover_found f;
    int rc;

    if (v->samples < 3 || isnan(q.unit_ns))
        return 0;
    if (recover_find(v->sample, v->samples, &q, &f))
        return err_set(v->e, ERR_IO, "out of memory");
    rc = add_rows(v, &f, &q);
    recover_free(&f);
    return rc;
}

static int take_sample(void *opaque, const struct query_recovery_sample *s)
{
    struct recovery *v = opaque;
    struct recover_sample *more;
    int rc;

    if (v->samples && v->boot.boot != s->boot) {
        rc = finish_boot(v);
        if (rc)
            return rc;
        v->samples = 0;
    }
    v->boot = *s;
    more = grow(v, v->sample, &v->sample_room, v->samples, sizeof(*more));
    if (!more)
        return ERR_IO;
    v->sample = more;
    more[v->samples++] = (struct recover_sample){
        .bracket = {.start_ns = s->start_ns,
                    .stop_ns = s->stop_ns,
                    .before = s->before,
                    .after = s->after},
        .clean_ns = s->clean_ns,
        .slack_ns = recover_slack_ns(s->stop_ns - s->start_ns, s->tick_ns),
        .run = s->w};
    return 0;
}

static int write_rows(struct store *store, const struct query_campaign *c, struct recovery *v)
{
    struct store_recovery *r = calloc(v->rows + 1, sizeof(*r));
    int rc;

    if (!r)
        return err_set(v->e, ERR_IO, "out of memory");
    for (size_t i = 0; i < v->rows; i++) {
        r[i] = v->row[i].r;
        r[i].detail = v->row[i].detail;
        r[i].unit = v->row[i].unit;
        r[i].reason = v->row[i].reason;
    }
    rc = store_replace_recoveries(store, c->id, r, v->rows, v->e);
    free(r);
    return rc;
}

static int count_seal(void *opaque, const struct query_seal *s)
{
    (void)s;
    ++*(size_t *)opaque;
    return 0;
}

int summarise_recovery(struct store *store, struct query *q, const struct query_campaign *c,
                       struct err *e)
{
    struct recovery v = {.e = e};
    size_t seals = 0;
    int rc = query_distortion_requests(q, c, take_request, &v, e);

    if (!rc)
        rc = query_seals(q, c, count_seal, &seals, e);
    if (!rc && (v.requests || seals)) {
        rc = query_distortions(q, c, take_entry, &v, e);
        if (!rc)
            rc = query_recovery_samples(q, c, take_sample, &v, e);
        if (!rc)
            rc = finish_boot(&v);
        if (!rc)
            rc = recovery_find_pads(&v, q, c);
        if (!rc)
            rc = recovery_find_ticks(&v, q, c);
    }
    if (!rc)
        rc = write_rows(store, c, &v);
    free(v.entry);
    free(v.request);
    free(v.row);
    free(v.sample);
    return rc;
}
