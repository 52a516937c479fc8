// SPDX-License-Identifier: GPL-3.0-or-later
//
// tb_command.v - etl_command: good commands come out with their fields; every single wrong bit,
// every other length, and a byte marked bad make "damaged" and nothing else; empty frames make
// nothing.
`timescale 1ns / 1ps
`default_nettype none

module tb_command;
    `include "tb_check.vh"
    reg clk = 0, rst = 1, valid = 0, is_end = 0, bad = 0;
    reg [7:0] data = 0;
    always #5 clk = !clk;
    wire command, damaged;
    wire [7:0] kind, addr;
    wire [63:0] value;
    etl_command u (.i_clk(clk), .i_rst(rst), .i_valid(valid), .i_end(is_end), .i_bad(bad),
                   .i_byte(data), .o_command(command), .o_damaged(damaged), .o_type(kind),
                   .o_addr(addr), .o_value(value));

    integer commands = 0, damages = 0;
    always @(posedge clk) begin
        commands <= commands + command;
        damages <= damages + damaged;
    end

    // WRITE ENABLE 0x55 and PING 0xC0DBDCDD00112233, with the CRCs that base/crc32c.c gives.
    reg [8*14-1:0] write = {32'h08EBF170, 64'h0000000000000055, 8'h01, 8'h82};
    reg [8*14-1:0] ping = {32'h6AEBB03D, 64'hC0DBDCDD00112233, 8'h00, 8'h85};

    task give(input [8*14-1:0] frame, input integer n, input integer spoilt);
        integer k;
        begin
            for (k = 0; k < n; k = k + 1) begin
                @(negedge clk) valid = 1;
                data = frame[8*(k % 14)+:8];
                bad = k == spoilt;
                @(negedge clk) valid = 0;
                bad = 0;
                repeat (10) @(negedge clk);
            end
            is_end = 1;
            @(negedge clk) is_end = 0;
            repeat (3) @(negedge clk);
        end
    endtask

    integer n;
    initial begin
        repeat (4) @(negedge clk);
        rst = 0;
        give(write, 14, -1);
        `CHECK(commands == 1 && damages == 0, "a good command")
        `CHECK(kind == 8'h82 && addr == 8'h01 && value == 64'h55, "fields of WRITE")
        give(0, 0, -1);
        `CHECK(commands == 1 && damages == 0, "an empty frame is nothing")
        give(ping, 14, -1);
        `CHECK(commands == 2 && kind == 8'h85 && value == 64'hC0DBDCDD00112233, "PING")
        for (n = 0; n < 8 * 14; n = n + 1)
            give(write ^ (112'd1 << n), 14, -1);
        `CHECK(commands == 2 && damages == 112, "every single wrong bit is seen")
        for (n = 1; n <= 28; n = n + 1)
            if (n != 14)
                give(write, n, -1);
        `CHECK(commands == 2 && damages == 139, "every other length is seen")
        for (n = 0; n < 14; n = n + 1)
            give(write, 14, n);
        `CHECK(commands == 2 && damages == 153, "a bad byte is seen")
        give(write, 14, -1);
        `CHECK(commands == 3 && damages == 153, "and it goes on")
        `DONE
    end
endmodule
