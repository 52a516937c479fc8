#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a hostile guest that chance drives changes nothing of the hypervisor but what is the
# guest's to change, sees nothing of it, and is told the truth by its accounts, under every backend
# and paging mode; and the means by which that is seen do see a planted fault in each.
set -u
. "$(dirname "$0")/vmm_fuzz/run.bash"
need_qemu "in-tree hypervisor, fuzz guest"
need_helper fuzz-svm.elf fuzz-soft.elf fuzz-watch.so fuzz_memory fuzz_lines

planted() { # MODE WHAT  the line of planted.txt that begins and ends with them
    local line
    line=$(grep "^$1|" $fuzz_dir/planted.txt | grep -F "|$2") || return
    local mode=${line%%|*} rest=${line#*|}
    local file=${rest%%|*} script=${rest#*|}
    fuzz_finds "$mode" "$file" "${script%|*}"
}

for mode in nested lazy eager soft pv; do
    first=$(fuzz_corpus $mode | head -n 1)
    ok "$mode: nothing is wrong behind it" fuzz_clean "$build/vmm/vmm.elf" \
        "$build/vmm/vmm.elf64" $mode "${first%%|*}" "${first#*|}"
done
# What programs do, and what is refused to them.
for mode in nested lazy eager; do
    ok "$mode: nothing is wrong behind programs" fuzz_clean "$build/vmm/vmm.elf" \
        "$build/vmm/vmm.elf64" $mode "" "seed=3 steps=20 mix=00000000000000000000f00"
done
# What vmm_fuzz/unreached.txt names is there, each once.
names() {
    local mode
    for mode in nested lazy eager soft pv; do
        fuzz_lines /dev/null $mode "$fuzz_shared $(fuzz_own_files $mode)" >"$tmp/names" || {
            grep '^wrong' "$tmp/names"
            return 1
        }
    done
    return 0
}
ok "the lines named as not reached are lines" names
# The control: built the same way, with no more than a comment.
unplanted() {
    local first
    first=$(fuzz_corpus nested | head -n 1)
    fuzz_plant exits.c '$a /* nothing */' && fuzz_clean "$tmp/planted.elf" \
        "$tmp/planted.elf.64" nested "${first%%|*}" "${first#*|}"
}
ok "a planted nothing is not found" unplanted
ok "found: six registers are not given back" planted nested "six registers are not given back"
ok "found: a page of the hypervisor is mapped" planted nested "a page of the hypervisor is mapped"
ok "found: the hypervisor's alias is open" planted soft "the hypervisor's alias is open to ring 3"
ok "found: a program ends the machine" \
    planted nested "a program's store that is not decoded ends the machine"
plan_end
