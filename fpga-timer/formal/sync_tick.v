// SPDX-License-Identifier: GPL-3.0-or-later
//
// sync_tick.v - etl_sync in the two-clock model of the proofs (prove.sh): one clock i_clk and a
// tick that says when the domain's own clock rises.
`default_nettype none

module etl_sync #(
    parameter WIDTH = 1
) (
    input  wire             i_clk,
    input  wire             i_tick,
    input  wire [WIDTH-1:0] i_d,
    output reg  [WIDTH-1:0] o_q
);
    reg [WIDTH-1:0] meta;
    always @(posedge i_clk)
        if (i_tick) begin
            meta <= i_d;
            o_q <= meta;
        end
endmodule
