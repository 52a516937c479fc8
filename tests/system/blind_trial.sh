#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What comes of a blind trial is counted as the ledgers have it: a few boots of campaigns/blind.cfg are
# sealed, found, opened and scored; a lie that nothing shows is a miss, a finding without a lie a
# false alarm, another kind than was done is not its name; and every clock that lies is named. The
# whole trial is tests/system/long/blind_trial.sh.
set -u
. "$(dirname "$0")/lib.sh"
db=$tmp/blind.db key=$tmp/key

plan 20
need_platform vmm-bare

# A key by which two entries in three blocks draw a steal, a jitter, a rate, a step back, a restore
# that is told, and nothing; found by trying.
echo 0000000000000000000000000000000000000000000000000000000000000007 >"$key"
# Entries by their labels; half of the work, the rest as it is.
sed -e 's/iterations = 50;/iterations = 25;/; s/iterations = 20;/iterations = 10;/' -e "s,seal = \"[^\"]*\",seal = \"$key\"," -e 's/^boots = .*/boots = 3;/' campaigns/blind.cfg |
    awk '/^platforms/ { inside = 1; print; next }
         /^\);/ && inside { inside = 0 }
         !inside { print; next }
         /^    { name/ { entry = "" }
         { entry = entry $0 "\n" }
         /}[,;]*$/ && (entry ~ /label = "(control-trap|a)";/ || entry ~ /label = "c";/) {
             sub(/,\n$/, "\n", entry); printf "%s%s", more, entry; more = ","; entry = "" }' >"$tmp/blind.cfg"

trial() { # DB [options]
    local of=$1
    shift
    "$etalon" open --db "$of" --key "$key" --score "$@"
}
refused() { # WORDS COMMAND…: exit status 2, and the words
    local words=$1 rc
    shift
    "$@" >"$tmp/log" 2>&1
    rc=$?
    says "$tmp/log" "$words" && [ $rc = 2 ]
}
rate() { # NAME FILE: "x of n" of that line
    awk -v name="$1" 'index($0, name) == 1 { sub(name, ""); print $1, $2, $3; exit }' "$2"
}

ok "the campaign runs" run_campaign "$tmp/blind.cfg" --db "$db" --jobs 2
ok "every boot is ok, six of nine are sealed" is "ok 9 6" "$(sql "$db" "SELECT group_concat(DISTINCT verdict)
    || ' ' || count(*) || ' ' || (SELECT count(*) FROM seals) FROM boots")"
ok "--json alone is refused" refused "--json is a form of --score" "$etalon" open --db "$db" --key "$key" --json
ok "a new key has no score" refused "either --new-key, or" "$etalon" open --new-key "$tmp/new" --score
echo 000000000000000000000000000000000000000000000000000000000000000b >"$tmp/other"
ok "another key scores nothing" refused "was sealed with another key" "$etalon" open --db "$db" --key "$tmp/other" --score

cp "$db" "$tmp/sealed.db"
ok "opened and scored" trial "$db"
trial "$db" >"$tmp/score" 2>&1
sed 's/^/# /' "$tmp/score"
ok "it can be scored again: no seal is opened twice" says "$tmp/score" "0 of 6 seals opened"
# What the ledgers say, apart from the program.
lies=$(sql "$db" "SELECT count(DISTINCT boot) FROM distortion_requests WHERE count > 0 AND form NOT LIKE 'restore:told:%'")
others=$((9 - lies))
ok "there are lies, and controls of three sorts" test "$lies" -ge 3 -a "$others" -ge 5 -a \
    "$(grep -c "^told\|^no lie\|^open" "$tmp/score")" = 3
ok "no lie is missed" is "$lies of $lies" "$(rate detected "$tmp/score")"
ok "each has its name" is "$lies of $lies" "$(rate named "$tmp/score")"
ok "and its size" is "$lies of $lies" "$(rate sized "$tmp/score")"
ok "no false alarm" is "0 of $others" "$(rate "false alarms" "$tmp/score")"
ok "nothing is told of single boots where all is right" is "" "$(grep "^boot" "$tmp/score")"
trial "$db" --json >"$tmp/score.json" 2>"$tmp/log"
json() { sqlite3 :memory: "SELECT json_extract(readfile('$tmp/score.json'), '$1')"; }
ok "programs read the same" is "$lies 0 $others 9" "$(json '$.detected.boots') $(json '$.false_alarms.boots') \
$(json '$.false_alarms.of') $(sqlite3 :memory: "SELECT json_array_length(readfile('$tmp/score.json'), '$.boots')")"
ok "with the hash of what was found before" is "$(sql "$db" "SELECT value FROM provenance WHERE key = 'seal.findings'")" \
    "$(json '$.findings')"

# Whoever lies with the clock is named by the court, with a reason; by terminal and report, too. It
# judges by brackets, so of a clock that was set by less than they are wide it says nothing.
clocks="FROM clocks WHERE clock = 'tsc' AND verdict IN ('biased', 'aberrant')"
ok "a TSC of another rate is called no sound clock, with a reason" is "1 1" "$(sql "$db" "
    SELECT (NOT EXISTS (SELECT boot FROM distortion_requests WHERE kind = 'rate_ppm'
            EXCEPT SELECT boot $clocks)) || ' ' || (SELECT min(reason <> '') $clocks)")"
"$etalon" report --db "$db" --out "$tmp/report" >"$tmp/log" 2>&1
named() { # each entry whose TSC lies has a line in the terminal's summary and a row in the report
    local of n=0
    while IFS='|' read -r of; do
        says "$tmp/log" "guest clock tsc on $of is " || return 1
        grep -F "| $of | tsc |" "$tmp/report/report.md" | grep -q 'biased\|aberrant' ||
            { echo "$of: no row"; return 1; }
        n=$((n + 1))
    done < <(sql "$db" "SELECT DISTINCT platform || ' ' || variant $clocks")
    [ $n -ge 1 ]
}
ok "the summary and the report name each of them" named

# Ledgers that say something else than was done. Findings stay as they are, and so does their hash.
first=$(sql "$db" "SELECT min(boot) FROM distortion_requests WHERE kind = 'rate_ppm'")
doctor() { # DB SQL
    cp "$db" "$1"
    sqlite3 "$1" "DROP TRIGGER distortion_keep; DROP TRIGGER distortion_stay; DROP TRIGGER distortion_request_keep;
        DROP TRIGGER distortion_request_stay; $2"
    trial "$1" >"$1.score" 2>&1
}
of_boot="boot = (SELECT id FROM boot WHERE plan_index = $first)"
doctor "$tmp/less.db" "DELETE FROM distortion WHERE $of_boot; DELETE FROM distortion_request WHERE $of_boot"
ok "a finding without a lie is a false alarm, and the boot is named" says <(rate "false alarms" "$tmp/less.db.score";
    grep "^boot $first (.*) false alarm: no lie, found: rate_ppm" "$tmp/less.db.score") "1 of $((others + 1))
boot $first"
doctor "$tmp/other.db" "UPDATE distortion SET kind = 'jitter' WHERE $of_boot;
    UPDATE distortion_request SET kind = 'jitter', form = 'jitter:5' WHERE $of_boot"
ok "a lie found as another kind is detected and not named" is "$lies of $lies $((lies - 1)) of $lies" \
    "$(rate detected "$tmp/other.db.score") $(rate named "$tmp/other.db.score")"
clean=$(sql "$db" "SELECT max(boot) FROM boots WHERE boot IN (SELECT boot FROM seals) AND
    boot NOT IN (SELECT boot FROM distortion_requests)")
doctor "$tmp/more.db" "INSERT INTO distortion_request SELECT (SELECT id FROM boot WHERE plan_index = $clean), lie,
    kind, unit, form, entries, count, requested, delivered, visible FROM distortion_request WHERE $of_boot;
    INSERT INTO distortion SELECT (SELECT id FROM boot WHERE plan_index = $clean), seq, lie, kind, unit, begin, end,
    guest, requested, delivered, visible, count FROM distortion WHERE $of_boot"
ok "a lie that nothing shows is missed" is "1 of $((lies + 1))" "$(rate missed "$tmp/more.db.score")"
finish
