#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: real boots find what `etalon drift --power` foretells (docs/detection.md): lies above
# the limit always, lies well below it not, and of clean boots nothing is told.
. "$(dirname "$0")/../lib.sh"

plan 20

db=$tmp/detection.db
foretold() { # VARIANT KIND LEAST MOST  the limit of the longest series lies between
    "$etalon" drift --db "$db" --boot "$(sql "$db" "SELECT min(boot) FROM clocks
        WHERE variant = 'svm+nested:$1'")" --clock tsc --power --json |
        sed -n "s/.*\"kind\":\"$2\".*\"readings\":190,.*\"limit\":\([0-9.]*\),.*/\1/p" |
        awk -v least="$3" -v most="$4" '{ print "# limit " $1 > "/dev/stderr"; exit !($1 > least && $1 < most) }'
}
rates() { # VARIANT  boots in which a rate is told
    sql "$db" "SELECT sum(skew_low > 0 OR skew_high < 0) FROM clocks
        WHERE clock = 'tsc' AND variant = 'svm+nested:$1'"
}
jumps() {
    sql "$db" "SELECT sum(jumps) FROM clocks WHERE clock = 'tsc' AND variant = 'svm+nested:$1'"
}
gaps() { # VARIANT  found|injected
    sql "$db" "SELECT sum(events) || '|' || sum(injected) FROM recoveries
        WHERE kind = 'steal' AND variant = 'svm+nested:$1'"
}
share() { # FOUND|INJECTED LEAST MOST  in percent
    awk -F '|' -v least="$2" -v most="$3" '{ s = 100 * $1 / $2; exit !($2 > 100 && s >= least && s <= most) }' <<<"$1"
}

ok "the campaign ran" run_campaign campaigns/detection.cfg --db "$db"
ok "of clean boots nothing is told" is "0|0" "$(rates clean)|$(jumps clean)"
ok "nor of noisy ones" is "0|0" "$(rates noisy)|$(jumps noisy)"
ok "the limit of a clean rate" foretold clean rate 0.03 0.15
ok "of a noisy one" foretold noisy rate 0.4 0.9
ok "of a clean step" foretold clean step 790 965
ok "of a clean step back" foretold clean backstep 790 965
ok "of a noisy step back" foretold noisy backstep 700 1600
for noise in clean noisy; do
    ok "a $noise rate above it is found in all boots" is 5 "$(rates $noise-rate-above)"
    ok "$noise steps back above it, all" is 10 "$(jumps $noise-back-above)"
    ok "below it, none" is 0 "$(jumps $noise-back-below)"
done
ok "a step above it in all boots" is 5 "$(jumps clean-step-above)"
ok "below it in none" is 0 "$(jumps clean-step-below)"
above=$(gaps clean-steal-above) at=$(gaps clean-steal-at)
ok "what is stolen above the allowance is found ($above)" share "$above" 100 100
ok "at it at least in part ($at)" share "$at" 20 100
ok "below it not" is "0|1" "$(sql "$db" "SELECT sum(events) || '|' || (sum(missed) > 100)
    FROM recoveries WHERE kind = 'steal' AND variant = 'svm+nested:clean-steal-below'")"
ok "a step that is too small to be a jump tilts the line" is 5 "$(sql "$db" "SELECT sum(skew_ppm < -5)
    FROM clocks WHERE clock = 'tsc' AND variant = 'svm+nested:noisy-back-below'")"
