#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: with shadow paging a guest finds what its tables say, as with nested paging: the
# same test guest passes under each, payload and Linux do the same work to the instruction, and
# what exits does so as often as the tables of docs/techniques say. Two boots are the same.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, shadow paging"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf
paging=$build/tests/vmm-guest-paging.elf

# --- the test guest ---

good() {
    test "$status" = 33 && test "$records_status" = 0 && test "$(field end status)" = ok &&
        guest_content
}

for mode in nested shadow-lazy shadow-eager; do
    for asid in on off; do
        refusals=$([ $mode = nested ] || echo refusals)
        vmm_run "$vmm" "paging=$mode asid=$asid" "$paging" "test=paging $refusals"
        vmm_ok "$mode, asid=$asid: tables, rights, bits, switches, events, modes" good
        vmm_ok "$mode, asid=$asid: what was asked for is in effect" \
            test "$(field fact vmm.paging) $(field fact vmm.asid)" = "$mode $asid"
    done
done

for mode in shadow-lazy shadow-eager; do
    for test in basic flags work; do
        vmm_run "$vmm" "paging=$mode" "$guest" "test=$test"
        vmm_ok "$mode: $test" good
    done
    # Interrupts fall between page faults, too.
    vmm_run "$vmm" "paging=$mode tsc_hz=1000000000" "$guest" "test=interrupts"
    vmm_ok "$mode: a guest takes its interrupts, each once and in time" good
    # The way of a hypercall is that of nested paging.
    vmm_run "$vmm" "paging=$mode" "$guest" "test=basic"
    vmm_ok "$mode: a hypercall costs 47 instructions" test "$(cost hypercall)" = 47
    vmm_run "$vmm" "paging=$mode" "$paging" "test=32bit"
    vmm_ok "$mode: 32-bit paging without PAE is refused" reported \
        "shadow paging: 32-bit paging without PAE is not carried; paging=nested carries it"
    for test in hidden beyond accounts dirty offset execute stack; do
        vmm_run "$vmm" "paging=$mode" "$guest" "test=$test"
        vmm_ok "$mode: $test" reported "the guest reached for memory it does not have"
    done
    while read -r address what; do
        vmm_run "$vmm" "paging=$mode" "$guest" "test=store at=$address"
        vmm_ok "$mode: store at $address ($what) is not the guest's" reported \
            "the guest reached for memory it does not have"
        vmm_ok "… and the address is told" test "$(field error guest_physical)" = "0x$address"
    done <<'A'
f400000 its tables' shadow
fa00000 behind that
e0000000 a hole
febfd000 the page before the card's
100000000 4 GiB
A
    vmm_run "$vmm" "paging=$mode" "$guest" "test=triple"
    vmm_ok "$mode: triple" reported "the guest shut down: triple fault"
done
# A table in use that is written by an instruction which is not carried: lazy does not care.
for test in root itself; do
    vmm_run "$vmm" "paging=shadow-lazy" "$paging" "test=$test"
    vmm_ok "shadow-lazy: test=$test" good
    vmm_run "$vmm" "paging=shadow-eager" "$paging" "test=$test"
    vmm_ok "shadow-eager: test=$test is told" reported \
        "shadow-eager: the guest writes a table in use by an instruction that is not carried"
done
vmm_run "$vmm" "paging=shadow-lazy" "$guest" "test=basic" -cpu max,-smap,-rdtscp,-rdrand,-rdseed,-npt
vmm_ok "shadow paging needs no nested paging of the processor" good
vmm_run "$vmm" "paging=shadow-lazy" "$guest" "test=basic" -cpu max,-smap,-svm
vmm_ok "but SVM" reported "cpu=svm: this processor has no SVM"

# --- payload and Linux ---

# Fewer than ten boots each: a number of two digits would make another command line of it.
campaign() { # DB PLATFORMS
    cat >"$tmp/c.cfg" <<C
name = "shadow"; boots = 2; seed = 11; limit = 60; order = "sequence";
platforms = ( $2 );
workloads = (
    { name = "null"; iterations = 100; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "superpi"; log2_digits = [ 7 ]; iterations = 5; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc",
                            "page-fault" ]; n = 100; iterations = 10; }
);
C
    "$etalon" run "$tmp/c.cfg" --db "$1" --jobs 2 >"$tmp/log" 2>&1
    sql "$1" "SELECT boot, variant, verdict, reason FROM boots ORDER BY boot" | sed 's/^/# /'
    sql "$1" "SELECT DISTINCT '# ' || variant || ' ' || operation || ' ' || cost FROM exit_costs"
}

# What must hold of each campaign.
common() { # NAME DB VARIANTS
    ok "$1: every boot is good" is "$((2 * $3))" \
        "$(sql "$2" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
    ok "$1: no run was skipped or failed, no interval is bad" is "0 0" \
        "$(sql "$2" "SELECT count(*) FROM runs WHERE verdict <> 'ok'") $(sql "$2" \
            "SELECT count(*) FROM durations WHERE verdict <> 'ok'")"
    ok "$1: nothing was lost, damaged or out of the grammar" is "0" "$(sql "$2" "$bad_sql")"
    ok "$1: a boot repeated is the same boot" is "" \
        "$(sql "$2" "SELECT variant, workload, param, iteration FROM durations
            GROUP BY 1, 2, 3, 4 HAVING min(true_ns) <> max(true_ns) OR count(*) <> 2")"
    ok "$1: … to the last exit" is "" \
        "$(sql "$2" "SELECT variant, cause FROM exit_counts
            GROUP BY 1, 2 HAVING min(count) <> max(count) OR count(*) <> 2")"
    ok "$1: null is one instruction" is "2.0" "$(sql "$2" "SELECT DISTINCT ns FROM (SELECT
        min(true_ns) AS ns FROM durations WHERE workload = 'null' GROUP BY boot)")"
    ok "$1: spin 2N - N is N instructions on each" is "50000.0" "$(sql "$2" "$spin_sql")"
    ok "$1: no exit between two markers, exactly K of K hypercalls" is "hypercall|100|$((2 * $3))
null|0|$((2 * $3))" \
        "$(sql "$2" "SELECT what, exits_of_k, count(*) FROM audits GROUP BY 1, 2" | sort)"
    for operation in hypercall port-out rdtsc; do
        ok "$1: $operation costs with each what it costs with nested paging" is "$3 1" \
            "$(sql "$2" "SELECT count(DISTINCT variant), count(DISTINCT cost) FROM exit_costs
                WHERE operation = '$operation'" | tr '|' ' ')"
    done
}

db=$tmp/bare.db
campaign "$db" '{ name = "vmm-bare"; variant = "svm+nested"; },
    { name = "vmm-bare"; variant = "svm+shadow-lazy"; },
    { name = "vmm-bare"; variant = "svm+shadow-eager"; },
    { name = "vmm-bare"; variant = "svm+shadow-lazy"; label = "flush"; options = { asid = "off"; }; }'
common payload "$db" 4
ok "payload: a computation takes the same instructions on each" is "1" \
    "$(sql "$db" "SELECT count(DISTINCT ns) FROM (SELECT min(true_ns) AS ns FROM durations
                  WHERE workload = 'superpi' GROUP BY boot)")"

# Exits of a payload's boot by neutral cause: beside those of nested paging (vmm_backends.sh)
# three writes of CR4, CR3 and CR0 and one more at the end of the way to long mode; INVLPG of
# each of a thousand pages that is unmapped, and of a hundred at the end; two page faults for
# each, the guest's own and the one that enters the page. Eager: each page's entry is written
# twice, which is emulated, and INVLPG does not exit; the second write enters the page.
expected() {
    local shadow faults=""
    case $1 in
    svm+nested) shadow="cpuid 1006 hypercall 4001" ;;
    svm+shadow-lazy*) shadow="control-register 3 cpuid 1006 hypercall 4001 invlpg 1100" faults="page-fault 2009 " ;;
    svm+shadow-eager) shadow="control-register 3 cpuid 1006 hypercall 4001" faults="page-fault 4007 " ;;
    esac
    echo "$shadow mmio 1000 msr-read 1 msr-write 1 ${faults}port-in 8 port-out 1010"
}
for variant in svm+nested svm+shadow-lazy svm+shadow-lazy:flush svm+shadow-eager; do
    ok "payload, $variant: exits by cause are those of the table" is "$(expected $variant)" \
        "$(sql "$db" "SELECT DISTINCT cause || ' ' || count FROM exit_counts
                      WHERE variant = '$variant' ORDER BY cause" |
            paste -sd' ')"
done

db=$tmp/linux.db
campaign "$db" '{ name = "vmm"; variant = "svm+nested"; },
    { name = "vmm"; variant = "svm+shadow-lazy"; },
    { name = "vmm"; variant = "svm+shadow-eager"; }'
common Linux "$db" 3

fact() { # VARIANT KEY: the distinct values of its boots
    sql "$db" "SELECT DISTINCT value FROM boot_fact f JOIN boot b ON b.id = f.boot
               JOIN boots v ON v.boot = b.plan_index
               WHERE v.variant = '$1' AND key = '$2'" | paste -sd' '
}
lazy=$(fact svm+shadow-lazy boot_exits) eager=$(fact svm+shadow-eager boot_exits)
echo "# exits of Linux up to the agent: nested $(fact svm+nested boot_exits), lazy $lazy, eager $eager"
ok "Linux's exits up to the agent are few" test "$lazy" -lt 70000 -a "$eager" -lt 100000
# A prototype that dropped everything at each INVLPG and each write of CR3 had 1,330,538.
ok "… lazy has no half of the exits of a shadow that is dropped whole" \
    test "$lazy" -lt $((1330538 / 2))
for variant in svm+shadow-lazy svm+shadow-eager; do
    found=$(fact $variant vmm.shadow.found) switches=$(fact $variant vmm.shadow.switches)
    echo "# $variant: $switches writes of CR3, $found found their root, $(fact $variant \
        vmm.shadow.entered) pages entered, $(fact $variant vmm.shadow.delivered) faults the guest's"
    ok "$variant: nine of ten writes of CR3 find their root" \
        test "$found" -gt $((switches / 10 * 9)) -a "$switches" -gt 1000
done
ok "eager tells of writes" test "$(fact svm+shadow-eager vmm.shadow.written)" -gt 1000
ok "lazy has none" test "$(fact svm+shadow-lazy vmm.shadow.written)" = 0
plan_end
