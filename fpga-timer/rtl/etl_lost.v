// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_lost.v - the gate before the FIFO: every record goes in or is counted. One clock (fclk).
//
// Output word, 96 bits:
//   event   0 | epoch gray [8] | before [8] | samples [16] | time [63]
//   loss A  1 | 0 [32]                                     | time of the first record lost
//   loss B  1 | records lost since reset [32]              | time of the last record lost
// A loss begins when a record meets i_full, and ends when i_low says that the FIFO is half
// empty again: A and B are then pushed in two clocks one after the other. Records that come in
// the clocks of A and B are lost too and are contained in B. So loss words stand in the stream
// exactly where records are missing, B's count is exact, and what follows is contiguous.
// i_full must leave room for the pipeline and B (see etl_fifo SLACK); i_full and i_low are never
// high together.
// Proved by induction: formal/f_lost.v.
//
// Not handled here: more than 2^32 - 1 records lost between two loss words (the count wraps).
`default_nettype none

module etl_lost (
    input  wire        i_clk,
    input  wire        i_rst,
    input  wire        i_event,
    input  wire [ 7:0] i_before,
    input  wire [15:0] i_samples,
    input  wire [62:0] i_time,
    input  wire [ 7:0] i_epoch_gray,
    input  wire        i_full,
    input  wire        i_low,
    output reg         o_push,
    output reg  [95:0] o_word,
    output wire [31:0] o_total        // records lost since reset, three clocks late
);
    localparam [1:0] RUN = 2'd0, LOSS = 2'd1, SEND_B = 2'd2;

    reg [1:0] state;
    always @(posedge i_clk)
        if (i_rst)
            state <= RUN;
        else
            case (state)
                RUN: if (i_event && i_full) state <= LOSS;
                LOSS: if (i_low) state <= SEND_B;
                default: state <= RUN;
            endcase

    // Stage 1: what becomes of this clock.
    reg event1, lost1, first1, a1, b1;
    always @(posedge i_clk) begin
        event1 <= !i_rst && state == RUN && i_event && !i_full;
        lost1 <= !i_rst && i_event && (state != RUN || i_full);
        first1 <= !i_rst && state == RUN;
        a1 <= !i_rst && state == LOSS && i_low;
        b1 <= !i_rst && state == SEND_B;
    end

    reg [62:0] time1, time2, time_first, time_last;
    reg [31:0] body1, body2;
    always @(posedge i_clk) begin
        time1 <= i_time;
        time2 <= time1;
        body1 <= {i_epoch_gray, i_before, i_samples};
        body2 <= body1;
    end

    // Stage 2: account. When b2 is high, total and time_last contain B's own clock.
    reg event2, a2, b2;
    always @(posedge i_clk) begin
        event2 <= event1;
        a2 <= a1;
        b2 <= b1;
    end

    always @(posedge i_clk)
        if (lost1 && first1)
            time_first <= time1;

    always @(posedge i_clk)
        if (lost1)
            time_last <= time1;

    wire [31:0] total;
    etl_count #(.WIDTH(32)) u_total (.i_clk(i_clk), .i_rst(i_rst), .i_en(lost1), .o_q(total));
    assign o_total = total;

    // Stage 3: the word.
    always @(posedge i_clk)
        o_push <= !i_rst && (event2 || a2 || b2);

    always @(posedge i_clk)
        if (b2)
            o_word <= {1'b1, total, time_last};
        else if (a2)
            o_word <= {1'b1, 32'd0, time_first};
        else
            o_word <= {1'b0, body2, time2};
endmodule
`default_nettype wire
