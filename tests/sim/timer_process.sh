#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# etalon-timer-sim between a card and an observer of the test's own (tests/sim/timer_process.c).
cd "$(dirname "$0")/../.." || exit 1
b=${BUILD:-build}
exec timeout 120 "$b/tests/sim/timer_process" "$b/etalon-timer-sim" "${SEED:-20250101}"
