#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the machine's interrupts are the hypervisor's. Deadlines cost one exit each,
# booked as `interrupt`, and the guest notices nothing but the time; without a client no
# interrupt ever arrives. The guest has interrupts of its own, of devices that are not there.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, interrupts"
vmm=$build/vmm/vmm.elf
ticks=$build/tests/vmm-ticks.elf
guest=$build/tests/vmm-guest.elf

good() {
    test "$status" = 33 && test "$records_status" = 0 && test "$(field end status)" = ok &&
        guest_content
}

vmm_run "$ticks" "" "$guest" "test=work"
vmm_ok "a guest under 51 interrupts computes what it should" good
vmm_ok "each deadline is one exit" test "$(field exits count cause=interrupt)" = 51
vmm_ok "its ticks are booked" test "$(field exits ticks_min cause=interrupt)" -gt 100
interrupted=$(figure ticks_work)

# The guest's IF is 0 all the time: that holds nothing off.
vmm_run "$vmm" "" "$guest" "test=work"
vmm_ok "the same guest without a client" good
vmm_ok "no client, no interrupt" test -z "$(field exits count cause=interrupt)"
echo "# the work: $(figure ticks_work) ticks alone, $interrupted under interrupts"
vmm_ok "what the interrupts take is missing from the guest's time" \
    test "$interrupted" -gt "$(figure ticks_work)"

vmm_run "$ticks" "" "$guest" "test=work"
first=$(cat "$work/guest" "$work/report.raw" | cksum)
vmm_run "$ticks" "" "$guest" "test=work"
vmm_ok "two runs under interrupts are byte-identical" \
    test "$first" = "$(cat "$work/guest" "$work/report.raw" | cksum)"

# The guest's own.
vmm_run "$vmm" "tsc_hz=1000000000" "$guest" "test=interrupts"
vmm_ok "a guest takes its interrupts, each once and in time" good
first=$(cksum <"$work/report.raw")
vmm_run "$vmm" "tsc_hz=1000000000" "$guest" "test=interrupts"
vmm_ok "… and two runs are byte-identical" test "$first" = "$(cksum <"$work/report.raw")"
vmm_run "$vmm" "" "$guest" "test=asleep"
vmm_ok "a guest that halts with every line masked is told, though its timer runs" \
    reported "the guest halted and nothing can wake it"
plan_end
