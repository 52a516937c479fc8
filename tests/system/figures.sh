#!/bin/bash
# Hypothesis: on the deterministic lab the instrument gives exact known answers on every
# platform: a loop of N instructions costs N, two adjacent stores cost one, a hypercall costs
# what its path has instructions, and a boot repeated is the same boot.
. "$(dirname "$0")/lib.sh"

plan 21

cat >"$tmp/c.cfg" <<'C'
name = "figures"; boots = 2; seeds = "each"; seed = 11;
platforms = ( { name = "bare"; }, { name = "native"; }, { name = "vmm-bare"; } );
workloads = (
    { name = "null"; iterations = 100; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid", "port-out", "mmio-store", "rdtsc",
                            "page-fault" ]; n = 100; iterations = 10; }
);
C
db=$tmp/figures.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
ok "the campaign ran" [ $? = 0 ]
sed 's/^/# /' "$tmp/log" | grep 'boot '

ok "six boots are there and none is bad" is "6" \
    "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "nothing was lost, damaged or out of the grammar" is "0" \
    "$(sql "$db" "$bad_sql")"
ok "one instruction is two nanoseconds" is "2" \
    "$(sql "$db" "SELECT value FROM provenance WHERE key = 'lab.ns_per_instruction'")"

ok "spin 2N - N is N instructions in each boot of each platform" is "50000.0" \
    "$(sql "$db" "$spin_sql")"
ok "every boot has its spin" is "6|60" \
    "$(sql "$db" "SELECT count(*), min(n) FROM (SELECT boot, count(*) AS n FROM durations
                  WHERE workload = 'spin' AND param = 'n=50000' GROUP BY boot)")"
ok "null is one instruction in the best iteration everywhere" is "2.0" \
    "$(sql "$db" "SELECT DISTINCT ns FROM (SELECT min(true_ns) AS ns FROM durations
                  WHERE workload = 'null' GROUP BY boot)")"
ok "without an operating system null never varies" is "2.0|2.0" \
    "$(sql "$db" "SELECT min(true_ns), max(true_ns) FROM durations
                  WHERE workload = 'null' AND platform <> 'native'")"
ok "no exit between two markers under our hypervisor" is "0" \
    "$(sql "$db" "SELECT DISTINCT exits_2k - exits_k FROM audits
                  WHERE platform = 'vmm-bare' AND what = 'null'")"
ok "K hypercalls add exactly K exits" is "1" \
    "$(sql "$db" "SELECT DISTINCT exits_2k - exits_k = k FROM audits
                  WHERE platform = 'vmm-bare' AND what = 'hypercall'")"

full=$(sql "$db" "SELECT DISTINCT cost FROM exit_costs
                  WHERE platform = 'vmm-bare' AND operation = 'hypercall'")
echo "# hypercall, full path: $full instructions"
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a > 0 && a <= b) }'; }
ok "full hypercall path has at most 64 instructions" at_most "$full" 64
ok "what is passed through costs one instruction under our hypervisor" is "1.0" \
    "$(sql "$db" "SELECT DISTINCT cost FROM exit_costs
                  WHERE platform = 'vmm-bare' AND operation = 'rdtsc'")"

# Without an operating system a page fault is the payload's own: the same path wherever the guest
# has its page tables to itself, every time.
fault=$(sql "$db" "SELECT DISTINCT cost FROM exit_costs
                   WHERE platform <> 'native' AND operation = 'page-fault'")
echo "# page fault in the payload: $fault instructions"
ok "a page fault costs the same on bare and under nested paging" \
    at_most "$fault" 80
ok "every iteration had exactly as many page faults as it should" is "6|6" \
    "$(sql "$db" "SELECT count(*), sum(verdict = 'ok' AND answer LIKE '% iterations=10')
                  FROM runs WHERE workload = 'exits' AND param LIKE 'op=page-fault %'")"
ok "Linux takes longer over one" is "1" \
    "$(sql "$db" "SELECT DISTINCT cost > 10 * $fault FROM exit_costs
                  WHERE platform = 'native' AND operation = 'page-fault'")"

sed -e 's/"figures"/"fast"/' -e 's/name = "vmm-bare";/& options = { hypercall = "fast"; };/' \
    -e 's/{ name = "bare"; }, { name = "native"; }, //' -e 's/boots = 2/boots = 1/' \
    "$tmp/c.cfg" >"$tmp/fast.cfg"
"$etalon" run "$tmp/fast.cfg" --db "$tmp/fast.db" >"$tmp/log.fast" 2>&1
fast=$(sql "$tmp/fast.db" "SELECT DISTINCT cost FROM exit_costs
                           WHERE platform = 'vmm-bare' AND operation = 'hypercall'")
echo "# hypercall, fast path: $fast instructions"
ok "the fast path is shorter than the full one" at_most "$fast" "$full"

"$etalon" export --db "$db" --canonical >"$tmp/two-at-once.txt"
"$etalon" run "$tmp/c.cfg" --db "$tmp/again.db" --jobs 1 >"$tmp/log.again" 2>&1
"$etalon" export --db "$tmp/again.db" --canonical >"$tmp/alone.txt"
ok "boots two at once equal boots alone, byte for byte" \
    cmp "$tmp/two-at-once.txt" "$tmp/alone.txt"

frames() { # DB BOOT: the edges of a boot after its preamble, as times between them
    sql "$1" "SELECT group_concat(start_tick || '-' || stop_tick) FROM intervals
              WHERE boot = $2 ORDER BY interval"
}
ok "boots of different seeds differ" [ "$(frames "$db" 0)" != "$(frames "$db" 5)" ]
sed -e 's/"each"/"same"/' "$tmp/c.cfg" >"$tmp/same.cfg"
"$etalon" run "$tmp/same.cfg" --db "$tmp/same.db" >"$tmp/log.same" 2>&1
durations() {
    sql "$1" "SELECT group_concat(stop_tick - start_tick) FROM intervals
              WHERE boot = $2 ORDER BY interval"
}
# ABBA: boots 0 and 5 are bare, 1 and 4 native, 2 and 3 vmm-bare.
for pair in "0 5 bare" "1 4 native" "2 3 vmm-bare"; do
    set -- $pair
    ok "boots of the same seed do not: $3" is "$(durations "$tmp/same.db" "$1")" \
        "$(durations "$tmp/same.db" "$2")"
done
finish
