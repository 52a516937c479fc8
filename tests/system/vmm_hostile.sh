#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a guest reaches neither the hypervisor's memory nor the machine's devices, by no
# address, port, register or hypercall: what it tries has no effect or ends in a whole report.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, hostile guests"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf

# It went on, and all of its own checks passed.
harmless() {
    test "$status" = 33 && test "$records_status" = 0 && test "$(field end status)" = ok &&
        guest_content
}
# The machine ended with a whole report of this error, before the guest could go on.
stopped() {
    test "$status" = 35 && test "$records_status" = 0 && test "$(field end status)" = error &&
        test "$(field error reason)" = "$1" && ! grep -qx done "$work/guest"
}

for what in fill ports pci msrs calls; do
    vmm_run "$vmm" "" "$guest" "test=$what"
    vmm_ok "$what: without effect" harmless
    case $what in
    fill) vmm_ok "fill: that was all of its RAM but itself" test "$(figure words)" -gt $((249 << 17)) ;;
    # Those that answer: eleven of the devices of docs/vmm.md at most, some of them with all ones.
    ports) vmm_ok "ports: all others are silent" test "$(figure silent_ports)" -ge $((65536 - 8 - 22)) ;;
    esac
done

# Where the machine has devices of its own, where the hypervisor has pages, where nothing is.
while read -r address what; do
    for access in load store; do
        vmm_run "$vmm" "" "$guest" "test=$access at=$address"
        vmm_ok "$access at $address ($what) is not the guest's" stopped \
            "the guest reached for memory it does not have"
        vmm_ok "… and the address is told" test "$(field error guest_physical)" = "0x$address"
    done
done <<'A'
fa00000 the end of its RAM
b0000000 PCI Express configuration
e0000000 a hole
febfd000 the page before the card's
febff000 the page behind the card's
fec00000 I/O APIC
fed00000 HPET
fed90000 IOMMU
fee00000 local APIC
feeff000 the page before the accounts
fef02000 the page behind the emulated register
fffffff0 firmware
100000000 4 GiB
8000000000 512 GiB
A

vmm_run "$vmm" "" "$guest" "test=load at=fef00008"
vmm_ok "the accounts may be read" harmless
vmm_run "$vmm" "" "$guest" "test=store at=fef00008"
vmm_ok "… and not written" stopped "the guest reached for memory it does not have"

while read -r port value what; do
    vmm_run "$vmm" "" "$guest" "test=out port=$port value=$value"
    vmm_ok "$what by port $port is told" stopped "the guest reset the machine"
done <<'P'
cf9 06 a reset
64 fe a reset
92 01 a reset
P
vmm_run "$vmm" "" "$guest" "test=span port=91 value=0100"
vmm_ok "… and so is one that begins a port below" stopped "the guest reset the machine"
vmm_run "$vmm" "" "$guest" "test=out port=f4 value=10"
vmm_ok "the exit port is told" stopped "the guest used the exit port instead of the SHUTDOWN hypercall"
for write in "604 00" "b2 00" "2f8 41" "cf9 02" "64 d1"; do
    read -r port value <<<"$write"
    vmm_run "$vmm" "" "$guest" "test=out port=$port value=$value"
    vmm_ok "a write of $value to port $port has no effect" harmless
done
plan_end
