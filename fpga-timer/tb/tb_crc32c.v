// SPDX-License-Identifier: GPL-3.0-or-later
//
// tb_crc32c.v - published answers: "123456789" (the check value base/crc32c.h states), and the
// examples of RFC 3720 B.4; a message followed by its own CRC leaves the residue etl_command uses.
`timescale 1ns / 1ps
`default_nettype none

module tb_crc32c;
    `include "tb_check.vh"
    reg clk = 0, clear = 1, valid = 0;
    reg [7:0] data = 0;
    wire busy;
    wire [31:0] crc;
    always #5 clk = !clk;
    etl_crc32c u (.i_clk(clk), .i_clear(clear), .i_valid(valid), .i_byte(data), .o_busy(busy),
                  .o_crc(crc));

    task restart;
        begin
            @(negedge clk) clear = 1;
            @(negedge clk) clear = 0;
        end
    endtask

    task give(input [7:0] b);
        integer clocks;
        begin
            data = b;
            valid = 1;
            @(negedge clk) valid = 0;
            for (clocks = 0; busy; clocks = clocks + 1)
                @(negedge clk);
            `CHECK(clocks == 8, "a byte takes eight clocks")
        end
    endtask

    reg [8*9-1:0] nine = "123456789";
    reg [31:0] found;
    integer k;
    initial begin
        restart;
        for (k = 8; k >= 0; k = k - 1)
            give(nine[8*k+:8]);
        found = ~crc;
        $display("# crc32c of 123456789 is %h", found);
        `CHECK(found == 32'hE3069283, "123456789")
        for (k = 0; k < 4; k = k + 1)
            give(found[8*k+:8]);
        `CHECK(crc == 32'hB798B438, "residue")
        restart;
        for (k = 0; k < 32; k = k + 1)
            give(8'h00);
        `CHECK(~crc == 32'h8A9136AA, "32 bytes of 0")
        restart;
        for (k = 0; k < 32; k = k + 1)
            give(8'hFF);
        `CHECK(~crc == 32'h62A8AB43, "32 bytes of ones")
        restart;
        for (k = 0; k < 32; k = k + 1)
            give(k);
        `CHECK(~crc == 32'h46DD794E, "32 incrementing bytes")
        restart;
        for (k = 31; k >= 0; k = k - 1)
            give(k);
        `CHECK(~crc == 32'h113FDB5C, "32 decrementing bytes")
        `DONE
    end
endmodule
