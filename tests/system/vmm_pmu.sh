#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: performance counters are hidden from the guest of the in-tree hypervisor; pmu=guest
# is refused with its reason where the processor has none or they lie, and where they do not, it
# leaves the exit path as it is. The lab's processor has no PMU: those that pass or lie are the
# register model of the unit tests, linked into the hypervisor.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, counters"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf

refused() { # REASON
    test "$status" = 35 && test "$records_status" = 0 && test "$(field end status)" = error &&
        case $(field error reason) in "$1"*) true ;; *) false ;; esac && test ! -s "$work/guest"
}
path() { # instructions between a hypercall and the next instruction, as tests/system/vmm_path.sh
    echo $((($(figure ticks_1000_hypercall) - $(figure ticks_1000_baseline)) / 2000))
}

vmm_run "$vmm" "" "$guest" "test=basic"
hidden=$(path)
vmm_ok "without a word the counters are hidden" test "$status $(field fact vmm.pmu)" = "33 none"
vmm_ok "and the exit path is 47 instructions" test "$hidden" = 47

vmm_run "$vmm" "pmu=guest" "$guest" "test=basic"
vmm_ok "pmu=guest is refused by the lab's processor" refused \
    "pmu=guest: this processor has no core counters (CPUID 8000_0001 ECX bit 23)"
vmm_run "$vmm" "pmu=guest" "$guest" "test=basic" -cpu max,-smap,vendor=GenuineIntel
vmm_ok "and by one of Intel's name without leaf 0xA" refused \
    "pmu=guest: no PMU: CPUID leaf 0xA tells no architectural performance monitoring"
vmm_run "$vmm" "pmu=host" "$guest" "test=basic"
vmm_ok "pmu=host is no word" refused "pmu=host: not supported by this build; allowed: none guest"

vmm_run "$build/tests/vmm-pmu-0.elf" "pmu=guest" "$guest" "test=basic"
vmm_ok "with counters that pass their proof the guest runs" \
    test "$status $(field fact vmm.pmu) $(field end status)" = "33 guest ok"
vmm_ok "and the exit path is the same" test "$(path)" = "$hidden"
vmm_run "$build/tests/vmm-pmu-3.elf" "pmu=guest" "$guest" "test=basic"
vmm_ok "counters that read 0 are refused" refused \
    "pmu=guest: the counter opens and reads 0 whatever is executed"
vmm_run "$build/tests/vmm-pmu-10.elf" "pmu=guest" "$guest" "test=basic"
vmm_ok "a guest-only bit that is not kept is refused" refused \
    "pmu=guest: select register 0xc0010200 does not keep its guest-only bit"
vmm_run "$build/tests/vmm-pmu-11.elf" "pmu=guest" "$guest" "test=basic"
vmm_ok "and one that is not heeded" refused \
    "pmu=guest: the counter is guest-only and counts"
plan_end
