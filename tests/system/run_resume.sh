#!/bin/bash
# Hypothesis: `kill -9` of etalon run at any point loses no stored boot and doubles none; after
# --resume the canonical export equals that of a run nobody disturbed, and no process of ours is
# left behind.
. "$(dirname "$0")/lib.sh"

plan 5
cat >"$tmp/c.cfg" <<'C'
name = "resume"; boots = 6; seeds = "each"; seed = 7;
platforms = ( { name = "bare"; } );
workloads = ( { name = "null"; iterations = 20; }, { name = "spin"; n = [1000, 2000]; iterations = 5; } );
C
undisturbed=$tmp/a.db disturbed=$tmp/b.db
"$etalon" run "$tmp/c.cfg" --db "$undisturbed" >"$tmp/log" 2>&1
ok "undisturbed run" [ $? = 0 ]
"$etalon" export --db "$undisturbed" --canonical >"$tmp/a.txt"

seed=${ETALON_TEST_SEED:-20110915}
echo "# seed $seed"
RANDOM=$seed
kills=0
for try in 1 2 3 4 5 6; do
    [ $try = 1 ] && resume= || resume=--resume
    "$etalon" run "$tmp/c.cfg" --db "$disturbed" $resume >"$tmp/log.$try" 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 90 + 10))"
    kill -9 $pid 2>/dev/null && kills=$((kills + 1))
    wait $pid 2>/dev/null
done
echo "# killed $kills times"
ok "runs were killed while they worked" [ "$kills" -ge 2 ]
"$etalon" run "$tmp/c.cfg" --db "$disturbed" --resume >"$tmp/log.last" 2>&1
ok "resumed to the end" [ $? = 0 ]
"$etalon" export --db "$disturbed" --canonical >"$tmp/b.txt"
ok "canonical export equals the undisturbed run's" cmp "$tmp/a.txt" "$tmp/b.txt"
sleep 0.5
ok "nothing of ours is left running" no_process "$tmp"
finish
