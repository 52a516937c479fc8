#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Verilator -Wall on the RTL, with the lab's parameters and with a board's; no waivers. And the
# house rules that no tool knows: one module per file, i_/o_ ports, default_nettype none, a
# header that says what is not handled.
cd "$(dirname "$0")/../.." || exit 1
rtl=fpga-timer/rtl
lint() {
    verilator --lint-only -Wall -I$rtl "-DETL_SOURCE_ID=64'd0" --top-module etl_timer "$@" \
        $rtl/*.v 2>&1
}
n=0
point() { # RESULT NAME
    n=$((n + 1))
    if [ -z "$1" ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        echo "$1" | sed 's/^/# /'
    fi
}

echo 1..7
point "$(lint)" "verilator -Wall, lab parameters"
point "$(lint -GFCLK_HZ=200000000 -GSCLK_HZ=48000000 "-GUART_DIV=16'd16" -GFIFO_AW=9)" \
    "verilator -Wall, board parameters"
point "$(grep -l 'verilator\|lint_off' $rtl/*)" "no simulator comments in the RTL"
point "$(for f in $rtl/*.v; do
    m=$(basename "$f" .v)
    [ "$(grep -c '^module ' "$f")" = 1 ] && grep -q "^module $m " "$f" || echo "$f"
done)" "one module per file, named as the file"
point "$(awk '/^module /{p=1} p && /^ *(input|output)/ {
    name = $NF; sub(/\/\/.*/, "", $0); sub(/,? *$/, ""); name = $NF
    if (name !~ ($1 == "input" ? "^i_" : "^o_")) print FILENAME ": " name } /^\);/{p=0}' \
    $rtl/*.v)" "ports are i_ and o_"
point "$(grep -L '^`default_nettype none' $rtl/*.v)" "default_nettype none"
point "$(grep -L '^// Not handled here:' $rtl/*.v $rtl/*.vh)" \
    "each header says what is not handled"
