// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_uart_tx.v - asynchronous serial transmitter: 1 start bit, 8 data bits (least significant
// first), 1 stop bit, DIV clocks a bit.
//
// i_valid with o_ready takes i_byte. Bytes may follow one another without a gap.
// Not handled here: parity, flow control, breaks.
`default_nettype none

module etl_uart_tx #(
    parameter [15:0] DIV = 16'd5
) (
    input  wire       i_clk,
    input  wire       i_rst,
    input  wire       i_valid,
    input  wire [7:0] i_byte,
    output wire       o_ready,
    output reg        o_tx
);
    localparam [15:0] RELOAD = DIV - 16'd1;

    reg [8:0] shift;
    reg [3:0] left; // bits not yet over, the running one included
    reg [15:0] clocks;

    wire bit_end = clocks == 16'd0;
    wire idle = left == 4'd0;
    assign o_ready = idle || (left == 4'd1 && bit_end);
    wire take = i_valid && o_ready;

    always @(posedge i_clk)
        if (i_rst)
            left <= 4'd0;
        else if (take)
            left <= 4'd10;
        else if (!idle && bit_end)
            left <= left - 4'd1;

    always @(posedge i_clk)
        if (take || bit_end || idle)
            clocks <= RELOAD;
        else
            clocks <= clocks - 16'd1;

    always @(posedge i_clk)
        if (take)
            shift <= {1'b1, i_byte};
        else if (bit_end)
            shift <= {1'b1, shift[8:1]};

    always @(posedge i_clk)
        if (i_rst)
            o_tx <= 1'b1;
        else if (take)
            o_tx <= 1'b0;
        else if (idle)
            o_tx <= 1'b1;
        else if (bit_end)
            o_tx <= shift[0];
endmodule
`default_nettype wire
