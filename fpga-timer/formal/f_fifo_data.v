// SPDX-License-Identifier: GPL-3.0-or-later
//
// f_fifo_data.v - proof: what is fetched from any place of the FIFO is what was pushed there last,
// and the fetches go through the places in order.
// Premises, proved in f_fifo.v for the writer that etl_lost is: never more than 24 words held, a
// fetch only while one is held. The two-clock model and AW as there. prove.sh opens a window into
// the memory: i_place, o_at_place.
`default_nettype none

module f_fifo_data #(
    parameter AW = 5
) (
    input wire       i_clk,
    input wire       i_wtick,
    input wire       i_rtick,
    input wire       i_push,
    input wire [1:0] i_word,
    input wire       i_want
);
    wire full, low, valid;
    wire [1:0] word, at_place;
    wire [AW:0] level;
    (* anyconst *) wire [AW:0] place;
    wire pop = i_want && valid;
    etl_fifo #(.W(2), .AW(AW)) u (.i_clk(i_clk), .i_wtick(i_wtick), .i_wrst(1'b0),
        .i_push(i_push), .i_word(i_word), .o_full(full), .o_low(low), .i_rtick(i_rtick),
        .i_rrst(1'b0), .o_valid(valid), .o_word(word), .i_pop(pop), .o_level(level),
        .i_place(place), .o_at_place(at_place));
    (* hierconn *) wire [AW:0] \u.wbin , \u.rbin , \u.popped0 ;
    (* hierconn *) wire \u.push , \u.fetch ;
    (* hierconn *) wire [1:0] \u.word ;
    initial assume (\u.wbin == 0 && \u.rbin == 0 && \u.popped0 == 0 && !\u.push && !valid);

    wire [AW:0] held = \u.wbin - \u.rbin ;
    always @(*) begin
        assume (held <= 24);
        assume (!\u.fetch || held != 0);
    end

    reg [1:0] data; // pushed at the place last
    always @(posedge i_clk)
        if (i_wtick && \u.push && \u.wbin == place)
            data <= \u.word ;
    wire [AW:0] distance = place - \u.rbin ;
    wire live = distance < held;

    reg place_out = 1'b0; // the word at the output is that of the place
    reg [1:0] place_word;
    reg [AW:0] was_rbin = 0;
    reg was_fetch = 1'b0;
    always @(posedge i_clk) begin
        was_rbin <= \u.rbin ;
        was_fetch <= i_rtick && \u.fetch ;
        if (i_rtick) begin
            if (\u.fetch ) begin
                place_out <= \u.rbin == place;
                place_word <= data;
            end else if (pop)
                place_out <= 1'b0;
        end
    end

    always @(*) begin
        if (live)
            assert (at_place == data);
        if (place_out)
            assert (valid && word == place_word);
        if (was_fetch)
            assert (\u.rbin == was_rbin + 1'b1 && valid);
        assert (\u.popped0 == \u.rbin - valid);
    end
endmodule
