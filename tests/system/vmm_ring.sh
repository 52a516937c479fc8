#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The guest's console by port without an exit, by port with one for each access, and by a ring: the
# same bytes; a ring serves what is the guest's own and refuses everything else; what a slot and a
# kick cost by an external clock; records, markers and restores come through a ring whole.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, paravirtual ring"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf
without="-cpu max,-smap,-rdtscp,-rdrand,-rdseed,-svm"

by_the_ring() { # in order with what went by the port
    guest_content && tr -d '\r' <"$work/guest" | grep -A2 -x 'first by the ring' | cmp -s - <(
        printf 'first by the ring\nthen once more\n'
        grep -A2 -x 'first by the ring' "$work/guest" | tail -n 1) && grep -qx 'still served' "$work/guest" &&
        grep -qx 'and the port behind it' "$work/guest"
}

for config in "" "paging=shadow-lazy" "paging=shadow-eager" "hypercall=fast" "cpu=soft"; do
    vmm_run "$vmm" "io=ring ram_mb=64 $config" "$guest" "test=ring" \
        $([ "$config" = cpu=soft ] && echo "$without")
    vmm_ok "io=ring ${config:-default}: served and refused as it should be" by_the_ring
    vmm_ok "io=ring ${config:-default}: the machine ended well" test "$status $records_status" = "33 0"
done
vmm_run "$vmm" "" "$guest" "test=ring none"
vmm_ok "no ring unless asked for" guest_content
vmm_run "$vmm" "" "$guest" "test=work"
cp "$work/guest" "$tmp/passed"
passed=$(field exits count cause=port-out)
vmm_run "$vmm" "io=trap" "$guest" "test=work"
# Numbers that depend on how long it took are left out.
vmm_ok "io=trap: the same on the console" cmp <(grep -v ^figure "$tmp/passed") <(grep -v ^figure "$work/guest")
vmm_ok "io=trap: every byte of it an exit" test "$(field exits count cause=port-out)" -ge \
    $((passed + $(wc -c <"$work/guest")))
vmm_run "$vmm" "io=trap cpu=soft" "$guest" "test=work" $without
vmm_ok "io=trap cpu=soft: the same on the console" \
    cmp <(grep -v ^figure "$tmp/passed") <(grep -v ^figure "$work/guest")
vmm_run "$vmm" "io=trap cpu=pv" "$guest" "test=work" $without
vmm_ok "io=trap cpu=pv is refused" reported "io=trap: a paravirtual guest's instructions are not decoded"

# --- the payload, from outside ---

cat >"$tmp/ring.cfg" <<'C'
name = "ring"; bench = "lab"; boots = 1; seed = 1; limit = 60; host_limit = 600;
collectors = [ "clocks" ];
platforms = (
    { name = "vmm-bare"; options = { io = "ring"; }; },
    { name = "vmm-bare"; variant = "soft"; options = { io = "ring"; }; },
    { name = "vmm-bare"; variant = "pv"; options = { io = "ring"; }; },
    { name = "vmm-bare"; label = "restored";
      options = { io = "ring"; lie = "restore:hidden:1000000:10000000:5:2"; }; } );
workloads = ( { name = "null"; iterations = 10; },
    { name = "exits"; op = [ "empty", "hypercall", "port-out", "ring-post", "ring-kick" ];
      n = 100; iterations = 5; },
    { name = "spin"; n = 1000000; iterations = 10; }, { name = "null"; iterations = 10; } );
C
db=$tmp/ring.db
ok "a campaign by ring" run_campaign "$tmp/ring.cfg" --db "$db" --jobs 2
ok "every boot is ok, no record is missing" is "ok 55" "$(sql "$db" "
    SELECT DISTINCT b.verdict || ' ' || (SELECT count(*) FROM durations d WHERE d.boot = b.boot
    AND d.verdict = 'ok') FROM boots b")"
costs() { # OPERATION: of svm, soft, pv
    sql "$db" "SELECT group_concat(CAST(cost AS INTEGER), ' ') FROM (SELECT cost FROM exit_costs
               WHERE operation = '$1' AND boot < 3 ORDER BY boot)"
}
ok "a slot is filled in 8 instructions" is "8 8 8" "$(costs ring-post)"
ok "the others cost what they do without it" is "47 64 64; 52 76 80" "$(costs hypercall); $(costs port-out)"
echo "# a slot and a kick: $(costs ring-kick)"
ok "a slot and its kick are within three OUT" is 1 "$(sql "$db" "
    SELECT min(cost BETWEEN 56 AND 190) FROM exit_costs WHERE operation = 'ring-kick' AND boot < 3")"
ok "a restore between two kicks loses nothing" is recovered "$(sql "$db" "SELECT verdict FROM recoveries
    WHERE kind = 'backstep' AND variant LIKE '%restored'")"
plan_end
