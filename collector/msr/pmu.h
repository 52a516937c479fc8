/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/pmu.h - performance counters by their registers, without an operating system.
 *
 * Why here: counters are readings of the target, taken beside its clocks, and leave through
 * the same records; so the code is a collector's. It is freestanding and reaches the processor
 * by struct msr_access, so that the payload, the in-tree hypervisor and a test on a register
 * model run the same lines. pmu.c finds out what there is, counter.c programs and reads,
 * prove.c shows that a counter counts; registers.h has the layouts.
 *
 * A counter is opened for an event, proven, and only then read. What does not pass is
 * unavailable with a sentence; there is no number without a proof. Nothing is multiplexed: an
 * event for which no counter is left is unavailable too.
 *
 * Handled: AMD's four legacy counters, the six core counters, version 2's global control, the
 * guest-only and host-only bits; Intel's architectural versions 1 to 5, general and fixed
 * counters, full-width writes, the global control switched at a guest's entry and exit;
 * APERF and MPERF. Not handled: interrupts on overflow (counts are extended to 64 bits when
 * read, which must happen once per wrap: hours), sampling, uncore and northbound counters,
 * hybrid processors' second kind of core, events with extra registers.
 */
#ifndef ETALON_COLLECTOR_MSR_PMU_H
#define ETALON_COLLECTOR_MSR_PMU_H

#include <stdint.h>

#include "collector/msr/access.h"
#include "collector/msr/events.h"

#define PMU_REASON_BYTES 200
#define PMU_MAX_COUNTERS 16u

enum pmu_kind { PMU_NONE, PMU_AMD_LEGACY, PMU_AMD_CORE, PMU_INTEL };

/* Whose events are counted, as seen by the hypervisor that programs. AMD: the HG_ONLY bits,
 * which need EFER.SVME. Intel: the counter is on in the global control of that side only, see
 * pmu_switch(). */
enum pmu_scope { PMU_BOTH, PMU_GUEST, PMU_HOST };
enum pmu_side { PMU_SIDE_HOST, PMU_SIDE_GUEST };

struct pmu_counter {
    /* where */
    uint32_t select_msr, count_msr, write_msr, rdpmc_index;
    unsigned bits;        /* width */
    uint64_t select_mask; /* the bits of the select register that are this counter's */
    uint64_t global_bit;  /* 0: there is no global control */
    /* what */
    uint64_t select; /* while counting, within select_mask */
    enum pmu_scope scope;
    enum msr_event event;
    int fixed;
    int by_rdpmc; /* RDPMC agreed with RDMSR */
    /* state of the extension to 64 bits */
    uint64_t last, value;
};

struct pmu {
    const struct msr_access *access;
    enum pmu_kind kind;
    unsigned version; /* Intel: of leaf 0AH; AMD: 2 with global control, else 1 */
    unsigned family, model, stepping;
    unsigned general, general_bits, fixed_count, fixed_bits;
    uint32_t fixed_map;     /* bit i: fixed counter i is there */
    uint32_t architectural; /* Intel: bit i: architectural event i is there */
    int full_width;
    uint32_t global_msr; /* 0: none */
    const struct msr_uarch *uarch;
    int uarch_architectural; /* of `uarch`, only the architectural events hold */
    uint32_t general_used, fixed_used;
    struct pmu_counter counter[PMU_MAX_COUNTERS];
    unsigned counters;
    unsigned failed; /* general counters that did not pass */
    int faulted;     /* a read of an open counter faulted */
};

/* Find out what the processor says it has. 0, or -1 with a sentence. */
int pmu_detect(struct pmu *p, const struct msr_access *access, char reason[PMU_REASON_BYTES]);

/*
 * Take a counter for an event and prove it (prove.c); it does not count afterwards. Returns its
 * number (p->counter[]), or -1 with a sentence, and the registers are then as they were free.
 * The caller is the host: a scope of PMU_GUEST is proven to count nothing here. For PMU_GUEST
 * and PMU_HOST on AMD EFER.SVME must be set.
 */
int pmu_open(struct pmu *p, enum msr_event event, enum pmu_scope scope,
             char reason[PMU_REASON_BYTES]);

/* All open counters, from 0. -1 with a sentence if a register refuses. */
int pmu_start(struct pmu *p, char reason[PMU_REASON_BYTES]);
/* Everything off, and no counter open. */
void pmu_close(struct pmu *p);

/* Events since pmu_start(), 64 bits wide. No branch that depends on the count. A read that
 * faults (it was proven not to) sets p->faulted: what was read in this boot is then worth
 * nothing. */
uint64_t pmu_read(struct pmu *p, unsigned counter);

/*
 * Intel, after pmu_start(): what the global control is to be on this side, to be loaded at the
 * guest's entry and exit (by the VM-entry and VM-exit controls, or by pmu_switch()). AMD's
 * counters tell the sides apart by themselves: the value is the same for both.
 */
uint64_t pmu_global(const struct pmu *p, enum pmu_side side);
int pmu_switch(struct pmu *p, enum pmu_side side, char reason[PMU_REASON_BYTES]);

/* Difference of two readings of a counter `bits` wide. */
static inline uint64_t pmu_difference(uint64_t before, uint64_t after, unsigned bits)
{
    return (after - before) & (bits < 64 ? (1ull << bits) - 1 : UINT64_MAX);
}

/* --- APERF and MPERF (frequency.c) --- */

/* Are they there, and do both count? 0, or -1 with a sentence. */
int pmu_frequency_prove(const struct msr_access *access, char reason[PMU_REASON_BYTES]);
/* 0, or -1: a read faulted. */
int pmu_frequency_read(const struct msr_access *access, uint64_t *aperf, uint64_t *mperf);
/* Mean rate while not halted: base_hz (at which MPERF counts) * aperf / mperf, of two
 * differences. 0 if mperf is 0 or the result exceeds 64 bits. Relative error below 2^-30. */
uint64_t pmu_effective_hz(uint64_t aperf, uint64_t mperf, uint64_t base_hz);

#endif
