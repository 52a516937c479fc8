#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a system test whose helper is not built neither waits for it nor passes: it fails
# at every point, at once, and says what to make; and so does one for whose platform doctor has no
# word, because a skip needs a reason.
. "$(dirname "$0")/lib.sh"

plan 9

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

BUILD=$(realpath --relative-to="$root" "$tmp/empty") timeout -s KILL 60 \
    "$root/tests/system/lies.sh" >"$tmp/lies" 2>&1
status=$?
ok "without doctor a test ends by itself with an error" is 1 $status
ok "… every point fails" is "$(sed -n 's/^1\.\.//p' "$tmp/lies") 0" \
    "$(grep -c '^not ok' "$tmp/lies") $(grep -c '^ok' "$tmp/lies")"
ok "… and says why" grep -q "# actual:   none: .*/etalon: No such file" "$tmp/lies"
finish
