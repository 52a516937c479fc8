// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_crc32c.v - CRC-32C (Castagnoli, RFC 3720 appendix B.4), one bit a clock.
//
// i_clear begins a message. i_valid with i_byte adds one byte, least significant bit first, and
// takes 8 clocks, during which o_busy is high and i_valid must stay low. o_crc is the register
// before the final inversion: the CRC is ~o_crc, and after a message followed by its own CRC
// (little-endian) o_crc is 32'hB798B438.
// Proved against a byte-wide reference: formal/f_crc32c.v. Check value of "123456789" is E3069283
// (tb/tb_crc32c.v).
//
// Not handled here: i_valid while busy (the byte is mangled).
`default_nettype none

module etl_crc32c (
    input  wire        i_clk,
    input  wire        i_clear,
    input  wire        i_valid,
    input  wire [ 7:0] i_byte,
    output wire        o_busy,
    output reg  [31:0] o_crc
);
    localparam [31:0] POLYNOMIAL = 32'h82F63B78; // 1EDC6F41 reflected

    reg [7:0] bits;
    reg [3:0] left;

    assign o_busy = left != 4'd0;

    always @(posedge i_clk)
        if (i_clear)
            left <= 4'd0;
        else if (i_valid)
            left <= 4'd8;
        else if (o_busy)
            left <= left - 4'd1;

    always @(posedge i_clk)
        if (i_valid)
            bits <= i_byte;
        else if (o_busy)
            bits <= {1'b0, bits[7:1]};

    always @(posedge i_clk)
        if (i_clear)
            o_crc <= 32'hFFFFFFFF;
        else if (o_busy)
            o_crc <= {1'b0, o_crc[31:1]} ^ ((o_crc[0] ^ bits[0]) ? POLYNOMIAL : 32'd0);
endmodule
`default_nettype wire
