#!/bin/bash
# Hypothesis: as PID 1 the agent ends the machine itself, whatever the plan holds: no panic, no
# hang, and the reason in an error record.
. "$(dirname "$0")/lib.sh"

plan 14
need_platform native

# boot TAG PLAN [options]: one boot of the platform native in the lab
boot() {
    local tag=$1 runs=$2
    shift 2
    timeout -s KILL 200 "$build/tests/lab_boot" --platform native --plan "$runs" --boot 9 \
        --seed 5 --limit-ms 20000 --host-s 150 "$@" "$tmp/$tag" >"$tmp/$tag.out" 2>&1
    "$build/tests/records" "$tmp/$tag/console.log" >"$tmp/$tag.records" 2>"$tmp/$tag.sums"
}

boot good "null,iters=20/spin,iters=3,n=1000/exits,op=port-out,iters=2/exits,op=hypercall"
ok "the machine was switched off" says "$tmp/good.out" "end=powered-off"
ok "its records are whole" says "$tmp/good.sums" "damaged 0 missing 0 repeated 0"
ok "25 intervals, status ok" is "$(printf 'end\tintervals=25\tstatus=ok')" \
    "$(tail -n 1 "$tmp/good.records")"
ok "the card came through resource0 and says its name" \
    grep -q 'card_route=resource0.*card_id=0x4e4c5445' "$tmp/good.records"
ok "memory is locked" says "$tmp/good.records" "memory_locked=yes"
ok "kernel and clock source are told" grep -q 'kernel=[1-9].*clocksource=[a-z]' "$tmp/good.records"
ok "the clock source is no provisional one" grep -qE "clocksource=tsc([[:space:]]|$)" "$tmp/good.records"
ok "a port may be written" grep -q 'name=exits.*op=port-out.*iters=2' "$tmp/good.records"
ok "what makes no sense is skipped with a reason" \
    says "$tmp/good.records" "no hypervisor answers a program's hypercall here"

boot word "null" --boot 70000
ok "a plan index that does not fit is refused" says "$tmp/word.out" "plan index 70000"
ok "the card told the plan index" grep -qa 'ETL1 00009 0 boot' "$tmp/good/console.log"
boot work "null/nonsense"
ok "an unknown workload is told" says "$tmp/work.records" "unknown workload 'nonsense'"
ok "and the machine was switched off" says "$tmp/work.out" "end=powered-off"
ok "after an end record" is "$(printf 'end\tintervals=0\tstatus=error')" \
    "$(tail -n 1 "$tmp/work.records")"
finish
