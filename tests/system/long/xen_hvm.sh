#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: Linux in a PC of Xen's, with firmware and QEMU's devices in dom0, gives the same
# exact answers as the other rungs; only its start takes a minute.
. "$(dirname "$0")/../lib.sh"

plan 10
need_platform xen-hvm

cat >"$tmp/c.cfg" <<'C'
name = "xen-hvm"; boots = 1; seed = 11; limit = 200; host_limit = 3600;
platforms = ( { name = "xen-hvm"; options = { tsc = "native"; }; } );
workloads = (
    { name = "null"; iterations = 50; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 20; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc" ];
      n = 100; iterations = 10; }
);
C
db=$tmp/xen.db
ok "the campaign ran" run_campaign "$tmp/c.cfg" --db "$db"
ok "the boot is ok" is "1" "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "nothing was lost, damaged or out of the grammar" is "0" "$(sql "$db" "$bad_sql")"
ok "the guest knows what it is" is "HVM" \
    "$(sql "$db" "SELECT value FROM provenance WHERE key = 'boot.0.xen_guest_type'")"
ok "spin 2N - N is N instructions" is "50000.0" "$(sql "$db" "$spin_sql")"
ok "null is one instruction in the best iteration" is "2.0" \
    "$(sql "$db" "SELECT min(true_ns) FROM durations WHERE workload = 'null'")"
ok "no exit between two markers" is "0" \
    "$(sql "$db" "SELECT exits_2k - exits_k FROM audits WHERE what = 'null'")"
ok "K hypercalls are exactly K exits" is "100|200" \
    "$(sql "$db" "SELECT exits_k, exits_2k FROM audits WHERE what = 'hypercall'")"
sql "$db" "SELECT '# ' || operation || ': ' || cost || ' instructions' FROM exit_costs"
ok "a store to the card and RDTSC cost one instruction" is "1.0|1.0" \
    "$(sql "$db" "SELECT group_concat(cost, '|') FROM exit_costs
                  WHERE operation IN ('mmio-store', 'rdtsc')")"
ok "no process is left behind" no_process "$tmp"
finish
