#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# campaigns/blind.cfg whole: over 20 seeds no case is missed, each has its name, and no control gives
# a false alarm. Every kind of lie that is in the campaign was drawn at least once. Figures and
# seeds are in docs/blind.md. Half an hour on one core.
set -u
. "$(dirname "$0")/../lib.sh"
cd "$root" || exit 2
db=$tmp/blind.db key=$tmp/key

plan 10
need_platform vmm-bare
need_platform vmm

# Whatever it draws: not the key by which anything was developed.
echo 20260000000000000000000000000000000000000000000000000000000ba11d >"$key"
sed "s,seal = \"[^\"]*\",seal = \"$key\"," campaigns/blind.cfg >"$tmp/blind.cfg"

json() { sqlite3 :memory: "SELECT json_extract(readfile('$tmp/score.json'), '$1')"; }

ok "the campaign runs" run_campaign "$tmp/blind.cfg" --db "$db" --jobs "${JOBS:-2}"
ok "over 20 seeds and more" is 1 "$(sql "$db" "SELECT count(DISTINCT seed) = count(*) AND count(*) >= 200 FROM boots")"
ok "it is opened and scored" "$etalon" open --db "$db" --key "$key" --score
"$etalon" open --db "$db" --key "$key" --score >"$tmp/score" 2>&1
sed 's/^/# /' "$tmp/score"
"$etalon" open --db "$db" --key "$key" --score --json >"$tmp/score.json" 2>"$tmp/log"
ok "every boot is judged" is 0 "$(json '$.unjudged')"
ok "there are a hundred lies and thirty controls" test "$(json '$.detected.of')" -ge 100 -a \
    "$(json '$.false_alarms.of')" -ge 30
ok "no case is missed" is 0 "$(json '$.missed.boots')"
ok "each has its name" is "$(json '$.named.of')" "$(json '$.named.boots')"
ok "no control gives a false alarm" is 0 "$(json '$.false_alarms.boots')"
ok "nor does the clock court find one whose TSC is no sound clock" is 0 "$(json '$.court_alarms')"
# By the campaign's text and the ledgers; what is only armed counts for nothing.
ok "every kind was drawn" is "backstep exit_pad jitter lost_ticks offset_step pause rate_ppm restore steal user_over_total" \
    "$(sql "$db" "SELECT group_concat(kind, ' ') FROM (SELECT DISTINCT kind FROM distortion_requests WHERE count > 0 ORDER BY kind)")"
finish
