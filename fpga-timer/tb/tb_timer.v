// SPDX-License-Identifier: GPL-3.0-or-later
//
// tb_timer.v - the whole timer at a board's clocks, which share no rhythm: every record comes out
// once at its time or is counted; the epoch moves with a loss of lock; a reset starts over.
// The bench receives the line with the receiver modules proved elsewhere; frames are checked by
// their CRC and their order.
`timescale 1ns / 1ps
`default_nettype none

module tb_timer;
    `include "tb_check.vh"
    parameter real F_PERIOD = 5.0, S_PERIOD = 5.31;
    parameter BURST = 90; // FIFO: 32 records
    reg fclk = 0, sclk = 0, reset = 0, lock = 1, power_on = 1;
    initial #50 power_on = 0;
    always #(F_PERIOD / 2) fclk = !fclk;
    always #(S_PERIOD / 2) sclk = !sclk;

    reg [15:0] samples = 0;
    wire tx, watchdog;
    etl_timer #(.FCLK_HZ(32'd200_000_000), .SCLK_HZ(32'd48_000_000), .UART_DIV(16'd4),
                .FIFO_AW(5)) u (.i_fclk(fclk), .i_sclk(sclk), .i_reset(reset), .i_lock(lock),
        .i_samples(samples), .i_rx(1'b1), .o_tx(tx), .o_watchdog(watchdog));

    wire rx_valid, rx_error, in_valid, in_end, in_bad, crc_busy;
    wire [7:0] rx_byte, in_byte;
    wire [31:0] crc;
    etl_uart_rx #(.DIV(16'd4)) u_rx (.i_clk(sclk), .i_rst(power_on), .i_rx(tx), .o_valid(rx_valid),
                                     .o_error(rx_error), .o_byte(rx_byte));
    etl_slip_rx u_slip (.i_clk(sclk), .i_rst(power_on), .i_valid(rx_valid), .i_error(rx_error),
                        .i_byte(rx_byte), .o_valid(in_valid), .o_end(in_end), .o_bad(in_bad),
                        .o_byte(in_byte));
    etl_crc32c u_crc (.i_clk(sclk), .i_clear(in_end || power_on), .i_valid(in_valid),
                      .i_byte(in_byte), .o_busy(crc_busy), .o_crc(crc));

    // Records that must come: time (of an own count of clocks) and samples.
    reg [63:0] now = 0;
    reg [63:0] want_t [0:8191];
    reg [23:0] want [0:8191]; // before, samples
    reg [63:0] offset = 0;    // the timer's time - ours; learned from the first record
    integer n_want = 0, n_got = 0, n_lost = 0, frames = 0, hellos = 0, losses = 0, b;
    reg [8*64-1:0] frame = 0;
    reg [31:0] seq = 0;
    reg [7:0] epoch = 0;
    integer bytes = 0;
    wire [63:0] t = frame[8*6+:64];
    always @(posedge sclk) begin
        if (in_valid) begin
            frame[8*bytes+:8] <= in_byte;
            bytes <= bytes + 1;
        end
        `CHECK(!in_bad, "a clean line")
        if (in_end && bytes != 0) begin
            `CHECK(crc == 32'hB798B438, "CRC")
            `CHECK(frame[8*1+:32] == seq, "sequence")
            `CHECK(frame[8*5+:8] == epoch, "epoch")
            seq <= seq + 1;
            frames <= frames + 1;
            bytes <= 0;
            case (frame[7:0])
                8'h01: begin
                    hellos <= hellos + 1;
                    `CHECK(bytes == 14 + 28 + 4, "HELLO's size")
                end
                8'h02: begin
                    if (n_got + n_lost == 0)
                        offset = t - want_t[0];
                    b = n_got + n_lost;
                    `CHECK(bytes == 14 + 4 + 4, "EVENT's size")
                    `CHECK(t == want_t[b] + offset, "EVENT's time")
                    `CHECK({frame[8*16+:16], frame[8*14+:8]}
                           == {want[b][15:0], want[b][23:16]}, "EVENT's levels")
                    `CHECK(frame[8*15+:8] == 2, "two samples")
                    n_got <= n_got + 1;
                end
                8'h03: begin
                    b = n_got + n_lost;
                    `CHECK(bytes == 14 + 20 + 4, "LOST's size")
                    `CHECK(frame[8*18+:64] == want_t[b] + offset, "first lost")
                    `CHECK(frame[8*26+:64] == want_t[b + frame[8*14+:32] - 1] + offset,
                           "last lost")
                    n_lost <= n_lost + frame[8*14+:32];
                    losses <= losses + 1;
                end
                default: `CHECK(0, "a frame nobody asked for")
            endcase
        end
    end

    reg [7:0] level = 0;
    task clock(input [7:0] first, input [7:0] second);
        begin
            @(negedge fclk);
            samples = {second, first};
            if (first != level || second != first) begin
                want_t[n_want] = now * 2;
                want[n_want] = {level, second, first};
                n_want = n_want + 1;
            end
            level = second;
            now = now + 1;
        end
    endtask

    integer k, seed = 7, limit;
    reg [7:0] first;
    task settle;
        begin
            limit = 0;
            while (n_got + n_lost < n_want && limit < 120_000) begin
                clock(level, level);
                limit = limit + 1;
            end
            `CHECK(n_got + n_lost == n_want, "all records arrived or were counted")
        end
    endtask

    initial begin
        repeat (2000) clock(0, 0);
        repeat (12000) clock(level, level);
        `CHECK(hellos == 1 && frames == 1, "HELLO first")
        for (k = 0; k < 14; k = k + 1) begin
            first = $random(seed);
            clock(first, $random(seed));
            repeat ($random(seed) & 15) clock(level, level);
        end
        settle;
        `CHECK(n_lost == 0 && n_got == n_want, "nothing lost below the FIFO's depth")
        for (k = 0; k < BURST; k = k + 1)
            clock($random(seed), $random(seed));
        settle;
        `CHECK(n_lost > 0 && losses == 1, "a burst overflows once")
        // The epoch.
        lock = 0;
        repeat (40) clock(level, level);
        lock = 1;
        epoch = 1;
        repeat (40) clock(level, level);
        clock(~level, ~level);
        settle;
        // Reset: a new epoch, sequence and time from 0.
        reset = 1;
        repeat (40) clock(level, level);
        reset = 0;
        epoch = 2;
        seq = 0;
        k = frames;
        repeat (20000) clock(level, level);
        `CHECK(frames == k + 1 && hellos == 2, "HELLO after reset")
        n_want = 0;
        n_got = 0;
        n_lost = 0;
        clock(level ^ 1, level ^ 2);
        settle;
        $display("# %0d frames", frames);
        `DONE
    end
endmodule
