#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# campaigns/blind.cfg and blind-linux.cfg whole: over 20 seeds no case is missed, each has its name, and
# no control gives a false alarm. Every kind of lie that is in them was drawn at least once.
# Figures, key and seeds are in docs/blind.md. A quarter of an hour on two cores.
set -u
. "$(dirname "$0")/../lib.sh"
key=$tmp/key

plan 19
need_platform vmm-bare
need_platform vmm

# Whatever it draws: not a key by which anything was developed.
echo 20260000000000000000000000000000000000000000000000000000000ba11d >"$key"

trial() { # CAMPAIGN BOOTS LIES CONTROLS KINDS
    local db=$tmp/$1.db
    sed "s,seal = \"[^\"]*\",seal = \"$key\"," "campaigns/$1.cfg" >"$tmp/$1.cfg"
    ok "$1: the campaign runs" run_campaign "$tmp/$1.cfg" --db "$db" --jobs "${JOBS:-2}"
    ok "$1: every boot has a seed of its own" is "$2 $2" \
        "$(sql "$db" "SELECT count(*) || ' ' || count(DISTINCT seed) FROM boots")"
    ok "$1: it is opened and scored" "$etalon" open --db "$db" --key "$key" --score
    "$etalon" open --db "$db" --key "$key" --score >"$tmp/score" 2>&1
    sed 's/^/# /' "$tmp/score"
    "$etalon" open --db "$db" --key "$key" --score --json >"$tmp/score.json" 2>"$tmp/log"
    ok "$1: every boot is judged" is 0 "$(json '$.unjudged')"
    ok "$1: there are $3 lies and $4 controls, or more" test "$(json '$.detected.of')" -ge "$3" -a \
        "$(json '$.false_alarms.of')" -ge "$4"
    ok "$1: no case is missed" is 0 "$(json '$.missed.boots')"
    ok "$1: each has its name" is "$(json '$.named.of')" "$(json '$.named.boots')"
    ok "$1: no control gives a false alarm" is 0 "$(json '$.false_alarms.boots')"
    # By the ledgers; what is only armed counts for nothing.
    ok "$1: every kind was drawn" is "$5" "$(sql "$db" "SELECT group_concat(kind, ' ') FROM
        (SELECT DISTINCT kind FROM distortion_requests WHERE count > 0 ORDER BY kind)")"
}
json() { sqlite3 :memory: "SELECT json_extract(readfile('$tmp/score.json'), '$1')"; }

trial blind 180 100 60 "backstep exit_pad jitter offset_step pause rate_ppm restore steal"
ok "the clock court finds no control whose TSC is no sound clock" is 0 "$(json '$.court_alarms')"
trial blind-linux 20 10 2 "lost_ticks offset_step steal user_over_total"
finish
