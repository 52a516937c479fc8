/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/steal.h - the collector `steal`: the time that the hypervisor says it kept the
 * processor from the guest, in nanoseconds and as fresh as the guest's kernel has it.
 *
 *   reading     unit
 *   stolen      accounted_ns   runnable and not running, since the guest began
 *   blocked     accounted_ns   waiting by the guest's own wish (idle); Xen alone tells it
 *
 * Xen's states are the whole of a vCPU's time. So true time less stolen less blocked is what Xen
 * lets it have run in an interval: what libxl tells of a vCPU and a domain (their times are the
 * sums of state `running`), for each interval and by the external clock.
 *
 * /proc/stat shows the same only in clock ticks of (mostly) 10 ms and after the kernel's next
 * tick. The hypervisor itself writes it into the guest's memory whenever it gives the processor
 * back: under Xen the run state area (Xen, public/vcpu.h, struct vcpu_runstate_info: stolen =
 * time in states runnable and offline), under KVM the steal time record (Linux,
 * Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME; struct kvm_steal_time). Linux keeps
 * either in a per-processor variable; it is read from there through /proc/kcore, with the
 * addresses of /proc/kallsyms. Needs root and a kernel that is not locked down. Nothing is
 * written, and nothing asks the hypervisor: a sample causes no exit.
 *
 * It reads next to the markers, nearer than `clocks`: time stolen between a reading and its
 * marker would be booked to an interval it is not in. (The clocks' own brackets are wider by that
 * reading.)
 *
 * Not handled: an emitter that is moved to another processor (it is pinned), hypervisors other
 * than Xen and KVM.
 */
#ifndef ETALON_COLLECTOR_STEAL_H
#define ETALON_COLLECTOR_STEAL_H

#include <stddef.h>
#include <stdint.h>

#include "collector/collector.h"

/* Xen, public/vcpu.h. Times are ns since the domain was made, by state; that of the present state
 * only up to when it was entered. */
enum steal_xen_state {
    STEAL_XEN_RUNNING,
    STEAL_XEN_RUNNABLE,
    STEAL_XEN_BLOCKED,
    STEAL_XEN_OFFLINE,
    STEAL_XEN_STATES
};

struct steal_xen {
    int32_t state;
    uint64_t entered;
    uint64_t ns[STEAL_XEN_STATES];
};

/* Linux, arch/x86/include/uapi/asm/kvm_para.h. An odd version: being written. */
struct steal_kvm {
    uint64_t ns;
    uint32_t version, flags;
    uint8_t preempted, padding[47];
};

_Static_assert(sizeof(struct steal_xen) == 48 && sizeof(struct steal_kvm) == 64,
               "as the hypervisors write them");

enum { STEAL_STOLEN, STEAL_BLOCKED, STEAL_READINGS }; /* slots; KVM has the first alone */

/* Fills the slots. */
void steal_of_xen(const struct steal_xen *area, uint64_t *slot);

/* The value of `symbol` in lines "hex type name[\tmodule]" as of /proc/kallsyms. 0, or -1: it is
 * not there, or its address is hidden (0 without the right to see it, save for offsets of
 * per-processor variables, which may be small but not 0). `text` ends in NUL. */
int steal_find_symbol(const char *text, const char *symbol, uint64_t *value);

/* Where in /proc/kcore (an ELF core, its beginning in `head`) `bytes` bytes of kernel memory
 * stand. 0, or -1: no segment holds them all, or this is no such file. */
int steal_find_offset(const unsigned char *head, size_t size, uint64_t address, size_t bytes,
                      uint64_t *offset);

#endif
