// SPDX-License-Identifier: GPL-3.0-or-later
//
// f_selftest.v - proof: while running, the generator toggles every i_half clocks exactly.
// `count` is the clocks since the last toggle; what the two counters still have to run is always
// what is missing to i_half.
`default_nettype none

module f_selftest (
    input wire i_clk
);
    (* anyconst *) wire [23:0] half;
    always @(*)
        assume (half != 24'd0);

    reg [2:0] age = 3'd0;
    wire run = age == 3'd7;
    always @(posedge i_clk)
        if (!run)
            age <= age + 3'd1;

    wire level;
    etl_selftest u (.i_clk(i_clk), .i_run(run), .i_half(half), .o_level(level));
    (* hierconn *) wire [23:0] \u.reload ;
    (* hierconn *) wire \u.reload_low_zero , \u.reload_high_zero , \u.low_zero , \u.high_zero ;
    (* hierconn *) wire [7:0] \u.low ;
    (* hierconn *) wire [15:0] \u.high ;

    // Clocks since the last toggle, or since the run began; the toggle follows the clock `over`.
    wire over = \u.low_zero && \u.high_zero ;
    wire [23:0] to_run = {\u.high , 8'd0} + \u.low + 24'd1;
    reg [23:0] count = 24'd0;
    reg was_level = 1'b0, was_over = 1'b0;
    always @(posedge i_clk) begin
        was_level <= level;
        count <= !run || over ? 24'd0 : count + 24'd1;
        was_over <= run && over;
    end

    always @(*) begin
        if (age >= 3'd2)
            assert (\u.reload == half - 24'd1);
        if (age >= 3'd3) begin
            assert (\u.reload_low_zero == (\u.reload [7:0] == 8'd0));
            assert (\u.reload_high_zero == (\u.reload [23:8] == 16'd0));
        end
        if (age >= 3'd4) begin
            assert (\u.low_zero == (\u.low == 8'd0));
            if (\u.high_zero )
                assert (\u.high == 16'd0);
            if (\u.high == 16'd0 && \u.low != 8'hFF)
                assert (\u.high_zero );
        end
        if (!run && age >= 3'd4)
            assert ({\u.high , \u.low } == half - 24'd1 && !level);
        if (run) begin
            assert (count + to_run == half);
            if (over)
                assert (count == half - 24'd1);
            assert (level == (was_level ^ was_over));
        end
    end
endmodule
