#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a guest of Xen that floods its console is cut after 2 MiB, which take dom0 two minutes;
# the boot ends by itself and says so, and no domain is left behind.
. "$(dirname "$0")/lib.sh"

plan 3
need_platform xen-pvh
cat >"$tmp/c.cfg" <<C
name = "flood"; boots = 1; limit = 40; host_limit = 3600;
platforms = ( { name = "xen-pvh"; options = { kernel = "$build/tests/xen-fault-flood.elf"; }; } );
workloads = ( { name = "null"; iterations = 5; } );
C
db=$tmp/flood.db
run_campaign "$tmp/c.cfg" --db "$db"
ok "a flood of the console is cut" is 1 "$(sql "$db" "SELECT count(*) FROM damage
    WHERE detail LIKE '%the guest flooded its console%'")"
ok "no domain but dom0 was left" is 1 "$(sql "$db" "SELECT value FROM provenance
    WHERE key LIKE 'boot.%.xen.domains_left'")"
ok "no process is left behind" no_process "$tmp"
finish
