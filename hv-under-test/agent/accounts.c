/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/accounts.c - the exits that the in-tree hypervisor counts, in the page it
 * shows its guest (vmm/abi.h): read without an exit.
 */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/vmm/abi.h"

static const volatile struct vmm_accounts *accounts;

const char *accounts_open(void)
{
    unsigned version, low, high, edx;
    const volatile void *page;
    const char *reason;

    if (strcmp(facts_hypervisor(), VMM_SIGNATURE) != 0)
        return NULL;
    __cpuid(VMM_CPUID_BASE + 1, version, low, high, edx);
    if (version != VMM_ABI_VERSION)
        return "the hypervisor speaks another version of its ABI than this agent";
    reason = card_map_page((uint64_t)high << 32 | low, &page);
    if (reason)
        return reason;
    accounts = page;
    if (accounts->abi_version != VMM_ABI_VERSION)
        return "the hypervisor's accounts page is not where it says";
    return NULL;
}

int accounts_found(void)
{
    return accounts != NULL;
}

uint64_t accounts_exits(void)
{
    return accounts->exits_total;
}

uint64_t accounts_yield_call(void)
{
    return accounts->neighbours_yield ? VMM_HYPERCALL_YIELD : 0;
}

void accounts_describe(struct record_writer *w)
{
    static const char *const names[] = VMM_CAUSE_NAMES;
    uint64_t total, count[VMM_CAUSE_COUNT];
    char key[64];

    /* A tick in the midst of it is an exit, too. */
    do {
        total = accounts->exits_total;
        for (unsigned i = 0; i < VMM_CAUSE_COUNT; i++)
            count[i] = accounts->count[i];
    } while (total != accounts->exits_total);
    record_u64(w, "boot_exits", total);
    for (unsigned i = 0; i < VMM_CAUSE_COUNT; i++) {
        snprintf(key, sizeof(key), "boot_exits.%s", names[i]);
        if (count[i])
            record_u64(w, key, count[i]);
    }
}
