// SPDX-License-Identifier: GPL-3.0-or-later
//
// f_lost.v - proof of the accounting: edges = delivered + in flight + lost, and in order.
//
// Each record coming in is given its number (from 0) as its time. Then at the output
//   an event's number = events put out before it + what the last loss word B reported:
//   so every record missing before it has been reported before it, and none too many;
//   A holds the number of the first record lost, B of the last and how many were lost up to
//   then, and B follows A at once.
// i_full and i_low are free inputs: it holds whatever the FIFO says. Numbers are 16 bits; the
// arithmetic is modular and knows no size.
`default_nettype none

module f_lost (
    input wire       i_clk,
    input wire       i_event,
    input wire       i_full,
    input wire       i_low,
    input wire [7:0] i_before,
    input wire [15:0] i_samples,
    input wire [7:0] i_epoch
);

    reg [15:0] n_in = 16'd0; // records that came in before this clock
    wire push;
    wire [95:0] word;
    wire [31:0] total;
    etl_lost u (.i_clk(i_clk), .i_rst(1'b0), .i_event(i_event), .i_before(i_before),
            .i_samples(i_samples), .i_time({47'd0, n_in}), .i_epoch_gray(i_epoch),
            .i_full(i_full), .i_low(i_low), .o_push(push), .o_word(word), .o_total(total));
    (* hierconn *) wire [1:0] \u.state ;
    (* hierconn *) wire \u.event1 , \u.lost1 , \u.first1 , \u.a1 , \u.b1 ;
    (* hierconn *) wire \u.event2 , \u.a2 , \u.b2 ;
    (* hierconn *) wire [62:0] \u.time1 , \u.time2 , \u.time_first , \u.time_last ;
    localparam [1:0] RUN = 2'd0, LOSS = 2'd1, SEND_B = 2'd2;
    // The state that reset leaves.
    initial assume (\u.state == RUN && total == 0 && !push);
    initial assume (!\u.event1 && !\u.lost1 && !\u.first1 && !\u.a1 && !\u.b1 );
    initial assume (!\u.event2 && !\u.a2 && !\u.b2 );

    wire [15:0] lost = total[15:0];
    wire out_event = push && !word[95];
    wire out_b = push && word[95] && was_b2;
    wire [15:0] reported = word[78:63]; // low bits of B's count

    reg [15:0] n_out = 16'd0, base = 16'd0; // event words before this clock; last B before it
    reg [15:0] first = 16'd0, last = 16'd0, was_last = 16'd0;
    reg was_lost1 = 1'b0, was_a2 = 1'b0, was_b2 = 1'b0, was_out_a = 1'b0;
    // Records lost up to and with the clock in which B was decided, one to three clocks later.
    reg [15:0] b_count1 = 16'd0, b_count2 = 16'd0, b_count3 = 16'd0, n_lost = 16'd0;
    wire loses = i_event && (\u.state != RUN || i_full);
    always @(posedge i_clk) begin
        n_in <= n_in + i_event;
        n_out <= n_out + out_event;
        if (out_b)
            base <= reported;
        if (\u.state == RUN && loses)
            first <= n_in;
        if (loses)
            last <= n_in;
        was_last <= last;
        was_lost1 <= \u.lost1 ;
        was_a2 <= \u.a2 ;
        was_b2 <= \u.b2 ;
        was_out_a <= push && was_a2;
        n_lost <= n_lost + loses;
        b_count1 <= n_lost + loses;
        b_count2 <= b_count1;
        b_count3 <= b_count2;
    end

    // What the last B reported once it and the words before it are out.
    wire [15:0] base_now = out_b ? reported : base;

    always @(*) begin
        // The account.
        assert (n_in == n_out + out_event + \u.event2 + \u.event1 + \u.lost1 + lost);
        // The order.
        if (out_event)
            assert (word[15:0] == n_out + base);
        if (push && was_a2)
            assert (word[95]);
        if (out_b)
            assert (was_out_a);
        if (was_out_a)
            assert (out_b);
        if (push)
            assert (was_a2 || was_b2 || !word[95]);
        // A and B.
        if (\u.a2 )
            assert (\u.time_first [15:0] == first);
        if (\u.b2 )
            assert (\u.time_last [15:0] == was_last);

        if (out_b)
            assert (reported == b_count3);

        // Invariants that carry the induction.
        assert (n_lost == lost + \u.lost1 && b_count1 == n_lost && b_count2 == lost);
        assert (\u.state <= SEND_B);
        assert (!(\u.event1 && \u.lost1 ));
        assert (\u.event1 + \u.a1 + \u.b1 <= 1 && \u.event2 + \u.a2 + \u.b2 <= 1);
        assert (push == (out_event || was_a2 || was_b2) && !(was_a2 && was_b2));
        assert ((was_a2 || was_b2) == (push && word[95]));
        assert ((\u.state == SEND_B) == \u.a1 );
        assert (\u.a2 == \u.b1 );
        assert (was_a2 == \u.b2 );
        assert (was_b2 == was_out_a);
        if (\u.event1 || \u.lost1 )
            assert (\u.time1 [15:0] == n_in - 16'd1);
        if (\u.event2 )
            assert (\u.time2 [15:0] == n_in - 16'd1 - \u.event1 - \u.lost1 );
        if (\u.event1 || (\u.state == RUN && !\u.b1 )) begin
            assert (!\u.lost1 );
            assert (\u.b2 || base_now == lost);
    end
        if (\u.event2 )
            assert (base_now == lost);
        if (out_event)
            assert (base == lost - was_lost1);
        if (was_lost1)
            assert (!\u.event2 );
        if (\u.lost1 && \u.first1 )
            assert (\u.time1 [15:0] == first && \u.state == LOSS);
        if (\u.a1 || \u.a2 || (\u.state == LOSS && !(\u.lost1 && \u.first1 )))
            assert (\u.time_first [15:0] == first);
        if (\u.lost1 )
            assert (last == n_in - 16'd1);
        if (lost != 16'd0 || \u.state != RUN || \u.b1 || \u.b2 )
            assert (\u.lost1 ? (\u.time1 [15:0] == last) : (was_last == last));
        if (\u.state != RUN && !(\u.lost1 && \u.first1 ))
            assert (\u.time_last [15:0] == was_last);
        if (\u.b1 || \u.b2 )
            assert (\u.time_last [15:0] == was_last);
    end
endmodule
