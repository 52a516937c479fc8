#!/bin/bash
# Hypothesis: under KVM in an outer Linux the figures are as exact as on the machine itself, the
# marker causes no exit, KVM's two accounts of its exits agree, and a boot repeated is the same.
. "$(dirname "$0")/lib.sh"

plan 15

cat >"$tmp/c.cfg" <<'C'
name = "kvm"; boots = 1; seed = 11; limit = 60;
platforms = ( { name = "kvm-bare"; }, { name = "kvm-bare"; variant = "trace"; } );
workloads = (
    { name = "null"; iterations = 100; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc" ];
      n = 100; iterations = 10; }
);
C
db=$tmp/kvm.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
sed 's/^/# /' "$tmp/log" | grep 'boot '
ok "both boots are good" is "2" \
    "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "nothing was lost, damaged or out of the grammar" is "0" \
    "$(sql "$db" "$bad_sql")"
ok "spin 2N - N is N instructions" is "50000.0" "$(sql "$db" "$spin_sql")"
ok "null is one instruction" is "2.0" \
    "$(sql "$db" "SELECT DISTINCT ns FROM (SELECT min(true_ns) AS ns FROM durations
                  WHERE workload = 'null' GROUP BY boot)")"
ok "no exit between two markers" is "0" \
    "$(sql "$db" "SELECT DISTINCT exits_2k - exits_k FROM audits WHERE what = 'null'")"
ok "K hypercalls add exactly K exits" is "1" \
    "$(sql "$db" "SELECT DISTINCT exits_2k - exits_k = k FROM audits
                  WHERE what = 'hypercall'")"

# 10 rounds of K and 2K in the audit, 10 iterations of 100 in the workload.
ok "all hypercalls were counted, by statistics and by tracepoint" is "4000 4000" \
    "$(sql "$db" "SELECT count FROM exit_counts WHERE cause = 'hypercall'" | tr '\n' ' ' |
        sed 's/ $//')"
account() { # CAUSE…: what the tracepoint counted
    sql "$db" "SELECT sum(count) FROM exit_counts WHERE variant = 'trace'
        AND cause IN ($(printf "'%s'," "$@" | sed 's/,$//'))"
}
statistic() { # COUNTER: what KVM's statistics say of the same boot
    sql "$db" "SELECT f.value FROM boot_fact f JOIN boot b ON b.id = f.boot
        WHERE b.variant = 'trace' AND f.key = 'kvm.stats.$1'"
}
ok "both accounts agree cause by cause" is \
    "$(statistic hypercalls) $(statistic io_exits) $(statistic halt_exits) $(statistic irq_exits) $(statistic irq_window_exits)" \
    "$(account hypercall) $(account port-in port-out) $(account hlt) $(account interrupt) $(account interrupt-window)"
ok "… and in both variants all causes together are all exits" is "1 1" "$(sql "$db" "SELECT
    (SELECT sum(count) FROM exit_counts e WHERE e.boot = b.plan_index) = CAST(f.value AS INTEGER)
    FROM boot_fact f JOIN boot b ON b.id = f.boot WHERE f.key = 'kvm.stats.exits'" |
    tr '\n' ' ' | sed 's/ $//')"
ok "the tracepoint tells CPUID, which statistics do not" [ "$(sql "$db" \
    "SELECT count FROM exit_counts WHERE cause = 'cpuid' AND variant = 'trace'")" -ge 1000 ]
cost() { # OPERATION VARIANT
    sql "$db" "SELECT CAST(cost AS INTEGER) FROM exit_costs
               WHERE operation = '$1' AND variant = '$2'"
}
for op in hypercall cpuid port-out mmio-store; do
    echo "# $op: $(cost $op stats) instructions, $(cost $op trace) with the tracepoint"
done
between() { [ -n "$2" ] && [ "$2" -ge "$1" ] && [ "$2" -le "$3" ]; }
ok "a hypercall is an exit into Linux" between 1000 "$(cost hypercall stats)" 10000
ok "a port and a register that QEMU answers cost more" \
    [ "$(cost port-out stats)" -gt "$(cost hypercall stats)" ]
ok "a tracepoint makes exits longer" [ "$(cost hypercall trace)" -gt "$(cost hypercall stats)" ]
ok "RDTSC does not exit" is "1.0" \
    "$(sql "$db" "SELECT cost FROM exit_costs WHERE operation = 'rdtsc' AND variant = 'stats'")"

"$etalon" export --db "$db" --canonical >"$tmp/first"
"$etalon" run "$tmp/c.cfg" --db "$tmp/again.db" --jobs 2 >"$tmp/log" 2>&1
"$etalon" export --db "$tmp/again.db" --canonical >"$tmp/again"
ok "the campaign again is the same, byte for byte" cmp "$tmp/first" "$tmp/again"
finish
