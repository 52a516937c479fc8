/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/config.h - what the hypervisor is asked to be, as `key=value` words.
 *
 *   cpu=svm|soft|pv|vmx         processor backend: AMD's SVM, ring-3 trap and emulate, a
 *                               guest that asks by hypercall, or Intel's VT-x
 *                               (docs/techniques/)
 *   paging=nested|shadow-lazy|shadow-eager
 *                               how guest memory is mapped; the default is nested for svm
 *                               and vmx, shadow-lazy for soft and pv; only svm has more
 *                               than one way
 *   asid=on|off                 cpu=svm: the TLB is tagged, with shadow paging by address space;
 *                               or it is flushed at each entry. cpu=vmx: by VPID, or without
 *   popf=closed|open            cpu=soft: replace PUSHF and POPF, or leave the hole open
 *   hypercall=full|fast         exit path of VMMCALL (docs/vmm.md)
 *   tsc=pass|trap|offset:<n>|scale:<ppm>
 *                               guest's TSC: passed through, intercepted, passed with an
 *                               offset of n ticks (decimal, may be negative), or running fast
 *                               by so many ppm (may be negative, up to three decimals): by
 *                               the processor where it can, else intercepted
 *   pmu=none|guest              performance counters: hidden, or the guest's, counting the
 *                               guest only (vmm/pmu.h)
 *   io=pass|trap|ring           the guest's console: the machine's serial port without an exit;
 *                               the same, each access an exit; or a ring in shared memory
 *                               beside the former (vmm/ring.h); cpu=vmx has pass only
 *   card=<hex>                  physical address of the card's page; 0 = find it on PCI
 *   ram_mb=<n>                  guest memory, MiB, even; 0 = all there is
 *   guests=<n>                  1 to 4 guests take turns on the processor (guests.h): cpu=svm with
 *                               paging=nested, pmu=none, no tsc=scale, no lie by the clock
 *   weights=<n>:<n>…            their shares, 1 to 100 each; all 1
 *   slice=<us>                  microseconds of a turn of weight 1; 1000
 *   loads=<load>:<load>…        what those beside the first do, one for all or one for each:
 *                               spin, yield, tick, fill, probe (neighbour_loads.S)
 *   end=hypercall|halt          what ends the machine well: the SHUTDOWN hypercall alone, or
 *                               HLT with interrupts off, too
 *   tsc_hz=<n>                  rate of the machine's TSC; 0 = measure it when it is needed
 *   boot=<n>                    plan index, goes into every record
 *   seed=<n>                    of the boot: what is random in a lie is derived from it
 *   lie=<form>                  distort the guest's time (lie.h); the word may come again
 *
 * A request that this build cannot fulfil is an error with a reason, never a fall-back, so
 * what was requested is what is in effect; words not given take the default shown first.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_CONFIG_H
#define ETALON_HV_UNDER_TEST_VMM_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "hv-under-test/vmm/lie.h"

/* Of the line, with its NUL and the file's name that the loader puts in front. */
#define CONFIG_LINE_BYTES 1024
#define CONFIG_REASON_BYTES 320
#define CONFIG_VALUE_BYTES 32
#define CONFIG_TSC_HZ_LEAST 1000000u
#define CONFIG_TSC_HZ_MOST 10000000000ull

enum config_cpu { CONFIG_CPU_SVM, CONFIG_CPU_SOFT, CONFIG_CPU_PV, CONFIG_CPU_VMX };
enum config_paging {
    CONFIG_PAGING_NESTED,
    CONFIG_PAGING_SHADOW_LAZY,
    CONFIG_PAGING_SHADOW_EAGER
};
enum config_asid { CONFIG_ASID_ON, CONFIG_ASID_OFF };
enum config_popf { CONFIG_POPF_CLOSED, CONFIG_POPF_OPEN };
enum config_hypercall { CONFIG_HYPERCALL_FULL, CONFIG_HYPERCALL_FAST };
enum config_pmu { CONFIG_PMU_NONE, CONFIG_PMU_GUEST };
enum config_io { CONFIG_IO_PASS, CONFIG_IO_TRAP, CONFIG_IO_RING };
enum config_end { CONFIG_END_HYPERCALL, CONFIG_END_HALT };
enum config_tsc { CONFIG_TSC_PASS, CONFIG_TSC_TRAP, CONFIG_TSC_OFFSET, CONFIG_TSC_SCALE };

enum config_load {
    CONFIG_LOAD_SPIN,
    CONFIG_LOAD_YIELD,
    CONFIG_LOAD_TICK,
    CONFIG_LOAD_FILL,
    CONFIG_LOAD_PROBE,
    CONFIG_LOADS
};
extern const char *const config_load_names[CONFIG_LOADS];
#define CONFIG_GUESTS_MOST 4u

struct vmm_config {
    unsigned cpu, paging, asid, hypercall, tsc, pmu, io, end, popf; /* enums above */
    int popf_requested, asid_requested;
    int64_t tsc_offset_ticks; /* guest TSC − hypervisor's TSC */
    uint64_t tsc_hz;
    uint64_t card;
    uint64_t ram_mb;
    uint64_t boot;
    int64_t tsc_scale_ppb; /* positive: the guest's TSC is fast */
    uint64_t seed;
    uint64_t guests, slice_us;
    unsigned weights, loads; /* that were given */
    unsigned weight[CONFIG_GUESTS_MOST], load[CONFIG_GUESTS_MOST - 1];
    unsigned lies; /* with several guests the last one is LIE_GUESTS */
    struct lie lie[LIE_MAX];
};

/*
 * Parse a command line. A first word that is a path (loaders put the file's name there) is
 * skipped. Returns 0, or -1 with a sentence in reason; *c then holds what was read so far (the
 * boot number is wanted for the error record).
 */
int config_parse(const char *line, struct vmm_config *c, char reason[CONFIG_REASON_BYTES]);

/*
 * The i-th key and its effective value as text, for the report; *requested tells whether the
 * command line named it. Lies are no key here: the report tells them one by one. Returns 0 after
 * the last.
 */
int config_describe(const char *line, const struct vmm_config *c, unsigned i, const char **key,
                    char value[CONFIG_VALUE_BYTES], int *requested);

#endif
