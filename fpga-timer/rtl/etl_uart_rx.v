// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_uart_rx.v - asynchronous serial receiver: 1 start bit, 8 data bits (least significant
// first), 1 stop bit, DIV clocks a bit (DIV >= 4), sampled in the middle of the bit.
//
// o_valid pulses with o_byte. o_error pulses instead when the stop bit is missing.
// Not handled here: parity, breaks (they show as errors), majority sampling.
`default_nettype none

module etl_uart_rx #(
    parameter [15:0] DIV = 16'd5
) (
    input  wire       i_clk,
    input  wire       i_rst,
    input  wire       i_rx,
    output reg        o_valid,
    output reg        o_error,
    output reg  [7:0] o_byte
);
    localparam [15:0] RELOAD = DIV - 16'd1, HALF = DIV / 16'd2 - 16'd1;

    wire rx;
    etl_sync u_rx (.i_clk(i_clk), .i_d(i_rx), .o_q(rx));

    reg [3:0] left; // 10: in the start bit, 9..2: data bits, 1: in the stop bit
    reg [15:0] clocks;

    wire idle = left == 4'd0;
    wire sample = !idle && clocks == 16'd0;

    always @(posedge i_clk)
        if (i_rst)
            left <= 4'd0;
        else if (idle)
            left <= rx ? 4'd0 : 4'd10;
        else if (sample)
            left <= (left == 4'd10 && rx) ? 4'd0 : left - 4'd1; // a start bit that was noise

    always @(posedge i_clk)
        if (idle)
            clocks <= HALF;
        else if (sample)
            clocks <= RELOAD;
        else
            clocks <= clocks - 16'd1;

    always @(posedge i_clk)
        if (sample && left != 4'd10 && left != 4'd1)
            o_byte <= {rx, o_byte[7:1]};

    always @(posedge i_clk) begin
        o_valid <= !i_rst && sample && left == 4'd1 && rx;
        o_error <= !i_rst && sample && left == 4'd1 && !rx;
    end
endmodule
`default_nettype wire
