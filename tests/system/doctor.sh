#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: doctor says of every collector what a sample of it costs on this computer, in ns
# with its spread, or why it cannot be read; that 1000 system calls and 1000 page faults are
# counted as 1000; and of every hardware event that is not counted why. Times are asserted in
# their order only.
. "$(dirname "$0")/lib.sh"

plan 16

"$etalon" doctor >"$tmp/text" 2>"$tmp/err"
status=$?
"$etalon" doctor --json >"$tmp/json" 2>>"$tmp/err"
names() { "$etalon" list | sed -n '/^collectors$/,/^probes$/s/^  \([a-z][a-z-]*\) .*/\1/p' | sort; }
cost() { # NAME FIELD: of the JSON
    sed -n "s/.*\"kind\": \"cost\", \"name\": \"$1\".*\"$2\": \([-0-9.]*\).*/\1/p" "$tmp/json"
}
is() { # EXPECTED ACTUAL
    [ "$1" = "$2" ] && return 0
    printf 'expected: %s\nactual:   %s\n' "$1" "$2"
    return 1
}
ascending() { sort -g -c <(printf '%s\n' "$@"); }

ok "doctor tells what works here" [ "$status" = 0 ] # this computer runs the lab
ok "and prints nothing else" is "" "$(cat "$tmp/err")"
ok "as JSON it tells the same lines" is \
    "$(sed -n 's/^\(ok\|--\) *\([a-z]*\) *\([^ ]*\).*/\1 \2 \3/p' "$tmp/text")" \
    "$(sed -n 's/.*"kind": "\([^"]*\)", "name": "\([^"]*\)", "available": \([a-z]*\).*/\3 \1 \2/p' \
        "$tmp/json" | sed 's/^true/ok/; s/^false/--/')"
ok "each collector has a line for its cost" is "$(names)" \
    "$(sed -n 's/^\(ok\|--\) *cost *\([^ ]*\).*/\2/p' "$tmp/text" | sort)"
whys() {
    grep -E '^-- +(cost|pmu) ' "$tmp/text" | awk 'NF < 8 { print; bad = 1 } END { exit bad }'
}
ok "one that cannot be read, and each counter that does not count, has a sentence" whys

sed -n 's/^ok *cost */# /p' "$tmp/text"
spread() {
    local name
    for name in clocks accounting; do
        ascending "$(cost $name least)" "$(cost $name low)" "$(cost $name median)" \
            "$(cost $name high)" && ascending 0.001 "$(cost $name low)" || return 1
    done
}
# The empty batch is so short that next to nothing falls into it: a figure below 0 is rare.
ok "the figures of clocks and accounts are in order, nearly all above nothing" spread
ok "reading Linux's books costs more than reading clocks" \
    ascending "$(cost clocks median)" "$(cost accounting median)"
ok "the grade is said" is "$(grep -c '^ok *cost' "$tmp/text")" \
    "$(grep -c "^ok *cost.* by this computer's own clock: grade C" "$tmp/text")"

if [ -e /sys/bus/event_source/devices/cpu ] || [ -e /sys/bus/event_source/devices/cpu_core ]; then
    for point in groups collectors; do skip "no PMU, no numbers: $point" "here is a PMU"; done
else
    no_pmu() { # KIND PATTERN COUNT: all of them unavailable, for this reason
        is "$3" "$(grep -cE "^-- +$1 +$2 +Linux drives no hardware PMU here" "$tmp/text")"
    }
    ok "without a PMU each group of its events says so" no_pmu pmu "[a-z]+" \
        "$(grep -E '^(ok|--) +pmu ' "$tmp/text" | grep -vcE ' (tables|syscalls|faults) ')"
    ok "and each collector of such a group" no_pmu cost "pmu(-[a-z]+)?" "$(names | grep -c ^pmu)"
fi
ok "what libpfm4 has no table for is said" \
    grep -qE '^ok +pmu +tables +libpfm4 .* no table for ' "$tmp/text"
if [ -e /proc/sys/kernel/perf_event_paranoid ]; then
    ok "1000 page faults are counted as 1000 by a software event" \
        grep -qE '^ok +pmu +faults +1000 are counted as 1000$' "$tmp/text"
else
    skip "1000 page faults" "this kernel has no perf events"
fi
traced() {
    unshare -m sh -c "mount -t tracefs tracefs /sys/kernel/tracing && '$etalon' doctor" |
        grep -E '^(ok|--) +pmu +syscalls ' | tee "$tmp/traced"
    grep -qE '^ok +pmu +syscalls +1000 are counted as 1000$' "$tmp/traced"
}
if unshare -m mount -t tracefs tracefs /sys/kernel/tracing 2>"$tmp/why"; then
    ok "1000 system calls are counted as 1000 by a tracepoint" traced
else
    skip "1000 system calls by a tracepoint" "tracefs cannot be mounted: $(head -n 1 "$tmp/why")"
fi

# Builds without an agent, and with one that fails.
mkdir -p "$tmp/none" "$tmp/bad/agent"
ETALON_LIB=$tmp/none "$etalon" doctor >"$tmp/none.text"
ok "without the agent the line says what to build" \
    grep -qE '^-- +cost +clocks +.*etalon-agent' "$tmp/none.text"
agent() { # SCRIPT TEXT: the sentence of an agent that does this
    printf '#!/bin/sh\n%s\n' "$1" >"$tmp/bad/agent/etalon-agent"
    chmod +x "$tmp/bad/agent/etalon-agent"
    ETALON_LIB=$tmp/bad "$etalon" doctor >"$tmp/bad.text"
    grep -E "^-- +cost +clocks +.*$2" "$tmp/bad.text" || { grep cost "$tmp/bad.text"; return 1; }
}
bad_agents() {
    agent 'echo n=3 least=1' 'tells nothing of the cost of clocks: n=3 least=1' &&
        agent 'exit 1' 'it printed nothing' &&
        agent "kill -9 \$\$" 'died of signal 9 while it measured clocks'
}
ok "an agent that talks nonsense, says nothing or dies is a sentence, no figure" bad_agents
ok "a collector that there is not is refused" is "none: there is no collector of that name" \
    "$("$build/agent/etalon-agent" --observing nothing)"
finish
