# SPDX-License-Identifier: GPL-3.0-or-later
# tests/system/compare/try.sh - a unit test of the analysis against faults planted in its sources, one
# at a time: for tests/system/long/*_mutants.sh, after lib.sh. `mutants` has lines FILE|TEST|SED|WHAT.

# try TEST [FILE SED]: 0 if it passes with the script applied, 1 if it fails, 2 if there is no such
# test. The object stands before the library, so the library's own is not taken.
try() {
    local object=
    rm -rf "$tmp/src" "$tmp/test"
    if [ $# -gt 1 ]; then
        mkdir -p "$(dirname "$tmp/src/analysis/$2")"
        sed "$3" "analysis/$2" >"$tmp/src/analysis/$2"
        if cmp -s "analysis/$2" "$tmp/src/analysis/$2"; then
            echo "the script changes nothing"
            return 2
        fi
        # Some tests include their source.
        if ! grep -q "\"analysis/$2\"" "tests/unit/test_$1.c"; then
            object=$tmp/mutant.o
            gcc -std=gnu11 -O1 -w -D_GNU_SOURCE -fno-pie -I. -c "$tmp/src/analysis/$2" \
                -o "$object" || return 2
        fi
    fi
    gcc -std=gnu11 -O1 -w -D_GNU_SOURCE -fno-pie -no-pie -I"$tmp/src" -I. \
        "tests/unit/test_$1.c" $object "$build/libetalon.a" -lcmocka -lpfm -lsqlite3 -lconfig -lgsl \
        -lgslcblas -lnettle -lzstd -llzma -llz4 -lz -lm -o "$tmp/test" || return 2
    (cd "$tmp" && timeout 120 ./test >out 2>&1)
    case $? in
    0) return 0 ;;
    126 | 127) return 2 ;;
    *) return 1 ;;
    esac
}

seen() {
    try "$@"
    case $? in
    0) echo "the test passes" && return 1 ;;
    1) return 0 ;;
    esac
    return 1
}

try_mutants() {
    local m file what rest test script
    for m in "${mutants[@]}"; do
        # The script itself may contain "|": the first two fields and the last are free of it.
        file=${m%%|*} what=${m##*|} rest=${m#*|}
        test=${rest%%|*} script=${rest#*|}
        ok "seen by $test: $what" seen "$test" "$file" "${script%|*}"
    done
}
