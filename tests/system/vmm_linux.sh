#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: an unmodified Debian Linux is a guest of our hypervisor like the payload: exact
# figures, a marker without an exit, each operation one exit, the same boot twice the same; and
# whatever ends it otherwise than by halting is told.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, Linux"

sql() { # DB SQL
    sqlite3 -noheader -list "file:$1?mode=ro" "$2"
}

is() { # EXPECTED ACTUAL
    [ "$1" = "$2" ] && return 0
    echo "expected: $1"
    echo "actual:   $2"
    return 1
}

cat >"$tmp/c.cfg" <<'C'
name = "vmm"; boots = 2; seed = 11; limit = 60; order = "sequence";
platforms = (
    { name = "vmm"; },
    { name = "vmm"; label = "packed"; options = { image = "bzimage"; }; },
    { name = "vmm"; label = "fast"; options = { hypercall = "fast"; }; }
);
workloads = (
    { name = "null"; iterations = 100; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc",
                            "page-fault" ]; n = 100; iterations = 10; },
    { name = "lm-syscall"; op = "null"; iterations = 10; },
    { name = "lm-ctx"; op = "ring"; procs = 2; iterations = 5; }
);
C
db=$tmp/vmm.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
sql "$db" "SELECT boot, variant, verdict, reason FROM boots ORDER BY boot" | sed 's/^/# /'
ok "six boots, of a vmlinux and of a bzImage, are good" is "6" \
    "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "no run was skipped or failed" is "0" \
    "$(sql "$db" "SELECT count(*) FROM runs WHERE verdict <> 'ok'")"
ok "spin 2N - N is N instructions in every boot" is "6|50000.0|50000.0" \
    "$(sql "$db" "SELECT count(*), min(d), max(d) FROM (SELECT (b.ns - a.ns) / 2.0 AS d
       FROM (SELECT boot, min(true_ns) AS ns FROM durations
             WHERE workload = 'spin' AND param = 'n=50000' GROUP BY boot) a
       JOIN (SELECT boot, min(true_ns) AS ns FROM durations
             WHERE workload = 'spin' AND param = 'n=100000' GROUP BY boot) b USING (boot))")"
ok "null is one instruction" is "2.0" "$(sql "$db" "SELECT DISTINCT ns FROM (SELECT
    min(true_ns) AS ns FROM durations WHERE workload = 'null' GROUP BY boot)")"
ok "no exit between two markers" is "0" \
    "$(sql "$db" "SELECT DISTINCT exits_2k - exits_k FROM audits WHERE what = 'null'")"
ok "K hypercalls of a program are exactly K exits" is "6|0" \
    "$(sql "$db" "SELECT count(*), max(abs(exits_k - k) + abs(exits_2k - 2 * k)) FROM audits
       WHERE what = 'hypercall'")"
cost() { # OPERATION [VARIANT]
    sql "$db" "SELECT DISTINCT cost FROM exit_costs WHERE operation = '$1'
               AND variant = '${2:-svm+nested}'"
}
ok "a program's hypercall is the payload's 59 instructions, or 9" is "59.0 9.0" \
    "$(cost hypercall) $(cost hypercall svm+nested:fast)"
ok "its write to a port without a device is 64" is "64.0" "$(cost port-out)"
ok "reading the clock costs no exit" is "1.0" "$(cost rdtsc)"
echo "# cpuid $(cost cpuid), emulated register $(cost mmio-store)"
count() { # CAUSE BOOT
    sql "$db" "SELECT count FROM exit_counts WHERE boot = $2 AND cause = '$1'"
}
ok "what was exercised was counted: CPUID and the emulated register exit once each" \
    test "$(count mmio 0)" = 1000 -a "$(count cpuid 0)" -ge 1000
fact() { # KEY
    sql "$db" "SELECT group_concat(value, ' ') FROM (SELECT value FROM boot_fact f
               JOIN boot b ON b.id = f.boot WHERE key = '$1' ORDER BY plan_index)"
}
boots=($(fact boot_exits))
echo "# exits up to the agent: ${boots[*]}"
ok "the exits for a boot are a fact, the same in both boots" is "6 ${boots[0]} ${boots[1]}" \
    "${#boots[@]} ${boots[3]} ${boots[4]}"
ok "… and no more than a few per device" test "${boots[0]}" -gt 1000 -a "${boots[0]}" -lt 25000
ok "the guest knows who is below, and keeps time by its TSC" is "EtalonEtalon tsc" \
    "$(fact hypervisor | cut -d' ' -f1) $(fact clocksource | cut -d' ' -f1)"
same() { # BOOT BOOT: every interval, every exit
    cmp <(sql "$db" "SELECT workload, param, iteration, true_ns, guest_ns FROM durations
                     WHERE boot = $1 ORDER BY 1, 2, 3; SELECT cause, count FROM exit_counts
                     WHERE boot = $1 ORDER BY 1; SELECT machine_time_ns FROM boots
                     WHERE boot = $1") \
        <(sql "$db" "SELECT workload, param, iteration, true_ns, guest_ns FROM durations
                     WHERE boot = $2 ORDER BY 1, 2, 3; SELECT cause, count FROM exit_counts
                     WHERE boot = $2 ORDER BY 1; SELECT machine_time_ns FROM boots
                     WHERE boot = $2")
}
ok "two boots are the same to the last interval and exit" same 0 3
ok "… packed, too" same 1 4

# --- ends that are no good end ---

vmlinux=cache/kernel/vmlinux
vmm=$build/vmm/vmm.elf
initramfs=$(find "${ETALON_CACHE:-cache}/initramfs" -name "*.cpio" | head -n 1)
# A comma ends a module.
linux_run() { # WORDS [CONFIG]
    vmm_run "$vmm" "boot=3 ram_mb=128 tsc_hz=1000000000 ${2-end=halt}" "$vmlinux" \
        "quiet console=ttyS0 panic=-1 $1,$initramfs"
}
told() { # REASON
    test "$records_status" = 0 && test "$(field end status)" = error &&
        test "$(field error reason)" = "$1"
}
linux_run "rdinit=/none root=none"
vmm_ok "a kernel that panics resets the machine, which is told" told "the guest reset the machine"
vmm_ok "… with its own words on its console" grep -q "Kernel panic" "$work/guest"
linux_run "mem=40M"
vmm_ok "a kernel without memory for its initramfs panics, and is told" \
    told "the guest reset the machine"
linux_run "" ""
vmm_ok "a halt is a good end only where it was asked for" \
    told "the guest halted and nothing can wake it"
vmm_run "$vmm" "ram_mb=32" "$vmlinux" "quiet,$initramfs"
vmm_ok "a kernel larger than the guest's memory is refused" \
    told "guest image: a segment does not fit into the guest's memory"
vmm_run "$vmm" "" "$vmlinux" "quiet,$initramfs,$initramfs"
vmm_ok "a third module is refused" told "more than two modules: the guest's image and its initramfs"
plan_end
