// SPDX-License-Identifier: GPL-3.0-or-later
//
// count_plain.v - etl_count as f_count.v proves it to be: for proofs of what uses it.
`default_nettype none

module etl_count #(
    parameter WIDTH = 64,
    parameter SEG = 8
) (
    input  wire             i_clk,
    input  wire             i_rst,
    input  wire             i_en,
    output reg  [WIDTH-1:0] o_q
);
    always @(posedge i_clk)
        o_q <= i_rst ? {WIDTH{1'b0}} : o_q + i_en;
endmodule
