#!/bin/bash
# Hypothesis: whatever happens to the guest of a KVM rung, the boot ends by itself and is stored
# with its reason, the campaign goes on, and no process is left behind.
. "$(dirname "$0")/lib.sh"

plan 12

{
    echo 'name = "faults"; boots = 1; order = "sequence"; limit = 12; host_limit = 300;'
    echo 'platforms = ('
    for memory in 64 65 66 67; do
        echo "{ name = \"kvm-bare\"; label = \"false-$memory\"; memory = $memory;"
        echo "  options = { qemu = \"$build/tests/false_qemu\"; }; },"
    done
    # No IOMMU, and VFIO asked for; a processor that is not there.
    echo '{ name = "kvm-bare"; label = "no-iommu"; options = { card = "vfio"; iommu = "off"; }; },'
    echo '{ name = "kvm-bare"; label = "pin-1"; options = { pin = 1; }; },'
    echo '{ name = "kvm-bare"; options = { pin = 0; vcpus = 2; }; }'
    echo '); workloads = ( { name = "null"; iterations = 5; } );'
} >"$tmp/c.cfg"
db=$tmp/faults.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
sqlite3 -noheader -list "$db" 'SELECT boot, verdict, reason FROM boots ORDER BY boot' \
    >"$tmp/boots"
sed 's/^/# /' "$tmp/boots"

ok "the campaign went through all boots" [ "$(wc -l <"$tmp/boots")" = 7 ]
ok "none of them passes for good but the last" [ "6|ok|" = "$(grep '|ok|' "$tmp/boots")" ]
why() { # BOOT TEXT: the reason of the boot
    grep "^$1|" "$tmp/boots" >"$tmp/why"
    says "$tmp/why" "$2"
}
fact() { # BOOT KEY
    sqlite3 -noheader -list "$db" "SELECT value FROM boot_fact f
        JOIN boot b ON b.id = f.boot WHERE b.plan_index = $1 AND key = '$2'"
}
ok "a flood of the console is cut" why 0 "to its console and was ended"
ok "a QEMU that is killed is told" why 1 "QEMU was ended by signal 9"
ok "a guest that never ends is ended" why 2 "did not end within"
ok "a QEMU that will not start says why" why 3 "false QEMU will not start"
ok "VFIO without an IOMMU says how to mend it" why 4 "or use card=auto or card=mapped"
ok "a processor that is not there cannot be pinned to" \
    why 5 "pin=1: this outer system has 1 processor"
ok "pinned threads are told" [ "every thread of a guest's processor on processor 0" = \
    "$(fact 6 outer.pin)" ]
ok "two processors are two" [ "2" = "$(fact 6 outer.vcpus)" ]
ok "what is not pinned is told, too" [ "none" = "$(fact 0 outer.pin)" ]
ok "no process is left behind" no_process "$tmp"
finish
