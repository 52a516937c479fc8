#!/bin/bash
# Hypothesis: the agent as an ordinary program carries out a plan on a file that stands for the
# card, and whatever is wrong is an error record and an end, never a hang.
. "$(dirname "$0")/lib.sh"

plan 27

agent=$build/agent/etalon-agent
words="etl.boot=6 etl.seed=1 etl.gap=100 etl.collectors=clocks"

# run TAG [options…]: leaves $tmp/TAG.{console,records,sums,status}
run() {
    local tag=$1
    shift
    timeout -s KILL 60 "$agent" "$@" >"$tmp/$tag.console" 2>"$tmp/$tag.err"
    echo $? >"$tmp/$tag.status"
    "$build/tests/records" "$tmp/$tag.console" >"$tmp/$tag.records" 2>"$tmp/$tag.sums"
}

run good --fake-card "$tmp/card" \
    --command-line "quiet $words etl.plan=null,iters=5/spin,iters=4/clock,iters=3 panic=-1"
ok "a plan is carried out" is 0 "$(cat "$tmp/good.status")"
ok "its records are whole" says "$tmp/good.sums" "damaged 0 missing 0 repeated 0"
ok "with 12 intervals" is 12 "$(grep -c '^iv' "$tmp/good.records")"
ok "and say so at the end" is "$(printf 'end\tintervals=12\tstatus=ok')" \
    "$(tail -n 1 "$tmp/good.records")"
# STOP of interval 11: code 3; 7 preamble marks and 24 edges make 31: the strobe is high.
ok "the last marker stands on the card" is "7" \
    "$(od -An -tu4 -N4 "$tmp/card" | tr -d ' ')"
ok "six clocks are read, the finest nearest the marker" is \
    "clock.user clock.sys clock.real clock.mono clock.raw clock.tsc " \
    "$(head -n 1 "$tmp/good.records" | tr '\t' '\n' | sed -n 's/^\(clock\.[a-z]*\)=.*/\1/p' | tr '\n' ' ')"
ok "no monotonic clock steps back between its two readings" awk -F '\t' '
    $1 == "iv" { for (i = 2; i <= NF; i++)
        if ($i ~ /^(mono|raw|tsc|user|sys)=/) {
            n++; sub(/.*=/, "", $i); split($i, t, ":")
            if (length(t[2]) < length(t[1]) || length(t[2]) == length(t[1]) && t[2] "" < t[1] "")
                exit bad = 1 } }
    END { exit bad || n != 12 * 5 }' "$tmp/good.records"
ok "a workload reads its clock between the clock's two readings" awk -F '\t' '
    $1 == "iv" && /\tread=/ {
        for (i = 2; i <= NF; i++) { split($i, f, "="); v[f[1]] = f[2] }
        split(v["raw"], t, ":"); n++
        if (!(substr(t[1], 4) + 0 <= substr(v["read"], 4) + 0 &&
              substr(v["read"], 4) + 0 <= substr(t[2], 4) + 0)) exit bad = 1 }
    END { exit bad || n != 3 }' "$tmp/good.records"

run none --fake-card "$tmp/card" --command-line "etl.boot=6 etl.seed=1 etl.plan=null,iters=2"
ok "without the collector no clock is read" is 0 "$(grep -c 'tsc=' "$tmp/none.records")"

bad() { # NAME TEXT [options…]
    local name=$1 text=$2
    shift 2
    run bad "$@"
    ok "$name is told" says "$tmp/bad.records" "$text"
    ok "$name: end with status 1" is "1 $(printf 'end\tintervals=0\tstatus=error')" \
        "$(cat "$tmp/bad.status") $(tail -n 1 "$tmp/bad.records")"
}
bad "an unknown word" "unknown word etl.gapp=1" --fake-card "$tmp/card" \
    --command-line "$words etl.gapp=1 etl.plan=null"
bad "an unknown workload" "unknown workload 'nonsense'" --fake-card "$tmp/card" \
    --command-line "$words etl.plan=nonsense"
bad "an unknown option" "usage: etalon-agent" --card x
bad "a card that cannot be opened" "No such file or directory" --fake-card "$tmp/none/card" \
    --command-line "$words etl.plan=null"
bad "a card that cannot be sized" "Invalid argument" --fake-card /dev/null \
    --command-line "$words etl.plan=null"

ulimit_run() {
    (ulimit -v 20000 && run small --fake-card "$tmp/card" --command-line "$words etl.plan=null")
}
ulimit_run
ok "no memory for the arena is told" says "$tmp/small.records" "memory for the arena"
ok "and the end" is 1 "$(cat "$tmp/small.status")"

# A fault in the middle of a long run.
timeout -s KILL 60 "$agent" --fake-card "$tmp/card" --console "$tmp/fault.console" \
    --command-line "$words etl.plan=null,iters=3/spin,iters=1000000,n=1000000" &
pid=$!
until grep -qa 'name=spin' "$tmp/fault.console" 2>/dev/null; do sleep 0.05; done
child=$(pgrep -P $pid)
kill -SEGV "${child:-$pid}"
wait $pid
status=$?
"$build/tests/records" "$tmp/fault.console" >"$tmp/fault.records" 2>"$tmp/fault.sums"
ok "a fault is told with its signal" says "$tmp/fault.records" "signal 11 (SEGV)"
ok "and its records are whole" says "$tmp/fault.sums" "damaged 0 missing 0 repeated 0"
ok "and the end" is 1 "$status"

timeout -s KILL 60 "$agent" --fake-card "$tmp/card" --console /dev/full \
    --command-line "$words etl.plan=null"
ok "a console that takes nothing does not hang it" [ $? -le 1 ]

"$build/examples/marker-example" "$tmp/card" 5 >"$tmp/example.out" 2>&1
ok "the example for users marks its intervals" says "$tmp/example.out" "10 intervals marked"
# STOP of interval 9: code 1; 27 edges: the strobe is high.
ok "and leaves its last marker" is "3" "$(od -An -tu4 -N4 "$tmp/card" | tr -d ' ')"
finish
