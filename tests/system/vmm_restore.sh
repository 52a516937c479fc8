#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A guest that is saved and put back is what it was, with every backend and every kind of paging;
# its clocks are told or not; the ledger has each restore as long as the guest itself finds it; a
# hypervisor that forgets a part of it is found out. What an external clock sees is
# tests/system/lies.sh.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, snapshots"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf
svm="ram_mb=40 tsc_hz=1000000000 seed=1"
with="timer debug"
without="-cpu max,-smap,-rdtscp,-rdrand,-rdseed,-svm"
# Ticks: from the guest's own reading to the exit and back to the next one; the first time its shadow
# is made anew, too.
SLACK=2000
SHADOW_SLACK=400000

whole() { # N: it was put back so many times, and is what it was
    test "$status $records_status" = "33 0" && guest_content && test "$(figure passes)" = $(($1 + 1)) &&
        test "$(field ledger entries)" = "$1"
}

# What the guest's clock shows since just before it was saved: first when it goes on, then each time
# it is back.
since() {
    awk '$1 == "figure" && $2 == "tsc_since" { print $3 }' "$work/guest"
}

hidden() { # it is the same each time, give or take the way back
    since | awk -v slack=$SLACK -v first=$SHADOW_SLACK '
        NR > 1 { d = $1 - last; if (d * d > (NR == 2 ? first * first : slack * slack)) bad = 1 }
        { last = $1 } END { exit !(NR > 2 && !bad) }' && test "$(figure restores_told)" = 0
}

told() { # each time it is what the entry says more
    paste <(since) <(awk -F'\t' 'BEGIN { print 0 } $1 == "distortion" {
            for (i = 2; i <= NF; i++) { split($i, f, "="); v[f[1]] = f[2] }
            print -v["delivered"], v["visible"] }' "$work/report") |
        awk -v slack=$SLACK -v first=$SHADOW_SLACK '
            NR > 1 { d = $1 - last - $2; if (d * d > (NR == 2 ? first * first : slack * slack) || $3) bad = 1 }
            { last = $1 } END { exit !(NR > 2 && !bad) }' &&
        test "$(figure restores_told) $(figure restore_ticks_told)" = \
            "$(field ledger entries) $((0 - $(field lie delivered)))"
}

# The guest lay for as long as was asked for, and what it lost lies between two of its lives.
lengths() { # LENGTH
    awk -F'\t' -v length_="$1" '$1 == "distortion" {
        for (i = 2; i <= NF; i++) { split($i, f, "="); v[f[1]] = f[2] }
        n++
        if (v["end"] - v["begin"] < length_ || -v["delivered"] < -v["requested"]) bad = 1
        d = v["end"] - last + v["delivered"]
        if (last && d * d > 3600) bad = 1
        last = v["end"] } END { exit !(n > 1 && !bad) }' "$work/report"
}

for paging in nested shadow-lazy shadow-eager; do
    vmm_run "$vmm" "paging=$paging $svm lie=restore:hidden:1:100000:5000:3" "$guest" \
        "test=restore back=3 $with"
    vmm_ok "paging=$paging: the guest is put back whole, three times" whole 3
    vmm_ok "paging=$paging: its clock hides it" hidden
    vmm_ok "paging=$paging: the ledger has it" lengths 5000
done
cp "$work/report.raw" "$tmp/first"
vmm_run "$vmm" "paging=$paging $svm lie=restore:hidden:1:100000:5000:3" "$guest" \
    "test=restore back=3 $with"
vmm_ok "again: the same report, byte for byte" cmp "$tmp/first" "$work/report.raw"
vmm_run "$vmm" "$svm hypercall=fast asid=off lie=restore:told:1:100000:1000000000:2" "$guest" \
    "test=restore back=2 $with"
vmm_ok "told, after a second each: the guest is put back whole" whole 2
vmm_ok "its clock shows what it lost, and the accounts page says so" told
vmm_ok "it lay for a second" lengths 1000000000

vmm_run "$vmm" "cpu=soft tsc=trap ram_mb=40 seed=1 lie=restore:hidden:1:100000:5000:2" "$guest" \
    "test=restore back=2" $without
vmm_ok "cpu=soft: the guest is put back whole" whole 2
vmm_ok "cpu=soft: its clock hides it" hidden
vmm_run "$vmm" "cpu=soft ram_mb=40 seed=1 lie=restore:told:1:100000:5000:2" "$guest" \
    "test=restore back=2" $without
vmm_ok "cpu=soft, told: the guest is put back whole" whole 2
vmm_ok "cpu=soft, told: its clock shows it" told

vmm_run "$vmm" "" "$guest" "test=restore"
vmm_ok "without a lie there are no checkpoints" guest_content
vmm_run "$vmm" "lie=restore:told:1:100000:5:1" "$guest" "test=basic"
vmm_ok "a guest that makes none is an error, not an empty ledger" \
    reported "lie: the guest was to be saved and came to no checkpoint in time"
vmm_run "$vmm" "ram_mb=200 lie=restore:told:1:100000:5:1" "$guest" "test=basic"
vmm_ok "memory must do for the guest and its copy" \
    reported "ram_mb: more than this machine has for a guest"

# --- a hypervisor that forgets ---

forgets() { # PART CHECK CONFIG WORDS [QEMU OPTION…]: this check of the guest finds it
    local part=$1 what=$2
    shift 2
    vmm_run "$build/tests/vmm-forget-$part.elf" "$1 seed=1 lie=restore:hidden:1:100000:5000:1" \
        "$guest" "test=restore back=1 $2" ${3:-}
    vmm_ok "without $part: found out" grep -q "^not ok $what" "$work/guest"
}

forgets extended_restore "a vector register" "$svm" "$with"
forgets devices_restore "the interrupt controller's mask" "$svm" "$with"
forgets pit_shift "interval timer and TSC agree" "$svm" "$with"
forgets exits_set_emulated_register "the emulated register" "$svm" "$with"
forgets svm_restore "STAR" "$svm" "$with"
forgets svm_shadow_restore "page tables, as the processor has them" "paging=shadow-lazy $svm" "$with"
forgets soft_restore "STAR" "cpu=soft tsc=trap ram_mb=40" "" "$without"
vmm_run "$build/tests/vmm-forget-distort_shift.elf" "$svm lie=restore:hidden:1:100000:5000:3" \
    "$guest" "test=restore back=3 debug"
not_hidden() {
    whole 3 && ! hidden
}
vmm_ok "without distort_shift: found out" not_hidden
plan_end
