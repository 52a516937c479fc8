/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/score.h - the score a guest-timed benchmark would have shown.
 *
 * run->figure[0] becomes guest_score_milli = 1000 × work × iterations / normalisation per
 * second of run->guest_ns_total, rounded down; absent if the guest's clock did not advance
 * (a score would be infinite) or the result does not fit 64 bits.
 */
#ifndef ETALON_WORKLOADS_SCORE_H
#define ETALON_WORKLOADS_SCORE_H

#include <stdint.h>

#include "workloads/workload.h"

void score_guest(struct workload_run *run, uint64_t work, uint64_t normalisation);

#endif
