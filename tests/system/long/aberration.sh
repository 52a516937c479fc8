#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a Linux guest of Xen whose processor is taken away half of the time knows how much
# was stolen and books it as used all the same, which the audit of time(1) flags; an honest Linux
# with the processor to itself is sound; user time larger than the total is in neither.
. "$(dirname "$0")/../lib.sh"

plan 8
need_platform xen-pv

cat >"$tmp/stolen.cfg" <<'C'
name = "stolen"; boots = 1; seed = 20110915; limit = 120; host_limit = 1800;
collectors = [ "clocks", "accounting" ];
platforms = ( { name = "native"; }, { name = "xen-pv"; options = { busy = "1"; }; } );
workloads = ( { name = "null"; iterations = 20; },
              { name = "superpi"; log2_digits = 12; iterations = 2; },
              { name = "null"; iterations = 20; } );
C
db=$tmp/stolen.db

of_superpi() { # PLATFORM SQL-EXPRESSION
    sql "$db" "SELECT $2 FROM time_audits WHERE platform = '$1' AND workload = 'superpi'"
}

ok "the campaign ran" run_campaign "$tmp/stolen.cfg" --db "$db" --jobs 2
ok "both boots are ok" is "2" "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "native is sound" is "sound" \
    "$(sql "$db" "SELECT DISTINCT verdict FROM time_audits WHERE platform = 'native'")"
ok "the guest's real time is what passed outside, to a millisecond" is "1" \
    "$(of_superpi xen-pv "abs(real_ns - true_ns) < 1e6")"
ok "about half of it was stolen" is "1" \
    "$(of_superpi xen-pv "steal_ns > 0.4 * real_ns AND steal_ns < 0.6 * real_ns")"
ok "and booked as used as well" is "1" \
    "$(of_superpi xen-pv "user_ns + sys_ns > 0.99 * real_ns")"
ok "which is flagged" says <(of_superpi xen-pv "verdict || ': ' || reason") \
    "stolen time is booked as used"
ok "user + sys is larger than real in no run" is "0" \
    "$(sql "$db" "SELECT count(*) FROM time_audits WHERE user_ns + sys_ns > real_ns + 4e6")"
echo "# $(of_superpi xen-pv "'real ' || real_ns || ' user ' || user_ns || ' sys ' || sys_ns ||
                             ' steal ' || steal_ns || ' true ' || true_ns")"

finish
