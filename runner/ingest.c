/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/ingest.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "collector/store.h"
#include "runner/ingest_private.h"

struct raw { /* one file as it came; owned */
    char *bytes;
    size_t size;
};

/* A file the bench did not get round to writing is an empty one. */
static int read_raw(const char *dir, const char *name, struct raw *raw, struct err *e)
{
    char path[PLATFORM_PATH_BYTES + 64];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    *raw = (struct raw){.bytes = NULL};
    if (access(path, F_OK))
        return 0;
    return file_read(path, &raw->bytes, &raw->size, e);
}

static const char *const end_names[] = {
    [BENCH_END_POWERED_OFF] = "powered-off",
    [BENCH_END_LIMIT] = "limit",
    [BENCH_END_DIED] = "died",
    [BENCH_END_STALLED] = "stalled",
    [BENCH_END_PROBE] = "probe",
};

static const char *end_name(const struct bench_outcome *o)
{
    return (unsigned)o->end < sizeof end_names / sizeof end_names[0] ? end_names[o->end] : "?";
}

/* --- rows ----------------------------------------------------------------------------------- */

static struct store_boot boot_row(const struct ingest_boot_data *d)
{
    const struct ingest_boot *boot = d->boot;
    const struct ingest_wire *w = &d->wire;
    const struct record_stats *records = &d->console.stats;

    return (struct store_boot){
        .campaign = boot->campaign,
        .plan_index = boot->plan_index,
        .platform = boot->platform,
        .variant = boot->variant,
        .block = boot->block,
        .position = boot->position,
        .seed = boot->seed,
        .plan = boot->plan_text,
        .verdict = d->faults.worst,
        .reason = d->faults.reason,
        .grade = boot->bench->grade,
        .end = d->has_console ? end_name(boot->outcome) : "not-run",
        .machine_time_ns = d->has_console ? boot->outcome->machine_time_ns : 0,
        .tick_hz = w->tick_hz,
        .step_ticks = w->step_ticks,
        .fclk_hz = w->hello.fclk_hz,
        .baud = w->hello.baud,
        .phases = w->hello.phases,
        .source_id = w->hello.source_id,
        .build_id = w->hello.build_id,
        .timebase_ppb = boot->timer.realistic ? w->timebase_ppb : boot->bench->timebase_ppb,
        .path_u_ns = d->path_u_ns,
        .settle_ns = boot->bench->settle_ns,
        .guest_clock = d->guest_clock,
        .guest_clock_hz = d->guest_clock_hz,
        .frames = w->stats.frames,
        .events = w->stats.events,
        .heartbeats = w->stats.heartbeats,
        .frames_damaged = wire_stats_damaged(&w->stats),
        .frames_missing = w->stats.missing,
        .frames_repeated = w->stats.damage[WIRE_DAMAGE_REPEATED],
        .epoch_changes = w->stats.damage[WIRE_DAMAGE_EPOCH],
        .lost = w->lost,
        .high_water = w->high_water,
        .refused = w->refused,
        .watchdog = w->watchdog,
        .markers = d->intervals.markers,
        .violations = d->intervals.faults,
        .reference_edges = w->reference_edges,
        .reference_first_tick = w->reference_first_tick,
        .reference_last_tick = w->reference_last_tick,
        .records = records->records,
        .records_damaged = records->damaged,
        .records_missing = records->missing,
        .records_repeated = records->repeated,
    };
}

static int put_runs(struct store *s, int64_t boot, const struct ingest_console *c,
                    struct err *e)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < c->runs; i++) {
        const struct ingest_run *r = &c->run[i];

        rc = store_add_run(s, boot,
                           &(struct store_run){
                               .w = r->w,
                               .workload = r->workload,
                               .param = r->param,
                               .metric = r->metric,
                               .unit = r->unit,
                               .form = r->form,
                               .scale = r->scale,
                               .work = r->work,
                               .iterations = r->iterations,
                               .first_interval = r->first,
                               .verdict = r->verdict,
                               .reason = r->reason,
                               .answer = r->answer,
                           },
                           e);
    }
    for (size_t i = 0; !rc && i < c->figures; i++)
        rc =
            store_add_figure(s, boot, c->figure[i].w, c->figure[i].key, c->figure[i].value, e);
    return rc;
}

/* Rows go in by the batch. */
#define BATCH 256u

struct batch {
    struct store_interval interval[BATCH];
    struct store_reading reading[BATCH * COLLECTOR_MAX_READINGS];
    size_t intervals, readings;
};

static int put_batch(struct store *s, int64_t boot, struct batch *b, struct err *e)
{
    int rc = store_add_intervals(s, boot, b->interval, b->intervals, e);

    if (!rc)
        rc = store_add_readings(s, boot, b->reading, b->readings, e);
    b->intervals = b->readings = 0;
    return rc;
}

static void take_readings(const struct ingest_console *c, uint64_t n, struct batch *b)
{
    const struct ingest_iv *iv = &c->iv[n];

    for (unsigned k = 0; k < c->clocks; k++) {
        if (iv->mask >> k & 1u)
            b->reading[b->readings++] = (struct store_reading){
                .n = n,
                .clock = k,
                .before = c->value[iv->values + 2 * k],
                .after = c->value[iv->values + 2 * k + 1],
            };
    }
}

static int64_t tick_or_none(uint64_t tick)
{
    return tick == INTERVAL_UNKNOWN ? STORE_NONE : (int64_t)tick;
}

static int put_intervals(struct store *s, int64_t boot, const struct ingest_boot_data *d,
                         struct err *e)
{
    const struct ingest_console *c = &d->console;
    struct batch *b = calloc(1, sizeof *b);
    int rc = 0;

    if (!b)
        return err_set(e, ERR_IO, "out of memory");
    for (size_t i = 0; !rc && i < d->intervals.count; i++) {
        const struct interval *v = &d->intervals.interval[i];
        const struct ingest_iv *iv =
            v->n < c->ivs && c->iv[v->n].present ? &c->iv[v->n] : NULL;

        b->interval[b->intervals++] = (struct store_interval){
            .n = v->n,
            .w = iv ? (int64_t)iv->w : STORE_NONE,
            .iteration = iv ? (int64_t)iv->iteration : STORE_NONE,
            .start_tick = tick_or_none(v->start_tick),
            .stop_tick = tick_or_none(v->stop_tick),
            .reading = iv ? iv->read : STORE_NONE,
            .verdict = d->why[i] ? VERDICT_ERROR : VERDICT_OK,
            .reason = d->why[i],
        };
        if (iv)
            take_readings(c, v->n, b);
        if (b->intervals == BATCH)
            rc = put_batch(s, boot, b, e);
    }
    if (!rc)
        rc = put_batch(s, boot, b, e);
    free(b);
    return rc;
}

int ingest_put_counts(struct store *s, int64_t boot, const struct ingest_console *c,
                      struct err *e)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < c->exits; i++)
        rc = store_add_exit_count(s, boot, c->exit[i].w, c->exit[i].cause, c->exit[i].count,
                                  c->exit[i].ticks, e);
    for (size_t i = 0; !rc && i < c->audits; i++)
        rc = store_add_audit(s, boot, (uint32_t)i, c->audit[i].what, c->audit[i].k,
                             c->audit[i].exits_k, c->audit[i].exits_2k, e);
    return rc ? rc : ingest_put_distortions(s, boot, c, e);
}

static int put_console(struct store *s, int64_t boot, const struct ingest_console *c,
                       struct err *e)
{
    int rc = 0;

    for (unsigned k = 0; !rc && k < c->clocks; k++)
        rc = store_add_clock(s, boot, k, c->clock[k].name, c->clock[k].unit, e);
    for (size_t i = 0; !rc && i < c->facts; i++) {
        const char *key = c->fact[i].text;

        rc = store_add_fact(s, boot, key, key + strlen(key) + 1, e);
    }
    if (!rc)
        rc = ingest_put_counts(s, boot, c, e);
    return rc ? rc : put_runs(s, boot, c, e);
}

static int put_faults(struct store *s, int64_t boot, const struct ingest_faults *f,
                      struct err *e)
{
    uint32_t ordinal = 0;
    int rc = 0;

    for (size_t i = 0; !rc && i < f->count; i++)
        rc =
            store_add_damage(s, boot, ordinal++, ingest_source_name(f->fault[i].source),
                             f->fault[i].kind, f->fault[i].byte_offset, f->fault[i].detail, e);
    for (int k = 0; !rc && k < INGEST_SOURCES; k++) {
        char detail[64];

        if (f->of_source[k] <= INGEST_MAX_FAULTS)
            continue;
        snprintf(detail, sizeof detail, "%zu more of this source, counted, not listed",
                 f->of_source[k] - INGEST_MAX_FAULTS);
        rc = store_add_damage(s, boot, ordinal++, ingest_source_name((enum ingest_source)k),
                              "and more", STORE_NONE, detail, e);
    }
    return rc;
}

struct files {
    struct raw frames, console[2], log;
};

static int put_boot(struct store *s, const struct ingest_boot_data *d, const struct files *f,
                    struct err *e)
{
    const struct store_boot row = boot_row(d);
    int64_t boot;
    int rc = store_begin_boot(s, &row, &boot, e);

    if (rc)
        return rc;
    rc = store_add_frames(s, boot, f->frames.bytes, f->frames.size, e);
    if (!rc)
        rc = store_add_console(s, boot, 0, f->console[0].bytes, f->console[0].size, e);
    if (!rc && d->boot->seal && d->has_console)
        rc = ingest_put_sealed(s, boot, d, f->console[1].bytes, f->console[1].size, e);
    else if (!rc)
        rc = store_add_console(s, boot, 1, f->console[1].bytes, f->console[1].size, e);
    if (!rc && f->log.size)
        rc = store_add_log(s, boot, f->log.bytes, f->log.size, e);
    if (!rc)
        rc = put_console(s, boot, &d->console, e);
    if (!rc)
        rc = put_intervals(s, boot, d, e);
    if (!rc)
        rc = put_faults(s, boot, &d->faults, e);
    if (!rc)
        rc = store_commit_boot(s, e);
    if (rc)
        store_rollback_boot(s);
    return rc;
}

static void fill_result(const struct ingest_boot_data *d, struct ingest_result *result)
{
    if (!result)
        return;
    memset(result, 0, sizeof *result);
    result->verdict = d->faults.worst;
    snprintf(result->reason, sizeof result->reason, "%s", d->faults.reason);
    result->intervals = d->intervals.count;
    result->intervals_ok = d->intervals_ok;
    result->frames = d->wire.stats.frames;
    result->frames_damaged = wire_stats_damaged(&d->wire.stats);
    result->frames_missing = d->wire.stats.missing;
    result->lost = d->wire.lost;
    result->violations = d->intervals.faults;
}

static int ingest_files(struct store *store, const struct ingest_boot *boot,
                        const struct files *f, int has_console, struct ingest_result *result,
                        struct err *e)
{
    struct ingest_boot_data d = {.boot = boot, .has_console = has_console, .path_u_ns = NAN};
    int rc;

    ingest_read_frames(&d.wire, (const uint8_t *)f->frames.bytes, f->frames.size, boot->nonce,
                       &d.faults);
    if (boot->timer.realistic)
        ingest_discipline(&d.wire, &boot->timer);
    ingest_read_console(&d.console, f->console[0].bytes, f->console[0].size, 0,
                        boot->plan_index, &d.faults);
    if (boot->seal)
        ingest_read_sealed(&d, f->console[1].bytes, f->console[1].size);
    else
        ingest_read_console(&d.console, f->console[1].bytes, f->console[1].size, 1,
                            boot->plan_index, &d.faults);
    if (ingest_check(&d)) {
        rc = err_set(e, ERR_IO, "out of memory while reading boot %" PRIu32, boot->plan_index);
    } else {
        rc = put_boot(store, &d, f, e);
        fill_result(&d, result);
    }
    ingest_release_frames(&d.wire);
    free(d.faults.fault);
    free(d.why);
    interval_free(&d.intervals);
    ingest_free_console(&d.console);
    return rc;
}

static int ingest_skipped(struct store *store, const struct ingest_boot *boot,
                          struct ingest_result *result, struct err *e)
{
    struct ingest_boot_data d = {.boot = boot, .path_u_ns = NAN};
    struct files none;

    memset(&none, 0, sizeof none);
    d.wire.reference_first_tick = d.wire.reference_last_tick = STORE_NONE;
    d.wire.step_ticks = 1;
    d.faults.worst = VERDICT_SKIP;
    snprintf(d.faults.reason, sizeof d.faults.reason, "%s", boot->skip_reason);
    fill_result(&d, result);
    return put_boot(store, &d, &none, e);
}

int ingest_boot(struct store *store, const struct ingest_boot *boot, const char *work_dir,
                struct ingest_result *result, struct err *e)
{
    struct files f;
    int rc;

    if (boot->skip_reason)
        return ingest_skipped(store, boot, result, e);
    memset(&f, 0, sizeof f);
    rc = read_raw(work_dir, BENCH_FRAMES_FILE, &f.frames, e);
    if (!rc)
        rc = read_raw(work_dir, BENCH_CONSOLE_FILE, &f.console[0], e);
    if (!rc)
        rc = read_raw(work_dir, BENCH_HYPERVISOR_FILE, &f.console[1], e);
    if (!rc)
        rc = read_raw(work_dir, BENCH_MACHINE_FILE, &f.log, e);
    if (!rc)
        rc = ingest_files(store, boot, &f, 1, result, e);
    free(f.frames.bytes);
    free(f.console[0].bytes);
    free(f.console[1].bytes);
    free(f.log.bytes);
    return rc;
}

int ingest_frames(struct store *store, const struct ingest_boot *boot, const char *frames_path,
                  struct ingest_result *result, struct err *e)
{
    struct files f;
    int rc;

    memset(&f, 0, sizeof f);
    rc = file_read(frames_path, &f.frames.bytes, &f.frames.size, e);
    if (!rc)
        rc = ingest_files(store, boot, &f, 0, result, e);
    free(f.frames.bytes);
    return rc;
}
