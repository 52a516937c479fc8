#!/bin/bash
# Hypothesis: whatever kernel a guest of KVM is, and however it fails, its boot ends by itself and
# is stored with a reason that says what happened, the next boot is measured as if nothing had
# been, and no process is left behind.
. "$(dirname "$0")/lib.sh"

plan 9

guests="never_boot panic fall_silent flood"
{
    echo 'name = "guests"; boots = 1; order = "sequence"; limit = 8; host_limit = 600;'
    echo 'platforms = ('
    for guest in $guests; do
        echo "{ name = \"kvm\"; label = \"$guest\"; memory = 64;"
        echo "  options = { kernel = \"$build/tests/kvm-guest-$guest.elf\"; }; },"
    done
    echo '{ name = "kvm-bare"; } ); workloads = ( { name = "null"; iterations = 5; } );'
} >"$tmp/c.cfg"
db=$tmp/guests.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
sql "$db" 'SELECT boot, verdict, reason FROM boots ORDER BY boot' >"$tmp/boots"
sed 's/^/# /' "$tmp/boots"

why() { # BOOT TEXT: the reason of the boot
    grep "^$1|" "$tmp/boots" >"$tmp/why"
    says "$tmp/why" "$2"
}
ok "a kernel that never comes up is ended in time" \
    why 0 "did not end within 6 s of the outer system's time (75 % of the campaign's limit)"
ok "… and has said nothing" why 0 "its console is empty"
ok "a panic is a reset, told with the guest's last words" \
    why 1 'reset its machine before its end (a kernel panic, a triple fault or a reboot); the last on its console: "Kernel panic - not syncing: this guest gives up"'
ok "an agent that falls silent is ended in time" why 2 "did not end within 6 s"
ok "… and what it said before is in the store" [ 1 = "$(sql "$db" "SELECT count(*) FROM boot_fact f
    JOIN boot b ON b.id = f.boot WHERE b.plan_index = 2 AND key = 'hypervisor' AND value = 'KVMKVMKVM'")" ]
ok "a flood of the console is ended in time" why 3 "did not end within 6 s"
ok "… and nothing in it is taken for a record" [ "1 0" = "$(sql "$db" "SELECT records_damaged > 1000, 
    (SELECT count(*) FROM intervals i WHERE i.boot = 3) FROM boots WHERE boot = 3" | tr '|' ' ')" ]
ok "the next boot is good, and exact" [ "ok 2.0" = "$(sql "$db" "SELECT DISTINCT b.verdict || ' ' || d.true_ns
    FROM boots b JOIN durations d USING (boot) WHERE b.boot = 4")" ]
ok "no process is left behind" no_process "$tmp"
finish
