// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_slip_tx.v - SLIP encoder (RFC 1055): a byte stream with frame marks to bytes on the line.
//
// i_valid with o_ready takes i_byte, or with i_end a frame mark. o_valid/o_byte/i_ready is the
// line. A byte that looks like END or ESC leaves as two bytes.
// Not handled here: what is a frame; the caller sends its marks.
`default_nettype none
`include "etl_wire.vh"

module etl_slip_tx (
    input  wire       i_clk,
    input  wire       i_rst,
    input  wire       i_valid,
    input  wire       i_end,
    input  wire [7:0] i_byte,
    output wire       o_ready,
    output wire       o_valid,
    output wire [7:0] o_byte,
    input  wire       i_ready
);
    reg pending; // the second byte of an escape is due
    reg [7:0] second;

    wire is_end = i_byte == `WIRE_SLIP_END;
    wire special = !i_end && (is_end || i_byte == `WIRE_SLIP_ESC);

    assign o_ready = !pending && i_ready;
    assign o_valid = pending || i_valid;
    assign o_byte = pending ? second
        : i_end ? `WIRE_SLIP_END
        : special ? `WIRE_SLIP_ESC
        : i_byte;

    always @(posedge i_clk)
        if (i_rst)
            pending <= 1'b0;
        else if (pending)
            pending <= !i_ready;
        else
            pending <= i_valid && i_ready && special;

    always @(posedge i_clk)
        if (!pending)
            second <= is_end ? `WIRE_SLIP_ESC_END : `WIRE_SLIP_ESC_ESC;
endmodule
`default_nettype wire
