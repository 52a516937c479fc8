// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_fifo.v - dual-clock FIFO: gray pointers, memory block, registered almost-full.
//
// Write side: i_push stores i_word. The FIFO does not refuse: o_full goes high while SLACK (16)
// places are free, and the writer has to stop in time: a push shows in o_full 4 clocks after
// i_push, and etl_lost decides 3 clocks before it, so 6 more records may be under way.
// o_low says that it is less than half full. Both know of pops later still, which is the safe
// side.
// Read side: o_valid with o_word; i_pop takes it. o_level is the number of records held five
// clocks ago, or more by what was popped since: its maximum is never below the true one.
//
// Not handled here: a push beyond SLACK (overwrites); one side in reset while the other runs for
// longer than etl_reset allows. AW <= 10.
`default_nettype none

module etl_fifo #(
    parameter W = 96,
    parameter AW = 8
) (
    input  wire         i_wclk,
    input  wire         i_wrst,
    input  wire         i_push,
    input  wire [W-1:0] i_word,
    output reg          o_full,
    output reg          o_low,
    input  wire         i_rclk,
    input  wire         i_rrst,
    output reg          o_valid,
    output reg  [W-1:0] o_word,
    input  wire         i_pop,
    output reg  [ AW:0] o_level
);
    reg [W-1:0] mem [0:(1<<AW)-1];

    // Write side.
    reg push;
    reg [W-1:0] word;
    always @(posedge i_wclk) begin
        push <= i_push && !i_wrst;
        word <= i_word;
    end

    reg [AW:0] wbin, wgray;
    always @(posedge i_wclk)
        if (i_wrst)
            wbin <= {(AW + 1) {1'b0}};
        else if (push)
            wbin <= wbin + 1'b1;

    always @(posedge i_wclk)
        if (push)
            mem[wbin[AW-1:0]] <= word;

    always @(posedge i_wclk)
        if (i_wrst)
            wgray <= {(AW + 1) {1'b0}};
        else
            wgray <= wbin ^ (wbin >> 1);

    // The read pointer here: gray to binary in two stages of one look-up table each.
    reg [AW:0] rgray;
    wire [AW:0] rgray_w;
    etl_sync #(.WIDTH(AW + 1)) u_rgray (.i_clk(i_wclk), .i_d(rgray), .o_q(rgray_w));
    reg [AW:0] rpart, rbin_w, used;
    always @(posedge i_wclk) begin
        rpart <= rgray_w ^ (rgray_w >> 1) ^ (rgray_w >> 2) ^ (rgray_w >> 3);
        rbin_w <= rpart ^ (rpart >> 4) ^ (rpart >> 8);
        used <= wbin - rbin_w;
    end

    always @(posedge i_wclk)
        o_full <= !i_wrst && (used[AW] || (&used[AW-1:4]));

    always @(posedge i_wclk)
        o_low <= !i_wrst && used[AW:AW-1] == 2'b00;

    // Read side.
    wire [AW:0] wgray_r;
    etl_sync #(.WIDTH(AW + 1)) u_wgray (.i_clk(i_rclk), .i_d(wgray), .o_q(wgray_r));

    reg [AW:0] rbin;
    wire [AW:0] rnext = rbin + 1'b1;
    wire fetch = rgray != wgray_r && (!o_valid || i_pop);
    always @(posedge i_rclk)
        if (i_rrst) begin
            rbin <= {(AW + 1) {1'b0}};
            rgray <= {(AW + 1) {1'b0}};
        end else if (fetch) begin
            rbin <= rnext;
            rgray <= rnext ^ (rnext >> 1);
        end

    always @(posedge i_rclk)
        if (fetch)
            o_word <= mem[rbin[AW-1:0]];

    always @(posedge i_rclk)
        if (i_rrst)
            o_valid <= 1'b0;
        else if (fetch)
            o_valid <= 1'b1;
        else if (i_pop)
            o_valid <= 1'b0;

    // Level: the write pointer is known up to five clocks late, so it is compared with what had
    // been popped six clocks ago.
    reg [AW:0] wpart, wbin_r;
    always @(posedge i_rclk) begin
        wpart <= wgray_r ^ (wgray_r >> 1) ^ (wgray_r >> 2) ^ (wgray_r >> 3);
        wbin_r <= wpart ^ (wpart >> 4) ^ (wpart >> 8);
    end

    reg [AW:0] popped0, popped1, popped2, popped3, popped4, popped5, popped6;
    always @(posedge i_rclk)
        if (i_rrst)
            popped0 <= {(AW + 1) {1'b0}};
        else if (i_pop && o_valid)
            popped0 <= popped0 + 1'b1;

    always @(posedge i_rclk) begin
        popped1 <= popped0;
        popped2 <= popped1;
        popped3 <= popped2;
        popped4 <= popped3;
        popped5 <= popped4;
        popped6 <= popped5;
    end

    always @(posedge i_rclk)
        o_level <= wbin_r - popped6;
endmodule
`default_nettype wire
