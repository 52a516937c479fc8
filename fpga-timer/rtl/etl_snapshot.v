// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_snapshot.v - a coherent copy of fast-changing values, taken on request from a slow clock.
//
// i_request (one sclk pulse, not while one is under way) makes the fclk side copy i_data once; o_done
// pulses in sclk when o_data holds it. o_data then stays until the next request.
// The copy is taken 2..3 fclk periods after the request reaches the fclk side.
// Not handled here: a request while one is under way (ignored).
`default_nettype none

module etl_snapshot #(
    parameter WIDTH = 1
) (
    input  wire             i_fclk,
    input  wire             i_frst,
    input  wire [WIDTH-1:0] i_data,
    input  wire             i_sclk,
    input  wire             i_srst,
    input  wire             i_request,
    output reg              o_done,
    output reg  [WIDTH-1:0] o_data
);
    reg asked, answered, waiting;
    wire asked_f, answered_s;
    etl_sync u_asked (.i_clk(i_fclk), .i_d(asked), .o_q(asked_f));
    etl_sync u_answered (.i_clk(i_sclk), .i_d(answered), .o_q(answered_s));

    always @(posedge i_sclk)
        if (i_srst)
            asked <= 1'b0;
        else if (i_request && !waiting)
            asked <= !asked;

    always @(posedge i_sclk)
        if (i_srst)
            waiting <= 1'b0;
        else if (i_request)
            waiting <= 1'b1;
        else if (answered_s == asked)
            waiting <= 1'b0;

    always @(posedge i_sclk)
        o_done <= !i_srst && waiting && answered_s == asked;

    always @(posedge i_fclk)
        if (i_frst)
            answered <= 1'b0;
        else
            answered <= asked_f;

    always @(posedge i_fclk)
        if (asked_f != answered)
            o_data <= i_data;
endmodule
`default_nettype wire
