/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/accounts.h - what the exits cost, in the page the guest reads
 * (vmm/abi.h, struct vmm_accounts).
 *
 * The exit path of a backend writes the page itself, in assembly; this module sets it up and
 * books the one exit from which no entry follows. A tick count is the hypervisor's TSC from
 * right after the exit to right before the registers are given back: the VMRUN/#VMEXIT pair,
 * the restoring of the registers and the booking itself lie outside it and are seen only by
 * an external clock. tsc_min stays all ones until the first stamped exit of its cause; the
 * fast hypercall path counts and does not stamp.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_ACCOUNTS_H
#define ETALON_HV_UNDER_TEST_VMM_ACCOUNTS_H

/* Offsets in struct vmm_accounts for the assembler; checked in accounts.c. */
#define ACCOUNTS_TOTAL 8
#define ACCOUNTS_COUNT 16
#define ACCOUNTS_TICKS (16 + 32 * 8)
#define ACCOUNTS_MIN (16 + 2 * 32 * 8)
#define ACCOUNTS_MAX (16 + 3 * 32 * 8)

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"

/* Fills its page: nothing else of the hypervisor is shown to the guest. Physical = virtual. */
union accounts_page {
    struct vmm_accounts a;
    uint8_t page[4096];
};

extern union accounts_page accounts_page;

void accounts_start(void);
/* Book an exit that will not be followed by an entry. */
void accounts_close(enum vmm_cause cause, uint64_t ticks);

#endif
#endif
