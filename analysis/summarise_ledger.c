/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise_ledger.c - the overhead ledger, run by run.
 *
 * First the bare machine is read: what each run's work is. Then boot by boot all samples, so that
 * the runs of a boot can be each other's ruler and price list.
 */
#include "analysis/summarise_ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ledger.h"
#include "analysis/query.h"
#include "analysis/stats.h"
#include "collector/store.h"

#define REFERENCE_PLATFORM "bare"
#define RULER_WORKLOAD "spin"
#define BASELINE_OPERATION "empty"

/* Under which neutral cause a hypervisor counts the exits of an operation (view exit_counts). */
static const struct {
    const char *operation, *cause;
} causes[] = {
    {"hypercall", "hypercall"}, {"ring-kick", "hypercall"}, {"kernel-hypercall", "hypercall"},
    {"cpuid", "cpuid"},         {"port-out", "port-out"},   {"port-out", "port-io"},
    {"mmio-store", "mmio"}};

struct run { /* of one boot, or of the bare machine */
    int64_t boot, w;
    char *workload, *param, *operation; /* owned */
    int64_t operations;
    double step_ns, median_ns;
    int asked;
    size_t first, n; /* samples */
};

struct runs {
    struct run *run;
    size_t n;
};

struct exits {
    int64_t boot, count;
    char *cause;
};

struct ledgers {
    struct runs reference, boot; /* the latter: of the boot being read */
    size_t found_medians;        /* of so many runs of the reference */
    double *found;               /* room for one number of each run of the reference */
    struct ledger_sample *sample;
    uint32_t *of; /* run of each sample */
    size_t samples, room;
    int mixed; /* samples do not lie run by run */
    struct exits *exits;
    size_t exit_rows;
    struct store_overhead *row;
    char (*reason)[LEDGER_REASON_BYTES]; /* of the rows */
    size_t rows;
    struct err *e;
};

static int out_of_memory(struct ledgers *l)
{
    return err_set(l->e, ERR_IO, "out of memory");
}

static void runs_clear(struct runs *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->run[i].workload);
        free(r->run[i].param);
        free(r->run[i].operation);
    }
    free(r->run);
    *r = (struct runs){0};
}

/* --- reading -------------------------------------------------------------------------------- */

static struct run *add_run(struct ledgers *l, struct runs *all,
                           const struct query_ledger_sample *q)
{
    struct run *r = realloc(all->run, (all->n + 1) * sizeof(*r));

    if (!r)
        return NULL;
    all->run = r;
    r += all->n++;
    *r = (struct run){
        .boot = q->boot,
        .w = q->w,
        .workload = strdup(q->workload),
        .param = strdup(q->param),
        .operation = strdup(q->operation),
        .operations = q->operations,
        .step_ns = q->step_ns,
        .asked = q->asked,
        .median_ns = NAN,
        .first = l->samples,
    };
    return r->workload && r->param && r->operation ? r : NULL;
}

/* Number of the sample's run; SIZE_MAX: out of memory. Samples of one run nearly always come
 * together, and runs by their numbers. */
static size_t run_of(struct ledgers *l, struct runs *all, const struct query_ledger_sample *q)
{
    size_t i = all->n;

    if (i && all->run[i - 1].boot == q->boot && all->run[i - 1].w == q->w)
        return i - 1;
    while (i && all->run[i - 1].boot == q->boot)
        if (all->run[--i].w == q->w) {
            l->mixed = 1;
            return i;
        }
    i = all->n;
    if (i && all->run[i - 1].boot == q->boot && all->run[i - 1].w > q->w)
        l->mixed = 1;
    return add_run(l, all, q) ? i : SIZE_MAX;
}

static int make_room(struct ledgers *l)
{
    const size_t room = l->room ? 2 * l->room : 1024;
    struct ledger_sample *sample = realloc(l->sample, room * sizeof(*sample));
    uint32_t *of;

    if (sample)
        l->sample = sample;
    of = realloc(l->of, room * sizeof(*of));
    if (of)
        l->of = of;
    if (!sample || !of)
        return out_of_memory(l);
    l->room = room;
    return 0;
}

static int take_sample(struct ledgers *l, struct runs *all,
                       const struct query_ledger_sample *q)
{
    const size_t run = run_of(l, all, q);

    if (run == SIZE_MAX)
        return out_of_memory(l);
    if (l->samples == l->room && make_room(l))
        return ERR_IO;
    all->run[run].n++;
    l->of[l->samples] = (uint32_t)run;
    l->sample[l->samples++] = (struct ledger_sample){
        .true_ns = q->true_ns,
        .gap_ns = q->gap_ns,
        .interrupts = q->interrupts == QUERY_NONE ? LEDGER_UNKNOWN : q->interrupts,
        .stolen_ns = q->stolen_ns == QUERY_NONE ? LEDGER_UNKNOWN : q->stolen_ns,
    };
    return 0;
}

static int by_w(const void *va, const void *vb)
{
    const struct run *a = va, *b = vb;

    return (a->w > b->w) - (a->w < b->w);
}

/* Runs of the boot from number `from` on by w, each one's samples together and in their order. */
static int arrange(struct ledgers *l, struct runs *all, size_t from)
{
    struct ledger_sample *sorted;
    size_t place = 0;

    if (!l->mixed)
        return 0;
    l->mixed = 0;
    sorted = malloc(l->room * sizeof(*sorted));
    if (!sorted)
        return out_of_memory(l);
    for (size_t i = from; i < all->n; i++) {
        struct run *r = &all->run[i];

        r->first = 0;
        for (size_t k = from; k < all->n; k++)
            r->first += all->run[k].w < r->w ? all->run[k].n : 0;
    }
    for (size_t i = from; i < all->n; i++)
        all->run[i].n = 0;
    for (; place < l->samples; place++) {
        struct run *r = &all->run[l->of[place]];

        sorted[r->first + r->n++] = l->sample[place];
    }
    qsort(all->run + from, all->n - from, sizeof(*all->run), by_w);
    free(l->sample);
    l->sample = sorted;
    return 0;
}

/* All samples of a boot are there: medians of its runs, which begin at number `from`. */
static int find_medians(struct ledgers *l, struct runs *all, size_t from)
{
    double *ns = malloc((l->samples + 1) * sizeof(*ns));

    if (!ns)
        return out_of_memory(l);
    for (size_t i = from; i < all->n; i++) {
        struct run *r = &all->run[i];

        for (size_t k = 0; k < r->n; k++)
            ns[k] = l->sample[r->first + k].true_ns;
        r->median_ns = stats_median(ns, r->n);
    }
    free(ns);
    return 0;
}

/* Of the bare machine's boots nothing stays but the medians. */
static int finish_reference(struct ledgers *l)
{
    int rc = arrange(l, &l->reference, l->found_medians);

    if (!rc)
        rc = find_medians(l, &l->reference, l->found_medians);
    l->found_medians = l->reference.n;
    l->samples = 0;
    return rc;
}

static int take_reference(void *opaque, const struct query_ledger_sample *q)
{
    struct ledgers *l = opaque;
    int rc = 0;

    if (l->samples && l->reference.run[l->reference.n - 1].boot != q->boot)
        rc = finish_reference(l);
    return rc ? rc : take_sample(l, &l->reference, q);
}

static int take_exits(void *opaque, int64_t boot, const char *cause, int64_t count)
{
    struct ledgers *l = opaque;
    struct exits *more = realloc(l->exits, (l->exit_rows + 1) * sizeof(*more));

    if (!more)
        return out_of_memory(l);
    l->exits = more;
    more[l->exit_rows] = (struct exits){.boot = boot, .count = count, .cause = strdup(cause)};
    return more[l->exit_rows++].cause ? 0 : out_of_memory(l);
}

/* --- terms ---------------------------------------------------------------------------------- */

/* What the bare machine took for it: the median over its boots. NAN: it did not run it. */
static double work_of(const struct ledgers *l, const char *workload, const char *param)
{
    size_t n = 0;

    for (size_t i = 0; i < l->reference.n; i++) {
        const struct run *r = &l->reference.run[i];

        if (!strcmp(r->workload, workload) && !strcmp(r->param, param))
            l->found[n++] = r->median_ns;
    }
    return n ? stats_median(l->found, n) : NAN;
}

static const struct run *find_operation(const struct runs *all, const char *operation,
                                        int64_t operations)
{
    for (size_t i = 0; i < all->n; i++)
        if (!strcmp(all->run[i].operation, operation) && all->run[i].operations == operations)
            return &all->run[i];
    return NULL;
}

/* What one operation costs by a run of the boot with another count, the longest there is. */
static double operation_cost(const struct ledgers *l, const struct run *explained,
                             const struct ledger_ruler *ruler)
{
    const struct run *best = NULL, *empty = NULL;

    for (size_t i = 0; i < l->boot.n; i++) {
        const struct run *r = &l->boot.run[i];
        const struct run *base = find_operation(&l->boot, BASELINE_OPERATION, r->operations);

        if (strcmp(r->operation, explained->operation) ||
            r->operations == explained->operations || !base)
            continue;
        if (!best || r->operations > best->operations) {
            best = r;
            empty = base;
        }
    }
    if (!best)
        return NAN;
    return (ledger_undisturbed_ns(l->sample + best->first, best->n, ruler) -
            ledger_undisturbed_ns(l->sample + empty->first, empty->n, ruler)) /
           (double)best->operations;
}

/* The bare machine's loop with nothing in it, of the same length. */
static double loop_work(const struct ledgers *l, int64_t operations)
{
    const struct run *r = find_operation(&l->reference, BASELINE_OPERATION, operations);

    return r ? work_of(l, r->workload, r->param) : NAN;
}

static int is_counted_as(const char *operation, const char *cause)
{
    for (size_t k = 0; k < sizeof(causes) / sizeof(causes[0]); k++)
        if (!strcmp(causes[k].operation, operation) && !strcmp(causes[k].cause, cause))
            return 1;
    return 0;
}

/* The hypervisor's count of this run's operation in its boot; NULL: it has none. */
static const struct exits *exits_seen(const struct ledgers *l, const struct run *r)
{
    for (size_t i = 0; i < l->exit_rows; i++)
        if (l->exits[i].boot == r->boot && is_counted_as(r->operation, l->exits[i].cause))
            return &l->exits[i];
    return NULL;
}

/* How many of that cause the boot's runs made, by whatever operation. */
static int64_t exits_claimed(const struct ledgers *l, const char *cause)
{
    int64_t sum = 0;

    for (size_t i = 0; i < l->boot.n; i++)
        if (is_counted_as(l->boot.run[i].operation, cause))
            sum += l->boot.run[i].operations * (int64_t)l->boot.run[i].n;
    return sum;
}

/* Does this platform hand the operation to a hypervisor at all? Where it costs what the bare
 * machine's does, nobody counts it. */
static int is_handed_over(const struct ledgers *l, const struct run *r, double cost_ns)
{
    const struct run *bare = find_operation(&l->reference, r->operation, r->operations);
    const double own =
        bare ? (bare->median_ns - loop_work(l, r->operations)) / (double)r->operations : 0;

    return cost_ns > own + r->step_ns;
}

static struct ledger_terms terms_of(const struct ledgers *l, const struct run *r,
                                    const struct ledger_ruler *ruler)
{
    struct ledger_terms t = {.operation_ns = NAN,
                             .hypervisor_saw = LEDGER_UNKNOWN,
                             .boot_claims = LEDGER_UNKNOWN,
                             .asked = r->asked,
                             .why_not = ""};

    if (!*r->operation || !strcmp(r->operation, BASELINE_OPERATION)) {
        t.work_ns = work_of(l, r->workload, r->param);
        if (isnan(t.work_ns))
            t.why_not = "the bare machine did not run this";
        return t;
    }
    t.work_ns = loop_work(l, r->operations);
    t.operations = r->operations;
    t.operation_ns = operation_cost(l, r, ruler);
    if (isnan(t.work_ns)) {
        t.why_not = "the bare machine did not run op=empty with the same n";
    } else if (isnan(t.operation_ns)) {
        t.why_not =
            "what the operation costs is measured by a run with another n and op=empty "
            "beside it, and this boot has none";
    } else if (is_handed_over(l, r, t.operation_ns)) {
        const struct exits *seen = exits_seen(l, r);

        if (seen) {
            t.hypervisor_saw = seen->count;
            t.boot_claims = exits_claimed(l, seen->cause);
        }
    }
    return t;
}

static int measure(const struct ledgers *l, const struct run *explained,
                   struct ledger_ruler *ruler)
{
    *ruler = (struct ledger_ruler){0};
    for (size_t i = 0; i < l->boot.n; i++) {
        const struct run *r = &l->boot.run[i];
        const double work = work_of(l, r->workload, r->param);

        if (r != explained && !strcmp(r->workload, RULER_WORKLOAD) && !isnan(work) &&
            ledger_measure(ruler, l->sample + r->first, r->n, work))
            return -1;
    }
    return ledger_finish(ruler);
}

/* --- writing -------------------------------------------------------------------------------- */

static int put_row(struct ledgers *l, const struct run *r, const struct ledger_result *x)
{
    struct store_overhead *row = realloc(l->row, (l->rows + 1) * sizeof(*row));
    char(*reason)[LEDGER_REASON_BYTES];

    if (!row)
        return out_of_memory(l);
    l->row = row;
    reason = realloc(l->reason, (l->rows + 1) * sizeof(*reason));
    if (!reason)
        return out_of_memory(l);
    l->reason = reason;
    memcpy(reason[l->rows], x->reason, sizeof(*reason));
    row[l->rows++] = (struct store_overhead){
        .plan_index = (uint32_t)r->boot,
        .w = r->w,
        .intervals = x->intervals,
        .true_ns = x->true_ns,
        .work_ns = x->work_ns,
        .operations = x->operations,
        .operation_ns = x->operation_ns,
        .operations_ns = x->operations_ns,
        .interrupts = x->interrupts == LEDGER_UNKNOWN ? STORE_NONE : x->interrupts,
        .interrupt_ns = x->interrupt_ns,
        .interrupts_ns = x->interrupts_ns,
        .unseen_ns = x->unseen_ns,
        .steal_ns = x->steal_ns,
        .residual_ns = x->residual_ns,
        .u_ns = x->u_ns,
        .budget_ns = x->budget_ns,
        .flagged = x->flagged,
        .verdict = ledger_verdict_name(x->verdict),
    };
    return 0;
}

/* Is it a thing whose work is the same on the bare machine? System calls are not run there, and
 * reading a clock or a collector is another thing on every platform. */
static int is_asked(const struct ledgers *l, const struct run *r)
{
    if (!strcmp(r->workload, "clock") || !strcmp(r->workload, "observe"))
        return 0;
    for (size_t i = 0; i < l->reference.n; i++)
        if (!strcmp(l->reference.run[i].workload, r->workload))
            return 1;
    return 0;
}

/* All samples of the boot are there. */
static int finish_boot(struct ledgers *l)
{
    int rc = arrange(l, &l->boot, 0);

    if (!rc)
        rc = find_medians(l, &l->boot, 0);
    if (!rc && ledger_place_steal(l->sample, l->samples))
        rc = out_of_memory(l);
    for (size_t i = 0; !rc && i < l->boot.n; i++) {
        const struct run *r = &l->boot.run[i];
        struct ledger_terms terms;
        struct ledger_ruler ruler;
        struct ledger_result result;

        if (!is_asked(l, r))
            continue;
        if (measure(l, r, &ruler)) {
            rc = out_of_memory(l);
        } else {
            terms = terms_of(l, r, &ruler);
            ledger_close(l->sample + r->first, r->n, &terms, &ruler, r->step_ns, &result);
            rc = put_row(l, r, &result);
        }
        ledger_release(&ruler);
    }
    runs_clear(&l->boot);
    l->samples = 0;
    return rc;
}

static int take_explained(void *opaque, const struct query_ledger_sample *q)
{
    struct ledgers *l = opaque;
    int rc = 0;

    if (l->boot.n && l->boot.run[0].boot != q->boot)
        rc = finish_boot(l);
    return rc ? rc : take_sample(l, &l->boot, q);
}

int summarise_ledger(struct store *store, struct query *q, const struct query_campaign *c,
                     struct err *e)
{
    struct ledgers l = {.e = e};
    int rc = query_ledger_samples(q, c, REFERENCE_PLATFORM, 0, take_reference, &l, e);

    if (!rc)
        rc = finish_reference(&l);
    if (!rc) {
        l.found = malloc((l.reference.n + 1) * sizeof(*l.found));
        rc = l.found ? query_exit_totals(q, c, take_exits, &l, e) : out_of_memory(&l);
    }
    if (!rc && l.reference.n)
        rc = query_ledger_samples(q, c, REFERENCE_PLATFORM, 1, take_explained, &l, e);
    if (!rc && l.boot.n)
        rc = finish_boot(&l);
    for (size_t i = 0; i < l.rows; i++)
        l.row[i].reason = l.reason[i];
    if (!rc)
        rc = store_replace_overhead(store, c->id, l.row, l.rows, e);
    runs_clear(&l.reference);
    runs_clear(&l.boot);
    for (size_t i = 0; i < l.exit_rows; i++)
        free(l.exits[i].cause);
    free(l.exits);
    free(l.found);
    free(l.sample);
    free(l.of);
    free(l.row);
    free(l.reason);
    return rc;
}
