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

/* Leaf 7. EBX: FSGSBASE BMI1 SMEP BMI2 ERMS INVPCID RDSEED ADX SMAP CLFLUSHOPT CLWB SHA. ECX:
 * UMIP LA57. EDX: FSRM. */
#define LEAF7_EBX                                                                             \
    (1u | 1u << 3 | 1u << 7 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 18 | 1u << 19 | 1u << 20 | \
     1u << 23 | 1u << 24 | 1u << 29)
#define LEAF7_ECX (1u << 2 | 1u << 16)
#define LEAF7_EDX (1u << 4)
#define LEAF7_EBX_INVPCID (1u << 10)
#define LEAF7_EBX_FSGSBASE_SMEP_SMAP (1u | 1u << 7 | 1u << 20)
#define LEAF7_ECX_UMIP (1u << 2)
#define LEAF7_ECX_LA57 (1u << 16)

/* With XSAVE. Leaf 1 ECX: FMA XSAVE AVX F16C; OSXSAVE repeats the guest's CR4. Leaf 7 EBX: AVX2.
 * Leaf 0xd subleaf 1 EAX: XSAVEOPT XSAVEC XGETBV1. */
#define LEAF1_ECX_XSAVE (1u << 12 | 1u << 26 | 1u << 28 | 1u << 29)
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF7_EBX_XSAVE (1u << 5)
#define LEAFD_FORMS 0x7u
#define STATES 0x7u /* x87, SSE, AVX */
#define STATE_X87 0x1u
#define STATE_SSE 0x2u
#define STATE_AVX 0x4u
#define AVX_AREA_END 832u      /* the standard format has AVX's 256 bytes behind them */
#define LEGACY_AREA_BYTES 576u /* x87 and SSE with the header, APM vol. 2 section 11.5.2 */

#define FEATURES 1u
#define STRUCTURED 7u
#define FEATURES_EXTENDED 0x80000001u
#define LEAFX1_ECX_CORE_COUNTERS (1u << 23)

struct leaf {
    uint32_t number;
    struct x86_cpuid mask, set;
};

static struct leaf leaves[] = {
    {0x00000000u, {ALL, ALL, ALL, ALL}, {0}},
    {FEATURES, {ALL, 0x0000ff00u, LEAF1_ECX, LEAF1_EDX}, {.ecx = HYPERVISOR_PRESENT}},
    {0x00000002u, {ALL, ALL, ALL, ALL}, {0}},
    {0x00000004u, {ALL, ALL, ALL, ALL}, {0}},
    {STRUCTURED, {0, LEAF7_EBX, LEAF7_ECX, LEAF7_EDX}, {0}}, /* subleaf 0 */
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

static int xsave;

static struct leaf *find(uint32_t number)
{
    for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        if (leaves[i].number == number)
            return &leaves[i];
    return 0;
}

void cpuid_show_counters(void)
{
    find(FEATURES_EXTENDED)->mask.ecx |= LEAFX1_ECX_CORE_COUNTERS;
}

void cpuid_show_xsave(void)
{
    xsave = 1;
    find(FEATURES)->mask.ecx |= LEAF1_ECX_XSAVE | LEAF1_ECX_OSXSAVE;
    find(STRUCTURED)->mask.ebx |= LEAF7_EBX_XSAVE;
}

void cpuid_hide_for_shadow(void)
{
    find(STRUCTURED)->mask.ebx &= ~LEAF7_EBX_INVPCID;
    find(STRUCTURED)->mask.ecx &= ~LEAF7_ECX_LA57;
}

void cpuid_hide_for_ring3(void)
{
    cpuid_hide_for_shadow();
    find(STRUCTURED)->mask.ebx &= ~LEAF7_EBX_FSGSBASE_SMEP_SMAP;
    find(STRUCTURED)->mask.ecx &= ~LEAF7_ECX_UMIP;
}

int cpuid_allows_states(uint64_t value, uint64_t host_states)
{
    if (value & ~(STATES & host_states) || !(value & STATE_X87))
        return 0;
    return !(value & STATE_AVX) || (value & STATE_SSE);
}

/* Sizes and offsets are the processor's for the states shown; its answer for the enabled ones
 * (subleaf 0, EBX) is right, for XCR0 is the guest's all the time. */
static struct x86_cpuid xsave_leaf(uint32_t subleaf, struct x86_cpuid host)
{
    switch (subleaf) {
    case 0:
        return (struct x86_cpuid){host.eax & STATES, host.ebx,
                                  host.eax & STATE_AVX ? AVX_AREA_END : LEGACY_AREA_BYTES, 0};
    case 1:
        return (struct x86_cpuid){host.eax & LEAFD_FORMS, 0, 0, 0};
    case 2:
        return host;
    default:
        return (struct x86_cpuid){0};
    }
}

struct x86_cpuid cpuid_for_guest(uint32_t leaf, uint32_t subleaf, uint64_t cr4,
                                 struct x86_cpuid host)
{
    const struct leaf *l;

    if (leaf == CPUID_XSAVE_STATES && xsave)
        return xsave_leaf(subleaf, host);
    if (leaf == STRUCTURED && subleaf)
        return (struct x86_cpuid){0};
    if (leaf == FEATURES) {
        host.ecx &= ~LEAF1_ECX_OSXSAVE;
        if (xsave && (cr4 & X86_CR4_OSXSAVE))
            host.ecx |= LEAF1_ECX_OSXSAVE; /* passes the mask below */
    }
    l = find(leaf);
    if (!l)
        return (struct x86_cpuid){0};
    return (struct x86_cpuid){
        (host.eax & l->mask.eax) | l->set.eax, (host.ebx & l->mask.ebx) | l->set.ebx,
        (host.ecx & l->mask.ecx) | l->set.ecx, (host.edx & l->mask.edx) | l->set.edx};
}
