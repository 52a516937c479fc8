#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The overhead ledger of real rungs: within 1 % of true time on spin, superpi and exits; and it
# opens when a term is taken away, doctored or wrong, by about as much as was changed.
. "$(dirname "$0")/lib.sh"
plan 26
for platform in native kvm xen-pvh vmm-bare vmm; do need_platform $platform; done
db=$tmp/overhead.db

sed '/name = "xen-pv";/d' campaigns/overhead.cfg >"$tmp/overhead.cfg"
ok "the campaign ran" run_campaign "$tmp/overhead.cfg" --db "$db"
ok "its six boots are ok" is "6" "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
sql "$db" "SELECT platform, workload, param, printf('%.3f %% ', 100 * residual_ns / true_ns),
           verdict, reason FROM overhead" | sed 's/^/# /'

asked="workload IN ('spin', 'superpi', 'exits')"
for platform in native kvm xen-pvh vmm-bare vmm; do
    ok "$platform: every run of spin, superpi and exits closes" is "closed" \
        "$(sql "$db" "SELECT DISTINCT verdict FROM overhead WHERE platform = '$platform' AND $asked")"
    ok "$platform: within 1 %" is "1" \
        "$(sql "$db" "SELECT max(abs(residual_ns) / true_ns) <= 0.01 FROM overhead
                      WHERE platform = '$platform' AND $asked")"
done
ok "the terms are the whole, to a tenth of a nanosecond" is "0" \
    "$(sql "$db" "SELECT count(*) FROM overhead WHERE abs(true_ns - work_ns - operations_ns -
                  interrupts_ns - unseen_ns - ifnull(steal_ns, 0) - residual_ns) > 0.1")"
ok "there is one row for each such run" is "$(sql "$db" "SELECT count(*) FROM runs WHERE $asked
    AND platform <> 'bare' AND verdict = 'ok'")" \
    "$(sql "$db" "SELECT count(*) FROM overhead WHERE $asked")"
ok "the bare machine has none" is "0" \
    "$(sql "$db" "SELECT count(*) FROM overhead WHERE platform = 'bare'")"
ok "interrupts were counted under Linux" is "kvm native vmm xen-pvh" \
    "$(sql "$db" "SELECT DISTINCT platform FROM overhead WHERE interrupts > 0 ORDER BY 1" | paste -sd' ')"
ok "Xen told of stolen time" is "1" \
    "$(sql "$db" "SELECT sum(steal_ns) > 1e6 FROM overhead WHERE platform = 'xen-pvh'")"
ok "native has nobody to tell" is "0" \
    "$(sql "$db" "SELECT count(steal_ns) FROM overhead WHERE platform = 'native'")"

# doctored NAME SQL  a copy of the database, changed behind the store's back and summarised anew
doctored() {
    cp "$db" "$tmp/$1.db"
    sqlite3 "$tmp/$1.db" >"$tmp/$1.txt" "$(sqlite3 "$db" "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master
        WHERE type = 'trigger'") $2" || return 1
    "$etalon" run "$tmp/overhead.cfg" --db "$tmp/$1.db" --resume >"$tmp/$1.txt" 2>&1
}
over() { # NAME WHERE
    sql "$tmp/$1.db" "SELECT count(*) > 0 FROM overhead WHERE verdict = 'over budget' AND $2"
}

doctored same "SELECT 1"
ok "summarised anew without a change it is the same" is \
    "$(sql "$db" "SELECT * FROM derived_overhead" | cksum)" \
    "$(sql "$tmp/same.db" "SELECT * FROM derived_overhead" | cksum)"

doctored steal "UPDATE reading SET after = before WHERE (boot, clock) IN
    (SELECT boot, clock FROM clock WHERE name = 'stolen') AND (boot, n) IN
    (SELECT i.boot, i.n FROM interval i JOIN run r ON r.boot = i.boot AND r.w = i.w
     WHERE r.workload = 'superpi')" # not the ruler's
ok "without its steal xen-pvh does not close" is "1" "$(over steal "platform = 'xen-pvh'")"
ok "… and what is missing is what was stolen" is "1" \
    "$(sqlite3 "$tmp/steal.db" "ATTACH '$db' AS good;
       SELECT min(abs(d.residual_ns - g.residual_ns - g.steal_ns) < 0.002 * g.true_ns)
       FROM derived_overhead d JOIN good.derived_overhead g USING (boot, w)
       JOIN run r USING (boot, w) WHERE r.workload = 'superpi' AND g.steal_ns > 0.05 * g.true_ns")"
ok "… and the others are untouched" is "0" "$(over steal "platform IN ('native', 'vmm-bare', 'vmm')")"

doctored work "UPDATE interval SET stop_tick = stop_tick - (stop_tick - start_tick) / 50
    WHERE boot = (SELECT id FROM boot WHERE platform = 'bare') AND w IN
    (SELECT w FROM run WHERE workload = 'superpi')"
ok "work that is told 2 % too small leaves 2 %, on every rung" is "5|1" \
    "$(sql "$tmp/work.db" "SELECT count(DISTINCT platform), min(residual_ns / true_ns > 0.015)
       FROM overhead WHERE workload = 'superpi' AND verdict = 'over budget'")"
ok "… and the terminal says so" says "$tmp/work.txt" "is over budget: "

doctored counts "UPDATE exit_count SET count = 10 WHERE cause = 'hypercall' AND boot =
    (SELECT id FROM boot WHERE platform = 'vmm-bare')"
ok "fewer exits than operations are a contradiction" is "1" \
    "$(over counts "platform = 'vmm-bare' AND param LIKE 'op=hypercall%'")"

doctored late "UPDATE interval SET stop_tick = stop_tick + 5000000 WHERE (boot, n) =
    (SELECT i.boot, max(i.n) FROM interval i JOIN boot b ON b.id = i.boot JOIN run r
     ON r.boot = i.boot AND r.w = i.w WHERE b.platform = 'native' AND r.workload = 'superpi')"
ok "one interval that nobody explains is flagged" is "1" \
    "$(sql "$tmp/late.db" "SELECT sum(d.flagged) - $(sql "$db" "SELECT sum(flagged) FROM overhead
       WHERE platform = 'native' AND workload = 'superpi'") FROM overhead d
       WHERE platform = 'native' AND workload = 'superpi'")"
finish
