// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_command.v - bytes from the host to checked commands (probe/wire.h, host to device). sclk.
//
// i_valid/i_end/i_bad/i_byte come from etl_slip_rx, bytes at least 10 clocks apart. A frame of
// exactly 14 bytes with the right CRC-32C gives one o_command pulse; o_type, o_addr, o_value
// hold until the next byte comes. Any other non-empty frame gives one o_damaged pulse.
// Not handled here: what a command means (etl_control).
`default_nettype none
`include "etl_wire.vh"

module etl_command (
    input  wire        i_clk,
    input  wire        i_rst,
    input  wire        i_valid,
    input  wire        i_end,
    input  wire        i_bad,
    input  wire [ 7:0] i_byte,
    output reg         o_command,
    output reg         o_damaged,
    output wire [ 7:0] o_type,
    output wire [ 7:0] o_addr,
    output wire [63:0] o_value
);
    // Register of a message followed by its own CRC, before the final inversion.
    localparam [31:0] RESIDUE = 32'hB798B438;

    wire [31:0] crc;
    wire crc_busy; // still busy at the mark: bytes came too fast to be trusted
    etl_crc32c u_crc (.i_clk(i_clk), .i_clear(i_rst || i_end), .i_valid(i_valid),
                      .i_byte(i_byte), .o_busy(crc_busy), .o_crc(crc));

    reg [8*14-1:0] frame; // first byte lowest once all have come
    always @(posedge i_clk)
        if (i_valid)
            frame <= {i_byte, frame[8*14-1:8]};

    reg [3:0] count; // 15: too many
    always @(posedge i_clk)
        if (i_rst || i_end)
            count <= 4'd0;
        else if (i_valid && count != 4'd15)
            count <= count + 4'd1;

    reg bad;
    always @(posedge i_clk)
        if (i_rst || i_end)
            bad <= 1'b0;
        else if (i_bad)
            bad <= 1'b1;

    wire good = count == `WIRE_COMMAND_BYTES && !bad && !crc_busy && crc == RESIDUE;
    always @(posedge i_clk) begin
        o_command <= !i_rst && i_end && good;
        o_damaged <= !i_rst && i_end && !good && (count != 4'd0 || bad);
    end

    assign o_type = frame[7:0];
    assign o_addr = frame[15:8];
    assign o_value = frame[79:16];
endmodule
`default_nettype wire
