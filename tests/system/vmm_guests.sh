#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several guests on one processor: each has its share by weight, none sees or touches anything of
# another, whatever it tries; guest 0 is told what it did not run, its accounts close, and an external
# clock finds the same; what a switch costs.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
. "$(dirname "$0")/vmm_guests/run.bash"
need_qemu "in-tree hypervisor, several guests"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf
vmm_run "$vmm" "$hz" "$guest" "test=neighbours others=0 yield halt"
clean=$(figure work_ticks)
vmm_ok "alone: nobody to yield to, nothing stolen" whole
vmm_ok "alone: the ledger has nothing, no fact tells of guests" \
    test "$(field ledger entries)$(fact vmm.guests.steals)" = ""

vmm_run "$vmm" "$hz guests=2 slice=50" "$guest" "test=neighbours others=1 halt"
vmm_ok "beside a busy one: memory and registers are kept" whole
vmm_ok "its accounts close to the tick" closes
vmm_ok "the ledger has all that was stolen" ledger_whole
vmm_ok "1:1: half of the time is stolen" stolen 500 510
vmm_ok "who halts loses what comes while the other has its turn" within "$(figure halt_steals)" 20 32
cp "$work/report.raw" "$tmp/first"
vmm_run "$vmm" "$hz guests=2 slice=50" "$guest" "test=neighbours others=1 halt"
vmm_ok "again: the same report, byte for byte" cmp "$tmp/first" "$work/report.raw"

vmm_run "$vmm" "$hz guests=3 weights=2:1:5 slice=30 asid=off hypercall=fast tsc=trap" "$guest" \
    "test=neighbours others=2 yield"
vmm_ok "2:1:5, no ASID, fast hypercalls, trapped TSC: all is kept" whole
vmm_ok "2:1:5: six of eight parts are stolen" stolen 750 765
vmm_ok "2:1:5: the others have one to five" within \
    $(($(fact vmm.guest2.ticks) * 1000 / $(fact vmm.guest1.ticks))) 4900 5100
vmm_ok "2:1:5: the ledger has all that was stolen" ledger_whole

vmm_run "$vmm" "$hz guests=4 loads=fill:probe:tick slice=50 io=trap" "$guest" \
    "test=neighbours others=3 yield halt"
vmm_ok "beside a hostile one: memory and registers are kept" whole
vmm_ok "it tried memory, ports, registers, hypercalls, instructions, and got away with nothing" \
    refused_all 2
vmm_ok "the other one's registers are kept" kept_all 1
vmm_ok "who sleeps wakes" within "$(fact vmm.guest3.exits.hlt)" 30 1000

vmm_run "$vmm" "$hz guests=2 loads=yield slice=20" "$guest" "test=neighbours others=1 yield halt"
vmm_ok "beside one that yields: all is kept" whole
vmm_ok "more than the ledger holds: entries sum up several" within "$(field lie count)" 2049 9999
vmm_ok "… and nothing is lost" ledger_whole
vmm_ok "what was yielded is told apart" test "$(fact vmm.guests.yields)" = 201

vmm_run "$vmm" "guests=2 cpu=soft boot=7" "$guest" "test=neighbours others=1"
vmm_ok "what cannot be is refused" reported "guests: needs cpu=svm: the other backends hold one guest"
vmm_run "$vmm" "guests=5" "$guest" "test=neighbours others=1"
vmm_ok "five guests are refused" reported "guests: from 1 to 4 guests"

# --- the payload, from outside ---

cat >"$tmp/guests.cfg" <<'C'
name = "guests"; bench = "lab"; boots = 1; seed = 1; limit = 60; host_limit = 600;
collectors = [ "clocks" ];
platforms = (
    { name = "vmm-bare"; },
    { name = "vmm-bare"; label = "half"; options = { guests = "2"; slice = "200"; }; },
    { name = "vmm-bare"; label = "quarter";
      options = { guests = "2"; weights = "1:3"; slice = "200"; }; },
    { name = "vmm-bare"; label = "small"; options = { guests = "2"; loads = "yield"; }; } );
workloads = ( { name = "null"; iterations = 10; },
    { name = "exits"; op = [ "empty", "hypercall", "vm-switch" ]; n = 100; iterations = 5; },
    { name = "spin"; n = [ 50000, 500000 ]; iterations = 30; }, { name = "null"; iterations = 10; } );
C
db=$tmp/guests.db
of() { # EXPRESSION LABEL: of the boot's steal
    sql "$db" "SELECT $1 FROM recoveries WHERE kind = 'steal' AND variant = 'svm+nested$2'"
}
ok "a campaign with several guests" run_campaign "$tmp/guests.cfg" --db "$db" --jobs 2
ok "every boot is ok" is ok "$(sql "$db" "SELECT DISTINCT verdict FROM boots")"
ok "a hypercall costs what it does alone" is 47 "$(sql "$db" "
    SELECT DISTINCT CAST(cost AS INTEGER) FROM exit_costs WHERE operation = 'hypercall'")"
echo "# a switch to another guest and back: $(sql "$db" "SELECT cost FROM exit_costs
    WHERE operation = 'vm-switch'") instructions"
ok "a switch is measured where there is one that yields, and only there" is "small 1" "$(sql "$db" "
    SELECT replace(variant, 'svm+nested:', '') || ' ' || (cost BETWEEN 400 AND 820) FROM exit_costs
    WHERE operation = 'vm-switch'")"
ok "alone: no steal" is clean "$(of verdict '')"
for label in half quarter; do
    echo "# $label: $(of "round(recovered) || ' ns of ' || injected || ' entries; ' || reason" ":$label")"
    ok "$label: the steal is recovered" is recovered "$(of verdict ":$label")"
    ok "$label: … but for the same cost of each gap" is 1 \
        "$(of "abs(recovered - delivered - injected * round(per_event)) <= 2 * injected
               AND per_event BETWEEN 300 AND 1000" ":$label")"
done
share() { # LABEL: per mille of the time of the longer work that others had
    sql "$db" "SELECT CAST(1000 - 1000 * (SELECT sum(true_ns) FROM durations WHERE param = 'n=500000'
               AND variant = 'svm+nested') / sum(true_ns) AS INTEGER) FROM durations
               WHERE param = 'n=500000' AND variant = 'svm+nested:$1'"
}
ok "1:1: by external time half of it was the others'" within "$(share half)" 490 510
ok "1:3: three quarters" within "$(share quarter)" 740 760
ok "turns too short for an interval to show are said to be so, not missed" is "unseen 1" \
    "$(of "verdict || ' ' || (reason LIKE '% are too small in their intervals to be found')" ":small")"
ok "every entry is a turn of the others" is "1 guests ticks" "$(sql "$db" "
    SELECT DISTINCT count || ' ' || kind || ' ' || unit FROM distortions")"
refused() {
    sed 's/{ name = "vmm-bare"; },/{ name = "vmm-bare"; variant = "soft"; options = { guests = "2"; }; },/' \
        "$tmp/guests.cfg" >"$tmp/soft.cfg"
    ! "$etalon" run "$tmp/soft.cfg" --db "$tmp/soft.db" >"$tmp/log" 2>&1 &&
        grep -q "guests: needs cpu=svm: the other backends hold one guest" "$tmp/log"
}
ok "what cannot be is refused before a machine starts" refused
plan_end
