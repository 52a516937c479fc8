#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Proofs of fpga-timer/formal by induction, and mutants of the same RTL that must not be proved.
cd "$(dirname "$0")/../.." || exit 1
f=fpga-timer/formal
export PROVE_TIMEOUT=240
proofs="count count_small capture lost fifo fifo_data crc32c selftest"
mapfile -t mutants < <(grep -v '^#' $f/mutants.txt)
# shellcheck disable=SC2086
set -- $proofs
echo "1..$(($# + ${#mutants[@]}))"
n=0
for p; do
    n=$((n + 1))
    r=$($f/prove.sh "$p")
    [ "$r" = proved ] && echo "ok $n - $p: proved by induction" || echo "not ok $n - $p: $r"
done
for m in "${mutants[@]}"; do
    n=$((n + 1))
    # The sed script itself may contain "|": the first and the last field are free of it.
    p=${m%%|*} what=${m##*|} s=${m#*|} s=${s%|*}
    r=$($f/prove.sh "$p" "$s")
    [ "$r" = refuted ] && echo "ok $n - mutant of $p refuted: $what" ||
        echo "not ok $n - mutant of $p, $what: $r"
done
