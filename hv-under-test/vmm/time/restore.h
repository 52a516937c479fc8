/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/time/restore.h - lie=restore: the guest is saved at one of its checkpoints
 * (VMM_HYPERCALL_CHECKPOINT of abi.h) and put back at later ones, its clock hidden or told of it;
 * each restore is an entry of the ledger. docs/techniques/snapshot.md tells the whole.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_TIME_RESTORE_H
#define ETALON_HV_UNDER_TEST_VMM_TIME_RESTORE_H

#include <stdint.h>

struct vcpu;
struct vmm_config;

/* Does the configuration ask for it? Then a copy of the guest's memory needs a place, and
 * checkpoints must have all of the guest's registers (snapshot.h). */
int restore_is_asked(const struct vmm_config *c);
/* Times are counted from `now` (hypervisor's TSC). Does nothing where it is not asked for. */
void restore_start(const struct vmm_config *c, uint64_t now);
/* The hypercall, from ring 0: its result. */
uint64_t restore_checkpoint(struct vcpu *v);
/* At the end: NULL, or why nothing came of it. */
const char *restore_missing(void);

#endif
