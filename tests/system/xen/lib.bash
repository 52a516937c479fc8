# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of the Xen rungs share. Sourced after lib.sh.

sql() { # DB SQL
    sqlite3 -noheader -list "file:$1?mode=ro" "$2"
}

is() { # EXPECTED ACTUAL
    [ "$1" = "$2" ] && return 0
    echo "expected: $1"
    echo "actual:   $2"
    return 1
}

# Skip the whole test where a platform of it cannot run, with doctor's own words.
need_platform() { # PLATFORM
    local line
    line=$("$etalon" doctor | awk -v p="$1" '$2 == "platform" && $3 == p')
    case $line in
    ok*) return 0 ;;
    esac
    while [ "$tap_n" -lt "$tap_plan" ]; do skip "$1" "${line#*"$1"}"; done
    finish
}

# run_campaign CFG DB [etalon run's options]  comments tell what came of each boot.
run_campaign() {
    "$etalon" run "$@" >"$tmp/log" 2>&1
    local rc=$?
    sed -n 's/.*boot /# boot /p' "$tmp/log"
    return $rc
}

# The least of spin 2N less the least of spin N, in instructions, per platform: distinct values.
spin_sql="SELECT DISTINCT (b.ns - a.ns) / 2.0 FROM
    (SELECT boot, min(true_ns) AS ns FROM durations
     WHERE workload = 'spin' AND param = 'n=50000' AND verdict = 'ok' GROUP BY boot) a
    JOIN (SELECT boot, min(true_ns) AS ns FROM durations
     WHERE workload = 'spin' AND param = 'n=100000' AND verdict = 'ok' GROUP BY boot) b
    USING (boot)"

bad_sql="SELECT sum(lost + frames_damaged + frames_missing + violations +
    records_damaged + records_missing + epoch_changes) FROM boots"

same() { # FILE FILE: equal, and not empty
    [ -s "$1" ] && cmp "$1" "$2"
}
