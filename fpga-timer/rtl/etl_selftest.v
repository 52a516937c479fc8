// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_selftest.v - square wave that can be looped to any channel. One clock (fclk).
//
// While i_run, o_level toggles every i_half clocks exactly (1 .. 2^24 - 1), beginning at 0.
// i_half must be stable from before i_run rises until it has fallen.
// The half period h = 256 * high + low + 1: the low counter runs low + 1 clocks once, then 256
// clocks for each count of high, so that no path is longer than 16 bits.
// Not handled here: i_half = 0 (i_run must stay low); sub-clock edges.
`default_nettype none

module etl_selftest (
    input  wire        i_clk,
    input  wire        i_run,
    input  wire [23:0] i_half,
    output reg         o_level
);
    reg [23:0] reload;                 // i_half - 1; constant while running
    reg reload_low_zero, reload_high_zero;
    always @(posedge i_clk) begin
        reload <= i_half - 24'd1;
        reload_low_zero <= reload[7:0] == 8'd0;
        reload_high_zero <= reload[23:8] == 16'd0;
    end

    reg [7:0] low;
    reg [15:0] high;
    reg low_zero, high_zero;           // of the counters, as they are now
    wire over = low_zero && high_zero;
    wire begin_half = !i_run || over;

    always @(posedge i_clk)
        low <= begin_half ? reload[7:0] : low - 8'd1;

    always @(posedge i_clk)
        low_zero <= begin_half ? reload_low_zero : low == 8'd1;

    always @(posedge i_clk)
        if (begin_half)
            high <= reload[23:8];
        else if (low_zero)
            high <= high - 16'd1;

    // Settles long before the low counter comes round again.
    always @(posedge i_clk)
        high_zero <= begin_half ? reload_high_zero : high == 16'd0;

    always @(posedge i_clk)
        if (!i_run)
            o_level <= 1'b0;
        else if (over)
            o_level <= !o_level;
endmodule
`default_nettype wire
