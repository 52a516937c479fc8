#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: what `etalon list collectors` says of where each can read is so. All of them are
# asked for on a payload and on a Linux: one that is not for that target says so and no other
# does; what a reading is missing besides is another sentence.
. "$(dirname "$0")/lib.sh"

plan 9

"$etalon" list collectors >"$tmp/list"
# Names of those that run on a target; "" all.
listed() { # TARGET
    awk -v target="$1" '/^  [a-z]/ { name = $1 }
        /runs on: / { sub(/;.*/, ""); if (index($0, target)) print name }' "$tmp/list" | sort
}
kinds() { "$etalon" list | grep -v '^ ' | tr '\n' ' '; }

ok "every kind is listed" is "benches platforms workloads collectors probes report formats " \
    "$(kinds)"
ok "one kind is listed alone" is "collectors" "$(grep -v '^ ' "$tmp/list")"
ok "an unknown kind is an error" is 2 "$("$etalon" list nonsense 2>"$tmp/err"; echo $?)"
ok "with the word that was wrong" says "$tmp/err" 'no kind "nonsense"'
ok "every collector has a line of what it reads and one of where" is \
    "$(grep -c '^  [a-z]' "$tmp/list")" "$(grep -c 'runs on: [Lp]' "$tmp/list")"
need_platform native

all=$(listed "" | sed 's/.*/"&"/' | paste -sd ,)
cat >"$tmp/all.cfg" <<C
name = "all"; boots = 1; seed = 3; collectors = [ $all ];
platforms = ( { name = "bare"; }, { name = "native"; } );
workloads = ( { name = "null"; iterations = 5; } );
C
ok "a campaign may ask for all of them" run_campaign "$tmp/all.cfg" --db "$tmp/all.db"

# Those that did not say that they are for another target.
fit() { # PLATFORM
    sql "$tmp/all.db" "SELECT substr(f.key, 11) FROM boot_fact f JOIN boot b ON b.id = f.boot
        WHERE b.platform = '$1' AND f.key LIKE 'collector.%' AND f.key NOT LIKE 'collector.%.%'
        AND f.value NOT LIKE '%no operating system%' AND f.value NOT LIKE '%here is no Linux%'
        AND f.value NOT LIKE '%under Linux the kernel owns%'" | sort
}
ok "the payload's are those listed for it" is "$(listed payload)" "$(fit bare)"
ok "Linux's are those listed for it" is "$(listed Linux)" "$(fit native)"
# What their self-tests may miss, as the platform or the bench declares it.
ok "in the lab a counter may miss nothing, and the provenance says so" is \
    "bare.counter_tolerance native.counter_tolerance" \
    "$(sql "$tmp/all.db" "SELECT group_concat(key, ' ') FROM (SELECT key FROM provenance
        WHERE value LIKE '0 counts + 0 ppm: one instruction is one count%' ORDER BY key)")"
sql "$tmp/all.db" "SELECT '# ' || b.platform || ' ' || f.key || ' = ' || substr(f.value, 1, 100)
    FROM boot_fact f JOIN boot b ON b.id = f.boot WHERE f.key LIKE 'collector.%'
    AND f.key NOT LIKE 'collector.%.%'"
finish
