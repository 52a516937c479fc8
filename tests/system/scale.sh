#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: analysis, reports, exports, comparison and drift need memory for a boot's samples and
# a number a sample, not for its rows: of 200,000 samples they all fit into 48 MiB of addresses,
# libraries and SQLite's cache in it. And samples of runs that lie among one another in a boot give
# what they give one run after the other.
. "$(dirname "$0")/lib.sh"

plan 15

samples=200000 limit_kib=49152
db=$tmp/scale.db

# Only the soft limit: gnuplot, whose own size is none of ours, takes it off again.
mkdir "$tmp/bin"
gnuplot=$(command -v gnuplot)
printf '#!/bin/sh\nulimit -S -v unlimited\nexec %s "$@"\n' "$gnuplot" >"$tmp/bin/gnuplot"
chmod +x "$tmp/bin/gnuplot"
within() { # COMMAND…
    (
        ulimit -S -v $limit_kib
        PATH=$tmp/bin:$PATH exec "$@"
    )
}
view() { # DB VIEW
    "$etalon" export --db "$1" --view "$2"
}

ok "a database of $samples samples" "$build/tests/scale_database" "$db" $samples
cp "$db" "$tmp/free.db"
ok "is analysed" within "$etalon" summarise --db "$db"
ok "as it is without a limit" "$etalon" summarise --db "$tmp/free.db"
for v in summary clocks scores overhead; do
    view "$db" $v >"$tmp/$v" && view "$tmp/free.db" $v >"$tmp/$v.free"
    ok "with the same $v" cmp "$tmp/$v" "$tmp/$v.free"
done
ok "is reported" within "$etalon" report --db "$db" --out "$tmp/report"
ok "says on the page that lines are thinned" \
    says "$tmp/report/index.html" "from the one before it is not drawn"
within "$etalon" export --db "$db" --view durations >"$tmp/durations"
ok "gives all its durations" is "$(sql "$db" "SELECT count(*) + 1 FROM interval")" \
    "$(wc -l <"$tmp/durations")"
within "$etalon" compare --db "$db" native vmm --json >"$tmp/compare"
ok "is compared" says "$tmp/compare" '"not distinguishable"'
within "$etalon" drift --db "$db" --json >"$tmp/drift"
ok "and its clocks are judged" is 30 "$(grep -o '"verdict": *"sound"' "$tmp/drift" | wc -l)"

# The same intervals numbered anew, iteration by iteration of all runs, the last run first.
"$build/tests/scale_database" "$tmp/small.db" 3000
cp "$tmp/small.db" "$tmp/mixed.db"
sqlite3 "$tmp/mixed.db" "
    DROP TRIGGER interval_keep; DROP TRIGGER reading_keep; PRAGMA foreign_keys = OFF;
    CREATE TEMP TABLE anew (boot, n, m, PRIMARY KEY (boot, n));
    INSERT INTO anew SELECT boot, n,
        1000000 + row_number() OVER (PARTITION BY boot ORDER BY iteration, w DESC) FROM interval;
    UPDATE interval SET n = (SELECT m FROM anew a WHERE a.boot = interval.boot AND a.n = interval.n);
    UPDATE reading SET n = (SELECT m FROM anew a WHERE a.boot = reading.boot AND a.n = reading.n)"
for d in small mixed; do
    "$etalon" summarise --db "$tmp/$d.db" >"$tmp/$d.log" 2>&1
done
for v in summary scores overhead; do
    view "$tmp/small.db" $v >"$tmp/$v" && view "$tmp/mixed.db" $v >"$tmp/$v.mixed"
    [ "$(wc -l <"$tmp/$v")" -gt 10 ] || echo "# only $(wc -l <"$tmp/$v") rows" >>"$tmp/$v"
    ok "runs among one another have the same $v" cmp "$tmp/$v" "$tmp/$v.mixed"
done

finish
