/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/boot.h - one boot in a process of its own: prepare, power on, hear, power off.
 *
 * The child writes BOOT_OUTCOME_FILE as its very last act, so that a child that died (or was
 * killed) is told apart from one that reports a failed boot.
 */
#ifndef ETALON_RUNNER_BOOT_H
#define ETALON_RUNNER_BOOT_H

#include <sys/types.h>

#include "base/err.h"
#include "bench/bench.h"
#include "runner/campaign.h"
#include "runner/schedule.h"

#define BOOT_OUTCOME_FILE "outcome.txt"

struct boot_job {
    const struct campaign *campaign;
    struct schedule_boot boot;
    char work_dir[PLATFORM_PATH_BYTES]; /* exists, empty, ours */
};

struct boot_result {
    struct bench_outcome outcome;
    int second_console; /* of the machine_spec: the hypervisor under test reports there */
};

/* What the platform of this boot is asked for; pointers into *c. */
struct platform_boot boot_request(const struct campaign *c, const struct schedule_boot *boot);

/* Run the boot in this process; files and the outcome file end up in work_dir. */
int boot_run(const struct boot_job *job, struct boot_result *result, struct err *e);

/* The same in a child. *job must live until boot_collect(). */
int boot_start(const struct boot_job *job, pid_t *pid, struct err *e);

/* After the child ended with wait status `status`: read its outcome; a child without one is
 * BENCH_END_PROBE with the reason. ERR_* is returned only for what makes going on senseless
 * (ERR_UNAVAILABLE, ERR_USAGE: the next boot would fail alike). */
int boot_collect(const struct boot_job *job, int status, struct boot_result *result,
                 struct err *e);

/* The nonce of ARM: a stray timer, or one left armed by another campaign, is noticed. */
uint64_t boot_nonce(const struct campaign *c, uint32_t plan_index);

#endif
