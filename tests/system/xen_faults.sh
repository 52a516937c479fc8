#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: whatever happens to a guest of Xen, the boot ends by itself and is stored with its
# reason, the campaign goes on, and neither a domain nor a process is left behind.
. "$(dirname "$0")/lib.sh"

plan 14
need_platform xen-pvh

# Its note is in order, so that it is taken for a kernel; but its first segment asks for 2 GiB
# (Elf32_Phdr.p_memsz).
cp "$build/tests/xen-fault-loop.elf" "$tmp/damaged"
printf '\377\377\377\177' | dd of="$tmp/damaged" bs=1 seek=72 conv=notrunc 2>/dev/null
guests="loop crash triple off silent"
{
    # The guest is ended when dom0 is 7.5 s old.
    echo 'name = "faults"; boots = 1; limit = 10; host_limit = 3600;'
    echo 'platforms = ('
    for f in $guests; do
        echo "{ name = \"xen-pvh\"; label = \"$f\";"
        echo "  options = { kernel = \"$build/tests/xen-fault-$f.elf\"; }; },"
    done
    echo "{ name = \"xen-pvh\"; label = \"damaged\"; options = { kernel = \"$tmp/damaged\"; }; },"
    echo '{ name = "xen-pvh-bare"; label = "no-room"; options = { xen_append = "mem%3D600M"; }; },'
    echo '{ name = "xen-pvh-bare"; label = "pin-7"; options = { pin = "7"; }; },'
    echo '{ name = "xen-pvh-bare"; } );'
    echo 'workloads = ( { name = "null"; iterations = 5; } );'
} >"$tmp/c.cfg"
db=$tmp/faults.db
run_campaign "$tmp/c.cfg" --db "$db" --jobs 2
sql "$db" 'SELECT boot, verdict, reason FROM boots ORDER BY boot' >"$tmp/boots"

ok "the campaign went through all boots" [ "$(wc -l <"$tmp/boots")" = 9 ]
ok "none of them passes for good but the last" is "8|ok" \
    "$(sql "$db" "SELECT boot, verdict FROM boots WHERE verdict = 'ok'")"
why() { # BOOT TEXT: among all that is wrong with the boot
    sql "$db" "SELECT detail FROM damage d JOIN boot b ON b.id = d.boot
               WHERE b.plan_index = $1" >"$tmp/why"
    says "$tmp/why" "$2"
}
ok "a guest that never gets anywhere is ended" why 0 "it ran longer than it may"
ok "one that panics is told as crashed" why 1 "did not switch itself off: crash"
ok "one that faults three times is told as reset" why 2 "did not switch itself off: reboot"
ok "one that switches itself off before its time has not reported" why 3 "audit is nowhere"
ok "one that stops talking is ended" why 4 "it ran longer than it may"
ok "a damaged kernel says so" why 5 "segment kernel too large"
ok "so does a guest that has no room" why 6 "creating the guest failed"
ok "and a processor that is not there" why 7 "pin=7: Xen has the processors 0 to 0 here"

ok "no domain but dom0 was left, in any of them" is "1|9" "$(sql "$db" "
    SELECT group_concat(DISTINCT value), count(*) FROM provenance
    WHERE key LIKE 'boot.%.xen.domains_left'")"
ok "the good boot tells the guest's time" [ "$(sql "$db" "SELECT value > 0 FROM provenance
    WHERE key = 'boot.8.xen.guest.vcpu.0.time_ns'")" = 1 ]
ok "and what Xen accounted to dom0 for it" [ "$(sql "$db" "SELECT value > 0 FROM provenance
    WHERE key = 'boot.8.xen.dom0.cpu_time_ns'")" = 1 ]
ok "no process is left behind" no_process "$tmp"
finish
