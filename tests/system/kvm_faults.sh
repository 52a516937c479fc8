#!/bin/bash
# Hypothesis: whatever happens to the guest of a KVM rung, the boot ends by itself and is stored
# with its reason, the campaign goes on, and no process is left behind.
. "$(dirname "$0")/lib.sh"

plan 7

{
    echo 'name = "faults"; boots = 1; limit = 12; host_limit = 300;'
    echo 'platforms = ('
    for memory in 64 65 66 67; do
        [ $memory = 64 ] || echo ,
        echo "{ name = \"kvm-bare\"; memory = $memory;"
        echo "  options = { qemu = \"$build/tests/false_qemu\"; }; }"
    done
    echo '); workloads = ( { name = "null"; iterations = 5; } );'
} >"$tmp/c.cfg"
db=$tmp/faults.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
sqlite3 -noheader -list "$db" 'SELECT boot, verdict, reason FROM boots ORDER BY boot' \
    >"$tmp/boots"
sed 's/^/# /' "$tmp/boots"

ok "the campaign went through all boots" [ "$(wc -l <"$tmp/boots")" = 4 ]
ok "none of them passes for good" [ "$(grep -c '|ok|' "$tmp/boots")" = 0 ]
why() { # BOOT TEXT: among all that is wrong with the boot
    sqlite3 -noheader -list "$db" "SELECT detail FROM damage d
        JOIN boot b ON b.id = d.boot WHERE b.plan_index = $1" >"$tmp/why"
    says "$tmp/why" "$2"
}
ok "a flood of the console is cut" why 0 "to its console and was ended"
ok "a QEMU that is killed is told" why 1 "QEMU was ended by signal 9"
ok "a guest that never ends is ended" why 2 "did not end within"
ok "a QEMU that will not start says why" why 3 "false QEMU will not start"
ok "no process is left behind" no_process "$tmp"
finish
