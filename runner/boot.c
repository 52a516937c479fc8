/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/boot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/process.h"

int boot_run(const struct boot_job *job, struct bench_outcome *outcome, struct err *e)
{
    const struct campaign *c = job->campaign;
    const struct campaign_platform *p = &c->platform[job->boot.platform];
    const struct platform_boot request = {
        .bench = c->bench,
        .plan_index = job->boot.plan_index,
        .seed = job->boot.seed,
        .plan_text = c->plan_text,
        .collectors = c->collectors,
        .gap_spins = c->bench->gap_spins,
        .tsc_hz = c->bench->tsc_hz,
        .memory_mb = p->memory_mb,
        .options = p->options,
        .option_count = p->option_count,
    };
    struct machine_spec *machine = calloc(1, sizeof(*machine));
    struct bench_boot boot = {
        .machine = machine,
        .work_dir = job->work_dir,
        .nonce = hash_short(c->hash) ^ job->boot.plan_index,
        .seed = job->boot.seed,
        .limit_ns = c->limit_ns,
        .host_limit_s = c->host_limit_s,
    };
    int rc;

    if (!machine)
        return err_set(e, ERR_IO, "out of memory");
    rc = p->platform->prepare(&request, p->variant, machine, e);
    if (rc == 0)
        rc = c->bench->boot(&boot, outcome, e);
    free(machine);
    return rc;
}

static int boot_write_outcome(const struct boot_job *job, int rc,
                              const struct bench_outcome *outcome, const struct err *e)
{
    char path[PLATFORM_PATH_BYTES + 32], text[2048];
    int n;

    snprintf(path, sizeof(path), "%s/%s", job->work_dir, BOOT_OUTCOME_FILE);
    n = snprintf(text, sizeof(text),
                 "code %d\nend %d\nmachine_time_ns %" PRIu64 "\nreason %s\n", rc,
                 (int)outcome->end, outcome->machine_time_ns, rc ? e->text : outcome->reason);
    return file_write(path, text, (size_t)n, NULL);
}

static int boot_child(void *arg)
{
    const struct boot_job *job = arg;
    struct bench_outcome outcome = {0};
    struct err e = {0};
    int rc = boot_run(job, &outcome, &e);

    return boot_write_outcome(job, rc, &outcome, &e) == 0 ? 0 : 1;
}

int boot_start(const struct boot_job *job, pid_t *pid, struct err *e)
{
    return process_fork(boot_child, (void *)job, pid, e);
}

int boot_collect(const struct boot_job *job, int status, struct bench_outcome *outcome,
                 struct err *e)
{
    char path[PLATFORM_PATH_BYTES + 32], *text = NULL, *reason;
    size_t size;
    int code, end;

    memset(outcome, 0, sizeof(*outcome));
    outcome->end = BENCH_END_PROBE;
    snprintf(path, sizeof(path), "%s/%s", job->work_dir, BOOT_OUTCOME_FILE);
    if (file_read(path, &text, &size, NULL) != 0) {
        if (WIFSIGNALED(status))
            snprintf(outcome->reason, sizeof(outcome->reason),
                     "the boot's own process was ended by signal %d", WTERMSIG(status));
        else
            snprintf(outcome->reason, sizeof(outcome->reason),
                     "the boot's own process ended with status %d and left no outcome",
                     WEXITSTATUS(status));
        return 0;
    }
    reason = strstr(text, "reason ");
    if (!reason || sscanf(text, "code %d\nend %d\nmachine_time_ns %" SCNu64, &code, &end,
                          &outcome->machine_time_ns) != 3) {
        free(text);
        return err_set(e, ERR_BUG, "%s is damaged", path);
    }
    reason += strlen("reason ");
    if (*reason && reason[strlen(reason) - 1] == '\n')
        reason[strlen(reason) - 1] = '\0';
    snprintf(outcome->reason, sizeof(outcome->reason), "%s", reason);
    if (code == 0)
        outcome->end = (enum bench_end)end;
    else if (code == ERR_UNAVAILABLE || code == ERR_USAGE)
        err_set(e, code, "%s", reason);
    free(text);
    return code == ERR_UNAVAILABLE || code == ERR_USAGE ? code : 0;
}
