#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: GRUB starts the hypervisor as QEMU's loader does, wherever it puts modules and
# multiboot information: with the test guest, with the payload, and with Linux.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor by GRUB"
for program in grub-mkrescue xorriso; do
    command -v "$program" >/dev/null && continue
    echo "1..1"
    echo "ok 1 - GRUB starts the hypervisor # SKIP $program is not installed (packages grub-pc-bin, grub-common, xorriso)"
    exit 0
done
vmm=$build/vmm/vmm.elf

# grub_run CONFIG GUEST GUEST-WORDS [INITRAMFS]: as vmm_run of run.bash, from a CD with GRUB on
# it. A disk that is read moves the machine's time, so figures are not looked at. There is no card
# in this machine, only the device it replaces: Linux is told its address and does not check.
grub_run() {
    local config=$1 guest=$2 words=$3 initramfs=${4:-}
    rm -rf "${work:?}"/* "$tmp/cd"
    mkdir -p "$tmp/cd/boot/grub"
    cp "$vmm" "$tmp/cd/vmm.elf"
    cp "$guest" "$tmp/cd/guest"
    [ -z "$initramfs" ] || cp "$initramfs" "$tmp/cd/initramfs"
    {
        echo "multiboot /vmm.elf $config"
        echo "module /guest $words"
        [ -z "$initramfs" ] || echo "module /initramfs"
        echo boot
    } >"$tmp/cd/boot/grub/grub.cfg"
    grub-mkrescue -d /usr/lib/grub/i386-pc -o "$tmp/cd.iso" "$tmp/cd" >"$tmp/mkrescue" 2>&1 || {
        sed 's/^/# /' "$tmp/mkrescue"
        return 1
    }
    timeout 300 qemu-system-x86_64 -accel tcg -cpu max,-smap,-rdtscp,-rdrand,-rdseed -smp 1 \
        -nodefaults -no-user-config -display none -no-reboot -icount shift=1,sleep=off \
        -rtc base=2025-01-01T00:00:00,clock=vm -seed 1 -M q35,kernel-irqchip=split \
        -device intel-iommu,caching-mode=on -device pci-testdev \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -m 400 -cdrom "$tmp/cd.iso" -boot d \
        -serial "file:$work/guest" -serial "file:$work/report.raw" 2>"$work/qemu"
    status=$?
    "$build/tests/records" "$work/report.raw" >"$work/report" 2>"$work/report.sums"
    records_status=$?
}

good() {
    test "$status" = 33 && test "$records_status" = 0 && test "$(field end status)" = ok
}

grub_run "boot=7 hypercall=fast" "$build/tests/vmm-guest.elf" "test=basic"
vmm_ok "the test guest by GRUB" good
vmm_ok "every check of the guest" guest_content
vmm_ok "GRUB's words are the hypervisor's" test "$(field fact vmm.hypercall vmm.request.boot=7)" = fast

grub_run "boot=8 tsc=nonsense" "$build/tests/vmm-guest.elf" "test=basic"
vmm_ok "an error is told by GRUB as by QEMU" test "$status" = 35

grub_run "boot=9" "$build/payload/payload.elf" \
    "etl.boot=9 etl.seed=1 etl.exit=hypercall etl.collectors=clocks etl.tsc_hz=1000000000 etl.plan=null,iters=5/spin,n=1000,iters=5"
vmm_ok "the payload by GRUB" good
vmm_ok "it carried out its plan" grep -aq 'end intervals=10 status=ok' "$work/guest"

linux_parts
grub_run "boot=10 ram_mb=256 end=halt" "$vmlinux" \
    "console=ttyS0 quiet panic=-1 cryptomgr.notests etl.boot=10 etl.seed=1 etl.card=febfe000 etl.collectors=clocks etl.plan=null,iters=5/spin,n=1000,iters=5" \
    "$initramfs"
vmm_ok "Linux by GRUB, the TSC's rate measured" good
vmm_ok "its agent carried out its plan" grep -aq 'end intervals=10 status=ok' "$work/guest"
plan_end
