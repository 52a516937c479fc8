// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_timers.v - heartbeat period and missing-STOP watchdog. One clock (sclk).
//
// Time comes in units of 32 ticks: each change of i_unit, which is bit 4 of the fclk counter.
// Heartbeat: o_heartbeat pulses every i_period units; i_restart begins a new period; 0 is off.
// Watchdog: while i_armed and an odd number of strobe edges has been seen since i_start, each
// strobe edge (i_strobe_active, high for several sclk after an edge) gives i_limit units; when
// they are over, o_expired goes high and stays until i_start. 0 is off.
// "Odd" is read from the strobe's level against its level at i_start: one bit that cannot
// miscount.
// Deadlines are exact to two units and the domain crossing, about 1 us at any usable clock.
// Not handled here: strobe edges closer to i_start than the domain crossing (a few sclk).
`default_nettype none

module etl_timers (
    input  wire        i_clk,
    input  wire        i_rst,
    input  wire        i_unit,
    input  wire [58:0] i_period,
    input  wire        i_restart,
    output reg         o_heartbeat,
    input  wire        i_start,
    input  wire        i_armed,
    input  wire [58:0] i_limit,
    input  wire        i_strobe_level,
    input  wire        i_strobe_active,
    output reg         o_expired
);
    wire unit, level, active;
    etl_sync #(.WIDTH(3)) u_sync (.i_clk(i_clk), .i_d({i_unit, i_strobe_level, i_strobe_active}),
                                  .o_q({unit, level, active}));

    reg was_unit;
    always @(posedge i_clk)
        was_unit <= unit;
    wire step = unit != was_unit;

    reg [58:0] left;
    wire due = left <= 59'd1;
    always @(posedge i_clk)
        if (i_rst || i_restart || (step && due))
            left <= i_period;
        else if (step)
            left <= left - 59'd1;

    always @(posedge i_clk)
        o_heartbeat <= !i_rst && !i_restart && step && due && i_period != 59'd0;

    reg level_at_start;
    always @(posedge i_clk)
        if (i_start)
            level_at_start <= level;
    wire running = i_armed && !i_start && level != level_at_start && i_limit != 59'd0;

    reg [58:0] patience;
    always @(posedge i_clk)
        if (!running || active)
            patience <= i_limit;
        else if (step && !o_expired)
            patience <= patience - 59'd1;

    always @(posedge i_clk)
        if (i_rst || i_start)
            o_expired <= 1'b0;
        else if (running && !active && step && patience <= 59'd1)
            o_expired <= 1'b1;
endmodule
`default_nettype wire
