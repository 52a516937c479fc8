#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Random pin streams: exact ticks, exact losses, jumps change nothing (tests/sim/timer_edges.c).
# SEED and STREAMS may be given in the environment.
cd "$(dirname "$0")/../.." || exit 1
exec timeout 600 "${BUILD:-build}/tests/sim/timer_edges" "${SEED:-20250101}" "${STREAMS:-14}"
