#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the payload as a PVH guest of Debian's Xen gives the known answers exactly: the
# card is reached without an exit, what Xen takes over costs what its path has instructions, and
# the same boot run again is the same, byte for byte.
. "$(dirname "$0")/lib.sh"

plan 17
need_platform xen-pvh-bare

cat >"$tmp/c.cfg" <<'C'
name = "xen-bare"; boots = 1; seed = 11; limit = 60;
platforms = ( { name = "xen-pvh-bare"; options = { tsc = "native"; }; } );
workloads = (
    { name = "null"; iterations = 100; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 20; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc" ];
      n = 100; iterations = 10; }
);
C
db=$tmp/xen.db
"$etalon" run "$tmp/c.cfg" --db "$tmp/again.db" >"$tmp/log.again" 2>&1 &
again=$!
ok "the campaign ran" run_campaign "$tmp/c.cfg" --db "$db"
wait $again
ok "so it did beside itself" [ $? = 0 ]
ok "the boot is ok" is "1" "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "nothing was lost, damaged or out of the grammar" is "0" "$(sql "$db" "$bad_sql")"
ok "the guest knows that it is Xen's" is "XenVMMXenVMM" \
    "$(sql "$db" "SELECT DISTINCT value FROM provenance WHERE key LIKE 'boot.%.hypervisor'")"
ok "Xen's version is told by Xen itself and is the package's" is "1" \
    "$(sql "$db" "SELECT DISTINCT instr(p.value, v.value) FROM provenance v, provenance p
                  WHERE v.key LIKE 'boot.%.xen.version' AND p.key = 'xen-pvh-bare.xen.version'")"
ok "the guest switched itself off" is "poweroff" \
    "$(sql "$db" "SELECT DISTINCT value FROM provenance
                  WHERE key LIKE 'boot.%.xen.guest.shutdown'")"
ok "spin 2N - N is N instructions" is "50000.0" "$(sql "$db" "$spin_sql")"
ok "null is one instruction, always" is "2.0|2.0" \
    "$(sql "$db" "SELECT min(true_ns), max(true_ns) FROM durations WHERE workload = 'null'")"

ok "no exit between two markers" is "0" \
    "$(sql "$db" "SELECT exits_2k - exits_k FROM audits WHERE what = 'null'")"
ok "K hypercalls are exactly K exits" is "100|200" \
    "$(sql "$db" "SELECT exits_k, exits_2k FROM audits WHERE what = 'hypercall'")"
ok "the host was found to offer what its guests need" is \
    "card_iomem=permitted control_domain=yes hvm=yes pv=yes trace_buffers=available xenstored=yes" \
    "$(sql "$db" "SELECT group_concat(substr(key, 17) || '=' || value, ' ') FROM
        (SELECT key, value FROM provenance WHERE key LIKE 'boot.0.xen.host.%' AND
         substr(key, 17) IN ('card_iomem', 'control_domain', 'hvm', 'pv', 'trace_buffers',
         'xenstored') ORDER BY key)")"

cost() { # OPERATION
    sql "$db" "SELECT DISTINCT cost FROM exit_costs WHERE operation = '$1'"
}
for o in hypercall cpuid; do echo "# $o: $(cost $o) instructions"; done
ok "what Xen does not intercept costs one instruction" is "1.0 1.0 1.0" \
    "$(cost port-out) $(cost mmio-store) $(cost rdtsc)"
ok "a hypercall costs the same each time, thousands of instructions" \
    awk -v c="$(cost hypercall)" 'BEGIN { exit !(c ~ /^[0-9.]+$/ && c > 1000 && c < 20000) }'
ok "so does CPUID" \
    awk -v c="$(cost cpuid)" 'BEGIN { exit !(c ~ /^[0-9.]+$/ && c > 1000 && c < 20000) }'
"$etalon" export --db "$db" --canonical >"$tmp/one.txt"
"$etalon" export --db "$tmp/again.db" --canonical >"$tmp/two.txt"
ok "the same boot run again is the same, byte for byte" same "$tmp/one.txt" "$tmp/two.txt"
ok "no process is left behind" no_process "$tmp"
finish
