// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_capture.v - raw samples to timed records. One clock (fclk), two samples a clock.
//
// i_samples[7:0] is the earlier sample of all eight channels, i_samples[15:8] the one half a
// period later. In every clock in which an enabled channel differs from its sample before,
// o_event is high together with the levels just before, both samples and the time of that
// clock: no dead time, simultaneous and sub-clock edges stay together.
// o_time = value of i_now while the samples were at the input, plus 4. The constant cancels in
// every difference of event times.
// o_strobe_edge and o_levels are for the watchdog and the heartbeat: enabled or not.
// i_loop/i_generator put the self-test generator in place of a pin.
// Proved: formal/f_capture.v.
//
// Not handled here: pulses shorter than one sample; metastability beyond the two flip-flops in
// front; coherence of i_enable, i_loop while they change (they are locked while armed).
`default_nettype none

module etl_capture (
    input  wire        i_clk,
    input  wire        i_rst,
    input  wire [15:0] i_samples,
    input  wire [ 7:0] i_loop,
    input  wire        i_generator,
    input  wire [ 7:0] i_enable,
    input  wire [62:0] i_now,
    output reg         o_event,
    output reg  [ 7:0] o_before,
    output reg  [15:0] o_samples,
    output reg  [62:0] o_time,
    output reg         o_strobe_edge,
    output wire [ 7:0] o_levels
);
    (* keep *) reg [15:0] s0;
    reg [15:0] s1, s2, s3;
    reg [7:0] last1, last2, last3;
    reg [7:0] changed;
    reg any_low, any_high;

    assign o_levels = last2;

    always @(posedge i_clk) begin
        s0 <= i_samples;
        s1 <= (s0 & ~{i_loop, i_loop}) | ({16{i_generator}} & {i_loop, i_loop});
        s2 <= s1;
        s3 <= s2;
        o_samples <= s3;
    end

    // What the channels were just before s1, s2, s3.
    always @(posedge i_clk) begin
        last1 <= s1[15:8];
        last2 <= last1;
        last3 <= last2;
        o_before <= last3;
    end

    // Four inputs a channel, one look-up table: this is what limits fclk.
    always @(posedge i_clk)
        changed <= ((s1[7:0] ^ last1) | (s1[15:8] ^ s1[7:0])) & i_enable;

    always @(posedge i_clk)
        o_strobe_edge <= ((s1[0] ^ last1[0]) | (s1[8] ^ s1[0])) & !i_rst;

    always @(posedge i_clk) begin
        any_low <= |changed[3:0];
        any_high <= |changed[7:4];
    end

    always @(posedge i_clk)
        o_event <= (any_low | any_high) & !i_rst;

    always @(posedge i_clk)
        o_time <= i_now;
endmodule
`default_nettype wire
