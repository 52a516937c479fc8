#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A blind trial: lies are drawn with a key and what the hypervisor says is sealed. Until it is
# opened nothing in the database tells what was drawn; opening needs the key, finds any change, and
# changes nothing of what was found.
set -u
. "$(dirname "$0")/lib.sh"
db=$tmp/blind.db key=$tmp/key

plan 22
need_platform vmm-bare

# A key by which ten boots draw every alternative; found by trying.
echo 0000000000000000000000000000000000000000000000000000000000000002 >"$key"
lies="none|steal:periodic:1000000:150000|offset_step:30000000:12345+exit_pad:msr-read:500"
lies+="|pause:hidden:40000000:5000000|backstep:20000000:15000"
cat >"$tmp/blind.cfg" <<C
name = "blind"; bench = "lab"; boots = 10; seed = 7; seeds = "each";
platforms = (
    { name = "vmm-bare"; label = "control"; },
    { name = "vmm-bare"; label = "blind"; options = { seal = "$key"; lie = "$lies"; }; }
);
workloads = ( { name = "null"; iterations = 20; }, { name = "spin"; n = 1000000; iterations = 25; } );
C
sed 's/seal = "[^"]*";//' "$tmp/blind.cfg" >"$tmp/unsealed.cfg"

refused() { # WORDS COMMAND…: exit status 2, and the words
    local words=$1 rc
    shift
    "$@" >"$tmp/log" 2>&1
    rc=$?
    says "$tmp/log" "$words" && [ $rc = 2 ]
}

open_db() { "$etalon" open --db "$1" --key "${2:-$key}"; }

blind="variant LIKE '%:blind'"
ok "alternatives without a seal are refused" refused "seal=KEYFILE is missing" \
    "$etalon" run "$tmp/unsealed.cfg" --db "$tmp/no.db"
ok "raw files of sealed boots are not kept" refused "leave the truth" \
    "$etalon" run "$tmp/blind.cfg" --db "$tmp/nor.db" --keep "$tmp/kept"
ok "the campaign runs" run_campaign "$tmp/blind.cfg" --db "$db" --jobs 2
ok "every boot is ok, ten are sealed" is "ok 10" "$(sql "$db" \
    "SELECT DISTINCT verdict || ' ' || (SELECT count(*) FROM seals WHERE NOT opened) FROM boots")"
ok "no ledger, no exits, no console of a hypervisor are told" is "0 0 0 0" "$(sql "$db" "
    SELECT (SELECT count(*) FROM distortions) || ' ' ||
           (SELECT count(*) FROM distortion_requests) || ' ' ||
           (SELECT count(*) FROM exit_counts WHERE $blind) || ' ' ||
           (SELECT count(*) FROM raw_console r JOIN boot b ON b.id = r.boot
            WHERE r.stream = 1 AND $blind)")"
ok "seals are all of one length" is 1 "$(sql "$db" "SELECT count(DISTINCT length(sealed)) FROM seal")"
# Facts of a boot that say something of the draw would split the boots.
ok "its facts are the same in every sealed boot" is "" "$(sql "$db" "
    SELECT DISTINCT f.key FROM boot_fact f JOIN boot b ON b.id = f.boot WHERE $blind
    AND f.key NOT IN ('seed', 'vmm.seed', 'vmm.request.seed', 'vmm.boot', 'vmm.request.boot')
    GROUP BY f.key HAVING count(DISTINCT f.value) > 1 OR count(*) <> 10")"
# The alternatives stand in the campaign's text, and nowhere else.
tells() { strings -a "$1" | grep -c -e steal:p -e pause:h -e offset_step: -e backstep: -e "distortion seq"; }
cp "$db" "$tmp/text.db"
sqlite3 "$tmp/text.db" "DROP TRIGGER campaign_keep; UPDATE campaign SET text = ''; VACUUM"
ok "not a word of a lie is in the file but in the campaign's text" is "1 0" \
    "$(tells "$db") $(tells "$tmp/text.db")"
ok "findings are judged by nobody" is "found
nothing" "$(sql "$db" "SELECT DISTINCT verdict FROM recoveries WHERE $blind ORDER BY 1")"
ok "a report can be made of it" "$etalon" report --db "$db" --out "$tmp/report"

ok "nothing is opened while another works on the file" refused "another etalon works on" \
    flock "$db.lock" "$etalon" open --db "$db" --key "$key"
echo 000000000000000000000000000000000000000000000000000000000000000b >"$tmp/other"
ok "another key opens nothing" refused "was sealed with another key" open_db "$db" "$tmp/other"
cp "$db" "$tmp/hurt.db"
sqlite3 "$tmp/hurt.db" "DROP TRIGGER seal_keep; UPDATE seal SET sealed = CAST(substr(sealed, 1, 99)
    || x'00' || substr(sealed, 101) AS BLOB) WHERE boot = (SELECT max(boot) FROM seal)"
open_db "$tmp/hurt.db" >"$tmp/log" 2>&1
ok "a changed seal is found" says "$tmp/log" "is damaged"
ok "and then none is opened" is 0 "$(sql "$tmp/hurt.db" "SELECT sum(opened) FROM seals")"
cp "$db" "$tmp/hurt.db"
sqlite3 "$tmp/hurt.db" "DROP TRIGGER seal_keep; UPDATE seal SET commitment =
    (SELECT commitment FROM seal ORDER BY boot LIMIT 1)"
open_db "$tmp/hurt.db" >"$tmp/log" 2>&1
ok "so is another commitment" says "$tmp/log" "not what was committed to"

found() { sql "$db" "SELECT boot, kind, events, recovered, low, high FROM recoveries
    WHERE recovered IS NOT NULL ORDER BY 1, 2"; }
before=$(found)
ok "its own key opens it" open_db "$db"
ok "each alternative was drawn" is "backstep exit_pad none offset_step pause steal" "$(sql "$db" "
    SELECT group_concat(kind, ' ') FROM (SELECT DISTINCT coalesce(r.kind, 'none') AS kind
    FROM boots b LEFT JOIN distortion_requests r USING (boot) WHERE b.$blind ORDER BY 1)")"
ok "all was found, and nothing else, but for what nothing timed" is "clean 
recovered 
unseen msr-read" "$(sql "$db" "SELECT DISTINCT verdict || ' ' ||
    CASE verdict WHEN 'unseen' THEN detail ELSE '' END FROM recoveries ORDER BY 1")"
ok "what was found is what had been found" is "$before" "$(found)"
ok "opening twice opens nothing" says <(open_db "$db" 2>&1) "0 of 10 seals opened"

run_campaign "$tmp/blind.cfg" --db "$tmp/again.db" --jobs 2 >"$tmp/log"
open_db "$tmp/again.db" >"$tmp/log"
for d in "$db" "$tmp/again.db"; do
    "$etalon" export --db "$d" --canonical >"$d.export" 2>>"$tmp/log"
done
ok "a repetition with the key is the same" same "$db.export" "$tmp/again.db.export"
"$etalon" open --new-key "$key" >"$tmp/log" 2>&1
ok "a key is never overwritten" says "$tmp/log" "cannot make the key"
finish
