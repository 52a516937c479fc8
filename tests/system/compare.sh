#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: `etalon compare` between entries, campaigns and databases of the lab says exactly what
# the campaigns hold, decides a CI's exit status by it, and refuses what it cannot answer.
. "$(dirname "$0")/lib.sh"

plan 31
need_platform vmm-bare

config() { # NAME OPTIONS-OF-VMM-BARE
    cat >"$tmp/$1.cfg" <<C
name = "$1"; boots = 2; seed = 3;
platforms = ( { name = "bare"; }, { name = "vmm-bare"; options = { $2 }; } );
workloads = ( { name = "null"; iterations = 30; }, { name = "spin"; n = 50000; iterations = 30; },
              { name = "exits"; op = [ "empty", "hypercall", "cpuid" ]; n = 100; iterations = 10; } );
C
}
compare() { # ARGUMENTS…
    "$etalon" compare "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}
verdict() { # WORKLOAD-AND-PARAM: of the text
    sed -n "s/^$1 .*  \([a-z][a-z ]*\)\$/\1/p" "$tmp/out"
}

config full 'hypercall = "full";'
config fast 'hypercall = "fast";'
ok "a campaign ran" run_campaign "$tmp/full.cfg" --db "$tmp/full.db" --jobs 2
ok "and its patched self" run_campaign "$tmp/fast.cfg" --db "$tmp/fast.db" --jobs 2

# --- two entries of a database
compare --db "$tmp/full.db" bare vmm-bare
ok "two entries are compared" is 0 "$status"
ok "known work is equal, to the timer step" is equal "$(verdict 'spin n=50000')"
ok "an exit makes it slower" is slower "$(verdict 'exits op=cpuid n=100')"
ok "what bare has not is not comparable" is "not comparable" "$(verdict 'exits op=hypercall n=100')"
ok "with the reason" says "$tmp/out" "exits op=hypercall n=100: not comparable: first: skip: "
ok "it says that these are no cycles" says "$tmp/out" "never cycles"
ok "exact figures have no p" is "" "$(grep -o 'p of ranks' "$tmp/out")"
ok "the ratio is that of the medians" is 1 "$(
    compare --db "$tmp/full.db" bare vmm-bare --csv
    got=$(awk -F, '/^exits,op=cpuid/ { print $24 }' "$tmp/out")
    sql "$tmp/full.db" "SELECT count(*) FROM (SELECT abs(v.value / b.value - $got) < 1e-12 AS good
        FROM summary v, summary b WHERE v.platform = 'vmm-bare' AND b.platform = 'bare'
        AND v.param = 'op=cpuid n=100' AND b.param = v.param LIMIT 1) WHERE good")"
ok "the column is the ratio's" is ratio "$(head -n 1 "$tmp/out" | cut -d, -f24)"

# --- two databases, for a CI
compare "$tmp/full.db" "$tmp/fast.db"
ok "two databases are compared in all they share" is 10 "$(grep -c -e '^bare multiboot: [a-z].*  [a-z]' \
    -e '^vmm-bare svm+nested: [a-z].*  [a-z]' <(sed '/not comparable:/d' "$tmp/out"))"
ok "the fast path is faster" is faster "$(verdict 'vmm-bare svm+nested: exits op=hypercall n=100')"
ok "nothing else changed" is 1 "$(grep -c '  faster$' "$tmp/out")"
compare "$tmp/full.db" "$tmp/fast.db" --fail-above 1.05
ok "faster passes" is 0 "$status"
compare "$tmp/fast.db" "$tmp/full.db" --fail-above 1.05
ok "slower fails" is 1 "$status"
ok "and says how many" says "$tmp/err" "1 slower by more than 1.05, 0 without a figure"
compare "$tmp/fast.db" "$tmp/full.db" --fail-above 100
ok "unless it may be so slow" is 0 "$status"
compare "$tmp/full.db=vmm-bare" "$tmp/fast.db=vmm-bare" --json
ok "one entry of each, as JSON that parses" python3 -c '
import json, sys
rows = {(r["workload"], r["param"]): r for r in json.load(open(sys.argv[1]))["rows"]}
assert len(rows) == 5 and rows["exits", "op=hypercall n=100"]["verdict"] == "faster"
assert all(r["exact"] and r["p"] is None for r in rows.values())' "$tmp/out"
cp "$tmp/out" "$tmp/once"
compare "$tmp/full.db=vmm-bare" "$tmp/fast.db=vmm-bare" --json
ok "the same again, byte for byte" cmp "$tmp/out" "$tmp/once"

# --- two campaigns in one file; a platform against itself
sed -e 's/"full"; boots/"self"; boots/' -e 's/{ name = "bare"; }/{ name = "bare"; label = "a"; }/' \
    -e 's/{ name = "vmm-bare";.*; }; }/{ name = "bare"; label = "b"; }/' -e 's/, "hypercall"//' \
    "$tmp/full.cfg" >"$tmp/self.cfg"
ok "bare against bare ran" run_campaign "$tmp/self.cfg" --db "$tmp/full.db" --jobs 2
compare --db "$tmp/full.db" @full=bare @self=bare:a
ok "campaigns of one file are compared" is equal "$(verdict 'exits op=cpuid n=100')"
compare --db "$tmp/full.db" @self=bare:a @self=bare:b --fail-above 1
ok "a thing is equal to itself" is "0 4" "$status $(grep -c '  equal$' "$tmp/out")"
compare "$tmp/fast.db=bare" "$tmp/fast.db=vmm-bare" --aa "$tmp/full.db@self"
ok "an exact A/A run leaves no margin" is slower "$(verdict 'exits op=cpuid n=100')"
compare "$tmp/fast.db=bare" "$tmp/fast.db=vmm-bare" --margin 1000
ok "a margin that is stated does" is equivalent "$(verdict 'exits op=cpuid n=100')"
ok "and leaves equal what is" is equal "$(verdict 'spin n=50000')"

# --- what it refuses
refuses() { # TEXT ARGUMENTS…
    local text=$1
    shift
    compare "$@"
    is 2 "$status" && says "$tmp/err" "$text"
}
ok "an entry that is not there, with those that are" refuses \
    'it has "bare multiboot", "vmm-bare svm+nested"' --db "$tmp/fast.db" bare kvm
ok "a file with two campaigns and none named" refuses "full" "$tmp/full.db" "$tmp/fast.db"
ok "a campaign that is no A/A run" refuses "no A/A run" --aa "$tmp/fast.db" "$tmp/fast.db" \
    "$tmp/fast.db"
ok "a limit below 1" refuses "a ratio of at least 1" --fail-above 0.9 "$tmp/fast.db" "$tmp/fast.db"
ok "one side alone" refuses "two sides are wanted, not 1" "$tmp/fast.db"
finish
