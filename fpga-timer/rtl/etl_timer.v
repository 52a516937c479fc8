// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_timer.v - the timer: eight channels in, wire v1 out (probe/wire.h).
//
// Two clocks: i_fclk captures, i_sclk does the rest. i_sclk must be slower than i_fclk and faster
// than i_fclk / 8. Resolution is half a period of fclk.
// i_samples: two samples a clock, synchronous to i_fclk, as a DDR input pad gives them
// ([7:0] the earlier). o_watchdog: a STOP did not come by its deadline.
// edges = frames delivered + records in the FIFO + records counted lost, always: etl_lost.
// Only i_rx changes the configuration, and nothing does between ARM and DISARM.
//
// Parameters: FCLK_HZ (in HELLO and for the default heartbeat period), SCLK_HZ and UART_DIV
// (baud = SCLK_HZ / UART_DIV), FIFO_AW (2^FIFO_AW records), BUILD_ID (bitstream; 0 when
// simulated). The macro ETL_SOURCE_ID is the first 8 bytes of SHA-256 over rtl/*, computed by
// the build (module.mk).
//
// Not handled here: pads and PLL (boards/), steering of the clock (the reference is stamped on
// channel 6 instead), flow control.
`default_nettype none

module etl_timer #(
    parameter [31:0] FCLK_HZ = 32'd250_000_000,
    parameter [31:0] SCLK_HZ = 32'd62_500_000,
    parameter [15:0] UART_DIV = 16'd5,
    parameter FIFO_AW = 8,
    parameter [63:0] BUILD_ID = 64'd0
) (
    input  wire        i_fclk,
    input  wire        i_sclk,
    input  wire        i_reset,       // asynchronous, active high, at least 3 sclk long
    input  wire        i_lock,        // asynchronous, clock locked
    input  wire [15:0] i_samples,
    input  wire        i_rx,
    output wire        o_tx,
    output wire        o_watchdog
);
    // One unsigned 64-bit step: 100 ms in ticks of half an fclk period.
    localparam [63:0] HEARTBEAT_TICKS = {32'd0, FCLK_HZ} / 64'd5;

    wire frst, srst;
    etl_reset u_frst (.i_clk(i_fclk), .i_request(i_reset), .o_rst(frst));
    etl_reset u_srst (.i_clk(i_sclk), .i_request(i_reset), .o_rst(srst));

    wire lock;
    wire [7:0] epoch, epoch_gray, epoch_gray_f;
    etl_epoch u_epoch (.i_clk(i_sclk), .i_request(i_reset), .i_lock(i_lock), .o_lock(lock),
                       .o_epoch(epoch), .o_epoch_gray(epoch_gray));
    etl_sync #(.WIDTH(8)) u_epoch_f (.i_clk(i_fclk), .i_d(epoch_gray), .o_q(epoch_gray_f));

    // ---- fclk: capture ----
    wire [62:0] now;
    etl_count #(.WIDTH(63), .SEG(9)) u_now (.i_clk(i_fclk), .i_rst(frst), .i_en(1'b1), .o_q(now));

    wire [7:0] enable, enable_f, loop, loop_f;
    wire run, run_f, generator;
    wire [23:0] half;
    etl_sync #(.WIDTH(17)) u_config (.i_clk(i_fclk), .i_d({enable, loop & {8{run}}, run}),
                                     .o_q({enable_f, loop_f, run_f}));
    etl_selftest u_selftest (.i_clk(i_fclk), .i_run(run_f), .i_half(half), .o_level(generator));

    wire event_f, strobe_edge;
    wire [7:0] levels_before, levels;
    wire [15:0] samples;
    wire [62:0] when;
    etl_capture u_capture (.i_clk(i_fclk), .i_rst(frst), .i_samples(i_samples), .i_loop(loop_f),
                           .i_generator(generator), .i_enable(enable_f), .i_now(now),
                           .o_event(event_f), .o_before(levels_before), .o_samples(samples),
                           .o_time(when), .o_strobe_edge(strobe_edge), .o_levels(levels));

    // A strobe edge, made long enough for sclk to see it.
    reg [3:0] strobe_age;
    reg strobe_active;
    always @(posedge i_fclk)
        if (frst)
            strobe_age <= 4'd15;
        else if (strobe_edge)
            strobe_age <= 4'd0;
        else if (!(&strobe_age))
            strobe_age <= strobe_age + 4'd1;
    always @(posedge i_fclk)
        strobe_active <= !(&strobe_age);

    wire full, low, push;
    wire [95:0] word_f;
    wire [31:0] lost_f;
    etl_lost u_lost (.i_clk(i_fclk), .i_rst(frst), .i_event(event_f), .i_before(levels_before),
                     .i_samples(samples), .i_time(when), .i_epoch_gray(epoch_gray_f),
                     .i_full(full), .i_low(low), .o_push(push), .o_word(word_f),
                     .o_total(lost_f));

    // ---- between ----
    wire valid, pop;
    wire [95:0] word;
    wire [FIFO_AW:0] level;
    etl_fifo #(.W(96), .AW(FIFO_AW)) u_fifo (.i_wclk(i_fclk), .i_wrst(frst), .i_push(push),
        .i_word(word_f), .o_full(full), .o_low(low), .i_rclk(i_sclk), .i_rrst(srst),
        .o_valid(valid), .o_word(word), .i_pop(pop), .o_level(level));

    wire snapshot, snapped;
    wire [62:0] now_s;
    wire [31:0] lost;
    wire [7:0] levels_s;
    etl_snapshot #(.WIDTH(103)) u_snapshot (.i_fclk(i_fclk), .i_frst(frst),
        .i_data({now, lost_f, levels}), .i_sclk(i_sclk), .i_srst(srst),
        .i_request(snapshot), .o_done(snapped),
        .o_data({now_s, lost, levels_s}));

    // ---- sclk: host to device ----
    wire rx_valid, rx_error;
    wire [7:0] rx_byte;
    etl_uart_rx #(.DIV(UART_DIV)) u_uart_rx (.i_clk(i_sclk), .i_rst(srst), .i_rx(i_rx),
        .o_valid(rx_valid), .o_error(rx_error), .o_byte(rx_byte));

    wire in_valid, in_end, in_bad;
    wire [7:0] in_byte;
    etl_slip_rx u_slip_rx (.i_clk(i_sclk), .i_rst(srst), .i_valid(rx_valid), .i_error(rx_error),
        .i_byte(rx_byte), .o_valid(in_valid), .o_end(in_end), .o_bad(in_bad), .o_byte(in_byte));

    wire command, damaged;
    wire [7:0] command_type, command_addr;
    wire [63:0] command_value;
    etl_command u_command (.i_clk(i_sclk), .i_rst(srst), .i_valid(in_valid), .i_end(in_end),
        .i_bad(in_bad), .i_byte(in_byte), .o_command(command), .o_damaged(damaged),
        .o_type(command_type), .o_addr(command_addr), .o_value(command_value));

    wire expired, answer, lost_wanted, armed_now, answered, restart, armed, start, heartbeat;
    wire [7:0] answer_type, answer_request, answer_addr, answer_code, status;
    wire [63:0] answer_value;
    wire [58:0] watchdog, period;
    wire [15:0] refused;
    etl_control #(.HEARTBEAT_TICKS(HEARTBEAT_TICKS)) u_control (.i_clk(i_sclk), .i_rst(srst),
        .i_command(command), .i_damaged(damaged), .i_type(command_type), .i_addr(command_addr),
        .i_value(command_value), .i_lock(lock), .i_expired(expired), .o_answer(answer),
        .o_type(answer_type), .o_request(answer_request), .o_addr(answer_addr),
        .o_code(answer_code), .o_value(answer_value), .o_lost_wanted(lost_wanted),
        .o_armed_now(armed_now), .i_answered(answered), .o_enable(enable),
        .o_watchdog(watchdog), .o_heartbeat(period), .o_restart(restart), .o_armed(armed),
        .o_start(start), .o_refused(refused), .o_status(status), .o_loop(loop), .o_half(half),
        .o_run(run));

    etl_timers u_timers (.i_clk(i_sclk), .i_rst(srst), .i_unit(now[4]), .i_period(period),
        .i_restart(restart), .o_heartbeat(heartbeat), .i_start(start), .i_armed(armed),
        .i_limit(watchdog), .i_strobe_level(levels[0]), .i_strobe_active(strobe_active),
        .o_expired(expired));
    assign o_watchdog = expired;

    // ---- sclk: device to host ----
    wire out_valid, out_end, out_ready;
    wire [7:0] out_byte;
    etl_framer #(.FCLK_HZ(FCLK_HZ), .BAUD(SCLK_HZ / {16'd0, UART_DIV}), .SOURCE_ID(`ETL_SOURCE_ID),
                 .BUILD_ID(BUILD_ID)) u_framer (.i_clk(i_sclk), .i_rst(srst),
        .i_answer(answer), .i_type(answer_type), .i_request(answer_request),
        .i_addr(answer_addr), .i_code(answer_code), .i_value(answer_value),
        .i_lost_wanted(lost_wanted), .i_armed_now(armed_now), .o_answered(answered),
        .i_heartbeat(heartbeat), .i_status(status), .i_refused(refused), .i_valid(valid),
        .i_word(word), .i_level({{(11 - FIFO_AW) {1'b0}}, level}), .o_pop(pop),
        .o_snapshot(snapshot), .i_snapped(snapped), .i_now(now_s), .i_lost(lost),
        .i_levels(levels_s), .i_epoch(epoch), .o_valid(out_valid), .o_end(out_end),
        .o_byte(out_byte), .i_ready(out_ready));

    wire line_valid, line_ready;
    wire [7:0] line_byte;
    etl_slip_tx u_slip_tx (.i_clk(i_sclk), .i_rst(srst), .i_valid(out_valid), .i_end(out_end),
        .i_byte(out_byte), .o_ready(out_ready), .o_valid(line_valid), .o_byte(line_byte),
        .i_ready(line_ready));

    etl_uart_tx #(.DIV(UART_DIV)) u_uart_tx (.i_clk(i_sclk), .i_rst(srst),
        .i_valid(line_valid), .i_byte(line_byte), .o_ready(line_ready),
        .o_tx(o_tx));
endmodule
`default_nettype wire
