// SPDX-License-Identifier: GPL-3.0-or-later
//
// f_crc32c.v - proof: eight clocks after a byte was given, o_crc is the byte-wide CRC-32C step of
// what it was; o_busy is high exactly meanwhile.
// `want` is that step, worked out at once when the byte is given. With n bits still to go, n more
// steps from where the register is lead there.
`default_nettype none

module f_crc32c (
    input wire       i_clk,
    input wire       i_clear,
    input wire       i_valid,
    input wire [7:0] i_byte
);
    reg started = 1'b0, pending = 1'b0;
    wire busy;
    wire [31:0] crc;
    wire valid = i_valid && !busy && started;
    etl_crc32c u (.i_clk(i_clk), .i_clear(i_clear || !started), .i_valid(valid), .i_byte(i_byte),
                  .o_busy(busy), .o_crc(crc));
    (* hierconn *) wire [7:0] \u.bits ;
    (* hierconn *) wire [3:0] \u.left ;

    // One bit of RFC 3720 B.4: divide by the reflected polynomial.
    function [31:0] step(input [31:0] from, input b);
        step = {1'b0, from[31:1]} ^ ((from[0] ^ b) ? 32'h82F63B78 : 32'd0);
    endfunction

    // after[n]: n steps from here; given[8]: eight steps with the byte at the input.
    wire [31:0] after [0:8], given [0:8];
    assign after[0] = crc;
    assign given[0] = crc;
    genvar k;
    generate
        for (k = 0; k < 8; k = k + 1) begin : g_steps
            assign after[k+1] = step(after[k], \u.bits [k]);
            assign given[k+1] = step(given[k], i_byte[k]);
        end
    endgenerate

    reg [31:0] want;
    always @(posedge i_clk) begin
        started <= 1'b1;
        if (i_clear || !started)
            pending <= 1'b0;
        else if (valid) begin
            pending <= 1'b1;
            want <= given[8];
        end
    end

    integer n;
    always @(*)
        if (started) begin
            assert (\u.left <= 4'd8 && busy == (\u.left != 4'd0));
            assert (!busy || pending);
            for (n = 0; n <= 8; n = n + 1)
                if (pending && \u.left == n)
                    assert (after[n] == want);
        end
endmodule
