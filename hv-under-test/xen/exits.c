/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/xen/exits.c - Xen's trace records into counts (xen/exits.h). */
#include "hv-under-test/xen/exits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hv-under-test/target/driver.h"

#define EVENT(word) ((word)&0x0FFFFFFFu)
#define DATA_WORDS(word) ((word) >> 28 & 7u)
#define HAS_TIME(word) ((word) >> 31)
#define TIME_BYTES 8u

#define LOST_RECORDS 0x0001F001u
#define WRAP_BUFFER 0x0001F002u
/* Old and new state stand in bits 9:8 and 5:4; 0 is "running". */
#define RUNSTATE_CHANGE 0x00021001u
#define RUNSTATE_MASK 0x0FFFFCCFu
#define CONTINUE_RUNNING 0x00021002u
#define STATE_OLD(event) ((event) >> 8 & 3u)
#define STATE_NEW(event) ((event) >> 4 & 3u)
#define FLAG_64 0x100u
#define FLAG_NESTED 0x400u
#define VMEXIT 0x00081002u
#define PV_ENTRY 0x00201000u
#define PV_ENTRY_MASK 0x0FFFF000u

static const char *const names[EXITS_CAUSES] = {
    [EXITS_HYPERCALL] = "hypercall",
    [EXITS_CPUID] = "cpuid",
    [EXITS_PORT_IO] = "port-io",
    [EXITS_NESTED_FAULT] = "nested-fault",
    [EXITS_RDTSC] = "rdtsc",
    [EXITS_MSR] = "msr",
    [EXITS_MSR_READ] = "msr-read",
    [EXITS_MSR_WRITE] = "msr-write",
    [EXITS_CONTROL_REGISTER] = "control-register",
    [EXITS_INVLPG] = "invlpg",
    [EXITS_PAGE_FAULT] = "page-fault",
    [EXITS_PRIVILEGED] = "privileged",
    [EXITS_HLT] = "hlt",
    [EXITS_PAUSE] = "pause",
    [EXITS_INTERRUPT] = "interrupt",
    [EXITS_INTERRUPT_WINDOW] = "interrupt-window",
    [EXITS_EXCEPTION] = "exception",
    [EXITS_SHUTDOWN] = "shutdown",
    [EXITS_OTHER] = "other",
};

struct range { /* of exit codes; the first that fits decides */
    uint32_t first, last;
    enum exits_cause cause;
};

static const struct range svm[] = {
    {0x00, 0x1F, EXITS_CONTROL_REGISTER},
    {0x4E, 0x4E, EXITS_PAGE_FAULT},
    {0x40, 0x5F, EXITS_EXCEPTION},
    {0x60, 0x62, EXITS_INTERRUPT}, /* INTR, NMI, SMI */
    {0x64, 0x64, EXITS_INTERRUPT_WINDOW},
    {0x65, 0x65, EXITS_CONTROL_REGISTER},
    {0x6E, 0x6E, EXITS_RDTSC},
    {0x72, 0x72, EXITS_CPUID},
    {0x77, 0x77, EXITS_PAUSE},
    {0x78, 0x78, EXITS_HLT},
    {0x79, 0x7A, EXITS_INVLPG},
    {0x7B, 0x7B, EXITS_PORT_IO},
    {0x7C, 0x7C, EXITS_MSR},
    {0x7F, 0x7F, EXITS_SHUTDOWN},
    {0x81, 0x81, EXITS_HYPERCALL},
    {0x87, 0x87, EXITS_RDTSC}, /* RDTSCP */
    {0x90, 0x9F, EXITS_CONTROL_REGISTER},
    {0x400, 0x400, EXITS_NESTED_FAULT},
    {0, UINT32_MAX, EXITS_OTHER},
};

static const struct range vmx[] = {
    {0, 0, EXITS_EXCEPTION}, /* or NMI */
    {1, 1, EXITS_INTERRUPT},
    {2, 2, EXITS_SHUTDOWN},
    {7, 8, EXITS_INTERRUPT_WINDOW},
    {10, 10, EXITS_CPUID},
    {12, 12, EXITS_HLT},
    {14, 14, EXITS_INVLPG},
    {16, 16, EXITS_RDTSC},
    {18, 18, EXITS_HYPERCALL},
    {28, 28, EXITS_CONTROL_REGISTER},
    {30, 30, EXITS_PORT_IO},
    {31, 31, EXITS_MSR_READ},
    {32, 32, EXITS_MSR_WRITE},
    {40, 40, EXITS_PAUSE},
    {48, 49, EXITS_NESTED_FAULT}, /* EPT violation, EPT misconfiguration */
    {51, 51, EXITS_RDTSC},        /* RDTSCP */
    {0, UINT32_MAX, EXITS_OTHER},
};

/* TRC_PV_ENTRY + number. */
static const struct range pv[] = {
    {1, 1, EXITS_HYPERCALL},   {3, 3, EXITS_EXCEPTION},      {4, 4, EXITS_PAGE_FAULT},
    {5, 5, EXITS_CPUID}, /* the only instruction that Xen emulates after its prefix */
    {6, 6, EXITS_PRIVILEGED},  {7, 7, EXITS_PAGE_FAULT}, /* 4 GiB segments of 32-bit guests */
    {8, 8, EXITS_EXCEPTION},                             /* #NM: the FPU's state is restored */
    {9, 12, EXITS_PAGE_FAULT}, /* mended by Xen: paging fix-up, descriptor tables, page tables */
    {13, 13, EXITS_HYPERCALL}, {0, UINT32_MAX, EXITS_OTHER},
};

const char *exits_cause_name(enum exits_cause cause)
{
    return names[cause];
}

static enum exits_cause find_cause(const struct range *r, uint32_t code)
{
    while (code < r->first || code > r->last)
        r++;
    return r->cause;
}

/* --- audits --- */

/* The sentinel at this address, or -1. `at` is where in a site the record points. */
static int find_site(uint64_t rip, unsigned at)
{
    const unsigned offset = (unsigned)(rip & SENTINEL_PAGE_MASK);
    const unsigned first = SENTINEL_OFFSET + at;

    if (rip >> 47 || offset < first || (offset - first) % SENTINEL_PITCH ||
        (offset - first) / SENTINEL_PITCH >= SENTINEL_SITES)
        return -1;
    return (int)((offset - first) / SENTINEL_PITCH);
}

static void end_group(struct exits *x, struct exits_cpu *cpu)
{
    struct exits_audit *a = &x->audit[cpu->site / 2];
    unsigned *rounds = cpu->site % 2 ? &a->rounds_2k : &a->rounds_k;
    uint64_t *least = cpu->site % 2 ? &a->exits_2k : &a->exits_k;

    if (*rounds == 0 || cpu->group_exits < *least)
        *least = cpu->group_exits;
    (*rounds)++;
    cpu->in_group = 0;
}

static void take_sentinel(struct exits *x, struct exits_cpu *cpu, unsigned site)
{
    const int ends = site == SENTINEL_END;

    if (ends != cpu->in_group || (ends && cpu->vcpu != cpu->group_vcpu)) {
        x->broken++;
        cpu->in_group = 0;
    } else if (ends) {
        end_group(x, cpu);
    } else {
        cpu->in_group = 1;
        cpu->site = site;
        cpu->group_vcpu = cpu->vcpu;
        cpu->group_exits = 0;
    }
}

/* --- records --- */

static void take_exit(struct exits *x, struct exits_cpu *cpu, enum exits_cause cause, int site)
{
    if (!cpu->runs_domain)
        return;
    x->count[cause]++;
    x->total++;
    if (site >= 0)
        take_sentinel(x, cpu, (unsigned)site);
    else if (cpu->in_group && cpu->vcpu == cpu->group_vcpu)
        cpu->group_exits++;
}

static uint64_t get_address(const uint32_t *data, unsigned words, int is_64)
{
    uint64_t high = is_64 && words > 1 ? data[1] : 0;

    return words ? high << 32 | data[0] : UINT64_MAX;
}

static void take_vmexit(struct exits *x, struct exits_cpu *cpu, uint32_t event,
                        const uint32_t *data, unsigned words)
{
    const int intel = x->processor == EXITS_VMX;
    /* Bits 31:16 of Intel's reason are flags. */
    const uint32_t code = intel ? data[0] & 0xFFFFu : data[0];
    const enum exits_cause cause = find_cause(intel ? vmx : svm, code);
    const uint64_t rip = get_address(data + 1, words - 1, event & FLAG_64);

    take_exit(x, cpu, cause, cause == EXITS_CPUID ? find_site(rip, SENTINEL_AT_PLAIN) : -1);
}

static void take_pv(struct exits *x, struct exits_cpu *cpu, uint32_t event,
                    const uint32_t *data, unsigned words)
{
    const enum exits_cause cause = find_cause(pv, event & 0xFFu);
    const uint64_t rip = get_address(data, words, event & FLAG_64);

    take_exit(x, cpu, cause, cause == EXITS_CPUID ? find_site(rip, SENTINEL_AT_FORCED) : -1);
}

/* A vCPU that is given the processor is told so there; one that loses it, too. Others may be
 * made runnable from here without ever running here. */
static void take_runstate(struct exits *x, struct exits_cpu *cpu, uint32_t event,
                          const uint32_t *data)
{
    const uint16_t vcpu = (uint16_t)data[0], domain = (uint16_t)(data[0] >> 16);
    const int runs = event == CONTINUE_RUNNING || STATE_NEW(event) == 0;

    if (runs) {
        cpu->runs_domain = domain == x->domain;
        cpu->vcpu = vcpu;
    } else if (STATE_OLD(event) == 0 && domain == x->domain && vcpu == cpu->vcpu) {
        cpu->runs_domain = 0;
    }
}

static const char *take_record(struct exits *x, struct exits_cpu *cpu, uint32_t event,
                               const uint32_t *data, unsigned words)
{
    x->records++;
    if (event == WRAP_BUFFER || (event & PV_ENTRY_MASK) == PV_ENTRY) {
        if (event != WRAP_BUFFER)
            take_pv(x, cpu, event, data, words);
        return NULL;
    }
    if (event == LOST_RECORDS) {
        if (words == 0)
            return "Xen's trace: a record of lost records does not say how many";
        x->lost += data[0];
    } else if ((event & ~(FLAG_64 | FLAG_NESTED)) == VMEXIT) {
        if (words < 2)
            return "Xen's trace: a record of an exit has no exit code";
        take_vmexit(x, cpu, event, data, words);
    } else if ((event & RUNSTATE_MASK) == RUNSTATE_CHANGE || event == CONTINUE_RUNNING) {
        if (words == 0)
            return "Xen's trace: a record of the scheduler names no domain";
        take_runstate(x, cpu, event, data);
    }
    return NULL;
}

const char *exits_take(struct exits *x, struct exits_cpu *cpu, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    const char *reason = NULL;

    while (!reason && size) {
        uint32_t word, data[7];
        size_t head = sizeof word, n;

        if (size < sizeof word)
            return "Xen's trace: a record is cut";
        memcpy(&word, p, sizeof word);
        head += HAS_TIME(word) ? TIME_BYTES : 0;
        n = DATA_WORDS(word) * sizeof *data;
        if (size < head + n)
            return "Xen's trace: a record is cut";
        if (word == 0)
            return "Xen's trace: a record is empty";
        memcpy(data, p + head, n);
        reason = take_record(x, cpu, EVENT(word), data, DATA_WORDS(word));
        p += head + n;
        size -= head + n;
    }
    return reason;
}

const char *exits_take_ring(struct exits *x, struct exits_cpu *cpu, const void *data,
                            uint32_t size, uint32_t cons, uint32_t prod)
{
    const uint32_t from = cons >= size ? cons - size : cons;
    const uint32_t n = prod >= cons ? prod - cons : prod + 2 * size - cons;
    const uint32_t first = n < size - from ? n : size - from;
    const char *reason;

    if (size == 0 || cons >= 2 * size || prod >= 2 * size || n > size)
        return "Xen's trace: the buffer's indices are damaged";
    /* Xen fills up the end: no record goes around it. */
    reason = exits_take(x, cpu, (const uint8_t *)data + from, first);
    return reason ? reason : exits_take(x, cpu, data, n - first);
}

/* --- verdicts --- */

const char *exits_judge(const struct exits *x)
{
    static char text[160];

    if (x->lost == 0)
        return NULL;
    snprintf(text, sizeof text,
             "Xen lost %" PRIu64 " trace records because its buffer was full: exits are "
             "missing from the counts",
             x->lost);
    return text;
}

int exits_audit_done(const struct exits *x, enum sentinel_audit what, const char **reason)
{
    const struct exits_audit *a = &x->audit[what];
    static const char *const audits[] = SENTINEL_AUDIT_NAMES;
    static char text[160];

    *reason = NULL;
    if (a->rounds_k == 0 && a->rounds_2k == 0)
        return 0;
    if (a->rounds_k == TARGET_AUDIT_ROUNDS && a->rounds_2k == TARGET_AUDIT_ROUNDS &&
        x->broken == 0)
        return 1;
    snprintf(text, sizeof text,
             "the guest's audit of %s is not whole in Xen's trace: %u and %u of %u rounds, %u "
             "broken groups (did its vCPU move? pin=)",
             audits[what], a->rounds_k, a->rounds_2k, TARGET_AUDIT_ROUNDS, x->broken);
    *reason = text;
    return -1;
}
