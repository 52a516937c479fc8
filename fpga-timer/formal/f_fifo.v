// SPDX-License-Identifier: GPL-3.0-or-later
//
// f_fifo.v - proof: with a writer that obeys o_full as etl_lost does, the FIFO never overflows,
// and a fetch takes what is there. With that as a premise, f_fifo_data.v proves that words come
// out in order, as they were pushed.
//
// Two clocks of any ratio and phase: prove.sh rewrites the RTL so that each domain moves at its
// tick (i_wtick, i_rtick, free inputs) of one clock. AW = 5, the smallest with 16 places of
// slack. It begins in the state that reset leaves.
// The writer decides three write clocks before i_push and only while o_full is low; one more
// push may follow a clock with o_low (word B of a loss).
// Ghosts count how far the copies of each pointer are behind on their way to the other side; the
// copies stay in order, so neither side ever believes more than is true.
// Not modelled: metastability (pointers are gray coded, one bit moves at a time).
`default_nettype none

module f_fifo #(
    parameter AW = 5
) (
    input wire       i_clk,
    input wire       i_wtick,
    input wire       i_rtick,
    input wire       i_decide,
    input wire       i_word,
    input wire       i_want
);
    // The writer.
    reg d1 = 1'b0, d2 = 1'b0, d3 = 1'b0, was_low = 1'b0;
    wire full, low, valid;
    wire decide = i_decide && (!full || was_low);
    always @(posedge i_clk)
        if (i_wtick) begin
            d1 <= decide;
            d2 <= d1;
            d3 <= d2;
            was_low <= low;
        end

    wire word;
    wire [AW:0] level;
    wire pop = i_want && valid;
    etl_fifo #(.W(1), .AW(AW)) u (.i_clk(i_clk), .i_wtick(i_wtick), .i_wrst(1'b0), .i_push(d3),
        .i_word(i_word), .o_full(full), .o_low(low), .i_rtick(i_rtick), .i_rrst(1'b0),
        .o_valid(valid), .o_word(word), .i_pop(pop), .o_level(level));
    (* hierconn *) wire [AW:0] \u.wbin , \u.wgray , \u.rbin , \u.rgray , \u.rgray_w , \u.wgray_r ;
    (* hierconn *) wire [AW:0] \u.rpart , \u.rbin_w , \u.used , \u.popped0 ;
    (* hierconn *) wire [AW:0] \u.u_rgray.meta , \u.u_wgray.meta ;
    (* hierconn *) wire \u.push , \u.fetch ;
    initial assume (\u.wbin == 0 && \u.wgray == 0 && \u.rbin == 0 && \u.rgray == 0);
    initial assume (\u.rgray_w == 0 && \u.wgray_r == 0 && \u.rpart == 0 && \u.rbin_w == 0);
    initial assume (\u.used == 0 && \u.popped0 == 0 && \u.u_rgray.meta == 0);
    initial assume (\u.u_wgray.meta == 0 && !\u.push && !full && !valid);

    function [AW:0] gray(input [AW:0] b);
        gray = b ^ (b >> 1);
    endfunction
    function [AW:0] part(input [AW:0] g); // the first half of the way back
        part = g ^ (g >> 1) ^ (g >> 2) ^ (g >> 3);
    endfunction

    // Ghosts. held: words in the FIFO. x1..x3: how far ahead of the read pointer the copies of the
    // write pointer are (wgray, meta, wgray_r). y0..y3: how far ahead of rbin_w the read pointer
    // and its copies are (meta, rgray_w, rpart). All small numbers, moved as the words move.
    // w1..w3, r1..r3: the pointers themselves at those places.
    reg [AW:0] held = 0, x1 = 0, x2 = 0, x3 = 0, y0 = 0, y1 = 0, y2 = 0, y3 = 0, was_seen = 0;
    reg [AW:0] w1 = 0, w2 = 0, w3 = 0, r1 = 0, r2 = 0, r3 = 0;
    wire gone = i_rtick && \u.fetch ;
    wire came = i_wtick && \u.push ;
    wire [AW:0] seen = held + y0; // what the write side believes is held
    wire [AW:0] under_way = d1 + d2 + d3 + \u.push ;
    always @(posedge i_clk) begin
        held <= held + came - gone;
        x1 <= (i_wtick ? held : x1) - gone;
        x2 <= (i_rtick ? x1 : x2) - gone;
        x3 <= (i_rtick ? x2 : x3) - gone;
        y0 <= y0 - (i_wtick ? y3 : 0) + gone;
        if (i_rtick) begin
            w2 <= w1;
            w3 <= w2;
        end
        if (i_wtick) begin
            w1 <= \u.wbin ;
            r1 <= \u.rbin ;
            r2 <= r1;
            r3 <= r2;
            y1 <= y0 - y3;
            y2 <= y1 - y3;
            y3 <= y2 - y3;
            was_seen <= seen;
        end
    end

    always @(*) begin
        // No overflow: 32 places, at most 24 in use.
        assert (held <= 24);
        // A fetch takes what is there.
        if (\u.fetch )
            assert (held != 0);

        // Invariants: the registers are what the ghosts say …
        assert (\u.wgray == gray(w1) && \u.u_wgray.meta == gray(w2) && \u.wgray_r == gray(w3));
        assert (\u.rgray == gray(\u.rbin ) && \u.u_rgray.meta == gray(r1));
        assert (\u.rgray_w == gray(r2) && \u.rpart == part(gray(r3)));
        assert (\u.wbin == \u.rbin + held && w1 == \u.rbin + x1 && w2 == \u.rbin + x2);
        assert (w3 == \u.rbin + x3 && \u.rbin == \u.rbin_w + y0 && r1 == \u.rbin_w + y1);
        assert (r2 == \u.rbin_w + y2 && r3 == \u.rbin_w + y3 && \u.used == was_seen);
        // … the copies are in order …
        assert (x3 <= x2 && x2 <= x1 && x1 <= held && held <= x1 + 1);
        assert (y3 <= y2 && y2 <= y1 && y1 <= y0 && y0 <= 24);
        // … and the writer stops in time.
        assert (was_seen <= 24 && seen <= was_seen + 1 && seen + under_way <= 24);
        assert (full || was_seen <= 16);
        assert (!low || was_seen <= 16);
        assert (!was_low || was_seen <= 17);
    end
endmodule
