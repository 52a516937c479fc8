// SPDX-License-Identifier: GPL-3.0-or-later
//
// tb_domains.v - what crosses clock domains, at clocks that share no rhythm: etl_reset,
// etl_epoch, etl_snapshot, and etl_timers' heartbeat and watchdog.
`timescale 1ns / 1ps
`default_nettype none

module tb_domains;
    `include "tb_check.vh"
    parameter real F_PERIOD = 5.0, S_PERIOD = 20.8;
    reg fclk = 0, sclk = 0, request = 0, lock = 0;
    always #(F_PERIOD / 2) fclk = !fclk;
    always #(S_PERIOD / 2) sclk = !sclk;

    wire frst, srst, locked;
    wire [7:0] epoch, gray;
    etl_reset u_frst (.i_clk(fclk), .i_request(request), .o_rst(frst));
    etl_reset u_srst (.i_clk(sclk), .i_request(request), .o_rst(srst));
    etl_epoch u_epoch (.i_clk(sclk), .i_request(request), .i_lock(lock), .o_lock(locked),
                       .o_epoch(epoch), .o_epoch_gray(gray));
    reg [7:0] was_gray = 0;
    integer bit_n, moved;
    always @(gray) begin
        moved = 0;
        for (bit_n = 0; bit_n < 8; bit_n = bit_n + 1)
            moved = moved + (gray[bit_n] ^ was_gray[bit_n]);
        was_gray = gray;
        `CHECK(moved <= 1, "one bit of the gray epoch at a time")
    end

    // Snapshot of two counters that must agree.
    reg [31:0] up = 0, down = 32'hFFFFFFFF;
    always @(posedge fclk) begin
        up <= up + 1;
        down <= down - 1;
    end
    reg ask = 0;
    wire done;
    wire [63:0] copy;
    reg [31:0] asked_at = 0, copies = 0;
    etl_snapshot #(.WIDTH(64)) u_snapshot (.i_fclk(fclk), .i_frst(frst), .i_data({up, down}),
        .i_sclk(sclk), .i_srst(srst), .i_request(ask), .o_done(done), .o_data(copy));
    always @(posedge sclk)
        if (done) begin
            copies <= copies + 1;
            `CHECK(copy[63:32] == ~copy[31:0], "the copy is coherent")
            `CHECK(copy[63:32] - asked_at <= 8 + 3 * S_PERIOD / F_PERIOD, "and fresh")
            `CHECK(copy[63:32] >= asked_at, "and not old")
        end

    // Heartbeat every 10 units, watchdog of 20 units.
    reg restart = 0, start = 0, armed = 0, level = 0, active = 0;
    wire beat, expired;
    etl_timers u_timers (.i_clk(sclk), .i_rst(srst), .i_unit(up[4]), .i_period(59'd10),
        .i_restart(restart), .o_heartbeat(beat), .i_start(start), .i_armed(armed),
        .i_limit(59'd20), .i_strobe_level(level), .i_strobe_active(active),
        .o_expired(expired));
    integer beats = 0;
    reg [31:0] last_beat = 0;
    always @(posedge sclk)
        if (srst)
            beats <= 0;
        else if (beat) begin
            beats <= beats + 1;
            last_beat <= up;
            if (beats > 1)
                `CHECK(up - last_beat >= 150 && up - last_beat <= 170, "160 clocks a beat")
        end

    task strobe;
        begin
            level = !level;
            active = 1;
            repeat (16) @(posedge fclk);
            active = 0;
        end
    endtask

    integer k;
    initial begin
        #1;
        `CHECK(frst && srst, "reset after configuration")
        #1000;
        `CHECK(!frst && !srst, "reset ends")
        `CHECK(!locked && epoch == 0, "no lock yet, epoch 0")
        lock = 1;
        #200;
        `CHECK(locked && epoch == 0, "lock is not a break")
        for (k = 1; k <= 300; k = k + 1) begin
            lock = 0;
            #100 lock = 1;
            #100;
            `CHECK(epoch == (k & 255), "a loss of lock is a break")
        end
        request = 1;
        #100;
        `CHECK(frst && srst, "reset on request")
        request = 0;
        #1000;
        `CHECK(!frst && !srst && epoch == 45, "and is one break")
        for (k = 0; k < 200; k = k + 1) begin
            @(negedge sclk) ask = 1;
            asked_at = up;
            @(negedge sclk) ask = 0;
            #(300 + k);
        end
        `CHECK(copies == 200, "every request is answered once")
        `CHECK(beats > 20, "beats came")
        // Watchdog.
        @(negedge sclk) start = 1;
        armed = 1;
        @(negedge sclk) start = 0;
        #(40 * 16 * F_PERIOD);
        `CHECK(!expired, "no strobe, no deadline")
        strobe;
        #(18 * 16 * F_PERIOD) strobe;
        #(40 * 16 * F_PERIOD);
        `CHECK(!expired, "STOP in time")
        strobe;
        #(15 * 16 * F_PERIOD) strobe;
        strobe;
        #(17 * 16 * F_PERIOD);
        `CHECK(!expired, "a strobe begins anew")
        #(5 * 16 * F_PERIOD);
        `CHECK(expired, "a STOP that does not come")
        strobe;
        #1000;
        `CHECK(expired, "stays")
        @(negedge sclk) start = 1;
        @(negedge sclk) start = 0;
        #100;
        `CHECK(!expired, "until the next ARM")
        `DONE
    end
endmodule
