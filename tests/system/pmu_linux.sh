#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: counters by name are exact where they can be (software events in the lab's Linux
# guest: n page faults, n switches, twice the same), unavailable with the reason where there is
# no PMU, and change no interval.
. "$(dirname "$0")/lib.sh"

plan 18
need_platform native

cat >"$tmp/soft.cfg" <<'C'
name = "soft"; boots = 2; seed = 3;
collectors = [ "clocks", "accounting", "soft", "pmu", "pmu-tlb" ];
platforms = ( { name = "bare"; }, { name = "native"; } );
workloads = (
    { name = "null"; iterations = 50; },
    { name = "spin"; n = 10000; iterations = 20; },
    { name = "exits"; op = [ "page-fault" ]; n = 100; iterations = 20; },
    { name = "lm-ctx"; procs = 2; rounds = 5; iterations = 20; },
    { name = "observe"; collector = [ "none", "soft" ]; iterations = 20; }
);
C
db=$tmp/soft.db none=$tmp/none.db

range() { # WORKLOAD COUNTER
    sql "$db" "SELECT min(value) || ' ' || max(value) FROM counters WHERE workload = '$1'
               AND counter = '$2'"
}
fact() { sql "$db" "SELECT value FROM provenance WHERE key = 'boot.$1.collector.$2'"; }

ok "the campaign ran" run_campaign "$tmp/soft.cfg" --db "$db"
ok "its four boots are ok" is "4" "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "100 pages touched are 100 minor faults" is "100.0 100.0" "$(range exits soft.minor)"
ok "as the accounts say of each interval" is "0" \
    "$(sql "$db" "SELECT count(*) FROM counters a JOIN counters b USING
        (campaign, boot, workload, param, iteration) WHERE a.counter = 'soft.minor'
        AND b.counter = 'minflt' AND a.value <> b.value")"
# A tick may let a task of the kernel's run in between: the fewest are right, and every one is in
# the books, of its own will or not.
ok "10 hops of two processes are five switches of this one" is "5.0" \
    "$(range lm-ctx soft.switches | cut -d ' ' -f 1)"
ok "as the accounts say of each interval, willing and unwilling together" is "0" \
    "$(sql "$db" "SELECT count(*) FROM counters a JOIN counters b USING
        (campaign, boot, workload, param, iteration) JOIN counters c USING
        (campaign, boot, workload, param, iteration) WHERE a.counter = 'soft.switches'
        AND b.counter = 'nvcsw' AND c.counter = 'nivcsw' AND a.workload IN ('lm-ctx', 'null')
        AND a.value <> b.value + c.value")"
ok "a null is nothing" is "0.0 0.0 0.0 0.0" \
    "$(range null soft.minor) $(range null soft.switches)"
ok "the group ran all the time it was enabled" is "0" \
    "$(sql "$db" "SELECT count(*) FROM counters a JOIN counters b USING
        (campaign, boot, workload, param, iteration) WHERE a.counter = 'soft.enabled'
        AND b.counter = 'soft.running' AND a.value <> b.value")"
# Seen to fail once in ten runs of this file, cause unknown: what differs is told.
sql "$db" "SELECT '# differs between the boots: ' || workload || ' ' || counter || ', ' || count(*)
    FROM (SELECT workload, param, iteration, counter FROM counters WHERE counter LIKE 'soft.%'
        GROUP BY 1, 2, 3, 4 HAVING count(DISTINCT value) > 1) GROUP BY workload, counter"
ok "the second boot's counts are the first's" is "0" \
    "$(sql "$db" "SELECT count(*) FROM (
        SELECT workload, param, iteration, counter, value, count(*) AS n FROM counters
        WHERE counter LIKE 'soft.%' GROUP BY 1, 2, 3, 4, 5) WHERE n <> 2")"
ok "the whole attr is kept" says <(fact 1 soft.event2) \
    "perf::MINOR-FAULTS as perf::PERF_COUNT_SW_PAGE_FAULTS_MIN"
ok "and by which way it is read" says <(fact 1 soft.read) \
    "read(2): software events are on no counter of the processor"
costs() {
    sql "$db" "SELECT boot, cost, unit FROM observer_costs WHERE collector = 'soft' AND cost > 0
               AND unit = 'instructions'"
}
costs | sed 's/^/# a sample of soft, boot|cost|unit: /'
ok "what a sample costs is measured, and the same in both boots" [ \
    "$(costs | cut -d '|' -f 2 | sort | uniq -c | awk '{ print $1 }')" = 2 ]
ok "a guest without a PMU says so" says <(fact 1 pmu) \
    "unavailable: Linux drives no hardware PMU here"
ok "for each group" says <(fact 1 pmu-tlb) "unavailable: Linux drives no hardware PMU here"
ok "and no reading of it stands anywhere" is "0" \
    "$(sql "$db" "SELECT count(*) FROM counters WHERE counter LIKE 'core.%' OR
                  counter LIKE 'tlb.%'")"
ok "the payload says that it has no Linux" says <(fact 0 soft) "unavailable: counted through perf"

ok "it runs without any collector" run_campaign "$tmp/soft.cfg" --collectors none --db "$none"
# A tick of the kernel's may fall into an interval of spin, where it falls is another matter in
# another boot: at most one in ten has one.
spins() {
    sql "$1" "SELECT platform, workload, shortest, sum(true_ns = shortest) * 10 >= 9 * count(*)
              FROM durations JOIN (SELECT platform AS p, workload AS w, min(true_ns) AS shortest
                  FROM durations GROUP BY 1, 2) ON p = platform AND w = workload
              WHERE workload IN ('null', 'spin') GROUP BY 1, 2"
}
ok "and the intervals of null and spin are what they were, but for ticks" is "$(spins "$none")" "$(spins "$db")"
finish
