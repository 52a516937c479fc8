// SPDX-License-Identifier: GPL-3.0-or-later
//
// f_capture.v - proof: o_event is high exactly for the clocks in which an enabled channel differs
// from its sample before; the record holds what was there; the time is that clock's plus 4.
// A pipeline without memory: the reference is the input, delayed.
`default_nettype none

module f_capture (
    input wire        i_clk,
    input wire [15:0] i_samples,
    input wire        i_generator
);
    (* anyconst *) wire [7:0] enable;
    (* anyconst *) wire [7:0] loop;

    reg [62:0] now = 63'd0;
    always @(posedge i_clk)
        now <= now + 63'd1;

    wire is_event;
    wire [7:0] before;
    wire [15:0] samples;
    wire [62:0] when;
    wire edge_0;
    wire [7:0] levels;
    etl_capture u (.i_clk(i_clk), .i_rst(1'b0), .i_samples(i_samples), .i_loop(loop),
                   .i_generator(i_generator), .i_enable(enable), .i_now(now),
                   .o_event(is_event), .o_before(before), .o_samples(samples), .o_time(when),
                   .o_strobe_edge(edge_0), .o_levels(levels));

    // d[k]: what was at the input k clocks ago, after the loop; t[k] its clock.
    reg [15:0] raw;
    reg [15:0] d2, d3, d4, d5, d6;
    reg [62:0] t1, t2, t3, t4, t5;
    reg [3:0] age = 4'd0;
    always @(posedge i_clk) begin
        raw <= i_samples;
        d2 <= (raw & ~{2{loop}}) | ({16{i_generator}} & {2{loop}});
        d3 <= d2;
        d4 <= d3;
        d5 <= d4;
        d6 <= d5;
        t1 <= now;
        t2 <= t1;
        t3 <= t2;
        t4 <= t3;
        t5 <= t4;
        if (age != 4'd15)
            age <= age + 4'd1;
    end

    wire [7:0] differs = (d5[7:0] ^ d6[15:8]) | (d5[15:8] ^ d5[7:0]);
    always @(*)
        if (age >= 4'd7) begin
            assert (is_event == |(differs & enable));
            if (is_event) begin
                assert (samples == d5 && before == d6[15:8]);
                assert (when == t5 + 63'd4);
            end
            assert (edge_0 == ((d3[0] ^ d4[8]) | (d3[8] ^ d3[0])));
            assert (levels == d4[15:8]);
        end
endmodule
