#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Verilog benches of fpga-timer/tb under Icarus Verilog, a second simulator with x and z.
cd "$(dirname "$0")/../.." || exit 1
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
rtl=fpga-timer/rtl
tb=fpga-timer/tb
n=0

bench() { # TOP NAME [iverilog options]
    local top=$1 name=$2
    shift 2
    n=$((n + 1))
    if iverilog -g2005 -Wall -Wno-timescale -I$rtl -I$tb "-DETL_SOURCE_ID=64'h1122334455667788" \
        -s "$top" "$@" -o "$d/$n" $tb/"$top".v $rtl/*.v >"$d/log" 2>&1 && [ ! -s "$d/log" ] &&
        timeout 120 vvp "$d/$n" >"$d/log" 2>&1 && [ "$(tail -1 "$d/log")" = PASS ]; then
        echo "ok $n - $top: $name"
    else
        echo "not ok $n - $top: $name"
    fi
    sed -n 's/^\(# .*\)/\1/p; /[Ee]rror/s/^/# /p; /warning/s/^/# /p' "$d/log" | head -20
}

echo 1..8
bench tb_crc32c "published answers"
bench tb_line "5 clocks a bit"
bench tb_line "4 clocks a bit" -Ptb_line.DIV=4
bench tb_line "16 clocks a bit, receiver 3 % slow" -Ptb_line.DIV=16 -Ptb_line.RX_PERIOD=10.3
bench tb_command "commands, good and damaged"
bench tb_domains "clocks without a common rhythm"
bench tb_timer "whole timer at 200 / 188 MHz"
bench tb_timer "whole timer, sclk just under half of fclk" -Ptb_timer.S_PERIOD=10.001
