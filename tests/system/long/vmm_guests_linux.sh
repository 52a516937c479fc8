#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Debian's Linux, unmodified, beside another guest: what it does not run is in the ledger and is found
# from outside, though its turns are more than the ledger holds one by one; and what a switch costs a
# program of its.
set -u
. "$(dirname "$0")/../lib.sh"
db=$tmp/guests.db
plan 11
need_platform vmm

cat >"$tmp/guests.cfg" <<'C'
name = "guests"; bench = "lab"; boots = 1; seed = 1; limit = 60; host_limit = 900;
collectors = [ "clocks" ];
platforms = (
    { name = "vmm"; },
    { name = "vmm"; label = "half"; options = { guests = "2"; slice = "200"; }; },
    { name = "vmm"; label = "small"; options = { guests = "2"; loads = "yield"; slice = "200"; }; } );
workloads = ( { name = "null"; iterations = 10; },
    { name = "exits"; op = [ "empty", "hypercall", "vm-switch" ]; n = 100; iterations = 10; },
    { name = "spin"; n = [ 50000, 5000000 ]; iterations = 10; }, { name = "null"; iterations = 10; } );
C
of() { # EXPRESSION LABEL: of the boot's steal
    sql "$db" "SELECT $1 FROM recoveries WHERE kind = 'steal' AND variant = 'svm+nested$2'"
}
ok "three boots of Linux" run_campaign "$tmp/guests.cfg" --db "$db" --jobs 2
ok "every boot is ok" is ok "$(sql "$db" "SELECT DISTINCT verdict FROM boots")"
ok "alone: no steal" is clean "$(of verdict '')"
echo "# $(of "round(recovered) || ' ns, ' || round(delivered) || ' of them for sure; ' || reason" ":half")"
ok "1:1: the steal is recovered" is recovered "$(of verdict ":half")"
ok "1:1: half of the longer work" is 1 "$(sql "$db" "SELECT 1 - (SELECT sum(true_ns) FROM durations
    WHERE param = 'n=5000000' AND variant = 'svm+nested') / sum(true_ns) BETWEEN 0.49 AND 0.52
    FROM durations WHERE param = 'n=5000000' AND variant = 'svm+nested:half'")"
ok "its entries sum up several turns, and none is lost" is "1 1 0" "$(sql "$db" "
    SELECT (max(d.count) > 1) || ' ' || (sum(d.count) > 2048) || ' ' || (SELECT count(*) FROM damages
    WHERE kind = 'distortion ledger full') FROM distortions d WHERE d.variant = 'svm+nested:half'")"
ok "turns of 1.4 us are not called missed" is unseen "$(of verdict ":small")"
echo "# a switch to another guest and back: $(sql "$db" "SELECT cost FROM exit_costs
    WHERE operation = 'vm-switch'") instructions"
ok "a program can yield" is "small 1" "$(sql "$db" "
    SELECT replace(variant, 'svm+nested:', '') || ' ' || (cost BETWEEN 400 AND 830) FROM exit_costs
    WHERE operation = 'vm-switch'")"
ok "a hypercall costs what it does alone" is 47 "$(sql "$db" "
    SELECT DISTINCT CAST(cost AS INTEGER) FROM exit_costs WHERE operation = 'hypercall'")"
ok "no clock is wrong for it" is 0 "$(sql "$db" "SELECT count(*) FROM recoveries
    WHERE kind IN ('rate_ppm', 'offset_step', 'backstep', 'jitter', 'lost_ticks') AND verdict <> 'clean'")"
ok "nobody books more than passed" is 0 "$(sql "$db" "SELECT count(*) FROM recoveries
    WHERE kind = 'user_over_total' AND verdict <> 'clean'")"
finish
