# tests/system/lib.sh - what the system tests share: TAP, a temporary folder, process checks.
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

finish() {
    [ "$tap_n" = "$tap_plan" ] || echo "# planned $tap_plan, ran $tap_n"
    exit $tap_failed
}
