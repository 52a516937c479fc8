#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The lab's processor with next-RIP saving: KVM uses it, its exits are as many as before and
# cheaper by what stepping over an instruction costs without; what no hypervisor steps over, and
# what runs without one, takes the same number of instructions to the last.
. "$(dirname "$0")/lib.sh"
plan 12
db=$tmp/nrip.db
less() { [ "${1%.*}" -lt "${2%.*}" ] || { echo "$1 is not below $2"; return 1; }; }

cat >"$tmp/nrip.cfg" <<'EOC'
name = "nrip"; bench = "lab"; boots = 1; seed = 11; limit = 60;
platforms = (
    { name = "bare"; },
    { name = "bare"; label = "nrip"; processor = "nrip"; },
    { name = "kvm-bare"; processor = "pinned"; },
    { name = "kvm-bare"; label = "nrip"; processor = "nrip"; }
);
workloads = (
    { name = "null"; iterations = 20; },
    { name = "spin"; n = [ 50000 ]; iterations = 10; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "rdtsc", "page-fault" ];
      n = 100; iterations = 10; }
);
EOC
sed 's/"nrip"; }/"386"; }/' "$tmp/nrip.cfg" >"$tmp/wrong.cfg"
"$etalon" run "$tmp/wrong.cfg" --db "$tmp/wrong.db" >"$tmp/wrong.txt" 2>&1
ok "another processor is refused" is 2 $?
ok "… with its line and what there is" says "$tmp/wrong.txt" \
    'wrong.cfg: line 4: processor: no processor "386"; there is: pinned, nrip'
ok "the campaign runs" "$etalon" run "$tmp/nrip.cfg" --db "$db" --jobs 2
ok "all boots are ok" is "4" "$(sql "$db" "SELECT count(*) FROM boot WHERE verdict = 'ok'")"
ok "no exit was without a known instruction" is 0 \
    "$(sql "$db" "SELECT count(*) FROM host_log WHERE CAST(bytes AS TEXT) LIKE '%known instruction%'")"
ok "the provenance says which processor it was" is "nrip pinned" \
    "$(sql "$db" "SELECT group_concat(DISTINCT value) FROM (SELECT value FROM provenance
              WHERE key LIKE '%processor' ORDER BY value)" | tr ',' ' ')"

cost() { # VARIANT OPERATION
    sql "$db" "SELECT cost FROM exit_costs WHERE platform = 'kvm-bare' AND variant = '$1'
           AND operation = '$2'"
}
for op in hypercall cpuid; do
    echo "# $op: $(cost stats $op) instructions, with next-RIP $(cost stats:nrip $op)"
    ok "$op costs less than half" less "$(cost stats:nrip $op)" "$(($(cost stats $op | cut -d. -f1) / 2))"
done
ok "a page fault of the guest costs the same" is "$(cost stats page-fault)" "$(cost stats:nrip page-fault)"
counts() { # VARIANT  of the operations that a program chose
    sql "$db" "SELECT workload, cause, count FROM exit_counts WHERE variant = '$1'
           AND platform = 'kvm-bare' AND cause = 'hypercall' ORDER BY 1, 2, 3"
}
ok "as many exits by hypercall" is "$(counts stats)" "$(counts stats:nrip)"
ok "… and there are some" test -n "$(counts stats)"
times() { # VARIANT
    sql "$db" "SELECT workload, param, iteration, true_ns FROM durations WHERE platform = 'bare'
           AND variant = '$1' ORDER BY 1, 2, 3"
}
ok "without a hypervisor nothing differs" is "$(times payload)" "$(times payload:nrip)"
finish
