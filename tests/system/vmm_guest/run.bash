# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/system/vmm_*.sh: run the hypervisor on the pinned machine (bench/lab) and
# look at what guest and hypervisor said.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
work=$tmp/run
mkdir "$work"

# vmm_run HYPERVISOR CONFIG GUEST GUEST-WORDS [QEMU OPTION…]
# Leaves $work/guest (first console), $work/report (second, decoded: one "type key=value …" a
# line) and sets $status (of the machine; 33 ok, 35 error, 124 a hang: a second or two are usual, but
# this computer may have much else to do; VMM_LIMIT bounds it otherwise than by 300 seconds).
vmm_run() {
    local vmm=$1 config=$2 guest=$3 words=$4
    shift 4
    rm -f "$work"/*
    timeout "${VMM_LIMIT:-300}" qemu-system-x86_64 -accel tcg -cpu max,-smap,-rdtscp,-rdrand,-rdseed -smp 1 \
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
    echo "status $status"
    tail -n 12 "$work/guest" "$work/report" "$work/report.sums" "$work/qemu" 2>/dev/null
    return 1
}

plan_end() {
    echo "1..$tap_n"
    exit "$tap_failed"
}

# Sets $vmlinux and $initramfs to the files of the platform `vmm`, by their paths; where there are
# none the test ends as failed.
linux_parts() {
    vmlinux=$("$build/tests/kernel") &&
        initramfs=$("$build/tests/initramfs" "$build/agent/etalon-agent") && return
    ok "kernel and initramfs are there (\`make all test-helpers\`)" false
    plan_end
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

# --- what a run of the test guest left ---

# Every check of the guest, and it came to its end.
guest_content() {
    grep -q '^ok ' "$work/guest" && ! grep -q '^not ok' "$work/guest" &&
        grep -qx done "$work/guest"
}

# The run ended with an error record that begins with $1, and a whole report.
reported() {
    test "$status" = 35 && test "$records_status" = 0 && test "$(field end status)" = error &&
        case $(field error reason) in "$1"*) true ;; *) false ;; esac &&
        ! grep -q 'got away' "$work/guest"
}

# --- path lengths ---

# Instructions of one in 1000: ticks_1000_NAME less the same loop without, 2 ticks each.
cost() { # NAME
    echo $((($(figure "ticks_1000_$1") - $(figure ticks_1000_baseline)) / 2000))
}

# Instructions in the machine code from label $1 up to label $2.
listed() {
    objdump -d --no-show-raw-insn "$build/vmm/vmm.elf64" | awk -v from="<$1>:" -v to="<$2>:" '
        $2 == to { exit }
        on && /^ / { n++ }
        $2 == from { on = 1 }
        END { print n + 0 }'
}

# Instructions of a function up to its first RET (the straight path), the macro labels in it
# ignored.
straight() {
    objdump -d --no-show-raw-insn "$build/vmm/vmm.elf64" | awk -v from="<$1>:" '
        $2 == from { on = 1; next }
        on && /^ / { n++; if ($2 == "ret") exit }
        END { print n + 0 }'
}

# Sum of the last column of the table under heading $1 of a page.
documented() { # HEADING PAGE
    awk -F'|' -v heading="### $1" '
        $0 == heading { on = 1; next }
        /^#/ { on = 0 }
        on && /^\|/ && $(NF - 1) ~ /^ *[0-9]+ *$/ { sum += $(NF - 1) }
        END { print sum + 0 }' "$2"
}
