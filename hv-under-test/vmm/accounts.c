/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/accounts.c - the accounts page (vmm/accounts.h). */
#include "hv-under-test/vmm/accounts.h"

#include <stddef.h>

_Static_assert(sizeof(union accounts_page) == 4096, "one page");
_Static_assert(offsetof(struct vmm_accounts, exits_total) == ACCOUNTS_TOTAL, "accounts.h");
_Static_assert(offsetof(struct vmm_accounts, count) == ACCOUNTS_COUNT, "accounts.h");
_Static_assert(offsetof(struct vmm_accounts, tsc_in_vmm) == ACCOUNTS_TICKS, "accounts.h");
_Static_assert(offsetof(struct vmm_accounts, tsc_min) == ACCOUNTS_MIN, "accounts.h");
_Static_assert(offsetof(struct vmm_accounts, tsc_max) == ACCOUNTS_MAX, "accounts.h");
_Static_assert(VMM_CAUSE_COUNT <= 32, "accounts page has room for 32 causes");

union accounts_page accounts_page __attribute__((aligned(4096)));

void accounts_start(void)
{
    accounts_page.a.abi_version = VMM_ABI_VERSION;
    accounts_page.a.causes = VMM_CAUSE_COUNT;
    for (unsigned i = 0; i < 32; i++)
        accounts_page.a.tsc_min[i] = UINT64_MAX;
}

void accounts_close(enum vmm_cause cause, uint64_t ticks)
{
    struct vmm_accounts *a = &accounts_page.a;

    a->exits_total++;
    a->count[cause]++;
    a->tsc_in_vmm[cause] += ticks;
    if (ticks < a->tsc_min[cause])
        a->tsc_min[cause] = ticks;
    if (ticks > a->tsc_max[cause])
        a->tsc_max[cause] = ticks;
}
