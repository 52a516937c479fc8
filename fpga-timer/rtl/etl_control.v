// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_control.v - registers, the lock between ARM and DISARM, answers to commands. sclk.
//
// A command (i_command pulse) is carried out at once and leaves one answer for the framer:
// o_answer with o_type (HELLO, REPLY or PONG) and its fields, stable until i_answered. A command
// that comes while an answer is still there is not carried out and counts in IGNORED, as does a
// damaged one or one of unknown type: the host waits for each answer.
// While armed, WRITE, SELFTEST and ARM are refused with LOCKED; only DISARM with the nonce of
// the ARM unlocks. Every refusal to change something counts in REFUSED (saturating).
// WATCHDOG and HEARTBEAT have a resolution of 32 ticks: their low five bits read back as 0.
// After reset the answer waiting is a HELLO.
// o_armed_now marks the answer to an accepted ARM: "since ARM" means since the time of that
// REPLY, and the framer takes the starting point of the lost counter with it.
// o_lost_wanted: the value of this answer is the lost counter, known to the framer only.
//
// Not handled here: who is at the other end of the line. The machine under test reaches pins
// only.
`default_nettype none
`include "etl_wire.vh"

module etl_control #(
    parameter [63:0] HEARTBEAT_TICKS = 64'd50_000_000
) (
    input  wire        i_clk,
    input  wire        i_rst,
    input  wire        i_command,
    input  wire        i_damaged,
    input  wire [ 7:0] i_type,
    input  wire [ 7:0] i_addr,
    input  wire [63:0] i_value,
    input  wire        i_lock,
    input  wire        i_expired,
    // answer
    output reg         o_answer,
    output reg  [ 7:0] o_type,
    output reg  [ 7:0] o_request,
    output reg  [ 7:0] o_addr,
    output reg  [ 7:0] o_code,
    output reg  [63:0] o_value,
    output reg         o_lost_wanted,
    output reg         o_armed_now,
    input  wire        i_answered,
    // configuration
    output reg  [ 7:0] o_enable,
    output reg  [58:0] o_watchdog,
    output reg  [58:0] o_heartbeat,
    output reg         o_restart,     // a new heartbeat period begins
    output reg         o_armed,
    output reg         o_start,       // pulse: armed
    output reg  [15:0] o_refused,
    output wire [ 7:0] o_status,
    output reg  [ 7:0] o_loop,
    output reg  [23:0] o_half,
    output reg         o_run
);
    reg [63:0] nonce;
    reg [15:0] ignored;

    assign o_status = (i_lock ? `WIRE_STATUS_BIT_LOCK : 8'd0)
        | (o_armed ? `WIRE_STATUS_BIT_ARMED : 8'd0)
        | (i_expired ? `WIRE_STATUS_BIT_WATCHDOG : 8'd0);

    wire is_hello = i_type == `WIRE_HELLO_REQUEST;
    wire is_read = i_type == `WIRE_READ;
    wire is_write = i_type == `WIRE_WRITE;
    wire is_arm = i_type == `WIRE_ARM;
    wire is_disarm = i_type == `WIRE_DISARM;
    wire is_ping = i_type == `WIRE_PING;
    wire is_selftest = i_type == `WIRE_SELFTEST;
    wire is_change = is_write || is_arm || is_selftest;
    wire is_known = is_hello || is_read || is_ping || is_disarm || is_change;

    wire accept = i_command && is_known && !o_answer;
    wire ignore = i_damaged || (i_command && !(is_known && !o_answer));

    wire register_known = i_addr <= `WIRE_REG_IGNORED;
    wire register_writable = i_addr == `WIRE_REG_ENABLE || i_addr == `WIRE_REG_WATCHDOG
        || i_addr == `WIRE_REG_HEARTBEAT;

    reg [7:0] code;
    always @(*)
        if (is_change && o_armed)
            code = `WIRE_STATUS_LOCKED;
        else if ((is_write || is_read) && !register_known)
            code = `WIRE_STATUS_NO_REGISTER;
        else if (is_write && !register_writable)
            code = `WIRE_STATUS_READ_ONLY;
        else if (is_disarm && i_value != nonce)
            code = `WIRE_STATUS_BAD_NONCE;
        else
            code = `WIRE_STATUS_OK;

    wire accept_ok = accept && code == `WIRE_STATUS_OK;
    wire write_ok = accept_ok && is_write;
    wire refuse = accept && code != `WIRE_STATUS_OK && code != `WIRE_STATUS_NO_REGISTER;

    // What a register reads, after the write of this command if it is one. A function, so that the
    // simulation evaluates it only when a command is carried out.
    function [63:0] value(input written);
        case (i_addr)
            `WIRE_REG_ID: value = {32'd0, `WIRE_ID_VALUE};
            `WIRE_REG_ENABLE: value = {56'd0, written ? i_value[7:0] : o_enable};
            `WIRE_REG_WATCHDOG: value = {written ? i_value[63:5] : o_watchdog, 5'd0};
            `WIRE_REG_HEARTBEAT: value = {written ? i_value[63:5] : o_heartbeat, 5'd0};
            `WIRE_REG_NONCE: value = nonce;
            `WIRE_REG_STATUS: value = {56'd0, o_status};
            `WIRE_REG_REFUSED: value = {48'd0, o_refused};
            `WIRE_REG_IGNORED: value = {48'd0, ignored};
            default: value = 64'd0;
        endcase
    endfunction

    // Answer.
    always @(posedge i_clk)
        if (i_rst)
            o_answer <= 1'b1;
        else if (accept)
            o_answer <= 1'b1;
        else if (i_answered)
            o_answer <= 1'b0;

    always @(posedge i_clk)
        if (i_rst)
            o_type <= `WIRE_HELLO;
        else if (accept)
            o_type <= is_hello ? `WIRE_HELLO : is_ping ? `WIRE_PONG : `WIRE_REPLY;

    always @(posedge i_clk)
        if (accept) begin
            o_request <= i_type;
            o_addr <= i_addr;
            o_code <= code;
        end

    always @(posedge i_clk)
        if (accept)
            if (is_ping)
                o_value <= i_value;
            else if (is_disarm)
                o_value <= nonce;
            else if (is_arm)
                o_value <= o_armed ? nonce : i_value;
            else if (is_selftest)
                o_value <= {32'd0, o_armed ? {o_half, o_loop} : i_value[31:0]};
            else
                o_value <= value(write_ok);

    always @(posedge i_clk)
        if (i_rst) begin
            o_lost_wanted <= 1'b0;
            o_armed_now <= 1'b0;
        end else if (accept) begin
            o_lost_wanted <= (is_read || is_write) && i_addr == `WIRE_REG_LOST;
            o_armed_now <= accept_ok && is_arm;
        end

    // Lock.
    always @(posedge i_clk)
        if (i_rst)
            o_armed <= 1'b0;
        else if (accept_ok && is_arm)
            o_armed <= 1'b1;
        else if (accept_ok && is_disarm)
            o_armed <= 1'b0;

    always @(posedge i_clk)
        o_start <= !i_rst && accept_ok && is_arm;

    always @(posedge i_clk)
        if (i_rst)
            nonce <= 64'd0;
        else if (accept_ok && is_arm)
            nonce <= i_value;

    // Configuration.
    always @(posedge i_clk)
        if (i_rst)
            o_enable <= 8'hFF;
        else if (write_ok && i_addr == `WIRE_REG_ENABLE)
            o_enable <= i_value[7:0];

    always @(posedge i_clk)
        if (i_rst)
            o_watchdog <= 59'd0;
        else if (write_ok && i_addr == `WIRE_REG_WATCHDOG)
            o_watchdog <= i_value[63:5];

    always @(posedge i_clk)
        if (i_rst)
            o_heartbeat <= HEARTBEAT_TICKS[63:5];
        else if (write_ok && i_addr == `WIRE_REG_HEARTBEAT)
            o_heartbeat <= i_value[63:5];

    always @(posedge i_clk)
        o_restart <= !i_rst && write_ok && i_addr == `WIRE_REG_HEARTBEAT;

    // Self-test: stopped for some clocks around a change, so that the generator, in another
    // clock domain, never sees half of one.
    always @(posedge i_clk)
        if (i_rst)
            {o_half, o_loop} <= 32'd0;
        else if (accept_ok && is_selftest)
            {o_half, o_loop} <= i_value[31:0];

    reg [3:0] settle;
    always @(posedge i_clk)
        if (i_rst || (accept_ok && is_selftest))
            settle <= 4'd0;
        else if (!(&settle))
            settle <= settle + 4'd1;

    always @(posedge i_clk)
        o_run <= (&settle) && o_half != 24'd0;

    // Counters that saturate: a flood must not look like nothing.
    always @(posedge i_clk)
        if (i_rst)
            o_refused <= 16'd0;
        else if (refuse && !(&o_refused))
            o_refused <= o_refused + 16'd1;

    always @(posedge i_clk)
        if (i_rst)
            ignored <= 16'd0;
        else if (ignore && !(&ignored))
            ignored <= ignored + 16'd1;
endmodule
`default_nettype wire
