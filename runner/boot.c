/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/boot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/process.h"

uint64_t boot_nonce(const struct campaign *c, uint32_t plan_index)
{
    return hash_short(c->hash) ^ plan_index;
}

struct platform_boot boot_request(const struct campaign *c, const struct schedule_boot *boot)
{
    const struct campaign_platform *p = &c->platform[boot->platform];

    return (struct platform_boot){
        .bench = c->bench,
        .plan_index = boot->plan_index,
        .seed = boot->seed,
        .plan_text = c->plan_text,
        .collectors = c->collectors,
        .gap_spins = c->bench->gap_spins,
        .tsc_hz = c->bench->tsc_hz,
        .tolerance = c->bench->tolerance ? c->bench->tolerance : p->platform->tolerance,
        .limit_ns = p->limit_ns,
        .memory_mb = p->memory_mb,
        .options = p->options,
        .option_count = p->option_count,
        .programs = c->programs.program,
        .program_count = c->programs.count,
    };
}

int boot_run(const struct boot_job *job, struct boot_result *result, struct err *e)
{
    const struct campaign *c = job->campaign;
    const struct campaign_platform *p = &c->platform[job->boot.platform];
    const struct platform_boot request = boot_request(c, &job->boot);
    struct machine_spec *machine = calloc(1, sizeof(*machine));
    struct bench_boot boot = {
        .machine = machine,
        .work_dir = job->work_dir,
        .plan_index = job->boot.plan_index,
        .nonce = boot_nonce(c, job->boot.plan_index),
        .seed = job->boot.seed,
        .plan_text = c->bench->card_tells_plan ? c->plan_text : NULL,
        .limit_ns = p->limit_ns,
        .next_rip = p->next_rip,
        .timer = c->timer,
        .host_limit_s = c->host_limit_s,
    };
    int rc;

    if (!machine)
        return err_set(e, ERR_IO, "out of memory");
    rc = p->platform->prepare(&request, p->variant, machine, e);
    result->second_console = machine->second_console;
    if (rc == 0)
        rc = c->bench->boot(&boot, &result->outcome, e);
    free(machine);
    return rc;
}

static int boot_write_outcome(const struct boot_job *job, int rc,
                              const struct boot_result *result, const struct err *e)
{
    char path[PLATFORM_PATH_BYTES + 32], text[2048];
    int n;

    snprintf(path, sizeof(path), "%s/%s", job->work_dir, BOOT_OUTCOME_FILE);
    n = snprintf(text, sizeof(text),
                 "code %d\nend %d\nmachine_time_ns %" PRIu64
                 "\nsecond_console %d\nreason %s\n",
                 rc, (int)result->outcome.end, result->outcome.machine_time_ns,
                 result->second_console, rc ? e->text : result->outcome.reason);
    return file_write(path, text, (size_t)n, NULL);
}

static int boot_child(void *arg)
{
    const struct boot_job *job = arg;
    struct boot_result result = {0};
    struct err e = {0};
    int rc = boot_run(job, &result, &e);

    return boot_write_outcome(job, rc, &result, &e) == 0 ? 0 : 1;
}

int boot_start(const struct boot_job *job, pid_t *pid, struct err *e)
{
    return process_fork(boot_child, (void *)job, pid, e);
}

/* A child without an outcome: it was killed, or crashed. */
static void boot_explain_death(int status, struct bench_outcome *outcome)
{
    outcome->end = BENCH_END_PROBE;
    if (WIFSIGNALED(status))
        snprintf(outcome->reason, sizeof(outcome->reason),
                 "the boot's own process was ended by signal %d", WTERMSIG(status));
    else
        snprintf(outcome->reason, sizeof(outcome->reason),
                 "the boot's own process ended with status %d and left no outcome",
                 WEXITSTATUS(status));
}

int boot_collect(const struct boot_job *job, int status, struct boot_result *result,
                 struct err *e)
{
    struct bench_outcome *outcome = &result->outcome;
    char path[PLATFORM_PATH_BYTES + 32], *text = NULL, *reason;
    int code = 0, end = 0;
    size_t size;

    memset(result, 0, sizeof(*result));
    snprintf(path, sizeof(path), "%s/%s", job->work_dir, BOOT_OUTCOME_FILE);
    if (file_read(path, &text, &size, NULL) != 0) {
        boot_explain_death(status, outcome);
        return 0;
    }
    reason = strstr(text, "\nreason ");
    if (!reason ||
        sscanf(text, "code %d\nend %d\nmachine_time_ns %" SCNu64 "\nsecond_console %d", &code,
               &end, &outcome->machine_time_ns, &result->second_console) != 4) {
        free(text);
        return err_set(e, ERR_BUG, "%s is damaged", path);
    }
    reason += strlen("\nreason ");
    reason[strcspn(reason, "\n")] = '\0';
    snprintf(outcome->reason, sizeof(outcome->reason), "%s", reason);
    outcome->end = code == 0 ? (enum bench_end)end : BENCH_END_PROBE;
    if (code == ERR_UNAVAILABLE || code == ERR_USAGE)
        err_set(e, code, "%s", reason);
    free(text);
    return code == ERR_UNAVAILABLE || code == ERR_USAGE ? code : 0;
}
