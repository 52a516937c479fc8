#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a system test whose helper is not built neither waits for it nor passes: it fails
# at every point, at once, and says what to make.
. "$(dirname "$0")/lib.sh"

plan 6

mkdir "$tmp/empty"
for t in payload_boot lab_card; do
    BUILD=$(realpath --relative-to="$root" "$tmp/empty") timeout -s KILL 60 \
        "$root/tests/system/$t.sh" >"$tmp/$t" 2>&1
    status=$?
    [ $t = lab_card ] && helper=lab_boot || helper=card_log
    ok "$t ends by itself with an error" is 1 $status
    ok "$t: every point fails" is "$(sed -n 's/^1\.\.//p' "$tmp/$t") 0" \
        "$(grep -c '^not ok' "$tmp/$t") $(grep -c '^ok' "$tmp/$t")"
    ok "$t: with the way to mend it" grep -q \
        "# actual:   no .*/tests/$helper: run \`make test-helpers\`" "$tmp/$t"
done
finish
