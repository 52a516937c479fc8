# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced behind run.bash of this folder and ../vmm_guest/bochs.bash: boots of the fuzz guest under
# cpu=vmx.

# fuzz_vmx_clean VMM VMM-WORDS GUEST-WORDS: as fuzz_clean of run.bash, but for the hypervisor's
# memory. The card is the page behind the first of the display's memory, for the guest takes
# 0xe0000000 for a hole. Instructions a second: with fewer, the way of an interrupt is longer than
# the guest's shortest period; with more, Bochs' firmware and GRUB wait longer.
fuzz_vmx_clean() {
    local bochs_card=e0001000 bochs_ips=100000000
    bochs_run "$1" "ram_mb=16 tsc_hz=$bochs_ips $2" "$build/tests/fuzz-svm.elf" \
        "vmx=1 card=$bochs_card $3"
    if [ "$status" = 124 ] && grep -q '>>PANIC<<' "$work/qemu"; then
        echo "the machine ended without a report: $(grep -m 1 '>>PANIC<<' "$work/qemu")"
        return 1
    fi
    fuzz_in_time || return 2
    fuzz_said "$2" "$3"
}
