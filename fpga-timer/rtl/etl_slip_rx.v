// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_slip_rx.v - SLIP decoder (RFC 1055).
//
// i_valid/i_byte is the line, i_error a byte that was damaged on it. One clock later, o_valid
// with o_byte is a byte of a frame, o_end a frame mark, o_bad something that cannot stand in a
// frame (an unknown escape or a damaged byte); the frame is then worthless up to the next mark.
// Not handled here: empty frames (a mark after a mark); the caller ignores them.
`default_nettype none
`include "etl_wire.vh"

module etl_slip_rx (
    input  wire       i_clk,
    input  wire       i_rst,
    input  wire       i_valid,
    input  wire       i_error,
    input  wire [7:0] i_byte,
    output reg        o_valid,
    output reg        o_end,
    output reg        o_bad,
    output reg  [7:0] o_byte
);
    reg escaped;
    wire is_end = i_byte == `WIRE_SLIP_END;
    wire is_esc = i_byte == `WIRE_SLIP_ESC;
    wire is_second = i_byte == `WIRE_SLIP_ESC_END || i_byte == `WIRE_SLIP_ESC_ESC;

    always @(posedge i_clk)
        if (i_rst || i_error)
            escaped <= 1'b0;
        else if (i_valid)
            escaped <= is_esc && !escaped;

    always @(posedge i_clk) begin
        o_valid <= !i_rst && i_valid && !is_end && (escaped ? is_second : !is_esc);
        o_end <= !i_rst && i_valid && is_end;
        o_bad <= !i_rst && (i_error || (i_valid && escaped && !is_second));
    end

    always @(posedge i_clk)
        o_byte <= !escaped ? i_byte
            : i_byte == `WIRE_SLIP_ESC_END ? `WIRE_SLIP_END
            : `WIRE_SLIP_ESC;
endmodule
`default_nettype wire
