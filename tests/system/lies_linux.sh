#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# campaigns/lies-linux.cfg: ticks that our hypervisor keeps from a Linux guest are found again, each
# one of them; a guest that counts its ticks books more user time than passed by its own clock; one
# that keeps time by the TSC does not; steals, steps and rates are found on Linux as on the payload.
set -u
. "$(dirname "$0")/lib.sh"
db=$tmp/lies.db

plan 17
need_platform vmm

of() { # COLUMNS VARIANT KIND
    sql "$db" "SELECT $1 FROM recoveries WHERE variant = 'svm+nested:$2' AND kind = '$3'"
}

ok "the campaign runs" run_campaign campaigns/lies-linux.cfg --db "$db" --jobs 2
ok "every boot is ok" is ok "$(sql "$db" "SELECT DISTINCT verdict FROM boots")"
sql "$db" "SELECT variant, kind, injected, missed, events, round(delivered), round(recovered), verdict,
           reason FROM recoveries WHERE verdict <> 'clean'" | sed 's/^/# /'
ok "what was injected is found, and nothing else" is "fast rate_ppm recovered
lost lost_ticks recovered
lost user_over_total found
over lost_ticks recovered
over user_over_total recovered
over-tsc lost_ticks unseen
over-tsc user_over_total unseen
steal steal recovered
step offset_step recovered" "$(sql "$db" "SELECT replace(variant, 'svm+nested:', '') || ' ' || kind || ' ' ||
    verdict FROM recoveries WHERE verdict <> 'clean' ORDER BY 1")"
ok "both controls are clean in every kind" is "16 1" "$(sql "$db" "SELECT count(*) || ' ' ||
    min(verdict = 'clean') FROM recoveries WHERE variant LIKE '%:control%'")"

for v in over lost; do
    ok "$v: of the ticks that were lost each is found" is 1 "$(of "events = injected AND injected >= 10" $v lost_ticks)"
    ok "$v: the clock is behind by them, to a tick" is 1 \
        "$(of "abs(recovered - delivered) <= 4000000" $v lost_ticks)"
done
# What its clock lost while it ran is what user time exceeds it by, but for what other runs lost.
ok "user time exceeds the total by most of what was lost" is 1 \
    "$(of "recovered > 0.5 * delivered AND recovered <= delivered + 4000000" over user_over_total)"
over="SELECT count(*) FROM time_audits WHERE user_ns + sys_ns > real_ns + 4000000 AND variant"
ok "that is what a user of time(1) would see there" is 1 "$(sql "$db" "SELECT ($over LIKE '%:over') > 0")"
ok "… and in no other boot" is 0 "$(sql "$db" "$over NOT LIKE '%:over'")"
ok "the audit says so" is 1 "$(sql "$db" "SELECT sum(verdict = 'aberrant' AND reason LIKE '%user + sys is%real time is%') > 0
    FROM time_audits WHERE variant LIKE '%:over'")"
ok "and finds nothing on a guest that keeps time by the TSC" is 0 \
    "$(sql "$db" "SELECT count(*) FROM time_audits WHERE verdict <> 'sound' AND (variant LIKE '%:over-tsc'
                  OR variant LIKE '%:control%')")"
ok "a step is exact, a rate lies in its interval of less than 0.1 ppm" is "1 1" "$(of "abs(recovered - delivered) <= 3" \
    step offset_step) $(of "delivered BETWEEN low AND high AND high - low < 0.2" fast rate_ppm)"

"$etalon" report --db "$db" --out "$tmp/report" >"$tmp/log" 2>&1
ok "the report has them" says "$tmp/report/report.md" 'user\_over\_total'
# A ledger that claims two ticks more than were lost.
sqlite3 "$db" "DROP TRIGGER distortion_keep; UPDATE distortion SET delivered = delivered + 8100000
    WHERE seq IN (SELECT max(seq) - 3 FROM distortion GROUP BY boot)"
ok "judged again" "$etalon" summarise --db "$db"
ok "a doctored ledger is not recovered" is "not recovered not recovered" \
    "$(of verdict over lost_ticks) $(of verdict lost lost_ticks)"
finish
