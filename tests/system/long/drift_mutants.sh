#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the unit tests of clocks, stability, drift and detection see every fault that matters:
# each of a list of faults makes the test named with it fail, and the sources as they are pass.
set -u
. "$(dirname "$0")/../lib.sh"
. tests/system/compare/try.sh
mapfile -t mutants < <(grep -v '^#' tests/system/drift/mutants.txt)
tests="stats_clock clock_court clock_skew stability drift detection detection_series"
plan $((7 + ${#mutants[@]}))
for t in $tests; do ok "$t as it is passes" try "$t"; done
try_mutants
finish
