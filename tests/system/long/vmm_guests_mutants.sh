#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the tests of several guests see every fault that matters: each of a list of faults put
# into the hypervisor makes one of them fail, and the hypervisor as it is passes.
set -u
. "$(dirname "$0")/../vmm_fuzz/run.bash"
. "$(dirname "$0")/../vmm_guests/run.bash"
need_qemu "in-tree hypervisor, faults with several guests"
guest=$build/tests/vmm-guest.elf
export VMM_LIMIT=60 # what hangs was seen

unit() { # TEST [FILE SED]: 0 it passes, 1 it fails, 2 there is no such test
    rm -rf "$tmp/src"
    mkdir -p "$tmp/src/hv-under-test/vmm"
    if [ $# -gt 1 ]; then
        sed "$3" "hv-under-test/vmm/$2" >"$tmp/src/hv-under-test/vmm/$2"
        cmp -s "hv-under-test/vmm/$2" "$tmp/src/hv-under-test/vmm/$2" &&
            echo "the script changes nothing" && return 2
    fi
    gcc -std=gnu11 -O1 -w -D_GNU_SOURCE -fno-pie -no-pie -I"$tmp/src" -I. \
        "tests/unit/test_vmm_$1.c" "$build/libetalon.a" -lcmocka -lm -o "$tmp/unit" || return 2
    timeout 60 "$tmp/unit" >"$tmp/out" 2>&1
    case $? in
    0) return 0 ;;
    126 | 127) return 2 ;;
    *) return 1 ;;
    esac
}

boots() { # HYPERVISOR: 0 if every boot is as it should be
    vmm_run "$1" "$hz guests=2 weights=1:3 slice=50" "$guest" "test=neighbours others=1 halt"
    whole && closes && ledger_whole && stolen 750 765 || return 1
    vmm_run "$1" "$hz guests=4 loads=fill:probe:tick slice=50" "$guest" \
        "test=neighbours others=3 yield halt"
    whole && ledger_whole && kept_all 1 && refused_all 2 || return 1
    vmm_run "$1" "$hz guests=2 loads=yield slice=20" "$guest" "test=neighbours others=1 yield halt"
    whole && ledger_whole && test "$(fact vmm.guests.yields)" = 201
}

seen() { # HOW FILE SED
    if [ "$1" = boots ]; then
        fuzz_plant "$2" "$3" || return
        ! boots "$tmp/planted.elf"
        return
    fi
    unit "$1" "$2" "$3"
    case $? in
    0) echo "the test passes" && return 1 ;;
    1) return 0 ;;
    esac
    return 1
}

ok "the scheduler as it is passes" unit sched
ok "the ledger as it is passes" unit distort
vmm_run "$build/vmm/vmm.elf" "$hz" "$guest" "test=neighbours others=0"
clean=$(figure work_ticks)
ok "the hypervisor as it is passes" boots "$build/vmm/vmm.elf"
while IFS= read -r m; do
    # The script itself may contain "|": the first two fields and the last are free of it.
    how=${m%%|*} what=${m##*|} rest=${m#*|}
    file=${rest%%|*} script=${rest#*|}
    ok "seen: $what" seen "$how" "$file" "${script%|*}"
done < <(grep -v '^#' tests/system/vmm_guests/mutants.txt)
plan_end
