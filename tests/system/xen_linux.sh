#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: Linux as Xen's control domain, as a PVH guest and as a PV guest carries out a plan
# with the same exact answers; what differs between them is what Xen takes over.
. "$(dirname "$0")/lib.sh"

plan 16
need_platform xen-pvh

cat >"$tmp/c.cfg" <<'C'
name = "xen-linux"; boots = 1; seed = 11; limit = 60;
platforms = ( { name = "xen-pvh"; options = { tsc = "native"; }; },
              { name = "xen-pv"; options = { tsc = "native"; }; },
              { name = "xen-dom0"; } );
workloads = (
    { name = "null"; iterations = 50; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 20; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc",
                             "kernel-call", "kernel-hypercall" ]; n = 100; iterations = 10; }
);
C
db=$tmp/xen.db
ok "the campaign ran" run_campaign "$tmp/c.cfg" --db "$db" --jobs 2
ok "the three boots are ok" is "3" \
    "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "nothing was lost, damaged or out of the grammar" is "0" "$(sql "$db" "$bad_sql")"
ok "spin 2N - N is N instructions on each" is "50000.0" "$(sql "$db" "$spin_sql")"
ok "null is one instruction in the best iteration on each" is "2.0" \
    "$(sql "$db" "SELECT DISTINCT ns FROM (SELECT min(true_ns) AS ns FROM durations
                  WHERE workload = 'null' GROUP BY boot)")"
ok "each Linux knows what kind of domain it is" is "xen-dom0=PV xen-pv=PV xen-pvh=PVH" \
    "$(sql "$db" "SELECT group_concat(platform || '=' || value, ' ') FROM
                  (SELECT b.platform, p.value FROM boots b JOIN provenance p
                   ON p.key = 'boot.' || b.boot || '.xen_guest_type' ORDER BY 1)")"

ok "no exit between two markers in a guest" is "xen-pv=0 xen-pvh=0" \
    "$(sql "$db" "SELECT group_concat(platform || '=' || (exits_2k - exits_k), ' ') FROM
                  (SELECT * FROM audits WHERE what = 'null' ORDER BY platform)")"
ok "K hypercalls, or K emulated CPUIDs of a PV guest, are exactly K exits" is \
    "xen-pv cpuid 100 200, xen-pvh hypercall 100 200" \
    "$(sql "$db" "SELECT group_concat(platform || ' ' || what || ' ' || exits_k || ' ' || exits_2k,
                  ', ') FROM (SELECT * FROM audits WHERE what <> 'null' ORDER BY platform)")"

cost() { # PLATFORM OPERATION
    sql "$db" "SELECT cost FROM exit_costs WHERE platform = '$1' AND operation = '$2'"
}
for p in xen-pvh xen-pv xen-dom0; do
    for o in hypercall cpuid port-out mmio-store rdtsc kernel-call kernel-hypercall; do
        echo "# $p $o: $(cost $p $o) instructions"
    done
done
ok "a store to the card costs one instruction on each" is "1.0 1.0 1.0" \
    "$(cost xen-pvh mmio-store) $(cost xen-pv mmio-store) $(cost xen-dom0 mmio-store)"
ok "so does RDTSC where Xen is told to leave it alone" is "1.0 1.0 1.0" \
    "$(cost xen-pvh rdtsc) $(cost xen-pv rdtsc) $(cost xen-dom0 rdtsc)"
ok "CPUID exits from a PVH guest" \
    awk -v c="$(cost xen-pvh cpuid)" 'BEGIN { exit !(c > 1000 && c < 20000) }'
ok "a PVH guest's port is not intercepted, a PV guest's is" \
    awk -v a="$(cost xen-pvh port-out)" -v b="$(cost xen-pv port-out)" \
    'BEGIN { exit !(a == 1 && b > 500 && b < 20000) }'
ok "a program in a PV guest has no hypercall, and that is said" is "skip" \
    "$(sql "$db" "SELECT verdict FROM runs WHERE platform = 'xen-pv'
                  AND param LIKE 'op=hypercall%'")"
# The system call alone is 1300: were it not subtracted, this would be seen.
ok "its kernel makes some for it, each of some hundred instructions" \
    awk -v a="$(cost xen-pv kernel-hypercall)" -v b="$(cost xen-dom0 kernel-hypercall)" \
    'BEGIN { exit !(a > 200 && a < 500 && b > 200 && b < 500) }'
ok "a PVH guest's kernel has no need to" is "skip" \
    "$(sql "$db" "SELECT verdict FROM runs WHERE platform = 'xen-pvh'
                  AND param LIKE 'op=kernel-hypercall%'")"
ok "no process is left behind" no_process "$tmp"
finish
