#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The RTL is synthesizable: yosys maps it to an iCE40 at a board's parameters without latches, with
# its FIFO in block memory, within half of an HX8K (7680 logic cells). The count is printed.
# Not shown here: timing; that needs pads and a place and route.
cd "$(dirname "$0")/../.." || exit 1
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
rtl=fpga-timer/rtl
echo 1..3
if timeout 300 yosys -q -l "$d/log" -p "read_verilog -I$rtl -DETL_SOURCE_ID=64'h1 $(echo $rtl/*.v)
    chparam -set FCLK_HZ 200000000 -set SCLK_HZ 48000000 -set UART_DIV 12 etl_timer
    synth_ice40 -top etl_timer
    tee -o $d/stat stat" >/dev/null 2>"$d/err" && [ -s "$d/stat" ]; then
    echo "ok 1 - yosys synth_ice40"
else
    echo "not ok 1 - yosys synth_ice40"
    tail -3 "$d/err" | sed 's/^/# /'
fi
if grep -q 'Latch inferred' "$d/log" || grep -qi 'dlatch' "$d/stat"; then
    echo "not ok 2 - no latches"
else
    echo "ok 2 - no latches"
fi
cells=$(awk '$1 == "SB_LUT4" { l = $2 } $1 ~ /^SB_DFF/ { f += $2 } $1 == "SB_CARRY" { c = $2 }
    $1 == "SB_RAM40_4K" { r = $2 } END { print l + 0, f + 0, c + 0, r + 0 }' "$d/stat")
echo "# LUT4, flip-flops, carries, block memories: $cells"
# shellcheck disable=SC2086
set -- $cells
if [ "$1" -gt 0 ] && [ "$1" -lt 3840 ] && [ "$2" -lt 3840 ] && [ "$4" = 6 ]; then
    echo "ok 3 - within half of an HX8K, FIFO in 6 block memories"
else
    echo "not ok 3 - size"
fi
