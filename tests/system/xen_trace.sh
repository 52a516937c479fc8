#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: Xen's trace buffers tell a domain's exits exactly: a thousand more CPUIDs are a
# thousand more exits of that cause and of no other, a thousand more hypercalls too; the control
# domain's own exits can be counted as well; a trace with fewer hypercalls than were made is found
# out; and nothing is traced while costs are measured, unless asked for.
. "$(dirname "$0")/lib.sh"

plan 20
need_platform xen-pvh-bare

campaign() { # N FILE PLATFORMS
    cat >"$2" <<C
name = "xen-trace"; boots = 1; seed = 11; limit = 60;
platforms = ( $3 );
workloads = (
    { name = "null"; iterations = 20; },
    { name = "exits"; op = [ "empty", "cpuid", "hypercall", "kernel-call", "kernel-hypercall" ];
      n = [ $1 ]; iterations = 10; }
);
C
}
bare='{ name = "xen-pvh-bare"; variant = "trace"; options = { tsc = "native"; pin = "0"; }; }'
campaign "100, 200" "$tmp/a.cfg" "{ name = \"bare\"; }, $bare,
    { name = \"xen-dom0\"; variant = \"trace\"; }"
campaign "100, 300" "$tmp/b.cfg" "$bare, { name = \"xen-pvh-bare\"; options = { tsc = \"native\"; }; }"
a=$tmp/a.db b=$tmp/b.db
"$etalon" run "$tmp/b.cfg" --db "$b" --jobs 1 >"$tmp/log.b" 2>&1 &
other=$!
run_campaign "$tmp/a.cfg" --db "$a" --jobs 1
wait $other
sed -n 's/.*boot /# boot /p' "$tmp/log.b"
for db in "$a" "$b"; do
    ok "both boots on Xen are ok" is "2" "$(sql "$db" "SELECT count(*) FROM boots
        WHERE verdict = 'ok' AND platform <> 'bare'")"
    ok "nothing was lost, damaged or out of the grammar" is "0" "$(sql "$db" "$bad_sql")"
    ok "no exit between two markers, on each" is "0|2" \
        "$(sql "$db" "SELECT group_concat(DISTINCT exits_2k - exits_k), count(*) FROM audits
                      WHERE what = 'null'")"
    ok "K operations that exit are K exits, on each" is "100|2" \
        "$(sql "$db" "SELECT group_concat(DISTINCT exits_2k - exits_k), count(*) FROM audits
                      WHERE what <> 'null'")"
done
count() { # DB CAUSE
    sql "$1" "SELECT count FROM exit_counts WHERE cause = '$2' AND platform = 'xen-pvh-bare'"
}
sql "$a" "SELECT '# ' || platform || ' ' || cause || ' ' || count FROM exit_counts"
ok "10 iterations of 100 more CPUIDs are 1000 more exits for CPUID" is "1000" \
    "$(($(count "$b" cpuid) - $(count "$a" cpuid)))"
ok "and 1000 more hypercalls of the payload" is "1000" \
    "$(($(count "$b" hypercall) - $(count "$a" hypercall)))"
# 10 rounds of 100 and 200 in the audit, 10 iterations of 100 and 200 in the runs.
ok "hypercalls are the audit's 3000, the runs' 3000, and those of console and start" \
    awk -v n="$(count "$a" hypercall)" 'BEGIN { exit !(n >= 6000 && n < 6200) }'
ok "the control domain's exits are counted by what Xen traces of PV" is \
    "cpuid hypercall other page-fault privileged" \
    "$(sql "$a" "SELECT group_concat(cause, ' ') FROM (SELECT cause FROM exit_counts
                 WHERE platform = 'xen-dom0' ORDER BY cause)")"

# The ledger holds each count against what the runs say they made (n is known). Nothing is short;
# and a trace that is, by one, is named on every run of that operation, and on no other.
made() { # PLATFORM  of its runs whose exits are hypercalls
    sql "$a" "SELECT sum(iterations * CAST(substr(param, instr(param, ' n=') + 3) AS INTEGER))
              FROM runs WHERE platform = '$1' AND verdict = 'ok' AND workload = 'exits'
              AND (param LIKE 'op=hypercall %' OR param LIKE 'op=kernel-hypercall %')"
}
short() { # DB  runs that the ledger says are short of exits
    sql "$1" "SELECT group_concat(t, ', ') FROM (SELECT platform || ' ' || param AS t FROM overhead
              WHERE verdict = 'over budget' AND reason LIKE '%hypervisor counted%' ORDER BY 1)"
}
ok "the runs made 3000 hypercalls on either" is "3000 3000" \
    "$(made xen-pvh-bare) $(made xen-dom0)"
ok "no count is short of what was made" is "" "$(short "$a")"
for platform in xen-pvh-bare xen-dom0; do
    cp "$a" "$tmp/short.db"
    sqlite3 "$tmp/short.db" "DROP TRIGGER exit_count_keep; UPDATE exit_count SET count =
        $(made $platform) - 1 WHERE cause = 'hypercall' AND boot = (SELECT id FROM boot
        WHERE platform = '$platform')"
    ok "$platform: a trace that lost one hypercall too many is summarised" \
        "$etalon" summarise --db "$tmp/short.db"
    [ $platform = xen-dom0 ] && op=kernel-hypercall || op=hypercall
    ok "$platform: and refused" is "$platform op=$op n=100, $platform op=$op n=200" \
        "$(short "$tmp/short.db")"
done
cost() { # VARIANT
    sql "$b" "SELECT CAST(min(cost) AS INTEGER) FROM exit_costs
              WHERE operation = 'cpuid' AND variant = '$1'"
}
echo "# cpuid: $(cost credit2) instructions, $(cost trace) traced"
ok "tracing lengthens an exit, auditing does not" [ "$(cost trace)" -gt "$(cost credit2)" ]
ok "no process is left behind" no_process "$tmp"
finish
