#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the kernel's books, read around intervals, hold known amounts of work exactly: n
# reads, n writes, n page faults, n switches; a second boot gives the same; where there are no
# books the collector says so; and what is read changes no interval.
. "$(dirname "$0")/lib.sh"

plan 22
need_platform native

cat >"$tmp/books.cfg" <<'C'
name = "books"; boots = 2; seed = 3;
collectors = [ "clocks", "accounting" ];
platforms = ( { name = "bare"; }, { name = "native"; } );
workloads = (
    { name = "null"; iterations = 50; },
    { name = "spin"; n = 10000; iterations = 20; },
    { name = "lm-syscall"; op = [ "read", "write", "null" ]; n = 1000; iterations = 20; },
    { name = "exits"; op = [ "page-fault" ]; n = 100; iterations = 20; },
    { name = "lm-ctx"; procs = 2; rounds = 5; iterations = 20; },
    { name = "observe"; collector = [ "none", "clocks", "accounting" ]; n = 10;
      iterations = 20; }
);
C
db=$tmp/books.db none=$tmp/none.db

# Least and greatest of a counter in all intervals of a workload.
range() { # WORKLOAD PARAM COUNTER
    sql "$db" "SELECT min(value) || ' ' || max(value) FROM counters WHERE workload = '$1'
               AND param LIKE '$2' AND counter = '$3'"
}

ok "the campaign ran" run_campaign "$tmp/books.cfg" --db "$db"
ok "its four boots are ok" is "4" "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "1000 reads are 1000 and the one of the book itself" is "1001.0 1001.0" \
    "$(range lm-syscall 'op=read%' syscr)"
ok "and no write" is "0.0 0.0" "$(range lm-syscall 'op=read%' syscw)"
ok "1000 writes are 1000" is "1000.0 1000.0" "$(range lm-syscall 'op=write%' syscw)"
ok "1000 getppid are neither" is "1.0 1.0 0.0 0.0" \
    "$(range lm-syscall 'op=null%' syscr) $(range lm-syscall 'op=null%' syscw)"
ok "100 pages touched are 100 faults" is "100.0 100.0" \
    "$(range exits 'op=page-fault%' minflt)"
# A tick may let a task of the kernel's run in between: the machine's book has the fewest right.
ok "10 hops of two processes are 10 switches, every other one from here" is "10.0 5.0 5.0" \
    "$(range lm-ctx '%' ctxt | cut -d ' ' -f 1) $(range lm-ctx '%' nvcsw)"
ok "a null is nothing" is "0.0 0.0 0.0 0.0" \
    "$(range null '%' minflt) $(range null '%' nvcsw)"
ok "the second boot's books are the first's" is "0" \
    "$(sql "$db" "SELECT count(*) FROM (
        SELECT workload, param, iteration, counter, value, count(*) AS n FROM counters
        GROUP BY 1, 2, 3, 4, 5) WHERE n <> 2")"
ok "the payload says that it has none" says <(sql "$db" "SELECT value FROM provenance
    WHERE key = 'boot.0.collector.accounting'") "unavailable: no operating system"
ok "and is measured all the same" is "2" \
    "$(sql "$db" "SELECT count(DISTINCT boot) FROM durations WHERE platform = 'bare'
                  AND workload = 'spin' AND verdict = 'ok'")"
ok "nobody judges a book as a clock" is "0" \
    "$(sql "$db" "SELECT count(*) FROM clocks WHERE clock IN
                  (SELECT DISTINCT counter FROM counters)")"

# A sample on the bare machine is two fenced reads of the TSC and what calls and stores them.
ok "a sample of the payload's clock costs the same few instructions in each boot" is "1 1" \
    "$(sql "$db" "SELECT count(DISTINCT cost) || ' ' || (min(cost) BETWEEN 2 AND 60)
                  FROM observer_costs WHERE platform = 'bare' AND collector = 'clocks'")"
ok "the kernel's books cost more than its clocks, and the same in each boot" is "1 1 1" \
    "$(sql "$db" "SELECT count(DISTINCT b.cost) || ' ' || count(DISTINCT k.cost) || ' ' ||
                         (min(b.cost) > max(k.cost))
                  FROM observer_costs b JOIN observer_costs k USING (boot)
                  WHERE b.collector = 'accounting' AND k.collector = 'clocks'")"
echo "# instructions a sample: $(sql "$db" "SELECT group_concat(platform || ' ' || collector ||
    ' ' || cost, ', ') FROM (SELECT DISTINCT platform, collector, cost FROM observer_costs)")"
ok "where there are no books their cost is skipped with the reason" is "2" \
    "$(sql "$db" "SELECT count(*) FROM runs WHERE platform = 'bare' AND verdict = 'skip'
                  AND param LIKE 'collector=accounting%' AND reason LIKE 'no operating system%'")"

ok "an honest Linux's times are sound in every run" is "sound" \
    "$(sql "$db" "SELECT DISTINCT verdict FROM time_audits")"
ok "it used what passed outside, to a tick" is "1" \
    "$(sql "$db" "SELECT min(abs(user_ns + sys_ns - true_ns) < 4e6) FROM time_audits
                  WHERE workload = 'lm-syscall'")"
ok "of one processor, in ticks of 4 ms" is "1 4000000" \
    "$(sql "$db" "SELECT (SELECT DISTINCT value FROM boot_fact WHERE key = 'process_cpus') || ' '
                  || (SELECT DISTINCT value FROM boot_fact WHERE key = 'tick_ns')")"

ok "it runs without any collector" run_campaign "$tmp/books.cfg" --collectors none --db "$none"
ok "which the provenance tells" is "clocks,accounting none" \
    "$(sql "$none" "SELECT group_concat(value, ' ') FROM (SELECT value FROM provenance
                    WHERE key IN ('collectors.file', 'collectors.option') ORDER BY key)")"
ok "and null and spin are what they were" is \
    "$(sql "$db" "SELECT DISTINCT platform, workload, value FROM summary
                  WHERE workload IN ('null', 'spin') ORDER BY 1, 2")" \
    "$(sql "$none" "SELECT DISTINCT platform, workload, value FROM summary
                    WHERE workload IN ('null', 'spin') ORDER BY 1, 2")"

finish
