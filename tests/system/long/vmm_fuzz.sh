#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: what tests/system/vmm_fuzz.sh shows in short holds for 10^6 exits a mode, of code
# that is nearly all reached, and every fault of vmm_fuzz/planted.txt is found.
#
#   FUZZ_EXITS=N   exits a mode, if not 10^6
#   FUZZ_MODES=…   of nested lazy eager soft pv, if not all
#   FUZZ_PARTS=…   of corpus endure lines planted, if not all; lines needs one of the first two
#   FUZZ_SEEN=DIR  where what ran is kept from one run to the next, if it is
set -u
. "$(dirname "$0")/../vmm_fuzz/run.bash"
need_qemu "in-tree hypervisor, fuzz guest"
need_helper fuzz-svm.elf fuzz-soft.elf fuzz-watch.so fuzz_memory fuzz_lines
exits=${FUZZ_EXITS:-1000000}
modes=${FUZZ_MODES:-nested lazy eager soft pv}
parts=${FUZZ_PARTS:-corpus endure lines planted}
seen=${FUZZ_SEEN:-$tmp/ran}
least=85 # of 100 lines
export VMM_LIMIT=3600
mkdir -p "$seen"

has() { # WORD of LIST
    [[ " $2 " == *" $1 "* ]]
}

note_seen() { # MODE
    touch "$seen/$1"
    sort -u -o "$seen/$1" "$seen/$1" "$tmp/seen"
}

# The hypervisor's words of a boot, in turn. Lies are the corpus's: they cost a guest its time.
endure_words=("" "tsc=trap" "asid=off" "io=ring" "io=trap" "hypercall=fast")

# Boots by seed until there are enough exits. Operations that exit often have more weight in two of
# three.
endure() { # MODE
    local total=0 seed=256 boots=0 steps=4000 words mix=88ff8488118848444811211122
    local options=("${endure_words[@]}")
    case $1 in
    lazy | eager) options=("${endure_words[@]:0:5}") ;;
    soft) options=("" "tsc=trap" "io=ring" "io=trap") steps=2000 mix="" ;;
    pv) options=("" "io=ring") steps=2000 mix="" ;;
    esac
    while [ "$total" -lt "$exits" ]; do
        words="seed=$(printf %x $seed) steps=$steps"
        [ -z "$mix" ] || [ $((boots % 3)) = 2 ] || words+=" mix=$mix"
        fuzz_clean "$build/vmm/vmm.elf" "$build/vmm/vmm.elf64" "$1" \
            "${options[boots % ${#options[@]}]}" "$words" || {
            echo "${options[boots % ${#options[@]}]}|$words"
            return 1
        }
        note_seen "$1"
        total=$((total + fuzz_exits)) seed=$((seed + 1)) boots=$((boots + 1))
    done
    echo "# $1: $total exits in $boots boots" >&3
}

corpus() { # MODE
    local line total=0 boots=0
    while read -r line; do
        fuzz_clean "$build/vmm/vmm.elf" "$build/vmm/vmm.elf64" "$1" "${line%%|*}" \
            "${line#*|}" || {
            echo "$line"
            return 1
        }
        note_seen "$1"
        total=$((total + fuzz_exits)) boots=$((boots + 1))
    done < <(fuzz_corpus "$1")
    echo "# $1: $total exits in $boots boots of the corpus" >&3
}

# lines WHAT MODE-OF-NAMES FILES SEEN…: enough of them ran, and none that is named as not reached.
lines() {
    local what=$1 mode=$2 files=$3 rc
    shift 3
    sort -u "$@" >"$tmp/seen.all"
    fuzz_lines "$tmp/seen.all" "$mode" "$files" >"$tmp/lines"
    rc=$?
    awk -v what="$what" '$1 == "all" {
        print "# lines of " what ": " $2 " of " $3 " ran, " $4 " named as not reached" }' \
        "$tmp/lines" >&3
    [ $rc = 0 ] && awk -v least=$least \
        '$1 == "all" { enough = $2 * 100 >= least * $3 } END { exit !enough }' "$tmp/lines" &&
        return
    cat "$tmp/lines"
    return 1
}

exec 3>&1
for mode in $modes; do
    ! has corpus "$parts" || ok "$mode: the corpus" corpus "$mode"
    ! has endure "$parts" || ok "$mode: $exits exits" endure "$mode"
done
if has lines "$parts"; then
    ok "at least $least % of the lines that modes share ran" lines shared all "$fuzz_shared" "$seen"/*
    for mode in $modes; do
        ok "$mode: at least $least % of its own lines ran" \
            lines "$mode" "$mode" "$(fuzz_own_files "$mode")" "$seen/$mode"
    done
fi
! has planted "$parts" || while IFS= read -r line; do
    mode=${line%%|*} rest=${line#*|} what=${line##*|}
    file=${rest%%|*} script=${rest#*|}
    ! has "$mode" "$modes" || ok "found: $mode: $what" fuzz_finds "$mode" "$file" "${script%|*}"
done < <(grep -v '^#' $fuzz_dir/planted.txt)
plan_end
