#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: an unmodified Debian Linux is a guest of our hypervisor like the payload: exact
# figures, a marker without an exit, each operation one exit, the same boot twice the same, and work
# without an exit in it takes what it takes on the machine; and whatever ends it otherwise than by
# halting is told.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, Linux"

cat >"$tmp/c.cfg" <<'C'
name = "vmm"; boots = 2; seed = 11; limit = 60; order = "sequence";
platforms = (
    { name = "vmm"; },
    { name = "vmm"; label = "packed"; options = { image = "bzimage"; }; },
    { name = "vmm"; label = "fast"; options = { hypercall = "fast"; }; },
    { name = "native"; }
);
workloads = (
    { name = "null"; iterations = 100; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "superpi"; log2_digits = [ 7, 8 ]; iterations = 5; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc",
                            "page-fault" ]; n = 100; iterations = 10; },
    { name = "mem-bw"; op = "copy"; size = "16k"; iterations = 5; },
    { name = "lm-syscall"; op = "null"; iterations = 10; },
    { name = "lm-ctx"; op = "ring"; procs = 2; iterations = 5; },
    { name = "lm-pipe-lat"; iterations = 10; }
);
C
db=$tmp/vmm.db
ok "the campaign ran" run_campaign "$tmp/c.cfg" --db "$db" --jobs 2
ok "six boots, of a vmlinux and of a bzImage, are good" is "6" \
    "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok' AND platform = 'vmm'")"
ok "no run was skipped or failed" is "0" \
    "$(sql "$db" "SELECT count(*) FROM runs WHERE verdict <> 'ok' AND platform = 'vmm'")"
ok "nothing was lost" is "0" "$(sql "$db" "$bad_sql")"
ok "spin 2N - N is N instructions in every boot" is "50000.0" "$(sql "$db" "$spin_sql")"
ok "null is one instruction" is "2.0" "$(sql "$db" "SELECT DISTINCT ns FROM (SELECT
    min(true_ns) AS ns FROM durations WHERE workload = 'null' GROUP BY boot)")"

# --- exits ---

ok "no exit between two markers" is "0" \
    "$(sql "$db" "SELECT DISTINCT exits_2k - exits_k FROM audits WHERE what = 'null'")"
ok "K hypercalls of a program are exactly K exits" is "6|0" \
    "$(sql "$db" "SELECT count(*), max(abs(exits_k - k) + abs(exits_2k - 2 * k)) FROM audits
       WHERE what = 'hypercall'")"
cost() { # OPERATION [VARIANT]
    sql "$db" "SELECT DISTINCT cost FROM exit_costs WHERE operation = '$1' AND platform = 'vmm'
               AND variant = '${2:-svm+nested}'"
}
ok "a program's hypercall is the payload's 47 instructions, or 9" is "47.0 9.0" \
    "$(cost hypercall) $(cost hypercall svm+nested:fast)"
ok "its write to a port without a device is 52" is "52.0" "$(cost port-out)"
ok "reading the clock costs no exit" is "1.0" "$(cost rdtsc)"
echo "# cpuid $(cost cpuid), emulated register $(cost mmio-store), page fault $(cost page-fault)"
count() { # CAUSE BOOT
    sql "$db" "SELECT count FROM exit_counts WHERE boot = $2 AND cause = '$1'"
}
# By the workload, and by ten audits of K and 2K.
ok "every hypercall was counted, and none besides" is "$((100 * 10 + 10 * 3 * 100))" \
    "$(count hypercall 0)"
ok "the emulated register exits once an access" is "1000" "$(count mmio 0)"
ok "CPUID exits, the kernel's too" test "$(count cpuid 0)" -gt 1000
ok "Linux's memory is there from the start: no nested fault" is "" "$(count nested-fault 0)"
ok "no triple fault, no exit without a name" is "" "$(count shutdown 0)"
fact() { # KEY: one value per boot of the platform vmm
    sql "$db" "SELECT group_concat(value, ' ') FROM (SELECT value FROM boot_fact f
               JOIN boot b ON b.id = f.boot WHERE key = '$1' AND b.id IN
               (SELECT f.boot FROM boot_fact f WHERE key = 'boot_exits') ORDER BY plan_index)"
}
boots=($(fact boot_exits))
echo "# exits up to the agent: ${boots[*]}"
ok "the exits for a boot are a fact, the same in both boots" is "6 ${boots[*]:0:3}" \
    "${#boots[@]} ${boots[*]:3:3}"
causes=$(sql "$db" "SELECT substr(key, 12) || ' ' || value FROM boot_fact WHERE key LIKE 'boot_exits.%'
    AND boot = (SELECT id FROM boot WHERE plan_index = 0) ORDER BY 0 + value DESC")
echo "# by cause:" $causes
ok "… told by cause" is "${boots[0]}" "$(awk '{ sum += $2 } END { print sum }' <<<"$causes")"
ok "… and no more than a few per device" test "${boots[0]}" -gt 1000 -a "${boots[0]}" -lt 25000
ok "the guest knows who is below, and keeps time by its TSC" is "EtalonEtalon tsc" \
    "$(fact hypervisor | cut -d' ' -f1) $(fact clocksource | cut -d' ' -f1)"

# --- the same on the machine ---

# The best of each run there, here, and by how much of the former they differ.
sql "$db" "CREATE TEMP VIEW best AS SELECT platform, variant, workload, param, metric,
               min(true_ns) AS ns FROM durations WHERE verdict = 'ok' GROUP BY 1, 2, 3, 4, 5;
           SELECT v.workload, v.param, n.ns, v.ns, abs(v.ns - n.ns) / n.ns FROM best v
               JOIN best n USING (workload, param, metric)
               WHERE n.platform = 'native' AND v.platform = 'vmm' AND v.variant = 'svm+nested'
               AND (v.workload <> 'exits' OR v.param LIKE 'op=empty %' OR
                    v.param LIKE 'op=rdtsc %' OR v.param LIKE 'op=page-fault %')" >"$tmp/beside"
sed 's/^/# /' "$tmp/beside"
ok "twelve runs have no exit in them" is "12" "$(grep -c . "$tmp/beside")"
ok "… and take what they take on the machine, or differ by less than 1 %" \
    awk -F'|' '$5 > 0.01 { print; bad = 1 } END { exit bad }' "$tmp/beside"
alike() { # BOOT BOOT: every interval, every exit
    for boot in "$1" "$2"; do
        sql "$db" "SELECT workload, param, iteration, true_ns, guest_ns FROM durations
                   WHERE boot = $boot ORDER BY 1, 2, 3; SELECT cause, count FROM exit_counts
                   WHERE boot = $boot ORDER BY 1; SELECT machine_time_ns FROM boots
                   WHERE boot = $boot" >"$tmp/boot.$boot"
    done
    same "$tmp/boot.$1" "$tmp/boot.$2"
}
ok "two boots are the same to the last interval and exit" alike 0 4
ok "… packed, too" alike 1 5

# --- ends that are no good end ---

vmm=$build/vmm/vmm.elf
linux_parts
# A comma ends a module.
linux_run() { # WORDS [CONFIG]
    vmm_run "$vmm" "boot=3 ram_mb=128 tsc_hz=1000000000 ${2-end=halt}" "$vmlinux" \
        "quiet console=ttyS0 panic=-1 $1,$initramfs"
}
linux_run "rdinit=/none root=none"
vmm_ok "a kernel that panics resets the machine, which is told" \
    reported "the guest reset the machine"
vmm_ok "… with its own words on its console" grep -q "Kernel panic" "$work/guest"
linux_run "mem=40M"
vmm_ok "a kernel without memory for its initramfs panics, and is told" \
    reported "the guest reset the machine"
linux_run "" ""
vmm_ok "a halt is a good end only where it was asked for" \
    reported "the guest halted and nothing can wake it"
vmm_run "$vmm" "ram_mb=32" "$vmlinux" "quiet,$initramfs"
vmm_ok "a kernel larger than the guest's memory is refused" \
    reported "guest image: a segment does not fit into the guest's memory"
vmm_run "$vmm" "" "$vmlinux" "quiet,$initramfs,$initramfs"
vmm_ok "a third module is refused" \
    reported "more than two modules: the guest's image and its initramfs"
plan_end
