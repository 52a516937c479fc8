#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: whatever happens to a guest of Xen, the boot ends by itself and is stored with its
# reason, the campaign goes on, and neither a domain nor a process is left behind.
. "$(dirname "$0")/lib.sh"

plan 16
need_platform xen-pvh

# Its note is in order, so that it is taken for a kernel; but its first segment asks for 2 GiB
# (Elf32_Phdr.p_memsz).
cp "$build/tests/xen-fault-loop.elf" "$tmp/damaged"
printf '\377\377\377\177' | dd of="$tmp/damaged" bs=1 seek=72 conv=notrunc 2>/dev/null
guests="loop crash triple off silent"
{
    # The guest is ended when dom0 is 12 s old.
    echo 'name = "faults"; boots = 1; limit = 16; host_limit = 3600;'
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
# Two million bytes take dom0 longer than that.
cat >"$tmp/flood.cfg" <<C
name = "flood"; boots = 1; limit = 40; host_limit = 3600;
platforms = ( { name = "xen-pvh"; options = { kernel = "$build/tests/xen-fault-flood.elf"; }; } );
workloads = ( { name = "null"; iterations = 5; } );
C
db=$tmp/faults.db flood=$tmp/flood.db
run_campaign "$tmp/c.cfg" --db "$db" --jobs 2
run_campaign "$tmp/flood.cfg" --db "$flood"
sql "$db" 'SELECT boot, verdict, reason FROM boots ORDER BY boot' >"$tmp/boots"

ok "the campaign went through all boots" [ "$(wc -l <"$tmp/boots")" = 9 ]
ok "none of them passes for good but the last" is "8|ok" \
    "$(sql "$db" "SELECT boot, verdict FROM boots WHERE verdict = 'ok'")"
why() { # DB BOOT TEXT: among all that is wrong with the boot
    sql "$1" "SELECT detail FROM damage d JOIN boot b ON b.id = d.boot
              WHERE b.plan_index = $2" >"$tmp/why"
    says "$tmp/why" "$3"
}
ok "a guest that never gets anywhere is ended" why "$db" 0 "it ran longer than it may"
ok "one that panics is told as crashed" why "$db" 1 "did not switch itself off: crash"
ok "one that faults three times is told as reset" why "$db" 2 "did not switch itself off: reboot"
ok "one that switches itself off before its time has not reported" why "$db" 3 "audit is nowhere"
ok "one that stops talking is ended" why "$db" 4 "it ran longer than it may"
ok "a damaged kernel says so" why "$db" 5 "segment kernel too large"
ok "so does a guest that has no room" why "$db" 6 "creating the guest failed"
ok "and a processor that is not there" why "$db" 7 "pin=7: Xen has the processors 0 to 0 here"
ok "a flood of the console is cut" why "$flood" 0 "the guest flooded its console"

left() { # DB: how many domains were left, distinct; in how many boots
    sql "$1" "SELECT group_concat(DISTINCT value), count(*) FROM provenance
              WHERE key LIKE 'boot.%.xen.domains_left'"
}
ok "no domain but dom0 was left, in any of them" is "1|9" "$(left "$db")"
ok "nor after the flood" is "1|1" "$(left "$flood")"
ok "the good boot tells the guest's time" [ "$(sql "$db" "SELECT value > 0 FROM provenance
    WHERE key = 'boot.8.xen.guest.vcpu.0.time_ns'")" = 1 ]
ok "and what Xen accounted to dom0 for it" [ "$(sql "$db" "SELECT value > 0 FROM provenance
    WHERE key = 'boot.8.xen.dom0.cpu_time_ns'")" = 1 ]
ok "no process is left behind" no_process "$tmp"
finish
