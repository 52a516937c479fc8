#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the same payload and plan give the same work on every backend of our hypervisor:
# loops and markers to the instruction, exits to the expected table, each boot twice the same.
# soft and pv run on a processor without SVM.
. "$(dirname "$0")/lib.sh"

plan 24

cat >"$tmp/c.cfg" <<'C'
name = "backends"; boots = 2; seed = 11;
platforms = ( { name = "vmm-bare"; variant = "svm+nested"; },
              { name = "vmm-bare"; variant = "soft"; },
              { name = "vmm-bare"; variant = "pv"; } );
workloads = (
    { name = "null"; iterations = 100; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "superpi"; log2_digits = [ 7 ]; iterations = 5; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc",
                            "page-fault" ]; n = 100; iterations = 10; }
);
C
db=$tmp/backends.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
ok "the campaign ran" [ $? = 0 ]
ok "six boots are there and none is bad" is "6" \
    "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "soft and pv had a processor without SVM" is "svm svm" \
    "$(sql "$db" "SELECT value FROM provenance WHERE key IN ('vmm-bare soft.processor_without',
                  'vmm-bare pv.processor_without', 'vmm-bare svm+nested.processor_without')" |
        paste -sd' ')"
ok "every interval is ok" is "0" \
    "$(sql "$db" "SELECT count(*) FROM durations WHERE verdict <> 'ok'")"
ok "nothing was lost, damaged or out of the grammar" is "0" \
    "$(sql "$db" "$bad_sql")"

ok "a boot repeated is the same boot" is "" \
    "$(sql "$db" "SELECT variant, workload, param, iteration FROM durations
                  GROUP BY 1, 2, 3, 4 HAVING min(true_ns) <> max(true_ns) OR count(*) <> 2")"

ok "null is one instruction, always" is "2.0|2.0|600" \
    "$(sql "$db" "SELECT min(true_ns), max(true_ns), count(*) FROM durations
                  WHERE workload = 'null'")"
ok "spin 2N - N is N instructions on each" is "50000.0" \
    "$(sql "$db" "$spin_sql")"
ok "a computation takes the same instructions on each" is "1" \
    "$(sql "$db" "SELECT count(DISTINCT ns) FROM (SELECT min(true_ns) AS ns FROM durations
                  WHERE workload = 'superpi' GROUP BY boot)")"

# Audits: exits of 2K less exits of K.
ok "no exit between two markers, exactly K of K hypercalls" is "hypercall|100|6
null|0|6" "$(sql "$db" "SELECT what, exits_of_k, count(*) FROM audits GROUP BY 1, 2" |
    sort)"

cost() { # VARIANT OPERATION
    sql "$db" "SELECT DISTINCT cost FROM exit_costs WHERE variant = '$1' AND operation = '$2'"
}
sql "$db" "SELECT DISTINCT '# ' || variant || ' ' || operation || ' ' || cost FROM exit_costs"
ok "hypercall: at most 64 instructions on soft" test "$(cost soft hypercall | cut -d. -f1)" -le 64
ok "… and on pv" test "$(cost pv hypercall | cut -d. -f1)" -le 64
ok "port out: at most 80 instructions on soft" test "$(cost soft port-out | cut -d. -f1)" -le 80
ok "… and on pv" test "$(cost pv port-out | cut -d. -f1)" -le 80
ok "reading the TSC costs one instruction on each" is "1.0 1.0 1.0" \
    "$(cost svm+nested rdtsc) $(cost soft rdtsc) $(cost pv rdtsc)"
ok "CPUID does not exit on pv" is "1.0" "$(cost pv cpuid)"

# The expected table: exits of a whole boot by neutral cause. Ten iterations of n = 100 are the
# thousands. hypercall: the workload's 1000, 3000 of the audit, SHUTDOWN. cpuid: the workload's,
# one that it checks itself with, five to find the hypervisor; on pv only those are asked for.
# control-register: each page fault reads CR2; soft writes CR4, CR3, CR0 on its way to long
# mode, pv sets CR3. invlpg: each iteration unmaps its pages, and once more at the end. other:
# each page fault returns; soft has eight for tables, segments and caches, pv two for its
# exceptions. EFER is read and written once.
expected() {
    case $1 in
    svm+nested) echo "cpuid 1006 hypercall 4001 mmio 1000 msr-read 1 msr-write 1 port-in 8 port-out 1010" ;;
    soft) echo "control-register 1003 cpuid 1006 hypercall 4001 invlpg 1100 mmio 1000 msr-read 1 msr-write 1 other 1008 port-in 8 port-out 1010" ;;
    pv) echo "control-register 1001 cpuid 5 hypercall 4001 invlpg 1100 mmio 1000 other 1002 port-in 8 port-out 1010" ;;
    esac
}
for variant in svm+nested soft pv; do
    ok "$variant: exits by cause are those of the table" is "$(expected $variant)" \
        "$(sql "$db" "SELECT DISTINCT cause || ' ' || count FROM exit_counts
                      WHERE variant = '$variant' AND cause <> 'page-fault' ORDER BY cause" |
            paste -sd' ')"
done
# Of a thousand faults each is delivered and its page entered; the rest is what the payload
# itself touches first.
faults() {
    sql "$db" "SELECT DISTINCT count FROM exit_counts WHERE variant = '$1' AND cause = 'page-fault'"
}
ok "svm has no page faults, soft and pv two for each of a thousand" test \
    -z "$(faults svm+nested)" -a "$(faults soft)" -ge 2000 -a "$(faults soft)" -lt 2100 \
    -a "$(faults pv)" -ge 2000 -a "$(faults pv)" -lt 2100

"$etalon" run "$tmp/c.cfg" --db "$tmp/again.db" --jobs 1 >"$tmp/log2" 2>&1
ok "the campaign ran again" [ $? = 0 ]
"$etalon" export --canonical --db "$db" >"$tmp/a.txt"
"$etalon" export --canonical --db "$tmp/again.db" >"$tmp/b.txt"
ok "its export is the same, byte for byte" cmp "$tmp/a.txt" "$tmp/b.txt"

# Refused by the hypervisor, stored with its reason.
cat >"$tmp/bad.cfg" <<'C'
name = "bad"; boots = 1;
platforms = ( { name = "vmm-bare"; variant = "soft"; options = { hypercall = "fast"; }; } );
workloads = ( { name = "null"; iterations = 10; } );
C
"$etalon" run "$tmp/bad.cfg" --db "$tmp/bad.db" --jobs 1 >"$tmp/log3" 2>&1
ok "an unsupported request ends the boot" is "error" "$(sql "$tmp/bad.db" "SELECT verdict FROM boots")"
ok "with its reason" is "1" "$(sql "$tmp/bad.db" \
    "SELECT count(*) FROM boots WHERE reason LIKE '%hypercall=fast: only cpu=svm%'")"
finish
