/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/pmu.c - what the processor has, and which register counts which event (pmu.h).
 */
#include <stddef.h>

#include "collector/msr/pmu_private.h"
#include "collector/msr/registers.h"
#include "workloads/text.h"

#define CPUID_EXTENDED 0x80000000u

#define INTEL_MAX_GENERAL 8u
#define INTEL_MAX_FIXED 4u /* the nibbles of which registers.h knows the events */
#define FIXED_INSTRUCTIONS 0u
#define FIXED_CYCLES 1u

const char *msr_event_name(enum msr_event event)
{
    static const char *const names[] = MSR_EVENT_NAMES;

    return names[event];
}

static struct msr_cpuid cpuid(const struct pmu *p, uint32_t leaf)
{
    return p->access->cpuid(p->access->place, leaf, 0);
}

/* APM volume 3, "Function 1h EAX"; SDM volume 2A, CPUID, figure "Version Information". */
static void read_signature(struct pmu *p)
{
    const uint32_t signature = cpuid(p, 1).eax;
    const unsigned family = signature >> 8 & 0xFu;

    p->family = family == 0xFu ? family + (signature >> 20 & 0xFFu) : family;
    p->model = signature >> 4 & 0xFu;
    if (family == 0xFu || family == 6u)
        p->model |= (signature >> 16 & 0xFu) << 4;
    p->stepping = signature & 0xFu;
}

static int detect_amd(struct pmu *p, char *reason)
{
    const uint32_t highest = cpuid(p, CPUID_EXTENDED).eax;
    struct msr_cpuid monitoring;
    struct text t;

    p->general_bits = AMD_COUNTER_BITS;
    p->version = 1;
    p->uarch = msr_uarch_find(1, p->family, p->model, p->stepping);
    if (highest >= 0x80000001u && cpuid(p, 0x80000001u).ecx & AMD_CPUID_CORE_COUNTERS) {
        p->kind = PMU_AMD_CORE;
        p->general = AMD_CORE_COUNTERS;
        if (highest < AMD_CPUID_MONITORING)
            return 0;
        monitoring = cpuid(p, AMD_CPUID_MONITORING);
        if (!(monitoring.eax & AMD_MONITORING_V2))
            return 0;
        p->version = 2;
        p->global_msr = AMD_GLOBAL_CTL;
        /* More than six lie beyond the registers whose numbers are known here. */
        if ((monitoring.ebx & 0xFu) && (monitoring.ebx & 0xFu) < AMD_CORE_COUNTERS)
            p->general = monitoring.ebx & 0xFu;
        return 0;
    }
    if (p->family >= AMD_LEGACY_FAMILY) {
        p->kind = PMU_AMD_LEGACY;
        p->general = AMD_LEGACY_COUNTERS;
        return 0;
    }
    t = text_begin(reason, PMU_REASON_BYTES);
    text_put(&t, "no PMU: CPUID 8000_0001 ECX bit 23 (core counters) is clear, and an AMD "
                 "processor of family 0x");
    text_put_hex(&t, p->family, 2);
    text_put(&t, " has no legacy counters");
    return -1;
}

static int can_write_full_width(const struct pmu *p)
{
    uint64_t capabilities;

    return (cpuid(p, 1).ecx & INTEL_CPUID1_CAPABILITIES) &&
           !p->access->read(p->access->place, INTEL_CAPABILITIES, &capabilities) &&
           (capabilities & INTEL_CAPABILITIES_FULL_WRITE);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static int detect_intel(struct pmu *p, uint32_t highest, char *reason)
{
    const struct msr_cpuid leaf = highest >= INTEL_CPUID_MONITORING
                                      ? cpuid(p, INTEL_CPUID_MONITORING)
                                      : (struct msr_cpuid){0};

    p->version = leaf.eax & 0xFFu;
    p->general = least(leaf.eax >> 8 & 0xFFu, INTEL_MAX_GENERAL);
    p->general_bits = leaf.eax >> 16 & 0xFFu;
    if (!p->version || !p->general) {
        text_set(reason, PMU_REASON_BYTES,
                 "no PMU: CPUID leaf 0xA tells no architectural performance monitoring");
        return -1;
    }
    if (p->general_bits < 33 || p->general_bits > 63) {
        text_set(reason, PMU_REASON_BYTES,
                 "CPUID leaf 0xA tells a width of counters that no processor has");
        return -1;
    }
    p->kind = PMU_INTEL;
    p->architectural = ~leaf.ebx & ((1u << least(leaf.eax >> 24, 31)) - 1);
    if (p->version >= 2) {
        const unsigned contiguous = least(leaf.edx & 0x1Fu, INTEL_MAX_FIXED);

        p->global_msr = INTEL_GLOBAL_CTRL;
        p->fixed_bits = leaf.edx >> 5 & 0xFFu;
        p->fixed_map = (1u << contiguous) - 1;
        if (p->version >= 5)
            p->fixed_map |= leaf.ecx & ((1u << INTEL_MAX_FIXED) - 1);
        /* A width no counter has: then there is none (some hypervisors tell none so). */
        if (p->fixed_bits < 33 || p->fixed_bits > 63)
            p->fixed_map = 0;
    }
    p->full_width = can_write_full_width(p);
    p->uarch = msr_uarch_find(0, p->family, p->model, p->stepping);
    if (!p->uarch) {
        /* The architectural events have one code on all processors. */
        p->uarch = msr_uarch_named("skl");
        p->uarch_architectural = 1;
    }
    return 0;
}

int pmu_detect(struct pmu *p, const struct msr_access *access, char reason[PMU_REASON_BYTES])
{
    struct msr_cpuid leaf;

    *p = (struct pmu){.access = access};
    reason[0] = '\0';
    leaf = cpuid(p, 0);
    if (leaf.eax >= 1)
        read_signature(p);
    if (leaf.ebx == 0x68747541u && leaf.edx == 0x69746E65u && leaf.ecx == 0x444D4163u)
        return detect_amd(p, reason); /* AuthenticAMD */
    if (leaf.ebx == 0x756E6547u && leaf.edx == 0x49656E69u && leaf.ecx == 0x6C65746Eu)
        return detect_intel(p, leaf.eax, reason); /* GenuineIntel */
    text_set(reason, PMU_REASON_BYTES,
             "the processor is neither AMD's nor Intel's: no counters of it are known here");
    return -1;
}

/* Bit of CPUID 0AH EBX, SDM volume 3B, table "Architectural Performance Events". */
static int architectural_bit(enum msr_event event)
{
    switch (event) {
    case MSR_EVENT_CYCLES:
        return 0;
    case MSR_EVENT_INSTRUCTIONS:
        return 1;
    case MSR_EVENT_LLC_MISSES:
        return 4;
    case MSR_EVENT_BRANCHES:
        return 5;
    case MSR_EVENT_BRANCH_MISSES:
        return 6;
    default:
        return -1;
    }
}

const struct msr_event_code *pmu_event_code(const struct pmu *p, enum msr_event event,
                                            char *reason)
{
    const int bit = architectural_bit(event);
    struct text t;

    if (p->uarch && p->uarch->event[event].name) {
        if (p->kind != PMU_INTEL || (bit < 0 && !p->uarch_architectural) ||
            (bit >= 0 && p->architectural >> bit & 1u))
            return &p->uarch->event[event];
        if (bit >= 0) {
            text_set(reason, PMU_REASON_BYTES,
                     "CPUID leaf 0xA EBX says that this processor does not count it");
            return NULL;
        }
    }
    t = text_begin(reason, PMU_REASON_BYTES);
    text_put(&t, msr_events_source);
    text_put(&t, p->uarch ? ", as used here, has no code for it on family 0x"
                          : " was built in without codes for family 0x");
    text_put_hex(&t, p->family, 2);
    text_put(&t, " model 0x");
    text_put_hex(&t, p->model, 2);
    return NULL;
}

uint64_t pmu_select(const struct pmu *p, uint64_t code, enum pmu_scope scope)
{
    uint64_t select = code | SELECT_USER | SELECT_SYSTEM | SELECT_ENABLE;

    if (p->kind == PMU_INTEL)
        return select;
    if (scope == PMU_GUEST)
        select |= AMD_SELECT_GUEST_ONLY;
    else if (scope == PMU_HOST)
        select |= AMD_SELECT_HOST_ONLY;
    return select;
}

static void place_fixed(const struct pmu *p, struct pmu_counter *c, unsigned i)
{
    c->fixed = 1;
    c->select_msr = INTEL_FIXED_CTRL;
    c->count_msr = c->write_msr = INTEL_FIXED_CTR0 + i;
    c->rdpmc_index = INTEL_RDPMC_FIXED | i;
    c->bits = p->fixed_bits;
    c->select_mask = 0xFull << (4 * i);
    c->select = (INTEL_FIXED_SYSTEM | INTEL_FIXED_USER) << (4 * i);
    c->global_bit = 1ull << (INTEL_GLOBAL_FIXED + i);
}

static void place_general(const struct pmu *p, struct pmu_counter *c, unsigned i)
{
    const int legacy = p->kind == PMU_AMD_LEGACY;

    c->rdpmc_index = i;
    c->bits = p->general_bits;
    c->select_mask = UINT64_MAX;
    c->global_bit = p->global_msr ? 1ull << i : 0;
    if (p->kind == PMU_INTEL) {
        c->select_msr = INTEL_SELECT0 + i;
        c->count_msr = INTEL_PMC0 + i;
        c->write_msr = p->full_width ? INTEL_FULL_PMC0 + i : c->count_msr;
        return;
    }
    c->select_msr = legacy ? AMD_LEGACY_CTL0 + i : AMD_CORE_CTL0 + 2 * i;
    c->count_msr = c->write_msr = legacy ? AMD_LEGACY_CTR0 + i : AMD_CORE_CTR0 + 2 * i;
}

/* Choose the register. A register once taken is not given out again before pmu_close(), even
 * if its proof failed: what is broken is not tried twice. */
static int place(struct pmu *p, struct pmu_counter *c, const struct msr_event_code *code,
                 char *reason)
{
    const unsigned fixed = c->event == MSR_EVENT_INSTRUCTIONS ? FIXED_INSTRUCTIONS
                           : c->event == MSR_EVENT_CYCLES     ? FIXED_CYCLES
                                                              : INTEL_MAX_FIXED;
    struct text t;

    if (fixed < INTEL_MAX_FIXED && (p->fixed_map & ~p->fixed_used) >> fixed & 1u) {
        p->fixed_used |= 1u << fixed;
        place_fixed(p, c, fixed);
        return 0;
    }
    for (unsigned i = 0; i < p->general; i++) {
        if (p->general_used >> i & 1u)
            continue;
        p->general_used |= 1u << i;
        place_general(p, c, i);
        c->select = pmu_select(p, code->select, c->scope);
        return 0;
    }
    t = text_begin(reason, PMU_REASON_BYTES);
    text_put(&t, "no counter is left for it: this processor has ");
    text_put_u64(&t, p->general);
    if (p->failed) {
        text_put(&t, ", of which ");
        text_put_u64(&t, p->failed);
        text_put(&t, " did not pass their proof");
    } else {
        text_put(&t, ", and nothing is multiplexed");
    }
    return -1;
}

int pmu_open(struct pmu *p, enum msr_event event, enum pmu_scope scope,
             char reason[PMU_REASON_BYTES])
{
    struct pmu_counter c = {.event = event, .scope = scope};
    const struct msr_event_code *code = pmu_event_code(p, event, reason);

    if (!code || place(p, &c, code, reason))
        return -1;
    if (p->global_msr && p->access->write(p->access->place, p->global_msr, 0)) {
        text_set(reason, PMU_REASON_BYTES, "the global control cannot be written (#GP)");
        return -1;
    }
    if (counter_prove(p, &c, reason)) {
        p->failed += !c.fixed;
        counter_release(p, &c);
        return -1;
    }
    p->counter[p->counters] = c;
    return (int)p->counters++;
}

uint64_t pmu_global(const struct pmu *p, enum pmu_side side)
{
    uint64_t on = 0;

    for (unsigned i = 0; i < p->counters; i++) {
        const struct pmu_counter *c = &p->counter[i];

        if (p->kind != PMU_INTEL || c->scope == PMU_BOTH ||
            (c->scope == PMU_GUEST) == (side == PMU_SIDE_GUEST))
            on |= c->global_bit;
    }
    return on;
}

int pmu_switch(struct pmu *p, enum pmu_side side, char reason[PMU_REASON_BYTES])
{
    if (!p->global_msr)
        return 0;
    if (!p->access->write(p->access->place, p->global_msr, pmu_global(p, side)))
        return 0;
    text_set(reason, PMU_REASON_BYTES, "the global control cannot be written (#GP)");
    return -1;
}

int pmu_start(struct pmu *p, char reason[PMU_REASON_BYTES])
{
    for (unsigned i = 0; i < p->counters; i++) {
        struct pmu_counter *c = &p->counter[i];

        c->last = c->value = 0;
        if (counter_program(p, c, 0, reason) || counter_run(p, c, reason))
            return -1;
    }
    return pmu_switch(p, PMU_SIDE_HOST, reason);
}

void pmu_close(struct pmu *p)
{
    if (p->global_msr)
        p->access->write(p->access->place, p->global_msr, 0);
    for (unsigned i = 0; i < p->counters; i++)
        counter_release(p, &p->counter[i]);
    p->counters = 0;
    p->general_used = p->fixed_used = p->failed = 0;
}
