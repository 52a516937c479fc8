# tests/system/lib.sh - what the system tests share: TAP, a temporary folder, process checks, campaigns
# and questions to their databases.
# Sourced, not run. Variables: $root, $build, $etalon, $tmp (removed at exit).
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/${BUILD:-build}
etalon=$build/etalon
cd "$root" || exit 2
tmp=$(mktemp -d "${TMPDIR:-/tmp}/etalon-test.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
tap_n=0 tap_failed=0

plan() {
    tap_plan=$1
    echo "1..$1"
}

# ok NAME COMMAND…  one test point: the command's exit status decides; its output is kept as
# comments.
ok() {
    local name=$1 out
    shift
    tap_n=$((tap_n + 1))
    if out=$("$@" 2>&1); then
        echo "ok $tap_n - $name"
    else
        echo "not ok $tap_n - $name"
        printf '%s\n' "$out" | head -n 20 | sed 's/^/# /'
        tap_failed=1
    fi
}

skip() { # NAME REASON
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $1 # SKIP $2"
}

is() { # EXPECTED ACTUAL
    [ "$1" = "$2" ] && return 0
    printf 'expected: %s\nactual:   %s\n' "$1" "$2"
    return 1
}

sql() { # DB SQL  read-only, columns parted by |
    sqlite3 -noheader -list "file:$1?mode=ro" "$2"
}

# Is the text in the file?
says() { # FILE TEXT
    grep -qF -- "$2" "$1" && return 0
    tail -n 5 "$1"
    return 1
}

# No process has this folder in its command line.
no_process() {
    local left
    left=$(pgrep -a -f -- "$1" | grep -v -e pgrep -e "^$$ " -e "tests/system/" || true)
    [ -z "$left" ] || {
        echo "$left"
        return 1
    }
}

# Every point left fails, with what was wanted and what is there.
fail_rest() { # NAME WANTED THERE
    while [ "$tap_n" -lt "$tap_plan" ]; do ok "$1" is "$2" "$3"; done
    finish
}

# Skip the whole test where a platform of it cannot run, with doctor's own words. That doctor says
# nothing of it is no reason.
need_platform() { # PLATFORM
    local line
    line=$("$etalon" doctor 2>"$tmp/doctor" | awk -v p="$1" '$2 == "platform" && $3 == p')
    case $line in
    ok*) return 0 ;;
    "") fail_rest "$1" "a line of etalon doctor on it" "none: $(head -n 1 "$tmp/doctor")" ;;
    esac
    while [ "$tap_n" -lt "$tap_plan" ]; do skip "$1" "${line#*"$1"}"; done
    finish
}

# A helper of the test that is not built fails all of it at once, with what to do: what would wait
# for the helper, or read what it never wrote, tells nobody why.
need_helper() { # NAME…  in build/tests
    local helper
    for helper in "$@"; do
        [ -r "$build/tests/$helper" ] ||
            fail_rest "$helper is built" "a file to read" \
                "no $build/tests/$helper: run \`make test-helpers\`"
    done
}

# Until a helper listens on its socket. 1: it ended instead, or is not there within 60 s.
wait_for_socket() { # SOCKET PID
    for _ in $(seq 3000); do
        [ -S "$1" ] && return 0
        kill -0 "$2" 2>/dev/null || break
        sleep 0.02
    done
    [ -S "$1" ]
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

finish() {
    [ "$tap_n" = "$tap_plan" ] || echo "# planned $tap_plan, ran $tap_n"
    exit $tap_failed
}
