/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collector/msr/pmu_private.h - between pmu.c, counter.c and prove.c. */
#ifndef ETALON_COLLECTOR_MSR_PMU_PRIVATE_H
#define ETALON_COLLECTOR_MSR_PMU_PRIVATE_H

#include "collector/msr/pmu.h"

/* --- counter.c: one counter; each 0, or -1 with a sentence --- */

/* Off, with `count` in it, and event and scope set; both registers are read back. `count` fits
 * the width, and is below 2^31 or less than 2^31 from the overflow: what a 32-bit write with
 * sign extension can say. */
int counter_program(const struct pmu *p, const struct pmu_counter *c, uint64_t count,
                    char *reason);
int counter_run(const struct pmu *p, const struct pmu_counter *c, char *reason);
int counter_stop(const struct pmu *p, const struct pmu_counter *c, char *reason);
/* As the register shows it; bits above the width are an error. */
int counter_read(const struct pmu *p, const struct pmu_counter *c, uint64_t *count,
                 char *reason);
/* Off, select register 0. Faults are no matter: it may be why it is released. */
void counter_release(const struct pmu *p, const struct pmu_counter *c);

/* --- prove.c --- */

/* Does the counter count what it should? 0, or -1 with a sentence. Uses the access's loop;
 * the counter is stopped afterwards and programmed for its event from 0. */
int counter_prove(const struct pmu *p, struct pmu_counter *c, char *reason);

/* --- pmu.c --- */

const char *msr_event_name(enum msr_event event);
/* Code of an event here; NULL with a sentence. */
const struct msr_event_code *pmu_event_code(const struct pmu *p, enum msr_event event,
                                            char *reason);
/* The select register's value for a code on a general counter. */
uint64_t pmu_select(const struct pmu *p, uint64_t code, enum pmu_scope scope);

#endif
