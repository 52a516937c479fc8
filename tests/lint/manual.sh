#!/bin/sh
# Manual pages: sound mdoc, one for each subcommand, and the words of --help and page agree.
cd "$(dirname "$0")/../.." || exit 2
etalon=${BUILD:-build}/etalon
commands=$($etalon --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
set -- $commands
echo "1..$((1 + 3 * $#))"
n=1
# STYLE remarks (long lines) and the pages' way of naming themselves are no faults.
if out=$(mandoc -W warning -T lint docs/man/*.1 | grep -v -e STYLE -e 'cross reference to self'); then
    echo "$out" | sed 's/^/# /'
    echo "not ok 1 - mandoc finds nothing to warn of"
else
    echo "ok 1 - mandoc finds nothing to warn of"
fi
for c in "$@"; do
    page=docs/man/etalon-$c.1
    n=$((n + 1))
    [ -f "$page" ] && echo "ok $n - $c has a page" || echo "not ok $n - $c has a page"
    n=$((n + 1))
    grep -q "Xr etalon-$c 1" docs/man/etalon.1 && echo "ok $n - etalon(1) names $c" ||
        echo "not ok $n - etalon(1) names $c"
    n=$((n + 1))
    missing=
    for o in $($etalon "$c" --help | grep -o -- '--[a-z]*' | sort -u); do
        grep -q -- "Fl -${o#--}" "$page" || missing="$missing $o"
    done
    [ -z "$missing" ] && echo "ok $n - page of $c knows its options" ||
        echo "not ok $n - page of $c knows its options:$missing"
done
