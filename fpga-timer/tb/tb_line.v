// SPDX-License-Identifier: GPL-3.0-or-later
//
// tb_line.v - etl_slip_tx, etl_uart_tx, etl_uart_rx, etl_slip_rx back to back: random bytes with
// many that need escapes come through; bytes leave without gaps; damage on the line shows; the
// receiver stands a clock 3 % off.
`timescale 1ns / 1ps
`default_nettype none

module tb_line;
    `include "tb_check.vh"
    parameter DIV = 5;
    parameter real RX_PERIOD = 10.0; // ns; the transmitter's is 10
    reg clk = 0, rclk = 0, rst = 1;
    always #5 clk = !clk;
    always #(RX_PERIOD / 2) rclk = !rclk;

    reg valid = 0, is_end = 0;
    reg [7:0] data = 0;
    wire ready, line_valid, line_ready, tx;
    wire [7:0] line_byte;
    etl_slip_tx u_slip_tx (.i_clk(clk), .i_rst(rst), .i_valid(valid), .i_end(is_end),
                           .i_byte(data), .o_ready(ready), .o_valid(line_valid),
                           .o_byte(line_byte), .i_ready(line_ready));
    etl_uart_tx #(.DIV(DIV)) u_tx (.i_clk(clk), .i_rst(rst), .i_valid(line_valid),
                                   .i_byte(line_byte), .o_ready(line_ready), .o_tx(tx));

    reg hold = 0; // the line is torn low
    wire rx_valid, rx_error, out_valid, out_end, out_bad;
    wire [7:0] rx_byte, out_byte;
    etl_uart_rx #(.DIV(DIV)) u_rx (.i_clk(rclk), .i_rst(rst), .i_rx(tx && !hold),
                                   .o_valid(rx_valid), .o_error(rx_error), .o_byte(rx_byte));
    etl_slip_rx u_slip_rx (.i_clk(rclk), .i_rst(rst), .i_valid(rx_valid), .i_error(rx_error),
                           .i_byte(rx_byte), .o_valid(out_valid), .o_end(out_end),
                           .o_bad(out_bad), .o_byte(out_byte));

    // What was said, as 9 bits: end mark and byte.
    reg [8:0] said [0:4095];
    integer n_said = 0, n_heard = 0, errors = 0, raw = 0;
    always @(posedge rclk) begin
        if (out_valid || out_end) begin
            `CHECK(!(out_valid && out_end), "byte and mark at once")
            `CHECK(said[n_heard][8] == out_end && (out_end || said[n_heard][7:0] == out_byte),
                   "came through")
            n_heard <= n_heard + 1;
        end
        if (out_bad)
            errors <= errors + 1;
        if (rx_valid)
            raw <= raw + 1;
    end

    task say(input mark, input [7:0] b);
        begin
            said[n_said] = {mark, b};
            n_said = n_said + 1;
            valid = 1;
            is_end = mark;
            data = b;
            @(posedge clk);
            while (!ready)
                @(posedge clk);
            #1 valid = 0;
        end
    endtask

    integer k, seed = 1, started, before;
    reg [7:0] b;
    initial begin
        #203 rst = 0;
        #1000 started = $time;
        for (k = 0; k < 600; k = k + 1) begin
            b = $random(seed);
            case ($random(seed) & 7)
                0: b = 8'hC0;
                1: b = 8'hDB;
                2: b = 8'hDC;
                3: b = 8'hDD;
                default: ;
            endcase
            say((k % 40) == 39, b);
        end
        while (n_heard < n_said && $time < 100_000_000)
            #100;
        `CHECK(n_heard == n_said, "everything arrived")
        `CHECK(errors == 0, "and nothing else")
        // Ten bits a byte and no gap between: the last stop bit apart.
        `CHECK($time - started <= (raw + 2) * 10 * DIV * 10 + 1000, "bytes follow one another")
        // A byte without a stop bit is an error, not a byte; then the line recovers.
        hold = 1;
        #(10 * DIV * 10) hold = 0;
        #(20 * DIV * 10);
        `CHECK(errors > 0, "a torn line shows")
        before = errors;
        say(1, 0);
        say(0, 8'h55);
        say(1, 0);
        while (n_heard < n_said && $time < 200_000_000)
            #100;
        `CHECK(n_heard == n_said && errors == before, "and passes")
        `DONE
    end
endmodule
