/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/programs.h - programs of the user's own, which the workload exec runs:
 * exec = [ "/path/of/program", "argument", … ].
 *
 * A plan carries only a program's number: its words have an alphabet that arguments have not,
 * and too little room. The arguments travel in the image (hv-under-test/linux_image.h).
 */
#ifndef ETALON_RUNNER_PROGRAMS_H
#define ETALON_RUNNER_PROGRAMS_H

#include <libconfig.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "hv-under-test/platform.h"
#include "workloads/linux_only.h"

struct programs {
    struct platform_program program[EXEC_MAX_PROGRAMS]; /* path and argv are owned */
    size_t count;
};

/* Check the setting and the file it names; the same line again has the same number. */
int programs_add(const config_setting_t *exec, struct programs *p, unsigned *number,
                 struct err *e);
void programs_free(struct programs *p);

/* One program as text: its arguments in double quotes, with backslashes where needed. */
void programs_write(const struct platform_program *p, FILE *f);

/* "exec.N" with the line and "exec.N.sha256" of each into the sink. */
int programs_describe(const struct programs *p, const struct platform_fact_sink *sink,
                      struct err *e);

#endif
