#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# prove.sh PROOF [SED] - prove one of f_*.v by temporal induction (yosys, yosys-smtbmc, z3).
#
# SED, if given, is applied to the RTL first: a mutant, which must not be proved. Prints "proved",
# "refuted" (base case or induction fails) or "error: …" (the tools failed, or SED changed
# nothing), and exits 0, 1, 2. RTL is the directory of the sources (default fpga-timer/rtl).
set -u
here=$(dirname "$0")
rtl=${RTL:-$here/../rtl}
proof=$1
sed_expr=${2:-}
d=$(mktemp -d) || exit 2
trap 'rm -rf "$d"' EXIT

fail() {
    echo "error: $*"
    exit 2
}

params=
depth=1
how=
extra=
case $proof in
count) sources=etl_count depth=2 ;;
count_small) sources=etl_count depth=2 params="chparam -set WIDTH 21 -set SEG 3 f_count;" ;;
capture) sources="etl_capture" depth=9 ;;
lost) sources=etl_lost extra=count_plain how="--unroll --noincr" ;;
fifo) sources=etl_fifo extra=sync_tick how="--unroll --noincr" ;;
fifo_data) sources=etl_fifo extra=sync_tick ;;
crc32c) sources=etl_crc32c how="--unroll --noincr" ;;
selftest) sources=etl_selftest depth=8 ;;
*) fail "no proof called $proof" ;;
esac
top=f_${proof%_small}

for s in $sources; do
    sed "$sed_expr" "$rtl/$s.v" >"$d/$s.v" || fail "sed"
    [ -z "$sed_expr" ] || ! cmp -s "$rtl/$s.v" "$d/$s.v" || fail "the mutation changes nothing"
done

# Two clocks as ticks of one, and a window into the memory.
case $proof in
fifo*)
    sed -e 's/@(posedge i_\([wr]\)clk)/@(posedge i_clk) if (i_\1tick)/' \
        -e 's/\.i_clk(i_\([wr]\)clk)/.i_clk(i_clk), .i_tick(i_\1tick)/' \
        -e 's/^ *input  wire         i_wclk,/input wire i_clk, input wire i_wtick,/' \
        -e 's/^ *input  wire         i_rclk,/input wire i_rtick,/' \
        "$d/etl_fifo.v" >"$d/t.v"
    mv "$d/t.v" "$d/etl_fifo.v"
    ;;
esac
if [ "$proof" = fifo_data ]; then
    sed -e 's/^ *input  wire         i_pop,/input wire i_pop, input wire [AW:0] i_place, output wire [W-1:0] o_at_place,/' \
        -e 's/^endmodule/assign o_at_place = mem[i_place[AW-1:0]];\nendmodule/' \
        "$d/etl_fifo.v" >"$d/t.v"
    mv "$d/t.v" "$d/etl_fifo.v"
fi

files=$(for s in $sources; do echo "$d/$s.v"; done)
for s in $extra; do files="$files $here/$s.v"; done
yosys -q -p "read_verilog -formal -I$rtl $(echo $files) $here/$top.v; $params
    prep -flatten -nordff -top $top; write_smt2 -wires $d/p.smt2" >"$d/yosys" 2>&1 ||
    fail "yosys: $(tail -1 "$d/yosys")"

smt() {
    timeout "${PROVE_TIMEOUT:-120}" yosys-smtbmc --noprogress $how -s z3 "$@" "$d/p.smt2" >"$d/smt" 2>&1
    case $(tail -1 "$d/smt") in
    *PASSED) return 0 ;;
    *FAILED) return 1 ;;
    *) fail "yosys-smtbmc: $(tail -1 "$d/smt")" ;;
    esac
}
# Refuted: with VERBOSE set, say which assertion fails.
refuted() {
    [ -z "${VERBOSE:-}" ] || grep -a Assert "$d/smt"
    echo refuted
    exit 1
}
smt -t "$depth" || refuted
smt -i -t "$depth" || refuted
echo proved
