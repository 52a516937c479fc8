/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/exits.h - one domain's exits by cause, from the records of Xen's trace
 * buffers. A pure function over bytes: where they come from is hv-under-test/xen/trace.c.
 *
 * Records: Xen 4.17, xen/include/public/trace.h. A word (event 28 bits, number of data words 3,
 * time stamp follows 1), the time stamp of 8 bytes if there is one, then the data words. What is
 * read, and has to be let through by the event mask EXITS_EVENT_MASK:
 *   TRC_SCHED_RUNSTATE_CHANGE, _CONTINUE_RUNNING   which domain the processor runs: an exit's
 *            own record does not name its domain
 *   TRC_HVM_VMEXIT(64)   PVH and HVM: the processor's exit code and the guest's RIP. Codes: AMD64
 *            Architecture Programmer's Manual volume 2 appendix C; Intel SDM volume 3
 *            appendix C
 *   TRC_PV_*             PV: what Xen traces of its entries by hypercall, trap and emulation
 *   TRC_LOST_RECORDS     a full buffer; TRC_TRACE_WRAP_BUFFER: filling before the end
 *
 * Causes have the names of hv-under-test/vmm/abi.h, and for what Xen does not tell apart:
 *   msr        AMD's exit for MSRs, read and written; port-io: ports, in and out
 *   privileged a PV kernel's or program's privileged instruction, emulated (port, MSR, control
 *              register, RDTSC)
 * PV counts are what Xen traces: hypercalls (a return to user space is one, `iret`), traps that
 * it handed to the guest, pages it mended, emulated instructions. It traces neither interrupts
 * nor system calls, which also pass through it.
 *
 * Audits (target/sentinel.h): a group's exits are those of the vCPU that executed its sentinels,
 * on the processor where it did; a vCPU that moves meanwhile makes the audit unusable, which is
 * said.
 *
 * Not handled: records of a nested hypervisor's guests (counted as exits of the domain).
 */
#ifndef ETALON_HV_UNDER_TEST_XEN_EXITS_H
#define ETALON_HV_UNDER_TEST_XEN_EXITS_H

#include <stddef.h>
#include <stdint.h>

#include "hv-under-test/target/sentinel.h"

/* Classes scheduler, HVM, PV; of each the subclass 1: runstates, entries and exits. */
#define EXITS_EVENT_MASK 0x002A1000u

enum exits_processor { EXITS_SVM, EXITS_VMX };

enum exits_cause {
    EXITS_HYPERCALL,
    EXITS_CPUID,
    EXITS_PORT_IO,
    EXITS_NESTED_FAULT,
    EXITS_RDTSC,
    EXITS_MSR,
    EXITS_MSR_READ,
    EXITS_MSR_WRITE,
    EXITS_CONTROL_REGISTER,
    EXITS_INVLPG,
    EXITS_PAGE_FAULT,
    EXITS_PRIVILEGED,
    EXITS_HLT,
    EXITS_PAUSE,
    EXITS_INTERRUPT,
    EXITS_INTERRUPT_WINDOW,
    EXITS_EXCEPTION,
    EXITS_SHUTDOWN,
    EXITS_OTHER,
    EXITS_CAUSES
};

struct exits_audit { /* the fewest exits of any round */
    unsigned rounds_k, rounds_2k;
    uint64_t exits_k, exits_2k;
};

struct exits { /* zeroed, then domain and processor set */
    uint16_t domain;
    enum exits_processor processor;

    uint64_t count[EXITS_CAUSES], total;
    uint64_t records; /* read, of all domains */
    uint64_t lost;    /* records that Xen could not put into a full buffer, of all domains */
    struct exits_audit audit[SENTINEL_AUDITS];
    unsigned broken; /* groups that did not end as they began */
};

struct exits_cpu { /* one processor's buffer, between calls; zeroed */
    int runs_domain;
    uint16_t vcpu;
    int in_group; /* else: */
    unsigned site;
    uint16_t group_vcpu;
    uint64_t group_exits;
};

const char *exits_cause_name(enum exits_cause cause);

/* Whole records, in order. NULL, or a sentence if the bytes are no records. */
const char *exits_take(struct exits *x, struct exits_cpu *cpu, const void *bytes, size_t size);

/* What lies between the indices of a processor's buffer of `size` data bytes (struct t_buf: they
 * run modulo twice the size). */
const char *exits_take_ring(struct exits *x, struct exits_cpu *cpu, const void *data,
                            uint32_t size, uint32_t cons, uint32_t prod);

/* NULL if nothing was lost, or a sentence. */
const char *exits_judge(const struct exits *x);

/* Did the guest do all rounds of this audit? 1 yes; 0 it did not begin; -1 with *reason. */
int exits_audit_done(const struct exits *x, enum sentinel_audit what, const char **reason);

#endif
