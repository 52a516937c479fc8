#!/bin/bash
# Hypothesis: Linux under KVM in an outer Linux gives exact figures, and its marker, a store of a
# user program of the guest, causes no exit.
. "$(dirname "$0")/lib.sh"

plan 6

sql() { # SQL
    sqlite3 -noheader -list "file:$tmp/kvm.db?mode=ro" "$1"
}

is() { # EXPECTED ACTUAL
    [ "$1" = "$2" ] && return 0
    echo "expected: $1"
    echo "actual:   $2"
    return 1
}

cat >"$tmp/c.cfg" <<'C'
name = "kvm"; boots = 1; seed = 11; limit = 60;
platforms = ( { name = "kvm"; } );
workloads = (
    { name = "null"; iterations = 60; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "exits"; op = [ "empty", "hypercall" ]; n = 100; iterations = 10; }
);
C
"$etalon" run "$tmp/c.cfg" --db "$tmp/kvm.db" >"$tmp/log" 2>&1
sed 's/^/# /' "$tmp/log" | grep 'boot '
ok "the boot is good" is "ok" "$(sql "SELECT verdict FROM boots")"
ok "spin 2N - N is N instructions" is "50000.0" "$(sql "SELECT (b.ns - a.ns) / 2.0
    FROM (SELECT min(true_ns) AS ns FROM durations
          WHERE workload = 'spin' AND param = 'n=50000') a,
         (SELECT min(true_ns) AS ns FROM durations
          WHERE workload = 'spin' AND param = 'n=100000') b")"
ok "null is one instruction" is "2.0" \
    "$(sql "SELECT min(true_ns) FROM durations WHERE workload = 'null'")"
ok "no exit between two markers" is "0" \
    "$(sql "SELECT exits_2k - exits_k FROM audits WHERE what = 'null'")"
ok "K hypercalls add exactly K exits" is "1" \
    "$(sql "SELECT exits_2k - exits_k = k FROM audits WHERE what = 'hypercall'")"
ok "the card came by VFIO" is "vfio" \
    "$(sql "SELECT value FROM boot_fact WHERE key = 'outer.card_route'")"
finish
