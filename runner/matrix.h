/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/matrix.h - the list of workloads of a campaign file, expanded into single runs.
 *
 * A parameter given as an array stands for one run per element; several arrays give every
 * combination, the last one written turning fastest.
 */
#ifndef ETALON_RUNNER_MATRIX_H
#define ETALON_RUNNER_MATRIX_H

#include <libconfig.h>
#include <stddef.h>

#include "base/err.h"
#include "runner/programs.h"

/* Programs of the workload exec go into *programs (to be freed also after an error).
 * *plan_text: "workload,key=value,iters=N/…" (hv-under-test/target/plan.h), malloc'ed. */
int matrix_expand(const config_setting_t *list, struct programs *programs, char **plan_text,
                  size_t *runs, struct err *e);

#endif
