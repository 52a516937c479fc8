/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/msr_model.h - a model of the performance monitoring registers of AMD and Intel
 * processors, for collector/msr. Written from the manuals (see collector/msr/registers.h for
 * the sections) with numbers of its own, so that a wrong number there is a difference here.
 *
 * Stricter than some processors: every reserved bit faults. Events happen in
 * model_execute(); a counter sees those its select register asks for.
 */
#ifndef ETALON_TESTS_UNIT_MSR_MODEL_H
#define ETALON_TESTS_UNIT_MSR_MODEL_H

#include <stdint.h>

#include "collector/msr/access.h"

#define MODEL_FIXED 32u

enum model_fault {
    FAULT_NONE,
    FAULT_GP,            /* the registers fault, whatever CPUID says */
    FAULT_IGNORES,       /* writes go nowhere and reads are 0 */
    FAULT_SILENT,        /* keeps what is written and never counts */
    FAULT_STICKS,        /* stops 5000 events after it was written */
    FAULT_JUMPS,         /* 2^31 too much, every second time it runs */
    FAULT_NARROW,        /* a bit less than it should have */
    FAULT_WIDE,          /* a bit more */
    FAULT_HALF,          /* counts every second event */
    FAULT_RUNS_ON,       /* does not stop */
    FAULT_DROPS_GUEST,   /* bit 40 of the select register is not kept */
    FAULT_IGNORES_GUEST, /* … is kept and not heeded */
    FAULT_RDPMC,         /* RDPMC tells another number */
    FAULT_FREQUENCY,     /* APERF stands still */
    FAULT_DISTURBED, /* no lie: 3 more, every second time it runs, of what interrupted it */
    FAULTS
};

struct model {
    /* what it is */
    int intel;
    unsigned family, model, stepping;
    int core, v2;               /* AMD */
    unsigned version;           /* Intel */
    unsigned general, bits;     /* … and of both */
    unsigned fixed, fixed_bits; /* Intel */
    int full_width, frequency;
    int fixed_in_map; /* Intel version 5: ECX of leaf 0AH alone tells of fixed counters */
    uint32_t absent_events; /* Intel: EBX of leaf 0AH */
    unsigned cycles_16th;   /* a turn of the loop, in 16ths of a cycle */
    enum model_fault fault;
    int fault_at; /* counter, fixed ones from MODEL_FIXED on; -1: all */
    /* where it is */
    int svme, in_guest;
    uint64_t select[8], count[8], wrote[8];
    uint64_t fixed_ctrl, fixed_count[4], fixed_wrote[4], global;
    uint64_t aperf, mperf;
    unsigned runs, jumped, faults;
};

static struct model model_amd(unsigned family, int core, int v2)
{
    struct model m = {.family = family,
                      .core = core,
                      .v2 = v2,
                      .general = core ? 6 : 4,
                      .bits = 48,
                      .frequency = 1,
                      .cycles_16th = 16,
                      .fault_at = -1};

    return m;
}

static struct model model_intel(unsigned version, unsigned general, unsigned bits)
{
    struct model m = {.intel = 1,
                      .family = 6,
                      .model = 0x5E,
                      .version = version,
                      .general = general,
                      .bits = bits,
                      .fixed = version >= 2 ? 3 : 0,
                      .fixed_bits = version >= 2 ? bits : 0,
                      .full_width = version >= 3,
                      .frequency = 1,
                      .cycles_16th = 16,
                      .fault_at = -1};

    return m;
}

static uint64_t model_mask(unsigned bits)
{
    return (1ull << bits) - 1;
}

static int model_has_fault(const struct model *m, unsigned i, enum model_fault fault)
{
    return m->fault == fault && (m->fault_at < 0 || (unsigned)m->fault_at == i);
}

static unsigned model_bits(const struct model *m, unsigned i)
{
    return m->bits - model_has_fault(m, i, FAULT_NARROW) + model_has_fault(m, i, FAULT_WIDE);
}

/* --- registers ------------------------------------------------------------------------------ */

enum model_register { MODEL_SELECT, MODEL_COUNT, MODEL_FULL, MODEL_NO_REGISTER };

static enum model_register model_find(const struct model *m, uint32_t msr, unsigned *i)
{
    if (m->intel) {
        *i = msr & 7;
        if (msr >= 0x186 && msr < 0x186 + m->general)
            return *i = msr - 0x186, MODEL_SELECT;
        if (msr >= 0xC1 && msr < 0xC1 + m->general)
            return *i = msr - 0xC1, MODEL_COUNT;
        if (m->full_width && msr >= 0x4C1 && msr < 0x4C1 + m->general)
            return *i = msr - 0x4C1, MODEL_FULL;
        return MODEL_NO_REGISTER;
    }
    if (msr >= 0xC0010000 && msr <= 0xC0010007) {
        *i = msr & 3;
        return msr & 4 ? MODEL_COUNT : MODEL_SELECT;
    }
    if (m->core && msr >= 0xC0010200 && msr < 0xC0010200 + 2 * m->general) {
        *i = (msr & 0xF) / 2;
        return msr & 1 ? MODEL_COUNT : MODEL_SELECT;
    }
    return MODEL_NO_REGISTER;
}

static uint64_t model_fixed_allowed(const struct model *m)
{
    uint64_t allowed = 0;

    for (unsigned i = 0; i < m->fixed; i++)
        allowed |= (m->version == 3 || m->version == 4 ? 0xFull : 0xBull) << (4 * i);
    return allowed;
}

static uint64_t model_global_allowed(const struct model *m)
{
    return model_mask(m->general) | (m->intel && m->fixed ? model_mask(m->fixed) << 32 : 0);
}

static int model_has_global(const struct model *m)
{
    return m->intel ? m->version >= 2 : m->core && m->v2;
}

static int model_read_msr(struct model *m, uint32_t msr, uint64_t *value)
{
    unsigned i;

    if (m->frequency && (msr == 0xE7 || msr == 0xE8)) {
        *value = msr == 0xE7 ? m->mperf : m->aperf;
        return 0;
    }
    if (m->intel && msr == 0x345) {
        *value = m->full_width ? 1u << 13 : 0;
        return 0;
    }
    if (m->fault == FAULT_GP)
        return -1;
    if (model_has_global(m) && msr == (m->intel ? 0x38Fu : 0xC0000301u)) {
        *value = m->global;
        return 0;
    }
    if (m->intel && m->version >= 2 && msr == 0x38D) {
        *value = m->fixed_ctrl;
        return 0;
    }
    if (m->intel && msr >= 0x309 && msr < 0x309 + m->fixed) {
        *value = m->fixed_count[msr - 0x309];
        return 0;
    }
    switch (model_find(m, msr, &i)) {
    case MODEL_SELECT:
        *value = model_has_fault(m, i, FAULT_IGNORES) ? 0 : m->select[i];
        return 0;
    case MODEL_COUNT:
    case MODEL_FULL:
        *value = model_has_fault(m, i, FAULT_IGNORES) ? 0 : m->count[i];
        return 0;
    default:
        return -1;
    }
}

static int model_write_select(struct model *m, unsigned i, uint64_t value)
{
    const uint64_t amd = 0xFFFFull | 0x7ull << 16 | 1ull << 20 | 1ull << 22 | 0x1FFull << 23 |
                         0xFull << 32 | 3ull << 40;
    const uint64_t intel =
        0xFFFFFFFFull & ~(m->version < 3 || m->version >= 5 ? 1ull << 21 : 0);

    if (value & ~(m->intel ? intel : amd))
        return -1;
    if (model_has_fault(m, i, FAULT_DROPS_GUEST))
        value &= ~(1ull << 40);
    if ((value ^ m->select[i]) & value & 1ull << 22)
        m->runs++;
    m->select[i] = value;
    return 0;
}

static int model_write_count(struct model *m, unsigned i, int full, uint64_t value)
{
    if (m->intel && !full)
        value = (uint64_t)(int64_t)(int32_t)value; /* 31:0, sign-extended to the width */
    else if (value & ~model_mask(m->bits))
        return -1;
    m->count[i] = value & model_mask(model_bits(m, i));
    m->wrote[i] = m->count[i];
    return 0;
}

static int model_write_msr(struct model *m, uint32_t msr, uint64_t value)
{
    unsigned i;

    if (m->fault == FAULT_GP)
        return -1;
    if (model_has_global(m) && msr == (m->intel ? 0x38Fu : 0xC0000301u)) {
        if (value & ~model_global_allowed(m))
            return -1;
        m->global = value;
        return 0;
    }
    if (m->intel && m->version >= 2 && msr == 0x38D) {
        if (value & ~model_fixed_allowed(m))
            return -1;
        m->runs += (value & ~m->fixed_ctrl) != 0;
        m->fixed_ctrl = value;
        return 0;
    }
    if (m->intel && msr >= 0x309 && msr < 0x309 + m->fixed) {
        if (value & ~model_mask(m->fixed_bits))
            return -1;
        m->fixed_count[msr - 0x309] = m->fixed_wrote[msr - 0x309] = value;
        return 0;
    }
    switch (model_find(m, msr, &i)) {
    case MODEL_SELECT:
        return model_write_select(m, i, value);
    case MODEL_COUNT:
        return model_write_count(m, i, 0, value);
    case MODEL_FULL:
        return model_write_count(m, i, 1, value);
    default:
        return -1;
    }
}

static int model_read_pmc(struct model *m, uint32_t index, uint64_t *value)
{
    const unsigned i = index & 0xFFFF;

    if (m->fault == FAULT_GP)
        return -1;
    if (m->intel && index & 1u << 30) {
        if (i >= m->fixed)
            return -1;
        *value = m->fixed_count[i];
        return 0;
    }
    if (index >= m->general)
        return -1;
    *value = m->count[i] + model_has_fault(m, i, FAULT_RDPMC);
    return 0;
}

/* --- events --------------------------------------------------------------------------------- */

/* What the processor did in a stretch of time. */
struct model_work {
    uint64_t instructions, branches, branch_misses, cycles;
};

/* What an event is on this processor, by event number: the manuals' own. */
static uint64_t model_events(const struct model *m, uint64_t select,
                             const struct model_work *w)
{
    const uint64_t code = (select & 0xFF) | (select >> 24 & 0xF00);

    if (code == 0xC0)
        return w->instructions;
    if (code == (m->intel ? 0x3C : 0x76))
        return w->cycles;
    if (code == (m->intel ? 0xC4 : 0xC2))
        return w->branches;
    if (code == (m->intel ? 0xC5 : 0xC3))
        return w->branch_misses;
    return 0;
}

/* AMD: HG_ONLY, with EFER.SVME. */
static int model_side_counts(const struct model *m, unsigned i)
{
    const unsigned only = m->intel ? 0 : m->select[i] >> 40 & 3;

    if (model_has_fault(m, i, FAULT_IGNORES_GUEST) || !only)
        return 1;
    return m->svme && (only == 3 || only == (m->in_guest ? 1 : 2));
}

/* What becomes of n events on counter `at` (fixed ones from MODEL_FIXED on). */
static void model_add(struct model *m, unsigned at, uint64_t *count, uint64_t wrote,
                      unsigned bits, uint64_t n)
{
    if (model_has_fault(m, at, FAULT_SILENT))
        n = 0;
    if (model_has_fault(m, at, FAULT_HALF))
        n /= 2;
    if (model_has_fault(m, at, FAULT_JUMPS) && m->runs % 2 && m->jumped != m->runs) {
        n += 1ull << 31;
        m->jumped = m->runs;
    }
    if (model_has_fault(m, at, FAULT_DISTURBED) && m->runs % 2 && m->jumped != m->runs) {
        n += 3;
        m->jumped = m->runs;
    }
    if (model_has_fault(m, at, FAULT_STICKS)) {
        const uint64_t done = (*count - wrote) & model_mask(m->bits);

        n = done >= 5000 ? 0 : n < 5000 - done ? n : 5000 - done;
    }
    *count = (*count + n) & model_mask(bits);
}

static void model_count_general(struct model *m, unsigned i, const struct model_work *w)
{
    const int on = m->select[i] >> 22 & 1 && (!model_has_global(m) || m->global >> i & 1);

    if (model_has_fault(m, i, FAULT_RUNS_ON) && m->count[i] != m->wrote[i])
        ; /* once under way */
    else if (!on || !(m->select[i] >> 17 & 1) || !model_side_counts(m, i))
        return;
    model_add(m, i, &m->count[i], m->wrote[i], model_bits(m, i),
              model_events(m, m->select[i], w));
}

static void model_work(struct model *m, const struct model_work *w)
{
    static const uint64_t fixed_event[] = {0xC0, 0x3C, 0x3C};

    for (unsigned i = 0; i < m->general; i++)
        model_count_general(m, i, w);
    for (unsigned i = 0; i < m->fixed; i++)
        if (m->fixed_ctrl >> (4 * i) & 1 && m->global >> (32 + i) & 1)
            model_add(m, MODEL_FIXED + i, &m->fixed_count[i], m->fixed_wrote[i], m->fixed_bits,
                      model_events(m, fixed_event[i], w));
    if (m->fault != FAULT_FREQUENCY)
        m->aperf += w->cycles;
    m->mperf += w->cycles * 2 / 3;
}

/* So many turns of a loop of two instructions. */
static void model_execute(struct model *m, uint64_t turns)
{
    const struct model_work w = {.instructions = 2 * turns + 3,
                                 .branches = turns + 1,
                                 .branch_misses = 1,
                                 .cycles = turns * m->cycles_16th / 16 + 20};

    model_work(m, &w);
}

/* --- struct msr_access ---------------------------------------------------------------------- */

static int model_op_read(void *place, uint32_t msr, uint64_t *value)
{
    struct model *m = place;
    int rc;

    /* A counter that does not stop goes on between two looks at it. */
    if (m->fault == FAULT_RUNS_ON)
        model_execute(m, 1);
    rc = model_read_msr(m, msr, value);

    m->faults += rc != 0;
    return rc;
}

static int model_op_write(void *place, uint32_t msr, uint64_t value)
{
    struct model *m = place;
    int rc = model_write_msr(m, msr, value);

    m->faults += rc != 0;
    return rc;
}

static int model_op_rdpmc(void *place, uint32_t index, uint64_t *value)
{
    struct model *m = place;
    int rc = model_read_pmc(m, index, value);

    m->faults += rc != 0;
    return rc;
}

static struct msr_cpuid model_op_cpuid(void *place, uint32_t leaf, uint32_t subleaf)
{
    const struct model *m = place;
    const unsigned base = m->family < 15 ? m->family : 15;
    const uint32_t signature = m->stepping | (m->model & 15) << 4 | base << 8 |
                               m->model >> 4 << 16 | (m->family - base) << 20;

    (void)subleaf;
    switch (leaf) {
    case 0:
        return m->intel ? (struct msr_cpuid){0xD, 0x756E6547, 0x6C65746E, 0x49656E69}
                        : (struct msr_cpuid){0xD, 0x68747541, 0x444D4163, 0x69746E65};
    case 1:
        return (struct msr_cpuid){signature, 0, 1u << 15, 0};
    case 6:
        return (struct msr_cpuid){0, 0, m->frequency ? 1 : 0, 0};
    case 0xA:
        if (!m->intel)
            return (struct msr_cpuid){0};
        return (struct msr_cpuid){
            m->version | m->general << 8 | m->bits << 16 | 8u << 24, m->absent_events,
            m->version >= 5 ? (1u << m->fixed) - 1 : 0,
            m->version >= 2 ? (m->fixed_in_map ? 0 : m->fixed) | m->fixed_bits << 5 : 0};
    case 0x80000000u:
        return (struct msr_cpuid){m->intel ? 0x80000008u : 0x80000022u, 0, 0, 0};
    case 0x80000001u:
        return (struct msr_cpuid){0, 0, !m->intel && m->core ? 1u << 23 : 0, 0};
    case 0x80000022u:
        return (struct msr_cpuid){!m->intel && m->v2 ? 1 : 0, m->general, 0, 0};
    default:
        return (struct msr_cpuid){0};
    }
}

static void model_op_loop(void *place, uint64_t turns)
{
    model_execute(place, turns);
}

static struct msr_access model_access(struct model *m)
{
    return (struct msr_access){.read = model_op_read,
                               .write = model_op_write,
                               .rdpmc = model_op_rdpmc,
                               .cpuid = model_op_cpuid,
                               .loop = model_op_loop,
                               .place = m};
}

#endif
