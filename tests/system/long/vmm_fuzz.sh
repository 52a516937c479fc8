#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: what tests/system/vmm_fuzz.sh shows in short holds for 10^6 exits a mode, of code
# that is nearly all reached, and every fault of vmm_fuzz/planted.txt is found.
#
#   FUZZ_EXITS=N   exits a mode, if not 10^6
set -u
. "$(dirname "$0")/../vmm_fuzz/run.bash"
need_qemu "in-tree hypervisor, fuzz guest"
need_helper fuzz-svm.elf fuzz-soft.elf fuzz-watch.so fuzz_memory fuzz_lines
exits=${FUZZ_EXITS:-1000000}
export VMM_LIMIT=3600

# Exit code: what runs between an exit and the next entry, and the devices it reaches. Not
# among it: parsing, loading, memory maps, the report.
common="exits.c accounts.c devices.c pic.c pit.c cmos.c pci_guest.c cpuid.c insn.c linear.c"
files_svm="$common svm.c svm_exits.c host_timer.c host_interrupt.c"
files_shadow="shadow.c shadow_tables.c guest_walk.c svm_shadow.c svm_shadow_fault.c insn_operand.c
    soft_decode.c"
files_soft="soft.c soft_emulate.c soft_entry.S soft_event.c soft_pv.c soft_shadow.c soft_scan.c"

# Boots by seed until there are enough exits; $tmp/seen.MODE gathers what ran. Prints the sum.
endure() { # MODE
    local total=0 seed=100 steps=2000
    [ "$1" = soft ] || [ "$1" = pv ] && steps=8000
    while [ "$total" -lt "$exits" ]; do
        fuzz_clean "$build/vmm/vmm.elf" "$build/vmm/vmm.elf64" "$1" "" \
            "seed=$(printf %x $seed) steps=$(printf %x $steps)" || {
            echo "seed $seed"
            return 1
        }
        sort -u -o "$tmp/seen.$1" "$tmp/seen.$1" "$tmp/seen"
        total=$((total + fuzz_exits))
        seed=$((seed + 1))
    done
    echo "# $1: $total exits, seeds 100 to $((seed - 1))" >&3
}

corpus() { # MODE
    local line
    while read -r line; do
        fuzz_clean "$build/vmm/vmm.elf" "$build/vmm/vmm.elf64" "$1" "${line%%|*}" \
            "${line#*|}" || {
            echo "$line"
            return 1
        }
        sort -u -o "$tmp/seen.$1" "$tmp/seen.$1" "$tmp/seen"
    done < <(fuzz_corpus "$1")
}

lines_reached() {
    local sum
    sort -u "$tmp"/seen.* >"$tmp/seen.all"
    # shellcheck disable=SC2086
    objdump --dwarf=decodedline "$build/vmm/vmm.elf64" | "$build/tests/fuzz_lines" \
        "$tmp/seen.all" $files_svm $files_shadow $files_soft >"$tmp/lines"
    cut -d' ' -f1-3 "$tmp/lines" | sed 's/^/# lines /' >&3
    sum=$(awk '$1 == "all" { print int($2 * 100 / $3) }' "$tmp/lines")
    [ "$sum" -ge 85 ] && return
    cat "$tmp/lines"
    return 1
}

exec 3>&1
for mode in nested lazy eager soft pv; do
    : >"$tmp/seen.$mode"
    ok "$mode: the corpus" corpus $mode
    ok "$mode: $exits exits" endure $mode
done
ok "at least 85 % of the lines of the exit code ran" lines_reached
while IFS= read -r line; do
    mode=${line%%|*} rest=${line#*|} what=${line##*|}
    file=${rest%%|*} script=${rest#*|}
    ok "found: $mode: $what" fuzz_finds "$mode" "$file" "${script%|*}"
done < <(grep -v '^#' $fuzz_dir/planted.txt)
plan_end
