#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: `etalon summarise` makes everything derived again from the raw rows alone. A file of
# the first version becomes what a new run writes; not one raw row changes; a second call changes
# nothing; and a file that is not its to write is refused by name.
. "$(dirname "$0")/lib.sh"

plan 28

version=$(sed -n 's/^#define STORE_VERSION \([0-9]*\).*/\1/p' collector/store.h)
config() { # NAME BOOTS
    echo "name = \"$1\"; boots = $2; seeds = \"each\"; seed = 5; platforms = ( { name = \"bare\"; } );
          workloads = ( { name = \"null\"; iterations = 20; },
                        { name = \"spin\"; n = [1000, 2000]; iterations = 5; } );" >"$tmp/$1.cfg"
}
canonical() { # DB CAMPAIGN
    "$etalon" export --db "$1" --canonical --campaign "$2"
}
# Every row that is not derived. (A table that a later version brought has none.)
raw() { # DB
    local t
    for t in $(sql "$1" "SELECT name FROM sqlite_master WHERE type = 'table'
                         AND name NOT LIKE 'derived_%' ORDER BY name"); do
        [ "$(sql "$1" "SELECT count(*) FROM $t")" = 0 ] && continue
        echo "$t"
        sqlite3 -quote "file:$1?mode=ro" "SELECT * FROM $t ORDER BY rowid" 2>/dev/null ||
            sqlite3 -quote "file:$1?mode=ro" "SELECT * FROM $t ORDER BY 1, 2"
    done
}
status() { # COMMAND…
    "$@" >"$tmp/log" 2>&1
    echo $?
}

# --- an old file --------------------------------------------------------------------------------

config one 2
config two 1
db=$tmp/new.db old=$tmp/old.db
ok "a campaign ran" run_campaign "$tmp/one.cfg" --db "$db"
ok "and another into the same file" run_campaign "$tmp/two.cfg" --db "$db"
canonical "$db" one >"$tmp/one.new"
canonical "$db" two >"$tmp/two.new"
ok "something is derived" test "$(sql "$db" "SELECT count(*) > 2 FROM derived_summary")" = 1

# As the first version would have left it, and before it was summarised.
cp "$db" "$old"
{
    sed -n '/^-- ---- since version 2/,$s/^CREATE \([A-Z]*\) \([a-z_]*\).*/\1 \2/p' \
        collector/schema.sql | sort -r | sed 's/.*/DROP & ;/'
    echo "ALTER TABLE derived_clock DROP COLUMN freezes;"
    sed -n '/^-- ---- since version 2/q; /^CREATE VIEW clocks/,/;/p' collector/schema.sql
    echo "DELETE FROM derived_summary; DELETE FROM derived_clock; PRAGMA user_version = 1;"
} | sqlite3 "$old"
ok "the file is of version 1" is 1 "$(sql "$old" "PRAGMA user_version")"
raw "$old" >"$tmp/raw.before"
ok "a report of it is refused" is 2 "$(status "$etalon" report --db "$old" --out "$tmp/r")"
ok "with the command that mends it" says "$tmp/log" "etalon summarise"
ok "it is summarised" is 0 "$(status "$etalon" summarise --db "$old")"
ok "and says that it was migrated" says "$tmp/log" "migrated from version 1 to $version"
ok "of both campaigns" is "2 of 2 boots 1 of 1 boots" \
    "$(sed -n 's/^campaign.*summarised, //p' "$tmp/log" | tr '\n' ' ' | sed 's/ $//')"
ok "it is of this version now" is "$version" "$(sql "$old" "PRAGMA user_version")"
canonical "$old" one >"$tmp/one.old"
canonical "$old" two >"$tmp/two.old"
ok "the one's export is what a new run's is" same "$tmp/one.new" "$tmp/one.old"
ok "and the other's" same "$tmp/two.new" "$tmp/two.old"
raw "$old" >"$tmp/raw.after"
ok "no raw row changed" same "$tmp/raw.before" "$tmp/raw.after"
ok "and the file is sound" is ok "$(sql "$old" "PRAGMA integrity_check")"

# --- again, and one of two ----------------------------------------------------------------------

ok "a second time" is 0 "$(status "$etalon" summarise --db "$old")"
canonical "$old" one >"$tmp/one.again"
ok "nothing changes, nor is anything migrated" \
    is "$(cat "$tmp/one.old") 0" "$(cat "$tmp/one.again") $(grep -c migrated "$tmp/log")"
sqlite3 "$old" "UPDATE derived_summary SET value = value + 1; DELETE FROM derived_overhead;
                UPDATE derived_clock SET verdict = 'sound as a bell'"
canonical "$old" two >"$tmp/two.spoilt"
ok "of two campaigns one is named" is 0 \
    "$(status "$etalon" summarise --db "$old" --campaign one)"
canonical "$old" one >"$tmp/one.again"
canonical "$old" two >"$tmp/two.again"
ok "it is as it was, and the other is not touched" \
    is "$(cat "$tmp/one.new" "$tmp/two.spoilt")" "$(cat "$tmp/one.again" "$tmp/two.again")"

# --- what is refused ----------------------------------------------------------------------------

refused() { # TEXT DB [OPTIONS]: status 2 with the text
    is 2 "$(status "$etalon" summarise --db "${@:2}")" && says "$tmp/log" "$1"
}
echo "Dear aunt, this is no database, although it is longer than the header of one would be: a
hundred bytes." >"$tmp/letter"
ok "a letter is no database" refused "not a database" "$tmp/letter"
ok "and gets no lock file" test ! -e "$tmp/letter.lock"
ok "nor is there one to be made" refused "No such file" "$tmp/nowhere.db"
ok "an unknown campaign is named" refused "three" "$old" --campaign three
cp "$db" "$tmp/newer.db"
sqlite3 "$tmp/newer.db" "PRAGMA user_version = $((version + 1))"
sum=$(sha256sum <"$tmp/newer.db")
ok "a newer version is left as it is" refused "made by a newer etalon" "$tmp/newer.db"
ok "to the byte" is "$sum" "$(sha256sum <"$tmp/newer.db")"

# Mode bits mean nothing to root: the program runs as nobody, from a place nobody may read.
mkdir "$tmp/fixed"
cp "$db" "$tmp/fixed/x.db"
cp "$etalon" "$tmp/etalon"
chmod 755 "$tmp" && chmod 444 "$tmp/fixed/x.db" && chmod 777 "$tmp/fixed"
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
[ "$(id -u)" = 0 ] || nobody() { "$@"; }
ok "a read-only file is refused" is 2 \
    "$(status nobody "$tmp/etalon" summarise --db "$tmp/fixed/x.db")"
ok "in those words" says "$tmp/log" "read-only"

# --- while it runs ------------------------------------------------------------------------------

config busy 8
"$etalon" run "$tmp/busy.cfg" --db "$tmp/busy.db" --jobs 1 >"$tmp/run.log" 2>&1 &
pid=$!
until [ "$(sql "$tmp/busy.db" "SELECT count(*) FROM boot" 2>/dev/null)" -gt 0 ] 2>/dev/null ||
    ! kill -0 $pid 2>/dev/null; do sleep 0.05; done
ok "a campaign that runs is left alone" refused "another etalon works on" "$tmp/busy.db"
{ kill -9 $pid && wait $pid; } 2>/dev/null
# Its children hold the lock for as long as they need to die.
for _ in $(seq 100); do
    [ "$(status "$etalon" summarise --db "$tmp/busy.db")" = 0 ] && break
    sleep 0.1
done
ok "what a killed run left is summarised" grep -q "^campaign busy: summarised, [1-7] of 8" "$tmp/log"
finish
