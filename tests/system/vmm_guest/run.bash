# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/system/vmm_*.sh: run the hypervisor on the pinned machine (bench/lab) and
# look at what guest and hypervisor said.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
work=$tmp/run
mkdir "$work"

# vmm_run HYPERVISOR CONFIG GUEST GUEST-WORDS [QEMU OPTION…]
# Leaves $work/guest (first console), $work/report (second, decoded: one "type key=value …" a
# line) and sets $status (of the machine; 33 ok, 35 error, 124 a hang).
vmm_run() {
    local vmm=$1 config=$2 guest=$3 words=$4
    shift 4
    rm -f "$work"/*
    timeout 60 qemu-system-x86_64 -accel tcg -cpu max,-smap,-rdtscp,-rdrand,-rdseed -smp 1 \
        -nodefaults -no-user-config -display none -no-reboot -icount shift=1,sleep=off \
        -rtc base=2025-01-01T00:00:00,clock=vm -seed 1 -M q35,kernel-irqchip=split \
        -device intel-iommu,caching-mode=on -device pci-testdev \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -m 256 \
        -serial "file:$work/guest" -serial "file:$work/report.raw" \
        -kernel "$vmm" -append "$config" -initrd "$guest $words" "$@" 2>"$work/qemu"
    status=$?
    "$build/tests/records" "$work/report.raw" >"$work/report" 2>"$work/report.sums"
    records_status=$?
}

# vmm_ok NAME CONDITION…: ok of lib.sh; a failure shows what was said.
vmm_ok() {
    local name=$1
    shift
    ok "$name" holds "$@"
}

holds() {
    "$@" && return 0
    tail -n 12 "$work/guest" "$work/report" "$work/report.sums" "$work/qemu" 2>/dev/null
    return 1
}

plan_end() {
    echo "1..$tap_n"
    exit "$tap_failed"
}

need_qemu() {
    command -v qemu-system-x86_64 >/dev/null && return
    echo "1..1"
    echo "ok 1 - $1 # SKIP qemu-system-x86_64 is not installed (package qemu-system-x86)"
    exit 0
}

# figure NAME: a number the guest printed.
figure() {
    awk -v name="$1" '$1 == "figure" && $2 == name { print $3 }' "$work/guest"
}

# field TYPE KEY [KEY=VALUE]: value of a field in the first record of that type (that also has
# KEY=VALUE).
field() {
    awk -F'\t' -v type="$1" -v key="$2" -v with="${3:-}" '
        $1 == type {
            found = with == ""
            for (i = 2; i <= NF; i++) if ($i == with) found = 1
            if (!found) next
            for (i = 2; i <= NF; i++)
                if (index($i, key "=") == 1) { print substr($i, length(key) + 2); exit }
        }' "$work/report"
}
