#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whatever goes wrong under the in-tree hypervisor ends in a report with a reason: never a hang,
# never a silent end.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, errors"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf

guest_test() { # NAME REASON [CAUSE [COUNT, 1]]
    vmm_run "$vmm" "boot=2" "$guest" "test=$1"
    vmm_ok "guest: $1" reported "$2"
    [ -z "${3:-}" ] || vmm_ok "guest: $1 is booked as $3" \
        test "$(field exits count "cause=$3")" = "${4:-1}"
}

guest_test triple "the guest shut down: triple fault" shutdown
guest_test hidden "the guest reached for memory it does not have" nested-fault
vmm_ok "guest: hidden: the address told is the end of its RAM" \
    test "$(($(field error guest_physical)))" = \
    "$(grep -o 'vmm.guest_ram_bytes=[0-9]*' "$work/report" | cut -d= -f2)"
guest_test beyond "the guest reached for memory it does not have" nested-fault
guest_test accounts "the guest reached for memory it does not have" nested-fault
guest_test dirty "the guest reached for memory it does not have" nested-fault
guest_test offset "the guest reached for memory it does not have" nested-fault
guest_test execute "the guest reached for memory it does not have" nested-fault
guest_test stack "the guest reached for memory it does not have" nested-fault
guest_test wide "an instruction that exited cannot be emulated" mmio
guest_test hlt "the guest halted and nothing can wake it" hlt
# Three more: the search for the card on PCI.
guest_test exitport "the guest used the exit port" port-out 4
guest_test string "string input and output is not emulated" port-out 4

config_test() { # LINE REASON
    vmm_run "$vmm" "$1" "$guest" "test=basic"
    vmm_ok "config: $1" reported "$2"
    vmm_ok "config: $1: the guest did not run" test ! -s "$work/guest"
}

config_test "cpu=vm" "cpu=vm: not supported by this build; allowed: svm"
config_test "cpu=vmx" "cpu=vmx: this processor has no VT-x"
config_test "paging=shadow" "paging=shadow: not supported by this build; allowed: nested"
config_test "tsc=scale:x" "tsc=scale:x: the scale is in ppm"
config_test "lie=rate_ppm:5" "lie=rate_ppm:5: needs tsc=trap"
config_test "lie=lost_ticks:50000" "lie=lost_ticks:50000: must be lost_ticks:PERIOD:COUNT"
config_test "steal=1" "steal=1: unknown word"
config_test "ram_mb=4096" "ram_mb: more than this machine has"
config_test "card=0x100000" "the card's page collides"

vmm_run "$vmm" "boot=5 cpu=vmx" "$guest" "test=basic"
vmm_ok "config: the error record carries the boot number" \
    grep -aq 'ETL1 00005 0 error' "$work/report.raw"

vmm_run "$vmm" "" "$vmm" ""
vmm_ok "guest image without a PVH note" reported "guest image: no PVH entry note"
head -c 100 "$guest" >"$tmp/short.elf"
vmm_run "$vmm" "" "$tmp/short.elf" ""
vmm_ok "guest image cut short" reported "guest image: program headers reach outside the file"

vmm_run "$vmm" "" "$guest" "test=basic" -cpu max,-smap,-svm
vmm_ok "processor without SVM" reported "cpu=svm: this processor has no SVM"
vmm_run "$vmm" "" "$guest" "test=basic" -cpu max,-smap,-npt
vmm_ok "processor without nested paging" reported "paging=nested: this processor's SVM has no"

vmm_run "$build/tests/vmm-refused.elf" "" "$guest" "test=basic"
vmm_ok "a refused entry (exit code -1, 32 bits wide here) is told" \
    reported "the processor refused the guest's state"
vmm_run "$build/tests/vmm-fault.elf" "" "$guest" "test=basic"
vmm_ok "an exception of the hypervisor itself is told" \
    reported "the hypervisor itself took an exception"
vmm_ok "an exception of the hypervisor itself: its vector" test "$(field error vector)" = 0x6
plan_end
