#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a guest of cpu=vmx reaches neither the hypervisor's memory nor the machine's devices,
# as vmm_hostile.sh has it for svm, and whatever goes wrong ends in a report, as vmm_errors.sh has
# it. Under Bochs.
set -u
. "$(dirname "$0")/../vmm_guest/run.bash"
. "$(dirname "$0")/../vmm_guest/bochs.bash"
need_bochs "hostile guests on VT-x"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf

harmless() {
    test "$status" = 33 && test "$records_status" = 0 && test "$(field end status)" = ok &&
        guest_content
}

bochs_run "$vmm" "" "$guest" "test=fill"
vmm_ok "every word of its RAM is the guest's alone" harmless
vmm_ok "… and that was all of it but itself" test "$(figure words)" -gt $((240 << 17))
bochs_run "$vmm" "" "$guest" "test=calls"
vmm_ok "all hypercalls but two are refused" harmless
bochs_run "$vmm" "" "$guest" "test=pci"
vmm_ok "nobody on PCI but host bridge and card" harmless

# Where the machine has devices of its own, where the hypervisor has pages, where nothing is.
while read -r address what; do
    for access in load store; do
        bochs_run "$vmm" "" "$guest" "test=$access at=$address"
        vmm_ok "$access at $address ($what) is not the guest's" reported \
            "the guest reached for memory it does not have"
        vmm_ok "… and the address is told" is "0x$address" "$(field error guest_physical)"
    done
done <<'A'
fa00000 the end of its RAM
dffff000 the page before the card's
e0001000 the page behind the card's
fec00000 I/O APIC
fee00000 local APIC
feeff000 the page before the accounts
fef02000 the page behind the emulated register
fffffff0 firmware
100000000 4 GiB
8000000000 512 GiB
A
bochs_run "$vmm" "" "$guest" "test=load at=fef00008"
vmm_ok "the accounts may be read" harmless

while read -r name cause reason; do
    bochs_run "$vmm" "" "$guest" "test=$name"
    vmm_ok "$name: $reason" reported "$reason"
    vmm_ok "$name is booked as $cause" test "$(field exits count "cause=$cause")" -ge 1
done <<'T'
triple shutdown the guest shut down: triple fault
dirty nested-fault the guest reached for memory it does not have
offset nested-fault the guest reached for memory it does not have
execute nested-fault the guest reached for memory it does not have
stack nested-fault the guest reached for memory it does not have
wide mmio an instruction that exited cannot be emulated
hlt hlt the guest halted and nothing can wake it
exitport port-out the guest used the exit port
string port-out string input and output is not emulated
T
while read -r port value; do
    bochs_run "$vmm" "" "$guest" "test=out port=$port value=$value"
    vmm_ok "a reset by port $port is told" reported "the guest reset the machine"
done <<'P'
cf9 06
64 fe
92 01
P

# Two processors that scale the TSC a guest reads.
for bochs_model in corei7_skylake_x tigerlake; do
    bochs_run "$vmm" "tsc=scale:-1000" "$guest" "test=work"
    scaled=$(figure ticks_work)
    how=$(field fact vmm.tsc.how)
    bochs_run "$vmm" "" "$guest" "test=work"
    echo "# $bochs_model: $how, $scaled of $(figure ticks_work) ticks"
    vmm_ok "$bochs_model scales the TSC itself" is "scaled by the processor" "$how"
    vmm_ok "$bochs_model: 1000 ppm slow, to two ticks" awk -v s="$scaled" -v p="$(figure ticks_work)" \
        'BEGIN { d = s - p * 0.999; exit !(d >= -2 && d <= 2) }'
done
plan_end
