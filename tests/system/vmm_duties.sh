#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What an exit would cost in-tree if it did what KVM and Xen do on theirs: each duty added alone
# to the full path of the hypercall, then all. Measured by the guest, counted in the machine code,
# as the table of docs/techniques/svm-duties.md says, and together less than either of them takes
# with next-RIP saving (docs/exits.md).
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, duties of an exit"
guest=$build/tests/vmm-guest.elf
page=docs/techniques/svm-duties.md
duties=$(awk '$1 == "VMM_DUTY_NAMES" { $1 = $2 = ""; print }' tests/module.mk)

# Instructions in the machine code of the full path; INT3, which never runs, does not count.
path_of() { # NAME
    objdump -d --no-show-raw-insn "$build/tests/vmm-duty-$1.elf.64" | awk '
        $2 == "<svm_full_light_end>:" { exit }
        on && /^ / && $2 != "int3" { n++ }
        $2 == "<svm_full_light>:" { on = 1 }
        END { print n + 0 }'
}
# The last column of the row that begins with the name.
row() { # NAME PAGE
    awk -F'|' -v name="$1" '
        { first = $2; gsub(/^ +| +$/, "", first) }
        index(first, name) == 1 { print $(NF - 1) + 0; exit }' "$2"
}
# Whole run of the guest's checks, then what a hypercall of it cost.
measure() { # NAME  sets $measured
    vmm_run "$build/tests/vmm-duty-$1.elf" "hypercall=full" "$guest" "test=basic"
    measured=$(cost hypercall)
}
right() { guest_content && [ "$status" = 33 ]; }
all_of() { # A = B = C, and a number
    [ -n "$1" ] && [ "$1" -gt 0 ] && [ "$1" = "$2" ] && [ "$1" = "$3" ] && return 0
    echo "measured $1, machine code $2, $page $3"
    return 1
}
below() { [ "$1" -gt 0 ] && [ "$1" -lt "$2" ] || { echo "$1 is not below $2"; return 1; }; }

measure none
bare=$measured
code() { objdump -dr --no-show-raw-insn "$1" | tail -n +4; }
vmm_ok "the hooks alone are the tree's machine code" \
    cmp <(code "$build/vmm/hv-under-test/vmm/svm/svm_entry.o") \
    <(code "$build/tests/vmm-duty-none.elf.o")
vmm_ok "none: the guest finds all as it should be" right
vmm_ok "none: the full path as docs/vmm.md adds it up" \
    is "$(documented "Full path" docs/vmm.md)" $((bare + 1))

sum=0
for duty in $duties; do
    measure "$duty"
    added=$((measured - bare))
    sum=$((sum + added))
    echo "# $duty: $added"
    vmm_ok "$duty: the guest finds all as it should be" right
    vmm_ok "$duty: measured, machine code and table agree" all_of "$added" \
        "$(($(path_of "$duty") - $(path_of none)))" "$(row "\`$duty\`" $page)"
done

measure all
echo "# all duties: $measured, $sum of them added"
vmm_ok "all: the guest finds all as it should be" right
vmm_ok "all: the path and the sum of what was added" test "$measured" = $((bare + sum))
vmm_ok "all: the table's sum" test "$(row '**all**' $page)" = "$sum"
hypercall() { # COLUMN  of docs/exits.md
    awk -F'|' -v n="$1" '$2 == " hypercall " { print $n + 0 }' docs/exits.md
}
# The external clock, and a whole Linux that lives with the duties.
cat >"$tmp/duties.cfg" <<C
name = "duties"; bench = "lab"; boots = 1; seed = 11; limit = 60;
platforms = (
    { name = "vmm-bare"; options = { vmm = "$build/tests/vmm-duty-all.elf"; }; },
    { name = "vmm"; options = { vmm = "$build/tests/vmm-duty-all.elf"; }; }
);
workloads = (
    { name = "null"; iterations = 20; },
    { name = "exits"; op = [ "empty", "hypercall" ]; n = 100; iterations = 10; }
);
C
db=$tmp/duties.db
ok "all: the payload and Linux run on it" run_campaign "$tmp/duties.cfg" --db "$db" --jobs 1
ok "all: both boots are good" is "vmm vmm-bare" \
    "$(sql "$db" "SELECT platform FROM boots WHERE verdict = 'ok' ORDER BY 1" | xargs)"
ok "all: the external clock says the same of both" is "$measured.0 $measured.0" \
    "$(sql "$db" "SELECT cost FROM exit_costs WHERE operation = 'hypercall'
           AND unit = 'instructions'" | xargs)"
vmm_ok "all: below KVM's with next-RIP saving" below "$measured" "$(hypercall 4)"
vmm_ok "all: below Xen's with next-RIP saving" below "$measured" "$(hypercall 6)"
figures="$bare $measured $(hypercall 3) $(hypercall 4) $(hypercall 5) $(hypercall 6)"
said=
for name in "ours, as shipped" "ours with all duties" "as it is, KVM" "with next-RIP, KVM" \
    "as it is, Xen" "with next-RIP, Xen"; do
    said="$said $(row "$name" $page)"
done
vmm_ok "the page's closing table has these and docs/exits.md's" is "$figures" "${said# }"
plan_end
