#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the unit tests of shadow paging see every fault that matters: each of a list of
# faults put into the engine makes one of them fail, and the engine as it is passes.
set -u
. "$(dirname "$0")/lib.sh"
mapfile -t mutants < <(grep -v '^#' tests/system/vmm_shadow/mutants.txt)
plan $((1 + ${#mutants[@]}))

# try FILE SED: 0 if the tests pass with the script applied, 1 if one fails, 2 if there is no
# such test.
try() {
    rm -rf "$tmp/src"
    mkdir -p "$tmp/src/hv-under-test/vmm/paging"
    cp hv-under-test/vmm/paging/{guest_walk,shadow,shadow_tables}.c "$tmp/src/hv-under-test/vmm/paging/"
    if [ -n "$1" ]; then
        sed -i "$2" "$tmp/src/hv-under-test/vmm/$1"
        if cmp -s "hv-under-test/vmm/$1" "$tmp/src/hv-under-test/vmm/$1"; then
            echo "the script changes nothing"
            return 2
        fi
    fi
    for t in cases random; do # the second is built where the first sees nothing
        gcc -std=gnu11 -O1 -w -D_GNU_SOURCE -fno-pie -no-pie -I"$tmp/src" -I. \
            "tests/unit/test_vmm_shadow_$t.c" -lcmocka -o "$tmp/$t" || return 2
        timeout 60 "$tmp/$t" >"$tmp/out" 2>&1
        case $? in
        0) ;;
        127 | 126) return 2 ;;
        *) return 1 ;;
        esac
    done
}

seen() {
    try "$1" "$2"
    case $? in
    0) echo "the tests pass" && return 1 ;;
    1) return 0 ;;
    esac
    return 1
}

ok "the engine as it is passes" try "" ""
for m in "${mutants[@]}"; do
    # The script itself may contain "|": the first and the last field are free of it.
    file=${m%%|*} what=${m##*|} script=${m#*|}
    ok "seen: $what" seen "$file" "${script%|*}"
done
finish
