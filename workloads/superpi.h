/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/superpi.h - the digits behind superpi's digest, for whoever compares them with
 * another source of pi (tests/unit/test_workload_pi.c).
 */
#ifndef ETALON_WORKLOADS_SUPERPI_H
#define ETALON_WORKLOADS_SUPERPI_H

#include <stddef.h>
#include <stdint.h>

#include "workloads/workload.h"

#define SUPERPI_MIN_LOG2 4u
#define SUPERPI_MAX_LOG2 20u

/* `count` ASCII digits from the one numbered `first` (0 follows the point), after run(); no
 * terminator. first + count must not pass 2^log2_digits. */
void superpi_digits(const struct workload_run *run, uint64_t first, char *out, size_t count);

/* CRC-32C of all 2^log2_digits ASCII digits. */
uint32_t superpi_known_crc(unsigned log2_digits);

#endif
