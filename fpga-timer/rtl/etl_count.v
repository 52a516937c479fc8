// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_count.v - wide up-counter without a carry chain longer than one segment and without skew.
//
// o_q is exact at every clock: it is 0 in the clock after i_rst and grows by one after each
// clock with i_en. The carry into segment k is a register that says, ahead of time, "all
// segments below are all ones": for the lowest segment it is looked up one step early; for the
// rest there are 2^SEG - 1 increments of time to settle, and they need WIDTH / SEG - 1.
// Proved by induction: formal/f_count.v.
//
// Not handled here: loading a value (the simulation pokes segment and carry registers together,
// bench/lab/timer_rtl.cpp). WIDTH must be a multiple of SEG, 3 <= WIDTH / SEG <= 2^SEG - 2.
`default_nettype none

module etl_count #(
    parameter WIDTH = 64,
    parameter SEG = 8
) (
    input  wire             i_clk,
    input  wire             i_rst,
    input  wire             i_en,
    output wire [WIDTH-1:0] o_q
);
    localparam K = WIDTH / SEG;

    reg [WIDTH-1:0] q;
    reg [K-2:0] ones;  // ones[k]: segments 1..k are all ones; valid while segment 0 >= k
    reg [K-1:0] carry; // carry[k]: segments 0..k-1 are all ones now

    assign o_q = q;

    // Segment 0 will be all ones at the next clock.
    wire top = i_en ? q[SEG-1:0] == {{(SEG - 1) {1'b1}}, 1'b0} : &q[SEG-1:0];

    wire [K-2:1] full; // full[k]: segment k is all ones
    genvar k;
    generate
        for (k = 0; k < K; k = k + 1) begin : g_segment
            always @(posedge i_clk)
                if (i_rst)
                    q[k*SEG+:SEG] <= {SEG{1'b0}};
                else if (i_en && carry[k])
                    q[k*SEG+:SEG] <= q[k*SEG+:SEG] + 1'b1;
        end
        for (k = 1; k < K - 1; k = k + 1) begin : g_full
            assign full[k] = &q[k*SEG+:SEG];
        end
    endgenerate

    always @(posedge i_clk)
        ones <= i_rst ? {{(K - 2) {1'b0}}, 1'b1} : {ones[K-3:0] & full[K-2:1], 1'b1};

    always @(posedge i_clk)
        carry <= {i_rst || !top ? {(K - 1) {1'b0}} : ones, 1'b1};
endmodule
`default_nettype wire
