// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_sync.v - two flip-flops into another clock domain.
//
// i_d may change at any time. Each bit arrives two i_clk edges later by itself.
// Not handled here: coherence between bits. A vector must be gray coded, or constant
// while somebody relies on it.
`default_nettype none

module etl_sync #(
    parameter WIDTH = 1
) (
    input  wire             i_clk,
    input  wire [WIDTH-1:0] i_d,
    output reg  [WIDTH-1:0] o_q
);
    // Synthesis must not turn the pair into a shift register or retime logic between them.
    (* keep *) reg [WIDTH-1:0] meta;

    always @(posedge i_clk) begin
        meta <= i_d;
        o_q <= meta;
    end
endmodule
`default_nettype wire
