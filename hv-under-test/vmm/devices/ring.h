/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/ring.h - io=ring: the guest's output by shared memory (struct
 * vmm_ring of abi.h), served when it kicks. docs/techniques/ring.md tells the whole.
 *
 * Nothing in the page is believed. The count of what is posted is read once for each kick, and a
 * slot once as a whole, before it is looked at; how far the hypervisor is, it keeps for itself.
 * The bytes that a slot names must lie in the guest's RAM, all of them; each is read once.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DEVICES_RING_H
#define ETALON_HV_UNDER_TEST_VMM_DEVICES_RING_H

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"

/* Fills its page: nothing else of the hypervisor is shown to the guest. Physical = virtual. */
union ring_page {
    struct vmm_ring ring;
    uint8_t page[4096];
};

extern union ring_page ring_page;

/* From now on there is one; before the guest starts. */
void ring_start(void);
/* The hypercall: all that is posted is served. 0; or UINT64_MAX: there is no ring, or more is
 * posted than it holds, after which it is broken for good. */
uint64_t ring_kick(void);

#endif
