/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_check.c - hold what the target said against what the timer saw, and judge.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store.h"
#include "runner/ingest_private.h"

/* --- how the machine ended ------------------------------------------------------------------ */

static void judge_end(struct ingest_boot_data *d)
{
    const struct bench_outcome *o = d->boot->outcome;
    const int last_word = d->console.have_end;
    const char *text = o->reason[0] ? o->reason : "no reason told";

    switch (o->end) {
    case BENCH_END_POWERED_OFF:
        break;
    case BENCH_END_LIMIT:
        ingest_fault(&d->faults, last_word ? VERDICT_ERROR : VERDICT_CRASH, INGEST_BENCH,
                     last_word ? "did not power off" : "hung", STORE_NONE, "%.180s", text);
        break;
    case BENCH_END_DIED:
        ingest_fault(&d->faults, VERDICT_CRASH, INGEST_BENCH, "machine died", STORE_NONE,
                     "%.180s", text);
        break;
    case BENCH_END_STALLED:
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_BENCH, "stalled", STORE_NONE, "%.180s",
                     text);
        break;
    case BENCH_END_PROBE:
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_BENCH, "timer failed", STORE_NONE,
                     "%.180s", text);
        break;
    default:
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_BENCH, "unknown end", STORE_NONE, "%d",
                     (int)o->end);
        break;
    }
}

static void judge_consoles(struct ingest_boot_data *d)
{
    struct ingest_console *c = &d->console;
    uint64_t planned = 0;

    if (!c->stream_records[0]) {
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE, "no records", STORE_NONE,
                     "the target said nothing that is a record");
    } else if (!c->have_end) {
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE, "no end", STORE_NONE,
                     "the target's last record is missing");
    }
    if ((c->requests || c->distortions) && !c->have_ledger)
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE2, "no ledger", STORE_NONE,
                     "the ledger of distortions is cut short");
    if (c->stream_records[0] && !c->have_boot)
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE, "no boot record", STORE_NONE,
                     "which clocks were read is not known");
    if (d->boot->second_console && !c->stream_end[1])
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE2, "no end", STORE_NONE,
                     "the hypervisor under test did not report to its end");
    for (size_t i = 0; i < c->runs; i++)
        planned += c->run[i].iterations;
    if (c->have_end && c->end_ok && planned != c->end_intervals)
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE, "count differs", STORE_NONE,
                     "runs name %" PRIu64 " intervals, the end %" PRIu64, planned,
                     c->end_intervals);
}

/* --- runs ----------------------------------------------------------------------------------- */

static void judge_runs(struct ingest_boot_data *d)
{
    struct ingest_console *c = &d->console;

    for (size_t i = 0; i < c->runs; i++) {
        struct ingest_run *r = &c->run[i];

        if (r->verdict == VERDICT_OK && !r->answered) {
            r->verdict = VERDICT_ERROR;
            snprintf(r->reason, sizeof r->reason,
                     "no answer: the boot ended before the run was checked");
        } else if (r->verdict == VERDICT_OK && r->seen != r->iterations) {
            r->verdict = VERDICT_ERROR;
            snprintf(r->reason, sizeof r->reason,
                     "records of %" PRIu64 " of %" PRIu64 " iterations came", r->seen,
                     r->iterations);
        } else if (r->verdict == VERDICT_OK && !r->work) {
            r->verdict = VERDICT_ERROR;
            snprintf(r->reason, sizeof r->reason,
                     "the record does not say how much work it is");
        }
        if (r->verdict > VERDICT_SKIP)
            ingest_fault(&d->faults, r->verdict, INGEST_CONSOLE, "run failed", STORE_NONE,
                         "run %" PRIu32 " (%.40s %.40s): %.100s", r->w, r->workload, r->param,
                         r->reason[0] ? r->reason : "no reason told");
    }
}

/* --- intervals ------------------------------------------------------------------------------ */

static const char why_lost[] = "records lost: the timer lost events in this boot";
static const char why_no_hello[] = "no HELLO: the timer's frequency is not known";
static const char why_no_record[] = "no record: the target did not say what this interval is";
static const char why_twice[] = "two records: the target told this interval twice";

static int derive(struct ingest_boot_data *d)
{
    const struct ingest_console *c = &d->console;
    const uint64_t settle_ns = d->boot->bench->settle_ns;
    const struct interval_rules rules = {
        .plan_index = d->boot->plan_index,
        .step_ticks = d->wire.step_ticks,
        .settle_ticks = (settle_ns * (d->wire.tick_hz / 1000) + 999999) / 1000000,
        .expected = d->has_console && c->have_end ? c->end_intervals : INTERVAL_UNKNOWN,
    };

    return interval_derive(d->wire.tape, d->wire.items, &rules, &d->intervals);
}

/* Intervals the target told of and of which no edge exists, beyond those derived (it died
 * before it could state a total). */
static int add_untold(struct ingest_boot_data *d)
{
    struct interval_result *r = &d->intervals;
    const uint64_t have = r->count ? r->interval[r->count - 1].n + 1 : 0;
    struct interval *grown;

    if (d->console.ivs <= have)
        return 0;
    grown = realloc(r->interval, (r->count + d->console.ivs - have) * sizeof *grown);
    if (!grown)
        return -1;
    r->interval = grown;
    for (uint64_t n = have; n < d->console.ivs; n++) {
        if (!d->console.iv[n].present)
            continue;
        grown[r->count++] = (struct interval){
            .n = n,
            .start_tick = INTERVAL_UNKNOWN,
            .stop_tick = INTERVAL_UNKNOWN,
            .why = r->preamble_ok ? INTERVAL_MISSING : INTERVAL_BAD_PREAMBLE,
        };
    }
    return 0;
}

static const char *judge_interval(const struct ingest_boot_data *d, const struct interval *i)
{
    const struct ingest_console *c = &d->console;

    if (i->why != INTERVAL_FINE)
        return interval_violation_text(i->why);
    if (d->wire.lost)
        return why_lost;
    if (!d->wire.tick_hz)
        return why_no_hello;
    if (!d->has_console)
        return NULL;
    if (i->n >= c->ivs || !c->iv[i->n].present)
        return why_no_record;
    if (c->iv[i->n].present > 1)
        return why_twice;
    return NULL;
}

static int judge_intervals(struct ingest_boot_data *d)
{
    const struct interval_result *r = &d->intervals;
    uint64_t bad = 0;
    const char *first = "";
    uint64_t first_n = 0;

    d->why = calloc(r->count + 1, sizeof *d->why);
    if (!d->why)
        return -1;
    for (size_t i = 0; i < r->count; i++) {
        d->why[i] = judge_interval(d, &r->interval[i]);
        d->intervals_ok += !d->why[i];
        if (d->why[i] && !bad++) {
            first = d->why[i];
            first_n = r->interval[i].n;
        }
    }
    for (size_t i = 0; i < r->faults; i++) {
        const struct interval_fault *f = &r->fault[i];
        char number[48] = "";

        if (f->n != INTERVAL_UNKNOWN)
            snprintf(number, sizeof number, ", at interval %" PRIu64, f->n);
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_MARKERS,
                     interval_violation_name(f->kind), (int64_t)f->byte_offset,
                     "at tick %" PRIu64 ", code %" PRIX32 "%s", f->t_ticks, f->code, number);
    }
    if (bad)
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_MARKERS, "invalid intervals",
                     STORE_NONE, "%" PRIu64 " of %zu, the first is %" PRIu64 ": %.110s", bad,
                     r->count, first_n, first);
    return 0;
}

/* --- exits ---------------------------------------------------------------------------------- */

/* What a run's parameters say of `key`: its text up to the next blank, "" if it has none. */
static const char *param_of(const struct ingest_run *r, const char *key, size_t *length)
{
    const size_t n = strlen(key);

    for (const char *at = r->param; *at;
         at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' ')) {
        if (strncmp(at, key, n) == 0 && at[n] == '=') {
            *length = strcspn(at + n + 1, " ");
            return at + n + 1;
        }
    }
    *length = 0;
    return "";
}

/* Hypercalls that the intervals of a run made; those that no interval holds come on top. */
static uint64_t hypercalls_of(const struct ingest_run *r)
{
    static const char *const ops[] = {"hypercall", "kernel-hypercall", "ring-kick", NULL};
    size_t length;
    const char *op = param_of(r, "op", &length);
    int is = 0;

    if (strcmp(r->workload, "exits") != 0 || r->verdict != VERDICT_OK)
        return 0;
    for (size_t i = 0; !is; i++) {
        if (!ops[i])
            return 0;
        is = length == strlen(ops[i]) && memcmp(op, ops[i], length) == 0;
    }
    return r->iterations * strtoull(param_of(r, "n", &length), NULL, 10);
}

/* A hypercall is an exit under every hypervisor, whatever else is. One that counted fewer than
 * the boot's runs made has lost some, and then all of its counts stand for nothing. Whoever counts
 * exits names a cause of which there were any. */
static void judge_exits(struct ingest_boot_data *d)
{
    const struct ingest_console *c = &d->console;
    uint64_t made = 0, counted = 0;
    int counts = 0;

    for (size_t i = 0; i < c->runs; i++)
        made += hypercalls_of(&c->run[i]);
    for (size_t i = 0; i < c->exits; i++) {
        counts |= c->exit[i].w < 0;
        if (c->exit[i].w < 0 && strcmp(c->exit[i].cause, "hypercall") == 0)
            counted += c->exit[i].count;
    }
    if (counts && counted < made)
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE2, "exits missing", STORE_NONE,
                     "the runs made %" PRIu64 " hypercalls, the hypervisor counted %" PRIu64
                     ": exits are missing from its counts",
                     made, counted);
}

/* --- figures of the boot --------------------------------------------------------------------- */

/* Standard deviation of the marker path: this boot's nulls. */
static double path_deviation_ns(const struct ingest_boot_data *d)
{
    const struct interval_result *r = &d->intervals;
    const struct ingest_console *c = &d->console;
    double mean = 0, squares = 0;
    uint64_t n = 0;

    for (size_t i = 0; i < r->count; i++) {
        const struct interval *v = &r->interval[i];
        const struct ingest_run *run;
        double ns, step;

        if (d->why[i] || !d->has_console)
            continue;
        run = ingest_find_run((struct ingest_console *)c, c->iv[v->n].w);
        if (!run || strcmp(run->workload, "null") != 0)
            continue;
        /* Welford: one pass, no cancellation. */
        ns = (double)(v->stop_tick - v->start_tick) * 1e9 / (double)d->wire.tick_hz;
        step = ns - mean;
        mean += step / (double)++n;
        squares += step * (ns - mean);
    }
    return n < 2 ? NAN : sqrt(squares / (double)(n - 1));
}

/* The clock a benchmark in the guest would use: CLOCK_MONOTONIC_RAW, else the TSC over its
 * stated frequency. */
static void choose_guest_clock(struct ingest_boot_data *d)
{
    const struct ingest_console *c = &d->console;
    const uint64_t tsc_hz = c->tsc_hz ? c->tsc_hz : d->boot->bench->tsc_hz;

    for (unsigned i = 0; i < c->clocks; i++) {
        if (strcmp(c->clock[i].name, "raw") == 0 && strcmp(c->clock[i].unit, "ns") == 0) {
            d->guest_clock = c->clock[i].name;
            d->guest_clock_hz = 1000000000u;
            return;
        }
        if (strcmp(c->clock[i].name, "tsc") == 0 && tsc_hz) {
            d->guest_clock = c->clock[i].name;
            d->guest_clock_hz = tsc_hz;
        }
    }
}

int ingest_check(struct ingest_boot_data *d)
{
    if (d->has_console) {
        judge_end(d);
        judge_consoles(d);
    }
    if (derive(d) || add_untold(d) || judge_intervals(d))
        return -1;
    if (d->has_console) {
        judge_runs(d);
        judge_exits(d);
    }
    choose_guest_clock(d);
    d->path_u_ns = path_deviation_ns(d);
    return d->faults.no_memory || d->wire.no_memory || d->console.no_memory ? -1 : 0;
}
