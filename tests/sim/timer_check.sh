#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The timer's RTL, Verilated, against probe/wire.h (tests/sim/timer_check.c).
cd "$(dirname "$0")/../.." || exit 1
exec timeout 120 "${BUILD:-build}/tests/sim/timer_check" \
    "$(fpga-timer/source-id.sh fpga-timer/rtl/*.vh fpga-timer/rtl/*.v)"
