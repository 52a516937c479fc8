#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: without an operating system the collector msr reads counters by their registers
# and reads them exactly; where there are none, or one that lies, the boot goes on and the
# sentence is stored. The lab's processor has no PMU: the counting ones here are the register
# model of the unit tests in the payload, driven by the TSC, which in the lab is an instruction
# count.
. "$(dirname "$0")/lib.sh"

plan 26

pinned="-accel tcg -cpu max,-smap,-rdtscp,-rdrand,-rdseed -smp 1 -nodefaults -no-user-config
    -display none -no-reboot -icount shift=1,sleep=off
    -rtc base=2025-01-01T00:00:00,clock=vm -seed 1 -M q35 -m 64 -device pci-testdev
    -device isa-debug-exit,iobase=0xf4,iosize=4"
words="etl.boot=3 etl.seed=1 etl.gap=1000 etl.tsc_hz=1000000000 etl.collectors=clocks,msr"

# boot TAG FAULT PLAN [QEMU options]: leaves $tmp/TAG.records
boot() {
    local tag=$1 fault=$2 runs=$3
    shift 3
    # shellcheck disable=SC2086
    timeout -s KILL 60 qemu-system-x86_64 $pinned -serial "file:$tmp/$tag.console" "$@" \
        -kernel "$build/tests/msr-payload-$fault.elf" -append "$words etl.plan=$runs" \
        >"$tmp/$tag.out" 2>&1
    echo $? >"$tmp/$tag.status"
    "$build/tests/records" "$tmp/$tag.console" >"$tmp/$tag.records" 2>"$tmp/$tag.sums"
}

field() { # TAG TYPE KEY: of the first record of this type that has it
    awk -F '\t' -v type="$2" -v key="$3=" '$1 == type {
        for (i = 2; i <= NF; i++)
            if (index($i, key) == 1) { print substr($i, length(key) + 1); exit }
    }' "$tmp/$1.records"
}

# The differences of a reading over the intervals of run W, each once.
differences() { # TAG W READING
    awk -F '\t' -v w="w=$2" -v key="$3=" '$1 == "iv" {
        for (i = 2; i <= NF; i++) {
            if ($i == w) mine = 1
            if (index($i, key) == 1) { split(substr($i, length(key) + 1), v, ":"); d = v[2] - v[1] }
        }
        if (mine) print d
        mine = 0
    }' "$tmp/$1.records" | sort -un | tr '\n' ' ' | sed 's/ $//'
}

# --- a PMU that counts ---
runs=null,iters=20/spin,iters=20,n=1000/spin,iters=20,n=2000/spin,iters=5,n=1000000
boot counts 0 "$runs"
boot again 0 "$runs"
ok "the boot ends well" is "1 ok" "$(cat "$tmp/counts.status") $(field counts end status)"
ok "the collector reads" is read "$(field counts fact collector.msr)"
ok "it tells the PMU" is "AMD core counters, version 1, 6 of 48 bits, events of amd64_fam19h_zen3" \
    "$(field counts fact collector.msr.pmu)"
ok "six events have a counter" is 6 "$(grep -c 'collector\.msr\.[a-z_]*=read: ' "$tmp/counts.records")"
ok "the seventh is told" is \
    "unavailable: no counter is left for it: this processor has 6, and nothing is multiplexed" \
    "$(field counts fact collector.msr.branches)"
null=$(differences counts 0 msr.instructions)
ok "every null counts the same" test "$null" -gt 0
# Beside the workload, readings count the way to the markers and back, which is the same for
# every workload but null.
short=$(differences counts 1 msr.instructions)
ok "every spin counts the same, and more than null" test "$short" -gt $((null + 1000))
ok "N instructions more are N counts more" is "$((short + 1000)) $((short + 999000))" \
    "$(differences counts 2 msr.instructions) $(differences counts 3 msr.instructions)"
ok "cycles go with them" is 1000 \
    "$(($(differences counts 2 msr.cycles) - $(differences counts 1 msr.cycles)))"
ok "no page was walked" is 0 "$(differences counts 3 msr.page_walks)"
ok "a boot repeated counts the same" cmp "$tmp/counts.records" "$tmp/again.records"

# --- counters that lie ---
boot silent 3 "$runs"
ok "a counter that opens and reads 0: the boot goes on" is "1 ok" \
    "$(cat "$tmp/silent.status") $(field silent end status)"
ok "with the sentence" is \
    "unavailable: the counter opens and reads 0 whatever is executed" \
    "$(field silent fact collector.msr.cycles)"
ok "and APERF and MPERF alone are read" is "aperf mperf" \
    "$(tr '\t' '\n' <"$tmp/silent.records" | sed -n 's/^clock\.msr\.\(.*\)=count/\1/p' |
        tr '\n' ' ' | sed 's/ $//')"
boot jumps 5 "$runs"
ok "a counter off by 2^31: the sentence" is \
    "unavailable: the counter is off by 2^31: it counts" \
    "$(field jumps fact collector.msr.instructions | cut -d" " -f1-9)"
ok "and no number" is "" "$(differences jumps 1 msr.instructions)"

# --- no PMU: the lab as it is ---
cat >"$tmp/c.cfg" <<'C'
name = "msr"; boots = 1; seed = 11; collectors = [ "clocks", "msr" ];
platforms = ( { name = "bare"; }, { name = "vmm-bare"; }, { name = "native"; } );
workloads = ( { name = "null"; iterations = 20; },
    { name = "spin"; n = [ 1000, 2000 ]; iterations = 5; } );
C
db=$tmp/msr.db
stored() { # BOOT KEY
    sqlite3 -noheader -list "file:$db?mode=ro" \
        "SELECT value FROM provenance WHERE key = 'boot.$1.collector.msr$2'"
}
ok "the platforms run with the collector" "$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2
ok "bare: writes go nowhere" is \
    "unavailable: no counter counts: cycles is unavailable: select register 0xc0010000 does not keep what is written to it: wrote 0x00000000000300c0, reads 0x0000000000000000" \
    "$(stored 0 '')"
ok "vmm-bare: the fault of WRMSR is survived and told" is \
    "unavailable: no counter counts: cycles is unavailable: WRMSR 0xc0010000 faults: the register is not there or refuses the value" \
    "$(stored 1 '')"
ok "native: the counters are the kernel's" is \
    "unavailable: under Linux the kernel owns the counters: they are read through perf_event_open" \
    "$(stored 2 '' | cut -d, -f1)"
ok "APERF and MPERF are not there, either" is \
    "unavailable: CPUID leaf 6 ECX bit 0 is clear: no APERF and MPERF" "$(stored 0 .aperf)"
ok "the intervals are what they are without it" is "2.0 2018.0 4018.0" \
    "$(sqlite3 -noheader -list "file:$db?mode=ro" "SELECT DISTINCT true_ns FROM durations
        WHERE platform <> 'native' ORDER BY true_ns" | tr '\n' ' ' | sed 's/ $//')"
"$etalon" report --db "$db" --out "$tmp/report" >/dev/null 2>&1
ok "the report shows the sentence" says "$tmp/report/index.html" "WRMSR 0xc0010000 faults"

# --- through the store: the modelled PMU in the place of the payload, alone and as a guest ---
mkdir -p "$tmp/lib/payload"
for part in "$build"/*; do
    [ "${part##*/}" = payload ] || ln -s "$part" "$tmp/lib/"
done
cp "$build/tests/msr-payload-0.elf" "$tmp/lib/payload/payload.elf"
sed -i 's/, { name = "native"; }//' "$tmp/c.cfg"
db=$tmp/model.db
ok "the model's counters are stored" env ETALON_LIB="$tmp/lib" "$etalon" run "$tmp/c.cfg" \
    --db "$db" --jobs 2
ok "in the view counters, one value a run on each platform" is "12" \
    "$(sqlite3 -noheader -list "file:$db?mode=ro" "SELECT count(*) FROM (SELECT DISTINCT platform,
        param, counter, value FROM counters WHERE workload = 'spin' AND
        counter IN ('msr.instructions', 'msr.cycles', 'msr.page_walks'))")"
ok "and N more are N more, as the timer says" is "bare 1000.0 1000.0;vmm-bare 1000.0 1000.0;" \
    "$(sqlite3 -noheader -list -separator ' ' -newline ';' "file:$db?mode=ro" "
        SELECT c.platform, max(c.value) - min(c.value), (max(d.true_ns) - min(d.true_ns)) / 2
        FROM counters c JOIN durations d USING (boot, workload, param, iteration)
        WHERE workload = 'spin' AND counter = 'msr.instructions' GROUP BY c.platform")"
finish
