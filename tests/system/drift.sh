#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: `etalon drift` says of anybody's clock what was done to it, of a campaign's clocks what
# the view `clocks` says, and names the rung whose clock lies; what it writes depends on its input
# alone; and what cannot be read is refused by its line.
. "$(dirname "$0")/lib.sh"

plan 52

# 300 pairs a second apart; the clock is `ppm` fast, has 100 ns of noise, and from second 150 on is
# `step` ns ahead; from second `freeze` on it stands for 5 s.
pairs() { # PPM STEP [FREEZE]
    awk -v ppm="$1" -v step="$2" -v freeze="${3:--1}" 'BEGIN {
        n = 12345
        for (i = 0; i < 300; i++) {
            s = -6
            for (k = 0; k < 12; k++) { n = (n * 16807) % 2147483647; s += n / 2147483647 }
            off = ppm * i * 1000 + (i >= 150 ? step : 0) + 100 * s
            c = sprintf("%d%09d", 1735689600 + i, int(500000000 + off))
            if (freeze >= 0 && i > freeze && i <= freeze + 5) c = last
            else last = c
            printf "%d000000000,%s\n", 1735689600 + i, c
        }
    }'
}
drift() { # STATUS ARGUMENTS…  into $tmp/out
    local want=$1
    shift
    "$etalon" drift "$@" >"$tmp/out" 2>"$tmp/log"
    is "$want" $?
}
field() { # JSON-KEY  of the first clock
    sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$tmp/out" | head -n 1
}

# --- anybody's clock ---

pairs 17 0 >"$tmp/fast.csv"
pairs 0 0 >"$tmp/sound.csv"
pairs 0 1000 >"$tmp/jump.csv"
pairs 0 -15000 >"$tmp/back.csv"
pairs 0 0 100 >"$tmp/freeze.csv"
ok "a fast clock is judged" drift 0 --input "$tmp/fast.csv"
ok "and called biased" says "$tmp/out" "fast: biased, fast by 17.000"
ok "as JSON" drift 0 --input "$tmp/fast.csv" --json
ok "17 ppm lie within the interval" is 1 "$(echo "$(field skew_low) $(field skew_high)" |
    awk '{ print ($1 <= 17 && $2 >= 17 && $2 - $1 < 0.01) }')"
ok "and the robust fit agrees" is 1 "$(echo "$(field check_ppm)" | awk '{ print ($1 > 16.99 && $1 < 17.01) }')"
ok "stability is there" says "$tmp/out" '"oadev":'
ok "a sound clock is sound" drift 0 --input "$tmp/sound.csv"
ok "and says so" says "$tmp/out" "sound: sound"
ok "a jump of 1 us is aberrant" drift 1 --input "$tmp/jump.csv"
ok "with its size and place" grep -q "jump of 9[0-9][0-9][.0-9]* ns\|jump of 1\.[01][0-9]* us\|jump of 1 us" "$tmp/out"
ok "between 149 and 150 s" says "$tmp/out" "between 149 and 150 s"
ok "a step back of 15 us is aberrant" drift 1 --input "$tmp/back.csv"
ok "with its size" grep -q "jump of -1[45]\.[0-9]* us\|jump of -15 us" "$tmp/out"
ok "a freeze is aberrant" drift 1 --input "$tmp/freeze.csv"
ok "with its length and place" grep -q "freeze of at least [45]\.*[0-9]* s at 100 s" "$tmp/out"
ok "single readings are judged" drift 1 --input "$tmp/freeze.csv" --samples
ok "five of them as aberrant, and the one it stood from" is 6 "$(grep -c ',aberrant$' "$tmp/out")"

# --- what cannot be read ---

sed '7s/.*/7,x/' "$tmp/sound.csv" >"$tmp/bad.csv"
ok "a bad line is refused" drift 2 --input "$tmp/bad.csv"
ok "by its number, with what to do" says "$tmp/log" 'line 7: "x" is no number: write decimal nanoseconds'
ok "no file is refused" drift 2 --input "$tmp/none.csv"
ok "both sources are refused" drift 2 --input "$tmp/bad.csv" --db "$tmp/none.db"

# --- how small a lie it would see ---

head -n 100 "$tmp/sound.csv" >"$tmp/short.csv"
ok "power is asked for" drift 0 --input "$tmp/short.csv" --power --trials 80 --length 198
ok "and said to be that of 95 %" says "$tmp/out" "Smallest distortion found at 95 % power"
ok "for a whole, a half and a quarter" is 3 "$(grep -c '^    rate .* \(99\|49\|24\) s, [0-9]* readings ' "$tmp/out")"
ok "a longer one is marked as beyond what there is" grep -q "^    rate .* 198 s, 199 readings, extrapolated" "$tmp/out"
ok "with its false alarms" grep -q "^    rate .* false alarms [0-9] of 80" "$tmp/out"
cp "$tmp/out" "$tmp/power"
ok "again" drift 0 --input "$tmp/short.csv" --power --trials 80 --length 198
ok "it is the same" cmp "$tmp/out" "$tmp/power"
ok "as JSON" drift 0 --input "$tmp/short.csv" --power --trials 80 --json
# 3.886 standard errors of the slope of 100 points of 100 ns a second apart, by medians, are 0.00135;
# a quarter more for the bends that are looked for.
ok "the rate's limit follows the formula" is 1 "$(field limit | awk '{ print ($1 > 0.00135 && $1 < 0.00205) }')"
ok "a clock that jumps has no clean noise" drift 1 --input "$tmp/jump.csv" --power
ok "and is told so" says "$tmp/out" "nothing can be injected: it is not clean: 1 jumps"
ok "too few trials are refused" drift 2 --input "$tmp/short.csv" --power --trials 5
ok "with what may be" says "$tmp/log" "--trials is a number from 20 to 100000"

# --- certificates ---

odd="$tmp/<b>\"odd\" & |name|.csv"
cp "$tmp/jump.csv" "$odd"
ok "a certificate" drift 1 --input "$odd" --certificate "$tmp/one"
ok "and again" drift 1 --input "$odd" --certificate "$tmp/two"
ok "is the same" diff -r "$tmp/one" "$tmp/two"
page=$(ls "$tmp"/one/*.html)
ok "its name is harmless, and its own" grep -qx '_b__odd_____name_-[0-9a-f]\{12\}.html' <<<"${page##*/}"
ok "its text is text" says "$page" '&lt;b&gt;&quot;odd&quot; &amp; |name|'
ok "no tag came from the name" is 0 "$(grep -c '<b>' "$page")"
ok "it draws offset, residuals, stability and MTIE" is 4 "$(grep -c '<svg class="plot"' "$page")"
ok "and needs no network" is 0 "$(sed 's|http://www.w3.org/[^"]*||g' "$page" | grep -c 'https\?://')"
ok "Markdown has the verdict" says "${page%.html}.md" "**aberrant**"

# --- a campaign: a hypervisor that lies, and a rung that does not ---

echo 'name = "court"; boots = 1; platforms = ( { name = "bare"; },
          { name = "vmm-bare"; label = "lies"; options = { tsc = "trap"; lie = "rate_ppm:50"; }; } );
      workloads = ( { name = "null"; iterations = 40; }, { name = "spin"; n = 50000; iterations = 100; },
                    { name = "clock"; iterations = 30; } );' >"$tmp/court.cfg"
ok "a campaign ran" run_campaign "$tmp/court.cfg" --db "$tmp/court.db"
ok "its clocks are judged" drift 0 --db "$tmp/court.db" --json
ok "as the view clocks has them" is "$(sql "$tmp/court.db" "SELECT boot, platform, clock, verdict, reason
    FROM clocks ORDER BY boot, clock")" "$(sed -n 's/.*"boot":\([0-9]*\),"platform":"\([^"]*\)".*"clock":"\([^"]*\)".*"verdict":"\([^"]*\)","reason":"\([^"]*\)".*/\1|\2|\3|\4|\5/p' "$tmp/out")"
ok "freezes among them" is "$(sql "$tmp/court.db" "SELECT group_concat(coalesce(freezes, 'null')) FROM
    (SELECT freezes FROM clocks ORDER BY boot, clock)")" \
    "$(grep -o '"freezes":[0-9a-z]*' "$tmp/out" | sed 's/.*://' | paste -sd,)"
ok "one clock of one rung" drift 0 --db "$tmp/court.db" --platform vmm-bare --clock tsc
ok "which lies and is named" grep -q "vmm-bare .*tsc: biased, fast by \(49.9\|50.\)" "$tmp/out"
ok "the bare machine's does not" sh -c "'$etalon' drift --db '$tmp/court.db' --platform bare --clock tsc | grep -q 'tsc: sound'"
ok "what it takes to be found" drift 0 --db "$tmp/court.db" --platform bare --boot 0 --power --trials 80
ok "is said of known work, too" grep -q "^    steal .* [45]\.[0-9]* us (4\.[0-9]* us to 5\.[0-9]* us)" "$tmp/out"
