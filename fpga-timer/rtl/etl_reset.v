// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_reset.v - reset of one clock domain: sixteen clocks after configuration and after each
// request.
//
// i_request is asynchronous, active high, and must last at least three periods of i_clk.
// o_rst is synchronous to i_clk. Sixteen clocks are longer than any pipeline of the timer, so
// that pipelines without a reset of their own have settled when it ends.
// Not handled here: a stopped clock; the domain then stays as it was until the clock is back.
`default_nettype none

module etl_reset (
    input  wire i_clk,
    input  wire i_request,
    output wire o_rst
);
    wire request;
    etl_sync u_sync (.i_clk(i_clk), .i_d(i_request), .o_q(request));

    // Counts up to 16 and stays; begins at 0 by configuration, which makes the power-on reset.
    reg [4:0] age;
    initial age = 5'd0;
    always @(posedge i_clk)
        if (request)
            age <= 5'd0;
        else if (!age[4])
            age <= age + 5'd1;

    assign o_rst = !age[4];
endmodule
`default_nettype wire
