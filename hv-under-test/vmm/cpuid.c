/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/cpuid.c - CPUID as the guest sees it (vmm/cpuid.h). Bits: APM vol. 3
 * appendix E.
 */
#include "hv-under-test/vmm/cpuid.h"

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/guest.h"

#define ALL 0xffffffffu
#define HYPERVISOR_PRESENT (1u << 31)

/* Leaf 1. ECX: SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES. EDX: FPU DE PSE TSC MSR
 * PAE CX8 SEP PGE CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2. */
#define LEAF1_ECX                                                                             \
    (1u | 1u << 1 | 1u << 9 | 1u << 13 | 3u << 19 | 1u << 22 | 1u << 23 | 1u << 25)
#define LEAF1_EDX                                                                             \
    (1u | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8 | 1u << 11 | 1u << 13 |   \
     1u << 15 | 1u << 16 | 1u << 17 | 1u << 19 | 1u << 23 | 1u << 24 | 1u << 25 | 1u << 26)
/* Leaf 0x80000001. ECX: LAHF CR8 LZCNT SSE4a PREFETCHW. EDX: the copies of leaf 1, SYSCALL NX
 * MMXEXT FFXSR PDPE1GB LM. */
#define LEAFX1_ECX (1u | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8)
#define LEAFX1_EDX                                                                            \
    (1u | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8 | 1u << 11 | 1u << 13 |   \
     1u << 15 | 1u << 16 | 1u << 17 | 1u << 20 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25 |  \
     1u << 26 | 1u << 29)

#define FEATURES_EXTENDED 0x80000001u
#define LEAFX1_ECX_CORE_COUNTERS (1u << 23)

struct leaf {
    uint32_t number;
    struct x86_cpuid mask, set;
};

static struct leaf leaves[] = {
    {0x00000000u, {ALL, ALL, ALL, ALL}, {0}},
    {0x00000001u, {ALL, 0x0000ff00u, LEAF1_ECX, LEAF1_EDX}, {.ecx = HYPERVISOR_PRESENT}},
    {0x00000002u, {ALL, ALL, ALL, ALL}, {0}},
    {0x00000004u, {ALL, ALL, ALL, ALL}, {0}},
    {0x00000015u, {ALL, ALL, ALL, 0}, {0}},
    {0x00000016u, {ALL, ALL, ALL, 0}, {0}},
    /* "EtalonEtalon" */
    {VMM_CPUID_BASE, {0}, {VMM_CPUID_BASE + 2, 0x6c617445u, 0x74456e6fu, 0x6e6f6c61u}},
    {VMM_CPUID_BASE + 1, {0}, {VMM_ABI_VERSION, GUEST_ACCOUNTS_PAGE, 0, 0}},
    {VMM_CPUID_BASE + 2, {0}, {GUEST_REGISTER_PAGE, 0, 0, 0}},
    {0x80000000u, {ALL, ALL, ALL, ALL}, {0}},
    {FEATURES_EXTENDED, {ALL, 0, LEAFX1_ECX, LEAFX1_EDX}, {0}},
    {0x80000002u, {ALL, ALL, ALL, ALL}, {0}},
    {0x80000003u, {ALL, ALL, ALL, ALL}, {0}},
    {0x80000004u, {ALL, ALL, ALL, ALL}, {0}},
    {0x80000005u, {ALL, ALL, ALL, ALL}, {0}},
    {0x80000006u, {ALL, ALL, ALL, ALL}, {0}},
    {0x80000007u, {0, 0, 0, 1u << 8}, {0}}, /* invariant TSC */
    {0x80000008u, {ALL, 0, 0, 0}, {0}},     /* address widths */
};

void cpuid_show_counters(void)
{
    for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        if (leaves[i].number == FEATURES_EXTENDED)
            leaves[i].mask.ecx |= LEAFX1_ECX_CORE_COUNTERS;
}

struct x86_cpuid cpuid_for_guest(uint32_t leaf, struct x86_cpuid host)
{
    for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        const struct leaf *l = &leaves[i];

        if (l->number == leaf)
            return (struct x86_cpuid){
                (host.eax & l->mask.eax) | l->set.eax, (host.ebx & l->mask.ebx) | l->set.ebx,
                (host.ecx & l->mask.ecx) | l->set.ecx, (host.edx & l->mask.edx) | l->set.edx};
    }
    return (struct x86_cpuid){0};
}
