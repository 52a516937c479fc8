/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/execute.c - boots in flight, their ingestion, and going on after a kill.
 *
 * The store is written by this process alone; children run boots and write files. A boot is in
 * the store whole or not at all, so resuming needs no journal: what is missing is run.
 */
#include "runner/execute.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/process.h"
#include "base/version.h"
#include "collector/store.h"
#include "collector/tolerance.h"
#include "hv-under-test/platform_words.h"
#include "runner/boot.h"
#include "runner/ingest.h"
#include "runner/lock.h"
#include "runner/platforms.h"

#define EXECUTE_TICK_MS 20

struct execute_slot { /* one boot in flight */
    struct boot_job job;
    pid_t pid; /* 0: free */
    int64_t attempt, started_ms;
};

struct execute {
    const struct execute_request *request;
    int64_t campaign; /* row of the store */
    char work_dir[PLATFORM_PATH_BYTES];
    int lock_fd;
    struct execute_slot *slot;
    struct progress progress;
    size_t next; /* into the schedule */
    enum verdict worst;
};

static int64_t execute_unix_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct execute_facts {
    struct execute *x;
    const char *prefix;
    int rc;
    struct err *e;
};

static void execute_put_fact(void *opaque, const char *key, const char *value)
{
    struct execute_facts *f = opaque;
    char name[256];

    snprintf(name, sizeof(name), "%s%s", f->prefix, key);
    if (f->rc == 0)
        f->rc = store_put_fact(f->x->request->store, f->x->campaign, name, value, f->e);
}

static int execute_program_facts(struct execute *x, struct err *e)
{
    struct execute_facts facts = {.x = x, .prefix = "", .e = e};
    const struct platform_fact_sink sink = {.put = execute_put_fact, .opaque = &facts};
    int rc = programs_describe(&x->request->campaign->programs, &sink, e);

    return rc == 0 ? facts.rc : rc;
}

/*
 * What entry i of the campaign is made of, into the store. There already, it has to be the same:
 * so this is called around each boot, too, and a build that was made anew meanwhile is noticed.
 */
static int execute_platform_facts(struct execute *x, unsigned i, struct err *e)
{
    const struct campaign *c = x->request->campaign;
    const struct campaign_platform *p = &c->platform[i];
    const struct schedule_boot any = {.platform = i};
    const struct platform_boot request = boot_request(c, &any);
    char prefix[128], tolerance[512];
    struct execute_facts facts = {.x = x, .prefix = prefix, .e = e};
    const struct platform_fact_sink sink = {.put = execute_put_fact, .opaque = &facts};
    int rc;

    if (!p->platform->describe || p->platform->unavailable(c->bench))
        return 0;
    platforms_fact_prefix(c, i, prefix, sizeof(prefix));
    rc = p->platform->describe(&request, p->variant, &sink, e);
    snprintf(tolerance, sizeof(tolerance), "%" PRIu64 " counts + %" PRIu64 " ppm: %s",
             request.tolerance->counts, request.tolerance->ppm, request.tolerance->source);
    execute_put_fact(&facts, "counter_tolerance", tolerance);
    if (c->bench->emulates_processor)
        execute_put_fact(&facts, "processor", p->next_rip ? "nrip" : "pinned");
    if (rc == 0)
        rc = facts.rc;
    return rc == 0 ? execute_program_facts(x, e) : rc;
}

static int execute_provenance(struct execute *x, struct err *e)
{
    const struct campaign *c = x->request->campaign;
    char host[256] = "unknown";
    struct execute_facts facts = {.x = x, .prefix = "", .e = e};
    const struct platform_fact_sink sink = {.put = execute_put_fact, .opaque = &facts};
    int rc;

    execute_put_fact(&facts, "etalon.version", ETALON_VERSION);
    rc = c->bench->describe ? c->bench->describe(&sink, e) : 0;
    if (c->baseline != CAMPAIGN_NO_BASELINE) {
        execute_put_fact(&facts, "baseline.platform", c->platform[c->baseline].platform->name);
        execute_put_fact(&facts, "baseline.variant", c->platform[c->baseline].shown);
    }
    if (c->file_collectors) {
        execute_put_fact(&facts, "collectors.file", c->file_collectors);
        execute_put_fact(&facts, "collectors.option", c->collectors);
    }
    if (rc == 0)
        rc = facts.rc;
    for (unsigned i = 0; rc == 0 && i < c->platforms; i++)
        rc = execute_platform_facts(x, i, e);
    if (rc != 0)
        return rc;
    gethostname(host, sizeof(host) - 1);
    return store_put_host_fact(x->request->store, x->campaign, "host.name", host, e);
}

static int execute_open_campaign(struct execute *x, struct err *e)
{
    const struct execute_request *q = x->request;
    const struct campaign *c = q->campaign;
    const struct store_campaign row = {
        .name = c->name,
        .hash = c->hash,
        .text = c->text,
        .bench = c->bench->name,
        .deterministic = c->bench->deterministic && !c->timer.realistic,
        .ns_per_instruction = c->bench->ns_per_instruction,
        .boots_planned = (uint32_t)schedule_count(c),
    };
    int rc = store_find_campaign(q->store, c->name, &x->campaign, e);

    if (rc < 0)
        return rc;
    if (rc == 1 && !q->resume)
        return err_set(e, ERR_USAGE,
                       "campaign \"%s\" is in %s already; go on with --resume, or use another "
                       "--db",
                       c->name, q->db_path);
    rc = store_put_campaign(q->store, &row, &x->campaign, e);
    return rc == 0 ? execute_provenance(x, e) : rc;
}

static struct ingest_boot execute_describe_boot(const struct execute *x,
                                                const struct schedule_boot *b)
{
    const struct campaign *c = x->request->campaign;
    const struct campaign_platform *p = &c->platform[b->platform];
    struct ingest_boot in = {
        .campaign = x->campaign,
        .plan_index = b->plan_index,
        .platform = p->platform->name,
        .variant = p->shown,
        .block = b->block,
        .position = (uint32_t)(b->plan_index % c->platforms),
        .seed = b->seed,
        .nonce = boot_nonce(c, b->plan_index),
        .plan_text = c->plan_text,
        .bench = c->bench,
        .timer = c->timer,
        .seal = platform_option_value(p->options, p->option_count, "seal", NULL),
    };

    return in;
}

/* Put a finished (or never tried) boot into the store and tell the caller. */
static int execute_store_boot(struct execute *x, const struct schedule_boot *b,
                              const struct ingest_boot *in, const char *work_dir,
                              double host_s, struct err *e)
{
    const struct execute_request *q = x->request;
    struct ingest_result *result = calloc(1, sizeof(*result));
    struct execute_boot_report report;
    int rc;

    if (!result)
        return err_set(e, ERR_IO, "out of memory");
    rc = ingest_boot(q->store, in, work_dir, result, e);
    if (rc == 0) {
        x->worst = verdict_worst(x->worst, result->verdict);
        progress_step(&x->progress, progress_now_ms());
        report = (struct execute_boot_report){
            .platform = &q->campaign->platform[b->platform],
            .plan_index = b->plan_index,
            .verdict = result->verdict,
            .reason = result->reason,
            .host_s = host_s,
        };
        if (q->finished)
            q->finished(q->opaque, &report, &x->progress);
    }
    free(result);
    return rc;
}

/* A child ended: collect, ingest, clean up. */
static int execute_finish(struct execute *x, struct execute_slot *s, int status, struct err *e)
{
    const struct execute_request *q = x->request;
    struct ingest_boot in = execute_describe_boot(x, &s->job.boot);
    struct boot_result *result = calloc(1, sizeof(*result));
    const char *outcome = "complete";
    int rc;

    s->pid = 0;
    if (!result)
        return err_set(e, ERR_IO, "out of memory");
    rc = boot_collect(&s->job, status, result, e);
    if (rc == 0)
        rc = execute_platform_facts(x, s->job.boot.platform, e);
    if (rc == 0) {
        in.outcome = &result->outcome;
        in.second_console = result->second_console;
        rc = execute_store_boot(x, &s->job.boot, &in, s->job.work_dir,
                                (double)(progress_now_ms() - s->started_ms) / 1000.0, e);
    }
    if (rc != 0)
        outcome = "error";
    if (store_end_attempt(q->store, s->attempt, execute_unix_ns(), outcome, rc ? NULL : e) !=
            0 &&
        rc == 0)
        rc = ERR_IO;
    if (!q->keep_dir)
        paths_remove_tree(s->job.work_dir, NULL);
    free(result);
    return rc;
}

static int execute_begin(struct execute *x, struct execute_slot *s,
                         const struct schedule_boot *b, struct err *e)
{
    const struct execute_request *q = x->request;
    int rc;

    s->job = (struct boot_job){.campaign = q->campaign, .boot = *b};
    snprintf(s->job.work_dir, sizeof(s->job.work_dir), "%.*s/%u",
             (int)sizeof(s->job.work_dir) - 16, x->work_dir, b->plan_index);
    rc = execute_platform_facts(x, b->platform, e);
    if (rc == 0)
        rc = paths_remove_tree(s->job.work_dir, e);
    if (rc == 0)
        rc = paths_make_dirs(s->job.work_dir, e);
    if (rc == 0)
        rc = store_begin_attempt(q->store, x->campaign, b->plan_index, execute_unix_ns(),
                                 &s->attempt, e);
    s->started_ms = progress_now_ms();
    return rc == 0 ? boot_start(&s->job, &s->pid, e) : rc;
}

/* Start the next boot that is not in the store. 1 started or dealt with, 0 none left. */
static int execute_next(struct execute *x, struct execute_slot *s, struct err *e)
{
    const struct execute_request *q = x->request;

    while (x->next < schedule_count(q->campaign)) {
        struct schedule_boot b = schedule_get(q->campaign, x->next++);
        struct ingest_boot in = execute_describe_boot(x, &b);
        int rc = store_has_boot(q->store, x->campaign, b.plan_index, e);

        if (rc < 0)
            return rc;
        if (rc == 1)
            continue;
        in.skip_reason =
            q->campaign->platform[b.platform].platform->unavailable(q->campaign->bench);
        rc = in.skip_reason ? execute_store_boot(x, &b, &in, "", 0.0, e)
                            : execute_begin(x, s, &b, e);
        return rc == 0 ? 1 : rc;
    }
    return 0;
}

static void execute_abandon(struct execute *x, const char *outcome)
{
    for (unsigned i = 0; i < x->request->jobs; i++) {
        struct execute_slot *s = &x->slot[i];

        if (!s->pid)
            continue;
        process_stop(s->pid, 0);
        s->pid = 0;
        store_end_attempt(x->request->store, s->attempt, execute_unix_ns(), outcome, NULL);
        paths_remove_tree(s->job.work_dir, NULL);
    }
}

static int execute_turn(struct execute *x, int *busy, struct err *e)
{
    *busy = 0;
    for (unsigned i = 0; i < x->request->jobs; i++) {
        struct execute_slot *s = &x->slot[i];
        int status, rc;

        if (s->pid) {
            rc = process_wait(s->pid, 0, &status, e);
            if (rc < 0)
                return rc;
            if (rc == 1)
                rc = execute_finish(x, s, status, e);
            if (rc != 0)
                return rc;
        }
        if (!s->pid) {
            rc = execute_next(x, s, e);
            if (rc < 0)
                return rc;
            *busy |= rc;
        }
        *busy |= s->pid != 0;
    }
    return 0;
}

static int execute_loop(struct execute *x, struct err *e)
{
    const struct execute_request *q = x->request;
    struct timespec nap = {0, EXECUTE_TICK_MS * 1000000L};
    int busy = 1, rc = 0;
    unsigned turn = 0;

    while (rc == 0 && busy) {
        if (q->stop && *q->stop) {
            execute_abandon(x, "interrupted");
            return err_set(e, ERR_INTERRUPTED,
                           "interrupted; what is finished is stored, go on with --resume");
        }
        rc = execute_turn(x, &busy, e);
        if (rc == 0 && busy) {
            if (q->tick && turn++ % 5 == 0)
                q->tick(q->opaque, &x->progress);
            nanosleep(&nap, NULL);
        }
    }
    if (rc != 0)
        execute_abandon(x, "error");
    return rc;
}

static int execute_count_stored(struct execute *x, struct err *e)
{
    size_t total = schedule_count(x->request->campaign), stored = 0;

    for (size_t i = 0; i < total; i++) {
        int rc = store_has_boot(x->request->store, x->campaign, (uint32_t)i, e);

        if (rc < 0)
            return rc;
        stored += (size_t)rc;
    }
    progress_begin(&x->progress, total, stored, progress_now_ms());
    return 0;
}

static int execute_prepare_work(struct execute *x, struct err *e)
{
    const struct execute_request *q = x->request;
    int rc = 0;

    for (size_t i = 0; q->keep_dir && i < q->campaign->platforms; i++) {
        const struct campaign_platform *p = &q->campaign->platform[i];

        if (platform_option_value(p->options, p->option_count, "seal", NULL))
            return err_set(
                e, ERR_USAGE,
                "--keep would leave the truth of sealed boots lying about: leave it "
                "out, or the option seal");
    }
    if (q->keep_dir) {
        snprintf(x->work_dir, sizeof(x->work_dir), "%s", q->keep_dir);
    } else {
        snprintf(x->work_dir, sizeof(x->work_dir), "%s.work", q->db_path);
        rc = paths_remove_tree(x->work_dir, e); /* left by a runner that was killed */
    }
    return rc == 0 ? paths_make_dirs(x->work_dir, e) : rc;
}

int execute_campaign(const struct execute_request *request, enum verdict *worst, struct err *e)
{
    struct execute x = {.request = request, .lock_fd = -1};
    int rc;

    x.slot = calloc(request->jobs, sizeof(*x.slot));
    if (!x.slot)
        return err_set(e, ERR_IO, "out of memory");
    rc = lock_database(request->db_path, &x.lock_fd, e);
    if (rc == 0)
        rc = execute_open_campaign(&x, e);
    if (rc == 0)
        rc = execute_count_stored(&x, e);
    if (rc == 0)
        rc = execute_prepare_work(&x, e);
    if (rc == 0) {
        rc = execute_loop(&x, e);
        if (!request->keep_dir)
            paths_remove_tree(x.work_dir, NULL);
    }
    if (x.lock_fd >= 0)
        close(x.lock_fd);
    free(x.slot);
    *worst = x.worst;
    return rc;
}
