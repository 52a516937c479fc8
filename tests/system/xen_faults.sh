#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: whatever happens to a guest of Xen, the boot ends by itself and is stored with its
# reason, the campaign goes on, and neither a domain nor a process is left behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/xen/lib.bash"

plan 15
need_platform xen-pvh

echo "no kernel at all" >"$tmp/damaged"
guests="loop crash triple off silent flood"
{
    # The guest is ended when dom0 is 12 s old.
    echo 'name = "faults"; boots = 1; limit = 16; host_limit = 600;'
    echo 'platforms = ('
    for f in $guests; do
        echo "{ name = \"xen-pvh\"; options = { kernel = \"$build/tests/xen-fault-$f.elf\"; }; },"
    done
    echo "{ name = \"xen-pvh\"; options = { kernel = \"$tmp/damaged\"; }; },"
    echo '{ name = "xen-pvh-bare"; options = { xen_append = "mem%3D600M"; }; },'
    echo '{ name = "xen-pvh-bare"; options = { pin = "7"; }; },'
    echo '{ name = "xen-pvh-bare"; } );'
    echo 'workloads = ( { name = "null"; iterations = 5; } );'
} >"$tmp/c.cfg"
db=$tmp/faults.db
run_campaign "$tmp/c.cfg" --db "$db" --jobs 2
sql "$db" 'SELECT boot, verdict, reason FROM boots ORDER BY boot' >"$tmp/boots"

ok "the campaign went through all boots" [ "$(wc -l <"$tmp/boots")" = 10 ]
ok "none of them passes for good but the last" is "9|ok" \
    "$(sql "$db" "SELECT boot, verdict FROM boots WHERE verdict = 'ok'")"
why() { # BOOT TEXT: among all that is wrong with the boot
    sql "$db" "SELECT detail FROM damage d JOIN boot b ON b.id = d.boot
               WHERE b.plan_index = $1" >"$tmp/why"
    says "$tmp/why" "$2"
}
ok "a guest that never gets anywhere is ended" why 0 "it ran longer than it may"
ok "one that panics is told as crashed" why 1 "did not switch itself off: crash"
ok "so is one that faults three times" why 2 "did not switch itself off: "
ok "one that switches itself off before its time has not reported" why 3 "audit"
ok "one that stops talking is ended" why 4 "it ran longer than it may"
ok "a flood of the console is cut" why 5 "the guest flooded its console"
ok "a damaged kernel says so" why 6 "creating the guest failed"
ok "so does a guest that has no room" why 7 "creating the guest failed"
ok "and a processor that is not there" why 8 "pin=7: Xen has the processors 0 to 0 here"

fact() { # KEY: distinct values over all boots
    sql "$db" "SELECT DISTINCT value FROM provenance WHERE key LIKE 'boot.%.$1'"
}
ok "no domain but dom0 was left, in any of them" is "1" "$(fact xen.domains_left)"
ok "each of them told that" is "10" \
    "$(sql "$db" "SELECT count(*) FROM provenance WHERE key LIKE 'boot.%.xen.domains_left'")"
ok "the good boot tells the guest's time" [ "$(sql "$db" "SELECT value > 0 FROM provenance
    WHERE key = 'boot.9.xen.guest.vcpu.0.time_ns'")" = 1 ]
ok "no process is left behind" no_process "$tmp"
finish
