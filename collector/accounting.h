/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/accounting.h - the collector `accounting`: what a Linux guest's kernel says it spent
 * on, and what happened to, the agent and the machine. Guest-side books: a hypervisor that
 * steals without telling is not in them, which is what comparing them with true time shows.
 *
 *   reading     unit          of      source, and what it means
 *   utime       accounted_ns  process getrusage(2) ru_utime
 *   stime       accounted_ns  process ru_stime. Both are scaled by the kernel so that they add up
 *                                     to the scheduler's run time where it accounts by ticks
 *   minflt      count         process ru_minflt: page faults served without I/O
 *   majflt      count         process ru_majflt: with I/O
 *   nvcsw       count         process ru_nvcsw: switches away because it waited
 *   nivcsw      count         process ru_nivcsw: … because another was to run
 *   syscr       count         process proc(5) io syscr: system calls that read
 *   syscw       count         process syscw: system calls that write
 *   sched_run   accounted_ns  process schedstat, 1st: on a processor
 *   sched_wait  accounted_ns  process schedstat, 2nd: runnable and not on one
 *   steal       accounted_ns  machine proc(5) stat, 8th of `cpu`: what the hypervisor says it took
 *   guest       accounted_ns  machine 9th: given to guests of this system's own
 *   intr        count         machine interrupts served, all kinds
 *   ctxt        count         machine switches of tasks
 *
 * `steal` and `guest` come in clock ticks of sysconf(_SC_CLK_TCK) and are stored in ns, so they
 * move in steps of (mostly) 10 ms. All four files stay open and are read by pread() into static
 * buffers; nothing is allocated by us. Order before START: stat, schedstat, io, getrusage; the
 * reverse after STOP.
 *
 * All of it is read around every interval. A sample, before and after together, is
 * some 55,000 instructions on the lab's native Linux, that of `clocks` 3,200 (the workload
 * `observe` measures both); it lies outside the markers, so it
 * distorts no interval, but a run of many short intervals becomes longer by it.
 *
 * The kernel brings sched_run forward when its scheduler has work to do: at ticks, switches,
 * wake-ups. Around an interval without any, it stands still or jumps by what ran before.
 *
 * What the readings themselves cause between the reading before and the one after (one read in
 * syscr; switches and interrupts that fall in there) is in the difference; `null` shows it.
 */
#ifndef ETALON_COLLECTOR_ACCOUNTING_H
#define ETALON_COLLECTOR_ACCOUNTING_H

#include "collector/collector.h"

enum {
    ACCOUNTING_UTIME,
    ACCOUNTING_STIME,
    ACCOUNTING_MINFLT,
    ACCOUNTING_MAJFLT,
    ACCOUNTING_NVCSW,
    ACCOUNTING_NIVCSW,
    ACCOUNTING_SYSCR,
    ACCOUNTING_SYSCW,
    ACCOUNTING_SCHED_RUN,
    ACCOUNTING_SCHED_WAIT,
    ACCOUNTING_STEAL,
    ACCOUNTING_GUEST,
    ACCOUNTING_INTR,
    ACCOUNTING_CTXT,
    ACCOUNTING_READINGS
};

/* The texts taken apart (Linux side only). Each 0, or -1 if a field is not there or no number;
 * `slot` is that of the collector. `text` ends in NUL. */
int accounting_parse_stat(const char *text, uint64_t ns_per_tick, uint64_t *slot);
int accounting_parse_schedstat(const char *text, uint64_t *slot);
int accounting_parse_io(const char *text, uint64_t *slot);

#endif
