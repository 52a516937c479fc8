// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_epoch.v - the epoch number of wire v1 and the lock status. One clock (sclk).
//
// The epoch is 0 after configuration and is bumped once by each reset request and each loss of
// clock lock; it is therefore not cleared by reset. It changes by one at a time, so that
// o_epoch_gray may be carried into the capture domain by plain synchronisers.
// Both inputs are asynchronous and must last at least three periods of i_clk.
// Not handled here: a lock signal that never comes (status stays unlocked, nothing is bumped);
// more than 256 losses between two frames.
`default_nettype none

module etl_epoch (
    input  wire       i_clk,
    input  wire       i_request,     // reset requested
    input  wire       i_lock,        // clock locked
    output wire       o_lock,
    output reg  [7:0] o_epoch,
    output reg  [7:0] o_epoch_gray
);
    wire request, lock;
    etl_sync #(.WIDTH(2)) u_sync (.i_clk(i_clk), .i_d({i_request, i_lock}), .o_q({request, lock}));

    reg was_request, was_lock;
    initial was_request = 1'b0;
    initial was_lock = 1'b0;
    always @(posedge i_clk) begin
        was_request <= request;
        was_lock <= lock;
    end

    // A reset that comes together with a loss of lock is one break of the time line.
    wire bump = (request && !was_request) || (was_lock && !lock);

    initial o_epoch = 8'd0;
    always @(posedge i_clk)
        if (bump)
            o_epoch <= o_epoch + 8'd1;

    // Registered, so that nothing but flip-flop outputs crosses the domains.
    initial o_epoch_gray = 8'd0;
    always @(posedge i_clk)
        o_epoch_gray <= o_epoch ^ (o_epoch >> 1);

    assign o_lock = was_lock;
endmodule
`default_nettype wire
