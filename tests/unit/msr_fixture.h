/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/msr_fixture.h - counters by their registers (collector/msr) on a model of the
 * registers (msr_model.h): detect() must succeed, `reason` is what a refusal said.
 */
#ifndef ETALON_TESTS_MSR_FIXTURE_H
#define ETALON_TESTS_MSR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/msr/pmu.h"
#include "tests/unit/msr_model.h"

static char reason[PMU_REASON_BYTES];

static void assert_says(const char *text)
{
    if (!strstr(reason, text))
        fail_msg("\"%s\" does not say \"%s\"", reason, text);
}

static struct pmu detect(struct model *m, struct msr_access *access)
{
    struct pmu p;

    *access = model_access(m);
    if (pmu_detect(&p, access, reason))
        fail_msg("not detected: %s", reason);
    return p;
}

#endif
