// SPDX-License-Identifier: GPL-3.0-or-later
//
// f_count.v - proof: etl_count counts by exactly i_en at every clock, from 0 after reset.
// The invariants say when the look-ahead registers are right: carry always, ones[k] once segment
// 0 has counted to k. They do not depend on the sizes; proved for 32 / 8 and 21 / 3.
`default_nettype none

module f_count #(
    parameter WIDTH = 32,
    parameter SEG = 8
) (
    input wire i_clk,
    input wire i_rst,
    input wire i_en
);
    localparam K = WIDTH / SEG;
    wire [WIDTH-1:0] q;
    etl_count #(.WIDTH(WIDTH), .SEG(SEG)) u (.i_clk(i_clk), .i_rst(i_rst), .i_en(i_en), .o_q(q));
    (* hierconn *) wire [K-2:0] \u.ones ;
    (* hierconn *) wire [K-1:0] \u.carry ;

    reg past = 1'b0, was_rst, was_en;
    reg [WIDTH-1:0] was_q;
    always @(posedge i_clk) begin
        past <= 1'b1;
        was_rst <= i_rst;
        was_en <= i_en;
        was_q <= q;
    end
    initial assume (i_rst);

    integer k;
    reg all_ones;
    always @(*)
        if (past) begin
            if (was_rst)
                assert (q == 0);
            else
                assert (q == was_q + was_en);
            assert (\u.ones [0] && \u.carry [0]);
            all_ones = 1'b1;
            for (k = 1; k < K - 1; k = k + 1) begin
                all_ones = all_ones && (&q[k*SEG+:SEG]);
                if (q[SEG-1:0] >= k)
                    assert (\u.ones [k] == all_ones);
            end
            all_ones = 1'b1;
            for (k = 1; k < K; k = k + 1) begin
                all_ones = all_ones && (&q[(k-1)*SEG+:SEG]);
                assert (\u.carry [k] == all_ones);
            end
        end
endmodule
